"""propagation.py: tests propagation between a device and a gateway that another SDK traces. In one store, the gateway's span is
a child of the device's chat span. The device decides whether both are sampled.

Invariant: both sides send to the store separately. The checks read what the store has."""
import subprocess
from pathlib import Path

from conversations import python_of, taken
from receiver import Receiver
from tools import HOST, LIMIT_S, STRICT, child, clean_environment, unequal

TREE = [("invoke_agent gardener", None), ("chat qwen-max", "invoke_agent gardener"),
        ("POST /v1/chat/completions", "chat qwen-max")]
KINDS = {"invoke_agent gardener": "INTERNAL", "chat qwen-max": "CLIENT", "POST /v1/chat/completions": "SERVER"}


def turn(url, gateway, port, sampler):
    """The traceparent that the gateway received in a turn of the device."""
    subprocess.run([HOST / "tests" / "gateway_device", str(port)], stdin=subprocess.DEVNULL, timeout=LIMIT_S, check=True,
                   env=clean_environment(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=url, OTEL_TRACES_SAMPLER=sampler))
    return gateway.stdout.readline().split()[1].split("-")


def check(tally, name, url, stored):
    """stored(count): the spans in the store at that URL, as dicts of spans.py, once there are `count`. Each has its kind if
    the store keeps kinds."""
    command = [python_of("openai"), "-B", Path(__file__).resolve().parent / "gateway.py", url]
    with child(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=clean_environment()) as gateway:
        port = int(gateway.stdout.readline().split()[1])
        _, hidden, _, unsampled = turn(url, gateway, port, "parentbased_always_off")
        _, shown, above, sampled = turn(url, gateway, port, "parentbased_always_on")
        spans = stored(len(TREE))
    names = {span["span_id"]: span["name"] for span in spans}
    tree = {(span["name"], names.get(span["parent_span_id"])) for span in spans if span["trace_id"] == shown}
    kinds = {span["name"]: span["kind"] for span in spans if "kind" in span}
    tally.check("the gateway's span is under the device's chat span", unequal("tree", tree, set(TREE))
                + unequal("flag of sampling", int(sampled, 16) & 1, 1) + unequal("its parent", names.get(above), "chat qwen-max")
                + unequal("kinds", kinds, KINDS if kinds else {}), name, "propagation")
    tally.check("a turn that is not sampled says so in its request, and is nowhere in the store",
                unequal("flag of sampling", int(unsampled, 16) & 1, 0)
                + [span["name"] for span in spans if span["trace_id"] == hidden], name, "propagation")


def run(tally):
    with Receiver() as receiver:
        check(tally, STRICT, receiver.url(), lambda _: taken(receiver, 0))
        tally.check("nothing was refused", receiver.refused, STRICT, "propagation")
