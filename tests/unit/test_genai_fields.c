/* test_genai_fields.c: every field of every typed span becomes its attribute, with the type of the
 * conventions. No other attribute appears.
 * uspan-config: USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=16384 USPAN_TOOL_DEFINITIONS=1 */
#include "typed_spans.h"

static const uspan_attr_t more[] = { USPAN_ATTR_INT(&uspan_key_server_port, 99), { .key = NULL } };

#define REQUEST                                                                                     \
    .conversation_id = "run-1", .function_name = "Class.method", .function_input = "{\"args\":[]}", \
    .attrs = more
#define REQUEST_LINES                                                            \
    "gen_ai.conversation.id='run-1'", "agentscope.function.name='Class.method'", \
        "agentscope.function.input='{\"args\":[]}'", "server.port=99"
#define MODEL                                                                                               \
    .temperature = USPAN_OPT(0.0), .top_p = USPAN_OPT(0.9), .top_k = USPAN_OPT(40),                         \
    .presence_penalty = USPAN_OPT(0.1), .frequency_penalty = USPAN_OPT(-0.5), .max_tokens = USPAN_OPT(256), \
    .seed = USPAN_OPT(0), .choice_count = USPAN_OPT(2), .stop_sequences = LIST("END", "STOP"),              \
    .output_type = USPAN_OUTPUT_JSON, .input_messages = "[{\"in\":1}]",                                     \
    .system_instructions = "[{\"sys\":1}]", .tool_definitions = "[{\"def\":1}]"
#define MODEL_LINES                                                                                \
    "gen_ai.request.temperature=0d", "gen_ai.request.top_p=0.9d", "gen_ai.request.top_k=40",       \
        "gen_ai.request.presence_penalty=0.1d", "gen_ai.request.frequency_penalty=-0.5d",          \
        "gen_ai.request.max_tokens=256", "gen_ai.request.seed=0", "gen_ai.request.choice.count=2", \
        "gen_ai.request.stop_sequences=[END,STOP]", "gen_ai.output.type='json'",                   \
        "gen_ai.input.messages='[{\"in\":1}]'", "gen_ai.system_instructions='[{\"sys\":1}]'",      \
        "gen_ai.tool.definitions='[{\"def\":1}]'"
#define RESULT .function_output = "\"done\""
#define RESULT_LINE "agentscope.function.output='\"done\"'"

static const uspan_chat_t chat = {
    REQUEST,
    MODEL,
    .model = "qwen-max",
    .provider = USPAN_PROVIDER_DASHSCOPE,
    .stream = true,
    .server_address = "ai.example",
    .server_port = 443,
    .openai_api_type = USPAN_API_CHAT_COMPLETIONS,
    .openai_service_tier = "default",
};
#define CHAT_LINES                                                                                       \
    "gen_ai.request.model='qwen-max'", "gen_ai.provider.name='dashscope'", "gen_ai.request.stream=true", \
        "server.address='ai.example'", "openai.api.type='chat_completions'",                             \
        "openai.request.service_tier='default'", REQUEST_LINES, MODEL_LINES

static void test_chat_and_its_sisters(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_chat_begin_with(t, USPAN_ROOT, &chat);
    ASSERT_SPAN(w, s, "chat qwen-max", CLIENT, "gen_ai.operation.name='chat'", CHAT_LINES);
    uspan_t g = uspan_generate_begin_with(t, s, &chat);
    ASSERT_SPAN(w, g, "generate_content qwen-max", CLIENT, "gen_ai.operation.name='generate_content'",
                CHAT_LINES);
    uspan_t c = uspan_completion_begin_with(t, s, &chat);
    ASSERT_SPAN(w, c, "text_completion qwen-max", CLIENT, "gen_ai.operation.name='text_completion'",
                CHAT_LINES);
    uspan_t r = uspan_response_begin_with(t, s, &chat);
    ASSERT_SPAN(w, r, "chat qwen-max", CLIENT, "gen_ai.operation.name='chat'", CHAT_LINES);
    r = uspan_response_begin_with(t, USPAN_ROOT, &(uspan_chat_t){ .model = "gpt-5" });
    ASSERT_SPAN(w, r, "chat gpt-5", CLIENT, "gen_ai.operation.name='chat'", "gen_ai.request.model='gpt-5'",
                "gen_ai.provider.name='openai'", "openai.api.type='responses'");
}

