/* test_poll_rules.c: rules of uspan_poll() that a change of one line could break unnoticed. The clock is read
 * once a minute. Destinations that share a transport take turns. An end time in the future counts as now. A
 * batch that is sent again has the deadline of its exchange. The time to write a batch of many scopes grows
 * only with its spans.
 * uspan-config: USPAN_DESTINATIONS_MAX=2 USPAN_SPANS_MAX=512 USPAN_BATCH_SPANS_MAX=512 USPAN_BATCH_BYTES_MAX=262144 */
#include "delivery.h"

static unsigned clock_reads;
static uspan_err_t (*real_unix)(void *ctx, uint64_t *out);

static uspan_err_t count_reads(void *ctx, uint64_t *out)
{
    clock_reads++;
    return real_unix(ctx, out);
}

static void test_the_clock_is_read_once_a_minute(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    real_unix = w->port.unix_ns;
    w->port.unix_ns = count_reads;
    clock_reads = 0;
    for (unsigned n = 0; n < 1200u; n++) { /* two minutes */
        assert_true(uspan_poll(&w->tracer, NULL) <= USPAN_OK);
        world_advance_ms(w, 100);
    }
    assert_int_equal(clock_reads, 2);
}

static void export_both(world_t *w)
{
    const uspan_collector_t c0 = { .endpoint = "http://first:4318/v1/traces" };
    const uspan_collector_t c1 = { .endpoint = "http://second:4318/v1/traces" };
    world_reset(w);
    assert_int_equal(uspan_export_to(&w->tracer, 0, &w->transport, &c0), USPAN_OK);
    assert_int_equal(uspan_export_to(&w->tracer, 1, &w->transport, &c1), USPAN_OK);
}

static void test_destinations_that_share_a_transport_take_turns(void **state)
{
    world_t *w = *state;
    export_both(w);
    const uspan_batching_t one = { .spans_max = 1 };
    uspan_set_batching(&w->tracer, &one);
    record_many(w, 6);
    for (unsigned done = 0; done < 12u;) { /* one request each, in turn */
        assert_true(uspan_poll(&w->tracer, NULL) <= USPAN_OK);
        uint64_t first = stats_of(w, 0).delivered, second = stats_of(w, 1).delivered;
        assert_in_range(first > second ? first - second : second - first, 0, 1);
        done = (unsigned)(first + second);
        world_advance_ms(w, 1);
    }
}

static void test_an_end_ahead_of_now_does_not_delay_delivery(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "late");
    assert_int_equal(uspan_end(&w->tracer, s), USPAN_OK);
    w->tracer.trace.slots[w->tracer.trace.queues[0].head].end_ns = w->now_ns + 3600000000000u; /* 1 h ahead */
    (void)settle(w);
    world_advance_ms(w, USPAN_BATCH_AGE_MS);
    (void)settle(w);
    assert_int_equal(stats_of(w, 0).delivered, 1);
}

/* The kept connection ends when the time of the exchange has expired. That is a failure, and no further
 * attempt follows. */
static void test_a_resend_has_the_deadline_of_its_exchange(void **state)
{
    world_t *w = *state;
    for (unsigned late = 0; late < 2u; late++) {
        world_reset_with_collector(w);
        record(w, "first");
        world_drain(w);
        w->kept = WORLD_DIES_ON_RECV;
        record(w, "second");
        uspan_flush(&w->tracer);
        while (w->tracer.out.exchanges[0].step != 3u) { /* the request is sent, the response has not come */
            assert_true(uspan_poll(&w->tracer, NULL) <= USPAN_OK);
        }
        if (late != 0u) {
            w->tracer.out.exchanges[0].until_ns = w->now_ns + 1u;
            w->now_ns += 1u;
            w->kept = WORLD_KEEPS;
            w->answer_at = SIZE_MAX;
        }
        assert_true(uspan_poll(&w->tracer, NULL) <= USPAN_OK);
        assert_int_equal(stats_of(w, 0).resends, late == 0u);
        assert_int_equal(stats_of(w, 0).retries, late);
        w->kept = WORLD_KEEPS;
        world_drain(w);
        assert_int_equal(stats_of(w, 0).delivered, 2);
    }
}

#define SPANS 512u
static uspan_scope_t scopes[SPANS];
static char names[SPANS][8];

static void test_any_number_of_scopes_is_written_once_for_each(void **state)
{
    world_t *w = *state;
    static const unsigned counts[] = { 1, 2, 8, 512 };
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        world_reset_with_collector(w);
        for (unsigned i = 0; i < SPANS; i++) {
            unsigned at = i * 7u % counts[c];
            (void)snprintf(names[at], sizeof names[at], "s%u", at);
            scopes[at].name = names[at];
            uspan_t s = uspan_start_with(&w->tracer, USPAN_ROOT, "span", 4u,
                                         &(uspan_options_t){ .scope = &scopes[at] });
            assert_int_equal(uspan_end(&w->tracer, s), USPAN_OK);
        }
        uint64_t locks = w->locks;
        world_drain(w);
        assert_true(w->locks - locks < 6u * SPANS); /* a few for each span, however many scopes there are */
        assert_int_equal(stats_of(w, 0).delivered, SPANS);
        assert_int_equal(w->request_count, 1);
        view_t resource, scope;
        assert_true(view_get(body_of(w, 0), 1u, 0u, &resource));
        assert_true(view_get(resource, 2u, counts[c] - 1u, &scope));
        assert_false(view_get(resource, 2u, counts[c], &scope));
        assert_int_equal(view_span_count(body_of(w, 0)), SPANS);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_clock_is_read_once_a_minute),
        TEST(test_destinations_that_share_a_transport_take_turns),
        TEST(test_an_end_ahead_of_now_does_not_delay_delivery),
        TEST(test_a_resend_has_the_deadline_of_its_exchange),
        TEST(test_any_number_of_scopes_is_written_once_for_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
