"""bridge.py: converts the OpenAI Agents SDK's spans to OpenTelemetry spans, as the SDK has no OTLP exporter of its own.

Invariant: an attribute is there only if the SDK's span has the field that it comes from. Names, kinds and keys are those of the
project's table "OpenAI Agents SDK types". Nothing is taken from the C library."""
import json
import re
from urllib.parse import urlsplit

import oracle
from agents.tracing import TracingProcessor
from opentelemetry import trace as otel
from opentelemetry.trace import SpanKind, StatusCode

NAMED = {"temperature": float, "top_p": float, "top_k": int, "max_tokens": int, "presence_penalty": float,
         "frequency_penalty": float, "seed": int}


def text(value):
    return json.dumps(value, ensure_ascii=False)


def loaded(value):
    """JSON text as its value. Any other text is unchanged."""
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        return value


def content_parts(content):
    if content is None:
        return []
    if isinstance(content, str):
        return [{"type": "text", "content": content}]
    return [{"type": "text", "content": item["text"]} if "text" in item else item for item in content]


def message_of(item):
    """A message of Chat Completions, or an item of Responses, as a message with parts."""
    kind = item.get("type")
    if kind == "function_call":
        return {"role": "assistant", "parts": [{"type": "tool_call", "id": item["call_id"], "name": item["name"],
                                                "arguments": loaded(item["arguments"])}]}
    if kind == "function_call_output":
        return {"role": "tool", "parts": [{"type": "tool_call_response", "id": item["call_id"],
                                           "response": loaded(item["output"])}]}
    if kind == "reasoning":
        return {"role": "assistant", "parts": [{"type": "reasoning", "content": part["text"]} for part in item["summary"]]}
    if item["role"] == "tool":
        return {"role": "tool", "parts": [{"type": "tool_call_response", "id": item["tool_call_id"],
                                           "response": loaded(item["content"])}]}
    calls = [{"type": "tool_call", "id": call["id"], "name": call["function"]["name"],
              "arguments": loaded(call["function"]["arguments"])} for call in item.get("tool_calls") or []]
    return {"role": item["role"], "parts": content_parts(item.get("content")) + calls}


def output_of(items):
    """One message. Several items of Responses can belong to one choice."""
    parts = [part for item in items for part in message_of(item)["parts"]]
    reason = "tool_call" if any(part["type"] == "tool_call" for part in parts) else "stop"
    return text([{"role": "assistant", "parts": parts, "finish_reason": reason}])


def usage_of(usage):
    usage = usage or {}
    found = {"input_tokens": usage.get("input_tokens"), "output_tokens": usage.get("output_tokens"),
             "cache_read.input_tokens": (usage.get("input_tokens_details") or {}).get("cached_tokens") or None,
             "reasoning.output_tokens": (usage.get("output_tokens_details") or {}).get("reasoning_tokens") or None}
    return {f"gen_ai.usage.{key}": value for key, value in found.items()}


def generation(data):
    config = data.model_config or {}
    parts = urlsplit(config.get("base_url") or "")
    attributes = {f"gen_ai.request.{key}": kind(config[key]) for key, kind in NAMED.items() if config.get(key) is not None}
    attributes |= {"gen_ai.request.model": data.model, "server.address": parts.hostname, "server.port": parts.port}
    if data.input:
        attributes["gen_ai.input.messages"] = text([message_of(item) for item in data.input])
    if data.output and "object" not in data.output[0]:
        attributes["gen_ai.output.messages"] = output_of(data.output)
    elif data.output:  # of a streamed answer the SDK keeps a response object
        attributes["gen_ai.output.messages"] = output_of(data.output[0]["output"])
    return f"chat {data.model}", "chat", attributes | usage_of(data.usage)


def response(data):
    if data.response is None:
        return "chat", "chat", {"openai.api.type": "responses"}
    got = data.response.model_dump()
    said = [{"role": "user", "content": data.input}] if isinstance(data.input, str) else data.input
    attributes = {
        "gen_ai.response.id": got["id"], "gen_ai.response.model": got["model"], "openai.api.type": "responses",
        "gen_ai.request.model": got["model"], "gen_ai.input.messages": text([message_of(item) for item in said]),
        "gen_ai.output.messages": output_of(got["output"])}
    if got["tools"]:
        attributes["gen_ai.tool.definitions"] = text([{key: tool[key] for key in ("type", "name", "description", "parameters")
                                                       if tool.get(key) is not None} for tool in got["tools"]])
    return f"chat {got['model']}", "chat", attributes | usage_of(data.usage)


def agent(data):
    return f"invoke_agent {data.name}", "invoke_agent", {
        "gen_ai.agent.name": data.name, "uspan.agent.handoffs": data.handoffs or None,
        "uspan.agent.output_type": data.output_type,
        "gen_ai.output.type": data.output_type and ("text" if data.output_type == "str" else "json"),
        "gen_ai.tool.definitions": text([{"type": "function", "name": name} for name in data.tools]) if data.tools else None}


