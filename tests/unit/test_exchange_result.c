/* test_exchange_result.c: checks each row of the response table: what happens to the spans and the
 * counters, and when uspan sends the next request. The clock is simulated: 14 Nov 2023 22:13:25 GMT at the
 * first request. */
#include "delivery.h"

#define SPANS 3u
#define NONE USPAN_DROP_COUNT
#define STATUS(code) "HTTP/1.1 " #code " Words\r\nContent-Length: 0\r\n\r\n"
#define AFTER(code, value) "HTTP/1.1 " #code " Words\r\nRetry-After: " value "\r\nContent-Length: 0\r\n\r\n"
#define PROTO(code, len) \
    "HTTP/1.1 " #code " Words\r\nContent-Type: application/x-protobuf\r\nContent-Length: " #len "\r\n\r\n"
#define DATE(when) "HTTP/1.1 200 OK\r\nDate: " when "\r\nContent-Length: 0\r\n\r\n"

typedef struct row {
    const char *answer;
    size_t len; /* 0: strlen */
    uint16_t status;
    unsigned delivered, rejected, dropped;
    uspan_drop_t cause;
    unsigned refusals;
    uint32_t wait_low, wait_high; /* ms until the next request. 0, 0: immediately */
} row_t;

#define DELIVERED(text, code)                     \
    {                                             \
        text, 0, code, SPANS, 0, 0, NONE, 0, 0, 0 \
    }
#define REFUSED(code)                                                   \
    {                                                                   \
        STATUS(code), 0, code, 0, 0, SPANS, USPAN_DROP_REFUSED, 1, 0, 0 \
    }
#define RESTS(code)                                                             \
    {                                                                           \
        STATUS(code), 0, code, 0, 0, SPANS, USPAN_DROP_REFUSED, 1, 24000, 60000 \
    }
#define RETRIES(text, code, low, high)             \
    {                                              \
        text, 0, code, 0, 0, 0, NONE, 0, low, high \
    }

