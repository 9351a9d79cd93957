"""test_properties.py: four rules that hold for every exchange in tests/wire/golden and tests/wire/cases.

Order: members of each JSON object sorted, reversed and shuffled give the same span. Nothing lost: each text of the answer at
a place that its dialect knows is in the span, or something was counted. Nothing twice: a text that is once in the traffic is
once in the span. An answer is an answer: only the fields that an error adds make a good answer an error.
Each span is also the same for every fragmentation.

Invariant: a document that is not JSON, and bytes between documents, are unchanged.
USPAN_SEEDS is the number of shuffles (2), USPAN_ROUNDS that of random fragmentations of each order (2)."""
import json
import os
import random
import re
import unittest

from exchanges import Replayer, cases, comparable, goldens

NOT_READ = ("/count_tokens", ":batchGenerateContent", "/batches", "/converse", "/v2/chat")  # ends of URLs that no dialect reads
SEEDS = int(os.environ.get("USPAN_SEEDS", "2"))
ROUNDS = int(os.environ.get("USPAN_ROUNDS", "2"))
DECODER = json.JSONDecoder()


class Pairs(list):
    """An object: its members in their order, duplicates too."""


class Raw(float):
    """A number in its original spelling."""
    def __new__(cls, text):
        self = super().__new__(cls, float(text))
        self.text = text
        return self


def parsed(text):
    decoder = json.JSONDecoder(object_pairs_hook=Pairs, parse_int=Raw, parse_float=Raw)
    return decoder.raw_decode(text)


