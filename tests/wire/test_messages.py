"""test_messages.py: random messages, read by Python's parser, contain the requested values and the fields that the schemas
require. A document that is cut anywhere is valid JSON, is marked, and is a beginning of the complete one.

Invariant: the expected value follows from the calls that random_messages printed, and from rules written here.
USPAN_SEED is the first seed, USPAN_MESSAGES the number of messages."""
import base64
import json
import os
import subprocess
import unittest
from pathlib import Path

MESSAGES = int(os.environ.get("USPAN_MESSAGES", "200000"))
BASE = int(os.environ.get("USPAN_SEED", "1"))
PROGRAM = Path(os.environ.get("USPAN_BUILD_DIR", "build")) / "tests" / "random_messages"

MARK = "...[truncated]"
DEPTH_MAX = 24
INPUT, OUTPUT, INSTRUCTIONS, TOOLS = 1, 2, 3, 4
ARG = -1
# Required fields in addition to type, by type (spec of the GenAI conventions, JSON schemas of messages), with the values that
# replace missing ones.
PARTS = {"text": {"content": ""}, "reasoning": {"content": ""}, "tool_call": {"name": ""},
         "tool_call_response": {"response": None}, "blob": {"modality": "unknown", "content": ""},
         "uri": {"modality": "unknown", "uri": ""}, "file": {"modality": "unknown", "file_id": ""},
         "server_tool_call": {"name": "", "server_tool_call": {"type": ""}},
         "server_tool_call_response": {"server_tool_call_response": {"type": ""}}}
MESSAGE = {"role": "unknown", "parts": [], "finish_reason": "error", "name": ""}
OWED = [MESSAGE, {"type": "function", "name": ""}, *PARTS.values()]


class Wrong(AssertionError):
    pass


def want(condition, *words):
    if not condition:
        raise Wrong(" ".join(ascii(word) if isinstance(word, (str, bytes)) else str(word) for word in words))


def unhex(token):
    return None if token == "-" else bytes.fromhex(token[1:])


def text_of(token):
    raw = unhex(token)
    return None if raw is None else raw.decode("utf-8", "replace")


class NotJson(str):
    """JSON text that stays a string. White space is ignored, because the writer drops it as long as the text may be JSON."""
    def __eq__(self, other):
        return isinstance(other, str) and squeezed(other) == squeezed(self)

    __hash__ = str.__hash__


class Double(float):
    """A double, compared with about 15 significant digits."""
    def __eq__(self, other):
        return isinstance(other, (int, float)) and abs(other - float(self)) <= abs(float(self)) * 1e-14

    __hash__ = float.__hash__


def squeezed(text):
    return "".join(text.split())


def refuse(word):
    raise ValueError(word)


