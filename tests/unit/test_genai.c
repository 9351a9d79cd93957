/* test_genai.c: typed spans have the names, kinds and attributes of the GenAI conventions. Fields that are
 * NULL produce no attribute. */
#include "uspan/genai.h"
#include <string.h>
#include "peek.h"

static void assert_span(world_t *w, uspan_t s, const char *name, uspan_kind_t kind, const char *operation,
                        unsigned attrs)
{
    const uspan_slot_t *slot = peek_slot(w, s);
    assert_int_equal(slot->name_len, strlen(name));
    assert_memory_equal(slot->name, name, slot->name_len);
    assert_int_equal(slot->kind, kind);
    assert_string_equal(peek_str(w, s, "gen_ai.operation.name"), operation);
    assert_int_equal(slot->attr_count, attrs);
}

static void test_each_typed_span_has_its_name_kind_and_attributes(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t agent = uspan_agent_begin(t, USPAN_ROOT, "greenhouse");
    assert_span(w, agent, "invoke_agent greenhouse", USPAN_KIND_INTERNAL, "invoke_agent", 2);
    assert_string_equal(peek_str(w, agent, "gen_ai.agent.name"), "greenhouse");
    uspan_t chat = uspan_chat_begin(t, agent, "dashscope", "qwen-max");
    assert_span(w, chat, "chat qwen-max", USPAN_KIND_CLIENT, "chat", 3);
    assert_string_equal(peek_str(w, chat, "gen_ai.provider.name"), "dashscope");
    assert_string_equal(peek_str(w, chat, "gen_ai.request.model"), "qwen-max");
    assert_memory_equal(peek_slot(w, chat)->parent_id, peek_slot(w, agent)->span_id, 8);
    uspan_t tool = uspan_tool_begin(t, agent, "open_valve", "call_1");
    assert_span(w, tool, "execute_tool open_valve", USPAN_KIND_INTERNAL, "execute_tool", 5);
    assert_string_equal(peek_str(w, tool, "gen_ai.agent.name"), "greenhouse");
    assert_string_equal(peek_str(w, tool, "gen_ai.tool.name"), "open_valve");
    assert_string_equal(peek_str(w, tool, "gen_ai.tool.call.id"), "call_1");
    assert_string_equal(peek_str(w, tool, "gen_ai.tool.type"), "function");
    uspan_t format = uspan_format_begin(t, agent, "dashscope");
    assert_span(w, format, "format dashscope", USPAN_KIND_INTERNAL, "format", 2);
    assert_string_equal(peek_str(w, format, "agentscope.format.target"), "dashscope");
    assert_int_equal(uspan_set_token_pair(t, chat, 12, 34), USPAN_OK);
    assert_int_equal(peek_int(w, chat, "gen_ai.usage.input_tokens"), 12);
    assert_int_equal(peek_int(w, chat, "gen_ai.usage.output_tokens"), 34);
}

static void test_what_is_null_or_empty_is_left_out(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    for (int empty = 0; empty < 2; empty++) {
        const char *no = empty != 0 ? "" : NULL;
        assert_span(w, uspan_agent_begin(t, USPAN_ROOT, no), "invoke_agent", USPAN_KIND_INTERNAL,
                    "invoke_agent", 1);
        assert_span(w, uspan_chat_begin(t, USPAN_ROOT, no, no), "chat", USPAN_KIND_CLIENT, "chat", 1);
        assert_span(w, uspan_tool_begin(t, USPAN_ROOT, no, no), "execute_tool", USPAN_KIND_INTERNAL,
                    "execute_tool", 2);
        assert_span(w, uspan_format_begin(t, USPAN_ROOT, no), "format unknown", USPAN_KIND_INTERNAL, "format",
                    2);
    }
}

