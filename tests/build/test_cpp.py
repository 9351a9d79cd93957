#!/usr/bin/python3
"""test_cpp.py: C++ programs can use every public macro, and every call with a struct argument, without a warning.

Invariant: macros and calls are read from the headers. A macro or call without a C++ form fails. uspan-needs: cross"""
import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import sources  # noqa: E402

HERE = Path(__file__).resolve().parent
INCLUDE = f"-I{sources.ROOT / 'core/include'}"
OUT = sources.work_folder("cpp")
HEADERS = [name for name in sources.public_headers() if name != "port.h"]
WARNINGS = [one for one in sources.WARNINGS if one not in ("-Wmissing-prototypes", "-Wstrict-prototypes")]
HOST = [["g++"]] if sources.NATIVE else []
OTHERS = [["clang++"], ["arm-none-eabi-g++", *sources.CORTEX_M3[1:]]] if sources.CROSS else []
OPTIONS = [[], ["-DUSPAN_ENABLED=0"], ["-DUSPAN_CONTENT=0"], ["-DUSPAN_PROFILE_LANGFUSE=1"]]
# Macros that applications do not use: parts of declarations, and internals of headers.
NOT_VALUES = re.compile(r"USPAN_(CHECK|\w+_FIELDS|.*_H|USER_CONFIG|GENAI_KEYS|IF_CONTENT|FORM|KEPT)$")
INNER = {"USPAN_GENAI_KEYS", "USPAN_IF_CONTENT", "USPAN_NAME_OF", "USPAN_KEY_CHAR", "USPAN_KEY_ID", "USPAN_KEY_LEN",
         "USPAN_ATTR_OF", "USPAN_ATTR_INTEGER", "USPAN_ATTR_NUMBER", "USPAN_ATTR_HAS", "USPAN_ATTR_BYTES", "USPAN_ATTR_COUNT",
         "USPAN_SCOPED_"}

DEPS = ("port/deps/src/lwip/src/include", "port/deps/src/mbedtls/include", "tests/build/toy_sdk/config")
# Folders of foreign headers that a port's headers include. They are real or declared ones.
PORTS = {"posix": DEPS, "mbedtls": DEPS, "lwip": DEPS, "template": DEPS, "kconfig": ("examples",), "pico": (),
         "espidf": ("tests/sdk/declared/espidf", "examples"), "freertos": ("tests/sdk/declared/freertos",),
         "zephyr": ("tests/sdk/declared/zephyr", "examples"), "arduino": ("tests/build/arduino",),
         "flash": ("tests/support/flash_sdk",)}
FIRST = {"uspan_spool_stm32.h": '#include "stm32_flash.h"\n'}  # the application includes the HAL of its family
BESIDE = [f"-I{sources.ROOT / 'port' / name}" for name in ("posix", "kconfig")]


def macros():
    """(without arguments, with arguments) of the public headers, without those that only config.h uses."""
    def defined(text, *options):
        out = sources.run(["g++", "-std=c++17", "-dM", "-E", "-x", "c++", "-I", sources.ROOT / "core/include", *options, "-"],
                          input=text)
        found = re.findall(r"^#define (USPAN_\w+)(\(?)(.*)$", out, re.M)
        return ({name for name, open_, rest in found if not open_ and rest.strip()}, {name for name, open_, _ in found if open_})
    text = "".join(f'#include "uspan/{name}"\n' for name in HEADERS)
    config = defined('#include "uspan/config.h"\n')
    # With USPAN_ENABLED 0 the layout of the tracer is not declared, as it is private.
    every = [on & off for on, off in zip(defined(text), defined(text, "-DUSPAN_ENABLED=0"))]
    return {name for name in every[0] - config[0] if not NOT_VALUES.match(name)}, every[1] - config[1] - INNER


def struct_calls():
    """(name, arguments between parent and struct, type) of calls whose last argument is a struct that they only read."""
    found = []
    for header in ("genai.h", "workflow.h", "usage.h"):
        text = (sources.ROOT / "core/include/uspan" / header).read_text(encoding="utf-8")
        found += re.findall(r"^uspan_(?:t|err_t) (uspan_\w+)\(uspan_tracer_t \*t, uspan_t \w+,([^;(){}]*?)\s*"
                            r"const (uspan_\w+_t) \*\w+\);", text, re.M)
    return found


def write_generated():
    OUT.mkdir(parents=True, exist_ok=True)
    lines = [f'#include "uspan/{name}"' for name in HEADERS] + ["static void every_constant()\n{"]
    lines += [f"    (void)({name});" for name in sorted(macros()[0])]
    lines += ["}\nstatic void every_struct(uspan_tracer_t *t)\n{", "    uspan_t s = uspan_start(t, USPAN_ROOT, \"s\");"]
    for name, between, kind in struct_calls():
        more = ' "m",' if between.strip() else ""
        lines += ["    {", f"        {kind} given = {{}};"]
        for argument in ("given", f"{kind}()", "&given"):
            lines.append(f"        (void){name}(t, s,{more} {argument});")
        lines += [f"        (void){name}(t, s,{more} NULL);" if name.endswith("_end") else "", "    }"]
    (OUT / "generated.inc").write_text("\n".join(lines) + "\n}\n")


