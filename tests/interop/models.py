"""models.py: compares wire readers with the vendors' own Python clients on the same bytes of a mock by other authors (LLMock).
The APIs are OpenAI's chat completions and responses and Anthropic's messages. Calls are plain and streamed, with tools, refused
and broken off.

Invariant: a call passes only if its span equals what the client reported, or failed if the client failed."""
import json
import subprocess
import sys
from pathlib import Path

from conversations import taken
from receiver import Receiver
from tools import HOST, LIMIT_S, OUT, child, clean_environment

PYTHON = OUT / "models" / "bin" / "python"
FOLDER = OUT / "model_calls"
HERE = Path(__file__).resolve().parent
USAGE = ("gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens", "gen_ai.usage.cache_read.input_tokens",
         "gen_ai.usage.reasoning.output_tokens")
GOOD = 19  # calls that must succeed: text, tool and result in three APIs, plain and streamed, and embeddings


def as_json(value):
    return json.loads(value) if isinstance(value, str) else value


def json_or(text):
    """A text as its JSON value, which is how a tool's result is kept. A text that is not JSON is unchanged."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def leaves(value):
    """Each text in a value, and each value as JSON."""
    yield json.dumps(value)
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from leaves(inner)


def parts_of(messages, kind):
    return [part for message in json.loads(messages or "[]") for part in message["parts"] if part["type"] == kind]


def expected(call, reported, request):
    """{field: expected value}, from the request and what the client reported."""
    wanted = {"request.model": request["model"]}
    if "temperature" in request:
        wanted["request.temperature"] = request["temperature"]
    for key in ("max_tokens", "max_output_tokens"):
        if key in request:
            wanted["request.max_tokens"] = request[key]
    if request.get("stream"):
        wanted["request.stream"] = True
    if reported.get("failed"):
        if reported["status"]:
            wanted |= {"error.type": str(reported["status"]), "message": reported["message"]}
        return wanted
    wanted |= {"response.model": reported["model"]}
    wanted |= {key: number for key, number in zip(USAGE, reported["usage"])}
    if "id" in reported:
        wanted |= {"response.id": reported["id"], "finish": reported["finish"], "text": reported["text"] or "",
                   "calls": [(call["id"], call["name"], as_json(call["arguments"])) for call in reported["calls"]]}
    return wanted


def said(span, wanted):
    """{field: the span's value} for the same fields."""
    attributes = span["attributes"]
    output = attributes.get("gen_ai.output.messages")
    found = {"message": span["status"].get("message", ""), "error.type": attributes.get("error.type"),
             "finish": attributes.get("gen_ai.response.finish_reasons", []),
             "text": "".join(part["content"] for part in parts_of(output, "text")),
             "calls": [(part["id"], part["name"], as_json(part["arguments"])) for part in parts_of(output, "tool_call")]}
    found |= {key: attributes.get(key, 0) for key in USAGE}  # a count of 0 is left out
    return {key: found[key] if key in found else attributes.get(f"gen_ai.{key}") for key in wanted}


def input_faults(request, attributes):
    """Checks that each text, call id and tool name of the request is in the span."""
    if isinstance(request.get("input"), str):
        return []  # of embeddings, which the conventions do not record
    held = [json.loads(attributes.get(f"gen_ai.{key}", "[]"))
            for key in ("system_instructions", "input.messages", "tool.definitions")]
    spoken = set(leaves(held))
    words = [request.get("instructions") or request.get("system")]
    for message in request.get("messages") or request["input"]:
        words += [message.get(key) for key in ("content", "output", "call_id", "tool_call_id")]
    words += [tool.get("name") or tool["function"]["name"] for tool in request.get("tools", [])]
    return [f"{word!r} of the request is not in the span" for word in words
            if isinstance(word, str) and word not in spoken and json.dumps(json_or(word)) not in spoken]


def faults_of(call, span):
    reported, request = call["reported"], json.loads(call["request"])
    wanted = expected(call, reported, request)
    there = said(span, wanted)
    if call["call"].endswith(("-cut", "-reset")):  # broken off: the part that arrived stays, and the span is an error
        wanted.pop("finish", None), there.pop("finish", None)
        wanted["failed"], there["failed"] = "ERROR", span["status"]["code"]
    elif not reported.get("failed"):
        wanted["failed"], there["failed"] = "OK", span["status"]["code"]
    return [f"{key}: the client has {wanted[key]!r}, the span {there[key]!r}" for key in wanted if wanted[key] != there[key]]


def run(tally):
    FOLDER.mkdir(parents=True, exist_ok=True)
    calls, port, arguments = [], 0, []
    with Receiver() as receiver, open(OUT / "model_clients.log", "w", encoding="utf-8") as log, child(
            [PYTHON, "-B", HERE / "model_clients.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
            env=clean_environment()) as clients:
        for line in clients.stdout:
            if line.startswith("port "):
                port = int(line.split()[1])
                break
            calls.append(json.loads(line))
            request = FOLDER / f"{calls[-1]['call']}.json"
            request.write_text(calls[-1]["request"], encoding="utf-8")
            arguments += [f"/again/{calls[-1]['call']}{calls[-1]['path']}", request]
        done = subprocess.run([HOST / "tests" / "model_device", str(port), *arguments], stdin=subprocess.DEVNULL, timeout=LIMIT_S,
                              capture_output=True, text=True,
                              env=clean_environment(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=receiver.url()))
        spans = sorted(taken(receiver, 0), key=lambda span: span["start_ns"])
    answered = sum(not call["reported"].get("failed") for call in calls)
    tally.check(f"{len(calls)} calls by the vendors' clients, {answered} answered, and as many spans",
                [f"{len(spans)} spans, exit status {done.returncode} {done.stderr}"]
                * (len(spans) != len(calls) or done.returncode != 0)
                + [f"only {answered} of {len(calls)} calls were answered"] * (answered < GOOD))
    for call, span in zip(calls, spans):
        tally.check(call["call"], faults_of(call, span) + input_faults(json.loads(call["request"]), span["attributes"]))
    (FOLDER / "spans.json").write_text(json.dumps(spans, indent=1, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    sys.exit("models.py is a part of run.py")
