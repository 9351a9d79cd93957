"""oracle.py: what both oracles share: conversations played one at a time, each wholly exported before the next begins.

Invariant: when "done NAME" is on standard output, all spans of that conversation are at the receiver.
Run by the private environment's Python: the receiver's URL is the first argument, a line of input lets the next one begin."""
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
    given = 0  # the next trace's, where an SDK has one already

    def generate_trace_id(self):
        return Ids.given or super().generate_trace_id()


def provider(url):
    made = TracerProvider(resource=Resource.create({"service.name": "oracle"}), id_generator=Ids())
    made.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(endpoint=url)))
    trace.set_tracer_provider(made)
    return made


def play(conversations, made):
    """conversations: coroutine functions by name; those named on the command line, else all."""
    for name in sys.argv[2:] or conversations:
        asyncio.run(conversations[name]())
        if not made.force_flush():
            sys.exit(f"oracle: the spans of {name} could not be exported")
        print(f"done {name}", flush=True)
        if not sys.stdin.readline():
            return