static void test_what_a_chat_knows_at_its_end(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_chat_begin(t, USPAN_ROOT, NULL, "m");
    assert_int_equal(uspan_chat_end(t, s,
                                    &(uspan_chat_result_t){
                                        RESULT, .response_id = "chatcmpl-9", .response_model = "m-2025",
                                        .finish_reason = "tool_calls",
                                        .usage = { .input = 812,
                                                   .output = 64,
                                                   .cache_read = 512,
                                                   .cache_creation = 3,
                                                   .reasoning = 32 },
                                        .output_messages = "[{\"out\":1}]", .openai_service_tier = "flex",
                                        .openai_system_fingerprint = "fp_1" }),
                     USPAN_OK);
    ASSERT_SPAN(w, s, "chat m", CLIENT, "gen_ai.operation.name='chat'", "gen_ai.request.model='m'",
                RESULT_LINE, "gen_ai.response.id='chatcmpl-9'", "gen_ai.response.model='m-2025'",
                "gen_ai.response.finish_reasons=[tool_calls]", "gen_ai.usage.input_tokens=812",
                "gen_ai.usage.output_tokens=64", "gen_ai.usage.cache_read.input_tokens=512",
                "gen_ai.usage.cache_creation.input_tokens=3", "gen_ai.usage.reasoning.output_tokens=32",
                "gen_ai.output.messages='[{\"out\":1}]'", "openai.response.service_tier='flex'",
                "openai.response.system_fingerprint='fp_1'");
    uspan_view_t v;
    assert_int_equal(uspan_read(t, s, &v), USPAN_OK);
    assert_true(v.ended);
    assert_int_equal(v.status, USPAN_STATUS_OK);
    s = uspan_chat_begin(t, USPAN_ROOT, NULL, NULL);
    assert_int_equal(uspan_chat_end(t, s,
                                    &(uspan_chat_result_t){ .finish_reasons = LIST("stop", "length"),
                                                            .usage = { .input = 5 } }),
                     USPAN_OK);
    ASSERT_SPAN(w, s, "chat", CLIENT, "gen_ai.operation.name='chat'",
                "gen_ai.response.finish_reasons=[stop,length]", "gen_ai.usage.input_tokens=5");
    s = uspan_chat_begin(t, USPAN_ROOT, NULL, NULL);
    assert_int_equal(uspan_chat_end(t, s, NULL), USPAN_OK);
    ASSERT_SPAN(w, s, "chat", CLIENT, "gen_ai.operation.name='chat'");
    assert_int_equal(uspan_chat_end(t, s, NULL), USPAN_ERR_STALE);
}

static void test_embeddings_and_retrieval(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_embeddings_begin_with(
        t, USPAN_ROOT,
        &(uspan_embeddings_t){ REQUEST, .model = "text-embedding-v4", .provider = "dashscope",
                               .dimensions = USPAN_OPT(1024), .encoding_formats = LIST("float"),
                               .server_address = "ai.example", .server_port = 443 });
    assert_int_equal(uspan_embeddings_end(t, s,
                                          &(uspan_embeddings_result_t){ RESULT, .response_model = "v4-2025",
                                                                        .input_tokens = USPAN_OPT(0) }),
                     USPAN_OK);
    ASSERT_SPAN(w, s, "embeddings text-embedding-v4", CLIENT, "gen_ai.operation.name='embeddings'",
                "gen_ai.request.model='text-embedding-v4'", "gen_ai.provider.name='dashscope'",
                "gen_ai.embeddings.dimension.count=1024", "gen_ai.request.encoding_formats=[float]",
                "server.address='ai.example'", "gen_ai.response.model='v4-2025'",
                "gen_ai.usage.input_tokens=0", REQUEST_LINES, RESULT_LINE);
    s = uspan_embeddings_begin(t, USPAN_ROOT, "openai", "m");
    ASSERT_SPAN(w, s, "embeddings m", CLIENT, "gen_ai.operation.name='embeddings'",
                "gen_ai.request.model='m'", "gen_ai.provider.name='openai'");

    s = uspan_retrieval_begin_with(t, USPAN_ROOT,
                                   &(uspan_retrieval_t){ REQUEST, .data_source_id = "manuals",
                                                         .provider = "openai", .model = "m",
                                                         .top_k = USPAN_OPT(3), .query = "dry?" });
    assert_int_equal(
        uspan_retrieval_end(t, s, &(uspan_retrieval_result_t){ RESULT, .documents = "[{\"id\":\"d1\"}]" }),
        USPAN_OK);
    ASSERT_SPAN(w, s, "retrieval manuals", CLIENT, "gen_ai.operation.name='retrieval'",
                "gen_ai.data_source.id='manuals'", "gen_ai.provider.name='openai'",
                "gen_ai.request.model='m'", "gen_ai.retrieval.top_k=3", "gen_ai.retrieval.query.text='dry?'",
                "gen_ai.retrieval.documents='[{\"id\":\"d1\"}]'", REQUEST_LINES, RESULT_LINE);
    s = uspan_retrieval_begin(t, USPAN_ROOT, "db");
    ASSERT_SPAN(w, s, "retrieval db", CLIENT, "gen_ai.operation.name='retrieval'",
                "gen_ai.data_source.id='db'");
}

