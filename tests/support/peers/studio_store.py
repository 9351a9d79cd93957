"""studio_store.py: what AgentScope Studio stores of spans and runs, including its bugs.

It follows agentscope-ai/agentscope-studio v1.0.9 (packages/server/src/otel, dao, trpc) in behaviour only.
Invariant: the key of a span is its span id alone. A later span with the same id replaces the earlier one."""
import json
import math

STATUSES = ("running", "pending", "done", "unknown")
COLUMNS = {"statusCode", "schemaUrl", "serviceName", "operationName", "instrumentationName", "instrumentationVersion", "model",
           "inputTokens", "outputTokens", "totalTokens"}
NOT_JSON = object()


def js_number(value):
    """An integer as a JavaScript number: above 2^53 it loses its last digits."""
    return int(float(value))


def js_number_text(value):
    """String(number): the shortest digits that identify the double, then zeros."""
    if value == 0:
        return "0"
    mantissa, _, exponent = f"{float(value)!r}".partition("e")
    if not exponent:
        return str(int(float(mantissa)))
    whole, _, fraction = mantissa.partition(".")
    digits = whole + fraction.rstrip("0")
    return digits + "0" * (int(exponent) + 1 - len(digits))


def refuse_constant(name):
    raise ValueError(name)  # JSON.parse accepts no NaN and no Infinity


def parse_json(text):
    """JSON.parse: integers become doubles. NOT_JSON if the text is not JSON."""
    try:
        return json.loads(text, parse_constant=refuse_constant, parse_int=js_int)
    except (ValueError, RecursionError):
        return NOT_JSON


def js_int(text):
    number = float(text)
    return None if math.isinf(number) else int(number)


def decode_value(value):
    """Studio checks each member for a truthy value in turn. A zero of any type becomes the number 0."""
    which = value.WhichOneof("value")
    if which is None:
        return 0
    held = getattr(value, which)
    if which == "array_value":
        return [decode_value(item) for item in held.values]
    if which == "kvlist_value":
        return {pair.key: decode_value(pair.value) for pair in held.values}
    if which == "bytes_value":
        return {str(at): byte for at, byte in enumerate(held)} if held else 0
    if which == "int_value":
        return js_number(held)
    return held if held else 0


def decode_attributes(pairs):
    """Strings that are JSON text are replaced by their values. Then dotted keys become nested objects."""
    flat = {}
    for pair in pairs:
        value = decode_value(pair.value)
        parsed = parse_json(value) if isinstance(value, str) else NOT_JSON
        flat[pair.key] = value if parsed is NOT_JSON else parsed
    nested = {}
    for key, value in flat.items():
        *path, last = key.split(".")
        at = nested
        for part in path:
            if not isinstance(at.get(part), dict):
                at[part] = {}
            at = at[part]
        at[last] = value
    return nested


def dig(nested, key):
    for part in key.split("."):
        nested = nested.get(part) if isinstance(nested, dict) else None
    return nested


def only(kind, value):
    """Studio's columns are typed: a name that JSON turned into a number is not accepted as a name."""
    return value if isinstance(value, kind) and not isinstance(value, bool) else None


def decode_span(span, resource, scope, schema_url):
    attributes = decode_attributes(span.attributes)
    resource_attributes = decode_attributes(resource.attributes)
    scope_attributes = decode_attributes(scope.attributes)
    tokens = [only((int, float), dig(attributes, f"gen_ai.usage.{side}_tokens"))
              for side in ("input", "output")]
    return {
        "spanId": span.span_id.hex(), "traceId": span.trace_id.hex(),
        "parentSpanId": span.parent_span_id.hex(),
        "name": span.name, "kind": span.kind, "flags": span.flags, "traceState": span.trace_state,
        "startTimeUnixNano": js_number_text(span.start_time_unix_nano),
        "endTimeUnixNano": js_number_text(span.end_time_unix_nano),
        "latencyNs": js_number(span.end_time_unix_nano) - js_number(span.start_time_unix_nano),
        "attributes": attributes, "status": {"code": span.status.code, "message": span.status.message},
        "statusCode": span.status.code,
        "events": [{"name": e.name, "time": js_number_text(e.time_unix_nano),
                    "attributes": decode_attributes(e.attributes)} for e in span.events],
        "links": [{"traceId": k.trace_id.hex(), "spanId": k.span_id.hex()} for k in span.links],
        "resource": {"attributes": resource_attributes},
        "scope": {"name": scope.name, "version": scope.version, "attributes": scope_attributes},
        "schemaUrl": schema_url,
        "serviceName": only(str, dig(resource_attributes, "service.name")),
        "operationName": only(str, dig(attributes, "gen_ai.operation.name")),
        "instrumentationName": only(str, dig(scope_attributes, "server.name")),
        "instrumentationVersion": only(str, dig(scope_attributes, "server.version")),
        "model": only(str, dig(attributes, "gen_ai.request.model")),
        "inputTokens": tokens[0], "outputTokens": tokens[1],
        "totalTokens": None if None in tokens else sum(tokens),
        "conversationId": only(str, dig(attributes, "gen_ai.conversation.id")) or "unknown",
    }


