/* test_genai_run.c: properties of all spans of an agent run: conversation, trace id, totals, privacy,
 * scopes and open spans.
 * uspan-config: USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=16384 USPAN_TOOL_DEFINITIONS=1 */
#include "typed_spans.h"
#include "uspan/inspect.h"
#include "uspan/scope.h"

#define HEX "0af7651916cd43dd8448eb211c80319c"

/* ---- workflows ----------------------------------------------------------------------------------------- */

static void test_a_workflow_says_all_it_has(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    const uspan_attr_t metadata[] = { USPAN_ATTR_INT(USPAN_METADATA_KEY("bed"), 3),
                                      USPAN_ATTR_TEXT(USPAN_METADATA_KEY("site"), "north"), { .key = NULL } };
    uspan_t s = uspan_workflow_begin_with(t, USPAN_ROOT, &(uspan_workflow_t){
        .name = "watering", .group_id = "group_1", .trace_id = "trace_" HEX, .user_id = "u1", .session_id = "s1",
        .environment = "field", .metadata = metadata, .input_messages = "[{\"in\":1}]", .function_name = "main" });
    assert_int_equal(uspan_workflow_end(t, s, &(uspan_workflow_result_t){ .output_messages = "[{\"out\":1}]" }), USPAN_OK);
    ASSERT_SPAN(w, s, "invoke_workflow watering", INTERNAL, "gen_ai.operation.name='invoke_workflow'",
                "gen_ai.workflow.name='watering'", "gen_ai.conversation.id='group_1'", "user.id='u1'", "session.id='s1'",
                "deployment.environment.name='field'", "uspan.trace.metadata.bed=3", "uspan.trace.metadata.site='north'",
                "gen_ai.input.messages='[{\"in\":1}]'", "gen_ai.output.messages='[{\"out\":1}]'",
                "agentscope.function.name='main'");
    static const uint8_t id[16] = { 0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd,
                                    0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c };
    assert_memory_equal(peek_slot(w, s)->trace_id, id, 16);
    s = uspan_workflow_begin(t, USPAN_ROOT, NULL);
    ASSERT_SPAN(w, s, "invoke_workflow Agent workflow", INTERNAL, "gen_ai.operation.name='invoke_workflow'",
                "gen_ai.workflow.name='Agent workflow'");
    s = uspan_workflow_begin_with(t, USPAN_ROOT, NULL);
    ASSERT_SPAN(w, s, "invoke_workflow Agent workflow", INTERNAL, "gen_ai.operation.name='invoke_workflow'",
                "gen_ai.workflow.name='Agent workflow'");
    s = uspan_workflow_begin(t, USPAN_ROOT, "plain");
    assert_int_equal(uspan_workflow_end(t, s, NULL), USPAN_OK);
    ASSERT_SPAN(w, s, "invoke_workflow plain", INTERNAL, "gen_ai.operation.name='invoke_workflow'",
                "gen_ai.workflow.name='plain'");
}

static void test_a_trace_id_of_another_form_is_kept_as_text(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static const char *const others[] = { "trace_0af7651916cd43dd8448eb211c80319", "trace_" HEX "0",
                                          "trace_00000000000000000000000000000000",
                                          "trace_0AF7651916cd43dd8448eb211c80319c", "trace_0af7651916cd43dd8448eb211c80319g", HEX,
                                          "mine", "trace_" };
    for (size_t i = 0; i < COUNT(others); i++) {
        uspan_t s = uspan_workflow_begin_with(t, USPAN_ROOT, &(uspan_workflow_t){ .name = "w", .trace_id = others[i] });
        assert_string_equal(peek_str(w, s, "uspan.trace.id"), others[i]);
        uspan_end(t, s);
    }
}

static void test_a_disabled_workflow_records_nothing_under_it(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_workflow_begin_with(t, USPAN_ROOT, &(uspan_workflow_t){ .name = "w", .disabled = true });
    uspan_t chat = uspan_chat_begin(t, s, "openai", "m");
    assert_int_equal(uspan_chat_end(t, chat, &(uspan_chat_result_t){ .response_id = "r" }), USPAN_OK);
    assert_int_equal(uspan_workflow_end(t, s, NULL), USPAN_OK);
    assert_int_equal(peek_stats(w).unsampled, 2);
    assert_int_equal(peek_stats(w).queued, 0);
}

