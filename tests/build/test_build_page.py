#!/usr/bin/python3
"""test_build_page.py: builds a library from exactly the lists of port/BUILD.md, and one by its Makefile. Both record a span.

Invariant: the list of sources is read from the page, not from CMake. uspan-needs: cross"""
import os
import re
import shlex
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import build_page  # noqa: E402
import pages  # noqa: E402
import sources  # noqa: E402

OUT = sources.work_folder("build_page_test")
CURE = "cure: tests/build/build_page.py --write, and commit port/BUILD.md"
# These options keep the build short: the dialects take longer to compile than all other sources.
OPTIONS = "#define USPAN_SPANS_MAX 7\n" + "".join(
    f"#define USPAN_WIRE_{one} 0\n" for one in ("OPENAI_CHAT", "OPENAI_RESPONSES", "ANTHROPIC", "DASHSCOPE", "GEMINI", "OLLAMA"))
MAIN = """
#include "uspan/genai.h"
#include "uspan_posix.h"
#if USPAN_SPANS_MAX != 7
#error "the user's options did not arrive"
#endif
static uspan_tracer_t tracer;
int main(void)
{
    if (uspan_init(&tracer, uspan_posix_port()) != USPAN_OK) {
        return 1;
    }
    uspan_end(&tracer, uspan_chat_begin(&tracer, USPAN_ROOT, "dashscope", "qwen-max"));
    uspan_stats_t stats;
    uspan_stats(&tracer, 0, &stats);
    return stats.started == 1u ? 0 : 2;
}
"""


def row(library):
    """(files, folders, defines) of a library's row in the page, as paths of this tree."""
    line = next(line for line in pages.shown("files").splitlines() if line.startswith(f"| `{library}`"))
    files, folders, defines = (re.findall(r"`([^`]+)`", cell) for cell in line.split(" | ")[1:])

    def here(path):
        return build_page.ROOT / path if (build_page.ROOT / path.split("*")[0]).exists() else build_page.DEPS / path
    listed = [path for one in files for path in (sorted(here(one).parent.glob(here(one).name)))]
    return listed, [here(one) for one in folders], defines


class BuildPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        OUT.mkdir(parents=True, exist_ok=True)
        (OUT / "app_uspan.h").write_text(OPTIONS)
        (OUT / "main.c").write_text(MAIN)

    if sources.NATIVE:
        def test_the_lists_are_what_cmake_compiles_now(self):
            self.assertEqual(pages.shown("files"), build_page.text(), CURE)
            self.assertEqual(pages.shown("makefile"), build_page.makefile(), CURE)
            self.assertLessEqual(len(build_page.MAKEFILE.read_text().splitlines()), 25)

        def test_the_makefile_says_which_of_its_variables_is_wrong(self):
            for wrong, cure in (("USPAN=/nowhere", "set USPAN to the folder of uspan"), ("PORTS=posx", "PORTS takes names"),
                                ("NANOPB=/nowhere", "fetch.sh nanopb or set NANOPB")):
                made = subprocess.run(["make", "-C", build_page.MAKEFILE.parent, f"OUT={OUT / 'wrong'}", wrong], text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                self.assertNotEqual(made.returncode, 0, wrong)
                self.assertIn(cure, made.stdout)
                self.assertNotIn("CC ", made.stdout)  # before anything is compiled

        def test_exactly_what_the_page_lists_makes_a_program_that_records(self):
            objects = []
            for library in ("uspan_proto", "uspan_core", "uspan_genai", "uspan_port_posix"):
                files, folders, defines = row(library)
                self.assertTrue(files and folders, library)
                for file in files:
                    objects.append(OUT / f"{library}_{file.stem}.o")
                    sources.run(["gcc", "-std=c11", "-O0", *(f"-I{one}" for one in folders), *(f"-D{one}" for one in defines),
                                 f"-I{OUT}", '-DUSPAN_USER_CONFIG="app_uspan.h"', "-c", file, "-o", objects[-1]])
            _, folders, _ = row("uspan_port_posix")
            sources.run(["gcc", "-std=c11", *(f"-I{one}" for one in folders), f"-I{OUT}", '-DUSPAN_USER_CONFIG="app_uspan.h"',
                         OUT / "main.c", *objects, "-lpthread", "-o", OUT / "program"])
            self.assertEqual(subprocess.run([OUT / "program"]).returncode, 0)

    if sources.CROSS:
        def test_the_makefile_makes_such_a_program_too(self):
            text = self.make("gcc", "ar", OUT / "make", "PORTS=posix")
            self.assertLess(max(map(len, text.splitlines())), 200)  # names of files, no commands
            header = os.path.relpath(OUT / "app_uspan.h", build_page.MAKEFILE.parent)
            flags = shlex.split(sources.run(["make", "-s", "-C", build_page.MAKEFILE.parent, "flags", "PORTS=posix",
                                             f"USER_CONFIG={header}"]))
            self.assertIn(f'-DUSPAN_USER_CONFIG="{OUT.resolve()}/app_uspan.h"', flags)  # for any folder, through a shell
            sources.run(["gcc", "-std=c11", *flags, OUT / "main.c", OUT / "make/libuspan.a", "-lpthread", "-o", OUT / "made"])
            self.assertEqual(subprocess.run([OUT / "made"]).returncode, 0)

        def test_the_makefile_compiles_again_for_other_options_only(self):
            self.make("gcc", "ar", OUT / "again", "PORTS=posix")
            self.assertNotIn("CC ", self.make("gcc", "ar", OUT / "again", "PORTS=posix"))
            shutil.copy(OUT / "app_uspan.h", OUT / "other_uspan.h")
            other = os.path.relpath(OUT / "other_uspan.h", build_page.MAKEFILE.parent)
            self.assertIn("CC span.c", self.make("gcc", "ar", OUT / "again", "PORTS=posix", f"USER_CONFIG={other}"))

        def test_the_makefile_compiles_for_cortex_m3(self):
            compiler = " ".join(sources.CORTEX_M3)
            self.make(compiler, "arm-none-eabi-ar", OUT / "m3")
            self.assertIn("otlp.o", sources.run(["ar", "t", OUT / "m3/libuspan.a"]).split())

        def test_tls_and_lwip_compile_for_cortex_m3_with_exactly_what_the_page_lists(self):
            for library in ("uspan_mbedtls", "uspan_port_lwip"):
                files, folders, defines = row(library)
                for file in files:
                    if "fopen" in file.read_text() or "posix" in file.name:
                        continue
                    options = [f"-I{build_page.ROOT / 'tests/virtual/lwip'}", *(f"-I{one}" for one in folders)]
                    sources.run([*sources.CORTEX_M3, "-std=c11", "-Os", "-w", *options, *(f"-D{one}" for one in defines),
                                 "-c", file, "-o", OUT / "one.o"])

    def make(self, compiler, archiver, out, *more):
        return sources.run(["make", "-C", build_page.MAKEFILE.parent, "-j", "2", f"CC={compiler}", f"AR={archiver}", "CFLAGS=-O0",
                     f"OUT={out}", f"USER_CONFIG={os.path.relpath(OUT / 'app_uspan.h', build_page.MAKEFILE.parent)}", *more])


if __name__ == "__main__":
    unittest.main()
