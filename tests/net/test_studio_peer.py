#!/usr/bin/python3
"""test_studio_peer.py: the test peer of AgentScope Studio refuses, stores and answers as Studio does.

Invariant: each peculiarity of Studio has a test that fails if the peer loses it."""
import gzip
import json
import socket
import sys
import unittest
from urllib.parse import quote

import sample
from runner import run
from sample import VECTOR, add_span, envelope, one_span, post

import protos
import rows
import studio_store
from studio import Studio


class StudioContract(unittest.TestCase):
    RUN = {"id": "dev42-boot17", "project": "greenhouse", "name": "boot17",
           "timestamp": "2025-11-28 00:38:52.733",
           "pid": 1, "status": "running", "run_dir": ""}

    def register(self, studio, body, content_type="application/json"):
        status, _, answer = post(studio.url("/trpc/registerRun"), json.dumps(body).encode(), content_type)
        return status, json.loads(answer)

    def query(self, studio, procedure, given):
        connection = sample.connect(studio.url())
        connection.request("GET", f"/trpc/{procedure}?input={quote(json.dumps(given))}")
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    def test_traces_are_stored_and_answered_in_json(self):
        with Studio() as studio:
            status, headers, body = post(studio.url(), VECTOR)
            self.assertEqual((status, headers["Content-Type"], body),
                             (200, "application/json; charset=utf-8", rows.STUDIO.encode()))
            _, answer = self.query(studio, "getTrace", {"traceId": "0af7651916cd43dd8448eb211c80319c"})
            trace = answer["result"]["data"]
            self.assertEqual((trace["status"], trace["duration"], trace["spans"][0]["attributes"]["gen_ai"]["operation"]),
                             (1, 1.5, {"name": "chat"}))
            self.assertNotIn("operationName", trace["spans"][0])
            self.assertEqual(trace["spans"][0]["attributes"]["gen_ai"]["usage"], {"input_tokens": 12})
            self.assertEqual(self.query(studio, "getTrace", {"traceId": "00"})[0], 500)
            self.assertEqual(self.query(studio, "getTraces", {})[1]["result"]["data"]["data"]["total"], 1)
            self.assertEqual(self.query(studio, "getTrace", {})[0], 400)

    def test_each_refusal_has_its_status(self):
        kind = "application/x-protobuf"
        with Studio() as studio:
            for body, content_type, encoding, expected in (
                    (VECTOR, None, None, 415), (VECTOR, "text/plain", None, 415), (VECTOR, kind, "br", 415),
                    (gzip.compress(VECTOR), kind, "gzip", 400), (VECTOR, kind, "deflate", 400),
                    (b"", kind, None, 400),
                    (bytes(10 * 1024 * 1024 + 1), kind, None, 413), (b"\xff\xff", kind, None, 422),
                    (b"\x12\x00", kind, None, 422), (b'{"resourceSpans":[]}', "application/json", None, 200),
                    (b"{}", "application/json", None, 422), (VECTOR, kind + "; charset=utf-8", None, 200)):
                headers = [("Content-Encoding", encoding)] if encoding else []
                status, answer_headers, _ = post(studio.url(), body, content_type, headers=headers)
                self.assertEqual(status, expected, (body[:8], content_type, encoding))
                self.assertEqual("json" in answer_headers["Content-Type"], status != 413)
            self.assertEqual(post(studio.url("/"), VECTOR)[0], 404)
        self.assertEqual(len(studio.spans), 1)

    def test_spans_it_cannot_use_vanish_with_a_200(self):
        with Studio() as studio:
            for changes in ({"trace_id": b""}, {"span_id": b""}, {"name": ""}, {"start_time_unix_nano": 0},
                            {"end_time_unix_nano": 0}):
                self.assertEqual(post(studio.url(), one_span(**changes))[0], 200)
            request = protos.ExportRequest.FromString(VECTOR)
            request.resource_spans[0].scope_spans[0].ClearField("scope")
            post(studio.url(), request.SerializeToString())
            request.resource_spans[0].ClearField("resource")
            post(studio.url(), request.SerializeToString())
        self.assertEqual(studio.spans, {})
        self.assertEqual(studio.store.dropped, ["no trace_id", "no span_id", "no name", "no start time",
                                                "no end time", "no scope", "no resource"])

    def test_attributes_suffer_as_in_studio(self):
        given = {"text": "plain", "object": '{"a":[1]}', "number": "123", "null": "null", "not_json": "NaN",
                 "empty": "", "false": False, "zero": 0.0, "true": True, "pi": 3.5, "big": 2**53 + 1,
                 "list": ["1", ""], "a": 1, "a.b": 2, "gen_ai.request.model": "42", "bytes": b"\1"}
        body = one_span(attributes=given)
        span = protos.ExportRequest.FromString(body).resource_spans[0].scope_spans[0].spans[0]
        decoded = studio_store.decode_attributes(span.attributes)
        self.assertEqual(decoded, {
            "text": "plain", "object": {"a": [1]}, "number": 123, "null": None, "not_json": "NaN", "empty": 0,
            "false": 0, "zero": 0, "true": True, "pi": 3.5, "big": 2**53, "list": ["1", 0], "a": {"b": 2},
            "gen_ai": {"request": {"model": 42}}, "bytes": {"0": 1}})
        with Studio() as studio:
            post(studio.url(), body)
        self.assertIsNone(next(iter(studio.spans.values()))["model"])

    def test_times_are_text_of_rounded_numbers(self):
        for exact, text in ((1700000000123456789, "1700000000123456800"),
                            (1700000000000000000, "1700000000000000000"),
                            (5_000_000_000, "5000000000"), (0, "0")):
            self.assertEqual(studio_store.js_number_text(exact), text)

    def test_the_span_id_alone_is_the_key(self):
        with Studio() as studio:
            for name in ("one", "two"):
                request, scoped = envelope()
                add_span(scoped, name, span_id=b"same-id!")
                post(studio.url(), request.SerializeToString())
        self.assertEqual([span["name"] for span in studio.spans.values()], ["two"])

    def test_runs_are_registered_updated_and_checked(self):
        with Studio() as studio:
            self.assertEqual(self.register(studio, self.RUN), (200, {"result": {}}))
            self.assertEqual(self.register(studio, {**self.RUN, "status": "done", "run_dir": None})[0], 200)
            self.assertTrue(studio.wait_run("dev42-boot17", "done", 1))
            self.assertEqual(len(studio.runs), 1)
            for change, code in (({"pid": "1"}, "invalid_type"), ({"status": "ended"}, "invalid_enum_value"),
                                 ({"id": None}, "invalid_type")):
                status, answer = self.register(studio, {**self.RUN, **change})
                error = answer["error"]
                self.assertEqual((status, error["code"], error["data"]), (400, -32600, {
                    "code": "BAD_REQUEST", "httpStatus": 400, "path": "registerRun"}))
                self.assertEqual([(i["code"], i["path"]) for i in json.loads(error["message"])],
                                 [(code, list(change))])
            self.assertEqual(len(json.loads(self.register(studio, {})[1]["error"]["message"])), 6)
            self.assertEqual(self.register(studio, self.RUN, "text/plain")[1]["error"]["code"], -32015)
            self.assertEqual(self.query(studio, "registerRun", {})[0], 405)
            self.assertEqual(self.query(studio, "finishRun", {})[1]["error"]["code"], -32004)
            projects = self.query(studio, "getProjects", {})[1]["result"]["data"]["data"]
            self.assertEqual((projects["total"], projects["list"][0]["finished"]), (1, 1))

    def push(self, studio, **change):
        message = {"id": "m1", "name": "user", "role": "user", "content": "Hi", "metadata": {}, "timestamp": "t"}
        body = {"runId": "dev42-boot17", "msg": {**message, **change}}
        status, _, answer = post(studio.url("/trpc/pushMessage"), json.dumps(body).encode(), "application/json")
        return status, json.loads(answer)

    def test_messages_are_taken_of_registered_runs_and_checked(self):
        use = {"type": "tool_use", "id": "c", "name": "t", "input": {}}
        result = {"type": "tool_result", "id": "c", "name": "t", "output": [{"type": "text", "text": "12"}]}
        with Studio() as studio:
            self.assertEqual(self.push(studio)[0], 400)
            self.register(studio, self.RUN)
            self.assertEqual(self.push(studio), (200, {"result": {}}))
            self.assertEqual(self.push(studio, content=[use, result])[0], 200)
            for change in ({"id": 1}, {"timestamp": None}, {"content": None}, {"content": [{"type": "text"}]},
                           {"content": [{**use, "input": "x"}]}, {"content": [{**result, "output": [use["input"]]}]}):
                self.assertEqual(self.push(studio, **change)[0], 400, change)
            self.assertEqual(self.query(studio, "pushMessage", {})[0], 405)
            self.assertEqual(list(studio.store.messages), ["m1"])

    def test_only_registered_runs_show_their_spans(self):
        with Studio() as studio:
            post(studio.url(), one_span(attributes={"gen_ai.conversation.id": "dev42-boot17"}))
            self.assertEqual(studio.store.run_spans("dev42-boot17"), [])
            self.register(studio, self.RUN)
            self.assertEqual(len(studio.store.run_spans("dev42-boot17")), 1)
            self.assertEqual(studio.summary()["orphans"], 0)

    def test_told_failures_come_in_order_and_idle_connections_end(self):
        with Studio(idle_s=0.1, fail={"traces": [500, None], "registerRun": [500]}) as studio:
            self.assertEqual([post(studio.url(), VECTOR)[0] for _ in range(2)], [500, 200])
            self.assertEqual([self.register(studio, self.RUN)[0] for _ in range(2)], [500, 200])
            with socket.create_connection(("127.0.0.1", studio.port)) as client:
                client.sendall(b"GET /trpc/getCurrentVersion HTTP/1.1\r\nHost: x\r\n\r\n")
                client.settimeout(5)
                while client.recv(65536):
                    pass
        self.assertEqual(studio.summary()["errors"], [])


if __name__ == "__main__":
    sys.exit(run())
