/* test_spool_times.c: times that were stored before Unix time was known are corrected if the same boot sends
 * them. Otherwise they stay marked.
 * uspan-config: USPAN_SPOOL=1 USPAN_SEND_BYTES=128 */
#include "spool_boots.h"

#define DATE "HTTP/1.1 200 OK\r\nDate: Tue, 14 Nov 2023 22:13:25 GMT\r\nContent-Length: 0\r\n\r\n"

/* Times of the spans and events in all requests from `from` on, minus offset_ns: the times at which they were
 * recorded. Returns their count. */
static unsigned times_arrived(world_t *w, unsigned from, uint64_t offset_ns, const uint64_t *recorded,
                              bool marked)
{
    unsigned count = 0;
    for (unsigned i = from; i < w->request_count; i++) {
        view_t body = body_of(w, i), value, event;
        for (unsigned n = 0; body.len > 0u && n < view_span_count(body); n++, count++) {
            view_t span = view_span(body, n);
            assert_int_equal(view_number(span, uspan_otlp_Span_start_time_unix_nano_tag),
                             recorded[count] + offset_ns);
            assert_int_equal(view_number(span, uspan_otlp_Span_end_time_unix_nano_tag),
                             recorded[count] + offset_ns);
            assert_true(view_get(span, uspan_otlp_Span_events_tag, 0, &event));
            assert_int_equal(view_number(event, 1u), recorded[count] + offset_ns);
            const bool told =
                view_attr(span, uspan_otlp_Span_attributes_tag, "uspan.time.unsynced", &value) &&
                view_number(value, 2u) == 1u;
            assert_int_equal(told, marked);
        }
    }
    return count;
}

/* An outage of the clock and the link, in which that number of spans is recorded and stored. */
static void record_without_time(world_t *w, uint64_t *recorded, unsigned count)
{
    w->open_error = USPAN_ERR_IO;
    for (unsigned n = 0; n < count; n++) {
        recorded[n] = w->now_ns;
        record_numbered(w, n);
        run_ms(w, 2000u);
    }
    run_ms(w, 70000u);
    assert_int_equal(stats_of(w, 0).spooled, count);
    w->open_error = USPAN_OK;
}

static void test_times_are_corrected_when_the_time_is_known(void **state)
{
    world_t *w = *state;
    uint64_t recorded[100], unix_ns = 0;
    begin(w);
    w->unix_ns = 0u;
    record_without_time(w, recorded, 50u);
    w->answer = DATE;
    run_ms(w, 90000u);
    assert_int_equal(body_of(w, 0).len, 0); /* uspan asked for the time first */
    assert_int_equal(uspan_unix_now(&w->tracer, &unix_ns), USPAN_OK);
    const uint64_t offset_ns = unix_ns - w->now_ns;
    assert_int_equal(times_arrived(w, 0u, offset_ns, recorded, false), 50);
    /* Later spans of this boot were stored with the right time and are sent unchanged. */
    const unsigned from = w->request_count;
    w->open_error = USPAN_ERR_IO;
    for (unsigned n = 0; n < 20u; n++) {
        recorded[n] = w->now_ns;
        record_numbered(w, n);
        run_ms(w, 2000u);
    }
    w->open_error = USPAN_OK;
    run_ms(w, 90000u);
    assert_int_equal(times_arrived(w, from, offset_ns, recorded, false), 20);
    assert_int_equal(stats_of(w, 0).replayed, 70);
}

static void test_a_full_pool_waits_for_the_time_while_the_link_works(void **state)
{
    world_t *w = *state;
    uint64_t recorded[16], unix_ns = 0;
    begin(w);
    w->unix_ns = 0u;
    w->answer = DATE;
    for (unsigned n = 0; n < 16u; n++) { /* all before the first poll */
        recorded[n] = w->now_ns;
        record_numbered(w, n);
        world_advance_ms(w, 10u);
    }
    run_ms(w, 20000u);
    assert_int_equal(uspan_unix_now(&w->tracer, &unix_ns), USPAN_OK);
    assert_int_equal(times_arrived(w, 0u, unix_ns - w->now_ns, recorded, false), 16);
    assert_int_equal(stats_of(w, 0).spooled, 0);
}

static void test_times_stay_marked_where_no_time_comes(void **state)
{
    const uint64_t base_ns = (uint64_t)USPAN_UNSYNCED_BASE_S * 1000000000u;
    world_t *w = *state;
    uint64_t recorded[30];
    for (unsigned is_reset = 0; is_reset < 2u; is_reset++) {
        begin(w);
        w->unix_ns = 0u;
        record_without_time(w, recorded, 30u);
        if (is_reset != 0u) { /* another boot knows the time, but not when the other one began */
            boot_device(w, "1.0");
        }
        run_ms(w, 200000u);
        assert_int_equal(times_arrived(w, 0u, base_ns, recorded, true), 30);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times_are_corrected_when_the_time_is_known),
        cmocka_unit_test(test_a_full_pool_waits_for_the_time_while_the_link_works),
        cmocka_unit_test(test_times_stay_marked_where_no_time_comes),
    };
    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
