/* test_answers.c: answers of real servers and proxies (issue 12 section 1). Once a status line was read,
 * the status decides, whatever the rest of the answer is. Accepted spans are never sent twice. The log
 * says what the server answered. */
#include "delivery.h"

#define BIG 100000u

typedef enum fate { DELIVERED, RETRIED, DROPPED, SPLIT } fate_t;

typedef struct row {
    const char *what, *answer;
    size_t fill;   /* bytes 'x' after the answer */
    size_t cut_at; /* the connection ends after this many bytes of the answer. 0: it does not end */
    bool silent;   /* the connection stays open instead, and no more bytes arrive */
    fate_t fate;
    const char *log; /* text in the log. NULL: nothing is logged */
} row_t;

static const row_t rows[] = {
    { "502 with a large page",
      "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 60000\r\n\r\n<h1>", BIG, 0,
      false, RETRIED, "request failed, uspan will retry, HTTP 502: <h1>xxx" },
    { "503 with a large head", "HTTP/1.1 503 Busy\r\nX-Trace: ", BIG, 0, false, RETRIED, "HTTP 503" },
    { "200 with a large page",
      "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 100000\r\n\r\n", BIG, 0,
      false, DELIVERED, "the response is not plain OTLP: check path, compression, HTTP 200: text/html" },
    { "200 with a large head", "HTTP/1.1 200 OK\r\nX: ", BIG, 0, false, DELIVERED, NULL },
    { "200, chunks without end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n", BIG, 0,
      false, DELIVERED, NULL },
    { "413 cut off", "HTTP/1.1 413 Too Large\r\nContent-Length: 500\r\n\r\nno", 0, 48, false, SPLIT, NULL },
    { "400 cut off", "HTTP/1.1 400 Bad\r\nContent-Length: 500\r\n\r\nbad thing", 0, 50, false, DROPPED,
      "HTTP 400: bad thing" },
    { "401 cut inside its head", "HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=x\r\n", 0, 30, false,
      DROPPED, "HTTP 401" },
    { "503 cut behind its status", "HTTP/1.1 503 Busy", 0, 14, false, RETRIED, "HTTP 503" },
    { "200 that never ends", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", 0, 0, true, DELIVERED,
      "not plain OTLP" },
    { "429 that never ends", "HTTP/1.1 429 Slow\r\nContent-Le", 0, 0, true, RETRIED, "HTTP 429" },
    { "equal lengths", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n", 0, 0, false,
      DELIVERED, NULL },
    { "different lengths", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 7\r\n\r\n", 0, 0, false,
      DELIVERED, NULL },
    { "different lengths, 503", "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nContent-Length: 7\r\n\r\n", 0, 0,
      false, RETRIED, "HTTP 503" },
    { "chunked and a length",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 0, 0, false,
      DELIVERED, NULL },
    { "empty lines in front", "\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0, 0, false, DELIVERED,
      NULL },
    { "a broken chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 0, 0, false, DELIVERED,
      NULL },
    { "interim answers",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
      "0\r\n\r\n",
      0, 0, false, DELIVERED, NULL },
    { "an interim answer only", "HTTP/1.1 100 Continue\r\n\r\nH", 0, 25, false, RETRIED,
      "connection closed before the response ended" },
    { "no status", "HTTP/1.1 OK\r\n\r\n", 0, 0, false, RETRIED, "the response is not HTTP/1.1" },
    { "a redirect",
      "HTTP/1.1 308 Permanent Redirect\r\nLocation: https://new.example/v1/traces\r\nContent-Length: "
      "4\r\n\r\nmove",
      0, 0, false, DROPPED, "change the endpoint, HTTP 308: https://new.example/v1/traces" },
    { "a redirect without a location", "HTTP/1.1 301 Moved\r\nContent-Length: 4\r\n\r\ngone", 0, 0, false,
      DROPPED, "HTTP 301: gone" },
    { "JSON words",
      "HTTP/1.1 400 Bad\r\nContent-Type: application/json\r\nContent-Length: "
      "22\r\n\r\n{\"error\":\"no\ttenant\"}\n\n",
      0, 0, false, DROPPED, "HTTP 400: {\"error\":\"no tenant\"}" },
    { "control characters",
      "HTTP/1.1 500 x\r\nContent-Length: 12\r\n\r\na\x1b[2m\x7f\xc2\x9b"
      "b\xff"
      "c",
      0, 0, false, DROPPED,
      "HTTP 500: a [2m  b\xEF\xBF\xBD"
      "c" },
    { "a TLS alert cut off", "\x15\x03\x03\x01\x01", 0, 3, false, RETRIED,
      "server speaks TLS: use https://" },
    { "HTTP/2 words", "HTTP/2 200\r\n\r\n", 0, 0, false, RETRIED,
      "server speaks HTTP/2 (gRPC?): use the OTLP/HTTP port" },
};

