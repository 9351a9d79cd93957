/* test_diagnose.c: uspan_diagnose() names each cause that keeps spans from arriving, with the counters
 * that show it. It never prints a secret. */
#include <stdlib.h>
#include <string.h>
#include "diagnosis.h"

static void record(world_t *w)
{
    uspan_end(&w->tracer, uspan_start(&w->tracer, USPAN_ROOT, "x"));
}

static void poll_some(world_t *w)
{
    for (unsigned i = 0; i < 50u; i++) {
        uint32_t wait_ms;
        world_poll(w, &wait_ms);
    }
}

/* Record a span and try to send it once. */
static void try_once(world_t *w)
{
    record(w);
    uspan_flush(&w->tracer);
    poll_some(w);
}

static void test_no_destination_is_told(void **state)
{
    world_t *w = *state;
    assert_says(w, "uspan_export_to()");
    record(w);
    assert_says(w, "no_destination 1");
}

static void test_refused_settings_are_told_with_the_reason_and_without_the_headers(void **state)
{
    world_t *w = *state;
    const uspan_collector_t c = { .endpoint = "http://collector:4318/v1/traces",
                                  .headers = "authorization=" SECRET };
    assert_int_equal(uspan_export_to(&w->tracer, 0, &w->transport, &c), USPAN_ERR_CONFIG);
    assert_says(w, "Setting rejected: ");
    assert_says(w, "USPAN_INSECURE_HEADERS_OVER_HTTP");
    world_reset_with_collector(w);
    assert_int_equal(uspan_set_endpoint(&w->tracer, 0, "grpc://collector:4317"), USPAN_ERR_CONFIG);
    assert_says(w, "Setting rejected: ");
    assert_says(w, "gRPC");
}

static void test_a_sound_destination_is_told_with_host_and_counters_but_no_path(void **state)
{
    world_t *w = *state;
    const uspan_collector_t c = { .endpoint = "http://collector:4318/" SECRET "/v1/traces?key=" SECRET,
                                  .headers = "x-team=" SECRET };
    assert_int_equal(uspan_export_to(&w->tracer, 0, &w->transport, &c), USPAN_OK);
    assert_says(w, "No span was started");
    record(w);
    record(w);
    world_drain(w);
    uspan_t open = uspan_start(&w->tracer, USPAN_ROOT, "open");
    assert_string_equal(
        diagnose(w),
        "Destination 0 collector:4318, HTTP status 200, started 3, delivered 2, rejected 0, queued 0, "
        "open 1, unsampled 0. No problem found.");
    uspan_end(&w->tracer, open);
}

static void test_each_answer_has_its_cure(void **state)
{
    static const struct {
        const char *answer, *words;
    } rows[] = {
        { "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", "Credentials refused: check headers" },
        { "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n", "Credentials refused: check headers" },
        { "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", "Check the path, often /v1/traces" },
        { "HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n", "Check the path, often /v1/traces" },
        { "HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n", "lower USPAN_BATCH_BYTES_MAX" },
        { "HTTP/1.1 429 No\r\nContent-Length: 0\r\n\r\n", "Collector busy: uspan will retry" },
        { "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", "Collector busy: uspan will retry" },
        { "HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n", "Refused: see the collector's log" },
        { "HTTP/1.1 301 No\r\nContent-Length: 0\r\n\r\n", "Refused: see the collector's log" },
        { "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "Refused: see the collector's log" },
        { "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "No problem found" },
    };
    world_t *w = *state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        world_reset_with_collector(w);
        w->answer = rows[i].answer;
        try_once(w);
        assert_says(w, rows[i].words);
        char status[24] = ", HTTP status ";
        memcpy(status + strlen(status), rows[i].answer + 9, 3);
        assert_says(w, status);
        bool dropped = strstr(text, "refused 1") != NULL;
        assert_int_equal(dropped, strchr("34", rows[i].answer[9]) != NULL &&
                                          strncmp(rows[i].answer + 9, "413", 3) != 0 &&
                                          strncmp(rows[i].answer + 9, "429", 3) != 0
                                      ? 1
                                      : strncmp(rows[i].answer + 9, "500", 3) == 0);
    }
}

static void test_transport_failures_are_told_in_the_transport_s_words(void **state)
{
    static const struct {
        uspan_err_t err;
        const char *why, *words;
    } rows[] = {
        { USPAN_ERR_TRUST, "certificate expired", "error -8 (USPAN_ERR_TRUST), started" },
        { USPAN_ERR_TRUST, "certificate expired",
          "Check certificates, host name, clock: certificate expired." },
        { USPAN_ERR_CONFIG, "own key unusable", "Check certificates, host name, clock: own key unusable." },
        { USPAN_ERR_CONFIG, "own key unusable", "error -9 (USPAN_ERR_CONFIG), started" },
        { USPAN_ERR_IO, "no such host", "error -5 (USPAN_ERR_IO), started" },
        { USPAN_ERR_IO, "no such host", "Check host, port, network: no such host." },
    };
    world_t *w = *state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        world_reset_with_collector(w);
        w->open_error = rows[i].err;
        w->why = rows[i].why;
        try_once(w);
        assert_says(w, rows[i].words);
        assert_says(w, "queued 1");
        const char *waits = strstr(text, ", retry in ");
        assert_non_null(waits);
        unsigned long s = strtoul(waits + strlen(", retry in "), NULL, 10);
        assert_true(i < 4u ? s >= 24u && s <= 60u : s >= 1u && s <= 2u);
        world_advance_ms(w, 80000);
        assert_null(strstr(diagnose(w), "retry in"));
        w->open_error = USPAN_OK;
        world_drain(w);
        assert_says(w, "No problem found");
        assert_null(strstr(text, "error"));
    }
}

