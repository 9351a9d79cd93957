/* test_attr.c: each key has one value, which is complete or counted as lost. The test runs each type over
 * each type, with each number of free blocks. No block is reserved here: test_reserve.c tests the reserve.
 * uspan-config: USPAN_TEXT_RESERVE=0 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "peek.h"

#define KEY USPAN_KEY("value")

static uspan_t begin(world_t *w)
{
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "span");
    assert_true(s.id > 3u);
    return s;
}

/* ---- every way to set a value, and the result ---------------------------------------------------------- */

static char long_text[3u * USPAN_BLOCK + 8u];
static const int64_t ints[] = { INT64_MIN, -1, 0, 1, INT64_MAX, 5, 6, 7, 8, 9, 10 };
static const double doubles[] = { -0.5, 0.0, DBL_MAX, 1e-300, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0 };
static const bool bools[] = { true, false, true };
static const char *const texts[] = {
    "one", "", "a text that is longer than most blocks are, to lie across the end of one of them", NULL, "gr\xC3\xBCn",
};

typedef enum way {
    INT, DOUBLE, BOOL, NEAR, TEXT, STATIC, BAD_STATIC, EMPTY, BYTES, NO_BYTES, INTS, DOUBLES, BOOLS, TEXTS, NO_TEXTS,
    APPENDED, WAYS
} way_t;

static uspan_err_t set(uspan_tracer_t *t, uspan_t s, way_t way)
{
    switch (way) {
    case INT: return uspan_set_int(t, s, KEY, INT64_MIN);
    case DOUBLE: return uspan_set_double(t, s, KEY, -0.25);
    case BOOL: return uspan_set_bool(t, s, KEY, true);
    case NEAR: return uspan_set_str(t, s, KEY, "eight 88");
    case TEXT: return uspan_set_str(t, s, KEY, long_text);
    case STATIC: return uspan_set_static(t, s, KEY, "static text, longer than it would be near");
    case BAD_STATIC: return uspan_set_static(t, s, KEY, "not \xFF UTF-8");
    case EMPTY: return uspan_set_str(t, s, KEY, NULL);
    case BYTES: return uspan_set_bytes(t, s, KEY, "\0\1\2\xFF", 4);
    case NO_BYTES: return uspan_set_bytes(t, s, KEY, NULL, 0);
    case INTS: return uspan_set_ints(t, s, KEY, ints, COUNT(ints));
    case DOUBLES: return uspan_set_doubles(t, s, KEY, doubles, COUNT(doubles));
    case BOOLS: return uspan_set_bools(t, s, KEY, bools, COUNT(bools));
    case TEXTS: return uspan_set_strs(t, s, KEY, texts, COUNT(texts));
    case NO_TEXTS: return uspan_set_strs(t, s, KEY, NULL, 0);
    case APPENDED: return uspan_append_bytes(t, s, KEY, long_text, strlen(long_text));
    case WAYS:
    default: return USPAN_ERR_ARG;
    }
}

static void assert_texts(world_t *w, const uspan_entry_t *e, const char *const *expected, size_t count)
{
    const uint8_t *at = (const uint8_t *)peek_bytes(w, e);
    const uint8_t *end = at + e->len;
    for (size_t i = 0; i < count; i++) {
        const char *text = expected[i] != NULL ? expected[i] : "";
        size_t len = (size_t)at[0] | (size_t)at[1] << 8;
        assert_int_equal(len, strlen(text));
        assert_memory_equal(at + 2, text, len);
        at += 2u + len;
    }
    assert_ptr_equal(at, end);
}

