#!/usr/bin/python3
"""sample.py: makes export requests with the official classes, for the tests of the peers themselves.

Invariant: agent_trace() is the trace that demo.py expects, until a caller changes it.
As a command it replaces the example agent: it sends agent_trace() to the collector of the OTEL_* variables."""
import http.client
import os
import ssl
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support" / "peers"))
import protos  # noqa: E402

# The 188-byte vector: service dev, scope agentscope 1.0.21, one chat span.
VECTOR = bytes.fromhex(
    "0ab9010a170a150a0c736572766963652e6e616d6512050a03646576129d010a140a0a6167656e7473636f7065"
    "1206312e302e3231"
    "1284010a100af7651916cd43dd8448eb211c80319c1208b7ad6b71692033312a0663686174206d3003390000"
    "2a36fe9c971741002f928ffe9c97174a1f0a1567656e5f61692e6f7065726174696f6e2e6e616d6512060a04636861744a1f0a19"
    "67656e5f61692e75736167652e696e7075745f746f6b656e731202180c7a021801850101010000")


def set_value(value, held):
    if isinstance(held, bool):
        value.bool_value = held
    elif isinstance(held, int):
        value.int_value = held
    elif isinstance(held, float):
        value.double_value = held
    elif isinstance(held, bytes):
        value.bytes_value = held
    elif isinstance(held, list):
        value.array_value.SetInParent()
        for item in held:
            set_value(value.array_value.values.add(), item)
    else:
        value.string_value = held


def set_attributes(pairs, attributes):
    for key, held in attributes.items():
        pair = pairs.add(key=key)
        set_value(pair.value, held)


def envelope(service="sample"):
    """(request, its ScopeSpans), without spans."""
    request = protos.ExportRequest()
    block = request.resource_spans.add()
    set_attributes(block.resource.attributes, {"service.name": service})
    scoped = block.scope_spans.add()
    scoped.scope.name = "sample"
    return request, scoped


def add_span(scoped, name="work", parent=b"", kind=1, attributes=None, trace_id=None, span_id=None,
             start_ns=None, took_ns=1000, error=None):
    start_ns = start_ns or time.time_ns()
    span = scoped.spans.add(trace_id=trace_id or os.urandom(16), span_id=span_id or os.urandom(8), name=name,
                            parent_span_id=parent, kind=kind, start_time_unix_nano=start_ns,
                            end_time_unix_nano=start_ns + took_ns, flags=0x103)
    set_attributes(span.attributes, attributes or {})
    if error:
        span.status.code, span.status.message = 2, error
        event = span.events.add(name="exception", time_unix_nano=start_ns + took_ns)
        set_attributes(event.attributes, {"exception.message": error})
    return span


def agent_trace():
    request, scoped = envelope(os.environ.get("OTEL_SERVICE_NAME", "sample"))
    start_ns, ms = time.time_ns(), 1_000_000
    trace_id = os.urandom(16)

    def add(at_ms, took_ms, operation, name, parent=b"", **more):
        attributes = {"gen_ai.operation.name": operation, **more.pop("attributes")}
        return add_span(scoped, f"{operation} {name}", parent, attributes=attributes, trace_id=trace_id,
                        start_ns=start_ns + at_ms * ms, took_ns=took_ms * ms, **more)

    def usage(tokens_in, tokens_out):
        return {"gen_ai.provider.name": "dashscope", "gen_ai.request.model": "qwen-max",
                "gen_ai.usage.input_tokens": tokens_in, "gen_ai.usage.output_tokens": tokens_out}

    agent = add(0, 1900, "invoke_agent", "greenhouse", attributes={"gen_ai.agent.name": "greenhouse"})
    below = agent.span_id
    add(1, 2, "format", "dashscope", below, attributes={"agentscope.format.target": "dashscope"})
    add(4, 800, "chat", "qwen-max", below, kind=3, attributes=usage(812, 64))
    add(810, 40, "execute_tool", "read_soil", below,
        attributes={"gen_ai.tool.name": "read_soil", "gen_ai.tool.call.id": "call_1"})
    add(860, 300, "execute_tool", "set_valve", below, error="the valve does not answer",
        attributes={"gen_ai.tool.name": "set_valve", "gen_ai.tool.call.id": "call_2",
                    "error.type": "timeout"})
    add(1200, 690, "chat", "qwen-max", below, kind=3, attributes=usage(901, 38))
    return request


def connect(url, cafile=None, context=None):
    parts = urlsplit(url)
    if parts.scheme == "https":
        return http.client.HTTPSConnection(parts.hostname, parts.port, timeout=30,
                                           context=context or ssl.create_default_context(cafile=cafile))
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)


def post(url, body, content_type="application/x-protobuf", cafile=None, connection=None, headers=()):
    """(status, headers, body) of one POST. headers are sent in addition to Content-Type."""
    connection = connection or connect(url, cafile)
    connection.putrequest("POST", urlsplit(url).path or "/", skip_accept_encoding=True)
    for name, value in [("Content-Type", content_type), ("Content-Length", str(len(body))), *headers]:
        if value is not None:
            connection.putheader(name, value)
    connection.endheaders(body)
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()


def one_span(**changes):
    """Bytes of a request with one valid span, in which some fields are set to the given values."""
    request, scoped = envelope()
    given = {key: changes.pop(key) for key in ("parent", "attributes") if key in changes}
    span = add_span(scoped, **given)
    for field, value in changes.items():
        setattr(span, field, value)
    return request.SerializeToString()


def main():
    status, _, body = post(os.environ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"],
                           agent_trace().SerializeToString(),
                           cafile=os.environ.get("OTEL_EXPORTER_OTLP_CERTIFICATE"))
    if status != 200:
        print(f"sample.py: {status} {body!r}", file=sys.stderr)
    return status != 200


if __name__ == "__main__":
    sys.exit(main())
