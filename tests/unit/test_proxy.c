/* test_proxy.c: a scripted proxy. It tests tunnels and requests through the proxy, with fragments of any
 * size. Only the status of the proxy's response counts, and none of its other bytes reach the exchange.
 * uspan-config: USPAN_PROXY="http://built:in@proxy.test:3128" */
#include <stdio.h>
#include "delivery.h"
#include "proxy_script.h"

/* ---- tunnels ------------------------------------------------------------------------------------------- */

static const char answer_200[] =
    "HTTP/1.1 200 Connection established\r\nVia: 1.1 p\r\nContent-Length: 5\r\n\r\n";

static void test_a_tunnel_is_asked_for_and_opened_at_any_size_of_pieces(void **state)
{
    (void)state;
    static const char request[] = "CONNECT collector.test:443 HTTP/1.1\r\nHost: collector.test:443\r\n"
                                  "Proxy-Authorization: Basic dXNlcjpwOnc=\r\n\r\n";
    for (size_t most = 1; most < 160u; most++) {
        begin("http://user:p%3Aw@proxy.test:3128", true, answer_200, most);
        uspan_err_t err = open_fully("collector.test", 443);
        assert_int_equal(err, USPAN_OK);
        assert_int_equal(script.sent_len, sizeof request - 1u);
        assert_memory_equal(script.sent, request, sizeof request - 1u);
        assert_string_equal(script.host, "proxy.test");
        assert_int_equal(script.port, 3128);
        assert_int_equal(script.answered, script.answer_len); /* these bytes come from the collector */
        script.answer = "peer says";
        script.answer_len = 9;
        script.answered = 0;
        uint8_t got[16];
        size_t len = 0;
        while (len < 9u) {
            int32_t n = through.recv(through.ctx, got + len, sizeof got - len);
            assert_true(n >= 0);
            len += (size_t)n;
        }
        assert_memory_equal(got, "peer says", 9);
        through.close(through.ctx);
        assert_int_equal(script.closed, 1);
        assert_int_equal(through.flags, 0);
    }
}

static void test_addresses_and_users_are_written_as_rfcs_say(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host, *line, *basic;
    } rows[] = {
        { "http://p:1", "::1", "CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\n", NULL },
        { "http://p:1", "127.0.0.1", "CONNECT 127.0.0.1:443 ", NULL },
        { "http://user@p:1/", "h", "CONNECT h:443 ", "Basic dXNlcjo=\r\n" },
        { "HTTP://:pw@p:1", "h", "CONNECT h:443 ", "Basic OnB3\r\n" },
        { "http://a%40b:c@d@p:1", "h", "CONNECT h:443 ", "Basic YUBiOmNAZA==\r\n" },
        { NULL, "h", "CONNECT h:443 ", "Basic YnVpbHQ6aW4=\r\n" }, /* USPAN_PROXY */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        begin(rows[i].url, true, answer_200, 64);
        assert_int_equal(open_fully(rows[i].host, 443), USPAN_OK);
        script.sent[script.sent_len] = '\0';
        assert_ptr_equal(strstr(script.sent, rows[i].line), script.sent);
        const char *basic = strstr(script.sent, "Proxy-Authorization: ");
        assert_int_equal(basic != NULL, rows[i].basic != NULL);
        if (basic != NULL) {
            assert_non_null(strstr(basic, rows[i].basic));
        }
    }
}

