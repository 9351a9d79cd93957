#!/usr/bin/python3
"""test_readme.py: README.md says only what the tree holds: its program, options, names, tests and words are compared.

Invariant: nothing of README that is copied from a file is copied by hand: test_readme.py --write puts it there."""
import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from sources import ROOT  # noqa: E402

README = ROOT / "README.md"
PRACTICES = ROOT / "examples/README.md"
EXAMPLE = ROOT / "examples/chat.c"
CONFIG = ROOT / "core/include/uspan/config.h"
# Options that nobody needs in his first week stay in their headers.
LEFT_OUT = {"USPAN_ENABLED", "USPAN_EVENT_ATTRS_MAX", "USPAN_BATCH_FILL_PERCENT", "USPAN_POLL_MS", "USPAN_ANSWER_BYTES",
            "USPAN_ANSWER_MAX", "USPAN_UNSYNCED_BASE_S", "USPAN_SCHEMA_URL", "USPAN_SERVICE_NAME", "USPAN_RESOURCE",
            "USPAN_STATUS_OK_ON_END", "USPAN_INSECURE_HEADERS_OVER_HTTP", "USPAN_RUNTIME_SETTINGS"}
# Macros that no header defines: the build's own, and names that applications or CMake give.
ELSEWHERE = [*ROOT.glob("CMakeLists.txt"), *ROOT.glob("port/cmake/*.cmake"), *ROOT.glob("port/*/*.[ch]"),
             *ROOT.glob("core/include/uspan/*.h"), *ROOT.glob("core/trace/pool.h")]


def options():
    """[(names, defaults, comment)] of config.h; options that share a comment are one entry."""
    found, comment, name, defaults = [], None, None, []
    text = CONFIG.read_text().split("/* ---- rules")[0]
    for token in re.finditer(r"/\*(.*?)\*/|^#(ifndef|define|endif)(?: (\w+))?(?: ([^\n]+))?$", text, re.M | re.S):
        words, directive, macro, value = token.groups()
        if words is not None:
            comment = " ".join(line.strip(" *") for line in words.strip().splitlines())
        elif directive == "ifndef" and macro.startswith("USPAN_"):
            name, defaults = macro, []
        elif directive == "define" and macro == name and value is not None:
            defaults.append(value)
        elif directive == "endif" and defaults:
            if comment is not None:
                found.append(([], [], comment))
            found[-1][0].append(name)
            found[-1][1].append(" or ".join(defaults))
            comment, name, defaults = None, None, []
    return found


def config_table():
    lines = ["| option | default | what, unit, range | RAM |", "| --- | --- | --- | --- |"]
    for names, defaults, comment in options():
        if LEFT_OUT.issuperset(names):
            continue
        what, _, ram = comment.partition("RAM: ")
        cells = ["<br>".join(f"`{name}`" for name in names), "<br>".join(defaults), what.strip(), ram.strip().rstrip(".")]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def copies():
    """{marker: what stands between it and its end}."""
    return {"config": config_table(), "chat.c": f"```c\n{EXAMPLE.read_text().rstrip()}\n```" if EXAMPLE.exists() else None}


def between(text, marker):
    match = re.search(rf"<!-- {re.escape(marker)}:begin -->\n(.*?)\n?<!-- {re.escape(marker)}:end -->", text, re.S)
    return match


def with_costs(text):
    """A text whose "`call()` 123" say what README's table of calls says."""
    usual = dict(re.findall(r"^\| `(uspan_\w+)(?:\(\))?` \| ([\d,]+) \|", README.read_text(), re.M))
    return re.sub(r"`(uspan_\w+)\(\)` [\d,]+", lambda one: f"`{one[1]}()` {usual[one[1]]}", text)


def write():
    PRACTICES.write_text(with_costs(PRACTICES.read_text()))
    text = README.read_text()
    for marker, right in copies().items():
        match = between(text, marker)
        if match and right is not None:
            text = f"{text[:match.start()]}<!-- {marker}:begin -->\n{right}\n<!-- {marker}:end -->{text[match.end():]}"
    README.write_text(text)


