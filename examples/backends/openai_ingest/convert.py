"""convert.py: OpenTelemetry spans as the items of OpenAI's trace ingest.

Invariant: the result depends on the span alone. A field is null if the span has no attribute for it."""
import json
from datetime import datetime, timedelta, timezone

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
METADATA = "uspan.trace.metadata."
KNOWN_METADATA = {"user.id": "user_id", "session.id": "session_id", "deployment.environment.name": "environment"}
MODEL_CONFIG = ("temperature", "top_p", "top_k", "max_tokens", "presence_penalty", "frequency_penalty", "seed", "stop_sequences")
REASONING = ("reasoning", "thinking")
DEPTH_MAX = 64  # of JSON that is parsed. Deeper text stays text


def value_of(any_value):
    which = any_value.WhichOneof("value")
    held = getattr(any_value, which) if which else None
    if which == "array_value":
        return [value_of(item) for item in held.values]
    if which == "kvlist_value":
        return attributes_of(held.values)
    return held.hex() if which == "bytes_value" else held


def attributes_of(pairs):
    return {pair.key: value_of(pair.value) for pair in pairs}


def text(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def loaded(value):
    """JSON text as its value. Any other text is unchanged."""
    try:
        read = json.loads(value)
    except (TypeError, ValueError, RecursionError):
        return value
    level = [read]
    for _ in range(DEPTH_MAX):
        level = [inner for held in level if isinstance(held, (dict, list))
                 for inner in (held.values() if isinstance(held, dict) else held)]
    return value if level else read


def as_text(value):
    """A JSON string without its quotes. Any other text is unchanged."""
    read = loaded(value)
    return read if isinstance(read, str) else value


def iso(unix_ns):
    """Microseconds, as Python's isoformat() writes them."""
    return (EPOCH + timedelta(microseconds=unix_ns // 1000)).isoformat()


def trace_id(raw):
    return f"trace_{raw.hex()}"


def span_id(trace, raw):
    """24 hex digits: the first 8 of the trace, since 8 bytes are unique within a trace only, and the span's 16."""
    return f"span_{trace.hex()[:8]}{raw.hex()}" if raw else None


def objects_of(value):
    """The objects of a list, which may be JSON text."""
    read = value if isinstance(value, list) else loaded(value)
    return [item for item in read if isinstance(item, dict)] if isinstance(read, list) else []


def count_of(a, key):
    value = a.get(f"gen_ai.usage.{key}")
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def content_of(parts):
    """The content of a message of Chat Completions. Reasoning is not sent."""
    kept = [part for part in parts if part.get("type") not in (*REASONING, "tool_call", "tool_call_response")]
    if not kept:
        return None
    if len(kept) == 1 and kept[0].get("type") == "text":
        return kept[0].get("content")
    return [{"type": "text", "text": part.get("content")} if part.get("type") == "text" else part for part in kept]


def messages_of(value):
    """Messages of the conventions as messages of Chat Completions. None if there are none."""
    found = []
    for message in objects_of(value):
        parts = objects_of(message.get("parts"))
        for part in parts:
            if part.get("type") == "tool_call_response":
                response = part.get("response")
                found.append({"role": "tool", "tool_call_id": part.get("id"),
                              "content": response if isinstance(response, str) else text(response)})
        content = content_of(parts)
        calls = [{"id": part.get("id"), "type": "function",
                  "function": {"name": part.get("name"), "arguments": arguments_of(part)}}
                 for part in parts if part.get("type") == "tool_call"]
        if content is not None or calls:
            found.append({"role": message.get("role"), "content": content} | ({"tool_calls": calls} if calls else {}))
    return found or None


def arguments_of(part):
    arguments = part.get("arguments")
    return arguments if isinstance(arguments, str) else text({} if arguments is None else arguments)


def said_in(value):
    """The text of the first text part of messages."""
    for message in objects_of(value):
        for part in objects_of(message.get("parts")):
            if part.get("type") == "text":
                return part.get("content")
    return None


def usage_of(a):
    counts = {key: count_of(a, key) for key in ("input_tokens", "output_tokens")}
    if None in counts.values():
        return None
    written = count_of(a, "cache_write.input_tokens")
    cached = {"cached_tokens": count_of(a, "cache_read.input_tokens"),
              "cache_write_tokens": count_of(a, "cache_creation.input_tokens") if written is None else written}
    details = {"input_tokens_details": {key: count for key, count in cached.items() if count is not None},
               "output_tokens_details": {"reasoning_tokens": count_of(a, "reasoning.output_tokens")}}
    details = {key: inner for key, inner in details.items() if inner and None not in inner.values()}
    return counts | {"details": {"total_tokens": sum(counts.values())} | details}


def names_of(definitions):
    return [item["name"] for item in objects_of(definitions) if isinstance(item.get("name"), str)]


def agent(a, span):
    return {"type": "agent", "name": a.get("gen_ai.agent.name", span.name), "handoffs": a.get("uspan.agent.handoffs"),
            "tools": names_of(a.get("gen_ai.tool.definitions")) or None,
            "output_type": a.get("uspan.agent.output_type", a.get("gen_ai.output.type"))}


def generation(a, span):
    if a.get("openai.api.type") == "responses" and a.get("gen_ai.response.id"):
        return {"type": "response", "response_id": a["gen_ai.response.id"]}
    config = {key: a[f"gen_ai.request.{key}"] for key in MODEL_CONFIG if f"gen_ai.request.{key}" in a}
    config |= {key.replace(".", "_"): a[key] for key in ("server.address", "server.port") if key in a}
    instructions = "".join(str(part.get("content", "")) for part in objects_of(a.get("gen_ai.system_instructions"))
                           if part.get("type") == "text")
    said = messages_of(a.get("gen_ai.input.messages")) or []
    if instructions:
        said = [{"role": "system", "content": instructions}, *said]
    return {"type": "generation", "input": said or None, "output": messages_of(a.get("gen_ai.output.messages")),
            "model": a.get("gen_ai.request.model", a.get("gen_ai.response.model")), "model_config": config or None,
            "usage": usage_of(a)}


def function(a, span):
    server = a.get("uspan.mcp.server")
    return {"type": "function", "name": a.get("gen_ai.tool.name", span.name), "input": a.get("gen_ai.tool.call.arguments"),
            "output": as_text(a.get("gen_ai.tool.call.result")), "mcp_data": {"server": server} if server else None}


def handoff(a, span):
    return {"type": "handoff", "from_agent": a.get("gen_ai.handoff.from_agent"), "to_agent": a.get("gen_ai.handoff.to_agent")}


def guardrail(a, span):
    return {"type": "guardrail", "name": a.get("gen_ai.guardrail.name", span.name),
            "triggered": a.get("gen_ai.guardrail.triggered", False)}


def mcp_tools(a, span):
    return {"type": "mcp_tools", "server": a.get("uspan.mcp.server", a.get("server.address")),
            "result": names_of(a.get("gen_ai.tool.definitions"))}


def transcription(a, span):
    return {"type": "transcription", "input": {"data": "", "format": a.get("gen_ai.audio.input.format")},
            "output": said_in(a.get("gen_ai.output.messages")), "model": a.get("gen_ai.request.model"), "model_config": None}


def speech(a, span):
    voice, first = a.get("gen_ai.speech.voice"), a.get("gen_ai.response.time_to_first_chunk")
    return {"type": "speech", "input": said_in(a.get("gen_ai.input.messages")),
            "output": {"data": "", "format": a.get("gen_ai.audio.output.format")}, "model": a.get("gen_ai.request.model"),
            "model_config": {"voice": voice} if voice else None,
            "first_content_at": iso(span.start_time_unix_nano + int(first * 1e9)) if in_a_day(first) else None}


def in_a_day(seconds):
    return isinstance(seconds, float) and 0 <= seconds < 86400


def speech_group(a, span):
    return {"type": "speech_group", "input": as_text(a.get("agentscope.function.input"))}


def custom(a, span):
    """A function's input if it is an object. Else all attributes: no type of the ingest has them."""
    given = loaded(a.get("agentscope.function.input"))
    name = a.get("agentscope.function.name")
    if name is None or not isinstance(given, dict):
        return {"type": "custom", "name": name or span.name, "data": {key: loaded(value) for key, value in a.items()}}
    answered = {"output": loaded(a["agentscope.function.output"])} if "agentscope.function.output" in a else {}
    return {"type": "custom", "name": name, "data": given | answered}


MAKERS = {"invoke_agent": agent, "create_agent": agent, "chat": generation, "text_completion": generation,
          "generate_content": generation, "execute_tool": function, "agent_handoff": handoff, "guardrail_check": guardrail,
          "list_tools": mcp_tools, "transcription": transcription, "speech_generation": speech, "speech_group": speech_group}


def maker_of(a):
    if a.get("mcp.method.name") == "tools/list":
        return mcp_tools
    return MAKERS.get(a.get("gen_ai.operation.name"), custom)


def is_workflow(a):
    return a.get("gen_ai.operation.name") == "invoke_workflow"


def metadata_of(a):
    found = {key.removeprefix(METADATA): loaded(value) for key, value in a.items() if key.startswith(METADATA)}
    found |= {name: a[key] for key, name in KNOWN_METADATA.items() if key in a}
    return found or None


def trace_item(span, a, service):
    """The trace, from its root. Without one, from a span of it."""
    root = not span.parent_span_id
    names = (a.get("gen_ai.workflow.name"), a.get("gen_ai.agent.name"), span.name if root else service)
    return {"object": "trace", "id": trace_id(span.trace_id),
            "workflow_name": next((name for name in names if name and isinstance(name, str)), "unnamed"),
            "group_id": a.get("gen_ai.conversation.id"), "metadata": metadata_of(a) if root else None}


def error_of(span):
    """Message and data of a failure, the data from the exception's event."""
    if span.status.code != 2:
        return None
    about = {}
    for event in span.events:
        if event.name == "exception":
            about = attributes_of(event.attributes)
    data = loaded(about.get("uspan.error.data"))
    return {"message": span.status.message or about.get("exception.message") or "error",
            "data": data if isinstance(data, dict) else None}


def span_item(span, a, workflow=b""):
    """workflow: id of the span that became the trace item. Its children are at the top of the trace."""
    parent = b"" if len(span.parent_span_id) != 8 or span.parent_span_id == workflow else span.parent_span_id
    return {"object": "trace.span", "id": span_id(span.trace_id, span.span_id), "trace_id": trace_id(span.trace_id),
            "parent_id": span_id(span.trace_id, parent), "started_at": iso(span.start_time_unix_nano),
            "ended_at": iso(span.end_time_unix_nano), "span_data": maker_of(a)(a, span), "error": error_of(span)}
