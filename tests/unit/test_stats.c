/* test_stats.c: two destinations, each with its own counts, which balance after every poll. Also tests sinks.
 * A span is freed when all destinations are done with it.
 * uspan-config: USPAN_DESTINATIONS_MAX=2 */
#include "delivery.h"

#define BUSY "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"

static const char *bad_answer;

static void answer_by_host(world_t *w, unsigned n)
{
    (void)n;
    w->answer = strcmp(w->host, "bad") == 0 ? bad_answer : NULL;
}

static void export_to(world_t *w, unsigned d, const char *endpoint)
{
    const uspan_collector_t c = { .endpoint = endpoint };
    assert_int_equal(uspan_export_to(&w->tracer, d, &w->transport, &c), USPAN_OK);
}

static void reset_with_two(world_t *w, const char *answer)
{
    world_reset(w);
    export_to(w, 0, "http://good:4318/v1/traces");
    export_to(w, 1, "http://bad:4318/v1/traces");
    bad_answer = answer;
    w->on_request = answer_by_host;
}

static void test_a_failing_destination_does_not_hold_back_the_other(void **state)
{
    world_t *w = *state;
    reset_with_two(w, BUSY);
    record_many(w, 5);
    uspan_flush(&w->tracer);
    (void)settle(w);
    uspan_stats_t good = stats_of(w, 0), bad = stats_of(w, 1);
    assert_int_equal(good.delivered, 5);
    assert_int_equal(good.queued, 0);
    assert_int_equal(good.retries, 0);
    assert_int_equal(good.last_status, 200);
    assert_int_equal(bad.delivered, 0);
    assert_int_equal(bad.queued, 5);
    assert_int_equal(bad.retries, 1);
    assert_int_equal(bad.last_status, 503);
    assert_int_equal(w->tracer.trace.slots_live, 5); /* kept for the destination that has not had them */
    record_many(w, 2); /* the flush ended when the five were sent: these wait for their age */
    (void)settle(w);
    assert_int_equal(stats_of(w, 0).delivered, 5);
    world_advance_ms(w, USPAN_BATCH_AGE_MS);
    (void)settle(w);
    assert_int_equal(stats_of(w, 0).delivered, 7);
    bad_answer = NULL;
    const unsigned before = w->request_count;
    world_drain(w);
    assert_int_equal(w->request_count, before + 2u); /* no span of it was evicted, so the batch is as before */
    assert_int_equal(view_span_count(body_of(w, before)), 5);
    assert_int_equal(view_span_count(body_of(w, before + 1u)), 2);
    bad = stats_of(w, 1);
    assert_int_equal(bad.delivered, 7);
    assert_int_equal(w->tracer.trace.slots_live, 0);
    assert_int_equal(bad.blocks_live, 0);
}

static void test_both_get_the_same_spans(void **state)
{
    world_t *w = *state;
    reset_with_two(w, NULL);
    record_many(w, 3);
    world_drain(w);
    assert_int_equal(w->request_count, 2);
    assert_int_equal(w->requests[0].body_len, w->requests[1].body_len);
    assert_memory_equal(body_of(w, 0).at, body_of(w, 1).at, w->requests[0].body_len);
    assert_int_equal(w->connections, 2);
}

static void test_what_one_refuses_is_its_own_loss(void **state)
{
    world_t *w = *state;
    reset_with_two(w, "HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n");
    record_many(w, 3);
    world_drain(w);
    uspan_stats_t good = stats_of(w, 0), bad = stats_of(w, 1);
    assert_int_equal(good.delivered, 3);
    assert_int_equal(good.dropped[USPAN_DROP_REFUSED], 0);
    assert_int_equal(good.refusals, 0);
    assert_int_equal(bad.delivered, 0);
    assert_int_equal(bad.dropped[USPAN_DROP_REFUSED], 3);
    assert_int_equal(bad.refusals, 1);
    bad_answer = NULL;
    record(w, "next");
    world_drain(w);
    for (unsigned i = 2; i < 4u; i++) { /* the two requests of the last span, in either order */
        bool to_bad = head_has(w, i, "Host: bad");
        assert_int_equal(view_scope_int(body_of(w, i), "uspan.dropped.refused"), to_bad ? 3 : 0);
    }
}

