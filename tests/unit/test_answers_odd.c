/* test_answers_odd.c: further answers of the kinds in test_answers.c (issue 12 section 1): forms of heads,
 * framing and bodies that servers and proxies send. Each row says what happens to the spans, whether the
 * connection is kept, and what is logged. */
#include "delivery.h"

typedef enum fate { DELIVERED, RETRIED, DROPPED } fate_t;
enum { KEPT = 1, LATE = 2 }; /* LATE: only silence ends the answer, so the exchange times out */

typedef struct row {
    const char *answer;
    fate_t fate;
    unsigned how;
    const char *log; /* text in the log. NULL: nothing is logged */
    size_t len;      /* 0: strlen */
} row_t;

#define HEAD(fields) "HTTP/1.1 200 OK\r\n" fields "\r\n"
#define TYPE_PROTO "Content-Type: application/x-protobuf\r\n"
#define TYPE_JSON "Content-Type: application/json\r\n"
#define CHUNKED "Transfer-Encoding: chunked\r\n"
#define EMPTY "Content-Length: 0\r\n"
#define NOT_OTLP "accepted, but the response is not plain OTLP: check path, compression, HTTP 200"

static const row_t rows[] = {
    /* the status line and lines */
    { "HTTP/1.1 200\r\n" EMPTY "\r\n", DELIVERED, KEPT, NULL, 0 },
    { "HTTP/1.1 200 \r\n" EMPTY "\r\n", DELIVERED, KEPT, NULL, 0 },
    { "HTTP/1.1   200 OK\r\n" EMPTY "\r\n", DELIVERED, KEPT, NULL, 0 },
    { "HTTP/1.1\t200\tOK\r\n" EMPTY "\r\n", DELIVERED, KEPT, NULL, 0 },
    { "HTTP/1.1 200 OK\nContent-Length: 0\n\n", DELIVERED, KEPT, NULL, 0 },
    { "HTTP/1.1 200 OK\nContent-Length: 0\r\n\n", DELIVERED, KEPT, NULL, 0 },
    { "HTTP/1.1 200 \xE6\x88\x90\xE5\x8A\x9F\r\n" EMPTY "\r\n", DELIVERED, KEPT, NULL, 0 },
    { "HTTP/1.2 200 OK\r\n" EMPTY "\r\n", DELIVERED, KEPT, NULL, 0 },
    { "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" EMPTY "\r\n", DELIVERED, 0, NULL, 0 },
    { "HTTP/1.1 204 No Content\r\n\r\n", DELIVERED, KEPT, NULL, 0 },
    { "HTTP/1.1 205 Reset Content\r\n" EMPTY "\r\n", DELIVERED, KEPT, NULL, 0 },
    { "HTTP/1.1 206 Partial Content\r\n" EMPTY "\r\n", DELIVERED, KEPT, NULL, 0 },
    { "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", DELIVERED, KEPT, NULL, 0 },
    { "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", DROPPED, KEPT, "HTTP 304", 0 },
    { "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\n" EMPTY "\r\n", DELIVERED, KEPT, NULL, 0 },
    { "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", RETRIED, LATE, "no response in time", 0 },
    { "HTTP/1.1 421 Misdirected Request\r\n" EMPTY "\r\n", DROPPED, KEPT, "HTTP 421", 0 },
    { "HTTP/1.1 425 Too Early\r\n" EMPTY "\r\n", DROPPED, KEPT, "HTTP 425", 0 },
    { "HTTP/1.1 426 Upgrade Required\r\nUpgrade: h2c\r\n" EMPTY "\r\n", DROPPED, KEPT, "HTTP 426", 0 },
    { "HTTP/1.1 431 Request Header Fields Too Large\r\n" EMPTY "\r\n", DROPPED, KEPT, "HTTP 431", 0 },
    /* header fields */
    { HEAD("Content-Length:0\r\n"), DELIVERED, KEPT, NULL, 0 },
    { HEAD("Content-Length : 0\r\n"), DELIVERED, KEPT, NULL, 0 },
    { HEAD("CONTENT-LENGTH:\t0 \t\r\n"), DELIVERED, KEPT, NULL, 0 },
    { HEAD("Content-Length:\r\n 0\r\n"), DELIVERED, KEPT, NULL, 0 },
    { HEAD("Content-Length: 0, 0\r\n"), DELIVERED, KEPT, NULL, 0 },
    { HEAD("Content-Length: 00\r\n"), DELIVERED, KEPT, NULL, 0 },
    { HEAD("Content-Length: +0\r\n"), DELIVERED, 0, NULL, 0 },
    { HEAD("Content-Length: -1\r\n"), DELIVERED, 0, NULL, 0 },
    { HEAD("Content-Length: 0x0\r\n"), DELIVERED, 0, NULL, 0 },
    { HEAD("Content-Length: 1\r\n 2\r\n"), DELIVERED, 0, NULL, 0 },
    { HEAD("no colon here\r\n" EMPTY), DELIVERED, KEPT, NULL, 0 },
    { HEAD(": no name\r\n" EMPTY), DELIVERED, KEPT, NULL, 0 },
    { HEAD("Connection: Keep-Alive, Close\r\n" EMPTY), DELIVERED, 0, NULL, 0 },
    { HEAD("connection:close\r\n" EMPTY), DELIVERED, 0, NULL, 0 },
    { HEAD("Connection: upgrade\r\nConnection: close\r\n" EMPTY), DELIVERED, 0, NULL, 0 },
    { HEAD("Connection: closed\r\nX-Close: close\r\n" EMPTY), DELIVERED, KEPT, NULL, 0 },
    { HEAD("Location: https://new.example/\r\n" EMPTY), DELIVERED, KEPT, NULL, 0 },
    { "HTTP/1.1 302 Found\r\nLocation:\r\n" EMPTY "\r\n", DROPPED, KEPT, "HTTP 302", 0 },
    { "HTTP/1.1 307 Temporary Redirect\r\nLocation: /login?next=%2Fv1\r\n" EMPTY "\r\n", DROPPED, KEPT,
      "HTTP 307: /login?next=%2Fv1", 0 },
    { "HTTP/1.1 401 No\r\nWWW-Authenticate: Bearer\r\n" EMPTY "\r\n", DROPPED, KEPT, "HTTP 401", 0 },
    /* framing */
    { HEAD("Transfer-Encoding:Chunked\r\n") "0\r\n\r\n", DELIVERED, KEPT, NULL, 0 },
    { HEAD(CHUNKED) "0\n\n", DELIVERED, KEPT, NULL, 0 },
    { HEAD(CHUNKED) "0000\r\n\r\n", DELIVERED, KEPT, NULL, 0 },
    { HEAD(CHUNKED) "3;a=\"b;c\"\r\nabc\r\n0;z\r\n\r\n", DELIVERED, KEPT, NOT_OTLP ": abc", 0 },
    { HEAD(CHUNKED) "2 \r\n\x0A\x00\r\n0\r\nContent-Length: 99\r\nConnection: close\r\n\r\n", DELIVERED, KEPT,
      NULL, sizeof(HEAD(CHUNKED)) + 51u },
    { HEAD("Transfer-Encoding: gzip, chunked\r\n") "1\r\nx\r\n0\r\n\r\n", DELIVERED, KEPT, NOT_OTLP, 0 },
    { HEAD(CHUNKED "Transfer-Encoding: identity\r\n"), DELIVERED, 0, NULL, 0 },
    { HEAD(CHUNKED) "0x5\r\nhello\r\n0\r\n\r\n", DELIVERED, 0, NULL, 0 },
    { HEAD(CHUNKED) "-5\r\nhello\r\n", DELIVERED, 0, NULL, 0 },
    { HEAD(CHUNKED) "3\r\nabcd\r\n0\r\n\r\n", DELIVERED, 0, NOT_OTLP, 0 },
    { HEAD("Transfer-Encoding: identity\r\n" EMPTY), DELIVERED, 0, NULL, 0 },
    { "HTTP/1.1 503 Busy\r\n" CHUNKED "\r\nzz\r\n", RETRIED, 0, "HTTP 503", 0 },
    /* of load balancers, proxies and small servers */
    { "HTTP/1.1 200 OK\r\nContent-Length: 4294967296\r\n\r\n", DELIVERED, LATE, NULL, 0 },
    { "HTTP/1.1 200OK\r\n" EMPTY "\r\n", RETRIED, 0, "not HTTP/1.1", 0 },
    { "HTTP/1.1 103 Early\r\n\r\nOK\r\n", RETRIED, 0, "not HTTP/1.1", 0 },
    { "HTTP/1.1 2000 OK\r\n" EMPTY "\r\n", RETRIED, 0, "not HTTP/1.1", 0 },
    { "HTTP/1.1 099 Low\r\n" EMPTY "\r\n", RETRIED, 0, "not HTTP/1.1", 0 },
    { "HTTP/1.1 999 Blocked\r\n" EMPTY "\r\n", DROPPED, 0, "HTTP 999", 0 },
    { "HTTP/1.1 520 Unknown Error\r\n" EMPTY "\r\n", DROPPED, 0, "HTTP 520", 0 },
    { HEAD("Transfer-Encoding: chunked, chunked\r\n") "0\r\n\r\n", DELIVERED, KEPT, NULL, 0 },
    { HEAD("Transfer-Encoding: xchunked\r\n" EMPTY), DELIVERED, 0, NULL, 0 },
    { HEAD(CHUNKED) "FFFFFFFFFFFFFFFFF\r\nx", DELIVERED, LATE, NOT_OTLP, 0 },
    { HEAD(CHUNKED) "\r\n0\r\n\r\n", DELIVERED, 0, NULL, 0 },
    { HEAD("Upgrade: h2,h2c\r\nConnection: Upgrade, close\r\n" EMPTY), DELIVERED, 0, NULL, 0 },
    { HEAD("Content-Type: text/html\r\n" TYPE_PROTO EMPTY), DELIVERED, KEPT, NULL, 0 },
    { HEAD("Content-Type: application/json; charset=utf-8\r\nContent-Length: 44\r\n") "\xEF\xBB\xBF{"
                                                                                      "\"partialSuccess\":{"
                                                                                      "\"rejectedSpans\": "
                                                                                      "\"1\"}}",
      DELIVERED, KEPT, "rejected some spans", 0 },
    { "HTTP/1.1 400 Bad\r\nContent-Type: application/problem+json\r\nContent-Length: "
      "14\r\n\r\n{\"title\":\"no\"}",
      DROPPED, KEPT, "HTTP 400: {\"title\":\"no\"}", 0 },
    /* a TLS port that was addressed with http://: an alert, without a status line */
    { "\x15\x03\x01\x00\x02\x02\x46", RETRIED, 0, "server speaks TLS: use https://", 7 },
    { "\x15\x03\x03\x00\x02\x02\x0A", RETRIED, 0, "server speaks TLS: use https://", 7 },
    { "\x15\x04\x03\x00\x02\x02\x0A", RETRIED, 0, "the response is not HTTP/1.1", 7 },
    /* bodies */
    { HEAD(TYPE_PROTO "Content-Length: 4\r\n") "\x0a\x02\x08\x01", DELIVERED, KEPT, "rejected some spans",
      0 },
    { HEAD("Content-Length: 4\r\n") "\x0a\x02\x08\x01", DELIVERED, KEPT, "rejected some spans", 0 },
    { HEAD(TYPE_PROTO "Content-Length: 40\r\n") "{\"partialSuccess\":{\"rejectedSpans\":\"1\"}}", DELIVERED,
      KEPT, "rejected some spans", 0 },
    { HEAD("Content-Length: 7\r\n") "success", DELIVERED, KEPT, NOT_OTLP ": success", 0 },
    { HEAD(TYPE_PROTO "Content-Encoding: gzip\r\nContent-Length: 6\r\n") "\x1F\x8B\x08\x00\x01\x02",
      DELIVERED, KEPT, "accepted, but the response is not plain OTLP: check path, compression, HTTP 200\n",
      sizeof(HEAD(TYPE_PROTO "Content-Encoding: gzip\r\nContent-Length: 6\r\n")) + 5u },
    { HEAD("content-encoding:br\r\n" TYPE_JSON "Content-Length: 6\r\n") "\x0A\x02{\x01}\x02", DELIVERED, KEPT,
      "response is not plain OTLP", 0 },
    { HEAD("Content-Encoding: gzip\r\nContent-Type: text/html\r\nContent-Length: 1\r\n") "x", DELIVERED, KEPT,
      "response is not plain OTLP", 0 },
    { HEAD("Content-Encoding: zstd\r\n" EMPTY), DELIVERED, KEPT, NULL, 0 },
    { HEAD(TYPE_PROTO "Content-Encoding: Identity\r\nContent-Length: 4\r\n") "\x0a\x02\x08\x01", DELIVERED,
      KEPT, "rejected some spans", 0 },
    { HEAD(TYPE_PROTO "Content-Encoding:\r\nContent-Length: 4\r\n") "\x0a\x02\x08\x01", DELIVERED, KEPT,
      "rejected some spans", 0 },
    { HEAD(TYPE_PROTO "Content-Length: 6\r\n") "\x1F\x8B\x08\x03\x01\x02", DELIVERED, KEPT, NOT_OTLP, 0 },
    { HEAD(TYPE_PROTO "Content-Length: 4\r\n") "\xFF\xFE\x01\x80", DELIVERED, KEPT, NOT_OTLP, 0 },
    { HEAD(TYPE_JSON "Content-Length: 4\r\n") "true", DELIVERED, KEPT, NOT_OTLP ": true", 0 },
    /* no length, and the connection stays open: a second of silence ends it */
    { HEAD(""), DELIVERED, 0, NULL, 0 },
    { HEAD("Connection: keep-alive\r\n" TYPE_PROTO) "\x0a\x02\x08\x01", DELIVERED, 0, "rejected some spans",
      0 },
    { "HTTP/1.1 503 Busy\r\n\r\nfull", RETRIED, 0, "HTTP 503: full", 0 },
    { "HTTP/1.1 400 Bad\r\n\r\n", DROPPED, 0, "HTTP 400", 0 },
    { HEAD("Connection: close\r\n"), DELIVERED, LATE, NULL, 0 },
    { "HTTP/1.0 200 OK\r\n\r\n", DELIVERED, LATE, NULL, 0 },
    { "HTTP/1.1 400 Bad\r\nContent-Encoding: gzip\r\nContent-Length: 6\r\n\r\n\x1F\x8B\x08\x03\x01\x02",
      DROPPED, KEPT, "HTTP 400\n", 0 },
};

