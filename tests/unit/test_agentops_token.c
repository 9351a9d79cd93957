/* test_agentops_token.c: examples/backends/agentops_token.h asks for AgentOps' token with the documented
 * request. It finds the token however the answer is split, and uspan's requests carry it. Without a token,
 * spans wait. */
#include "../../examples/backends/agentops_token.h"
#include "delivery.h"

#define ANSWER(body) "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" body
#define TOKEN(text) ANSWER("{\"token\":\"" text "\",\"project_id\":\"p\"}")

/* The token host: what it received, and what it answers, in pieces. */
typedef struct host {
    char heard[1024];
    size_t heard_len, said, piece;
    const char *answer;
    uspan_err_t open_error, end; /* end: result after the answer. USPAN_OK: the host stays silent. */
    unsigned opens, closes;
} host_t;

static uspan_err_t open_host(void *ctx, const uspan_peer_t *peer)
{
    host_t *h = ctx;
    assert_string_equal(peer->host, "api.agentops.ai");
    assert_int_equal(peer->port, 443);
    h->said = h->heard_len = 0;
    return ++h->opens % 2u == 1u ? USPAN_ERR_AGAIN : h->open_error;
}

static int32_t send_host(void *ctx, const uint8_t *buf, size_t len)
{
    host_t *h = ctx;
    size_t n = len < h->piece ? len : h->piece;
    memcpy(h->heard + h->heard_len, buf, n);
    h->heard_len += n;
    return (int32_t)n;
}

static int32_t recv_host(void *ctx, uint8_t *buf, size_t len)
{
    host_t *h = ctx;
    size_t n = strlen(h->answer) - h->said;
    n = n < h->piece ? n : h->piece;
    n = n < len ? n : len;
    memcpy(buf, h->answer + h->said, n);
    h->said += n;
    return n > 0u ? (int32_t)n : (int32_t)h->end;
}

static void close_host(void *ctx)
{
    host_t *h = ctx;
    h->closes++;
}

static const char *why_host(void *ctx)
{
    (void)ctx;
    return "";
}

static uspan_transport_t transport_to(host_t *h)
{
    return (uspan_transport_t){ .abi = USPAN_TRANSPORT_ABI,
                                .flags = USPAN_TRANSPORT_SECURE,
                                .ctx = h,
                                .open = open_host,
                                .send = send_host,
                                .recv = recv_host,
                                .close = close_host,
                                .last_error_text = why_host };
}

/* Poll until there is a result or nothing more arrives. Each step is one millisecond. */
static uspan_err_t ask(agentops_token_t *a, uint32_t *now_ms)
{
    uspan_err_t err = USPAN_ERR_AGAIN;
    for (unsigned i = 0; i < 2u * AGENTOPS_TOKEN_WAIT_MS && err == USPAN_ERR_AGAIN; i++) {
        err = agentops_token_poll(a, (*now_ms)++);
    }
    return err;
}

static void test_the_request_is_the_documented_one_however_it_is_cut(void **state)
{
    (void)state;
    static const char wanted[] = "POST /v3/auth/token HTTP/1.0\r\nHost: api.agentops.ai\r\nContent-Type: application/json\r\n"
                                 "Content-Length: 21\r\n\r\n{\"api_key\":\"key-123\"}";
    for (size_t piece = 1; piece < 500u; piece += piece < 9u ? 1u : 70u) {
        host_t h = { .piece = piece, .answer = TOKEN("a.b-c_d~e+f/g="), .end = USPAN_ERR_CLOSED };
        const uspan_transport_t t = transport_to(&h);
        agentops_token_t a;
        uint32_t now_ms = UINT32_MAX - 5u; /* the clock wraps */
        assert_int_equal(agentops_token_init(&a, &t, "key-123"), USPAN_OK);
        assert_int_equal(ask(&a, &now_ms), USPAN_OK);
        assert_int_equal(h.heard_len, sizeof wanted - 1u);
        assert_memory_equal(h.heard, wanted, sizeof wanted - 1u);
        assert_string_equal(a.header, "Authorization=Bearer%20a.b-c_d~e+f/g=");
        assert_int_equal(h.closes, 1);
        assert_int_equal(agentops_token_poll(&a, now_ms), USPAN_OK); /* no token is wanted */
        assert_int_equal(h.opens, 2);
    }
}