def written(value, arrange):
    if isinstance(value, Pairs):
        return "{" + ",".join(json.dumps(k) + ":" + written(v, arrange) for k, v in arrange(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(written(v, arrange) for v in value) + "]"
    return value.text if isinstance(value, Raw) else json.dumps(value)


def documents(text):
    """Pieces of text: (whether it is a document, its value or text)."""
    at = 0
    while at < len(text):
        begin = min((i for i in (text.find("{", at), text.find("[", at)) if i >= 0), default=len(text))
        if begin > at:
            yield False, text[at:begin]
        if begin == len(text):
            return
        try:
            value, end = parsed(text[begin:])
            yield True, value
            at = begin + end
        except ValueError:
            yield False, text[begin]
            at = begin + 1


def joined_data(text):
    """The text with events of several data lines joined to one line, if that makes a document."""
    def one(match):
        data = "".join(re.findall(r"^data: ?(.*)$", match.group(0), re.M))
        try:
            json.loads(data)
            return f"data: {data}\n"
        except ValueError:
            return match.group(0)
    return re.sub(r"(?:^data:.*\n){2,}", one, text, flags=re.M)


def rearranged(raw, arrange):
    text = joined_data(raw.decode("utf-8", "surrogateescape"))
    out = "".join(written(piece, arrange) if is_document else piece for is_document, piece in documents(text))
    return out.encode("utf-8", "surrogateescape")


def orders():
    yield "sorted", lambda pairs: sorted(pairs, key=lambda pair: pair[0])
    yield "reversed", lambda pairs: list(reversed(pairs))
    for seed in range(SEEDS):
        rng = random.Random(seed)
        yield f"shuffled {seed}", lambda pairs, rng=rng: rng.sample(pairs, len(pairs))


def same_order(pairs):
    return pairs


# Names of members with text that a dialect knows, compared with the last name of the path.
TEXTS = ("content", "text", "thinking", "reasoning", "reasoning_content", "refusal", "delta", "partial_json", "arguments",
         "transcript")


def texts_of(raw):
    """All texts of the answer at such places, with the number of times that each occurs."""
    found = {}

    def walk(value, name):
        if isinstance(value, Pairs):
            for key, inner in value:
                walk(inner, key)
        elif isinstance(value, list):
            for inner in value:
                walk(inner, name)
        elif isinstance(value, str) and name in TEXTS and value.strip():
            found[value] = found.get(value, 0) + 1

    for is_document, piece in documents(joined_data(raw.decode("utf-8", "replace"))):
        if is_document:
            walk(piece, "")
    return found


def letters(text):
    """The part of a text that is compared. JSON in it may be spelled differently."""
    return re.sub(r"[^\w]", "", text.replace("\ufffd", ""))


def strings_of(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from strings_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings_of(inner)
    elif isinstance(value, str):
        yield value
    else:
        yield json.dumps(value)


OWN = ("role", "type", "modality", "finish_reason", "id")  # members with uspan's words. A call and its result have one id


def said(messages):
    """All texts of output messages that come from the traffic, names in arguments and results too."""
    for message in messages:
        for part in message.get("parts", ()):
            for name, value in part.items():
                yield from () if name in OWN else strings_of(value)


def heard(raw):
    """All strings of the traffic without escapes, and those of JSON in them."""
    for is_document, piece in documents(joined_data(raw)):
        for text in strings_of(plain(piece)) if is_document else ():
            yield text
            if "\"" in text:
                yield from heard(text)


def plain(value):
    """The value with its objects as dicts. A name that is there twice is counted once."""
    if isinstance(value, Pairs):
        return {name: plain(inner) for name, inner in value}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def said_too_often(span, response):
    """Texts of the answer that are in the span more often than in the traffic."""
    texts = [text for text in said(json.loads(span["attrs"].get("gen_ai.output.messages", "[]"))) if len(text) > 4]
    raw = response.decode("utf-8", "replace")
    for text in {text for text in texts if texts.count(text) > 1}:
        spelled = max(raw.count(json.dumps(text, ensure_ascii=False)[1:-1]), raw.count(json.dumps(text)[1:-1]))
        times = max(spelled, sum(one.count(text) for one in heard(raw)))
        if 0 < times < texts.count(text):
            yield text


class Properties(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.exchanges = [*cases(), *goldens()]
        cls.replayer = Replayer().__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.replayer.__exit__()

    def spans(self):
        for exchange in self.exchanges:
            yield exchange, self.replayer.play(exchange)

    def test_order_of_members_does_not_change_the_span(self):
        wrong = []
        for exchange in self.exchanges:
            plain = exchange._replace(response=rearranged(exchange.response, same_order))
            base = comparable(self.replayer.play(plain))
            for name, arrange in orders():
                other = exchange._replace(request=rearranged(exchange.request, arrange),
                                          response=rearranged(exchange.response, arrange))
                span = self.replayer.play(other, ROUNDS)
                if not span["same"]:
                    wrong.append(f"{exchange.name}, {name}: fragments change the span")
                got = comparable(span)
                if got != base:
                    what = [f"{key}: {got[key]!r}, not {base[key]!r}" for key in base if key != "attrs" and got[key] != base[key]]
                    what += [f"{key}: {got['attrs'].get(key)!r}, not {base['attrs'].get(key)!r}"
                             for key in {**base["attrs"], **got["attrs"]} if got["attrs"].get(key) != base["attrs"].get(key)]
                    wrong.append(f"{exchange.name}, {name}: {'; '.join(what)}")
        self.assertFalse(wrong, f"{len(wrong)} changed\n" + "\n".join(wrong[:40]))

    def test_nothing_is_lost_uncounted(self):
        wrong = []
        for exchange, span in self.spans():
            said = json.loads(span["attrs"].get("gen_ai.output.messages", "[]"))
            have = letters("".join(strings_of(said)) + span["status_message"])
            for text in texts_of(exchange.response):
                if letters(text) not in have and span["unread"] == 0 and span["truncated"] == 0 and span["name"][:4] == "chat":
                    wrong.append(f"{exchange.name}: {text!r}")
        self.assertFalse(wrong, "\n".join(wrong))

    def test_nothing_stands_twice(self):
        wrong = []
        for exchange, span in self.spans():
            wrong += [f"{exchange.name}: {text!r}" for text in said_too_often(span, exchange.response)]
        self.assertFalse(wrong, "\n".join(wrong))

    def test_an_answer_is_an_answer(self):
        wrong = []
        for exchange, span in self.spans():
            if exchange.expect and exchange.expect.get("status") != span["status"]:
                continue  # test_cases.py reports it
            if not span["name"].startswith("chat") or not 200 <= exchange.status <= 299 or \
                    span["attrs"]["gen_ai.provider.name"] == "unknown" or exchange.url.endswith(NOT_READ):
                continue
            if span["attrs"].get("gen_ai.provider.name") and span["status"] == "ok":
                for harmless in (b'"message":"Success","code":0,', b'"error":null,', b'"warning":"old model",',
                                 b'"error":{},', b'"base_resp":{"status_code":0,"status_msg":"success"},'):
                    other = exchange._replace(response=re.sub(rb"(^|data: ?)\{", lambda m: m.group(0) + harmless,
                                                              exchange.response, flags=re.M))
                    if b"\ndata: \"" not in other.response and self.replayer.play(other)["status"] != "ok":
                        wrong.append(f"{exchange.name}: {harmless.decode()} makes an error")
            if span["status"] == "ok" and exchange.response.lstrip()[:1] in b"{d:i":
                harmful = b'"error":{"message":"bad","code":500},'
                other = exchange._replace(response=re.sub(rb"(^|data: ?)\{", lambda m: m.group(0) + harmful,
                                                          exchange.response, flags=re.M))
                if other.response != exchange.response and self.replayer.play(other)["status"] != "error":
                    wrong.append(f"{exchange.name}: an error in it is Ok")
            for body in (b"", b"{}"):
                if self.replayer.play(exchange._replace(response=body))["status"] != "error":
                    wrong.append(f"{exchange.name}: {body!r} is Ok")
        self.assertFalse(wrong, "\n".join(wrong))


if __name__ == "__main__":
    unittest.main()