static void check_row(world_t *w, const row_t *row, size_t recv_max)
{
    uint32_t wait_ms;
    world_reset_with_collector(w);
    w->recv_max = recv_max;
    w->answer = row->answer;
    w->answer_len = row->len;
    record_many(w, 2);
    uspan_flush(&w->tracer);
    uint64_t before_ns = w->now_ns;
    for (unsigned n = 0; n < 20000u && (w->request_count == 0u || w->tracer.out.exchanges[0].step != 0u);
         n++) {
        (void)world_poll(w, &wait_ms);
        if (w->request_count == 0u || w->tracer.out.exchanges[0].step != 0u) {
            world_advance_ms(w, wait_ms);
        }
    }
    uspan_stats_t s = stats_of(w, 0);
    fate_t fate = s.delivered + s.rejected == 2u ? DELIVERED
                  : s.dropped[USPAN_DROP_REFUSED] == 2u && w->tracer.out.dests[0].batch.count == 0u ? DROPPED
                                                                                                    : RETRIED;
    bool late = w->now_ns - before_ns >= (uint64_t)USPAN_TIMEOUT_MS * MS;
    unsigned how = (w->is_open ? KEPT : 0u) | (late ? LATE : 0u);
    bool logged = row->log != NULL ? strstr(w->log, row->log) != NULL : w->log_lines == 0u;
    if (fate != row->fate || how != row->how || !logged || w->request_count != 1u) {
        fail_msg("%s: fate %d, how %u, %u requests, log: %s", row->answer, (int)fate, how, w->request_count,
                 w->log);
    }
    w->answer = NULL;
    w->answer_len = 0;
    world_drain(w);
    s = stats_of(w, 0);
    assert_int_equal(s.delivered + s.rejected + s.dropped[USPAN_DROP_REFUSED], 2);
}

