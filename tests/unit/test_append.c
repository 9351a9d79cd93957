/* test_append.c: a value that is appended in pieces is well-formed UTF-8 at every moment and has no gap,
 * whatever is dropped. No block is reserved here: test_reserve.c tests the reserve.
 * uspan-config: USPAN_TEXT_RESERVE=0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "peek.h"

#define KEY USPAN_KEY("answer")
#define GARDEN "gr\xC3\xBCn \xE2\x82\xAC\xF0\x9F\x8C\xB1 fertig"

static uspan_t begin(world_t *w)
{
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "chat");
    assert_true(s.id > 3u);
    return s;
}

static void test_utf8_may_be_split_anywhere_between_three_calls(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    size_t len = strlen(GARDEN);
    uspan_t s = begin(w);
    for (size_t a = 0; a <= len; a++) {
        for (size_t b = a; b <= len; b++) {
            assert_int_equal(uspan_set_str(t, s, KEY, ""), USPAN_OK);
            assert_int_equal(uspan_append_str_n(t, s, KEY, GARDEN, a), USPAN_OK);
            assert_int_equal(uspan_append_str_n(t, s, KEY, &GARDEN[a], b - a), USPAN_OK);
            assert_int_equal(uspan_append_str_n(t, s, KEY, &GARDEN[b], len - b), USPAN_OK);
            assert_string_equal(peek_str(w, s, "answer"), GARDEN);
        }
    }
    assert_int_equal(peek_stats(w).values_truncated, 0);
}

static void test_a_long_text_may_come_byte_by_byte(void **state)
{
    world_t *w = *state;
    static char text[USPAN_VALUE_MAX + 1u];
    uspan_t s = begin(w);
    size_t n = 0;
    while (n + strlen(GARDEN) < 1200u) {
        memcpy(text + n, GARDEN, strlen(GARDEN));
        n += strlen(GARDEN);
    }
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(uspan_append_str_n(&w->tracer, s, KEY, text + i, 1), USPAN_OK);
    }
    assert_string_equal(peek_str(w, s, "answer"), text);
    assert_int_equal(w->tracer.trace.blocks_live, uspan_blocks_for((unsigned)n));
}

static void test_pieces_of_every_length_join_on(void **state)
{
    world_t *w = *state;
    static char text[4u * USPAN_BLOCK + 1u];
    for (size_t i = 0; i < sizeof text - 1u; i++) {
        text[i] = (char)('a' + i % 23u);
    }
    for (size_t piece = 1; piece <= 3u * USPAN_BLOCK; piece++) {
        uspan_t s = begin(w);
        uspan_t b = begin(w);
        for (size_t at = 0; at < sizeof text - 1u; at += piece) {
            size_t n = sizeof text - 1u - at < piece ? sizeof text - 1u - at : piece;
            assert_int_equal(uspan_append_str_n(&w->tracer, s, KEY, text + at, n), USPAN_OK);
            assert_int_equal(uspan_append_bytes(&w->tracer, b, KEY, text + at, n), USPAN_OK);
        }
        assert_string_equal(peek_str(w, s, "answer"), text);
        assert_string_equal(peek_bytes(w, peek_attr(w, b, "answer")), text);
        uspan_end(&w->tracer, s);
        uspan_end(&w->tracer, b);
        peek_drain(w);
    }
}

static void test_a_character_that_never_ends_becomes_one_replacement_at_the_end_of_the_span(void **state)
{
    world_t *w = *state;
    uspan_t s = begin(w);
    assert_int_equal(uspan_append_str(&w->tracer, s, KEY, "half \xF0\x9F\x8C"), USPAN_OK);
    assert_string_equal(peek_str(w, s, "answer"), "half "); /* well-formed while bytes are missing */
    uspan_end(&w->tracer, s);
    assert_string_equal(peek_str(w, s, "answer"), "half \xEF\xBF\xBD");
}

