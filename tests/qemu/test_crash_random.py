#!/usr/bin/python3
"""test_crash_random.py: firmware is reset at a random time, in a tool, a model call, a handshake or an export. The next boot
delivers the recorded spans. CRASHES=200 by hand.

Invariant: the failure message of a run contains its seed."""
import json
import os
import random
import re
import socket
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

SUPPORT = Path(__file__).resolve().parents[1] / "support"
sys.path[:0] = [str(SUPPORT / "peers"), str(SUPPORT)]
import firmware  # noqa: E402
import qemu  # noqa: E402
from receiver import Receiver  # noqa: E402
from streams import server_context  # noqa: E402

CRASHES = int(os.environ.get("CRASHES", "3"))
KEPT = re.compile(r"kept over a reset: ended (\d+) open (\d+) lost (\d+)")
REASON = "uspan.reset.reason"


class Reset(threading.Thread):
    """Resets a machine once, after_s seconds after the first output on its console."""

    def __init__(self, path, after_s):
        super().__init__(daemon=True)
        self.path, self.after_s, self.done, self.started = path, after_s, False, threading.Event()

    def run(self):
        self.started.wait()
        time.sleep(self.after_s)
        try:
            with socket.socket(socket.AF_UNIX) as control:
                control.connect(self.path)
                words = control.makefile("rw")
                words.readline()
                for command in ("qmp_capabilities", "system_reset"):
                    words.write(json.dumps({"execute": command}) + "\n")
                    words.flush()
                    words.readline()
            self.done = True
        except OSError:  # the machine has ended
            pass


class Crashes(unittest.TestCase):
    def run_once(self, built, after_s):
        """(whether it was reset, seconds, problems)"""
        with Receiver(server_context()) as receiver, tempfile.TemporaryDirectory() as folder:
            reset = Reset(f"{folder}/qmp", after_s)
            reset.start()
            began = []

            def watch(_text):
                if not began:
                    began.append(time.monotonic())
                    reset.started.set()

            done = qemu.run(built, {"endpoint": f"https://{qemu.LOOPBACK}:{receiver.port}/v1/traces"}, watch=watch,
                            more=["-qmp", f"unix:{folder}/qmp,server=on,wait=off"])
            took = time.monotonic() - began[0] if began else 0
            spans = {(span.trace_id, span.span_id): span for span in receiver.spans}.values()
        problems = [] if done.status == 0 else [f"exit status {done.status}"]
        kept = KEPT.search(done.text)
        told = [span for span in spans if REASON in span.attributes]
        if kept:
            ended, is_open, lost = (int(number) for number in kept.groups())
            if lost:
                problems.append(f"{lost} spans lost")
            if len(told) != is_open + 1:
                problems.append(f"{len(told)} spans say that there was a reset, of {is_open} that were open and the next root")
            if len(spans) < ended + is_open + 5:
                problems.append(f"{len(spans)} spans arrived, {ended + is_open} of before the reset")
        return reset.done and kept is not None, took, problems + ([done.text] if problems else [])

    def test_resets_at_random(self):
        built = firmware.build("mps2_an385", "-DUSPAN_KEEP=1")
        _, whole_s, problems = self.run_once(built, 1000)
        self.assertEqual(problems, [])
        taken, tried = 0, 0
        while taken < CRASHES:
            tried += 1
            self.assertLess(tried, 4 * CRASHES + 10, "most resets came before the mount or after the end")
            seed = random.randrange(1 << 32)
            was_taken, _, problems = self.run_once(built, random.Random(seed).uniform(0, whole_s))
            self.assertEqual(problems, [], f"seed {seed}, of {whole_s:.2f} s")
            taken += was_taken
        print(f"{taken} resets, {tried} runs")


if __name__ == "__main__":
    unittest.main()
