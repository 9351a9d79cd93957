/* agentscope_oracle.c: the conversations of oracle_agentscope.py, recorded by uspan. Each call of a decorated
 * function there is a typed span here, with the values that AgentScope knew at that moment. One more span has
 * everything that a span can have.
 * uspan-config: USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=65536 USPAN_VALUE_MAX=16384 USPAN_TOOL_DEFINITIONS=1 */
#include "play.h"

#define RUN "run-oracle"
#define USER {"role": "user", "content": "Is bed 3 dry?"}
#define SYSTEM {"role": "system", "content": "You run a greenhouse."}
#define TEXT_OF(...) JSON([{"type": "text", "text": __VA_ARGS__}])
#define RESPONSE(content, id, used_in, used_out)                                                                     \
    "{\"content\":" content ",\"id\":\"" id "\",\"created_at\":\"2026-01-01 00:00:00.000\",\"type\":\"chat\","       \
    "\"usage\":{\"input_tokens\":" #used_in ",\"output_tokens\":" #used_out ",\"time\":0.1,\"type\":\"chat\","       \
    "\"metadata\":null},\"metadata\":null}"
#define ASKED JSON([{"role": "user", "parts": [{"type": "text", "content": "Is bed 3 dry?"}], "name": "user",        \
    "finish_reason": "stop"}])
#define REPLY(name, text)                                                                                            \
    "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"" text "\"}],"                       \
    "\"name\":\"" name "\",\"finish_reason\":\"stop\"}]"
#define SAID(text)                                                                                                   \
    "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"" text "\"}],\"finish_reason\":\"stop\"}]"
#define REACT                                                                                                        \
    "A ReAct agent implementation in AgentScope, which supports\n\n- Realtime steering\n"                            \
    "- API-based (parallel) tool calling\n- Hooks around reasoning, acting, reply, observe and print functions\n"    \
    "- Structured output generation"
/* Tools as they are given to the models, and their definitions. */
#define READ_SOIL                                                                                                    \
    "name": "read_soil", "description": "Moisture of a bed.", "parameters": {"type": "object", "required": ["bed"],  \
        "properties": {"bed": {"description": "its number", "type": "integer"}}}
#define OPEN_VALVE                                                                                                   \
    "name": "open_valve", "description": "Opens a valve.", "parameters": {"type": "object",                          \
        "required": ["bed", "seconds"], "properties": {"bed": {"type": "integer"}, "seconds": {"type": "integer"}}}
#define ASK_BOTANIST                                                                                                 \
    "name": "ask_botanist", "description": "Hands over to the botanist.", "parameters": {"type": "object",           \
        "required": ["question"], "properties": {"question": {"type": "string"}}}
#define TOOLS JSON([{"type": "function", READ_SOIL}, {"type": "function", OPEN_VALVE}])
#define TOOLS_GIVEN                                                                                                  \
    {"tools": [{"type": "function", "function": {READ_SOIL}}, {"type": "function", "function": {OPEN_VALVE}}],       \
     "tool_choice": null}
#define BOTANIST JSON([{"type": "function", ASK_BOTANIST}])
#define BOTANIST_GIVEN {"tools": [{"type": "function", "function": {ASK_BOTANIST}}], "tool_choice": null}

/* ---- the decorated functions --------------------------------------------------------------------------- */

/* A model call that gets a response, or fails if r has an error. */
static void chat(uspan_t parent, const char *input, const char *definitions, const uspan_chat_result_t *r)
{
    uspan_t s = uspan_chat_begin_with(t, parent, &(uspan_chat_t){
        .provider = "dashscope", .model = "qwen-max", .conversation_id = RUN, .tool_definitions = definitions,
        .function_name = "DashScopeChatModel.__call__", .function_input = input });
    uspan_chat_end(t, s, r);
}