static void test_a_waiting_character_that_ends_otherwise_becomes_a_replacement_before_what_follows(
    void **state)
{
    world_t *w = *state;
    uspan_t s = begin(w);
    uspan_append_str(&w->tracer, s, KEY, "a\xE2\x82");
    uspan_append_str(&w->tracer, s, KEY,
                     "b\xFF"
                     "c\xF0");
    uspan_append_str(&w->tracer, s, KEY, "\xF0\x9F\x8C\xB1");
    assert_string_equal(peek_str(w, s, "answer"), "a\xEF\xBF\xBD"
                                                  "b\xEF\xBF\xBD"
                                                  "c\xEF\xBF\xBD\xF0\x9F\x8C\xB1");
}

static void test_a_set_forgets_the_character_that_waited(void **state)
{
    world_t *w = *state;
    uspan_t s = begin(w);
    uspan_append_str(&w->tracer, s, KEY, "a\xE2\x82");
    uspan_set_str(&w->tracer, s, KEY, "a text of more than eight bytes");
    uspan_append_str(&w->tracer, s, KEY, "!");
    assert_string_equal(peek_str(w, s, "answer"), "a text of more than eight bytes!");
    uspan_append_str(&w->tracer, s, KEY, "\xE2");
    uspan_set_int(&w->tracer, s, KEY, 5);
    uspan_end(&w->tracer, s);
    assert_int_equal(peek_int(w, s, "answer"), 5);
}

static void test_appending_extends_short_static_and_long_text(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = begin(w);
    char expected[512];
    for (size_t len = 0; len < 200u; len++) {
        static char text[201];
        memset(text, 'q', len);
        text[len] = '\0';
        snprintf(expected, sizeof expected, "%s+\xE2\x82\xAC", text);
        assert_int_equal(uspan_set_str(t, s, KEY, text), USPAN_OK);
        assert_int_equal(uspan_append_str(t, s, KEY, "+\xE2\x82"), USPAN_OK);
        assert_int_equal(uspan_append_str(t, s, KEY, "\xAC"), USPAN_OK);
        assert_string_equal(peek_str(w, s, "answer"), expected);
        assert_int_equal(uspan_set_static(t, s, KEY, text), USPAN_OK);
        assert_int_equal(uspan_append_str(t, s, KEY, "+\xE2"), USPAN_OK);
        assert_int_equal(uspan_append_str(t, s, KEY, "\x82\xAC"), USPAN_OK);
        assert_string_equal(peek_str(w, s, "answer"), expected);
    }
}

static void test_appending_replaces_a_value_of_another_type(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static const int64_t ints[40] = { 1 };
    uspan_t s = begin(w);
    uspan_set_int(t, s, KEY, 7);
    assert_int_equal(uspan_append_str(t, s, KEY, "text"), USPAN_OK);
    assert_string_equal(peek_str(w, s, "answer"), "text");
    uspan_set_ints(t, s, KEY, ints, COUNT(ints));
    assert_int_equal(uspan_append_str(t, s, KEY, "more"), USPAN_OK);
    assert_string_equal(peek_str(w, s, "answer"), "more");
    assert_int_equal(uspan_append_bytes(t, s, KEY, "\x01\xFF", 2), USPAN_OK);
    assert_int_equal(peek_attr(w, s, "answer")->store, USPAN_STORE_BYTES);
    assert_memory_equal(peek_bytes(w, peek_attr(w, s, "answer")), "\x01\xFF", 2);
    assert_int_equal(peek_attr(w, s, "answer")->len, 2);
    assert_int_equal(uspan_append_str(t, s, KEY, "\xC3"), USPAN_OK);
    assert_int_equal(uspan_append_str(t, s, KEY, "\xA4"), USPAN_OK);
    assert_string_equal(peek_str(w, s, "answer"), "\xC3\xA4");
    assert_int_equal(w->tracer.trace.blocks_live, 1);
}

static void test_a_closed_bytes_value_gives_way_to_text_that_begins_within_a_character(void **state)
{
    world_t *w = *state;
    static uint8_t bytes[USPAN_VALUE_MAX + 1u];
    uspan_t s = begin(w);
    assert_int_equal(uspan_append_bytes(&w->tracer, s, KEY, bytes, sizeof bytes), USPAN_TRUNCATED);
    assert_int_equal(uspan_append_str(&w->tracer, s, KEY, "\xC3"), USPAN_OK);
    assert_int_equal(uspan_append_str(&w->tracer, s, KEY, "\xA4"), USPAN_OK);
    assert_string_equal(peek_str(w, s, "answer"), "\xC3\xA4");
}

