#!/usr/bin/python3
"""test_edge_agent.py: the greenhouse agent talks to a scripted model over HTTPS and is traced by the bytes that pass by.

Invariant: whatever the model's server does, the trace is whole and says what happened; the agent recovers where it can."""
import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

import sample
from runner import run

import certs
from llm import SCRIPT, TEXT, Llm
from receiver import Receiver
from streams import server_context

PROGRAM = Path(os.environ["USPAN_BUILD_DIR"]) / "examples/edge_agent"
CA = certs.get().ca_pem
DEADLINE_S = 60
assert sample  # its import finds the peers


class EdgeAgent(unittest.TestCase):
    def turn(self, *faults, env=None, key=None):
        """(model's server, receiver's spans by time, process) of one turn."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "USPAN_", "LLM_"))}
        with Receiver(server_context()) as receiver, Llm(server_context(), faults=faults, key=key) as llm:
            done = subprocess.run([str(PROGRAM)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE_S,
                                  env={**kept, "LLM_URL": llm.url(), "LLM_MODEL": "qwen-max", "LLM_CA": str(CA),
                                       "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": receiver.url(),
                                       "OTEL_EXPORTER_OTLP_CERTIFICATE": str(CA), **(env or {})})
        self.assertEqual((receiver.refused, receiver.duplicates()), ([], []))
        return llm, sorted(receiver.spans, key=lambda span: span.start_ns), done

    def chats(self, spans):
        return [span for span in spans if span.attributes["gen_ai.operation.name"] == "chat"]

    def test_a_tool_loop_of_four_calls_leaves_a_whole_trace(self):
        llm, spans, done = self.turn()
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertIn(TEXT, done.stdout)
        self.assertEqual([span.name for span in spans],
                         ["invoke_agent gardener", "chat qwen-max", "execute_tool read_soil", "chat qwen-max",
                          "execute_tool set_valve", "execute_tool read_clock", "chat qwen-max", "execute_tool read_soil",
                          "chat qwen-max"])
        self.assertEqual({span.parent_id for span in spans[1:]}, {spans[0].span_id})
        for chat, (text, calls, prompt, completion) in zip(self.chats(spans), SCRIPT):
            said = chat.attributes
            self.assertEqual((said["gen_ai.usage.input_tokens"], said["gen_ai.usage.output_tokens"]), (prompt, completion))
            self.assertEqual(list(said["gen_ai.response.finish_reasons"]), ["tool_calls" if calls else "stop"])
            self.assertIn("gen_ai.response.time_to_first_chunk", said)
            [message] = json.loads(said["gen_ai.output.messages"])
            got = [(part["name"], part["arguments"]) for part in message["parts"] if part["type"] == "tool_call"]
            self.assertEqual(got, calls)
            if text:
                self.assertEqual(message["parts"], [{"type": "text", "content": text}])
        last = json.loads(self.chats(spans)[-1].attributes["gen_ai.input.messages"])
        self.assertEqual([message["role"] for message in last],
                         ["system", "user", "assistant", "tool", "assistant", "tool", "tool", "assistant", "tool"])
        self.assertEqual(last[3]["parts"][0]["type"], "tool_call_response")
        self.assertLessEqual({version for version, _ in llm.shaken}, {"TLSv1.2", "TLSv1.3"})
        self.assertEqual(spans[0].proto.dropped_attributes_count + sum(c.proto.dropped_attributes_count for c in spans), 0)

    def test_the_models_server_hears_who_called(self):
        llm, spans, _ = self.turn()
        for headers, chat in zip(llm.headers, self.chats(spans)):
            self.assertEqual(headers["traceparent"], f"00-{chat.trace_id}-{chat.span_id}-03")

    def test_what_may_pass_is_tried_again_and_told(self):
        for fault, error in (("429", "429"), ("500", "500"), ("broken", "connection_reset"), ("bad_json", "parse_error"),
                             ("silent", "timeout")):
            with self.subTest(fault=fault):
                _, spans, done = self.turn(fault, env={"LLM_TIMEOUT_MS": "700"})
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                chats = self.chats(spans)
                self.assertEqual([chat.status for chat in chats], ["ERROR"] + ["OK"] * 4)
                self.assertEqual(chats[0].attributes["error.type"], error)

    def test_a_wrong_key_is_no_case_for_trying_again(self):
        _, spans, done = self.turn(key="right", env={"LLM_API_KEY": "wrong"})
        self.assertEqual(done.returncode, 1)
        self.assertEqual([(span.name, span.status) for span in spans],
                         [("invoke_agent gardener", "ERROR"), ("chat qwen-max", "ERROR")])
        self.assertEqual(spans[1].attributes["error.type"], "401")
        self.assertNotIn("wrong", json.dumps([span.as_json() for span in spans]))

    def test_a_key_never_goes_over_plain_http_and_a_broken_url_is_told(self):
        for url, key, error in (("http://localhost:1/v1/chat/completions", "k", "bad_key"), ("x", "", "bad_url"),
                                ("http://localhost:99999/v1/chat/completions", "", "bad_url")):
            with self.subTest(url=url):
                llm, spans, done = self.turn(env={"LLM_URL": url, "LLM_API_KEY": key})
                self.assertEqual((done.returncode, llm.requests), (1, []))
                self.assertEqual(spans[0].attributes["error.type"], error)

    def test_a_model_that_nobody_vouches_for_is_not_talked_to(self):
        _, spans, done = self.turn(env={"LLM_CA": str(CA.with_name("other.pem"))})
        self.assertEqual(done.returncode, 1)
        self.assertEqual(self.chats(spans)[0].attributes["error.type"], "tls_error")

    def test_the_budget_of_tokens_ends_the_turn(self):
        _, spans, done = self.turn(env={"LLM_TOKEN_BUDGET": "400"})
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(self.chats(spans)), 2)
        self.assertEqual(spans[0].attributes["error.type"], "token_budget")


if __name__ == "__main__":
    sys.exit(run())
