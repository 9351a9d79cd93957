#!/usr/bin/python3
"""test_lm3s6965evb.py: the firmware of lm3s6965evb in QEMU: 64 KB of RAM, TLS 1.2, its time from the collector's Date.

Invariant: see firmware_cases.py."""
import sys

import firmware_cases


class Board(firmware_cases.Firmware):
    board, versions, has_sntp = "lm3s6965evb", ("1.2",), False


if __name__ == "__main__":
    sys.exit(firmware_cases.run())