static void test_each_answer_that_opens_no_tunnel_has_its_words(void **state)
{
    (void)state;
    static char endless[8192];
    static const struct {
        const char *url, *answer;
        int32_t end;
        uspan_err_t err;
        const char *words;
    } rows[] = {
        { "http://p", "HTTP/1.1 407 Proxy Authentication Required\r\n", 0, USPAN_ERR_CONFIG,
          "user name and password (407)" },
        { "http://u:hunter2@p", "HTTP/1.0 407 no\r\n\r\n", 0, USPAN_ERR_CONFIG, "refused this user name" },
        { "http://u:hunter2@p", "HTTP/1.0 401 Unauthorized\r\n\r\n", 0, USPAN_ERR_CONFIG,
          "refused this user name" },
        { "http://u:hunter2@p", "HTTP/1.1 407 no", USPAN_ERR_CLOSED, USPAN_ERR_CONFIG,
          "refused this user name" },
        { "http://p", "HTTP/1.1 407 no\r\nProxy-Authenticate: Ba", USPAN_ERR_IO, USPAN_ERR_CONFIG, "(407)" },
        { "http://p", "HTTP/1.1 101 Switching\r\n\r\n", 0, USPAN_ERR_IO, "tunnel: 101" },
        { "http://p", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 403 x\r\n", 0, USPAN_ERR_CONFIG, "tunnel: 403" },
        { "http://p", "HTTP/1.1 100 Continue\r\n\r\nnonsense", 0, USPAN_ERR_IO, "not HTTP" },
        { "http://p", "HTTP/1.1 403 Forbidden\r\n\r\nContent", 0, USPAN_ERR_CONFIG, "tunnel: 403" },
        { "http://p", "HTTP/1.1 502 Bad Gateway\r\n\r\n", 0, USPAN_ERR_IO, "tunnel: 502" },
        { "http://p", "HTTP/1.1 429 x\r\n\r\n", 0, USPAN_ERR_IO, "tunnel: 429" },
        { "http://p", "HTTP/1.1 301 x\r\nLocation: http://evil\r\n\r\n", 0, USPAN_ERR_IO, "tunnel: 301" },
        { "http://p", "HTTP/2.0 200 OK\r\n\r\n", 0, USPAN_ERR_IO, "not HTTP" },
        { "http://p", "SSH-2.0-OpenSSH\r\n", 0, USPAN_ERR_IO, "not HTTP" },
        { "http://p", "HTTP/1.1 2x0 OK\r\n\r\n", 0, USPAN_ERR_IO, "not HTTP" },
        { "http://p", "", USPAN_ERR_CLOSED, USPAN_ERR_IO,
          "proxy: connection closed before the response ended" },
        { "http://p", "HTTP/1.1 200 OK\r\nVia: x", USPAN_ERR_CLOSED, USPAN_ERR_IO,
          "proxy: connection closed before the response ended" },
        { "http://p", "HTTP/1.1 200 OK\r\n", USPAN_ERR_IO, USPAN_ERR_IO, "cut" },
        { "http://p", endless, 0, USPAN_ERR_IO, "too long" },
    };
    memset(endless, 'x', sizeof endless - 1u);
    memcpy(endless, "HTTP/1.1 200 ", 13);
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t most = 1; most < 64u; most += 13u) {
            begin(rows[i].url, true, rows[i].answer, most);
            script.end = rows[i].end;
            uspan_err_t err = open_fully("h", 443);
            const char *why = through.last_error_text(through.ctx);
            if (err != rows[i].err || strstr(why, rows[i].words) == NULL || strstr(why, "hunter2") != NULL) {
                fail_msg("row %zu: %d \"%s\"", i, err, why);
            }
            assert_int_equal(through.send(through.ctx, (const uint8_t *)"x", 1), USPAN_ERR_IO);
            through.close(through.ctx);
        }
    }
}

