#!/usr/bin/python3
"""test_interrupts.py: span calls that headers call ISR-safe, made by a timer interrupt of a Cortex-M3 while the main loop
records and exports.

Invariant: every span received is checked whole against interrupts.c's rules; every span started is accounted for."""
import re
import sys
import unittest
from collections import Counter

import firmware_cases  # first: it knows where the others are
import firmware
import qemu
from receiver import Receiver
from streams import server_context

PATTERN_MAX = 100
SHARED = {"m" * 40, "i" * 90}  # from the main loop, from the interrupt; never some of each
# A core of 62.5 MHz, counted by the instruction: interrupts fall everywhere, and alike on a busy host.
COUNTED = ["-icount", "shift=4"]


def expected(by, number):
    """Attributes of a whole span, those aside that the other context writes."""
    letter, length = chr(ord("a") + number % 26), 3 + number * 7 % (PATTERN_MAX - 3)
    return {"by": by, "number": number, "half": number / 2, "odd": number % 2 == 1, "text": letter * length,
            "grown": letter * (length // 3 * 3)}


class Interrupts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        built = firmware.build("mps2_an385", f"-DBOARD_AGENT={firmware.ROOT}/tests/qemu/interrupts.c", "-DUSPAN_TEXT_BYTES=16384")
        with Receiver(server_context()) as receiver:
            endpoint = f"https://{qemu.LOOPBACK}:{receiver.port}/v1/traces"
            cls.done = qemu.run(built, {"endpoint": endpoint, "deadline_ms": 60000}, more=COUNTED)
        cls.spans, cls.twice = receiver.spans, receiver.duplicates()
        told = re.search(r"interrupts (\d+) isr (\d+) main (\d+) wrong (\d+)", cls.done.text)
        if told is None:
            raise RuntimeError(f"the firmware did not come to its end:\n{cls.done.text}")
        cls.interrupts, cls.by_isr, cls.by_main, cls.wrong = map(int, told.groups())

    def test_no_span_is_torn(self):
        for span in self.spans:
            by, number = re.fullmatch(r"(isr|main)(\d+) done", span.name).groups()
            attributes = dict(span.attributes)
            shared, seen = attributes.pop("shared", None), attributes.pop("seen", None)
            self.assertEqual(attributes, expected(by, int(number)), span.name)
            self.assertEqual([(name, held) for name, _, held in span.events], [(f"{by}{number} event", {"number": int(number)})])
            failed = int(number) % 2 == 1
            self.assertEqual((span.status, span.message), ("ERROR", "odd") if failed else ("OK", ""))
            self.assertEqual((span.dropped, span.parent_id), ({}, ""))
            self.assertIn(shared, SHARED if by == "main" else {None}, span.name)
            self.assertIn(seen, range(1, self.interrupts + 1) if by == "main" and seen is not None else {None})

    def test_each_start_was_delivered_or_dropped_and_counted(self):
        account = self.done.account
        self.assertEqual(account("started"), self.by_isr + self.by_main, self.done.text)
        self.assertEqual(account("started"), account("delivered") + account("dropped"), self.done.text)
        self.assertEqual((account("delivered"), self.twice), (len(self.spans), []))
        self.assertEqual((account("rejected"), account("queued"), self.wrong), (0, 0, 0))

    def test_ids_and_names_are_given_once(self):
        for part in ("name", "span_id", "trace_id"):
            most, times = Counter(getattr(span, part) for span in self.spans).most_common(1)[0]
            self.assertEqual(times, 1, f"{part} {most}")

    def test_both_contexts_recorded_at_the_same_time_and_into_the_same_spans(self):
        makers = Counter(span.attributes["by"] for span in self.spans)
        self.assertGreater(min(makers["isr"], makers["main"]), 100)
        last = Counter(span.attributes["shared"] for span in self.spans if "shared" in span.attributes)
        self.assertGreater(min(last[text] for text in SHARED), 5)


if __name__ == "__main__":
    sys.exit(firmware_cases.run())
