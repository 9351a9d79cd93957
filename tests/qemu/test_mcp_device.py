#!/usr/bin/python3
"""test_mcp_device.py: the MCP device of examples/mcp_device as firmware in QEMU. A client uses its serial line, the receiver
its network.

Invariant: no SDK is needed, because the client is a script of lines. Trace, parent and tracestate of each span are those that
the client wrote into `_meta`. Every response belongs to its request."""
import json
import socket
import sys
import tempfile
import threading
import unittest
from pathlib import Path

import firmware_cases  # must be first: it adds the folders of the others
import firmware
import qemu
from receiver import Receiver
from streams import server_context

BOARD = "mps2_an385"
LIMIT_S = 60
A, B = "4bf92f3577b34da6a3ce929d0e0e4736", "0af7651916cd43dd8448eb211c80319c"
CALLER_A, CALLER_B = "00f067aa0ba902b7", "b7ad6b7169203331"
META = {"_meta": {"traceparent": f"00-{A}-{CALLER_A}-01", "tracestate": "vendor=1"}}
OTHER = {"_meta": {"traceparent": f"00-{B}-{CALLER_B}-01", "progressToken": 1}}
NOT_SAMPLED = {"_meta": {"traceparent": f"00-{B}-{CALLER_B}-00"}}


def request(number, method, **params):
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})


def call(number, tool, bed, meta):
    return request(number, "tools/call", name=tool, arguments={"bed": bed}, **meta)


def text(words, failed=False):
    return {"content": [{"type": "text", "text": words}], "isError": failed}


