"""oracle_utilgenai.py: OpenTelemetry's own helper for GenAI instrumentations. Its spans follow the conventions as merged today.

Invariant: this program writes no span attribute. Everything that arrives is opentelemetry-util-genai 1.3b0's record of the
calls."""
import os
import sys

os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "SPAN_ONLY"
import oracle  # noqa: E402
from opentelemetry.util.genai.handler import TelemetryHandler  # noqa: E402
from opentelemetry.util.genai.types import (FunctionToolDefinition, InputMessage, Modality, OutputMessage,  # noqa: E402
                                            ReasoningPart, RetrievalDocument, TextPart, ToolCallRequestPart,
                                            ToolCallResponsePart)

handler = None


def user():
    return InputMessage(role="user", parts=[TextPart(content=oracle.QUESTION)])


def answer(*parts, reason="stop"):
    return OutputMessage(role="assistant", parts=list(parts), finish_reason=reason)


async def plain_chat():
    call = handler.inference("moonshot_ai", request_model="kimi-k2", server_address="ai.example", server_port=443,
                             conversation_id="run-oracle")
    call.temperature, call.top_p, call.top_k, call.max_tokens, call.seed = 0.0, 0.9, 40, 256, 7
    call.presence_penalty, call.frequency_penalty, call.stop_sequences = 0.5, 0.25, ["END", "STOP"]
    call.request_choice_count, call.output_type = 2, "json"
    call.reasoning_level, call.previous_response_id = "high", "resp_0"
    call.prompt_name, call.prompt_version = "water", "2"
    call.system_instruction = [TextPart(content="You run a greenhouse.")]
    call.input_messages = [user()]
    call.tool_definitions = [FunctionToolDefinition(name="read_soil", description="Moisture of a bed.",
                                                    parameters={"type": "object"})]
    call.output_messages = [answer(ReasoningPart(content="12 < 20"), TextPart(content=oracle.ANSWER)),
                            answer(TextPart(content="Dry."), reason="length")]
    call.finish_reasons = ["stop", "length"]
    call.response_id, call.response_model_name = "resp_1", "kimi-k2-2026"
    call.input_tokens, call.output_tokens, call.thinking_tokens = 19, 12, 4
    call.cache_read_input_tokens, call.cache_write_input_tokens = 8, 3
    call.set_input_tokens([(Modality.TEXT, 10), (Modality.IMAGE, 6), (Modality.AUDIO, 3)])
    call.set_output_tokens([(Modality.TEXT, 12)])
    call.conversation_compacted = True
    call.stop()


async def failing_chat():
    call = handler.inference("openai", request_model="gpt-5")
    call.fail(TimeoutError("the model fell silent"))


async def agents_and_tools():
    with handler.workflow("watering", conversation_id="run-oracle") as run:
        run.input_messages = [user()]
        with handler.invoke_local_agent(agent_name="gardener", request_model="gpt-5"):
            tool = handler.tool("read_soil", tool_type="function", agent_name="gardener")
            tool.tool_call_id, tool.tool_description = "call_1", "Moisture of a bed."
            tool.arguments, tool.tool_result = {"bed": 3}, {"moisture": 12}
            tool.stop()
            call = handler.inference("openai", request_model="gpt-5")
            call.input_messages = [user(), InputMessage(role="assistant", parts=[
                ToolCallRequestPart(id="call_1", name="read_soil", arguments={"bed": 3})]), InputMessage(role="tool", parts=[
                    ToolCallResponsePart(id="call_1", response={"moisture": 12})])]
            call.output_messages = [answer(TextPart(content="Dry."))]
            call.stop()
        run.output_messages = [answer(TextPart(content="Dry."))]
    with handler.invoke_remote_agent("openai", agent_name="botanist", server_address="ai.example", server_port=443):
        pass


async def embeddings_and_retrieval():
    call = handler.embedding("openai", request_model="text-embedding-3-small")
    call.dimension_count, call.encoding_formats, call.input_tokens, call.response_model_name = 256, ["float"], 5, "te-3"
    call.stop()
    call = handler.retrieval(data_source_id="manuals", provider="openai", request_model="m")
    call.top_k, call.query_text = 2, "fern, dry"
    call.documents = [RetrievalDocument(id="fern.md", score=0.91)]
    call.stop()


async def a_response_that_is_fetched():
    call = handler.fetch_response("openai", response_id="resp_9", server_address="ai.example", server_port=443)
    call.response_status, call.stream_cursor, call.response_model_name = "completed", "17", "gpt-5-2026"
    call.output_messages, call.finish_reasons = [answer(TextPart(content="Dry."))], ["stop"]
    call.stop()


def main():
    global handler
    made = oracle.provider(sys.argv[1])
    handler = TelemetryHandler()
    oracle.play({f.__name__: f for f in (plain_chat, failing_chat, agents_and_tools, embeddings_and_retrieval,
                                         a_response_that_is_fetched)}, made)


if __name__ == "__main__":
    main()