/* The log names the schemes that the proxy accepts. If Basic is one of them, uspan can use it. */
static void test_schemes_that_uspan_lacks_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *lines, *words;
    } rows[] = {
        { "Proxy-Authenticate: Digest realm=\"x, y\", qop=\"auth,auth-int\", nonce=\"basic\"\r\n",
          "wants Digest; uspan speaks Basic" },
        { "Via: 1.1 p\r\nproxy-authenticate:NTLM\r\n", "wants NTLM; uspan speaks Basic only" },
        { "Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM\r\n", "wants Negotiate; uspan" },
        { "PROXY-AUTHENTICATE:\tNegotiate , NTLM\r\n", "wants Negotiate; uspan" },
        { "Proxy-Authenticate: Negotiate\r\nProxy-Authenticate: Basic realm=\"x\"\r\n",
          "user name and password (407)" },
        { "Proxy-Authenticate: Digest a=\"b\", BASIC realm=\"x\"\r\n", "user name and password (407)" },
        { "Proxy-Authenticate: basic\r\n", "user name and password (407)" },
        { "Proxy-Authenticate: Basically new\r\n", "wants Basically; uspan" },
        { "Proxy-Authenticate: Bas\r\n", "wants Bas; uspan" },
        { "Proxy-Authenticate: A-scheme-with-a-name-beyond-all-reason x\r\n",
          "user name and password (407)" },
        { "Proxy-Authenticate: \r\n", "user name and password (407)" },
        { "X-Proxy-Authenticate: NTLM\r\nWWW-Authenticate: NTLM\r\n", "user name and password (407)" },
        { "Proxy-Authenticate: \x1b[31mred\r\n", "user name and password (407)" },
    };
    static char answer[512];
    for (size_t i = 0; i < COUNT(rows); i++) {
        (void)snprintf(answer, sizeof answer, "HTTP/1.1 407 no\r\n%sContent-Length: 4\r\n\r\nno\r\n",
                       rows[i].lines);
        for (size_t most = 2; most < 64u; most += 2u) {
            begin("http://p", true, answer, most);
            assert_int_equal(open_fully("h", 443), USPAN_ERR_CONFIG);
            if (strstr(through.last_error_text(through.ctx), rows[i].words) == NULL) {
                fail_msg("row %zu, %zu: %s", i, most, through.last_error_text(through.ctx));
            }
            /* The next failure has its own text. */
            through.close(through.ctx);
            script.answer = "HTTP/1.1 503 busy\r\n\r\n";
            script.answer_len = strlen(script.answer);
            script.answered = 0;
            assert_int_equal(open_fully("h", 443), USPAN_ERR_IO);
            assert_string_equal(through.last_error_text(through.ctx), "proxy refused a tunnel: 503");
            /* The same for requests that go to the proxy itself. */
            begin("http://p", false, answer, most);
            assert_int_equal(open_fully("h", 80), USPAN_OK);
            uint8_t got[32];
            int32_t n = through.send(through.ctx, (const uint8_t *)"x", 1);
            for (unsigned tries = 0; n >= 0; tries++) {
                assert_true(tries < 400u);
                n = through.recv(through.ctx, got, sizeof got);
            }
            assert_int_equal(n, USPAN_ERR_CONFIG);
            assert_non_null(strstr(through.last_error_text(through.ctx), rows[i].words));
        }
    }
}

/* 100 Continue, 102 and 103 come before the response to CONNECT. Its fields and a chunked coding have no
 * effect. */
static void test_interim_answers_come_before_the_tunnel(void **state)
{
    (void)state;
    static const char interim[] =
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: <x>\r\n\r\n"
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n";
    for (size_t most = 1; most < 64u; most++) {
        begin("http://p", true, interim, most);
        assert_int_equal(open_fully("h", 443), USPAN_OK);
        assert_int_equal(script.answered, script.answer_len);
    }
}

/* Each status of three digits: 2xx opens the tunnel, 1xx except 101 is interim, and all others are refused. */
static void test_each_status_has_the_meaning_of_its_class(void **state)
{
    (void)state;
    for (unsigned status = 0; status < 1000u; status++) {
        char answer[64];
        const bool interim = status / 100u == 1u && status != 101u;
        const bool http = status >= 100u && status < 600u;
        const bool final = status / 100u == 4u && status != 408u && status != 429u;
        sprintf(answer, "HTTP/1.1 %03u Words\r\n\r\n%s", status, interim ? "HTTP/1.1 200 OK\r\n\r\n" : "");
        begin("http://p", true, answer, 64u);
        script.end = USPAN_ERR_CLOSED;
        const bool opens = interim || status / 100u == 2u;
        assert_int_equal(open_fully("h", 443), opens ? USPAN_OK : final ? USPAN_ERR_CONFIG : USPAN_ERR_IO);
        if (opens) {
            assert_int_equal(script.answered, script.answer_len);
        } else if (!http) {
            assert_non_null(strstr(through.last_error_text(through.ctx), "not HTTP"));
        } else if (status != 401u && status != 407u) {
            char number[4];
            sprintf(number, "%u", status);
            assert_non_null(strstr(through.last_error_text(through.ctx), number));
        }
    }
}