# A line, and its response: a result or an error code. None: there is no response.
SCRIPT = [
    (request(0, "initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo={"name": "script", "version": "1"}),
     "2025-06-18"),
    (json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized", "params": META}), None),
    (request("list-1", "tools/list", **META), ["read_soil", "open_valve"]),
    (call(2, "read_soil", 3, META), text("15 %")),
    ("{\"jsonrpc\":\"2.0\",\"id\":3,", None),  # broken off
    (call(4, "open_valve", 3, OTHER), text("open")),
    ("x" * 5000, None),  # longer than the limit of a line
    (call(5, "open_valve", 7, META), text("stuck", True)),
    (call(6, "read_soil", 1, NOT_SAMPLED), text("13 %")),
    (call(7, "fly", 1, OTHER), -32602),
    (request(8, "ping", **META), {}),
]
UNSAMPLED = 1
ANSWERED = [told for _, told in SCRIPT if told is not None]


def told(answer):
    """The part of a response that SCRIPT contains."""
    result = answer.get("result")
    if result is None:
        return answer["error"]["code"]
    return result.get("protocolVersion") or [tool["name"] for tool in result.get("tools", [])] or result


class Wire:
    """The other end of the serial line. size: bytes of each piece that it writes. 0: all lines at once."""

    def __init__(self, folder, size):
        self.path, self.size, self.lines, self.fault = Path(folder) / "mcp", size, [], None
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.listener.listen(1)
        self.listener.settimeout(LIMIT_S)
        self.thread = threading.Thread(target=self.serve)

    def serve(self):
        try:
            connection, _ = self.listener.accept()
            connection.settimeout(LIMIT_S)
            with connection, connection.makefile("rb") as stream:
                if not self.size:
                    connection.sendall("".join(f"{line}\n" for line, _ in SCRIPT).encode())
                for line, answered in SCRIPT:
                    sent = f"{line}\n".encode() if self.size else b""
                    for at in range(0, len(sent), self.size or 1):
                        connection.sendall(sent[at:at + self.size])
                    if answered is not None:
                        self.lines.append(json.loads(stream.readline()))
        except (OSError, ValueError) as fault:
            self.fault = fault

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.thread.join()
        self.listener.close()


def talk(built, endpoint, size):
    with tempfile.TemporaryDirectory() as folder, Wire(folder, size) as wire:
        done = qemu.run(built, {"endpoint": endpoint, "messages": len(SCRIPT), "deadline_ms": 60000},
                        more=["-chardev", f"socket,id=mcp,path={wire.path}", "-serial", "chardev:mcp"])
    return wire, done


class McpDevice(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        built = firmware.build(BOARD, image="firmware_mcp")
        cls.runs = {}
        for tls, size in ((True, 0), (False, 1)):
            with Receiver(server_context() if tls else None) as receiver:
                endpoint = f"http{'s' * tls}://{qemu.LOOPBACK}:{receiver.port}/v1/traces"
                cls.runs[size] = (*talk(built, endpoint, size), receiver)

    def test_every_request_has_its_answer(self):
        for size, (wire, done, _) in self.runs.items():
            with self.subTest(pieces=size):
                self.assertIsNone(wire.fault, done.text)
                self.assertEqual([told(answer) for answer in wire.lines], ANSWERED, done.text)
                self.assertEqual([answer["id"] for answer in wire.lines], [0, "list-1", 2, 4, 5, 6, 7, 8])
                self.assertEqual(done.text.count("MCP: a message is too long"), 1, done.text)

    def test_every_span_is_delivered(self):
        for size, (_, done, receiver) in self.runs.items():
            with self.subTest(pieces=size):
                accounts = {name: done.account(name) for name in ("delivered", "queued", "dropped")}
                self.assertEqual(accounts, {"delivered": done.account("started") - UNSAMPLED, "queued": 0, "dropped": 0},
                                 done.text)
                self.assertEqual((len(receiver.spans), receiver.duplicates()), (accounts["delivered"], []), done.text)

    def test_spans_hang_below_the_callers_that_meta_names(self):
        for size, (_, done, receiver) in self.runs.items():
            with self.subTest(pieces=size):
                found = {}
                for span in receiver.spans:
                    found.setdefault((span.trace_id, span.parent_id), []).append((span.name, span.proto.kind, span.status))
                moves = {(span.trace_id, span.parent_id): found.pop((span.trace_id, span.parent_id)) for span in receiver.spans
                         if span.name == "move valve"}
                first = next(span for span in receiver.spans if span.name == "initialize")
                self.assertEqual(found, {
                    (first.trace_id, ""): [("initialize", 2, "OK")],
                    (A, CALLER_A): [("notifications/initialized", 2, "OK"), ("tools/list", 2, "OK"),
                                    ("tools/call read_soil", 2, "OK"), ("tools/call open_valve", 2, "ERROR"), ("ping", 2, "OK")],
                    (B, CALLER_B): [("tools/call open_valve", 2, "OK"), ("tools/call fly", 2, "UNSET")]}, done.text)
                calls = {span.span_id: span for span in receiver.spans}
                self.assertEqual([(trace, calls[parent].name, *spans[0][1:]) for (trace, parent), spans in sorted(moves.items())],
                                 [(B, "tools/call open_valve", 1, "OK"), (A, "tools/call open_valve", 1, "ERROR")])

    def test_spans_say_what_was_asked_and_answered(self):
        for size, (_, done, receiver) in self.runs.items():
            with self.subTest(pieces=size):
                calls = {span.attributes["jsonrpc.request.id"]: span for span in receiver.spans
                         if "jsonrpc.request.id" in span.attributes}
                watered, stuck, unknown = calls["4"].attributes, calls["5"].attributes, calls["7"].attributes
                self.assertEqual(json.loads(watered["gen_ai.tool.call.arguments"]), {"bed": 3})
                self.assertEqual(json.loads(watered["gen_ai.tool.call.result"]), text("open")["content"])
                self.assertEqual((watered["network.transport"], watered["mcp.protocol.version"]), ("pipe", "2025-06-18"))
                self.assertEqual((stuck["error.type"], unknown["rpc.response.status_code"]), ("tool_error", "-32602"))
                states = {span.proto.trace_state for span in receiver.spans if span.trace_id == A}
                self.assertEqual(states, {"vendor=1"}, done.text)

    def test_spans_leave_over_verified_https_where_the_endpoint_says_so(self):
        for size, (_, done, receiver) in self.runs.items():
            self.assertEqual({connection.tls_version for connection in receiver.connections if connection.requests},
                             {None if size else "TLSv1.3"}, done.text)


if __name__ == "__main__":
    sys.exit(firmware_cases.run())
