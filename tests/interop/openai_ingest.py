"""openai_ingest.py: compares the bridge to OpenAI's trace ingest with the exporter of the Agents SDK, on the same conversations
and on the same items at the limits. The local ingest refuses items that break a rule.

Invariant: uspan's spans take the complete path: OTLP over HTTP to the bridge, JSON over HTTP to the ingest."""
import contextlib
import json
import random
import subprocess
import sys
import threading
from pathlib import Path

import golden
import ingest_compare
from tools import HOST, LIMIT_S, OUT, ROOT, child, clean_environment, unequal
from ingest import KEY, Ingest
import protos  # noqa: F401 - the official classes, which the bridge imports

sys.path.insert(0, str(ROOT / "examples/backends/openai_ingest"))
from otlp_bridge import Bridge  # noqa: E402
import limits  # noqa: E402
import send  # noqa: E402

HERE = Path(__file__).resolve().parent
KEPT = golden.FOLDER / "openai_ingest.json"


@contextlib.contextmanager
def bridge(server, **more):
    """(URL for OTLP, sender): the bridge in front of a local ingest. Its queued items are sent when the block is left."""
    words = []
    sender = send.Sender(KEY, server.url(), say=words.append, **more)
    sender.words = words
    made = Bridge(sender)
    threads = [threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02}), threading.Thread(target=sender.run)]
    for thread in threads:
        thread.start()
    try:
        yield f"http://127.0.0.1:{made.server_address[1]}/v1/traces", sender
    finally:
        sender.end()
        threads[1].join(LIMIT_S)
        made.shutdown()
        threads[0].join(LIMIT_S)
        made.server_close()
        sender.hang_up()


def bridged(program, name):
    """(plain items, faults) of a conversation by uspan and the bridge."""
    with Ingest() as server:
        with bridge(server) as (url, sender):
            done = subprocess.run([program, name], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT_S,
                                  env=clean_environment(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=url))
        faults = [f"exit status {done.returncode}: {done.stderr.strip()}"] if done.returncode else []
        return list(ingest_compare.plain(server.items)), faults + server.refused + sender.words


def oracle(*arguments, **more):
    command = [OUT / "oracles" / "bin" / "python", "-B", HERE / "oracle_ingest.py", *arguments]
    return [str(word) for word in command], clean_environment(OPENAI_API_KEY=KEY, OPENAI_AGENTS_DISABLE_TRACING="0", **more)


def recorded():
    """{conversation: plain items} as the SDK's exporter sends them."""
    found, start = {}, 0
    with Ingest() as server, open(OUT / "openai_ingest.log", "w", encoding="utf-8") as log:
        command, environment = oracle(server.url())
        with child(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, env=environment) as process:
            for line in process.stdout:
                done, _, name = line.strip().partition(" ")
                if done == "done":
                    found[name], start = list(ingest_compare.plain(server.items[start:])), len(server.items)
                    print("", file=process.stdin, flush=True)
            status = process.wait(LIMIT_S)
        if status or server.refused:
            raise SystemExit(f"interop: the SDK's exporter: status {status}, refused {server.refused}; words: {log.name}")
    return found


def text_of(conversations):
    blocks = (f"{json.dumps(name)}: [\n" + ",\n".join(json.dumps(item, ensure_ascii=False) for item in items) + "\n]"
              for name, items in conversations.items())
    return "{\n" + ",\n".join(blocks) + "\n}\n"


def edge_items(count=60, seed=15):
    """Items around the limits, of every JSON shape, and with usage of every kind."""
    chance = random.Random(seed)

    def value(depth, room):
        form = chance.randrange(4 if depth < 3 else 2)
        if form < 2:
            letters = chance.choice(("a", "é", '"', "\\", "\n", "漢"))
            return chance.choice((letters * chance.randrange(room + 1), chance.randrange(10**6), None, True, 1.5))
        inner = [value(depth + 1, room // 2) for _ in range(chance.randrange(1, 6))]
        return inner if form == 2 else {f"k{at}": one for at, one in enumerate(inner)}

    for at in range(count):
        kind = chance.choice(("generation", "function", "custom", "speech_group"))
        data = {"type": kind, "input": value(0, 240_000), "output": value(0, 240_000)}
        usage = chance.choice((None, {"input_tokens": 1, "output_tokens": 2, "total_tokens": 3}, {"input_tokens": "1"},
                               {"input_tokens": 1, "output_tokens": 2, "details": {"a": 1}, "b": {"c": 2}, "d": None}))
        yield {"object": "trace.span", "id": f"span_{at}", "span_data": data | ({"usage": usage} if usage else {})}


def limit_faults(there, here):
    """Both keep the limit. Both leave values below the limit unchanged. Usage is the same."""
    for field in ("input", "output"):
        was, now = there["span_data"].get(field), here["span_data"].get(field)
        sizes = limits.size_of(was), limits.size_of(now)
        whole = max(sizes) <= limits.FIELD_MAX
        if not whole or type(was) is not type(now):
            yield f"{here['id']}: {field}: {sizes} bytes, {type(was).__name__} and {type(now).__name__}"
        elif isinstance(was, str) and not (was == now or now.endswith(limits.CUT) and now.startswith(was[:-len(limits.CUT)])):
            yield f"{here['id']}: {field}: {was[-40:]!r} there, {now[-40:]!r} here"
    yield from unequal(f"{here['id']}: usage", here["span_data"].get("usage"), there["span_data"].get("usage"))


def at_the_limits(tally):
    given = list(edge_items())
    command, environment = oracle("http://127.0.0.1:9/", "limits")
    done = subprocess.run(command, input="".join(json.dumps(item) + "\n" for item in given), capture_output=True, text=True,
                          env=environment, timeout=LIMIT_S, check=True)
    there = [json.loads(line) for line in done.stdout.splitlines()]
    faults = unequal("items", len(there), len(given))
    cut = sum(was != item for was, item in zip(there, given))
    for was, item in zip(there, given):
        faults += limit_faults(was, limits.fit(json.loads(json.dumps(item))))
    tally.check(f"{len(given)} items around the limits, {cut} of them changed by the SDK", faults)


def run(tally):
    conversations = recorded()
    if "--golden" in sys.argv:
        KEPT.write_text(text_of(conversations), encoding="utf-8")
    kept = KEPT.read_text(encoding="utf-8") if KEPT.exists() else ""
    tally.check("the SDK's exporter sends what is kept for CI", [] if kept == text_of(conversations) else [
        f"{KEPT.name} is not it; cure: tests/interop/run.py --golden openai_ingest, and look at the change"])
    for name, there in conversations.items():
        here, faults = bridged(HOST / "tests" / "openai_oracle", name)
        explained, unexplained = ingest_compare.judge(there, here)
        words = " ".join(f"{number}x{count}" for number, count in sorted(explained.items(), key=lambda one: int(one[0][1:])))
        tally.check(f"{name}: {len(there)} items; {words or 'no difference'}", faults + unexplained)
    at_the_limits(tally)
