/* test_genai_order.c: properties of typed spans that concern all fields of a struct: order, size, names,
 * errors, and a null span.
 * uspan-config: USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=16384 USPAN_TOOL_DEFINITIONS=1 */
#include "typed_spans.h"

/* Check that every text after the first long text is long, too. */
static void assert_long_texts_are_last(world_t *w, uspan_t s, unsigned least)
{
    const uspan_slot_t *slot = peek_slot(w, s);
    unsigned long_texts = 0;
    for (unsigned i = 0; i < slot->attr_count; i++) {
        const uspan_entry_t *e = &slot->attrs[i];
        bool is_long = e->store == USPAN_STORE_TEXT && e->len > 64u;
        bool is_text =
            e->store == USPAN_STORE_TEXT || e->store == USPAN_STORE_INLINE || e->store == USPAN_STORE_TEXTS;
        long_texts += is_long;
        if (is_text && !is_long && long_texts > 0u) {
            fail_msg("%.*s comes after a long text", (int)e->key->len, e->key->text);
        }
    }
    assert_true(long_texts >= least);
}

static void test_names_of_tools_become_definitions(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_agent_begin_with(
        t, USPAN_ROOT, &(uspan_agent_t){ .name = "g", .tools = LIST("read_soil", "a\"b\\c\n\x1F") });
    ASSERT_SPAN(w, s, "invoke_agent g", INTERNAL, "gen_ai.operation.name='invoke_agent'",
                "gen_ai.agent.name='g'",
                "gen_ai.tool.definitions='[{\"type\":\"function\",\"name\":\"read_soil\"},"
                "{\"type\":\"function\",\"name\":\"a\\u0022b\\u005cc\\u000a\\u001f\"}]'");
    s = uspan_agent_begin_with(t, USPAN_ROOT, &(uspan_agent_t){ .name = "g", .tools = LIST(NULL) });
    ASSERT_SPAN(w, s, "invoke_agent g", INTERNAL, "gen_ai.operation.name='invoke_agent'",
                "gen_ai.agent.name='g'");
    /* For each length, a name that may not fit is between two names that fit. */
    char name[300];
    for (size_t len = 0; len < sizeof name; len++) {
        memset(name, 'n', len);
        name[len] = '\0';
        s = uspan_mcp_tools_begin(t, USPAN_ROOT, "s");
        assert_int_equal(
            uspan_mcp_tools_end(t, s, &(uspan_mcp_tools_result_t){ .tools = LIST("first", name, "last") }),
            USPAN_OK);
        char expected[400] = "";
        const char *const names[] = { "first", name, "last" };
        for (size_t i = 0; i < 3u; i++) {
            size_t at = strlen(expected);
            if (at + strlen(names[i]) + strlen(",{'type':'function','name':''}") <=
                255u) { /* plus one bracket: 256 bytes */
                snprintf(expected + at, sizeof expected - at, ",{\"type\":\"function\",\"name\":\"%s\"}",
                         names[i]);
            }
        }
        expected[0] = '[';
        strcat(expected, "]");
        assert_string_equal(peek_str(w, s, "gen_ai.tool.definitions"), expected);
        peek_drain(w);
    }
    memset(name, 'n', sizeof name - 1u);
    s = uspan_mcp_tools_begin(t, USPAN_ROOT, NULL);
    assert_int_equal(uspan_mcp_tools_end(t, s, &(uspan_mcp_tools_result_t){ .tools = LIST(name) }),
                     USPAN_ERR_FULL);
}