static void test_a_silent_destination_costs_the_other_a_time_limit_at_most(void **state)
{
    world_t *w = *state;
    reset_with_two(w, NULL);
    w->on_request = NULL;
    w->silent = true;
    record(w, "one");
    uint64_t begin_ns = w->now_ns;
    uspan_flush(&w->tracer);
    while (stats_of(w, 0).delivered == 0u || stats_of(w, 1).delivered == 0u) {
        uint32_t wait_ms;
        (void)world_poll(w, &wait_ms);
        world_advance_ms(w, wait_ms);
        w->silent = strcmp(w->host, "bad") == 0 && w->now_ns - begin_ns < 25000ull * MS;
        if (!w->silent && w->is_open && w->tracer.out.exchanges[0].step == 3u && w->answer_at == SIZE_MAX) {
            w->answer_at = 0;
        }
        assert_true(w->now_ns - begin_ns < 60000ull * MS);
        if (w->now_ns - begin_ns > 100ull * MS) {
            assert_int_equal(stats_of(w, 0).delivered, 1);
        }
    }
}

static void test_a_destination_added_later_gets_later_spans_only(void **state)
{
    world_t *w = *state;
    world_reset(w);
    record(w, "nowhere");
    export_to(w, 0, "http://good:4318/v1/traces");
    record_many(w, 3);
    world_drain(w);
    record_many(w, 2); /* queued for the first */
    uspan_t open = uspan_start(&w->tracer, USPAN_ROOT, "open");
    (void)uspan_start(&w->tracer, USPAN_NULL, "orphan");
    export_to(w, 1, "http://bad:4318/v1/traces");
    world_assert_balanced(w);
    uspan_stats_t late = stats_of(w, 1);
    assert_int_equal(late.queued, 0);
    assert_int_equal(late.open, 1);
    assert_int_equal(late.started,
                     1u + 2u); /* the open one, and the two that were dropped before any destination counts */
    (void)uspan_end(&w->tracer, open);
    record(w, "later");
    world_drain(w);
    assert_int_equal(stats_of(w, 0).delivered, 7);
    assert_int_equal(stats_of(w, 1).delivered, 2);
    assert_int_equal(stats_of(w, 0).dropped[USPAN_DROP_NO_DESTINATION], 1);
}

typedef struct sink_state {
    uspan_err_t answer;
    unsigned calls;
    uint32_t last;
} sink_state_t;

static uspan_err_t take(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    sink_state_t *k = ctx;
    assert_non_null(t);
    assert_int_not_equal(s.id, 0);
    k->calls++;
    k->last = s.id;
    return k->answer;
}

static void test_a_sink_delivers_waits_or_rejects(void **state)
{
    world_t *w = *state;
    sink_state_t k = { USPAN_OK, 0, 0 };
    const uspan_sink_t sink = { &k, take };
    world_reset(w);
    assert_int_equal(uspan_export_to_sink(&w->tracer, 0, &sink), USPAN_OK);
    assert_int_equal(uspan_export_to_sink(&w->tracer, 0, &sink), USPAN_ERR_ARG);
    record(w, "one");
    assert_int_equal(settle(w), USPAN_FOREVER);
    assert_int_equal(stats_of(w, 0).delivered, 1);
    k.answer = USPAN_TRUNCATED; /* accepted, with a note */
    record(w, "two");
    assert_int_equal(settle(w), USPAN_FOREVER);
    assert_int_equal(stats_of(w, 0).delivered, 2);
    k.answer = USPAN_ERR_AGAIN;
    record(w, "three");
    assert_int_equal(settle(w), USPAN_POLL_MS);
    uint32_t offered = k.last;
    assert_int_equal(settle(w), USPAN_POLL_MS);
    assert_int_equal(k.calls, 4);
    assert_int_equal(k.last, offered);
    assert_int_equal(stats_of(w, 0).queued, 1);
    k.answer = USPAN_ERR_IO;
    assert_int_equal(settle(w), USPAN_FOREVER);
    uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.rejected, 1);
    assert_int_equal(s.queued, 0);
    assert_int_equal(w->tracer.trace.slots_live, 0);
    assert_int_equal(uspan_set_headers(&w->tracer, 0, "a=b"), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_endpoint(&w->tracer, 0, "http://x/"), USPAN_ERR_ARG);
}

