"""test_random_batches.py: random batches, decoded by the official protobuf classes, hold what was asked for and nothing else.

Invariant: what is expected follows from the calls that random_batches printed and from the rules below; of the library only its
results are taken, and each result must be one that the rules allow. Only where the text pool ran short (fewer blocks free than the
call might take) may a value be a beginning of what was asked for, or be missing and counted."""
import os
import struct
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support" / "peers"))
import protos  # noqa: E402

BATCHES = int(os.environ.get("USPAN_BATCHES", "20000"))
BASE = int(os.environ.get("USPAN_SEED", "1"))
PROGRAM = Path(os.environ.get("USPAN_BUILD_DIR", "build")) / "tests" / "random_batches"

OK, TRUNCATED, ARG, FULL, STALE = 0, 1, -1, -2, -3
NONE, INT, DOUBLE, BOOL, TEXT, STATIC, BYTES, INTS, DOUBLES, BOOLS, TEXTS = range(11)
SAMPLED, RANDOM = 1, 2
UNIX_NS = 1700000000000000000
ARRAYS = {INTS: "int_value", DOUBLES: "double_value", BOOLS: "bool_value", TEXTS: "string_value"}


class Wrong(AssertionError):
    pass


def want(condition, *words):
    if not condition:
        raise Wrong(" ".join(str(word) for word in words))


def unhex(token):
    return bytes.fromhex(token[1:])


def clean(raw):
    """Bytes as the text they stand for: each maximal part that is not UTF-8 is one U+FFFD."""
    return raw.decode("utf-8", "replace")


def cut(text, limit):
    """The longest beginning of text, in whole characters, that takes at most limit bytes."""
    raw = text.encode()
    return text if len(raw) <= limit else raw[:limit].decode("utf-8", "ignore")


class Value:
    """An attribute's value: what was asked for, limits applied. exact: nothing of it may be missing."""
    __slots__ = ("type", "data", "exact", "closed", "least", "raw", "older")

    def __init__(self, kind, data, exact=True, closed=False, raw=None):
        self.type, self.data, self.exact, self.closed = TEXT if kind == STATIC else kind, data, exact, closed
        self.least = data if exact else data[:0]
        self.raw = raw
        self.older = None  # what stays where the pool ran short for this one

    def loosen(self):
        """The pool ran short: any beginning will do, but for values that take no block."""
        if self.type not in (INT, DOUBLE, BOOL):
            self.exact, self.least = False, self.data[:0]

    def judge(self, any_value):
        which = any_value.WhichOneof("value")
        if self.type in ARRAYS:
            want(which == "array_value", which)
            got = []
            for element in any_value.array_value.values:
                want(element.WhichOneof("value") == ARRAYS[self.type], "an element of another type")
                got.append(getattr(element, ARRAYS[self.type]))
            got = [struct.pack("<d", x) for x in got] if self.type == DOUBLES else got
        else:
            names = {INT: "int_value", DOUBLE: "double_value", BOOL: "bool_value", TEXT: "string_value", BYTES: "bytes_value"}
            want(which == names[self.type], which, "is not of type", self.type)
            got = getattr(any_value, which)
            got = struct.pack("<d", got) if self.type == DOUBLE else got
        if self.exact:
            want(got == self.data, "value", ascii(got)[:300], "is not", ascii(self.data)[:300])
        else:
            want(self.data[:len(got)] == got and len(got) >= len(self.least), "value", ascii(got)[:300],
                 "does not begin", ascii(self.data)[:300])

    def fits(self, any_value):
        try:
            self.judge(any_value)
            return True
        except Wrong:
            return False