static const row_t rows[] = {
    DELIVERED(STATUS(200), 200),
    DELIVERED(STATUS(201), 201),
    DELIVERED(STATUS(202), 202),
    DELIVERED("HTTP/1.1 204 No Content\r\n\r\n", 204),
    DELIVERED(STATUS(299), 299),
    DELIVERED("HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: "
              "11\r\n\r\n{\"ok\":true}",
              200),
    /* an empty partial_success, 0 rejected with a message, a body that does not decode, a negative count */
    { PROTO(200, 2) "\x0a\x00", sizeof(PROTO(200, 2)) + 1, 200, SPANS, 0, 0, NONE, 0, 0, 0 },
    { PROTO(200, 5) "\x0a\x03\x12\x01x", 0, 200, SPANS, 0, 0, NONE, 0, 0, 0 },
    { PROTO(200, 6) "\x0a\xff\xff\xff\xff\x0f", 0, 200, SPANS, 0, 0, NONE, 0, 0, 0 },
    { PROTO(200, 3) "\x0a\x0a\x08", 0, 200, SPANS, 0, 0, NONE, 0, 0, 0 },
    { PROTO(200, 13) "\x0a\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 0, 200, SPANS, 0, 0, NONE, 0, 0,
      0 },
    /* another field in place of partial_success, groups, lengths and numbers that end too early */
    DELIVERED(PROTO(200, 2) "\x08\x01", 200),
    DELIVERED(PROTO(200, 2) "\x0b\x0c", 200),
    DELIVERED(PROTO(200, 1) "\x0a", 200),
    DELIVERED(PROTO(200, 4) "\x0a\x02\x0b\x0c", 200),
    DELIVERED(PROTO(200, 3) "\x0a\x01\x08", 200),
    DELIVERED(PROTO(200, 5) "\x0a\x03\x08\x01\x12", 200),
    DELIVERED(PROTO(200, 6) "\x0a\x04\x08\x01\x12\x05", 200),
    DELIVERED(PROTO(200, 5) "\x0a\x04\x08\x01\x18", 200),
    /* some rejected, with and without a message, more rejected than sent, a JSON body (not read) */
    { PROTO(200, 4) "\x0a\x02\x08\x02", 0, 200, SPANS - 2, 2, 0, NONE, 0, 0, 0 },
    { PROTO(200, 9) "\x0a\x07\x08\x01\x12\x03old", 0, 200, SPANS - 1, 1, 0, NONE, 0, 0, 0 },
    { PROTO(202, 4) "\x0a\x02\x08\x01", 0, 202, SPANS - 1, 1, 0, NONE, 0, 0, 0 },
    { PROTO(200, 5) "\x0a\x03\x08\xff\x7f", 0, 200, 0, SPANS, 0, NONE, 0, 0, 0 },
    DELIVERED("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\n\x0a\x02\x08\x02",
              200),
    /* fields of later versions beside it */
    { PROTO(200, 10) "\x18\x07\x0a\x04\x08\x01\x18\x05\x20\x01", 0, 200, SPANS - 1, 1, 0, NONE, 0, 0, 0 },
    REFUSED(300),
    REFUSED(301),
    REFUSED(302),
    REFUSED(304),
    REFUSED(307),
    REFUSED(308),
    REFUSED(400),
    REFUSED(402),
    REFUSED(406),
    REFUSED(408),
    REFUSED(409),
    REFUSED(410),
    REFUSED(418),
    REFUSED(451),
    REFUSED(500),
    REFUSED(501),
    REFUSED(505),
    REFUSED(507),
    REFUSED(511),
    REFUSED(599),
    REFUSED(600),
    REFUSED(999),
    RESTS(401),
    RESTS(403),
    RESTS(404),
    RESTS(405),
    RESTS(411),
    RESTS(415),
    RESTS(422),
    RETRIES(STATUS(429), 429, 400, 1000),
    RETRIES(STATUS(502), 502, 400, 1000),
    RETRIES(STATUS(503), 503, 400, 1000),
    RETRIES(STATUS(504), 504, 400, 1000),
    RETRIES(AFTER(429, "7"), 429, 7000, 8400),
    RETRIES(AFTER(503, "7"), 503, 7000, 8400),
    RETRIES(AFTER(502, "1"), 502, 1000, 1200),
    RETRIES(AFTER(503, "0"), 503, 400, 1000),
    RETRIES(AFTER(503, "99999999999999999999"), 503, 3600000, 4320000),
    RETRIES(AFTER(503, "Tue, 14 Nov 2023 22:13:55 GMT"), 503, 30000, 36000),
    RETRIES(AFTER(503, "Tuesday, 14-Nov-23 22:13:55 GMT"), 503, 30000, 36000),
    RETRIES(AFTER(503, "Tue Nov 14 22:13:55 2023"), 503, 30000, 36000),
    RETRIES(AFTER(503, "Wed, 15 Nov 2023 22:13:55 GMT"), 503, 3600000, 4320000),
    RETRIES(AFTER(503, "Tue, 14 Nov 2023 22:13:20 GMT"), 503, 400, 1000),
    RETRIES(AFTER(503, "soon"), 503, 400, 1000),
    RETRIES(AFTER(503, "-1"), 503, 400, 1000),
    RETRIES(AFTER(503, "1.5"), 503, 400, 1000),
    RETRIES(AFTER(503, ""), 503, 400, 1000),
    RETRIES(AFTER(503, "Sun, 31 Feb 2094 08:49:37 GMT"), 503, 400, 1000),
};

