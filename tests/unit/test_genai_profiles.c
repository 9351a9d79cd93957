/* test_genai_profiles.c: each backend profile adds the expected attributes to the expected spans, and
 * nothing else. Times of other centuries need USPAN_DATE_MIN_S 0.
 * uspan-config: USPAN_ATTRS_MAX=64 USPAN_TEXT_BYTES=16384 USPAN_PROFILE_ALIYUN=1 USPAN_PROFILE_PHOENIX=1
 * uspan-config: USPAN_PROFILE_LANGFUSE=1 USPAN_PROFILE_AGENTSCOPE=1 USPAN_DATE_MIN_S=0 */
#include "typed_spans.h"

#define ADDS(aliyun) "gen_ai.span.kind='" aliyun "'"
#define ADDS_ALL(aliyun, phoenix, langfuse) \
    ADDS(aliyun), "openinference.span.kind='" phoenix "'", "langfuse.observation.type='" langfuse "'"

static void test_each_type_has_its_kinds(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    ASSERT_SPAN(w, uspan_chat_begin(t, USPAN_ROOT, NULL, NULL), "chat", CLIENT, "gen_ai.operation.name='chat'", ADDS("LLM"));
    ASSERT_SPAN(w, uspan_generate_begin(t, USPAN_ROOT, NULL, NULL), "generate_content", CLIENT,
                "gen_ai.operation.name='generate_content'", ADDS("LLM"));
    ASSERT_SPAN(w, uspan_embeddings_begin(t, USPAN_ROOT, NULL, NULL), "embeddings", CLIENT,
                "gen_ai.operation.name='embeddings'", ADDS("EMBEDDING"));
    ASSERT_SPAN(w, uspan_retrieval_begin(t, USPAN_ROOT, NULL), "retrieval", CLIENT, "gen_ai.operation.name='retrieval'",
                ADDS("RETRIEVER"), "langfuse.observation.type='retriever'");
    ASSERT_SPAN(w, uspan_agent_begin(t, USPAN_ROOT, NULL), "invoke_agent", INTERNAL, "gen_ai.operation.name='invoke_agent'",
                ADDS("AGENT"));
    ASSERT_SPAN(w, uspan_create_agent_begin(t, USPAN_ROOT, NULL), "create_agent", CLIENT,
                "gen_ai.operation.name='create_agent'", ADDS("AGENT"));
    ASSERT_SPAN(w, uspan_tool_begin(t, USPAN_ROOT, NULL, NULL), "execute_tool", INTERNAL,
                "gen_ai.operation.name='execute_tool'", "gen_ai.tool.type='function'", ADDS("TOOL"));
    ASSERT_SPAN(w, uspan_format_begin(t, USPAN_ROOT, "openai"), "format openai", INTERNAL, "gen_ai.operation.name='format'",
                "agentscope.format.target='openai'", ADDS_ALL("TASK", "CHAIN", "span"));
    ASSERT_SPAN(w, uspan_function_begin(t, USPAN_ROOT, "f"), "invoke_generic_function f", INTERNAL,
                "gen_ai.operation.name='invoke_generic_function'", "agentscope.function.name='f'",
                ADDS_ALL("TASK", "CHAIN", "span"));
    ASSERT_SPAN(w, uspan_guardrail_begin(t, USPAN_ROOT, "g"), "guardrail_check g", INTERNAL,
                "gen_ai.operation.name='guardrail_check'", "gen_ai.guardrail.name='g'",
                ADDS_ALL("TASK", "GUARDRAIL", "guardrail"));
    ASSERT_SPAN(w, uspan_handoff_begin(t, USPAN_ROOT, NULL, "b"), "agent_handoff b", INTERNAL,
                "gen_ai.operation.name='agent_handoff'", "gen_ai.handoff.to_agent='b'", ADDS_ALL("TASK", "TOOL", "span"));
    ASSERT_SPAN(w, uspan_mcp_tools_begin(t, USPAN_ROOT, "m"), "tools/list", CLIENT, "gen_ai.operation.name='list_tools'",
                "mcp.method.name='tools/list'", "uspan.mcp.server='m'", ADDS_ALL("TASK", "CHAIN", "span"));
    ASSERT_SPAN(w, uspan_speech_group_begin(t, USPAN_ROOT, NULL), "speech_group", INTERNAL,
                "gen_ai.operation.name='speech_group'", ADDS_ALL("CHAIN", "CHAIN", "span"));
}