class Model:
    def __init__(self, keys, scopes, config):
        self.keys, self.scopes = keys, scopes
        (self.spans_max, self.attrs_max, self.events_max, self.links_max, self.event_attrs_max, self.name_max, self.value_max,
         self.block, self.bytes_max) = config
        self.requests = self.spans_seen = self.short = self.values = 0

    # ---- values ----------------------------------------------------------------------------------------------------------

    def read_attr(self, tokens, at):
        """(key index, type, argument), and the position after it."""
        key, kind, text = int(tokens[at]), int(tokens[at + 1]), tokens[at + 2]
        if kind in (INT, BOOL):
            data = int(text)
        elif kind == TEXTS:
            data = [bytes.fromhex(part) for part in text[2:].split("x")] if len(text) > 1 else []
        else:
            data = unhex(text)
        return (key, kind, data), at + 3

    def read_attrs(self, tokens, at):
        count, at, out = int(tokens[at]), at + 1, []
        for _ in range(count):
            attr, at = self.read_attr(tokens, at)
            out.append(attr)
        return out, at

    def most_blocks(self, kind, data):
        """No fewer than a value may take while it is stored, whatever becomes of bytes that are not UTF-8."""
        if kind in (INT, BOOL, DOUBLE):
            return 0
        if kind == TEXTS:
            return sum(3 * len(text) + 2 for text in data) // self.block + 2
        return (3 * len(data) if kind in (TEXT, STATIC) else len(data)) // self.block + 2

    def make(self, kind, data):
        """The value by the rules, and whether limits cut it."""
        chars = self.limits[5]
        if kind in (INT, BOOL):
            return Value(kind, data if kind == INT else bool(data)), False
        if kind == DOUBLE:
            return Value(kind, data), False
        if kind in (TEXT, STATIC):
            asked = clean(data)
            text = asked[:chars] if chars else asked
            if kind == TEXT or text.encode() != data[:len(text.encode())]:  # static text is not copied, so not limited by the pool
                text = cut(text, self.value_max)
            return Value(TEXT, text, closed=text != asked, raw=text.encode()), text != asked
        if kind == BYTES:
            limit = min(self.value_max, chars or self.value_max)
            return Value(kind, data[:limit], closed=len(data) > limit, raw=data[:limit]), len(data) > limit
        if kind == TEXTS:
            texts = [clean(text) for text in data]
            kept = [text[:chars] for text in texts] if chars else texts
            value = Value(kind, kept)
            if sum(len(text.encode()) + 2 for text in kept) > self.value_max:
                value.exact, value.least = False, []  # whole elements, as many as fit
                return value, True
            return value, kept != texts
        size = 1 if kind == BOOLS else 8
        limit = self.value_max // size * size
        words = data[:limit]
        if kind == INTS:
            out = list(struct.unpack(f"<{len(words) // 8}q", words))
        elif kind == DOUBLES:
            out = [words[i:i + 8] for i in range(0, len(words), 8)]
        else:
            out = [b != 0 for b in words]
        return Value(kind, out), len(data) > limit

    def expect(self, result, *allowed):
        want(result in allowed, "result", result, "is none of", allowed)

    def note_short(self, tight):
        self.short += tight
        return tight

    def set(self, span, attr, room, result):
        """Set one attribute; result None: not known, but room was plenty."""
        key, kind, data = attr
        name = self.keys[key]
        value, was_cut = self.make(kind, data)
        tight = self.note_short(result is not None and self.most_blocks(kind, data) > room)
        full = name not in span.attrs and len(span.attrs) >= self.limits[0]
        if full:
            want(result in (None, FULL), "the table is full, but the result is", result)
            span.dropped_attrs += 1
            return FULL
        if result is None:
            result = TRUNCATED if was_cut else OK
        if result == FULL:
            unplaced = kind == TEXTS and was_cut and not value.exact  # not even the first element fits
            want(tight or unplaced, "nothing stored, with", room, "blocks free")
            span.dropped_attrs += 1
            return FULL
        if result == TRUNCATED:
            want(tight or was_cut, "cut, with", room, "blocks free and no limit reached")
            value.closed = True
            if tight:
                value.loosen()
        else:
            self.expect(result, OK)
            want(not was_cut, "a value above a limit is stored whole")
        span.attrs[name] = value
        return result

    def append(self, span, key, kind, data, room, result):
        name = self.keys[key]
        if not data:
            return self.expect(result, OK)
        old = span.attrs.get(name)
        if old is None and len(span.attrs) >= self.limits[0]:
            span.dropped_attrs += 1
            return self.expect(result, FULL)
        joins = old is not None and old.type == kind
        if joins and old.closed:
            return self.expect(result, TRUNCATED)
        before = old.raw if joins else b""
        raw = before + data
        chars = self.limits[5]
        if kind == TEXT:
            asked = clean(raw)
            limited = cut(asked[:chars] if chars else asked, self.value_max)
        else:
            asked = raw
            limited = raw[:min(self.value_max, chars or self.value_max)]
        # The last character may be still to come, so a limit that its replacement would pass is not passed yet.
        over = limited != asked
        waits = kind == TEXT and over and limited == clean(self.whole(raw))[:len(limited)] and len(limited) == len(clean(self.whole(raw)))
        need = 3 * len(data) // self.block + 3 + (len(before) // self.block + 1 if joins else 0)
        tight = self.note_short(need > room)
        if result == FULL:
            want(tight and joins, "nothing appended, with", room, "blocks free")
            span.dropped_attrs += 1
            return None
        if result == OK:
            want(not over or waits, "appended beyond a limit")
            value = Value(kind, asked, raw=raw)
        else:
            self.expect(result, TRUNCATED)
            want(tight or over, "cut, with", room, "blocks free and no limit reached")
            value = Value(kind, limited, exact=not tight, closed=True, raw=raw)
        if joins and not value.exact:
            kept = clean(self.whole(before)) if kind == TEXT else before
            value.least = kept
        span.attrs[name] = value
        return None

    @staticmethod
    def whole(raw):
        """Without a character that is cut short by the end."""
        for size in (1, 2, 3):
            tail = raw[-size:]
            if len(tail) == size and tail[0] >= 0xC2 and clean(tail) == "\ufffd" and len(clean(tail + b"\x80")) >= 1:
                for more in (b"\x80", b"\x80\x80", b"\x80\x80\x80", b"\xa0", b"\xa0\x80", b"\x90", b"\x90\x80", b"\x90\x80\x80"):
                    try:
                        (tail + more).decode()
                        return raw[:-size]
                    except UnicodeDecodeError:
                        pass
        return raw

    def finish(self, span, room):
        """A character cut short by the end of the last append becomes U+FFFD, where there is room."""
        for value in span.attrs.values():
            if value.type == TEXT and not value.closed and self.whole(value.raw) != value.raw:
                value.data = cut(clean(value.raw)[:self.limits[5] or None], self.value_max)
                if value.exact and room < len(span.attrs):
                    value.exact, value.least = False, clean(self.whole(value.raw))

    # ---- events and links ---------------------------------------------------------------------------------------------------

    def collect(self, attrs, limit, room, tight):
        """Attributes of an event or link: (values by key, how many dropped at least, whether something was cut)."""
        kept, dropped, was_cut = {}, 0, False
        for key, kind, data in attrs:
            name = self.keys[key]
            value, cut_now = self.make(kind, data)
            if name not in kept and len(kept) >= limit:
                dropped += 1
                if not tight:
                    continue
                value.loosen()  # it may stand in the place of one that the pool could not hold
            if kind == TEXTS and not value.exact and not value.data:
                dropped += 1
                continue
            was_cut |= cut_now
            if tight:
                value.loosen()
                value.older = kept.get(name)
            kept[name] = value
        return kept, dropped, was_cut

    def event(self, span, name, time_ns, attrs, room, result):
        if len(span.events) >= self.limits[1]:
            span.dropped_events += 1
            return self.expect(result, FULL)
        tight = self.note_short(2 + 3 * len(name) // self.block + 1 +
                                sum(self.most_blocks(kind, data) + 1 for _, kind, data in attrs) > room)
        kept, dropped, was_cut = self.collect(attrs, self.limits[3], room, tight)
        text = cut(clean(name), self.value_max)
        if result == FULL:
            want(tight, "no event, with", room, "blocks free")
            span.dropped_events += 1
            return None
        expected = TRUNCATED if dropped or was_cut or text != clean(name) else OK
        self.expect(result, *((OK, TRUNCATED) if tight else (expected,)))
        span.events.append((Value(TEXT, text, exact=not tight), time_ns, kept, dropped, tight, len(attrs)))
        return None

    def link(self, span, context, attrs, room, result):
        if not context.valid:
            return self.expect(result, ARG)
        if len(span.links) >= self.limits[2]:
            span.dropped_links += 1
            if result is not None:
                self.expect(result, FULL)
            return None
        tight = result is not None and self.note_short(
            2 + len(context.state) // self.block + 2 + sum(self.most_blocks(kind, data) + 1 for _, kind, data in attrs) > room)
        kept, dropped, was_cut = self.collect(attrs, self.limits[4], room, tight)
        if result == FULL:
            want(tight, "no link, with", room, "blocks free")
            span.dropped_links += 1
            return None
        if result is not None:
            self.expect(result, *((OK, TRUNCATED) if tight else (TRUNCATED if dropped or was_cut else OK,)))
        span.links.append((context, kept, dropped, tight, len(attrs)))
        return None


class Context:
    __slots__ = ("trace", "span", "flags", "remote", "state", "valid")

    def __init__(self, trace, span, flags, remote, state):
        self.trace, self.span, self.flags, self.remote, self.state = trace, span, flags, remote, state
        self.valid = any(trace) and any(span)


class Span:
    __slots__ = ("name", "cleaned", "kind", "scope", "start", "end", "trace", "id", "parent", "remote", "flags", "state", "attrs", "events",
                 "links", "dropped_attrs", "dropped_events", "dropped_links", "status", "message", "open", "sampled")


class Session:
    """One tracer, from its start to its accounts."""

    def __init__(self, model, seed):
        self.m, self.seed = model, seed
        model.limits = [model.attrs_max, model.events_max, model.links_max, model.event_attrs_max, model.event_attrs_max, 0]
        self.spans, self.contexts, self.queue = [], {}, []
        self.ids = set()
        self.started = self.delivered = self.unsampled = self.attrs = self.events = self.links = self.states = 0
        self.drops = {}
        self.live = 0

    def limits(self, tokens):
        limits = [int(token) for token in tokens[1:]]
        m = self.m
        most = [m.attrs_max, m.events_max, m.links_max, m.event_attrs_max, m.event_attrs_max]
        for i, top in enumerate(most):
            limits[i] = min(limits[i] or top, top)
        m.limits = limits

    def holders(self):
        """Spans that keep a slot: open, or waiting for delivery."""
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
        want(len(trace) == 16 and any(trace) and len(span_id) == 8 and any(span_id) and span_id not in self.ids, "ids")
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
            want(result == OK and c.trace == of.trace and c.span == of.id and c.flags == of.flags, "another context than the span's")
            c.state = of.state
        else:
            want(c.valid and not c.flags & SAMPLED, "the context of nothing is sampled")
        self.contexts[int(t[1])] = c

    def reach(self, index, result):
        """The span, where a call has an effect."""
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
        """record_error_data(): three calls in one; blocks were plenty, so each has the result that the rules give."""
        m = self.m
        kind, message, data = unhex(t[3]) or b"_OTHER", unhex(t[4]), unhex(t[5])
        results = [m.set(span, (self.key("error.type"), TEXT, kind), room, None)]
        self.status(span, 2, message, room, OK)
        names = {"exception.type": kind, "exception.message": message, "uspan.error.data": data}
        attrs = [(name, TEXT, text) for name, text in names.items() if text]
        kept, dropped, was_cut = m.collect([(self.key(name), kind, text) for name, kind, text in attrs], m.limits[3], room, False)
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

    # ---- requests ------------------------------------------------------------------------------------------------------------

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
            want(got_dropped >= dropped and got_dropped + len(names) <= asked and len(names) <= limit, "dropped", got_dropped)
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
            want(s.cleaned.startswith(got.name) and m.name_max - 3 <= size <= m.name_max, "name", ascii(got.name), "of", ascii(s.cleaned))
        want(got.kind == s.kind, "kind")
        want(got.start_time_unix_nano == s.start + UNIX_NS and got.end_time_unix_nano == s.end + UNIX_NS, "times")
        want(got.flags == 0x100 | (0x200 if s.remote else 0) | s.flags, "flags", hex(got.flags))
        self.judge_attrs(got.attributes, s.attrs, s.dropped_attrs, got.dropped_attributes_count, False, 0, 0)
        want((got.dropped_events_count, len(got.events)) == (s.dropped_events, len(s.events)), "events", got.dropped_events_count, len(got.events), "and not", s.dropped_events, len(s.events))
        for event, (name, time_ns, kept, dropped, tight, asked) in zip(got.events, s.events):
            want(event.name, "an event without a name")
            name.judge(protos.AnyValue(string_value=event.name))
            want(event.time_unix_nano == time_ns + UNIX_NS, "time of an event")
            self.judge_attrs(event.attributes, kept, dropped, event.dropped_attributes_count, tight, asked, m.limits[3])
        want((got.dropped_links_count, len(got.links)) == (s.dropped_links, len(s.links)), "links", got.dropped_links_count, len(got.links), "and not", s.dropped_links, len(s.links))
        for link, (context, kept, dropped, tight, asked) in zip(got.links, s.links):
            want(link.trace_id == context.trace and link.span_id == context.span, "ids of a link")
            want(link.flags == 0x100 | context.flags | (0x200 if context.remote else 0), "flags of a link", hex(link.flags))
            state = link.trace_state.encode()
            want(state == context.state or (tight and not state), "tracestate of a link", state, "and not", context.state)
            if state != context.state:
                self.states += 1
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
        want(len(resource) == len(block.resource.attributes) and resource["service.name"] == "unknown_service" and
             resource["telemetry.sdk.name"] == "uspan" and resource["telemetry.sdk.language"] == "c" and not block.schema_url, "resource")
        got = [span for scope in block.scope_spans for span in scope.spans]
        want(got, "a request without spans")
        expected = {span.id: span for span in self.queue[:len(got)]}
        want(set(expected) == {span.span_id for span in got} and len(expected) == len(got), "not the oldest spans")
        names = set()
        for number, scope in enumerate(block.scope_spans):
            name = (scope.scope.name, scope.scope.version)
            want(name not in names and scope.spans and scope.schema_url.startswith("https://opentelemetry.io/schemas/"), "scope", name)
            names.add(name)
            drops = {pair.key: pair.value.int_value for pair in scope.scope.attributes}
            want(len(drops) == len(scope.scope.attributes), "keys come twice")
            want(drops == ({f"uspan.dropped.{cause}": n for cause, n in self.drops.items()} if number == 0 else {}), "drops", drops, self.drops)
            order = [span.span_id for span in scope.spans]
            want(order == [key for key in expected if key in order], "order")
            for span in scope.spans:
                s = expected[span.span_id]
                want(name == (m.scopes[s.scope] if s.scope >= 0 else ("uspan", resource["telemetry.sdk.version"])), "scope", name)
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
    """Judge that many batches. Returns the model with its counts."""
    keys, scopes, model, session, line = [], [], None, None, ""
    with subprocess.Popen([PROGRAM, str(base), str(batches)], stdout=subprocess.PIPE, text=True, bufsize=1 << 20) as program:
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
            raise Wrong(f"seed {seed}: {wrong}\n  at: {line[:400]}\n  again: USPAN_SEED={seed} USPAN_BATCHES=1") from wrong
        want(program.wait() == 0, "random_batches failed, see above; the seeds began at", base)
    return model


class RandomBatches(unittest.TestCase):
    def test_random_batches_decode_to_what_was_asked_for(self):
        print(f"seeds from {BASE}", flush=True)
        model = run(BASE, BATCHES)
        print(f"{model.requests} batches, {model.spans_seen} spans, {model.values} values, {model.short} calls with a short pool")
        self.assertGreaterEqual(model.requests, BATCHES)
        self.assertGreater(model.spans_seen, BATCHES)
        if BATCHES >= 1000:
            self.assertGreater(model.short, 0, "the text pool never ran dry")


if __name__ == "__main__":
    unittest.main()