static void format(uspan_t parent, const char *target, const char *name, const char *input, int64_t count,
    const char *output)
{
    uspan_t s = uspan_format_begin_with(t, parent, &(uspan_format_t){
        .target = target, .conversation_id = RUN, .function_name = name, .function_input = input });
    uspan_format_end(t, s, &(uspan_format_result_t){ .count = USPAN_OPT(count), .function_output = output });
}

static void tool(uspan_t parent, const char *call_id, const char *name, const char *description,
    const char *arguments,
                 const char *input, const uspan_tool_result_t *r)
{
    uspan_t s = uspan_tool_begin_with(t, parent, &(uspan_tool_t){
        .name = name, .call_id = call_id, .description = description, .arguments = arguments, .conversation_id = RUN,
        .function_name = "Toolkit.call_tool_function", .function_input = input });
    uspan_tool_end(t, s, r);
}

static uspan_t gardener(const char *messages, const char *said)
{
    return uspan_agent_begin_with(t, USPAN_ROOT, &(uspan_agent_t){
        .name = "gardener", .id = "agent-1", .description = REACT, .conversation_id = RUN, .input_messages = messages,
        .function_name = "ReActAgent.reply", .function_input = said });
}

/* ---- the conversations --------------------------------------------------------------------------------- */

static void plain_chat(void)
{
    uspan_t s = uspan_chat_begin_with(t, USPAN_ROOT, &(uspan_chat_t){
        .provider = "dashscope", .model = "qwen-max", .conversation_id = RUN,
        .temperature = USPAN_OPT(0.2), .top_p = USPAN_OPT(0.9), .top_k = USPAN_OPT(40),
            .max_tokens = USPAN_OPT(256),
        .presence_penalty = USPAN_OPT(0.5), .frequency_penalty = USPAN_OPT(0.25), .seed = USPAN_OPT(7),
        .stop_sequences = (const char *const[]){ "END", "STOP", NULL },
        .function_name = "DashScopeChatModel.__call__",
        .function_input = JSON({"args": [[USER]], "kwargs": {"temperature": 0.2, "top_p": 0.9, "top_k": 40,
            "max_tokens": 256,
            "presence_penalty": 0.5, "frequency_penalty": 0.25, "stop_sequences": ["END", "STOP"], "seed": 7}}) });
    uspan_chat_end(t, s, &(uspan_chat_result_t){
        .response_id = "resp-1", .finish_reason = "stop", .usage = { .input = 19, .output = 12 },
            .output_messages = SAID(ANSWER),
        .function_output = RESPONSE(TEXT_OF("Bed 3 is dry: 12 % moisture. The valve is stuck."), "resp-1", 19, 12) });
    s = uspan_chat_begin_with(t, USPAN_ROOT, &(uspan_chat_t){
        .provider = "unknown", .model = "qwen-max", .conversation_id = RUN, .temperature = USPAN_OPT(0.0),
        .function_name = "StrangeModel.__call__",
        .function_input = JSON({"args": [[USER]], "kwargs": {"temperature": 0.0}}) });
    uspan_chat_end(t, s, &(uspan_chat_result_t){
        .response_id = "resp-2", .finish_reason = "stop", .usage = { .input = 3, .output = 4 },
        .output_messages = JSON([{"role": "assistant", "parts": [{"type": "reasoning", "content": "12 < 20"}],
            "finish_reason": "stop"}]),
        .function_output = RESPONSE(JSON([{"type": "thinking", "thinking": "12 < 20"}]), "resp-2", 3, 4) });
}

static void streaming_chat(void)
{
    uspan_t s = uspan_chat_begin_with(t, USPAN_ROOT, &(uspan_chat_t){
        .provider = "dashscope", .model = "qwen-max", .conversation_id = RUN, .stream = true,
        .function_name = "DashScopeChatModel.__call__", .function_input = JSON({"args": [[USER]], "kwargs": {}}) });
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
    uspan_chat_end(t, s, &(uspan_chat_result_t){
        .response_id = "resp-3", .finish_reason = "stop", .usage = { .input = 19, .output = 3 },
        .function_output = RESPONSE(TEXT_OF("Bed 3 is dry and the valve is stuck."), "resp-3", 19, 3) });
}

