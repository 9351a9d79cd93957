/* test_wraps.c: counters, generations and numbers start just below the value after which they wrap. The test
 * runs across the wrap. Results are the same as from zero, and each count rises by the same amount. Bare
 * spans run for long: BARE_SPANS=100000000 by hand.
 * uspan-config: USPAN_SPOOL=1 USPAN_STUDIO=1 USPAN_HTTP_PROXY=1 USPAN_DESTINATIONS_MAX=2 USPAN_EXCHANGES_MAX=1
 * uspan-config: USPAN_ATTRS_MAX=8 USPAN_TEXT_BYTES=4096 USPAN_SPANS_MAX=16 */
#include <stdlib.h>
#include "delivery.h"
#include "export/queue.h"
#include "flash_model.h"
#include "trace/pool.h"
#include "uspan/genai.h"
#include "uspan/spool.h"

static flash_model_t flash;
static uspan_spool_t spool;

/* ---- a sequence in which everything is counted --------------------------------------------------------- */

static unsigned batches, registrations;

static void answer(world_t *w, unsigned n)
{
    static const char busy[] = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
    static const char wrong[] = "HTTP/1.1 400 Wrong\r\nContent-Length: 0\r\n\r\n";
    static const char partial[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 40\r\n\r\n"
        "{\"partialSuccess\":{\"rejectedSpans\":\"1\"}}";
    const char *const answers[] = { partial, busy, NULL, NULL, wrong, NULL };
    if (head_has(w, n, "POST /trpc/")) {
        w->answer = registrations++ == 0u ? wrong : NULL;
    } else {
        w->answer = answers[batches++ % COUNT(answers)];
    }
}

static void start(world_t *w)
{
    world_reset(w);
    flash_init(&flash, 1024u, 8u, 8u, 0xFFu);
    w->on_request = answer;
    batches = registrations = 0u;
    const uspan_collector_t first = { .endpoint = "http://collector:4318/v1/traces" };
    const uspan_collector_t second = { .endpoint = "http://second:4318/two" };
    const uspan_studio_t studio = { .url = "http://studio:3000", .project = "p", .run_id = "run-1" };
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, &first), USPAN_OK);
    assert_int_equal(uspan_export_to(&w->tracer, 1u, &w->transport, &second), USPAN_OK);
    assert_int_equal(uspan_studio_start(&w->tracer, &w->transport, &studio), USPAN_OK);
    assert_int_equal(uspan_spool_mount(&w->tracer, 0u, &spool, &flash.storage), USPAN_OK);
}

static void run_ms(world_t *w, uint32_t ms)
{
    const uint64_t end = w->now_ns + (uint64_t)ms * MS;
    while (w->now_ns < end) {
        uint32_t wait_ms = 0;
        (void)world_poll(w, &wait_ms);
        w->now_ns += wait_ms == 0u ? 2000u : 0u;
        world_advance_ms(w, wait_ms < 300u ? wait_ms : 300u);
    }
}

/* A span that loses something of every kind. */
static void lose_parts(uspan_tracer_t *t)
{
    static const uspan_key_t keys[] = { USPAN_KEY_INIT("a"), USPAN_KEY_INIT("b"), USPAN_KEY_INIT("c"),
                                        USPAN_KEY_INIT("d"), USPAN_KEY_INIT("e"), USPAN_KEY_INIT("f"),
                                        USPAN_KEY_INIT("g"), USPAN_KEY_INIT("h"), USPAN_KEY_INIT("i"),
                                        USPAN_KEY_INIT("j"), USPAN_KEY_INIT("k") };
    static char text[6000];
    uspan_context_t c;
    memset(text, 'x', sizeof text);
    uspan_t s = uspan_start(t, USPAN_ROOT, "poor");
    (void)uspan_set_str_n(t, s, &keys[0], text, sizeof text);
    for (unsigned i = 1; i < COUNT(keys); i++) {
        (void)uspan_set_int(t, s, &keys[i], (int64_t)i);
    }
    assert_int_equal(uspan_context_of(t, s, &c), USPAN_OK);
    const uspan_link_t link = { &c, NULL, 0u };
    for (unsigned i = 0; i < USPAN_EVENTS_MAX + 3u; i++) {
        (void)uspan_event_n(t, s, "e", 1u, 0u, NULL, 0u);
        (void)uspan_add_link(t, s, &link);
    }
    (void)uspan_end_at(t, s, UINT64_MAX / 2u); /* in the future */
    assert_true(uspan_is_null(uspan_start(t, s, "child of an ended span")));
}

