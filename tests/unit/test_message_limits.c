/* test_message_limits.c: a message stays valid JSON if a limit truncates it, if the pool has no free
 * block, or if other contexts take its blocks. The loss is reported. */
#include "uspan/message.h"
#include <string.h>
#include "peek.h"
#include "trace/blocks.h"

static uspan_t begin(world_t *w)
{
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "chat");
    assert_true(s.id > 3u);
    return s;
}

#define OUTPUT(w, s) peek_str(w, s, "gen_ai.output.messages")
#define VALUE(w, s) peek_str(w, s, "agentscope.function.output")

static uspan_writer_t begin_value(world_t *w, uspan_t s)
{
    uspan_writer_t m;
    assert_int_equal(uspan_write_begin(&m, &w->tracer, s, &uspan_key_function_output), USPAN_OK);
    return m;
}

static void test_a_cut_is_marked_within_the_text_and_the_message_can_still_be_finished(void **state)
{
    world_t *w = *state;
    uspan_limits_t limits = { .value_chars = 130 };
    uspan_set_limits(&w->tracer, &limits);
    uspan_t s = begin(w);
    uspan_writer_t m;
    uspan_messages_begin(&m, &w->tracer, s, USPAN_OUTPUT_MESSAGES);
    uspan_message(&m, "assistant", NULL);
    uspan_err_t err = uspan_part_text(&m, "");
    for (unsigned i = 0; i < 20u && err == USPAN_OK; i++) {
        err = uspan_write_more(&m, "\xE2\x82\xAC ab");
    }
    assert_int_equal(err, USPAN_TRUNCATED);
    assert_int_equal(uspan_write_more(&m, "x"), USPAN_TRUNCATED);
    assert_int_equal(uspan_part_text(&m, "x"), USPAN_TRUNCATED);
    assert_int_equal(uspan_message_finish(&m, "content_filter"), USPAN_TRUNCATED);
    assert_string_equal(OUTPUT(w, s),
                        "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"\xE2\x82\xAC "
                        "ab\xE2\x82\xAC ab\xE2\x82\xAC ab\xE2\x82\xAC ab\xE2\x82\xAC ab...[truncated]\"}],"
                        "\"finish_reason\":\"content_filter\"}]");
    /* The message is left out, and so is its finish reason. */
    assert_int_equal(uspan_message(&m, "assistant", NULL), USPAN_TRUNCATED);
    assert_int_equal(uspan_message_finish(&m, "stop"), USPAN_TRUNCATED);
    assert_int_equal(uspan_write_end(&m), USPAN_TRUNCATED);
    assert_non_null(strstr(OUTPUT(w, s), "content_filter\"}]"));
    assert_int_equal(peek_stats(w).values_truncated, 1);
}

/* A loss of the span is more important than a cut. */
static void test_the_end_of_a_value_says_that_its_span_has_ended(void **state)
{
    world_t *w = *state;
    for (unsigned is_cut = 0; is_cut < 2u; is_cut++) {
        uspan_limits_t limits = { .value_chars = is_cut == 1u ? 40 : 4000 };
        uspan_set_limits(&w->tracer, &limits);
        uspan_t s = begin(w);
        uspan_writer_t m = begin_value(w, s);
        static const char text[] = "a text of fifty characters, which is above the limit";
        assert_int_equal(uspan_write_str(&m, NULL, text), is_cut == 1u ? USPAN_TRUNCATED : USPAN_OK);
        uspan_end(&w->tracer, s);
        peek_drain(w);
        assert_int_equal(uspan_write_close(&m), USPAN_ERR_STALE);
        assert_int_equal(uspan_write_end(&m), USPAN_ERR_STALE);
    }
}