static void check_row(world_t *w, const row_t *row, size_t recv_max)
{
    world_reset_with_collector(w);
    w->recv_max = recv_max;
    w->answer = row->answer;
    w->answer_len = row->len;
    record_many(w, SPANS);
    uspan_flush(&w->tracer);
    while (w->request_count == 0u || w->tracer.out.exchanges[0].step != 0u) {
        uint32_t wait_ms;
        (void)world_poll(w, &wait_ms);
        assert_int_equal(wait_ms, 0);
    }
    uspan_stats_t s = stats_of(w, 0);
    bool retried = row->wait_high > 0u && row->dropped == 0u;
    assert_int_equal(s.requests, 1);
    assert_int_equal(s.last_status, row->status);
    assert_int_equal(s.last_error, 0);
    assert_int_equal(s.delivered, row->delivered);
    assert_int_equal(s.rejected, row->rejected);
    for (unsigned c = 0; c < USPAN_DROP_COUNT; c++) {
        assert_int_equal(s.dropped[c], c == row->cause ? row->dropped : 0u);
    }
    assert_int_equal(s.queued, retried ? SPANS : 0u);
    assert_int_equal(s.retries, retried);
    assert_int_equal(s.refusals, row->refusals);
    assert_int_equal(s.renewals, 0);
    bool success = row->delivered + row->rejected > 0u;
    assert_int_equal(s.body_bytes, success ? w->requests[0].body_len : 0u);

    /* Check the time and the content of the next request. */
    w->answer = NULL;
    record(w, "one more");
    uspan_flush(&w->tracer);
    uint64_t before_ns = w->now_ns;
    uint32_t wait_ms = 0;
    while (w->request_count == 1u) {
        (void)world_poll(w, &wait_ms);
        assert_true(wait_ms != USPAN_FOREVER);
        world_advance_ms(w, wait_ms);
    }
    uint64_t waited_ms = (w->now_ns - before_ns) / MS;
    assert_in_range(waited_ms, row->wait_low, row->wait_high);
    assert_int_equal(view_span_count(body_of(w, 1)), retried ? SPANS : 1u);
    if (retried) {
        assert_int_equal(w->requests[1].body_len, w->requests[0].body_len);
        assert_memory_equal(body_of(w, 1).at, body_of(w, 0).at, w->requests[0].body_len);
    }
    w->answer_len = 0u;
    world_drain(w);
    s = stats_of(w, 0);
    assert_int_equal(s.delivered, row->delivered + 1u + (retried ? SPANS : 0u));
}

static void test_each_status_has_its_outcome(void **state)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        check_row(*state, &rows[i], 0);
        check_row(*state, &rows[i], 1);
    }
}

static void test_back_off_grows_to_its_longest_and_success_resets_it(void **state)
{
    world_t *w = *state;
    static const uint32_t longest[] = { 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000 };
    world_reset_with_collector(w);
    for (unsigned round = 0; round < 2u; round++) {
        w->answer = STATUS(503);
        record(w, "waits");
        uspan_flush(&w->tracer);
        for (size_t i = 0; i < COUNT(longest); i++) {
            unsigned n = w->request_count;
            (void)settle(w);
            assert_int_equal(w->request_count, n + 1u);
            uint32_t wait_ms = settle(w);
            assert_int_equal(w->request_count, n + 1u);
            uint64_t due_ms = (w->tracer.out.dests[0].target.backoff.not_before_ns - w->now_ns) / MS;
            assert_in_range(due_ms, longest[i] * 2u / 5u, longest[i]);
            assert_true(wait_ms <= due_ms); /* the kept connection may end earlier */
            world_advance_ms(w, due_ms - 1u);
            (void)settle(w);
            assert_int_equal(w->request_count, n + 1u);
            world_advance_ms(w, 1u);
        }
        w->answer = NULL;
        world_drain(w);
    }
    uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.retries, 2u * COUNT(longest));
    assert_int_equal(s.delivered, 2);
}

static void test_back_off_is_spread(void **state)
{
    world_t *w = *state;
    uint64_t low = UINT64_MAX, high = 0;
    for (unsigned i = 0; i < 64u; i++) {
        world_reset(w);
        w->random_state = i * 77u;
        assert_int_equal(uspan_init(&w->tracer, &w->port), USPAN_OK);
        const uspan_collector_t c = { .endpoint = "http://collector:4318/v1/traces" };
        assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, &c), USPAN_OK);
        w->answer = STATUS(503);
        record(w, "waits");
        uspan_flush(&w->tracer);
        (void)settle(w);
        uint64_t ms = (w->tracer.out.dests[0].target.backoff.not_before_ns - w->now_ns) / MS;
        low = ms < low ? ms : low;
        high = ms > high ? ms : high;
    }
    assert_in_range(low, 400, 490);
    assert_in_range(high, 910, 1000);
}

static void test_rest_doubles_to_an_hour(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    w->answer = STATUS(404);
    uint64_t longest_ms = 60000;
    for (unsigned i = 0; i < 8u; i++) {
        record(w, "refused");
        uspan_flush(&w->tracer);
        (void)settle(w);
        assert_int_equal(w->request_count, i + 1u);
        uint64_t ms = (w->tracer.out.dests[0].target.backoff.not_before_ns - w->now_ns) / MS;
        assert_in_range(ms, longest_ms * 2u / 5u, longest_ms);
        longest_ms = longest_ms * 2u < 3600000u ? longest_ms * 2u : 3600000u;
        world_advance_ms(w, ms + 1u);
    }
    uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.dropped[USPAN_DROP_REFUSED], 8);
    assert_int_equal(s.refusals, 8);
}