#define WANTED                                                                                                       \
    {"role": "assistant", "content": [], "tool_calls": [                                                             \
        {"id": "call_1", "type": "function", "function": {"name": "read_soil", "arguments": "{\"bed\": 3}"}},        \
        {"id": "call_2", "type": "function", "function": {"name": "open_valve",                                      \
            "arguments": "{\"bed\": 3, \"seconds\": 60}"}}]},                                                        \
    {"role": "tool", "tool_call_id": "call_1", "content": "bed 3: 12 %", "name": "read_soil"},                       \
    {"role": "tool", "tool_call_id": "call_2", "content": "bed 3 got 60 s", "name": "open_valve"}
#define TOOL_USE(...) JSON({"tool_call": __VA_ARGS__})
#define TOOL_SAID(...) JSON({"content": [{"type": "text", "text": __VA_ARGS__}]})
#define MSG(name_, role_, ...) {"name": name_, "role": role_, "content": __VA_ARGS__}
#define FORMATTER "DashScopeChatFormatter.format"

static void tool_loop(void)
{
    uspan_t agent = gardener(ASKED, JSON({"args": [], "kwargs": {"msg": MSG("user", "user", "Is bed 3 dry?"),
        "structured_model": null}}));
    format(agent, "dashscope", FORMATTER,
           JSON({"args": [], "kwargs": {"msgs": [MSG("system", "system", "You run a greenhouse."), MSG("user",
               "user", "Is bed 3 dry?")]}}),
           2, JSON([SYSTEM, USER]));
    chat(agent, JSON({"args": [[SYSTEM, USER]], "kwargs": TOOLS_GIVEN}), TOOLS, &(uspan_chat_result_t){
        .response_id = "resp-4", .finish_reason = "tool_calls", .usage = { .input = 412, .output = 37 },
        .output_messages = JSON([{"role": "assistant", "parts": [
            {"type": "tool_call", "id": "call_1", "name": "read_soil", "arguments": {"bed": 3}},
            {"type": "tool_call", "id": "call_2", "name": "open_valve", "arguments": {"bed": 3, "seconds": 60}}],
            "finish_reason": "tool_call"}]),
        .function_output = RESPONSE(JSON([{"type": "tool_use", "id": "call_1", "name": "read_soil",
            "input": {"bed": 3}},
            {"type": "tool_use", "id": "call_2", "name": "open_valve", "input": {"bed": 3, "seconds": 60}}]),
                "resp-4", 412, 37) });
    tool(agent, "call_1", "read_soil", "Moisture of a bed.", JSON({"bed": 3}),
         TOOL_USE({"type": "tool_use", "id": "call_1", "name": "read_soil", "input": {"bed": 3}}),
         &(uspan_tool_result_t){ .result = TOOL_SAID("bed 3: 12 %"), .function_output = TOOL_SAID("bed 3: 12 %") });
    tool(agent, "call_2", "open_valve", "Opens a valve.", JSON({"bed": 3, "seconds": 60}),
         TOOL_USE({"type": "tool_use", "id": "call_2", "name": "open_valve", "input": {"bed": 3, "seconds": 60}}),
         &(uspan_tool_result_t){ .result = TOOL_SAID("bed 3 got 60 s"),
             .function_output = TOOL_SAID("bed 3 got 60 s") });
    format(agent, "dashscope", FORMATTER,
           JSON({"args": [], "kwargs": {"msgs": [MSG("system", "system", "You run a greenhouse."), MSG("user",
               "user", "Is bed 3 dry?"),
                MSG("gardener", "assistant", []), MSG("system", "system", []), MSG("system", "system", [])]}}),
           5, JSON([SYSTEM, USER, WANTED]));
    chat(agent, JSON({"args": [[SYSTEM, USER, WANTED]], "kwargs": TOOLS_GIVEN}), TOOLS, &(uspan_chat_result_t){
        .response_id = "resp-5", .finish_reason = "stop", .usage = { .input = 498, .output = 24 },
            .output_messages = SAID(ANSWER),
        .function_output = RESPONSE(TEXT_OF("Bed 3 is dry: 12 % moisture. The valve is stuck."), "resp-5", 498, 24)
            });
    uspan_agent_end(t, agent, &(uspan_agent_result_t){
        .output_messages = REPLY("gardener", ANSWER), .function_output = JSON(MSG("gardener", "assistant", [])) });
}

