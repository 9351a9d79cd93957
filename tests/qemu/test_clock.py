#!/usr/bin/python3
"""test_clock.py: compares the clock of the Cortex-M boards (boards/common/cortex_m/clock.c) with a timer of the machine, in
QEMU.

Invariant: QEMU counts instructions, so each run is the same, even on a busy host."""
import re
import sys
import unittest

import firmware_cases  # must be first: it adds the folders of the others
import firmware
import qemu

sys.path.insert(0, str(firmware_cases.ROOT / "tests/build"))
from sources import BUILD, ROOT, run  # noqa: E402

OUT = BUILD / "clock"
MACHINE = qemu.MACHINES["mps2_an386"]
INCLUDES = [f"-I{ROOT / folder}" for folder in ("core/include", "boards/common", "boards/common/cortex_m", "boards/mps2_an385")]
SOURCES = [ROOT / "tests/qemu/clock.c", ROOT / "boards/mps2_an385/board.c", ROOT / "boards/common/console.c",
           ROOT / "boards/common/semihost.c", *sorted(ROOT.glob("boards/common/cortex_m/*.c"))]
TWO_COUNTS_NS = 80


class Clock(unittest.TestCase):
    def test_no_time_is_lost_while_a_long_step_runs_and_nobody_looks(self):
        OUT.mkdir(parents=True, exist_ok=True)
        elf = OUT / "clock.elf"
        run(["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-std=gnu11", "-Os", "--specs=nano.specs", "-nostartfiles",
             *INCLUDES, *SOURCES, "-T", ROOT / "boards/mps2_an386/link.ld", f"-L{ROOT / 'boards/common/cortex_m'}",
             "-Wl,--no-warn-rwx-segments", "-o", elf])
        for shift in (2, 3, 4):  # speed of the core, so that interrupts come at different moments
            with self.subTest(shift=shift):
                done = qemu.run(firmware.Firmware("mps2_an386", elf, None), more=["-icount", f"shift={shift}"])
                self.assertEqual(done.status, 0, done.text)
                self.assertLessEqual(int(re.search(r"off (\d+)", done.text).group(1)), TWO_COUNTS_NS)


if __name__ == "__main__":
    sys.exit(firmware_cases.run())
