#!/usr/bin/python3
"""test_flash.py: flash.sh of port/pico copies the image to the board's drive, or calls picotool, or prints what is missing."""
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/net"))
from runner import run  # noqa: E402

TOOLS = ("sh", "cp", "sync")


class Flash(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.image, self.drive, self.bin = (self.folder / name for name in ("minimal.uf2", "drive", "bin"))
        self.image.write_bytes(os.urandom(70_000))
        self.drive.mkdir()
        self.bin.mkdir()
        for tool in TOOLS:  # no picotool of this machine is found
            (self.bin / tool).symlink_to(f"/bin/{tool}")

    def add_picotool(self, status):
        (self.bin / "picotool").write_text(f'#!/bin/sh\necho "picotool $*"\nexit {status}\n')
        (self.bin / "picotool").chmod(0o755)

    def flash(self):
        done = subprocess.run([ROOT / "port/pico/flash.sh", self.image], text=True, capture_output=True,
                              env={"PATH": str(self.bin), "PICO_DRIVE": str(self.drive)})
        return done.returncode, done.stdout, done.stderr

    def test_the_image_is_copied_to_the_drive(self):
        (self.drive / "INFO_UF2.TXT").write_text("UF2 Bootloader v3.0\n")
        self.add_picotool(1)  # must not be called
        status, out, _ = self.flash()
        self.assertEqual(status, 0)
        self.assertIn(f"is on {self.drive}", out)
        self.assertEqual((self.drive / "minimal.uf2").read_bytes(), self.image.read_bytes())

    def test_a_copy_that_fails_is_told(self):
        (self.drive / "INFO_UF2.TXT").write_text("UF2 Bootloader v3.0\n")
        self.image.unlink()
        status, out, _ = self.flash()
        self.assertNotEqual(status, 0)
        self.assertNotIn("is on", out)

    def test_without_a_drive_picotool_loads_it(self):
        for told in (0, 1):
            self.add_picotool(told)
            status, out, _ = self.flash()
            self.assertEqual((status, out), (told, f"picotool load -x {self.image}\n"))
        self.assertEqual(list(self.drive.iterdir()), [])

    def test_without_both_the_cure_is_told(self):
        status, out, err = self.flash()
        self.assertEqual((status, out), (1, ""))
        for words in ("BOOTSEL", "PICO_DRIVE", "install picotool", f"is {self.image}", f"{self.drive} has no INFO_UF2.TXT"):
            self.assertIn(words, err)


if __name__ == "__main__":
    sys.exit(run())