#define AGENT_LINES(operation)                                                                               \
    "gen_ai.operation.name='" operation "'", "gen_ai.agent.name='gardener'",                                 \
        "gen_ai.provider.name='openai'", "gen_ai.agent.id='a1'", "gen_ai.agent.description='Waters plants'", \
        "gen_ai.agent.version='1.3'", "gen_ai.data_source.id='ds'", "gen_ai.request.model='gpt-5'",          \
        "uspan.agent.handoffs=[waterer,seller]", "uspan.agent.output_type='Plan'", REQUEST_LINES,            \
        MODEL_LINES

static void test_agents(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    const uspan_agent_t a = { REQUEST,
                              MODEL,
                              .name = "gardener",
                              .provider = "openai",
                              .id = "a1",
                              .description = "Waters plants",
                              .version = "1.3",
                              .data_source_id = "ds",
                              .model = "gpt-5",
                              .tools = LIST("not", "shown"),
                              .handoffs = LIST("waterer", "seller"),
                              .output_schema = "Plan" };
    uspan_t s = uspan_create_agent_begin_with(t, USPAN_ROOT, &a);
    ASSERT_SPAN(w, s, "create_agent gardener", CLIENT, AGENT_LINES("create_agent"));
    s = uspan_agent_begin_with(t, USPAN_ROOT, &a);
    ASSERT_SPAN(w, s, "invoke_agent gardener", INTERNAL, AGENT_LINES("invoke_agent"));
    assert_int_equal(
        uspan_agent_end(t, s, &(uspan_agent_result_t){ RESULT, .output_messages = "[{\"out\":1}]" }),
        USPAN_OK);
    ASSERT_SPAN(w, s, "invoke_agent gardener", INTERNAL, AGENT_LINES("invoke_agent"), RESULT_LINE,
                "gen_ai.output.messages='[{\"out\":1}]'");
    s = uspan_create_agent_begin(t, USPAN_ROOT, "g");
    ASSERT_SPAN(w, s, "create_agent g", CLIENT, "gen_ai.operation.name='create_agent'",
                "gen_ai.agent.name='g'");
}

static void test_tools(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_tool_begin_with(
        t, USPAN_ROOT,
        &(uspan_tool_t){ REQUEST, .name = "set_valve", .call_id = "call_9", .description = "Opens a valve",
                         .type = USPAN_TOOL_EXTENSION, .arguments = "{\"id\":3}", .mcp_server = "garden" });
    assert_int_equal(uspan_tool_end(t, s, &(uspan_tool_result_t){ RESULT, .result = "{\"ok\":true}" }),
                     USPAN_OK);
    ASSERT_SPAN(w, s, "execute_tool set_valve", INTERNAL, "gen_ai.operation.name='execute_tool'",
                "gen_ai.tool.name='set_valve'", "gen_ai.tool.call.id='call_9'",
                "gen_ai.tool.description='Opens a valve'", "gen_ai.tool.type='extension'",
                "gen_ai.tool.call.arguments='{\"id\":3}'", "gen_ai.tool.call.result='{\"ok\":true}'",
                "uspan.mcp.server='garden'", REQUEST_LINES, RESULT_LINE);
    s = uspan_tool_begin_with(t, USPAN_ROOT, &(uspan_tool_t){ .name = "t" });
    ASSERT_SPAN(w, s, "execute_tool t", INTERNAL, "gen_ai.operation.name='execute_tool'",
                "gen_ai.tool.name='t'", "gen_ai.tool.type='function'");
}