static void test_a_refused_certificate_keeps_the_batch_and_rests(void **state)
{
    world_t *w = *state;
    for (unsigned i = 0; i < 2u; i++) {
        world_reset_with_collector(w);
        w->open_error = i == 0u ? USPAN_ERR_TRUST : USPAN_ERR_CONFIG;
        w->why = "certificate expired";
        record(w, "kept");
        uspan_flush(&w->tracer);
        (void)settle(w);
        uspan_stats_t s = stats_of(w, 0);
        assert_int_equal(s.last_error, w->open_error);
        assert_int_equal(s.queued, 1);
        assert_int_equal(s.retries, 0);
        assert_int_equal(s.connects, 1);
        assert_in_range(settle(w), 24000, 60000);
        assert_non_null(strstr(w->log, "certificate expired"));
        w->open_error = USPAN_OK;
        world_drain(w);
        assert_true(w->peer_has_failed); /* another address of the name may do better */
        s = stats_of(w, 0);
        assert_int_equal(s.delivered, 1);
        assert_int_equal(s.last_error, 0);
    }
}

static void test_a_lost_connection_is_retried_with_equal_bytes(void **state)
{
    world_t *w = *state;
    for (unsigned i = 0; i < 3u; i++) {
        world_reset_with_collector(w);
        if (i == 0u) {
            w->cut_answer = 12; /* inside the status code */
        } else if (i == 1u) {
            w->cut_answer = 0;
            w->cut_how = USPAN_ERR_CLOSED;
        } else {
            w->open_error = USPAN_ERR_IO;
        }
        record(w, "kept");
        uspan_flush(&w->tracer);
        assert_in_range(settle(w), 400, 1000);
        uspan_stats_t s = stats_of(w, 0);
        assert_int_equal(s.retries, 1);
        assert_int_equal(s.resends, 0);
        assert_int_equal(s.last_status, 0);
        assert_int_equal(s.last_error, i == 1u ? USPAN_ERR_CLOSED : USPAN_ERR_IO);
        w->cut_answer = SIZE_MAX;
        w->open_error = USPAN_OK;
        world_drain(w);
        assert_int_equal(stats_of(w, 0).delivered, 1);
        if (w->request_count == 2u) {
            assert_memory_equal(body_of(w, 1).at, body_of(w, 0).at, w->requests[0].body_len);
        }
    }
}

static void test_an_answer_above_the_limit_counts_by_its_status(void **state)
{
    world_t *w = *state;
    static char big[20000];
    world_reset_with_collector(w);
    int n = snprintf(big, sizeof big, "HTTP/1.1 200 OK\r\nContent-Length: 19000\r\n\r\n");
    memset(big + n, 'x', sizeof big - (size_t)n);
    w->answer = big;
    w->answer_len = sizeof big;
    record(w, "taken");
    uspan_flush(&w->tracer);
    (void)settle(w);
    uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.delivered, 1);
    assert_int_equal(s.refusals, 0);
    assert_int_equal(s.last_error, USPAN_OK);
    assert_int_equal(w->request_count, 1);
    assert_false(w->is_open);
}

static void test_garbage_is_retried(void **state)
{
    static const char *const garbage[] = {
        "SSH-2.0-OpenSSH_9.2\r\n",
        "HTTP/1.1 20x OK\r\n\r\n",
        "HTTP/1.1 20\r\n\r\n",
        "\x15\x03\x01 an alert of TLS",
    };
    world_t *w = *state;
    for (size_t i = 0; i < COUNT(garbage); i++) {
        world_reset_with_collector(w);
        w->answer = garbage[i];
        record(w, "kept");
        uspan_flush(&w->tracer);
        assert_in_range(settle(w), 400, 1000);
        uspan_stats_t s = stats_of(w, 0);
        assert_int_equal(s.retries, 1);
        assert_int_equal(s.queued, 1);
        assert_int_equal(s.last_error, USPAN_ERR_IO);
        w->answer = NULL;
        world_drain(w);
    }
}

