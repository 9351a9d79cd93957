#!/usr/bin/python3
"""demo.py: `make demo`. Runs an example agent against a local OTLP/HTTPS receiver and shows what arrived.

Invariant: the exit status is 0 only if the program succeeded and exactly the expected spans arrived, complete and once each. If
the model has no script, any number of chats and tools is accepted.
Usage: demo.py --edge PROGRAM [QUESTION]   the edge agent, against the scripted model, or against that of LLM_URL, LLM_MODEL,
                                          LLM_API_KEY
       demo.py --board BOARD               the same agent as that board's firmware, in QEMU; pico: in rp2040js
       demo.py PROGRAM [ARGUMENT...]       another program of the host, which traces what examples/agent does"""
import os
import re
import subprocess
import sys
from collections import Counter, namedtuple
from contextlib import ExitStack
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent / "peers"), str(Path(__file__).resolve().parent)]
import certs  # noqa: E402
import firmware  # noqa: E402
import pico  # noqa: E402
import qemu  # noqa: E402
import tree  # noqa: E402
from llm import Llm  # noqa: E402
from receiver import Receiver  # noqa: E402
from sntp import TimeServer  # noqa: E402
from streams import server_context  # noqa: E402

DEADLINE_S, OWN_MODEL_S = 60, 600
QUESTION_FOR_DATE = "GET is not POST"  # the first request of a board without a clock. The Date of the response is enough
AGENT, FORMAT, CHAT, TOOL = "invoke_agent", "format", "chat", "execute_tool"
# spans: for each operation its count, kind, parent's operation, and the attributes that each span must have. failed: how many
# spans of each operation end in an error. None: any number of failures, and any number of chats and tools.
Trace = namedtuple("Trace", "spans failed")
EXPECTED = {
    AGENT: (1, "INTERNAL", None, ["gen_ai.agent.name"]),
    FORMAT: (1, "INTERNAL", AGENT, ["agentscope.format.target"]),
    CHAT: (2, "CLIENT", AGENT, ["gen_ai.provider.name", "gen_ai.request.model", "gen_ai.usage.input_tokens",
                                "gen_ai.usage.output_tokens"]),
    TOOL: (2, "INTERNAL", AGENT, ["gen_ai.tool.name", "gen_ai.tool.call.id"]),
}
ACTED = Trace(EXPECTED, Counter({TOOL: 1}))  # examples/agent
EDGE = Trace({AGENT: EXPECTED[AGENT], CHAT: (4, *EXPECTED[CHAT][1:]), TOOL: (4, *EXPECTED[TOOL][1:])}, Counter())
ANY = Trace({AGENT: EXPECTED[AGENT], CHAT: (1, "CLIENT", AGENT, ["gen_ai.provider.name", "gen_ai.request.model"]),
             TOOL: EDGE.spans[TOOL]}, None)  # the edge agent with a model that has no script


def operation(span):
    return span.attributes.get("gen_ai.operation.name")


def span_faults(span, parent, expected):
    """What is wrong with one span, as texts."""
    op = operation(span)
    if op not in expected:
        yield "is not expected"
        return
    _, kind, parent_op, needed = expected[op]
    if span.kind != kind:
        yield f"has kind {span.kind}, not {kind}"
    if not re.match(rf"{op}( |$)", span.name):
        yield f"is not named after its operation {op}"
    if (parent and operation(parent)) != parent_op or bool(span.parent_id) != bool(parent_op):
        yield f"has the wrong parent {parent.name if parent else span.parent_id or '(none)'}"
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


def faults(spans, twice, trace=ACTED):
    """Every difference from the expected trace, as texts. [] if there is none."""
    found = [f"span {key} arrived twice" for key in twice]
    by_id = {span.span_id: span for span in spans}
    for span in spans:
        parent = by_id.get(span.parent_id)
        found += [f"{span.name} ({span.span_id}) {fault}" for fault in span_faults(span, parent, trace.spans)]
    counts = Counter(map(operation, spans))
    failed = Counter(operation(span) for span in spans if span.status == "ERROR")
    for op, (count, *_) in trace.spans.items():
        if trace.failed is None:
            if op in (AGENT, CHAT) and counts[op] < count:
                found.append(f"no {op} span")
            continue
        if counts[op] != count:
            found.append(f"{counts[op]} {op} spans, not {count}")
        if failed[op] != trace.failed[op]:
            found.append(f"{failed[op]} failed {op} spans, not {trace.failed[op]}")
    if len({span.trace_id for span in spans}) > 1:
        found.append("more than one trace")
    return found


def model_of(llm):
    """Settings of the edge agent's model: the caller's LLM_*, or those of the scripted model."""
    if llm is None:
        return {name: os.environ[name] for name in ("LLM_URL", "LLM_MODEL", "LLM_API_KEY", "LLM_CA") if os.environ.get(name)}
    return {"LLM_URL": llm.url(), "LLM_MODEL": "qwen-max", "LLM_CA": str(certs.get().ca_pem)}


def environment(receiver, ca, model):
    """The caller's environment without its own OTEL_*, Studio and model settings."""
    env = {name: value for name, value in os.environ.items()
           if not name.startswith(("OTEL_", "USPAN_STUDIO", "LLM_"))}
    env.update({**model, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": receiver.url(),
                "OTEL_EXPORTER_OTLP_CERTIFICATE": str(ca),
                "OTEL_SERVICE_NAME": "uspan-demo",
                "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=demo"})
    return env


