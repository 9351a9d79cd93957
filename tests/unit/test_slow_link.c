/* test_slow_link.c: over links of 2,000 to 16,000 bytes a second with 300 ms of delay, all spans arrive, and
 * the link is used (issue 12 section 2). Only time without progress counts for a time-out. A batch that timed
 * out is halved.
 * uspan-config: USPAN_SPANS_MAX=128 USPAN_TEXT_BYTES=131072 */
#include "far_peer.h"

static far_peer_t peer;

static void reset(world_t *w, uint64_t rate, size_t buffer)
{
    world_reset(w);
    far_init(&peer, w);
    peer.rate = rate;
    peer.delay_ns = 300u * (uint64_t)MS;
    peer.buffer = buffer;
    const uspan_collector_t c = { .endpoint = "http://far:4318/v1/traces" };
    assert_int_equal(uspan_export_to(&w->tracer, 0, &peer.transport, &c), USPAN_OK);
}

/* A span of about 900 bytes. */
static bool record_large(world_t *w)
{
    static char text[800];
    memset(text, 't', sizeof text - 1u);
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "chat");
    if (s.id == 0u) {
        return false;
    }
    (void)uspan_set_str(&w->tracer, s, USPAN_KEY("gen_ai.input.messages"), text);
    assert_int_equal(uspan_end(&w->tracer, s), USPAN_OK);
    return true;
}

/* With a large send buffer uspan cannot see the progress: only halving helps. */
static const size_t buffers[] = { 2920, 16384, 262144 };
static const uint64_t rates[] = { 2000, 4000, 16000 };

static void test_a_backlog_uses_the_link(void **state)
{
    world_t *w = *state;
    for (size_t r = 0; r < 3u; r++) {
        for (size_t b = 0; b < 3u; b++) {
            reset(w, rates[r], buffers[b]);
            uint64_t begin_ns = w->now_ns, end_ns = begin_ns + 900000000000u;
            while (w->now_ns < end_ns) {
                while (w->tracer.trace.queues[0].count < 100u && record_large(w)) {
                }
                far_run(w, w->now_ns + 100000000u, 5u);
            }
            uspan_stats_t s = stats_of(w, 0);
            uint64_t percent = s.body_bytes * 100u / (rates[r] * 900u);
            if (percent < 80u) {
                fail_msg("%u B/s, buffer %zu: %u %% of the link, %u requests, %u retries", (unsigned)rates[r],
                         buffers[b], (unsigned)percent, (unsigned)s.requests, (unsigned)s.retries);
            }
            world_assert_balanced(w);
        }
    }
}

static void test_a_normal_load_arrives_whole(void **state)
{
    world_t *w = *state;
    for (size_t r = 0; r < 3u; r++) {
        for (size_t b = 0; b < 3u; b++) {
            reset(w, rates[r], buffers[b]);
            for (unsigned n = 0; n < 64u; n++) { /* a burst: a batch of some 59 KB */
                assert_true(record_large(w));
            }
            for (unsigned n = 0; n < 200u; n++) { /* then half of what the link can carry */
                assert_true(record_large(w));
                far_run(w, w->now_ns + 2000000000000u / rates[r], 5u);
            }
            far_run(w, w->now_ns + 300000000000u, 5u);
            uspan_stats_t s = stats_of(w, 0);
            assert_int_equal(s.delivered, 264);
            assert_int_equal(s.queued, 0);
        }
    }
}

/* Batches shrink to one span and no further. Once the link is fast, their sizes recover. */
static void test_a_batch_that_times_out_is_halved_to_one_span(void **state)
{
    world_t *w = *state;
    reset(w, 0, 0);
    peer.mode = FAR_SILENT;
    unsigned expected = 64u;
    for (unsigned n = 0; n < 64u; n++) {
        assert_true(record_large(w));
    }
    while (expected > 1u) {
        unsigned retries = stats_of(w, 0).retries;
        while (stats_of(w, 0).retries == retries) {
            far_run(w, w->now_ns + 5000000u, 5u);
        }
        expected /= 2u;
        assert_int_equal(w->tracer.out.dests[0].batch.count, expected);
    }
    far_run(w, w->now_ns + 120000000000u, 5u);
    assert_int_equal(w->tracer.out.dests[0].batch.count, 1);
    peer.mode = FAR_GOOD;
    for (unsigned n = 0; n < 200u; n++) {
        while (w->tracer.trace.queues[0].count < 64u && record_large(w)) {
        }
        far_run(w, w->now_ns + 60000000000u, 1000u);
    }
    assert_true(peer.largest > 32u);
}

/* Bytes that keep coming extend the time, up to a limit. */
static void test_an_exchange_ends_at_its_longest(void **state)
{
    world_t *w = *state;
    reset(w, 100, 300);
    for (unsigned n = 0; n < 64u; n++) {
        assert_true(record_large(w));
    }
    uspan_flush(&w->tracer);
    uint64_t begin_ns = w->now_ns;
    while (stats_of(w, 0).retries == 0u) {
        far_run(w, w->now_ns + 5000000u, 5u);
    }
    uint64_t took_ms = (w->now_ns - begin_ns) / MS;
    assert_in_range(took_ms, USPAN_EXCHANGE_MAX_MS, USPAN_EXCHANGE_MAX_MS + 2u * USPAN_POLL_MS);
    assert_non_null(strstr(w->log, "longer than USPAN_EXCHANGE_MAX_MS"));
}

static int tear_down(void **state)
{
    far_free(&peer);
    return world_teardown(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_backlog_uses_the_link),
        TEST(test_a_normal_load_arrives_whole),
        TEST(test_a_batch_that_times_out_is_halved_to_one_span),
        TEST(test_an_exchange_ends_at_its_longest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
