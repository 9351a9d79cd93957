"""test_mutants.py: tests exchanges that no vendor has sent: those of tests/wire/cases and golden with changes. Members are
dropped, emptied, made null or of another type, or copied from another exchange. Events are repeated or exchanged. For every
mutant, the order of members and fragments do not change the span. Its lists are JSON, and no text is in it more often than in
the traffic.

Invariant: the name of the exchange and the number identify a mutant, so a failure can be repeated.
USPAN_MUTANTS is the number of mutants of each exchange (3), USPAN_SEED the first of them (0)."""
import copy
import os
import random
import re
import unittest

from exchanges import Replayer, cases, comparable, goldens
from test_properties import Pairs, documents, joined_data, orders, said_too_often, same_order, written

MUTANTS = int(os.environ.get("USPAN_MUTANTS", "3"))
SEED = int(os.environ.get("USPAN_SEED", "0"))
# Alternative names: a document has one of them, so their order has no meaning.
ONE_OF = ({"text", "arguments", "input", "refusal", "delta", "code", "action", "queries"},
          {"output", "outputs", "results", "result", "error"},
          {"content", "transcript", "audio"}, {"tool_calls", "function_call", "executed_tools"}, {"prompt", "messages", "input"},
          {"image_url", "video_url", "audio_url", "image", "file"}, {"id", "model", "status", "response", "message"},
          {"error", "error_code", "base_resp", "errcode"}, {"finishReason", "blockReason"},
          {"function", "name"}, {"function", "arguments"}, {"function", "custom"}, {"delta", "stop_reason"},
          {"functionCall", "executableCode", "toolCall", "functionResponse", "codeExecutionResult", "toolResponse"},
          {"error", "message"}, {"message", "msg", "detail", "error_msg", "Message", "errmsg"},
          {"image_url", "file_url", "file_data"}, {"content_index", "summary_index"})
# Of a part of reasoning. In messages and items they are values of their own.
OF_REASONING = re.compile(r"\.(reasoning|reasoning_content|reasoning_details|thinking)(\.#)?$")
ONE_OF_REASONING = {"text", "content", "summary", "thinking"}
OTHER_VALUES = (None, "", "x", 7.0, -1.0, True, False, Pairs(), [], [Pairs()],
                Pairs([("text", "spare words")]), ["spare words"])


def in_camel(name):
    """The camel-case spelling of a name. Gemini's names have two spellings."""
    return re.sub("_([a-z])", lambda match: match.group(1).upper(), name)


def objects_of(value, path=""):
    """All objects of a document, with their paths."""
    if isinstance(value, Pairs):
        yield path, value
        for name, inner in value:
            yield from objects_of(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from objects_of(inner, path + ".#")


def pieces_of(raw):
    return list(documents(joined_data(raw.decode("utf-8", "surrogateescape"))))


def joined(pieces, arrange):
    text = "".join(written(piece, arrange) if is_document else piece for is_document, piece in pieces)
    return text.encode("utf-8", "surrogateescape")


def mutate(pieces, stock, rng):
    """Change something, in place."""
    here = [i for i, (is_document, _) in enumerate(pieces) if is_document]
    if not here:
        return
    what = rng.randrange(8)
    if what == 0:
        at = rng.choice(here)
        pieces[at:at] = [copy.deepcopy(pieces[at]), (False, "\n\ndata: " if len(here) > 1 else "\n")]
        return
    if what == 1:
        at, other = rng.choice(here), rng.choice(here)
        pieces[at], pieces[other] = pieces[other], pieces[at]
        return
    found = [(path, o) for path, o in objects_of(pieces[rng.choice(here)][1]) if o]
    if not found:
        return
    path, members = rng.choice(found)
    at = rng.randrange(len(members))
    if what == 2:
        del members[at]
    elif what <= 5:
        name, value = rng.choice(stock.get(path) or [members[at]])
        groups = (*ONE_OF, ONE_OF_REASONING) if OF_REASONING.search(path) else ONE_OF
        others = set().union({name}, *(group for group in groups if in_camel(name) in map(in_camel, group)))
        holds = isinstance(value, list) and path == ""  # another complete answer inside this one
        if not holds and not {in_camel(other) for other in others} & {in_camel(have) for have, _ in members}:
            members.append((name, copy.deepcopy(value)))
    else:
        members[at] = (members[at][0], copy.deepcopy(rng.choice(OTHER_VALUES)))


class Mutants(unittest.TestCase):
    def test_the_properties_hold_for_mutants(self):
        exchanges = [e for e in [*cases(), *goldens()] if len(e.request) + len(e.response) < 6000]
        stock = {}  # members by dialect and path
        for exchange in exchanges:
            of_dialect = stock.setdefault(dialect_of(exchange), {})
            for raw in (exchange.request, exchange.response):
                for is_document, piece in pieces_of(raw):
                    for path, members in objects_of(piece) if is_document else ():
                        of_dialect.setdefault(path, []).extend(members)
        wrong = []
        with Replayer() as replayer:
            for exchange in exchanges:
                for number in range(SEED, SEED + MUTANTS):
                    wrong += [f"{exchange.name} {number}: {fault}"
                              for fault in faults_of_mutant(replayer, exchange, stock[dialect_of(exchange)], number)]
        self.assertFalse(wrong, f"{len(wrong)} wrong\n" + "\n".join(wrong[:20]))


def loose(value, failed):
    """A value for the comparison. Text that is not JSON stays text, and an object in it has its members in their original
    order."""
    if isinstance(value, dict) and value.get("type") == "tool_call" and failed:
        return None  # in one document with the error, a call is there only if it came first
    if isinstance(value, dict):
        return {key: loose(inner, failed) for key, inner in value.items()}
    if isinstance(value, list):
        return [kept for kept in (loose(inner, failed) for inner in value) if kept is not None]
    return sorted(value) if isinstance(value, str) and "{" in value else value


def dialect_of(exchange):
    return exchange.url.split("?")[0].rstrip("/").rsplit("/", 1)[-1].rsplit(":", 1)[-1]


def mutant_of(exchange, stock, number):
    rng = random.Random(f"{exchange.name} {number}")
    request, response = pieces_of(exchange.request), pieces_of(exchange.response)
    for _ in range(rng.randint(1, 4)):
        mutate(request if rng.random() < 0.2 else response, stock, rng)
    return request, response


def faults_of_mutant(replayer, exchange, stock, number):
    request, response = mutant_of(exchange, stock, number)
    plain = exchange._replace(request=joined(request, same_order), response=joined(response, same_order))
    span = replayer.play(plain, 1)
    base = loose(comparable(span), span["status"] == "error")
    if not span["same"]:
        yield "fragments change the span"
    for name, arrange in orders():
        other = exchange._replace(request=joined(request, arrange), response=joined(response, arrange))
        got = replayer.play(other)
        got = loose(comparable(got), got["status"] == "error")
        if got != base:
            keys = {key for key in {**base["attrs"], **got["attrs"]} if got["attrs"].get(key) != base["attrs"].get(key)}
            yield f"{name}: {[(key, base['attrs'].get(key), got['attrs'].get(key)) for key in sorted(keys)]} " \
                  f"{[(key, base[key], got[key]) for key in base if key != 'attrs' and base[key] != got[key]]}"
            break
    for text in said_too_often(span, plain.response):
        yield f"{text!r} stands twice"


if __name__ == "__main__":
    unittest.main()
