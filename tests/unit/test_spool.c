/* test_spool.c: spans that cannot be delivered are stored in flash, survive a reset, and are delivered later
 * under the resource of the firmware that recorded them.
 * uspan-config: USPAN_SPOOL=1 */
#include "spool_boots.h"

/* The spans of all requests from `from` on: their numbers, in the order of arrival. Returns their count. */
static unsigned arrived(world_t *w, unsigned from, unsigned *numbers, const char *version)
{
    unsigned count = 0;
    for (unsigned i = from; i < w->request_count; i++) {
        view_t body = body_of(w, i);
        if (body.len == 0u) {
            continue;
        }
        view_t spans, resource, value, text;
        assert_true(view_get(body, uspan_otlp_ExportTraceServiceRequest_resource_spans_tag, 0, &spans));
        assert_true(view_get(spans, uspan_otlp_ResourceSpans_resource_tag, 0, &resource));
        assert_true(view_attr(resource, uspan_otlp_Resource_attributes_tag, "service.version", &value));
        assert_true(view_get(value, uspan_otlp_AnyValue_string_value_tag, 0, &text));
        assert_true(view_is(text, version));
        for (unsigned n = 0; n < view_span_count(body); n++) {
            char name[32] = "";
            view_t span = view_span(body, n), v;
            assert_true(view_get(span, uspan_otlp_Span_name_tag, 0, &v));
            memcpy(name, v.at, v.len < sizeof name ? v.len : sizeof name - 1u);
            assert_int_equal(sscanf(name, "span %u", &numbers[count]), 1);
            assert_true(view_attr(span, uspan_otlp_Span_attributes_tag, "app.text", &value));
            assert_true(view_get(span, uspan_otlp_Span_events_tag, 0, &v));
            count++;
        }
    }
    return count;
}

static void assert_spool_balances(world_t *w)
{
    const uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.spool_records, s.replayed + s.spool_lost + s.spool_waiting);
}

static void test_an_outage_and_a_reset_lose_nothing(void **state)
{
    world_t *w = *state;
    unsigned numbers[128];
    begin(w);
    w->open_error = USPAN_ERR_IO;
    for (unsigned n = 0; n < 60u; n++) { /* the pool has 16 */
        record_numbered(w, n);
        run_ms(w, 2000u);
    }
    run_ms(w, 20000u);
    uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.spooled, 60);
    assert_int_equal(s.spool_waiting, 60);
    assert_int_equal(s.queued, 0);
    assert_spool_balances(w);
    boot_device(w, "2.0"); /* a new firmware, and the link works again */
    assert_int_equal(stats_of(w, 0).spool_waiting, 60);
    run_ms(w, 5000u);
    assert_int_equal(arrived(w, 0u, numbers, "1.0"), 60);
    for (unsigned n = 0; n < 60u; n++) {
        assert_int_equal(numbers[n], n);
    }
    s = stats_of(w, 0);
    assert_int_equal(s.replayed, 60);
    assert_int_equal(s.spool_waiting, 0);
    boot_device(w, "2.0"); /* nothing is delivered twice */
    run_ms(w, 5000u);
    assert_int_equal(w->request_count, 0);
    assert_int_equal(stats_of(w, 0).replayed, 60);
    assert_spool_balances(w);
}

/* Whether the flash contains these bytes. */
static bool flash_holds(const char *text)
{
    const size_t len = strlen(text);
    for (size_t at = 0; at + len <= 8u * 4096u; at++) {
        if (memcmp(flash.bytes + at, text, len) == 0) {
            return true;
        }
    }
    return false;
}

