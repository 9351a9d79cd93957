#!/usr/bin/python3
"""test_receiver_page.py: the receiver's page in a real browser: waterfall, attributes, a conversation. Hostile text stays text.

Invariant: the page loads nothing from other servers. The picture is in build/interop/receiver.png. uspan-needs: only cross"""
import json
import sys
import time
import unittest
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "net"), str(Path(__file__).resolve().parent)]
from browser import browser  # noqa: E402
from receiving import running  # noqa: E402
from runner import run  # noqa: E402
from sample import add_span, agent_trace, envelope, post, set_attributes  # noqa: E402
from tools import OUT  # noqa: E402

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
MESSAGES = {
    "gen_ai.system_instructions": [{"type": "text", "content": "You water plants."}],
    "gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": "Is bed 3 dry?"}]},
                              {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "12 %"}]}],
    "gen_ai.output.messages": [{"role": "assistant", "parts": [
        {"type": "tool_call", "id": "c2", "name": "set_valve", "arguments": {"bed": 3}},
        {"type": "text", "content": "Bed 3 was dry. " + HOSTILE}], "finish_reason": "stop"}]}


def conversation():
    """agent_trace() whose first chat has messages."""
    request = agent_trace()
    chat = next(span for span in request.resource_spans[0].scope_spans[0].spans if span.name.startswith("chat"))
    set_attributes(chat.attributes, {key: json.dumps(value) for key, value in MESSAGES.items()})
    return request


class ReceiverPage(unittest.TestCase):
    def shown(self, page, words, limit_s=30):
        end = time.monotonic() + limit_s
        while True:
            text = page.value("document.body.innerText") or ""
            if all(word in text for word in words):
                return text
            self.assertLess(time.monotonic(), end, f"{[word for word in words if word not in text]} not in:\n{text}")
            time.sleep(0.1)

    def test_the_page_shows_what_arrives_while_it_is_open(self):
        with running() as receiver, browser(OUT / "chromium_receiver") as page:
            page.open(receiver.page, ["No span has arrived yet"])
            post(receiver.http, conversation().SerializeToString())
            self.shown(page, ["invoke_agent greenhouse", "6 spans in 1 trace", "execute_tool set_valve", "1.90 s"])
            # Each of the six bars is at the position of its time.
            bars = page.value("[...document.querySelectorAll('.bar')].map(b => [b.style.left, b.style.width].map(parseFloat))")
            self.assertEqual(len(bars), 6)
            self.assertEqual(bars[0], [0, 100])
            self.assertAlmostEqual(bars[2][0], 4 / 19, delta=0.1)
            page.value("[...document.querySelectorAll('.span')].find(b => b.innerText.includes('chat qwen-max')).click()")
            text = self.shown(page, ["Conversation", "You water plants.", "Is bed 3 dry?", "calls set_valve({\"bed\":3})",
                                     "result: 12 %", "812 → 64 tokens", "gen_ai.request.model", "service.name"])
            self.assertIn(HOSTILE, text)
            self.assertEqual(page.value("document.title"), "uspan receiver")
            self.assertEqual(page.value("document.querySelectorAll('#details img, #details script').length"), 0)
            OUT.mkdir(parents=True, exist_ok=True)
            (OUT / "receiver.png").write_bytes(page.picture())
            page.value("[...document.querySelectorAll('.span')].find(b => b.innerText.includes('set_valve')).click()")
            self.shown(page, ["the valve does not answer", "Event exception"])

    def test_odd_parents_names_and_messages_lose_no_span(self):
        request, scoped = envelope("odd")
        trace = bytes(range(1, 17))
        one, other = b"a" * 8, b"b" * 8
        add_span(scoped, HOSTILE, parent=b"c" * 8, trace_id=trace)
        add_span(scoped, "circle one", parent=other, span_id=one, trace_id=trace)
        add_span(scoped, "circle other", parent=one, span_id=other, trace_id=trace,
                 attributes={"gen_ai.input.messages": '[{"role": "user", "par', "gen_ai.output.messages": "[1, null, {}]"})
        with running() as receiver, browser(OUT / "chromium_odd") as page:
            post(receiver.http, request.SerializeToString())
            page.open(receiver.page, ["circle one"])
            self.shown(page, ["circle other", HOSTILE, "3 spans in 1 trace"])
            page.value("[...document.querySelectorAll('.span')].find(b => b.innerText.includes('circle other')).click()")
            self.shown(page, ["gen_ai.input.messages"])
            self.assertEqual(page.value("document.title"), "uspan receiver")


if __name__ == "__main__":
    sys.exit(run())
