"""test_headers.py: public headers stand alone in C11 and C++17, and with USPAN_ENABLED 0 their calls are nothing."""
import re
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import sources  # noqa: E402

HEADERS = sorted((sources.ROOT / "core/include/uspan").glob("*.h"))
INCLUDE = f"-I{sources.ROOT / 'core/include'}"
FOR_CPP = [flag for flag in sources.WARNINGS if flag not in ("-Wmissing-prototypes", "-Wstrict-prototypes")]
WAYS = [[compiler, "-std=c11", *sources.WARNINGS] for compiler in ("gcc", "clang")] + \
       [[compiler, "-std=c++17", "-x", "c++", *FOR_CPP] for compiler in ("gcc", "clang")]
# Each kind of call that an application makes, as it makes it: results ignored, literals without lengths.
CALLS = """
#include "uspan/uspan.h"
#include "uspan/genai.h"
static const uspan_key_t bed = USPAN_KEY_INIT("garden.bed");
int calls(uspan_tracer_t *t, const char *text);
int calls(uspan_tracer_t *t, const char *text)
{
    uspan_t agent = uspan_agent_begin(t, USPAN_ROOT, "gardener");
    uspan_t chat = uspan_chat_begin(t, agent, "dashscope", "qwen-max");
    uspan_t before = uspan_enter(t, chat);
    uspan_set_int(t, chat, &bed, 3);
    uspan_set_str(t, chat, USPAN_KEY("note"), text);
    uspan_append_str(t, chat, &uspan_key_output_messages, "more");
    uspan_tokens(t, chat, 1, 2);
    uspan_event(t, chat, "first token");
    uspan_set_status(t, chat, USPAN_STATUS_OK, NULL);
    uspan_leave(t, before);
    uspan_end(t, chat);
    uspan_t tool = uspan_tool_begin(t, agent, "water", "call_1");
    uspan_fail(t, tool, "timeout", "the valve did not answer");
    uspan_end(t, agent);
    uspan_context_t context;
    uspan_stats_t stats;
    uint32_t wait_ms;
    uspan_stats(t, 0, &stats);
    uspan_flush(t);
    return uspan_poll(t, &wait_ms) == USPAN_OK && uspan_context_of(t, agent, &context) == USPAN_OK;
}
"""


def check(way, text, *more):
    """Compile only; the compiler's words are in the exception."""
    language = [] if "-x" in way else ["-x", "c"]
    return sources.run([*way[:1], *language, *way[1:], INCLUDE, *more, "-fsyntax-only", "-"], input=text)


class Headers(unittest.TestCase):
    def test_each_public_header_stands_alone_and_may_come_twice(self):
        self.assertGreater(len(HEADERS), 8)
        for header in HEADERS:
            for way in WAYS:
                with self.subTest(header=header.name, way=way[:2]):
                    check(way, f'#include "uspan/{header.name}"\n#include "uspan/{header.name}"\n'
                               "extern int one; int one;\n")

    def test_calls_as_an_application_writes_them_compile_without_a_word(self):
        for way in WAYS:
            with self.subTest(way=way[:2]):
                check(way, CALLS)

    def test_switched_off_the_same_calls_compile_and_need_no_symbol(self):
        for way in WAYS:
            with self.subTest(way=way[:2]), tempfile.TemporaryDirectory() as folder:
                source = Path(folder) / ("calls.cpp" if "-x" in way else "calls.c")
                source.write_text(CALLS)
                flags = [flag for flag in way if flag not in ("-x", "c++")]
                sources.run([*flags, INCLUDE, "-DUSPAN_ENABLED=0", "-O0", "-c", source, "-o", f"{folder}/calls.o"])
                undefined = sources.run(["nm", "-u", f"{folder}/calls.o"])
                self.assertEqual(re.findall(r"uspan\w*", undefined), [])

    def test_a_key_too_long_for_its_length_is_an_error(self):
        for length, good in ((1, True), (255, True), (0, False), (256, False)):
            text = ('#include "uspan/uspan.h"\nextern const uspan_key_t k;\n'
                    f'const uspan_key_t k = USPAN_KEY_INIT("{"k" * length}");\n')
            for way in WAYS:
                with self.subTest(way=way[:2], length=length):
                    if good:
                        check(way, text)
                    else:
                        self.assertRaises(RuntimeError, check, way, text)


if __name__ == "__main__":
    unittest.main()
