/* test_collector_fixed.c: without run-time settings, uspan uses the compile-time settings as written and
 * never changes them.
 * uspan-config: USPAN_RUNTIME_SETTINGS=0 USPAN_DESTINATIONS_MAX=2 USPAN_STUDIO=1
 * uspan-config: USPAN_ENDPOINT="HTTPS://First.example:8443/in?x=1#f" USPAN_HEADERS="x-api-key=build%20key"
 * uspan-config: USPAN_BASIC_AUTH="QTpC" USPAN_ENDPOINT_2="http://[fe80::1]" USPAN_STUDIO_URL="http://studio:3000" */
#include "delivery.h"

static uspan_err_t no_renewal(void *ctx, char *buf, size_t cap)
{
    (void)ctx;
    (void)buf;
    (void)cap;
    return USPAN_ERR_IO;
}

static void test_fixed_settings_are_used_as_written(void **state)
{
    world_t *w = *state;
    uspan_transport_t secure = w->transport;
    secure.flags = USPAN_TRANSPORT_SECURE;
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &secure, NULL), USPAN_OK);
    record(w, "one");
    world_drain(w);
    assert_string_equal(w->host, "First.example");
    assert_int_equal(w->peer_port, 8443);
    assert_true(head_has(w, 0, "POST /in?x=1 HTTP/1.1\r\nHost: First.example:8443\r\n"));
    assert_true(head_has(w, 0, "x-api-key: build key\r\n"));
    assert_true(head_has(w, 0, "Authorization: Basic QTpC\r\n"));
    assert_int_equal(stats_of(w, 0).delivered, 1);
}

static void test_the_second_destination_has_settings_of_its_own(void **state)
{
    world_t *w = *state;
    const uspan_collector_t quick = { .timeout_ms = 200u };
    assert_int_equal(uspan_export_to(&w->tracer, 1u, &w->transport, &quick), USPAN_OK);
    assert_int_equal(w->tracer.dests[1].target.timeout_ms, 200);
    record(w, "one");
    world_drain(w);
    assert_string_equal(w->host, "fe80::1");
    assert_int_equal(w->peer_port, 80);
    assert_true(head_has(w, 0, "POST / HTTP/1.1\r\nHost: [fe80::1]\r\n"));
    assert_false(head_has(w, 0, "x-api-key"));
    assert_false(head_has(w, 0, "Authorization"));
}

static void test_what_is_given_at_run_time_is_refused_and_named(void **state)
{
    world_t *w = *state;
    const uspan_collector_t given[] = {
        { .endpoint = "https://other.example" },
        { .headers = "a=b" },
        { .basic_user = "u" },
        { .renew = no_renewal },
    };
    w->transport.flags = USPAN_TRANSPORT_SECURE;
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        world_reset(w);
        w->transport.flags = USPAN_TRANSPORT_SECURE;
        assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, &given[i]), USPAN_ERR_CONFIG);
        assert_non_null(strstr(w->log, "USPAN_RUNTIME_SETTINGS"));
    }
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, NULL), USPAN_OK);
    assert_int_equal(uspan_set_endpoint(&w->tracer, 0u, "https://other.example"), USPAN_ERR_CONFIG);
    assert_int_equal(uspan_set_headers(&w->tracer, 0u, "a=b"), USPAN_ERR_CONFIG);
}

static void test_fixed_settings_are_judged_with_the_transport(void **state)
{
    world_t *w = *state;
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, NULL), USPAN_ERR_CONFIG);
    assert_non_null(strstr(w->log, "https needs a TLS transport"));
}

static void test_a_refusal_of_fixed_credentials_rests_and_is_counted(void **state)
{
    world_t *w = *state;
    w->transport.flags = USPAN_TRANSPORT_SECURE;
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, NULL), USPAN_OK);
    w->answer = "HTTP/1.1 401 x\r\nContent-Length: 0\r\n\r\n";
    record(w, "one");
    uspan_flush(&w->tracer);
    (void)settle(w);
    assert_int_equal(stats_of(w, 0).dropped[USPAN_DROP_REFUSED], 1);
    assert_int_equal(stats_of(w, 0).renewals, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_fixed_settings_are_used_as_written),
        TEST(test_the_second_destination_has_settings_of_its_own),
        TEST(test_what_is_given_at_run_time_is_refused_and_named),
        TEST(test_fixed_settings_are_judged_with_the_transport),
        TEST(test_a_refusal_of_fixed_credentials_rests_and_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