/* The collector cannot send bytes before TLS has sent its first ones: these bytes come from the proxy. */
static void test_bytes_behind_the_answer_are_not_the_collectors(void **state)
{
    (void)state;
    begin("http://p", true, "HTTP/1.1 200 OK\r\n\r\n\x16\x03\x03", 64);
    assert_int_equal(open_fully("h", 443), USPAN_ERR_IO);
    assert_non_null(strstr(through.last_error_text(through.ctx), "data after its response"));
}

static bool is_direct(void *ctx, const uspan_peer_t *peer)
{
    return strcmp(peer->host, ctx) == 0;
}

static void test_a_peer_may_be_reached_without_the_proxy(void **state)
{
    (void)state;
    static char name[] = "near.test";
    const uspan_proxy_options_t options = {
        .url = "http://p", .tunnel = true, .is_direct = is_direct, .direct_ctx = name
    };
    begin("http://p", true, answer_200, 64);
    assert_int_equal(uspan_proxy_init(&proxy, &under, &options, &through), USPAN_OK);
    assert_int_equal(open_fully("near.test", 443), USPAN_OK);
    assert_string_equal(script.host, "near.test");
    assert_int_equal(script.sent_len, 0);
    through.close(through.ctx);
    assert_int_equal(open_fully("far.test", 443), USPAN_OK);
    assert_string_equal(script.host, "p");
    assert_int_not_equal(script.sent_len, 0);
}

static void test_urls_are_judged(void **state)
{
    (void)state;
    static const char *const bad[] = { "",           "proxy:3128", "https://p:1",   "socks5://p",
                                       "http://",    "http://p:0", "http://u:p%@p", "http://u:%00@p",
                                       "http://p q", "http://u@" };
    for (size_t i = 0; i < COUNT(bad); i++) {
        const uspan_proxy_options_t options = { .url = bad[i] };
        assert_non_null(uspan_proxy_wrong(bad[i]));
        assert_int_equal(uspan_proxy_init(&proxy, &under, &options, &through), USPAN_ERR_CONFIG);
    }
    for (unsigned at = 0; at < 4u; at++) { /* a broken % and a zero byte at any place before the @ */
        static const char *const wrong[] = { "%zz", "%00" };
        for (unsigned i = 0; i < 2u; i++) {
            char url[32];
            sprintf(url, "http://%.*s%s%s@p", (int)at, "u:pw", wrong[i], &"u:pw"[at]);
            assert_non_null(uspan_proxy_wrong(url));
        }
    }
    for (size_t at = 0; at < 7u; at++) { /* every character of http:// counts */
        char url[] = "hTtP://proxy";
        assert_null(uspan_proxy_wrong(url));
        url[at] = 'x';
        assert_non_null(uspan_proxy_wrong(url));
    }
    assert_null(uspan_proxy_wrong("http://proxy"));
    assert_int_equal(uspan_proxy_init(NULL, &under, &(uspan_proxy_options_t){ 0 }, &through), USPAN_ERR_ARG);
    assert_int_equal(uspan_proxy_init(&proxy, NULL, &(uspan_proxy_options_t){ 0 }, &through), USPAN_ERR_ARG);
    assert_int_equal(uspan_proxy_init(&proxy, &under, NULL, &through), USPAN_ERR_ARG);
    for (int more = -4; more <= 4; more += 8) { /* the application has another uspan_proxy_t: no write */
        static const uspan_proxy_options_t good = { .url = "http://proxy" };
        uspan_proxy_t before;
        memset(&proxy, 0xA5, sizeof proxy);
        memcpy(&before, &proxy, sizeof before);
        assert_int_equal(
            uspan_proxy_init_sized(&proxy, &under, &good, &through, (size_t)((int)sizeof proxy + more)),
            USPAN_ERR_ARG);
        assert_memory_equal(&proxy, &before, sizeof before);
    }
}

