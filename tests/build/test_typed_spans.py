#!/usr/bin/python3
"""test_typed_spans.py: each typed span is used in a short program of examples/, which CI runs, and has a stub for USPAN_ENABLED
0. The tables of their fields are in order."""
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import sources  # noqa: E402

INCLUDE = sources.ROOT / "core/include/uspan"
EXAMPLES = sources.ROOT / "examples"
# Kinds of rows in the order in which uspan_set_struct() reads a table. It would read beyond a table in another order.
CLASSES = ({"LIST", "ONE", "TEXT", "INPUT", "OUTPUT"}, {"TRUE", "DOUBLE", "INT"}, {"COUNT"})
LINES_MAX = 60  # of the programs that show typed spans
SHOWN_BY = ("team", "knowledge", "voice", "other_models")


def begins():
    """{type of span: the functions that begin one}"""
    found = {}
    for header in ("genai.h", "workflow.h"):
        text = (INCLUDE / header).read_text(encoding="utf-8")
        for name, form in re.findall(r"^uspan_t uspan_(\w+)_begin(_with)?\(", text, re.M):
            found.setdefault(name, set()).add(f"uspan_{name}_begin{form}")
    return found


def tables():
    """{table of rows: the class of each row}"""
    found = {}
    for path in sources.ROOT.glob("core/*/*.c"):
        for name, rows in re.findall(r"uspan_row_t (\w+)\[\] = \{(.*?)\n\};", path.read_text(encoding="utf-8"), re.S):
            kinds = re.findall(r"\bROW\((\w+),", rows)
            found[f"{path.name}: {name}"] = [i for kind in kinds for i, names in enumerate(CLASSES) if kind in names]
    return found


class TypedSpans(unittest.TestCase):
    def test_each_table_has_its_texts_first_and_its_counts_last(self):
        self.assertGreater(len(tables()), 20)
        self.assertGreater(sum(map(len, tables().values())), 90)
        for name, classes in tables().items():
            self.assertEqual(classes, sorted(classes), name)

    def test_each_type_is_begun_in_a_short_example_that_is_run(self):
        texts = {path: path.read_text(encoding="utf-8") for path in EXAMPLES.glob("*.c")}
        run = (sources.ROOT / "tests/net/test_examples.py").read_text(encoding="utf-8")
        short = {path.stem: text for path, text in texts.items() if text.count("\n") <= LINES_MAX and f'"{path.stem}"' in run}
        self.assertGreater(len(short), 5)
        used = set(re.findall(r"\buspan_\w+_begin(?:_with)?\b", "\n".join(short.values())))
        self.assertGreater(len(begins()), 18)
        for name, functions in begins().items():
            self.assertTrue(functions & used, f"no short program of examples/ begins a {name} span")

    def test_the_programs_that_show_them_are_short_and_are_run(self):
        run = (sources.ROOT / "tests/net/test_examples.py").read_text(encoding="utf-8")
        for name in SHOWN_BY:
            text = (EXAMPLES / f"{name}.c").read_text(encoding="utf-8")
            self.assertLessEqual(text.count("\n"), LINES_MAX, name)
            self.assertIn(f'self.trace("{name}")', run)
            self.assertIn(f"## {name}\n", (EXAMPLES / "README.md").read_text(encoding="utf-8"))

    def test_each_function_has_its_stub_where_uspan_is_off(self):
        count = 0
        for header in ("genai.h", "workflow.h", "usage.h"):
            off = (INCLUDE / f"disabled_{header}").read_text(encoding="utf-8")
            text = (INCLUDE / header).read_text(encoding="utf-8")
            for name in re.findall(r"^\w[\w ]*\b(uspan_\w+)\([^;{]*\);", text, re.M):
                self.assertIn(f"#define {name} {name.replace('uspan_', 'uspan_off_', 1)}\n", off, name)
                count += 1
        self.assertGreater(count, 40)


if __name__ == "__main__":
    unittest.main()