static void test_without_a_writer_every_call_says_that_its_argument_is_wrong(void **state)
{
    (void)state;
    assert_int_equal(uspan_write_object(NULL, NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_write_str(NULL, NULL, "x"), USPAN_ERR_ARG);
    assert_int_equal(uspan_write_int(NULL, NULL, 1), USPAN_ERR_ARG);
    assert_int_equal(uspan_write_more(NULL, "x"), USPAN_ERR_ARG);
    assert_int_equal(uspan_write_close(NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_write_end(NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_message(NULL, "user", NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_message_role(NULL, "user"), USPAN_ERR_ARG);
    assert_int_equal(uspan_message_finish(NULL, "stop"), USPAN_ERR_ARG);
    assert_int_equal(uspan_part_text(NULL, "x"), USPAN_ERR_ARG);
}

static void test_a_value_is_cut_at_the_compiled_limit_and_not_before(void **state)
{
    world_t *w = *state;
    uspan_t s = begin(w);
    static char text[2u * USPAN_VALUE_MAX];
    memset(text, 'a', sizeof text);
    uspan_writer_t m = begin_value(w, s);
    assert_int_equal(uspan_write_str_n(&m, NULL, text, USPAN_VALUE_MAX - 16u),
                     USPAN_OK); /* 16: the quotes and the truncation mark */
    assert_int_equal(peek_attr(w, s, "agentscope.function.output")->len, USPAN_VALUE_MAX);
    assert_int_equal(uspan_write_more(&m, "b"), USPAN_TRUNCATED);
    assert_int_equal(peek_attr(w, s, "agentscope.function.output")->len, USPAN_VALUE_MAX);
    assert_non_null(strstr(VALUE(w, s), "aaa...[truncated]\""));
}

static void test_a_pool_that_runs_dry_at_any_block_leaves_the_value_whole(void **state)
{
    world_t *w = *state;
    static const char text[] =
        "{\"a\":[1,2,{\"b\":\"ccccccccccccccccccccccccccccccccccccccccccccccccccccccccc\",\"d\":1234567890}],"
        "\"e\":true} x";
    uspan_writer_t m;
    for (unsigned blocks = 0; blocks < 9u; blocks++) {
        uspan_t s = begin(w);
        peek_leave_blocks(w, USPAN_BLOCKS_RESERVED + blocks);
        uspan_messages_begin(&m, &w->tracer, s, USPAN_OUTPUT_MESSAGES);
        uspan_message(&m, "assistant", "gardener");
        uspan_part_tool_call(&m, "call_1", "read_soil",
                             text); /* not JSON, so its blocks are freed if blocks are short */
        uspan_err_t err = uspan_message_finish(&m, "tool_call");
        const char *value = OUTPUT(w, s);
        assert_true(blocks >= 3u ? value != NULL : blocks > 0u || value == NULL);
        if (value == NULL) {
            assert_int_equal(err, USPAN_TRUNCATED);
            assert_int_equal(peek_slot(w, s)->dropped_attrs, 1); /* counted once */
        } else {
            assert_memory_equal(value, "[{\"role\":\"assistant\"", 20);
            assert_non_null(strstr(value, "\"finish_reason\":\"tool_call\""));
            assert_non_null(strstr(value, "\"parts\":["));
            assert_string_equal(value + strlen(value) - 2u, "}]");
        }
        peek_return_blocks(w);
        uspan_end(&w->tracer, s);
        peek_drain(w);
    }
}

static uspan_trace_part_t *robbed;
static unsigned waits, taken; /* waits: lock calls until all blocks are taken */
static uint16_t taken_head, taken_tail;

/* A lock function. During one call, another context takes all free blocks first. */
static uint32_t lock_behind_a_thief(void *ctx)
{
    (void)ctx;
    if (waits > 0u && --waits == 0u) {
        taken = uspan_blocks_alloc(robbed, USPAN_BLOCKS_MAX, &taken_head, &taken_tail);
    }
    return 0u;
}

static void unlock(void *ctx, uint32_t state)
{
    (void)ctx;
    (void)state;
}

static void test_blocks_taken_by_others_between_look_and_store_leave_the_value_whole(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_port_t port = w->port;
    unsigned cuts = 0;
    robbed = &t->trace;
    port.lock = lock_behind_a_thief;
    port.unlock = unlock;
    for (unsigned at = 1; at < 40u; at++) {
        uspan_t s = begin(w);
        uspan_writer_t m;
        uspan_messages_begin(&m, t, s, USPAN_OUTPUT_MESSAGES);
        uspan_message(&m, "assistant", NULL);
        uspan_part_text(&m, "");
        const uspan_port_t *own = t->trace.port;
        t->trace.port = &port;
        waits = at;
        taken = 0;
        uspan_err_t err = USPAN_OK;
        for (unsigned i = 0; i < 8u && err == USPAN_OK; i++) {
            err = uspan_write_more(
                &m, "a piece of text that is as long as a block of the pool is, more or less. ");
        }
        uspan_part_tool_call(&m, NULL, "read_soil",
                             "{\"a\":[1,2,3,4,5,6,7,8,9,\"a text that needs a block of its own, all of it"
                             " and more\"]} x");
        err = uspan_message_finish(&m, "tool_call");
        t->trace.port = own;
        cuts += err == USPAN_TRUNCATED;
        const char *value = OUTPUT(w, s);
        size_t len = strlen(value);
        assert_memory_equal(value, "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"",
                            54);
        assert_string_equal(value + len - 31u, "],\"finish_reason\":\"tool_call\"}]");
        bool whole = strstr(value, "}x\"}]") != NULL;
        assert_true(whole || err == USPAN_TRUNCATED);
        if (taken > 0u) {
            uspan_blocks_free(robbed, taken_head, taken_tail, taken);
        }
        uspan_end(t, s);
        peek_drain(w);
    }
    assert_true(cuts > 10u);
}

static void test_what_was_taken_back_counts_no_longer(void **state)
{
    world_t *w = *state;
    uspan_limits_t limits = { .value_chars = 100 };
    uspan_set_limits(&w->tracer, &limits);
    uspan_t s = begin(w);
    uspan_writer_t m = begin_value(w, s);
    uspan_write_leaf(&m, NULL, USPAN_LEAF_JSON);
    uspan_write_more(&m, "[\"\xE2\x82\xAC\xE2\x82\xAC thirty characters, to be exact\",");
    while (uspan_write_more(&m, "x") == USPAN_OK) {
    }
    assert_int_equal(peek_attr(w, s, "agentscope.function.output")->len,
                     104); /* 100 characters, of which two have three bytes */
    assert_non_null(strstr(VALUE(w, s), "exact\\\",xxxx"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_a_cut_is_marked_within_the_text_and_the_message_can_still_be_finished),
        IN_WORLD(test_the_end_of_a_value_says_that_its_span_has_ended),
        IN_WORLD(test_without_a_writer_every_call_says_that_its_argument_is_wrong),
        IN_WORLD(test_a_value_is_cut_at_the_compiled_limit_and_not_before),
        IN_WORLD(test_a_pool_that_runs_dry_at_any_block_leaves_the_value_whole),
        IN_WORLD(test_blocks_taken_by_others_between_look_and_store_leave_the_value_whole),
        IN_WORLD(test_what_was_taken_back_counts_no_longer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
