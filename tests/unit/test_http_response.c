/* test_http_response.c: parses recorded answers in every fragmentation. Fragments end before an unmapped
 * page. */
#include "response_feed.h"

static void test_a_plain_answer_is_read(void **state)
{
    (void)state;
    uspan_answer_t a = expect_answer(
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 5\r\n\r\nhello", 200,
        USPAN_ANSWER_PROTOBUF, "hello");
    assert_int_equal(a.retry_after_s, NEVER);
    assert_int_equal(a.retry_at_unix, 0);
    assert_int_equal(a.date_unix, 0);
    expect_answer("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", 200, 0, "");
    expect_answer("HTTP/1.1 200\r\ncontent-length:00002\r\n\r\nab", 200, 0, "ab");
    expect_answer("HTTP/1.9 599 x\r\nContent-Length: 1\r\n\r\nb", 599, 0, "b");
}

static void test_bare_line_feeds_end_lines_too(void **state)
{
    (void)state;
    expect_answer("HTTP/1.1 200\nContent-Length: 2\n\nab", 200, 0, "ab");
    expect_answer("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nab\n0\n\n", 200, 0, "ab");
}

static void test_interim_answers_are_passed_over_and_forgotten(void **state)
{
    (void)state;
    uspan_answer_t a = expect_answer(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nRetry-After: 9\r\nConnection: close\r\n"
        "Content-Length: 3\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n"
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab",
        200, 0, "ab");
    assert_int_equal(a.retry_after_s, NEVER);
    assert_int_equal(a.date_unix, 0);
}

static void test_204_and_304_have_no_body_whatever_they_say(void **state)
{
    (void)state;
    expect_answer("HTTP/1.1 204 No Content\r\n\r\n", 204, 0, "");
    expect_answer("HTTP/1.1 304 Not Modified\r\nContent-Length: 100000000\r\n\r\n", 304, 0, "");
    expect_answer("HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n", 204, 0, "");
}

static void test_chunks_are_joined_and_extensions_and_trailers_skipped(void **state)
{
    (void)state;
    expect_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 200, 0,
                  "hello");
    expect_answer("HTTP/1.1 200 OK\r\ntransfer-encoding: \tCHUNKED \r\n\r\n0001;a=\"b\"\r\nx\r\nA "
                  "\r\n0123456789\r\n0;z\r\n"
                  "Content-Length: 7\r\nX: y\r\n\r\n",
                  200, 0, "x0123456789");
    expect_answer("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", 200, 0,
                  "x");
    expect_answer(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        200, 0, "x");
}

static void test_without_framing_the_close_ends_the_body(void **state)
{
    (void)state;
    static const char *const heads[] = { "HTTP/1.1 200 OK\r\n\r\n",
                                         "HTTP/1.1 500 x\r\nTransfer-Encoding: gzip\r\n\r\n",
                                         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
                                         "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n" };
    for (size_t i = 0; i < COUNT(heads); i++) {
        char text[128];
        (void)snprintf(text, sizeof(text), "%sabc", heads[i]);
        outcome_t o = feed_all_ways(text, strlen(text));
        assert_int_equal(o.err, USPAN_ERR_AGAIN);
        assert_int_equal(o.eof, USPAN_OK);
        assert_int_equal(o.answer.flags, USPAN_ANSWER_CLOSE);
        assert_int_equal(o.answer.body_bytes, 3);
        assert_memory_equal(o.answer.body, "abc", 3);
    }
}

