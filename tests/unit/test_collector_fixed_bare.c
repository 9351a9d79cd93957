/* test_collector_fixed_bare.c: the smallest core that delivers spans, as tests/size measures it. It has no
 * run-time settings, headers, dates or Studio runs. Only the compiler parses its endpoint.
 * uspan-config: USPAN_RUNTIME_SETTINGS=0 USPAN_STUDIO=0 USPAN_HTTP_DATE=0 USPAN_TRACESTATE_BYTES=0
 * uspan-config: USPAN_DESTINATIONS_MAX=2 USPAN_ENDPOINT="http://collector.example:4318/v1/traces"
 * uspan-config: USPAN_ENDPOINT_2="http://collector.example:4317/v1/traces" USPAN_EVENTS_MAX=0 */
#include "delivery.h"

static void test_the_head_of_a_bare_core_is_exact(void **state)
{
    static const char expected[] = "POST /v1/traces HTTP/1.1\r\nHost: collector.example:4318\r\n"
                                   "Content-Type: application/x-protobuf\r\nContent-Length: ";
    static const char ending[] = "\r\nUser-Agent: uspan/" USPAN_VERSION " (C)\r\n\r\n";
    world_t *w = *state;
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, NULL), USPAN_OK);
    record(w, "one");
    world_drain(w);
    view_t body = body_of(w, 0);
    assert_memory_equal(w->sent, expected, sizeof expected - 1u);
    assert_memory_equal(body.at - (sizeof ending - 1u), ending, sizeof ending - 1u);
    char length[16];
    int digits = snprintf(length, sizeof length, "%zu", body.len);
    assert_memory_equal(w->sent + sizeof expected - 1u, length, (size_t)digits);
    assert_int_equal(sizeof expected - 1u + (size_t)digits + sizeof ending - 1u, (size_t)(body.at - w->sent));
    assert_int_equal(stats_of(w, 0).delivered, 1);
}

static void test_a_fixed_endpoint_that_is_unusable_is_refused(void **state)
{
    world_t *w = *state;
    assert_int_equal(uspan_export_to(&w->tracer, 1u, &w->transport, NULL), USPAN_ERR_CONFIG);
    assert_non_null(strstr(w->log, "USPAN_ENDPOINT"));
}

static void test_a_bare_core_waits_as_a_busy_collector_asks(void **state)
{
    world_t *w = *state;
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, NULL), USPAN_OK);
    w->answer = "HTTP/1.1 503 x\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n";
    record(w, "one");
    uspan_flush(&w->tracer);
    (void)settle(w);
    uint64_t waits_ns = w->tracer.dests[0].target.backoff.not_before_ns - w->tracer.out.now_ns;
    assert_true(waits_ns >= 7000u * (uint64_t)MS && waits_ns <= 8400u * (uint64_t)MS);
    w->answer = NULL;
    world_drain(w);
    assert_int_equal(stats_of(w, 0).delivered, 1);
    assert_int_equal(stats_of(w, 0).retries, 1);
}

static void test_an_event_without_room_is_told_where_no_event_ever_had_any(void **state)
{
    world_t *w = *state;
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, NULL), USPAN_OK);
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "one");
    assert_int_equal(uspan_event_n(&w->tracer, s, "lost", 4u, 0u, NULL, 0u), USPAN_ERR_FULL);
    assert_int_equal(uspan_end(&w->tracer, s), USPAN_OK);
    world_drain(w);
    assert_int_equal(view_number(view_span(body_of(w, 0), 0u), 12u), 1); /* dropped_events_count */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_head_of_a_bare_core_is_exact),
        TEST(test_a_fixed_endpoint_that_is_unusable_is_refused),
        TEST(test_an_event_without_room_is_told_where_no_event_ever_had_any),
        TEST(test_a_bare_core_waits_as_a_busy_collector_asks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
