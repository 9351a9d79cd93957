/* test_proxy_fixed.c: a build whose proxy is USPAN_PROXY and no other, as boards have it. The parts for other
 * proxies are left out of it. What is left works as in test_proxy.c.
 * uspan-config: USPAN_PROXY="HTTP://us%40er:p:w@[fd00::1]:3128/" USPAN_RUNTIME_SETTINGS=0
 * uspan-config: USPAN_ENDPOINT="https://collector.test/v1/traces" USPAN_DESTINATIONS_MAX=2
 * uspan-config: USPAN_ENDPOINT_2="https://[::1]:4318/v1/traces" */
#include "delivery.h"
#include "proxy_script.h"

static void test_the_tunnel_names_peer_and_user_at_any_size_of_pieces(void **state)
{
    (void)state;
    static const char request[] = "CONNECT collector.test:443 HTTP/1.1\r\nHost: collector.test:443\r\n"
                                  "Proxy-Authorization: Basic dXNAZXI6cDp3\r\n\r\n";
    for (size_t most = 1; most < 160u; most++) {
        begin(NULL, true, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 Yes\r\nVia: x\r\n\r\n", most);
        assert_int_equal(open_fully("collector.test", 443), USPAN_OK);
        assert_int_equal(script.sent_len, sizeof request - 1u);
        assert_memory_equal(script.sent, request, sizeof request - 1u);
        assert_string_equal(script.host, "fd00::1");
        assert_int_equal(script.port, 3128);
        assert_int_equal(script.answered, script.answer_len);
        assert_int_equal(through.flags, 0);
        through.close(through.ctx);
        script.end = USPAN_ERR_CLOSED; /* no answer is left for another peer */
        assert_int_equal(open_fully("::1", 4318), USPAN_ERR_IO);
        script.sent[script.sent_len] = '\0';
        assert_non_null(strstr(script.sent, "CONNECT [::1]:4318 HTTP/1.1\r\nHost: [::1]:4318\r\n"));
    }
}

static void test_each_answer_that_opens_no_tunnel_has_its_words(void **state)
{
    (void)state;
    static char endless[8192];
    static const struct {
        const char *answer;
        int32_t end;
        uspan_err_t err;
        const char *words;
    } rows[] = {
        { "HTTP/1.1 407 no\r\nProxy-Authenticate: NTLM\r\n\r\n", 0, USPAN_ERR_CONFIG,
          "refused this user name" },
        { "HTTP/1.0 401 Unauthorized\r\n\r\n", 0, USPAN_ERR_CONFIG, "refused this user name" },
        { "HTTP/1.1 101 Switching\r\n\r\n", 0, USPAN_ERR_IO, "proxy refused a tunnel: 101" },
        { "HTTP/1.1 403 Forbidden\r\n\r\n", 0, USPAN_ERR_CONFIG, "proxy refused a tunnel: 403" },
        { "HTTP/1.1 503 x\r\n\r\n", 0, USPAN_ERR_IO, "proxy refused a tunnel: 503" },
        { "HTTP/1.d 200 x\r\n\r\n", 0, USPAN_ERR_IO, "not HTTP" },
        { "HTTP/1.1 2:0 x\r\n\r\n", 0, USPAN_ERR_IO, "not HTTP" },
        { "HTTP/1.1 2d0 x\r\n\r\n", 0, USPAN_ERR_IO, "not HTTP" },
        { "HTTP/1.1 700 x\r\n\r\n", 0, USPAN_ERR_IO, "not HTTP" },
        { "HTTP/1.1 200 x\r\n\r\nmore", 0, USPAN_ERR_IO, "data after its response" },
        { "HTTP/1.1 200 x\r\n", USPAN_ERR_CLOSED, USPAN_ERR_IO,
          "proxy: connection closed before the response ended" },
        { "HTTP/1.1 200 x\r\n", USPAN_ERR_IO, USPAN_ERR_IO, "cut" },
        { endless, 0, USPAN_ERR_IO, "too long" },
    };
    memset(endless, 'x', sizeof endless - 1u);
    memcpy(endless, "HTTP/1.1 200 ", 13);
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t most = 1; most < 64u; most++) {
            begin(NULL, true, rows[i].answer, most);
            script.end = rows[i].end;
            const bool whole = i != 9u || most > 20u; /* only bytes of the same piece are seen */
            uspan_err_t err = open_fully("h", 443);
            const char *why = through.last_error_text(through.ctx);
            if (whole && (err != rows[i].err || strstr(why, rows[i].words) == NULL)) {
                fail_msg("row %zu, %zu: %d \"%s\"", i, most, err, why);
            }
            if (err != USPAN_OK) {
                assert_int_equal(through.send(through.ctx, (const uint8_t *)"x", 1), USPAN_ERR_IO);
            }
            through.close(through.ctx);
        }
    }
}

static bool is_direct(void *ctx, const uspan_peer_t *peer)
{
    (void)ctx;
    (void)peer;
    return true;
}

/* Another URL, exceptions, and requests to the proxy itself need settings that this build has not. */
static void test_what_the_build_left_out_is_refused(void **state)
{
    (void)state;
    const uspan_proxy_options_t rows[] = {
        { .url = "http://other.test", .tunnel = true },
        { .tunnel = true, .is_direct = is_direct },
        { .tunnel = false },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(uspan_proxy_init(&proxy, &under, &rows[i], &through), USPAN_ERR_CONFIG);
    }
    assert_null(uspan_proxy_wrong(USPAN_PROXY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_tunnel_names_peer_and_user_at_any_size_of_pieces),
        cmocka_unit_test(test_each_answer_that_opens_no_tunnel_has_its_words),
        cmocka_unit_test(test_what_the_build_left_out_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