static void test_odd_answers_count_by_their_status(void **state)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        check_row(*state, &rows[i], 0);
        if ((rows[i].how & LATE) == 0u) {
            check_row(*state, &rows[i], 1);
        }
    }
}

/* A kept connection ends after the request, and so does each connection after it. Only the first of these
 * ends is not an error. */
static void end_all_but_the_first(world_t *w, unsigned n)
{
    w->cut_answer = n == 0u ? SIZE_MAX : 0u;
    w->cut_how = USPAN_ERR_CLOSED;
}

static void test_a_dead_kept_connection_means_one_resend_and_no_more(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    w->on_request = end_all_but_the_first;
    for (unsigned i = 0; i < 2u; i++) {
        record(w, "one");
        uspan_flush(&w->tracer);
        (void)settle(w);
        world_advance_ms(w, USPAN_POLL_MS);
        (void)settle(w);
    }
    uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.delivered, 1);
    assert_int_equal(s.resends, 1);
    assert_int_equal(s.retries, 1);
    assert_int_equal(w->request_count, 3);
    w->on_request = NULL;
    w->cut_answer = SIZE_MAX;
    world_drain(w);
    assert_int_equal(stats_of(w, 0).delivered, 2);
}

/* Sending blocks at the first byte. Then the server closes the connection as idle, and its text is no
 * answer to a request that it never received. The batch waits for one time-out at most, although uspan
 * polls the connection. */
