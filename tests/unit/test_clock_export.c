/* test_clock_export.c: spans are sent with the correct time, or marked as unsynced. This holds for every
 * source of Unix time, however late it is known. Boot is 5 s before the first span. DATE is the Unix time
 * in the collector's Date header. */
#include "delivery.h"

#define DATE_S 1700000005u
#define DATE "Date: Tue, 14 Nov 2023 22:13:25 GMT\r\n"
#define S_NS 1000000000ull

static void reset_without_time(world_t *w)
{
    world_reset(w);
    w->unix_ns = 0;
    assert_int_equal(uspan_init(&w->tracer, &w->port), USPAN_OK);
    const uspan_collector_t c = { .endpoint = "http://collector:4318/v1/traces" };
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, &c), USPAN_OK);
    w->answer = OK_200;
}

static uint64_t start_of(world_t *w, unsigned request, unsigned nth)
{
    return view_number(view_span(body_of(w, request), nth), 7u);
}

static bool is_unsynced(world_t *w, unsigned request, unsigned nth)
{
    view_t value;
    return view_attr(view_span(body_of(w, request), nth), 9u, "uspan.time.unsynced", &value) &&
           view_number(value, 2u) == 1u;
}

static void test_known_time_is_applied_when_sending(void **state)
{
    world_t *w = *state;
    uint64_t unix_ns = 0;
    world_reset_with_collector(w);
    assert_int_equal(uspan_unix_now(&w->tracer, &unix_ns), USPAN_ERR_AGAIN); /* the time was not read yet */
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "one");
    world_advance_ms(w, 250);
    (void)uspan_end(&w->tracer, s);
    world_drain(w);
    assert_int_equal(start_of(w, 0, 0), w->unix_ns + 5u * S_NS);
    assert_int_equal(view_number(view_span(body_of(w, 0), 0), 8u), w->unix_ns + 5u * S_NS + 250u * MS);
    assert_int_equal(uspan_unix_now(&w->tracer, &unix_ns), USPAN_OK);
    assert_int_equal(unix_ns, w->unix_ns + w->now_ns);
    assert_false(is_unsynced(w, 0, 0));
}

static void test_the_date_of_an_answer_is_asked_for_when_nothing_better_exists(void **state)
{
    world_t *w = *state;
    reset_without_time(w);
    w->answer = "HTTP/1.1 405 No\r\n" DATE "Content-Length: 0\r\n\r\n"; /* the status does not matter */
    record(w, "one");
    assert_int_equal(settle(w), USPAN_BATCH_AGE_MS); /* the probe is not sent before the batch is due */
    world_advance_ms(w, USPAN_BATCH_AGE_MS);
    uint64_t asked_ns = w->now_ns;
    w->recv_max = 1;
    while (w->request_count == 0u) {
        (void)world_poll(w, NULL);
    }
    assert_memory_equal(w->sent, "GET /v1/traces HTTP/1.1\r\nHost: collector:4318\r\nUser-Agent", 57);
    while (w->tracer.out.exchanges[0].step != 0u) {
        (void)world_poll(w, NULL);
    }
    assert_int_equal(stats_of(w, 0).queued, 1);
    assert_int_equal(stats_of(w, 0).refusals, 0);
    w->answer = NULL;
    w->answer_at = SIZE_MAX; /* no bytes of the answer remain on the kept connection */
    world_drain(w);
    assert_int_equal(w->request_count, 2);
    assert_int_equal(w->connections, 1);
    assert_int_equal(stats_of(w, 0).delivered, 1);
    uint64_t date_ns = DATE_S * S_NS + S_NS / 2u; /* the middle of the second in the header */
    assert_int_equal(start_of(w, 1, 0), date_ns - (asked_ns - 5u * S_NS));
    uint64_t unix_ns = 0;
    assert_int_equal(uspan_unix_now(&w->tracer, &unix_ns), USPAN_OK);
    assert_int_equal(unix_ns, date_ns + (w->now_ns - asked_ns));
}