static void test_langfuse_gets_the_trace_and_aliyun_the_session(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    const uspan_attr_t metadata[] = { USPAN_ATTR_INT(USPAN_METADATA_KEY("bed"), 3), { .key = NULL } };
    uspan_t s = uspan_workflow_begin_with(t, USPAN_ROOT, &(uspan_workflow_t){ .name = "w", .group_id = "group_1",
                                                                              .metadata = metadata });
    ASSERT_SPAN(w, s, "invoke_workflow w", INTERNAL, "gen_ai.operation.name='invoke_workflow'", "gen_ai.workflow.name='w'",
                "gen_ai.conversation.id='group_1'", "gen_ai.session.id='group_1'", "session.id='group_1'",
                "uspan.trace.metadata.bed=3", "langfuse.trace.metadata.bed=3", "langfuse.trace.name='w'",
                ADDS_ALL("ENTRY", "CHAIN", "chain"));
    ASSERT_SPAN(w, uspan_chat_begin(t, s, NULL, NULL), "chat", CLIENT, "gen_ai.operation.name='chat'",
                "gen_ai.conversation.id='group_1'", "gen_ai.session.id='group_1'", ADDS("LLM"));
    assert_string_equal(peek_str(w, uspan_workflow_begin(t, s, "within"), "gen_ai.span.kind"), "CHAIN");
}

static void test_what_went_into_a_call_does_not_hide_its_messages_from_langfuse(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_chat_begin_with(t, USPAN_ROOT, &(uspan_chat_t){ .function_input = "{\"args\":[]}",
                                                                      .input_messages = "[]" });
    assert_null(peek_attr(w, s, "langfuse.observation.input"));
    assert_string_equal(peek_str(w, s, "agentscope.function.input"), "{\"args\":[]}");
    s = uspan_guardrail_begin_with(t, s, &(uspan_guardrail_t){ .name = "g", .function_input = "\"x\"" });
    assert_string_equal(peek_str(w, s, "langfuse.observation.input"), "\"x\"");
}

static void test_input_and_output_are_repeated_where_their_backend_reads_no_other(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_function_begin_with(t, USPAN_ROOT, &(uspan_function_t){ .name = "f", .function_input = "{}" });
    assert_int_equal(uspan_function_end(t, s, &(uspan_result_t){ .function_output = "1" }), USPAN_OK);
    ASSERT_SPAN(w, s, "invoke_generic_function f", INTERNAL, "gen_ai.operation.name='invoke_generic_function'",
                "agentscope.function.name='f'", ADDS_ALL("TASK", "CHAIN", "span"), "agentscope.function.input='{}'",
                "agentscope.function.output='1'", "input.value='{}'", "output.value='1'", "input.mime_type='application/json'",
                "output.mime_type='application/json'", "langfuse.observation.input='{}'", "langfuse.observation.output='1'");
    s = uspan_tool_begin_with(t, USPAN_ROOT, &(uspan_tool_t){ .name = "t", .arguments = "{\"a\":1}", .external = true });
    assert_int_equal(uspan_tool_end(t, s, &(uspan_tool_result_t){ .result = "2" }), USPAN_OK);
    ASSERT_SPAN(w, s, "execute_tool t", INTERNAL, "gen_ai.operation.name='execute_tool'", "gen_ai.tool.name='t'",
                "gen_ai.tool.type='function'", ADDS("TOOL"), "gen_ai.tool.call.arguments='{\"a\":1}'",
                "gen_ai.tool.call.result='2'", "agentscope.function.input='{\"a\":1}'", "agentscope.function.output='2'",
                "agentscope.agent.is_external_execution=true");
}

