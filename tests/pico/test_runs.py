#!/usr/bin/python3
"""test_runs.py: runs the minimal image for pico in an emulated RP2040. Traces arrive over HTTP and over verified TLS 1.2, on both
links, and over TLS 1.3 with an mbedTLS that belongs to the application. A server that is not the collector is refused. The time
is that of aon_timer if it runs.

Invariant: the image itself refuses: it prints which check failed, and the receiver saw no request.
uspan-needs: only cross"""
import os
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
# An mbedTLS of the application: nothing is linked but what it brings. pico_mbedtls lacks files of TLS 1.3.
OWN_MBEDTLS = ("-DUSPAN_PICO_MBEDTLS_TARGET=", "-DPICO_TLS13=ON")
IMAGES = {"slip": ("slip",), "usb": ("usb",), "own": ("slip", "minimal", *OWN_MBEDTLS)}  # arguments of pico.build()
SET_S = 1_893_456_000  # 2030-01-01
# name: image, the server's certificate (None: plain HTTP), its version of TLS, text that ends the run, more settings
RUNS = {"http over slip": ("slip", None, "1.2", DELIVERED, {}), "http over usb": ("usb", None, "1.2", DELIVERED, {}),
        "tls over slip": ("slip", "good", "1.2", DELIVERED, {}), "tls over usb": ("usb", "good", "1.2", DELIVERED, {}),
        "tls 1.3": ("own", "good", "1.3", DELIVERED, {}),
        "timer": ("slip", None, "1.2", DELIVERED, {"unix_s": SET_S}),
        **{kind: ("slip", kind, "1.2", rf"{words}|{DELIVERED}", {}) for kind, words in REFUSALS.items()}}


def deliver(image, kind, version, until, settings):
    with Receiver(server_context(kind, minimum=version, maximum=version) if kind else None) as receiver:
        scheme = "https" if kind else "http"
        endpoint = f"{scheme}://{qemu.LOOPBACK}:{receiver.port}/v1/traces"
        done = pico.run(image, {"endpoint": endpoint, **settings}, until=until)
    return done, receiver


class Runs(unittest.TestCase):
    """Two machines run at a time, because each uses one core."""

    @classmethod
    def setUpClass(cls):
        pico.emulator()
        cls.images = {name: pico.build("pico", *given) for name, given in IMAGES.items()}
        with ThreadPoolExecutor(int(os.environ.get("JOBS", "2"))) as pool:
            started = {name: pool.submit(deliver, cls.images[of], *more) for name, (of, *more) in RUNS.items()}
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

    def test_a_trace_arrives_over_tls_1_3_with_the_applications_own_mbedtls(self):
        self.assert_delivered("tls 1.3", {"TLSv1.3"})
        built = self.images["own"]
        self.assertIn("minimal: stack of core 0: 6,144 bytes for TLS 1.3, 4,096 declared, 8,192 there", built.words)
        objects = [str(path) for path in built.folder.rglob("*.o*")]
        own = [path for path in objects if "/own_mbedtls.dir/" in path]
        self.assertGreater(len(own), 80)
        self.assertEqual([path for path in objects if "/minimal.dir/" in path and "/mbedtls/library/" in path], [])
        self.assertEqual([path for path in objects if "pico_mbedtls" in Path(path).name], [])

    def test_a_timer_that_runs_is_the_source_of_time(self):
        self.assert_delivered("timer", {None})
        _, receiver = self.runs["timer"]
        self.assertEqual(receiver.refused, [])  # no question for the collector's Date
        for span in receiver.spans:  # the RP2040's timer has whole seconds
            self.assertLess(abs(span.start_ns / 1e9 - SET_S), 2)

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
        self.assertEqual(len(ids), 6)
        self.assertEqual(len(set.union(*ids)), 6)


if __name__ == "__main__":
    sys.exit(run())
