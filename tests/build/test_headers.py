"""test_headers.py: each public header compiles alone in C11 and C++17. With USPAN_ENABLED 0 its calls leave no code.

Invariant: gcc and clang compile each header without a warning. uspan-needs: cross"""
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
COMPILERS = (["gcc"] if sources.NATIVE else []) + (["clang"] if sources.CROSS else [])
WAYS = [[compiler, "-std=c11", *sources.WARNINGS] for compiler in COMPILERS] + \
       [[compiler, "-std=c++17", "-x", "c++", *FOR_CPP] for compiler in COMPILERS]
# Each kind of call as an application writes it: results ignored, literals without lengths.
CALLS = """
#include "uspan/uspan.h"
#include "uspan/scope.h"
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
    uspan_set_token_pair(t, chat, 1, 2);
    uspan_event(t, chat, "first token");
    uspan_set_status(t, chat, USPAN_STATUS_OK, NULL);
    uspan_leave(t, before);
    uspan_end(t, chat);
    uspan_t tool = uspan_tool_begin(t, agent, "water", "call_1");
    uspan_fail(t, tool, "timeout", "the valve did not answer");
    uspan_end(t, agent);
    {
        USPAN_FUNCTION(step, t);
        USPAN_SCOPED(search, t, uspan_retrieval_begin(t, step, "manuals"));
        uspan_content(t, search, retrieval_query, text);
        uspan_chat_t question;
        memset(&question, 0, sizeof question);
        question.model = "qwen-max";
        question.temperature = uspan_opt_double(0.0);
        uspan_chat_result_t answer;
        memset(&answer, 0, sizeof answer);
        answer.usage.input = 7;
        uspan_chat_end(t, uspan_chat_begin_with(t, search, &question), &answer);
    }
    uspan_context_t context;
    uspan_stats_t stats;
    uint32_t wait_ms;
    uspan_stats(t, 0, &stats);
    uspan_flush(t);
    return uspan_poll(t, &wait_ms) == USPAN_OK && uspan_context_of(t, agent, &context) == USPAN_OK;
}
"""
# The headers whose calls USPAN_ENABLED 0 turns into empty stubs.
OFF_HEADERS = ("uspan.h", "context.h", "export.h", "read.h", "genai.h", "inspect.h")
# A firmware's calls with results ignored. The code that remains is compared with the same function without them.
APP = """
#include "uspan/genai.h"
static uspan_tracer_t tracer;
static uspan_tracer_t *const t = &tracer;
void app(const uspan_port_t *port, const uspan_transport_t *transport, const char *text);
void app(const uspan_port_t *port, const uspan_transport_t *transport, const char *text)
{
    (void)t, (void)port, (void)transport, (void)text;
    CALLS
}
"""
APP_CALLS = """
    static const uspan_collector_t collector = { "https://host/", NULL, NULL, NULL, 0, false, NULL, NULL };
    if (uspan_init(t, port) != USPAN_OK || uspan_export_to(t, 0, transport, &collector) != USPAN_OK) {
        return;
    }
    uspan_t agent = uspan_agent_begin(t, USPAN_ROOT, "gardener");
    uspan_t chat = uspan_chat_begin(t, agent, "dashscope", text);
    uspan_set_str(t, chat, &uspan_key_input_messages, text);
    uspan_set_int(t, chat, USPAN_KEY("garden.bed"), 3);
    uspan_set_token_pair(t, chat, 1, 2);
    uspan_fail(t, chat, "timeout", NULL);
    uspan_end(t, agent);
    uint32_t wait_ms;
    while (uspan_poll(t, &wait_ms) != USPAN_OK && !uspan_stopped(t)) {
    }
"""
IDLE = """
#include "uspan/read.h"
int main(void)
{
    static uspan_tracer_t t;
    uint32_t wait_ms = 0;
    size_t pos = 0;
    uspan_baggage_t member;
    uspan_value_t value;
    uspan_context_t context;
    char line[56];
    while (uspan_baggage_next("a=b", 3, &pos, &member) == USPAN_OK) {
    }
    for (unsigned i = 0; uspan_read_attr(&t, USPAN_NULL, USPAN_OF_SPAN, i, &value) == USPAN_OK; i++) {
    }
    return uspan_poll(&t, &wait_ms) == USPAN_OK && wait_ms == USPAN_FOREVER && uspan_flushed(&t) && uspan_stopped(&t) &&
           uspan_start(&t, USPAN_ROOT, "x").id == 0 && uspan_context_of(&t, USPAN_NULL, &context) == USPAN_OK &&
           uspan_traceparent(&context, line) == 0 && line[0] == 0 ? 0 : 1;
}
"""


