/* test_post.c: requests arrive in a scripted HTTP client that accepts complete POSTs as over HTTP/1.1. Each
 * response has the same result as in the core. */
#include "post_client.h"

/* ---- requests ------------------------------------------------------------------------------------------ */

static void test_the_request_is_the_one_of_http(void **state)
{
    world_t *w = *state;
    static uint8_t body[64 * 1024];
    const uspan_collector_t c = { .endpoint = "http://collector:4318/v1/traces?a=b",
                                  .headers = "x-tenant=a%3A%20b,empty=" };
    world_reset(w);
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, &c), USPAN_OK);
    record_many(w, 9);
    world_drain(w);
    size_t len;
    const uint8_t *at = world_body(w, 0, &len);
    memcpy(body, at, len);
    for (unsigned way = 0; way < 8u; way++) {
        reset(w, &c);
        client.peeks = way % 2u != 0u;
        client.take_most = way / 2u % 2u != 0u ? 5u : 0u;
        client.again = client.more_takes = way / 4u;
        record_many(w, 9);
        (void)run_until(w, 1);
        char head[256];
        (void)snprintf(head, sizeof head,
                       "POST collector:4318/v1/traces?a=b %u\nContent-Type=application/x-protobuf\n"
                       "x-tenant=a: b\nempty=\nUser-Agent=uspan/" USPAN_VERSION " (C)\n",
                       (unsigned)len);
        assert_string_equal(client.head, head);
        if (client.got_len != len) {
            fail_msg("way %u: %s", way, w->log);
        }
        assert_memory_equal(client.got, body, len);
        assert_int_equal(stats_of(w, 0).delivered, 9);
        assert_int_equal(stats_of(w, 0).body_bytes, len);
        assert_int_equal(client.begins, 1);
    }
}

static void test_secrets_leave_the_buffer_once_the_client_has_them(void **state)
{
    world_t *w = *state;
    const uspan_collector_t c = { .endpoint = "http://localhost:4318/v1/traces",
                                  .headers = "authorization=Bearer%20hunter2" };
    reset(w, &c);
    client.silent = true;
    record(w, "one");
    uspan_flush(&w->tracer);
    for (unsigned n = 0; client.begins == 0u; n++) {
        assert_true(n < 1000u);
        (void)poll_once(w);
    }
    assert_non_null(strstr(client.head, "authorization=Bearer hunter2"));
    assert_false(memory_has(buffer, sizeof buffer, "hunter2"));
    assert_false(memory_has(&post, sizeof post, "hunter2"));
}

static void test_a_head_that_does_not_fit_names_the_buffer(void **state)
{
    world_t *w = *state;
    char header[USPAN_HEADERS_BYTES > 0 ? 1200 : 1200];
    memset(header, 'x', sizeof header);
    memcpy(header, "a=", 2);
    header[sizeof header - 1u] = '\0';
    const uspan_collector_t c = { .endpoint = "http://collector/", .headers = header };
    reset(w, &c);
    record(w, "one");
    (void)run_until(w, 1);
    assert_int_equal(client.begins, 0);
    assert_non_null(strstr(w->log, "larger buffer"));
    assert_int_equal(stats_of(w, 0).last_error, USPAN_ERR_CONFIG);
    assert_int_equal(stats_of(w, 0).queued, 1); /* kept: the next build of the batch may have room */
}

/* The buffer may have any size: the head is in it as a whole, or the client is not asked. */
static void test_no_byte_is_written_behind_a_buffer_of_any_size(void **state)
{
    world_t *w = *state;
    bool fits = false;
    for (size_t bytes = 1; bytes < 300u; bytes++) {
        reset(w, NULL);
        post.buffer_bytes = bytes;
        memset(buffer, 0x5A, sizeof buffer);
        record(w, "one");
        uspan_flush(&w->tracer);
        for (unsigned n = 0; n < 40u; n++) {
            (void)poll_once(w);
        }
        assert_true(client.begins == 1u || !fits); /* a larger buffer is as good */
        fits = client.begins == 1u;
        assert_int_equal(strstr(w->log, "larger buffer") == NULL, fits);
        for (size_t i = bytes; i < sizeof buffer; i++) {
            assert_int_equal(buffer[i], 0x5A);
        }
    }
    assert_true(fits);
}

