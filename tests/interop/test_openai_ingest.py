#!/usr/bin/python3
"""test_openai_ingest.py: tests the bridge to OpenAI's trace ingest. uspan's conversations are compared with the items that the
Agents SDK sent when they were last recorded (golden/openai_ingest.json; `make interop` records them again). Limits, retries and
refusals of the bridge are tested too.

Invariant: hermetic. A difference without the number of a rule fails, and so does a rule that no conversation needs."""
import gzip
import json
import os
import random
import re
import struct
import sys
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "net"))
from runner import run  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parent))
import ingest_compare  # noqa: E402
import openai_ingest  # noqa: E402
from openai_ingest import Ingest, bridge, limits, send  # noqa: E402
from ingest import FIELD_MAX, faults_of  # noqa: E402 - the peer
import convert  # noqa: E402
import otlp_bridge  # noqa: E402
import protos  # noqa: E402

PROGRAM = Path(os.environ["USPAN_BUILD_DIR"]) / "tests" / "openai_oracle"
TRACE = bytes(range(16))


def span_of(number=1, parent=0, name="chat qwen", trace=TRACE, **attributes):
    span = protos.Span(trace_id=trace, span_id=struct.pack(">Q", number), name=name, start_time_unix_nano=10**18,
                       end_time_unix_nano=10**18 + 1500, parent_span_id=struct.pack(">Q", parent) if parent else b"")
    for key, value in attributes.items():
        pair = span.attributes.add(key=key.replace("__", "."))
        field = {str: "string_value", bool: "bool_value", int: "int_value", float: "double_value", bytes: "bytes_value"}
        if isinstance(value, list):
            pair.value.array_value.values.extend(protos.AnyValue(string_value=one) for one in value)
        else:
            setattr(pair.value, field[type(value)], value)
    return span


def request_of(*spans):
    message = protos.ExportRequest()
    block = message.resource_spans.add()
    block.resource.attributes.add(key="service.name").value.string_value = "greenhouse"
    block.scope_spans.add().spans.extend(spans)
    return message.SerializeToString()


def post(url, body, **headers):
    """(status, headers)"""
    given = {"Content-Type": "application/x-protobuf"} | {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, given), timeout=20) as answer:
            return answer.status, answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.headers


class Conversations(unittest.TestCase):
    def test_each_conversation_has_the_sdks_items_but_for_numbered_differences(self):
        needed, kept = set(), json.loads(openai_ingest.KEPT.read_text(encoding="utf-8"))
        self.assertGreaterEqual(len(kept), 9)
        for name, there in kept.items():
            with self.subTest(name):
                here, faults = openai_ingest.bridged(PROGRAM, name)
                explained, unexplained = ingest_compare.judge(there, here)
                self.assertEqual(faults + unexplained, [])
                needed |= set(explained)
        self.assertEqual(needed, {number for number, _, _ in ingest_compare.RULES})

    def test_the_judge_sees_a_missing_item_and_another_value(self):
        there = json.loads(openai_ingest.KEPT.read_text(encoding="utf-8"))["plain_chat"]
        self.assertTrue(ingest_compare.judge(there, there[1:])[1])
        changed = json.loads(json.dumps(there))
        changed[2]["span_data"]["usage"]["input_tokens"] += 1
        self.assertTrue(ingest_compare.judge(there, changed)[1])


