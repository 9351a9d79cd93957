/* test_shutdown.c: flush, shutdown with its deadline, late entropy, and the limit of log lines. */
#include "delivery.h"

static void test_flush_sends_what_ended_and_then_waits_again(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    assert_true(uspan_flushed(&w->tracer));
    uspan_t open = uspan_start(&w->tracer, USPAN_ROOT, "open");
    record(w, "ended");
    assert_false(uspan_flushed(&w->tracer));
    world_drain(w);
    uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.delivered, 1);
    assert_int_equal(s.open, 1);
    (void)settle(w);
    (void)uspan_end(&w->tracer, open);
    assert_true(settle(w) > 0u);
    assert_int_equal(w->request_count, 1); /* the flush is complete */
}

typedef struct calls {
    unsigned flushes, shutdowns;
} calls_t;

static void count_flush(void *ctx)
{
    ((calls_t *)ctx)->flushes++;
}

static void count_shutdown(void *ctx)
{
    ((calls_t *)ctx)->shutdowns++;
}

static void test_shutdown_ends_what_is_open_and_sends_it(void **state)
{
    world_t *w = *state;
    calls_t calls = { 0, 0 };
    uspan_processor_t p = { .ctx = &calls, .force_flush = count_flush, .shutdown = count_shutdown };
    view_t v, value;
    world_reset_with_collector(w);
    assert_int_equal(uspan_add_processor(&w->tracer, &p), USPAN_OK);
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "open");
    uspan_t child = uspan_start(&w->tracer, s, "child");
    record(w, "ended");
    uspan_shutdown(&w->tracer, 3000);
    uspan_shutdown(&w->tracer, 99000); /* the first deadline counts */
    assert_int_equal(calls.flushes, 1);
    assert_int_equal(calls.shutdowns, 1);
    assert_false(uspan_stopped(&w->tracer));
    assert_int_equal(uspan_start(&w->tracer, USPAN_ROOT, "late").id, USPAN_NULL.id);
    assert_int_equal(uspan_end(&w->tracer, child), USPAN_ERR_STALE);
    assert_int_equal(settle(w), USPAN_FOREVER);
    assert_true(uspan_stopped(&w->tracer));
    assert_true(uspan_flushed(&w->tracer));
    assert_false(w->is_open);
    uspan_stats_t stats = stats_of(w, 0);
    assert_int_equal(stats.delivered, 3);
    assert_int_equal(stats.dropped[USPAN_DROP_STOPPED], 1);
    view_t body = body_of(w, 0);
    for (unsigned i = 0; i < 3u; i++) {
        view_t span = view_span(body, i);
        bool ended = span_is_named(span, "ended");
        assert_true(view_get(span, 15u, 0u, &v));
        assert_int_equal(view_number(v, 3u), ended ? 1u : 2u);
        assert_int_equal(view_get(v, 2u, 0u, &value) && view_is(value, "span not ended"), !ended);
    }
    uint32_t wait_ms = 0;
    assert_int_equal(uspan_poll(&w->tracer, &wait_ms), USPAN_OK);
    assert_int_equal(wait_ms, USPAN_FOREVER);
    assert_int_equal(w->request_count, 1);
}

static void test_shutdown_drops_what_is_left_at_its_deadline(void **state)
{
    world_t *w = *state;
    for (unsigned i = 0; i < 4u; i++) {
        world_reset(w);
        const uspan_collector_t c = { .endpoint = "http://collector:4318/v1/traces",
                                      .headers = "X-Word=mumble-jumble" };
        assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, &c), USPAN_OK);
        w->silent = i == 1u;
        w->open_error = i == 2u ? USPAN_ERR_IO : USPAN_OK;
        w->answer = i == 3u ? "HTTP/1.1 503 Busy\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n" : NULL;
        record_many(w, 3);
        uspan_shutdown(&w->tracer, i == 0u ? 0u : 2000u);
        uint64_t begin_ns = w->now_ns;
        for (unsigned polls = 0; !uspan_stopped(&w->tracer); polls++) {
            uint32_t wait_ms;
            (void)world_poll(w, &wait_ms);
            world_advance_ms(w, wait_ms != USPAN_FOREVER ? wait_ms : 0u);
            assert_true(polls < 5000u);
        }
        assert_int_equal((w->now_ns - begin_ns) / MS, i == 0u ? 0u : 2000u);
        uspan_stats_t s = stats_of(w, 0);
        assert_int_equal(s.dropped[USPAN_DROP_DEADLINE], 3);
        assert_int_equal(s.queued, 0);
        assert_false(w->is_open);
        assert_false(memory_has(w->tracer.out.exchanges[0].send, sizeof w->tracer.out.exchanges[0].send, "mumble"));
    }
}

static void test_shutdown_with_nothing_to_do_stops_at_once(void **state)
{
    world_t *w = *state;
    world_reset(w);
    uspan_shutdown(&w->tracer, 60000);
    assert_int_equal(settle(w), USPAN_FOREVER);
    assert_true(uspan_stopped(&w->tracer));
}

static void test_entropy_that_comes_late_is_asked_for_again(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    w->entropy = false;
    assert_int_equal(uspan_init(&w->tracer, &w->port), USPAN_OK);
    const uspan_collector_t c = { .endpoint = "http://collector:4318/v1/traces" };
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, &c), USPAN_OK);
    assert_int_equal(uspan_start(&w->tracer, USPAN_ROOT, "no ids").id, 0);
    assert_int_equal(settle(w), USPAN_POLL_MS);
    assert_int_equal(stats_of(w, 0).dropped[USPAN_DROP_NO_ENTROPY], 1);
    w->entropy = true;
    assert_int_equal(settle(w), USPAN_FOREVER);
    record(w, "with ids");
    world_drain(w);
    assert_int_equal(view_scope_int(body_of(w, 0), "uspan.dropped.no_entropy"), 1);
}

static void test_log_lines_are_at_most_one_a_second_and_say_how_many_were_left_out(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    for (unsigned n = 0; n < 10u; n++) {
        assert_int_equal(uspan_set_endpoint(&w->tracer, 0, "ftp://x"), USPAN_ERR_CONFIG);
    }
    assert_int_equal(w->log_lines, 1);
    world_advance_ms(w, 999);
    assert_int_equal(uspan_set_endpoint(&w->tracer, 0, "ftp://x"), USPAN_ERR_CONFIG);
    assert_int_equal(w->log_lines, 1);
    world_advance_ms(w, 1);
    assert_int_equal(uspan_set_endpoint(&w->tracer, 0, "ftp://x"), USPAN_ERR_CONFIG);
    assert_int_equal(w->log_lines, 2);
    assert_non_null(strstr(w->log, "(suppressed: 10)\n"));
    world_advance_ms(w, 1000);
    w->log_len = 0;
    assert_int_equal(uspan_set_endpoint(&w->tracer, 0, "ftp://x"), USPAN_ERR_CONFIG);
    assert_null(strstr(w->log, "suppressed"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_flush_sends_what_ended_and_then_waits_again),
        TEST(test_shutdown_ends_what_is_open_and_sends_it),
        TEST(test_shutdown_drops_what_is_left_at_its_deadline),
        TEST(test_shutdown_with_nothing_to_do_stops_at_once),
        TEST(test_entropy_that_comes_late_is_asked_for_again),
        TEST(test_log_lines_are_at_most_one_a_second_and_say_how_many_were_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
