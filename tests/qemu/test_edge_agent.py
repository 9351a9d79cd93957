#!/usr/bin/python3
"""test_edge_agent.py: the greenhouse agent as firmware in QEMU. It reaches the scripted model and the receiver over TLS.

Invariant: greenhouse.py defines the spans of a turn, as for the host's agent."""
import os
import subprocess
import sys
import unittest
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor

import firmware_cases  # must be first: it adds the folders of the others
import demo
import firmware
import greenhouse
import qemu
from greenhouse import TOLD, Greenhouse
from llm import SCRIPT, TEXT, Llm
from receiver import Receiver
from sntp import TimeServer
from streams import server_context

BOARDS = ("mps2_an385", "riscv32_virt", "lm3s6965evb")
BOTH = "mps2_an385"  # its heap holds two connections
SMALL = ("lm3s6965evb",)  # runs examples/edge_agent/small
HEAP_OF_ONE = 32768  # size of mbedTLS's heap on a board where it holds one connection
KEY = "sk-greenhouse"
TURNS = [None, *TOLD]  # fault of the first call of each turn
# A core of 62.5 MHz, by counted instructions: on a busy host the machine's time does not pass faster.
COUNTED = ["-icount", "shift=4"]
LIMITS = {"timeout_ms": 4000, "call_ms": 5000, "deadline_ms": 60000}
DEADLINE_S = 300
Ran = namedtuple("Ran", "done receiver llm traces")


class Hanging(Receiver):
    """Delays the response to the first spans until the last request to the model has come."""

    def __init__(self, llm):
        super().__init__(server_context())
        self.llm, self.has_hung = llm, False

    def answer(self, request):
        if request.method == "POST" and not self.has_hung:
            self.has_hung = True
            self.llm.wait(lambda: len(self.llm.requests) >= len(SCRIPT), DEADLINE_S)
        return super().answer(request)


def run(board, turns, kind="good", hangs=False):
    faults = [met for fault in turns for met in ([fault] if fault else []) + [None] * 4]
    with Llm(server_context(kind), faults=faults, key=KEY) as llm, TimeServer() as clock, \
            Hanging(llm) if hangs else Receiver(server_context()) as receiver:
        settings = {"endpoint": f"https://{qemu.LOOPBACK}:{receiver.port}/v1/traces", "model": "qwen-max", "key": KEY,
                    "llm": llm.url(host=qemu.LOOPBACK), "sntp": f"{qemu.LOOPBACK}:{clock.port}", "turns": len(turns), **LIMITS}
        done = qemu.run(firmware.build(board, image="firmware_edge"), settings, more=COUNTED)
    return Ran(done, receiver, llm, greenhouse.traces(receiver.spans))


WAYS = {"turns": (TURNS,), "other_ca": ([None], "other_ca"), "wrong_host": ([None], "wrong_host"),
        "hangs": ([None], "good", True)}


