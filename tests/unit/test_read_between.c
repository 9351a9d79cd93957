/* test_read_between.c: if another task changes a span between two holds of the lock, the values that are read
 * are still consistent. */
#include "uspan/read.h"
#include <string.h>
#include "reading.h"

static const uspan_key_t key_a = USPAN_KEY_INIT("a");

/* A port whose lock lets another task run first, at the n-th call. */
typedef struct meddler {
    world_t *w;
    uspan_port_t inner;
    unsigned at, calls;
    void (*act)(struct meddler *m);
    uspan_t s;
} meddler_t;

static void meddle(meddler_t *m);

static uint32_t meddling_lock(void *ctx)
{
    meddler_t *m = ctx;
    if (m->calls++ == m->at) {
        m->w->port = m->inner;
        m->act(m);
        meddle(m);
    }
    return m->inner.lock(m->inner.ctx);
}

static void meddling_unlock(void *ctx, uint32_t state)
{
    meddler_t *m = ctx;
    m->inner.unlock(m->inner.ctx, state);
}

/* Install the lock of m. Reading calls no other function of the port. */
static void meddle(meddler_t *m)
{
    m->w->port.ctx = m;
    m->w->port.lock = meddling_lock;
    m->w->port.unlock = meddling_unlock;
}

static void calm(meddler_t *m)
{
    m->w->port = m->inner;
}

static char one_text[LONG_TEXT + 1u];
static char other_text[LONG_TEXT + 1u];

static void set_other(meddler_t *m)
{
    uspan_set_str(&m->w->tracer, m->s, &key_a, other_text);
}

static void set_shorter(meddler_t *m)
{
    uspan_set_str(&m->w->tracer, m->s, &key_a, "short");
}

static void set_number(meddler_t *m)
{
    uspan_set_int(&m->w->tracer, m->s, &key_a, 5);
}

static void grow(meddler_t *m)
{
    uspan_append_str(&m->w->tracer, m->s, &key_a, "more");
}

static void set_texts(meddler_t *m)
{
    static const char *const texts[] = { "anew", "and", "shorter" };
    uspan_set_strs(&m->w->tracer, m->s, &key_a, texts, 3);
}

static void lose(meddler_t *m)
{
    uspan_end(&m->w->tracer, m->s);
    world_drain(m->w);
}

/* A span whose attribute is one_text, or those texts. act runs before the at-th lock. */
static uspan_t meddled(world_t *w, meddler_t *m, void (*act)(meddler_t *), unsigned at,
                       const char *const *texts, size_t count)
{
    uspan_t s = start(w);
    if (count > 0u) {
        uspan_set_strs(&w->tracer, s, &key_a, texts, count);
    } else {
        uspan_set_str(&w->tracer, s, &key_a, one_text);
    }
    uspan_event(&w->tracer, s, one_text);
    *m = (meddler_t){ .w = w, .inner = w->port, .at = at, .act = act, .s = s };
    meddle(m);
    return s;
}

static void test_a_value_replaced_while_it_is_read_is_the_old_or_the_new_one(void **state)
{
    static void (*const acts[])(meddler_t *) = { set_other, set_shorter, set_number, grow };
    world_t *w = *state;
    fill_text(one_text, LONG_TEXT, 0);
    fill_text(other_text, LONG_TEXT, 13);
    unsigned fresh = 0;
    for (unsigned a = 0; a < 4u; a++) {
        for (unsigned at = 0; at < 7u; at++) {
            meddler_t m;
            char got[LONG_TEXT + 8u];
            uspan_t s = meddled(w, &m, acts[a], at, NULL, 0);
            size_t n = uspan_read_text(&w->tracer, s, USPAN_OF_SPAN, 0, 0, got, sizeof got);
            calm(&m);
            bool old = n == LONG_TEXT && memcmp(got, one_text, n) == 0;
            bool new = acts[a] == set_other     ? n == LONG_TEXT &&memcmp(got, other_text, n) == 0
                       : acts[a] == set_shorter ? n == 5u && memcmp(got, "short", n) == 0
                       : acts[a] == set_number
                           ? n == 0u
                           : n == LONG_TEXT + 4u && memcmp(got + LONG_TEXT, "more", 4) == 0 &&
                                 memcmp(got, one_text, LONG_TEXT) == 0;
            assert_true(old || new);
            fresh += new;
        }
    }
    assert_true(fresh >= 16u); /* the other task did run between the holds */
}