static void failing_model(void)
{
    uspan_t agent = gardener(ASKED, JSON({"args": [], "kwargs": {"msg": MSG("user", "user", "Is bed 3 dry?"),
        "structured_model": null}}));
    format(agent, "dashscope", FORMATTER,
           JSON({"args": [], "kwargs": {"msgs": [MSG("system", "system", "You run a greenhouse."), MSG("user",
               "user", "Is bed 3 dry?")]}}),
           2, JSON([SYSTEM, USER]));
    chat(agent, JSON({"args": [[SYSTEM, USER]], "kwargs": {"tools": [], "tool_choice": null}}), NULL,
         &(uspan_chat_result_t){ .error_type = "ConnectionError", .error_message = "no route to the model" });
    uspan_agent_end(t, agent, &(uspan_agent_result_t){ .error_type = "ConnectionError",
        .error_message = "no route to the model" });
    uspan_t s = uspan_chat_begin_with(t, USPAN_ROOT, &(uspan_chat_t){
        .provider = "dashscope", .model = "qwen-max", .conversation_id = RUN, .stream = true,
        .function_name = "DashScopeChatModel.__call__", .function_input = JSON({"args": [[USER]], "kwargs": {}}) });
    uspan_writer_t w;
    uspan_messages_begin(&w, t, s, USPAN_OUTPUT_MESSAGES);
    uspan_message(&w, "assistant", NULL);
    uspan_part_text(&w, "Bed 3");
    uspan_first_chunk(t, s);
    uspan_chat_end(t, s, &(uspan_chat_result_t){ .error_type = "TimeoutError", .error_message = "the model fell silent" });
}

static void failing_tool(void)
{
    tool(USPAN_ROOT, "call_1", "stuck_valve", "Opens a valve that is stuck.", JSON({"bed": 3}),
         TOOL_USE({"type": "tool_use", "id": "call_1", "name": "stuck_valve", "input": {"bed": 3}}),
         &(uspan_tool_result_t){ .error_type = "RuntimeError", .error_message = "the valve of bed 3 did not move" });
    tool(USPAN_ROOT, "call_2", "no_such_tool", NULL, JSON({}),
         TOOL_USE({"type": "tool_use", "id": "call_2", "name": "no_such_tool", "input": {}}),
         &(uspan_tool_result_t){ .result = TOOL_SAID("Cannot find no_such_tool"),
                                 .function_output = TOOL_SAID("Cannot find no_such_tool") });
}

static void formatter(void)
{
    static const char input[] = JSON({"args": [[MSG("system", "system", "You run a greenhouse."), MSG("user", "user",
        "Is bed 3 dry?")]], "kwargs": {}});
    format(USPAN_ROOT, "dashscope", FORMATTER, input, 2, JSON([SYSTEM, USER]));
    format(USPAN_ROOT, "openai", "OpenAIChatFormatter.format", input, 2,
           JSON([{"role": "system", "name": "system", "content": [{"type": "text", "text": "You run a greenhouse."}]},
                 {"role": "user", "name": "user", "content": [{"type": "text", "text": "Is bed 3 dry?"}]}]));
    format(USPAN_ROOT, NULL, "StrangeFormatter.format", input, 1, JSON([USER]));
    uspan_t s = uspan_format_begin_with(t, USPAN_ROOT, &(uspan_format_t){
        .conversation_id = RUN, .function_name = "StrangeFormatter.format", .function_input = JSON({"args": [[]],
            "kwargs": {}}) });
    uspan_format_end(t, s, &(uspan_format_result_t){ .error_type = "TypeError", .error_message = "no messages" });
}

