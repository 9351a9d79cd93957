"""refusals.py: finds spans because of which Langfuse or Phoenix would refuse a complete request, or lose a list of messages.

Rules, as published: Langfuse (4.16, api/public/otel/v1/traces) answers 400 for the batch if a span has no trace id or span id.
Langfuse and Phoenix decode ids of 16 and 8 bytes. Phoenix 20 drops all output messages if one has no finish_reason, and all
documents if one has no id or score. Both read the types of the conventions. Studio 1.0.9 drops spans without a name or a time.
Invariant: only the official protobuf message is checked."""
import functools
import json
import re
from pathlib import Path

KEYS = Path(__file__).resolve().parents[3] / "core/include/uspan/genai_keys.h"
FIELDS = {"Text": "string_value", "Json": "string_value", "Int": "int_value", "Double": "double_value", "Bool": "bool_value",
          "Texts": "array_value"}


@functools.cache
def types():
    """{key: the field of AnyValue that it has}"""
    text = KEYS.read_text(encoding="utf-8")
    found = {}
    row = r'^    [XC]\(\w+,((?:\s|\\|USPAN_NAME_OF\(|"[\w.]+"|,|\))+?)\s*(?:\\\s*)?(\w+), \w+\)'
    for names, kind in re.findall(row, text, re.M):
        for key in re.findall(r'"([\w.]+)"', names):
            found[key] = FIELDS[kind]
    return found


def items_of(text):
    try:
        items = json.loads(text)
    except ValueError:
        return None
    return items if isinstance(items, list) and all(isinstance(item, dict) for item in items) else None


def refusals_of(span, typed=True):
    """The faults of a span, one text each. typed: its values come from uspan's own calls."""
    if len(span.trace_id) != 16 or not any(span.trace_id):
        yield "trace id"
    if len(span.span_id) != 8 or not any(span.span_id):
        yield "span id"
    if len(span.parent_span_id) not in (0, 8) or (span.parent_span_id and not any(span.parent_span_id)):
        yield "parent id"
    if not span.name or not 0 < span.start_time_unix_nano <= span.end_time_unix_nano:
        yield "name or times"
    for link in span.links:
        if len(link.trace_id) != 16 or len(link.span_id) != 8:
            yield "ids of a link"
    pairs = [*span.attributes, *(pair for event in span.events for pair in event.attributes),
             *(pair for link in span.links for pair in link.attributes)]
    for pair in pairs:
        if not pair.key or pair.value.WhichOneof("value") is None:
            yield f"{pair.key}: no value"
    for pair in span.attributes if typed else ():
        wanted = types().get(pair.key)
        if wanted not in (None, pair.value.WhichOneof("value")):
            yield f"{pair.key}: not {wanted}"
        elif pair.key == "gen_ai.output.messages":
            messages = items_of(pair.value.string_value)
            if messages is None or not all(isinstance(one.get("finish_reason"), str) for one in messages):
                yield f"{pair.key}: a message without finish_reason"
        elif pair.key == "gen_ai.input.messages" and items_of(pair.value.string_value) is None:
            yield f"{pair.key}: no list of objects"
