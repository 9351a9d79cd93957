/* test_collector_build.c: compile-time settings are used if no run-time settings are given. No credential
 * is sent to another collector.
 * uspan-config: USPAN_DESTINATIONS_MAX=3 USPAN_STUDIO=1 USPAN_ENDPOINT="https://first.example:8443/in?x=1"
 * uspan-config: USPAN_HEADERS="x-api-key=build-key" USPAN_BASIC_USER="build-user" USPAN_BASIC_PASS="pw"
 * uspan-config: USPAN_STUDIO_URL="http://studio.example:3000" USPAN_STUDIO_SECOND_DEST=1
 * uspan-config: USPAN_SERVICE_NAME="greenhouse" USPAN_RESOURCE="site=north"
 * uspan-config: USPAN_HEADERS_2="X-Two=2" USPAN_INSECURE_HEADERS_OVER_HTTP=1 USPAN_BASIC_AUTH_2="QTpC" */
#include "delivery.h"

static void test_build_time_settings_are_used_as_written(void **state)
{
    world_t *w = *state;
    view_t block, resource, value, text;
    uspan_transport_t secure = w->transport;
    secure.flags = USPAN_TRANSPORT_SECURE;
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &secure, NULL), USPAN_OK);
    assert_int_equal(uspan_export_to(&w->tracer, 1u, &w->transport, NULL), USPAN_OK);
    record(w, "one");
    world_drain(w);
    for (unsigned i = 0; i < 2u; i++) {
        bool first = head_has(w, i, "POST /in?x=1 HTTP/1.1\r\nHost: first.example:8443\r\n");
        assert_true(first || head_has(w, i, "POST /v1/traces HTTP/1.1\r\nHost: studio.example:3000\r\n"));
        assert_int_equal(head_has(w, i, "x-api-key: build-key\r\n"), first);
        assert_int_equal(head_has(w, i, "Authorization: Basic YnVpbGQtdXNlcjpwdw==\r\n"), first);
        assert_int_equal(head_has(w, i, "X-Two: 2\r\n"), !first);
        assert_int_equal(head_has(w, i, "Authorization: Basic QTpC\r\n"), !first);
        assert_true(view_get(body_of(w, i), 1u, 0u, &block) && view_get(block, 1u, 0u, &resource));
        assert_true(view_attr(resource, 1u, "service.name", &value) && view_get(value, 1u, 0u, &text));
        assert_true(view_is(text, "greenhouse"));
        assert_true(view_attr(resource, 1u, "site", &value));
    }
}

static void test_credentials_of_the_build_stay_with_its_endpoint(void **state)
{
    world_t *w = *state;
    w->transport.flags = USPAN_TRANSPORT_SECURE;
    const uspan_collector_t c = { .endpoint = "https://other.example/", .headers = "X-Mine=1" };
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, &c), USPAN_OK);
    const uspan_collector_t d = { .endpoint = "https://another.example/" };
    assert_int_equal(uspan_export_to(&w->tracer, 1u, &w->transport, &d), USPAN_OK);
    record(w, "one");
    world_drain(w);
    assert_int_equal(w->request_count, 2);
    assert_false(memory_has(w->sent, w->sent_len, "build-key"));
    assert_false(memory_has(w->sent, w->sent_len, "Authorization"));
    assert_false(memory_has(w->sent, w->sent_len, "X-Two"));
    assert_true(memory_has(w->sent, w->sent_len, "X-Mine: 1"));
}

static void test_parts_may_be_given_over_the_build(void **state)
{
    world_t *w = *state;
    w->transport.flags = USPAN_TRANSPORT_SECURE;
    const uspan_collector_t c = { .basic_user = "u", .basic_pass = "p", .headers = "X-Mine=1" };
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, &c), USPAN_OK);
    record(w, "one");
    world_drain(w);
    assert_true(head_has(w, 0, "Host: first.example:8443\r\n"));
    assert_true(head_has(w, 0, "X-Mine: 1\r\n"));
    assert_true(head_has(w, 0, "Authorization: Basic dTpw\r\n"));
    assert_false(head_has(w, 0, "build-key"));
}

/* Two destinations can have settings of the build. */
static void test_a_third_destination_has_no_settings_of_the_build(void **state)
{
    world_t *w = *state;
    w->transport.flags = USPAN_TRANSPORT_SECURE;
    assert_int_equal(uspan_export_to(&w->tracer, 2u, &w->transport, NULL), USPAN_ERR_CONFIG);
    const uspan_collector_t c = { .endpoint = "https://third.example/" };
    assert_int_equal(uspan_export_to(&w->tracer, 2u, &w->transport, &c), USPAN_OK);
    record(w, "one");
    world_drain(w);
    assert_true(head_has(w, 0, "Host: third.example\r\n"));
    assert_false(head_has(w, 0, "x-api-key"));
    assert_false(head_has(w, 0, "Authorization"));
    assert_false(head_has(w, 0, "X-Two"));
}

static void test_studio_of_the_build_is_registered_at(void **state)
{
    world_t *w = *state;
    assert_int_equal(uspan_studio_start(&w->tracer, &w->transport, NULL), USPAN_OK);
    (void)settle(w);
    assert_string_equal(w->host, "studio.example");
    assert_true(memory_has(body_of(w, 0).at, body_of(w, 0).len, "\"project\":\"greenhouse\""));
    assert_false(head_has(w, 0, "Authorization"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_build_time_settings_are_used_as_written),
        TEST(test_credentials_of_the_build_stay_with_its_endpoint),
        TEST(test_parts_may_be_given_over_the_build),
        TEST(test_a_third_destination_has_no_settings_of_the_build),
        TEST(test_studio_of_the_build_is_registered_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
