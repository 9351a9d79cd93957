#!/usr/bin/python3
"""test_mps2_an386.py: the firmware of mps2_an386 in QEMU: TLS 1.2 and 1.3.

Invariant: see firmware_cases.py."""
import sys

import firmware_cases


class Board(firmware_cases.Firmware):
    board, versions, has_sntp = "mps2_an386", ("1.2", "1.3"), True


if __name__ == "__main__":
    sys.exit(firmware_cases.run())
