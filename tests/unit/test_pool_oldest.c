/* test_pool_oldest.c: a full pool makes room by losing the oldest ended span, counted.
 * uspan-config: USPAN_FULL_DROPS_OLDEST=1 USPAN_DESTINATIONS_MAX=2 */
#include <string.h>
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

static void test_a_span_within_a_batch_stays_and_the_search_is_bounded(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t spans[USPAN_SPANS_MAX];
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        spans[i] = uspan_start(t, USPAN_ROOT, "s");
    }
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        uspan_end(t, spans[i]);
        peek_slot(w, spans[i])->busy = i < 3u;
    }
    uspan_t s = uspan_start(t, USPAN_ROOT, "in place of the fourth");
    assert_int_equal(s.id & 0x3FFu, spans[3].id & 0x3FFu);
    for (unsigned i = 4; i < USPAN_SPANS_MAX; i++) {
        peek_slot(w, spans[i])->busy = i < USPAN_SPANS_MAX - 1u;
    }
    assert_int_equal(uspan_start(t, USPAN_ROOT, "too far to look").id, 0);
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        if (i != 3u) {
            peek_slot(w, spans[i])->busy = 0u;
        }
    }
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
    for (unsigned i = 0; i < 200u; i++) { /* destination 0 takes all, destination 1 none */
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
        IN_WORLD(test_a_span_within_a_batch_stays_and_the_search_is_bounded),
        IN_WORLD(test_only_destinations_that_still_wait_lose_the_span),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