def check(way, text, *more):
    """Compile only. The exception contains the compiler's messages."""
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
                sources.run([*flags, INCLUDE, "-O0", "-c", source, "-o", f"{folder}/on.o"])  # the search finds calls
                self.assertGreater(len(re.findall(r"uspan\w*", sources.run(["nm", "-u", f"{folder}/on.o"]))), 10)

    def test_switched_off_every_public_function_is_nothing(self):
        names = set(sources.public_functions("USPAN_STUDIO=1", headers=OFF_HEADERS))
        text = "".join(f'#include "uspan/{header}"\n' for header in OFF_HEADERS)
        macros = sources.run(["gcc", "-dM", "-E", INCLUDE, "-DUSPAN_ENABLED=0", "-DUSPAN_STUDIO=1", "-"], input=text)
        off = set(re.findall(r"^#define (uspan_\w+) uspan_off_\w+$", macros, re.M))
        self.assertGreater(len(names), 80)
        self.assertEqual(names - off, set())

    def test_switched_off_each_header_stands_alone_too(self):
        for header in HEADERS:
            if header.name == "tracer.h" or header.name.startswith("disabled"):  # for uspan on, or the end of a header
                continue
            for way in WAYS:
                with self.subTest(header=header.name, way=way[:2]):
                    check(way, f'#include "uspan/{header.name}"\n#include "uspan/{header.name}"\n'
                               "extern int one; int one;\n", "-DUSPAN_ENABLED=0", "-DUSPAN_STUDIO=1")

    def test_switched_off_there_is_no_code_and_no_ram(self):
        def size(way, calls, *more):
            with tempfile.TemporaryDirectory() as folder:
                source = Path(folder) / ("app.cpp" if "-x" in way else "app.c")
                source.write_text(APP.replace("CALLS", calls))
                sources.run([*[flag for flag in way if flag not in ("-x", "c++")], INCLUDE, *more, "-Os",
                             "-fno-asynchronous-unwind-tables", "-c", source, "-o", f"{folder}/app.o"])
                return sources.run(["size", f"{folder}/app.o"]).splitlines()[1].split()[:3]

        for way in WAYS:
            with self.subTest(way=way[:2]):
                self.assertEqual(size(way, APP_CALLS, "-DUSPAN_ENABLED=0"), size(way, "", "-DUSPAN_ENABLED=0"))
                self.assertNotEqual(size(way, APP_CALLS), size(way, ""))

    def test_switched_off_a_poll_is_idle_for_ever_and_loops_over_spans_end(self):
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / "idle.c"
            source.write_text(IDLE)
            for compiler in COMPILERS:
                sources.run([compiler, "-std=c11", *sources.WARNINGS, INCLUDE, "-DUSPAN_ENABLED=0", source, "-o",
                             f"{folder}/idle"])
                sources.run([f"{folder}/idle"], timeout=60)

    if sources.NATIVE:
        @staticmethod
        def globals_of(objects):
            """Names that other files can use. Options decide which functions a compiler makes local or inline, so those are
            left out."""
            words = [line.split() for line in sources.run(["nm", "--defined-only", *objects]).splitlines()]
            return {one[2] for one in words if len(one) == 3 and one[1].isupper()}

        def test_the_library_itself_is_whole_where_the_switch_is_off(self):
            everything = sources.core_sources() + sources.genai_sources()
            with tempfile.TemporaryDirectory() as folder:
                objects = sources.compile_all(everything, Path(folder), ["gcc"], ["-DUSPAN_ENABLED=0"]).values()
                off = self.globals_of(objects)
            on = self.globals_of([sources.BUILD / "libuspan_core.a", sources.BUILD / "libuspan_genai.a"])
            self.assertIn("uspan_poll", on)
            # nanopb and its generated tables are in the library too.
            on = {name for name in on if not name.startswith("uspan_pb_")}
            self.assertEqual({name for name in on if name.startswith("uspan_") and not name.endswith(("_msg", "_info"))},
                             {name for name in off if name.startswith("uspan_") and not name.endswith(("_msg", "_info"))})

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

    if sources.NATIVE:
        def test_each_function_says_in_which_contexts_it_may_be_called(self):
            functions = sources.public_functions("USPAN_KEEP=1", "USPAN_SPOOL=1", "USPAN_STUDIO=1")
            self.assertGreater(len(functions), 150)
            texts = [path.read_text() for path in HEADERS if not path.name.startswith("disabled")]
            for name in functions:
                text, at = next((text, found) for text in texts
                                if (found := re.search(rf"^[A-Za-z][^;{{}}/]*\b{name}\(", text, re.M)))
                comment = text[text.rindex("/*", 0, at.start()):at.start()]
                with self.subTest(function=name):
                    self.assertRegex(text[:text.index("*/")] + comment, r"[Cc]ontext|/\* Private|Used by \w")


if __name__ == "__main__":
    unittest.main()
