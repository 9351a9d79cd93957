#!/usr/bin/python3
"""test_spool_flash.py: firmware without a collector stores its spans in the flash chips of riscv32_virt. A later boot sends
them.

Invariant: the flash content of a boot is the file that the previous boot left. Nothing else is carried over."""
import sys
import tempfile
import unittest
from pathlib import Path

SUPPORT = Path(__file__).resolve().parents[1] / "support"
sys.path[:0] = [str(SUPPORT / "peers"), str(SUPPORT)]
import firmware  # noqa: E402
import qemu  # noqa: E402
from receiver import Receiver  # noqa: E402
from streams import server_context  # noqa: E402

BANK_BYTES = 32 << 20
SECTORS, SECTOR_BYTES = 8, 256 << 10
SPANS = 6  # of a turn
CLOSED_PORT = 1  # no server listens there, and no test gets it as a free port


class Flash(unittest.TestCase):
    def test_spans_of_an_outage_come_out_of_the_chips(self):
        built = firmware.build("riscv32_virt", "-DUSPAN_SPOOL=1")
        with tempfile.TemporaryDirectory() as folder:
            chips = Path(folder) / "chips"
            with chips.open("wb") as out:
                out.write(b"\xff" * (SECTORS * SECTOR_BYTES))
                out.truncate(BANK_BYTES)
            for boot in (1, 2):  # each uses a new sector
                settings = {"endpoint": f"https://{qemu.LOOPBACK}:{CLOSED_PORT}/v1/traces", "deadline_ms": 1000}
                away = qemu.run(built, settings, flash=chips)
                self.assertEqual(away.status, 0, away.text)
                self.assertEqual((away.account("spooled"), away.account("spool_waiting")), (SPANS, boot * SPANS), away.text)
            with Receiver(server_context()) as receiver:
                back = qemu.run(built, {"endpoint": f"https://{qemu.LOOPBACK}:{receiver.port}/v1/traces"}, flash=chips)
                spans, twice = list(receiver.spans), receiver.duplicates()
            self.assertEqual(back.status, 0, back.text)
            self.assertEqual((back.account("replayed"), back.account("spool_waiting"), back.account("spool_lost")),
                             (2 * SPANS, 0, 0), back.text)
            self.assertEqual((len(spans), list(twice)), (3 * SPANS, []))
            self.assertEqual(len({span.trace_id for span in spans}), 3)


if __name__ == "__main__":
    unittest.main()
