"""propagation.py: across the wire: the span of a gateway that another SDK traces hangs under the device's chat span in one
store, sampled or not as the device decided.

Invariant: the store is the Collector's file; both sides wrote to it on their own."""
import subprocess
from pathlib import Path

from collector import NAME, Collector
from conversations import PYTHON
from phoenix import unequal
from tools import HOST, LIMIT_S, child, clean_environment

TREE = [("invoke_agent gardener", "INTERNAL", None), ("chat qwen-max", "CLIENT", "invoke_agent gardener"),
        ("POST /v1/chat/completions", "SERVER", "chat qwen-max")]


def turn(collector, gateway, port, sampler):
    """The traceparent that the gateway had of a turn of the device."""
    subprocess.run([HOST / "tests" / "gateway_device", str(port)], stdin=subprocess.DEVNULL, timeout=LIMIT_S, check=True,
                   env=clean_environment(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=collector.url(), OTEL_TRACES_SAMPLER=sampler))
    return gateway.stdout.readline().split()[1].split("-")


def run(tally):
    command = [PYTHON, "-B", Path(__file__).resolve().parent / "gateway.py"]
    with Collector().started() as collector, child(
            command + [collector.url()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=clean_environment()) as gateway:
        port = int(gateway.stdout.readline().split()[1])
        _, hidden, _, flags = turn(collector, gateway, port, "parentbased_always_off")
        tally.check("a turn that is not sampled says so in its request", unequal("flags", int(flags, 16) & 1, 0))
        _, shown, above, flags = turn(collector, gateway, port, "parentbased_always_on")
        spans = sorted(collector.spans(3), key=lambda span: span["start_ns"])
        names = {span["span_id"]: span["name"] for span in spans}
        tree = [(span["name"], span["kind"], names.get(span["parent_span_id"])) for span in spans]
        tally.check("the gateway's span is under the device's chat span", unequal("tree", tree, TREE)
                    + unequal("flags", int(flags, 16) & 1, 1) + unequal("its parent", names.get(above), "chat qwen-max")
                    + unequal("traces", {span["trace_id"] for span in spans}, {shown}), NAME, "propagation")
        tally.check("the turn that is not sampled is nowhere in the store",
                    [span["name"] for span in collector.stored() if span["trace_id"] == hidden])
