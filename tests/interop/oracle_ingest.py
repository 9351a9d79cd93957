"""oracle_ingest.py: the conversations of oracle_openai.py, sent by the Agents SDK's own exporter to a local ingest.

Invariant: the exporter treats the given URL as OpenAI's, so it keeps OpenAI's limits. If the second argument is "limits", it
sends nothing. It then prints its result for each item on standard input, a line of JSON each."""
import json
import sys

import oracle
from agents import set_trace_processors
from agents.tracing.processors import BackendSpanExporter, BatchTraceProcessor
from oracle_openai import CONVERSATIONS


class Flushed:
    """The interface that oracle.play() needs of a provider."""

    def __init__(self, processor):
        self.processor = processor

    def force_flush(self):
        self.processor.force_flush()
        return True


def main():
    url = sys.argv.pop(1)
    exporter = BackendSpanExporter(endpoint=url)
    exporter._OPENAI_TRACING_INGEST_ENDPOINT = url
    if sys.argv[1:] == ["limits"]:
        for line in sys.stdin:
            print(json.dumps(exporter._sanitize_for_openai_tracing_api(json.loads(line))))
        return
    processor = BatchTraceProcessor(exporter, schedule_delay=3600)
    set_trace_processors([processor])
    oracle.play(CONVERSATIONS, Flushed(processor))


if __name__ == "__main__":
    main()
