/* test_edge_http.c: the edge agent's HTTP client (examples/edge_agent/http.c) over a transport in memory.
 * Whatever the server sends, in pieces of any size, the result is a status and a body, or an error type. */
#include "cmocka_all.h"

#include "../../examples/edge_agent/http.c"
#include "../../examples/edge_agent/text.c"

#define HEAD "HTTP/1.1 200 OK\r\n"

/* What the peer does, and the result. */
typedef struct peer {
    const char *answer;
    size_t piece;      /* bytes that recv returns at a time */
    uspan_err_t opens; /* open's result */
    int32_t then;      /* recv's result when all of the answer was read. 0: no more bytes arrive */
    size_t at, sent_len, body_len;
    unsigned closes;
    char sent[2048], body[256];
} peer_t;

static peer_t peer;
static uint64_t clock_ns;

static uint64_t now_ns(void)
{
    return clock_ns;
}

static void wait_ms(uint32_t ms)
{
    clock_ns += (uint64_t)ms * 1000000u;
}

static uspan_err_t open_peer(void *ctx, const uspan_peer_t *to)
{
    (void)ctx;
    assert_string_equal(to->host, "host");
    return peer.opens;
}

static int32_t send_peer(void *ctx, const uint8_t *data, size_t len)
{
    (void)ctx;
    size_t n = len < peer.piece ? len : peer.piece;
    assert_true(peer.sent_len + n < sizeof peer.sent);
    memcpy(peer.sent + peer.sent_len, data, n);
    peer.sent_len += n;
    return (int32_t)n;
}

static int32_t recv_peer(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    size_t left = strlen(peer.answer) - peer.at;
    size_t n = peer.piece < len ? peer.piece : len;
    n = n < left ? n : left;
    if (n == 0u) {
        return peer.then;
    }
    memcpy(out, peer.answer + peer.at, n);
    peer.at += n;
    clock_ns += 1000000u;
    return (int32_t)n;
}

static void close_peer(void *ctx)
{
    (void)ctx;
    peer.closes++;
}

static void on_body(void *ctx, const char *data, size_t len)
{
    (void)ctx;
    assert_true(peer.body_len + len < sizeof peer.body);
    memcpy(peer.body + peer.body_len, data, len);
    peer.body_len += len;
}

/* Returns the status. The other results are in peer and *error. */
static int post(const char *headers, uint32_t deadline_ms, const char **error)
{
    const uspan_transport_t transport = {
        .open = open_peer, .send = send_peer, .recv = recv_peer, .close = close_peer
    };
    const http_t http = { .transport = &transport, .now_ns = now_ns, .wait = wait_ms };
    const http_request_t request = { .peer = { .host = "host", .port = 443 },
                                     .host = "host:443",
                                     .path = "/v1/chat",
                                     .headers = headers,
                                     .body = "{}",
                                     .body_len = 2,
                                     .timeout_ms = 1000,
                                     .deadline_ms = deadline_ms,
                                     .on_body = on_body };
    int status = http_post(&http, &request, error);
    peer.sent[peer.sent_len] = '\0';
    peer.body[peer.body_len] = '\0';
    assert_int_equal(peer.closes, 1);
    return status;
}

static void expect(const char *answer, int32_t then, int status, const char *body, const char *error)
{
    static const size_t pieces[] = { 1, 2, 7, 4096 };
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        const char *said = NULL;
        peer = (peer_t){ .answer = answer, .piece = pieces[i], .then = then };
        assert_int_equal(post("", 60000, &said), status);
        if (error == NULL) {
            assert_null(said);
        } else {
            assert_non_null(said);
            assert_string_equal(said, error);
        }
        assert_string_equal(peer.body, body);
    }
}

static void test_an_answer_ends_where_its_length_its_chunks_or_the_connection_say(void **state)
{
    (void)state;
    expect(HEAD "Content-Length: 5\r\n\r\nhello, and more", 0, 200, "hello", NULL);
    expect(HEAD "content-length:0\r\n\r\n", 0, 200, "", NULL);
    expect(HEAD
           "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nA;x=y\r\n, chunked!\r\n0\r\nTrailer: t\r\n\r\n",
           0, 200, "hello, chunked!", NULL);
    expect(HEAD "\r\nuntil the end", USPAN_ERR_CLOSED, 200, "until the end", NULL);
    expect("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 429 No\nContent-Length: 2\n\nno", 0, 429, "no", NULL);
    expect(HEAD "A-Long-Header: "
                "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567\r\n"
                "Content-Length: 2\r\n\r\nok",
           0, 200, "ok", NULL);
}

