/* test_proxy_fixed_http.c: as test_proxy_fixed.c, for a collector on plain http. Requests go to the proxy itself
 * and name the collector.
 * uspan-config: USPAN_PROXY="http://proxy.test" USPAN_RUNTIME_SETTINGS=0
 * uspan-config: USPAN_ENDPOINT="http://collector.test:4318/v1/traces" */
#include "delivery.h"
#include "proxy_script.h"

static uspan_transport_t by_proxy;

static void test_requests_name_the_collector(void **state)
{
    world_t *w = *state;
    const uspan_proxy_options_t options = { .tunnel = false };
    world_reset(w);
    assert_int_equal(uspan_proxy_init(&proxy, &w->transport, &options, &by_proxy), USPAN_OK);
    assert_int_equal(by_proxy.flags, USPAN_TRANSPORT_PROXY);
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &by_proxy, NULL), USPAN_OK);
    record(w, "one");
    world_drain(w);
    assert_true(head_has(
        w, 0, "POST http://collector.test:4318/v1/traces HTTP/1.1\r\nHost: collector.test:4318\r\n"));
    assert_false(head_has(w, 0, "Proxy-Authorization"));
}

static void test_a_407_rests_and_a_tunnel_is_there_too(void **state)
{
    (void)state;
    for (size_t most = 1; most < 40u; most++) {
        begin(NULL, false, "HTTP/1.1 407 no\r\nProxy-Authenticate: NTLM\r\n\r\n", most);
        assert_int_equal(open_fully("h", 80), USPAN_OK);
        while (through.send(through.ctx, (const uint8_t *)"r", 1) == 0) {
        }
        uint8_t buf[64];
        int32_t n = 0;
        for (unsigned tries = 0; n >= 0; tries++) {
            assert_true(tries < 400u);
            n = through.recv(through.ctx, buf, sizeof buf);
        }
        assert_int_equal(n, USPAN_ERR_CONFIG);
        assert_non_null(strstr(through.last_error_text(through.ctx), "wants a user name and password (407)"));
        begin(NULL, true, "HTTP/1.1 407 no\r\n\r\n", most);
        assert_int_equal(open_fully("h", 443), USPAN_ERR_CONFIG);
        assert_string_equal(script.host, "proxy.test");
        assert_int_equal(script.port, 80);
        script.sent[script.sent_len] = '\0';
        assert_string_equal(script.sent, "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n");
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_requests_name_the_collector),
        cmocka_unit_test(test_a_407_rests_and_a_tunnel_is_there_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