static const char *text_of(const row_t *row, size_t *len)
{
    static char text[BIG + 512u];
    size_t n = strlen(row->answer);
    memcpy(text, row->answer, n);
    memset(text + n, 'x', row->fill);
    *len = n + row->fill;
    return text;
}

static void test_the_status_decides_whatever_follows(void **state)
{
    world_t *w = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const row_t *row = &rows[i];
        for (unsigned way = 0; way < 3u; way++) {
            world_reset_with_collector(w);
            w->recv_max = way == 0u ? 0u : way == 1u ? 1u : 7u;
            w->answer = text_of(row, &w->answer_len);
            w->cut_answer = row->cut_at != 0u ? row->cut_at : SIZE_MAX;
            w->cut_how = USPAN_ERR_CLOSED;
            record_many(w, 2);
            uspan_flush(&w->tracer);
            for (unsigned n = 0; n < 300000u; n++) {
                uint32_t wait_ms;
                (void)world_poll(w, &wait_ms);
                if (w->request_count == 1u && w->tracer.out.exchanges[0].step == 0u) {
                    break;
                }
                world_advance_ms(w, row->silent || wait_ms <= 5u ? wait_ms : 0u);
            }
            uspan_stats_t s = stats_of(w, 0);
            fate_t fate = s.delivered == 2u                                            ? DELIVERED
                          : s.dropped[USPAN_DROP_REFUSED] == 2u                        ? DROPPED
                          : s.queued == 2u && w->tracer.out.dests[0].batch.count == 1u ? SPLIT
                                                                                       : RETRIED;
            if (fate != row->fate ||
                (row->log != NULL ? strstr(w->log, row->log) == NULL : w->log_lines > 0u)) {
                fail_msg("%s, way %u: fate %d, log: %s", row->what, way, (int)fate, w->log);
            }
            assert_int_equal(w->request_count, 1); /* uspan does not send again immediately */
            assert_int_equal(s.retries, fate == RETRIED);
            w->answer = NULL;
            w->answer_len = 0;
            w->answer_at = SIZE_MAX;
            w->cut_answer = SIZE_MAX;
            world_drain(w);
        }
    }
}

static void test_diagnose_has_the_status_and_the_words(void **state)
{
    world_t *w = *state;
    char text[600];
    world_reset_with_collector(w);
    w->answer =
        "HTTP/1.1 403 No\r\nContent-Length: 200\r\n\r\nquota of tenant acme is used up; "
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        "0123456789012345678901234567890123456789012345678901234567890123456789";
    record(w, "one");
    uspan_flush(&w->tracer);
    (void)settle(w);
    (void)uspan_diagnose(&w->tracer, 0, text, sizeof text);
    assert_non_null(strstr(text, "403"));
    const char *words = strstr(text, "quota of tenant acme is used up; 01234");
    assert_non_null(words);
    assert_int_equal(strcspn(words + 33, "."), 120u - 33u);
}

/* ---- partial success ------------------------------------------------------------------------------------- */

