"""test_random_batches.py: random batches, decoded by the official protobuf classes, contain exactly the requested data.

Invariant: the expected data follow from the calls that random_batches printed and from the rules of random_model.py.
USPAN_SEED is the first seed, USPAN_BATCHES the number of requests."""
import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support" / "peers"))
import protos  # noqa: E402
from refusals import refusals_of  # noqa: E402
from random_model import (ARG, BYTES, FULL, Model, OK, STALE, TEXT, TRUNCATED, Value, Wrong, clean, cut, unhex,  # noqa: E402
                          want)

BATCHES = int(os.environ.get("USPAN_BATCHES", "20000"))
BASE = int(os.environ.get("USPAN_SEED", "1"))
PROGRAM = Path(os.environ.get("USPAN_BUILD_DIR", "build")) / "tests" / "random_batches"

SAMPLED, RANDOM = 1, 2
UNIX_NS = 1700000000000000000


class Context:
    __slots__ = ("trace", "span", "flags", "remote", "state", "valid")

    def __init__(self, trace, span, flags, remote, state):
        self.trace, self.span, self.flags, self.remote, self.state = trace, span, flags, remote, state
        self.valid = any(trace) and any(span)


class Span:
    __slots__ = ("cleaned", "kind", "scope", "start", "end", "trace", "id", "parent", "remote", "flags", "state", "attrs",
                 "events", "links", "dropped_attrs", "dropped_events", "dropped_links", "status", "message", "open",
                 "sampled")


