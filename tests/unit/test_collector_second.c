/* test_collector_second.c: compile-time settings of the second destination, encoded credentials, and
 * Studio as the only endpoint.
 * uspan-config: USPAN_DESTINATIONS_MAX=2 USPAN_STUDIO_URL="http://studio.example:3000"
 * uspan-config: USPAN_ENDPOINT_2="http://second.example/two" USPAN_BASIC_AUTH="QTpC"
 * uspan-config: USPAN_BASIC_USER_2="u" USPAN_BASIC_PASS_2="p" USPAN_INSECURE_HEADERS_OVER_HTTP=1 */
#include "delivery.h"

static void test_both_destinations_of_the_build_are_used(void **state)
{
    world_t *w = *state;
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, NULL), USPAN_OK);
    assert_int_equal(
        uspan_export_to(&w->tracer, 1u, &w->transport, &(uspan_collector_t){ .timeout_ms = 200 }), USPAN_OK);
    record(w, "one");
    world_drain(w);
    for (unsigned i = 0; i < 2u; i++) {
        bool second = head_has(w, i, "POST /two HTTP/1.1\r\nHost: second.example\r\n");
        assert_true(second || head_has(w, i, "POST /v1/traces HTTP/1.1\r\nHost: studio.example:3000\r\n"));
        assert_true(
            head_has(w, i, second ? "Authorization: Basic dTpw\r\n" : "Authorization: Basic QTpC\r\n"));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_both_destinations_of_the_build_are_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