static void test_an_answer_without_a_token_is_none_and_the_next_question_is_anew(void **state)
{
    (void)state;
    char full[400] = ANSWER("{\"token\":\"");
    memset(full + strlen(full), 'x', USPAN_HEADERS_BYTES);
    strcat(full, "\"}");
    const struct {
        const char *answer;
        uspan_err_t open_error, end, want;
    } rows[] = {
        { "HTTP/1.1 401 Unauthorized\r\n\r\n{\"token\":\"no\"}", USPAN_OK, USPAN_ERR_CLOSED, USPAN_ERR_REFUSED },
        { ANSWER("{\"error\":\"no\"}"), USPAN_OK, USPAN_ERR_CLOSED, USPAN_ERR_REFUSED },
        { ANSWER("{\"refresh_token\":\"r\",\"token\":1}"), USPAN_OK, USPAN_ERR_CLOSED, USPAN_ERR_REFUSED },
        { ANSWER("{\"token\":\"\"}"), USPAN_OK, USPAN_ERR_CLOSED, USPAN_ERR_REFUSED },
        { ANSWER("{\"token\":\"a,X-Evil=1\"}"), USPAN_OK, USPAN_ERR_CLOSED, USPAN_ERR_REFUSED },
        { ANSWER("{\"token\":\"cut"), USPAN_OK, USPAN_ERR_CLOSED, USPAN_ERR_REFUSED },
        { full, USPAN_OK, USPAN_ERR_CLOSED, USPAN_ERR_REFUSED },
        { "", USPAN_OK, USPAN_ERR_IO, USPAN_ERR_IO },
        { "", USPAN_OK, USPAN_OK, USPAN_ERR_IO }, /* the host stays silent */
        { "", USPAN_ERR_TRUST, USPAN_OK, USPAN_ERR_TRUST },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        host_t h = { .piece = 7, .answer = rows[i].answer, .open_error = rows[i].open_error, .end = rows[i].end };
        const uspan_transport_t t = transport_to(&h);
        agentops_token_t a;
        uint32_t now_ms = 0;
        assert_int_equal(agentops_token_init(&a, &t, "k"), USPAN_OK);
        assert_int_equal(ask(&a, &now_ms), rows[i].want);
        assert_string_equal(a.header, "");
        assert_int_equal(h.closes, 1);
        h.answer = ANSWER("{ \"refresh_token\": \"r\", \"token\" : \"late\" }");
        h.open_error = USPAN_OK;
        assert_int_equal(ask(&a, &now_ms), USPAN_OK);
        assert_string_equal(a.header, "Authorization=Bearer%20late");
    }
}

static void test_a_key_that_is_no_key_and_a_transport_in_the_clear_are_refused(void **state)
{
    (void)state;
    host_t h = { .piece = 1 };
    uspan_transport_t t = transport_to(&h);
    agentops_token_t a;
    char large[600];
    memset(large, 'k', sizeof large);
    large[sizeof large - 1u] = '\0';
    const char *const bad[] = { "", "a b", "a\"b", "a\\b", "a\r\nb", "\xC3\xA9", large };
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(agentops_token_init(&a, &t, bad[i]), USPAN_ERR_ARG);
    }
    t.flags = 0;
    assert_int_equal(agentops_token_init(&a, &t, "k"), USPAN_ERR_ARG);
}

/* The collector accepts only the second token. */
static void want_second(world_t *w, unsigned n)
{
    w->answer = head_has(w, n, "Authorization: Bearer second\r\n") ? NULL : "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n";
}

static void test_spans_wait_for_a_token_and_a_refused_one_is_renewed(void **state)
{
    world_t *w = *state;
    /* In round 1, the second token is requested before the first is refused. */
    for (unsigned ahead = 0; ahead < 2u; ahead++) {
        host_t h = { .piece = 50, .answer = TOKEN("first"), .end = USPAN_ERR_CLOSED };
        const uspan_transport_t t = transport_to(&h);
        static agentops_token_t a;
        const uspan_gate_t gate = { .ctx = &a, .open = agentops_token_open };
        const uspan_collector_t c = { .endpoint = "https://otlp.agentops.ai/v1/traces",
                                      .renew = agentops_token_renew,
                                      .renew_ctx = &a };
        uint32_t now_ms = 0;
        world_reset(w);
        w->transport.flags = USPAN_TRANSPORT_SECURE;
        w->on_request = want_second;
        assert_int_equal(agentops_token_init(&a, &t, "k"), USPAN_OK);
        assert_int_equal(uspan_export_to(&w->tracer, 0u, &w->transport, &c), USPAN_OK);
        uspan_set_gate(&w->tracer, &gate);
        record(w, "one");
        uspan_flush(&w->tracer);
        (void)settle(w);
        assert_int_equal(w->request_count, 0); /* there is no token yet */
        assert_int_equal(ask(&a, &now_ms), USPAN_OK);
        assert_int_equal(agentops_token_give(&a, &w->tracer, 0u), USPAN_OK);
        h.answer = TOKEN("second");
        if (ahead != 0u) {
            agentops_token_want(&a);
            assert_int_equal(ask(&a, &now_ms), USPAN_OK);
        }
        (void)settle(w);
        assert_true(head_has(w, 0, "Authorization: Bearer first\r\n"));
        assert_int_equal(w->request_count, 1u + ahead);
        record(w, "two");
        uspan_flush(&w->tracer);
        /* Without a newer token, uspan sends nothing, even after the pause that follows the refusal. */
        if (ahead == 0u) {
            world_advance_ms(w, 120000);
            (void)settle(w);
            assert_int_equal(w->request_count, 1);
        }
        assert_int_equal(ask(&a, &now_ms), USPAN_OK);
        assert_int_equal(agentops_token_give(&a, &w->tracer, 0u), USPAN_OK);
        world_drain(w);
        uspan_stats_t s = stats_of(w, 0);
        assert_int_equal(s.delivered, 1u + ahead);
        assert_int_equal(s.dropped[USPAN_DROP_REFUSED], 1u - ahead);
        assert_int_equal(s.renewals, ahead);
        assert_false(memory_has(&a.header, sizeof a.header, "second"));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_request_is_the_documented_one_however_it_is_cut),
        TEST(test_an_answer_without_a_token_is_none_and_the_next_question_is_anew),
        TEST(test_a_key_that_is_no_key_and_a_transport_in_the_clear_are_refused),
        TEST(test_spans_wait_for_a_token_and_a_refused_one_is_renewed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
