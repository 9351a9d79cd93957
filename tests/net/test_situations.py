#!/usr/bin/python3
"""test_situations.py: situations of public reports about exporters, proxies and load balancers, over real sockets and TLS.

Invariant: in each situation every span is delivered once, or sent again until it is, or lost and counted with a line in the log
that says why. No span that a complete 2xx accepted arrives again, no account is out of balance, and no run takes long."""
import gzip
import re
import socket
import ssl
import struct
import sys
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

from runner import run
from test_delivery import agent
from spans import parse

import certs
from streams import server_context

LONGEST_S = 30
TIMEOUT_MS = 8000  # of an exchange. A busy machine may take seconds for one
SHORT = {"timeout": 2000, "most": 20.0}  # where silence ends it
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n"
PARTIAL = b"\x0a\x07\x08\x01\x12\x03bad"


def answer(status, fields="", body=b""):
    """A response with a length, after which the connection is kept."""
    lines = f"HTTP/1.1 {status} Odd\r\n{fields}Content-Length: {len(body)}\r\n\r\n"
    return lines.encode("latin-1") + body


def ok(fields="", body=b""):
    return answer(200, fields, body)


# Steps of a connection. Bytes: read a request and send these. The others are below.
HEAD = ("head",)         # read the head of a request only
READ = ("read",)         # read a request and send nothing
RESET = ("reset",)       # end the connection by a RST
CLOSE = ("close",)       # end it, over TLS with close_notify
CUT = ("cut",)           # end it by a FIN, over TLS without close_notify
HALF = ("half",)         # send no more, but continue to receive
TLS = ("tls",)           # begin TLS: the tunnel of a proxy is open
TUNNEL = [HEAD, ("send", b"HTTP/1.1 200 Connection established\r\n\r\n"), TLS]


def send(data):
    return ("send", data)


def wait(seconds):
    return ("wait", seconds)


class Peer:
    """Runs a script for each connection, and [OK, OK, ...] for those after the last script. opening: steps before these OK."""

    def __init__(self, scripts, tls, opening):
        self.scripts, self.opening, self.context = list(scripts), opening, server_context() if tls else None
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen()
        self.bodies, self.accepted, self.twice, self.connections = [], set(), [], 0
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            script = self.scripts[self.connections] if self.connections < len(self.scripts) else [*self.opening, *[OK] * 1000]
            self.connections += 1
            threading.Thread(target=self.attend, args=(sock, script), daemon=True).start()

    def attend(self, raw, script):
        sock = raw
        raw.settimeout(LONGEST_S)
        try:
            for step in script:
                if step == TLS:
                    sock = self.context.wrap_socket(raw, server_side=True)
                else:
                    self.do(sock, step)
            sock.recv(1)  # wait until the agent ends the connection
        except (OSError, EOFError, ssl.SSLError):
            pass
        try:
            sock.close()
        except OSError:
            pass

    def read(self, sock, whole):
        data = b""
        while b"\r\n\r\n" not in data:
            more = sock.recv(65536 if whole else 1)
            if not more:
                raise EOFError
            data += more
        head, body = data.split(b"\r\n\r\n", 1)
        while whole and len(body) < int(re.search(rb"Content-Length: (\d+)", head)[1]):
            more = sock.recv(65536)
            if not more:
                raise EOFError
            body += more
        if whole:
            self.bodies.append(body)
            self.twice += [name for name in self.names(body) if name in self.accepted]
        return body

    @staticmethod
    def names(body):
        """The ids of the spans of a request."""
        request = parse(body)
        return [span.span_id for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans]

    def do(self, sock, step):
        if isinstance(step, bytes):
            body = self.read(sock, True)
            sock.sendall(step)
            if re.match(rb"(HTTP/1\.1 1.*\r\n\r\n)*HTTP/1\.\d 2", step) and b"partial" not in step and PARTIAL not in step:
                self.accepted.update(self.names(body))
        elif step[0] == "head":
            self.read(sock, False)
        elif step[0] == "read":
            self.read(sock, True)
        elif step[0] == "send":
            sock.sendall(step[1])
        elif step[0] == "wait":
            time.sleep(step[1])
        elif step[0] == "half":
            sock.shutdown(socket.SHUT_WR)
        elif step[0] == "reset":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            raise EOFError
        elif step[0] == "close":
            if isinstance(sock, ssl.SSLSocket):
                sock.unwrap()
            raise EOFError
        elif step[0] == "cut":
            raise EOFError


