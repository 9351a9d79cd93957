"""tree.py: prints traces as a tree with bars on a time line, for people.

Invariant: every given span is printed exactly once, even if its parent is missing, is the span itself, or is part of a
cycle."""
import os
import shutil
import sys
import unicodedata
from collections import defaultdict

from spans import utc_text

FANCY = {"tee": "├─ ", "end": "└─ ", "bar": "│  ", "gap": "   ", "full": "█", "idle": "·", "fail": "✗",
         "arrow": "→", "dot": "•", "cut": "…"}
PLAIN = {"tee": "|- ", "end": "`- ", "bar": "|  ", "gap": "   ", "full": "#", "idle": ".", "fail": "!",
         "arrow": "->", "dot": "*", "cut": "~"}
COLOURS = {"red": "31", "green": "32", "cyan": "36", "dim": "2", "bold": "1"}
TOOK_WIDTH = 9
OPERATION_COLOURS = {"chat": "cyan", "execute_tool": "green"}


class Style:
    """The abilities of the terminal: its width, characters and colours."""

    def __init__(self, out, width=None, colour=None):
        encoding = getattr(out, "encoding", None) or "ascii"
        try:
            "".join(FANCY.values()).encode(encoding)
            self.signs = FANCY
        except (UnicodeEncodeError, LookupError):
            self.signs = PLAIN
        tty = hasattr(out, "isatty") and out.isatty()
        self.colour = tty and "NO_COLOR" not in os.environ if colour is None else colour
        self.width = max(width or shutil.get_terminal_size((110, 24)).columns, 60)
        self.encoding = encoding

    def paint(self, text, colour):
        return f"\x1b[{COLOURS[colour]}m{text}\x1b[0m" if self.colour and colour else text

    def clean(self, text):
        """The text without control characters and without characters that the terminal cannot encode."""
        text = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in str(text))
        return text.encode(self.encoding, "replace").decode(self.encoding)

    def fit(self, text, width):
        """The text in exactly `width` columns."""
        if columns(text) > width:
            while text and columns(text) > width - 1:
                text = text[:-1]
            text += self.signs["cut"]
        return text + " " * (width - columns(text))


def columns(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text)


def duration(ns):
    for unit, size in (("s", 10**9), ("ms", 10**6), ("us", 10**3)):
        if ns >= size:
            return f"{ns / size:.{2 if unit == 's' else 1}f} {unit}"
    return f"{ns} ns"


def counted(n, what):
    """"1 span", "2 spans": `what` is the plural."""
    return f"{n} {what[:-1] if n == 1 and what.endswith('s') else what}"