static void test_a_value_ends_at_its_maximum_at_a_character_and_stays_ended(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static char text[USPAN_VALUE_MAX];
    memset(text, 'v', sizeof text);
    for (size_t short_by = 0; short_by < 5u; short_by++) {
        uspan_t s = begin(w);
        uint32_t before = peek_stats(w).values_truncated;
        assert_int_equal(uspan_append_str_n(t, s, KEY, text, sizeof text - short_by), USPAN_OK);
        uspan_err_t err = uspan_append_str(t, s, KEY, "\xF0\x9F\x8C\xB1");
        assert_int_equal(err, short_by < 4u ? USPAN_TRUNCATED : USPAN_OK);
        assert_int_equal(peek_attr(w, s, "answer")->len,
                         short_by < 4u ? sizeof text - short_by : sizeof text);
        uint16_t len = peek_attr(w, s, "answer")->len;
        if (short_by < 4u) {
            assert_int_equal(peek_stats(w).values_truncated, before + 1u);
            assert_int_equal(uspan_append_str(t, s, KEY, "v"),
                             USPAN_TRUNCATED); /* it would fit, but it would leave a gap */
            assert_int_equal(peek_attr(w, s, "answer")->len, len);
        }
        uspan_end(t, s);
        peek_drain(w);
    }
}

/* Store `first` with `have` free blocks by one call. Then free blocks and append. A truncated value must
 * not grow again. */
static void assert_no_hole(world_t *w, unsigned have, const char *first, int how)
{
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = begin(w);
    uspan_set_str(t, s, KEY, "abc");
    peek_leave_blocks(w, have);
    uspan_err_t err = how == 0   ? uspan_append_str(t, s, KEY, first)
                      : how == 1 ? uspan_set_str(t, s, KEY, first)
                                 : uspan_set_static(t, s, KEY, first);
    if (how == 2) {
        assert_int_equal(err, USPAN_OK);
        err = uspan_append_str(t, s, KEY, "LOST");
    }
    char kept[1024];
    snprintf(kept, sizeof kept, "%s", peek_str(w, s, "answer"));
    peek_return_blocks(w);
    uspan_err_t again = uspan_append_str(t, s, KEY, "tail");
    if (err == USPAN_TRUNCATED) {
        assert_int_equal(again, USPAN_TRUNCATED);
        assert_string_equal(peek_str(w, s, "answer"), kept);
    } else {
        assert_int_equal(again, USPAN_OK);
    }
    /* A new value can grow again. */
    assert_int_equal(uspan_set_str(t, s, KEY, "new"), USPAN_OK);
    assert_int_equal(uspan_append_str(t, s, KEY, " value, of some length"), USPAN_OK);
    assert_string_equal(peek_str(w, s, "answer"), "new value, of some length");
    uspan_end(t, s);
    peek_drain(w);
}

static void test_text_that_lost_a_piece_is_never_continued(void **state)
{
    world_t *w = *state;
    char long_text[5u * USPAN_BLOCK + 1u];
    memset(long_text, 'x', sizeof long_text - 1u);
    long_text[sizeof long_text - 1u] = '\0';
    for (unsigned have = 0; have < 7u; have++) {
        for (int how = 0; how < 3; how++) {
            assert_no_hole(w, have, long_text, how);
            assert_no_hole(w, have, "short", how);
        }
    }
}

static void test_bytes_that_lost_a_piece_are_never_continued(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static const uint8_t bytes[3u * USPAN_BLOCK] = { 1 };
    uspan_t s = begin(w);
    peek_leave_blocks(w, 1);
    assert_int_equal(uspan_set_bytes(t, s, KEY, bytes, sizeof bytes), USPAN_TRUNCATED);
    peek_return_blocks(w);
    assert_int_equal(uspan_append_bytes(t, s, KEY, bytes, 1), USPAN_TRUNCATED);
    assert_int_equal(peek_attr(w, s, "answer")->len, USPAN_BLOCK);
}

