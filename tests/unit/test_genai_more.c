/* test_genai_more.c: fields and spans that the conventions added since 1.38. Each has today's name and the
 * type of the table. Names that only USPAN_SEMCONV_LATEST sends do not appear.
 * uspan-config: USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=16384 USPAN_TOOL_DEFINITIONS=1 */
#include "typed_spans.h"

static void test_a_chat_says_how_much_it_shall_think_and_what_it_continues(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_chat_begin_with(t, USPAN_ROOT, &(uspan_chat_t){
        .model = "m", .reasoning_level = "high", .previous_response_id = "resp_1", .prompt_name = "not", .prompt_version = "sent",
        .top_k = USPAN_OPT(0) });
    assert_int_equal(uspan_chat_end(t, s, &(uspan_chat_result_t){
        .compacted = true, .usage = { .input = 9, .cache_creation = 3 }, .input_of = { 1, 2, 3 } }), USPAN_OK);
    ASSERT_SPAN(w, s, "chat m", CLIENT, "gen_ai.operation.name='chat'", "gen_ai.request.model='m'",
                "gen_ai.request.reasoning.level='high'", "gen_ai.request.previous_response.id='resp_1'",
                "gen_ai.request.top_k=0", "gen_ai.conversation.compacted=true", "gen_ai.usage.input_tokens=9",
                "gen_ai.usage.cache_creation.input_tokens=3");
    s = uspan_agent_begin_with(t, USPAN_ROOT, &(uspan_agent_t){ .name = "far", .kind = USPAN_KIND_CLIENT, .id = "a1",
                                                                .previous_response_id = "resp_1" });
    ASSERT_SPAN(w, s, "invoke_agent far", CLIENT, "gen_ai.operation.name='invoke_agent'", "gen_ai.agent.name='far'",
                "gen_ai.agent.id='a1'", "gen_ai.request.previous_response.id='resp_1'");
}

static void test_a_response_that_is_fetched_has_its_state_and_no_usage(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_usage_t usage = { .calls = 0 };
    uspan_set_usage(t, &usage);
    uspan_t s = uspan_fetch_response_begin_with(t, USPAN_ROOT, &(uspan_fetch_response_t){
        .response_id = "resp_9", .provider = "openai", .stream_cursor = "17", .server_address = "ai.example",
        .server_port = 443 });
    assert_int_equal(uspan_fetch_response_end(t, s, &(uspan_fetch_response_result_t){
        .response_model = "gpt-5-2026", .status = USPAN_RESPONSE_COMPLETED, .finish_reasons = LIST("stop"),
        .output_messages = "[]", .function_output = "1" }), USPAN_OK);
    ASSERT_SPAN(w, s, "fetch_response", CLIENT, "gen_ai.operation.name='fetch_response'", "gen_ai.response.id='resp_9'",
                "gen_ai.provider.name='openai'", "gen_ai.request.stream_cursor='17'", "server.address='ai.example'",
                "server.port=443", "gen_ai.response.model='gpt-5-2026'", "gen_ai.response.status='completed'",
                "gen_ai.response.finish_reasons=[stop]", "gen_ai.output.messages='[]'", "agentscope.function.output='1'");
    s = uspan_fetch_response_begin(t, USPAN_ROOT, "openai", "resp_9");
    ASSERT_SPAN(w, s, "fetch_response", CLIENT, "gen_ai.operation.name='fetch_response'", "gen_ai.response.id='resp_9'",
                "gen_ai.provider.name='openai'");
    assert_int_equal(uspan_fetch_response_end(t, s, NULL), USPAN_OK);
    assert_int_equal(usage.calls, 0);
}

static void test_operations_on_a_memory(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static const char *const operations[] = { USPAN_MEMORY_CREATE_STORE, USPAN_MEMORY_DELETE_STORE, USPAN_MEMORY_CREATE,
                                              USPAN_MEMORY_UPDATE, USPAN_MEMORY_UPSERT, USPAN_MEMORY_SEARCH,
                                              USPAN_MEMORY_DELETE };
    for (size_t i = 0; i < COUNT(operations); i++) {
        char line[80];
        snprintf(line, sizeof line, "gen_ai.operation.name='%s'", operations[i]);
        uspan_t s = uspan_memory_begin(t, USPAN_ROOT, operations[i], "beds");
        ASSERT_SPAN(w, s, operations[i], CLIENT, line, "gen_ai.memory.store.id='beds'");
        assert_int_equal(uspan_memory_end(t, s, NULL), USPAN_OK);
    }
    uspan_t s = uspan_memory_begin_with(t, USPAN_ROOT, USPAN_MEMORY_SEARCH, &(uspan_memory_t){
        .kind = USPAN_KIND_INTERNAL, .store_id = "beds", .record_id = "r1", .provider = "mem0", .query = "dry?", .records = "[1]",
        .server_address = "mem.example", .server_port = 80 });
    assert_int_equal(uspan_memory_end(t, s, &(uspan_memory_result_t){ .records = "[2]", .record_id = "r2",
                                                                      .record_count = USPAN_OPT(0) }), USPAN_OK);
    ASSERT_SPAN(w, s, "search_memory", INTERNAL, "gen_ai.operation.name='search_memory'", "gen_ai.memory.store.id='beds'",
                "gen_ai.memory.record.id='r2'", "gen_ai.provider.name='mem0'", "gen_ai.memory.query.text='dry?'",
                "gen_ai.memory.records='[2]'", "gen_ai.memory.record.count=0", "server.address='mem.example'", "server.port=80");
    s = uspan_memory_begin_with(t, USPAN_ROOT, NULL, NULL);
    ASSERT_SPAN(w, s, "search_memory", CLIENT, "gen_ai.operation.name='search_memory'");
}