static void embeddings(void)
{
    uspan_t s = uspan_embeddings_begin_with(t, USPAN_ROOT, &(uspan_embeddings_t){
        .provider = "dashscope", .model = "text-embedding-v4", .dimensions = USPAN_OPT(2), .conversation_id = RUN,
        .function_name = "TextEmbedding.__call__", .function_input = JSON({"args": [["dry", "wet"]],
            "kwargs": {"dimensions": 2}}) });
    uspan_embeddings_end(t, s, &(uspan_embeddings_result_t){
        .function_output = JSON({"id": "2026-01-01 00:00:00.000_000000", "created_at": "2026-01-01 00:00:00.000",
                                 "type": "embedding", "usage": null, "source": "api"}) });
    s = uspan_embeddings_begin_with(t, USPAN_ROOT, &(uspan_embeddings_t){
        .provider = "dashscope", .model = "text-embedding-v4", .conversation_id = RUN,
        .function_name = "TextEmbedding.__call__", .function_input = JSON({"args": [[]], "kwargs": {}}) });
    uspan_embeddings_end(t, s, &(uspan_embeddings_result_t){ .error_type = "ValueError",
        .error_message = "nothing to embed" });
}

#define GROWS {"role": "user", "content": "What grows in bed 3?"}
#define HANDED                                                                                                       \
    {"role": "assistant", "content": [], "tool_calls": [{"id": "call_1", "type": "function", "function":             \
        {"name": "ask_botanist", "arguments": "{\"question\": \"What grows in bed 3?\"}"}}]},                        \
    {"role": "tool", "tool_call_id": "call_1", "content": "It is a fern.", "name": "ask_botanist"}

static void nested_agents(void)
{
    uspan_t agent = gardener(
        JSON([{"role": "user", "parts": [{"type": "text", "content": "What grows in bed 3?"}], "name": "user",
            "finish_reason": "stop"}]),
        JSON({"args": [], "kwargs": {"msg": MSG("user", "user", "What grows in bed 3?"), "structured_model": null}}));
    format(agent, "dashscope", FORMATTER, JSON({"args": [], "kwargs": {"msgs": [MSG("system", "system", ""),
        MSG("user", "user", "")]}}),
           2, JSON([SYSTEM, GROWS]));
    chat(agent, JSON({"args": [[SYSTEM, GROWS]], "kwargs": BOTANIST_GIVEN}), BOTANIST, &(uspan_chat_result_t){
        .response_id = "resp-7", .finish_reason = "tool_calls", .usage = { .input = 30, .output = 9 },
        .output_messages = JSON([{"role": "assistant", "parts": [{"type": "tool_call", "id": "call_1",
            "name": "ask_botanist",
            "arguments": {"question": "What grows in bed 3?"}}], "finish_reason": "tool_call"}]),
        .function_output = RESPONSE(JSON([{"type": "tool_use", "id": "call_1", "name": "ask_botanist",
            "input": {"question": "What grows in bed 3?"}}]), "resp-7", 30, 9) });
    /* AgentScope runs a tool's function outside the tool's span. */
    uspan_t asking = uspan_tool_begin_with(t, agent, &(uspan_tool_t){
        .name = "ask_botanist", .call_id = "call_1", .description = "Hands over to the botanist.",
        .arguments = JSON({"question": "What grows in bed 3?"}), .conversation_id = RUN,
            .function_name = "Toolkit.call_tool_function",
        .function_input = TOOL_USE({"type": "tool_use", "id": "call_1", "name": "ask_botanist",
            "input": {"question": "What grows in bed 3?"}}) });
    uspan_t botanist = uspan_agent_begin_with(t, agent, &(uspan_agent_t){
        .name = "botanist", .id = "agent-2", .description = "Answers with the given text.",
            .conversation_id = RUN,
        .input_messages = REPLY("gardener", "What grows in bed 3?"), .function_name = "Echo.reply",
        .function_input = JSON({"args": [], "kwargs": {"msg": MSG("gardener", "assistant", "What grows in bed 3?")}})
            });
    uspan_agent_end(t, botanist, &(uspan_agent_result_t){
        .output_messages = REPLY("botanist", "It is a fern."), .function_output = JSON(MSG("botanist", "assistant",
            "It is a fern.")) });
    uspan_tool_end(t, asking, &(uspan_tool_result_t){ .result = TOOL_SAID("It is a fern."),
        .function_output = TOOL_SAID("It is a fern.") });
    format(agent, "dashscope", FORMATTER,
           JSON({"args": [], "kwargs": {"msgs": [MSG("system", "system", ""), MSG("user", "user", ""),
               MSG("gardener", "assistant", ""),
                MSG("system", "system", "")]}}), 4, JSON([SYSTEM, GROWS, HANDED]));
    chat(agent, JSON({"args": [[SYSTEM, GROWS, HANDED]], "kwargs": BOTANIST_GIVEN}), BOTANIST, &(uspan_chat_result_t){
        .response_id = "resp-8", .finish_reason = "stop", .usage = { .input = 44, .output = 3 },
            .output_messages = SAID("A fern."),
        .function_output = RESPONSE(TEXT_OF("A fern."), "resp-8", 44, 3) });
    uspan_agent_end(t, agent, &(uspan_agent_result_t){
        .output_messages = REPLY("gardener", "A fern."), .function_output = JSON(MSG("gardener", "assistant",
            "A fern.")) });
}

