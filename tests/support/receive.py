#!/usr/bin/python3
"""receive.py: `make receiver`. An OTLP receiver on HTTP and on TLS for any firmware, with a live tree and a page of what arrives.

Invariant: it listens on loopback unless another address is given. Ctrl-C ends it with the totals and exit status 0. If it
cannot start, it prints one line with the cause and the cure."""
import argparse
import errno
import json
import signal
import ssl
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "peers"))
import certs  # noqa: E402
import tree  # noqa: E402
from receiver import Receiver  # noqa: E402
from streams import server_context  # noqa: E402

PAGE = HERE / "receive.html"
QUIET_S = 0.7  # a tree is printed after this time without a span, or after ten times this time
QEMU_HOST = "10.0.2.2"
CURES = {404: "the endpoint must end in /v1/traces", 415: "send binary protobuf: Content-Type application/x-protobuf",
         405: "send by POST"}


class Live(Receiver):
    """A receiver that prints each refusal at once."""

    def __init__(self, tls, port, host, say):
        super().__init__(tls, port, exact_type=False, host=host)
        self.say = say
        self.failure = None  # the last printed fault of a connection

    def answer(self, request):
        before = len(self.refused)
        raw = super().answer(request)
        for text in self.refused[before:]:
            if text == "GET is not POST":  # the request of a device without a clock, which reads the Date header of the response
                self.say("a GET was answered with the date; spans come by POST")
                continue
            cure = CURES.get(request.status)
            self.say(f"refused with status {request.status}: {text}" + (f"; cure: {cure}" if cure else ""))
        return raw

    def attend(self, connection):
        super().attend(connection)
        if connection.error and not self.stopping:
            hint = ""
            if "HTTP_REQUEST" in connection.error:
                hint = "; cure: the client sent plain HTTP, so write https:// or use the HTTP endpoint above"
            elif connection.error.startswith("TLS"):
                hint = "; cure: the client must trust the CA file above, and ask for a name of the certificate"
            elif "TLS handshake" in connection.error:
                hint = "; cure: write http://, or use the HTTPS endpoint above"
            if connection.error != self.failure:  # a client that tries again fails in the same way
                self.say(f"connection failed: {connection.error}{hint}")
            self.failure = connection.error


def certificate_for(host):
    """(certificate, key) as paths, valid for localhost, QEMU's name of the host, and this address."""
    good = certs.get()
    if host in ("127.0.0.1", "localhost", "::1", "0.0.0.0"):
        return good.pem, good.key
    folder = certs.folders.build_dir() / f"receiver-{host.replace(':', '_')}"
    folder.mkdir(parents=True, exist_ok=True)
    kind = "IP" if host.replace(".", "").replace(":", "").isalnum() and (":" in host or host.split(".")[-1].isdigit()) else "DNS"
    (folder / "ext.cnf").write_text(certs.PURPOSES[certs.SERVER] + f"subjectAltName={certs.SANS},{kind}:{host}\n")
    certs.run(folder, "req", "-new", "-key", str(good.key), "-subj", "/CN=localhost", "-out", "leaf.csr")
    certs.run(folder, "x509", "-req", "-in", "leaf.csr", "-CA", str(good.ca_pem), "-CAkey", str(good.ca_pem.with_suffix(".key")),
              "-CAcreateserial", "-days", "30", "-extfile", "ext.cnf", "-out", "leaf.pem")
    return folder / "leaf.pem", good.key


def tls_context(host):
    context = server_context()
    pem, key = certificate_for(host)
    context.load_cert_chain(pem, key)
    return context


class Page(BaseHTTPRequestHandler):
    """Serves the page, and the spans as JSON. The page shows texts of spans as text only. The policy prevents it from loading
    anything."""
    POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; img-src data:"

    def do_GET(self):
        path, _, query = self.path.partition("?")
        # A script of another site can reach loopback by a name of its own. It must not be able to read the spans.
        if self.headers.get("Host", "") not in self.server.names:
            return self.reply(403, "text/plain", b"ask by the address that the receiver printed\n")
        if path == "/":
            return self.reply(200, "text/html; charset=utf-8", PAGE.read_bytes())
        if path == "/spans":
            first = int(query.removeprefix("from=")) if query.removeprefix("from=").isdigit() else 0
            return self.reply(200, "application/json", json.dumps(self.server.spans(first), default=as_text).encode())
        return self.reply(404, "text/plain", b"there is / and /spans\n")

    def reply(self, status, kind, body):
        self.send_response(status)
        for name, value in (("Content-Type", kind), ("Content-Length", str(len(body))), ("Content-Security-Policy", self.POLICY),
                            ("X-Content-Type-Options", "nosniff"), ("Cache-Control", "no-store")):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def as_text(raw):
    return {"bytes": bytes(raw).hex()}


def exact(span):
    """A span for the page. Nanoseconds are text, since JavaScript's numbers have 53 bits."""
    found = span.as_dict()
    return {**found, "start_ns": str(span.start_ns), "end_ns": str(span.end_ns),
            "events": [{**event, "time_ns": str(event["time_ns"])} for event in found["events"]]}


