#!/usr/bin/python3
"""test_template.py: port/template compiles unchanged. When it is run unchanged, it reports that its duties are not done.

Invariant: every compiler that a board may use compiles every file of the template without a warning.
uspan-needs: cross"""
import subprocess
import sys
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1] / "net")]
import sources  # noqa: E402
from runner import run  # noqa: E402

TEMPLATE = sources.ROOT / "port/template"
FILES = sorted(TEMPLATE.glob("*.c"))
INCLUDES = [f"-I{TEMPLATE}", f"-I{sources.ROOT / 'port/mbedtls'}", f"-isystem{sources.ROOT / 'port/deps/src/mbedtls/include'}"]
OUT = sources.work_folder("template")


class Template(unittest.TestCase):
    def test_every_compiler_takes_it(self):
        self.assertEqual([path.name for path in FILES], ["check.c", "main.c", "net.c", "port.c"])
        ways = ([["gcc"]] if sources.NATIVE else []) + ([["clang"], list(sources.CORTEX_M3)] if sources.CROSS else [])
        for compiler in ways:
            with self.subTest(compiler=compiler[0]):
                sources.compile_all(FILES, OUT / compiler[0], compiler, ["-O1", *INCLUDES])

    if sources.NATIVE:
        def test_unchanged_it_stops_at_its_first_duty_and_says_so(self):
            # The log, duty 1, is written here. The other duties are unchanged.
            OUT.mkdir(parents=True, exist_ok=True)
            changed = OUT / "port.c"
            text = (TEMPLATE / "port.c").read_text()
            written = text.replace("    (void)text;\n}", "    puts(text);\n}").replace('#include "template.h"',
                                                                                     '#include "template.h"\n#include <stdio.h>')
            self.assertNotEqual(text, written)
            changed.write_text(written)
            stubs = OUT / "stubs.c"  # main.c refers to functions of the TLS port that are not reached
            stubs.write_text('#include "uspan_mbedtls.h"\n'
                             "uspan_err_t uspan_tls_init_sized(uspan_tls_t *a, const uspan_transport_t *b, "
                             "const uspan_tls_options_t *c, "
                             "uspan_transport_t *d, size_t e)\n"
                             "{ (void)a; (void)b; (void)c; (void)d; (void)e; return USPAN_ERR_ARG; }\n")
            program = OUT / "program"
            sources.run(["gcc", "-std=c11", "-O1", *sources.INCLUDES, *sources.NANOPB_OPTIONS, *INCLUDES, changed, stubs,
                         *[path for path in FILES if path.name != "port.c"], sources.BUILD / "libuspan_core.a", "-o", program])
            done = subprocess.run([program], stdout=subprocess.PIPE, timeout=300, text=True)
            self.assertEqual(done.returncode, 1)
            lines = done.stdout.splitlines()
            self.assertEqual(lines[0], "log: this line")
            self.assertTrue(lines[1].startswith("the clock does not advance"), lines)
            self.assertTrue(lines[3].startswith("no entropy: spans will be null and TLS will not start"), lines)
            self.assertEqual(lines[4], "time: unknown as yet")


if __name__ == "__main__":
    sys.exit(run())
