/* test_block_chain.c: the bytes of a block chain are correct across every block boundary and for every
 * number of free blocks. */
#include <string.h>
#include "peek.h"
#include "trace/utf8.h"

#define BYTES (4u * USPAN_BLOCK)

static char pattern[BYTES + 8u];

static int setup(void **state)
{
    for (size_t i = 0; i < sizeof pattern; i++) {
        pattern[i] = (char)('a' + i % 26u);
    }
    return peek_setup(state);
}

#define WITH_PATTERN(test) cmocka_unit_test_setup_teardown(test, setup, peek_teardown)

static void assert_chain(world_t *w, const uspan_chain_t *c, const char *expected, size_t len)
{
    const uspan_entry_t e = { .store = USPAN_STORE_TEXT, .len = c->len, .v.chain = { .head = c->head } };
    assert_int_equal(c->len, len);
    assert_memory_equal(peek_bytes(w, &e), expected, len);
}

static uspan_chain_t empty(void)
{
    return (uspan_chain_t)USPAN_CHAIN_EMPTY;
}

static void test_two_writes_of_any_lengths_stand_behind_each_other(void **state)
{
    world_t *w = *state;
    for (size_t first = 0; first <= 2u * USPAN_BLOCK + 1u; first++) {
        for (size_t second = 0; second <= 2u * USPAN_BLOCK + 1u; second += 3u) {
            for (int locked = 0; locked < 2; locked++) {
                uspan_chain_t c = empty();
                if (locked != 0) {
                    assert_true(uspan_chain_write_locked(&w->tracer.trace, &c, pattern, first));
                    assert_true(uspan_chain_write_locked(&w->tracer.trace, &c, pattern + first % 26u, second));
                } else {
                    assert_int_equal(uspan_chain_write(&w->tracer, &c, pattern, first, true), first);
                    assert_int_equal(uspan_chain_write(&w->tracer, &c, pattern + first % 26u, second, true), second);
                }
                char expected[2u * BYTES];
                memcpy(expected, pattern, first);
                memcpy(expected + first, pattern + first % 26u, second);
                assert_chain(w, &c, expected, first + second);
                assert_int_equal(w->tracer.trace.blocks_live, uspan_blocks_for((unsigned)(first + second)));
                uspan_chain_free(&w->tracer.trace, &c);
                assert_int_equal(w->tracer.trace.blocks_live, 0);
            }
        }
    }
}

static void test_what_does_not_fit_is_cut_at_a_character_and_no_block_is_kept_for_it(void **state)
{
    world_t *w = *state;
    char text[BYTES + 1u];
    for (size_t lead = 0; lead < 5u; lead++) { /* a four-byte character across the end, at each offset */
        for (unsigned blocks = 0; blocks < 3u; blocks++) {
            for (size_t before = 0; before < 6u; before++) {
                memset(text, 'x', lead);
                for (size_t at = lead; at + 4u <= BYTES; at += 4u) {
                    memcpy(text + at, "\xF0\x9F\x8C\xB1", 4);
                }
                uspan_chain_t c = empty();
                (void)uspan_chain_write(&w->tracer, &c, pattern, before, true);
                unsigned had = w->tracer.trace.blocks_live;
                peek_leave_blocks(w, blocks);
                size_t room = (USPAN_BLOCK - before % USPAN_BLOCK) % USPAN_BLOCK + blocks * USPAN_BLOCK;
                size_t fits = room < lead ? room : lead + (room - lead) / 4u * 4u;
                size_t stored = uspan_chain_write(&w->tracer, &c, text, lead + (BYTES - lead) / 4u * 4u, true);
                assert_int_equal(stored, fits);
                assert_int_equal(c.len, before + fits);
                peek_return_blocks(w);
                assert_int_equal(w->tracer.trace.blocks_live, uspan_blocks_for((unsigned)(before + fits)));
                assert_true(w->tracer.trace.blocks_live >= had);
                uspan_chain_free(&w->tracer.trace, &c);
            }
        }
    }
}

