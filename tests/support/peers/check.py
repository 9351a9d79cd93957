"""check.py: refuses every export request that breaks the wire rules (opentelemetry-proto, W3C trace context).

Invariant: every receiver that implements the official protos accepts what decode() returns."""
import re

import protos
from spans import parse

FLAGS_MASK = 0x3FF  # trace flags, remote known, remote. A sender leaves the rest 0
STATE_KEY = r"[a-z0-9][a-z0-9_\-*/@]{0,255}"
STATE_MEMBER = re.compile(STATE_KEY + r"=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]")


class Refused(Exception):
    """status: of the HTTP response. The text goes into the google.rpc.Status body."""

    def __init__(self, text, status=400):
        super().__init__(text)
        self.status = status


def need(true, text):
    if not true:
        raise Refused(text)


def check_value(value, where):
    """The depth is already limited: the decoder allows 100 nested messages."""
    which = value.WhichOneof("value")
    need(which is not None, f"{where}: empty AnyValue (a oneof zero left out?)")
    if which == "array_value":
        for item in value.array_value.values:
            check_value(item, where)
    elif which == "kvlist_value":
        check_attributes(value.kvlist_value.values, where)


def check_attributes(pairs, where):
    keys = set()
    for pair in pairs:
        need(pair.key, f"{where}: empty attribute key")
        need(pair.key not in keys, f"{where}: attribute {pair.key} twice")
        keys.add(pair.key)
        if pair.value.WhichOneof("value") in ("string_value", "int_value", "double_value", "bool_value"):
            continue
        check_value(pair.value, f"{where}: {pair.key}")


def check_id(raw, length, where):
    need(len(raw) == length, f"{where}: {len(raw)} bytes, not {length}")
    need(raw.count(0) != length, f"{where}: all zero")


def check_flags(flags, where):
    need(flags & ~FLAGS_MASK == 0, f"{where}: flags {flags:#x} use reserved bits")
    need(flags & 0x300 != 0x200, f"{where}: flags {flags:#x} say remote without saying known")


def check_trace_state(text, where):
    if not text:
        return
    members = [member.strip(" \t") for member in text.split(",")]
    members = [member for member in members if member]
    need(len(members) <= 32, f"{where}: trace_state with {len(members)} members")
    need(all(STATE_MEMBER.fullmatch(member) for member in members), f"{where}: trace_state {text!r}")
    keys = [member.split("=")[0] for member in members]
    need(len(set(keys)) == len(keys), f"{where}: trace_state key twice")


def check_span(span):
    check_id(span.trace_id, 16, f"span {span.name!r}: trace_id")
    check_id(span.span_id, 8, f"span {span.name!r}: span_id")
    where = f"span {span.span_id.hex()}"
    need(span.name, f"{where}: empty name")
    if span.parent_span_id:
        check_id(span.parent_span_id, 8, f"{where}: parent_span_id")
        need(span.parent_span_id != span.span_id, f"{where}: its own parent")
    need(1 <= span.kind <= 5, f"{where}: kind {span.kind}")
    need(span.start_time_unix_nano, f"{where}: no start time")
    need(span.end_time_unix_nano >= span.start_time_unix_nano, f"{where}: ends before its start")
    need(0 <= span.status.code <= 2, f"{where}: status code {span.status.code}")
    need(span.status.code == 2 or not span.status.message, f"{where}: status message without an error")
    check_flags(span.flags, where)
    check_trace_state(span.trace_state, where)
    check_attributes(span.attributes, where)
    for event in span.events:
        need(event.name, f"{where}: event without a name")
        need(event.time_unix_nano, f"{where}: event {event.name} without a time")
        check_attributes(event.attributes, f"{where}: event {event.name}")
    for link in span.links:
        check_id(link.trace_id, 16, f"{where}: link trace_id")
        check_id(link.span_id, 8, f"{where}: link span_id")
        check_flags(link.flags, f"{where}: link")
        check_trace_state(link.trace_state, f"{where}: link")
        check_attributes(link.attributes, f"{where}: link")


def check_ids(message):
    """The part for bulk: there are spans, ids have their full length, and no id is twice in this request."""
    keys = []
    for block in message.resource_spans:
        for scoped in block.scope_spans:
            for span in scoped.spans:
                if len(span.trace_id) != 16 or len(span.span_id) != 8:
                    check_span(span)  # raises with the faulty id
                keys.append(span.trace_id + span.span_id)
    need(keys, "no spans")
    need(len(set(keys)) == len(keys), "a span twice in one request")
    return keys


def check_message(message):
    for block in message.resource_spans:
        need(block.HasField("resource"), "ResourceSpans without a resource")
        check_attributes(block.resource.attributes, "resource")
        names = [pair.value.string_value for pair in block.resource.attributes if pair.key == "service.name"]
        need(names and names[0], "resource without service.name")
        need(block.scope_spans, "ResourceSpans without ScopeSpans")
        for scoped in block.scope_spans:
            need(scoped.HasField("scope"), "ScopeSpans without a scope")
            need(scoped.scope.name, "scope without a name")
            check_attributes(scoped.scope.attributes, "scope")
            need(scoped.spans, "ScopeSpans without spans")
            for span in scoped.spans:
                check_span(span)


def decode(body, bulk=False):
    """An export request from bytes. Refused has the reason if it is invalid. bulk: check only ids and decodability."""
    need(body, "empty body")
    message = parse(body)
    need(message is not None, "cannot be decoded (cut short, wrong wire type or invalid UTF-8)")
    if not bulk:
        size = message.ByteSize()
        message.DiscardUnknownFields()
        known = message.ByteSize()
        need(known == size, f"unknown fields, {size - known} bytes")
        # A minimal encoder writes exactly this many bytes. More means a padded varint, a default that is written, or a message
        # field that is given twice. These are legal, but uspan must not send them.
        need(size == len(body), f"{len(body)} bytes where {size} would do")
    check_ids(message)
    if not bulk:
        check_message(message)
    return message


def rpc_status(text, code=3):
    """The body of an error response. code 3: INVALID_ARGUMENT."""
    return protos.RpcStatus(code=code, message=text).SerializeToString()