static void test_content_is_erased_when_all_was_delivered(void **state)
{
    world_t *w = *state;
    unsigned numbers[64];
    begin(w);
    for (unsigned n = 0; n < 6u; n++) {
        record_numbered(w, n);
        while (uspan_spool_all(&w->tracer) == USPAN_ERR_AGAIN) {
        }
        boot_device(w, "1.0");
    }
    assert_true(flash_holds("a text of some length"));
    run_ms(w, 5000u);
    assert_int_equal(arrived(w, 0u, numbers, "1.0"), 6);
    assert_false(flash_holds("a text of some length"));
    assert_spool_balances(w);
    record_numbered(w, 6u); /* and later ones */
    while (uspan_spool_all(&w->tracer) == USPAN_ERR_AGAIN) {
    }
    boot_device(w, "2.0");
    const uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.replayed, 6);
    assert_int_equal(s.spool_waiting, 1);
    run_ms(w, 5000u);
    assert_int_equal(arrived(w, 0u, numbers, "1.0"), 1);
    assert_int_equal(numbers[0], 6);
}

static void test_a_shutdown_stores_what_was_not_sent(void **state)
{
    world_t *w = *state;
    unsigned numbers[64];
    begin(w);
    w->silent = true; /* a request is in progress when the program stops */
    for (unsigned n = 0; n < 10u; n++) {
        record_numbered(w, n);
    }
    uspan_shutdown(&w->tracer, 1000u);
    for (unsigned n = 0; n < 10000u && !uspan_stopped(&w->tracer); n++) {
        run_ms(w, 1u);
    }
    assert_true(uspan_stopped(&w->tracer));
    uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.spooled, 10);
    assert_int_equal(s.dropped[USPAN_DROP_DEADLINE], 0);
    boot_device(w, "1.0");
    run_ms(w, 5000u);
    assert_int_equal(arrived(w, 0u, numbers, "1.0"), 10);
}

static void test_all_is_stored_before_sleep(void **state)
{
    world_t *w = *state;
    unsigned numbers[64];
    begin(w);
    flash.busy = 3u;
    for (unsigned n = 0; n < 12u; n++) {
        record_numbered(w, n);
    }
    unsigned steps = 0;
    uspan_err_t err;
    while ((err = uspan_spool_all(&w->tracer)) == USPAN_ERR_AGAIN) {
        assert_true(++steps < 10000u);
        world_assert_balanced(w);
    }
    assert_int_equal(err, USPAN_OK);
    assert_true(steps > 12u * 3u); /* the flash was busy */
    boot_device(w, "1.0");
    run_ms(w, 5000u);
    assert_int_equal(arrived(w, 0u, numbers, "1.0"), 12);
    assert_spool_balances(w);
}

static bool is_shut(void *ctx)
{
    (void)ctx;
    return false;
}

static void test_a_full_pool_behind_a_closed_gate_is_stored(void **state)
{
    world_t *w = *state;
    begin(w);
    const uspan_gate_t gate = { NULL, is_shut };
    uspan_set_gate(&w->tracer, &gate);
    for (unsigned n = 0; n < 200u; n++) {
        record_numbered(w, n);
        run_ms(w, 50u);
    }
    const uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.dropped[USPAN_DROP_POOL_FULL], 0);
    assert_true(s.spooled >= 180u);
    assert_spool_balances(w);
}

static void test_live_spans_do_not_starve(void **state)
{
    world_t *w = *state;
    unsigned numbers[512];
    begin(w);
    w->open_error = USPAN_ERR_IO;
    for (unsigned n = 0; n < 80u; n++) {
        record_numbered(w, n);
        run_ms(w, 1000u);
    }
    run_ms(w, 10000u);
    w->open_error = USPAN_OK;
    run_ms(w, 30000u);
    /* Live spans come fast from now on. Both kinds are sent. */
    const unsigned count = arrived(w, 0u, numbers, "1.0");
    assert_int_equal(count, 80);
    w->open_error = USPAN_ERR_IO;
    for (unsigned n = 80; n < 160u; n++) {
        record_numbered(w, n);
        run_ms(w, 1000u);
    }
    w->open_error = USPAN_OK;
    unsigned n = 160;
    for (; n < 260u; n++) {
        record_numbered(w, n);
        run_ms(w, 300u);
    }
    run_ms(w, 30000u);
    assert_int_equal(arrived(w, 0u, numbers, "1.0"), 260);
    assert_int_equal(stats_of(w, 0).spool_waiting, 0);
    unsigned seen[260] = { 0 };
    for (unsigned i = 0; i < 260u; i++) {
        seen[numbers[i]]++;
    }
    for (unsigned i = 0; i < 260u; i++) {
        assert_int_equal(seen[i], 1);
    }
}

