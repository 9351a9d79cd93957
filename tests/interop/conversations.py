"""conversations.py: compares the same conversations by AgentScope, by the OpenAI Agents SDK and by uspan, span by span.

Invariant: a conversation passes only if every difference between the two traces has the number of a decision.
The decoded requests of each side are in build/interop/wire/. The differences are in build/interop/differences.txt."""
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import compare
import golden
from receiver import Receiver
from tools import HOST, LIMIT_S, OUT, STRICT, child, clean_environment

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = {"agentscope2": "oracles2"}  # others: oracles. One environment cannot contain two versions of AgentScope
WIRE = OUT / "wire"
ORACLES = {"agentscope": "AgentScope", "agentscope2": "AgentScope 2", "openai": "OpenAI Agents SDK",
           "utilgenai": "OpenTelemetry's util-genai"}

FEATURES = ("tree", "names", "kinds", "messages", "tools", "tokens", "errors", "events", "sessions")


def taken(receiver, start):
    """The spans that arrived after the first `start` ones, as plain values."""
    return [json.loads(span.as_json()) for span in receiver.spans[start:]]


def python_of(oracle):
    return OUT / ENVIRONMENTS.get(oracle, "oracles") / "bin" / "python"


def store(side, oracle, name, spans):
    WIRE.mkdir(parents=True, exist_ok=True)
    (WIRE / f"{oracle}-{name}-{side}.json").write_text(json.dumps(spans, indent=1, ensure_ascii=False))


def recorded(oracle):
    """{conversation: spans} as the Python package sends them. The receiver refuses requests that break a rule of the wire
    format."""
    found, words = {}, OUT / f"{oracle}.log"
    with Receiver() as receiver, open(words, "w", encoding="utf-8") as log:
        command = [python_of(oracle), "-B", HERE / f"oracle_{oracle}.py", receiver.url()]
        with child(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                   env=clean_environment(OPENAI_AGENTS_DISABLE_TRACING="0")) as process:
            for line in process.stdout:
                done, _, name = line.strip().partition(" ")
                if done != "done":
                    continue
                found[name] = taken(receiver, sum(map(len, found.values())))
                store("there", oracle, name, found[name])
                print("", file=process.stdin, flush=True)
            status = process.wait(LIMIT_S)
        if status or receiver.refused:
            raise SystemExit(f"interop: {oracle}: status {status}, refused {receiver.refused}; its words: {words}")
    return found


def played(program, name):
    """(spans, faults) of a conversation by a program that uses uspan."""
    with Receiver() as receiver:
        done = subprocess.run([program, name], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT_S,
                              env=clean_environment(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=receiver.url()))
        faults = [f"exit status {done.returncode}: {done.stderr.strip()}"] if done.returncode else []
        return taken(receiver, 0), faults + [f"refused: {text}" for text in receiver.refused]


def run(tally):
    total, report = Counter(), []
    for oracle, title in ORACLES.items():
        program = HOST / "tests" / f"{oracle}_oracle"
        conversations = recorded(oracle)
        if "--golden" in sys.argv:
            golden.write(oracle, conversations)
        tally.check(f"{title}: it sends what is kept for CI", golden.stale(oracle, conversations))
        for name, there in conversations.items():
            here, faults = played(program, name)
            store("here", oracle, name, here)
            explained, unexplained = compare.judge(there, here)
            if name == "by_hand" and {span["trace_id"] for span in here} != {span["trace_id"] for span in there}:
                unexplained.append("the trace's id is not the one that was given")
            total += explained
            report += [f"== {title}: {name}: {len(there)} spans there, {len(here)} here"]
            report += [f"{compare.explain(d) or 'FAULT'}: {d}" for d in compare.differences(there, here)]
            numbers = " ".join(f"{number}x{count}" for number, count in sorted(explained.items(), key=order))
            tally.check(f"{title}: {name}: {len(there)} spans; {numbers or 'no difference'}", faults + unexplained)
            for feature in FEATURES:
                tally.mark(STRICT, feature, not faults + unexplained)
    spans, faults = played(HOST / "tests" / "agentscope_oracle", "everything")
    linked = [(link["span_id"], link["attributes"]) for span in spans for link in span["links"]]
    if linked != [(span["span_id"], {"n": 7, "why": "told"}) for span in spans if not span["parent_span_id"]]:
        faults.append(f"links: {linked}")
    tally.check("a span with all that one can have", faults, STRICT, "links")
    (OUT / "differences.txt").write_text("\n".join(report) + "\n", encoding="utf-8")
    words = {}
    for number, text, _ in compare.RULES:
        words.setdefault(number, []).append(text)
    print("  differences, by the decision that asks for each:")
    for number, count in sorted(total.items(), key=order):
        print(f"    {number:4}{count:5}  {'; '.join(words[number])}")


def order(item):
    number = item[0]
    return "DAS".index(number[0]), int(number[1:] or 0)


if __name__ == "__main__":
    sys.exit("conversations.py is a part of run.py")