static void live(world_t *w)
{
    uspan_tracer_t *t = &w->tracer;
    for (unsigned round = 0; round < 4u; round++) {
        lose_parts(t);
        record_many(w, 3u);
        run_ms(w, 9000u);
    }
    for (unsigned i = 0; i < USPAN_TASKS_MAX + 3u; i++) {
        w->task = i + 1u;
        (void)uspan_enter(t, USPAN_NULL);
        uspan_t s = uspan_start(t, USPAN_ROOT, "entered");
        (void)uspan_enter(t, s);
        (void)uspan_end(t, s);
    }
    w->task = 1u;
    run_ms(w, 9000u);
    uspan_set_sampler(t, (uspan_sampler_t){ USPAN_SAMPLE_NEVER, false });
    record_many(w, 3u);
    uspan_set_sampler(t, (uspan_sampler_t){ USPAN_SAMPLE_ALWAYS, false });
    uspan_t open[USPAN_SPANS_MAX + 4u];
    for (unsigned i = 0; i < COUNT(open); i++) {
        open[i] = uspan_start(t, USPAN_ROOT, "one of many");
    }
    for (unsigned i = 0; i < COUNT(open); i++) {
        (void)uspan_end(t, open[i]);
    }
    w->open_error = USPAN_ERR_IO;
    run_ms(w, 20000u);
    w->open_error = USPAN_OK;
    run_ms(w, 60000u);
    for (unsigned d = 0; d < 2u; d++) {
        assert_int_equal(stats_of(w, d).queued, 0);
        assert_int_equal(stats_of(w, d).blocks_live, 0);
    }
}

/* All counters are two below their wrap, for each destination such that the counts balance. Spans start at
 * spans_near, which is below 2^32 or below 2^64. */
static void preset(world_t *w, uint64_t spans_near)
{
    uspan_trace_part_t *p = &w->tracer.trace;
    uspan_export_part_t *x = &w->tracer.out;
    const uint32_t near = UINT32_MAX - 1u;
    p->attrs_dropped = p->events_dropped = p->links_dropped = p->values_truncated = near;
    p->tasks_dropped = p->tracestates_dropped = p->times_ahead = p->messages_dropped = near;
    p->started = p->unsampled = spans_near;
    x->run_failures = x->messages_delivered = x->log_suppressed = near;
    x->studio.requests = x->studio.retries = x->studio.connects = x->studio.resends = near;
    for (unsigned i = 0; i < COUNT(p->dropped); i++) {
        p->dropped[i] = spans_near;
    }
    for (unsigned d = 0; d < USPAN_DESTINATIONS_MAX; d++) {
        uspan_dest_t *dest = &w->tracer.dests[d];
        uspan_target_t *target = &dest->target;
        p->evicted[d] = spans_near;
        target->requests = target->retries = target->resends = target->connects = near;
        dest->refusals = dest->renewals = near;
        dest->body_bytes = UINT64_MAX - 100u;
        dest->settled[0] = dest->settled[1] = dest->settled[2] = spans_near;
        for (unsigned i = 0; i < USPAN_DROP_COUNT; i++) {
            dest->dropped[i < USPAN_DROP_OWN ? 0u : i - USPAN_DROP_OWN] = spans_near;
            dest->reported[i] = (uint32_t)uspan_dropped(&w->tracer, d, i);
        }
        dest->missed = 0u;
        const uspan_stats_t s = stats_of(w, d);
        uint64_t sum = s.delivered + s.rejected + s.spooled + s.unsampled;
        for (unsigned c = 0; c < USPAN_DROP_COUNT; c++) {
            sum += s.dropped[c];
        }
        dest->missed = s.started - sum;
    }
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) { /* generations */
        p->slots[i].id |= UINT32_MAX << USPAN_SLOT_BITS;
    }
    spool.log.next[0] = spool.log.done[0].number = UINT32_MAX - 1u;
    spool.log.lost[0] = UINT32_MAX - 1u;
    spool.log.sequence = UINT32_MAX - 1u;
}

