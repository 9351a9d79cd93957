#!/usr/bin/python3
"""fleet.py: `make fleet N=1000`: N simulated devices send to the OpenTelemetry Collector, also after an outage of it.

Invariant: every span that the devices count as started is in the Collector's file, and once if no response was late. The last
line is "N passed, M failed". Time and memory are shown without a limit. The spread of the requests after the outage has one."""
import contextlib
import json
import math
import os
import resource
import signal
import subprocess
import sys
import time
from collections import Counter

os.environ.setdefault("USPAN_BUILD_DIR", os.path.join(os.path.dirname(__file__), "../../build/interop"))
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../build"))
from tools import OUT, ROOT, Tally, child, clean_environment, until  # noqa: E402
import collector  # noqa: E402  (tools adds the folder of what it imports)
import sources  # noqa: E402

DEVICES_A_PROCESS = 2500
SPANS_A_TURN, TURNS, TURNS_IN_OUTAGE = 4, 3, 1
# Longer than the sum of the waits of the back-off before its longest (1, 2, 4, 8, 16 s), so that all devices have reached that.
# The second value is the time within which the devices first fail.
OUTAGE_S, FAIL_WITHIN_MS = 50, 5000
PER_BUCKET = 100  # requests. With fewer, chance alone makes peaks


def build():
    """The devices' program, optimised like a product."""
    folder = OUT / "fleet"
    objects = sources.compile_all(
        [*sources.core_sources(), *sources.genai_sources(), *sources.proto_sources(), *sorted(ROOT.glob("port/posix/*.c"))],
        folder, ["gcc"], ["-O2", f"-I{ROOT / 'port/posix'}"])
    program = folder / "fleet_device"
    sources.run(["gcc", "-std=c11", "-O2", *sources.WARNINGS, *sources.INCLUDES, f"-I{ROOT / 'port/posix'}",
                 ROOT / "tests/interop/fleet_device.c", *objects.values(), "-lpthread", "-o", program])
    return program


@contextlib.contextmanager
def devices(program, port, count):
    """The processes that simulate `count` devices."""
    processes = max(2, math.ceil(count / DEVICES_A_PROCESS))
    firsts = [count * i // processes for i in range(processes + 1)]
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(child([program, port, first, after - first], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True, env=clean_environment()))
               for first, after in zip(firsts, firsts[1:])]


def order(processes, turns, within_ms):
    for process in processes:
        process.stdin.write(f"{turns} {within_ms}\n")
        process.stdin.flush()


def reports(processes):
    """The output of each process once all is delivered. Totals are the sums."""
    said = [json.loads(process.stdout.readline()) for process in processes]
    return said, Counter({key: sum(one[key] for one in said) for key in
                          ("started", "delivered", "requests", "retries", "body_bytes", "user_s", "system_s")})


def stored(file):
    """{(trace, span): its device} for all spans in the Collector's file, and the number of lines that were there twice."""
    spans, twice = {}, 0
    with open(file, encoding="utf-8") as lines:
        for line in lines:
            for block in json.loads(line)["resourceSpans"]:
                who = next(pair["value"]["stringValue"] for pair in block["resource"]["attributes"]
                           if pair["key"] == "service.instance.id")
                for span in (span for scoped in block["scopeSpans"] for span in scoped["spans"]):
                    twice += (span["traceId"], span["spanId"]) in spans
                    spans[span["traceId"], span["spanId"]] = who
    return spans, twice


def spread(said, back_s):
    """Requests after the Collector's return: (peak / mean, seconds of a bucket, seconds until the last, requests)."""
    at = sorted(one["order_ms"] / 1000 + ms / 1000 - back_s for one in said for ms in one["attempts_ms"])
    at = [second for second in at if second >= 0]
    buckets = max(1, min(int(at[-1]), len(at) // PER_BUCKET))
    width = at[-1] / buckets
    peak = max(Counter(min(int(second / width), buckets - 1) for second in at).values())
    return peak * buckets / len(at), width, at[-1], len(at)


def unless(held, fault):
    return [] if held else [fault]


def show_costs(said, totals):
    spans = totals["delivered"]
    resident = sum(one["resident_kib"] for one in said)
    print(f"  RAM of a device: {said[0]['device_bytes']:,} bytes, {said[0]['tracer_bytes']:,} of them the tracer's; "
          f"{resident / 1024:.0f} MiB resident in {len(said)} processes\n"
          f"  CPU of a span: {totals['user_s'] / spans * 1e6:.1f} us in uspan and its loop, "
          f"{totals['system_s'] / spans * 1e6:.1f} us in the system's sockets\n"
          f"  {spans:,} spans in {totals['requests']:,} requests, {totals['body_bytes'] / spans:.0f} bytes of body a span; "
          f"drained {max(one['drain_ms'] for one in said):,} ms after the last was recorded", flush=True)


def run(tally, count):
    program = build()
    real = collector.Collector()
    real.file.unlink(missing_ok=True)
    with devices(program, real.port, count) as processes:
        with real.started():
            order(processes, TURNS, count)  # a thousand devices a second
            said, totals = reports(processes)
            spans = count * TURNS * SPANS_A_TURN
            tally.check(f"{count:,} devices: {spans:,} spans recorded, all delivered",
                        unless(totals["started"] == totals["delivered"] == spans, f"{totals}"))
            show_costs(said, totals)
            late = totals["retries"]  # the response came after the device's time limit: it sent again, with equal ids
        down_s = time.monotonic()
        order(processes, TURNS_IN_OUTAGE, FAIL_WITHIN_MS)
        until(lambda: time.monotonic() >= down_s + OUTAGE_S)
        with real.started():
            back_s = time.monotonic()
            said, totals = reports(processes)
    spans += count * TURNS_IN_OUTAGE * SPANS_A_TURN
    held, twice = stored(real.file)
    tally.check(f"an outage of {OUTAGE_S} s: {totals['retries']:,} retries, then all delivered",
                unless(totals["started"] == totals["delivered"] == spans, f"{totals}"))
    if twice and late:
        print(f"  {twice:,} spans came twice, with equal ids, after {late:,} answers that were late", flush=True)
    whole = Counter(Counter(held.values()).values()) == Counter({spans // count: count})
    tally.check(f"spans in = spans stored: {len(held):,}, of {count:,} devices",
                unless(len(held) == spans and (not twice or late) and whole, f"{len(held)} spans, {twice} twice, whole: {whole}"))
    peak, width_s, last_s, requests = spread(said, back_s)
    tally.check(f"the return is spread: of {requests:,} requests in {last_s:.1f} s, the busiest {width_s:.1f} s have "
                f"{peak:.2f} times the mean", unless(peak <= 2, "more than twice the mean"))


def give_up(*_):
    raise TimeoutError("the devices did not deliver all")


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and count + 200 > hard:
        sys.exit(f"fleet: {count} connections need as many descriptors; here are {hard}; cure: ulimit -n")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    signal.signal(signal.SIGALRM, give_up)  # only after a failure: devices retry without limit
    signal.alarm(600 + count // 10)
    tally = Tally()
    print(f"== fleet of {count:,}", flush=True)
    run(tally, count)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 0 if tally.passed and not tally.failed else 1


if __name__ == "__main__":
    sys.exit(main())
