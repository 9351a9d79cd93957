"""spans.py: one received span as plain Python values, and as a line of JSON."""
import json
from datetime import datetime, timezone
from functools import cached_property

import protos

KINDS = {0: "UNSPECIFIED", 1: "INTERNAL", 2: "SERVER", 3: "CLIENT", 4: "PRODUCER", 5: "CONSUMER"}
STATUSES = {0: "UNSET", 1: "OK", 2: "ERROR"}


def value_of(any_value):
    """AnyValue as str, bool, int, float, bytes, list or dict. None if it has no value."""
    which = any_value.WhichOneof("value")
    if which is None:
        return None
    held = getattr(any_value, which)
    if which == "array_value":
        return [value_of(item) for item in held.values]
    if which == "kvlist_value":
        return attributes_of(held.values)
    return held


def attributes_of(key_values):
    return {pair.key: value_of(pair.value) for pair in key_values}


def utc_text(unix_ns):
    return datetime.fromtimestamp(unix_ns // 1_000_000_000, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")


class ReceivedSpan:
    """A decoded span with its resource and scope. `proto`, `resource`, `scope` are the official messages."""

    def __init__(self, proto, resource, scope, schema_url="", request=0, connection=0):
        self.proto, self.resource, self.scope = proto, resource, scope
        self.schema_url, self.request, self.connection = schema_url, request, connection
        self.trace_id, self.span_id = proto.trace_id.hex(), proto.span_id.hex()
        self.parent_id = proto.parent_span_id.hex()
        self.name, self.kind = proto.name, KINDS.get(proto.kind, str(proto.kind))
        self.start_ns, self.end_ns = proto.start_time_unix_nano, proto.end_time_unix_nano
        self.status, self.message = STATUSES.get(proto.status.code,
                                                 str(proto.status.code)), proto.status.message

    @cached_property
    def attributes(self):
        return attributes_of(self.proto.attributes)

    @property
    def resource_attributes(self):
        return attributes_of(self.resource.attributes)

    @property
    def scope_attributes(self):
        return attributes_of(self.scope.attributes)

    @property
    def events(self):
        """(name, unix_ns, attributes) of each event."""
        return [(e.name, e.time_unix_nano, attributes_of(e.attributes)) for e in self.proto.events]

    @property
    def dropped(self):
        """Every loss that the span reports. {} if it lost nothing."""
        p = self.proto
        lost = {"attributes": p.dropped_attributes_count, "events": p.dropped_events_count,
                "links": p.dropped_links_count,
                "event attributes": sum(e.dropped_attributes_count for e in p.events),
                "link attributes": sum(k.dropped_attributes_count for k in p.links)}
        return {what: count for what, count in lost.items() if count}

    def as_dict(self):
        p = self.proto
        return {
            "trace_id": self.trace_id, "span_id": self.span_id, "parent_span_id": self.parent_id,
            "trace_state": p.trace_state, "flags": p.flags, "name": self.name, "kind": self.kind,
            "start_ns": self.start_ns, "end_ns": self.end_ns, "attributes": self.attributes,
            "events": [{"name": name, "time_ns": at, "attributes": attributes}
                       for name, at, attributes in self.events],
            "links": [{"trace_id": k.trace_id.hex(), "span_id": k.span_id.hex(), "trace_state": k.trace_state,
                       "flags": k.flags, "attributes": attributes_of(k.attributes)} for k in p.links],
            "status": {"code": self.status, "message": self.message}, "dropped": self.dropped,
            "resource": self.resource_attributes, "schema_url": self.schema_url,
            "scope": {"name": self.scope.name, "version": self.scope.version,
                      "attributes": self.scope_attributes},
            "request": self.request, "connection": self.connection,
        }

    def as_json(self):
        """The span as one line of JSON. Bytes are {"bytes": hex}."""
        return json.dumps(self.as_dict(), ensure_ascii=False,
                          default=lambda raw: {"bytes": bytes(raw).hex()})


def spans_of(message, request=0, connection=0):
    """Every span of an ExportTraceServiceRequest."""
    return [ReceivedSpan(span, block.resource, scoped.scope, scoped.schema_url, request, connection)
            for block in message.resource_spans for scoped in block.scope_spans for span in scoped.spans]


def keys_of(message):
    """trace id + span id of every span, as bytes. This is a cheap way to count them."""
    return [span.trace_id + span.span_id
            for block in message.resource_spans for scoped in block.scope_spans for span in scoped.spans]


def parse(body):
    """An export request. The only check is that it can be decoded. None if it cannot."""
    message = protos.ExportRequest()
    try:
        message.ParseFromString(body)
    except Exception:  # DecodeError. Its module depends on the implementation of protobuf
        return None
    return message
