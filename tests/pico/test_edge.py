#!/usr/bin/python3
"""test_edge.py: the greenhouse agent of the edge image in an emulated RP2040, over both links. It calls the scripted model over
TLS, and its spans arrive over verified TLS 1.2 (`make demo BOARD=pico`) and over HTTP.

Invariant: demo.py defines the spans of a turn, as for the host's agent and the boards.
uspan-needs: only cross"""
import os
import re
import subprocess
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("tests/support", "tests/support/peers", "tests/net", "port/pico")]
import demo  # noqa: E402
import image  # noqa: E402
import pico  # noqa: E402
import qemu  # noqa: E402
from llm import TEXT, Llm  # noqa: E402
from receiver import Receiver  # noqa: E402
from runner import run  # noqa: E402
from streams import server_context  # noqa: E402

LINKS = ("slip", "usb")
TLS_STACK = next(size for _, words, size in image.STACK if words == "TLS 1.2")
HEAP = image.HEAP[0][2]


def run_demo(link):
    """The output of the demo, whose collector has TLS."""
    env = {name: value for name, value in os.environ.items() if name != "LLM_URL"}
    done = subprocess.run([sys.executable, "-B", ROOT / "tests/support/demo.py", "--board", "pico"], text=True, timeout=700,
                          capture_output=True, env={**env, "PICO_NET": link})
    return qemu.Run(done.stdout + done.stderr, done.returncode), None, None


def run_http(link):
    """A turn whose spans go to a collector without TLS."""
    with Llm(server_context(maximum="1.2")) as llm, Receiver() as receiver:
        settings = {"endpoint": f"http://{qemu.LOOPBACK}:{receiver.port}/v1/traces", "llm": llm.url(host=qemu.LOOPBACK),
                    "model": "qwen-max"}
        done = pico.run(pico.build("pico", link, "edge"), settings)
    return done, receiver, llm


class Edge(unittest.TestCase):
    """Two machines run at a time, because each uses one core."""

    @classmethod
    def setUpClass(cls):
        pico.emulator()
        for link in LINKS:
            pico.build("pico", link, "edge")
        with ThreadPoolExecutor(int(os.environ.get("JOBS", "2"))) as pool:
            started = {(way, link): pool.submit(way, link) for way in (run_demo, run_http) for link in LINKS}
        cls.runs = {key: one.result() for key, one in started.items()}

    def test_the_demo_delivers_over_verified_tls_on_both_links(self):
        for link in LINKS:
            with self.subTest(link=link):
                done, _, _ = self.runs[run_demo, link]
                self.assertEqual(done.status, 0, done.text)
                self.assertIn(f"network over {link}", done.text)
                self.assertRegex(done.text, r"All 9 spans arrived whole, in \d+ request\(s\) over HTTPS, TLSv1\.2\.")

    def test_the_turn_arrives_over_http_on_both_links(self):
        for link in LINKS:
            with self.subTest(link=link):
                done, receiver, llm = self.runs[run_http, link]
                self.assertEqual(done.status, 0, done.text)
                self.assertIn(TEXT, done.text)
                self.assertEqual(demo.faults(receiver.spans, receiver.duplicates(), demo.EDGE), [])
                self.assertEqual({c.tls_version for c in receiver.connections if c.requests}, {None})
                self.assertEqual({c.tls_version for c in llm.connections if c.requests}, {"TLSv1.2"})

    def test_stack_and_heap_are_what_the_build_assumes(self):
        for key, (done, _, _) in self.runs.items():
            with self.subTest(run=key):
                memory = {name: (int(most), int(there)) for name, most, there in
                          re.findall(r"^  (\w+) (\d+) of (\d+)\s*$", done.text, re.M)}
                self.assertLess(memory["stack_peak_bytes"][0], TLS_STACK)
                self.assertEqual(memory["stack_peak_bytes"][1], 8192)
                most, there = memory["malloc_peak_bytes"]
                self.assertTrue(4096 < most <= HEAP <= there, memory)


if __name__ == "__main__":
    sys.exit(run())