static void test_probes_without_a_date_back_off_until_the_hold_is_over(void **state)
{
    world_t *w = *state;
    reset_without_time(w);
    record(w, "one");
    uint64_t begin_ns = w->now_ns;
    uint64_t last_ns = 0;
    unsigned probes = 0;
    while (stats_of(w, 0).delivered == 0u) {
        uint32_t wait_ms;
        (void)world_poll(w, &wait_ms);
        assert_true(wait_ms <= USPAN_HOLD_UNSYNCED_MS);
        if (w->request_count > probes && w->tracer.out.exchanges[0].job == 0u && stats_of(w, 0).delivered == 0u) {
            if (probes > 0u) {
                static const uint64_t longest[] = { 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000, 30000 };
                assert_in_range((w->now_ns - last_ns) / MS, longest[probes - 1u] * 2u / 5u,
                                longest[probes - 1u]);
            }
            last_ns = w->now_ns;
            probes = w->request_count;
        }
        world_advance_ms(w, stats_of(w, 0).delivered == 0u ? wait_ms : 0u);
    }
    assert_in_range(probes, 6, 9);
    assert_int_equal((w->now_ns - begin_ns) / MS, USPAN_HOLD_UNSYNCED_MS);
    unsigned last = w->request_count - 1u;
    assert_true(is_unsynced(w, last, 0));
    assert_int_equal(start_of(w, last, 0), USPAN_UNSYNCED_BASE_S * S_NS + 5u * S_NS);
    assert_non_null(strstr(w->log, "Unix time unknown"));
    uint64_t unix_ns;
    assert_int_equal(uspan_unix_now(&w->tracer, &unix_ns), USPAN_ERR_AGAIN);
    /* Later spans no longer wait. If the time becomes known at last, it is correct for the next trace. */
    record(w, "two");
    world_drain(w);
    assert_true(is_unsynced(w, last + 1u, 0));
    uspan_set_unix_time(&w->tracer, 1800000000u * S_NS);
    record(w, "three");
    world_drain(w);
    assert_false(is_unsynced(w, last + 2u, 0));
    assert_int_equal(start_of(w, last + 2u, 0), 1800000000u * S_NS);
}

static void test_probes_that_fail_back_off_too(void **state)
{
    world_t *w = *state;
    for (unsigned i = 0; i < 3u; i++) {
        reset_without_time(w);
        w->open_error = i == 0u ? USPAN_ERR_IO : i == 1u ? USPAN_ERR_TRUST : USPAN_OK;
        w->answer = "nonsense\r\n\r\n";
        record(w, "one");
        world_advance_ms(w, USPAN_BATCH_AGE_MS);
        uint32_t wait_ms = settle(w);
        if (i == 1u) {
            assert_in_range(wait_ms, 24000, 60000);
        } else {
            assert_in_range(wait_ms, 400, 1000);
        }
        assert_int_equal(stats_of(w, 0).last_error, i == 1u ? USPAN_ERR_TRUST : USPAN_ERR_IO);
        assert_int_equal(stats_of(w, 0).queued, 1);
        w->open_error = USPAN_OK;
        w->answer = NULL;
        uspan_set_unix_time(&w->tracer, 1800000000u * S_NS);
        world_drain(w);
        assert_int_equal(stats_of(w, 0).delivered, 1);
    }
}

static void test_time_that_the_application_tells_makes_held_spans_right(void **state)
{
    world_t *w = *state;
    reset_without_time(w);
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "one");
    world_advance_ms(w, 2000);
    (void)uspan_end(&w->tracer, s);
    (void)settle(w);
    uspan_set_unix_time(&w->tracer, 1750000000u * S_NS);
    world_drain(w);
    assert_int_equal(w->request_count, 1); /* no probe was sent */
    assert_int_equal(start_of(w, 0, 0), 1750000000u * S_NS - 2u * S_NS);
}

static void test_time_that_the_port_learns_makes_held_spans_right(void **state)
{
    world_t *w = *state;
    reset_without_time(w);
    record(w, "one");
    (void)settle(w);
    world_advance_ms(w, 3000);
    w->unix_ns = 1760000000u * S_NS;
    world_drain(w);
    assert_int_equal(start_of(w, 0, 0), 1760000000u * S_NS + 5u * S_NS);
}

