"""oracle.py: code that both oracles share: it plays conversations one at a time and exports each completely before the next.

Invariant: when "done NAME" is on standard output, all spans of that conversation are at the receiver.
The private environment's Python runs it. The receiver's URL is the first argument. A line of input starts the next
conversation."""
import asyncio
import sys

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

RUN_ID = "run-oracle"
QUESTION = "Is bed 3 dry?"
ANSWER = "Bed 3 is dry: 12 % moisture. The valve is stuck."


class Ids(RandomIdGenerator):
    given = 0  # the id of the next trace, if the SDK already has one

    def generate_trace_id(self):
        return Ids.given or super().generate_trace_id()


def provider(url):
    made = TracerProvider(resource=Resource.create({"service.name": "oracle"}), id_generator=Ids())
    made.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint=url)))
    trace.set_tracer_provider(made)
    return made


def play(conversations, made):
    """conversations: coroutine functions by name. The command line names those to play. Without names, all are played."""
    for name in sys.argv[2:] or conversations:
        asyncio.run(conversations[name]())
        if not made.force_flush():
            sys.exit(f"oracle: the spans of {name} could not be exported")
        print(f"done {name}", flush=True)
        if not sys.stdin.readline():
            return
