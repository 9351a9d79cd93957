#!/usr/bin/python3
"""test_refusals.py: the rules of refusals.py find the faults that they describe. test_random_batches.py and test_examples.py
apply the same rules to requests of uspan."""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support/peers"))
import protos  # noqa: E402
from refusals import refusals_of, types  # noqa: E402


def good():
    request = protos.ExportRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id, span.span_id, span.name = b"t" * 16, b"s" * 8, "chat m"
    span.start_time_unix_nano, span.end_time_unix_nano = 1, 2
    for key, text in (("gen_ai.request.model", "m"), ("gen_ai.output.messages", '[{"finish_reason":"stop"}]')):
        pair = span.attributes.add()
        pair.key, pair.value.string_value = key, text
    return span


class Refusals(unittest.TestCase):
    def test_the_keys_of_the_header_have_types(self):
        self.assertGreater(len(types()), 120)
        self.assertEqual({types()[f"gen_ai.usage.{name}.input_tokens"] for name in ("cache_creation", "cache_write")},
                         {"int_value"})

    def test_a_good_span_is_taken(self):
        self.assertEqual(list(refusals_of(good())), [])

    def test_each_rule_finds_its_fault(self):
        def wrong(name, change):
            span = good()
            change(span)
            with self.subTest(name):
                self.assertTrue(any(name in text for text in refusals_of(span)), list(refusals_of(span)))

        wrong("trace id", lambda s: s.ClearField("trace_id"))
        wrong("trace id", lambda s: setattr(s, "trace_id", bytes(16)))
        wrong("span id", lambda s: setattr(s, "span_id", b"short"))
        wrong("parent id", lambda s: setattr(s, "parent_span_id", bytes(8)))
        wrong("name or times", lambda s: s.ClearField("name"))
        wrong("name or times", lambda s: setattr(s, "end_time_unix_nano", 0))
        wrong("ids of a link", lambda s: s.links.add())
        wrong("no value", lambda s: setattr(s.attributes.add(), "key", "empty"))
        wrong("no value", lambda s: setattr(s.events.add().attributes.add(), "key", "empty"))
        wrong("not string_value", lambda s: setattr(s.attributes[0].value, "int_value", 1))
        wrong("finish_reason", lambda s: setattr(s.attributes[1].value, "string_value", '[{"role":"assistant"}]'))
        wrong("finish_reason", lambda s: setattr(s.attributes[1].value, "string_value", "cut["))


if __name__ == "__main__":
    unittest.main()