static void expect_rise(const char *what, uint64_t from_zero, uint64_t before, uint64_t after, unsigned bits)
{
    const uint64_t mask = bits < 64u ? ((uint64_t)1 << bits) - 1u : UINT64_MAX;
    if (((after - before) & mask) != (from_zero & mask)) {
        fail_msg("%s rose by %llu from zero, by %llu across its turn", what, (unsigned long long)from_zero,
                 (unsigned long long)((after - before) & mask));
    }
}

#define EXPECT_ALIKE(field) \
    expect_rise(#field, zero[d].field, before[d].field, after[d].field, 8u * sizeof zero[d].field)
#define EXPECT_RISE(field, least)              \
    do {                                       \
        EXPECT_ALIKE(field);                   \
        assert_true(zero[d].field >= (least)); \
    } while (0)

static void expect_a_turn(world_t *w, uint64_t spans_near)
{
    uspan_stats_t zero[2], before[2], after[2];
    start(w);
    live(w);
    zero[0] = stats_of(w, 0u);
    zero[1] = stats_of(w, 1u);
    const unsigned requests = w->request_count;
    start(w);
    preset(w, spans_near);
    world_assert_balanced(w);
    before[0] = stats_of(w, 0u);
    before[1] = stats_of(w, 1u);
    live(w);
    after[0] = stats_of(w, 0u);
    after[1] = stats_of(w, 1u);
    world_assert_balanced(w);
    assert_int_equal(w->request_count, requests);
    for (unsigned d = 0; d < 2u; d++) {
        EXPECT_RISE(started, 40u);
        EXPECT_RISE(delivered, 3u);
        EXPECT_ALIKE(rejected);
        EXPECT_RISE(unsampled, 3u);
        EXPECT_RISE(attrs_dropped, 8u);
        EXPECT_RISE(events_dropped, 8u);
        EXPECT_RISE(links_dropped, 8u);
        EXPECT_RISE(values_truncated, 4u);
        EXPECT_RISE(tasks_dropped, 2u);
        EXPECT_RISE(times_ahead, 4u);
        EXPECT_RISE(requests, 8u);
        EXPECT_ALIKE(retries);
        EXPECT_RISE(connects, 3u);
        EXPECT_ALIKE(resends);
        EXPECT_ALIKE(refusals);
        EXPECT_RISE(run_failures, 1u);
        EXPECT_RISE(body_bytes, 200u);
        EXPECT_ALIKE(dropped[USPAN_DROP_POOL_FULL]);
        EXPECT_RISE(dropped[USPAN_DROP_PARENT], 4u);
        EXPECT_ALIKE(dropped[USPAN_DROP_REFUSED]);
        EXPECT_ALIKE(dropped[USPAN_DROP_EVICTED]);
    }
    assert_true(zero[0].rejected + zero[1].rejected > 0u && zero[0].retries + zero[1].retries > 0u);
    assert_true(zero[0].refusals + zero[1].refusals > 0u);
    const unsigned d = 0u;
    EXPECT_RISE(spooled, 4u);
    EXPECT_RISE(spool_records, 4u);
    EXPECT_RISE(replayed, 3u);
    EXPECT_ALIKE(spool_lost);
    assert_int_equal(after[0].spool_waiting, 0);
    uint64_t dropped = 0;
    for (unsigned i = 0; i < USPAN_DROP_COUNT; i++) {
        dropped += zero[0].dropped[i];
    }
    assert_true(dropped > 8u);
}

static void test_counts_turn_over(void **state)
{
    expect_a_turn(*state, UINT64_MAX - 1u);
}

/* A program that records for years: the counts balance beyond 2^32 spans, whatever their results were. */
static void test_spans_are_counted_beyond_32_bits(void **state)
{
    expect_a_turn(*state, UINT32_MAX - 1u);
}

/* The counters of spans have the same width in the tracer and in uspan_stats_t. */
static void test_spans_are_counted_in_one_width(void **state)
{
    const world_t *w = *state;
    const uspan_trace_part_t *p = &w->tracer.trace;
    const uspan_dest_t *dest = w->tracer.dests;
    const uspan_stats_t s = { 0 };
    const size_t in_tracer[] = { sizeof p->started, sizeof p->unsampled, sizeof p->dropped[0], sizeof p->evicted[0],
                                 sizeof dest->settled[0], sizeof dest->missed, sizeof dest->dropped[0] };
    const size_t told[] = { sizeof s.started, sizeof s.delivered, sizeof s.rejected, sizeof s.unsampled, sizeof s.spooled,
                            sizeof s.dropped[0] };
    for (unsigned i = 0; i < COUNT(in_tracer); i++) {
        assert_int_equal(in_tracer[i], sizeof(uint64_t));
    }
    for (unsigned i = 0; i < COUNT(told); i++) {
        assert_int_equal(told[i], sizeof(uint64_t));
    }
}

/* The losses in a batch are those since the previous batch, also across a wrap. */
static void expect_losses_told(world_t *w, uint64_t near)
{
    world_reset_with_collector(w);
    w->tracer.trace.dropped[USPAN_DROP_PARENT] = near;
    w->tracer.dests[0].reported[USPAN_DROP_PARENT] = (uint32_t)near;
    w->tracer.dests[0].missed = 0u - near;
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "a");
    (void)uspan_end(&w->tracer, s);
    for (unsigned i = 0; i < 5u; i++) {
        (void)uspan_start(&w->tracer, s, "lost");
    }
    world_drain(w);
    assert_int_equal(w->request_count, 1);
    assert_int_equal(view_scope_int(body_of(w, 0), "uspan.dropped.parent_dropped"), 5);
    record(w, "b");
    world_drain(w);
    assert_int_equal(view_scope_int(body_of(w, 1), "uspan.dropped.parent_dropped"), 0);
    world_reset(w);
}