static void test_a_long_subject_is_cut_at_a_character_in_the_name_alone(void **state)
{
    world_t *w = *state;
    char subject[USPAN_NAME_MAX * 2u];
    for (size_t lead = 0; lead < 4u; lead++) {
        memset(subject, 'm', lead);
        size_t n = lead;
        for (; n + 5u < sizeof subject; n += 4u) {
            memcpy(subject + n, "\xF0\x9F\x8C\xB1", 4);
        }
        subject[n] = '\0';
        uspan_t s = uspan_chat_begin(&w->tracer, USPAN_ROOT, NULL, subject);
        size_t fits = lead + (USPAN_NAME_MAX - 5u - lead) / 4u * 4u;
        assert_int_equal(peek_slot(w, s)->name_len, 5u + fits);
        assert_memory_equal(peek_slot(w, s)->name, "chat ", 5);
        assert_memory_equal(peek_slot(w, s)->name + 5, subject, fits);
        assert_string_equal(peek_str(w, s, "gen_ai.request.model"), subject);
        assert_int_equal(w->tracer.trace.names_truncated, lead + 1u);
    }
    subject[USPAN_NAME_MAX - 5u] = '\0'; /* it fits exactly */
    memset(subject, 'm', USPAN_NAME_MAX - 5u);
    uspan_t s = uspan_chat_begin(&w->tracer, USPAN_ROOT, NULL, subject);
    assert_int_equal(peek_slot(w, s)->name_len, USPAN_NAME_MAX);
    assert_int_equal(w->tracer.trace.names_truncated, 4u);
}

static void test_a_subject_of_bytes_that_begin_no_character_is_read_within_its_bounds(void **state)
{
    world_t *w = *state;
    /* Continuation bytes are on both sides. A backward search without a limit would not stop. */
    char around[USPAN_NAME_MAX * 3u];
    memset(around, '\x80', sizeof around);
    around[sizeof around - 1u] = '\0';
    uspan_t s = uspan_agent_begin(&w->tracer, USPAN_ROOT, around + USPAN_NAME_MAX);
    assert_memory_equal(peek_slot(w, s)->name, "invoke_agent ", 13);
    assert_true(peek_slot(w, s)->name_len <= USPAN_NAME_MAX);
}

static void test_losses_are_told(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    const uspan_limits_t limits = { .attrs = 4 };
    uspan_set_limits(t, &limits);
    uspan_t s = uspan_chat_begin(t, USPAN_ROOT, "p", "m");
    assert_int_equal(uspan_set_token_pair(t, s, 1, 2), USPAN_ERR_FULL);
    assert_int_equal(peek_slot(w, s)->dropped_attrs, 1);
    assert_int_equal(uspan_set_token_pair(t, USPAN_NULL, 1, 2), USPAN_OK);
    uspan_end(t, s);
    assert_int_equal(uspan_set_token_pair(t, s, 1, 2), USPAN_ERR_STALE);
    assert_int_equal(uspan_chat_begin(t, USPAN_NULL, "p", "m").id, 0);
}

static void test_messages_and_arguments_are_content_and_the_rest_is_not(void **state)
{
    (void)state;
#define IS_NOT(name, text, type, level) assert_int_equal(uspan_key_##name.flags, 0u);
#define IS(name, text, type, level) assert_int_equal(uspan_key_##name.flags, USPAN_KEY_CONTENT);
    USPAN_GENAI_KEYS(IS_NOT, IS)
#define LENGTH(name, text_, type, level)                   \
    assert_int_equal(uspan_key_##name.len, strlen(text_)); \
    assert_string_equal(uspan_key_##name.text, text_);
    USPAN_GENAI_KEYS(LENGTH, LENGTH)
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_each_typed_span_has_its_name_kind_and_attributes),
        IN_WORLD(test_what_is_null_or_empty_is_left_out),
        IN_WORLD(test_a_long_subject_is_cut_at_a_character_in_the_name_alone),
        IN_WORLD(test_a_subject_of_bytes_that_begin_no_character_is_read_within_its_bounds),
        IN_WORLD(test_losses_are_told),
        cmocka_unit_test(test_messages_and_arguments_are_content_and_the_rest_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