static void test_a_generator_leaves_its_last_item(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t tool = uspan_tool_begin(t, USPAN_ROOT, "watch", NULL);
    uspan_t f = uspan_function_begin(t, tool, "count");
    for (int i = 0; i < 3; i++) {
        const char *const items[] = { "{\"moisture\":10}", "{\"moisture\":11}", "{\"moisture\":12}" };
        uspan_content(t, tool, tool_call_result, items[i]);
        uspan_content(t, f, function_output, items[2 - i]);
    }
    assert_string_equal(peek_str(w, tool, "gen_ai.tool.call.result"), "{\"moisture\":12}");
    assert_string_equal(peek_str(w, f, "agentscope.function.output"), "{\"moisture\":10}");
}

static void test_handoffs(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_handoff_begin(t, USPAN_ROOT, "gardener", "waterer");
    ASSERT_SPAN(w, s, "agent_handoff waterer", INTERNAL, "gen_ai.operation.name='agent_handoff'",
                "gen_ai.handoff.from_agent='gardener'", "gen_ai.handoff.to_agent='waterer'",
                "gen_ai.agent.name='gardener'");
    assert_int_equal(uspan_handoff_end(t, s, NULL), USPAN_OK);
    s = uspan_handoff_begin_with(t, USPAN_ROOT, &(uspan_handoff_t){ REQUEST, .from_agent = "gardener" });
    assert_int_equal(uspan_handoff_end(t, s, "seller"), USPAN_OK);
    ASSERT_SPAN(w, s, "agent_handoff seller", INTERNAL, "gen_ai.operation.name='agent_handoff'",
                "gen_ai.handoff.from_agent='gardener'", "gen_ai.handoff.to_agent='seller'",
                "gen_ai.agent.name='gardener'", REQUEST_LINES);
}

static void test_a_guardrail_that_triggers_is_no_failure_but_trips_the_span_around_it(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t agent = uspan_agent_begin(t, USPAN_ROOT, "g");
    uspan_t s = uspan_guardrail_begin_with(
        t, agent, &(uspan_guardrail_t){ REQUEST, .name = "no \"floods\"", .type = "input" });
    assert_int_equal(uspan_guardrail_end(t, s, &(uspan_guardrail_result_t){ RESULT, .triggered = true }),
                     USPAN_OK);
    ASSERT_SPAN(w, s, "guardrail_check no \"floods\"", INTERNAL, "gen_ai.operation.name='guardrail_check'",
                "gen_ai.guardrail.name='no \"floods\"'", "gen_ai.guardrail.type='input'",
                "gen_ai.guardrail.triggered=true", REQUEST_LINES, RESULT_LINE);
    assert_int_equal(peek_slot(w, s)->status, USPAN_STATUS_OK);
    assert_int_equal(uspan_guardrail_tripped(t, agent, "no \"floods\"", "input"), USPAN_OK);
    const uspan_slot_t *slot = peek_slot(w, agent);
    assert_int_equal(slot->status, USPAN_STATUS_ERROR);
    assert_string_equal(peek_message(w, agent), "Guardrail tripwire triggered");
    assert_string_equal(peek_str(w, agent, "error.type"), USPAN_ERROR_GUARDRAIL);
    const uspan_entry_t *data = peek_entry(w, peek_event(w, agent, 0)->attrs, 2);
    assert_string_equal(data->key->text, "uspan.error.data");
    assert_string_equal(peek_bytes(w, data),
                        "{\"guardrail\":\"no \\u0022floods\\u0022\",\"type\":\"input\"}");
    s = uspan_guardrail_begin(t, agent, "calm");
    assert_int_equal(uspan_guardrail_end(t, s, &(uspan_guardrail_result_t){ .triggered = false }), USPAN_OK);
    ASSERT_SPAN(w, s, "guardrail_check calm", INTERNAL, "gen_ai.operation.name='guardrail_check'",
                "gen_ai.guardrail.name='calm'", "gen_ai.guardrail.triggered=false");
}

