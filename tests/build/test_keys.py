#!/usr/bin/python3
"""test_keys.py: the table of keys in core/genai/KEYS.md equals genai_keys.h, and every key obeys the rules that backends have
for all keys. `--write` writes the table."""
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import sources  # noqa: E402

HEADER = sources.ROOT / "core/include/uspan/genai_keys.h"
PAGE = sources.ROOT / "core/genai/KEYS.md"
BEGIN, END = "<!-- keys: made by tests/build/test_keys.py --write -->\n", "<!-- end of keys -->\n"
KINDS = {"Text": "text", "Texts": "list of text", "Int": "int", "Double": "double", "Bool": "bool", "Json": "JSON text"}
LEVELS = {"Required": "required", "Conditional": "conditional", "Recommended": "recommended", "OptIn": "opt-in", "Own": "–"}
SHARED = {"uspan_request": "all", "uspan_result": "all", "uspan_model": "chat, agent", "uspan_token": "chat",
          "agent_more": "agent", "remote": "agent", "group": "all"}
# Attributes that every backend reads as a path. A segment that is a name of JavaScript itself breaks AgentScope Studio.
FORBIDDEN = {"__proto__", "constructor", "prototype"}


ROW = re.compile(r"\b([XC])\((\w+),\s*(\"[^\"]+\"|USPAN_NAME_OF\([^)]+\)),\s*(\w+),\s*(\w+)\)")


def table():
    return re.search(r"#define USPAN_GENAI_KEYS\(X, C\)(.*?)\n\n", HEADER.read_text(encoding="utf-8"), re.S)[1]


def keys():
    """[(name, first text, latest text, type, level, is content)]"""
    found = []
    for mark, name, text, kind, level in ROW.findall(table().replace("\\\n", " ")):
        texts = re.findall(r'"([^"]+)"', text)
        found.append((name, texts[0], texts[-1], kind, level, mark == "C"))
    return found


def setters():
    """{name of a key: the typed spans that have a field for it}"""
    found = {}
    for path in sorted((sources.ROOT / "core/genai").glob("*.c")):
        for rows, body in re.findall(r"const uspan_row_t (\w+)_rows\[\] = \{(.*?)\n\};", path.read_text(encoding="utf-8"), re.S):
            span = SHARED.get(rows, rows.removeprefix("uspan_").removesuffix("_result"))
            for key in re.findall(r"\bROW\(\w+, \w+, [\w.]+, (\w+)\)", body):
                found.setdefault(key, {})[span] = None
    for key in re.findall(r"&uspan_key_(uspan_\w+)", (sources.ROOT / "core/genai/health.c").read_text(encoding="utf-8")):
        found.setdefault(key, {})["health"] = None  # it has no rows
    return {key: ", ".join(spans) for key, spans in found.items()}


def lines():
    by = setters()
    yield "| key | type | level | field of |\n| --- | --- | --- | --- |\n"
    for name, first, latest, kind, level, content in keys():
        text = f"`{first}`" if first == latest else f"`{first}`, LATEST: `{latest}`"
        yield f"| {text} | {KINDS[kind]}{', C' if content else ''} | {LEVELS[level]} | {by.get(name, '')} |\n"


def page():
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    return before + BEGIN + "".join(lines()) + END + rest.split(END)[1]


class Keys(unittest.TestCase):
    def test_the_page_has_the_table_of_the_header(self):
        self.assertEqual(PAGE.read_text(encoding="utf-8"), page(), "core/genai/KEYS.md is old; cure: this file with --write")

    def test_every_line_of_the_table_is_read(self):
        self.assertEqual(len(re.findall(r"^ +[XC]\(", table(), re.M)), len(keys()))
        self.assertGreater(len(keys()), 100)

    def test_no_thing_has_two_names_and_no_name_is_a_part_of_another(self):
        """Studio and others make a tree of the dotted names. If a key is also a folder, one of the two is lost."""
        for column in (1, 2):
            texts = [key[column] for key in keys()]
            self.assertEqual(len(texts), len(set(texts)))
            folders = {text[:at] for text in texts for at in range(len(text)) if text[at] == "."}
            self.assertEqual(folders & set(texts), set())

    def test_no_key_has_a_segment_that_breaks_studio(self):
        count = 0
        for path in sources.ROOT.glob("core/**/*.[ch]"):
            for literal in re.findall(r'"([\w.]+)"', path.read_text(encoding="utf-8")):
                count += "." in literal
                self.assertEqual(set(literal.split(".")) & FORBIDDEN if "." in literal else set(), set(), path)
        self.assertGreater(count, 100)

    def test_the_typed_spans_have_fields(self):
        self.assertGreater(len(setters()), 40)


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        unittest.main()
