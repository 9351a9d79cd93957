"""oracle_openai.py: the OpenAI Agents SDK itself, with an HTTP client that answers from a script, traced by its own spans.

Invariant: this process sends no packet except for the spans that bridge.py exports."""
import json
import sys

import httpx2
import oracle
from agents import (Agent, GuardrailFunctionOutput, InputGuardrail, ModelSettings, OpenAIChatCompletionsModel,
                    OpenAIResponsesModel, RunConfig, Runner, custom_span, function_span, function_tool, mcp_tools_span,
                    set_trace_processors, speech_group_span, speech_span, trace, transcription_span)
from bridge import Bridge
from openai import AsyncOpenAI

BASE_URL = "http://model.test:8080/v1"
GROUP = "group-oracle"


class Script(httpx2.AsyncBaseTransport):
    """Each request gets the next answer: an object, a list of stream events, or a status."""

    def __init__(self, *answers):
        self.answers = list(answers)

    async def handle_async_request(self, request):
        answer = self.answers.pop(0)
        if isinstance(answer, int):
            return httpx2.Response(answer, json={"error": {"message": "out of service"}}, request=request)
        if isinstance(answer, dict):
            return httpx2.Response(200, json=answer, request=request)
        lines = "".join(f"data: {json.dumps(event)}\n\n" for event in answer) + "data: [DONE]\n\n"
        return httpx2.Response(200, text=lines, headers={"content-type": "text/event-stream"}, request=request)


def client(*answers):
    http = httpx2.AsyncClient(transport=Script(*answers))
    return AsyncOpenAI(api_key="none", base_url=BASE_URL, max_retries=0, http_client=http)


def completion(number, used_in, used_out, content=None, calls=(), cached=0, reasoning=0):
    wanted = [{"id": call_id, "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}
              for call_id, name, arguments in calls]
    message = {"role": "assistant", "content": content} | ({"tool_calls": wanted} if wanted else {})
    return {"id": f"chatcmpl-{number}", "object": "chat.completion", "created": 1, "model": "gpt-4o-2024-08-06",
            "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls" if wanted else "stop"}],
            "usage": {"prompt_tokens": used_in, "completion_tokens": used_out, "total_tokens": used_in + used_out,
                      "prompt_tokens_details": {"cached_tokens": cached},
                      "completion_tokens_details": {"reasoning_tokens": reasoning}}}


