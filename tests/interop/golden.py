"""golden.py: keeps what the Python packages sent. CI does not have these packages, and compares uspan with the kept text.

Invariant: the same conversation gives the same text, whenever and wherever it is recorded. Times, ids and stacks are not in it.
`make interop` fails if the packages send something else than what is kept. Its cure writes the text again."""
import json
import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "golden"
GIVEN = "0123456789abcdef0123456789abcdef"  # the trace id of the conversation that sets one
VARYING = ((re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}(_[0-9a-f]{6})?"), lambda m: "2026-01-01 00:00:00.000" + (
    "_000000" if m[1] else "")), (re.compile(r"\(id='\w{22}'"), lambda m: "(id='id'"))


def plain(spans):
    """The spans as lines of JSON, in order of start. Ids are their numbers in that order."""
    spans = sorted(spans, key=lambda span: span["start_ns"])
    number = {span["span_id"]: f"{at}" for at, span in enumerate(spans, 1)} | {"": ""}
    for at, span in enumerate(spans, 1):
        kept = {key: span[key] for key in ("name", "kind", "status", "attributes", "schema_url", "dropped")}
        kept |= {"span_id": f"{at}", "parent_span_id": number.get(span["parent_span_id"], "gone"), "start_ns": at,
                 "trace_id": GIVEN if span["trace_id"] == GIVEN else "", "scope": {"name": span["scope"]["name"]},
                 "events": [{"name": event["name"], "attributes": {
                     key: "stack" if key == "exception.stacktrace" else value for key, value in event["attributes"].items()}}
                            for event in span["events"]]}
        line = json.dumps(kept, ensure_ascii=False)
        for pattern, made in VARYING:
            line = pattern.sub(made, line)
        yield line


def text_of(conversations):
    blocks = (f"{json.dumps(name)}: [\n" + ",\n".join(plain(spans)) + "\n]" for name, spans in conversations.items())
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def path(oracle):
    return FOLDER / f"{oracle}.json"


def load(oracle):
    return json.loads(path(oracle).read_text(encoding="utf-8"))


def stale(oracle, conversations):
    """Differences between the kept text and what was recorded now. write: run.py --golden."""
    kept = path(oracle).read_text(encoding="utf-8") if path(oracle).exists() else ""
    new = text_of(conversations)
    if kept == new:
        return []
    changed = [line for line in new.splitlines() if line not in kept.splitlines()]
    return [f"{path(oracle).name} is not what {oracle} sends; cure: tests/interop/run.py --golden, and look at the change",
            *(line[:200] for line in changed[:3])]


def write(oracle, conversations):
    FOLDER.mkdir(exist_ok=True)
    path(oracle).write_text(text_of(conversations), encoding="utf-8")
