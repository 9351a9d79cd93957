#!/usr/bin/python3
"""bench.py: `make bench`. What a span costs on the host: instructions, counted by callgrind, heap, wire bytes, spans a second.

Invariant: every figure is measured in this run, by a separate build. The exit status is 0 only if every budget holds, or its
figure is below the ceiling of its miss. With --check, tests/bench/README.md must show these figures too.
Usage: bench.py [--write | --check]   writes build/bench.json; --write README's table too, --check compares it"""
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "build"))
import ceilings  # noqa: E402
import pages  # noqa: E402
import turn  # noqa: E402
from sources import INCLUDES, NANOPB_OPTIONS, ROOT, compile_all, core_sources, genai_sources, proto_sources, run  # noqa: E402

OUT = ROOT / "build/bench"
PROGRAM = ROOT / "tests/bench/bench.c"
COMPILER = ["gcc"]
BATCH, ROUNDS, NATIVE_ROUNDS, NATIVE_RUNS = 64, 20, 2000, 5
PLACES = 6
# Builds: "inline" has the lock compiled in by USPAN_LOCK_HEADER. "port" has it as the port's function, which is the default.
# Wide: a span may have as many attributes as possible, to measure the cost of integers by their number.
# Many: a batch of 1,000 spans.
BUILDS = {"wide": ["-DUSPAN_ATTRS_MAX=128"], "inline": ['-DUSPAN_LOCK_HEADER="uspan_posix_lock.h"'], "port": [],
          "many": ["-UUSPAN_SPANS_MAX", "-DUSPAN_SPANS_MAX=1002", "-DUSPAN_BATCH_SPANS_MAX=1000"]}
TOLERANCE = 0.03  # between README and a run: compilers and C libraries differ slightly
# key: (label, peers, budget, goal). None: there is none. The budget of recording is for the default, the lock through the port.
# Peers were measured by callgrind on one x86-64 machine, with the same span.
RECORD_PEERS = "opentelemetry-cpp 12,868 to 21,647; ctraces 9,667; oteltracing-c 1,471 (checks no UTF-8, replaces no value)"
ENCODE_PEERS = "opentelemetry-cpp 29,726; ctraces 37,910; oteltracing-c 10,965"
ROWS = {
    "record_w1_instructions": ("record W1, instructions", RECORD_PEERS, 2300, 1900),
    "record_w1_inline_lock_instructions": ("record W1, lock inline (`USPAN_LOCK_HEADER`), instructions", "", None, None),
    "record_w1_all_instructions": ("record W1 by `uspan_set_all()`, instructions", "", 2100, 1800),
    "record_w1_typed_instructions": ("record W1 by typed calls, lock inline, begin and end, instructions", "", 2687, 2000),
    "ints_128_times_12": ("record 128 integers, times the cost of 12", "", 12, 11),
    "record_w2_instructions": ("record W2, instructions", "", None, None),
    "encode_w1_instructions": ("encode W1 in a batch of 64, sizing included, reads of 1,400 bytes, instructions",
                               ENCODE_PEERS, 3000, 2500),
    "many_scopes_times_one": ("encode 1,000 spans with four attributes, of 1,000 scopes, times the cost of one scope",
                              "", 2, 1.2),
    "batch_instructions": ("a batch of one span from the first poll to the last, beside its span, instructions", "", 9000, 6000),
    "memcpy_w1_instructions": ("memcpy of as many bytes, instructions", "", None, None),
    "poll_idle_instructions": ("`uspan_poll()` with nothing to do, instructions", "", None, None),
    "heap_allocations": ("heap allocations a span", "opentelemetry-cpp 164; ctraces 107; oteltracing-c 0", 0, 0),
    "wire_w1_bytes": ("W1 on the wire, bytes", "", 1085, None),
    "turn_plain_body_bytes": ("the edge agent's turn, bytes of its request bodies, plain", "", 8600, 8000),
    "turn_gzip_body_bytes": ("the edge agent's turn, bytes of its request bodies, `USPAN_GZIP`", "", 4700, 4000),
    "turn_plain_span_bytes": ("bytes a span of that turn with request heads and TLS, plain", "", None, None),
    "turn_gzip_span_bytes": ("bytes a span of that turn with request heads and TLS, `USPAN_GZIP`", "", None, None),
    "spans_per_second": ("W1 recorded and encoded in a second, one thread", "", None, None),
}
# Ceilings of the budgets that are missed today (ceilings.py). Values are only lowered.
CEILINGS = {}
EXACT = ("heap_allocations", "wire_w1_bytes")
FREE = ("spans_per_second",)  # depends on the machine, not on the code


def build(name, options):
    """The program of one build. Its options are exactly those in its first lines."""
    head = re.search(r"uspan-config: ([^*]+)", PROGRAM.read_text()).group(1)
    options = ["-O2", "-DNDEBUG", *[f"-D{one}" for one in head.split()], *options, f"-I{ROOT / 'port/posix'}"]
    folder = OUT / name
    sources = core_sources() + genai_sources() + proto_sources() + sorted(ROOT.glob("port/posix/*.c"))
    objects = compile_all(sources, folder, COMPILER, options)
    program = folder / "bench"
    run([*COMPILER, "-std=gnu11", *options, *INCLUDES, *NANOPB_OPTIONS, PROGRAM, *objects.values(), "-o", program, "-lpthread"])
    return program


