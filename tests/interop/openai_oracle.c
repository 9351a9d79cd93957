/* openai_oracle.c: the conversations of oracle_openai.py, recorded by uspan. Each span of the OpenAI Agents
 * SDK is a typed span here, with the values of the SDK's span.
 * uspan-config: USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=65536 USPAN_VALUE_MAX=16384 USPAN_TOOL_DEFINITIONS=1 */
#include "play.h"

#define SYSTEM {"role": "system", "parts": [{"type": "text", "content": "You run a greenhouse."}]}
#define SAID(role_, ...) {"role": role_, "parts": [{"type": "text", "content": __VA_ARGS__}]}
#define USER SAID("user", "Is bed 3 dry?")
#define ANSWERED(...) JSON([{"role": "assistant", "parts": [__VA_ARGS__], "finish_reason": "stop"}])
#define WANTED(...) JSON([{"role": "assistant", "parts": [__VA_ARGS__], "finish_reason": "tool_call"}])
#define TEXT(...) {"type": "text", "content": __VA_ARGS__}
#define CALL(id_, name_, ...) {"type": "tool_call", "id": id_, "name": name_, "arguments": __VA_ARGS__}
#define GAVE(id_, ...) {"role": "tool", "parts": [{"type": "tool_call_response", "id": id_, "response": __VA_ARGS__}]}

static uspan_t workflow(const char *name)
{
    return uspan_workflow_begin_with(t, USPAN_ROOT, &(uspan_workflow_t){ .name = name, .group_id = "group-oracle" });
}

/* The output of the agents is text, of Python's type str. */
static uspan_t agent(uspan_t parent, const char *name, const char *const *tools, const char *const *handoffs)
{
    return uspan_agent_begin_with(t, parent, &(uspan_agent_t){
        .name = name, .tools = tools, .handoffs = handoffs, .output_schema = "str", .output_type = USPAN_OUTPUT_TEXT });
}

static uspan_t chat(uspan_t parent, const char *input)
{
    return uspan_chat_begin_with(t, parent, &(uspan_chat_t){
        .model = "gpt-4o", .server_address = "model.test", .server_port = 8080, .input_messages = input });
}

static void answered(uspan_t s, uint32_t used_in, uint32_t used_out, const char *output)
{
    uspan_chat_end(t, s, &(uspan_chat_result_t){ .usage = { .input = used_in, .output = used_out }, .output_messages = output });
}

static void failed(uspan_t s, const char *message, const char *data)
{
    uspan_record_error_data(t, s, NULL, message, data);
    uspan_end(t, s);
}

static void plain_chat(void)
{
    const uspan_attr_t metadata[] = {
        USPAN_ATTR_INT(USPAN_METADATA_KEY("bed"), 3), USPAN_ATTR_STATIC(USPAN_METADATA_KEY("crop"), "fern"),
        USPAN_ATTR_BOOL(USPAN_METADATA_KEY("wet"), false), USPAN_ATTR_TEXT(USPAN_METADATA_KEY("tags"), JSON(["a", "b"])), { 0 }
    };
    uspan_t run = uspan_workflow_begin_with(t, USPAN_ROOT, &(uspan_workflow_t){
        .name = "plain", .group_id = "group-oracle", .metadata = metadata });
    uspan_t gardener = agent(run, "gardener", NULL, NULL);
    uspan_t s = uspan_chat_begin_with(t, gardener, &(uspan_chat_t){
        .model = "gpt-4o", .server_address = "model.test", .server_port = 8080, .input_messages = JSON([SYSTEM, USER]),
        .temperature = USPAN_OPT(0.0), .top_p = USPAN_OPT(0.9), .max_tokens = USPAN_OPT(256),
        .presence_penalty = USPAN_OPT(0.5), .frequency_penalty = USPAN_OPT(0.25) });
    uspan_chat_end(t, s, &(uspan_chat_result_t){
        .usage = { .input = 19, .output = 12, .cache_read = 8, .reasoning = 4 },
        .output_messages = ANSWERED(TEXT("Bed 3 is dry: 12 % moisture. The valve is stuck.")) });
    uspan_agent_end(t, gardener, NULL);
    uspan_workflow_end(t, run, NULL);
}

static void streaming_chat(void)
{
    uspan_t run = workflow("streamed"), gardener = agent(run, "gardener", NULL, NULL);
    uspan_t s = chat(gardener, JSON([SYSTEM, USER]));
    static const char *const pieces[] = { "Bed 3", " is dry", " and the valve is stuck." };
    uspan_writer_t w;
    uspan_messages_begin(&w, t, s, USPAN_OUTPUT_MESSAGES);
    uspan_message(&w, "assistant", NULL);
    uspan_part_text(&w, NULL);
    for (size_t n = 0; n < 3; n++) {
        uspan_first_chunk(t, s);
        uspan_write_more(&w, pieces[n]);
    }
    uspan_message_finish(&w, "stop");
    answered(s, 19, 9, NULL);
    uspan_agent_end(t, gardener, NULL);
    uspan_workflow_end(t, run, NULL);
}

