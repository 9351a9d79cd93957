#!/usr/bin/python3
"""studio.py: answers as AgentScope Studio's HTTP server does, on /v1/traces and /trpc.

Invariant: as in Studio, a response depends on the request only. Every request is kept in `requests`.
Connections stay open and are closed after idle_s: Node's 5 s, unless a test sets a shorter time."""
import argparse
import json
import sys
from urllib.parse import parse_qs, unquote

import studio_store
from command import attend_commands
from server import Server, answer_bytes
from spans import parse
from streams import Idle

BODY_MAX = 10 * 1024 * 1024
JSON = "application/json; charset=utf-8"
HTML = "text/html; charset=utf-8"
TRPC_JSON = "application/json"
TRPC = {"BAD_REQUEST": (-32600, 400), "NOT_FOUND": (-32004, 404), "METHOD_NOT_SUPPORTED": (-32005, 405),
        "UNSUPPORTED_MEDIA_TYPE": (-32015, 415), "INTERNAL_SERVER_ERROR": (-32603, 500)}
QUERIES = ("getProjects", "getTraces", "getTrace", "getTraceStatistic", "getCurrentVersion")


class TrpcError(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def wrong_method(method, kind, procedure):
    return TrpcError("METHOD_NOT_SUPPORTED",
                     f'Unsupported {method}-request to {kind} procedure at path "{procedure}"')


def answer_json(status, value, content_type=JSON):
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return status, text, content_type


class Studio(Server):
    """.store (studio_store.Store): .spans, .runs, .dropped. .requests: every request, with the .status of its response.
    fail: {"traces": status, "registerRun": status, "pushMessage": status}: give this response instead, for tests of retries. A
    value may be a list with one status for each request. None: the normal response."""

    def __init__(self, port=0, idle_s=5.0, fail=None, tls=None):
        super().__init__(tls, port)
        self.idle_s, self.fail = idle_s, dict(fail or {})
        self.store, self.requests = studio_store.Store(), []

    def talk(self, connection):
        while True:
            connection.sock.settimeout(self.idle_s if connection.requests else None)
            try:
                request = connection.read_request()
            except Idle:
                request = None
            if request is None:
                return "close"
            status, body, content_type = self.answer(request)
            request.status = status
            with self.lock:
                self.requests.append(request)
                self.lock.notify_all()
            connection.app.send(answer_bytes(status, body, content_type, [
                ("X-Powered-By", "Express"), ("Access-Control-Allow-Origin", "*"),
                ("Connection", "keep-alive"),
                ("Keep-Alive", f"timeout={int(self.idle_s)}")]))
            if request.wants_close:
                return "drain"

    def told_to_fail(self, what):
        given = self.fail.get(what)
        if isinstance(given, list):
            given = given.pop(0) if given else None
        return given

    def answer(self, request):
        if request.faults:
            return 400, b"", None
        with self.lock:
            if request.path == "/v1/traces" and request.method == "POST":
                return self.traces(request)
            if request.path.startswith("/trpc/"):
                return self.trpc(request)
        return 404, f"<pre>Cannot {request.method} {request.path}</pre>".encode(), HTML

    # ---- OTLP ----

    def traces(self, request):
        failing = self.told_to_fail("traces")
        if failing:
            return answer_json(failing,
                               {"error": "Internal Server Error: ", "message": "Failed to process traces"})
        kind, encoding = request.headers.get("content-type", ""), request.headers.get("content-encoding")
        if len(request.body) > BODY_MAX:
            return 413, b"<pre>PayloadTooLargeError: request entity too large</pre>", HTML
        if "application/x-protobuf" not in kind and "application/json" not in kind:
            return answer_json(415, {"error": "Unsupported Media Type", "message":
                                     "Content-Type must be application/x-protobuf or application/json"})
        if encoding not in (None, "gzip", "deflate"):
            return answer_json(415, {"error": "Unsupported Content Encoding",
                                     "message": f"Unsupported content encoding: {encoding}"})
        if not request.body:
            return answer_json(400, {"error": "Bad Request", "message": "Empty request body"})
        if encoding:
            # Studio inflates the body twice: the framework has done it already, so the route's own attempt fails.
            return answer_json(400, {"error": "Bad Request", "message": "Failed to decompress request body"})
        if "application/x-protobuf" in kind:
            message = parse(request.body)
            if message is None:
                return answer_json(422, {"error": "Unprocessable Entity",
                                         "message": "Failed to parse OpenTelemetry protobuf data"})
            if not message.resource_spans:
                return answer_json(422, {"error": "Invalid or missing resourceSpans data",
                                         "message": "Invalid OpenTelemetry data"})
            self.store.take(message)
        else:
            try:
                blocks = json.loads(request.body).get("resourceSpans")
            except (ValueError, AttributeError):
                return answer_json(422,
                                   {"error": "Unprocessable Entity", "message": "Failed to parse JSON data"})
            if not isinstance(blocks, list):
                return answer_json(422, {"error": "Invalid or missing resourceSpans data",
                                         "message": "Invalid OpenTelemetry data"})
            # Its decoder reads snake_case keys. OTLP's JSON has none, so nothing is stored.
        return answer_json(200, {"message": "Processed traces successfully"})

    # ---- tRPC v11 ----

    def trpc(self, request):
        procedure = unquote(request.path[len("/trpc/"):])
        try:
            result = self.call(procedure, request)
        except TrpcError as error:
            code, status = TRPC[error.code]
            return answer_json(status, {"error": {"message": str(error), "code": code, "data": {
                "code": error.code, "httpStatus": status, "path": procedure}}}, TRPC_JSON)
        return answer_json(200, {"result": {} if result is None else {"data": result}}, TRPC_JSON)

    def call(self, procedure, request):
        failing = self.told_to_fail(procedure)
        if failing:
            raise TrpcError({400: "BAD_REQUEST"}.get(failing, "INTERNAL_SERVER_ERROR"), "told to fail")
        if procedure == "registerRun":
            if request.method != "POST":
                raise wrong_method(request.method, "mutation", procedure)
            return self.register_run(self.input_of(request))
        if procedure == "pushMessage":
            if request.method != "POST":
                raise wrong_method(request.method, "mutation", procedure)
            return self.push_message(self.input_of(request))
        if procedure not in QUERIES:
            raise TrpcError("NOT_FOUND", f'No procedure found on path "{procedure}"')
        if request.method != "GET":
            raise wrong_method(request.method, "query", procedure)
        given = parse_qs(request.target.partition("?")[2]).get("input", ["{}"])[0]
        try:
            given = json.loads(given)
        except ValueError as error:
            raise TrpcError("BAD_REQUEST", str(error)) from error
        return self.query(procedure, given if isinstance(given, dict) else {})

    @staticmethod
    def input_of(request):
        kind = request.headers.get("content-type")
        if kind is None or not kind.startswith("application/json"):
            raise TrpcError("UNSUPPORTED_MEDIA_TYPE", f'Unsupported content-type "{kind}"' if kind
                            else "Missing content-type header")
        try:
            return json.loads(request.body)
        except ValueError as error:
            raise TrpcError("BAD_REQUEST", str(error)) from error

    def register_run(self, body):
        issues = studio_store.run_issues(body)
        if issues:
            raise TrpcError("BAD_REQUEST", json.dumps(issues, indent=2, ensure_ascii=False))
        fields = ("id", "project", "name", "timestamp", "pid", "status")
        self.store.runs[body["id"]] = {**{field: body[field] for field in fields},
                                       "run_dir": body.get("run_dir") or ""}

    def push_message(self, body):
        issues = [{"code": code, "path": path} for code, path in studio_store.message_issues(body)]
        if issues:
            raise TrpcError("BAD_REQUEST", json.dumps(issues, indent=2))
        if body["runId"] not in self.store.runs:
            raise TrpcError("BAD_REQUEST", f"Run with id {body['runId']} does not exist")
        self.store.messages[body["msg"]["id"]] = body

    def query(self, procedure, given):
        page = given.get("pagination", given)
        first = (page.get("page", 1) - 1) * page.get("pageSize", 20)
        last = first + page.get("pageSize", 20)
        if procedure == "getProjects":
            listed = self.store.projects()
        elif procedure == "getTraces":
            listed = self.store.traces()
        elif procedure == "getTrace":
            if not isinstance(given.get("traceId"), str):
                raise TrpcError("BAD_REQUEST", json.dumps([{
                    "code": "invalid_type", "expected": "string", "received": "undefined",
                    "path": ["traceId"],
                    "message": "Required"}], indent=2))
            found = self.store.trace(given["traceId"])
            if found is None:
                raise TrpcError("INTERNAL_SERVER_ERROR", f"Trace with id {given['traceId']} not found")
            return found
        elif procedure == "getTraceStatistic":
            spans = self.store.spans.values()
            return {"totalTraces": len({s["traceId"] for s in spans}), "totalSpans": len(spans),
                    "errorTraces": len({s["traceId"] for s in spans if s["statusCode"] == 2}),
                    "totalTokens": sum(s["totalTokens"] or 0 for s in spans)}
        else:
            return {"success": True, "message": "Version retrieved successfully",
                    "data": {"version": "1.0.9"}}
        return {"success": True, "message": "fetched successfully", "data": {
            "list": listed[first:last], "total": len(listed), "page": page.get("page", 1),
            "pageSize": page.get("pageSize", 20)}}

    # ---- for tests ----

    @property
    def spans(self):
        return self.store.spans

    @property
    def runs(self):
        return self.store.runs

    def wait_spans(self, count, timeout_s=10.0):
        return self.wait(lambda: len(self.store.spans) >= count, timeout_s)

    def wait_run(self, run_id=None, status=None, timeout_s=10.0):
        """Wait for a run: any run if run_id is None. If a status is given, wait until the run has it."""
        return self.wait(lambda: any((run_id in (None, key)) and status in (None, run["status"])
                                     for key, run in self.store.runs.items()), timeout_s)

    def dump(self, path):
        with self.lock, open(path, "w", encoding="utf-8") as out:
            out.writelines(json.dumps(span, ensure_ascii=False) + "\n" for span in self.store.spans.values())

    def summary(self):
        with self.lock:
            orphans = [s for s in self.store.spans.values() if s["conversationId"] not in self.store.runs]
            return {"requests": [[r.method, r.target, r.status] for r in self.requests],
                    "connections": len(self.connections), "spans": len(self.store.spans),
                    "dropped": self.store.dropped, "runs": self.store.runs,
                    "errors": [c.error for c in self.connections if c.error],
                    "orphans": len(orphans)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--port-file")
    parser.add_argument("--idle", type=float, default=5.0, help="seconds until an idle connection is closed")
    options = parser.parse_args()
    with Studio(options.port, options.idle) as studio:
        attend_commands(studio, options.port_file)


if __name__ == "__main__":
    sys.exit(main())
