#!/usr/bin/python3
"""test_conversations.py: compares uspan's side of each conversation with what AgentScope and the OpenAI Agents SDK sent when it
was last recorded (golden/; `make interop` records it again).

Invariant: hermetic. A difference without the number of a decision fails."""
import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "net"))
from runner import run  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parent))
import tools  # noqa: E402,F401 - the peers' folder
import compare  # noqa: E402
import golden  # noqa: E402
from conversations import ORACLES, played  # noqa: E402

PROGRAMS = Path(os.environ["USPAN_BUILD_DIR"]) / "tests"


class Conversations(unittest.TestCase):
    def test_each_conversation_has_the_packages_spans_but_for_numbered_decisions(self):
        needed = set()
        self.assertGreater(len(ORACLES), 2)
        for oracle in ORACLES:
            kept = golden.load(oracle)
            self.assertGreaterEqual(len(kept), 5)
            for name, there in kept.items():
                with self.subTest(f"{oracle}: {name}"):
                    here, faults = played(PROGRAMS / f"{oracle}_oracle", name)
                    explained, unexplained = compare.judge(there, here)
                    self.assertEqual(faults + unexplained, [])
                    self.assertEqual({span["trace_id"] for span in there} & {golden.GIVEN},
                                     {span["trace_id"] for span in here} & {golden.GIVEN})
                    needed |= set(explained)
        # A decision that no conversation needs has no use. D9, D10: either side omits something.
        self.assertEqual(needed, {number for number, _, _ in compare.RULES} - {"D9", "D10"})

    def test_what_is_kept_holds_nothing_of_where_it_was_recorded(self):
        self.assertGreater(len(ORACLES), 2)
        for oracle in ORACLES:
            kept = golden.path(oracle).read_text(encoding="utf-8")
            self.assertNotRegex(kept, r"site-packages|/tmp|/home|/root|localhost|127\.0\.0\.1")


if __name__ == "__main__":
    sys.exit(run())
