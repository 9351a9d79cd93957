#!/usr/bin/python3
"""demo.py: `make demo`. Runs the example agent against a local OTLP/HTTPS receiver and shows what arrived.

Invariant: exit status 0 only if the program succeeded and exactly the spans of EXPECTED arrived, whole, once.
Usage: demo.py PROGRAM [ARGUMENT...]   a program of the host
       demo.py --board BOARD            that board's firmware, in QEMU"""
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent / "peers"), str(Path(__file__).resolve().parent)]
import certs  # noqa: E402
import firmware  # noqa: E402
import qemu  # noqa: E402
import tree  # noqa: E402
from receiver import Receiver  # noqa: E402
from sntp import TimeServer  # noqa: E402
from streams import server_context  # noqa: E402

DEADLINE_S = 60
QUESTION_FOR_DATE = "GET is not POST"  # what a board without a clock asks first; its answer's Date is enough
AGENT, FORMAT, CHAT, TOOL = "invoke_agent", "format", "chat", "execute_tool"
# operation: how many, kind, parent's operation, attributes that each must have
EXPECTED = {
    AGENT: (1, "INTERNAL", None, ["gen_ai.agent.name"]),
    FORMAT: (1, "INTERNAL", AGENT, ["agentscope.format.target"]),
    CHAT: (2, "CLIENT", AGENT, ["gen_ai.provider.name", "gen_ai.request.model", "gen_ai.usage.input_tokens",
                                "gen_ai.usage.output_tokens"]),
    TOOL: (2, "INTERNAL", AGENT, ["gen_ai.tool.name", "gen_ai.tool.call.id"]),
}
FAILED = Counter({TOOL: 1})  # of each operation, how many end in an error


def operation(span):
    return span.attributes.get("gen_ai.operation.name")


def span_faults(span, parent):
    """What is wrong with one span, as texts."""
    op = operation(span)
    if op not in EXPECTED:
        yield "is not expected"
        return
    _, kind, parent_op, needed = EXPECTED[op]
    if span.kind != kind:
        yield f"has kind {span.kind}, not {kind}"
    if not re.match(rf"{op}( |$)", span.name):
        yield f"is not named after its operation {op}"
    if (parent and operation(parent)) != parent_op or bool(span.parent_id) != bool(parent_op):
        yield f"hangs below {parent.name if parent else span.parent_id or 'nothing'}"
    if parent and not parent.start_ns <= span.start_ns <= span.end_ns <= parent.end_ns:
        yield "is not within its parent's time"
    for key in needed:
        if span.attributes.get(key) in (None, "", 0):
            yield f"lacks {key}"
    if span.dropped:
        yield f"lost {span.dropped}"
    if span.status == "ERROR":
        if not span.message or not span.attributes.get("error.type"):
            yield "failed without saying why (status message, error.type)"
        if "exception" not in [name for name, _, _ in span.events]:
            yield "failed without an exception event"


def faults(spans, twice):
    """Everything that differs from EXPECTED, as texts; [] when the demo holds its promise."""
    found = [f"span {key} arrived twice" for key in twice]
    by_id = {span.span_id: span for span in spans}
    for span in spans:
        parent = by_id.get(span.parent_id)
        found += [f"{span.name} ({span.span_id}) {fault}" for fault in span_faults(span, parent)]
    counts = Counter(map(operation, spans))
    failed = Counter(operation(span) for span in spans if span.status == "ERROR")
    for op, (count, *_) in EXPECTED.items():
        if counts[op] != count:
            found.append(f"{counts[op]} {op} spans, not {count}")
        if failed[op] != FAILED[op]:
            found.append(f"{failed[op]} failed {op} spans, not {FAILED[op]}")
    if len({span.trace_id for span in spans}) > 1:
        found.append("more than one trace")
    return found


def environment(receiver, ca):
    """The caller's environment, its own settings of OTEL_* and Studio set aside."""
    env = {name: value for name, value in os.environ.items()
           if not name.startswith(("OTEL_", "USPAN_STUDIO"))}
    env.update({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": receiver.url(),
                "OTEL_EXPORTER_OTLP_CERTIFICATE": str(ca),
                "OTEL_SERVICE_NAME": "uspan-demo",
                "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=demo"})
    return env


def advice(command):
    program = " ".join(command)
    return f"""
The same program against a collector of yours:
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://HOST:4318/v1/traces \\
  OTEL_EXPORTER_OTLP_CERTIFICATE=CA.pem {program}
(http:// works too; OTEL_EXPORTER_OTLP_HEADERS=key=value adds headers, OTEL_SERVICE_NAME names the service.)
Against AgentScope Studio, where the run appears under its project:
  USPAN_STUDIO_URL=http://HOST:3000 {program}"""


def run_program(command, receiver):
    """The exit status of a program of the host; None where it could not be run to its end."""
    print(f"program:  {' '.join(command)}\n", flush=True)
    try:
        return subprocess.run(command, env=environment(receiver, certs.get().ca_pem), timeout=DEADLINE_S,
                              stdin=subprocess.DEVNULL).returncode
    except subprocess.TimeoutExpired:
        print(f"demo: the program still ran after {DEADLINE_S} s", file=sys.stderr)
    except OSError as error:
        print(f"demo: {error}", file=sys.stderr)
    return None


def run_board(board, receiver):
    """The same for a board's firmware in QEMU."""
    print(f"building the firmware of {board} (about a minute the first time)", flush=True)
    built = firmware.build(board)
    print(f"machine:  {board} in QEMU, {built.elf}\n", flush=True)
    with TimeServer() as clock:
        settings = {"endpoint": f"https://{qemu.LOOPBACK}:{receiver.port}/v1/traces", "sntp": f"{qemu.LOOPBACK}:{clock.port}"}
        return qemu.run(built, settings, show=True).status


def main(command):
    if not command or command == ["--board"]:
        print(__doc__.split("\n\n")[-1], file=sys.stderr)
        return 2
    wanted = sum(count for count, *_ in EXPECTED.values())
    board = command[1] if command[0] == "--board" else None
    with Receiver(server_context()) as receiver:
        print(f"receiver: {receiver.url()}, certificate of a throw-away CA")
        try:
            status = run_board(board, receiver) if board else run_program(command, receiver)
        except (RuntimeError, ValueError, OSError) as error:
            print(f"demo: {error}", file=sys.stderr)
            return 1
        if status is None:
            return 1
        # A batch is in the list before its answer leaves: only a program that did not wait needs this time.
        receiver.wait_spans(wanted, 2)
        summary, spans, twice = receiver.summary(), list(receiver.spans), receiver.duplicates()
    print()
    tree.show(spans)
    refused = [text for text in summary["refused"] if not (board and text == QUESTION_FOR_DATE)]
    problems = faults(spans, twice) + [f"refused: {text}" for text in refused]
    problems += [f"connection: {text}" for text in summary["errors"]]
    if status != 0:
        problems.insert(0, f"the program's exit status is {status}")
    print()
    if problems:
        print("\n".join(f"demo: {problem}" for problem in problems))
        return 1
    print(f"All {len(spans)} spans arrived whole, in {summary['requests']} request(s) over HTTPS.")
    if not board:
        print(advice(command))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