static void test_the_limit_in_characters_holds_over_all_appends(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static const char text[] = "\xE2\x82\xAC"
                               "a\xC3\xA4"
                               "b\xF0\x9F\x8C\xB1"
                               "c\xE2\x82\xAC"; /* 7 characters */
    static const size_t ends[] = { 0, 3, 4, 6, 7, 11, 12, 15 };
    for (uint32_t limit = 1; limit <= 7u; limit++) {
        const uspan_limits_t limits = { .value_chars = limit };
        uspan_set_limits(t, &limits);
        for (size_t split = 0; split <= sizeof text - 1u; split++) {
            for (int first = 0; first < 3; first++) {
                uspan_t s = begin(w);
                uspan_err_t a =
                    first == 0 ? uspan_append_str_n(t, s, KEY, text, split)
                    : first == 1
                        ? (uspan_set_str(t, s, KEY, ""), uspan_append_str_n(t, s, KEY, text, split))
                        : (uspan_set_static(t, s, KEY, ""), uspan_append_str_n(t, s, KEY, text, split));
                uspan_err_t b = uspan_append_str_n(t, s, KEY, text + split, sizeof text - 1u - split);
                uspan_end(t, s);
                const char *kept = peek_str(w, s, "answer");
                assert_int_equal(strlen(kept), ends[limit]);
                assert_memory_equal(kept, text, ends[limit]);
                assert_int_equal(a == USPAN_TRUNCATED || b == USPAN_TRUNCATED, limit < 7u);
                peek_drain(w);
            }
        }
    }
    assert_true(peek_stats(w).values_truncated > 0u);
}

static void test_the_limit_counts_bytes_of_bytes(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    const uspan_limits_t limits = { .value_chars = 5 };
    uspan_set_limits(t, &limits);
    uspan_t s = begin(w);
    assert_int_equal(uspan_append_bytes(t, s, KEY, "abc", 3), USPAN_OK);
    assert_int_equal(uspan_append_bytes(t, s, KEY, "def", 3), USPAN_TRUNCATED);
    assert_int_equal(uspan_append_bytes(t, s, KEY, "g", 1), USPAN_TRUNCATED);
    assert_string_equal(peek_bytes(w, peek_attr(w, s, "answer")), "abcde");
    assert_int_equal(peek_stats(w).values_truncated, 1);
}

static void test_appends_that_record_nothing_count_nothing(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static const uspan_key_t content = USPAN_KEY_CONTENT_INIT("secret");
    const uspan_limits_t limits = { .value_chars = 2 };
    uspan_set_limits(t, &limits);
    uspan_t s = begin(w);
    uspan_set_content(t, false);
    assert_int_equal(uspan_append_str(t, s, &content, "longer than two"), USPAN_OK);
    assert_null(peek_attr(w, s, "secret"));
    uspan_end(t, s);
    assert_int_equal(uspan_append_str(t, s, KEY, "longer than two"), USPAN_ERR_STALE);
    assert_int_equal(uspan_append_str(t, USPAN_NULL, KEY, "longer than two"), USPAN_OK);
    uspan_set_sampler(t, (uspan_sampler_t){ .bound = USPAN_SAMPLE_NEVER });
    uspan_t unsampled = begin(w);
    assert_int_equal(uspan_append_str(t, unsampled, KEY, "longer than two"), USPAN_OK);
    assert_int_equal(peek_stats(w).values_truncated, 0);
    assert_int_equal(peek_stats(w).blocks_high, 0);
}

static void test_hostile_arguments_are_refused_and_empty_ones_do_nothing(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = begin(w);
    assert_int_equal(uspan_append_str_n(NULL, s, KEY, "a", 1), USPAN_ERR_ARG);
    assert_int_equal(uspan_append_str_n(t, s, NULL, "a", 1), USPAN_ERR_ARG);
    assert_int_equal(uspan_append_str_n(t, s, KEY, NULL, 1), USPAN_ERR_ARG);
    assert_int_equal(uspan_append_bytes(t, s, KEY, NULL, SIZE_MAX), USPAN_ERR_ARG);
    assert_int_equal(uspan_append_str(t, s, KEY, NULL), USPAN_OK);
    assert_int_equal(uspan_append_bytes(t, s, KEY, "a", 0), USPAN_OK);
    assert_int_equal(peek_slot(w, s)->attr_count, 0);
}