class Items(unittest.TestCase):
    def test_ids_have_the_length_of_the_ingest_and_keep_the_tree(self):
        traces = send.Traces()
        items = [item for span in (span_of(2, 1), span_of(1, name="invoke_agent a")) for item in traces.add(span, "s")]
        self.assertEqual([item["id"] for item in items], [
            "trace_000102030405060708090a0b0c0d0e0f", "span_000102030000000000000002", "span_000102030000000000000001"])
        self.assertEqual([item["parent_id"] for item in items[1:]], ["span_000102030000000000000001", None])

    def test_a_workflow_becomes_the_trace_and_its_children_are_at_the_top(self):
        traces = send.Traces()
        self.assertEqual(traces.add(span_of(2, 1), "s"), [])
        root = span_of(1, name="invoke_workflow w", gen_ai__operation__name="invoke_workflow", gen_ai__workflow__name="w",
                       uspan__trace__metadata__agent_harness_id="h")
        trace, item = traces.add(root, "s")
        self.assertEqual((trace["workflow_name"], item["parent_id"], item["metadata"]), ("w", None, {"agent_harness_id": "h"}))
        self.assertEqual(traces.add(root, "s"), [])  # sent again: it is the root of a trace that is known
        self.assertEqual([item["parent_id"] for item in traces.add(span_of(3, 1), "s")], [None])

    def test_a_trace_whose_root_does_not_come_goes_after_a_while_by_the_name_of_its_service(self):
        now = [0.0]
        traces = send.Traces(30, lambda: now[0])
        self.assertEqual(traces.add(span_of(2, 1), "greenhouse"), [])
        now[0] = 29.9
        self.assertEqual(traces.due(), [])
        now[0] = 30.0
        trace, item = traces.due()
        self.assertEqual((trace["workflow_name"], item["parent_id"]), ("greenhouse", "span_000102030000000000000001"))
        self.assertEqual((traces.due(), traces.count), ([], 0))

    def test_known_traces_are_bounded(self):
        traces = send.Traces()
        for number in range(send.TRACES_MAX + 10):
            traces.add(span_of(1, trace=struct.pack(">QQ", 1, number)), "s")
        self.assertEqual(len(traces.known), send.TRACES_MAX)

    def test_whatever_attributes_have_an_item_keeps_the_rules(self):
        chance = random.Random(7)
        keys = sorted(set(re.findall(r'"([a-z_]+\.[a-z_.]+)"', Path(convert.__file__).read_text())))
        self.assertGreater(len(keys), 25)
        texts = ("", "x", '"', "[]", "[1]", "[null]", '[{"parts": 3}]', '[{"role": 1, "parts": [{"type": "text"}, 5]}]',
                 '[{"parts": [{"type": "text", "content": {"a": NaN}}, {"type": "tool_call_response", "response": [1e999]}]}]',
                 "{}", '{"a": "\\ud800"}', "[" * 5000, "[" * 500 + "]" * 500, "1e999", "NaN", '{"name": 3, "type": "text"}')
        values = (*texts, 0, -1, 2**62, 1.5, float("nan"), float("inf"), True, b"\xff", ["a", "b"])
        for _ in range(1500):
            given = {key.replace(".", "__"): chance.choice(values) for key in chance.sample(keys, chance.randrange(12))}
            given["gen_ai__operation__name"] = chance.choice([*convert.MAKERS, "invoke_workflow", "x", "invoke_generic_function"])
            span = span_of(2, chance.randrange(3), **given)
            span.status.code = chance.randrange(3)
            span.events.add(name="exception").attributes.add(key="uspan.error.data").value.string_value = chance.choice(texts)
            traces = send.Traces()
            for item in traces.add(span, "s") + traces.due(True):
                fitted = json.loads(json.dumps(limits.fit(item), ensure_ascii=False, allow_nan=False).encode("utf-8"))
                self.assertEqual(list(faults_of(fitted)), [], given)


class Limits(unittest.TestCase):
    def test_input_and_output_are_cut_to_their_limit_and_no_further(self):
        for item in openai_ingest.edge_items(40):
            fitted = limits.fit(json.loads(json.dumps(item)))
            for field in ("input", "output"):
                was, now = item["span_data"][field], fitted["span_data"].get(field)
                if limits.size_of(was) <= FIELD_MAX:
                    self.assertEqual(now, was)
                else:
                    self.assertLessEqual(limits.size_of(now), FIELD_MAX)
                    self.assertIs(type(now), type(was))

    def test_a_text_of_one_byte_more_ends_in_the_mark(self):
        whole = "a" * (FIELD_MAX - 2)
        self.assertEqual(limits.fitted(whole, FIELD_MAX), whole)
        cut = limits.fitted(whole + "a", FIELD_MAX)
        self.assertEqual((limits.size_of(cut), cut[-15:]), (FIELD_MAX, limits.CUT))

    def test_only_a_generation_has_usage_and_two_counts_at_least(self):
        usage = {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}
        kept = {"input_tokens": 1, "output_tokens": 2, "details": {"total_tokens": 3}}
        for kind, given, wanted in (("generation", usage, kept), ("generation", {"input_tokens": 1}, None),
                                    ("generation", {**usage, "input_tokens": True}, None), ("custom", usage, None)):
            fitted = limits.fit({"span_data": {"type": kind, "usage": dict(given)}})
            self.assertEqual(fitted["span_data"].get("usage"), wanted)

    def test_reasoning_is_not_sent(self):
        said = json.dumps([{"role": "assistant", "parts": [{"type": "reasoning", "content": "secret"},
                                                           {"type": "text", "content": "dry"}]}])
        self.assertEqual(convert.messages_of(said), [{"role": "assistant", "content": "dry"}])