/* With the writer of message.h, as firmware would do it. */
static void messages(void)
{
    uspan_t s = uspan_agent_begin_with(t, USPAN_ROOT, &(uspan_agent_t){
        .name = "echo", .id = "agent-2", .description = "Answers with the given text.", .conversation_id = RUN,
        .function_name = "Echo.reply",
        .function_input = JSON({"args": [], "kwargs": {"msg": [MSG("cam", "user", []), MSG("user", "user", "And?")]}}) });
    uspan_writer_t w;
    uspan_messages_begin(&w, t, s, USPAN_INPUT_MESSAGES);
    uspan_message(&w, "user", "cam");
    uspan_part_text(&w, "A \"quoted\" word, a tab\tand über 温室 🌱");
    uspan_part_reasoning(&w, "12 % < 20 %");
    uspan_part_tool_call(&w, "call_1", "read_soil", JSON_AS_IS({"bed": 3, "deep": {"list": [1, 2.5, null, true]}}));
    uspan_part_tool_response(&w, "call_1", JSON("bed 3: 12 %"));
    uspan_part_tool_response(&w, "call_2", JSON([{"type": "text", "text": "green"}]));
    uspan_part_blob(&w, "image", "image/png", "\x89PNG\r\n", 6);
    uspan_part_uri(&w, "image", NULL, "https://ex.test/a.png");
    uspan_part_blob(&w, "audio", "audio/mpeg", "ID3", 3);
    uspan_part_uri(&w, "audio", NULL, "https://ex.test/a.wav");
    uspan_part_blob(&w, "video", "video/mp4", "\0\0\0", 3);
    uspan_part_uri(&w, "video", NULL, "https://ex.test/a.mp4");
    uspan_part(&w, "sensor_frame");
    uspan_write_int(&w, "bed", 3);
    uspan_write_array(&w, "values");
    uspan_write_int(&w, NULL, 1);
    uspan_write_int(&w, NULL, 2);
    uspan_write_close(&w);
    uspan_message_finish(&w, "stop");
    uspan_message(&w, "user", "user");
    uspan_part_text(&w, "And?");
    uspan_message_finish(&w, "stop");
    uspan_agent_end(t, s, &(uspan_agent_result_t){
        .output_messages = REPLY("echo", "Seen."), .function_output = JSON(MSG("echo", "assistant", "Seen.")) });
}

