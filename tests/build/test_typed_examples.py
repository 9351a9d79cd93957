#!/usr/bin/python3
"""test_typed_examples.py: each typed span of genai.h and workflow.h stands in a program of examples/ that a user reads at once.

Invariant: the calls are read from the headers, so that a new one without an example fails here."""
import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "net"))
from runner import run  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
HEADERS = [ROOT / "core/include/uspan" / name for name in ("genai.h", "workflow.h")]
LINES_MAX = 60


def begins():
    """Names of typed spans: "agent" of uspan_agent_begin()."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in HEADERS)
    return sorted(set(re.findall(r"\buspan_t uspan_([a-z_]+?)_begin(?:_with)?\(", text)))


class TypedExamples(unittest.TestCase):
    def test_each_typed_span_is_in_a_short_example_that_is_run(self):
        texts = {path.name: path.read_text(encoding="utf-8") for path in ROOT.glob("examples/*.c")}
        tests = (ROOT / "tests/net/test_examples.py").read_text(encoding="utf-8")
        short = {name: text for name, text in texts.items()
                 if text.count("\n") <= LINES_MAX and f'"{name.removesuffix(".c")}"' in tests}
        self.assertGreater(len(short), 5)
        names = begins()
        self.assertGreaterEqual(len(names), 19)
        missing = [name for name in names if not any(re.search(rf"\buspan_{name}_begin(_with)?\(", text)
                                                     for text in short.values())]
        self.assertEqual(missing, [])


if __name__ == "__main__":
    sys.exit(run())
