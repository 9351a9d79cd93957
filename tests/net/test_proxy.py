#!/usr/bin/python3
"""test_proxy.py: programs reach their collector through a scripted proxy, by uspan_proxy_init() or by the environment alone.

Invariant: the collector's address cannot be reached from here, so everything that arrived came through the proxy."""
import os
import re
import socket
import subprocess
import sys
import threading
import unittest
from pathlib import Path

from runner import run
from test_delivery import CONFIG, agent

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support" / "peers"))
import certs  # noqa: E402
from receiver import Receiver  # noqa: E402
from streams import server_context  # noqa: E402

ELSEWHERE = "10.0.2.2"  # in the certificates, but not an address of this host
EXAMPLE = Path(os.environ["USPAN_BUILD_DIR"]) / "examples" / "tool_calls"


class Proxy:
    """An HTTP proxy that connects every tunnel and request to a port of loopback. answer: bytes that it sends instead."""

    def __init__(self, backend, password=None, answer=None, piece=65536):
        self.backend, self.password, self.answer, self.piece = backend, password, answer, piece
        self.heads = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def url(self, user=""):
        return f"http://{user}127.0.0.1:{self.port}"

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.attend, args=(client,), daemon=True).start()

    def attend(self, client):
        try:
            while self.exchange(client):
                pass
        except OSError:
            pass
        client.close()

    def exchange(self, client):
        data = b""
        while b"\r\n\r\n" not in data:
            more = client.recv(65536)
            if not more:
                return False
            data += more
        head, rest = data.split(b"\r\n\r\n", 1)
        self.heads.append(head.decode())
        if self.password and f"Proxy-Authorization: Basic {self.password}".encode() not in head:
            client.sendall(b"HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n")
            return False
        if self.answer is not None:
            client.sendall(self.answer)
            return False
        with socket.create_connection(("127.0.0.1", self.backend)) as server:
            if not head.startswith(b"CONNECT "):
                return self.forward(client, server, head, rest)
            reply = b"HTTP/1.1 200 Connection established\r\nX-Filler: " + b"f" * 300 + b"\r\n\r\n"
            for at in range(0, len(reply), self.piece):
                client.sendall(reply[at:at + self.piece])
            server.sendall(rest)
            back = threading.Thread(target=self.relay, args=(server, client), daemon=True)
            back.start()
            self.relay(client, server)
            back.join()
        return False

    @staticmethod
    def forward(client, server, head, body):
        """One request in absolute form, and its response. The next request on this connection is forwarded in the same way."""
        length = int(re.search(rb"\r\nContent-Length: (\d+)", head)[1])
        while len(body) < length:
            more = client.recv(65536)
            if not more:
                return False
            body += more
        head = re.sub(rb"^(\w+) http://[^/]+", rb"\1 ", head)
        head = re.sub(rb"\r\nProxy-Authorization: [^\r]*", b"", head)
        server.sendall(head + b"\r\nConnection: close\r\n\r\n" + body)
        while data := server.recv(65536):
            client.sendall(data)
        return False

    @staticmethod
    def relay(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        try:
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def far(receiver):
    return receiver.url(host=ELSEWHERE)


class ByHand(unittest.TestCase):
    def test_https_goes_through_a_tunnel_in_pieces_of_any_size(self):
        for piece in (1, 7, 65536):
            with Receiver(server_context()) as receiver, Proxy(receiver.port, piece=piece) as proxy:
                accounts = agent(far(receiver), proxy=proxy.url(), spans=20, timeout=20000)
            self.assertEqual((accounts["delivered"], receiver.refused), (20, []), accounts)
            self.assertTrue(proxy.heads[0].startswith(f"CONNECT {ELSEWHERE}:{receiver.port} HTTP/1.1\r\nHost: {ELSEWHERE}:"))

    def test_http_names_the_collector_in_each_request(self):
        with Receiver() as receiver, Proxy(receiver.port, password="dXNlcjpwQHNz") as proxy:
            accounts = agent(far(receiver), proxy=proxy.url("user:p%40ss@"), spans=20, timeout=10000)
        self.assertEqual((accounts["delivered"], receiver.refused), (20, []), accounts)
        self.assertTrue(proxy.heads[0].startswith(f"POST http://{ELSEWHERE}:{receiver.port}/v1/traces HTTP/1.1\r\n"))

    def test_407_is_told_in_words_and_keeps_the_spans(self):
        for tls in (server_context(), None):
            for user, words in (("", "wants a user name and password (407)"), ("user:wrong@", "refused this user name")):
                with Receiver(tls) as receiver, Proxy(receiver.port, password="dXNlcjpwQHNz") as proxy:
                    accounts = agent(far(receiver), proxy=proxy.url(user), deadline=300, timeout=20000)
                self.assertIn(words, accounts["why"])
                self.assertIn(words, accounts["log"])
                self.assertNotIn("wrong", accounts["log"])
                self.assertEqual((accounts["last_error"], accounts["dropped"], receiver.span_count), (CONFIG, {"deadline": 1}, 0))

    def test_an_answer_that_lies_opens_no_tunnel(self):
        forged = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
        for answer, words in ((b"HTTP/1.1 200 OK\r\n\r\n" + forged, "data after its response"),
                              (b"HTTP/1.1 503 no\r\n\r\n", "503"),
                              (b"\x16\x03\x01\x02\x00", "not HTTP"), (b"HTTP/1.1 200 " + b"x" * 9000, "too long")):
            with Receiver(server_context()) as receiver, Proxy(receiver.port, answer=answer) as proxy:
                accounts = agent(far(receiver), proxy=proxy.url(), failures=1, deadline=300, timeout=20000)
            self.assertIn(words, accounts["log"], answer[:30])
            self.assertEqual((accounts["delivered"], accounts["dropped"]), (0, {"deadline": 1}))


class ByEnvironment(unittest.TestCase):
    def example(self, receiver, **environment):
        kept = {key: value for key, value in os.environ.items() if not key.lower().endswith("_proxy")
                and not key.startswith(("OTEL_", "USPAN_PROXY"))}
        return subprocess.run([EXAMPLE], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240,
                              env={**kept, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": far(receiver),
                                   "OTEL_EXPORTER_OTLP_CERTIFICATE": str(certs.get().ca_pem), **environment})

    def test_each_variable_leads_through_the_proxy(self):
        for tls, names in ((server_context(), ("https_proxy", "HTTPS_PROXY", "ALL_PROXY", "USPAN_PROXY")),
                           (None, ("http_proxy", "HTTP_PROXY", "all_proxy", "USPAN_PROXY"))):
            for name in names:
                with Receiver(tls) as receiver, Proxy(receiver.port) as proxy:
                    done = self.example(receiver, **{name: proxy.url()})
                self.assertEqual(done.returncode, 0, done.stdout)
                self.assertGreater(receiver.span_count, 0, name)
                self.assertTrue(proxy.heads[0].startswith("CONNECT" if tls else "POST http://"), name)

    def test_this_host_and_no_proxy_are_reached_without_it(self):
        with Receiver() as receiver, Proxy(receiver.port) as proxy:
            done = self.example(receiver, http_proxy=proxy.url(), OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=receiver.url())
            self.assertGreater(receiver.span_count, 0, done.stdout)
            self.assertEqual(proxy.heads, [])
        with Receiver(server_context()) as receiver, Proxy(receiver.port) as proxy:
            done = self.example(receiver, https_proxy=proxy.url(), OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=receiver.url())
            self.assertGreater(receiver.span_count, 0, done.stdout)
            self.assertEqual(proxy.heads, [])

    def test_a_proxy_that_is_none_costs_itself(self):
        with Receiver() as receiver:
            done = self.example(receiver, http_proxy="socks5://u:hunter2@x",
                                OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=receiver.url())
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertGreater(receiver.span_count, 0)
        self.assertIn("http_proxy ignored", done.stdout)
        self.assertNotIn("hunter2", done.stdout)


if __name__ == "__main__":
    sys.exit(run())