static void test_data_of_a_tripwire_is_whole_or_not_there(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    char name[200], expected[400];
    for (size_t len = 0; len < sizeof name; len++) {
        memset(name, 'n', len);
        name[len] = '\0';
        for (int typed = 0; typed < 2; typed++) {
            uspan_t s = uspan_agent_begin(t, USPAN_ROOT, "g");
            assert_int_equal(uspan_guardrail_tripped(t, s, name, typed != 0 ? "output" : NULL), USPAN_OK);
            snprintf(expected, sizeof expected, "{\"guardrail\":\"%s\"%s}", name,
                     typed != 0 ? ",\"type\":\"output\"" : "");
            if (strlen(expected) < 160u) {
                assert_int_equal(peek_event(w, s, 0)->attr_count, 3);
                assert_string_equal(peek_bytes(w, peek_entry(w, peek_event(w, s, 0)->attrs, 2)), expected);
            } else {
                /* An attribute that does not fit is dropped, not truncated. */
                assert_int_equal(peek_event(w, s, 0)->attr_count, 2);
            }
            uspan_end(t, s);
            peek_drain(w);
        }
    }
}

static void test_mcp_tools(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s =
        uspan_mcp_tools_begin_with(t, USPAN_ROOT,
                                   &(uspan_mcp_tools_t){ REQUEST, .server = "garden", .session_id = "s1",
                                                         .protocol_version = "2025-06-18", .transport = "tcp",
                                                         .server_address = "10.0.0.7", .server_port = 8080 });
    assert_int_equal(
        uspan_mcp_tools_end(
            t, s,
            &(uspan_mcp_tools_result_t){ RESULT, .tool_definitions = "[{\"def\":1}]", .tools = LIST("a") }),
        USPAN_OK);
    ASSERT_SPAN(w, s, "tools/list", CLIENT, "gen_ai.operation.name='list_tools'",
                "mcp.method.name='tools/list'", "uspan.mcp.server='garden'", "mcp.session.id='s1'",
                "mcp.protocol.version='2025-06-18'", "network.transport='tcp'", "server.address='10.0.0.7'",
                "gen_ai.tool.definitions='[{\"def\":1}]'", REQUEST_LINES, RESULT_LINE);
}

static void test_formats_functions_and_custom_spans(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s =
        uspan_format_begin_with(t, USPAN_ROOT, &(uspan_format_t){ REQUEST, .target = USPAN_PROVIDER_GEMINI });
    assert_int_equal(uspan_format_end(t, s, &(uspan_format_result_t){ RESULT, .count = USPAN_OPT(0) }),
                     USPAN_OK);
    ASSERT_SPAN(w, s, "format gcp.gemini", INTERNAL, "gen_ai.operation.name='format'",
                "agentscope.format.target='gcp.gemini'", "agentscope.format.count=0", REQUEST_LINES,
                RESULT_LINE);
    s = uspan_format_begin_with(t, USPAN_ROOT, NULL);
    ASSERT_SPAN(w, s, "format unknown", INTERNAL, "gen_ai.operation.name='format'",
                "agentscope.format.target='unknown'");
    s = uspan_function_begin_with(t, USPAN_ROOT,
                                  &(uspan_function_t){ .name = "plan", .function_input = "{}" });
    assert_int_equal(uspan_function_end(t, s, &(uspan_result_t){ RESULT }), USPAN_OK);
    ASSERT_SPAN(w, s, "invoke_generic_function plan", INTERNAL,
                "gen_ai.operation.name='invoke_generic_function'", "agentscope.function.name='plan'",
                "agentscope.function.input='{}'", RESULT_LINE);
    s = uspan_custom_begin(t, USPAN_ROOT, "turn", "{\"turn\":1}");
    uspan_set_int(t, s, USPAN_CUSTOM_KEY("turn"), 1);
    ASSERT_SPAN(w, s, "invoke_generic_function turn", INTERNAL,
                "gen_ai.operation.name='invoke_generic_function'", "agentscope.function.name='turn'",
                "agentscope.function.input='{\"turn\":1}'", "uspan.custom.turn=1");
}