def one_unit(value):
    """The text with U+FFFD for half a surrogate pair."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [one_unit(item) for item in value]
    if isinstance(value, dict):
        return {one_unit(name): one_unit(item) for name, item in value.items()}
    return value


def depth_of(value):
    inner = value if isinstance(value, list) else value.values() if isinstance(value, dict) else None
    return 0 if inner is None else 1 + max(map(depth_of, inner), default=0)


class Document:
    """The value that the calls request."""

    def __init__(self, words):
        self.seed, self.list, self.limit, self.blocks = (int(word) for word in words[1:])
        self.value = [] if self.list else None
        self.stack = []  # open containers within a part, a definition or a plain value
        self.message = self.part = None
        self.invalid = 0

    def json_text(self, token, depth):
        raw = text_of(token)
        if raw is None or not raw.strip(" \n\r\t"):
            return None
        try:
            value = json.loads(raw, strict=False, parse_constant=refuse)
            if depth + depth_of(value) <= DEPTH_MAX:
                return one_unit(value)
        except ValueError:
            pass
        self.invalid += 1
        return NotJson(raw)

    def add(self, token, value):
        if not self.stack:
            self.value = value
        elif isinstance(self.stack[-1], list):
            self.stack[-1].append(value)
        else:
            self.stack[-1][text_of(token)] = value

    def item(self, members):
        part = {name: value for name, value in members.items() if value is not None or name in ("response", "arguments")}
        where = self.message["parts"] if self.list in (INPUT, OUTPUT) else self.value
        where.append(part)
        self.stack = [part]

    def call(self, words):
        letter, *args = words
        if letter == "M":
            self.message = {"role": text_of(args[0]) if args[0] != "-" else "unknown", "parts": []}
            if args[1] != "-":
                self.message["name"] = text_of(args[1])
            if self.list == OUTPUT:
                self.message["finish_reason"] = "error"
            self.value.append(self.message)
        elif letter == "L":
            self.message["role"] = text_of(args[0])
        elif letter == "F":
            if args[0] != "-":
                self.message["finish_reason"] = text_of(args[0])
        elif letter == "X":
            self.item({"type": text_of(args[0]), "content": text_of(args[1])})
        elif letter == "C":
            self.item({"type": "tool_call", "id": text_of(args[0]), "name": text_of(args[1]),
                       "arguments": self.json_text(args[2], self.base() + 1)})
        elif letter == "O":
            self.item({"type": "tool_call_response", "id": text_of(args[0]),
                       "response": self.json_text(args[1], self.base() + 1)})
        elif letter == "B":
            self.item({"type": "blob", "modality": text_of(args[0]), "mime_type": text_of(args[1]),
                       "content": base64.b64encode(unhex(args[2])).decode()})
        elif letter == "U":
            kind = text_of(args[0])
            self.item({"type": kind, "modality": text_of(args[1]), "mime_type": text_of(args[2]),
                       "uri" if kind == "uri" else "file_id": text_of(args[3])})
        elif letter == "V":
            kind = "server_tool_call" if args[1] != "-" else "server_tool_call_response"
            tool = {"type": text_of(args[2])}
            self.item({"type": kind, "id": text_of(args[0]), "name": text_of(args[1]), kind: tool})
            self.stack.append(tool)
        elif letter == "P":
            self.item({"type": text_of(args[0])})
        elif letter == "D":
            self.item({"type": "function", "name": text_of(args[0]), "description": text_of(args[1])})
            if args[2] != "-":
                self.stack[0]["parameters"] = self.json_text(args[2], 2)
        elif letter == "f":
            self.value = {"args": [], "kwargs": {}}
            self.stack = [self.value, self.value["kwargs"]]
        elif letter == "J":
            self.value = self.json_text(args[0], 0)
            self.invalid = 0  # the call has no writer in which to count
        elif letter == "i":
            self.add(args[0], int(args[1]))
        elif letter == "d":
            self.add(args[0], Double(args[1]))
        elif letter == "s":
            self.add(args[0], text_of(args[1]))
        elif letter == "b":
            self.add(args[0], args[1] == "1")
        elif letter == "n":
            self.add(args[0], None)
        elif letter == "j":
            self.add(args[0], self.json_text(args[1], len(self.stack) + self.base()))
        elif letter == "k":
            self.add(args[0], base64.b64encode(unhex(args[1])).decode())
        elif letter in "oa":
            inner = {} if letter == "o" else []
            self.add(args[0], inner)
            self.stack.append(inner)
        elif letter == "e":
            self.stack.pop()

    def base(self):
        return {0: 0, INPUT: 3, OUTPUT: 3, INSTRUCTIONS: 1, TOOLS: 1}[self.list]


def check_part(part):
    want(isinstance(part, dict) and isinstance(part.get("type"), str), "a part without type")
    for name, owed in PARTS.get(part["type"], {}).items():
        want(name in part, part["type"], "without", name)
        want(owed is None or isinstance(part[name], type(owed)), part["type"], "with another", name)
        want(not isinstance(owed, dict) or isinstance(part[name].get("type"), str) or MARK in json.dumps(part[name]),
             "a server tool without type")


def check_schema(kind, value):
    """The required fields of the conventions' JSON schemas."""
    if kind == 0:
        return
    want(isinstance(value, list), "no list")
    for item in value:
        if kind in (INPUT, OUTPUT):
            want(isinstance(item["role"], str) and isinstance(item["parts"], list), "a message without role or parts")
            want(kind != OUTPUT or isinstance(item["finish_reason"], str), "an output message without finish_reason")
            want(isinstance(item.get("name", ""), str), "a name")
            for part in item["parts"]:
                check_part(part)
        elif kind == INSTRUCTIONS:
            check_part(item)
        else:
            want(isinstance(item["type"], str) and isinstance(item["name"], str), "a definition without type or name")


