#!/usr/bin/python3
"""test_ceilings.py: a figure over its budget fails, unless it has a ceiling and is not above it. A page differs if it is off by
more than a patch release of the compiler causes."""
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/build"))
import ceilings  # noqa: E402
import pages  # noqa: E402


class Ceilings(unittest.TestCase):
    def test_a_figure_within_its_budget_is_no_matter(self):
        for figure in (0, 99, 100):
            self.assertEqual((None, None), ceilings.judge("x", figure, 100), figure)

    def test_a_figure_over_its_budget_fails_without_a_ceiling(self):
        fault, note = ceilings.judge("x", 101, 100)
        self.assertEqual(("x is 101, over its budget of 100 by 1", None), (fault, note))

    def test_a_miss_below_its_ceiling_is_told_and_passes(self):
        for figure in (101, 120):
            fault, note = ceilings.judge("x", figure, 100, 120)
            self.assertIsNone(fault)
            self.assertEqual(f"x is {figure}, over its budget of 100 by {figure - 100} (ceiling 120)", note)

    def test_a_miss_above_its_ceiling_fails(self):
        fault, note = ceilings.judge("x", 121, 100, 120)
        self.assertEqual(("x is 121, over its budget of 100 by 21, and over its ceiling of 120", None), (fault, note))

    def test_a_ceiling_that_is_needed_no_more_is_told(self):
        fault, note = ceilings.judge("x", 100, 100, 120)
        self.assertIsNone(fault)
        self.assertIn("take its ceiling of 120 out", note)

    def test_all_are_judged(self):
        faults, notes = ceilings.judge_all([("a", 2, 1, None), ("b", 2, 1, 3), ("c", 1, 1, None), ("d", 4, 1, 3)])
        self.assertEqual(["a", "d"], [fault.split()[0] for fault in faults])
        self.assertEqual(["b"], [note.split()[0] for note in notes])

    def test_the_page_shows_the_budget_first(self):
        self.assertEqual(("1,000", "1,000 (missed, ceiling 1,200)"), (ceilings.shown(1000), ceilings.shown(1000, 1200)))

    def test_a_page_differs_by_words_and_by_more_than_its_tolerance(self):
        page = "| flash | 10,000 | 64 |"
        for same in (page, "| flash | 10,100 | 64 |", "| flash | 9,910 | 80 |"):
            self.assertFalse(pages.differs(page, same, 0.01, 16), same)
        for other in ("| flash | 10,120 | 64 |", "| flash | 9,880 | 64 |", "| flash | 10,000 | 81 |", "| RAM | 10,000 | 64 |",
                      "| flash | 10,000 | |"):
            self.assertTrue(pages.differs(page, other, 0.01, 16), other)


if __name__ == "__main__":
    unittest.main(verbosity=2)
