/* test_http_response_limits.c: answers at their limits and beyond them: long heads and bodies, numbers
 * that overflow, and endless interim answers. */
#include "response_feed.h"

/* Returns head, `fill` bytes 'x' and tail in one static buffer. The caller does not free it. */
static const char *filled(const char *head, size_t fill, const char *tail, size_t *len)
{
    static char text[2 * USPAN_RESPONSE_MAX + 1024];
    size_t head_len = strlen(head);
    memcpy(text, head, head_len);
    memset(text + head_len, 'x', fill);
    memcpy(text + head_len + fill, tail, strlen(tail));
    *len = head_len + fill + strlen(tail);
    return text;
}

static outcome_t feed_some_ways(const char *text, size_t len)
{
    outcome_t whole = feed_split((const uint8_t *)text, len, len, len, len);
    static const size_t steps[] = { 1, 100, 1460, USPAN_RESPONSE_MAX };
    for (size_t i = 0; i < COUNT(steps); i++) {
        outcome_t split = feed_split((const uint8_t *)text, len, 0, 0, steps[i]);
        expect_same(&whole, &split);
    }
    return whole;
}

static void test_heads_and_bodies_up_to_the_limit_pass_and_above_it_fail(void **state)
{
    (void)state;
    size_t len;
    char head[128];
    for (size_t over = 0; over < 2u; over++) {
        unsigned ends = over == 0u ? 0u : USPAN_ANSWER_CLOSE;
        const char *text = filled("HTTP/1.1 204 x\r\n", USPAN_RESPONSE_MAX - 20u + over, "\r\n\r\n", &len);
        assert_int_equal(feed_some_ways(text, len).answer.flags, ends);
        (void)snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n",
                       USPAN_RESPONSE_MAX + over);
        text = filled(head, USPAN_RESPONSE_MAX + over, "", &len);
        outcome_t o = feed_some_ways(text, len);
        assert_int_equal(o.err, USPAN_OK);
        assert_int_equal(o.answer.flags, ends);
        if (over == 0u) {
            assert_int_equal(o.answer.body_bytes, USPAN_RESPONSE_MAX);
            assert_int_equal(o.answer.body_len, USPAN_RESPONSE_BYTES);
        }
        text = filled("HTTP/1.1 200 OK\r\n\r\n", USPAN_RESPONSE_MAX + over, "", &len);
        assert_int_equal(feed_some_ways(text, len).eof, USPAN_OK);
        (void)snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n",
                       USPAN_RESPONSE_MAX + over);
        text = filled(head, USPAN_RESPONSE_MAX + over, "\r\n0\r\n\r\n", &len);
        assert_int_equal(feed_some_ways(text, len).answer.flags, ends);
    }
    const char *text =
        filled("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", USPAN_RESPONSE_MAX, "", &len);
    assert_int_equal(feed_some_ways(text, len).answer.flags, USPAN_ANSWER_CLOSE); /* trailers count, too */
    text = filled("<html>", USPAN_RESPONSE_MAX, "", &len);
    assert_int_equal(feed_some_ways(text, len).err, USPAN_ERR_IO); /* text without a line end is no answer */
}

static void test_numbers_that_overflow_count_as_very_large(void **state)
{
    (void)state;
    static const char *const heads[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 4294967297\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551617\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999999999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100000001\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000000000000000000000001\r\n",
    };
    for (size_t i = 0; i < COUNT(heads); i++) {
        size_t len;
        const char *text = filled(heads[i], USPAN_RESPONSE_MAX, "", &len);
        assert_int_equal(feed_some_ways(text, len).err, USPAN_ERR_AGAIN);
        text = filled(heads[i], USPAN_RESPONSE_MAX + 1u, "", &len);
        assert_int_equal(feed_some_ways(text, len).err, USPAN_OK);
    }
}

static void test_interim_answers_without_end_reach_the_limit(void **state)
{
    (void)state;
    static char text[USPAN_RESPONSE_MAX + 64];
    size_t len = 0;
    while (len <= USPAN_RESPONSE_MAX) {
        memcpy(text + len, "HTTP/1.1 100 Continue\r\n\r\n", 25);
        len += 25u;
    }
    assert_int_equal(feed_some_ways(text, len).err, USPAN_ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads_and_bodies_up_to_the_limit_pass_and_above_it_fail),
        cmocka_unit_test(test_numbers_that_overflow_count_as_very_large),
        cmocka_unit_test(test_interim_answers_without_end_reach_the_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
