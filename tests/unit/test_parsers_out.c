/* test_parsers_out.c: the behaviour of a build without date parsing and tracestate.
 * uspan-config: USPAN_HTTP_DATE=0 USPAN_TRACESTATE_BYTES=0 USPAN_MESSAGE_TEXTS=0 */
#include "export/headers.h"
#include "export/http_response.h"
#include "export/httpdate.h"
#include "export/retry.h"
#include "export/url.h"
#include "cmocka_all.h"

static void test_dates_in_answers_are_ignored_and_seconds_are_not(void **state)
{
    (void)state;
    static const char date[] = "HTTP/1.1 503 x\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                               "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 0\r\n\r\n";
    static const char seconds[] = "HTTP/1.1 429 x\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n";
    uspan_answer_t a;
    size_t used;
    uspan_answer_begin(&a);
    assert_int_equal(uspan_answer_feed(&a, (const uint8_t *)date, sizeof(date) - 1u, 0, &used), USPAN_OK);
    assert_int_equal(uspan_retry_after_ms(&a, 1), 0);
    uspan_answer_begin(&a);
    assert_int_equal(uspan_answer_feed(&a, (const uint8_t *)seconds, sizeof(seconds) - 1u, 0, &used),
                     USPAN_OK);
    assert_int_equal(uspan_retry_after_ms(&a, 0), 7000);
}

static void test_civil_dates_stay(void **state)
{
    (void)state;
    uspan_civil_t civil;
    uspan_civil_of(951782400, &civil);
    assert_int_equal(civil.year, 2000);
    assert_int_equal(civil.month, 2);
    assert_int_equal(civil.day, 29);
}

static void test_a_tracestate_is_left_out_and_told(void **state)
{
    (void)state;
    static const char parent[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    uspan_context_t c;
    char text[56];
    assert_int_equal(uspan_context_parse(&c, parent, NULL), USPAN_OK);
    assert_int_equal(uspan_context_parse(&c, parent, ""), USPAN_OK);
    assert_int_equal(uspan_context_parse(&c, parent, "a=1"), USPAN_TRUNCATED);
    assert_int_equal(uspan_traceparent(&c, text), USPAN_TRACEPARENT_LEN);
    assert_string_equal(text, parent);
}

static void test_without_texts_refusals_are_short(void **state)
{
    (void)state;
    uspan_url_t url;
    assert_string_equal(uspan_url_parse("grpc://h", &url), "endpoint unusable");
    assert_string_equal(uspan_url_parse("http://", &url), "endpoint unusable");
    assert_null(uspan_url_parse("http://h", &url));
    bool secret = false;
    assert_string_equal(uspan_headers_check("a", &secret), "headers unusable");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates_in_answers_are_ignored_and_seconds_are_not),
        cmocka_unit_test(test_civil_dates_stay),
        cmocka_unit_test(test_a_tracestate_is_left_out_and_told),
        cmocka_unit_test(test_without_texts_refusals_are_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