class Row:
    """A situation. delivered, rejected, dropped, queued: spans at the end of the run, of two, or of `spans`. log: a part of the
    log, None if nothing is logged. options: of the agent. most: longest time of the run, in seconds."""

    def __init__(self, name, *scripts, delivered=2, rejected=0, dropped=0, queued=0, log=None, most=7.5,
                 retries=None, requests=None, **options):
        self.name, self.scripts, self.log, self.most = name, scripts, log, most
        self.counts = {"delivered": delivered, "rejected": rejected, "dropped": dropped, "queued": queued}
        self.retries, self.requests, self.options = retries, requests, options


def later(seconds):
    return formatdate(time.time() + seconds, usegmt=True)


RETRY, DROPPED = "request failed, uspan will retry", "collector refused the batch, spans dropped"
CONFIG = "collector refuses requests; check endpoint and headers"
MOVED = "collector has moved: change the endpoint"
BIG = {"spans": 30, "text": 3000}  # more than the buffers of sockets
PAGE = b"<html><body>Sign in to continue</body></html>"
ROWS = [
    # interim responses
    Row("103 in front, in one segment", [b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK, OK]),
    Row("103, then the answer later", [b"HTTP/1.1 103 Early Hints\r\n\r\n", wait(0.3), send(OK), OK]),
    Row("102 many times, longer than the time-out", [b"HTTP/1.1 102 Processing\r\n\r\n",
        *[wait(0.5), send(b"HTTP/1.1 102 Processing\r\n\r\n")] * 5, send(OK), OK], retries=0, **SHORT),
    Row("100 although there was no Expect", [b"HTTP/1.1 100 Continue\r\n\r\n" + OK, OK]),
    Row("100, and the end", [b"HTTP/1.1 100 Continue\r\n\r\n", CLOSE], retries=1, log=RETRY),
    # successes
    Row("204", [answer(204)] * 2),
    Row("204 with a body that it must not have", [answer(204, "", b"ok")], retries=0, rounds=2, delivered=4),
    Row("204 without a length", [b"HTTP/1.1 204 No Content\r\n\r\n"] * 2, rounds=2, delivered=4, requests=2),
    Row("205 without a length", [b"HTTP/1.1 205 Reset Content\r\n\r\n"], retries=0),
    Row("200 without a length, kept open", [b"HTTP/1.1 200 OK\r\n\r\n"], retries=0),
    Row("200 without a length, its body later, kept open", [b"HTTP/1.1 200 OK\r\n\r\n", wait(0.3), send(PARTIAL)], retries=0,
        delivered=1, rejected=1, log="collector rejected some spans, HTTP 200: bad"),
    Row("503 without a length, kept open", [b"HTTP/1.1 503 Busy\r\n\r\nfull"], retries=1, log="HTTP 503: full"),
    Row("202 with JSON", [answer(202, "Content-Type: application/json\r\n", b'{"queued":true}')] * 2),
    Row("200 with the page of a captive portal", [ok("Content-Type: text/html\r\n", PAGE)],
        log="accepted, but the response is not plain OTLP: check path, compression, HTTP 200: text/html"),
    Row("200 with a page, until the end", [b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + PAGE, CLOSE],
        log="the response is not plain OTLP"),
    Row("200 with garbage", [ok("Content-Type: application/x-protobuf\r\n", b"\xff\xfe\x00\x80garbage")],
        log="the response is not plain OTLP"),
    Row("200 with partial success", [ok("Content-Type: application/x-protobuf\r\n", PARTIAL)], delivered=1, rejected=1,
        log="collector rejected some spans, HTTP 200: bad"),
    Row("partial success as JSON", [ok("Content-Type: application/json\r\n",
        b'{"partialSuccess":{"rejectedSpans":"2","errorMessage":"quota"}}')], delivered=0, rejected=2, log="HTTP 200: quota"),
    Row("partial success in chunks of a byte", [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
        b"".join(b"1\r\n" + bytes([c]) + b"\r\n" for c in PARTIAL) + b"0\r\n\r\n"], delivered=1, rejected=1, log="bad"),
    Row("a body that gzip has packed", [ok("Content-Encoding: gzip\r\nContent-Type: application/x-protobuf\r\n",
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x03\x00\x00\x00\x00\x00\x00\x00\x00\x00")],
        log="accepted, but the response is not plain OTLP: check path, compression, HTTP 200"),
    Row("partial success that gzip has packed", [ok("Content-Encoding: gzip\r\n", gzip.compress(PARTIAL))],
        log="accepted, but the response is not plain OTLP: check path, compression, HTTP 200"),
    # framing
    Row("chunk extensions and trailers", [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2;q=\"a;b\"\r\n\x0a\x00\r\n0;last\r\nX-Sum: 1\r\nContent-Length: 7\r\n\r\n"] * 2, rounds=2, delivered=4, requests=2),
    Row("line ends without CR", [b"HTTP/1.1 200 OK\nContent-Length: 0\n\n"] * 2),
    Row("a folded field", [b"HTTP/1.1 200 OK\r\nX-Policy: a,\r\n b,\r\n\tc\r\nContent-Length: 0\r\n\r\n"] * 2),
    Row("two equal lengths", [answer(200, "Content-Length: 0\r\n")] * 2),
    Row("two different lengths", [answer(200, "Content-Length: 5\r\n")] * 2),
    Row("a length and chunks", [b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"] * 2),
    Row("HTTP/1.0", [b"HTTP/1.0 200 OK\r\n\r\n", CLOSE], [b"HTTP/1.0 200 OK\r\n\r\n", CUT], rounds=2, delivered=4, retries=0),
    Row("a status line without a reason", [b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"] * 2),
    Row("an empty line behind the body", [ok("", b"\x0a\x00") + b"\r\n"] * 2, rounds=2, delivered=4, retries=0),
    Row("a length that is too long, kept open", [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx"], retries=0,
        log="the response is not plain OTLP", **SHORT),
    Row("a head of 60 KB", [answer(200, f"X-Long: {'h' * 60000}\r\n")] * 2, retries=0),
    Row("an answer byte by byte", [READ, *[x for c in OK for x in (send(bytes([c])), wait(0.008))], OK], retries=0),
    Row("chunks without the last one, and the end", [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n\x0a\x00\r\n",
        CLOSE], retries=0),
    Row("a length that is too long, and the end", [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx", CLOSE], retries=0,
        log="the response is not plain OTLP"),
    Row("two answers at once", [OK + answer(503)] * 2, rounds=2, delivered=4, retries=0),
    Row("a keep-alive of a second", [answer(200, "Keep-Alive: timeout=1, max=1\r\nConnection: keep-alive\r\n"), CLOSE], rounds=3,
        delivered=6, retries=0),
    Row("HTTP/2", [b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64", CLOSE], retries=1,
        log="server speaks HTTP/2 (gRPC?): use the OTLP/HTTP port"),
    Row("an answer of SMTP", [b"220 mail.example ESMTP\r\n", CLOSE], retries=1, log="the response is not HTTP/1.1"),
    Row("no status", [b"<html>It works!</html>", CLOSE], retries=1, log="the response is not HTTP/1.1"),
    # ends of connections
    Row("the end of an idle connection", [OK, wait(0.1), CLOSE], rounds=2, pause=300, delivered=4, retries=0),
    Row("a cut idle connection", [OK, wait(0.1), CUT], rounds=2, pause=300, delivered=4, retries=0),
    Row("a reset idle connection", [OK, wait(0.1), RESET], rounds=2, pause=300, delivered=4, retries=0),
    Row("the end when the second request arrives", [OK, READ, CLOSE], rounds=2, delivered=4, retries=0),
    Row("a reset when the second request arrives", [OK, READ, RESET], rounds=2, delivered=4, retries=0),
    Row("the same on two connections", [OK, READ, RESET], [READ, RESET], rounds=2, delivered=4, retries=1, log=RETRY),
    Row("a reset behind the answer", [OK, wait(0.05), RESET], [OK, wait(0.05), RESET], rounds=3, pause=100, delivered=6,
        retries=0),
    Row("an end behind the answer, without a word", [OK, CUT], [OK, CUT], rounds=3, delivered=6, retries=0),
    Row("half closed behind the answer", [OK, HALF, wait(1)], rounds=2, delivered=4, retries=0),
    Row("half closed before the answer", [READ, HALF, wait(1)], retries=1, log=RETRY),
    Row("announced, and closed a second later", [answer(200, "Connection: close\r\n"), wait(1), CLOSE], rounds=3, delivered=6,
        retries=0),
    Row("the end before the answer", [READ, CLOSE], retries=1, log=f"{RETRY}: closed by peer"),
    Row("a reset before the answer", [READ, RESET], retries=1, log=RETRY),
    Row("the end in the status line", [READ, send(b"HTTP/1.1 20"), CLOSE], retries=1, log=RETRY),
    Row("the end behind the status", [b"HTTP/1.1 200 OK\r\nContent-", CLOSE], retries=0),
    Row("the end at once", [CLOSE], [CUT], [RESET], log=RETRY),
    Row("silence", [READ, wait(5)], retries=1, log="no response in time", **SHORT),
    Row("a late 200 that belongs to the last request", [READ, wait(2.5), send(OK), wait(0.5)], log="no response in time",
        **SHORT),
    Row("408 on an idle connection", [OK, wait(0.1), send(answer(408, "Connection: close\r\n")), CLOSE], rounds=2, pause=300,
        delivered=4, retries=0),
    Row("408 when the second request arrives", [OK, answer(408, "Connection: close\r\n"), CLOSE], rounds=2, delivered=4,
        retries=0),
    Row("a second 200 for nothing", [OK, wait(0.1), send(OK), wait(0.5)], rounds=2, pause=300, delivered=4, retries=0),
    # answers to a part of the request
    Row("413 while the request is sent", [HEAD, send(answer(413, "Connection: close\r\n")), wait(0.3), CUT], delivered=30, **BIG),
    Row("413, and a reset because nothing is read", [HEAD, send(answer(413, "Connection: close\r\n")), RESET], delivered=30,
        **BIG, log=""),
    Row("401 while the request is sent", [HEAD, send(answer(401, "Connection: close\r\n", b"no key")), wait(0.3), CUT],
        delivered=0, dropped=30, **BIG, deadline=300, log="HTTP 401: no key"),
    Row("503 while the request is sent", [HEAD, send(answer(503, "", b"full")), wait(0.3), CUT], delivered=30, **BIG,
        retries=1, log="HTTP 503: full"),
    Row("200 while the request is sent", [HEAD, send(OK), wait(0.3), CUT], delivered=30, **BIG),
    # later, please
    Row("503 with a page", [answer(503, "Content-Type: text/html\r\n", b"<h1>503</h1>")], retries=1,
        log="HTTP 503: <h1>503</h1>"),
    Row("502, then 504, then 200", [answer(502)], [answer(504)], retries=2, log="HTTP 502"),
    Row("503 of one server behind a balancer, and only of that", [*[answer(503)] * 50], retries=1, log="HTTP 503"),
    Row("429 without a time", [answer(429), OK, OK], retries=1, log="HTTP 429"),
    Row("Retry-After of a second", [answer(429, "Retry-After: 1\r\n")], retries=1, log="HTTP 429"),
    Row("Retry-After below 0", [answer(503, "Retry-After: -5\r\n")], retries=1, log="HTTP 503"),
    Row("Retry-After with a fraction", [answer(503, "Retry-After: 0.5\r\n")], retries=1, log="HTTP 503"),
    Row("Retry-After with a unit", [answer(503, "Retry-After: 120s\r\n")], retries=1, log="HTTP 503"),
    Row("Retry-After of a thousand years", [answer(503, "Retry-After: 31557600000\r\n")], delivered=0, dropped=2, retries=1,
        log="HTTP 503", deadline=300),
    Row("Retry-After with a date in the past", [answer(503, "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n")], retries=1,
        log="HTTP 503"),
    Row("Retry-After with a date in a minute", [answer(503, f"Retry-After: {later(60)}\r\n")], delivered=0, dropped=2, retries=1,
        log="HTTP 503", deadline=300),
    Row("a date in two seconds of a server whose clock is an hour ahead", [answer(503, f"Date: {later(3600)}\r\n"
        f"Retry-After: {later(3602)}\r\n")], retries=1, log="HTTP 503"),
    Row("a date in a minute of a server whose clock is an hour behind", [answer(503, f"Date: {later(-3600)}\r\n"
        f"Retry-After: {later(-3540)}\r\n")], delivered=0, dropped=2, retries=1, log="HTTP 503", deadline=300),
]
for status in (400, 402, 406, 407, 408, 410, 417, 421, 425, 426, 428, 431, 451, 500, 501, 505, 507, 511, 520, 530):
    ROWS.append(Row(f"{status} with words", [answer(status, "", b"because")], delivered=0, dropped=2,
                    log=f"{DROPPED}, HTTP {status}: because"))
for status in (401, 403, 404, 405, 411, 415, 422):
    ROWS.append(Row(f"{status} for ever", [answer(status, "", b"because")] * 9, delivered=0, dropped=4, rounds=2, deadline=300,
                    log=f"{CONFIG}, HTTP {status}: because"))
for status, target in ((301, "/v2/traces"), (302, "https://other.example/login"), (303, "//other.example/"), (307, "/v1/traces"),
                       (308, "http://localhost/v1/traces")):
    ROWS.append(Row(f"{status} to {target}", [answer(status, f"Location: {target}\r\n", b"moved")], delivered=0, dropped=2,
                    log=f"{MOVED}, HTTP {status}: {target}"))


# A proxy and a tunnel. After the script each tunnel opens.
PROXY_ROWS = [
    Row("200 with a length", [HEAD, send(ok()), TLS, OK, OK]),
    Row("200 with a length of a body that does not come", [HEAD, send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"), TLS, OK]),
    Row("200 with chunks that do not come", [HEAD, send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), TLS, OK]),
    Row("200 of HTTP/1.0, lines without CR", [HEAD, send(b"HTTP/1.0 200 Connection established\n\n"), TLS, OK]),
    Row("201", [HEAD, send(b"HTTP/1.1 201 Created\r\n\r\n"), TLS, OK]),
    Row("100 in front", [HEAD, send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), TLS, OK]),
    Row("200 with a long head", [HEAD, send(b"HTTP/1.1 200 OK\r\nVia: " + b"v" * 3000 + b"\r\n\r\n"), TLS, OK]),
    Row("200 byte by byte", [HEAD, *[x for c in b"HTTP/1.1 200 OK\r\n\r\n" for x in (send(bytes([c])), wait(0.01))], TLS, OK]),
    Row("200 after a while", [HEAD, wait(0.3), send(b"HTTP/1.1 200 OK\r\n\r\n"), TLS, OK]),
    Row("200 and the end of an idle tunnel", [*TUNNEL, OK, wait(0.1), CLOSE], rounds=2, pause=300, delivered=4, retries=0),
    Row("200 with a page", [HEAD, send(ok("Content-Type: text/html\r\n", PAGE)), CLOSE], retries=1,
        log=f"{RETRY}: proxy sent data after its response"),
    Row("200, and the end", [HEAD, send(b"HTTP/1.1 200 OK\r\n\r\n"), CLOSE], retries=1, log=RETRY),
    Row("200, and a reset", [HEAD, send(b"HTTP/1.1 200 OK\r\n\r\n"), wait(0.05), RESET], retries=1, log=RETRY),
    Row("the end at once", [CLOSE], retries=1, log=f"{RETRY}: proxy: connection closed before the response ended"),
    Row("a reset at once", [HEAD, RESET], retries=1, log=RETRY),
    Row("the end in the head", [HEAD, send(b"HTTP/1.1 200 OK\r\nVia"), CLOSE], retries=1,
        log="proxy: connection closed before the response ended"),
    Row("silence", [HEAD, wait(5)], retries=1, log="connecting timed out", **SHORT),
    Row("garbage", [HEAD, send(b"SSH-2.0-OpenSSH\r\n"), CLOSE], retries=1, log="not HTTP"),
    Row("101", [HEAD, send(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"), CLOSE], retries=1, log="refused a tunnel: 101"),
    Row("302 to a captive portal", [HEAD, send(answer(302, "Location: http://portal.example/\r\n")), CLOSE], retries=1,
        log="refused a tunnel: 302"),
    *[Row(f"{status}", [HEAD, send(answer(status)), CLOSE], retries=1, log=f"refused a tunnel: {status}")
      for status in (408, 429, 500, 502, 503, 504)],
    *[Row(f"{status}", [HEAD, send(answer(status)), CLOSE], delivered=0, dropped=2, deadline=300,
          log=f"refused a tunnel: {status}") for status in (400, 401, 403, 404, 405)],
    Row("407 without schemes", [HEAD, send(answer(407))], delivered=0, dropped=2, deadline=300,
        log="wants a user name and password"),
    Row("407 with a scheme that uspan lacks", [HEAD, send(answer(407, "Proxy-Authenticate: Negotiate\r\n"))], delivered=0,
        dropped=2, deadline=300, log="proxy wants Negotiate; uspan speaks Basic only"),
]


class Situations(unittest.TestCase):
    def check(self, row, way):
        """way: "tcp", "tls", "proxy" (requests that name the collector), "tunnel", "asked" (the row has the proxy's part too)."""
        is_tls, opening = way not in ("tcp", "proxy"), {"tls": [TLS], "tunnel": TUNNEL, "asked": TUNNEL}.get(way, [])
        peer = Peer([script if way == "asked" else [*opening, *script] for script in row.scripts], is_tls, opening)
        options = {"spans": 2, "deadline": 8000, "timeout": TIMEOUT_MS, "tls": 12 + len(row.name) % 2, **row.options}
        if way not in ("tcp", "tls"):
            options["proxy"] = f"http://127.0.0.1:{peer.port}"
        began = time.monotonic()
        seen = agent(f"{'https' if is_tls else 'http'}://localhost:{peer.port}/v1/traces", **options)
        took = time.monotonic() - began
        peer.listener.close()
        counts = {name: sum(seen[name].values()) if name == "dropped" else seen[name] for name in row.counts}
        faults = [f"{name} {counts[name]}, not {right}" for name, right in row.counts.items() if counts[name] != right]
        faults += [] if seen["balanced"] == 1 and seen["stopped"] == 1 else ["accounts"]
        faults += [f"{len(peer.twice)} accepted spans came twice"] if peer.twice else []
        faults += [f"took {took:.1f} s"] if took > row.most else []
        faults += [f"retries {seen['retries']}"] if row.retries not in (None, seen["retries"]) else []
        faults += [f"requests {seen['requests']}"] if row.requests not in (None, seen["requests"]) else []
        faults += ["log"] if (row.log not in seen["log"] if row.log else "warn" in seen["log"]) else []
        return f"{row.name} ({way}): {', '.join(faults)}\n{seen}" if faults else None

    def check_all(self, way, rows):
        self.assertGreater(len(rows), 30)
        with ThreadPoolExecutor(4) as pool:
            faults = [fault for fault in pool.map(lambda row: self.check(row, way), rows) if fault]
        self.assertEqual(faults, [], "\n".join(faults))

    def test_each_over_tcp(self):
        self.check_all("tcp", ROWS)

    def test_each_over_tls(self):
        self.check_all("tls", ROWS)

    def test_each_through_a_proxy(self):
        self.check_all("proxy", [row for row in ROWS if "407" not in row.name])

    def test_each_in_a_tunnel(self):
        self.check_all("tunnel", ROWS)

    def test_each_answer_to_connect(self):
        self.check_all("asked", PROXY_ROWS)


if __name__ == "__main__":
    sys.exit(run())