def run_issues(body):
    """The issues that zod reports for registerRun's input. [] if the input is valid."""
    if not isinstance(body, dict):
        return [{"code": "invalid_type", "expected": "object", "received": js_type(body), "path": [],
                 "message": "Required" if body is None else f"Expected object, received {js_type(body)}"}]
    issues = []
    for field, expected in (("id", "string"), ("project", "string"), ("name", "string"),
                            ("timestamp", "string"),
                            ("pid", "number"), ("status", "enum"), ("run_dir", "optional")):
        missing = field not in body
        kind = "undefined" if missing else js_type(body[field])
        if expected == "optional":
            if kind in ("undefined", "null", "string"):
                continue
            expected = "string"
        if expected == "enum":
            if kind == "string" and body[field] in STATUSES:
                continue
            expected = " | ".join(f"'{status}'" for status in STATUSES)
        if kind == expected:
            continue
        if field == "status" and kind == "string":
            issues.append({"received": body[field], "code": "invalid_enum_value", "options": list(STATUSES),
                           "path": [field],
                           "message": f"Invalid enum value. Expected {expected}, received '{body[field]}'"})
        else:
            issues.append({"code": "invalid_type", "expected": expected, "received": kind, "path": [field],
                           "message": "Required" if missing else f"Expected {expected}, received {kind}"})
    return issues


def message_issues(body):
    """Issues of pushMessage's input, path and code. [] if it is valid. Content is a text, or blocks of text, tool_use and
    tool_result. Other blocks of Studio are not supported here."""
    def text_of(holder, path, field, optional=False):
        value = holder.get(field)
        if not isinstance(value, str) and not (optional and value is None):
            yield "invalid_type", [*path, field]

    if not isinstance(body, dict):
        yield "invalid_type", []
        return
    yield from text_of(body, [], "runId")
    for field in ("replyId", "replyName", "replyRole"):
        yield from text_of(body, [], field, optional=True)
    message = body.get("msg")
    if not isinstance(message, dict):
        yield "invalid_type", ["msg"]
        return
    for field in ("id", "name", "role", "timestamp"):
        yield from text_of(message, ["msg"], field)
    content = message.get("content")
    if not isinstance(content, str) and not (isinstance(content, list) and all(is_block(block) for block in content)):
        yield "invalid_union", ["msg", "content"]


def is_block(block):
    kind = block.get("type") if isinstance(block, dict) else None
    named = kind and all(isinstance(block.get(field), str) for field in ("id", "name"))
    if kind == "tool_use":
        return named and isinstance(block.get("input"), dict)
    if kind == "tool_result":
        output = block.get("output")
        return named and (isinstance(output, str) or (isinstance(output, list) and all(map(is_block, output))))
    return kind == "text" and isinstance(block.get("text"), str)


def js_type(value):
    for kind, name in ((bool, "boolean"), ((int, float), "number"), (str, "string"), (list, "array"),
                       (dict, "object")):
        if isinstance(value, kind):
            return name
    return "null"


class Store:
    """.spans: by span id, decoded. .runs: by run id. .messages: by message id, in order of arrival. .dropped: the reasons why
    spans were not stored although the response was 200."""

    def __init__(self):
        self.spans, self.runs, self.messages, self.dropped = {}, {}, {}, []

    def take(self, message):
        for block in message.resource_spans:
            for scoped in block.scope_spans:
                for span in scoped.spans:
                    why = self.drop_reason(span, block, scoped)
                    if why:
                        self.dropped.append(why)
                    else:
                        decoded = decode_span(span, block.resource, scoped.scope, scoped.schema_url)
                        self.spans[decoded["spanId"]] = decoded

    @staticmethod
    def drop_reason(span, block, scoped):
        for held, what in ((block.HasField("resource"), "resource"), (scoped.HasField("scope"), "scope"),
                           (span.trace_id, "trace_id"), (span.span_id, "span_id"), (span.name, "name"),
                           (span.start_time_unix_nano, "start time"), (span.end_time_unix_nano, "end time")):
            if not held:
                return f"no {what}"
        return None

    def trace(self, trace_id):
        """The response of getTrace, without the columns that Studio has for its own queries. None for a trace that is not
        stored. Times are sorted as text."""
        spans = sorted((s for s in self.spans.values() if s["traceId"] == trace_id),
                       key=lambda s: s["startTimeUnixNano"])
        if not spans:
            return None
        start = spans[0]["startTimeUnixNano"]
        end = max(s["endTimeUnixNano"] for s in spans)
        tokens = sum(s["totalTokens"] or 0 for s in spans)
        shown = [{key: value for key, value in s.items() if key not in COLUMNS} for s in spans]
        return {"traceId": trace_id, "spans": shown, "startTime": start, "endTime": end,
                "duration": (int(end) - int(start)) / 1e9, "status": 2 if any(s["statusCode"] == 2 for s in spans) else 1,
                **({"totalTokens": tokens} if tokens else {})}

    def traces(self):
        """The list of getTraces, the latest trace first."""
        listed = [self.trace(trace_id) for trace_id in {s["traceId"] for s in self.spans.values()}]
        listed.sort(key=lambda t: t["startTime"], reverse=True)
        return [{"traceId": t["traceId"], "name": t["spans"][0]["name"], "startTime": t["startTime"],
                 "endTime": t["endTime"], "duration": t["duration"], "status": t["status"],
                 "spanCount": len(t["spans"]), "totalTokens": t.get("totalTokens", 0)} for t in listed]

    def run_spans(self, run_id):
        """The spans that the run's page shows. None are shown unless the run was registered."""
        return [s for s in self.spans.values() if run_id in self.runs and s["conversationId"] == run_id]

    def projects(self):
        counts = {}
        for run in self.runs.values():
            entry = counts.setdefault(run["project"], {"project": run["project"], "running": 0, "pending": 0,
                                                       "finished": 0, "total": 0,
                                                       "createdAt": run["timestamp"]})
            entry["total"] += 1
            side = {"running": "running", "pending": "pending", "done": "finished"}.get(run["status"])
            if side:
                entry[side] += 1
            entry["createdAt"] = min(entry["createdAt"], run["timestamp"])
        return sorted(counts.values(), key=lambda entry: entry["createdAt"], reverse=True)
