/* utilgenai_oracle.c: the conversations of oracle_utilgenai.py, recorded by uspan. Each call of
 * OpenTelemetry's helper there is a typed span here, by the conventions as merged today.
 * uspan-config: USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=65536 USPAN_VALUE_MAX=16384 USPAN_TOOL_DEFINITIONS=1
 * uspan-config: USPAN_SEMCONV=1000 */
#include "play.h"

#define TEXT(...) {"type": "text", "content": __VA_ARGS__}
#define USER {"role": "user", "parts": [TEXT("Is bed 3 dry?")]}
#define SAID(reason, ...) {"role": "assistant", "parts": [__VA_ARGS__], "finish_reason": reason}
#define DRY JSON([SAID("stop", TEXT("Dry."))])
#define REASONS(...) (const char *const[]){ __VA_ARGS__, NULL }

static void plain_chat(void)
{
    uspan_t s = uspan_chat_begin_with(t, USPAN_ROOT, &(uspan_chat_t){
        .provider = USPAN_PROVIDER_MOONSHOT, .model = "kimi-k2", .server_address = "ai.example", .server_port = 443,
        .conversation_id = "run-oracle", .temperature = USPAN_OPT(0.0), .top_p = USPAN_OPT(0.9), .top_k = USPAN_OPT(40),
        .max_tokens = USPAN_OPT(256), .seed = USPAN_OPT(7), .presence_penalty = USPAN_OPT(0.5),
        .frequency_penalty = USPAN_OPT(0.25), .stop_sequences = REASONS("END", "STOP"), .choice_count = USPAN_OPT(2),
        .output_type = USPAN_OUTPUT_JSON, .reasoning_level = "high", .previous_response_id = "resp_0",
        .prompt_name = "water", .prompt_version = "2", .system_instructions = JSON([TEXT("You run a greenhouse.")]),
        .input_messages = JSON([USER]),
        .tool_definitions = JSON([{"type": "function", "name": "read_soil", "description": "Moisture of a bed.",
                                   "parameters": {"type": "object"}}]) });
    uspan_chat_end(t, s, &(uspan_chat_result_t){
        .response_id = "resp_1", .response_model = "kimi-k2-2026", .finish_reasons = REASONS("stop", "length"),
        .usage = { .input = 19, .output = 12, .reasoning = 4, .cache_read = 8, .cache_creation = 3 },
        .input_of = { .text = 10, .image = 6, .audio = 3 }, .output_of = { .text = 12 }, .compacted = true,
        .output_messages = JSON([SAID("stop", {"type": "reasoning", "content": "12 < 20"}, TEXT(ANSWER)),
                                 SAID("length", TEXT("Dry."))]) });
}

static void failing_chat(void)
{
    uspan_t s = uspan_chat_begin(t, USPAN_ROOT, "openai", "gpt-5");
    uspan_chat_end(t, s, &(uspan_chat_result_t){ .error_type = "TimeoutError", .error_message = "the model fell silent" });
}

static void agents_and_tools(void)
{
    uspan_t run = uspan_workflow_begin_with(t, USPAN_ROOT, &(uspan_workflow_t){
        .name = "watering", .conversation_id = "run-oracle", .input_messages = JSON([USER]) });
    uspan_t agent = uspan_agent_begin_with(t, run, &(uspan_agent_t){ .name = "gardener", .model = "gpt-5" });
    uspan_t tool = uspan_tool_begin_with(t, agent, &(uspan_tool_t){
        .name = "read_soil", .call_id = "call_1", .description = "Moisture of a bed.", .arguments = JSON({"bed": 3}) });
    uspan_tool_end(t, tool, &(uspan_tool_result_t){ .result = JSON({"moisture": 12}) });
    uspan_t chat = uspan_chat_begin_with(t, agent, &(uspan_chat_t){
        .provider = "openai", .model = "gpt-5",
        .input_messages = JSON([USER,
            {"role": "assistant", "parts": [{"type": "tool_call", "id": "call_1", "name": "read_soil", "arguments": {"bed": 3}}]},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "response": {"moisture": 12}}]}]) });
    uspan_chat_end(t, chat, &(uspan_chat_result_t){ .finish_reason = "stop", .output_messages = DRY });
    uspan_agent_end(t, agent, NULL);
    uspan_workflow_end(t, run, &(uspan_workflow_result_t){ .output_messages = DRY });
    const uspan_attr_t server[] = { USPAN_ATTR_STATIC(&uspan_key_server_address, "ai.example"),
                                    USPAN_ATTR_INT(&uspan_key_server_port, 443), { .key = NULL } };
    agent = uspan_agent_begin_with(t, USPAN_ROOT, &(uspan_agent_t){
        .name = "botanist", .kind = USPAN_KIND_CLIENT, .provider = "openai", .attrs = server });
    uspan_agent_end(t, agent, NULL);
}

static void embeddings_and_retrieval(void)
{
    uspan_t s = uspan_embeddings_begin_with(t, USPAN_ROOT, &(uspan_embeddings_t){
        .provider = "openai", .model = "text-embedding-3-small", .dimensions = USPAN_OPT(256),
        .encoding_formats = REASONS("float") });
    uspan_embeddings_end(t, s, &(uspan_embeddings_result_t){ .response_model = "te-3", .input_tokens = USPAN_OPT(5) });
    s = uspan_retrieval_begin_with(t, USPAN_ROOT, &(uspan_retrieval_t){
        .data_source_id = "manuals", .provider = "openai", .model = "m", .top_k = USPAN_OPT(2), .query = "fern, dry" });
    uspan_retrieval_end(t, s, &(uspan_retrieval_result_t){ .documents = JSON([{"id": "fern.md", "score": 0.91}]) });
}

static void a_response_that_is_fetched(void)
{
    uspan_t s = uspan_fetch_response_begin_with(t, USPAN_ROOT, &(uspan_fetch_response_t){
        .provider = "openai", .response_id = "resp_9", .stream_cursor = "17", .server_address = "ai.example",
        .server_port = 443 });
    uspan_fetch_response_end(t, s, &(uspan_fetch_response_result_t){
        .status = USPAN_RESPONSE_COMPLETED, .response_model = "gpt-5-2026", .finish_reasons = REASONS("stop"),
        .output_messages = DRY });
}

static const conversation_t conversations[] = {
    { "plain_chat", plain_chat },
    { "failing_chat", failing_chat },
    { "agents_and_tools", agents_and_tools },
    { "embeddings_and_retrieval", embeddings_and_retrieval },
    { "a_response_that_is_fetched", a_response_that_is_fetched },
};

int main(int argc, char **argv)
{
    return play(argc, argv, conversations, sizeof conversations / sizeof conversations[0]);
}
