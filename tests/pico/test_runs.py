#!/usr/bin/python3
"""test_runs.py: runs images for pico in an emulated RP2040. Traces arrive over HTTP and over verified TLS 1.2, on both links. A
server that is not the collector is refused.

Invariant: the image itself refuses: it prints which check failed, and the receiver saw no request.
uspan-needs: only cross"""
import os
import re
import subprocess
import sys
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("tests/support", "tests/support/peers", "tests/net")]
import demo  # noqa: E402
import pico  # noqa: E402
import qemu  # noqa: E402
from receiver import Receiver  # noqa: E402
from runner import run  # noqa: E402
from streams import server_context  # noqa: E402

SPANS = ["chat qwen-max", "execute_tool read_temperature", "invoke_agent pico"]
DELIVERED = "delivered 3 of 3 spans"
REFUSALS = {"other_ca": "certificate not signed by a trusted CA", "wrong_host": "certificate is for a different host name",
            "expired": "certificate expired"}
# name: link, the server's certificate (None: plain HTTP), text that ends the run
RUNS = {"http over slip": ("slip", None, DELIVERED), "http over usb": ("usb", None, DELIVERED),
        "tls over slip": ("slip", "good", DELIVERED), "tls over usb": ("usb", "good", DELIVERED),
        **{kind: ("slip", kind, rf"{words}|{DELIVERED}") for kind, words in REFUSALS.items()}}


def deliver(image, kind, until):
    with Receiver(server_context(kind, maximum="1.2") if kind else None) as receiver:
        scheme = "https" if kind else "http"
        done = pico.run(image, {"endpoint": f"{scheme}://{qemu.LOOPBACK}:{receiver.port}/v1/traces"}, until=until)
    return done, receiver


class Runs(unittest.TestCase):
    """Two machines run at a time, because each uses one core."""

    @classmethod
    def setUpClass(cls):
        pico.emulator()
        images = {link: pico.build("pico", link) for link in ("slip", "usb")}
        with ThreadPoolExecutor(int(os.environ.get("JOBS", "2"))) as pool:
            started = {name: pool.submit(deliver, images[link], kind, until) for name, (link, kind, until) in RUNS.items()}
        cls.runs = {name: one.result() for name, one in started.items()}

    def assert_delivered(self, name, tls):
        done, receiver = self.runs[name]
        self.assertRegex(done.text, DELIVERED)
        self.assertEqual({c.tls_version for c in receiver.connections if c.requests}, tls, done.text)
        self.assertEqual(receiver.duplicates(), [])
        self.assertEqual(sorted(span.name for span in receiver.spans), SPANS)
        self.assertEqual({text for text in receiver.refused if text != demo.QUESTION_FOR_DATE}, set())

    def test_a_trace_arrives_over_http_on_both_links(self):
        for link in ("slip", "usb"):
            with self.subTest(link=link):
                self.assert_delivered(f"http over {link}", {None})

    def test_a_trace_arrives_over_verified_tls_on_both_links(self):
        for link in ("slip", "usb"):
            with self.subTest(link=link):
                self.assert_delivered(f"tls over {link}", {"TLSv1.2"})

    def test_who_is_not_the_collector_is_refused(self):
        for kind, words in REFUSALS.items():
            with self.subTest(kind=kind):
                done, receiver = self.runs[kind]
                self.assertRegex(done.text, words)
                self.assertNotRegex(done.text, DELIVERED)
                self.assertEqual((len(receiver.requests), receiver.spans), (0, []))
                self.assertGreaterEqual(len(receiver.connections), 1)

    def test_two_runs_have_no_id_in_common(self):
        ids = [{span.trace_id for span in receiver.spans} for _, receiver in self.runs.values() if receiver.spans]
        self.assertEqual(len(ids), 4)
        self.assertEqual(len(set.union(*ids)), 4)

    def test_the_demo_runs_the_edge_agent_against_a_scripted_model(self):
        done = subprocess.run([sys.executable, "-B", ROOT / "tests/support/demo.py", "--board", "pico"], text=True, timeout=600,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={name: value for name, value in os.environ.items() if name != "LLM_URL"})
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("All 9 spans arrived whole", done.stdout)
        [(peak, there)] = re.findall(r"stack_peak_bytes (\d+) of (\d+)", done.stdout)
        self.assertLess(int(peak), 3840)  # the size that image.py assumes
        self.assertEqual(int(there), 8192)


if __name__ == "__main__":
    sys.exit(run())