static void test_a_write_under_the_lock_is_whole_or_not_at_all(void **state)
{
    world_t *w = *state;
    for (unsigned blocks = 0; blocks < 3u; blocks++) {
        uspan_chain_t c = empty();
        assert_true(uspan_chain_write_locked(&w->tracer.trace, &c, pattern, 5));
        peek_leave_blocks(w, blocks);
        bool fits = 5u + 64u <= (1u + blocks) * USPAN_BLOCK;
        assert_int_equal(uspan_chain_write_locked(&w->tracer.trace, &c, pattern + 5, 64), fits);
        assert_chain(w, &c, pattern, fits ? 69u : 5u);
        peek_return_blocks(w);
        uspan_chain_free(&w->tracer.trace, &c);
        assert_int_equal(w->tracer.trace.blocks_live, 0);
    }
}

static void test_bad_bytes_become_replacement_characters_at_every_place(void **state)
{
    world_t *w = *state;
    for (size_t at = 0; at < 2u * USPAN_BLOCK + 4u; at++) {
        char text[3u * USPAN_BLOCK];
        memcpy(text, pattern, sizeof text);
        text[at] = '\xFE';
        char expected[sizeof text + 2u];
        memcpy(expected, pattern, at);
        memcpy(expected + at, USPAN_REPLACEMENT, 3);
        memcpy(expected + at + 3u, pattern + at + 1u, sizeof text - at - 1u);
        uspan_chain_t c = empty();
        assert_int_equal(uspan_chain_text(&w->tracer, &c, text, sizeof text, USPAN_VALUE_MAX), USPAN_OK);
        assert_chain(w, &c, expected, sizeof expected);
        uspan_chain_free(&w->tracer.trace, &c);
        /* Replacements that are longer than the input must not exceed the largest value. */
        for (size_t max = at; max < at + 5u; max++) {
            c = empty();
            assert_int_equal(uspan_chain_text(&w->tracer, &c, text, sizeof text, max), USPAN_TRUNCATED);
            size_t kept = max < at + 3u ? at : max;
            assert_chain(w, &c, expected, kept);
            uspan_chain_free(&w->tracer.trace, &c);
        }
    }
}

static void test_an_unfinished_character_at_the_end_becomes_one_replacement(void **state)
{
    world_t *w = *state;
    uspan_chain_t c = empty();
    assert_int_equal(uspan_chain_text(&w->tracer, &c, "ab\xF0\x9F\x8C", 5, USPAN_VALUE_MAX), USPAN_OK);
    assert_chain(w, &c, "ab" USPAN_REPLACEMENT, 5);
    uspan_chain_free(&w->tracer.trace, &c);
}

static void test_a_replacement_that_finds_no_block_is_a_cut(void **state)
{
    world_t *w = *state;
    char text[USPAN_BLOCK + 1u];
    memcpy(text, pattern, USPAN_BLOCK);
    text[USPAN_BLOCK] = '\xFF';
    peek_leave_blocks(w, 1);
    uspan_chain_t c = empty();
    assert_int_equal(uspan_chain_text(&w->tracer, &c, text, sizeof text, USPAN_VALUE_MAX), USPAN_TRUNCATED);
    assert_chain(w, &c, pattern, USPAN_BLOCK);
    uspan_chain_free(&w->tracer.trace, &c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PATTERN(test_two_writes_of_any_lengths_stand_behind_each_other),
        WITH_PATTERN(test_what_does_not_fit_is_cut_at_a_character_and_no_block_is_kept_for_it),
        WITH_PATTERN(test_a_write_under_the_lock_is_whole_or_not_at_all),
        WITH_PATTERN(test_bad_bytes_become_replacement_characters_at_every_place),
        WITH_PATTERN(test_an_unfinished_character_at_the_end_becomes_one_replacement),
        WITH_PATTERN(test_a_replacement_that_finds_no_block_is_a_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