static void test_what_happened_last_is_the_cause(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    w->open_error = USPAN_ERR_IO;
    try_once(w);
    assert_says(w, "Check host, port, network");
    w->open_error = USPAN_OK;
    w->answer = "HTTP/1.1 404 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    world_advance_ms(w, 5000);
    poll_some(w);
    assert_says(w, "Check the path");
    world_advance_ms(w, 100000);
    w->open_error = USPAN_ERR_IO;
    try_once(w);
    assert_says(w, "Check host, port, network");
}

static void test_shutdown_entropy_and_switches_are_told(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    uspan_set_enabled(&w->tracer, false);
    assert_says(w, "uspan_set_enabled()");
    uspan_set_enabled(&w->tracer, true);
    uspan_set_sampler(&w->tracer, (uspan_sampler_t){ .bound = USPAN_SAMPLE_NEVER });
    record(w);
    assert_says(w, "uspan_set_sampler()");
    assert_says(w, "unsampled 1");
    uspan_shutdown(&w->tracer, 0);
    assert_says(w, "shut down");
}

static bool closed(void *ctx)
{
    (void)ctx;
    return false;
}

static void test_a_closed_gate_is_told_while_spans_wait(void **state)
{
    world_t *w = *state;
    static const uspan_gate_t gate = { NULL, closed };
    world_reset_with_collector(w);
    uspan_set_gate(&w->tracer, &gate);
    assert_says(w, "No span was started");
    record(w);
    assert_says(w, "uspan_set_gate()");
    uspan_set_gate(&w->tracer, NULL);
    poll_some(w);
    assert_says(w, "No problem found");
}

static void test_missing_unix_time_is_told(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    w->unix_ns = 0;
    record(w);
    poll_some(w);
    assert_says(w, "uspan_set_unix_time()");
    uspan_set_unix_time(&w->tracer, 1700000000000000000u);
    assert_says(w, "No problem found");
}

static void test_missing_entropy_is_told(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    w->entropy = false;
    w->log_len = 0;
    assert_int_equal(uspan_init(&w->tracer, &w->port), USPAN_OK);
    assert_non_null(strstr(w->log, "no entropy: spans are null"));
    const uspan_collector_t c = { .endpoint = "http://collector:4318/v1/traces" };
    assert_int_equal(uspan_export_to(&w->tracer, 0, &w->transport, &c), USPAN_OK);
    record(w);
    assert_int_equal(w->connections, 0);
    assert_says(w, "No entropy: see the port's random()");
    assert_says(w, "no_entropy 1");
}

static void test_a_full_pool_and_open_spans_are_told(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    uspan_t spans[USPAN_SPANS_MAX];
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        spans[i] = uspan_start(&w->tracer, USPAN_ROOT, "x");
    }
    assert_says(w, "Spans are open: end them");
    record(w);
    assert_says(w, "pool_full 1");
    assert_says(w, "Some spans were lost: see the counts. Span pool full (end all spans), spans lost: 1, "
                   "raise USPAN_SPANS_MAX (now 16).");
    poll_some(w);
    const char *line = strstr(w->log, "Span pool full (end all spans), spans lost: 1, raise USPAN_SPANS_MAX");
    assert_non_null(line);
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        uspan_end(&w->tracer, spans[i]);
    }
    assert_says(w, "Some spans were lost"); /* a loss is reported before waiting spans */
    world_drain(w);
}

