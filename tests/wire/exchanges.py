"""exchanges.py: code that the tests of LLM traffic share: exchanges as if recorded, the replayer, and the comparison of spans.

Invariant: the inputs are read as bytes and given to the replayer unchanged."""
import json
import os
import subprocess
from collections import namedtuple
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAM = Path(os.environ.get("USPAN_BUILD_DIR", "build/gcc")) / "tests" / "wire_replay"
JSON_KEYS = ("gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions", "gen_ai.tool.definitions")

Exchange = namedtuple("Exchange", "name url request response status expect")


def cases(folder=HERE / "cases"):
    found = []
    for path in sorted(folder.glob("*/expect.json")):
        expect = json.loads(path.read_text())
        found.append(Exchange(path.parent.name, expect["url"], (path.parent / "request").read_bytes(),
                              (path.parent / "response").read_bytes(), expect.get("http_status", 200), expect))
    return found


def goldens(folder=HERE / "golden"):
    found = []
    for path in sorted(folder.glob("*.txt")):
        sections = {}
        for section in ("\n" + path.read_text()).split("\n=== ")[1:]:
            name, _, body = section.partition("\n")
            sections[name] = body
        if "error" not in sections:  # the client's own name of a failure is not replayed
            found.append(Exchange("golden/" + path.stem, sections["url"].strip(), sections.get("request", "").encode(),
                                  sections.get("response", "").encode(), int(sections.get("status", "200")), None))
    return found


class Replayer:
    """One process for all exchanges."""
    def __enter__(self):
        self.process = subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()

    def play(self, exchange, rounds=0, seed=1):
        parts = [exchange.url.encode(), exchange.request, exchange.response]
        head = " ".join(str(n) for n in [*map(len, parts), exchange.status, rounds, seed])
        self.process.stdin.write(head.encode() + b"\n" + b"".join(parts))
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"{exchange.name}: the replayer ended")
        return json.loads(line.decode("utf-8", "surrogatepass"))


def decoded(key, value):
    """Messages as JSON values. The order of their members does not matter."""
    return json.loads(value) if key in JSON_KEYS and isinstance(value, str) else value


def comparable(span):
    """Everything that the span contains."""
    attrs = {key: decoded(key, value) for key, value in span["attrs"].items()}
    return {**{key: span[key] for key in ("name", "status", "status_message", "unread")}, "attrs": attrs}


def faults_of(expect, span):
    """The expectations of a case that the span does not meet."""
    faults = []
    for key in ("status", "status_message", "name"):
        if key in expect and span[key] != expect[key]:
            faults.append(f"{key}: {span[key]!r}, not {expect[key]!r}")
    for key, value in expect.get("attrs", {}).items():
        if key not in span["attrs"]:
            faults.append(f"{key}: missing")
        elif decoded(key, span["attrs"][key]) != value:
            faults.append(f"{key}: {span['attrs'][key]}, not {json.dumps(value, ensure_ascii=False)}")
    faults += [f"{key}: {span['attrs'][key]!r}, should be absent" for key in expect.get("absent", ()) if key in span["attrs"]]
    if span["unread"] < expect.get("unread", 0):
        faults.append(f"unread: {span['unread']}, not {expect['unread']}")
    for key in JSON_KEYS:  # must be valid JSON for every input
        if key in span["attrs"]:
            json.loads(span["attrs"][key])
    return faults