static void test_words_of_the_collector_are_logged_without_control_characters(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    w->answer = PROTO(400, 11) "\x08\x03\x12\x07"
                               "bad\n\x1b[2";
    record(w, "refused");
    uspan_flush(&w->tracer);
    (void)settle(w);
    assert_non_null(strstr(w->log, "bad  [2\n"));
    world_reset_with_collector(w);
    w->answer = PROTO(200, 8) "\x0a\x06\x12\x04soon";
    record(w, "warned");
    world_drain(w);
    assert_non_null(strstr(w->log, "collector warning, HTTP 200: soon"));
    world_reset_with_collector(w);
    w->answer = PROTO(200, 10) "\x0a\x08\x08\x01\x12\x04late";
    record(w, "rejected");
    world_drain(w);
    assert_non_null(strstr(w->log, "collector rejected some spans, HTTP 200: late"));
}

static void test_an_error_whose_words_do_not_decode_is_logged_with_its_bytes(void **state)
{
    static const char *const answers[] = {
        PROTO(400, 1) "\x08",
        PROTO(400, 3) "\x08\x03\x12",
        PROTO(400, 6) "\x12\x07"
                      "bad!",
        PROTO(400, 7) "\x12\x04"
                      "bad!"
                      "\x0b",
        ("HTTP/1.1 400 No\r\nContent-Length: 6\r\n\r\n\x12\x04"
         "bad!"), /* the content type is not protobuf */
    };
    world_t *w = *state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        world_reset_with_collector(w);
        w->answer = answers[i];
        record(w, "refused");
        uspan_flush(&w->tracer);
        (void)settle(w);
        assert_int_equal(stats_of(w, 0).dropped[USPAN_DROP_REFUSED], 1);
        assert_non_null(
            strstr(w->log, "collector:4318: collector refused the batch, spans dropped, HTTP 400: "));
        assert_int_equal(strstr(w->log, "bad") != NULL, i >= 2u);
    }
}

static void test_a_message_longer_than_what_is_kept_still_counts_its_rejections(void **state)
{
    world_t *w = *state;
    static char answer[3200];
    world_reset_with_collector(w);
    /* partial_success of 3 + 3 + 2000 bytes: 1 rejected, a message of 2,000 bytes */
    int n = snprintf(answer, sizeof answer, PROTO(200, 2008) "\x0a\xd5\x0f\x08\x01\x12\xd0\x0f");
    memset(answer + n, 'm', 2000);
    w->answer = answer;
    w->answer_len = (size_t)n + 2000u;
    record_many(w, 2);
    world_drain(w);
    uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.rejected, 1);
    assert_int_equal(s.delivered, 1);
    world_reset_with_collector(w);
    n = snprintf(answer, sizeof answer, PROTO(400, 2005) "\x08\x03\x12\xd0\x0f");
    memset(answer + n, 'm', 2000);
    w->answer = answer;
    w->answer_len = (size_t)n + 2000u;
    record(w, "refused");
    uspan_flush(&w->tracer);
    (void)settle(w);
    assert_non_null(strstr(w->log, "spans dropped, HTTP 400: mmmmmmmmmm"));
}

static void test_only_a_redirection_with_a_location_says_that_the_collector_moved(void **state)
{
    static const unsigned statuses[] = { 300, 301, 399, 299, 400, 402 };
    world_t *w = *state;
    for (unsigned n = 0; n < 2u * COUNT(statuses); n++) {
        char answer[128];
        snprintf(answer, sizeof answer, "HTTP/1.1 %u x\r\n%s: http://x\r\nContent-Length: 0\r\n\r\n",
                 statuses[n / 2u], n % 2u == 0u ? "Location" : "Content-Location");
        world_reset_with_collector(w);
        w->answer = answer;
        record_many(w, 1);
        world_drain(w);
        assert_int_equal(strstr(w->log, "has moved") != NULL, n < 6u && n % 2u == 0u);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_only_a_redirection_with_a_location_says_that_the_collector_moved),
        TEST(test_each_status_has_its_outcome),
        TEST(test_back_off_grows_to_its_longest_and_success_resets_it),
        TEST(test_back_off_is_spread),
        TEST(test_rest_doubles_to_an_hour),
        TEST(test_a_refused_certificate_keeps_the_batch_and_rests),
        TEST(test_a_lost_connection_is_retried_with_equal_bytes),
        TEST(test_an_answer_above_the_limit_counts_by_its_status),
        TEST(test_garbage_is_retried),
        TEST(test_words_of_the_collector_are_logged_without_control_characters),
        TEST(test_an_error_whose_words_do_not_decode_is_logged_with_its_bytes),
        TEST(test_a_message_longer_than_what_is_kept_still_counts_its_rejections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