static void test_the_connection_stays_unless_version_or_header_end_it(void **state)
{
    (void)state;
    static const struct {
        const char *version, *connection;
        bool close;
    } rows[] = {
        { "1.1", "", false },
        { "1.1", "Connection: close\r\n", true },
        { "1.1", "Connection: Keep-Alive\r\n", false },
        { "1.1", "connection: foo ,\tCLOSE , bar\r\n", true },
        { "1.1", "Connection: close, keep-alive\r\n", true },
        { "1.1", "Connection: closed\r\n", false },
        { "1.1", "Connection: x\r\nConnection: close\r\n", true },
        { "1.1", "Connection:\r\n", false },
        { "1.0", "", true },
        /* Keep-alive of HTTP/1.0 is not supported, since few servers need it. */
        { "1.0", "Connection: keep-alive\r\n", true },
        { "1.0", "Connection: keep-alive, close\r\n", true },
        { "1.1", "Connection: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, close\r\n",
          true },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[256];
        (void)snprintf(text, sizeof(text), "HTTP/%s 200 OK\r\n%sContent-Length: 1\r\n\r\nx", rows[i].version,
                       rows[i].connection);
        expect_answer(text, 200, rows[i].close ? USPAN_ANSWER_CLOSE : 0u, "x");
    }
    expect_answer("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                  200, USPAN_ANSWER_CLOSE, ""); /* RFC 9112 §6.1 */
}

static void test_the_content_type_is_compared_without_parameters_and_case(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        unsigned flags;
    } rows[] = {
        { "application/x-protobuf", USPAN_ANSWER_PROTOBUF },
        { "Application/X-Protobuf ; charset=utf-8", USPAN_ANSWER_PROTOBUF },
        { "application/x-protobuf;a=0123456789012345678901234567890123456789012345678901234567890",
          USPAN_ANSWER_PROTOBUF },
        { "application/json", USPAN_ANSWER_JSON },
        { "application/x-protobuf2", USPAN_ANSWER_FIELD },
        { "", 0 },
        { ";application/x-protobuf", 0 },
        { "application/x-protobu", USPAN_ANSWER_FIELD },
        { "application/json\r\nContent-Type: application/x-protobuf", USPAN_ANSWER_PROTOBUF },
        { "application/x-protobuf\r\nContent-Type: text/html", USPAN_ANSWER_FIELD },
        { "text/html\r\nContent-Type: text/plain", USPAN_ANSWER_FIELD },
        { "text/html\r\nContent-Type: application/json", USPAN_ANSWER_JSON },
        { "                                                                 application/x-protobuf",
          USPAN_ANSWER_PROTOBUF },
        { "application/x-protobuf                                                                 ",
          USPAN_ANSWER_PROTOBUF },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[256];
        (void)snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: 0\r\n\r\n",
                       rows[i].type);
        outcome_t o = feed_all_ways(text, strlen(text));
        assert_int_equal(o.err, USPAN_OK);
        assert_int_equal(o.answer.flags, rows[i].flags);
        /* Nothing is left of a type before the last one. */
        const char *last = strstr(rows[i].type, "-Type: ");
        last = last != NULL ? last + 7 : rows[i].type;
        assert_int_equal(o.answer.body_len, rows[i].flags == USPAN_ANSWER_FIELD ? strlen(last) : 0u);
        assert_memory_equal(o.answer.body, last, o.answer.body_len);
    }
}

static void test_retry_after_and_date_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        uint32_t seconds;
        uint64_t at;
    } rows[] = {
        { "120", 120, 0 },
        { "0", 0, 0 },
        { "99999999999999999999999", 0x0FFFFFFF, 0 },
        { "-1", NEVER, 0 },
        { "1.5", NEVER, 0 },
        { "", NEVER, 0 },
        { "soon", NEVER, 0 },
        { "Sun, 06 Nov 1994 08:49:37 GMT", NEVER, DATE_S },
        { "Sunday, 06-Nov-94 08:49:37 GMT", NEVER, DATE_S },
        { "Sun Nov  6 08:49:37 1994", NEVER, DATE_S },
        { "Sun, 06 Nov 1994 08:49:37 GMT  ", NEVER, DATE_S },
        { "0000000000000000000000000000000000000000000000000000001", NEVER, 0 },
        { "Sun, 06 Nov 1994 08:49:37 GMT and more of it", NEVER, 0 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[256];
        (void)snprintf(text, sizeof(text),
                       "HTTP/1.1 503 x\r\nRetry-After: %s\r\nDate: %s\r\nContent-Length: 0\r\n\r\n",
                       rows[i].value, rows[i].value);
        uspan_answer_t a = expect_answer(text, 503, 0, "");
        assert_int_equal(a.retry_after_s, rows[i].seconds);
        assert_int_equal(a.retry_at_unix, rows[i].at);
        assert_int_equal(a.date_unix, rows[i].at);
    }
    /* The two-digit year of RFC 850 depends on the present: in 2026, 77 is 1977. */
    uspan_answer_t a = expect_answer(
        "HTTP/1.1 200 x\r\nDate: Sunday, 06-Nov-77 08:49:37 GMT\r\nContent-Length: 0\r\n\r\n", 200, 0, "");
    assert_int_equal(a.date_unix, UINT64_C(247654177));
}