static void set_near(meddler_t *m)
{
    uspan_set_str(&m->w->tracer, m->s, &key_a, "new near");
}

static void test_a_short_value_replaced_by_another_is_the_old_or_the_new_one(void **state)
{
    static void (*const acts[])(meddler_t *) = { set_near, set_number };
    world_t *w = *state;
    fill_text(one_text, 3, 0);
    one_text[3] = '\0';
    for (unsigned a = 0; a < 2u; a++) {
        for (unsigned at = 0; at < 3u; at++) {
            meddler_t m;
            char got[LONG_TEXT];
            uspan_t s = meddled(w, &m, acts[a], at, NULL, 0);
            size_t n = uspan_read_text(&w->tracer, s, USPAN_OF_SPAN, 0, 0, got, sizeof got);
            calm(&m);
            if (at == 2u) {
                assert_int_equal(n, 3); /* it ran too late */
                assert_memory_equal(got, one_text, 3);
            } else {
                assert_int_equal(n, a == 0u ? 8 : 0);
                assert_memory_equal(got, "new near", n);
            }
        }
    }
}

static void test_an_array_replaced_while_it_is_read_is_the_old_or_the_new_one(void **state)
{
    static const char *const texts[] = { one_text, other_text };
    world_t *w = *state;
    fill_text(one_text, LONG_TEXT, 0);
    fill_text(other_text, LONG_TEXT, 13);
    unsigned fresh = 0;
    for (unsigned at = 0; at < 12u; at++) {
        meddler_t m;
        uspan_value_t v;
        char got[LONG_TEXT];
        uspan_t s = meddled(w, &m, set_texts, at, texts, 2);
        assert_int_equal(uspan_read_element(&w->tracer, s, 0, 0, 1, &v, got, sizeof got), USPAN_OK);
        calm(&m);
        bool old = v.len == LONG_TEXT && memcmp(got, other_text, LONG_TEXT) == 0;
        bool new = v.len == 3u && memcmp(got, "and", 3) == 0;
        assert_true(old || new);
        fresh += new;
        s = meddled(w, &m, set_texts, at, texts, 2);
        assert_int_equal(uspan_read_attr(&w->tracer, s, 0, 0, &v), USPAN_OK);
        calm(&m);
        assert_true(v.len == 2u || v.len == 3u);
    }
    assert_true(fresh >= 4u);
}

static void test_a_span_that_goes_while_it_is_read_is_stale(void **state)
{
    static const char *const texts[] = { "a", "b", "c" };
    world_t *w = *state;
    meddler_t m;
    char got[LONG_TEXT];
    fill_text(one_text, LONG_TEXT, 0);
    for (unsigned at = 1; at < 4u; at++) {
        uspan_t s = meddled(w, &m, lose, at, NULL, 0);
        assert_int_equal(uspan_read_text(&w->tracer, s, USPAN_OF_SPAN, 0, 0, got, sizeof got), 0);
        calm(&m);
        uspan_event_view_t e = { .name_len = 77 };
        s = meddled(w, &m, lose, at, NULL, 0);
        assert_int_equal(uspan_read_event(&w->tracer, s, 0, &e, got, sizeof got), USPAN_ERR_STALE);
        calm(&m);
        assert_int_equal(e.name_len, 77);
        uspan_value_t v = { .len = 77 };
        s = meddled(w, &m, lose, at, texts, 3);
        assert_int_equal(uspan_read_attr(&w->tracer, s, USPAN_OF_SPAN, 0, &v), USPAN_ERR_STALE);
        calm(&m);
        assert_int_equal(v.len, 77);
        unsigned index = 55u;
        s = meddled(w, &m, lose, at, texts, 3);
        assert_int_equal(uspan_find_attr(&w->tracer, s, USPAN_OF_SPAN, "a", &v, &index), USPAN_ERR_STALE);
        calm(&m);
        assert_int_equal(v.len, 77);
        assert_int_equal(index, 55);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_value_replaced_while_it_is_read_is_the_old_or_the_new_one),
        TEST(test_a_short_value_replaced_by_another_is_the_old_or_the_new_one),
        TEST(test_an_array_replaced_while_it_is_read_is_the_old_or_the_new_one),
        TEST(test_a_span_that_goes_while_it_is_read_is_stale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
