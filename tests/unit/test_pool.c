/* test_pool.c: slots are reused first in, first out, with new generations. If the pool is full, a start
 * returns the null span and is counted. */
#include <string.h>
#include "peek.h"
#include "trace/id.h"

#define SLOT(s) ((s).id & 0x3FFu)
#define GENERATION(s) ((s).id >> 10)

static void fill(world_t *w, uspan_t *spans, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        spans[i] = uspan_start(&w->tracer, USPAN_ROOT, "s");
        assert_false(uspan_is_null(spans[i]));
    }
}

static void test_a_full_pool_gives_the_null_span_and_its_children_are_counted_apart(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t spans[USPAN_SPANS_MAX];
    fill(w, spans, USPAN_SPANS_MAX);
    uspan_t none = uspan_start(t, spans[0], "too many");
    assert_int_equal(none.id, 0);
    assert_int_equal(uspan_start(t, none, "child").id, 0);
    assert_int_equal(uspan_start(t, USPAN_ROOT, "root").id, 0);
    assert_int_equal(peek_stats(w).dropped[USPAN_DROP_POOL_FULL], 2);
    assert_int_equal(peek_stats(w).dropped[USPAN_DROP_PARENT], 1);
    assert_int_equal(peek_stats(w).spans_high, USPAN_SPANS_MAX);
    world_assert_balanced(w);
    uspan_end(t, spans[3]);
    assert_int_equal(uspan_start(t, USPAN_ROOT, "ended spans keep their slot").id, 0);
    peek_drain(w);
    uspan_t again = uspan_start(t, USPAN_ROOT, "room");
    assert_int_equal(SLOT(again), SLOT(spans[3]));
    assert_int_not_equal(again.id, spans[3].id);
}

static void test_unsampled_spans_need_slots_too(void **state)
{
    world_t *w = *state;
    uspan_set_sampler(&w->tracer, (uspan_sampler_t){ .bound = USPAN_SAMPLE_NEVER });
    uspan_t spans[USPAN_SPANS_MAX];
    fill(w, spans, USPAN_SPANS_MAX);
    assert_int_equal(uspan_start(&w->tracer, USPAN_ROOT, "s").id, 0);
    assert_int_equal(peek_stats(w).dropped[USPAN_DROP_POOL_FULL], 1);
    assert_int_equal(peek_stats(w).unsampled, USPAN_SPANS_MAX);
}

static void test_slots_are_reused_first_in_first_out(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t spans[USPAN_SPANS_MAX];
    fill(w, spans, USPAN_SPANS_MAX);
    for (unsigned i = USPAN_SPANS_MAX; i-- > 0u;) {
        uspan_end(t, spans[i]);
    }
    peek_drain(w);
    for (unsigned i = USPAN_SPANS_MAX; i-- > 0u;) {
        uspan_t s = uspan_start(t, USPAN_ROOT, "s");
        assert_int_equal(SLOT(s), SLOT(spans[i]));
        assert_int_equal(GENERATION(s), GENERATION(spans[i]) + 1u);
    }
}

static void test_stale_handles_are_recognised_for_a_whole_turn_of_generations(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_start(t, USPAN_ROOT, "s");
    uspan_end(t, s);
    peek_drain(w);
    /* the slot's last generation before it wraps: 0, the generation of null, is skipped */
    uspan_slot_t *slot = &w->tracer.trace.slots[SLOT(s)];
    slot->id |= UINT32_MAX << USPAN_SLOT_BITS;
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        uspan_t next = uspan_start(t, USPAN_ROOT, "s");
        assert_int_not_equal(next.id, s.id);
        assert_int_not_equal(GENERATION(next), 0);
        if (SLOT(next) == SLOT(s)) {
            assert_int_equal(GENERATION(next), 1);
        }
        uspan_end(t, next);
        peek_drain(w);
    }
    assert_int_equal(uspan_set_int(t, s, USPAN_KEY("k"), 1), USPAN_ERR_STALE);
}

static void test_generations_begin_at_random_so_handles_of_another_boot_are_stale(void **state)
{
    world_t *w = *state;
    uspan_t first[USPAN_SPANS_MAX], second[USPAN_SPANS_MAX];
    fill(w, first, USPAN_SPANS_MAX);
    uint64_t random = w->random_state;
    peek_restart(w);
    w->random_state = random;
    assert_int_equal(uspan_init(&w->tracer, &w->port), USPAN_OK);
    fill(w, second, USPAN_SPANS_MAX);
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        assert_int_not_equal(first[i].id, second[i].id);
        assert_int_equal(uspan_end(&w->tracer, first[i]), USPAN_ERR_STALE);
        for (unsigned j = 0; j < i; j++) {
            assert_int_not_equal(GENERATION(second[i]), GENERATION(second[j]));
        }
    }
}

static void test_handles_that_name_no_slot_are_stale(void **state)
{
    world_t *w = *state;
    for (uint32_t i = 0; i < 1024u; i++) {
        uspan_t s = USPAN_HANDLE(0xABCDEu << 10 | i);
        assert_int_equal(uspan_end(&w->tracer, s), USPAN_ERR_STALE);
        assert_int_equal(uspan_set_int(&w->tracer, s, USPAN_KEY("k"), 1), USPAN_ERR_STALE);
    }
    assert_int_equal(peek_stats(w).attrs_dropped, 0);
}

static void test_the_high_water_marks_stay(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t spans[3];
    fill(w, spans, 3);
    static const uint8_t bytes[5u * USPAN_BLOCK];
    uspan_set_bytes(t, spans[0], USPAN_KEY("k"), bytes, sizeof bytes);
    for (unsigned i = 0; i < 3u; i++) {
        uspan_end(t, spans[i]);
    }
    assert_int_equal(peek_stats(w).blocks_live, 5);
    assert_int_equal(peek_stats(w).blocks_high, 5); /* also before anything is freed */
    assert_int_equal(peek_stats(w).spans_high, 3);
    peek_drain(w);
    assert_int_equal(peek_stats(w).blocks_live, 0);
    assert_int_equal(peek_stats(w).blocks_high, 5);
    assert_int_equal(peek_stats(w).spans_high, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_a_full_pool_gives_the_null_span_and_its_children_are_counted_apart),
        IN_WORLD(test_unsampled_spans_need_slots_too),
        IN_WORLD(test_slots_are_reused_first_in_first_out),
        IN_WORLD(test_stale_handles_are_recognised_for_a_whole_turn_of_generations),
        IN_WORLD(test_generations_begin_at_random_so_handles_of_another_boot_are_stale),
        IN_WORLD(test_handles_that_name_no_slot_are_stale),
        IN_WORLD(test_the_high_water_marks_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