def function(data):
    return f"execute_tool {data.name}", "execute_tool", {
        "gen_ai.tool.name": data.name, "gen_ai.tool.type": "function", "gen_ai.tool.call.arguments": data.input,
        "gen_ai.tool.call.result": None if data.output is None else text(loaded(str(data.output))),
        "uspan.mcp.server": (data.mcp_data or {}).get("server")}


def guardrail(data):
    return f"guardrail_check {data.name}", "guardrail_check", {
        "gen_ai.guardrail.name": data.name, "gen_ai.guardrail.triggered": data.triggered}


def handoff(data):
    return f"agent_handoff {data.to_agent}", "agent_handoff", {
        "gen_ai.handoff.from_agent": data.from_agent, "gen_ai.handoff.to_agent": data.to_agent,
        "gen_ai.agent.name": data.from_agent}


def mcp_tools(data):
    return "tools/list", "list_tools", {
        "mcp.method.name": "tools/list", "uspan.mcp.server": data.server,
        "gen_ai.tool.definitions": text([{"type": "function", "name": name} for name in data.result or []])}


def custom(data):
    shown = data.export()
    return f"invoke_generic_function {shown['name']}", "invoke_generic_function", {
        "agentscope.function.name": shown["name"], "agentscope.function.input": text(shown["data"])}


def transcription(data):
    return f"transcription {data.model}", "transcription", {
        "gen_ai.request.model": data.model, "gen_ai.output.type": "text", "gen_ai.audio.input.format": data.input_format,
        "gen_ai.output.messages": data.output and output_of([{"role": "assistant", "content": data.output}])}


def speech(data):
    return f"speech_generation {data.model}", "speech_generation", {
        "gen_ai.request.model": data.model, "gen_ai.output.type": "speech", "gen_ai.audio.output.format": data.output_format,
        "gen_ai.speech.voice": (data.model_config or {}).get("voice"),
        "gen_ai.input.messages": data.input and text([{"role": "user", "parts": content_parts(data.input)}])}


def speech_group(data):
    return "speech_group", "speech_group", {"agentscope.function.input": text(data.input)}


MAKERS = {"generation": generation, "response": response, "agent": agent, "function": function, "guardrail": guardrail,
          "handoff": handoff, "mcp_tools": mcp_tools, "custom": custom, "task": custom, "turn": custom,
          "transcription": transcription, "speech": speech, "speech_group": speech_group}
KNOWN = {"user_id": "user.id", "session_id": "session.id", "environment": "deployment.environment.name"}  # metadata
CLIENT = ("generation", "response", "mcp_tools", "transcription", "speech")


class Bridge(TracingProcessor):
    def __init__(self):
        self.tracer, self.open, self.group = otel.get_tracer("openai.agents"), {}, {}

    def on_trace_start(self, trace):
        given = re.fullmatch("trace_([0-9a-f]{32})", trace.trace_id)
        oracle.Ids.given = int(given[1], 16) if given else 0
        span = self.tracer.start_span(f"invoke_workflow {trace.name}", context=otel.set_span_in_context(otel.INVALID_SPAN))
        self.open[trace.trace_id], self.group[trace.trace_id] = span, trace.group_id
        self.set(span, trace.trace_id, "invoke_workflow", {"gen_ai.workflow.name": trace.name})
        for key, value in (trace.metadata or {}).items():
            scalar = isinstance(value, (str, bool, int, float))
            span.set_attribute(KNOWN.get(key, f"uspan.trace.metadata.{key}"), value if scalar else text(value))

    def on_trace_end(self, trace):
        self.open.pop(trace.trace_id).end()

    def on_span_start(self, span):
        above = self.open[span.parent_id or span.trace_id]
        kind = SpanKind.CLIENT if span.span_data.type in CLIENT else SpanKind.INTERNAL
        self.open[span.span_id] = self.tracer.start_span("open", context=otel.set_span_in_context(above), kind=kind)

    def on_span_end(self, span):
        made = self.open.pop(span.span_id)
        name, operation, attributes = MAKERS[span.span_data.type](span.span_data)
        made.update_name(name)
        self.set(made, span.trace_id, operation, attributes)
        if span.error:
            made.set_status(StatusCode.ERROR, span.error["message"])
            made.add_event("exception", {"exception.message": span.error["message"],
                                         "uspan.error.data": text(span.error["data"])})
        made.end()

    def set(self, span, trace_id, operation, attributes):
        group = self.group[trace_id]
        for key, value in {"gen_ai.operation.name": operation, "gen_ai.conversation.id": group, **attributes}.items():
            if value is not None:
                span.set_attribute(key, value)

    def shutdown(self):
        pass

    def force_flush(self):
        pass
