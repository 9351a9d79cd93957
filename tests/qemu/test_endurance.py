#!/usr/bin/python3
"""test_endurance.py: nine turns of the agent, 54 spans, from each board's firmware. The cable is good, or loses a tenth of its
frames, or is pulled while a request waits for its response.

Invariant: every span arrives complete, in its own trace, and the firmware counts it as delivered. A span that arrives twice was
sent twice by the firmware's count too."""
import re
import sys
import unittest
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor

import firmware_cases  # must be first: it adds the folders of the others
import demo
import firmware
import qemu
from link import Loss, Monitor
from receiver import Receiver
from streams import server_context

BOARDS = ("lm3s6965evb", "mps2_an385", "riscv32_virt")
TURNS, PULLED_IN = 9, 5
SPANS = TURNS * firmware_cases.SPANS
# A core of 62.5 MHz, by counted instructions: on a busy host the machine's time does not pass faster.
COUNTED = ["-icount", "shift=4"]
# Of a turn, in the machine's time. No run with a tenth of its frames lost takes so long.
DEADLINE_MS = 300000
DEADLINE_S = 600
GAVE_UP = r"no response in time|w6: e6"  # message of the firmware after its limit for a response
NEVER_FULL = ("stack_peak_bytes", "tls_heap_peak_bytes", "text_blocks", "span_slots", "lwip_pbuf_pool")
EVERY_POOL = (*NEVER_FULL, "lwip_heap_bytes", "lwip_pbuf", "lwip_tcp_pcb", "lwip_tcp_seg", "lwip_udp_pcb", "lwip_timeout")
TICKET_BYTES = 1024
Ran = namedtuple("Ran", "done receiver loss", defaults=[None])


class Cutter(Receiver):
    """Pulls the cable when a turn's spans have arrived and their response is not yet sent."""

    def __init__(self, monitor):
        super().__init__(server_context())
        self.monitor, self.cable = monitor, "in"

    def answer(self, request):
        answer = super().answer(request)
        if self.cable == "in" and request.status == 200 and len(self.seen) == PULLED_IN * firmware_cases.SPANS:
            self.monitor.set_link(False)
            self.cable = "out"
        return answer

    def watch(self, text):
        """Connects the cable again once the firmware has stopped waiting for that response."""
        if self.cable == "out" and re.search(GAVE_UP, text):
            self.monitor.set_link(True)
            self.cable = "back"


def run(board, receiver, *more, turns=TURNS, watch=None):
    settings = {"endpoint": f"https://{qemu.LOOPBACK}:{receiver.port}/v1/traces", "turns": turns, "deadline_ms": DEADLINE_MS}
    return qemu.run(firmware.build(board), settings, deadline_s=DEADLINE_S, more=[*COUNTED, *more], watch=watch)


def one_turn(board):
    with Receiver(server_context()) as receiver:
        return Ran(run(board, receiver, turns=1), receiver)


def over_a_good_cable(board):
    with Receiver(server_context()) as receiver:
        return Ran(run(board, receiver), receiver)


def over_a_lossy_cable(board):
    with Receiver(server_context()) as receiver, Loss(1, board) as loss:
        return Ran(run(board, receiver, *loss.arguments), receiver, loss)


def over_a_pulled_cable(board):
    with Monitor() as monitor, Cutter(monitor) as receiver:
        return Ran(run(board, receiver, *monitor.arguments, watch=receiver.watch), receiver)


WAYS = (over_a_lossy_cable, over_a_pulled_cable, over_a_good_cable, one_turn)


class Endurance(unittest.TestCase):
    """All machines run at the same time, because they wait most of the time."""
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        for board in BOARDS:
            firmware.build(board)
        with ThreadPoolExecutor(len(WAYS) * len(BOARDS)) as pool:
            started = {(way, board): pool.submit(way, board) for way in WAYS for board in BOARDS}
        cls.runs = {key: run.result() for key, run in started.items()}

    def assert_all_delivered(self, run):
        done, receiver = run.done, run.receiver
        told = {name: done.account(name) for name in ("started", "delivered", "rejected", "queued", "dropped")}
        self.assertEqual(told, {"started": SPANS, "delivered": SPANS, "rejected": 0, "queued": 0, "dropped": 0}, done.text)
        self.assertEqual((done.status, len(receiver.seen)), (0, SPANS), done.text)
        self.assertNotIn("not delivered", done.text)
        traces = {}
        for span in receiver.spans:
            traces.setdefault(span.trace_id, {})[span.span_id] = span
        self.assertEqual([demo.faults(list(spans.values()), []) for spans in traces.values()], [[]] * TURNS)
        again = done.account("retries") + done.account("resends")
        self.assertLessEqual(sum(receiver.seen.values()), SPANS + again * firmware_cases.SPANS, done.text)

    def test_over_a_good_cable_every_span_arrives_once_and_later_turns_resume_the_tls_session(self):
        for board in BOARDS:
            with self.subTest(board=board):
                run = self.runs[over_a_good_cable, board]
                self.assert_all_delivered(run)
                self.assertEqual(run.receiver.duplicates(), [])
                self.assertEqual([connection.reused for connection in run.receiver.connections],
                                 [False] + [True] * (TURNS - 1), run.done.text)

    def test_with_a_tenth_of_the_frames_lost_every_span_arrives(self):
        for board in BOARDS:
            with self.subTest(board=board):
                run = self.runs[over_a_lossy_cable, board]
                self.assert_all_delivered(run)
                self.assertGreater(run.loss.frames, 2 * SPANS)
                tenth = run.loss.frames // 10  # in each direction. Less than ten frames may remain
                self.assertIn(run.loss.lost, range(tenth - 1, tenth + 3))

    def test_a_cable_pulled_while_a_request_waits_costs_no_span_and_the_second_sending_is_counted(self):
        for board in BOARDS:
            with self.subTest(board=board):
                run = self.runs[over_a_pulled_cable, board]
                self.assertEqual(run.receiver.cable, "back", run.done.text)
                self.assert_all_delivered(run)
                self.assertEqual(len(run.receiver.duplicates()), firmware_cases.SPANS, run.done.text)
                self.assertGreaterEqual(run.done.account("retries"), 1, run.done.text)

    def test_stack_and_tls_heap_have_room_left_and_no_pool_went_over_its_size(self):
        for way, board in self.runs:
            with self.subTest(way=way.__name__, board=board):
                memory = self.runs[way, board].done.memory()
                print(f"{board}, {way.__name__}: " + ", ".join(f"{name} {most} of {size}" for name, (most, size) in memory.items()
                                                               if size), flush=True)
                self.assertEqual([name for name in EVERY_POOL if memory[name][1] is None], [])
                self.assertEqual([name for name in EVERY_POOL if memory[name][0] > memory[name][1]], [])
                self.assertEqual([name for name in NEVER_FULL if memory[name][0] >= memory[name][1]], [])

    def test_nine_turns_need_no_more_than_one_but_for_the_session_ticket(self):
        for board in BOARDS:
            with self.subTest(board=board):
                one, nine = (self.runs[way, board].done.memory() for way in (one_turn, over_a_good_cable))
                for name in ("span_slots", "text_blocks"):
                    self.assertEqual(nine[name], one[name], name)
                self.assertLessEqual(nine["tls_heap_peak_bytes"][0], one["tls_heap_peak_bytes"][0] + TICKET_BYTES)


if __name__ == "__main__":
    sys.exit(firmware_cases.run())