static uspan_t function(uspan_t parent, const char *name, const char *input)
{
    return uspan_function_begin_with(t, parent, &(uspan_function_t){ .name = name, .conversation_id = RUN,
        .function_input = input });
}

static void functions(void)
{
    static const struct { const char *name, *input, *output; } calls[] = {
        { "water", JSON({"args": [3], "kwargs": {"seconds": 60}}), "180" },
        { "greet", JSON({"args": ["bed"], "kwargs": {}}), JSON({"hello": "bed"}) },
        { "countdown", JSON({"args": [3], "kwargs": {}}), "0" }, /* a generator's last item */
        { "pours", JSON({"args": [], "kwargs": {}}), "1.5" },
    };
    for (size_t n = 0; n < sizeof calls / sizeof calls[0]; n++) {
        uspan_function_end(t, function(USPAN_ROOT, calls[n].name, calls[n].input),
            &(uspan_result_t){ .function_output = calls[n].output });
    }
    uspan_function_end(t, function(USPAN_ROOT, "jam", JSON({"args": [], "kwargs": {}})), &(uspan_result_t){
        .error_type = "RuntimeError", .error_message = "the valve of bed 4 did not move" });
    uspan_t outer = function(USPAN_ROOT, "outer", JSON({"args": [], "kwargs": {}}));
    uspan_function_end(t, function(outer, "water", JSON({"args": [1], "kwargs": {}})),
        &(uspan_result_t){ .function_output = "5" });
    uspan_function_end(t, outer, &(uspan_result_t){ .function_output = "5" });
}

/* Not AgentScope's: every type of value, an event, a link, the first and last of the kinds. For stores. */
static void everything(void)
{
    uspan_t root = uspan_start_with(t, USPAN_ROOT, "every\xc3\xb6thing", 12,
        &(uspan_options_t){ .kind = USPAN_KIND_SERVER });
    uspan_set_int(t, root, USPAN_KEY("int"), INT64_MIN);
    uspan_set_double(t, root, USPAN_KEY("double"), -0.1);
    uspan_set_bool(t, root, USPAN_KEY("bool"), false);
    uspan_set_str(t, root, USPAN_KEY("text"), "\xe6\xb8\xa9 \x01 \"");
    uspan_set_bytes(t, root, USPAN_KEY("bytes"), "\x00\xff", 2);
    uspan_set_ints(t, root, USPAN_KEY("ints"), (const int64_t[]){ 0, -1, INT64_MAX }, 3);
    uspan_set_doubles(t, root, USPAN_KEY("doubles"), (const double[]){ 0.0, 1e300 }, 2);
    uspan_set_bools(t, root, USPAN_KEY("bools"), (const bool[]){ true, false }, 2);
    uspan_set_strs(t, root, USPAN_KEY("texts"), (const char *const[]){ "", "b" }, 2);
    const uspan_attr_t more[] = { USPAN_ATTR_INT(USPAN_KEY("n"), 7), USPAN_ATTR_STATIC(USPAN_KEY("why"), "told") };
    uspan_context_t other;
    uspan_t linked = uspan_start_with(t, root, "linked", 6, &(uspan_options_t){ .kind = USPAN_KIND_CONSUMER });
    uspan_context_of(t, root, &other);
    uspan_add_link(t, linked, &(uspan_link_t){ .context = &other, .attrs = more, .attr_count = 2 });
    uspan_event_n(t, linked, "seen", 4, 0, more, 2);
    uspan_end(t, linked);
    uspan_end(t, root);
}

int main(int argc, char **argv)
{
    static const conversation_t conversations[] = {
        { "plain_chat", plain_chat }, { "streaming_chat", streaming_chat }, { "tool_loop", tool_loop },
        { "failing_model", failing_model }, { "failing_tool", failing_tool }, { "formatter", formatter },
        { "embeddings", embeddings }, { "nested_agents", nested_agents }, { "messages", messages },
        { "functions", functions }, { "everything", everything },
    };
    return play(argc, argv, conversations, sizeof conversations / sizeof conversations[0]);
}