static void test_agentscope_2_has_fields_of_its_own(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_agent_begin_with(t, USPAN_ROOT, &(uspan_agent_t){ .name = "g", .event_type = USPAN_EVENT_CONFIRM_RESULT });
    assert_int_equal(uspan_agent_end(t, s, &(uspan_agent_result_t){
        .reply_id = "rep-1", .hitl_pending_tools = "[\"valve\"]", .external_pending_tools = "[\"pump\"]" }), USPAN_OK);
    ASSERT_SPAN(w, s, "invoke_agent g", INTERNAL, "gen_ai.operation.name='invoke_agent'", "gen_ai.agent.name='g'", ADDS("AGENT"),
                "agentscope.agent.incoming_event_type='user_confirm_result'", "agentscope.agent.reply_id='rep-1'",
                "agentscope.agent.hitl_pending_tools='[\"valve\"]'",
                "agentscope.agent.external_execution_pending_tools='[\"pump\"]'");
}

static void test_first_token_times_have_the_backends_units(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static const struct {
        uint64_t unix_s;
        const char *text;
    } times[] = { { 1700000000, "2023-11-14T22:13:20.250Z" }, { 951782400, "2000-02-29T00:00:00.250Z" },
                  { 4107542399, "2100-02-28T23:59:59.250Z" }, { 1735689599, "2024-12-31T23:59:59.250Z" } };
    for (size_t i = 0; i < COUNT(times); i++) {
        uspan_t s = uspan_chat_begin(t, USPAN_ROOT, NULL, NULL);
        uint64_t start_ns = peek_slot(w, s)->start_ns;
        w->now_ns = start_ns + 400000000u;
        uspan_set_unix_time(t, times[i].unix_s * 1000000000u + 400000000u);
        assert_int_equal(uspan_first_chunk_at(t, s, start_ns + 250000000u), USPAN_OK);
        assert_int_equal(uspan_chat_end(t, s, &(uspan_chat_result_t){
            .usage = { .input = 9, .output = 1, .cache_read = 4, .cache_creation = 2 } }), USPAN_OK);
        char iso[80];
        snprintf(iso, sizeof iso, "langfuse.observation.completion_start_time='%s'", times[i].text);
        ASSERT_SPAN(w, s, "chat", CLIENT, "gen_ai.operation.name='chat'", ADDS("LLM"), "gen_ai.request.stream=true",
                    "gen_ai.response.time_to_first_chunk=0.25d", "gen_ai.user.time_to_first_token=250000000", iso,
                    "gen_ai.usage.input_tokens=9", "gen_ai.usage.output_tokens=1", "gen_ai.usage.cache_read.input_tokens=4",
                    "gen_ai.usage.cache_creation.input_tokens=2", "agentscope.usage.cache_input_tokens=4",
                    "agentscope.usage.cache_creation_input_tokens=2");
    }
}

static void test_the_fullest_span_has_as_many_attributes_as_its_constant_says(void **state)
{
    assert_fullest_span_is_counted(*state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_each_type_has_its_kinds),
        IN_WORLD(test_the_fullest_span_has_as_many_attributes_as_its_constant_says),
        IN_WORLD(test_langfuse_gets_the_trace_and_aliyun_the_session),
        IN_WORLD(test_what_went_into_a_call_does_not_hide_its_messages_from_langfuse),
        IN_WORLD(test_input_and_output_are_repeated_where_their_backend_reads_no_other),
        IN_WORLD(test_agentscope_2_has_fields_of_its_own),
        IN_WORLD(test_first_token_times_have_the_backends_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