static void test_children_without_a_parent_have_a_cure(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    uspan_t parent = uspan_start(&w->tracer, USPAN_ROOT, "parent");
    uspan_end(&w->tracer, parent);
    world_drain(w);
    uspan_end(&w->tracer, uspan_start(&w->tracer, parent, "child"));
    assert_says(w, "parent_dropped 1. Children without a parent: start them before it ends.");
    uspan_t spans[USPAN_SPANS_MAX];
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        spans[i] = uspan_start(&w->tracer, USPAN_ROOT, "x");
    }
    record(w); /* a full pool is the cause of other losses */
    assert_says(w, "parent_dropped 1. Some spans were lost: see the counts.");
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        uspan_end(&w->tracer, spans[i]);
    }
    world_drain(w);
}

static uspan_err_t refuse_span(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    (void)ctx;
    (void)t;
    (void)s;
    return USPAN_ERR_FULL;
}

static void test_a_request_without_a_response_yet_is_no_fault_of_the_poll(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    w->silent = true; /* like a plain HTTP server that waits for the end of a TLS handshake */
    try_once(w);
    assert_says(w, "queued 1");
    assert_says(w, "No response yet: wait, or check port and https.");
    w->silent = false;
    world_drain(w);
    assert_says(w, "No problem found");
}

static void test_rejected_spans_are_told_and_a_sink_waits_for_no_clock_and_no_gate(void **state)
{
    world_t *w = *state;
    world_reset(w);
    w->unix_ns = 0;
    static const uspan_sink_t sink = { NULL, refuse_span };
    assert_int_equal(uspan_export_to_sink(&w->tracer, 0, &sink), USPAN_OK);
    static const uspan_gate_t gate = { NULL, closed };
    uspan_set_gate(&w->tracer, &gate);
    record(w);
    assert_says(w, "Spans wait: nobody calls uspan_poll()");
    world_drain(w);
    assert_says(w, "rejected 1");
    assert_says(w, "Some spans were lost: see the counts");
}

static void test_the_text_is_cut_to_any_buffer_and_its_length_told(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    char whole[sizeof text];
    memcpy(whole, diagnose(w), sizeof whole);
    size_t len = strlen(whole);
    for (size_t cap = 0; cap < len + 3u; cap++) {
        char *exact = malloc(cap + 1u);
        memset(exact, '#', cap + 1u);
        assert_int_equal(uspan_diagnose(&w->tracer, 0, exact, cap), len);
        assert_int_equal(exact[cap], '#');
        if (cap > 0u) {
            size_t n = cap - 1u < len ? cap - 1u : len;
            assert_memory_equal(exact, whole, n);
            assert_int_equal(exact[n], '\0');
        }
        free(exact);
    }
    assert_int_equal(uspan_diagnose(&w->tracer, 0, NULL, 0), len);
    char none[4] = "abc";
    assert_int_equal(uspan_diagnose(NULL, 0, none, sizeof none), 0);
    assert_string_equal(none, "");
    none[0] = 'a';
    assert_int_equal(uspan_diagnose(&w->tracer, USPAN_DESTINATIONS_MAX, none, sizeof none), 0);
    assert_string_equal(none, "");
}

static void test_spans_that_nobody_polls_for_are_told(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    record(w);
    assert_says(w, "Spans wait: nobody calls uspan_poll().");
    poll_some(w);
    assert_says(w, "No problem found"); /* the span waits for its batch, which is no problem */
    world_advance_ms(w, USPAN_BATCH_AGE_MS + 1000u);
    assert_says(w, "No problem found");
    world_advance_ms(w, 1u);
    assert_says(w, "call uspan_poll() often");
    world_advance_ms(w, 60000u - USPAN_BATCH_AGE_MS - 1001u);
    assert_says(w, "call uspan_poll() often");
    world_advance_ms(w, 1u);
    assert_says(w, "Spans wait: nobody calls uspan_poll().");
    world_drain(w);
    world_advance_ms(w, 600000u);
    assert_says(w, "No problem found"); /* an idle program may stop polling for a while */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_no_destination_is_told),
        TEST(test_refused_settings_are_told_with_the_reason_and_without_the_headers),
        TEST(test_a_sound_destination_is_told_with_host_and_counters_but_no_path),
        TEST(test_each_answer_has_its_cure),
        TEST(test_transport_failures_are_told_in_the_transport_s_words),
        TEST(test_what_happened_last_is_the_cause),
        TEST(test_shutdown_entropy_and_switches_are_told),
        TEST(test_a_closed_gate_is_told_while_spans_wait),
        TEST(test_missing_unix_time_is_told),
        TEST(test_missing_entropy_is_told),
        TEST(test_a_full_pool_and_open_spans_are_told),
        TEST(test_children_without_a_parent_have_a_cure),
        TEST(test_a_request_without_a_response_yet_is_no_fault_of_the_poll),
        TEST(test_rejected_spans_are_told_and_a_sink_waits_for_no_clock_and_no_gate),
        TEST(test_the_text_is_cut_to_any_buffer_and_its_length_told),
        TEST(test_spans_that_nobody_polls_for_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