/* ---- requests through a proxy --------------------------------------------------------------------------- */

static uspan_transport_t through_world;

static void export_through(world_t *w, const char *url)
{
    const uspan_proxy_options_t options = { .url = url };
    const uspan_collector_t c = { .endpoint = "http://collector.test.:4318/v1/traces?a=b" };
    world_reset(w);
    assert_int_equal(uspan_proxy_init(&proxy, &w->transport, &options, &through_world), USPAN_OK);
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &through_world, &c), USPAN_OK);
}

static void test_requests_name_the_collector_and_the_user(void **state)
{
    world_t *w = *state;
    export_through(w, "http://user:pw@proxy.test:3128");
    record(w, "one");
    world_drain(w);
    assert_true(head_has(w, 0, "POST http://collector.test:4318/v1/traces?a=b HTTP/1.1\r\n"));
    assert_true(head_has(w, 0, "Host: collector.test:4318\r\nProxy-Authorization: Basic dXNlcjpwdw==\r\n"));
    uspan_stats_t s;
    uspan_stats(&w->tracer, 0u, &s);
    assert_int_equal(s.delivered, 1);
    export_through(w, "http://proxy.test:3128");
    record(w, "one");
    world_drain(w);
    assert_false(head_has(w, 0, "Proxy-Authorization"));
}

static void test_a_407_rests_and_keeps_the_batch(void **state)
{
    (void)state;
    for (size_t most = 1; most < 40u; most++) {
        begin("http://p", false, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", most);
        assert_int_equal(open_fully("h", 80), USPAN_OK);
        assert_int_equal(through.flags, USPAN_TRANSPORT_PROXY);
        for (unsigned turn = 0; turn < 2u;
             turn++) { /* the second response of the connection is checked too */
            uint8_t buf[64];
            int32_t n = 0;
            while (through.send(through.ctx, (const uint8_t *)"r", 1) == 0) {
            }
            script.answered = 0;
            while ((script.answered < script.answer_len || turn == 1u) && n >= 0) {
                n = through.recv(through.ctx, buf, sizeof buf);
            }
            assert_int_equal(n < 0 ? n : 0, turn == 0u ? 0 : USPAN_ERR_CONFIG);
            script.answer = "HTTP/1.1 407 Proxy Authentication Required\r\n";
            script.answer_len = strlen(script.answer);
        }
        assert_non_null(strstr(through.last_error_text(through.ctx), "407"));
    }
}

static void test_secrets_do_not_go_to_this_host_by_a_proxy(void **state)
{
    world_t *w = *state;
    const uspan_proxy_options_t options = { .url = "http://proxy.test" };
    const uspan_collector_t c = { .endpoint = "http://127.0.0.1/v1/traces", .headers = "x-api-key=k" };
    assert_int_equal(uspan_proxy_init(&proxy, &w->transport, &options, &through_world), USPAN_OK);
    assert_int_equal(uspan_export_to(&w->tracer, 0u, &through_world, &c), USPAN_ERR_CONFIG);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_tunnel_is_asked_for_and_opened_at_any_size_of_pieces),
        cmocka_unit_test(test_addresses_and_users_are_written_as_rfcs_say),
        cmocka_unit_test(test_each_answer_that_opens_no_tunnel_has_its_words),
        cmocka_unit_test(test_schemes_that_uspan_lacks_are_named),
        cmocka_unit_test(test_interim_answers_come_before_the_tunnel),
        cmocka_unit_test(test_bytes_behind_the_answer_are_not_the_collectors),
        cmocka_unit_test(test_each_status_has_the_meaning_of_its_class),
        cmocka_unit_test(test_a_peer_may_be_reached_without_the_proxy),
        cmocka_unit_test(test_urls_are_judged),
        cmocka_unit_test(test_a_407_rests_and_keeps_the_batch),
        TEST(test_requests_name_the_collector_and_the_user),
        TEST(test_secrets_do_not_go_to_this_host_by_a_proxy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
