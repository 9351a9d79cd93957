/* test_destinations.c: a failed destination costs a working one no span, no time and no lock (issue 12
 * section 2).
 * uspan-config: USPAN_DESTINATIONS_MAX=2 */
#include "far_peer.h"

static far_peer_t good, bad;

static void reset_with_two(world_t *w, far_mode_t mode, const char *answer)
{
    world_reset(w);
    far_init(&good, w);
    far_init(&bad, w);
    bad.mode = mode;
    bad.answer = answer;
    const uspan_collector_t c0 = { .endpoint = "http://bad:4318/v1/traces" };
    const uspan_collector_t c1 = { .endpoint = "http://good:4318/v1/traces" };
    assert_int_equal(uspan_export_to(&w->tracer, 0, &bad.transport, &c0), USPAN_OK);
    assert_int_equal(uspan_export_to(&w->tracer, 1, &good.transport, &c1), USPAN_OK);
}

#define BUSY "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"
#define BAD_KEY "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"

static const struct {
    far_mode_t mode;
    const char *answer;
} deaths[] = { { FAR_REFUSES, NULL },     { FAR_NEVER_OPENS, NULL }, { FAR_SILENT, NULL },
               { FAR_NEVER_TAKES, NULL }, { FAR_GOOD, BUSY },        { FAR_GOOD, BAD_KEY } };
#define DEATHS (sizeof deaths / sizeof deaths[0])

static void test_the_healthy_one_gets_every_span(void **state)
{
    world_t *w = *state;
    for (unsigned rate = 1; rate <= 100u; rate *= 100u) {
        for (size_t i = 0; i < DEATHS; i++) {
            reset_with_two(w, deaths[i].mode, deaths[i].answer);
            for (unsigned n = 0; n < 1000u; n++) {
                record(w, "one");
                far_run(w, w->now_ns + 1000000000u / rate, 5u);
            }
            far_run(w, w->now_ns + 10000000000u, 5u);
            uspan_stats_t s = stats_of(w, 1), b = stats_of(w, 0);
            if (s.delivered != 1000u) {
                fail_msg("death %zu, %u a second: %u delivered, %u not recorded", i, rate,
                         (unsigned)s.delivered, (unsigned)s.dropped[USPAN_DROP_POOL_FULL]);
            }
            assert_int_equal(good.spans, 1000);
            assert_int_equal(s.dropped[USPAN_DROP_EVICTED], 0);
            assert_int_equal(b.delivered, 0);
            assert_true(b.dropped[USPAN_DROP_EVICTED] + b.dropped[USPAN_DROP_REFUSED] + b.queued == 1000u);
            world_assert_balanced(w);
        }
    }
}

/* The destination worked before. It fails while a batch with all spans of the pool is on its way. */
static void test_a_frozen_batch_gives_way_too(void **state)
{
    world_t *w = *state;
    for (size_t i = 0; i < DEATHS; i++) {
        reset_with_two(w, FAR_GOOD, NULL);
        record(w, "both");
        world_drain(w);
        bad.mode = deaths[i].mode;
        bad.answer = deaths[i].answer;
        record_many(w, USPAN_SPANS_MAX);
        uspan_flush(&w->tracer);
        far_run(w, w->now_ns + 20000000u, 5u);
        assert_int_equal(stats_of(w, 1).delivered, 1u + USPAN_SPANS_MAX);
        for (unsigned n = 0; n < 100u; n++) {
            record(w, "one");
            far_run(w, w->now_ns + 1000000000u, 5u);
        }
        far_run(w, w->now_ns + 10000000000u, 5u);
        uspan_stats_t s = stats_of(w, 1);
        assert_in_range(s.dropped[USPAN_DROP_POOL_FULL], 0, 2); /* until the stuck batch loses its spans */
        assert_int_equal(s.delivered + s.dropped[USPAN_DROP_POOL_FULL], 101u + USPAN_SPANS_MAX);
        bad.mode = FAR_GOOD; /* it works again and gets the remaining spans */
        bad.answer = NULL;
        w->now_ns += 3600000000000u;
        world_drain(w);
        world_assert_balanced(w);
        assert_int_equal(stats_of(w, 0).queued, 0);
    }
}

