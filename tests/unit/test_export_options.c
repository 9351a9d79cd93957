/* test_export_options.c: tests what config.h says about each of these options, with a value that is not
 * the default. Attempts are limited, no connection is kept and dates are not used. Spans wait for real
 * time, and run-time headers are off. The send buffer has its largest size. A full pool drops the oldest
 * span.
 * uspan-config: USPAN_RETRY_ATTEMPTS_MAX=3 USPAN_KEEP_ALIVE_MS=0
 * uspan-config: USPAN_HTTP_DATE=0 USPAN_SEND_UNSYNCED=0 USPAN_HEADERS_BYTES=0 USPAN_SEND_BYTES=65536
 * uspan-config: USPAN_FULL_DROPS_OLDEST=1 USPAN_TEXT_BYTES=131072 USPAN_VALUE_MAX=20000 USPAN_BATCH_BYTES_MAX=131072
 * uspan-config: USPAN_INSECURE_HEADERS_OVER_HTTP=1 USPAN_DESTINATIONS_MAX=2 */
#include "delivery.h"

#define BUSY "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"

static void test_a_batch_is_given_up_after_so_many_sends(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    w->answer = BUSY;
    record_many(w, 2);
    world_drain(w);
    uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(w->request_count, USPAN_RETRY_ATTEMPTS_MAX);
    assert_int_equal(s.dropped[USPAN_DROP_RETRIES], 2);
    assert_int_equal(s.retries, USPAN_RETRY_ATTEMPTS_MAX);
    w->answer = NULL;
    record(w, "next");
    world_drain(w);
    assert_int_equal(stats_of(w, 0).delivered, 1);
    assert_int_equal(view_scope_int(body_of(w, w->request_count - 1u), "uspan.dropped.retries"), 2);
}

static void test_no_connection_is_kept(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    for (unsigned i = 0; i < 3u; i++) {
        record(w, "one");
        world_drain(w);
        assert_false(w->is_open);
        assert_true(head_has(w, i, "\r\nConnection: close\r\n"));
    }
    assert_int_equal(w->connections, 3);
}

static void test_spans_are_dropped_where_time_never_comes_and_no_probe_is_sent(void **state)
{
    world_t *w = *state;
    world_reset(w);
    w->unix_ns = 0;
    assert_int_equal(uspan_init(&w->tracer, &w->port), USPAN_OK);
    const uspan_collector_t c = { .endpoint = "http://collector:4318/v1/traces" };
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, &c), USPAN_OK);
    record(w, "one");
    world_advance_ms(w, 10);
    record(w, "two");
    assert_int_equal(settle(w), USPAN_HOLD_UNSYNCED_MS - 10u);
    world_advance_ms(w, USPAN_HOLD_UNSYNCED_MS - 11u);
    assert_int_equal(settle(w), 1);
    world_advance_ms(w, 1);
    assert_int_equal(settle(w), USPAN_FOREVER);
    assert_int_equal(w->transport_calls, 0);
    assert_int_equal(stats_of(w, 0).dropped[USPAN_DROP_NO_TIME], 2);
    record(w, "three");
    assert_int_equal(settle(w), USPAN_HOLD_UNSYNCED_MS);
    uspan_set_unix_time(&w->tracer, 1750000000000000000u);
    world_drain(w);
    assert_int_equal(stats_of(w, 0).delivered, 1);
    assert_int_equal(view_scope_int(body_of(w, 0), "uspan.dropped.no_time"), 2);
}

static void test_retry_after_dates_are_not_read(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    w->answer =
        "HTTP/1.1 503 Busy\r\nRetry-After: Tue, 14 Nov 2023 22:13:55 GMT\r\nContent-Length: 0\r\n\r\n";
    record(w, "one");
    uspan_flush(&w->tracer);
    assert_in_range(settle(w), 400, 1000);
    w->answer = NULL;
    world_drain(w);
}

static uspan_err_t never(void *ctx, char *buf, size_t cap)
{
    (void)ctx;
    (void)buf;
    (void)cap;
    fail_msg("there is no place for fresh headers");
    return USPAN_ERR_IO;
}

static void test_headers_cannot_change_at_run_time(void **state)
{
    world_t *w = *state;
    world_reset(w);
    const uspan_collector_t c = { .endpoint = "http://collector:4318/v1/traces",
                                  .headers = "Authorization=Bearer%20x",
                                  .renew = never };
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, &c),
                     USPAN_OK); /* an INSECURE macro allows plain http */
    assert_int_equal(uspan_set_headers(&w->tracer, 0u, "a=b"), USPAN_ERR_FULL);
    w->answer = "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n";
    record(w, "one");
    uspan_flush(&w->tracer);
    (void)settle(w);
    assert_int_equal(stats_of(w, 0).refusals, 1);
    assert_true(head_has(w, 0, "Authorization: Bearer x\r\n"));
}

static void test_the_largest_send_buffer_sends_the_largest_body(void **state)
{
    static char text[20000];
    world_t *w = *state;
    memset(text, 't', sizeof text);
    for (unsigned count = 1; count <= 6u; count++) {
        world_reset_with_collector(w);
        for (unsigned i = 0; i < count; i++) {
            uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "large");
            (void)uspan_set_str_n(&w->tracer, s, USPAN_KEY("text"), text, sizeof text);
            (void)uspan_end(&w->tracer, s);
        }
        world_drain(w);
        assert_int_equal(w->request_count, 1);
        assert_int_equal(stats_of(w, 0).delivered, count);
        assert_int_equal(view_span_count(body_of(w, 0)), count);
    }
}

static void test_the_laggard_forfeits_its_oldest_spans(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    const uspan_collector_t c = { .endpoint = "http://bad:4318/v1/traces" };
    assert_int_equal(uspan_export_to(&w->tracer, 1u, &w->transport, &c), USPAN_OK);
    record_many(w, USPAN_SPANS_MAX + 5u);
    uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.dropped[USPAN_DROP_EVICTED], 5);
    assert_int_equal(s.dropped[USPAN_DROP_POOL_FULL], 0);
    assert_int_equal(s.queued, USPAN_SPANS_MAX);
    world_assert_balanced(w);
    w->open_error = USPAN_ERR_IO; /* batches that wait also lose their oldest spans */
    uspan_flush(&w->tracer);
    (void)settle(w);
    record_many(w, 3);
    world_assert_balanced(w);
    s = stats_of(w, 0);
    assert_int_equal(s.dropped[USPAN_DROP_EVICTED] + s.dropped[USPAN_DROP_POOL_FULL], 8);
    w->open_error = USPAN_OK;
    world_drain(w);
    assert_int_equal(stats_of(w, 0).delivered, USPAN_SPANS_MAX);
    assert_int_equal(stats_of(w, 1).delivered, USPAN_SPANS_MAX);
    unsigned sent = 0; /* no span was sent twice */
    for (unsigned i = 0; i < w->request_count; i++) {
        sent += view_span_count(body_of(w, i));
    }
    assert_int_equal(sent, 2u * USPAN_SPANS_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_batch_is_given_up_after_so_many_sends),
        TEST(test_no_connection_is_kept),
        TEST(test_spans_are_dropped_where_time_never_comes_and_no_probe_is_sent),
        TEST(test_retry_after_dates_are_not_read),
        TEST(test_headers_cannot_change_at_run_time),
        TEST(test_the_largest_send_buffer_sends_the_largest_body),
        TEST(test_the_laggard_forfeits_its_oldest_spans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