static void test_speech(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    const uspan_speech_t speech = { REQUEST,         .model = "tts-1", .provider = "openai",
                                    .format = "pcm", .voice = "alloy", .input_messages = "[{\"in\":1}]" };
    uspan_t s = uspan_speech_begin_with(t, USPAN_ROOT, &speech);
    assert_int_equal(uspan_speech_end(t, s,
                                      &(uspan_speech_result_t){
                                          RESULT, .first_chunk_ns = peek_slot(w, s)->start_ns + 250000000u,
                                          .output_messages = "[{\"out\":1}]" }),
                     USPAN_OK);
    ASSERT_SPAN(w, s, "speech_generation tts-1", CLIENT, "gen_ai.operation.name='speech_generation'",
                "gen_ai.request.model='tts-1'", "gen_ai.provider.name='openai'",
                "gen_ai.output.type='speech'", "gen_ai.audio.output.format='pcm'",
                "gen_ai.speech.voice='alloy'", "gen_ai.input.messages='[{\"in\":1}]'",
                "gen_ai.request.stream=true", "gen_ai.response.time_to_first_chunk=0.25d",
                "gen_ai.output.messages='[{\"out\":1}]'", REQUEST_LINES, RESULT_LINE);
    s = uspan_transcription_begin_with(t, USPAN_ROOT, &speech);
    assert_int_equal(uspan_speech_end(t, s, &(uspan_speech_result_t){ .output_messages = "[{\"out\":1}]" }),
                     USPAN_OK);
    ASSERT_SPAN(w, s, "transcription tts-1", CLIENT, "gen_ai.operation.name='transcription'",
                "gen_ai.request.model='tts-1'", "gen_ai.provider.name='openai'", "gen_ai.output.type='text'",
                "gen_ai.audio.input.format='pcm'", "gen_ai.input.messages='[{\"in\":1}]'",
                "gen_ai.output.messages='[{\"out\":1}]'", REQUEST_LINES);
    s = uspan_transcription_begin(t, USPAN_ROOT, "whisper");
    ASSERT_SPAN(w, s, "transcription whisper", CLIENT, "gen_ai.operation.name='transcription'",
                "gen_ai.request.model='whisper'", "gen_ai.output.type='text'");
    s = uspan_speech_begin(t, USPAN_ROOT, NULL);
    ASSERT_SPAN(w, s, "speech_generation", CLIENT, "gen_ai.operation.name='speech_generation'",
                "gen_ai.output.type='speech'");
    s = uspan_speech_group_begin(t, USPAN_ROOT, "\"Bed 3 is dry\"");
    ASSERT_SPAN(w, s, "speech_group", INTERNAL, "gen_ai.operation.name='speech_group'",
                "agentscope.function.input='\"Bed 3 is dry\"'");
}

static void test_null_and_stale_spans_and_no_tracer_are_harmless(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    assert_int_equal(uspan_chat_begin_with(NULL, USPAN_ROOT, &chat).id, 0);
    assert_int_equal(uspan_chat_begin_with(t, USPAN_NULL, &chat).id, 0);
    const uspan_chat_result_t r = { .response_id = "r", .usage = { .input = 1 }, .error_type = "timeout" };
    assert_int_equal(uspan_chat_end(t, USPAN_NULL, &r), USPAN_OK);
    assert_int_equal(uspan_chat_end(NULL, USPAN_NULL, &r), USPAN_ERR_ARG);
    uspan_t s = uspan_chat_begin(t, USPAN_ROOT, NULL, NULL);
    uspan_end(t, s);
    assert_int_equal(uspan_chat_end(t, s, &r), USPAN_ERR_STALE);
    assert_int_equal(uspan_handoff_end(t, s, "x"), USPAN_ERR_STALE);
    assert_int_equal(uspan_first_chunk(t, s), USPAN_ERR_STALE);
    assert_int_equal(uspan_first_chunk(t, USPAN_NULL), USPAN_OK);
    assert_int_equal(uspan_first_chunk(NULL, USPAN_NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_span_content(t, s, true), USPAN_ERR_STALE);
    assert_int_equal(uspan_set_tokens(t, s, NULL), USPAN_ERR_ARG);
}

static void test_the_fullest_span_has_as_many_attributes_as_its_constant_says(void **state)
{
    assert_fullest_span_is_counted(*state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_chat_and_its_sisters),
        IN_WORLD(test_the_fullest_span_has_as_many_attributes_as_its_constant_says),
        IN_WORLD(test_what_a_chat_knows_at_its_end),
        IN_WORLD(test_embeddings_and_retrieval),
        IN_WORLD(test_agents),
        IN_WORLD(test_tools),
        IN_WORLD(test_a_generator_leaves_its_last_item),
        IN_WORLD(test_handoffs),
        IN_WORLD(test_a_guardrail_that_triggers_is_no_failure_but_trips_the_span_around_it),
        IN_WORLD(test_data_of_a_tripwire_is_whole_or_not_there),
        IN_WORLD(test_mcp_tools),
        IN_WORLD(test_formats_functions_and_custom_spans),
        IN_WORLD(test_speech),
        IN_WORLD(test_null_and_stale_spans_and_no_tracer_are_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