def answer(program, what, rounds, *before):
    """The output of the program, after a check that it did all of its work."""
    done = subprocess.run([*before, str(program), what, str(rounds)], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{program.name} {what}: status {done.returncode}\n{done.stdout}{done.stderr}")
    said = json.loads(done.stdout)
    whole = said.get("delivered") == rounds * BATCH and not said["values_truncated"] and not said["attrs_dropped"]
    if what in ("record_w1", "record_w1_all", "record_w1_typed", "encode_w1") and not whole:
        raise RuntimeError(f"{what} lost something: {said}")
    return said, done.stderr


def counted(program, what):
    return OUT / f"{program.parent.name}.{what}.callgrind"


def instructions(program, what):
    """Instructions of one span, poll or copy: all that bench_<what> executed, by callgrind, divided by the number of calls."""
    found = counted(program, what)
    answer(program, what, ROUNDS, "valgrind", "--tool=callgrind", f"--callgrind-out-file={found}",
           f"--toggle-collect=bench_{what}")
    total = int(re.search(r"^(?:summary|totals): (\d+)", found.read_text(), re.M).group(1))
    if total == 0:
        raise RuntimeError(f"callgrind saw no bench_{what}")
    return round(total / ROUNDS / BATCH)


def wire_dialects():
    return re.findall(r'^    { "(\w+)", "http', (ROOT / "tests/bench/stream.h").read_text(), re.M)


def instructions_a_byte(program, dialect):
    """Instructions per byte of a streamed answer read by wire.h, by callgrind."""
    found = counted(program, f"wire_{dialect}")
    said, _ = answer(program, f"wire_{dialect}", ROUNDS, "valgrind", "--tool=callgrind", f"--callgrind-out-file={found}",
                     "--toggle-collect=bench_wire")
    total = int(re.search(r"^(?:summary|totals): (\d+)", found.read_text(), re.M).group(1))
    return round(total / ROUNDS / said["bytes"], 1)


def places(program, what):
    """The functions that execute most instructions themselves, each with its share of one span."""
    lines = run(["callgrind_annotate", "--auto=no", counted(program, what)])
    found = re.findall(r"^ *([\d,]+) \([ \d.]+%\)  \S*?:(\w+)", lines, re.M)
    return {name: round(int(number.replace(",", "")) / ROUNDS / BATCH) for number, name in found[:PLACES]}


def allocations(program):
    """Heap allocations per span: the difference between 20 rounds and one, by memcheck."""
    def calls(rounds):
        words = answer(program, "encode_w1", rounds, "valgrind", "--tool=memcheck", "--leak-check=no")[1]
        return int(re.search(r"total heap usage: ([\d,]+) allocs", words).group(1).replace(",", ""))
    more = calls(ROUNDS) - calls(1)
    return round(more / (ROUNDS - 1) / BATCH, 3) if more else 0


def measure():
    with ThreadPoolExecutor(2) as pool:
        programs = dict(zip(BUILDS, pool.map(build, BUILDS, BUILDS.values())))
        port = programs["port"]
        asked = {"record_w1_instructions": (port, "record_w1"),
                 "record_w1_inline_lock_instructions": (programs["inline"], "record_w1"),
                 "record_w2_instructions": (port, "record_w2"), "encode_w1_instructions": (port, "encode_w1"),
                 "record_w1_all_instructions": (port, "record_w1_all"),
                 "record_w1_typed_instructions": (programs["inline"], "record_w1_typed"),
                 "record_ints_12": (programs["wide"], "record_ints_12"), "record_ints_128": (programs["wide"], "record_ints_128"),
                 "scopes_1": (programs["many"], "scopes_1"), "scopes_many": (programs["many"], "scopes_many"),
                 "batch_1": (port, "batch_1"), "batch_2": (port, "batch_2"),
                 "memcpy_w1_instructions": (port, "memcpy"), "poll_idle_instructions": (port, "poll_idle")}
        host = dict(zip(asked, pool.map(lambda one: instructions(*one), asked.values())))
        host["ints_128_times_12"] = round(host.pop("record_ints_128") / host.pop("record_ints_12"), 1)
        host["many_scopes_times_one"] = round(host.pop("scopes_many") / host.pop("scopes_1"), 1)
        # The second span of a batch costs only the span itself. Without it, the cost of the batch alone is left.
        host["batch_instructions"] = 2 * host["batch_1"] - host.pop("batch_2")
        del host["batch_1"]
        dialects = wire_dialects()
        costs = pool.map(lambda one: instructions_a_byte(port, one), dialects)
        host["wire_instructions_per_byte"] = dict(zip(dialects, costs))
    host["heap_allocations"] = allocations(port)
    host |= {key: figure for key, figure in turn.measure().items() if key in ROWS}
    # No other work of this script runs at the same time.
    runs = [answer(port, "encode_w1", NATIVE_ROUNDS)[0] for _ in range(NATIVE_RUNS)]
    said = runs[0]
    host["wire_w1_bytes"] = said["span_bytes"]
    host["spans_per_second"] = sorted(one["delivered"] * 10**9 // one["ns"] for one in runs)[NATIVE_RUNS // 2]
    host["heap_bytes_kept"] = said["heap_bytes"]
    version = run([*COMPILER, "--version"]).splitlines()[0]
    profile = {what: places(port, what) for what in ("record_w1", "encode_w1")}
    return {"host": host, "profile": profile, "compiler": version, "machine": os.uname().machine}


def verdict(figure, budget, goal):
    words = [f"**{round(figure - budget, 1):,} over the budget**"] if budget is not None and figure > budget else []
    if goal is not None:
        words.append("goal met" if figure <= goal else f"{round(figure - goal, 1):,} above the goal")
    return "; ".join(words)


def rounded(number):
    """The number with two significant digits. The speed of a machine is not more exact."""
    unit = 10 ** max(len(str(number)) - 2, 0)
    return round(number / unit) * unit


def wire_line(costs):
    """One line for all dialects, because README must not have a row for each."""
    costs = ", ".join(f"{name} {cost}" for name, cost in costs.items())
    return f"Instructions for a byte of a streamed answer, by wire.h: {costs}."


def table(host, compiler):
    lines = ["| figure (host, -O2) | uspan | budget | goal | | peers |", "| --- | ---: | ---: | ---: | --- | --- |"]
    for key, (label, peers, budget, goal) in ROWS.items():
        limits = ["" if budget is None else ceilings.shown(budget, CEILINGS.get(key)), "" if goal is None else f"{goal:,}"]
        figure = rounded(host[key]) if key in FREE else host[key]
        lines.append(f"| {label} | {figure:,} | {limits[0]} | {limits[1]} | {verdict(host[key], budget, goal)} | {peers} |")
    return "\n".join([*lines, "", f"{wire_line(host['wire_instructions_per_byte'])} Compiler: {compiler}."])


def shown(text):
    """The figures and the compiler of a table. A row that is missing is None."""
    host = {}
    for key, (label, *_) in ROWS.items():
        match = re.search(rf"^\| {re.escape(label)} \| ([\d.,]+) \|", text, re.M)
        number = match.group(1).replace(",", "") if match else None
        host[key] = None if number is None else float(number) if "." in number else int(number)
    costs = re.search(r"by wire\.h: (.*?)\. Compiler", text)
    host["wire_instructions_per_byte"] = dict((name, float(cost)) for name, cost in re.findall(
        r"(\w+) ([\d.]+)", costs.group(1) if costs else ""))
    compiler = re.search(r"Compiler: (.*)\.$", text, re.M)
    return host, compiler.group(1) if compiler else ""


def page_faults(found, write):
    page = pages.name("bench")
    new = table(found["host"], found["compiler"])
    if write:
        pages.put("bench", new)
        return []
    old = pages.shown("bench")
    cure = "cure: tests/bench/bench.py --write, and commit the page"
    host, compiler = shown(old)
    if None in host.values() or old.strip() != table(host, compiler):
        return [f"{page}: the cost table is not in this script's form; {cure}"]
    faults = [f"{page} says {host['wire_instructions_per_byte'][name]} instructions a byte for {name}, this run {cost}; {cure}"
              for name, cost in found["host"]["wire_instructions_per_byte"].items()
              if abs(cost - host["wire_instructions_per_byte"].get(name, 0)) > TOLERANCE * cost + 0.1]
    for key, figure in found["host"].items():
        if key not in ROWS or key in FREE:
            continue
        apart = abs(figure - host[key])
        if apart > (0 if key in EXACT else TOLERANCE * host[key]):
            faults.append(f"{page} says {host[key]:,} for {key}, this run {figure:,} ({found['compiler']}; the page's was "
                          f"{compiler}); {cure}")
    return faults


def main(arguments):
    if arguments not in ([], ["--write"], ["--check"]):
        print(__doc__.split("\n")[-1], file=sys.stderr)
        return 2
    found = measure()
    written = ROOT / "build/bench.json"
    known = json.loads(written.read_text()) if written.exists() else {}  # board.py's figures are kept
    written.write_text(json.dumps({**known, **found}, indent=1) + "\n")
    host = found["host"]
    print(table(host, found["compiler"]))
    for what, functions in found["profile"].items():
        print(f"{what}, most instructions: {', '.join(f'{name} {number:,}' for name, number in functions.items())}")
    faults, notes = ceilings.judge_all((key, host[key], budget, CEILINGS.get(key))
                                       for key, (_, _, budget, _) in ROWS.items() if budget is not None)
    for note in notes:
        print(f"bench: {note}")
    faults += [f"{key} is {host[key]}: nothing was counted" for key, (_, _, budget, _) in ROWS.items()
               if budget and host[key] <= 0]
    if host["heap_bytes_kept"] != 0:
        faults.append(f"{host['heap_bytes_kept']} bytes of heap are kept after the work")
    if arguments:
        faults += page_faults(found, arguments == ["--write"])
    for fault in faults:
        print(f"bench: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