static void test_losses_are_told_across_a_turn(void **state)
{
    expect_losses_told(*state, UINT32_MAX - 1u);
    expect_losses_told(*state, UINT64_MAX - 1u);
}

/* ---- ids, generations, offsets ---------------------------------------------------------------------------- */

static void test_handles_and_ids_stay_apart_across_turns(void **state)
{
    world_t *w = *state;
    static uspan_t handles[40u * USPAN_SPANS_MAX];
    static uspan_context_t ids[COUNT(handles)];
    world_reset(w);
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        w->tracer.trace.slots[i].id |= (UINT32_MAX - (10u << USPAN_SLOT_BITS)) & UINT32_MAX
                                                                                     << USPAN_SLOT_BITS;
    }
    w->tracer.trace.chacha[12] = UINT32_MAX - 100u; /* the counter of ids */
    w->tracer.trace.ids_used =
        sizeof w->tracer.trace.ids; /* the rest of block 0 is used once more after the wrap */
    const uint32_t first = w->tracer.trace.slots[0].id;
    for (unsigned i = 0; i < COUNT(handles); i++) {
        handles[i] = uspan_start(&w->tracer, USPAN_ROOT, "x");
        assert_false(uspan_is_null(handles[i]));
        assert_int_equal(uspan_context_of(&w->tracer, handles[i], &ids[i]), USPAN_OK);
        if (i > 0u) {
            assert_int_equal(uspan_set_int(&w->tracer, handles[i - 1u], USPAN_KEY("k"), 1), USPAN_ERR_STALE);
        }
        assert_int_equal(uspan_end(&w->tracer, handles[i]), USPAN_OK);
    }
    assert_true(w->tracer.trace.slots[0].id < first); /* wrapped */
    assert_true(w->tracer.trace.chacha[12] < 1000u);  /* wrapped too */
    for (unsigned i = 0; i < COUNT(handles); i++) {
        for (unsigned k = 0; k < i; k++) {
            assert_int_not_equal(handles[i].id, handles[k].id);
            assert_memory_not_equal(ids[i].span_id, ids[k].span_id, 8);
            assert_memory_not_equal(ids[i].trace_id, ids[k].trace_id, 16);
        }
    }
}

