#!/usr/bin/python3
"""test_compare.py: tests compare.py: differences that each decision explains, and similar differences that are faults.

Invariant: hermetic: it needs none of the packages that `make interop` installs."""
import copy
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "net"))
from runner import run  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parent))
import compare  # noqa: E402
from compare import ABSENT, judge  # noqa: E402


def span(operation="chat", **changes):
    made = {"span_id": "1", "parent_span_id": "", "start_ns": 1, "name": operation, "kind": "INTERNAL", "schema_url": "",
            "scope": {"name": "s"}, "status": {"code": "OK", "message": ""}, "events": [], "dropped": {}}
    made["attributes"] = {"gen_ai.operation.name": operation, **changes.pop("attributes", {})}
    return made | changes


def attributes(operation, was, now):
    """Two spans that differ in attributes. ABSENT removes one."""
    def kept(held):
        return {key: value for key, value in held.items() if value is not ABSENT}
    return span(operation, attributes=kept(was)), span(operation, attributes=kept(now))


def messages(key, was, now, operation="chat"):
    return attributes(operation, {key: json.dumps(was)}, {key: json.dumps(now)})


def message(*parts, reason="stop"):
    return [{"role": "assistant", "parts": list(parts), "finish_reason": reason}]


OUTPUT, INPUT, CALL = "gen_ai.output.messages", "gen_ai.input.messages", {"type": "tool_call", "name": "t"}
FAILED = {"status": {"code": "ERROR", "message": "m"}}
PRINTED = json.dumps("ToolResponse(content=[])")
ENVELOPE = {"content": [{"type": "text", "text": "dry", "id": "1"}], "state": "success"}
EXPLAINED = {
    "D1": (span(), span(kind="CLIENT")),
    "D2": (span(status={"code": "UNSET", "message": ""}), span()),
    "D3": (span(**FAILED), span(attributes={"error.type": "timeout"}, **FAILED)),
    "D4": attributes("chat", {"gen_ai.response.finish_reasons": '["stop"]'},
                     {"gen_ai.response.finish_reasons": ["tool_calls"]}),
    "D4 within a message": messages(OUTPUT, message(CALL), message(CALL, reason="tool_call")),
    "D5": attributes("chat", {"gen_ai.conversation.id": '"run"'}, {"gen_ai.conversation.id": "run"}),
    "D5 none": attributes("chat", {"gen_ai.conversation.id": "[no_session_id]"}, {}),
    "D6": attributes("invoke_generic_function", {}, {"gen_ai.conversation.id": "run"}),
    "D7": messages(INPUT, message({"type": "blob", "media_type": "image/png"}),
                   message({"type": "blob", "mime_type": "image/png"})),
    "D8": messages(INPUT, message({"type": "r", "response": '[{"a": 1}]'}), message({"type": "r", "response": [{"a": 1}]})),
    "D8 of AgentScope 2": messages(INPUT, message({"type": "r", "response": '[{"type": "text", "text": "12 %", "id": "1"}]'}),
                                   message({"type": "r", "response": "12 %"})),
    "D9": attributes("chat", {INPUT: [1]}, {INPUT: "[1]"}),
    "D10": attributes("invoke_agent", {"gen_ai.usage.input_tokens": 3}, {}),
    "D11": attributes("embeddings", {}, {"gen_ai.provider.name": "dashscope"}),
    "D14": (span(events=[{"name": "exception", "attributes": {"exception.escaped": "False", "exception.message": "m"}}]),
            span(events=[{"name": "exception", "attributes": {"exception.message": "m"}}])),
    "D14 event": (span(**FAILED), span(events=[{"name": "exception", "attributes": {}}], **FAILED)),
    "D15 of the helper": (span(schema_url="https://opentelemetry.io/schemas/1.37.0"),
                          span(schema_url="https://opentelemetry.io/schemas/1.38.0")),
    "D15": (span(), span(schema_url="https://opentelemetry.io/schemas/1.38.0")),
    "S2": attributes("format", {"agentscope.function.input": json.dumps(["Msg(id='1')"])},
                     {"agentscope.function.input": json.dumps([{"role": "user"}])}),
    "S3": attributes("invoke_agent", {INPUT: "[]"}, {INPUT: "[]", "agentscope.function.input": "[]"}),
    "S5": attributes("chat", {"agentscope.usage.cache_input_tokens": 8},
                     {"agentscope.usage.cache_input_tokens": 8, "gen_ai.usage.cache_read.input_tokens": 8}),
    "S6 envelope": attributes("execute_tool", {"gen_ai.tool.call.result": json.dumps(ENVELOPE)},
                              {"gen_ai.tool.call.result": '"dry"'}),
    "S4": attributes("chat", {}, {"gen_ai.response.time_to_first_chunk": 0.5}),
    "S4 provider": attributes("chat", {"openai.api.type": "responses"},
                              {"openai.api.type": "responses", "gen_ai.provider.name": "openai"}),
    "S6": attributes("execute_tool", {"gen_ai.tool.call.result": PRINTED}, {"gen_ai.tool.call.result": '{"ok":true}'}),
    "S6 type": attributes("execute_tool", {}, {"gen_ai.tool.type": "function"}),
    "S6 agent": attributes("execute_tool", {}, {"gen_ai.agent.name": "gardener"}),
    "S6 vectors": attributes("embeddings", {"agentscope.function.output": '{"embeddings":[[1]],"usage":null}'},
                             {"agentscope.function.output": '{"usage":null}'}),
    "S8": messages(INPUT, message({"type": "text"}), message({"type": "sensor_frame"}, {"type": "text"})),
    "S8 name": messages(INPUT, [{"role": "user", "parts": [], "name": None}], [{"role": "user", "parts": []}]),
    "S11": (span(**FAILED), span(attributes={"gen_ai.response.finish_reasons": ["error"]}, **FAILED)),
    "S11 message": (span(**FAILED), span(attributes={OUTPUT: json.dumps(message(CALL, reason="error"))}, **FAILED)),
    "S13": (span(), span(scope={"name": "uspan"})),
}
FAULTS = {
    "an agent is not a remote call": (span("invoke_agent"), span("invoke_agent", kind="CLIENT")),
    "Ok for an error": (span(**FAILED), span()),
    "another message of the status": (span(**FAILED), span(status={"code": "ERROR", "message": "n"})),
    "an error's type on a span without an error": attributes("chat", {}, {"error.type": "timeout"}),
    "finish reasons as text": attributes("chat", {"gen_ai.response.finish_reasons": '["stop"]'},
                                         {"gen_ai.response.finish_reasons": "stop"}),
    "a wrong reason within a message": messages(OUTPUT, message(CALL), message(CALL, reason="length")),
    "another conversation": attributes("chat", {"gen_ai.conversation.id": '"run"'}, {"gen_ai.conversation.id": "fun"}),
    "a chat without conversation there": attributes("chat", {}, {"gen_ai.conversation.id": "run"}),
    "another media type": messages(INPUT, message({"type": "blob", "media_type": "image/png"}),
                                   message({"type": "blob", "mime_type": "image/gif"})),
    "another response": messages(INPUT, message({"type": "r", "response": "[1]"}), message({"type": "r", "response": [2]})),
    "lost usage": attributes("chat", {"gen_ai.usage.input_tokens": 3}, {}),
    "a whole number for a fraction": attributes("chat", {"gen_ai.request.temperature": 1.0}, {"gen_ai.request.temperature": 1}),
    "a number for a text": attributes("chat", {"gen_ai.response.id": "1"}, {"gen_ai.response.id": 1}),
    "a true for a one": attributes("chat", {"gen_ai.request.seed": 1}, {"gen_ai.request.seed": True}),
    "another agent's tool": attributes("execute_tool", {"gen_ai.agent.name": "a"}, {"gen_ai.agent.name": "b"}),
    "another text than AgentScope 2's tool said": attributes(
        "execute_tool", {"gen_ai.tool.call.result": json.dumps(ENVELOPE)}, {"gen_ai.tool.call.result": '"wet"'}),
    "a repeated text that is another": attributes("chat", {}, {INPUT: "[]", "agentscope.function.input": "[1]"}),
    "tokens of a cache that nobody read": attributes("chat", {}, {"gen_ai.usage.cache_read.input_tokens": 8}),
    "a lost name": messages(INPUT, [{"role": "user", "parts": [], "name": "cam"}], [{"role": "user", "parts": []}]),
    "an exception of a span without an error": (span(), span(events=[{"name": "exception", "attributes": {}}])),
    "a lost part": messages(INPUT, message({"type": "text"}, {"type": "uri"}), message({"type": "text"})),
    "an input without the finish reason that it had": messages(INPUT, message(CALL), [{"role": "assistant", "parts": [CALL]}],
                                                               "invoke_agent"),
    "an answer without its finish reason": messages(OUTPUT, message(CALL), [{"role": "assistant", "parts": [CALL]}]),
    "a made-up part": messages(INPUT, message({"type": "text"}), message({"type": "text"}, {"type": "text"})),
    "a lost exception": (span(events=[{"name": "exception", "attributes": {}}]), span()),
    "a result that was lost": attributes("execute_tool", {"gen_ai.tool.call.result": PRINTED}, {}),
    "finish reasons of a call that failed otherwise": (
        span(**FAILED), span(attributes={"gen_ai.response.finish_reasons": ["stop"]}, **FAILED)),
    "an answer that broke off, of a call that did not": attributes(
        "chat", {}, {OUTPUT: json.dumps(message(CALL, reason="error"))}),
    "a lost link": (span(links=[{"attributes": {}}]), span()),
    "another schema": (span(), span(schema_url="x")),
    "attributes that were dropped": (span(), span(dropped={"attributes": 1})),
}