class Session:
    """Both receivers, the page, and the record of what was printed."""

    def __init__(self, options):
        self.options, self.lock, self.order, self.taken = options, threading.Lock(), [], {}
        self.receivers, self.page = [], None

    def say(self, text):
        with self.lock:
            print(f"receiver: {text}", flush=True)

    def open(self):
        host = self.options.host
        for scheme, port, tls in (("HTTP", self.options.http_port, None), ("HTTPS", self.options.https_port, tls_context(host))):
            self.receivers.append(self.bound(scheme, port, lambda: Live(tls, port, host, self.say)))
        if not self.options.no_page:
            port = self.options.page_port
            self.page = self.bound("PAGE", port, lambda: ThreadingHTTPServer(("127.0.0.1", port), Page))
            self.page.daemon_threads = True
            port = self.page.server_address[1]
            self.page.names = (f"127.0.0.1:{port}", f"localhost:{port}")
            self.page.spans = lambda first: {"spans": [exact(span) for span in self.all()[first:]],
                                             "refused": [text for one in self.receivers for text in one.refused]}
            threading.Thread(target=self.page.serve_forever, daemon=True).start()
        for receiver in self.receivers:
            receiver.start()

    def bound(self, name, port, make):
        try:
            return make()
        except OSError as error:
            setting = f"{name}_PORT"
            if error.errno == errno.EADDRINUSE:
                raise SystemExit(f"receiver: port {port} is in use; cure: stop the program that has it "
                                 f"(ss -ltnp 'sport = :{port}' names it), or choose another: "
                                 f"make receiver {setting}={(port + 10000) % 50000 or 4318}")
            if error.errno == errno.EACCES:
                raise SystemExit(f"receiver: port {port} needs root; cure: make receiver {setting}=4318, or above 1023")
            raise SystemExit(f"receiver: cannot listen on {self.options.host}: {error.strerror or error}; cure: HOST must be an "
                             "address of this machine (ip addr lists them), 127.0.0.1 or 0.0.0.0")

    def all(self):
        """Every span, in order of arrival. The position of a span does not change."""
        with self.lock:
            for receiver in self.receivers:
                spans = receiver.spans
                at = self.taken.get(receiver, 0)
                self.order += spans[at:]
                self.taken[receiver] = len(spans)
            return list(self.order)

    def banner(self):
        http, https = self.receivers
        anchors = certs.get()
        host = self.options.host
        name = "localhost" if host in ("127.0.0.1", "0.0.0.0") else host
        plain, secure = (f"{scheme}://{name}:{one.port}/v1/traces" for scheme, one in (("http", http), ("https", https)))
        reach = name if name != "localhost" else "ADDRESS_OF_THIS_MACHINE"
        lines = [f"over HTTP:   {plain}", f"over HTTPS:  {secure}", f"CA file:     {anchors.ca_pem}",
                 f"             {anchors.ca_der} (DER, for trust anchors in firmware)"]
        if self.page:
            lines.append(f"page:        http://127.0.0.1:{self.page.server_address[1]}/")
        lines += ["", "a program on this machine:", f"  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT={secure} \\",
                  f"  OTEL_EXPORTER_OTLP_CERTIFICATE={anchors.ca_pem} ./program", "firmware in QEMU:",
                  f'  #define USPAN_ENDPOINT "https://{QEMU_HOST}:{https.port}/v1/traces"    and the CA file as trust anchor; or',
                  f"  /usr/bin/python3 tests/support/qemu.py lm3s6965evb endpoint=https://{QEMU_HOST}:{https.port}/v1/traces",
                  "firmware on a board:" if reach == name else
                  "firmware on a board (start the receiver with HOST=0.0.0.0, for TLS with HOST=the address of this machine):",
                  f'  #define USPAN_ENDPOINT "http://{reach}:{http.port}/v1/traces"      in your header of options, or',
                  f"  cmake -DUSPAN_ENDPOINT=http://{reach}:{http.port}/v1/traces", "",
                  "waiting for spans; Ctrl-C ends it"]
        print("\n".join(lines), flush=True)

    def show(self, spans, known):
        """The complete traces of new spans."""
        ids = {span.trace_id for span in spans[known:]}
        with self.lock:
            print(flush=True)
            tree.show([span for span in spans if span.trace_id in ids])
            sys.stdout.flush()

    def run(self, stopped):
        shown = 0
        while not stopped.is_set():
            spans, since = self.all(), time.monotonic()
            while len(spans) > shown:
                before = len(spans)
                stopped.wait(QUIET_S)
                spans = self.all()
                if len(spans) == before or time.monotonic() - since > 10 * QUIET_S or stopped.is_set():
                    break
            if len(spans) > shown:
                self.show(spans, shown)
                shown = len(spans)
            stopped.wait(0.1)

    def close(self):
        if self.page:
            self.page.shutdown()
            self.page.server_close()
        for receiver in self.receivers:
            receiver.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; 0.0.0.0: all (default loopback)")
    parser.add_argument("--http-port", type=int, default=4318)
    parser.add_argument("--https-port", type=int, default=4319)
    parser.add_argument("--page-port", type=int, default=4320, help="of the page, always on loopback")
    parser.add_argument("--no-page", action="store_true")
    session = Session(parser.parse_args())
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        session.open()
    except (RuntimeError, ssl.SSLError, subprocess.SubprocessError) as error:
        raise SystemExit(f"receiver: no certificate: {error}; cure: openssl must be installed (port/deps/setup.sh demo)")
    session.banner()
    session.run(stopped)
    session.close()
    spans = session.all()
    requests = sum(len(one.requests) for one in session.receivers)
    refused = sum(len(one.refused) for one in session.receivers)
    print(f"\nreceiver: stopped; {len(spans)} spans in {requests} requests, {refused} refused", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