class Sending(unittest.TestCase):
    def sent(self, script, **more):
        """(sender, server, waits) after one span was sent to an ingest that first gives the responses of the script."""
        waits = []
        with Ingest(script) as server:
            sender = send.Sender(openai_ingest.KEY, server.url(), say=lambda words: None, sleep=waits.append, **more)
            self.assertTrue(sender.put([(span_of(), "s")]))
            sender.flush()
            sender.hang_up()
            self.assertEqual(server.refused, [])
            return sender, server, waits

    def test_what_may_pass_is_tried_again_and_what_may_not_is_lost_and_counted(self):
        for status in (408, 409, 429, 500, 503, 0):  # 0: the connection breaks
            sender, server, waits = self.sent([(status, {}), (status, {})])
            self.assertEqual((sender.sent, sender.lost, len(server.items), len(waits)), (2, 0, 2, 2), status)
            self.assertTrue(1.0 <= waits[0] <= 1.1 and 2.0 <= waits[1] <= 2.2, waits)
            sender, server, waits = self.sent([(status, {})] * 3)
            self.assertEqual((sender.sent, sender.lost, len(server.items), len(waits)), (0, 2, 0, 2), status)
        for status in (400, 401, 403, 404, 413):
            sender, server, waits = self.sent([(status, {})])
            self.assertEqual((sender.sent, sender.lost, waits), (0, 2, []), status)

    def test_the_server_says_when_and_whether(self):
        for status in (429, 500):
            sender, _, waits = self.sent([(status, {"x-should-retry": "false"})])
            self.assertEqual((sender.lost, waits), (2, []), status)
        for headers, wanted in (({"Retry-After": "7"}, 7), ({"Retry-After-Ms": "2500"}, 2.5), ({"Retry-After": "3000"}, 30)):
            self.assertEqual(self.sent([(429, headers)])[2], [wanted])
        self.assertLess(self.sent([(503, {"Retry-After": "7"})])[2][0], 1.2)  # as in the SDK: only for 408, 409 and 429
        for words in ("soon", "\xb2", ".", "-1", "Wed, 99 Foo 9999"):
            self.assertLess(self.sent([(429, {"Retry-After": words})])[2][0], 1.2)

    def test_organization_and_project_are_named_where_they_are_given(self):
        _, server, _ = self.sent([], organization="org", project="proj")
        self.assertEqual((server.headers[0]["openai-organization"], server.headers[0]["openai-project"]), ("org", "proj"))
        self.assertNotIn("openai-project", self.sent([])[1].headers[0])

    def test_batches_are_bounded_and_traces_come_first(self):
        with Ingest() as server:
            with bridge(server) as (url, sender):
                for first in range(2, 302, 100):
                    self.assertEqual(post(url, request_of(*(span_of(n, 1) for n in range(first, first + 100))))[0], 200)
                self.assertEqual(post(url, request_of(span_of(1)))[0], 200)
            self.assertEqual((sum(server.batches), max(server.batches), sender.lost), (302, 128, 0))
            self.assertEqual([item["object"] for item in server.items].index("trace"), 0)

    def test_what_has_no_place_is_answered_with_503_and_taken_later(self):
        with Ingest() as server, bridge(server) as (url, sender):
            spans = request_of(*(span_of(n, 1) for n in range(2, 4002)))
            self.assertEqual(post(url, spans)[0], 200)
            status, headers = post(url, request_of(*(span_of(n, 1) for n in range(5000, 7200))))
            self.assertEqual((status, headers["Retry-After"]), (503, "5"))
            sender.traces.hold_s = 0
            end = time.monotonic() + 60
            while sender.traces.count and time.monotonic() < end:
                with sender.lock:
                    sender.queue.extend(sender.traces.due())
            sender.flush()
            self.assertEqual(post(url, request_of(span_of(9000, 1)))[0], 200)

    def test_other_requests_are_refused_with_the_reason(self):
        with Ingest() as server, bridge(server) as (url, sender):
            good = request_of(span_of())
            self.assertEqual(post(url, gzip.compress(good), Content_Encoding="gzip")[0], 200)
            for status, asked in ((404, (url + "s", good, {})), (415, (url, good, {"Content_Type": "application/json"})),
                                  (415, (url, good, {"Content_Encoding": "br"})), (400, (url, b"\xff\xff", {})),
                                  (400, (url, good, {"Content_Encoding": "gzip"})),
                                  (400, (url, gzip.compress(b"\0" * (otlp_bridge.BODY_MAX + 1)), {"Content_Encoding": "gzip"}))):
                self.assertEqual(post(asked[0], asked[1], **asked[2])[0], status, asked[2])
            self.assertEqual(post(url, request_of(protos.Span(name="no id")))[0], 200)  # no item for the ingest
            self.assertEqual(sender.lost, 0)


if __name__ == "__main__":
    sys.exit(run())