static void test_children_belong_to_their_parent_s_conversation(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    char text[80];
    /* The text is in the entry, in one block, in two blocks, or too long. */
    for (size_t len = 1; len < sizeof text; len++) {
        memset(text, 'c', len);
        text[len] = '\0';
        uspan_t s = uspan_workflow_begin_with(t, USPAN_ROOT, &(uspan_workflow_t){ .group_id = text });
        uspan_t agent = uspan_agent_begin(t, s, "g");
        uspan_t before = uspan_enter(t, agent);
        uspan_t tool = uspan_tool_begin(t, USPAN_CURRENT, "valve", NULL);
        uspan_leave(t, before);
        uspan_t own = uspan_chat_begin_with(t, agent, &(uspan_chat_t){ .conversation_id = "another" });
        if (len <= 64u) {
            assert_string_equal(peek_str(w, agent, "gen_ai.conversation.id"), text);
            assert_string_equal(peek_str(w, tool, "gen_ai.conversation.id"), text);
        } else {
            assert_null(peek_attr(w, agent, "gen_ai.conversation.id"));
        }
        assert_string_equal(peek_str(w, own, "gen_ai.conversation.id"), "another");
        uspan_end(t, own);
        uspan_end(t, tool);
        uspan_end(t, agent);
        uspan_end(t, s);
        peek_drain(w);
    }
    uspan_t s = uspan_start(t, USPAN_ROOT, "plain");
    uspan_set_static(t, s, &uspan_key_conversation_id, "static-conversation");
    assert_string_equal(peek_str(w, uspan_chat_begin(t, s, NULL, "m"), "gen_ai.conversation.id"), "static-conversation");
    uspan_set_int(t, s, &uspan_key_conversation_id, 7); /* not a text, so children do not inherit it */
    assert_null(peek_attr(w, uspan_chat_begin(t, s, NULL, "m"), "gen_ai.conversation.id"));
}

static void sees_all(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    uspan_value_t v;
    *(int *)ctx = uspan_find_attr(t, s, USPAN_OF_SPAN, "gen_ai.request.seed", &v, NULL) == USPAN_OK &&
                  uspan_find_attr(t, s, USPAN_OF_SPAN, "gen_ai.conversation.id", &v, NULL) == USPAN_OK;
}

static void test_a_processor_sees_the_whole_request_at_the_start(void **state)
{
    world_t *w = *state;
    int seen = 0;
    uspan_processor_t p = { .ctx = &seen, .on_start = sees_all };
    assert_int_equal(uspan_add_processor(&w->tracer, &p), USPAN_OK);
    (void)uspan_chat_begin_with(&w->tracer, USPAN_ROOT, &(uspan_chat_t){ .seed = USPAN_OPT(0), .conversation_id = "c" });
    assert_int_equal(seen, 1);
    uspan_set_processor(&w->tracer, NULL);
}

/* ---- streaming ----------------------------------------------------------------------------------------- */

static void test_the_first_chunk_s_time_is_told_once(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_chat_begin(t, USPAN_ROOT, NULL, NULL);
    w->now_ns = peek_slot(w, s)->start_ns + 412000000u;
    assert_int_equal(uspan_first_chunk(t, s), USPAN_OK);
    world_advance_ms(w, 500);
    assert_int_equal(uspan_first_chunk(t, s), USPAN_OK);
    uspan_append_str(t, s, &uspan_key_output_messages, "partial");
    assert_int_equal(uspan_chat_end(t, s, &(uspan_chat_result_t){ .error_type = USPAN_ERROR_RESET }), USPAN_OK);
    ASSERT_SPAN(w, s, "chat", CLIENT, "gen_ai.operation.name='chat'", "gen_ai.request.stream=true",
                "gen_ai.response.time_to_first_chunk=0.412d", "gen_ai.output.messages='partial'",
                "gen_ai.response.finish_reasons=[error]", "error.type='connection_reset'");
    s = uspan_chat_begin(t, USPAN_ROOT, NULL, NULL);
    /* This time is before the span's start, so the time to the first chunk is 0. */
    assert_int_equal(uspan_first_chunk_at(t, s, 1), USPAN_OK);
    assert_int_equal(uspan_chat_end(t, s, &(uspan_chat_result_t){ .error_type = "x", .finish_reason = "length" }), USPAN_OK);
    ASSERT_SPAN(w, s, "chat", CLIENT, "gen_ai.operation.name='chat'", "gen_ai.request.stream=true",
                "gen_ai.response.time_to_first_chunk=0d", "gen_ai.response.finish_reasons=[length]", "error.type='x'");
    s = uspan_chat_begin(t, USPAN_ROOT, NULL, NULL);
    assert_int_equal(uspan_chat_end(t, s, &(uspan_chat_result_t){ .error_type = "429" }), USPAN_OK);
    /* No stream was interrupted. */
    ASSERT_SPAN(w, s, "chat", CLIENT, "gen_ai.operation.name='chat'", "error.type='429'");
}