/* All structs have fields for the name, kind, times and parent. */
static void test_name_kind_times_and_parent_may_be_given(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t root = uspan_start(t, USPAN_ROOT, "root");
    uspan_context_t c;
    assert_int_equal(uspan_context_of(t, root, &c), USPAN_OK);
    uspan_t s = uspan_agent_begin_with(
        t, USPAN_ROOT,
        &(uspan_agent_t){
            .span_name = "my own", .kind = USPAN_KIND_CLIENT, .context = &c, .start_ns = 5000, .name = "g" });
    assert_int_equal(uspan_agent_end(t, s, &(uspan_agent_result_t){ .end_ns = 9000 }), USPAN_OK);
    ASSERT_SPAN(w, s, "my own", CLIENT, "gen_ai.operation.name='invoke_agent'", "gen_ai.agent.name='g'");
    const uspan_slot_t *slot = peek_slot(w, s);
    assert_int_equal(slot->start_ns, 5000);
    assert_int_equal(slot->end_ns, 9000);
    assert_memory_equal(slot->parent_id, peek_slot(w, root)->span_id, 8);
}

static void test_an_error_in_a_result_fails_the_span(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_tool_begin(t, USPAN_ROOT, "valve", NULL);
    assert_int_equal(
        uspan_tool_end(t, s,
                       &(uspan_tool_result_t){ .error_type = USPAN_ERROR_TIMEOUT, .error_message = "stuck" }),
        USPAN_OK);
    assert_int_equal(peek_slot(w, s)->status, USPAN_STATUS_ERROR);
    assert_string_equal(peek_str(w, s, "error.type"), "timeout");
    assert_string_equal(peek_message(w, s), "stuck");
    assert_string_equal(peek_event_name(w, peek_event(w, s, 0)), "exception");
    s = uspan_agent_begin(t, USPAN_ROOT, "g");
    assert_int_equal(uspan_agent_end(t, s, &(uspan_agent_result_t){ .error_message = "no type" }), USPAN_OK);
    assert_string_equal(peek_str(w, s, "error.type"), "_OTHER");
}

static void test_what_is_long_comes_after_what_is_short(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static char text[200];
    static const char *const stops[] = { "one stop", "another stop", NULL };
    memset(text, 't', sizeof text - 1u);
    const uspan_chat_t asked = { .model = "a model of some length",
                                 .provider = "a provider of some length",
                                 .server_address = "host.example",
                                 .conversation_id = "conversation 17",
                                 .function_name = "Class.method",
                                 .function_input = text,
                                 .stop_sequences = stops,
                                 .output_type = "a type of output",
                                 .input_messages = text,
                                 .system_instructions = text,
                                 .tool_definitions = text };
    uspan_t s = uspan_chat_begin_with(t, USPAN_ROOT, &asked);
    assert_long_texts_are_last(w, s, 3);
    uspan_end(t, s);
    const uspan_agent_t gardener = { .name = "an agent of some length",
                                     .provider = "a provider of some length",
                                     .kind = USPAN_KIND_CLIENT,
                                     .description = text,
                                     .model = "a model of some length",
                                     .data_source_id = "source 12345",
                                     .output_schema = "Schema12345",
                                     .input_messages = text,
                                     .system_instructions = text,
                                     .function_input = text };
    s = uspan_agent_begin_with(t, USPAN_ROOT, &gardener);
    assert_long_texts_are_last(w, s, 3);
    uspan_end(t, s);
    const uspan_tool_t water = { .name = "a tool of some length",
                                 .call_id = "call 1234567",
                                 .description = text,
                                 .arguments = text,
                                 .mcp_server = "a server of some length",
                                 .agent_name = "an agent of some length",
                                 .conversation_id = "conversation 17",
                                 .function_name = "Class.method" };
    s = uspan_tool_begin_with(t, USPAN_ROOT, &water);
    assert_long_texts_are_last(w, s, 2);
    uspan_end(t, s);
    s = uspan_chat_begin(t, USPAN_ROOT, "openai", "m");
    const uspan_chat_result_t r = { .response_id = "response 1234",
                                    .response_model = "a model of some length",
                                    .finish_reason = "a reason of some length",
                                    .output_messages = text };
    uspan_chat_end(t, s, &r);
    assert_long_texts_are_last(w, s, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_names_of_tools_become_definitions),
        IN_WORLD(test_name_kind_times_and_parent_may_be_given),
        IN_WORLD(test_an_error_in_a_result_fails_the_span),
        IN_WORLD(test_what_is_long_comes_after_what_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