class EdgeAgent(Greenhouse, unittest.TestCase):
    """All machines run at the same time, because they wait most of the time."""
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        for board in BOARDS:
            firmware.build(board, image="firmware_edge")
        with ThreadPoolExecutor(len(WAYS) * len(BOARDS)) as pool:
            started = {(way, board): pool.submit(run, board, *WAYS[way]) for way in WAYS for board in BOARDS}
        cls.runs = {key: run.result() for key, run in started.items()}

    def delivered(self, way, board):
        """The turns that ran. Every span of them arrived once at the receiver."""
        ran = self.runs[way, board]
        told = {name: ran.done.account(name) for name in ("delivered", "rejected", "queued", "dropped")}
        all_of_them = {"delivered": ran.done.account("started"), "rejected": 0, "queued": 0, "dropped": 0}
        self.assertEqual(told, all_of_them, ran.done.text)
        self.assertEqual((ran.done.status, ran.receiver.duplicates()), (0, []), ran.done.text)
        return ran

    def test_a_tool_loop_of_four_calls_leaves_a_whole_trace(self):
        for board in BOARDS:
            with self.subTest(board=board):
                ran = self.delivered("turns", board)
                self.assertEqual(len(ran.traces), len(TURNS), ran.done.text)
                self.assert_whole_turn(ran.traces[0], board in SMALL)
                self.assert_told_who_called(ran.llm.headers, [span for spans in ran.traces for span in spans])
                self.assertEqual(ran.done.text.count(TEXT), len(TURNS), ran.done.text)

    def test_what_may_pass_is_tried_again_and_told(self):
        for board in BOARDS:
            with self.subTest(board=board):
                ran = self.delivered("turns", board)
                for fault, spans in zip(TURNS[1:], ran.traces[1:], strict=True):
                    with self.subTest(fault=fault):
                        self.assert_recovered(spans, fault, board in SMALL)

    def test_both_connections_are_tls_and_the_models_session_is_resumed(self):
        for board in BOARDS:
            with self.subTest(board=board):
                ran = self.delivered("turns", board)
                for server in (ran.llm, ran.receiver):
                    self.assertEqual({connection.tls_version for connection in server.connections if connection.requests},
                                     {"TLSv1.2" if board in SMALL else "TLSv1.3"})
                self.assertEqual([connection.reused for connection in ran.llm.connections],
                                 [False] + [True] * (len(ran.llm.connections) - 1))

    def test_the_heap_holds_both_connections_or_one_after_the_other(self):
        for board in BOARDS:
            with self.subTest(board=board):
                ran = self.delivered("turns", board)
                most, size = ran.done.memory()["tls_heap_peak_bytes"]
                self.assertEqual((most > HEAP_OF_ONE, size > HEAP_OF_ONE), (board == BOTH,) * 2)
                print(f"{board}: " + ", ".join(f"{name} {used} of {there}" for name, (used, there) in ran.done.memory().items()))

    def test_a_collector_that_hangs_costs_the_agent_no_call_and_is_sent_the_spans_again(self):
        for board in BOARDS:
            with self.subTest(board=board):
                ran = self.runs["hangs", board]
                [spans] = ran.traces
                self.assertTrue(ran.receiver.has_hung)
                self.assertEqual((ran.done.text.count(TEXT), len(ran.llm.requests)), (1, len(SCRIPT)), ran.done.text)
                told = {name: ran.done.account(name) for name in ("started", "delivered", "dropped", "retries")}
                self.assertEqual(told["delivered"] + told["dropped"], told["started"], ran.done.text)
                self.assertTrue(told["retries"] > 0 or board == BOTH, ran.done.text)
                if board not in SMALL:  # its pool does not hold a complete turn
                    self.assert_whole_turn(spans)
                    self.assertEqual(told["dropped"], 0, ran.done.text)

    def test_a_model_that_nobody_vouches_for_is_not_talked_to(self):
        for way, words in (("other_ca", "certificate not signed by a trusted CA"),
                           ("wrong_host", "certificate is for a different host name")):
            for board in BOARDS:
                with self.subTest(board=board):
                    ran = self.delivered(way, board)
                    [spans] = ran.traces
                    self.assert_trusted_nobody(ran.llm, spans)
                    self.assertIn(f"agent: no answer. {words}", ran.done.text)

    def test_the_key_goes_to_the_model_and_nowhere_else(self):
        for board in BOARDS:
            with self.subTest(board=board):
                ran = self.delivered("turns", board)
                self.assertEqual({sent["authorization"] for sent in ran.llm.headers}, {f"Bearer {KEY}"})
                self.assertNotIn(KEY, ran.done.text + str([span.as_json() for span in ran.receiver.spans]))

    def test_make_demo_shows_a_boards_turn(self):
        done = subprocess.run([sys.executable, "-B", demo.__file__, "--board", BOARDS[1]], capture_output=True, text=True,
                              env={name: value for name, value in os.environ.items() if name != "LLM_URL"}, timeout=DEADLINE_S)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("All 9 spans arrived whole", done.stdout)


if __name__ == "__main__":
    sys.exit(firmware_cases.run())