static void test_tools_and_plans_take_the_agents_name_from_their_parent(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t agent = uspan_agent_begin(t, USPAN_ROOT, "gardener"), plan = uspan_plan_begin(t, agent, NULL);
    ASSERT_SPAN(w, plan, "plan", INTERNAL, "gen_ai.operation.name='plan'", "gen_ai.agent.name='gardener'");
    assert_int_equal(uspan_plan_end(t, plan, &(uspan_result_t){ .function_output = "[1]" }), USPAN_OK);
    ASSERT_SPAN(w, plan, "plan", INTERNAL, "gen_ai.operation.name='plan'", "gen_ai.agent.name='gardener'",
                "agentscope.function.output='[1]'");
    ASSERT_SPAN(w, uspan_plan_begin_with(t, agent, &(uspan_plan_t){ .agent_name = "other" }), "plan other", INTERNAL,
                "gen_ai.operation.name='plan'", "gen_ai.agent.name='other'");
    uspan_t tool = uspan_tool_begin(t, agent, "ask", NULL);
    ASSERT_SPAN(w, tool, "execute_tool ask", INTERNAL, "gen_ai.operation.name='execute_tool'", "gen_ai.tool.name='ask'",
                "gen_ai.tool.type='function'", "gen_ai.agent.name='gardener'");
    assert_string_equal(peek_str(w, uspan_tool_begin(t, tool, "within", NULL), "gen_ai.agent.name"), "gardener");
    assert_string_equal(peek_str(w, uspan_tool_begin_with(t, tool, &(uspan_tool_t){ .name = "x", .agent_name = "mine" }),
                                 "gen_ai.agent.name"), "mine");
    uspan_t before = uspan_enter(t, agent);
    assert_string_equal(peek_str(w, uspan_tool_begin(t, USPAN_CURRENT, "c", NULL), "gen_ai.agent.name"), "gardener");
    uspan_leave(t, before);
    assert_null(peek_attr(w, uspan_tool_begin(t, uspan_chat_begin(t, agent, NULL, NULL), "c", NULL), "gen_ai.agent.name"));
}

static void test_a_judgement_is_an_event_of_the_span_that_was_judged(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_chat_begin(t, USPAN_ROOT, NULL, "m");
    const uspan_evaluation_t e = { .name = "relevance", .label = "pass", .explanation = "names the bed", .response_id = "r1",
                                   .error_type = "timeout", .score = USPAN_OPT(0.5) };
    assert_int_equal(uspan_evaluation(t, s, &e), USPAN_OK);
    const uspan_event_rec_t *event = peek_event(w, s, 0);
    assert_string_equal(peek_event_name(w, event), "gen_ai.evaluation.result");
    static const char *const wanted[][2] = { { "gen_ai.evaluation.name", "relevance" },
                                             { "gen_ai.evaluation.score.label", "pass" },
                                             { "gen_ai.evaluation.explanation", "names the bed" },
                                             { "gen_ai.response.id", "r1" }, { "error.type", "timeout" } };
    assert_int_equal(event->attr_count, 6);
    for (unsigned i = 0; i < COUNT(wanted); i++) {
        assert_string_equal(peek_entry(w, event->attrs, i)->key->text, wanted[i][0]);
        assert_string_equal(peek_bytes(w, peek_entry(w, event->attrs, i)), wanted[i][1]);
    }
    assert_string_equal(peek_entry(w, event->attrs, 5)->key->text, "gen_ai.evaluation.score.value");
    assert_true(peek_entry(w, event->attrs, 5)->v.d == 0.5);
    assert_int_equal(uspan_evaluation(t, s, &(uspan_evaluation_t){ .name = "relevance" }), USPAN_OK);
    assert_int_equal(peek_event(w, s, 1)->attr_count, 1);
    assert_int_equal(uspan_evaluation(t, s, &(uspan_evaluation_t){ .label = "pass" }), USPAN_ERR_ARG);
    assert_int_equal(uspan_evaluation(t, s, NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_evaluation(NULL, s, &e), USPAN_ERR_ARG);
    assert_int_equal(uspan_evaluation(t, USPAN_NULL, &e), USPAN_OK);
    uspan_end(t, s);
    assert_int_equal(uspan_evaluation(t, s, &e), USPAN_ERR_STALE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_a_chat_says_how_much_it_shall_think_and_what_it_continues),
        IN_WORLD(test_a_response_that_is_fetched_has_its_state_and_no_usage),
        IN_WORLD(test_operations_on_a_memory),
        IN_WORLD(test_tools_and_plans_take_the_agents_name_from_their_parent),
        IN_WORLD(test_a_judgement_is_an_event_of_the_span_that_was_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