static void tool(uspan_t parent, const char *name, const char *arguments, const char *result)
{
    uspan_t s = uspan_tool_begin_with(t, parent, &(uspan_tool_t){ .name = name, .arguments = arguments });
    uspan_tool_end(t, s, &(uspan_tool_result_t){ .result = result });
}

/* The SDK's span of a task or turn, whose data is complete only at its end. */
static void finish(uspan_t s, const char *data)
{
    uspan_content(t, s, function_input, data);
    uspan_function_end(t, s, NULL);
}

static void tool_loop(void)
{
    static const char *const tools[] = { "read_soil", "open_valve", NULL };
    uspan_t run = workflow("loop");
    uspan_t task = uspan_function_begin(t, run, "task"), gardener = agent(task, "gardener", tools, NULL);
    uspan_t turn = uspan_function_begin(t, gardener, "turn");
    answered(chat(turn, JSON([SYSTEM, USER])), 412, 37,
             WANTED(CALL("call_1", "read_soil", {"bed": 3}), CALL("call_2", "open_valve", {"bed": 3, "seconds": 60})));
    tool(turn, "read_soil", JSON({"bed": 3}), JSON({"moisture": 12}));
    tool(turn, "open_valve", JSON({"bed": 3, "seconds": 60}), JSON("bed 3 got 60 s"));
    finish(turn, JSON({"sdk_span_type": "turn", "turn": 1, "agent_name": "gardener", "usage":
        {"input_tokens": 412, "output_tokens": 37, "cached_input_tokens": 0, "cache_write_input_tokens": 0}}));
    turn = uspan_function_begin(t, gardener, "turn");
    answered(chat(turn, JSON([SYSTEM, USER,
        {"role": "assistant", "parts": [CALL("call_1", "read_soil", {"bed": 3}),
                                        CALL("call_2", "open_valve", {"bed": 3, "seconds": 60})]},
        GAVE("call_1", {"moisture": 12}), GAVE("call_2", "bed 3 got 60 s")])), 498, 24,
        ANSWERED(TEXT("Bed 3 is dry: 12 % moisture. The valve is stuck.")));
    finish(turn, JSON({"sdk_span_type": "turn", "turn": 2, "agent_name": "gardener", "usage":
        {"input_tokens": 498, "output_tokens": 24, "cached_input_tokens": 0, "cache_write_input_tokens": 0}}));
    uspan_agent_end(t, gardener, NULL);
    finish(task, JSON({"sdk_span_type": "task", "name": "loop", "usage":
        {"input_tokens": 910, "output_tokens": 61, "cached_input_tokens": 0, "cache_write_input_tokens": 0,
         "requests": 2, "total_tokens": 971}}));
    uspan_workflow_end(t, run, NULL);
}

static void failing_model(void)
{
    uspan_t run = workflow("no model"), gardener = agent(run, "gardener", NULL, NULL);
    failed(chat(gardener, JSON([SYSTEM, USER])), "Error getting response", JSON({"error": "Error code: 503 - out of service"}));
    failed(gardener, "Error in agent run", JSON({"error": "Error code: 503 - out of service"}));
    uspan_workflow_end(t, run, NULL);
}

static void failing_tool(void)
{
    static const char *const tools[] = { "stuck_valve", NULL };
    uspan_t run = workflow("no valve"), gardener = agent(run, "gardener", tools, NULL);
    answered(chat(gardener, JSON([SYSTEM, USER])), 30, 9, WANTED(CALL("call_1", "stuck_valve", {"bed": 3})));
    uspan_t s = uspan_tool_begin_with(t, gardener, &(uspan_tool_t){ .name = "stuck_valve", .arguments = JSON({"bed": 3}) });
    failed(s, "Error running tool", JSON({"tool_name": "stuck_valve", "error": "the valve of bed 3 did not move"}));
    failed(gardener, "Error in agent run",
           JSON({"error": "Error running tool stuck_valve: the valve of bed 3 did not move"}));
    uspan_workflow_end(t, run, NULL);
}

static void nested_agents(void)
{
    static const char *const handoffs[] = { "botanist", NULL };
    uspan_t run = workflow("hand-off"), gardener = agent(run, "gardener", NULL, handoffs);
    answered(chat(gardener, JSON([SYSTEM, SAID("user", "What grows in bed 3?")])), 33, 7,
             WANTED(CALL("call_1", "transfer_to_botanist", {})));
    uspan_handoff_end(t, uspan_handoff_begin(t, gardener, "gardener", NULL), "botanist");
    uspan_agent_end(t, gardener, NULL);
    uspan_t botanist = agent(run, "botanist", NULL, NULL);
    answered(chat(botanist, JSON([SAID("user", "What grows in bed 3?"),
        {"role": "assistant", "parts": [CALL("call_1", "transfer_to_botanist", {})]},
        GAVE("call_1", {"assistant": "botanist"})])),
        40, 5, ANSWERED(TEXT("It is a fern.")));
    uspan_agent_end(t, botanist, NULL);
    uspan_workflow_end(t, run, NULL);
}