class Session:
    """One tracer, from its start to its final accounts."""

    def __init__(self, model, seed):
        self.m, self.seed = model, seed
        model.limits = model.most + [0]
        self.spans, self.contexts, self.queue = [], {}, []
        self.ids = set()
        self.started = self.delivered = self.unsampled = self.attrs = self.events = self.links = self.states = 0
        self.drops = {}
        self.live = 0

    def limits(self, tokens):
        limits = [int(token) for token in tokens[1:]]
        for i, top in enumerate(self.m.most):
            limits[i] = min(limits[i] or top, top)
        self.m.limits = limits

    def holders(self):
        """Spans that use a slot: open, or waiting for delivery."""
        return [span for span in self.spans if span is not None and span.open] + self.queue

    def start(self, t):
        m = self.m
        index, parent, context, kind, scope, start_ns, now = (int(token) for token in t[1:8])
        name, given = unhex(t[8]), unhex(t[9])
        attrs, at = m.read_attrs(t, 10)
        link, room, trace, span_id = int(t[at]), int(t[at + 1]), unhex(t[at + 2]), unhex(t[at + 3])
        want(index == len(self.spans), "spans are out of step")
        self.started += 1
        context = self.contexts[context] if context >= 0 else None
        origin = self.spans[parent] if parent >= 0 else None
        cause = None
        if context is None and parent >= 0 and (origin is None or not origin.open):
            cause = "parent_dropped"
        elif len(self.holders()) >= m.spans_max:
            cause = "pool_full"
        if cause is not None:
            want(not trace, "a span started where none could:", cause)
            self.drops[cause] = self.drops.get(cause, 0) + 1
            self.spans.append(None)
            return
        want(len(trace) == 16 and any(trace) and len(span_id) == 8 and any(span_id), "ids")
        want(span_id not in self.ids, "a span id comes twice")
        self.ids.add(span_id)
        s = Span()
        s.trace, s.id, s.parent, s.remote, s.state = trace, span_id, b"", False, b""
        if context is not None and context.valid:
            want(trace == context.trace, "another trace than the parent's")
            s.parent, s.remote = context.span, context.remote
            s.flags, s.sampled = context.flags & RANDOM, bool(context.flags & SAMPLED)
            held = {span.state for span in self.holders() if span.state}
            if context.state and (context.state in held or len(held) < 2):
                s.state = context.state
            elif context.state:
                self.states += 1
        elif origin is not None and context is None:
            want(trace == origin.trace, "another trace than the parent's")
            s.parent, s.flags, s.sampled, s.state = origin.id, origin.flags & RANDOM, origin.sampled, origin.state
        else:
            want(not any(given) or trace == given, "another trace id than the given one")
            s.flags, s.sampled = 0 if any(given) else RANDOM, True
        s.flags |= SAMPLED if s.sampled else 0
        s.kind, s.scope = kind or 1, scope
        s.start = start_ns or now
        s.attrs, s.events, s.links = {}, [], []
        s.dropped_attrs = s.dropped_events = s.dropped_links = 0
        s.status, s.message, s.open = 0, None, True
        self.name(s, name or b"unnamed")
        self.spans.append(s)
        if not s.sampled:
            self.unsampled += 1
            return
        for attr in attrs:
            m.set(s, attr, room, None)
        if link >= 0:
            if self.contexts[link].valid:
                m.link(s, self.contexts[link], [], room, None)

    def name(self, span, raw):
        span.cleaned = clean(raw)

    def context(self, t):
        if t[0] == "C":
            want(int(t[6]) == OK, "a good traceparent is refused")
            self.contexts[int(t[1])] = Context(unhex(t[2]), unhex(t[3]), int(t[4]), True, unhex(t[5]))
            return
        of, result = self.spans[int(t[2])], int(t[3])
        c = Context(unhex(t[4]), unhex(t[5]), int(t[6]), False, b"")
        if of is not None and (of.open or (result == OK and of in self.queue)):
            want((result, c.trace, c.span, c.flags) == (OK, of.trace, of.id, of.flags), "another context than the span's")
            c.state = of.state
        else:
            want(c.valid and not c.flags & SAMPLED, "the context of nothing is sampled")
        self.contexts[int(t[1])] = c

    def reach(self, index, result):
        """The span, if a call has an effect."""
        span = self.spans[index]
        if span is None:
            want(result == OK, "the null span accepts every call, not with", result)
            return None
        if not span.open:
            want(result == STALE, "a stale span, but", result)
            return None
        if not span.sampled:
            want(result == OK, "an unsampled span, but", result)
            return None
        return span

    def status(self, span, status, message, room, result):
        m = self.m
        if status == 0:
            return m.expect(result, OK)
        if span.status == 1:
            return m.expect(result, OK)
        span.status, span.message = status, None
        if status == 2 and message:
            text = cut(clean(message), m.value_max)
            tight = m.note_short(3 * len(message) // m.block + 2 > room)
            m.expect(result, *((OK, TRUNCATED) if tight else (OK,)))
            span.message = Value(TEXT, text, exact=result == OK)
            return None
        return m.expect(result, OK)

    def call(self, t):
        m, letter = self.m, t[0]
        index, result = int(t[1]), int(t[-1])
        if letter in "PY" and t[3] == "x":
            return want(result in (OK, STALE), "appending nothing gives", result)
        if letter == "E" and t[4] == "x":
            return want(result == ARG, "an event without a name gives", result)
        if letter == "K" and not self.contexts[int(t[2])].valid:
            return want(result == ARG, "a link to nothing gives", result)
        if letter == "N" and t[2] == "x":
            return want(result == ARG, "an empty name gives", result)
        if letter == "T" and t[2] == "0":
            return want(result == OK, "unset gives", result)
        span = self.reach(index, result)
        if span is None:
            if letter == "Z" and self.spans[index] is not None and self.spans[index].open:
                self.spans[index].open = False
            return None
        room = int(t[-2]) if letter != "N" else 0
        if letter == "A":
            attr, _ = m.read_attr(t, 2)
            m.set(span, attr, room, result)
        elif letter in "PY":
            m.append(span, int(t[2]), TEXT if letter == "P" else BYTES, unhex(t[3]), room, result)
        elif letter == "E":
            attrs, _ = m.read_attrs(t, 5)
            m.event(span, unhex(t[4]), int(t[2]) or int(t[3]), attrs, room, result)
        elif letter == "K":
            attrs, _ = m.read_attrs(t, 3)
            m.link(span, self.contexts[int(t[2])], attrs, room, result)
        elif letter == "T":
            self.status(span, int(t[2]), unhex(t[3]), room, result)
        elif letter == "N":
            self.name(span, unhex(t[2]))
            m.expect(result, OK, TRUNCATED)
        elif letter == "X":
            self.error(span, t, room)
        else:
            self.end(span, int(t[2]) or int(t[3]), room)
        return None

    def error(self, span, t, room):
        """record_error_data(): three calls in one. There were enough blocks, so the rules determine the result of each."""
        m = self.m
        kind, message, data = unhex(t[3]) or b"_OTHER", unhex(t[4]), unhex(t[5])
        error_type = self.key("error.type"), TEXT, kind
        results = [m.set(span, error_type, room, None)]
        if results == [FULL]:  # it replaces the last one
            span.attrs.popitem()
            m.set(span, error_type, room, None)
        self.status(span, 2, message, room, OK)
        names = {"exception.type": kind, "exception.message": message, "uspan.error.data": data}
        attrs = [(name, TEXT, text) for name, text in names.items() if text]
        attrs = [(self.key(name), kind, text) for name, kind, text in attrs]
        kept, dropped, was_cut = m.collect(attrs, m.limits[3], False)
        if len(span.events) >= m.limits[1]:
            span.dropped_events += 1
            results.append(FULL)
        else:
            results.append(TRUNCATED if dropped or was_cut else OK)
            span.events.append((Value(TEXT, "exception"), int(t[2]), kept, dropped, False, len(attrs)))
        worst = FULL if FULL in results else TRUNCATED if TRUNCATED in results else OK
        m.expect(int(t[-1]), worst)

    def key(self, name):
        if name not in self.m.keys:
            self.m.keys.append(name)
        return self.m.keys.index(name)

    def end(self, span, end_ns, room):
        span.end, span.open = max(end_ns, span.start), False
        span.status = span.status or 1
        self.m.finish(span, room)
        self.queue.append(span)
        self.events += span.dropped_events
        self.links += span.dropped_links

    # ---- requests

    def judge_attrs(self, got, expected, dropped, got_dropped, tight, asked, limit):
        names = [pair.key for pair in got]
        want(len(set(names)) == len(names), "keys come twice:", names)
        for pair in got:
            want(pair.key in expected, "nobody asked for", pair.key)
            value = expected[pair.key]
            try:
                while value.older is not None and not value.fits(pair.value):
                    value = value.older
                    want(got_dropped > 0, "an older value, and nothing is counted")
                value.judge(pair.value)
            except Wrong as wrong:
                raise Wrong(f"{pair.key[:70]}: {wrong}") from None
            self.m.values += 1
        if tight:
            want(dropped <= got_dropped <= asked - len(names) and len(names) <= limit, "dropped", got_dropped)
            want(got_dropped > 0 or len(names) == len(expected), "lost and not counted")
        else:
            want(len(names) == len(expected), "missing:", set(expected) - set(names))
            want(got_dropped == dropped, "dropped", got_dropped, "and not", dropped)
        self.attrs += got_dropped

    def judge_span(self, got, s):
        m = self.m
        want(got.trace_id == s.trace and got.span_id == s.id and got.parent_span_id == s.parent, "ids")
        want(got.trace_state.encode() == s.state, "tracestate", got.trace_state, "and not", s.state)
        size = len(got.name.encode())
        if len(s.cleaned.encode()) <= m.name_max:
            want(got.name == s.cleaned, "name", ascii(got.name), "and not", ascii(s.cleaned))
        else:
            want(s.cleaned.startswith(got.name) and m.name_max - 3 <= size <= m.name_max, "name", ascii(got.name))
        want(got.kind == s.kind, "kind")
        want(got.start_time_unix_nano == s.start + UNIX_NS and got.end_time_unix_nano == s.end + UNIX_NS, "times")
        want(got.flags == 0x100 | (0x200 if s.remote else 0) | s.flags, "flags", hex(got.flags))
        self.judge_attrs(got.attributes, s.attrs, s.dropped_attrs, got.dropped_attributes_count, False, 0, 0)
        counts = (got.dropped_events_count, len(got.events), got.dropped_links_count, len(got.links))
        asked = (s.dropped_events, len(s.events), s.dropped_links, len(s.links))
        want(counts == asked, "events and links dropped and kept", counts, "and not", asked)
        for event, (name, time_ns, kept, dropped, tight, asked) in zip(got.events, s.events):
            want(event.name, "an event without a name")
            name.judge(protos.AnyValue(string_value=event.name))
            want(event.time_unix_nano == time_ns + UNIX_NS, "time of an event")
            self.judge_attrs(event.attributes, kept, dropped, event.dropped_attributes_count, tight, asked,
                             m.limits[3])
        for link, (context, kept, dropped, tight, asked) in zip(got.links, s.links):
            want(link.trace_id == context.trace and link.span_id == context.span, "ids of a link")
            want(link.flags == (0x300 if context.remote else 0x100) | context.flags, "flags of a link", hex(link.flags))
            state = link.trace_state.encode()
            want(state == context.state or (tight and not state), "tracestate of a link", state)
            self.states += state != context.state
            self.judge_attrs(link.attributes, kept, dropped, link.dropped_attributes_count, tight, asked, m.limits[4])
        want(got.status.code == s.status, "status", got.status.code)
        if s.message is not None:
            s.message.judge(protos.AnyValue(string_value=got.status.message))
        else:
            want(got.status.message == "", "a status message")

    def body(self, t):
        m = self.m
        raw = unhex(t[2])
        want(len(raw) == int(t[1]), "Content-Length", t[1], "but", len(raw), "bytes")
        want(len(raw) <= m.bytes_max, "a body of", len(raw))
        request = protos.ExportRequest()
        request.ParseFromString(raw)
        want(request.ByteSize() == len(raw), "fields that are repeated, out of place or not canonical")
        request.DiscardUnknownFields()
        want(request.ByteSize() == len(raw), "unknown fields")
        want(len(request.resource_spans) == 1, "resources")
        block = request.resource_spans[0]
        resource = {pair.key: pair.value.string_value for pair in block.resource.attributes}
        version = resource.pop("telemetry.sdk.version")
        want(len(block.resource.attributes) == 4 and not block.schema_url and resource == {
            "service.name": "unknown_service", "telemetry.sdk.name": "uspan", "telemetry.sdk.language": "c"}, "resource")
        got = [span for scope in block.scope_spans for span in scope.spans]
        want(got, "a request without spans")
        expected = {span.id: span for span in self.queue[:len(got)]}
        want(set(expected) == {span.span_id for span in got} and len(expected) == len(got), "not the oldest spans")
        names = set()
        for number, scope in enumerate(block.scope_spans):
            name = (scope.scope.name, scope.scope.version)
            want(name not in names and scope.spans, "scope", name)
            want(scope.schema_url.startswith("https://opentelemetry.io/schemas/"), "schema", scope.schema_url)
            names.add(name)
            drops = {pair.key: pair.value.int_value for pair in scope.scope.attributes}
            want(len(drops) == len(scope.scope.attributes), "keys come twice")
            counted = {f"uspan.dropped.{cause}": n for cause, n in self.drops.items()}
            want(drops == (counted if number == 0 else {}), "drops", drops, "and not", counted)
            order = [span.span_id for span in scope.spans]
            want(order == [key for key in expected if key in order], "order")
            for span in scope.spans:
                s = expected[span.span_id]
                faults = list(refusals_of(span, typed=False))
                want(not faults, "a backend would refuse it for", faults)
                want(name == (m.scopes[s.scope] if s.scope >= 0 else ("uspan", version)), "scope", name)
                try:
                    self.judge_span(span, s)
                except Wrong as wrong:
                    raise Wrong(f"span {self.spans.index(s)}: {wrong}") from None
        self.drops = {}
        del self.queue[:len(got)]
        self.delivered += len(got)
        m.requests += 1
        m.spans_seen += len(got)

    def accounts(self, t):
        started, delivered, unsampled, attrs, events, links, states, blocks = (int(token) for token in t[1:])
        want(not self.queue, "spans that never came")
        want((started, delivered, unsampled) == (self.started, self.delivered, self.unsampled), "accounts of spans")
        want((attrs, events, links) == (self.attrs, self.events, self.links), "parts dropped", (attrs, events, links),
             (self.attrs, self.events, self.links))
        want(states == self.states, "tracestates dropped", states, self.states)
        want(blocks == 0, "blocks leaked:", blocks)


def run(base, batches):
    """Check that many batches. Returns the model with its counts."""
    keys, scopes, model, session, line = [], [], None, None, ""
    command = [PROGRAM, str(base), str(batches)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, bufsize=1 << 20) as program:
        try:
            for line in program.stdout:
                t = line.split()
                letter = t[0]
                if letter == "B":
                    session.body(t)
                elif letter == "S":
                    session.start(t)
                elif letter in "CO":
                    session.context(t)
                elif letter == "R":
                    session = Session(model, int(t[1]))
                elif letter == "L":
                    session.limits(t)
                elif letter == "D":
                    session.accounts(t)
                elif letter == "k":
                    keys.append(clean(unhex(t[1])))
                elif letter == "s":
                    scopes.append((clean(unhex(t[1])), clean(unhex(t[2]))))
                elif letter == "c":
                    model = Model(keys, scopes, [int(token) for token in t[1:]])
                else:
                    session.call(t)
        except Exception as wrong:
            program.kill()
            seed = session.seed if session else base
            again = f"USPAN_SEED={seed} USPAN_BATCHES=1"
            raise Wrong(f"seed {seed}: {wrong}\n  at: {line[:400]}\n  again: {again}") from wrong
        want(program.wait() == 0, "random_batches failed, see above; the seeds began at", base)
    return model


class RandomBatches(unittest.TestCase):
    def test_random_batches_decode_to_what_was_asked_for(self):
        print(f"seeds from {BASE}", flush=True)
        model = run(BASE, BATCHES)
        print(f"{model.requests} batches, {model.spans_seen} spans, {model.values} values, "
              f"{model.short} calls with a short pool")
        self.assertGreaterEqual(model.requests, BATCHES)
        self.assertGreater(model.spans_seen, BATCHES)
        if BATCHES >= 1000:
            self.assertGreater(model.short, 0, "the text pool never ran dry")


if __name__ == "__main__":
    unittest.main()