static void test_an_answer_that_breaks_off_is_none(void **state)
{
    (void)state;
    expect("", USPAN_ERR_CLOSED, 0, "", "connection_reset");
    expect(HEAD "Content-Le", USPAN_ERR_CLOSED, 0, "", "connection_reset");
    expect(HEAD "Content-Length: 5\r\n\r\nhel", USPAN_ERR_CLOSED, 0, "hel", "connection_reset");
    expect(HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", USPAN_ERR_CLOSED, 0, "hello",
           "connection_reset");
    expect(HEAD "\r\nuntil", USPAN_ERR_IO, 0, "until", "connection_reset");
    expect(HEAD "Content-Length: 5\r\n\r\nhel", 0, 0, "hel", "timeout");
}

static void test_what_is_not_http_is_told_apart_from_a_broken_connection(void **state)
{
    (void)state;
    expect("SSH-2.0-OpenSSH\r\n", 0, 0, "", "parse_error");
    expect("HTTP/1.1 \r\n", 0, 0, "", "parse_error");
    expect("HTTP/1.1 abc\r\n", 0, 0, "", "parse_error");
    expect("HTTP/1.1 99999999999999999999999\r\n", 0, 0, "", "parse_error");
    expect(HEAD "Content-Length: 99999999999999999999999\r\n\r\n", 0, 0, "", "parse_error");
    expect(HEAD "Content-Length: -1\r\n\r\n", 0, 0, "", "parse_error");
    expect(HEAD "Transfer-Encoding: chunked\r\n\r\nzz\r\n", 0, 0, "", "parse_error");
    expect(HEAD "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", 0, 0, "", "parse_error");
    expect(HEAD "Transfer-Encoding: chunked\r\n\r\n\r\n", 0, 0, "", "parse_error");
}

static void test_a_drip_ends_at_the_deadline_although_bytes_keep_coming(void **state)
{
    (void)state;
    const char *error = NULL;
    peer = (peer_t){
        .answer = HEAD
        "Content-Length: 9999\r\n\r\n"
        "..............................................................................................",
        .piece = 1
    };
    uint64_t began_ns = clock_ns;
    assert_int_equal(post("", 50, &error), 0);
    assert_string_equal(error, "timeout");
    assert_true(clock_ns - began_ns <= 60u * 1000000u);
}

static void test_a_connection_that_does_not_come_about_says_why(void **state)
{
    static const struct {
        uspan_err_t opens;
        const char *error;
    } cases[] = { { USPAN_ERR_TRUST, "tls_error" },
                  { USPAN_ERR_CONFIG, "tls_error" },
                  { USPAN_ERR_IO, "connect_error" },
                  { USPAN_ERR_AGAIN, "timeout" } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *error = NULL;
        peer = (peer_t){ .answer = "", .piece = 1, .opens = cases[i].opens };
        assert_int_equal(post("", 60000, &error), 0);
        assert_string_equal(error, cases[i].error);
        assert_int_equal(peer.sent_len, 0);
    }
}

static void test_the_request_is_whole_in_pieces_of_any_size_or_is_not_sent(void **state)
{
    (void)state;
    const char *error = NULL;
    char headers[EDGE_HEAD_MAX + 1];
    peer = (peer_t){ .answer = HEAD "Content-Length: 0\r\n\r\n", .piece = 3 };
    assert_int_equal(post("A: b\r\n", 60000, &error), 200);
    assert_string_equal(peer.sent,
                        "POST /v1/chat HTTP/1.1\r\nHost: host:443\r\nContent-Type: application/json\r\n"
                        "Connection: close\r\nA: b\r\nContent-Length: 2\r\n\r\n{}");
    memset(headers, 'k', EDGE_HEAD_MAX);
    headers[EDGE_HEAD_MAX] = '\0';
    peer = (peer_t){ .answer = "", .piece = 1 };
    assert_int_equal(post(headers, 60000, &error), 0);
    assert_string_equal(error, "parse_error");
    assert_int_equal(peer.sent_len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_answer_ends_where_its_length_its_chunks_or_the_connection_say),
        cmocka_unit_test(test_an_answer_that_breaks_off_is_none),
        cmocka_unit_test(test_what_is_not_http_is_told_apart_from_a_broken_connection),
        cmocka_unit_test(test_a_drip_ends_at_the_deadline_although_bytes_keep_coming),
        cmocka_unit_test(test_a_connection_that_does_not_come_about_says_why),
        cmocka_unit_test(test_the_request_is_whole_in_pieces_of_any_size_or_is_not_sent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