static void check(uspan_t parent, const char *name, bool triggered)
{
    uspan_t s = uspan_guardrail_begin(t, parent, name);
    uspan_guardrail_end(t, s, &(uspan_guardrail_result_t){ .triggered = triggered });
}

static void guardrail(void)
{
    uspan_t run = workflow("allowed"), gardener = agent(run, "gardener", NULL, NULL);
    check(gardener, "no_weeds", false);
    answered(chat(gardener, JSON([SYSTEM, SAID("user", "Water the fern.")])), 9, 3, ANSWERED(TEXT("Fine.")));
    uspan_agent_end(t, gardener, NULL);
    uspan_workflow_end(t, run, NULL);
    run = workflow("tripped");
    gardener = agent(run, "gardener", NULL, NULL);
    check(gardener, "no_shouting", true);
    uspan_guardrail_tripped(t, gardener, "no_shouting", NULL);
    uspan_agent_end(t, gardener, NULL);
    uspan_workflow_end(t, run, NULL);
}

static void responses(void)
{
    static const char *const tools[] = { "read_soil", NULL };
    uspan_t run = workflow("responses"), gardener = agent(run, "gardener", tools, NULL);
    uspan_t s = uspan_response_begin_with(t, gardener, &(uspan_chat_t){
        .model = "gpt-4o-2024-08-06", .input_messages = JSON([USER]),
        .tool_definitions = JSON([{"type": "function", "name": "read_soil", "description": "Moisture of a bed.",
            "parameters": {"type": "object", "properties": {"bed": {"type": "integer"}}}}]) });
    uspan_chat_end(t, s, &(uspan_chat_result_t){
        .response_id = "resp_1", .response_model = "gpt-4o-2024-08-06", .usage = { .input = 19, .output = 12, .reasoning = 3 },
        .output_messages = ANSWERED({"type": "reasoning", "content": "12 < 20"},
                                    TEXT("Bed 3 is dry: 12 % moisture. The valve is stuck.")) });
    uspan_agent_end(t, gardener, NULL);
    uspan_workflow_end(t, run, NULL);
    run = workflow("no responses");
    gardener = agent(run, "gardener", tools, NULL);
    failed(uspan_response_begin(t, gardener, NULL), "Error getting response",
           JSON({"error": "Error code: 503 - out of service"}));
    failed(gardener, "Error in agent run", JSON({"error": "Error code: 503 - out of service"}));
    uspan_workflow_end(t, run, NULL);
}

static void by_hand(void)
{
    static const char *const tools[] = { "read_soil", "look", NULL };
    uspan_t run = uspan_workflow_begin_with(t, USPAN_ROOT, &(uspan_workflow_t){
        .name = "by hand", .group_id = "group-oracle", .trace_id = "trace_0123456789abcdef0123456789abcdef", .user_id = "u-1" });
    uspan_t custom = uspan_custom_begin(t, run, "calibrate", JSON_AS_IS({"bed": 3, "ok": true, "offsets": [1, 2.5]}));
    uspan_t s = uspan_mcp_tools_begin(t, custom, "sensors");
    uspan_mcp_tools_end(t, s, &(uspan_mcp_tools_result_t){ .tools = tools });
    s = uspan_tool_begin_with(t, custom, &(uspan_tool_t){
        .name = "look", .arguments = JSON({"bed": 3}), .mcp_server = "sensors" });
    uspan_tool_end(t, s, &(uspan_tool_result_t){ .result = JSON("green") });
    uspan_function_end(t, custom, NULL);
    uspan_t group = uspan_speech_group_begin(t, run, JSON("Bed 3 is dry."));
    s = uspan_speech_begin_with(t, group, &(uspan_speech_t){
        .model = "tts-1", .format = "wav", .voice = "alloy", .input_messages = JSON([SAID("user", "Bed 3 is dry.")]) });
    uspan_speech_end(t, s, NULL);
    uspan_end(t, group);
    s = uspan_transcription_begin_with(t, run, &(uspan_speech_t){ .model = "whisper-1", .format = "wav" });
    uspan_speech_end(t, s, &(uspan_speech_result_t){ .output_messages = ANSWERED(TEXT("Is bed 3 dry?")) });
    uspan_workflow_end(t, run, NULL);
    run = uspan_workflow_begin_with(t, USPAN_ROOT, &(uspan_workflow_t){ .name = "not traced", .disabled = true });
    uspan_function_end(t, uspan_custom_begin(t, run, "nothing", NULL), NULL);
    uspan_workflow_end(t, run, NULL);
}

int main(int argc, char **argv)
{
    static const conversation_t conversations[] = {
        { "plain_chat", plain_chat }, { "streaming_chat", streaming_chat }, { "tool_loop", tool_loop },
        { "failing_model", failing_model }, { "failing_tool", failing_tool }, { "nested_agents", nested_agents },
        { "guardrail", guardrail }, { "responses", responses }, { "by_hand", by_hand },
    };
    return play(argc, argv, conversations, sizeof conversations / sizeof conversations[0]);
}
