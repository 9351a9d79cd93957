#!/usr/bin/python3
"""otlp_bridge.py: a bridge from OTLP to OpenAI's trace ingest, for the page of traces in OpenAI's dashboard.

Invariant: all spans of a request that was answered with 200 are in the queue. If the queue is full, the answer is 503, and the
sender keeps its spans. The key of OPENAI_API_KEY is sent to the endpoint only.
  OPENAI_API_KEY=... python3 otlp_bridge.py [--port 4328] [--host 127.0.0.1] [--endpoint URL]"""
import argparse
import os
import signal
import sys
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import convert
import send
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

BODY_MAX = 16 * 1024 * 1024


def inflated(body):
    """The data unpacked from gzip, if they have at most BODY_MAX bytes. zlib.error: they have more, or are not gzip."""
    reader = zlib.decompressobj(wbits=31)
    found = reader.decompress(body, BODY_MAX)
    if not reader.eof:
        raise zlib.error("too long, or cut short")
    return found


def spans_of(message):
    """(span, its service's name) of a request. Spans without an id or a time cannot be items."""
    for block in message.resource_spans:
        service = convert.attributes_of(block.resource.attributes).get("service.name", "unknown_service")
        for scoped in block.scope_spans:
            for span in scoped.spans:
                if len(span.trace_id) == 16 and len(span.span_id) == 8 and span.end_time_unix_nano:
                    yield span, service


class Handler(BaseHTTPRequestHandler):
    """Answers one OTLP client. The class has the sender that all instances share."""
    protocol_version, sender, timeout = "HTTP/1.1", None, 60

    def do_POST(self):
        self.answer(*self.judge())

    def judge(self):
        """(status, reason)"""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > BODY_MAX:
            self.close_connection = True
            return (413, "longer than 16 MiB") if length.isdecimal() else (411, "no Content-Length")
        body = self.rfile.read(int(length))
        if self.path != "/v1/traces":
            return 404, "the path is /v1/traces"
        if self.headers.get("Content-Type", "").partition(";")[0].strip() != "application/x-protobuf":
            return 415, "the Content-Type is application/x-protobuf"
        encoding = self.headers.get("Content-Encoding", "identity")
        if encoding not in ("identity", "gzip"):
            return 415, "the Content-Encoding is gzip, or none"
        try:
            message = ExportTraceServiceRequest.FromString(inflated(body) if encoding == "gzip" else body)
        except (DecodeError, zlib.error) as error:
            return 400, f"not an export request: {error}"
        return (200, "") if self.sender.put(list(spans_of(message))) else (503, "the queue is full")

    def answer(self, status, why):
        body = b"" if status == 200 else why.encode()  # an empty message: nothing was rejected
        self.send_response(status)
        self.send_header("Content-Type", "application/x-protobuf" if status == 200 else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        if status == 503:
            self.send_header("Retry-After", str(int(send.EVERY_S)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Bridge(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, sender, host="127.0.0.1", port=0):
        super().__init__((host, port), type("Bound", (Handler,), {"sender": sender}))


def main():
    parser = argparse.ArgumentParser(description="OTLP in, OpenAI's trace ingest out")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=4328)
    parser.add_argument("--endpoint", default=send.ENDPOINT)
    given = parser.parse_args()
    key = os.environ.get("OPENAI_API_KEY")
    if not key:
        sys.exit("openai_ingest: no OPENAI_API_KEY in the environment; cure: export the key of the project that shows the traces")
    sender = send.Sender(key, given.endpoint, os.environ.get("OPENAI_ORG_ID"), os.environ.get("OPENAI_PROJECT_ID"),
                         say=lambda words: print(words, file=sys.stderr, flush=True))
    bridge = Bridge(sender, given.host, given.port)
    threads = [threading.Thread(target=bridge.serve_forever), threading.Thread(target=sender.run)]
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sender.end())
    for thread in threads:
        thread.start()
    print(f"openai_ingest: http://{given.host}:{bridge.server_address[1]}/v1/traces to {given.endpoint}", flush=True)
    threads[1].join()
    bridge.shutdown()
    print(f"openai_ingest: {sender.sent} items sent, {sender.lost} lost", flush=True)
    return 1 if sender.lost else 0


if __name__ == "__main__":
    sys.exit(main())
