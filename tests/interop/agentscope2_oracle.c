/* agentscope2_oracle.c: the conversations of oracle_agentscope2.py, recorded by uspan. Each span of
 * AgentScope 2's middleware is a typed span here, with the values that AgentScope knew at that moment.
 * uspan-config: USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=65536 USPAN_VALUE_MAX=16384 USPAN_TOOL_DEFINITIONS=1
 * uspan-config: USPAN_PROFILE_AGENTSCOPE=1 */
#include "play.h"

#define RUN "run-oracle"
#define MESSAGE(role_, name_, ...) {"role": role_, "parts": [__VA_ARGS__], "name": name_, "finish_reason": "stop"}
#define TEXT(...) {"type": "text", "content": __VA_ARGS__}
#define SYSTEM MESSAGE("system", "system", TEXT("You run a greenhouse."))
#define USER MESSAGE("user", "user", TEXT("Is bed 3 dry?"))
#define NOTHING_YET MESSAGE("assistant", "gardener", )
#define ASKED JSON([USER])
#define GIVEN JSON([SYSTEM, USER, NOTHING_YET])
#define CALL(name_) {"type": "tool_call", "id": "call_1", "name": name_, "arguments": {"bed": 3}}
#define RESPONSE(...) {"type": "tool_call_response", "id": "call_1", "response": __VA_ARGS__}
#define SAID(...) JSON([{"role": "assistant", "parts": [__VA_ARGS__], "finish_reason": "stop"}])
#define WANTED(name_) JSON([{"role": "assistant", "parts": [CALL(name_)], "finish_reason": "tool_call"}])
#define REPLY(...) JSON([MESSAGE("assistant", "gardener", __VA_ARGS__)])
#define BED {"bed": {"type": "integer"}}
#define TOOL(name_, description_, ...)                                                                               \
    JSON([{"type": "function", "name": name_, "description": description_,                                           \
           "parameters": {"properties": __VA_ARGS__, "required": ["bed"], "type": "object"}}])
#define READ_SOIL TOOL("read_soil", "Moisture of a bed.", {"bed": {"description": "its number", "type": "integer"}})

static uspan_t gardener(const char *conversation, const char *messages)
{
    return uspan_agent_begin_with(t, USPAN_ROOT, &(uspan_agent_t){
        .name = "gardener", .description = "The agent class.", .conversation_id = conversation, .input_messages = messages });
}

static void replied(uspan_t agent, const char *messages)
{
    uspan_agent_end(t, agent, &(uspan_agent_result_t){ .reply_id = "id", .output_messages = messages });
}

static uspan_t chat(uspan_t agent, const char *messages, const char *definitions)
{
    return uspan_chat_begin_with(t, agent, &(uspan_chat_t){
        .provider = "dashscope", .model = "qwen-max", .input_messages = messages, .tool_definitions = definitions });
}

static void answered(uspan_t s, const char *id, const char *reason, uint32_t used_in, uint32_t used_out, const char *messages)
{
    uspan_chat_end(t, s, &(uspan_chat_result_t){ .response_id = id, .finish_reason = reason, .output_messages = messages,
                                                 .usage = { .input = used_in, .output = used_out } });
}

static void tool(uspan_t agent, const char *name, const char *result)
{
    uspan_t s = uspan_tool_begin_with(t, agent, &(uspan_tool_t){ .name = name, .call_id = "call_1",
                                                                 .arguments = JSON({"bed": 3}) });
    uspan_tool_end(t, s, &(uspan_tool_result_t){ .result = result });
}

static void plain_chat(void)
{
    uspan_t agent = gardener(RUN, ASKED);
    uspan_t s = uspan_chat_begin_with(t, agent, &(uspan_chat_t){
        .provider = "dashscope", .model = "qwen-max", .input_messages = GIVEN, .temperature = USPAN_OPT(0.2),
        .top_p = USPAN_OPT(0.9), .top_k = USPAN_OPT(40), .max_tokens = USPAN_OPT(256), .presence_penalty = USPAN_OPT(0.5),
        .frequency_penalty = USPAN_OPT(0.25), .seed = USPAN_OPT(7),
        .stop_sequences = (const char *const[]){ "END", "STOP", NULL } });
    uspan_chat_end(t, s, &(uspan_chat_result_t){
        .response_id = "resp-1", .finish_reason = "stop", .output_messages = SAID(TEXT(ANSWER)),
        .usage = { .input = 19, .output = 12, .cache_read = 8, .cache_creation = 3 } });
    replied(agent, REPLY(TEXT(ANSWER)));

    agent = gardener(RUN, ASKED);
    s = uspan_chat_begin_with(t, agent, &(uspan_chat_t){ .provider = USPAN_PROVIDER_UNKNOWN, .model = "qwen-max",
                                                         .temperature = USPAN_OPT(0.5), .input_messages = GIVEN });
#define THOUGHT {"type": "reasoning", "content": "12 < 20"}, TEXT("Yes.")
    answered(s, "resp-2", "stop", 3, 4, SAID(THOUGHT));
    replied(agent, REPLY(THOUGHT));
}

