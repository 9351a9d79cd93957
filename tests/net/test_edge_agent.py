#!/usr/bin/python3
"""test_edge_agent.py: the greenhouse agent calls a scripted model over HTTPS. Its spans come from the bytes of these calls.

Invariant: see greenhouse.py."""
import contextlib
import io
import json
import os
import subprocess
import sys
import unittest
from pathlib import Path
from unittest import mock

import sample
from runner import run

sys.path.insert(0, str(Path(sample.__file__).resolve().parents[1] / "support"))
import certs  # noqa: E402
import demo  # noqa: E402
from greenhouse import TOLD, Greenhouse, chats  # noqa: E402
from llm import TEXT, Llm  # noqa: E402
from receiver import Receiver  # noqa: E402
from streams import server_context  # noqa: E402

PROGRAMS = Path(os.environ["USPAN_BUILD_DIR"]) / "examples"
CA = certs.get().ca_pem
DEADLINE_S = 180


class EdgeAgent(Greenhouse, unittest.TestCase):
    def turn(self, *faults, env=None, key=None, program="edge_agent"):
        """(the model's server, the receiver's spans by time, process) of one turn."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "USPAN_", "LLM_"))}
        with Receiver(server_context()) as receiver, Llm(server_context(), faults=faults, key=key) as llm:
            done = subprocess.run([PROGRAMS / program], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=DEADLINE_S,
                                  env={**kept, "LLM_URL": llm.url(), "LLM_MODEL": "qwen-max", "LLM_CA": str(CA),
                                       "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": receiver.url(),
                                       "OTEL_EXPORTER_OTLP_CERTIFICATE": str(CA), **(env or {})})
        self.assertEqual((receiver.refused, receiver.duplicates()), ([], []))
        return llm, sorted(receiver.spans, key=lambda span: span.start_ns), done

    def test_a_tool_loop_of_four_calls_leaves_a_whole_trace(self):
        llm, spans, done = self.turn()
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertIn(TEXT, done.stdout)
        self.assert_whole_turn(spans)
        self.assertLessEqual({version for version, _ in llm.shaken}, {"TLSv1.2", "TLSv1.3"})
        self.assertEqual([span.proto.dropped_attributes_count for span in spans], [0] * len(spans))

    def test_a_tool_of_an_mcp_server_runs_there_in_the_same_trace(self):
        _, spans, done = self.turn(env={"MCP_SERVER": f"OTEL_SERVICE_NAME=greenhouse exec {PROGRAMS / 'mcp_device'}"})
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertIn(TEXT, done.stdout)
        self.assertIn('[{"type":"text","text":"15 %"}]', done.stdout)
        names = {span.span_id: span.name for span in spans}
        served = [(span.name, span.proto.kind, names.get(span.parent_id)) for span in spans
                  if span.resource_attributes["service.name"] == "greenhouse"]
        self.assertEqual(served, [("initialize", 2, "initialize"),
                                  ("notifications/initialized", 2, "notifications/initialized"),
                                  ("tools/list", 2, "tools/list"), *[("tools/call read_soil", 2, "execute_tool read_soil")] * 2])
        self.assertEqual(len({span.trace_id for span in spans}), 1)
        tools = [span for span in spans if span.name.startswith("execute_tool")]
        self.assertEqual([span.attributes.get("jsonrpc.request.id") for span in tools], ["3", None, None, "4"])
        for span in tools:
            if "jsonrpc.request.id" in span.attributes:
                self.assertEqual(json.loads(span.attributes["gen_ai.tool.call.result"]), [{"type": "text", "text": "15 %"}])
                self.assertEqual((span.status, span.attributes["mcp.method.name"]), ("OK", "tools/call"))

    def test_without_the_mcp_server_the_turn_is_whole(self):
        silent = ("exec sleep 60", "printf half; exec sleep 60", "while read line; do :; done", "while :; do echo '{}'; done")
        for command in ("exit 3", "read line; echo no JSON", "exec true", *silent):
            with self.subTest(command=command):
                _, spans, done = self.turn(env={"MCP_SERVER": command, "MCP_TIMEOUT_MS": "200" if command in silent else "10000"})
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertIn(TEXT, done.stdout)
                self.assertEqual([(span.name, span.attributes["error.type"]) for span in spans if span.status == "ERROR"],
                                 [("initialize", "timeout" if command in silent else "connection_reset")])
                self.assertEqual(len([span for span in spans if span.name.startswith("execute_tool")]), 4)

    def test_phases_of_calls_are_told_where_they_are_asked_for(self):
        for asked in (False, True):
            _, spans, _ = self.turn(env={"LLM_PHASES": "1"} if asked else {})
            for name in ("tls_done", "request_sent", "first_byte"):
                self.assertEqual([f"uspan.wire.{name}_ms" in chat.attributes for chat in chats(spans)], [asked] * 4, name)

    def test_the_models_server_hears_who_called(self):
        llm, spans, _ = self.turn()
        self.assert_told_who_called(llm.headers, spans)

    def test_what_may_pass_is_tried_again_and_told(self):
        for fault in TOLD:
            with self.subTest(fault=fault):
                limits = {"silent": {"LLM_TIMEOUT_MS": "1500"}, "drip": {"LLM_DEADLINE_MS": "3000"}}.get(fault)
                _, spans, done = self.turn(fault, env=limits)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assert_recovered(spans, fault)

    def test_the_small_agent_leaves_a_whole_trace_too_and_is_tried_again_by_the_same_rules(self):
        for fault in (None, "429", "broken", "bad_json"):
            with self.subTest(fault=fault):
                _, spans, done = self.turn(fault, program="edge_agent_small")
                self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
                self.assertIn(TEXT, done.stdout)
                if fault:
                    self.assert_recovered(spans, fault, is_small=True)
                else:
                    self.assert_whole_turn(spans, is_small=True)

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
                words = {"bad_key": "localhost:1: bad_key, a key is sent over https only", "bad_url": "the model's URL must be"}
                self.assertRegex(done.stdout, r"(?m)^no answer +" + words[error])

    def test_why_a_model_gave_no_answer_is_told_without_secrets(self):
        for url, words in (("https://localhost:1/v1/chat?key=secret", "localhost:1: connect_error, connection refused"),
                           ("https://nowhere.invalid/v1/chat?key=secret", r"nowhere\.invalid: connect_error, \w+")):
            with self.subTest(url=url):
                _, _, done = self.turn(env={"LLM_URL": url, "LLM_TIMEOUT_MS": "5000", "LLM_API_KEY": "secret"})
                self.assertRegex(done.stdout, r"(?m)^no answer +" + words)
                self.assertNotIn("secret", done.stdout)
        _, _, done = self.turn("429")
        self.assertRegex(done.stdout, r"(?m)^no answer +localhost:\d+: http_error, HTTP status 429$")

    def test_a_key_that_does_not_fit_is_not_sent_in_part(self):
        llm, spans, done = self.turn(env={"LLM_API_KEY": "k" * 4096})
        self.assertEqual((done.returncode, llm.headers), (1, []))
        self.assertEqual([span.attributes["error.type"] for span in spans], ["bad_key", "bad_key"])

    def test_a_model_that_nobody_vouches_for_is_not_talked_to(self):
        llm, spans, done = self.turn(env={"LLM_CA": str(CA.with_name("other.pem"))})
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r"(?m)^no answer +localhost:\d+: tls_error, certificate not signed")
        self.assert_trusted_nobody(llm, spans)

    def test_the_budget_of_tokens_ends_the_turn(self):
        _, spans, done = self.turn(env={"LLM_TOKEN_BUDGET": "400"})
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(chats(spans)), 2)
        self.assertEqual(spans[0].attributes["error.type"], "token_budget")

    def demo(self, **env):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "USPAN_", "LLM_"))}
        return subprocess.run([sys.executable, "-B", demo.__file__, "--edge", PROGRAMS / "edge_agent"], capture_output=True,
                              text=True, timeout=DEADLINE_S, env={**kept, "PYTHONIOENCODING": "utf-8", **env})

    def test_make_demo_shows_the_scripted_models_turn_or_that_of_a_model_of_yours(self):
        done = self.demo()
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("All 9 spans arrived whole", done.stdout)
        with Llm(server_context(), key="mine") as llm:
            settings = {"LLM_URL": llm.url(), "LLM_MODEL": "own", "LLM_CA": str(CA)}
            done = self.demo(LLM_API_KEY="mine", **settings)
            self.assertEqual((done.returncode, len(llm.requests)), (0, 4), done.stdout)
            self.assertIn(f"own at {llm.url()}\n", done.stdout)
            self.assertNotIn("mine", done.stdout)
            done = self.demo(LLM_API_KEY="wrong", **settings)
            self.assertEqual(done.returncode, 1)
            self.assertIn("demo: the program's exit status is 1", done.stdout)

    def test_make_demo_says_that_a_board_was_ended(self):
        said = io.StringIO()
        with mock.patch.object(demo, "run_board", lambda *_: None), contextlib.redirect_stderr(said), \
                contextlib.redirect_stdout(io.StringIO()):
            self.assertEqual(demo.main(["--board", "pico"]), 1)
        self.assertRegex(said.getvalue(), r"still running after \d+ s and was ended; .*cure: ")


if __name__ == "__main__":
    sys.exit(run())
