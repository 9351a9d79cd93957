#!/usr/bin/python3
"""test_receiver.py: `make receiver` accepts spans over HTTP and TLS, shows them at once, and names the cure of each fault.

Invariant: the test uses every setting that it prints for users exactly as it was printed."""
import json
import socket
import ssl
import subprocess
import sys
import unittest
import urllib.error
import urllib.request

from receiving import command, running
from runner import run
from sample import add_span, agent_trace, connect, envelope, post


def get(url, host=None):
    request = urllib.request.Request(url, headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


class ReceiverCommand(unittest.TestCase):
    def test_a_trace_over_http_and_one_over_tls_are_shown_as_trees_while_it_runs(self):
        with running() as receiver:
            self.assertEqual(post(receiver.http, agent_trace().SerializeToString())[0], 200)
            shown = receiver.until("690.0 ms")
            self.assertIn("execute_tool set_valve", shown)
            self.assertEqual(post(receiver.https, agent_trace().SerializeToString(), cafile=receiver.ca)[0], 200)
            self.assertIn("invoke_agent greenhouse", receiver.until("690.0 ms"))
            words, status = receiver.stop()
            self.assertIn("12 spans in 2 requests, 0 refused", words)
            self.assertEqual(status, 0)

    def test_what_it_prints_to_set_is_there_for_each_kind_of_program(self):
        with running("--host", "127.0.0.1") as receiver:
            for line in ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=" + receiver.https, "OTEL_EXPORTER_OTLP_CERTIFICATE=" + receiver.ca,
                         '#define USPAN_ENDPOINT "https://10.0.2.2:', "qemu.py lm3s6965evb endpoint=https://10.0.2.2:",
                         "cmake -DUSPAN_ENDPOINT=http://", "ca.der"):
                self.assertIn(line, receiver.text)

    def test_a_refused_request_is_told_with_its_cure(self):
        with running() as receiver:
            root = receiver.http.replace("/v1/traces", "/")
            for url, kind, status, cure in ((root, "application/x-protobuf", 404, "/v1/traces"),
                                            (receiver.http, "application/json", 415, "application/x-protobuf")):
                self.assertEqual(post(url, b"", kind)[0], status)
                self.assertIn(cure, receiver.until(f"status {status}"))

    def test_a_client_that_does_not_trust_the_ca_or_speaks_tls_to_http_is_told(self):
        with running() as receiver:
            with self.assertRaises(ssl.SSLError):
                connect(receiver.https, context=ssl.create_default_context()).connect()
            self.assertIn("must trust the CA file", receiver.until("cure"))
        with running() as receiver:
            for _ in range(2):
                with self.assertRaises(OSError):
                    post(receiver.https.replace("https:", "http:"), b"")
            shown = receiver.until("write https://")
            self.assertNotIn("must trust the CA file", shown)
            words, _ = receiver.stop()
            self.assertEqual((shown + words).count("sent plain HTTP"), 1)
        with running() as receiver:
            with self.assertRaises(OSError):  # at once, not after the client's time limit
                connect(receiver.http.replace("http:", "https:"), context=ssl.create_default_context()).connect()
            self.assertIn("TLS handshake on a port of plain HTTP; cure: write http://", receiver.until("cure"))

    def test_a_busy_port_names_the_setting(self):
        with socket.create_server(("127.0.0.1", 0)) as held:
            port = held.getsockname()[1]
            for option, setting in (("--http-port", "HTTP_PORT"), ("--https-port", "HTTPS_PORT"), ("--page-port", "PAGE_PORT")):
                done = subprocess.run(command(option, str(port)), capture_output=True, text=True, timeout=180)
                self.assertEqual(done.returncode, 1)
                self.assertIn(f"receiver: port {port} is in use; cure: ", done.stderr)
                self.assertIn(f"make receiver {setting}=", done.stderr)
                self.assertNotIn("Traceback", done.stderr)

    def test_an_address_that_is_not_here_is_refused_with_its_cure(self):
        done = subprocess.run(command("--host", "192.0.2.1"), capture_output=True, text=True, timeout=180)
        self.assertEqual(done.returncode, 1)
        self.assertIn("HOST must be an address of this machine", done.stderr)

    def test_it_listens_on_loopback_alone_unless_told(self):
        own = next((one[4][0] for one in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
                    if not one[4][0].startswith("127.")), "127.0.0.2")
        port = lambda url: int(url.split(":")[2].split("/")[0])  # noqa: E731
        with running() as receiver:
            self.assertRaises(OSError, socket.create_connection, (own, port(receiver.http)), 2)
        with running("--host", "0.0.0.0") as receiver:
            socket.create_connection((own, port(receiver.http)), 2).close()

    def test_tls_for_an_address_of_ones_own_verifies(self):
        with running("--host", "127.0.0.3") as receiver:
            self.assertTrue(receiver.https.startswith("https://127.0.0.3:"))
            self.assertEqual(post(receiver.https, agent_trace().SerializeToString(), cafile=receiver.ca)[0], 200)

    def test_the_page_has_every_span_exactly_and_no_other_site_reads_it(self):
        request, scoped = envelope()
        add_span(scoped, "late", start_ns=1795294386123456789, took_ns=1, attributes={"raw": b"\x00\xff"})
        with running() as receiver:
            post(receiver.http, request.SerializeToString())
            receiver.until("late")
            status, headers, body = get(receiver.page)
            self.assertEqual((status, b"uspan receiver" in body), (200, True))
            self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
            found = json.loads(get(receiver.page + "spans?from=0")[2])
            self.assertEqual([(span["name"], span["start_ns"], span["attributes"]) for span in found["spans"]],
                             [("late", "1795294386123456789", {"raw": {"bytes": "00ff"}})])
            self.assertEqual(json.loads(get(receiver.page + "spans?from=1")[2])["spans"], [])
            self.assertEqual(get(receiver.page + "spans", host="attacker.example")[0], 403)
            self.assertEqual(get(receiver.page + "etc")[0], 404)


if __name__ == "__main__":
    sys.exit(run())