static void test_an_append_to_a_full_table_is_counted(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    const uspan_limits_t limits = { .attrs = 1 };
    uspan_set_limits(t, &limits);
    uspan_t s = begin(w);
    uspan_set_int(t, s, USPAN_KEY("only"), 1);
    assert_int_equal(uspan_append_str(t, s, KEY, "text"), USPAN_ERR_FULL);
    assert_int_equal(peek_slot(w, s)->dropped_attrs, 1);
    assert_int_equal(peek_stats(w).attrs_dropped, 1);
}

static void test_a_replacement_at_the_end_that_finds_no_room_is_counted(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    char text[USPAN_BLOCK];
    memset(text, 'x', sizeof text);
    uspan_t s = begin(w);
    assert_int_equal(uspan_append_str_n(t, s, KEY, text, sizeof text), USPAN_OK);
    assert_int_equal(uspan_append_str(t, s, KEY, "\xE2"), USPAN_OK);
    peek_leave_blocks(w, 0);
    uspan_end(t, s);
    assert_int_equal(peek_attr(w, s, "answer")->len, sizeof text);
    assert_int_equal(peek_stats(w).values_truncated, 1);
}

/* A limit counts characters in every case: a value in several blocks, set by one call or in pieces, ASCII
 * or not. */
static void test_a_limit_holds_across_blocks(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static const char *const chars[] = { "a", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x8C\xB1" };
    char one_by_one[8u * USPAN_BLOCK];
    const unsigned limit = 3u * USPAN_BLOCK / 2u;
    uspan_set_limits(t, &(uspan_limits_t){ .value_chars = limit });
    for (unsigned kind = 0; kind < 4u; kind++) {
        /* A setter stores the first characters, and further calls append the others. */
        for (unsigned first = 0; first <= limit; first += 7u) {
            uspan_t s = begin(w);
            size_t bytes = strlen(chars[kind]);
            for (unsigned i = 0; i < first; i++) {
                memcpy(one_by_one + i * bytes, chars[kind], bytes);
            }
            assert_int_equal(uspan_set_str_n(t, s, KEY, one_by_one, first * bytes), USPAN_OK);
            for (unsigned i = first; i < limit; i++) {
                assert_int_equal(uspan_append_str(t, s, KEY, chars[kind]), USPAN_OK);
            }
            assert_int_equal(peek_attr(w, s, "answer")->len, limit * bytes);
            assert_int_equal(uspan_append_str(t, s, KEY, chars[kind]), USPAN_TRUNCATED);
            assert_int_equal(peek_attr(w, s, "answer")->len, limit * bytes);
            uspan_end(t, s);
            peek_drain(w);
        }
    }
    uspan_set_limits(t, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_utf8_may_be_split_anywhere_between_three_calls),
        IN_WORLD(test_a_long_text_may_come_byte_by_byte),
        IN_WORLD(test_pieces_of_every_length_join_on),
        IN_WORLD(test_a_character_that_never_ends_becomes_one_replacement_at_the_end_of_the_span),
        IN_WORLD(test_a_waiting_character_that_ends_otherwise_becomes_a_replacement_before_what_follows),
        IN_WORLD(test_a_set_forgets_the_character_that_waited),
        IN_WORLD(test_appending_extends_short_static_and_long_text),
        IN_WORLD(test_appending_replaces_a_value_of_another_type),
        IN_WORLD(test_a_value_ends_at_its_maximum_at_a_character_and_stays_ended),
        IN_WORLD(test_a_limit_holds_across_blocks),
        IN_WORLD(test_text_that_lost_a_piece_is_never_continued),
        IN_WORLD(test_bytes_that_lost_a_piece_are_never_continued),
        IN_WORLD(test_the_limit_in_characters_holds_over_all_appends),
        IN_WORLD(test_the_limit_counts_bytes_of_bytes),
        IN_WORLD(test_appends_that_record_nothing_count_nothing),
        IN_WORLD(test_hostile_arguments_are_refused_and_empty_ones_do_nothing),
        IN_WORLD(test_an_append_to_a_full_table_is_counted),
        IN_WORLD(test_a_replacement_at_the_end_that_finds_no_room_is_counted),
        IN_WORLD(test_a_closed_bytes_value_gives_way_to_text_that_begins_within_a_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