static void test_long_and_odd_header_lines_are_skipped(void **state)
{
    (void)state;
    char text[1200];
    int n = snprintf(text, sizeof(text),
                     "HTTP/1.1 200 %0200d\r\nSet-Cookie: %0300d\r\n%0200d: x\r\nno colon\r\n: no name\r\n"
                     "Content-Length-X: 9\r\nXContent-Length: 9\r\nContent-Length : 2\r\nX:\r\n\r\nab",
                     0, 0, 0);
    assert_true(n > 0 && (size_t)n < sizeof(text));
    expect_answer(text, 200, 0, "ab");
}

static void test_folded_lines_continue_the_field_before(void **state)
{
    (void)state;
    expect_answer("HTTP/1.1 200 OK\r\nContent-Length:\r\n 2\r\nX: y\r\n\t Content-Length: 9\r\n\r\nab", 200,
                  0, "ab");
    expect_answer(
        "HTTP/1.1 200 OK\r\n Content-Length: 9\r\nConnection: x,\r\n  close\r\nContent-Length: 1\r\n\r\na",
        200, USPAN_ANSWER_CLOSE, "a");
    expect_status("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n 2\r\n\r\n", 200);
}

static void test_bytes_after_the_answer_are_left(void **state)
{
    (void)state;
    static const char *const texts[] = { "HTTP/1.1 204 x\r\n\r\n",
                                         "HTTP/1.1 200 x\r\nContent-Length: 1\r\n\r\na",
                                         "HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" };
    for (size_t i = 0; i < COUNT(texts); i++) {
        char text[128];
        (void)snprintf(text, sizeof(text), "%sHTTP/1.1", texts[i]);
        outcome_t o = feed_all_ways(text, strlen(text));
        assert_int_equal(o.err, USPAN_OK);
        assert_int_equal(o.used, strlen(texts[i]));
        size_t used = 9;
        assert_int_equal(uspan_answer_feed(&o.answer, (const uint8_t *)"x", 1, 0, &used), USPAN_OK);
        assert_int_equal(used, 0);
    }
}

static void test_what_is_not_http_1_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "\n \n",
        "HTTP/2 200 OK\r\n",
        "HTTP/2.0 200 OK\r\n",
        "http/1.1 200 OK\r\n",
        "HTTP/1.x 200 OK\r\n",
        "HTTP/1.1 2x0 OK\r\n",
        "HTTP/1.1 20 OK\r\n",
        "HTTP/1.1 2000 OK\r\n",
        "HTTP/1.1 200OK\r\n",
        "HTTP/1.1 099 OK\r\n",
        "HTTP/1.1 000 \r\n",
        "HTTP/1.10 200 OK\r\n",
        "\x15\x03\x01\x02\x28\n",
        "SSH-2.0-OpenSSH\r\n",
        "<html>\n",
        " HTTP/1.1 200 OK\r\n",
    };
    for (size_t i = 0; i < COUNT(texts); i++) {
        expect_failure(texts[i], USPAN_ERR_IO);
    }
}