/* ---- answers ------------------------------------------------------------------------------------------- */

static void test_each_status_has_the_verdict_of_http(void **state)
{
    world_t *w = *state;
    for (unsigned status = 1; status < 1000u; status += status < 100u ? 33u : 1u) {
        reset(w, NULL);
        static char answer[64];
        (void)snprintf(answer, sizeof answer, "HTTP/1.1 %03u \r\nConnection: close\r\n\r\n", status);
        client.status = status;
        record(w, "one");
        (void)run_until(w, 1);
        uspan_stats_t mine = stats_of(w, 0);
        world_reset_with_collector(w);
        w->answer = answer;
        w->close_after = true;
        record(w, "one");
        uspan_flush(&w->tracer);
        (void)settle(w);
        uspan_stats_t http = stats_of(w, 0);
        if (status < 200u) {
            assert_int_equal(mine.last_error, USPAN_ERR_IO);
            assert_int_equal(mine.queued, 1);
            continue;
        }
        if (mine.delivered != http.delivered || mine.queued != http.queued ||
            mine.last_status != http.last_status || mine.retries != http.retries ||
            mine.refusals != http.refusals || memcmp(mine.dropped, http.dropped, sizeof mine.dropped) != 0) {
            fail_msg("%u", status);
        }
    }
}

static void test_partial_success_is_counted_and_logged(void **state)
{
    world_t *w = *state;
    static const uint8_t partial[] = { 0x0A, 9, 0x08, 2, 0x12, 5, 'q', 'u', 'o', 't', 'a' };
    static const char json[] = "{\"partialSuccess\":{\"rejectedSpans\":\"2\",\"errorMessage\":\"quota\"}}";
    for (unsigned way = 0; way < 2u; way++) {
        reset(w, NULL);
        client.body = way == 0u ? (const void *)partial : json;
        client.body_len = way == 0u ? sizeof partial : sizeof json - 1u;
        client.type = way == 0u ? "application/x-protobuf" : "application/json; charset=utf-8";
        record_many(w, 5);
        (void)run_until(w, 1);
        assert_int_equal(stats_of(w, 0).rejected, 2);
        assert_int_equal(stats_of(w, 0).delivered, 3);
        assert_non_null(strstr(w->log, "quota"));
    }
}

