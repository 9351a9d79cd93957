"""turn.py: measures the edge agent's turn on the link: bodies, request heads, and all bytes with TLS, plain and compressed.

Invariant: both runs deliver the same number of spans, each once. A relay in front of the receiver counts the client's bytes. It
needs the same packages as `make demo`. bench.py calls measure()."""
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/support"), str(ROOT / "tests/support/peers")]
import demo  # noqa: E402
from llm import Llm  # noqa: E402
from receiver import Receiver  # noqa: E402
from streams import server_context  # noqa: E402

BUILD = ROOT / "build/bench/turn"
SPANS = sum(count for count, *_ in demo.EDGE.spans.values())


def build():
    """The edge agent with USPAN_GZIP 1, built as by a user."""
    jobs = os.environ.get("JOBS", "2")
    for command in (["cmake", "-S", ROOT, "-B", BUILD, "-DCMAKE_BUILD_TYPE=Release", "-DUSPAN_TESTS=OFF", "-DUSPAN_GZIP=1"],
                    ["cmake", "--build", BUILD, "-j", jobs, "--target", "example_edge_agent"]):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{done.stdout}{done.stderr}")
    return BUILD / "examples/edge_agent"


class Relay:
    """Forwards bytes to a port of this machine and counts those of the client."""

    def __init__(self, port):
        self.target, self.sent = port, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            for one, other, counts in ((client, server, True), (server, client, False)):
                threading.Thread(target=self.pump, args=(one, other, counts), daemon=True).start()

    def pump(self, one, other, counts):
        try:
            while data := one.recv(65536):
                self.sent += len(data) if counts else 0
                other.sendall(data)
            other.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def run(program, compression):
    """(bytes of bodies, bytes of heads, all bytes that the client sent, requests)."""
    with Llm(server_context()) as llm, Receiver(server_context()) as receiver:
        relay = Relay(receiver.port)
        env = demo.environment(receiver, demo.certs.get().ca_pem, demo.model_of(llm))
        env["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = f"https://127.0.0.1:{relay.port}/v1/traces"
        env["OTEL_EXPORTER_OTLP_COMPRESSION"] = compression
        done = subprocess.run([program], env=env, timeout=60, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        receiver.wait_spans(SPANS, 2)
        encodings = {request.headers.get("content-encoding", "none") for request in receiver.requests}
        if done.returncode != 0 or len(receiver.spans) != SPANS or receiver.duplicates() or encodings != {compression}:
            raise RuntimeError(f"{compression}: {len(receiver.spans)} spans, {encodings}\n{done.stdout}{done.stderr}")
        relay.listener.close()
        lengths = [int(request.headers["content-length"]) for request in receiver.requests]
        return sum(lengths), sum(len(request.head) for request in receiver.requests), relay.sent, len(lengths)


def measure():
    """{key: figure} of both runs."""
    program, found = build(), {}
    for name, compression in (("plain", "none"), ("gzip", "gzip")):
        bodies, heads, sent, requests = run(program, compression)
        found |= {f"turn_{name}_body_bytes": bodies, f"turn_{name}_sent_bytes": sent,
                  f"turn_{name}_span_bytes": round(sent / SPANS)}
        found["turn_requests"] = requests
        found["turn_head_bytes"] = heads
    return found


if __name__ == "__main__":
    print(measure())