static void assert_is(world_t *w, uspan_t s, way_t way)
{
    const uspan_entry_t *e = peek_attr(w, s, "value");
    assert_non_null(e);
    switch (way) {
    case INT:
        assert_int_equal(e->store, USPAN_STORE_INT);
        assert_true(e->v.i == INT64_MIN);
        break;
    case DOUBLE:
        assert_int_equal(e->store, USPAN_STORE_DOUBLE);
        assert_true(e->v.d == -0.25);
        break;
    case BOOL:
        assert_int_equal(e->store, USPAN_STORE_BOOL);
        assert_true(e->v.i == 1);
        break;
    case NEAR: assert_string_equal(peek_str(w, s, "value"), "eight 88"); break;
    case TEXT: assert_string_equal(peek_str(w, s, "value"), long_text); break;
    case STATIC:
        assert_int_equal(e->store, USPAN_STORE_STATIC);
        assert_string_equal(peek_str(w, s, "value"), "static text, longer than it would be near");
        break;
    case BAD_STATIC: assert_string_equal(peek_str(w, s, "value"), "not \xEF\xBF\xBD UTF-8"); break;
    case EMPTY: assert_string_equal(peek_str(w, s, "value"), ""); break;
    case BYTES:
        assert_int_equal(e->store, USPAN_STORE_BYTES);
        assert_int_equal(e->len, 4);
        assert_memory_equal(peek_bytes(w, e), "\0\1\2\xFF", 4);
        break;
    case NO_BYTES:
        assert_int_equal(e->store, USPAN_STORE_BYTES);
        assert_int_equal(e->len, 0);
        break;
    case INTS:
        assert_int_equal(e->store, USPAN_STORE_INTS);
        assert_int_equal(e->len, sizeof ints);
        assert_memory_equal(peek_bytes(w, e), ints, sizeof ints);
        break;
    case DOUBLES:
        assert_int_equal(e->store, USPAN_STORE_DOUBLES);
        assert_int_equal(e->len, sizeof doubles);
        assert_memory_equal(peek_bytes(w, e), doubles, sizeof doubles);
        break;
    case BOOLS:
        assert_int_equal(e->store, USPAN_STORE_BOOLS);
        assert_int_equal(e->len, COUNT(bools));
        assert_memory_equal(peek_bytes(w, e), "\1\0\1", 3);
        break;
    case TEXTS:
        assert_int_equal(e->store, USPAN_STORE_TEXTS);
        assert_texts(w, e, texts, COUNT(texts));
        break;
    case NO_TEXTS:
        assert_int_equal(e->store, USPAN_STORE_TEXTS);
        assert_int_equal(e->len, 0);
        break;
    case APPENDED:
        assert_int_equal(e->store, USPAN_STORE_BYTES);
        assert_string_equal(peek_bytes(w, e), long_text);
        break;
    case WAYS:
    default: fail();
    }
}

static int setup(void **state)
{
    for (size_t i = 0; i + 1u < sizeof long_text; i++) {
        long_text[i] = (char)('A' + i % 26u);
    }
    return peek_setup(state);
}

#define WITH_TEXT(test) cmocka_unit_test_setup_teardown(test, setup, peek_teardown)

static void test_every_type_replaces_every_type_and_leaks_no_block(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    unsigned blocks[WAYS];
    for (way_t way = INT; way < WAYS; way++) {
        uspan_t s = begin(w);
        assert_int_equal(set(t, s, way), USPAN_OK);
        assert_is(w, s, way);
        blocks[way] = w->tracer.trace.blocks_live;
        uspan_end(t, s);
        peek_drain(w);
        assert_int_equal(w->tracer.trace.blocks_live, 0);
    }
    for (way_t first = INT; first < WAYS; first++) {
        for (way_t second = INT; second < WAYS; second++) {
            if (second == APPENDED && (first == BYTES || first == APPENDED)) {
                continue; /* the second text would be appended to the first */
            }
            uspan_t s = begin(w);
            uspan_set_int(t, s, USPAN_KEY("before"), 1);
            set(t, s, first);
            uspan_set_int(t, s, USPAN_KEY("after"), 2);
            assert_int_equal(set(t, s, second), USPAN_OK);
            assert_is(w, s, second);
            assert_int_equal(w->tracer.trace.blocks_live, blocks[second]);
            assert_int_equal(peek_slot(w, s)->attr_count, 3);
            assert_int_equal(peek_int(w, s, "before"), 1);
            assert_int_equal(peek_int(w, s, "after"), 2);
            uspan_end(t, s);
            peek_drain(w);
        }
    }
}

