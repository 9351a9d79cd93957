#!/usr/bin/python3
"""test_examples.py: runs the programs that users copy, unchanged, against the receiver.

Invariant: for each example that exports, the exact tree of spans is here. It exits with status 0 only if they arrived."""
import difflib
import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

import sample
from runner import run

import certs
from llm import SCRIPT, Llm
from receiver import Receiver
from refusals import refusals_of
from streams import server_context
from studio import Studio

sys.path.insert(0, str(Path(sample.__file__).resolve().parents[1] / "support"))
import demo  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(os.environ["USPAN_BUILD_DIR"]) / "examples"
CA = certs.get().ca_pem
DEADLINE_S = 180


def start(name, *arguments, **env):
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "USPAN_"))}
    return subprocess.run([str(PROGRAMS / name), *arguments], env={**kept, **env}, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=DEADLINE_S)


def outline(spans, parent=""):
    """[(name, status, outline of its children)] of the spans below parent, in order of start."""
    return [(span.name, span.status, outline(spans, span.span_id))
            for span in sorted(spans, key=lambda s: s.start_ns) if span.parent_id == parent]


class Examples(unittest.TestCase):
    def trace(self, name, *arguments, tls=True, log=""):
        """Run an example and return its receiver. No span was refused or arrived twice, and stderr contains only `log`."""
        with Receiver(server_context() if tls else None) as receiver:
            done = start(name, *[word.replace("URL", receiver.url()) for word in arguments],
                         OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=receiver.url(), OTEL_EXPORTER_OTLP_CERTIFICATE=str(CA))
        self.assertEqual((done.returncode, done.stderr), (0, log))
        self.assertEqual((receiver.refused, receiver.duplicates()), ([], []))
        self.assertEqual([why for span in receiver.spans for why in refusals_of(span.proto)], [])
        return receiver, done

    def test_the_agent_keeps_the_demos_promise_and_tells_its_whole_story(self):
        receiver, done = self.trace("agent")
        self.assertEqual(demo.faults(receiver.spans, []), [])
        self.assertIn("valve is stuck", done.stdout)
        for span in receiver.spans:
            for key in {"chat": ("input.messages", "output.messages", "response.id", "response.finish_reasons"),
                        "execute_tool": ("tool.call.arguments", "tool.name", "tool.type")}.get(demo.operation(span), ()):
                self.assertIn(f"gen_ai.{key}", span.attributes, span.name)
            for key, value in span.attributes.items():
                if key.endswith((".messages", ".arguments", ".result")):
                    json.loads(value)
        reasons = [list(span.attributes["gen_ai.response.finish_reasons"]) for span in
                   sorted(receiver.spans, key=lambda s: s.start_ns) if demo.operation(span) == "chat"]
        self.assertEqual(reasons, [["tool_calls"], ["stop"]])

    def test_the_demo_sees_a_program_that_does_less(self):
        done = subprocess.run([sys.executable, "-B", demo.__file__, str(PROGRAMS / "chat")], capture_output=True,
                              text=True, timeout=DEADLINE_S)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("demo: 0 invoke_agent spans, not 1", done.stdout)

    def test_the_shortest_chat(self):
        receiver, _ = self.trace("chat")
        self.assertEqual(outline(receiver.spans), [("chat qwen-max", "OK", [])])
        used = [receiver.spans[0].attributes[f"gen_ai.usage.{side}_tokens"] for side in ("input", "output")]
        self.assertEqual(used, [19, 4])

    def test_the_firmware_of_the_readme(self):
        with Receiver(server_context()) as receiver:
            tls = start("firmware", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=receiver.url(), OTEL_EXPORTER_OTLP_CERTIFICATE=str(CA))
        with Receiver(None) as plain_receiver:
            plain = start("firmware", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=plain_receiver.url())
        for done, got in ((tls, receiver), (plain, plain_receiver)):
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual(outline(got.spans), [("invoke_agent gardener", "OK", [("chat gpt-4o-mini", "OK", [])])])

    def test_a_program_whose_spans_are_not_delivered_fails_and_says_how_many(self):
        url = "http://localhost:1/v1/traces"
        for name, started in (("firmware", 2), ("main_loop", 6), ("agent", 6)):
            with self.subTest(name=name):
                done = start(name, *([url] if name == "main_loop" else []), OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=url)
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn(f"{name}: {started} of {started} spans were not delivered", done.stderr)

    def test_a_file_of_certificates_that_is_not_there_is_named(self):
        with Receiver(server_context()) as receiver:
            done = start("firmware", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=receiver.url(),
                         OTEL_EXPORTER_OTLP_CERTIFICATE="/nowhere/ca.pem")
        self.assertEqual(done.returncode, 1)
        self.assertIn("TLS: cannot read /nowhere/ca.pem: No such file or directory", done.stderr)
        self.assertIn("USPAN_ERR_CONFIG, a file of certificates", done.stderr)

    def test_plain_http_to_a_port_of_https_is_named(self):
        with Receiver(server_context()) as receiver:
            done = start("firmware", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=receiver.url().replace("https:", "http:"))
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "Check host, port, network: (closed by peer|connection reset by peer)")

    def test_tools_on_another_task_hang_below_the_agent_that_ordered_them(self):
        receiver, _ = self.trace("two_tasks")
        self.assertEqual(outline(receiver.spans), [("invoke_agent gardener", "OK", [
            ("chat qwen-max", "OK", []), ("execute_tool water", "OK", []), ("execute_tool water", "ERROR", []),
            ("store diary", "OK", [])])])
        spans = {span.name: span for span in receiver.spans}
        self.assertGreaterEqual(spans["store diary"].start_ns, spans["invoke_agent gardener"].end_ns)

    def test_the_main_loop_sends_whole_turns_and_ends(self):
        receiver, _ = self.trace("main_loop", "URL", tls=False)
        turn = ("invoke_agent gardener", "OK", [("chat qwen-max", "OK", []), ("execute_tool open_valve", "OK", [])])
        self.assertEqual(outline(receiver.spans), [turn, turn])
        requests = {span.trace_id: {s.request for s in receiver.spans if s.trace_id == span.trace_id}
                    for span in receiver.spans}
        self.assertEqual([len(numbers) for numbers in requests.values()], [1, 1])

    def test_on_low_power_spans_of_two_turns_leave_in_one_request_while_the_radio_is_on(self):
        receiver, done = self.trace("low_power", "URL", tls=False)
        self.assertEqual(done.stdout, "radio on\nradio off\n" * 2 + "8 spans delivered\n")
        turns = [span for span in receiver.spans if span.name == "invoke_agent gardener"]
        self.assertEqual(outline(receiver.spans),
                         [("invoke_agent gardener", "OK", [("execute_tool read_soil", "OK", [])])] * 4)
        requests = [span.request for span in sorted(turns, key=lambda span: span.attributes["garden.turn"])]
        self.assertEqual(len(set(requests)), 2)
        self.assertEqual((requests[0], requests[2]), (requests[1], requests[3]))
        self.assertEqual(len(receiver.connections), 2)  # the gate closed, and so did the connection

    def test_tools_have_the_arguments_of_the_answer_and_their_results_go_back(self):
        receiver, done = self.trace("tool_calls")
        self.assertEqual(outline(receiver.spans), [("invoke_agent gardener", "OK", [
            ("chat gpt-4o-mini", "OK", []), ("execute_tool read_soil", "OK", []), ("execute_tool read_clock", "OK", []),
            ("chat gpt-4o-mini", "OK", [])])])
        spans = sorted(receiver.spans, key=lambda span: span.start_ns)
        tools = [span.attributes for span in spans if span.name.startswith("execute_tool")]
        self.assertEqual([(tool["gen_ai.tool.call.id"], json.loads(tool["gen_ai.tool.call.arguments"])) for tool in tools],
                         [("call_1", {"bed": 3}), ("call_2", {})])
        chats = [span for span in spans if span.name.startswith("chat")]
        *_, soil, clock = json.loads(chats[1].attributes["gen_ai.input.messages"])
        self.assertEqual([soil["parts"], clock["parts"]], [
            [{"type": "tool_call_response", "id": tool["gen_ai.tool.call.id"], "response": json.loads(result)}]
            for tool, result in zip(tools, (tools[0]["gen_ai.tool.call.result"], '"09:30"'))])
        self.assertEqual(done.stdout.splitlines(), [
            line for chat in chats
            for line in (f"traceparent: 00-{chat.trace_id}-{chat.span_id}-03", "baggage: garden.house=north")])

    def test_an_agent_of_ones_own_is_traced_with_its_messages(self):
        receiver, _ = self.trace("custom_agent")
        self.assertEqual(outline(receiver.spans), [("invoke_agent gardener", "OK", [
            ("format local", "OK", []), ("chat tiny-1b", "OK", []), ("execute_tool water", "OK", [])])])
        chat = next(span for span in receiver.spans if span.name == "chat tiny-1b")
        self.assertEqual(json.loads(chat.attributes["gen_ai.output.messages"]), [
            {"role": "assistant", "parts": [{"type": "text", "content": "Bed 3 is dry: water it."}], "finish_reason": "stop"}])
        self.assertEqual(chat.attributes["gen_ai.request.temperature"], 0.0)
        self.assertIn("gen_ai.response.time_to_first_chunk", chat.attributes)

    def test_a_team_hands_over_and_a_tripped_guardrail_fails_its_agent(self):
        receiver, _ = self.trace("team")
        made, rail = ("create_agent planner", "OK", []), ("guardrail_check no floods", "OK", [])
        self.assertEqual(outline(receiver.spans), [
            ("invoke_workflow watering", "OK", [
                made, ("invoke_agent planner", "OK", [rail, ("plan", "OK", []), ("agent_handoff waterer", "OK", [])]),
                ("invoke_agent waterer", "OK", [("invoke_generic_function count_litres", "OK", []),
                                                ("invoke_generic_function dose", "OK", [])])]),
            ("invoke_workflow watering", "OK", [made, ("invoke_agent planner", "ERROR", [rail])])])
        self.assertEqual({span.attributes["gen_ai.conversation.id"] for span in receiver.spans}, {"group_greenhouse_7"})
        self.assertEqual([span.attributes["gen_ai.agent.name"] for span in receiver.spans if span.name == "plan"], ["planner"])
        self.assertEqual(sorted(span.attributes["gen_ai.guardrail.triggered"] for span in receiver.spans
                                if span.name.startswith("guardrail")), [False, True])

    def test_what_an_agent_looks_up_and_keeps(self):
        receiver, _ = self.trace("knowledge")
        self.assertEqual(outline(receiver.spans), [("invoke_agent librarian", "OK", [
            ("search_memory", "OK", []), ("embeddings text-embedding-3-small", "OK", []), ("retrieval manuals", "OK", []),
            ("chat gpt-4o-mini", "OK", []), ("create_memory", "OK", [])])])
        spans = {span.name: span for span in receiver.spans}
        self.assertEqual(spans["retrieval manuals"].attributes["gen_ai.retrieval.top_k"], 2)
        self.assertEqual(spans["search_memory"].attributes["gen_ai.memory.record.count"], 0)
        self.assertEqual(spans["create_memory"].attributes["gen_ai.memory.record.id"], "r1")
        self.assertEqual([(name, attributes) for name, _, attributes in spans["chat gpt-4o-mini"].events], [
            ("gen_ai.evaluation.result", {"gen_ai.evaluation.name": "relevance", "gen_ai.evaluation.score.label": "pass",
                                          "gen_ai.evaluation.score.value": 0.9})])

    def test_a_device_that_listens_and_speaks(self):
        receiver, _ = self.trace("voice")
        self.assertEqual(outline(receiver.spans), [("invoke_agent speaker", "OK", [
            ("transcription whisper-1", "OK", []), ("chat gpt-4o-mini", "OK", []),
            ("speech_group", "OK", [("speech_generation tts-1", "OK", [])] * 2)])])
        told = {span.name for span in receiver.spans if "uspan.device.heap_free_bytes" in span.attributes}
        self.assertEqual(told, {"invoke_agent speaker", "chat gpt-4o-mini"})
        spoken = [span for span in receiver.spans if span.name.startswith("speech_generation")]
        self.assertEqual([span.attributes["gen_ai.request.stream"] for span in spoken], [True, True])

    def test_calls_that_are_no_plain_chat(self):
        receiver, _ = self.trace("other_models")
        self.assertEqual(outline(receiver.spans), [("invoke_agent gardener", "OK", [
            ("tools/list", "OK", []), ("execute_tool read_soil", "OK", []), ("format gcp.gemini", "OK", []),
            ("chat gpt-5", "OK", []), ("fetch_response", "OK", []), ("generate_content gemini-2.5-flash", "OK", []),
            ("text_completion tiny-1b", "ERROR", [])])])
        fetched = next(span for span in receiver.spans if span.name == "fetch_response")
        self.assertEqual([fetched.attributes[f"gen_ai.response.{key}"] for key in ("id", "status")], ["resp_2", "completed"])

    def test_an_agent_and_the_device_whose_tools_it_calls_are_one_trace(self):
        receiver, _ = self.trace("mcp_client", str(PROGRAMS / "mcp_device"))
        self.assertEqual(outline(receiver.spans), [("invoke_agent gardener", "OK", [
            ("initialize", "OK", [("initialize", "OK", [])]),
            ("notifications/initialized", "OK", [("notifications/initialized", "OK", [])]),
            ("tools/list", "OK", [("tools/list", "OK", [])]),
            ("execute_tool read_soil", "OK", [("tools/call read_soil", "OK", [])]),
            ("execute_tool open_valve", "OK", [("tools/call open_valve", "OK", [("move valve", "OK", [])])])])])
        kinds = {span.name: span.proto.kind for span in receiver.spans}
        self.assertEqual((kinds["tools/call open_valve"], kinds["execute_tool open_valve"]), (2, 1))
        for span in receiver.spans:
            if "open_valve" in span.name:
                self.assertEqual([span.attributes[key] for key in ("mcp.method.name", "jsonrpc.request.id", "network.transport",
                                                                   "mcp.protocol.version", "gen_ai.tool.call.arguments")],
                                 ["tools/call", "4", "pipe", "2025-06-18", '{"bed":3}'])
                self.assertEqual(json.loads(span.attributes["gen_ai.tool.call.result"]), [{"type": "text", "text": "open"}])

    def test_an_interrupt_speaks_to_the_span_under_way(self):
        receiver, _ = self.trace("isr_event")
        self.assertEqual(outline(receiver.spans), [("execute_tool open_valve", "OK", [("valve interrupt", "OK", [])] * 2)])
        tool = next(span for span in receiver.spans if span.name == "execute_tool open_valve")
        self.assertEqual([(name, attributes) for name, _, attributes in tool.events],
                         [("valve pulse", {"valve.pulses": number}) for number in (1, 2)])

    def test_what_was_recorded_offline_arrives_and_the_rest_is_counted(self):
        receiver, done = self.trace(
            "offline", "URL", tls=False,
            log="uspan warn: Span pool full (end all spans), spans lost: 3, raise USPAN_SPANS_MAX (now 16).\n")
        self.assertEqual(done.stdout, "offline: 16 kept, 3 lost as pool_full\nonline: 16 delivered\n")
        self.assertEqual(sorted(span.attributes["garden.turn"] for span in receiver.spans), list(range(16)))

    def test_a_processor_sees_and_adds(self):
        receiver, done = self.trace("processor")
        self.assertEqual([span.attributes["garden.house"] for span in receiver.spans], ["north"] * 2)
        self.assertEqual([line.split(",")[0] for line in done.stdout.splitlines()],
                         ["begun chat qwen-max", "ended chat qwen-max", "begun execute_tool open_valve",
                          "ended execute_tool open_valve"])
        self.assertIn(", 37 tokens out", done.stdout.splitlines()[1])
        self.assertIn(", failed", done.stdout.splitlines()[3])

    def test_sampling_keeps_whole_traces_and_all_of_what_follows_a_failure(self):
        receiver, done = self.trace("sampling")
        self.assertEqual(done.stdout, "64 turns, 2 failed\n")
        turns = {span.attributes["garden.turn"]: span for span in receiver.spans if "garden.turn" in span.attributes}
        self.assertEqual(len(receiver.spans), 2 * len(turns))
        self.assertLessEqual(set(range(32, 40)), set(turns))
        self.assertLess(len(turns), 56)  # a chance of a quarter each: all 56 are practically impossible

    def test_a_collector_and_a_studio_each_get_every_span(self):
        self.assertIn("build with -DUSPAN_DESTINATIONS_MAX=2", start("two_destinations").stdout)
        with Receiver(None) as collector, Studio() as studio:
            done = start("two_destinations_2", collector.url(), studio.url())
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, "destination 0: 1 delivered\ndestination 1: 1 delivered\n")
        [span] = collector.spans
        [shown] = studio.store.spans.values()
        self.assertEqual((span.name, span.span_id), ("chat qwen-max", shown["spanId"]))
        self.assertEqual((shown["name"], shown["attributes"]["gen_ai"]["request"]["model"]), ("chat qwen-max", "qwen-max"))
        self.assertEqual(studio.store.dropped, [])

    def test_a_client_that_was_there_already_is_traced_and_does_what_it_did(self):
        with Llm(None) as llm:
            receiver, done = self.trace("curl_client", llm.url(), "qwen-max", "How is bed 3?")
            before = start("curl_untraced", llm.url(), "qwen-max", "How is bed 3?")
        self.assertEqual((before.stdout, before.returncode, before.stderr), (done.stdout, 0, ""))
        self.assertIn("data: [DONE]", done.stdout)
        self.assertEqual(*llm.requests)
        [chat] = receiver.spans
        self.assertEqual((chat.name, chat.status, chat.parent_id), ("chat qwen-max", "OK", ""))
        told = chat.attributes
        self.assertEqual((told["server.address"], told["gen_ai.response.id"]), ("localhost", "chatcmpl-0"))
        self.assertEqual((told["gen_ai.usage.input_tokens"], told["gen_ai.usage.output_tokens"]), SCRIPT[0][2:])
        self.assertIn("gen_ai.response.time_to_first_chunk", told)
        [asked] = json.loads(told["gen_ai.input.messages"])
        self.assertEqual(asked["parts"], [{"type": "text", "content": "How is bed 3?"}])
        [answered] = json.loads(told["gen_ai.output.messages"])
        self.assertEqual([(part["name"], part["arguments"]) for part in answered["parts"]], SCRIPT[0][1])
        self.assertEqual(llm.headers[0]["traceparent"], f"00-{chat.trace_id}-{chat.span_id}-03")
        self.assertNotIn("traceparent", llm.headers[1])

    def test_what_a_traced_client_meets_is_told(self):
        for fault in ("429", "broken", "refused"):
            with self.subTest(fault=fault), Llm(None, faults=[fault]) as llm, Receiver(None) as receiver:
                url = llm.url() if fault != "refused" else "http://localhost:1/v1/chat/completions"
                done = start("curl_client", url, "qwen-max", "?", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=receiver.url())
                self.assertEqual((done.returncode, done.stderr), (1, ""))
                [chat] = receiver.spans
                self.assertEqual(chat.status, "ERROR")
                self.assertEqual(chat.attributes["error.type"] == "429", fault == "429")  # otherwise libcurl's message
                self.assertEqual("gen_ai.output.messages" in chat.attributes, fault == "broken")

    def test_tracing_that_client_takes_15_lines_and_they_stand_where_users_look(self):
        before, after = ((ROOT / f"examples/curl_client/{name}.c").read_text().split("*/\n", 1)[1].splitlines(keepends=True)
                         for name in ("untraced", "main"))
        lines = ["@@\n" if line.startswith("@@") else line for line in list(difflib.unified_diff(before, after, n=1))[2:]]
        self.assertLessEqual(sum(line.startswith("+") for line in lines), 15)
        self.assertIn("```diff\n" + "".join(lines) + "```\n", (ROOT / "examples/curl_client/README.md").read_text())

    def test_an_unusable_endpoint_is_told_and_does_not_stop_the_program(self):
        done = start("chat", OTEL_EXPORTER_OTLP_TRACES_ENDPOINT="ftp://nowhere/")
        self.assertEqual(done.returncode, 0)
        self.assertIn("must begin with https:// or http://", done.stderr)

    def test_each_example_is_short_and_told_of(self):
        readme = (ROOT / "examples/README.md").read_text()
        for program in sorted(ROOT.glob("examples/*.c")):
            with self.subTest(program=program.name):
                self.assertLess(len(program.read_text().splitlines()), 150)
                self.assertIn(f"## {program.stem}\n", readme)
        for folder in sorted(path for path in ROOT.glob("examples/*") if path.is_dir()):
            self.assertIn(f"## {folder.name}\n", readme)


if __name__ == "__main__":
    sys.exit(run())