static void test_partial_success_is_read_from_json_too(void **state)
{
    static const struct {
        const char *body;
        unsigned rejected;
        const char *message;
    } bodies[] = {
        { "{\"partialSuccess\":{\"rejectedSpans\":\"1\",\"errorMessage\":\"quota\"}}", 1, "quota" },
        { " { \"partialSuccess\" : { \"errorMessage\" : \"a \\\"b\\\"\" , \"rejectedSpans\" : 2 } } ", 2,
          "a \\\"b\\\"" },
        { "{\"partial_success\":{\"rejected_spans\":\"3\"}}", 3, NULL },
        { "{\"partialSuccess\":{\"rejectedSpans\":\"99\"}}", 3, NULL }, /* more than the request had */
        { "{\"partialSuccess\":{\"x\":{\"rejectedSpans\":2},\"rejectedSpans\":1}}", 1, NULL },
        { "{\"x\":{\"rejectedSpans\":2},\"partialSuccess\":{}}", 0, NULL },
        { "{\"rejectedSpans\":2}", 0, NULL },
        { "{\"partialSuccess\":{\"rejectedSpans\":\"-1\",\"errorMessage\":\"only a warning\"}}", 0,
          "only a warning" },
        { "{\"partialSuccess\":{}}", 0, NULL },
        { "{\"partialSuccess\":null}", 0, NULL },
        { "{\"partialSuccess\":{\"rejectedSpans\":0}}", 0, NULL },
        { "[{\"partialSuccess\":{\"rejectedSpans\":1}}]", 0, NULL },
        { "{\"partialSuccess\":{\"rejectedSpans\":1,\"errorMessage\":\"cut of", 1, "cut of" },
        { "not JSON", 0, NULL },
        { "", 0, NULL },
    };
    world_t *w = *state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        char answer[512];
        world_reset_with_collector(w);
        (void)snprintf(answer, sizeof answer,
                       "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: "
                       "%zu\r\n\r\n%s",
                       strlen(bodies[i].body), bodies[i].body);
        w->answer = answer;
        record_many(w, 3);
        world_drain(w);
        uspan_stats_t s = stats_of(w, 0);
        if (s.rejected != bodies[i].rejected || s.unread != (bodies[i].body[0] == 'n') ||
            (bodies[i].message != NULL ? strstr(w->log, bodies[i].message) == NULL
                                       : bodies[i].rejected == 0u && w->log_lines != s.unread)) {
            fail_msg("%s: %u rejected, log %s", bodies[i].body, (unsigned)s.rejected, w->log);
        }
        assert_int_equal(s.delivered + s.rejected, 3);
        w->answer = NULL;
    }
}

/* ---- kept connections -------------------------------------------------------------------------------------- */

static void unsolicited(world_t *w, const char *text, bool next_fails)
{
    world_reset_with_collector(w);
    record(w, "first");
    world_drain(w);
    assert_true(w->is_open);
    w->answer = text;
    w->answer_at = 0;
    record(w, "second");
    uspan_flush(&w->tracer);
    for (unsigned n = 0; n < 50u && w->connections == 1u; n++) {
        (void)world_poll(w, NULL);
    }
    assert_int_equal(w->connections, 2); /* bytes that arrived earlier are no answer to the second request */
    assert_int_equal(w->request_count, 1);
    w->answer = next_fails ? "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n" : NULL;
    (void)settle(w);
    uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.delivered, next_fails ? 1 : 2);
    assert_int_equal(s.queued, next_fails);
    assert_int_equal(s.resends, 0);
    w->answer = NULL;
    w->answer_at = SIZE_MAX;
    world_drain(w);
    assert_int_equal(stats_of(w, 0).delivered, 2);
}

static void test_what_waits_on_a_kept_connection_is_no_answer(void **state)
{
    world_t *w = *state;
    unsolicited(w, "HTTP/1.1 408 Request Time-out\r\nConnection: close\r\n\r\n", false);
    unsolicited(w, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true);
    unsolicited(w, "x", false);
}