def advice(command, is_edge):
    program = " ".join(command)
    model = f"""
With your own model, if it has OpenAI's chat completions API (the traces still come here):
  LLM_URL=https://HOST/v1/chat/completions LLM_MODEL=NAME LLM_API_KEY=KEY make demo
With these settings, and to your own collector:""" if is_edge else """
The same program, to your own collector:"""
    return f"""{model}
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://HOST:4318/v1/traces \\
  OTEL_EXPORTER_OTLP_CERTIFICATE=CA.pem {program}
(http:// works too; OTEL_EXPORTER_OTLP_HEADERS=key=value adds headers, OTEL_SERVICE_NAME names the service.)
To AgentScope Studio, where the run appears under its project:
  USPAN_STUDIO_URL=http://HOST:3000 {program}"""


def run_program(command, receiver, model):
    """The exit status of a program of the host. None if it did not run to its end."""
    print(f"program:  {' '.join(command)}\n", flush=True)
    deadline_s = OWN_MODEL_S if os.environ.get("LLM_URL") else DEADLINE_S
    try:
        return subprocess.run(command, env=environment(receiver, certs.get().ca_pem, model), timeout=deadline_s,
                              stdin=subprocess.DEVNULL).returncode
    except subprocess.TimeoutExpired:
        print(f"demo: the program was still running after {deadline_s} s and was ended; its output above shows where it stopped",
              file=sys.stderr)
    except OSError as error:
        print(f"demo: {command[0]} was not started: {error}; cure: build it first (make demo does) or correct the path",
              file=sys.stderr)
    return None


BOARD_SETTINGS = {"LLM_MODEL": "model", "LLM_API_KEY": "key"}


def run_pico(settings):
    """Run the agent in an emulated RP2040. Its network is a serial line, or with PICO_NET=usb USB."""
    print("building the image for pico (two minutes the first time)", flush=True)
    image = pico.build("pico", os.environ.get("PICO_NET", "slip"), "edge")
    print(image.words, end="")
    print(f"machine:  pico in rp2040js, network over {image.net}, {image.elf}\n", flush=True)
    return pico.run(image, settings, show=True).status


def run_board(board, receiver, model, llm):
    """Run the agent as a board's firmware in QEMU."""
    settings = {"endpoint": f"https://{qemu.LOOPBACK}:{receiver.port}/v1/traces",
                "llm": llm.url(host=qemu.LOOPBACK) if llm else model["LLM_URL"],
                **{word: model[name] for name, word in BOARD_SETTINGS.items() if name in model}}
    if board == "pico":
        return run_pico(settings)
    print(f"building the firmware of {board} (about a minute the first time)", flush=True)
    built = firmware.build(board, image="firmware_edge")
    print(f"machine:  {board} in QEMU, {built.elf}\n", flush=True)
    with TimeServer() as clock:
        return qemu.run(built, {**settings, "sntp": f"{qemu.LOOPBACK}:{clock.port}"}, show=True).status


def show(board, command, trace, llm):
    """Run a program, print what arrived, and return the differences from the expected trace. None if it could not be run."""
    wanted = sum(count for count, *_ in trace.spans.values())
    model = model_of(llm) if trace is not ACTED else {}
    with Receiver(server_context()) as receiver:
        print(f"receiver: {receiver.url()}, certificate of a throw-away CA")
        if model:
            print(f"model:    {model.get('LLM_MODEL')} at {model['LLM_URL']}{', scripted' if llm else ''}")
        status = run_board(board, receiver, model, llm) if board else run_program(command, receiver, model)
        if status is None:
            if board:
                limit_s = pico.DEADLINE_S if board == "pico" else qemu.DEADLINE_S
                print(f"\ndemo: the machine was still running after {limit_s} s and was ended; its output above shows where it "
                      "stopped; cure: fewer other programs on this machine, or report it", file=sys.stderr)
            return None
        # A batch is in the list before its response is sent. Only a program that did not wait for the response needs this time.
        receiver.wait_spans(wanted, 2 if trace.failed is not None else 0)
        summary, spans, twice = receiver.summary(), list(receiver.spans), receiver.duplicates()
        versions = sorted({connection.tls_version for connection in receiver.connections if connection.requests})
    print()
    tree.show(spans)
    refused = [text for text in summary["refused"] if not (board and text == QUESTION_FOR_DATE)]
    problems = faults(spans, twice, trace) + [f"the receiver refused a request: {text}" for text in refused]
    problems += [f"a connection to the receiver failed: {text}" for text in summary["errors"]]
    if status != 0:
        problems.insert(0, f"the program's exit status is {status}; its output above says why")
    print()
    if not problems:
        print(f"All {len(spans)} spans arrived whole, in {summary['requests']} request(s) over HTTPS"
              f"{', ' + ', '.join(versions) if board else ''}.")
    return problems


def main(command):
    is_edge, is_board = command[:1] == ["--edge"], command[:1] == ["--board"]
    board = command[1] if is_board and len(command) == 2 else None
    command = command[1:] if is_edge else command
    if not command or is_board and not board:
        print("Usage: " + __doc__.split("Usage: ")[-1], file=sys.stderr)
        return 2
    with ExitStack() as servers:
        own_model = os.environ.get("LLM_URL", "") != ""
        trace = ANY if own_model else EDGE
        llm = servers.enter_context(Llm(server_context())) if (is_edge or is_board) and not own_model else None
        try:
            problems = show(board, command, trace if is_edge or is_board else ACTED, llm)
        except (RuntimeError, ValueError, OSError) as error:
            print(f"demo: {error}", file=sys.stderr)
            return 1
    if problems is None:
        return 1
    if problems:
        print("\n".join(f"demo: {problem}" for problem in problems))
        return 1
    if not board:
        print(advice(command, is_edge))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
