/* test_destinations_three.c: two of three destinations fail, in each pair of ways, and the third gets
 * every span (field.md B2). A span that two failed destinations wait for gives way, too.
 * uspan-config: USPAN_DESTINATIONS_MAX=3 USPAN_SPANS_MAX=16 */
#include "far_peer.h"

#define DESTS 3u
#define SPANS 200u
#define LATER "HTTP/1.1 503 Busy\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n"
#define MOVED "HTTP/1.1 308 Moved\r\nLocation: http://x\r\nContent-Length: 0\r\n\r\n"

static const struct {
    far_mode_t mode;
    const char *answer;
} deaths[] = { { FAR_REFUSES, NULL }, { FAR_NEVER_OPENS, NULL }, { FAR_SILENT, NULL },
               { FAR_NEVER_TAKES, NULL }, { FAR_GOOD, LATER }, { FAR_GOOD, MOVED } };

static far_peer_t peers[DESTS];

static void reset_with_three(world_t *w, unsigned good, size_t first, size_t second)
{
    static const uspan_collector_t to[DESTS] = { { .endpoint = "http://a:4318/v1/traces" },
                                                 { .endpoint = "http://b:4318/v1/traces" },
                                                 { .endpoint = "http://c:4318/v1/traces" } };
    world_reset(w);
    for (unsigned d = 0, dead = 0; d < DESTS; d++) {
        far_init(&peers[d], w);
        if (d != good) {
            const size_t death = dead++ == 0u ? first : second;
            peers[d].mode = deaths[death].mode;
            peers[d].answer = deaths[death].answer;
        }
        assert_int_equal(uspan_export_to(&w->tracer, d, &peers[d].transport, &to[d]), USPAN_OK);
    }
}

static void test_the_healthy_one_gets_every_span(void **state)
{
    world_t *w = *state;
    for (unsigned n = 0; n < DESTS * COUNT(deaths) * COUNT(deaths); n++) {
        const unsigned good = n % DESTS;
        reset_with_three(w, good, n / DESTS % COUNT(deaths), n / DESTS / COUNT(deaths));
        for (unsigned i = 0; i < SPANS; i++) {
            record(w, "one");
            far_run(w, w->now_ns + 20000000u, 5u); /* 50 spans a second */
        }
        far_run(w, w->now_ns + 10000000000u, 5u);
        const uspan_stats_t s = stats_of(w, good);
        if (s.delivered != SPANS || s.dropped[USPAN_DROP_EVICTED] != 0u) {
            fail_msg("%u: %u delivered, %u not recorded, %u evicted", n, (unsigned)s.delivered,
                     (unsigned)s.dropped[USPAN_DROP_POOL_FULL], (unsigned)s.dropped[USPAN_DROP_EVICTED]);
        }
        world_assert_balanced(w);
    }
}

/* If one destination has failed and another is slow, the spans of the failed one are dropped first. */
static void test_what_only_a_dead_one_waits_for_goes_first(void **state)
{
    world_t *w = *state;
    reset_with_three(w, 0u, 0u, 0u);
    peers[1].mode = FAR_GOOD;
    peers[1].rate = 20000u; /* bytes a second */
    for (unsigned i = 0; i < SPANS; i++) {
        record(w, "one");
        far_run(w, w->now_ns + 50000000u, 5u); /* 20 spans a second */
    }
    far_run(w, w->now_ns + 10000000000u, 5u);
    assert_int_equal(stats_of(w, 0u).delivered, SPANS);
    assert_int_equal(stats_of(w, 1u).delivered, SPANS);
    assert_int_equal(stats_of(w, 2u).delivered, 0);
    world_assert_balanced(w);
}

/* Each exchange in progress limits the time until the next poll, whichever others there are. */
static void test_an_exchange_that_waits_is_polled_again_soon(void **state)
{
    world_t *w = *state;
    for (unsigned silent = 1; silent < 1u << DESTS; silent++) {
        reset_with_three(w, 0u, 0u, 0u);
        for (unsigned d = 0; d < DESTS; d++) {
            peers[d].mode = (silent >> d & 1u) != 0u ? FAR_SILENT : FAR_GOOD;
        }
        record(w, "one");
        uspan_flush(&w->tracer);
        const uint64_t until_ns = w->now_ns + 1000000000u;
        while (w->now_ns < until_ns) {
            uint32_t wait_ms = 0;
            assert_int_equal(uspan_poll(&w->tracer, &wait_ms), USPAN_ERR_AGAIN);
            assert_true(wait_ms <= USPAN_POLL_MS);
            world_advance_ms(w, wait_ms);
        }
        for (unsigned d = 0; d < DESTS; d++) {
            assert_int_equal(stats_of(w, d).delivered, (silent >> d & 1u) == 0u);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_healthy_one_gets_every_span),
        TEST(test_what_only_a_dead_one_waits_for_goes_first),
        TEST(test_an_exchange_that_waits_is_polled_again_soon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
