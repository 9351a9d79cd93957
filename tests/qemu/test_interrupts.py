#!/usr/bin/python3
"""test_interrupts.py: a timer interrupt of a Cortex-M3 makes the span calls that headers call ISR-safe. The main loop records
and exports at the same time.

Invariant: every received span is checked completely against the rules of interrupts.c. Every started span is accounted for,
with free pools and with full ones."""
import re
import sys
import unittest
from collections import Counter

import firmware_cases  # must be first: it adds the folders of the others
import firmware
import qemu
from receiver import Receiver
from streams import server_context

PATTERN_MAX = 100
SHARED = {"m" * 40, "i" * 90}  # from the main loop, from the interrupt, never a mixture
HOGS, DRY_DELIVERED = 9, 300
# A core of 62.5 MHz, by counted instructions: interrupts come at all places, and at the same ones on a busy host.
COUNTED = ["-icount", "shift=4"]
TOLD = ("interrupts", "isr", "main", "wrong", "pool_full", "attributes", "events", "truncated")


def expected(by, number):
    """Attributes of a complete span, without those that the other context writes."""
    letter, length = chr(ord("a") + number % 26), 3 + number * 7 % (PATTERN_MAX - 3)
    return {"by": by, "number": number, "half": number / 2, "odd": number % 2 == 1, "text": letter * length,
            "grown": letter * (length // 3 * 3)}


def maker_of(span):
    by, number = re.fullmatch(r"(isr|main)(\d+) done", span.name).groups()
    return by, int(number)


class Recording:
    """Rules for full and for free pools. `with_pools` of a subclass: settings of interrupts.c."""

    @classmethod
    def setUpClass(cls):
        built = firmware.build("mps2_an385", f"-DBOARD_AGENT={firmware.ROOT}/tests/qemu/interrupts.c", "-DUSPAN_TEXT_BYTES=16384")
        with Receiver(server_context()) as receiver:
            endpoint = f"https://{qemu.LOOPBACK}:{receiver.port}/v1/traces"
            cls.done = qemu.run(built, {"endpoint": endpoint, "deadline_ms": 60000, **cls.with_pools}, more=COUNTED)
        cls.twice = receiver.duplicates()
        cls.hogs = [span for span in receiver.spans if span.name.startswith("hog")]
        cls.spans = [span for span in receiver.spans if not span.name.startswith("hog")]
        told = re.search(" ".join(rf"{name} (\d+)" for name in TOLD), cls.done.text)
        if told is None:
            raise RuntimeError(f"the firmware did not come to its end:\n{cls.done.text}")
        cls.told = dict(zip(TOLD, map(int, told.groups())))

    def test_each_start_was_delivered_or_dropped_and_counted(self):
        account, told = self.done.account, self.told
        self.assertEqual(account("started"), told["isr"] + told["main"] + len(self.hogs), self.done.text)
        self.assertEqual(account("started"), account("delivered") + account("dropped"), self.done.text)
        self.assertEqual(account("dropped"), told["pool_full"], self.done.text)
        self.assertEqual((account("delivered"), self.twice), (len(self.spans) + len(self.hogs), []))
        self.assertEqual((account("rejected"), account("queued"), told["wrong"]), (0, 0, 0))

    def test_ids_and_names_are_given_once(self):
        for part in ("name", "span_id", "trace_id"):
            most, times = Counter(getattr(span, part) for span in self.spans + self.hogs).most_common(1)[0]
            self.assertEqual(times, 1, f"{part} {most}")

    def assert_seen(self, by, seen):
        self.assertIn(seen, range(1, self.told["interrupts"] + 1) if by == "main" and seen is not None else {None})


class Interrupts(Recording, unittest.TestCase):
    with_pools = {}

    def test_no_span_is_torn(self):
        for span in self.spans:
            by, number = maker_of(span)
            attributes = dict(span.attributes)
            shared, seen = attributes.pop("shared", None), attributes.pop("seen", None)
            self.assertEqual(attributes, expected(by, number), span.name)
            self.assertEqual([(name, held) for name, _, held in span.events], [(f"{by}{number} event", {"number": number})])
            self.assertEqual((span.status, span.message), ("ERROR", "odd") if number % 2 == 1 else ("OK", ""))
            self.assertEqual((span.dropped, span.parent_id), ({}, ""))
            self.assertIn(shared, SHARED if by == "main" else {None}, span.name)
            self.assert_seen(by, seen)

    def test_both_contexts_recorded_at_the_same_time_and_into_the_same_spans(self):
        makers = Counter(span.attributes["by"] for span in self.spans)
        self.assertGreater(min(makers["isr"], makers["main"]), 100)
        last = Counter(span.attributes["shared"] for span in self.spans if "shared" in span.attributes)
        self.assertGreater(min(last[text] for text in SHARED), 5)


class FullPools(Recording, unittest.TestCase):
    """Most slots are taken. In every second burst all text blocks are taken too."""
    with_pools = {"hogs": 1, "delivered": DRY_DELIVERED}

    def test_what_is_cut_is_the_beginning_of_the_right_text_and_what_is_missing_is_counted(self):
        for span in self.spans:
            by, number = maker_of(span)
            whole, attributes = expected(by, number), dict(span.attributes)
            for key in ("text", "grown"):
                value = attributes.pop(key, "")
                self.assertIn(value, {whole[key][:len(value)]} | ({"before"} if key == "text" else set()), span.name)
            shared, seen = attributes.pop("shared", ""), attributes.pop("seen", None)
            self.assertTrue(by == "main" or not shared, span.name)
            self.assertTrue(any(text.startswith(shared) for text in SHARED), f"{span.name}: {shared}")
            self.assert_seen(by, seen)
            self.assertEqual(attributes, {key: whole[key] for key in ("by", "number", "half", "odd")}, span.name)
            self.assertEqual(len(span.events) + span.dropped.get("events", 0), 1, span.name)
            for name, _, held in span.events:
                self.assertEqual(f"{by}{number} event"[:len(name)], name)
                self.assertIn(held, [{"number": number}] + ([{}] if "event attributes" in span.dropped else []))
            self.assertEqual(span.status, "ERROR" if number % 2 == 1 else "OK")
            self.assertIn(span.message, {"odd"[:length] for length in range(4 if number % 2 == 1 else 1)})

    def test_what_spans_say_they_lost_is_what_the_tracer_counted_and_both_pools_were_full(self):
        lost = sum((Counter(span.dropped) for span in self.spans + self.hogs), Counter())
        self.assertEqual((len(self.hogs), lost["events"]), (HOGS, self.told["events"]), self.done.text)
        self.assertEqual(lost["attributes"] + lost["event attributes"], self.told["attributes"], self.done.text)
        for name in ("pool_full", "attributes", "truncated"):  # the reserve has blocks for short events
            self.assertGreater(self.told[name], 10, name)
        makers = Counter(maker_of(span)[0] for span in self.spans)
        self.assertGreater(min(makers["isr"], makers["main"]), 20)
        memory = self.done.memory()
        self.assertEqual(*memory["span_slots"])
        used, blocks = memory["text_blocks"]
        self.assertGreater(used, blocks * 7 // 8, "all but the reserve was in use")


if __name__ == "__main__":
    sys.exit(firmware_cases.run())