static void test_framing_that_contradicts_itself_ends_the_answer(void **state)
{
    (void)state;
    static const char *const heads[] = {
        "Content-Length: 1\r\nContent-Length: 2",
        "Content-Length: 1, 2",
        "Content-Length: 1, 1, 0",
        "Content-Length: 1\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 1",
        "Transfer-Encoding: gzip\r\nContent-Length: 1",
        "Content-Length:",
        "Content-Length: +1",
        "Content-Length: -1",
        "Content-Length: 0x1",
        "Content-Length: 1 1",
        "Content-Length: \r1",
        "Content-Length: 1a",
        "Content-Length: 00000000000000000000000000000000000000000000000001",
    };
    for (size_t i = 0; i < COUNT(heads); i++) {
        char text[256];
        (void)snprintf(text, sizeof(text), "HTTP/1.1 503 Busy\r\n%s\r\n\r\n", heads[i]);
        expect_status(text, 503);
    }
}

static void test_equal_lengths_count_as_one_and_chunks_go_before_a_length(void **state)
{
    (void)state;
#define OK "HTTP/1.1 200 OK\r\n"
#define CHUNKS "Transfer-Encoding: chunked\r\n"
    expect_answer(OK "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", 200, 0, "a");
    expect_answer(OK "Content-Length: 1, 1 ,1\r\nContent-Length: 01\r\n\r\na", 200, 0, "a");
    expect_answer(OK "Content-Length: 9\r\n" CHUNKS "\r\n1\r\na\r\n0\r\n\r\n", 200, USPAN_ANSWER_CLOSE, "a");
    expect_answer(OK CHUNKS "Content-Length: 9\r\n\r\n0\r\n\r\n", 200, USPAN_ANSWER_CLOSE, "");
    expect_answer("\r\n\nHTTP/1.1  204 x\r\n\r\n", 204, 0, "");
}

static void test_a_peer_that_speaks_http_2_or_tls_is_known(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        unsigned flags;
    } rows[] = {
        { "\0\0\x06\x04\0\0\0\0\0\0\x05\0\0\x40\0", 15, USPAN_ANSWER_HTTP2 }, /* SETTINGS */
        { "\0\0\x0a\x07\0\0\0\0\0\0\0\0\0\0\0\0\x01no", 19,
          USPAN_ANSWER_HTTP2 }, /* GOAWAY, length has a line feed */
        { "\0\0\x08\x07", 4, USPAN_ANSWER_HTTP2 },
        { "HTTP/2 200\r\n", 12, USPAN_ANSWER_HTTP2 },
        { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24, USPAN_ANSWER_HTTP2 },
        { "SSH-2.0-x\r\n", 11, 0 },
        { "\0", 1, 0 },
        { "\x15\x03\x01\0\x02\x02\x46", 7, USPAN_ANSWER_TLS }, /* alert: protocol_version */
        { "\x15\x03", 2, USPAN_ANSWER_TLS },
        { "\x15", 1, 0 },
        { "\x16\x03\x03\0\x02\x02\x46", 7, 0 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        outcome_t o = feed_all_ways(rows[i].bytes, rows[i].len);
        assert_int_equal(o.eof, USPAN_ERR_IO);
        assert_int_equal(o.answer.flags, rows[i].flags);
    }
    /* The error is reported immediately, not when the peer closes the connection. */
    assert_int_equal(feed_split((const uint8_t *)"\0\0\x06\x04\0\0\0\0\0", 9, 9, 9, 9).err, USPAN_ERR_IO);
    assert_int_equal(feed_split((const uint8_t *)"\x15\x03\x03\0\x02\x02\x0A", 7, 7, 7, 7).err, USPAN_ERR_IO);
}

static void test_where_a_redirect_leads_and_a_foreign_type_are_kept(void **state)
{
    (void)state;
    static const char moved[] = "HTTP/1.1 308 Moved\r\nLocation:  https://new.example/v1/traces \r\n"
                                "Content-Length: 3\r\n\r\nabc";
    static const char page[] =
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; x\r\nContent-Length: 3\r\n\r\nabc";
    outcome_t o = feed_all_ways(moved, sizeof moved - 1u);
    assert_int_equal(o.answer.flags, USPAN_ANSWER_FIELD);
    assert_int_equal(o.answer.body_len, 29);
    assert_memory_equal(o.answer.body, "https://new.example/v1/traces", 29);
    o = feed_all_ways(page, sizeof page - 1u);
    assert_int_equal(o.answer.flags, USPAN_ANSWER_FIELD);
    assert_int_equal(o.answer.body_len, 9);
    assert_memory_equal(o.answer.body, "text/html", 9);
    assert_int_equal(o.answer.body_bytes, 3);
}

