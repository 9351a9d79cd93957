"""test_delivery.py: tests/interop/freertos.py finds out whether a program delivers and refuses. The program is the one for a real
kernel (freertos_app), over the fake one."""
import os
import sys
import threading
import unittest
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/interop"))
import freertos  # noqa: E402

PROGRAM = Path(os.environ.get("USPAN_BUILD_DIR", ROOT / "build/tests")) / "tests/freertos_delivery"
SAID = "recorded 300 spans, 0 in an ISR, delivered 300, stop 0"


class Delivery(unittest.TestCase):
    def test_a_program_delivers_over_tls_and_refuses_another_authority(self):
        threading.excepthook = lambda _: None  # a refused handshake ends a thread of the receiver
        self.assertTrue(freertos.delivers(freertos.run_program, "localhost", PROGRAM, True))
        self.assertTrue(freertos.refuses(freertos.run_program, "localhost", PROGRAM, "good", "other",
                                         "not signed by a trusted CA"))

    def test_a_program_that_only_says_so_does_not_pass(self):
        def say(_program, _endpoint, _ca):
            return SAID
        self.assertFalse(freertos.delivers(say, "localhost", PROGRAM, False))

    def test_a_program_that_does_not_end_is_ended_with_what_it_said(self):
        with mock.patch.object(freertos, "DEADLINE_S", 1):
            text = freertos.output(["sh", "-c", f"echo '{SAID}'; exec sleep 100"])
        self.assertRegex(text, f"^{SAID}\nit did not end within 1 s and was ended; .*cure: ")


if __name__ == "__main__":
    unittest.main()
