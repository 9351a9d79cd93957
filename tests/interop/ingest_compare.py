"""ingest_compare.py: compares items of OpenAI's ingest: those of the Agents SDK with those of the bridge.

Invariant: each difference has the number of a rule below, or is a fault. Ids and times differ from run to run, so only the tree
that they form is compared."""
import json

ABSENT = "(absent)"
RULES = []


def in_order(spans):
    """Each span before those below it, siblings by their start. Times of the same microsecond affect nothing else."""
    ids, below = {span["id"] for span in spans}, {}
    for span in spans:
        below.setdefault(span["parent_id"] if span["parent_id"] in ids else None, []).append(span)
    order, todo = [], [None]
    while todo:
        one = todo.pop()
        order += [] if one is None else [one]
        found = sorted(below.get(one and one["id"], ()), key=lambda span: span["started_at"])
        todo += reversed(found)
    return order


def plain(items):
    """Traces first, then spans in order. Ids are replaced by their numbers. Times are left out."""
    traces = [item for item in items if item["object"] == "trace"]
    spans = in_order([item for item in items if item["object"] != "trace"])
    number = {item["id"]: at for at, item in enumerate(traces + spans, 1)} | {None: None}
    for item in traces + spans:
        kept = {key: value for key, value in item.items() if key not in ("id", "started_at", "ended_at")}
        for key in ("trace_id", "parent_id"):
            if key in kept:
                kept[key] = number.get(kept[key], "gone")
        yield json.loads(json.dumps(kept), object_hook=without_time)


def without_time(held):
    return {key: value for key, value in held.items() if key != "created_at"}


def rule(number, words):
    def add(function):
        RULES.append((number, words, function))
        return function
    return add


@rule("I1", "null and absent are one")
def null(path, was, now, data):
    return (was, now) in ((None, ABSENT), (ABSENT, None))


@rule("I2", "a streamed answer is a message, not a response object")
def streamed(path, was, now, data):
    return (path == ".span_data.output" and data == "generation" and was[0].get("object") == "response"
            and [part["text"] for item in was[0]["output"] for part in item["content"]] == [now[0]["content"]])


@rule("I3", "the model's settings are those that were set, with the server in place of its URL")
def settings(path, was, now, data):
    return path.startswith(".span_data.model_config.") and (
        now is ABSENT or was is ABSENT and path.endswith((".server_address", ".server_port")))


@rule("I4", "usage counts tokens, not requests")
def requests(path, was, now, data):
    return path == ".span_data.usage.details.requests" and now is ABSENT


@rule("I5", "a count that is zero is not sent")
def zero(path, was, now, data):
    empty = isinstance(was, dict) and not any(was.values())
    return path.startswith(".span_data.usage.details.") and (was == 0 or empty) and now is ABSENT


@rule("I6", "a list that is empty is not sent")
def empty_list(path, was, now, data):
    return was == [] and now is None and path in (".span_data.tools", ".span_data.handoffs")


@rule("I7", "JSON is written anew: the same value, other spaces")
def spaces(path, was, now, data):
    if not isinstance(was, str) or not isinstance(now, str):
        return False
    try:
        return json.loads(was) == json.loads(now)
    except ValueError:
        return False


@rule("I8", "sound is not sent")
def sound(path, was, now, data):
    return data in ("speech", "transcription") and path.endswith("put.data") and now == ""


@rule("I9", "a response without an id is a generation: there is nothing to look up")
def unanswered(path, was, now, data):
    return data == "response" and (path == ".span_data.type" or path == ".span_data.response_id" or was is ABSENT)


def explain(path, was, now, data):
    return next((number for number, _, function in RULES if function(path, was, now, data)), None)


def leaves(was, now, path=""):
    if isinstance(was, dict) and isinstance(now, dict):
        for key in [*was, *(key for key in now if key not in was)]:
            yield from leaves(was.get(key, ABSENT), now.get(key, ABSENT), f"{path}.{key}")
    elif (isinstance(was, list) and isinstance(now, list) and len(was) == len(now)
          and not (path == ".span_data.output" and was and isinstance(was[0], dict) and was[0].get("object") == "response")):
        for at, pair in enumerate(zip(was, now)):
            yield from leaves(*pair, f"{path}[{at}]")
    elif type(was) is not type(now) or was != now:
        yield path, was, now


def judge(there, here):
    """({number: count}, faults). Both arguments are plain items."""
    explained, faults = {}, []
    if len(there) != len(here):
        return {}, [f"{len(here)} items, not {len(there)}: {[name_of(item) for item in here]}, not {list(map(name_of, there))}"]
    for was, now in zip(there, here):
        for path, a, b in leaves(was, now):
            number = explain(path, a, b, was.get("span_data", {}).get("type"))
            if number:
                explained[number] = explained.get(number, 0) + 1
            else:
                faults.append(f"{name_of(was)}: {path}: {str(a)[:300]!r} there, {str(b)[:300]!r} here")
    return explained, faults


def name_of(item):
    data = item.get("span_data", {})
    return f"{item['object']} {data.get('type', item.get('workflow_name'))} {data.get('name') or data.get('model') or ''}"