static void test_a_date_changes_nothing_where_time_is_known(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    w->unix_ns = 1760000000u * S_NS;
    w->answer = "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 0\r\n\r\n";
    for (unsigned i = 0; i < 3u; i++) {
        record(w, "one");
        uint64_t at_ns = w->now_ns;
        world_drain(w);
        assert_int_equal(start_of(w, i, 0), w->unix_ns + at_ns);
    }
}

static void test_a_corrected_clock_leaves_a_trace_under_way_alone(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    (void)settle(w);
    uspan_t parent = uspan_start(&w->tracer, USPAN_ROOT, "parent");
    uspan_set_unix_time(&w->tracer, 1790000000u * S_NS);
    uspan_t child = uspan_start(&w->tracer, parent, "child");
    (void)uspan_end(&w->tracer, child);
    (void)uspan_end(&w->tracer, parent);
    record(w, "another trace");
    world_drain(w);
    for (unsigned i = 0; i < 3u; i++) {
        view_t span = view_span(body_of(w, 0), i);
        assert_int_equal(view_number(span, 7u),
                         span_is_named(span, "another trace") ? 1790000000u * S_NS : w->unix_ns + 5u * S_NS);
    }
}

static void test_the_port_is_asked_again_each_minute(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    (void)settle(w);
    w->unix_ns += 3600u * S_NS;
    record(w, "before");
    world_drain(w);
    assert_int_equal(start_of(w, 0, 0), w->unix_ns - 3600u * S_NS + 5u * S_NS);
    world_advance_ms(w, 60000);
    (void)settle(w);
    record(w, "after");
    uint64_t at_ns = w->now_ns;
    world_drain(w);
    assert_int_equal(start_of(w, 1, 0), w->unix_ns + at_ns);
}

static void test_shutdown_gives_up_on_time_at_half_its_deadline(void **state)
{
    world_t *w = *state;
    reset_without_time(w);
    record(w, "one");
    uint64_t begin_ns = w->now_ns;
    uspan_shutdown(&w->tracer, 10000);
    while (!uspan_stopped(&w->tracer)) {
        uint32_t wait_ms;
        (void)world_poll(w, &wait_ms);
        world_advance_ms(w, wait_ms != USPAN_FOREVER ? wait_ms : 0u);
    }
    assert_int_equal((w->now_ns - begin_ns) / MS, 5000);
    assert_int_equal(stats_of(w, 0).delivered, 1);
    assert_true(is_unsynced(w, w->request_count - 1u, 0));
}

static void test_a_correction_waits_while_all_epochs_are_in_use(void **state)
{
    world_t *w = *state;
    uspan_t open[USPAN_EPOCHS_MAX + 1u];
    world_reset_with_collector(w);
    (void)settle(w);
    for (unsigned i = 0; i <= USPAN_EPOCHS_MAX; i++) {
        open[i] = uspan_start(&w->tracer, USPAN_ROOT, "open");
        uspan_set_unix_time(&w->tracer, (1790000000ull + i * 1000u) * S_NS);
    }
    for (unsigned i = 0; i <= USPAN_EPOCHS_MAX; i++) {
        (void)uspan_end(&w->tracer, open[i]);
    }
    world_drain(w);
    assert_int_equal(start_of(w, 0, 0), w->unix_ns + 5u * S_NS);
    for (unsigned i = 1; i <= USPAN_EPOCHS_MAX; i++) {
        unsigned epoch = i < USPAN_EPOCHS_MAX ? i : USPAN_EPOCHS_MAX - 1u;
        assert_int_equal(start_of(w, 0, i), (1790000000ull + (epoch - 1u) * 1000u) * S_NS);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_known_time_is_applied_when_sending),
        TEST(test_the_date_of_an_answer_is_asked_for_when_nothing_better_exists),
        TEST(test_probes_without_a_date_back_off_until_the_hold_is_over),
        TEST(test_probes_that_fail_back_off_too),
        TEST(test_time_that_the_application_tells_makes_held_spans_right),
        TEST(test_time_that_the_port_learns_makes_held_spans_right),
        TEST(test_a_date_changes_nothing_where_time_is_known),
        TEST(test_a_corrected_clock_leaves_a_trace_under_way_alone),
        TEST(test_the_port_is_asked_again_each_minute),
        TEST(test_shutdown_gives_up_on_time_at_half_its_deadline),
        TEST(test_a_correction_waits_while_all_epochs_are_in_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