static void test_broken_chunks_end_the_answer(void **state)
{
    (void)state;
    static const char *const bodies[] = { "\r\n",
                                          "g\r\n",
                                          ";a\r\n",
                                          " 1\r\n",
                                          "-1\r\n",
                                          "1g\r\n",
                                          "1\r\nxy\n",
                                          "1\r\nxy\r\n",
                                          "1\r\nx\r\n\r\n",
                                          "0x1\r\n",
                                          "0000000000000000000000000000000000000001\r\n",
                                          "0000000000000000000000000000000000000000001\r\n" };
    for (size_t i = 0; i < COUNT(bodies); i++) {
        char text[256];
        (void)snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%s",
                       bodies[i]);
        expect_status(text, 200);
    }
}

static void test_a_close_tells_a_dead_connection_from_an_answer_cut_short(void **state)
{
    (void)state;
    static const char text[] = "HTTP/1.1 100 x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na";
    static const char chunked[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n";
    for (size_t len = 0; len < sizeof(text) - 1u; len++) {
        outcome_t o = feed_split((const uint8_t *)text, len, len, len, 1);
        assert_int_equal(o.err, USPAN_ERR_AGAIN);
        assert_int_equal(o.eof, len == 0u                                                  ? USPAN_ERR_CLOSED
                                : len >= sizeof "HTTP/1.1 100 x\r\n\r\nHTTP/1.1 200 " - 1u ? USPAN_OK
                                                                                           : USPAN_ERR_IO);
    }
    for (size_t len = 1; len < sizeof(chunked) - 1u; len++) {
        assert_int_equal(feed_split((const uint8_t *)chunked, len, len, len, 1).eof,
                         len >= sizeof "HTTP/1.1 200 " - 1u ? USPAN_OK : USPAN_ERR_IO);
    }
    uspan_answer_t a;
    size_t used = 7;
    uspan_answer_begin(&a);
    assert_int_equal(uspan_answer_feed(&a, NULL, 0, 0, &used), USPAN_ERR_AGAIN);
    assert_int_equal(used, 0);
    assert_int_equal(uspan_answer_end(&a), USPAN_ERR_CLOSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_plain_answer_is_read),
        cmocka_unit_test(test_bare_line_feeds_end_lines_too),
        cmocka_unit_test(test_interim_answers_are_passed_over_and_forgotten),
        cmocka_unit_test(test_204_and_304_have_no_body_whatever_they_say),
        cmocka_unit_test(test_chunks_are_joined_and_extensions_and_trailers_skipped),
        cmocka_unit_test(test_without_framing_the_close_ends_the_body),
        cmocka_unit_test(test_the_connection_stays_unless_version_or_header_end_it),
        cmocka_unit_test(test_the_content_type_is_compared_without_parameters_and_case),
        cmocka_unit_test(test_retry_after_and_date_are_read),
        cmocka_unit_test(test_long_and_odd_header_lines_are_skipped),
        cmocka_unit_test(test_folded_lines_continue_the_field_before),
        cmocka_unit_test(test_bytes_after_the_answer_are_left),
        cmocka_unit_test(test_what_is_not_http_1_is_refused),
        cmocka_unit_test(test_framing_that_contradicts_itself_ends_the_answer),
        cmocka_unit_test(test_broken_chunks_end_the_answer),
        cmocka_unit_test(test_equal_lengths_count_as_one_and_chunks_go_before_a_length),
        cmocka_unit_test(test_a_peer_that_speaks_http_2_or_tls_is_known),
        cmocka_unit_test(test_where_a_redirect_leads_and_a_foreign_type_are_kept),
        cmocka_unit_test(test_a_close_tells_a_dead_connection_from_an_answer_cut_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