static void test_for_every_number_of_free_blocks_a_value_is_whole_cut_or_dropped_and_told(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    for (way_t way = INT; way < WAYS; way++) {
        for (unsigned have = 0; have < 8u; have++) {
            uspan_t s = begin(w);
            uspan_stats_t before = peek_stats(w);
            peek_leave_blocks(w, have);
            uspan_err_t err = set(t, s, way);
            peek_return_blocks(w);
            uspan_stats_t after = peek_stats(w);
            assert_int_equal(after.attrs_dropped - before.attrs_dropped, err == USPAN_ERR_FULL);
            assert_int_equal(peek_slot(w, s)->dropped_attrs, err == USPAN_ERR_FULL);
            assert_int_equal(after.values_truncated - before.values_truncated, err == USPAN_TRUNCATED);
            if (err == USPAN_OK) {
                assert_is(w, s, way);
            } else if (err == USPAN_ERR_FULL) {
                assert_null(peek_attr(w, s, "value"));
                assert_int_equal(after.blocks_live, 0);
            } else {
                assert_int_equal(err, USPAN_TRUNCATED);
                const uspan_entry_t *e = peek_attr(w, s, "value");
                assert_true(e->len <= have * USPAN_BLOCK);
                assert_int_equal(after.blocks_live, uspan_blocks_for(e->len));
                if (way == TEXT || way == APPENDED) {
                    assert_memory_equal(peek_bytes(w, e), long_text, e->len);
                } else if (way == INTS || way == DOUBLES) {
                    assert_int_equal(e->len, have * USPAN_BLOCK);
                    assert_memory_equal(peek_bytes(w, e), way == INTS ? (const void *)ints : doubles, e->len);
                } else if (way == TEXTS) {
                    size_t n = 0;
                    for (size_t used = 0; used < e->len; n++) {
                        used += 2u + (texts[n] != NULL ? strlen(texts[n]) : 0u);
                    }
                    assert_texts(w, e, texts, n);
                }
            }
            uspan_end(t, s);
            peek_drain(w);
        }
    }
}

static void test_a_set_that_finds_no_room_leaves_the_old_value(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = begin(w);
    uspan_set_int(t, s, KEY, 7);
    peek_leave_blocks(w, 0);
    assert_int_equal(set(t, s, TEXT), USPAN_ERR_FULL);
    assert_int_equal(set(t, s, INTS), USPAN_ERR_FULL);
    assert_int_equal(set(t, s, BYTES), USPAN_ERR_FULL);
    assert_int_equal(set(t, s, TEXTS), USPAN_ERR_FULL);
    assert_int_equal(set(t, s, BAD_STATIC), USPAN_ERR_FULL);
    assert_int_equal(peek_int(w, s, "value"), 7);
    assert_int_equal(peek_slot(w, s)->dropped_attrs, 5);
}

static void test_values_are_cut_at_the_compile_time_maximum(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static char text[USPAN_VALUE_MAX + 9u];
    memset(text, 'x', sizeof text);
    uspan_t s = begin(w);
    memcpy(text + USPAN_VALUE_MAX - 2u, "\xF0\x9F\x8C\xB1", 4);
    assert_int_equal(uspan_set_str_n(t, s, KEY, text, sizeof text), USPAN_TRUNCATED);
    assert_int_equal(peek_attr(w, s, "value")->len, USPAN_VALUE_MAX - 2u);
    assert_int_equal(uspan_set_str_n(t, s, KEY, text, USPAN_VALUE_MAX - 2u), USPAN_OK);
    assert_int_equal(uspan_set_bytes(t, s, KEY, text, sizeof text), USPAN_TRUNCATED);
    assert_int_equal(peek_attr(w, s, "value")->len, USPAN_VALUE_MAX);
    assert_int_equal(uspan_set_bytes(t, s, KEY, text, USPAN_VALUE_MAX), USPAN_OK);
    static int64_t many[USPAN_VALUE_MAX / 8u + 1u];
    assert_int_equal(uspan_set_ints(t, s, KEY, many, COUNT(many)), USPAN_TRUNCATED);
    assert_int_equal(peek_attr(w, s, "value")->len, USPAN_VALUE_MAX / 8u * 8u);
    static bool flags[USPAN_VALUE_MAX + 1u];
    assert_int_equal(uspan_set_bools(t, s, KEY, flags, COUNT(flags)), USPAN_TRUNCATED);
    const char *const two[] = { "first", text };
    text[sizeof text - 1u] = '\0';
    assert_int_equal(uspan_set_strs(t, s, KEY, two, 2), USPAN_TRUNCATED);
    assert_texts(w, peek_attr(w, s, "value"), two, 1);
    assert_int_equal(uspan_set_strs(t, s, KEY, two + 1, 1), USPAN_ERR_FULL);
    assert_int_equal(peek_stats(w).values_truncated, 5);
    assert_int_equal(peek_stats(w).attrs_dropped, 1);
}