/* ---- totals -------------------------------------------------------------------------------------------- */

static void assert_usage(uspan_tracer_t *t, uint64_t input, uint64_t output, unsigned calls, unsigned errors)
{
    uspan_usage_t u;
    uspan_read_usage(t, &u);
    assert_int_equal(u.input, input);
    assert_int_equal(u.output, output);
    assert_int_equal(u.calls, calls);
    assert_int_equal(u.errors, errors);
}

static void test_totals_count_every_call_recorded_or_not(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static uspan_usage_t first, second;
    const uspan_chat_result_t r = {
        .usage = { .input = 100, .output = 10, .cache_read = 60, .cache_creation = 5, .reasoning = 4 }
    };
    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
    uspan_chat_end(t, uspan_chat_begin(t, USPAN_ROOT, NULL, NULL), &r);
    assert_usage(t, 0, 0, 0, 0); /* counting has not started */
    uspan_set_usage(t, &first);
    uspan_t agent = uspan_agent_begin(t, USPAN_ROOT, "g");
    uspan_chat_end(t, uspan_chat_begin(t, agent, NULL, NULL), &r);
    uspan_t tool = uspan_tool_begin(t, agent, "x", NULL); /* a tool call is not a model call */
    uspan_fail(t, tool, "stuck", NULL);
    assert_usage(t, 100, 10, 1, 0);
    assert_int_equal(first.cache_read, 60);
    assert_int_equal(first.cache_creation, 5);
    assert_int_equal(first.reasoning, 4);
    uspan_t s = uspan_generate_begin(t, agent, NULL, NULL);
    uspan_set_token_pair(t, s, 7, 0);
    uspan_record_error(t, s, "timeout", NULL); /* the same failure is recorded twice */
    uspan_fail(t, s, "timeout", NULL);
    assert_usage(t, 107, 10, 2, 1);
    assert_int_equal(uspan_set_token_pair(t, s, 7, 0), USPAN_ERR_STALE); /* it is not counted */
    s = uspan_embeddings_begin(t, agent, NULL, NULL);
    uspan_embeddings_end(t, s, &(uspan_embeddings_result_t){ .input_tokens = USPAN_OPT(3) });
    assert_usage(t, 110, 10, 3, 1);
    uspan_end(t, agent);

    /* Unsampled spans are counted, too. */
    uspan_set_sampler(t, (uspan_sampler_t){ .bound = USPAN_SAMPLE_NEVER });
    s = uspan_chat_begin(t, USPAN_ROOT, NULL, NULL);
    assert_int_equal(uspan_chat_end(t, s, &(uspan_chat_result_t){ .error_type = "429", .usage = { .input = 1 } }), USPAN_OK);
    assert_usage(t, 111, 10, 4, 2);
    /* A null span, as from a full pool, is counted, too. */
    assert_int_equal(uspan_chat_end(t, uspan_chat_begin(t, USPAN_NULL, NULL, NULL), &r), USPAN_OK);
    assert_usage(t, 211, 20, 5, 2);

    uspan_set_usage(t, &second); /* counts the next agent run */
    uspan_chat_end(t, uspan_response_begin(t, USPAN_ROOT, NULL), &r);
    assert_usage(t, 100, 10, 1, 0);
    assert_int_equal(first.calls, 5);
    const uspan_tokens_t more = { .input = 2, .output = 3 };
    s = uspan_start(t, USPAN_ROOT, "a call of another kind");
    assert_int_equal(uspan_set_tokens(t, s, &more), USPAN_OK);
    assert_usage(t, 102, 13, 1, 0);
    uspan_end(t, s);
    assert_int_equal(uspan_set_tokens(t, s, &more), USPAN_ERR_STALE);
    assert_int_equal(uspan_set_tokens(t, s, NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_tokens(NULL, s, &more), USPAN_ERR_ARG);
    assert_usage(t, 102, 13, 1, 0);
    uspan_set_usage(t, NULL);
    assert_usage(t, 0, 0, 0, 0);
    uspan_read_usage(NULL, &second);
    assert_int_equal(second.calls, 0);
}

/* ---- privacy ------------------------------------------------------------------------------------------- */

static void test_content_is_off_for_one_trace_and_all_under_it(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t hush = uspan_workflow_begin_with(t, USPAN_ROOT, &(uspan_workflow_t){
        .name = "w", .no_content = true, .function_input = "{}", .input_messages = "[]" });
    uspan_t open = uspan_workflow_begin(t, USPAN_ROOT, "w");
    uspan_t chats[] = { uspan_chat_begin(t, hush, NULL, NULL), uspan_chat_begin(t, open, NULL, NULL) };
    for (size_t i = 0; i < 2u; i++) {
        assert_int_equal(uspan_wants_content(t, chats[i]), i == 1u);
        assert_int_equal(uspan_content(t, chats[i], input_messages, "[]"), USPAN_OK);
        assert_int_equal(uspan_content_append(t, chats[i], output_messages, "[]"), USPAN_OK);
        assert_int_equal(peek_attr(w, chats[i], "gen_ai.input.messages") != NULL, i == 1u);
        assert_int_equal(peek_attr(w, chats[i], "gen_ai.output.messages") != NULL, i == 1u);
    }
    ASSERT_SPAN(w, hush, "invoke_workflow w", INTERNAL, "gen_ai.operation.name='invoke_workflow'", "gen_ai.workflow.name='w'");
    assert_int_equal(uspan_set_span_content(t, chats[0], true), USPAN_OK); /* turned on again for one span */
    assert_true(uspan_wants_content(t, chats[0]));
    assert_false(uspan_wants_content(t, hush));
    assert_false(uspan_wants_content(t, USPAN_NULL));
    assert_false(uspan_wants_content(NULL, chats[0]));
    assert_int_equal(uspan_set_span_content(NULL, chats[0], true), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_span_content(t, USPAN_NULL, true), USPAN_OK);
    uspan_set_content(t, false);
    assert_false(uspan_wants_content(t, chats[1]));
}

/* ---- scopes -------------------------------------------------------------------------------------------- */

static uspan_t seen_in_scope;

static bool scoped(uspan_tracer_t *t, bool early)
{
    USPAN_ENTERED(agent, t, uspan_agent_begin(t, USPAN_CURRENT, "g"));
    seen_in_scope = agent;
    USPAN_SCOPED(tool, t, uspan_tool_begin(t, USPAN_CURRENT, "valve", NULL));
    assert_int_equal(uspan_current(t).id, agent.id);
    if (early) {
        uspan_fail(t, tool, "stuck", NULL);
        return false;
    }
    return true;
}

static void a_function(uspan_tracer_t *t)
{
    USPAN_FUNCTION(self, t);
    seen_in_scope = self;
}

static void test_a_scope_ends_its_span_however_it_is_left(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t outer = uspan_start(t, USPAN_ROOT, "outer");
    uspan_t before = uspan_enter(t, outer);
    for (int early = 0; early < 2; early++) {
        assert_int_equal(scoped(t, early != 0), early == 0);
        assert_int_equal(uspan_current(t).id, outer.id);
        assert_int_equal(peek_slot(w, seen_in_scope)->state, USPAN_STATE_ENDED);
        assert_memory_equal(peek_slot(w, seen_in_scope)->parent_id, peek_slot(w, outer)->span_id, 8);
    }
    a_function(t);
    ASSERT_SPAN(w, seen_in_scope, "invoke_generic_function a_function", INTERNAL,
                "gen_ai.operation.name='invoke_generic_function'", "agentscope.function.name='a_function'");
    uspan_leave(t, before);
    uspan_end(t, outer);
    assert_int_equal(peek_stats(w).open, 0);
}

/* ---- open spans ---------------------------------------------------------------------------------------- */

static void end_it(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    ++*(int *)ctx;
    uspan_fail(t, s, "abandoned", NULL);
}

static void test_open_spans_are_found_and_a_forgotten_end_is_logged(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_processor_t check;
    assert_int_equal(uspan_check_ends(t, NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_check_ends(t, &check), USPAN_OK);
    uspan_t agent = uspan_agent_begin(t, USPAN_ROOT, "gardener");
    uspan_t tool = uspan_tool_begin(t, agent, "forgotten", NULL);
    uspan_t deep = uspan_chat_begin(t, tool, NULL, NULL);
    assert_int_equal(uspan_find_root(t, deep).id, agent.id);
    assert_int_equal(uspan_visit_open_spans(t, NULL, NULL), 3);
    uspan_end(t, deep);
    assert_int_equal(w->log_lines, 0);
    uspan_end(t, agent);
    assert_int_equal(w->log_lines, 1);
    assert_non_null(strstr(w->log, "still open as its parent ends: execute_tool forgotten"));
    assert_int_equal(uspan_find_root(t, tool).id, 0);
    assert_int_equal(uspan_find_root(t, USPAN_NULL).id, 0);
    int count = 0;
    assert_int_equal(uspan_visit_open_spans(t, end_it, &count), 1);
    assert_int_equal(count, 1);
    assert_int_equal(uspan_visit_open_spans(t, NULL, NULL), 0);
    assert_int_equal(uspan_visit_open_spans(NULL, NULL, NULL), 0);
    uspan_set_processor(t, NULL);
}

static void test_ids_have_the_sdk_s_form(void **state)
{
    world_t *w = *state;
    static const struct {
        uspan_id_kind_t kind;
        const char *prefix;
        size_t digits;
    } kinds[] = { { USPAN_ID_TRACE, "trace_", 32 }, { USPAN_ID_SPAN, "span_", 24 }, { USPAN_ID_GROUP, "group_", 24 } };
    for (size_t i = 0; i < COUNT(kinds); i++) {
        char one[USPAN_ID_TEXT_BYTES], two[USPAN_ID_TEXT_BYTES];
        size_t prefix = strlen(kinds[i].prefix);
        assert_int_equal(uspan_new_id(&w->tracer, kinds[i].kind, one), USPAN_OK);
        assert_int_equal(uspan_new_id(&w->tracer, kinds[i].kind, two), USPAN_OK);
        assert_memory_equal(one, kinds[i].prefix, prefix);
        assert_int_equal(strlen(one), prefix + kinds[i].digits);
        assert_int_equal(strspn(one + prefix, "0123456789abcdef"), kinds[i].digits);
        assert_string_not_equal(one, two);
    }
    char id[USPAN_ID_TEXT_BYTES];
    assert_int_equal(uspan_new_id(&w->tracer, USPAN_ID_TRACE, id), USPAN_OK);
    uspan_t s = uspan_workflow_begin_with(&w->tracer, USPAN_ROOT, &(uspan_workflow_t){ .trace_id = id });
    assert_null(peek_attr(w, s, "uspan.trace.id")); /* the trace itself has this id */
    assert_int_equal(uspan_new_id(NULL, USPAN_ID_TRACE, id), USPAN_ERR_AGAIN);
    assert_string_equal(id, "");
}

static void test_the_default_tracer_is_the_application_s(void **state)
{
    world_t *w = *state;
    assert_null(uspan_default());
    assert_int_equal(uspan_chat_begin(uspan_default(), USPAN_ROOT, NULL, NULL).id, 0);
    uspan_set_default(&w->tracer);
    assert_ptr_equal(uspan_default(), &w->tracer);
    uspan_set_default(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_a_workflow_says_all_it_has),
        IN_WORLD(test_a_trace_id_of_another_form_is_kept_as_text),
        IN_WORLD(test_a_disabled_workflow_records_nothing_under_it),
        IN_WORLD(test_children_belong_to_their_parent_s_conversation),
        IN_WORLD(test_a_processor_sees_the_whole_request_at_the_start),
        IN_WORLD(test_the_first_chunk_s_time_is_told_once),
        IN_WORLD(test_totals_count_every_call_recorded_or_not),
        IN_WORLD(test_content_is_off_for_one_trace_and_all_under_it),
        IN_WORLD(test_a_scope_ends_its_span_however_it_is_left),
        IN_WORLD(test_open_spans_are_found_and_a_forgotten_end_is_logged),
        IN_WORLD(test_ids_have_the_sdk_s_form),
        IN_WORLD(test_the_default_tracer_is_the_application_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