class Compare(unittest.TestCase):
    def test_each_decision_explains_its_difference_under_its_number(self):
        for name, (was, now) in EXPLAINED.items():
            with self.subTest(name):
                explained, faults = judge([was], [now])
                self.assertEqual((set(explained), faults), ({name.split()[0]}, []))

    def test_what_resembles_a_decision_and_is_none_is_a_fault(self):
        for name, (was, now) in FAULTS.items():
            with self.subTest(name):
                self.assertNotEqual(judge([was], [now])[1], [])

    def test_no_rule_is_without_an_example(self):
        self.assertEqual({name.split()[0] for name in EXPLAINED}, {number for number, _, _ in compare.RULES})

    def test_equal_traces_have_nothing_to_explain(self):
        for was, now in list(EXPLAINED.values()) + list(FAULTS.values()):
            for one in (was, now):
                same = copy.deepcopy(one) | {"dropped": {}}
                self.assertEqual(judge([same], [copy.deepcopy(same)]), ({}, []))

    def test_trees_are_held_against_each_other_by_parent_and_order_of_start(self):
        def child(number, parent, name, start_ns):
            return span(name, span_id=number, parent_span_id=parent, start_ns=start_ns)
        root = span("invoke_agent")
        there = [child("3", "1", "chat", 3), root, child("2", "1", "format", 2)]
        self.assertEqual(judge(there, [root, child("8", "1", "format", 5), child("9", "1", "chat", 6)]), ({}, []))
        for what, here in {"order": [root, child("8", "1", "format", 6), child("9", "1", "chat", 5)],
                           "parent": [root, child("8", "1", "format", 5), child("9", "8", "chat", 6)],
                           "lost": [root, child("8", "1", "format", 5)],
                           "orphan": [root, child("8", "1", "format", 5), child("9", "7", "chat", 6)],
                           "nothing": []}.items():
            with self.subTest(what):
                self.assertNotEqual(judge(there, here)[1], [])

    def test_times_within_texts_may_differ_and_nothing_else(self):
        def output(text):
            return attributes("chat", {}, {"agentscope.function.output": json.dumps({"created_at": text})})[1]
        self.assertEqual(judge([output("2026-11-21 15:56:50.635")], [output("2001-01-01 00:00:00.000")]), ({}, []))
        self.assertEqual(len(judge([output("2026-11-21 15:56:50.635")], [output("yesterday")])[1]), 1)


if __name__ == "__main__":
    sys.exit(run())