static void test_storing_leaves_an_idle_connection_open(void **state)
{
    world_t *w = *state;
    begin(w);
    record_numbered(w, 0u);
    uspan_flush(&w->tracer);
    run_ms(w, 1000u);
    assert_int_equal(stats_of(w, 0).delivered, 1);
    assert_true(w->is_open);
    uspan_err_t err;
    while ((err = uspan_spool_all(&w->tracer)) == USPAN_ERR_AGAIN) {
    }
    assert_int_equal(err, USPAN_OK);
    assert_true(w->is_open);
}

static void record_half(world_t *w, unsigned n)
{
    (void)n;
    record_many(w, USPAN_SPANS_MAX / 2u);
    uspan_flush(&w->tracer);
}

/* A batch of RAM is due at any time. Each second request is one of the spool. */
static void test_stored_spans_do_not_starve_beside_fast_live_ones(void **state)
{
    world_t *w = *state;
    begin(w);
    w->open_error = USPAN_ERR_IO;
    for (unsigned n = 0; n < 40u; n++) {
        record_numbered(w, n);
        run_ms(w, 1000u);
    }
    run_ms(w, 70000u);
    const unsigned waiting = (unsigned)stats_of(w, 0).spool_waiting;
    assert_in_range(waiting, 20, 40);
    w->open_error = USPAN_OK;
    w->on_request = record_half; /* before the request has its answer */
    record_half(w, 0u);
    unsigned of_spool = 0;
    for (unsigned n = 0; n < 100000u && stats_of(w, 0).spool_waiting > 0u; n++) {
        uint32_t wait_ms;
        (void)world_poll(w, &wait_ms);
        w->now_ns += 1000000u;
    }
    w->on_request = NULL;
    assert_int_equal(stats_of(w, 0).spool_waiting, 0);
    assert_int_equal(stats_of(w, 0).replayed, waiting);
    for (unsigned i = 0; i < w->request_count; i++) {
        view_t value;
        const bool stored = view_attr(view_span(body_of(w, i), 0u), uspan_otlp_Span_attributes_tag, "app.text", &value);
        of_spool += stored;
        assert_true(of_spool + 1u >= i / 2u);
    }
}

static void test_the_oldest_give_way_and_are_counted(void **state)
{
    world_t *w = *state;
    static unsigned numbers[2048];
    begin(w);
    w->open_error = USPAN_ERR_IO;
    for (unsigned n = 0; n < 400u; n++) {
        record_numbered(w, n);
        run_ms(w, 1000u);
    }
    run_ms(w, 20000u);
    boot_device(w, "1.0");
    run_ms(w, 60000u);
    const unsigned count = arrived(w, 0u, numbers, "1.0");
    const uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.spool_records, 400);
    assert_int_equal(s.replayed, count);
    assert_int_equal(s.spool_lost, 400u - count);
    assert_true(count > 60u && count < 400u);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(numbers[i], 400u - count + i);
    }
}

static void accept_from_the_third(world_t *w, unsigned n)
{
    w->answer = n < 2u ? w->answer : NULL;
}

