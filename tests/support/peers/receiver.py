#!/usr/bin/python3
"""receiver.py: an OTLP/HTTP(S) receiver that decodes with the official protos and refuses what breaks a rule.

Invariant: each span answered with 200 is in `spans` (or, with bulk, in `seen`), once for each arrival."""
import argparse
import gzip
import sys
import zlib
from collections import Counter

import check
from command import attend_commands
from server import Server, answer_bytes
from spans import keys_of, spans_of
from streams import server_context


class Receiver(Server):
    """bulk: check only ids and decodability, and keep only ids. exact_type: Content-Type must have no parameters.

    .spans     ReceivedSpan of every accepted span, in order of arrival (empty with bulk)
    .seen      Counter of trace id + span id (bytes) over accepted requests
    .requests  every request (server.Request, with bulk without its body), including refused ones
    .refused   texts of the refusals
    """

    def __init__(self, tls=None, port=0, path="/v1/traces", bulk=False, exact_type=True,
                 host="127.0.0.1"):
        super().__init__(tls, port, host)
        self.path, self.bulk, self.exact_type = path, bulk, exact_type
        self.spans, self.requests, self.refused = [], [], []
        self.seen = Counter()

    def talk(self, connection):
        while True:
            request = connection.read_request()
            if request is None:
                return "close"
            answer = self.answer(request)
            with self.lock:
                self.requests.append(request)
                self.lock.notify_all()
            connection.app.send(answer)
            if request.wants_close or request.faults:
                return "drain"

    def answer(self, request):
        try:
            message = self.judge(request)
        except check.Refused as refusal:
            request.status = refusal.status
            with self.lock:
                self.refused.append(str(refusal))
            return answer_bytes(refusal.status, check.rpc_status(str(refusal)),
                                headers=[("Allow", "POST")] if refusal.status == 405 else [])
        request.status = 200
        found = [] if self.bulk else spans_of(message, len(self.requests), request.connection)
        with self.lock:
            self.seen.update(keys_of(message))
            self.spans += found
        if self.bulk:
            request.body = b""
        return answer_bytes(200)

    def judge(self, request):
        if request.faults:
            raise check.Refused("HTTP: " + "; ".join(request.faults))
        if request.path != self.path:
            raise check.Refused(f"no {request.path} here", 404)
        if request.method != "POST":
            raise check.Refused(f"{request.method} is not POST", 405)
        content_type = request.headers.get("content-type", "")
        essence = content_type if self.exact_type else content_type.partition(";")[0].strip()
        if essence != "application/x-protobuf":
            raise check.Refused(f"Content-Type {content_type!r}", 415)
        body, encoding = request.body, request.headers.get("content-encoding", "identity")
        if encoding == "gzip":
            try:
                body = gzip.decompress(body)
            except (OSError, EOFError, zlib.error) as error:
                raise check.Refused(f"gzip: {error}") from error
        elif encoding != "identity":
            raise check.Refused(f"Content-Encoding {encoding!r}", 415)
        return check.decode(body, self.bulk)

    @property
    def span_count(self):
        """Accepted spans. A span that arrived twice counts twice."""
        return sum(self.seen.values())

    def duplicates(self):
        """Hex of trace id + span id of the spans that arrived more than once."""
        return [key.hex() for key, count in self.seen.items() if count > 1]

    def wait_spans(self, count, timeout_s=10.0):
        return self.wait(lambda: len(self.seen) >= count, timeout_s)

    def dump(self, path):
        """Write every span as a line of JSON."""
        with self.lock:
            spans = list(self.spans)
        with open(path, "w", encoding="utf-8") as out:
            out.writelines(span.as_json() + "\n" for span in spans)

    def summary(self):
        with self.lock:
            return {"requests": len(self.requests), "connections": len(self.connections),
                    "spans": self.span_count, "distinct": len(self.seen),
                    "twice": len(self.duplicates()), "refused": self.refused,
                    "errors": [c.error for c in self.connections if c.error],
                    "resumed": sum(c.reused for c in self.connections)}


def tls_options(parser):
    parser.add_argument("--tls", action="store_true", help="HTTPS with a certificate of certs.py")
    parser.add_argument("--cert", default="good", help="which (default good)")
    parser.add_argument("--algorithm", default="ec", choices=("ec", "rsa"))
    parser.add_argument("--tls-min", default="1.2")
    parser.add_argument("--tls-max", default="1.3")
    parser.add_argument("--client", default="none", choices=("none", "optional", "required"),
                        help="client certificate")


def tls_from(options):
    return server_context(options.cert, options.algorithm, options.tls_min, options.tls_max,
                          options.client) if options.tls else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    tls_options(parser)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--port-file", help="write the port there too")
    parser.add_argument("--path", default="/v1/traces")
    parser.add_argument("--gnutls", metavar="PRIORITY", help="HTTPS by GnuTLS instead, as NORMAL")
    parser.add_argument("--bulk", action="store_true", help="check and keep ids only")
    parser.add_argument("--tree", action="store_true", help="print the traces at the end")
    options = parser.parse_args()
    tls = tls_from(options)
    if options.gnutls:
        from gnutls import GnuTlsContext  # needs a library that the other peers do not
        tls = GnuTlsContext(options.cert, options.algorithm, options.gnutls, options.client)
    with Receiver(tls, options.port, options.path, options.bulk) as receiver:
        attend_commands(receiver, options.port_file)
        if options.tree:
            import tree
            tree.show(receiver.spans)


if __name__ == "__main__":
    sys.exit(main())