static void test_static_text_is_referenced_whole_and_beyond_its_length_field_copied(void **state)
{
    world_t *w = *state;
    uspan_t s = begin(w);
    char *text = malloc(70001);
    memset(text, 's', 70000);
    text[70000] = '\0';
    assert_int_equal(uspan_set_static_n(&w->tracer, s, KEY, text, 60000), USPAN_OK);
    assert_ptr_equal(peek_attr(w, s, "value")->v.text, text);
    assert_int_equal(peek_attr(w, s, "value")->len, 60000);
    assert_int_equal(uspan_set_static(&w->tracer, s, KEY, text), USPAN_TRUNCATED);
    assert_int_equal(peek_attr(w, s, "value")->len, USPAN_VALUE_MAX);
    free(text);
}

static void test_the_limit_for_values_counts_characters_of_text_and_bytes_of_bytes(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    const uspan_limits_t limits = { .value_chars = 3 };
    uspan_set_limits(t, &limits);
    uspan_t s = begin(w);
    assert_int_equal(uspan_set_str(t, s, KEY, "\xE2\x82\xAC\xF0\x9F\x8C\xB1z"), USPAN_OK);
    assert_string_equal(peek_str(w, s, "value"), "\xE2\x82\xAC\xF0\x9F\x8C\xB1z");
    assert_int_equal(uspan_set_str(t, s, KEY, "\xE2\x82\xAC\xF0\x9F\x8C\xB1\xC3\xA4z"), USPAN_TRUNCATED);
    assert_string_equal(peek_str(w, s, "value"), "\xE2\x82\xAC\xF0\x9F\x8C\xB1\xC3\xA4");
    assert_int_equal(uspan_set_static(t, s, KEY, "abcd"), USPAN_TRUNCATED);
    assert_string_equal(peek_str(w, s, "value"), "abc");
    assert_int_equal(uspan_set_static(t, s, KEY, "\xFF\xFF\xFF\xFF"), USPAN_TRUNCATED);
    assert_string_equal(peek_str(w, s, "value"), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    assert_int_equal(uspan_set_bytes(t, s, KEY, "abcd", 4), USPAN_TRUNCATED);
    assert_int_equal(peek_attr(w, s, "value")->len, 3);
    const char *const some[] = { "abc", "\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4", "xyzz" };
    const char *const cut[] = { "abc", "\xC3\xA4\xC3\xA4\xC3\xA4", "xyz" };
    assert_int_equal(uspan_set_strs(t, s, KEY, some, 3), USPAN_TRUNCATED); /* the limit is for each element */
    assert_texts(w, peek_attr(w, s, "value"), cut, 3);
    assert_int_equal(uspan_set_ints(t, s, KEY, ints, COUNT(ints)), USPAN_OK); /* numbers are not truncated */
    assert_is(w, s, INTS);
    assert_int_equal(peek_stats(w).values_truncated, 5);
    uspan_set_limits(t, NULL);
    assert_int_equal(uspan_set_str(t, s, KEY, "abcdefg"), USPAN_OK);
}

static void test_bad_utf8_in_arrays_is_replaced_with_lengths_that_are_right(void **state)
{
    world_t *w = *state;
    uspan_t s = begin(w);
    const char *const bad[] = { "a\xFF", "\xE2\x82", "ok" };
    const char *const good[] = { "a\xEF\xBF\xBD", "\xEF\xBF\xBD", "ok" };
    assert_int_equal(uspan_set_strs(&w->tracer, s, KEY, bad, 3), USPAN_OK);
    assert_texts(w, peek_attr(w, s, "value"), good, 3);
}

static void test_texts_straddle_blocks_at_every_offset_and_every_shortage(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    char first[2u * USPAN_BLOCK + 1u];
    for (size_t len = 0; len < 2u * USPAN_BLOCK; len++) {
        memset(first, 'f', len);
        first[len] = '\0';
        const char *const pair[] = { first, "second \xC3\xA4 of them", "third" };
        for (unsigned have = 0; have < 5u; have++) {
            uspan_t s = begin(w);
            peek_leave_blocks(w, have);
            uspan_err_t err = uspan_set_strs(t, s, KEY, pair, 3);
            peek_return_blocks(w);
            size_t fit = 0;
            for (size_t used = 0; fit < 3u && (used += 2u + strlen(pair[fit])) <= have * USPAN_BLOCK;) {
                fit++;
            }
            assert_int_equal(err, fit == 3u ? USPAN_OK : fit > 0u ? USPAN_TRUNCATED : USPAN_ERR_FULL);
            if (fit > 0u) {
                assert_texts(w, peek_attr(w, s, "value"), pair, fit);
                assert_int_equal(w->tracer.trace.blocks_live, uspan_blocks_for(peek_attr(w, s, "value")->len));
            }
            uspan_end(t, s);
            peek_drain(w);
        }
    }
}

/* ---- tables, hostile arguments, spans that store nothing ----------------------------------------------- */

static void test_hostile_arguments_change_nothing(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = begin(w);
    static const uspan_key_t *const none = NULL;
    assert_int_equal(uspan_set_int(NULL, s, KEY, 1), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_int(t, s, none, 1), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_double(t, s, none, 1), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_bool(NULL, s, KEY, true), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_str(NULL, s, KEY, "x"), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_str(t, s, none, "x"), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_static(t, s, none, "x"), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_str_n(t, s, KEY, NULL, 1), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_static_n(t, s, KEY, NULL, 1), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_bytes(t, s, KEY, NULL, 1), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_bytes(t, s, none, "x", 1), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_ints(t, s, KEY, NULL, SIZE_MAX), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_ints(t, s, KEY, ints, SIZE_MAX), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_strs(t, s, KEY, NULL, 2), USPAN_ERR_ARG);
    assert_int_equal(peek_slot(w, s)->attr_count, 0);
    assert_int_equal(peek_stats(w).attrs_dropped, 0);
    assert_int_equal(peek_stats(w).blocks_high, 0);
}

static void test_null_stale_and_unsampled_spans_take_every_set_and_cost_nothing(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t ended = begin(w);
    uspan_end(t, ended);
    uspan_t gone = begin(w);
    uspan_end(t, gone);
    peek_drain(w);
    ended = begin(w);
    uspan_end(t, ended);
    uspan_set_sampler(t, (uspan_sampler_t){ .bound = USPAN_SAMPLE_NEVER });
    uspan_t unsampled = begin(w);
    for (way_t way = INT; way < WAYS; way++) {
        assert_int_equal(set(t, USPAN_NULL, way), USPAN_OK);
        assert_int_equal(set(t, USPAN_ROOT, way), USPAN_OK);
        assert_int_equal(set(t, unsampled, way), USPAN_OK);
        assert_int_equal(set(t, ended, way), USPAN_ERR_STALE);
        assert_int_equal(set(t, gone, way), USPAN_ERR_STALE);
        assert_int_equal(set(t, USPAN_HANDLE(0xFFFFFFFFu), way), USPAN_ERR_STALE);
    }
    assert_int_equal(peek_slot(w, unsampled)->attr_count, 0);
    assert_int_equal(peek_stats(w).blocks_high, 0);
    assert_int_equal(peek_stats(w).attrs_dropped, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TEXT(test_every_type_replaces_every_type_and_leaks_no_block),
        WITH_TEXT(test_for_every_number_of_free_blocks_a_value_is_whole_cut_or_dropped_and_told),
        WITH_TEXT(test_a_set_that_finds_no_room_leaves_the_old_value),
        IN_WORLD(test_values_are_cut_at_the_compile_time_maximum),
        IN_WORLD(test_static_text_is_referenced_whole_and_beyond_its_length_field_copied),
        IN_WORLD(test_the_limit_for_values_counts_characters_of_text_and_bytes_of_bytes),
        IN_WORLD(test_bad_utf8_in_arrays_is_replaced_with_lengths_that_are_right),
        IN_WORLD(test_texts_straddle_blocks_at_every_offset_and_every_shortage),
        IN_WORLD(test_hostile_arguments_change_nothing),
        WITH_TEXT(test_null_stale_and_unsampled_spans_take_every_set_and_cost_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