static void test_a_sink_and_a_collector_side_by_side(void **state)
{
    world_t *w = *state;
    sink_state_t k = { USPAN_ERR_AGAIN, 0, 0 };
    const uspan_sink_t sink = { &k, take };
    world_reset(w);
    assert_int_equal(uspan_export_to_sink(&w->tracer, 0, &sink), USPAN_OK);
    export_to(w, 1, "http://good:4318/v1/traces");
    record_many(w, 4);
    uspan_flush(&w->tracer);
    assert_int_equal(settle(w), USPAN_POLL_MS);
    assert_int_equal(stats_of(w, 1).delivered, 4);
    assert_int_equal(stats_of(w, 0).queued, 4);
    k.answer = USPAN_OK;
    world_drain(w);
    assert_int_equal(stats_of(w, 0).delivered, 4);
    uspan_shutdown(&w->tracer, 1000);
    (void)settle(w);
    assert_true(uspan_stopped(&w->tracer));
}

static void test_shutdown_drops_at_each_destination_what_it_has_not_got(void **state)
{
    world_t *w = *state;
    reset_with_two(w, BUSY);
    record_many(w, 3);
    uspan_shutdown(&w->tracer, 2000);
    while (!uspan_stopped(&w->tracer)) {
        uint32_t wait_ms;
        (void)world_poll(w, &wait_ms);
        world_advance_ms(w, wait_ms != USPAN_FOREVER ? wait_ms : 0u);
    }
    assert_int_equal(stats_of(w, 0).delivered, 3);
    assert_int_equal(stats_of(w, 1).dropped[USPAN_DROP_DEADLINE], 3);
    assert_int_equal(w->tracer.trace.slots_live, 0);
}

static void test_accounts_of_nothing_are_zero(void **state)
{
    world_t *w = *state;
    uspan_stats_t s;
    static const uspan_stats_t zero;
    memset(&s, 0xff, sizeof s);
    uspan_stats(NULL, 0, &s);
    assert_memory_equal(&s, &zero, sizeof s);
    memset(&s, 0xff, sizeof s);
    uspan_stats(&w->tracer, USPAN_DESTINATIONS_MAX, &s);
    assert_memory_equal(&s, &zero, sizeof s);
}

static void test_pools_and_parts_are_counted(void **state)
{
    world_t *w = *state;
    world_reset(w);
    export_to(w, 0, "http://good:4318/v1/traces");
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "one");
    (void)uspan_set_str(&w->tracer, s, USPAN_KEY("text"), "more than the eight bytes that an entry holds");
    uspan_t t = uspan_start(&w->tracer, s, "two");
    uspan_stats_t before = stats_of(w, 0);
    assert_int_equal(before.spans_high, 2);
    assert_true(before.blocks_live > 0u);
    assert_int_equal(before.open, 2);
    (void)uspan_end(&w->tracer, t);
    (void)uspan_end(&w->tracer, s);
    uspan_set_sampler(&w->tracer, (uspan_sampler_t){ USPAN_SAMPLE_NEVER, true });
    (void)uspan_end(&w->tracer, uspan_start(&w->tracer, USPAN_ROOT, "not sampled"));
    world_drain(w);
    uspan_stats_t after = stats_of(w, 0);
    assert_int_equal(after.started, 3);
    assert_int_equal(after.unsampled, 1);
    assert_int_equal(after.delivered, 2);
    assert_int_equal(after.blocks_live, 0);
    assert_int_equal(after.blocks_high, before.blocks_high);
    assert_int_equal(after.spans_high, 3); /* an unsampled span takes a slot too */
    assert_int_equal(after.body_bytes, w->requests[0].body_len);
}

static void test_causes_have_the_names_that_travel(void **state)
{
    static const char *const names[USPAN_DROP_COUNT] = { "pool_full", "parent_dropped", "no_entropy",
                                                         "stopped",   "no_destination", "evicted",
                                                         "too_large", "refused",        "retries",
                                                         "no_time",   "deadline" };
    (void)state;
    for (unsigned c = 0; c < USPAN_DROP_COUNT; c++) {
        assert_string_equal(uspan_drop_name((uspan_drop_t)c), names[c]);
    }
    assert_string_equal(uspan_drop_name(USPAN_DROP_COUNT), "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_failing_destination_does_not_hold_back_the_other),
        TEST(test_both_get_the_same_spans),
        TEST(test_what_one_refuses_is_its_own_loss),
        TEST(test_a_silent_destination_costs_the_other_a_time_limit_at_most),
        TEST(test_a_destination_added_later_gets_later_spans_only),
        TEST(test_a_sink_delivers_waits_or_rejects),
        TEST(test_a_sink_and_a_collector_side_by_side),
        TEST(test_shutdown_drops_at_each_destination_what_it_has_not_got),
        TEST(test_accounts_of_nothing_are_zero),
        TEST(test_pools_and_parts_are_counted),
        TEST(test_causes_have_the_names_that_travel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
