"""test_messages_off.py: if content or all of uspan is left out of the build, message.h's calls compile in C11 and C++17, need
no symbol and leave no code. If it is included, each call is defined. uspan-needs: cross"""
import re
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "build"))
import sources  # noqa: E402

INCLUDE = f"-I{sources.ROOT / 'core/include'}"
HEADER = sources.ROOT / "core/include/uspan/message.h"
FOR_CPP = [flag for flag in sources.WARNINGS if flag not in ("-Wmissing-prototypes", "-Wstrict-prototypes")]
COMPILERS = (["gcc"] if sources.NATIVE else []) + (["clang"] if sources.CROSS else [])
CPP_COMPILERS = (["g++"] if sources.NATIVE else []) + (["clang++"] if sources.CROSS else [])
WAYS = [[compiler, "-std=c11", *sources.WARNINGS] for compiler in COMPILERS] + \
       [[compiler, "-std=c++17", *FOR_CPP] for compiler in CPP_COMPILERS]
APP = """
#include "uspan/message.h"
static uspan_tracer_t tracer;
void app(uspan_t chat, const char *text, unsigned n);
void app(uspan_t chat, const char *text, unsigned n)
{
    (void)tracer, (void)chat, (void)text, (void)n;
    CALLS
}
"""
CALLS = """
    uspan_writer_t w;
    uspan_messages_begin(&w, &tracer, chat, USPAN_OUTPUT_MESSAGES);
    uspan_message(&w, "assistant", NULL);
    uspan_part_text(&w, text);
    uspan_write_more_n(&w, text, n);
    uspan_part_tool_call(&w, "c1", text, "{}");
    uspan_message_finish(&w, "stop");
    uspan_function_input_begin(&w, &tracer, chat);
    uspan_write_int(&w, "n", n++);
    uspan_write_end(&w);
    uspan_set_json(&tracer, chat, &uspan_key_tool_call_result, text);
"""


class MessagesOff(unittest.TestCase):
    def compiled(self, way, calls, *more):
        with tempfile.TemporaryDirectory() as folder:
            source = Path(folder) / ("app.cpp" if "++" in way[0] else "app.c")
            source.write_text(APP.replace("CALLS", calls))
            sources.run([*way, INCLUDE, *more, "-Os", "-fno-asynchronous-unwind-tables", "-c", source, "-o",
                         f"{folder}/app.o"])
            return sources.run(["size", f"{folder}/app.o"]).splitlines()[1].split()[:3], \
                sources.run(["nm", "-u", f"{folder}/app.o"])

    def test_compiled_out_the_calls_leave_no_code_and_need_no_symbol(self):
        for switch in ("-DUSPAN_CONTENT=0", "-DUSPAN_ENABLED=0"):
            for way in WAYS:
                with self.subTest(way=way[:2], switch=switch):
                    size, undefined = self.compiled(way, CALLS, switch)
                    self.assertEqual(size, self.compiled(way, "", switch)[0])
                    self.assertNotIn("uspan", undefined)
                    self.assertNotEqual(self.compiled(way, CALLS)[0], size)

    def test_every_call_of_the_header_is_among_those_compiled_out(self):
        text = HEADER.read_text()
        calls = set(re.findall(r"^(?:static inline )?uspan_err_t (uspan_\w+)\(", text, re.M)) - {"uspan_no_content"}
        off = set(re.findall(r"^#define (uspan_\w+)\(\.\.\.\)", text, re.M))
        self.assertGreater(len(calls), 30)
        self.assertEqual(calls, off)

    def test_every_function_of_the_header_is_defined(self):
        promised = set(re.findall(r"^uspan_err_t (uspan_\w+)\(", HEADER.read_text(), re.M))
        self.assertIn("uspan_message", promised)
        with tempfile.TemporaryDirectory() as folder:
            spans = sources.genai_sources("json", "genai")
            defined, _ = sources.symbols(sources.compile_all(spans, Path(folder), ["gcc"], ["-O0"]))
        self.assertEqual(promised - defined, set())


if __name__ == "__main__":
    unittest.main()