class Cpp(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        write_generated()

    def compile(self, compiler, standard, *options):
        target = OUT / f"{compiler[0]}.o"
        sources.run([*compiler, f"-std={standard}", *WARNINGS, "-O0", f"-I{OUT}", INCLUDE, *options,
                     "-c", HERE / "every_macro.cpp", "-o", target])
        return target

    def test_every_macro_and_struct_compiles_with_every_compiler(self):
        for compiler in HOST + OTHERS:
            for standard in ("c++11", "c++17", "c++20"):
                for options in OPTIONS if standard == "c++17" else [[]]:
                    with self.subTest(compiler=compiler[0], standard=standard, options=options):
                        target = self.compile(compiler, standard, *options)
                        # A table that is constructed before main() would cost flash and RAM. Code that runs earlier could read
                        # it too soon.
                        self.assertNotRegex(sources.run(["readelf", "-S", "-W", target]), r"\.init_array|\.ctors")

    def test_the_struct_may_stand_in_the_call_in_cpp20(self):
        for compiler in HOST + OTHERS:
            sources.run([*compiler, "-std=c++20", "-Wall", "-Wpedantic", "-Werror", INCLUDE, "-fsyntax-only", "-x", "c++", "-"],
                        input='#include "uspan/genai.h"\nuspan_t f(uspan_tracer_t *t);\nuspan_t f(uspan_tracer_t *t)\n{\n'
                        '    uspan_tool_end(t, uspan_tool_begin(t, USPAN_ROOT, "water", nullptr), { .result = "1" });\n'
                        '    return uspan_chat_begin_with(t, USPAN_ROOT, { .model = "m", .temperature = USPAN_OPT(0.5) });\n}\n')

    def test_each_header_of_a_port_stands_alone(self):
        headers = [(name, path) for name in PORTS for path in sorted((sources.ROOT / "port" / name).glob("uspan_*.h"))]
        self.assertGreater(len(headers), 18)
        for compiler in [one for one in HOST + OTHERS if "arm" not in one[0]]:
            for name, header in headers:
                if header.name == "uspan_posix_lock.h":  # for the core's sources, which are C
                    continue
                with self.subTest(compiler=compiler[0], header=header.name):
                    sources.run([*compiler, "-std=c++17", *WARNINGS, INCLUDE, f"-I{header.parent}", *BESIDE,
                                 *[f"-isystem{sources.ROOT / path}" for path in PORTS[name]], "-fsyntax-only", "-x", "c++", "-"],
                                input=f'{FIRST.get(header.name, "")}#include "{header.name}"\n#include "{header.name}"\n')

    def test_every_port_is_in_the_list(self):
        named = {path.parent.name for path in (sources.ROOT / "port").glob("*/uspan_*.h")}
        self.assertEqual(named - set(PORTS), set())

    def test_the_guide_shows_cpp_that_compiles(self):
        shown = re.search(r"^```cpp\n(.*?)^```", (sources.ROOT / "core/GUIDE.md").read_text(encoding="utf-8"), re.S | re.M)[1]
        for compiler in HOST + OTHERS:
            sources.run([*compiler, "-std=c++17", *WARNINGS, INCLUDE, "-fsyntax-only", "-x", "c++", "-"],
                        input=shown)

    def test_the_headers_may_be_included_as_c(self):
        for compiler in HOST + OTHERS:
            sources.run([*compiler, "-std=c++17", *WARNINGS, INCLUDE, "-fsyntax-only", "-x", "c++", "-"],
                        input='extern "C" {\n#include "uspan/genai.h"\n}\nuspan_err_t f(uspan_tracer_t *t);\n'
                        'uspan_err_t f(uspan_tracer_t *t)\n{\n    uspan_chat_result_t r = {};\n'
                        '    return uspan_chat_end(t, USPAN_NULL, r);\n}\n')

    if sources.NATIVE:
        def test_no_macro_and_no_call_is_left_out(self):
            text = (HERE / "every_macro.cpp").read_text()
            plain, with_arguments = macros()
            self.assertGreater(len(plain), 80)
            self.assertGreater(len(with_arguments), 18)
            for name in with_arguments:
                self.assertRegex(text, rf"\b{name}\(")
            self.assertGreater(len(struct_calls()), 30)
            forms = "".join((sources.ROOT / f"core/include/uspan/{name}").read_text() for name in ("cpp.h", "cpp_genai.h"))
            for name, _, kind in struct_calls():
                self.assertRegex(forms, rf"{name}\([^;{{}}]*const {kind} &", "cure: its form in core/include/uspan/cpp_genai.h")

        def test_what_a_cpp_program_records_is_right(self):
            for options in ([], ["-DUSPAN_ENABLED=0"]):
                target = self.compile(["g++"], "c++17", *options)
                sources.run(["g++", target, sources.BUILD / "libuspan_genai.a", sources.BUILD / "libuspan_core.a", "-lm",
                             "-o", OUT / "program"])
                self.assertEqual(subprocess.run([OUT / "program"]).returncode, 0, "a line of every_macro.cpp")


if __name__ == "__main__":
    unittest.main()