static void streaming_chat(void)
{
    uspan_t agent = gardener(RUN, ASKED), s = chat(agent, GIVEN, NULL);
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
    answered(s, "resp-3", "stop", 19, 3, NULL);
    replied(agent, REPLY(TEXT("Bed 3 is dry and the valve is stuck.")));
}

static void tool_loop(void)
{
    uspan_t agent = gardener(RUN, ASKED);
    answered(chat(agent, GIVEN, READ_SOIL), "resp-4", "tool_calls", 412, 37, WANTED("read_soil"));
    tool(agent, "read_soil", JSON("bed 3: 12 %"));
    uspan_t s = chat(agent, JSON([SYSTEM, USER, MESSAGE("assistant", "gardener", CALL("read_soil"), RESPONSE("bed 3: 12 %"))]),
                     READ_SOIL);
    answered(s, "resp-5", "stop", 498, 24, SAID(TEXT(ANSWER)));
    replied(agent, REPLY(TEXT(ANSWER)));
}

static void failing_model(void)
{
    uspan_t agent = gardener(RUN, ASKED), s = chat(agent, GIVEN, NULL);
    uspan_chat_end(t, s, &(uspan_chat_result_t){ .error_type = "ConnectionError", .error_message = "no route to the model" });
    uspan_agent_end(t, agent, &(uspan_agent_result_t){ .reply_id = "id", .error_type = "ConnectionError",
                                                       .error_message = "no route to the model" });
}

/* AgentScope reports the error to the model and continues: its tool's span is Ok. */
static void failing_tool(void)
{
#define STUCK "the valve of bed 3 did not move"
#define STUCK_VALVE TOOL("stuck_valve", "Opens a valve that is stuck.", BED)
    uspan_t agent = gardener(RUN, ASKED);
    answered(chat(agent, GIVEN, STUCK_VALVE), "resp-6", "tool_calls", 30, 9, WANTED("stuck_valve"));
    tool(agent, "stuck_valve", JSON(STUCK));
    uspan_t s = chat(agent, JSON([SYSTEM, USER, MESSAGE("assistant", "gardener", CALL("stuck_valve"), RESPONSE(STUCK))]),
                     STUCK_VALVE);
    answered(s, "resp-7", "stop", 44, 3, SAID(TEXT("It is stuck.")));
    replied(agent, REPLY(TEXT("It is stuck.")));
}

static void waits_for_a_person(void)
{
    uspan_t agent = gardener(RUN, ASKED);
    answered(chat(agent, GIVEN, TOOL("open_valve", "Opens a valve.", BED)), "resp-8", "tool_calls", 30, 9, WANTED("open_valve"));
    uspan_agent_end(t, agent, &(uspan_agent_result_t){
        .reply_id = "id", .hitl_pending_tools = JSON(["open_valve"]),
        .output_messages = REPLY(TEXT("I'm waiting for your permission or the external execution to finish.")) });
}

static void messages(void)
{
#define SEEN MESSAGE("user", "cam", TEXT("A \"quoted\" word, a tab\tand über 温室 🌱"),                               \
    {"type": "blob", "modality": "image", "mime_type": "image/png", "content": "iVBORw0K"},                          \
    {"type": "uri", "modality": "image", "uri": "https://ex.test/a.png"}), MESSAGE("user", "user", TEXT("And?"))
    uspan_t agent = gardener(NULL, JSON([SEEN]));
    answered(chat(agent, JSON([SYSTEM, SEEN, NOTHING_YET]), NULL), "resp-9", "stop", 7, 2, SAID(TEXT("Seen.")));
    replied(agent, REPLY(TEXT("Seen.")));
}

static const conversation_t conversations[] = {
    { "plain_chat", plain_chat },     { "streaming_chat", streaming_chat }, { "tool_loop", tool_loop },
    { "failing_model", failing_model }, { "failing_tool", failing_tool },     { "waits_for_a_person", waits_for_a_person },
    { "messages", messages },
};

int main(int argc, char **argv)
{
    return play(argc, argv, conversations, sizeof conversations / sizeof conversations[0]);
}
