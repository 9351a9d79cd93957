#!/usr/bin/python3
"""test_cores.py: images whose two cores record link with the SDK, and the build knows that core 1's stack lies below core 0's.
sdk.pico runs the port on two threads.

uspan-needs: only cross"""
import os
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("tests/support", "tests/support/peers", "tests/net", "port/pico")]
import firmware  # noqa: E402
import image  # noqa: E402
import pico  # noqa: E402
from runner import run  # noqa: E402

JOBS = os.environ.get("JOBS", "2")


def configure(board):
    folder = pico.build_dir() / f"cores-{board}"
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "build.log"
    log.write_text("")
    firmware.step(["cmake", "-S", ROOT / "tests/pico/cores", "-B", folder, f"-DPICO_BOARD={board}", "-DUSPAN_WERROR=ON"], log)
    return folder, log


class Cores(unittest.TestCase):
    def test_an_image_that_records_on_both_cores_links(self):
        for board in ("pico", "pico2"):
            folder, log = configure(board)
            firmware.step(["cmake", "--build", folder, "--target", "cores", "-j", JOBS], log)
            words = (folder / "cores.txt").read_text(encoding="utf-8")
            self.assertIn("cores: stack of core 0: 2,048 bytes for no TLS, 4,096 declared, 4,096 there", words)
            sections, symbols = image.sections_and_symbols((folder / "cores.elf").read_bytes())
            self.assertGreater(sections[".stack1_dummy"][1], 1024)
            for name in ("multicore_launch_core1", "run_core1", "uspan_end", "uspan_poll"):
                self.assertIn(name, symbols)

    def test_a_stack_that_would_run_into_core_1s_fails_the_build(self):
        folder, _ = configure("pico")
        done = subprocess.run(["cmake", "--build", folder, "--target", "large", "-j", JOBS], text=True, capture_output=True)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("large: stack of core 0: 6,144 bytes for TLS 1.3, 4,096 declared, 4,096 there", done.stdout)
        self.assertIn("image: the stack of core 0 is too short, no UF2 was written; cure:", done.stderr)
        self.assertEqual(list(folder.glob("large.uf2")), [])


if __name__ == "__main__":
    sys.exit(run())
