"""gateway.py: an LLM gateway, instrumented with the OpenTelemetry SDK as its authors recommend: parent-based, W3C headers.

Invariant: it prints a line "got TRACEPARENT" for each request that it answers. The span of the request is exported before that.
The private environment's Python runs it. The argument is the collector's URL. The first line is "port N". It ends at the end of
its input."""
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import oracle
from opentelemetry import trace
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

MADE = oracle.provider(sys.argv[1])


class Gateway(BaseHTTPRequestHandler):
    def do_POST(self):
        context = TraceContextTextMapPropagator().extract({name.lower(): value for name, value in self.headers.items()})
        with trace.get_tracer("gateway").start_as_current_span("POST /v1/chat/completions", context, SpanKind.SERVER):
            self.rfile.read(int(self.headers["Content-Length"]))
        MADE.force_flush()
        print("got", self.headers.get("traceparent"), flush=True)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


def main():
    server = HTTPServer(("127.0.0.1", 0), Gateway)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("port", server.server_port, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
