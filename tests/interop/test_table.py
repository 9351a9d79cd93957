#!/usr/bin/python3
"""test_table.py: the result of the interop run is completely in its page, and belongs to the pinned versions.

Invariant: no server is contacted here: `make interop` runs the tests and writes the table."""
import sys
import types
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "net"))
from runner import run  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parent))
import run as interop  # noqa: E402
import table  # noqa: E402

TEXT = table.pages.shown("interop")
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TEXT.splitlines()]


class Table(unittest.TestCase):
    def test_every_feature_has_a_row(self):
        self.assertGreater(len(table.FEATURES), 8)
        self.assertEqual([row[0] for row in ROWS[2:]], list(table.FEATURES))

    def test_every_cell_says_yes_or_not_offered_or_needs_an_account(self):
        allowed = {table.WORDS["yes"], table.WORDS["not offered"], table.ACCOUNT}
        self.assertEqual({cell for row in ROWS[2:] for cell in row[1:]} - allowed, set())
        self.assertEqual({len(row) for row in ROWS}, {len(ROWS[0])})

    def test_the_columns_are_of_the_pinned_versions(self):
        pinned = [table.versioned(backend) for backend in table.PINNED]
        self.assertGreater(len(pinned), 2)
        self.assertEqual([name for name in pinned if name not in ROWS[0]], [])

    def test_one_thing_that_does_not_hold_spoils_its_row_and_one_that_nobody_asked_leaves_it_empty(self):
        self.assertEqual(table.word({"yes"}), "yes")
        self.assertEqual(table.word({"yes", "no"}), table.WORDS["no"])
        self.assertEqual(table.word({"yes", "not offered"}), "")
        self.assertEqual(table.word({"yes", None}), "")

    def test_a_run_of_one_part_ends_with_the_table_outside_its_page(self):
        part = types.SimpleNamespace(run=lambda tally: tally.check("a part"))
        page = table.pages.shown("interop")
        with mock.patch.object(sys, "argv", ["run.py", "littlefs_spool"]), \
                mock.patch.object(interop.importlib, "import_module", lambda _: part):
            interop.OUT.mkdir(parents=True, exist_ok=True)
            self.assertEqual(interop.main(), 0)
        self.assertEqual(table.pages.shown("interop"), page)


if __name__ == "__main__":
    sys.exit(run())
