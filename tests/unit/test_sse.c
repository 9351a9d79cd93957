/* test_sse.c: the data of events, wherever fragments end and whichever line ends the server likes. */
#include "sse.h"
#include "cmocka_all.h"
#include "guard_page.h"
#include <string.h>

/* Data as it comes, | for an event's end; by fragments of the given size. */
static void read_by(const char *text, size_t step, char *out)
{
    uspan_sse_t s = { 0 };
    size_t len = strlen(text);
    for (size_t at = 0; at < len; at += step) {
        size_t n = step < len - at ? step : len - at;
        const char *piece = guard_put(0, text + at, n);
        while (n > 0u) {
            uspan_sse_piece_t p;
            size_t used = uspan_sse_next(&s, piece, n, &p);
            assert_true(used > 0u && used <= n);
            assert_true(p.len == 0u || (p.data >= piece && p.data + p.len <= piece + used));
            if (p.len > 0u) {
                memcpy(out, p.data, p.len);
                out += p.len;
            }
            if (p.ends) {
                *out++ = '|';
            }
            piece += used;
            n -= used;
        }
    }
    *out = '\0';
}

static void gives(const char *text, const char *expected)
{
    char out[256];
    for (size_t step = strlen(text); step > 0u; step--) {
        read_by(text, step, out);
        assert_string_equal(out, expected);
    }
}

static void test_data_lines_are_found_among_names_ids_and_comments(void **state)
{
    (void)state;
    gives("data: {\"a\":1}\n\ndata: [DONE]\n\n", "{\"a\":1}|[DONE]|");
    gives("event: message_start\nid: 7\ndata: {}\nretry: 10\n\n", "{}|");
    gives(": keep-alive\n\ndata:{}\n\n", "|{}|");
    gives("data: {\ndata: }\n\n", "{}|");
    gives("datax: 1\ndat: 2\ndata\ndata : 3\n data: 4\nDATA: 5\n\n", "|");
    gives("data:  two\n\n", " two|");
    gives("data:\n\ndata: \n\n", "||");
    gives("id:1\nevent:result\n:HTTP_STATUS/200\ndata:{\"output\":{}}\n\n", "{\"output\":{}}|");
}

static void test_a_line_may_end_in_lf_in_crlf_or_in_cr(void **state)
{
    (void)state;
    gives("data: a\r\n\r\ndata: b\r\n\r\n", "a|b|");
    gives("data: a\r\rdata: b\r\r", "a|b|");
    gives("data: a\n\r\ndata: b\r\n\n", "a|b|");
}

static void test_an_event_that_breaks_off_does_not_end(void **state)
{
    (void)state;
    gives("data: a\n\ndata: b", "a|b");
    gives("data: a\n\ndata: b\n", "a|b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_data_lines_are_found_among_names_ids_and_comments),
        cmocka_unit_test(test_a_line_may_end_in_lf_in_crlf_or_in_cr),
        cmocka_unit_test(test_an_event_that_breaks_off_does_not_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