class Cut:
    """Whether one value is the beginning of another that was cut at one place."""

    def __init__(self):
        self.marks = 0

    def fits(self, got, whole, last):
        """last: nothing was written after it."""
        if isinstance(got, str) and isinstance(whole, str):
            if whole == got:
                return True
            if last and got.endswith(MARK):
                self.marks += 1
                return isinstance(whole, NotJson) or whole.startswith(got[:-len(MARK)])
            return False
        if isinstance(whole, NotJson):  # cut before the writer knew that it was not JSON
            return last
        if isinstance(got, list) and isinstance(whole, list):
            ends = len(got) - 1
            return len(got) <= len(whole) and all(
                self.fits(item, other, last and i == ends) for i, (item, other) in enumerate(zip(got, whole)))
        if isinstance(got, dict) and isinstance(whole, dict):
            return all(self.member(name, item, whole, last) for name, item in got.items())
        same = type(got) is type(whole) or isinstance(whole, Double)
        return (same and whole == got) or (last and got is None)

    def member(self, name, item, whole, last):
        if name in whole and self.fits(item, whole[name], last):
            return True
        if last and name.endswith(MARK) and item is None:
            self.marks += 1
            return True
        return last and any(name in owed and owed[name] == item for owed in OWED)


class Messages(unittest.TestCase):
    def judge(self, document, words, line):
        worst, invalid = int(words[1]), int(words[2])
        raw = line.split(" ", 3)[3]
        if raw == "-":
            nothing = document.value is None or document.value == []
            want(worst != 0 or nothing, "nothing is there")
            return 0
        value = json.loads(raw, parse_constant=refuse)
        check_schema(document.list, value)
        want(document.limit == 0 or len(raw) <= document.limit, "longer than the limit:", len(raw), "and not", document.limit)
        want(len(raw.encode()) <= 4096, "longer than USPAN_VALUE_MAX")
        if worst == 0:
            want(value == document.value, "another value:", raw, "and not", repr(document.value))
            want(invalid == min(document.invalid, 255), "texts that are no JSON:", invalid, "and not", document.invalid)
            return 0
        want(worst == 1, "a result of", worst)
        cut = Cut()
        want(cut.fits(value, document.value, True), "no beginning:", raw, "of", repr(document.value))
        want(cut.marks <= 1, "cut twice:", raw)
        return 1

    def run_program(self, *args):
        """Counts of documents, messages, and cut ones."""
        documents = calls = cuts = 0
        with subprocess.Popen([PROGRAM, *map(str, args)], stdout=subprocess.PIPE) as program:
            document, line = None, ""
            try:
                for raw in program.stdout:
                    line = raw.decode("utf-8", "strict").rstrip("\n")
                    words = line.split(" ")
                    if words[0] == "N":
                        document = Document(words)
                    elif words[0] == "K":
                        if words[1] != "-":
                            check_schema(document.list, json.loads(line[2:], parse_constant=refuse))
                    elif words[0] == "G":
                        cuts += self.judge(document, words, line)
                        documents += 1
                    else:
                        calls += words[0] in "MDPXCOBUVfJ"
                        document.call(words)
            except (Wrong, ValueError, KeyError, UnicodeDecodeError) as wrong:
                program.kill()
                seed = document and (document.seed, document.limit, document.blocks)
                self.fail(f"seed, limit, blocks {seed}: {type(wrong).__name__} {wrong}: {ascii(line)[:2000]}")
            self.assertEqual(program.wait(), 0)
        return documents, calls, cuts

    def test_random_messages_are_what_was_asked_for(self):
        documents, _, cuts = self.run_program(BASE, MESSAGES)
        self.assertGreater(documents, MESSAGES / 5)
        self.assertGreater(cuts, documents / 20)

    def test_cut_at_every_length_and_in_every_pool_a_document_is_valid(self):
        documents, _, cuts = self.run_program(BASE, 30, "cuts")
        self.assertGreater(documents, 3000)
        self.assertGreater(cuts, documents * 0.8)


if __name__ == "__main__":
    unittest.main()