static void test_what_comes_before_the_first_byte_of_a_request_is_no_answer(void **state)
{
    static const char *const words[] = {
        "HTTP/1.1 408 Request Time-out\r\n\r\n",
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    };
    world_t *w = *state;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        world_reset_with_collector(w);
        record(w, "first");
        world_drain(w);
        w->never_sends = true;
        record(w, "second");
        uspan_flush(&w->tracer);
        for (unsigned n = 0; n < 5u; n++) {
            world_advance_ms(w, settle(w));
        }
        w->answer = words[i];
        w->answer_at = 0;
        for (unsigned n = 0; n < 5u && w->connections == 1u; n++) {
            world_advance_ms(w, settle(w));
        }
        assert_int_equal(w->connections, 2);
        w->never_sends = false;
        w->answer = NULL;
        world_drain(w);
        assert_int_equal(stats_of(w, 0).delivered, 2);
        assert_int_equal(w->request_count, 2);
        assert_int_equal(w->log_lines, 0);
    }
    world_reset_with_collector(w);
    record(w, "first");
    world_drain(w);
    w->never_sends = true;
    record(w, "second");
    uspan_flush(&w->tracer);
    uint64_t before_ns = w->now_ns;
    while (stats_of(w, 0).resends == 0u) {
        world_advance_ms(w, settle(w));
    }
    assert_in_range((w->now_ns - before_ns) / MS, USPAN_TIMEOUT_MS, USPAN_TIMEOUT_MS + USPAN_POLL_MS);
    w->never_sends = false;
    world_drain(w);
    assert_int_equal(stats_of(w, 0).delivered, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_odd_answers_count_by_their_status),
        TEST(test_a_dead_kept_connection_means_one_resend_and_no_more),
        TEST(test_what_comes_before_the_first_byte_of_a_request_is_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