static void test_an_end_of_a_kept_connection_is_seen_before_it_is_used(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    w->close_after = true;
    record(w, "first");
    world_drain(w);
    record(w, "second");
    world_drain(w);
    uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.delivered, 2);
    assert_int_equal(s.resends, 0);
    assert_int_equal(w->connections, 2);
}

static void answer_408_once(world_t *w, unsigned n)
{
    w->answer =
        n == 1u ? "HTTP/1.1 408 Request Time-out\r\nConnection: close\r\nContent-Length: 0\r\n\r\n" : NULL;
}

/* The server sends 408 for an idle connection while the request is on its way. */
static void test_a_408_on_a_kept_connection_means_one_resend(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    w->on_request = answer_408_once;
    for (unsigned i = 0; i < 2u; i++) {
        record(w, "one");
        world_drain(w);
    }
    uspan_stats_t s = stats_of(w, 0);
    assert_int_equal(s.delivered, 2);
    assert_int_equal(s.resends, 1);
    assert_int_equal(w->request_count, 3);
    world_reset_with_collector(w); /* on a new connection a 408 refuses the request */
    w->on_request = NULL;
    w->answer = "HTTP/1.1 408 Request Time-out\r\nContent-Length: 0\r\n\r\n";
    record(w, "one");
    world_drain(w);
    assert_int_equal(stats_of(w, 0).dropped[USPAN_DROP_REFUSED], 1);
}

/* A slow link: the server has waited for the rest of the request for too long. Nothing was refused, and fewer
 * spans may arrive in time. */
static void test_a_408_to_part_of_a_request_halves_the_batch(void **state)
{
    world_t *w = *state;
    for (unsigned way = 0; way < 2u; way++) {
        world_reset_with_collector(w);
        w->early_after = 300;
        w->early_breaks = way == 1u;
        w->answer = "HTTP/1.1 408 Request Time-out\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        record_many(w, 8);
        uspan_flush(&w->tracer);
        (void)settle(w);
        world_advance_ms(w, USPAN_POLL_MS);
        (void)settle(w);
        assert_int_equal(stats_of(w, 0).queued, 8);
        assert_non_null(strstr(w->log, "before the request ended"));
        w->early_after = 0;
        w->answer = NULL;
        world_drain(w);
        assert_int_equal(stats_of(w, 0).delivered, 8);
        assert_int_equal(view_span_count(body_of(w, 0)), 4);
    }
}

/* A success needs the whole request. What refuses it does not. */
static void test_only_a_success_needs_the_whole_request(void **state)
{
    world_t *w = *state;
    static const unsigned codes[] = { 200, 299, 300, 399, 400, 501 };
    char text[80];
    for (size_t i = 0; i < COUNT(codes); i++) {
        world_reset_with_collector(w);
        w->early_after = 100;
        (void)snprintf(text, sizeof text, "HTTP/1.1 %u X\r\nContent-Length: 0\r\n\r\n", codes[i]);
        w->answer = text;
        record(w, "one");
        uspan_flush(&w->tracer);
        (void)settle(w);
        world_advance_ms(w, USPAN_POLL_MS);
        (void)settle(w);
        uspan_stats_t s = stats_of(w, 0);
        assert_int_equal(s.delivered, 0);
        assert_int_equal(s.queued, codes[i] < 300u);
        assert_int_equal(s.dropped[USPAN_DROP_REFUSED], codes[i] >= 300u);
    }
}

static void test_an_answer_to_part_of_a_request_delivers_nothing(void **state)
{
    world_t *w = *state;
    for (unsigned way = 0; way < 2u; way++) {
        world_reset_with_collector(w);
        w->early_after = 100;
        w->early_breaks = way == 1u;
        w->answer = OK_200;
        record(w, "one");
        uspan_flush(&w->tracer);
        (void)settle(w);
        world_advance_ms(w, USPAN_POLL_MS);
        (void)settle(w);
        uspan_stats_t s = stats_of(w, 0);
        assert_int_equal(s.delivered, 0);
        assert_int_equal(s.queued, 1);
        assert_false(w->is_open);
        assert_non_null(strstr(w->log, "the response came before the request ended"));
        w->early_after = 0;
        w->answer = NULL;
        world_drain(w);
        s = stats_of(w, 0);
        assert_int_equal(s.delivered, 1);
        assert_int_equal(w->request_count, 1); /* only this request was complete */
    }
}

