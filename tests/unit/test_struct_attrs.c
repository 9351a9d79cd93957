/* test_struct_attrs.c: a text in a struct is stored like a text that is set alone, whatever its length and
 * bytes. Numbers are too. Special cases use the general code. */
#include <string.h>
#include "peek.h"
#include "uspan/genai.h"

#define LONGEST 300u

/* The text in a typed span equals the text that a plain setter stores. */
static void assert_stored_alike(world_t *w, const char *text)
{
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_start(t, USPAN_ROOT, "plain");
    uspan_t typed = uspan_tool_begin_with(t, USPAN_ROOT, &(uspan_tool_t){ .name = "n", .arguments = text });
    uspan_set_str(t, s, &uspan_key_tool_call_arguments, text);
    const uspan_entry_t *a = peek_attr(w, s, "gen_ai.tool.call.arguments");
    const uspan_entry_t *b = peek_attr(w, typed, "gen_ai.tool.call.arguments");
    if (text[0] == '\0') { /* absent */
        assert_null(b);
    } else {
        assert_non_null(b);
        assert_int_equal(a->len, b->len);
        assert_int_equal(a->store, b->store);
        char copy[3u * LONGEST + 1u];
        memcpy(copy, peek_bytes(w, a), a->len);
        assert_memory_equal(copy, peek_bytes(w, b), b->len);
    }
    uspan_end(t, s);
    uspan_end(t, typed);
    world_drain(w);
}

static void test_text_of_every_length_is_stored_whole(void **state)
{
    char text[LONGEST + 1u];
    for (unsigned len = 0; len <= LONGEST; len++) {
        for (unsigned i = 0; i < len; i++) {
            text[i] = (char)('a' + (i * 7u + i / 16u + len) % 26u);
        }
        text[len] = '\0';
        assert_stored_alike(*state, text);
    }
}

static void test_a_byte_that_is_no_text_is_found_at_every_place(void **state)
{
    char text[LONGEST + 1u];
    for (unsigned len = 1; len <= 140u; len += len < 70u ? 1u : 7u) {
        for (unsigned bad = 0; bad < len; bad++) {
            memset(text, 'x', len);
            text[len] = '\0';
            text[bad] = '\xFF';
            assert_stored_alike(*state, text);
        }
    }
}

static void test_a_full_pool_a_full_table_and_limits_are_told_as_by_setters(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static const char text[] = "text of more bytes than an entry holds";
    uspan_t s = uspan_start(t, USPAN_ROOT, "s");
    const uspan_limits_t three = { .attrs = 3 };
    uspan_set_limits(t, &three);
    uspan_t full = uspan_tool_begin_with(t, s, &(uspan_tool_t){ .name = "n", .call_id = text, .description = text });
    assert_int_equal(peek_slot(w, full)->attr_count, 3); /* operation, type, name */
    assert_int_equal(peek_slot(w, full)->dropped_attrs, 2);
    const uspan_limits_t short_ones = { .value_chars = 4 };
    uspan_set_limits(t, &short_ones);
    uspan_t cut = uspan_tool_begin_with(t, s, &(uspan_tool_t){ .name = "name too long", .description = text });
    assert_string_equal(peek_str(w, cut, "gen_ai.operation.name"), "exec");
    assert_string_equal(peek_str(w, cut, "gen_ai.tool.name"), "name");
    assert_string_equal(peek_str(w, cut, "gen_ai.tool.description"), "text");
    uspan_set_limits(t, &(uspan_limits_t){ .attrs = 0 });
    peek_leave_blocks(w, 0);
    uspan_t dry = uspan_tool_begin_with(t, s, &(uspan_tool_t){ .name = "n", .description = text });
    assert_null(peek_attr(w, dry, "gen_ai.tool.description"));
    assert_int_equal(peek_slot(w, dry)->dropped_attrs, 1);
}

static void test_numbers_replace_what_was_there(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_chat_begin_with(t, USPAN_ROOT, &(uspan_chat_t){ .model = "m", .seed = USPAN_OPT(-1) });
    assert_int_equal(peek_attr(w, s, "gen_ai.request.seed")->v.i, -1);
    uspan_set_str(t, s, &uspan_key_usage_input_tokens, "text that takes a block of its own");
    assert_int_equal(uspan_set_tokens(t, s, &(uspan_tokens_t){ .input = 7 }), USPAN_OK);
    assert_int_equal(peek_attr(w, s, "gen_ai.usage.input_tokens")->v.i, 7);
    assert_int_equal(peek_stats(w).blocks_live, 0);
    uspan_end(t, s);
    assert_int_equal(uspan_set_tokens(t, s, &(uspan_tokens_t){ .input = 8 }), USPAN_ERR_STALE);
    assert_int_equal(uspan_set_tokens(NULL, s, &(uspan_tokens_t){ .input = 8 }), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_tokens(t, USPAN_NULL, &(uspan_tokens_t){ .input = 8 }), USPAN_OK);
}

static void test_a_full_table_keeps_token_counts_before_the_answer(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    const uspan_limits_t six = { .attrs = 6 };
    uspan_set_limits(t, &six);
    uspan_t s = uspan_chat_begin(t, USPAN_ROOT, "openai", "m"); /* operation, model, provider */
    const uspan_chat_result_t r = { .output_messages = "[]", .compacted = true, .usage = { .input = 8, .output = 9 } };
    assert_int_equal(uspan_chat_end(t, s, &r), USPAN_ERR_FULL);
    assert_int_equal(peek_attr(w, s, "gen_ai.usage.input_tokens")->v.i, 8);
    assert_int_equal(peek_attr(w, s, "gen_ai.usage.output_tokens")->v.i, 9);
    assert_null(peek_attr(w, s, "gen_ai.output.messages"));
    assert_int_equal(peek_slot(w, s)->dropped_attrs, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_text_of_every_length_is_stored_whole),
        IN_WORLD(test_a_byte_that_is_no_text_is_found_at_every_place),
        IN_WORLD(test_a_full_pool_a_full_table_and_limits_are_told_as_by_setters),
        IN_WORLD(test_numbers_replace_what_was_there),
        IN_WORLD(test_a_full_table_keeps_token_counts_before_the_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
