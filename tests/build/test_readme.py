#!/usr/bin/python3
"""test_readme.py: what the pages (every .md file) say is true: links, options, functions, goals of make, tests, variables and C
snippets. Generated text is what its script writes now. `--write` writes that text.

Invariant: a search that finds nothing fails. A check therefore cannot pass because its subject was renamed.
uspan-needs: cross"""
import re
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import options  # noqa: E402
import pages  # noqa: E402
import sources  # noqa: E402
from lint import link_faults, tracked  # noqa: E402

ROOT = pages.ROOT
PRACTICES = ROOT / "examples/PRACTICES.md"
INDEX = ROOT / "examples/README.md"
EXAMPLES = {"chat.c": ROOT / "examples/chat.c", "firmware.c": ROOT / "examples/firmware/firmware.c"}
OUT = sources.work_folder("pages")
# Folders that snippets of pages include from.
PAGE_FOLDERS = ("examples", "examples/firmware", "port/posix", "port/mbedtls", "port/lwip", "tests/virtual/lwip",
                "tests/support/crash_sdk")
PAGE_SOURCES = ("mbedtls/include", "lwip/src/include")
# Pages whose third line does not name their reader yet. No page is added.
READER_MISSING = {
    "CHANGELOG.md", "README.md", "boards/README.md", "core/genai/README.md", "examples/README.md", "port/README.md",
    "tests/fuzz/README.md", "tests/support/peers/README.md",
    *(f"examples/backends/{name}.md" for name in ("README agentops aliyun braintrust collector keywordsai langfuse logfire "
                                                  "phoenix phoenix_cloud scorecard studio").split())}
# Test names in pages that stand for several tests.
FOLDERS = "unit|wire|faults|net|build|size|virtual|sockets|sdk|qemu|interop|pico"
TEST = re.compile(rf"`((?:{FOLDERS})\.(?!(?:h|py|c|json)\b)[a-z0-9_]+)`")


def every_page():
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in tracked() if path.suffix == ".md"}


def with_costs(text):
    """The text, with each "`call()` 123" in it set to the figure of the table of calls."""
    usual = dict(re.findall(r"^\| `(uspan_\w+)(?:\(\))?` \| ([\d,]+) \|", pages.shown("board-cost"), re.M))
    return re.sub(r"`(uspan_\w+)\(\)` [\d,]+", lambda one: f"`{one[1]}()` {usual[one[1]]}", text)


def with_lines(text):
    """The index of examples with each program's lines of C, C++ or headers."""
    def row(found):
        name = found[1]
        files = [INDEX.parent / f"{name}.c"] if (INDEX.parent / f"{name}.c").exists() else \
            [path for path in sorted((INDEX.parent / name).rglob("*")) if path.suffix in (".c", ".cpp", ".h", ".ino")]
        return f"| [{name}](#{name}) | {found[2]} | {sum(len(path.read_text().splitlines()) for path in files)} |"
    return re.sub(r"^\| \[(\w+)\]\(#\1\) \| ([^|]*) \| \d+ \|", row, text, flags=re.M)


def example(marker):
    return f"```c\n{EXAMPLES[marker].read_text().rstrip()}\n```"


# The code around a snippet that is a part of a function.
FRAGMENT = """#include <stdint.h>
#include "uspan/wire.h"
#include "uspan/scope.h"
#include "uspan_posix_tls.h"
extern uspan_tracer_t tracer;
extern uspan_t step;
extern const char *text, *json, *call_id;
void fragment(void);
void fragment(void)
{{
{}
}}
"""


def snippet(block):
    """A snippet as a source file: as it is, or inside a function."""
    if "#include" in block or "(&tracer, " not in block:
        return block
    return FRAGMENT.format(block.replace("static uspan_tracer_t tracer;\n", ""))


