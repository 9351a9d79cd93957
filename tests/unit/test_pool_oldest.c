/* test_pool_oldest.c: a full pool drops the oldest ended span to make room, and counts it.
 * uspan-config: USPAN_FULL_DROPS_OLDEST=1 USPAN_DESTINATIONS_MAX=2 */
#include <string.h>
#include "export/queue.h"
#include "peek.h"

static void test_the_oldest_ended_span_gives_way_and_open_ones_never(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t spans[USPAN_SPANS_MAX];
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        spans[i] = uspan_start(t, USPAN_ROOT, "s");
        uspan_set_str(t, spans[i], USPAN_KEY("k"), "a text that takes a block");
    }
    assert_int_equal(uspan_start(t, USPAN_ROOT, "all are open").id, 0);
    assert_int_equal(peek_stats(w).dropped[USPAN_DROP_POOL_FULL], 1);
    uspan_end(t, spans[5]);
    uspan_end(t, spans[2]);
    uspan_t first = uspan_start(t, USPAN_ROOT, "in place of 5");
    assert_int_equal(first.id & 0x3FFu, spans[5].id & 0x3FFu);
    assert_int_equal(uspan_end(t, spans[5]), USPAN_ERR_STALE);
    assert_int_equal(peek_slot(w, spans[2])->state, USPAN_STATE_ENDED);
    uspan_t second = uspan_start(t, USPAN_ROOT, "in place of 2");
    assert_int_equal(second.id & 0x3FFu, spans[2].id & 0x3FFu);
    assert_int_equal(peek_stats(w).dropped[USPAN_DROP_EVICTED], 2);
    assert_int_equal(peek_stats(w).queued, 0);
    assert_int_equal(peek_stats(w).blocks_live, USPAN_SPANS_MAX - 2u);
    assert_int_equal(uspan_start(t, USPAN_ROOT, "all are open again").id, 0);
    world_assert_balanced(w);
}

static void test_a_span_that_is_being_sent_stays_and_any_other_gives_way(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t spans[USPAN_SPANS_MAX];
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        spans[i] = uspan_start(t, USPAN_ROOT, "s");
    }
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        uspan_end(t, spans[i]);
    }
    const unsigned sent = USPAN_SPANS_MAX - 2u;
    for (unsigned i = 0; i < sent; i++) {
        assert_int_equal(uspan_queue_claim_next(t, 0u, false), spans[i].id & 0x3FFu);
    }
    for (unsigned i = sent; i < USPAN_SPANS_MAX; i++) {
        uint64_t locks = w->locks;
        uspan_t s = uspan_start(t, USPAN_ROOT, "in place of the oldest that is not being sent");
        assert_int_equal(s.id & 0x3FFu, spans[i].id & 0x3FFu);
        assert_in_range(w->locks - locks, 1, 3);
    }
    assert_int_equal(uspan_start(t, USPAN_ROOT, "all are sent or open").id, 0);
    uspan_queue_rest(t, 0u); /* a batch that waits for its next attempt can be dropped too */
    uspan_t s = uspan_start(t, USPAN_ROOT, "in place of its oldest");
    assert_int_equal(s.id & 0x3FFu, spans[0].id & 0x3FFu);
    assert_false(uspan_queue_hold(t, 0u));
    assert_int_equal(t->trace.queues[0].waiting, spans[1].id & 0x3FFu);
    assert_int_equal(peek_stats(w).dropped[USPAN_DROP_EVICTED], 3);
}

static uspan_err_t never(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    (void)t;
    (void)s;
    return *(bool *)ctx ? USPAN_OK : USPAN_ERR_AGAIN;
}

static void test_only_destinations_that_still_wait_lose_the_span(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static bool takes;
    static const uspan_sink_t slow = { &takes, never };
    assert_int_equal(uspan_export_to_sink(t, 1u, &slow), USPAN_OK);
    uspan_t spans[USPAN_SPANS_MAX];
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        spans[i] = uspan_start(t, USPAN_ROOT, "s");
        uspan_end(t, spans[i]);
    }
    uspan_flush(t);
    for (unsigned i = 0; i < 200u; i++) { /* destination 0 accepts all, destination 1 none */
        uint32_t wait_ms;
        assert_true(uspan_poll(t, &wait_ms) <= USPAN_OK);
    }
    assert_int_equal(peek_stats(w).delivered, USPAN_SPANS_MAX);
    assert_false(uspan_is_null(uspan_start(t, USPAN_ROOT, "room")));
    uspan_stats_t lag;
    uspan_stats(t, 1u, &lag);
    assert_int_equal(peek_stats(w).dropped[USPAN_DROP_EVICTED], 0);
    assert_int_equal(lag.dropped[USPAN_DROP_EVICTED], 1);
    world_assert_balanced(w);
    takes = true;
    peek_drain(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_the_oldest_ended_span_gives_way_and_open_ones_never),
        IN_WORLD(test_a_span_that_is_being_sent_stays_and_any_other_gives_way),
        IN_WORLD(test_only_destinations_that_still_wait_lose_the_span),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