static void test_retry_after_is_waited_for(void **state)
{
    world_t *w = *state;
    static const struct {
        const char *value;
        uint64_t least_ms, most_ms;
    } rows[] = {
        { "7", 7000, 60000 },
        { "7\r\nRetry-After: 9000", 7000, 60000 }, /* a value adds no line */
        { "99999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999"
          "999999",
          0, 60000 },
        { "soon", 0, 60000 },
        { "", 0, 60000 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (unsigned status = 429; status <= 503u; status += 503u - 429u) {
            reset(w, NULL);
            client.status = status;
            client.retry_after = rows[i].value;
            record(w, "one");
            (void)run_until(w, 1);
            assert_int_equal(stats_of(w, 0).last_status, status);
            client.status = 200;
            uint64_t ms = run_until(w, 2);
            if (ms < rows[i].least_ms || ms > rows[i].most_ms || stats_of(w, 0).delivered != 1u) {
                fail_msg("row %zu, %u: %llu ms", i, status, (unsigned long long)ms);
            }
        }
    }
}

static void test_a_header_after_the_first_byte_of_a_body_has_no_effect(void **state)
{
    world_t *w = *state;
    for (size_t len = 1; len < 4u; len++) { /* the client gives a Retry-After of 9,999 s behind the body */
        reset(w, NULL);
        client.status = 503;
        client.body = "wet";
        client.body_len = len;
        record(w, "one");
        (void)run_until(w, 1);
        assert_int_equal(stats_of(w, 0).last_status, 503);
        char said[8] = "";
        memcpy(said, "wet", len);
        assert_string_equal(w->tracer.dests[0].target.said, said);
        client.status = 200;
        assert_in_range(run_until(w, 2), 0u, 60000u);
        assert_int_equal(stats_of(w, 0).delivered, 1);
    }
}

static void answer_413_to_many(void)
{
    client.status = client.begins < 2u ? 413u : 200u;
}

static void test_413_sends_less_and_may_come_early(void **state)
{
    world_t *w = *state;
    for (unsigned early = 0; early < 2u; early++) {
        reset(w, NULL);
        client.on_begin = answer_413_to_many;
        client.early_after = early * 40u;
        client.take_most = early * 20u;
        record_many(w, 8);
        (void)run_until(w, 2);
        client.early_after = 0; /* a 2xx status counts only for a complete request */
        world_drain(w);
        assert_int_equal(stats_of(w, 0).delivered, 8);
        assert_true(client.begins > 3u);
    }
    reset(w, NULL);
    client.early_after = 20;
    client.take_most = 20;
    record_many(w, 8);
    (void)run_until(w, 1);
    assert_int_equal(stats_of(w, 0).delivered, 0);
    assert_int_equal(stats_of(w, 0).last_error, USPAN_ERR_IO);
}

static void test_the_first_bytes_of_an_error_are_logged_and_no_more_is_kept(void **state)
{
    world_t *w = *state;
    static char page[4096];
    memset(page, 'x', sizeof page);
    memcpy(page, "<h1>no such tenant", 18);
    reset(w, NULL);
    client.status = 400;
    client.body = page;
    client.body_len = sizeof page;
    record(w, "one");
    (void)run_until(w, 1);
    assert_non_null(strstr(w->log, "no such tenant"));
    assert_int_equal(stats_of(w, 0).dropped[USPAN_DROP_REFUSED], 1);
    reset(w, NULL);
    client.status = 308;
    client.location = "https://new.example/v1/traces";
    record(w, "one");
    (void)run_until(w, 1);
    assert_non_null(strstr(w->log, "new.example"));
}

static void test_date_tells_the_time_and_a_probe_is_a_get(void **state)
{
    world_t *w = *state;
    reset(w, NULL);
    w->unix_ns = 0;
    world_reset(w);
    w->unix_ns = 0;
    const uspan_collector_t c = { .endpoint = "http://collector:4318/v1/traces" };
    assert_int_equal(uspan_init(&w->tracer, &w->port), USPAN_OK);
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &over, &c), USPAN_OK);
    client.date = "Sun, 29 Nov 2026 18:00:00 GMT";
    record(w, "one");
    (void)run_until(w, 1);
    assert_string_equal(client.head,
                        "GET collector:4318/v1/traces 0\nUser-Agent=uspan/" USPAN_VERSION " (C)\n");
    uint64_t unix_ns;
    assert_int_equal(uspan_unix_now(&w->tracer, &unix_ns), USPAN_OK);
    assert_true(unix_ns / 1000000000u - 1795975200u < 3u);
    (void)run_until(w, 2);
    assert_int_equal(stats_of(w, 0).delivered, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_request_is_the_one_of_http, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_secrets_leave_the_buffer_once_the_client_has_them, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_a_head_that_does_not_fit_names_the_buffer, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_no_byte_is_written_behind_a_buffer_of_any_size, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_each_status_has_the_verdict_of_http, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_partial_success_is_counted_and_logged, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_retry_after_is_waited_for, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_header_after_the_first_byte_of_a_body_has_no_effect,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_413_sends_less_and_may_come_early, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_the_first_bytes_of_an_error_are_logged_and_no_more_is_kept,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_date_tells_the_time_and_a_probe_is_a_get, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
