#!/usr/bin/python3
"""test_run.py: the interop run builds every program that its parts start, and writes its table.

Invariant: nothing is built and no server is contacted here."""
import re
import sys
import types
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "net"))
from runner import run as run_tests  # noqa: E402

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import run  # noqa: E402 - it also adds the peers' folder
import conversations  # noqa: E402


class Run(unittest.TestCase):
    def test_each_program_that_a_part_starts_is_built(self):
        text = "".join(path.read_text(encoding="utf-8") for path in HERE.glob("*.py"))
        named = {("example_" if folder == "examples" else "") + name
                 for folder, name in re.findall(r'HOST / "(tests|examples)(?:" / "|/)(\w+)"', text)}
        named |= {f"{oracle}_oracle" for oracle in conversations.ORACLES}
        self.assertGreater(len(named), 8)
        self.assertEqual(named - set(run.TARGETS), set())

    def test_the_table_goes_into_its_page_only_after_all_parts(self):
        part = types.SimpleNamespace(run=lambda tally: tally.check("something"))
        for arguments, into_page in (([], True), (["one"], False)):
            with mock.patch.multiple(run, PARTS=("one", "two"), build=mock.DEFAULT), \
                    mock.patch.dict(sys.modules, {"one": part, "two": part}), mock.patch("builtins.print"), \
                    mock.patch.object(run.sys, "argv", ["run.py", *arguments]), \
                    mock.patch.object(run.table, "write", autospec=True) as write:
                self.assertEqual(run.main(), 0)
            self.assertEqual(write.call_args.kwargs, {"into_page": into_page})


if __name__ == "__main__":
    sys.exit(run_tests())
