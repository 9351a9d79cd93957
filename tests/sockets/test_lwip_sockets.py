#!/usr/bin/python3
"""test_lwip_sockets.py: uspan delivers over HTTPS beside lwIP's thread, through its socket API and its raw API. Chain and host
name are verified.

Invariant: the spans at the receiver agree with the agent's accounts."""
import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "net"), str(Path(__file__).resolve().parents[1] / "support/peers")]
from runner import run  # noqa: E402
import certs  # noqa: E402
from receiver import Receiver  # noqa: E402
from streams import server_context  # noqa: E402

PROGRAMS = Path(os.environ["USPAN_BUILD_DIR"]) / "tests"
BUILDS = ("sockets_callbacks_poll", "sockets_core_lock_select", "raw_api_core_lock_select")
TRUST = -8


def agent(build, url, anchor, spans):
    done = subprocess.run([PROGRAMS / f"agent_over_{build}", url, anchor, str(spans)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=240, text=True)
    if done.returncode != 0 or "Sanitizer" in done.stderr or "runtime error" in done.stderr:
        raise AssertionError(f"agent: status {done.returncode}\n{done.stderr}")
    return json.loads(done.stdout)


class OverLwip(unittest.TestCase):
    def test_spans_arrive_over_https(self):
        for build in BUILDS:
            with self.subTest(build=build), Receiver(server_context()) as receiver:
                # lwIP's DNS client resolves the name. The certificate is for localhost.
                accounts = agent(build, receiver.url(), certs.get().ca_pem, 100)
                self.assertEqual((accounts["started"], accounts["delivered"], accounts["dropped"]), (100, 100, 0), accounts)
                self.assertEqual((len(receiver.spans), receiver.refused), (100, []))
                self.assertEqual(accounts["connects"], 1)

    def test_another_name_and_another_ca_are_refused(self):
        for build in BUILDS:
            with self.subTest(build=build), Receiver(server_context()) as receiver:
                accounts = agent(build, receiver.url(host="here.test"), certs.get().ca_pem, 1)
                self.assertEqual((accounts["delivered"], accounts["last_error"]), (0, TRUST), accounts)
                self.assertEqual(accounts["why"], "certificate is for a different host name")
                accounts = agent(build, receiver.url(), certs.get("other_ca").pem, 1)
                self.assertEqual((accounts["delivered"], accounts["last_error"]), (0, TRUST), accounts)
                self.assertEqual(receiver.spans, [])


if __name__ == "__main__":
    sys.exit(run())
