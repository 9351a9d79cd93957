/* test_sse.c: the data of events, for all positions of fragment ends and all kinds of line ends. */
#include "wire/sse.h"
#include "cmocka_all.h"
#include "guard_page.h"
#include <string.h>

/* Data in order, with | for an event's end. Fragments have the given size, and up to `take` bytes of one are
 * taken at once. Lines that begin with # are skipped. An event's name is in capitals. */
static void read_by(const char *text, size_t step, size_t take, char *out)
{
    uspan_sse_t s = { 0 };
    size_t len = strlen(text);
    for (size_t at = 0; at < len; at += step) {
        size_t n = step < len - at ? step : len - at;
        const char *piece = guard_put(0, text + at, n);
        const char *end = piece + n;
        for (uspan_sse_next_t next = uspan_sse_next(&s, &piece, end); next != USPAN_SSE_MORE;
             next = uspan_sse_next(&s, &piece, end)) {
            assert_true(piece <= end);
            if (next == USPAN_SSE_END) {
                *out++ = '|';
            } else if (*piece == '#') {
                uspan_sse_pass(&s);
            } else {
                assert_true(piece < end && *piece != '\n' && *piece != '\r');
                for (size_t i = 0; i < take && piece < end && *piece != '\n' && *piece != '\r'; i++) {
                    bool capital = next == USPAN_SSE_NAME && *piece >= 'a' && *piece <= 'z';
                    *out++ = (char)(*piece++ - (capital ? 'a' - 'A' : 0));
                }
            }
        }
        assert_ptr_equal(piece, end);
    }
    *out = '\0';
}

static void gives(const char *text, const char *expected)
{
    char out[256];
    for (size_t step = strlen(text); step > 0u; step--) {
        read_by(text, step, 3, out);
        assert_string_equal(out, expected);
        read_by(text, step, 100, out);
        assert_string_equal(out, expected);
    }
}

static void test_data_lines_are_found_among_names_ids_and_comments(void **state)
{
    (void)state;
    gives("data: {\"a\":1}\n\ndata: [DONE]\n\n", "{\"a\":1}|[DONE]|");
    gives("event: message_start\nid: 7\ndata: {}\nretry: 10\n\n", "MESSAGE_START{}|");
    gives(": keep-alive\n\ndata:{}\n\n", "|{}|");
    gives("data: {\ndata: }\n\n", "{}|");
    gives("datax: 1\ndat: 2\ndata\ndata : 3\n data: 4\nDATA: 5\n\n", "|");
    gives("data:  two\n\n", " two|");
    gives("data:\n\ndata: \n\n", "||");
    gives("data: #1\ndata: 2\n\ndata: 3\n\n", "2|3|");
    gives("id:1\nevent:result\n:HTTP_STATUS/200\ndata:{\"output\":{}}\n\n", "RESULT{\"output\":{}}|");
    gives("{\"error\":1}\n\n", "{\"error\":1}|"); /* a server that omitted the field */
    gives("event: error\ndata: {}\n\neven: x\nevent\n\n", "ERROR{}||");
}

static void test_a_line_may_end_in_lf_in_crlf_or_in_cr(void **state)
{
    (void)state;
    gives("data: a\r\n\r\ndata: b\r\n\r\n", "a|b|");
    gives("data: a\r\rdata: b\r\r", "a|b|");
    gives("data: a\n\r\ndata: b\r\n\n", "a|b|");
}

static void test_a_zero_belongs_to_the_data_or_the_name(void **state)
{
    (void)state;
    static const char data[] = "data: \0x";
    static const char name[] = "event:\0x";
    uspan_sse_t s = { 0 };
    const char *at = data;
    assert_int_equal(uspan_sse_next(&s, &at, data + sizeof data - 1u), USPAN_SSE_DATA);
    assert_ptr_equal(at, data + 6);
    s = (uspan_sse_t){ 0 };
    at = name;
    assert_int_equal(uspan_sse_next(&s, &at, name + sizeof name - 1u), USPAN_SSE_NAME);
    assert_ptr_equal(at, name + 6);
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
        cmocka_unit_test(test_a_zero_belongs_to_the_data_or_the_name),
        cmocka_unit_test(test_an_event_that_breaks_off_does_not_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