class Readme(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = README.read_text()
        # Code blocks are copies; the size table is written by size.py and names private functions.
        prose = re.sub(r"```.*?```|<!-- size:begin -->.*?<!-- size:end -->", "", cls.text, flags=re.S)
        cls.named = set(re.findall(r"`[^`\n]+`", prose))

    def words(self, pattern):
        return {match for one in self.named for match in re.findall(pattern, one)}

    def test_what_is_copied_from_files_is_what_the_files_say(self):
        for marker, right in copies().items():
            with self.subTest(marker=marker):
                match = between(self.text, marker)
                self.assertTrue(match, f"README.md has no <!-- {marker}:begin --> ... end")
                self.assertEqual(match.group(1), right, "cure: tests/build/test_readme.py --write, and commit README.md")

    def test_costs_told_with_the_examples_are_those_of_the_table(self):
        text = PRACTICES.read_text()
        self.assertGreater(len(re.findall(r"`uspan_\w+\(\)` \d", text)), 6)
        self.assertEqual(with_costs(text), text, "cure: tests/build/test_readme.py --write, and commit examples/README.md")

    def test_every_option_of_config_h_is_in_the_table_or_left_out_on_purpose(self):
        asked = set(re.findall(r"^#ifndef (USPAN_\w+)$", CONFIG.read_text(), re.M)) - {"USPAN_CONFIG_H"}
        found = {name for names, _, _ in options() for name in names}
        self.assertEqual(asked, found)
        self.assertEqual(LEFT_OUT - asked, set())

    def test_every_macro_and_function_named_exists(self):
        sources = "\n".join(path.read_text() for path in ELSEWHERE)
        names = self.words(r"\b(USPAN_[A-Z0-9_]*[A-Z0-9])\b") | self.words(r"\b(uspan_[a-z0-9_]+)\b")
        self.assertGreater(len(names), 40)
        for name in sorted(names):
            if not re.search(rf"\b{re.escape(name)}\b", sources) and name.rsplit("_", 1)[-1] not in ("2", "3", "4"):
                self.fail(f"{name} is nowhere in the tree")

    def test_every_variable_of_the_environment_named_is_read(self):
        reader = (ROOT / "port/posix/env.c").read_text()
        names = self.words(r"\b(OTEL_[A-Z_]+)\b")
        self.assertGreater(len(names), 8)
        self.assertEqual({name for name in names if f'"{name}"' not in reader}, set())
        read = set(re.findall(r'"(OTEL_[A-Z_]+)"', reader))
        self.assertEqual({name for name in read if "_TRACES_" not in name.removeprefix("OTEL_TRACES_")} - names, set(),
                         "variables that are read and not named")

    def test_every_test_named_exists(self):
        names = self.words(r"\b((?:unit|wire|faults|net|build|size)\.(?!h\b)[a-z0-9_]+)\b")
        self.assertGreater(len(names), 10)
        for name in sorted(names):
            folder, rest = name.split(".")
            self.assertTrue(list((ROOT / "tests" / folder).glob(f"test_{rest}.*")), f"no test {name}")

    def test_every_goal_of_make_named_exists(self):
        goals = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.M))
        asked = set(re.findall(r"`make ([a-z]+)", self.text))
        self.assertEqual(asked - goals, set())
        self.assertLessEqual({"demo", "test"}, asked)

    def test_every_cause_and_line_of_the_diagnosis_is_as_the_library_says_it(self):
        rows = re.search(r"^## Troubleshooting$(.*?)^## ", self.text, re.M | re.S).group(1)
        causes = re.findall(r'X\(\w+, "([^"]+)"\)', (ROOT / "core/export/diagnose.c").read_text())
        said = set(re.findall(r"“([^”]+)”", rows))
        library = "\n".join(path.read_text() for folder in ("core", "port") for path in ROOT.glob(f"{folder}/*/*.c"))
        self.assertGreater(len(said), 10)
        for words in sorted(said):
            self.assertIn(words.rstrip(".: "), library, f"the library never says {words}")
        missing = {cause.strip() for cause in causes} - {words.strip() for words in said} - {"Nothing is wrong"}
        self.assertEqual(missing, set(), "causes without a row")
        dropped = set(re.findall(r'DROP_PREFIX "(\w+)"', (ROOT / "core/export/stats.c").read_text()))
        self.assertEqual({cause for cause in dropped if f"`{cause}`" not in self.text}, set(), "drop causes without a word")


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        write()
        subprocess.run([sys.executable, "-B", ROOT / "tests/build/test_presets.py", "--write"], check=True)  # Kconfig, too
    else:
        unittest.main()
