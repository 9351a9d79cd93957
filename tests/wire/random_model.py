"""random_model.py: computes the effect of each call by rules that are written here and not taken from the library.

Invariant: only the result of a call is taken from the library, and the rules must allow each result. If the text pool ran short
(fewer free blocks than the call might need), a value may be a beginning of the requested one, or be missing and counted.
Otherwise it must be complete."""
import codecs
import struct

OK, TRUNCATED, ARG, FULL, STALE = 0, 1, -1, -2, -3
NONE, INT, DOUBLE, BOOL, TEXT, STATIC, BYTES, INTS, DOUBLES, BOOLS, TEXTS = range(11)
PLAIN = {INT: "int_value", DOUBLE: "double_value", BOOL: "bool_value", TEXT: "string_value", BYTES: "bytes_value"}
ARRAYS = {INTS: "int_value", DOUBLES: "double_value", BOOLS: "bool_value", TEXTS: "string_value"}


class Wrong(AssertionError):
    pass


def want(condition, *words):
    if not condition:
        raise Wrong(" ".join(str(word) for word in words))


def unhex(token):
    return bytes.fromhex(token[1:])


def clean(raw):
    """Bytes as the text that they encode. Each maximal part that is not UTF-8 is one U+FFFD."""
    return raw.decode("utf-8", "replace")


def cut(text, limit):
    """The longest beginning of text, in complete characters, with at most limit bytes."""
    raw = text.encode()
    return text if len(raw) <= limit else raw[:limit].decode("utf-8", "ignore")


def whole(raw):
    """The bytes without an incomplete character at the end."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    decoder.decode(raw)
    return raw[:len(raw) - len(decoder.getstate()[0])]


class Value:
    """An attribute's value: the requested value with limits applied. exact: nothing of it may be missing."""
    __slots__ = ("type", "data", "exact", "closed", "least", "raw", "older")

    def __init__(self, kind, data, exact=True, closed=False, raw=None):
        self.type, self.data, self.exact, self.closed = TEXT if kind == STATIC else kind, data, exact, closed
        self.least = data if exact else data[:0]
        self.raw = raw
        self.older = None  # the earlier value, which stays if the pool ran short

    def loosen(self):
        """The pool ran short: any beginning is accepted, except for values that use no block."""
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
            want(which == PLAIN[self.type], which, "is not of type", self.type)
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
        (self.spans_max, self.attrs_max, self.events_max, self.links_max, self.event_attrs_max, self.name_max,
         self.value_max, self.block, self.bytes_max) = config
        self.most = [self.attrs_max, self.events_max, self.links_max, self.event_attrs_max, self.event_attrs_max]
        self.requests = self.spans_seen = self.short = self.values = 0

    # ---- values

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
        """At least the number of blocks that a value may use while it is stored, even if bytes are not UTF-8."""
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
            if kind == TEXT or text.encode() != data[:len(text.encode())]:  # valid static text is not copied: no limit
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
                value.exact, value.least = False, []  # as many complete elements as fit
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
        """Set one attribute. result None: the result is not known, but there were enough blocks."""
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
        # The last character may still be incomplete. A limit that only its replacement would exceed is not exceeded yet.
        over = limited != asked
        waits = kind == TEXT and over and limited == clean(whole(raw))
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
            kept = clean(whole(before)) if kind == TEXT else before
            value.least = kept
        span.attrs[name] = value
        return None

    def finish(self, span, room):
        """An incomplete character at the end of the last append becomes U+FFFD, if there are free blocks."""
        for value in span.attrs.values():
            if value.type == TEXT and not value.closed and whole(value.raw) != value.raw:
                value.data = cut(clean(value.raw)[:self.limits[5] or None], self.value_max)
                if value.exact and room < len(span.attrs):
                    value.exact, value.least = False, clean(whole(value.raw))

    # ---- events and links

    def collect(self, attrs, limit, tight):
        """Attributes of an event or link: (values by key, the least number of dropped ones, whether something was cut)."""
        kept, dropped, was_cut = {}, 0, False
        for key, kind, data in attrs:
            name = self.keys[key]
            value, cut_now = self.make(kind, data)
            unplaced = name not in kept and len(kept) >= limit
            if unplaced:
                dropped += 1
                if not tight:
                    continue
                value.loosen()  # it may replace one that the pool could not hold
            if kind == TEXTS and not value.exact and not value.data:
                dropped += not unplaced
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
        kept, dropped, was_cut = self.collect(attrs, self.limits[3], tight)
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
            4 + len(context.state) // self.block + sum(self.most_blocks(kind, data) + 1 for _, kind, data in attrs) > room)
        kept, dropped, was_cut = self.collect(attrs, self.limits[4], tight)
        if result == FULL:
            want(tight, "no link, with", room, "blocks free")
            span.dropped_links += 1
            return None
        if result is not None:
            self.expect(result, *((OK, TRUNCATED) if tight else (TRUNCATED if dropped or was_cut else OK,)))
        span.links.append((context, kept, dropped, tight, len(attrs)))
        return None
