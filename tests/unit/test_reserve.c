/* test_reserve.c: if the text pool is almost full, long values are truncated first and short values are kept.
 * The pool counts how much text space was missing. */
#include <string.h>
#include "peek.h"
#include "trace/blocks.h"
#include "world.h"

#define RESERVED USPAN_BLOCKS_RESERVED
#define NAMES 8u

static const uspan_key_t names[NAMES] = {
    USPAN_KEY_INIT("name.0"), USPAN_KEY_INIT("name.1"), USPAN_KEY_INIT("name.2"), USPAN_KEY_INIT("name.3"),
    USPAN_KEY_INIT("name.4"), USPAN_KEY_INIT("name.5"), USPAN_KEY_INIT("name.6"), USPAN_KEY_INIT("name.7"),
};
static char text[USPAN_VALUE_MAX + 1];

static uspan_t begin(world_t *w)
{
    memset(text, 'x', USPAN_VALUE_MAX);
    return uspan_start(&w->tracer, USPAN_ROOT, "span");
}

/* Fill the pool with long values until nothing of them is stored. */
static void flood(world_t *w)
{
    for (unsigned i = 0; i < 64u; i++) {
        uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "hog");
        for (unsigned k = 0; k < NAMES; k++) {
            (void)uspan_set_str_n(&w->tracer, s, &names[k], text, USPAN_VALUE_MAX);
        }
        if (w->tracer.trace.blocks_live >= USPAN_BLOCKS_MAX - RESERVED) {
            break;
        }
    }
}

static void test_long_text_leaves_the_reserve_to_short_values(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = begin(w);
    assert_true(RESERVED >= NAMES);
    flood(w);
    assert_int_equal(w->tracer.trace.blocks_live, USPAN_BLOCKS_MAX - RESERVED);
    for (unsigned k = 0; k < NAMES; k++) { /* of the longest text that is short; one byte more is long */
        assert_int_equal(uspan_set_str_n(t, s, &names[k], text, USPAN_SHORT_BYTES + 1u), USPAN_ERR_FULL);
        assert_int_equal(uspan_set_str_n(t, s, &names[k], text, USPAN_SHORT_BYTES), USPAN_OK);
        assert_int_equal(peek_attr(w, s, names[k].text)->len, USPAN_SHORT_BYTES);
    }
    assert_int_equal(w->tracer.trace.blocks_live,
                     USPAN_BLOCKS_MAX - RESERVED + NAMES * uspan_blocks_for(USPAN_SHORT_BYTES));
}

static void test_every_way_to_set_a_short_value_uses_the_reserve(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = begin(w);
    static const char *const two[] = { "stop", "tool_calls" };
    static const int64_t ints[] = { 1, 2, 3 };
    flood(w);
    const uspan_attr_t table[] = { USPAN_ATTR_TEXT(&names[0], "a model of some length"),
                                   USPAN_ATTR_TEXT(&names[1], "not ASCII: \xC3\xA4\xC3\xB6\xC3\xBC") };
    assert_int_equal(uspan_set_all(t, s, table, 2u), USPAN_OK);
    assert_int_equal(uspan_set_strs(t, s, &names[2], two, 2u), USPAN_OK);
    assert_int_equal(uspan_set_bytes(t, s, &names[3], "bytes", 5u), USPAN_OK);
    assert_int_equal(uspan_set_ints(t, s, &names[4], ints, 3u), USPAN_OK);
    assert_int_equal(uspan_record_error(t, s, "a.type.of.some.length", "a message of some length"), USPAN_OK);
    assert_int_equal(peek_stats(w).events_dropped, 0);
    assert_string_equal(peek_str(w, s, "error.type"), "a.type.of.some.length");
}

static void test_a_value_that_grows_leaves_the_reserve(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = begin(w);
    assert_int_equal(uspan_append_str(t, s, &names[0], "it grows"), USPAN_OK);
    flood(w);
    assert_int_equal(uspan_append_str(t, s, &names[0], " within its block"), USPAN_OK);
    assert_int_equal(uspan_append_str_n(t, s, &names[0], text, USPAN_BLOCK), USPAN_TRUNCATED);
    assert_int_equal(peek_attr(w, s, names[0].text)->len, USPAN_BLOCK); /* what was stored is kept */
    assert_int_equal(uspan_append_str(t, s, &names[0], "x"), USPAN_TRUNCATED);
    assert_int_equal(w->tracer.trace.blocks_live, USPAN_BLOCKS_MAX - RESERVED);
}

/* A long value is truncated and not dropped as long as one block is left for it. */
static void test_what_does_not_fit_is_cut(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    for (unsigned left = 0; left < 4u; left++) {
        peek_restart(w);
        uspan_t s = begin(w);
        peek_leave_blocks(w, RESERVED + left);
        uspan_err_t err = uspan_set_str_n(t, s, &names[0], text, 10u * USPAN_BLOCK);
        assert_int_equal(err, left > 0u ? USPAN_TRUNCATED : USPAN_ERR_FULL);
        assert_int_equal(peek_stats(w).attrs_dropped, left == 0u);
        assert_int_equal(peek_stats(w).values_truncated, left > 0u);
        if (left > 0u) {
            assert_int_equal(peek_attr(w, s, names[0].text)->len, left * USPAN_BLOCK);
        }
        /* How much larger the pool should be: used, requested and reserved space. */
        assert_int_equal(peek_stats(w).blocks_wanted, USPAN_BLOCKS_MAX - left + 10u);
        peek_return_blocks(w);
    }
}

static void test_a_pool_that_sufficed_wanted_no_more_than_it_used(void **state)
{
    world_t *w = *state;
    uspan_t s = begin(w);
    uspan_set_str_n(&w->tracer, s, &names[0], text, 3u * USPAN_BLOCK);
    assert_int_equal(peek_stats(w).blocks_high, 3);
    assert_int_equal(peek_stats(w).blocks_wanted, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_long_text_leaves_the_reserve_to_short_values, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_every_way_to_set_a_short_value_uses_the_reserve, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_value_that_grows_leaves_the_reserve, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_what_does_not_fit_is_cut, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_pool_that_sufficed_wanted_no_more_than_it_used, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
