"""greenhouse.py: checks the spans of one turn of the greenhouse agent (examples/edge_agent) with the scripted model. The same
checks apply to the agent on a host and on a board.

Invariant: whatever the model's server does, the trace is complete and names the fault. The agent recovers if it can."""
import json

from llm import SCRIPT

# Fault of a call, and the error.type that its span then has. The agent repeats the call.
TOLD = {"429": "429", "500": "500", "broken": "connection_reset", "bad_json": "parse_error", "silent": "timeout",
        "drip": "timeout"}
TURN = ["invoke_agent gardener", "chat qwen-max", "execute_tool read_soil", "chat qwen-max", "execute_tool set_valve",
        "execute_tool read_clock", "chat qwen-max", "execute_tool read_soil", "chat qwen-max"]
ROLES = ["system", "user", "assistant", "tool", "assistant", "tool", "tool", "assistant", "tool"]


def chats(spans):
    return [span for span in spans if span.attributes["gen_ai.operation.name"] == "chat"]


def traces(spans):
    """[spans by time] of each trace, by time. A span that arrived twice is listed once."""
    found = {}
    for span in sorted(spans, key=lambda span: span.start_ns):
        found.setdefault(span.trace_id, {})[span.span_id] = span
    return [list(trace.values()) for trace in found.values()]


class Greenhouse:
    """A mixin for unittest.TestCase. spans: of one trace, by time."""

    def assert_whole_turn(self, spans, is_small=False):
        """is_small: by examples/edge_agent/small. Its answers are not streamed, and its chats record no messages."""
        self.assertEqual([span.name for span in spans], TURN)
        self.assertEqual({span.parent_id for span in spans[1:]}, {spans[0].span_id})
        self.assertEqual([span.name for span in spans if span.status == "ERROR"], [])
        for chat, (text, calls, prompt, completion) in zip(chats(spans), SCRIPT):
            said = chat.attributes
            self.assertEqual((said["gen_ai.usage.input_tokens"], said["gen_ai.usage.output_tokens"]), (prompt, completion))
            self.assertEqual(list(said["gen_ai.response.finish_reasons"]), ["tool_calls" if calls else "stop"])
            self.assertEqual(said["gen_ai.response.model"], "qwen-max-2025")
            self.assertEqual("gen_ai.response.time_to_first_chunk" in said, not is_small)
            if not is_small:
                self.assert_answered(said, text, calls)
        if not is_small:
            last = json.loads(chats(spans)[-1].attributes["gen_ai.input.messages"])
            self.assertEqual([message["role"] for message in last], ROLES)
            self.assertEqual(last[3]["parts"][0]["type"], "tool_call_response")
        [answer] = json.loads(spans[0].attributes["gen_ai.output.messages"])
        self.assertEqual(answer["finish_reason"], "stop")
        [asked] = json.loads(spans[0].attributes["gen_ai.input.messages"])
        self.assertNotIn("finish_reason", asked)
        tools = [span.attributes for span in spans if span.attributes["gen_ai.operation.name"] == "execute_tool"]
        self.assertEqual([json.loads(tool["gen_ai.tool.call.arguments"]) for tool in tools],
                         [arguments for _, calls, _, _ in SCRIPT for _, arguments in calls])
        self.assertEqual([span.name for span in spans if span.dropped], [])

    def assert_answered(self, said, text, calls):
        [message] = json.loads(said["gen_ai.output.messages"])
        got = [(part["name"], part["arguments"]) for part in message["parts"] if part["type"] == "tool_call"]
        self.assertEqual(got, calls)
        if text:
            self.assertEqual(message["parts"], [{"type": "text", "content": text}])

    def assert_recovered(self, spans, fault, is_small=False):
        """The first call met the fault. Without it the turn is complete."""
        first = chats(spans)[0]
        self.assertEqual((first.status, first.attributes["error.type"]), ("ERROR", TOLD[fault]))
        if fault in ("429", "500"):
            self.assertTrue(first.message)
        self.assert_whole_turn([span for span in spans if span is not first], is_small)

    def assert_told_who_called(self, headers, spans):
        """headers: of each request, in order."""
        self.assertEqual([sent["traceparent"] for sent in headers],
                         [f"00-{chat.trace_id}-{chat.span_id}-03" for chat in chats(spans)])

    def assert_trusted_nobody(self, llm, spans):
        """The model's certificate is refused. No request was sent, and the call is not repeated."""
        self.assertEqual([(span.name, span.status) for span in spans],
                         [("invoke_agent gardener", "ERROR"), ("chat qwen-max", "ERROR")])
        self.assertEqual((spans[1].attributes["error.type"], llm.requests), ("tls_error", []))

