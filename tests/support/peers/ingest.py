"""ingest.py: OpenAI's trace ingest, as the exporter of the Agents SDK 0.24.0 uses it.

Invariant: everything that was answered with 204 is in `items`, and each item keeps the rules below. `script` has responses, as
(status, headers), that are given first. Items of requests that they refuse are not kept. Status 0 ends the connection."""
import json
import re

from server import Server, answer_bytes

KEY = "sk-of-the-test"
FIELD_MAX, BATCH_MAX = 100_000, 128
TRACE, SPAN = re.compile("trace_[0-9a-f]{32}"), re.compile("span_[0-9a-f]{24}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00")
TYPES = {"agent": {"name", "handoffs", "tools", "output_type"}, "function": {"name", "input", "output", "mcp_data"},
         "generation": {"input", "output", "model", "model_config", "usage"}, "response": {"response_id"},
         "handoff": {"from_agent", "to_agent"}, "guardrail": {"name", "triggered"}, "custom": {"name", "data"},
         "transcription": {"input", "output", "model", "model_config"}, "speech_group": {"input"},
         "speech": {"input", "output", "model", "model_config", "first_content_at"}, "mcp_tools": {"server", "result"}}
TRACE_FIELDS = {"object", "id", "workflow_name", "group_id", "metadata"}
SPAN_FIELDS = {"object", "id", "trace_id", "parent_id", "started_at", "ended_at", "span_data", "error"}


def no_constant(name):
    raise ValueError(f"{name} is no JSON")


def faults_of_usage(data):
    usage = data.get("usage")
    if usage is not None and data["type"] != "generation":
        yield f"usage on {data['type']}"
    if usage is None:
        return
    if not set(usage) <= {"input_tokens", "output_tokens", "details"}:
        yield f"usage {sorted(usage)}"
    if not all(isinstance(usage.get(key), (int, float)) for key in ("input_tokens", "output_tokens")):
        yield "usage without counts"


def faults_of_span(item):
    if not set(SPAN_FIELDS) <= set(item) <= SPAN_FIELDS | {"metadata"}:
        yield f"fields {sorted(item)}"
        return
    ids = [(item["id"], SPAN), (item["trace_id"], TRACE)] + ([] if item["parent_id"] is None else [(item["parent_id"], SPAN)])
    yield from (f"id {text}" for text, form in ids if not form.fullmatch(text))
    yield from (f"time {item[key]}" for key in ("started_at", "ended_at") if not TIME.fullmatch(item[key]))
    if item["error"] is not None and set(item["error"]) != {"message", "data"}:
        yield f"error {item['error']}"
    data = item["span_data"]
    if set(data) - {"usage"} != {"type"} | TYPES.get(data.get("type"), set()) - {"usage"}:
        yield f"span_data {sorted(data)} of type {data.get('type')}"
        return
    for field in ("input", "output"):
        size = len(json.dumps(data.get(field), ensure_ascii=False, separators=(",", ":")).encode())
        if size > FIELD_MAX:
            yield f"{field} of {size} bytes"
    yield from faults_of_usage(data)


def faults_of(item):
    """Each rule that an item breaks."""
    if item.get("object") == "trace.span":
        yield from faults_of_span(item)
    elif item.get("object") != "trace" or set(item) != TRACE_FIELDS:
        yield f"object {item.get('object')} with {sorted(item)}"
    elif not TRACE.fullmatch(item["id"]) or not isinstance(item["workflow_name"], str):
        yield f"trace {item['id']} {item['workflow_name']!r}"


class Ingest(Server):
    """.items: the accepted items. .batches: their sizes. .refused: texts. .headers: those of each request."""

    def __init__(self, script=(), **more):
        super().__init__(**more)
        self.script, self.items, self.batches, self.refused, self.headers = list(script), [], [], [], []

    def url(self, path="/v1/traces/ingest", host="127.0.0.1"):
        return super().url(path, host)

    def talk(self, connection):
        while True:
            request = connection.read_request()
            if request is None:
                return "close"
            with self.lock:
                self.headers.append(request.headers)
                status, headers = self.script.pop(0) if self.script else (204, {})
            if 200 <= status < 300:
                status = self.take(request)
            if status == 0:
                return "reset"
            connection.app.send(answer_bytes(status, b"", "application/json", headers=list(headers.items())))
            if request.wants_close:
                return "drain"

    def take(self, request):
        wanted = {"authorization": f"Bearer {KEY}", "content-type": "application/json", "openai-beta": "traces=v1"}
        faults = [f"{name}: {request.headers.get(name)}" for name, value in wanted.items() if request.headers.get(name) != value]
        if request.method != "POST" or request.path != "/v1/traces/ingest":
            faults.append(f"{request.method} {request.path}")
        try:
            body = json.loads(request.body.decode("utf-8"), parse_constant=no_constant)
        except ValueError as error:
            body = {"data": []}
            faults.append(str(error))
        if set(body) != {"data"} or not 1 <= len(body["data"]) <= BATCH_MAX:
            faults.append(f"{len(body['data'])} items, fields {sorted(body)}")
        faults += [fault for item in body["data"] for fault in faults_of(item)]
        with self.lock:
            self.refused += faults
            if not faults:
                self.items += body["data"]
                self.batches.append(len(body["data"]))
        return 400 if faults else 204
