#!/usr/bin/python3
"""test_crash.py: a board crashes in a tool, in a model call and while it exports. The next boot delivers the trace.

Invariant: see crash_demo.py, which defines the spans that must arrive."""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import crash_demo  # noqa: E402


class Crash(unittest.TestCase):
    def check(self, board, how):
        problems, spans, text = crash_demo.run(board, how)
        self.assertEqual(problems, [], text)
        self.assertGreater(len(spans), 4)
        self.assertEqual(text.count("restarts"), 1)
        return spans

    def test_a_hard_fault_in_a_tool(self):
        for board in ("mps2_an385", "lm3s6965evb", "riscv32_virt"):
            with self.subTest(board=board):
                self.check(board, "tool")

    def test_an_assertion_in_a_model_call(self):
        for board in ("mps2_an385", "riscv32_virt"):
            with self.subTest(board=board):
                self.check(board, "assert")

    def test_a_watchdog_while_exporting(self):
        spans = self.check("mps2_an385", "hang")
        self.assertIn("watchdog", [span.attributes.get("uspan.reset.reason") for span in spans])

    def test_the_registers_are_those_of_the_fault(self):
        events = [attributes for span in self.check("mps2_an385", "tool") for name, _, attributes in span.events
                  if name == "app.crash"]
        self.assertRegex(events[0]["uspan.crash.registers"], r"^pc=0x[0-9a-f]{8} lr=.* cfsr=0x00008200 .* bfar=0x70000004$")


if __name__ == "__main__":
    unittest.main()