/* Unix time is set repeatedly: the serial number of offsets wraps, and each span has its own time. */
static void test_offsets_stay_right_when_their_serial_turns_over(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    for (unsigned i = 0; i < 600u; i++) {
        w->unix_ns += 1000u * (uint64_t)MS * (i % 7u + 1u);
        world_advance_ms(w, 70000u); /* the time is requested again */
        (void)settle(w);
        const uint64_t now = w->unix_ns + w->now_ns;
        record(w, "x");
        world_drain(w);
        const view_t span = view_span(body_of(w, w->request_count - 1u), 0u);
        assert_true(view_number(span, 7u) == now);
        assert_true(view_number(span, 8u) == now);
    }
}

/* ---- time -------------------------------------------------------------------------------------------------- */

static void test_export_goes_on_across_turns_of_time(void **state)
{
    world_t *w = *state;
    static const uint64_t turns[] = { UINT32_MAX, (uint64_t)UINT32_MAX * 1000u, (uint64_t)UINT32_MAX * MS,
                                      INT64_MAX };
    for (unsigned i = 0; i < COUNT(turns); i++) {
        world_reset_with_collector(w);
        w->now_ns = turns[i] - 3000u * (uint64_t)MS;
        const uint64_t began = w->now_ns;
        w->unix_ns = (uint64_t)1700000000000000000u - began; /* it may wrap too */
        for (unsigned n = 0; n < 12u; n++) {
            uint32_t wait_ms = 0;
            record(w, "x");
            const uint64_t end = w->now_ns + 500u * (uint64_t)MS;
            while (w->now_ns < end) {
                (void)world_poll(w, &wait_ms);
                assert_true(wait_ms <= 60000u || wait_ms == USPAN_FOREVER);
                w->now_ns += wait_ms == 0u ? 1000u : 0u;
                world_advance_ms(w, wait_ms < 100u ? wait_ms : 100u);
            }
        }
        assert_true(w->now_ns > turns[i]);
        world_drain(w);
        assert_int_equal(stats_of(w, 0).delivered, 12);
        const view_t last = body_of(w, w->request_count - 1u);
        const uint64_t at = view_number(view_span(last, view_span_count(last) - 1u), 7u);
        assert_true(at > 1700000000000000000u && at <= 1700000000000000000u + (w->now_ns - began));
    }
}

/* ---- bare spans -------------------------------------------------------------------------------------------- */

static uint64_t seen;

static uspan_err_t take_span(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    (void)ctx;
    (void)t;
    (void)s;
    seen++;
    return USPAN_OK;
}

static void test_bare_spans_for_long(void **state)
{
    world_t *w = *state;
    static const uspan_sink_t sink = { NULL, take_span };
    const char *many = getenv("BARE_SPANS");
    const uint64_t count = many != NULL ? strtoull(many, NULL, 10) : 100000u;
    world_reset(w);
    seen = 0u;
    assert_int_equal(uspan_export_to_sink(&w->tracer, 0u, &sink), USPAN_OK);
    for (uint64_t n = 0; n < count; n++) {
        uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "x");
        w->now_ns += 1000u;
        if (uspan_end(&w->tracer, s) != USPAN_OK) {
            fail_msg("span %llu", (unsigned long long)n);
        }
        if (n % 8u == 7u) {
            uspan_flush(&w->tracer);
            while (!uspan_flushed(&w->tracer)) {
                uint32_t wait_ms;
                (void)!uspan_poll(&w->tracer, &wait_ms);
            }
        }
    }
    world_drain(w);
    assert_true(seen == count && stats_of(w, 0).delivered == count && stats_of(w, 0).started == count);
    assert_int_equal(w->tracer.trace.slots_live + w->tracer.trace.blocks_live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_turn_over),
        cmocka_unit_test(test_spans_are_counted_beyond_32_bits),
        cmocka_unit_test(test_spans_are_counted_in_one_width),
        cmocka_unit_test(test_losses_are_told_across_a_turn),
        cmocka_unit_test(test_handles_and_ids_stay_apart_across_turns),
        cmocka_unit_test(test_offsets_stay_right_when_their_serial_turns_over),
        cmocka_unit_test(test_export_goes_on_across_turns_of_time),
        cmocka_unit_test(test_bare_spans_for_long),
    };
    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
