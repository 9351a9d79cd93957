#!/usr/bin/python3
"""test_wrong_use.py: what gcc says of each wrong use in core/TROUBLESHOOTING.md contains the words of that page.

Invariant: every row of the page has a program here, and the right form of each compiles without a warning."""
import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import sources  # noqa: E402

PAGE = sources.ROOT / "core/TROUBLESHOOTING.md"
HEAD = '#include "uspan/genai.h"\nuspan_tracer_t t;\nvoid f(uspan_t s, const char *k, const uspan_port_t *p);\n' \
       "void f(uspan_t s, const char *k, const uspan_port_t *p)\n{\n    (void)s, (void)k, (void)p;\n    %s\n}\n"
# Of each row: what is wrong and what is right, as a statement or as an option of the compiler.
ROWS = [
    ("uspan_set_int(&t, s, USPAN_KEY(k), 1);", 'uspan_set_str(&t, s, USPAN_KEY("bed"), k);'),
    ('uspan_set_int(&t, s, USPAN_KEY(""), 1);', 'uspan_set_int(&t, s, USPAN_KEY("b"), 1);'),
    ('uspan_set_int(&t, s, "garden.bed", 1);', 'uspan_set_int(&t, s, USPAN_KEY("garden.bed"), 1);'),
    ('uspan_start(&t, 0, "x");', 'uspan_start(&t, USPAN_ROOT, "x");'),
    ("uspan_chat_begin_with(&t, s, &(uspan_chat_t){ .temperature = 0.5 });",
     "uspan_chat_begin_with(&t, s, &(uspan_chat_t){ .temperature = USPAN_OPT(0.5) });"),
    ("uspan_init(&t, p);", "if (uspan_init(&t, p) != USPAN_OK) { return; }"),
    ("-DUSPAN_SPANS_MAX=2000", "-DUSPAN_SPANS_MAX=20"),
    ("-DUSPAN_USER_CONFIG=app_uspan.h", '-DUSPAN_USER_CONFIG="app_uspan.h"'),
    ("-DUSPAN_SERVICE_NAME=greenhouse", '-DUSPAN_SERVICE_NAME="greenhouse"'),
]


class WrongUse(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = sources.work_folder("wrong_use")
        cls.folder.mkdir(parents=True, exist_ok=True)
        (cls.folder / "app_uspan.h").write_text("")

    def compile(self, use):
        """What gcc says of a program with this statement, or of one that is built with this option."""
        option = use.startswith("-D")
        program = self.folder / "program.c"
        program.write_text(HEAD % ("" if option else use))
        files = [program, *([sources.ROOT / "core/export/resource.c"] if option else [])]
        done = [subprocess.run(["gcc", "-std=c11", "-Wall", "-Wextra", "-c", *([use] if option else []), f"-I{self.folder}",
                                *sources.NANOPB_OPTIONS, *sources.INCLUDES, file, "-o", self.folder / "out.o"],
                               text=True, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}, stderr=subprocess.PIPE)
                for file in files]
        return "".join(one.stderr for one in done)

    def test_each_row_of_the_page_is_what_gcc_says(self):
        table = PAGE.read_text().split("## It does not compile")[1].split("\n## ")[0]
        rows = re.findall(r"^\| `([^`]+)`.* \|$", table, re.M)
        self.assertEqual(len(rows), len(ROWS), "each row of the page has one here, in the same order")
        for words, (wrong, right) in zip(rows, ROWS):
            with self.subTest(words=words):
                self.assertIn(words, self.compile(wrong))
                self.assertEqual(self.compile(right), "")


if __name__ == "__main__":
    unittest.main()