static void test_a_collector_refuses_or_wants_less(void **state)
{
    world_t *w = *state;
    unsigned numbers[64];
    begin(w);
    for (unsigned n = 0; n < 8u; n++) {
        record_numbered(w, n);
    }
    while (uspan_spool_all(&w->tracer) == USPAN_ERR_AGAIN) {
    }
    w->answer = "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n";
    w->on_request = accept_from_the_third;
    run_ms(w, 60000u);
    assert_int_equal(view_span_count(body_of(w, 0)), 8);
    assert_int_equal(view_span_count(body_of(w, 1)), 4);
    assert_int_equal(arrived(w, 2u, numbers, "1.0"), 8);
    for (unsigned n = 0; n < 8u; n++) {
        assert_int_equal(numbers[n], n);
    }
    w->on_request = NULL;
    for (unsigned n = 8; n < 16u; n++) {
        record_numbered(w, n);
    }
    while (uspan_spool_all(&w->tracer) == USPAN_ERR_AGAIN) {
    }
    w->answer = "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n";
    run_ms(w, 60000u);
    const uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.spool_lost, 8);
    assert_int_equal(s.spool_waiting, 0);
    assert_spool_balances(w);
}

static int fail_erase(void *ctx, uint32_t sector)
{
    (void)ctx;
    (void)sector;
    return -1;
}

static void test_a_storage_that_fails_leaves_spans_in_ram(void **state)
{
    world_t *w = *state;
    begin(w);
    flash.storage.sector_count = 4u;
    int (*const erase)(void *ctx, uint32_t sector) = flash.storage.erase;
    record_numbered(w, 1u);
    flash.storage.erase = fail_erase;
    uspan_err_t err;
    while ((err = uspan_spool_all(&w->tracer)) == USPAN_ERR_AGAIN) {
    }
    assert_int_equal(err, USPAN_ERR_IO);
    assert_int_equal(stats_of(w, 0).queued, 1);
    assert_non_null(strstr(w->log, "storage failed"));
    flash.storage.erase = erase;
    world_drain(w);
    assert_int_equal(stats_of(w, 0).delivered, 1);
}

static void test_a_span_above_a_sector_is_dropped_and_counted(void **state)
{
    world_t *w = *state;
    flash_init(&flash, 512u, 8u, 8u, 0xFFu);
    boot_device(w, "1.0");
    static char text[600];
    memset(text, 't', sizeof text - 1u);
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "large");
    (void)uspan_set_str(&w->tracer, s, USPAN_KEY("app.text"), text);
    assert_int_equal(uspan_end(&w->tracer, s), USPAN_OK);
    while (uspan_spool_all(&w->tracer) == USPAN_ERR_AGAIN) {
    }
    assert_int_equal(stats_of(w, 0).dropped[USPAN_DROP_TOO_LARGE], 1);
    assert_int_equal(flash.erases, 0);
    assert_non_null(strstr(w->log, "larger sectors"));
}

static void test_what_cannot_be_mounted(void **state)
{
    world_t *w = *state;
    begin(w);
    uspan_spool_storage_t s = flash.storage;
    assert_int_equal(uspan_spool_mount(&w->tracer, 1u, &spool, &s), USPAN_ERR_ARG);
    assert_int_equal(uspan_spool_mount(&w->tracer, 0u, NULL, &s), USPAN_ERR_ARG);
    assert_int_equal(uspan_spool_mount(&w->tracer, 0u, &spool, NULL), USPAN_ERR_ARG);
    s.sector_count = 3u;
    assert_int_equal(uspan_spool_mount(&w->tracer, 0u, &spool, &s), USPAN_ERR_ARG);
    s = flash.storage;
    s.unit_bytes = 32u;
    assert_int_equal(uspan_spool_mount(&w->tracer, 0u, &spool, &s), USPAN_ERR_ARG);
    s.unit_bytes = 0u;
    assert_int_equal(uspan_spool_mount(&w->tracer, 0u, &spool, &s), USPAN_ERR_ARG);
    s = flash.storage;
    s.program = NULL;
    assert_int_equal(uspan_spool_mount(&w->tracer, 0u, &spool, &s), USPAN_ERR_ARG);
}

