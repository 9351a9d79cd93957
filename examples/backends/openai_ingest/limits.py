"""limits.py: shortens an item to the limits of OpenAI's trace ingest.

Invariant: input and output of a fitted item are at most FIELD_MAX bytes of compact UTF-8 JSON each. The item has no NaN, no
infinity and no lone surrogate. Only a generation has usage, and only with two finite counts."""
import json
import math

FIELD_MAX = 100_000
CUT = "... [truncated]"


def size_of(value):
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8"))


def clean(value):
    """The value without numbers and characters that JSON or UTF-8 cannot encode. Such numbers become null, such characters
    "?"."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, dict):
        return {clean(key): clean(held) for key, held in value.items()}
    if isinstance(value, list):
        return [clean(held) for held in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def cut_text(value, room):
    """The longest beginning that fits together with the mark. It is empty if not even the mark fits."""
    if size_of(CUT) > room:
        return ""
    low, high = 0, len(value)
    while low < high:
        middle = (low + high + 1) // 2
        if size_of(value[:middle] + CUT) <= room:
            low = middle
        else:
            high = middle - 1
    return value[:low] + CUT


def fitted(value, room):
    """The value in at most `room` bytes: the largest member is shortened first. None: nothing of it fits."""
    if size_of(value) <= room:
        return value
    if isinstance(value, str):
        return cut_text(value, room)
    if not isinstance(value, (dict, list)):
        return None
    members = dict(value if isinstance(value, dict) else enumerate(value))
    sizes = {key: size_of(member) for key, member in members.items()}
    beside = size_of(value) - sum(sizes.values())  # brackets, commas and keys
    for key in sorted(sizes, key=sizes.get, reverse=True):
        over = beside + sum(sizes.values()) - room
        if over <= 0:
            break
        short = fitted(members[key], sizes[key] - over) if sizes[key] > over else None
        if short is None or short in ("", [], {}):
            beside -= 1 + (size_of(key) + 1 if isinstance(value, dict) else 0)
            del members[key], sizes[key]
        else:
            members[key], sizes[key] = short, size_of(short)
    return members if isinstance(value, dict) else list(members.values())


def usage_of(usage):
    counts = {key: usage.get(key) for key in ("input_tokens", "output_tokens")} if isinstance(usage, dict) else {}
    if not counts or any(isinstance(count, bool) or not isinstance(count, (int, float)) for count in counts.values()):
        return None
    rest = {key: value for key, value in usage.items() if key not in counts and key != "details" and value is not None}
    details = (usage.get("details") or {}) | rest
    return counts | ({"details": details} if details else {})


def fit(item):
    """The item in the form in which it may be sent."""
    item = clean(item)
    data = item.get("span_data")
    if data is None:
        return item
    for field in ("input", "output"):
        if data.get(field) is not None:
            data[field] = fitted(data[field], FIELD_MAX)
    usage = usage_of(data.pop("usage", None))
    if data.get("type") == "generation" and usage:
        data["usage"] = usage
    return item
