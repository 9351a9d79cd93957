/* test_collector_change.c: settings change at run time, at any moment of an exchange. Each request is
 * complete, the next request has the new settings, and a replaced secret is wiped. */
#include "collector_change.h"

#define URL "http://collector:4318/v1/traces"
#define SECURE_URL "https://collector:4318/v1/traces"

/* A secure transport: the fake transport with the flag. */
static const uspan_transport_t *secure(world_t *w)
{
    w->transport.flags = USPAN_TRANSPORT_SECURE;
    return &w->transport;
}

static void test_an_endpoint_changes_at_run_time(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    record(w, "one");
    world_drain(w);
    assert_true(w->is_open);
    assert_int_equal(uspan_set_endpoint(&w->tracer, 0u, "http://other:80/in"), USPAN_OK);
    assert_false(w->is_open);
    record(w, "two");
    world_drain(w);
    assert_string_equal(w->host, "other");
    assert_int_equal(w->peer_port, 80);
    assert_true(head_has(w, 1, "POST /in HTTP/1.1\r\nHost: other:80\r\n"));
    static const char *const useless[] = { "https://other/", "grpc://other:4317", "http://other:4317/", "",
                                           "http://a b/" };
    for (size_t i = 0; i < COUNT(useless); i++) {
        assert_int_equal(uspan_set_endpoint(&w->tracer, 0u, useless[i]), USPAN_ERR_CONFIG);
        record(w, "still");
        world_drain(w);
        assert_string_equal(w->host, "other");
        assert_true(head_has(w, w->request_count - 1u, "POST /in HTTP/1.1\r\n"));
    }
}

static void test_a_new_setting_ends_rest_and_back_off(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    w->answer = "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n";
    record(w, "refused");
    uspan_flush(&w->tracer);
    (void)settle(w);
    w->answer = NULL;
    record(w, "kept");
    uspan_flush(&w->tracer);
    assert_true(settle(w) > 0u);
    assert_int_equal(w->request_count, 1);
    assert_int_equal(uspan_set_endpoint(&w->tracer, 0u, "http://collector/right"), USPAN_OK);
    (void)settle(w);
    assert_int_equal(stats_of(w, 0).delivered, 1);
}

static void test_headers_change_at_run_time_and_the_old_ones_are_wiped(void **state)
{
    world_t *w = *state;
    assert_int_equal(
        uspan_export_to(&w->tracer, 0u, secure(w), &(uspan_collector_t){ .endpoint = SECURE_URL }), USPAN_OK);
    assert_int_equal(uspan_set_headers(&w->tracer, 0u, "Authorization=Bearer%20first-secret"), USPAN_OK);
    record(w, "one");
    world_drain(w);
    assert_true(head_has(w, 0, "Authorization: Bearer first-secret\r\n"));
    char buffer[64];
    snprintf(buffer, sizeof buffer, "Authorization=Bearer%%20next-secret");
    assert_int_equal(uspan_set_headers(&w->tracer, 0u, buffer), USPAN_OK);
    memset(buffer, 'x', sizeof buffer); /* uspan has copied the headers */
    assert_false(memory_has(&w->tracer, sizeof w->tracer, "first-secret"));
    record(w, "two");
    world_drain(w);
    assert_true(head_has(w, 1, "Authorization: Bearer next-secret\r\n"));
    assert_int_equal(uspan_set_headers(&w->tracer, 0u, ""), USPAN_OK);
    assert_false(memory_has(&w->tracer, sizeof w->tracer, "secret"));
    record(w, "three");
    world_drain(w);
    assert_false(head_has(w, 2, "Authorization"));
    assert_false(memory_has(w->log, sizeof w->log, "secret"));
}

static void test_headers_that_are_refused_leave_the_old_ones(void **state)
{
    world_t *w = *state;
    char large[USPAN_HEADERS_BYTES + 1];
    memset(large, 'a', sizeof large);
    memcpy(large, "X-A=", 4);
    large[USPAN_HEADERS_BYTES] = '\0';
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, &(uspan_collector_t){ .endpoint = URL }),
                     USPAN_OK);
    assert_int_equal(uspan_set_headers(&w->tracer, 0u, "X-Tenant=garden"), USPAN_OK);
    assert_int_equal(uspan_set_headers(&w->tracer, 0u, large), USPAN_ERR_FULL);
    assert_int_equal(uspan_set_headers(&w->tracer, 0u, "no pair"), USPAN_ERR_CONFIG);
    assert_int_equal(uspan_set_headers(&w->tracer, 0u, "Authorization=Bearer%20plain-secret"),
                     USPAN_ERR_CONFIG);
    record(w, "one");
    world_drain(w);
    assert_true(head_has(w, 0, "X-Tenant: garden\r\n"));
    assert_false(memory_has(w->log, sizeof w->log, "plain-secret"));
    assert_false(memory_has(&w->tracer, sizeof w->tracer, "plain-secret"));
    large[USPAN_HEADERS_BYTES - 1] = '\0'; /* the longest text that fits */
    assert_int_equal(uspan_set_headers(&w->tracer, 0u, large), USPAN_OK);
    record(w, "two");
    world_drain(w);
    assert_true(w->requests[1].head_len > USPAN_HEADERS_BYTES);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_endpoint_changes_at_run_time),
        TEST(test_a_new_setting_ends_rest_and_back_off),
        TEST(test_headers_change_at_run_time_and_the_old_ones_are_wiped),
        TEST(test_headers_that_are_refused_leave_the_old_ones),
        TEST(test_settings_may_change_at_any_moment_of_an_exchange),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