static void test_numbers_turn_over(void **state)
{
    world_t *w = *state;
    unsigned numbers[128];
    begin(w);
    spool.log.next[0] = spool.log.done[0].number = UINT32_MAX - 10u;
    spool.log.sequence = UINT32_MAX - 2u;
    w->open_error = USPAN_ERR_IO;
    for (unsigned n = 0; n < 50u; n++) {
        record_numbered(w, n);
        run_ms(w, 2000u);
    }
    run_ms(w, 20000u);
    boot_device(w, "1.0");
    run_ms(w, 20000u);
    assert_int_equal(arrived(w, 0u, numbers, "1.0"), 50);
    for (unsigned n = 0; n < 50u; n++) {
        assert_int_equal(numbers[n], n);
    }
    assert_spool_balances(w);
    boot_device(w, "1.0");
    assert_int_equal(stats_of(w, 0).spool_waiting, 0);
}

/* The result of a record is being noted when a span must be stored. The first record is finished before the
 * second begins. */
static void test_a_record_that_was_begun_is_finished_first(void **state)
{
    world_t *w = *state;
    unsigned numbers[16], tried = 0;
    for (unsigned busy_steps = 0; busy_steps < 120u; busy_steps++) {
        begin(w);
        w->open_error = USPAN_ERR_IO;
        record_numbered(w, 0u);
        uspan_err_t err;
        while ((err = uspan_spool_all(&w->tracer)) == USPAN_ERR_AGAIN) {
        }
        assert_int_equal(err, USPAN_OK);
        w->open_error = USPAN_OK;
        flash.busy = 3u;
        uint32_t wait_ms;
        for (unsigned n = 0; n < 4000u && stats_of(w, 0).replayed == 0u; n++) {
            (void)world_poll(w, &wait_ms);
            world_advance_ms(w, 1u);
        }
        assert_int_equal(stats_of(w, 0).replayed, 1);
        for (unsigned n = 0; n < busy_steps; n++) {
            (void)world_poll(w, &wait_ms);
            world_advance_ms(w, 1u);
        }
        tried += spool.log.fill > 0u;
        record_numbered(w, 1u);
        while ((err = uspan_spool_all(&w->tracer)) == USPAN_ERR_AGAIN) {
        }
        assert_int_equal(err, USPAN_OK);
        boot_device(w, "2.0");
        assert_int_equal(stats_of(w, 0).spool_waiting, 1);
        run_ms(w, 5000u);
        assert_int_equal(arrived(w, 0u, numbers, "1.0"), 1);
        assert_int_equal(numbers[0], 1);
        assert_spool_balances(w);
    }
    assert_true(tried > 0u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_outage_and_a_reset_lose_nothing),
        cmocka_unit_test(test_a_record_that_was_begun_is_finished_first),
        cmocka_unit_test(test_content_is_erased_when_all_was_delivered),
        cmocka_unit_test(test_a_shutdown_stores_what_was_not_sent),
        cmocka_unit_test(test_all_is_stored_before_sleep),
        cmocka_unit_test(test_a_full_pool_behind_a_closed_gate_is_stored),
        cmocka_unit_test(test_live_spans_do_not_starve),
        cmocka_unit_test(test_storing_leaves_an_idle_connection_open),
        cmocka_unit_test(test_stored_spans_do_not_starve_beside_fast_live_ones),
        cmocka_unit_test(test_the_oldest_give_way_and_are_counted),
        cmocka_unit_test(test_a_collector_refuses_or_wants_less),
        cmocka_unit_test(test_a_storage_that_fails_leaves_spans_in_ram),
        cmocka_unit_test(test_a_span_above_a_sector_is_dropped_and_counted),
        cmocka_unit_test(test_what_cannot_be_mounted),
        cmocka_unit_test(test_numbers_turn_over),
    };
    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
