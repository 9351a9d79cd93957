/* test_export_faults.c: no fault of port or transport, single or lasting, loses a span without counting it,
 * leaks a block, or leaves a connection open. The n-th call of open, send, recv or random fails, until n
 * exceeds the number of calls. */
#include "delivery.h"

#define SPANS 8u

/* 8 spans in batches of 3, some bytes at a time, with one 503 in between. Then shut down. */
static void answer_one_busy(world_t *w, unsigned n)
{
    w->answer = n == 1u ? "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n" : NULL;
}

static void begin(world_t *w, world_fault_t mode, unsigned at)
{
    world_reset(w);
    w->fault = mode;
    w->fault_at = at;
    w->random_state = 42u;
    w->calls = 0;
    w->fired = false;
    assert_int_equal(uspan_init(&w->tracer, &w->port), USPAN_OK);
    const uspan_collector_t c = { .endpoint = "http://collector:4318/v1/traces" };
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, &c), USPAN_OK);
    const uspan_batching_t b = { .spans_max = 3 };
    uspan_set_batching(&w->tracer, &b);
    w->on_request = answer_one_busy;
    w->send_max = 30;
    w->recv_max = 9;
    w->opens_needed = 1;
}

static void run_export(world_t *w)
{
    for (unsigned i = 0; i < SPANS; i++) {
        uint32_t wait_ms;
        uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "chat");
        (void)uspan_set_str(&w->tracer, s, USPAN_KEY("text"),
                            "a text that needs some blocks of the pool to be kept in");
        (void)uspan_end(&w->tracer, s);
        (void)world_poll(w, &wait_ms);
        world_advance_ms(w, 20);
    }
    uspan_flush(&w->tracer);
    for (unsigned n = 0; n < 3000u && !uspan_flushed(&w->tracer); n++) {
        uint32_t wait_ms;
        (void)world_poll(w, &wait_ms);
        world_advance_ms(w, wait_ms != USPAN_FOREVER ? wait_ms : 0u);
    }
    uspan_shutdown(&w->tracer, 3000);
    for (unsigned n = 0; !uspan_stopped(&w->tracer); n++) {
        uint32_t wait_ms;
        assert_true(n < 10000u);
        (void)world_poll(w, &wait_ms);
        world_advance_ms(w, wait_ms != USPAN_FOREVER ? wait_ms : 0u);
    }
}

static void sweep(world_t *w, world_fault_t mode)
{
    for (unsigned n = 0;; n++) {
        begin(w, mode, n);
        run_export(w);
        uspan_stats_t s = stats_of(w, 0);
        assert_int_equal(s.started, SPANS);
        assert_int_equal(s.queued + s.open, 0);
        assert_int_equal(s.blocks_live, 0);
        assert_int_equal(w->tracer.trace.slots_live, 0);
        assert_false(w->is_open);
        if (mode == WORLD_FAIL_ONCE) { /* success: only a span without ids is lost */
            assert_int_equal(s.delivered + s.dropped[USPAN_DROP_NO_ENTROPY], SPANS);
        }
        if (!w->fired) { /* past the last call: all calls were tested */
            assert_int_equal(s.delivered, SPANS);
            assert_in_range(n, 50, 1000);
            return;
        }
        /* each span that counts as delivered was delivered at least once */
        unsigned sent = 0;
        for (unsigned r = 0; r < w->request_count; r++) {
            sent += view_span_count(body_of(w, r));
        }
        assert_true(sent >= s.delivered);
    }
}

static void test_one_fault_is_survived(void **state)
{
    sweep(*state, WORLD_FAIL_ONCE);
}

static void test_a_lasting_fault_is_accounted_for(void **state)
{
    sweep(*state, WORLD_FAIL_FROM);
}

static void test_without_any_entropy_every_span_is_counted(void **state)
{
    world_t *w = *state;
    begin(w, WORLD_FAIL_FROM, 0); /* no entropy at all: spans are null, and counted */
    run_export(w);
    assert_int_equal(stats_of(w, 0).dropped[USPAN_DROP_NO_ENTROPY], SPANS);
    assert_int_equal(w->connections, 0);
}

/* A transport that fails for an hour and then works: all spans that fitted in the pool arrive. */
static void test_what_waited_out_an_outage_arrives(void **state)
{
    world_t *w = *state;
    for (unsigned way = 0; way < 5u; way++) {
        world_reset_with_collector(w);
        w->open_error = way == 0u ? USPAN_ERR_IO : USPAN_OK;
        w->silent = way == 1u;
        w->never_sends = way == 2u;
        w->cut_request = way == 3u ? 100u : 0u;
        w->cut_answer = way == 4u ? 3u : SIZE_MAX;
        record_many(w, SPANS);
        uspan_flush(&w->tracer);
        uint64_t until_ns = w->now_ns + 3600ull * 1000u * MS;
        while (w->now_ns < until_ns) {
            uint32_t wait_ms;
            (void)world_poll(w, &wait_ms);
            world_advance_ms(w, wait_ms);
        }
        uspan_stats_t s = stats_of(w, 0);
        assert_int_equal(s.queued, SPANS);
        assert_in_range(s.retries, 80, 200); /* about every 30 s */
        w->open_error = USPAN_OK;
        w->silent = w->never_sends = false;
        w->cut_request = 0;
        w->cut_answer = SIZE_MAX;
        world_drain(w);
        assert_int_equal(stats_of(w, 0).delivered, SPANS);
        assert_int_equal(stats_of(w, 0).blocks_live, 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_one_fault_is_survived),
        TEST(test_a_lasting_fault_is_accounted_for),
        TEST(test_without_any_entropy_every_span_is_counted),
        TEST(test_what_waited_out_an_outage_arrives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