/* A slow answer is not a stuck batch. The batch keeps its spans and its connection for a second. */
static void test_a_batch_has_a_second_before_it_gives_way(void **state)
{
    world_t *w = *state;
    for (unsigned late_ms = 0; late_ms < 3000u; late_ms += 500u) {
        reset_with_two(w, FAR_GOOD, NULL);
        record(w, "both");
        world_drain(w);
        world_advance_ms(w, late_ms); /* at any time since the start */
        bad.mode = FAR_SILENT;
        record_many(w, USPAN_SPANS_MAX);
        uspan_flush(&w->tracer);
        far_run(w, w->now_ns + 20000000u, 5u);
        record(w, "finds no slot");
        far_run(w, w->now_ns + 900000000u, 5u);
        assert_int_equal(bad.connects, 1);
        far_run(w, w->now_ns + 200000000u, 5u);
        assert_int_equal(bad.connects, 2); /* the first connection was closed */
    }
}

static void test_the_lagging_one_gets_the_newest_of_what_it_missed(void **state)
{
    world_t *w = *state;
    reset_with_two(w, FAR_REFUSES, NULL);
    for (unsigned n = 0; n < 40u; n++) {
        record(w, "one");
        far_run(w, w->now_ns + 1000000000u, 5u);
    }
    bad.mode = FAR_GOOD;
    far_run(w, w->now_ns + 60000000000u, 5u);
    uspan_stats_t b = stats_of(w, 0);
    assert_int_equal(b.delivered + b.dropped[USPAN_DROP_EVICTED], 40);
    assert_true(b.delivered >= USPAN_SPANS_MAX / 2u);
    assert_int_equal(bad.spans, b.delivered);
    assert_int_equal(stats_of(w, 1).delivered, 40);
}

/* ---- flush --------------------------------------------------------------------------------------------------- */

static void test_a_flush_ends_for_each_destination(void **state)
{
    world_t *w = *state;
    reset_with_two(w, FAR_REFUSES, NULL);
    record_many(w, 3);
    uspan_flush(&w->tracer);
    far_run(w, w->now_ns + 1000000000u, 5u);
    assert_int_equal(good.requests, 1);
    assert_int_equal(good.spans, 3);
    assert_false(uspan_flushed(&w->tracer));
    for (unsigned n = 0; n < 10u; n++) { /* from now on, uspan does not send one request per span */
        record(w, "later");
        far_run(w, w->now_ns + 100000000u, 5u);
    }
    assert_int_equal(good.requests, 1 + 1); /* one more, since the pool filled up */
    record(w, "last");
    far_run(w, w->now_ns + 1000000000u, 5u);
    assert_int_equal(good.requests, 2);
    far_run(w, w->now_ns + 5000000000u, 5u);
    assert_int_equal(good.requests, 3);
    assert_int_equal(good.spans, 14);
}

static void test_spans_that_end_after_a_flush_leave_by_age(void **state)
{
    world_t *w = *state;
    reset_with_two(w, FAR_GOOD, NULL);
    record(w, "flushed");
    uspan_flush(&w->tracer);
    while (!uspan_flushed(&w->tracer)) {
        assert_true(uspan_poll(&w->tracer, NULL) <= USPAN_OK);
    }
    record(w, "later"); /* recorded before the next poll */
    far_run(w, w->now_ns + 4900000000u, 5u);
    assert_int_equal(good.requests, 1);
    far_run(w, w->now_ns + 200000000u, 5u);
    assert_int_equal(good.requests, 2);
}

/* ---- cost ---------------------------------------------------------------------------------------------------- */

static void test_a_poll_takes_as_many_locks_whatever_waits_elsewhere(void **state)
{
    world_t *w = *state;
    uint64_t locks[2];
    for (unsigned full = 0; full < 2u; full++) {
        reset_with_two(w, FAR_REFUSES, NULL);
        record_many(w, full != 0u ? USPAN_SPANS_MAX - 1u : 1u);
        uspan_flush(&w->tracer);
        far_run(w, w->now_ns + 10000000u, 5u);
        assert_int_equal(stats_of(w, 0).queued, full != 0u ? USPAN_SPANS_MAX - 1u : 1u);
        uint64_t before = w->locks;
        assert_int_equal(uspan_poll(&w->tracer, NULL), USPAN_ERR_AGAIN);
        locks[full] = w->locks - before;
    }
    assert_int_equal(locks[0], locks[1]);
}

static int tear_down(void **state)
{
    far_free(&good);
    far_free(&bad);
    return world_teardown(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_healthy_one_gets_every_span),
        TEST(test_a_frozen_batch_gives_way_too),
        TEST(test_a_batch_has_a_second_before_it_gives_way),
        TEST(test_the_lagging_one_gets_the_newest_of_what_it_missed),
        TEST(test_a_flush_ends_for_each_destination),
        TEST(test_spans_that_end_after_a_flush_leave_by_age),
        TEST(test_a_poll_takes_as_many_locks_whatever_waits_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