def stream(pieces, used_in, used_out):
    head = {"id": "chatcmpl-s", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-2024-08-06"}
    for piece in pieces:
        yield head | {"choices": [{"index": 0, "delta": {"role": "assistant", "content": piece}, "finish_reason": None}]}
    yield head | {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    yield head | {"choices": [], "usage": {"prompt_tokens": used_in, "completion_tokens": used_out,
                                           "total_tokens": used_in + used_out}}


def chat_model(*answers):
    return OpenAIChatCompletionsModel("gpt-4o", client(*answers))


def config(name, turns=False, **more):
    return RunConfig(workflow_name=name, group_id=GROUP, tracing={"include_task_and_turn_spans": turns}, **more)


def gardener(model, **more):
    return Agent("gardener", instructions="You run a greenhouse.", model=model, **more)


@function_tool
def read_soil(bed: int) -> str:
    """Moisture of a bed."""
    return json.dumps({"moisture": 12})


@function_tool
def open_valve(bed: int, seconds: int) -> str:
    """Opens a valve."""
    return f"bed {bed} got {seconds} s"


@function_tool(failure_error_function=None)
def stuck_valve(bed: int) -> str:
    """Opens a valve that is stuck."""
    raise RuntimeError(f"the valve of bed {bed} did not move")


async def failing(awaited):
    try:
        await awaited
    except Exception:
        return
    sys.exit("oracle: a conversation that was to fail did not")


async def plain_chat():
    settings = ModelSettings(temperature=0.0, top_p=0.9, max_tokens=256, presence_penalty=0.5, frequency_penalty=0.25)
    model = chat_model(completion(1, 19, 12, oracle.ANSWER, cached=8, reasoning=4))
    await Runner.run(gardener(model, model_settings=settings), oracle.QUESTION,
                     run_config=config("plain", trace_metadata={"bed": 3, "crop": "fern", "wet": False, "tags": ["a", "b"]}))


async def streaming_chat():
    model = chat_model(list(stream(["Bed 3", " is dry", " and the valve is stuck."], 19, 9)))
    async for _ in Runner.run_streamed(gardener(model), oracle.QUESTION, run_config=config("streamed")).stream_events():
        pass


async def tool_loop():
    calls = [("call_1", "read_soil", {"bed": 3}), ("call_2", "open_valve", {"bed": 3, "seconds": 60})]
    model = chat_model(completion(2, 412, 37, calls=calls), completion(3, 498, 24, oracle.ANSWER))
    await Runner.run(gardener(model, tools=[read_soil, open_valve]), oracle.QUESTION, run_config=config("loop", turns=True))


async def failing_model():
    await failing(Runner.run(gardener(chat_model(503)), oracle.QUESTION, run_config=config("no model")))


async def failing_tool():
    model = chat_model(completion(4, 30, 9, calls=[("call_1", "stuck_valve", {"bed": 3})]))
    await failing(Runner.run(gardener(model, tools=[stuck_valve]), oracle.QUESTION, run_config=config("no valve")))


async def nested_agents():
    botanist = Agent("botanist", model=chat_model(completion(6, 40, 5, "It is a fern.")))
    first = gardener(chat_model(completion(5, 33, 7, calls=[("call_1", "transfer_to_botanist", {})])), handoffs=[botanist])
    await Runner.run(first, "What grows in bed 3?", run_config=config("hand-off"))


async def guardrail():
    async def no_weeds(context, agent, said):
        return GuardrailFunctionOutput(output_info=None, tripwire_triggered="weed" in said)

    async def no_shouting(context, agent, said):
        return GuardrailFunctionOutput(output_info=None, tripwire_triggered=said.isupper())

    def guarded(*functions):
        rails = [InputGuardrail(function, run_in_parallel=False) for function in functions]
        return gardener(chat_model(completion(7, 9, 3, "Fine.")), input_guardrails=rails)
    await Runner.run(guarded(no_weeds), "Water the fern.", run_config=config("allowed"))
    await failing(Runner.run(guarded(no_shouting), "WATER THE WEED", run_config=config("tripped")))


async def responses():
    answer = {"id": "resp_1", "object": "response", "created_at": 1, "model": "gpt-4o-2024-08-06", "status": "completed",
              "parallel_tool_calls": True, "tool_choice": "auto", "error": None, "incomplete_details": None,
              "tools": [{"type": "function", "name": "read_soil", "description": "Moisture of a bed.", "strict": True,
                         "parameters": {"type": "object", "properties": {"bed": {"type": "integer"}}}}],
              "output": [{"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "12 < 20"}]},
                         {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
                          "content": [{"type": "output_text", "text": oracle.ANSWER, "annotations": []}]}],
              "usage": {"input_tokens": 19, "output_tokens": 12, "total_tokens": 31,
                        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
                        "output_tokens_details": {"reasoning_tokens": 3}}}
    agent = gardener(OpenAIResponsesModel("gpt-4o", client(answer, 503)), tools=[read_soil])
    await Runner.run(agent, oracle.QUESTION, run_config=config("responses"))
    await failing(Runner.run(agent, oracle.QUESTION, run_config=config("no responses")))


async def by_hand():
    with trace("by hand", trace_id="trace_0123456789abcdef0123456789abcdef", group_id=GROUP, metadata={"user_id": "u-1"}):
        with custom_span("calibrate", {"bed": 3, "ok": True, "offsets": [1, 2.5]}):
            with mcp_tools_span(server="sensors", result=["read_soil", "look"]):
                pass
            with function_span("look", input='{"bed": 3}', output="green") as span:
                span.span_data.mcp_data = {"server": "sensors"}
        with speech_group_span("Bed 3 is dry."), speech_span(
                model="tts-1", input="Bed 3 is dry.", output="UklGRg==", output_format="wav", model_config={"voice": "alloy"}):
            pass
        with transcription_span(model="whisper-1", input="UklGRg==", input_format="wav", output=oracle.QUESTION):
            pass
        with custom_span("hidden", {}, disabled=True), custom_span("hidden too", {}):
            pass
    with trace("not traced", disabled=True), custom_span("nothing", {}):
        pass


CONVERSATIONS = {f.__name__: f for f in (plain_chat, streaming_chat, tool_loop, failing_model, failing_tool, nested_agents,
                                         guardrail, responses, by_hand)}


def main():
    made = oracle.provider(sys.argv[1])
    set_trace_processors([Bridge()])
    oracle.play(CONVERSATIONS, made)


if __name__ == "__main__":
    main()
