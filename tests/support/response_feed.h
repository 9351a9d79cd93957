/* response_feed.h: feeds texts of responses to http_response.c in fragments that end at an unmapped page.
 * Every way to split a text must have the same outcome. */
#ifndef RESPONSE_FEED_H
#define RESPONSE_FEED_H

#include "export/http_response.h"
#include "cmocka_all.h"
#include "guard_page.h"
#include <stdio.h>

#define NOW_S UINT64_C(1767225600) /* 2026 */
#define DATE_S UINT64_C(784111777) /* Sun, 06 Nov 1994 08:49:37 GMT */
#define NEVER UINT32_MAX

/* The outcome of feeding a text, and possibly the peer's close after it. */
typedef struct outcome {
    uspan_err_t err, eof;
    size_t used;
    uspan_answer_t answer;
} outcome_t;

/* Feed in fragments that end at first, at second, and then every `step` bytes. */
static inline outcome_t feed_split(const uint8_t *text, size_t len, size_t first, size_t second, size_t step)
{
    outcome_t o;
    memset(&o, 0x5A, sizeof(o));
    uspan_answer_begin(&o.answer);
    o.used = 0;
    o.err = USPAN_ERR_AGAIN;
    while (o.err == USPAN_ERR_AGAIN && o.used < len) {
        size_t to = o.used < first ? first : o.used < second ? second : o.used + step;
        to = to < len ? to : len;
        size_t part = to - o.used, used = SIZE_MAX;
        o.err = uspan_answer_feed(&o.answer, guard_put(0, text + o.used, part), part, NOW_S, &used);
        assert_true(used <= part);
        if (o.err == USPAN_ERR_AGAIN) {
            assert_int_equal(used, part);
        }
        o.used += used;
    }
    o.eof = uspan_answer_end(&o.answer);
    return o;
}

static inline void expect_same(const outcome_t *a, const outcome_t *b)
{
    assert_int_equal(a->err, b->err);
    assert_int_equal(a->eof, b->eof);
    if (a->eof != USPAN_OK) {
        return;
    }
    assert_int_equal(a->used, b->used);
    assert_int_equal(a->answer.status, b->answer.status);
    assert_int_equal(a->answer.flags, b->answer.flags);
    assert_int_equal(a->answer.retry_after_s, b->answer.retry_after_s);
    assert_int_equal(a->answer.retry_at_unix, b->answer.retry_at_unix);
    assert_int_equal(a->answer.date_unix, b->answer.date_unix);
    assert_int_equal(a->answer.body_bytes, b->answer.body_bytes);
    assert_int_equal(a->answer.body_len, b->answer.body_len);
    assert_memory_equal(a->answer.body, b->answer.body, a->answer.body_len);
}

/* The outcome, after checking that it is the same for every split in two and, for shorter texts, in three. It
 * is also the same for fragments of 1, 2, 3 and 7 bytes. */
static inline outcome_t feed_all_ways(const void *text, size_t len)
{
    outcome_t whole = feed_split(text, len, len, len, len);
    for (size_t first = 0; first <= len; first++) {
        outcome_t split = feed_split(text, len, first, len, len);
        expect_same(&whole, &split);
        for (size_t second = first; len <= 100u && second <= len; second++) {
            split = feed_split(text, len, first, second, len);
            expect_same(&whole, &split);
        }
    }
    static const size_t steps[] = { 1, 2, 3, 7 };
    for (size_t i = 0; i < COUNT(steps); i++) {
        outcome_t split = feed_split(text, len, 0, 0, steps[i]);
        expect_same(&whole, &split);
    }
    return whole;
}

/* A complete response: its last byte completes it. */
static inline uspan_answer_t expect_answer(const char *text, uint16_t status, unsigned flags, const char *body)
{
    outcome_t o = feed_all_ways(text, strlen(text));
    if (o.err != USPAN_OK || o.used != strlen(text)) {
        fail_msg("result %d after %zu bytes: %s", (int)o.err, o.used, text);
    }
    assert_int_equal(o.eof, USPAN_OK);
    assert_int_equal(o.answer.status, status);
    assert_int_equal(o.answer.flags, flags);
    assert_int_equal(o.answer.body_len, strlen(body));
    assert_int_equal(o.answer.body_bytes, strlen(body));
    assert_memory_equal(o.answer.body, body, strlen(body));
    return o.answer;
}

/* A status was read, and the following bytes end the response and the connection. */
static inline void expect_status(const char *text, uint16_t status)
{
    outcome_t o = feed_all_ways(text, strlen(text));
    assert_int_equal(o.eof, USPAN_OK);
    assert_int_equal(o.answer.status, status);
    assert_int_equal(o.answer.flags & USPAN_ANSWER_CLOSE, USPAN_ANSWER_CLOSE);
}

static inline void expect_failure(const char *text, uspan_err_t err)
{
    outcome_t o = feed_all_ways(text, strlen(text));
    if (o.err != err || o.eof != err) {
        fail_msg("result %d, at the end %d: %s", (int)o.err, (int)o.eof, text);
    }
}

#endif