/* The first fill of the send buffer holds only the head. The request is not complete when these bytes were
 * sent. */
static void test_a_request_ends_with_its_last_byte(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    record_many(w, USPAN_SPANS_MAX);
    uspan_flush(&w->tracer);
    while (w->tracer.out.exchanges[0].step != 2u) {
        (void)world_poll(w, NULL);
    }
    for (unsigned pieces = 0; w->request_count == 0u; pieces++) {
        assert_int_equal(w->tracer.out.exchanges[0].step, 2); /* "sending" until all bytes are sent */
        (void)world_poll(w, NULL);
        assert_in_range(pieces, 0, 20);
    }
    assert_true(w->sent_len > USPAN_SEND_BYTES);
}

/* ---- the log ------------------------------------------------------------------------------------------------ */

static unsigned lines_with(const world_t *w, const char *text)
{
    unsigned n = 0;
    for (const char *at = w->log; (at = strstr(at, text)) != NULL; at++) {
        n++;
    }
    return n;
}

static void test_retries_are_logged_once_at_their_begin_and_end(void **state)
{
    world_t *w = *state;
    for (unsigned way = 0; way < 3u; way++) {
        world_reset_with_collector(w);
        w->answer = way == 0u ? "HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\nlater" : NULL;
        w->open_error = way == 1u ? USPAN_ERR_IO : USPAN_OK;
        w->why = way == 1u ? "connection refused" : NULL;
        w->silent = way == 2u;
        record(w, "one");
        uspan_flush(&w->tracer);
        while (stats_of(w, 0).retries < 8u) {
            uint32_t wait_ms;
            (void)world_poll(w, &wait_ms);
            world_advance_ms(w, wait_ms);
        }
        assert_int_equal(w->log_lines, 1);
        assert_int_equal(lines_with(w, "collector:4318: request failed, uspan will retry"), 1);
        assert_int_equal(lines_with(w, way == 0u   ? "HTTP 503: later"
                                       : way == 1u ? "connection refused"
                                                   : "no response in time"),
                         1);
        w->answer = NULL;
        w->open_error = USPAN_OK;
        w->why = NULL;
        w->silent = false;
        world_drain(w);
        assert_int_equal(w->log_lines, 2);
        assert_int_equal(lines_with(w, "collector:4318: requests succeed again"), 1);
        record(w, "two");
        world_drain(w);
        assert_int_equal(w->log_lines, 2);
    }
}

static void test_a_foreign_answer_is_logged_once(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    w->answer = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>";
    for (unsigned i = 0; i < 5u; i++) {
        record(w, "one");
        world_drain(w);
        world_advance_ms(w, 2000);
    }
    assert_int_equal(stats_of(w, 0).delivered, 5);
    assert_int_equal(lines_with(w, "not plain OTLP: "), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_status_decides_whatever_follows),
        TEST(test_diagnose_has_the_status_and_the_words),
        TEST(test_partial_success_is_read_from_json_too),
        TEST(test_what_waits_on_a_kept_connection_is_no_answer),
        TEST(test_an_end_of_a_kept_connection_is_seen_before_it_is_used),
        TEST(test_a_408_on_a_kept_connection_means_one_resend),
        TEST(test_a_408_to_part_of_a_request_halves_the_batch),
        TEST(test_only_a_success_needs_the_whole_request),
        TEST(test_an_answer_to_part_of_a_request_delivers_nothing),
        TEST(test_a_request_ends_with_its_last_byte),
        TEST(test_retries_are_logged_once_at_their_begin_and_end),
        TEST(test_a_foreign_answer_is_logged_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