def write():
    PRACTICES.write_text(with_costs(PRACTICES.read_text()))
    INDEX.write_text(with_lines(INDEX.read_text()))
    for marker in EXAMPLES:
        pages.put(marker, example(marker))
    options.write()
    import build_page
    build_page.write()


def snippets(text):
    """C blocks of a page. A block without a directive is a fragment: only the names in it are checked."""
    return re.findall(r"^```c\n(.*?)^```", text, re.S | re.M)


def tests_of_tree():
    """Names of all tests, as tests/CMakeLists.txt forms them."""
    found = {f"{path.parent.name}.{path.stem.removeprefix('test_')}" for path in ROOT.glob("tests/*/test_*.*")}
    found |= {f"{name}_heap" for name in found if name.startswith("virtual.")}
    for cmake in ROOT.glob("tests/**/CMakeLists.txt"):
        found |= set(re.findall(r"uspan_test\(([a-z]+\.[a-z0-9_]+) ", cmake.read_text()))
    return found | {"sockets.callbacks_poll", "sockets.core_lock_select"}


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pages = every_page()
        cls.prose = {name: pages.prose(text) for name, text in cls.pages.items()}

    def found(self, pattern, at_least, texts=None):
        """{match of the pattern: the first page with it}. Fails if there are fewer than at_least."""
        found = {}
        for name, text in (texts or self.prose).items():
            for one in re.findall(pattern, text):
                found.setdefault(one, name)
        self.assertGreaterEqual(len(found), at_least, f"{pattern} finds too little")
        return found

    if sources.NATIVE:
        def test_pages_are_found_and_each_names_its_reader(self):
            self.assertGreater(len(self.pages), 15)
            missing = {name for name, text in self.pages.items() if not text.splitlines()[2].startswith("For ")}
            self.assertEqual(missing, set(), 'line 3 says for whom the page is: "For integrators: ..."')

        def test_the_version_is_one_everywhere(self):
            version = re.search(r'^#define USPAN_VERSION "(.*)"', (ROOT / "core/include/uspan/uspan.h").read_text(), re.M)[1]
            released = re.findall(r"^## \[(\d[\d.]*)\] - \d{4}-\d\d-\d\d$", self.pages["CHANGELOG.md"], re.M)
            self.assertEqual(released[0], version, "the newest release of CHANGELOG.md")
            self.assertIn(f"Status: version {version}.", self.pages["README.md"])
            for name, form in (("library.json", '"version": "{}"'), ("library.properties", "version={}"),
                               ("idf_component.yml", 'version: "{}"')):
                self.assertIn(form.format(version), (ROOT / name).read_text(), name)

        def test_every_page_is_two_clicks_from_readme(self):
            reached, clicked = {"README.md"}, {"README.md"}
            for _ in range(2):
                links = set()
                for name in clicked:
                    for link in re.findall(r"\]\(([^)\s#:]+)(?:#[^)]*)?\)", self.pages[name]):
                        target = (ROOT / name).parent / link
                        target = target / "README.md" if target.is_dir() else target
                        if target.suffix == ".md":
                            links.add(str(target.resolve().relative_to(ROOT)))
                clicked = links - reached
                reached |= links
            self.assertGreater(len(reached), 30)
            self.assertEqual(set(self.pages) - reached, set(), "pages that no page near README.md links to")

        def test_every_link_leads_somewhere(self):
            self.assertGreater(sum(text.count("](") for text in self.pages.values()), 50)
            for name, text in self.pages.items():
                self.assertEqual(list(link_faults(ROOT / name, text)), [], name)

        def test_what_is_copied_from_files_is_what_the_files_say(self):
            for marker, right in {**{marker: example(marker) for marker in EXAMPLES}, "options": options.option_tables()}.items():
                with self.subTest(marker=marker):
                    self.assertEqual(pages.shown(marker), right, f"cure: tests/build/test_readme.py --write, and commit "
                                                                 f"{pages.name(marker)}")

        def test_costs_told_with_the_examples_are_those_of_the_table(self):
            text = PRACTICES.read_text()
            self.assertGreater(len(re.findall(r"`uspan_\w+\(\)` \d", text)), 6)
            self.assertEqual(with_costs(text), text, "cure: tests/build/test_readme.py --write, and commit examples/PRACTICES.md")

        def test_the_index_of_examples_is_complete(self):
            text = INDEX.read_text()
            rows = re.findall(r"^\| \[(\w+)\]\(#\1\) \|", text, re.M)
            self.assertEqual(sorted(rows), sorted(re.findall(r"^## (\w+)$", text, re.M)))
            self.assertGreater(len(rows), 20)
            self.assertFalse(pages.differs(text, with_lines(text), 0.1, 20), "lines of programs are off by 20 and 10 %; "
                             "cure: tests/build/test_readme.py --write, and commit examples/README.md")

        def test_every_option_of_every_header_is_in_the_table(self):
            table = set(re.findall(r"`(USPAN_\w+)`", pages.shown("options")))
            for path in [options.CONFIG, *(ROOT / port for port in options.PORTS.values())]:
                text = path.read_text().split("/* ---- rules")[0]
                asked = {name for name in re.findall(r"^#ifndef (USPAN_\w+)$", text, re.M) if not name.endswith("_H")}
                self.assertGreater(len(asked), 1)
                self.assertEqual(asked - table, set(), f"options of {path.name} without a row")

        def test_every_macro_and_function_named_exists(self):
            tree = "\n".join(path.read_text(encoding="utf-8") for path in tracked()
                             if path.suffix in (".c", ".h", ".cmake", ".py") or path.name in ("CMakeLists.txt", "Kconfig"))
            words = set(re.findall(r"\b(?:USPAN|uspan)_\w+", tree))
            quoted = {name: " ".join([*re.findall(r"`[^`\n]+`", text), *snippets(self.pages[name])])
                      for name, text in self.prose.items() if not name.startswith("examples/backends/")}
            names = self.found(r"\b(USPAN_[A-Z0-9_]*[A-Z0-9]|uspan_[a-z0-9_]*[a-z0-9])\b(?!\*|\.)", 40, quoted)
            for name, page in sorted(names.items()):
                if name not in words and name.rsplit("_", 1)[-1] not in ("2", "3", "4"):
                    self.fail(f"{page} names {name}, which is nowhere in the tree")

        def test_every_variable_of_the_environment_named_is_read(self):
            reader = "".join(path.read_text() for path in sorted(ROOT.glob("port/posix/env*.c")))
            names = set(self.found(r"\b(OTEL_[A-Z_]+[A-Z])\b", 9))
            read = set(re.findall(r'"(OTEL_[A-Z_]+)"', reader))
            self.assertGreater(len(read), 9)
            self.assertEqual({name for name in names if name not in read}, set())
            self.assertEqual({name for name in read if "_TRACES_" not in name.removeprefix("OTEL_TRACES_")} - names, set(),
                             "variables that are read and not named")

        def test_every_test_named_exists(self):
            there = tests_of_tree()
            self.assertGreater(len(there), 100)
            for name, page in self.found(TEST, 20).items():
                self.assertTrue(name in there or name.removesuffix("_cross") in there, f"{page}: there is no test {name}")

        def test_every_goal_of_make_named_exists(self):
            goals = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.M))
            self.assertGreater(len(goals), 10)
            listed = sources.run(["make", "--no-print-directory", "-C", ROOT, "help"])  # make reads the complete Makefile
            self.assertEqual(set(re.findall(r"^  make ([a-z]+) ", listed, re.M)), goals)
            asked = self.found(r"`make ([a-z]+)", 8) | self.found(r"^make ([a-z]+)", 0, self.pages)
            self.assertEqual({goal: page for goal, page in asked.items() if goal not in goals}, {})
            self.assertLessEqual({"demo", "test", "check"}, set(asked))
            self.assertEqual(goals - set(asked) - {"help", "clean", "flash", "cov"}, set(), "goals that no page names")

        def test_every_c_snippet_is_compiled(self):
            OUT.mkdir(parents=True, exist_ok=True)
            blocks = [path.read_text() for path in EXAMPLES.values()]
            for name, text in self.pages.items():
                if not name.startswith("examples/backends/"):  # test build.backends builds those
                    bare = re.sub(r"<!-- ([\w.-]+):begin -->.*?<!-- \1:end -->", "", text, flags=re.S)
                    blocks += [block for block in snippets(bare) if "#include" in block or "#define" in block]
            for number, block in enumerate(blocks):
                source = OUT / f"snippet{number}.c"
                source.write_text(snippet(block))
                kept = ["-DUSPAN_KEEP=1"] if "uspan/keep.h" in block else []
                sources.run(["gcc", "-std=c11", "-fsyntax-only", *sources.WARNINGS, "-Wno-unused", "-Wno-shadow", *kept,
                             *sources.INCLUDES, *(f"-I{ROOT / folder}" for folder in PAGE_FOLDERS),
                             *(f"-isystem{ROOT / 'port/deps/src' / folder}" for folder in PAGE_SOURCES), source])

        def test_every_cause_and_line_of_the_diagnosis_is_as_the_library_says_it(self):
            rows = [text for text in self.pages.values() if re.search(r"^#+ Troubleshooting$", text, re.M)]
            self.assertEqual(len(rows), 1, "one page has the heading Troubleshooting")
            causes = re.findall(r'X\(\w+, "([^"]+)"\)', (ROOT / "core/export/diagnose.c").read_text())
            self.assertGreater(len(causes), 15)
            said = set(re.findall(r"“([^”]+)”", rows[0]))
            library = "\n".join(path.read_text() for folder in ("core", "port") for path in ROOT.glob(f"{folder}/*/*.c"))
            self.assertGreater(len(said), 10)
            for words in sorted(said):
                self.assertTrue(words.rstrip(".: ") in library, f"the library never says {words}")
            missing = {cause.strip() for cause in causes} - {words.strip() for words in said} - {causes[0].strip()}
            self.assertEqual(missing, set(), "causes without a row")
            names = re.search(r"drop_names\[\] = (.*?);", (ROOT / "core/export/stats.c").read_text(), re.S)
            self.assertTrue(names, "core/export/stats.c has no drop_names[]")
            dropped = {name for text in re.findall(r'"([^"]*)"', names[1]) for name in text.split("\\0") if name}
            kinds = re.findall(r"^    USPAN_DROP_(\w+),", (ROOT / "core/include/uspan/export.h").read_text(), re.M)
            self.assertEqual(len(dropped), len(kinds))
            self.assertEqual({cause for cause in dropped if f"`{cause}`" not in rows[0]}, set(), "drop causes without a word")

    def test_presets_take_the_ram_that_the_page_says(self):
        page = pages.shown("presets")
        compared = 0
        for name, (_, processor) in options.PRESETS.items():
            if not (sources.NATIVE if processor == "x86-64" else sources.CROSS):
                continue
            tracer, heap = options.ram(name, OUT / name.replace(" ", "_"))
            row = re.search(rf"^\| {name} \| ([\d,]+) \| ([^|]+) \| {processor} \|$", page, re.M)
            cure = f"{name}: {tracer:,} now; cure: tests/build/test_readme.py --write, and commit core/CONFIG.md"
            self.assertTrue(row, cure)
            self.assertTrue(options.is_near(options.shown_ram(name), tracer), cure)
            self.assertEqual(row[2], f"{heap:,}" if heap else "the C heap", cure)
            self.assertIn(options.preset(name).rstrip(), page)
            compared += 1
        self.assertGreater(compared, 0)


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        write()
        subprocess.run([sys.executable, "-B", ROOT / "tests/build/test_presets.py", "--write"], check=True)  # Kconfig too
    else:
        unittest.main()