def tokens(spans, signs):
    """input -> output of all these spans. "" if none has usage."""
    told = [[span.attributes[key] for span in spans if key in span.attributes]
            for key in ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens")]
    used = [sum(side) if side else None for side in told]
    if used == [None, None]:
        return ""
    return f"{'?' if used[0] is None else used[0]} {signs['arrow']} {'?' if used[1] is None else used[1]}"


def arrange(spans):
    """[(span, flags, note)] of one trace in printing order. Flags: for each level, whether it is the last one there."""
    by_id = {span.span_id: span for span in spans}
    children, roots, order, done = defaultdict(list), [], [], set()
    for span in sorted(spans, key=lambda s: (s.start_ns, -s.end_ns)):
        if span.parent_id in by_id and span.parent_id != span.span_id:
            children[span.parent_id].append(span)
        else:
            roots.append(span)

    def walk(span, flags, note):
        stack = [(span, flags, note)]
        while stack:
            at, flags, note = stack.pop()
            if id(at) in done:
                continue
            done.add(id(at))
            order.append((at, flags, note))
            below = children.pop(at.span_id, [])
            for child in reversed(below):
                stack.append((child, flags + [child is below[-1]], ""))

    for root in roots:
        note = ""
        if root.parent_id:
            where = "remote parent" if root.proto.flags & 0x200 else "MISSING PARENT"
            note = f"{where} {root.parent_id}"
        walk(root, [], note)
    for span in spans:  # the remaining spans are below a cycle
        if id(span) not in done:
            walk(span, [], "PARENTS IN A CIRCLE")
    return order


def bar(span, first_ns, last_ns, width, style):
    whole = max(last_ns - first_ns, 1)
    begin = min((span.start_ns - first_ns) * width // whole, width - 1)
    end = max(-(-(span.end_ns - first_ns) * width // whole), begin + 1)
    colour = OPERATION_COLOURS.get(span.attributes.get("gen_ai.operation.name"))
    colour = "red" if span.status == "ERROR" else colour
    signs = style.signs
    return (style.paint(signs["idle"] * begin, "dim") + style.paint(signs["full"] * (end - begin), colour)
            + style.paint(signs["idle"] * (width - end), "dim"))


def details(span, note, style):
    """Lines below a span, each with a colour: a wrong parent, the error, events, links, and losses."""
    signs = style.signs
    if note:
        yield "dim" if note.startswith("remote") else "red", f"{signs['arrow']} {note}"
    if span.status == "ERROR" or "error.type" in span.attributes:
        what = span.attributes.get("error.type", "error")
        yield "red", f"{signs['fail']} {what}: {span.message or 'no message'}"
    told = {"exception.type": span.attributes.get("error.type"), "exception.message": span.message}
    for name, at, attributes in span.events:
        said = [f"{key}={value}" for key, value in attributes.items() if told.get(key) != value]
        yield "dim", " ".join([f"{signs['dot']} {name} at +{duration(max(at - span.start_ns, 0))}", *said])
    for link in span.proto.links:
        yield "dim", f"{signs['dot']} link to trace {link.trace_id.hex()} span {link.span_id.hex()}"
    if span.dropped:
        lost = ", ".join(counted(count, what) for what, count in span.dropped.items())
        yield "red", f"{signs['fail']} dropped: {lost}"


def trace_lines(spans, style):
    signs = style.signs
    first_ns, last_ns = min(s.start_ns for s in spans), max(s.end_ns for s in spans)
    order = arrange(spans)
    labels = ["".join(signs["gap"] if last else signs["bar"] for last in flags[:-1])
              + ((signs["end"] if flags[-1] else signs["tee"]) if flags else "")
              + style.clean(span.name) for span, flags, _ in order]
    usage = [tokens([span], signs) for span, _, _ in order]
    usage_width = max([columns(u) for u in usage] + [6])
    rest = style.width - usage_width - TOOK_WIDTH - 6  # width shared by a label and its bar
    label_width = min(max(columns(label) for label in labels), rest // 2)
    bar_width = rest - label_width
    errors = sum(span.status == "ERROR" for span in spans)
    total = tokens(spans, signs)
    resource = spans[0].resource_attributes
    yield style.paint(f"trace {spans[0].trace_id}", "bold")
    head = (f"{style.clean(resource.get('service.name', '?'))}, {utc_text(first_ns)}, {counted(len(spans), 'spans')}, "
            f"{errors} failed, {duration(last_ns - first_ns)}" + (f", tokens {total}" if total else ""))
    yield style.fit(head, style.width).rstrip()
    yield style.paint(f"{'':{label_width}}  0{duration(last_ns - first_ns):>{bar_width - 1}}"
                      f"  {'took':>{TOOK_WIDTH}}  {'tokens':>{usage_width}}", "dim")
    for (span, flags, note), label, used in zip(order, labels, usage):
        mark = style.paint(style.fit(label, label_width), "red" if span.status == "ERROR" else None)
        used = " " * (usage_width - columns(used)) + used
        yield (f"{mark}  {bar(span, first_ns, last_ns, bar_width, style)}"
               f"  {duration(span.end_ns - span.start_ns):>{TOOK_WIDTH}}  {used}").rstrip()
        indent = "".join(signs["gap"] if last else signs["bar"] for last in flags)
        has_child = any(s.parent_id == span.span_id for s in spans if s is not span)
        indent += signs["bar"] if has_child else signs["gap"]
        for colour, text in details(span, note, style):
            room = style.width - columns(indent)
            yield indent + style.paint(style.fit(style.clean(text), room).rstrip(), colour)


def render(spans, style):
    """All traces, the earliest first, as lines."""
    traces = defaultdict(list)
    for span in spans:
        traces[span.trace_id].append(span)
    for number, trace in enumerate(sorted(traces.values(), key=lambda t: min(s.start_ns for s in t))):
        if number:
            yield ""
        yield from trace_lines(trace, style)


def show(spans, out=None, width=None, colour=None):
    out = out or sys.stdout
    for line in render(spans, Style(out, width, colour)):
        print(line, file=out)
