/* test_context.c: tests traceparent by the table of W3C Trace Context. The texts end at the end of mapped
 * memory. */
#include "uspan/uspan.h"
#include "cmocka_all.h"
#include "guard_page.h"

#define TRACE "0af7651916cd43dd8448eb211c80319c"
#define PARENT "b7ad6b7169203331"
#define ZERO_TRACE "00000000000000000000000000000000"
#define GOOD "00-" TRACE "-" PARENT "-01"

static uspan_err_t parse_text(uspan_context_t *c, const char *traceparent, const char *tracestate)
{
    memset(c, 0x5A, sizeof(*c));
    size_t parent_len = strlen(traceparent), state_len = tracestate != NULL ? strlen(tracestate) : 0u;
    return uspan_context_parse_n(c, guard_put(0, traceparent, parent_len), parent_len,
                                 tracestate != NULL ? guard_put(1, tracestate, state_len) : NULL, state_len);
}

static void test_a_traceparent_is_read(void **state)
{
    (void)state;
    static const uint8_t trace[16] = { 0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd,
                                       0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c };
    static const uint8_t span[8] = { 0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31 };
    static const char *const spaced[] = { GOOD, " " GOOD, GOOD "\t ", "\t  " GOOD " " };
    for (size_t i = 0; i < COUNT(spaced); i++) {
        uspan_context_t c;
        assert_int_equal(parse_text(&c, spaced[i], NULL), USPAN_OK);
        assert_memory_equal(c.trace_id, trace, 16);
        assert_memory_equal(c.span_id, span, 8);
        assert_int_equal(c.flags, USPAN_FLAG_SAMPLED);
        assert_int_equal(c.remote, 1);
        size_t len = 9;
        (void)uspan_tracestate(&c, &len);
        assert_int_equal(len, 0);
    }
}

static void test_only_the_sampled_and_random_bits_are_taken(void **state)
{
    (void)state;
    for (unsigned flags = 0; flags < 256u; flags++) {
        char text[] = "00-" TRACE "-" PARENT "-00";
        text[53] = "0123456789abcdef"[flags >> 4];
        text[54] = "0123456789abcdef"[flags & 15u];
        uspan_context_t c;
        assert_int_equal(parse_text(&c, text, NULL), USPAN_OK);
        assert_int_equal(c.flags, flags & 3u);
    }
}

static void test_later_versions_are_read_as_version_00_and_the_rest_ignored(void **state)
{
    (void)state;
    static const char *const good[] = { "01-" TRACE "-" PARENT "-01",
                                        "cc-" TRACE "-" PARENT "-01-what-the-future-brings",
                                        "fe-" TRACE "-" PARENT "-03-",
                                        "01-" TRACE "-" PARENT "-01-\x80\x01" };
    for (size_t i = 0; i < COUNT(good); i++) {
        uspan_context_t c;
        assert_int_equal(parse_text(&c, good[i], NULL), USPAN_OK);
        assert_true((c.flags & USPAN_FLAG_SAMPLED) != 0u);
    }
}

static void test_each_invalid_traceparent_gives_a_zero_context_and_drops_the_tracestate(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
    } rows[] = {
        { "empty", "" },
        { "blanks alone", "  \t" },
        { "54 characters", "00-" TRACE "-" PARENT "-0" },
        { "zero trace id", "00-" ZERO_TRACE "-" PARENT "-01" },
        { "zero parent id", "00-" TRACE "-0000000000000000-01" },
        { "upper-case trace id", "00-0AF7651916CD43DD8448EB211C80319C-" PARENT "-01" },
        { "upper-case parent id", "00-" TRACE "-B7AD6B7169203331-01" },
        { "upper-case flags", "00-" TRACE "-" PARENT "-0A" },
        { "upper-case version", "0A-" TRACE "-" PARENT "-01" },
        { "version ff", "ff-" TRACE "-" PARENT "-01" },
        { "version ff with more", "ff-" TRACE "-" PARENT "-01-x" },
        { "version not hexadecimal", "0g-" TRACE "-" PARENT "-01" },
        { "version of one digit", "0-" TRACE "-" PARENT "-01x" },
        { "version of three digits", "000-" TRACE "-" PARENT "-01" },
        { "version 00 with more", "00-" TRACE "-" PARENT "-01-extra" },
        { "version 00 with a dash", "00-" TRACE "-" PARENT "-01-" },
        { "version 00 with a dot", "00-" TRACE "-" PARENT "-01." },
        { "version 01 with more but no dash", "01-" TRACE "-" PARENT "-01.x" },
        { "version 01 too short", "01-" TRACE "-" PARENT "-0" },
        { "trace id not hexadecimal", "00-.af7651916cd43dd8448eb211c80319c-" PARENT "-01" },
        { "parent id not hexadecimal", "00-" TRACE "-b7ad6b716920333g-01" },
        { "flags not hexadecimal", "00-" TRACE "-" PARENT "-0." },
        { "flags of one digit", "00-" TRACE "-" PARENT "-1 x" },
        { "no dash after the version", "00_" TRACE "-" PARENT "-01" },
        { "no dash after the trace id", "00-" TRACE "_" PARENT "-01" },
        { "no dash after the parent id", "00-" TRACE "-" PARENT "_01" },
        { "trace id too long", "00-" TRACE "0-" PARENT "-01" },
        { "two values", GOOD "," GOOD },
        { "a blank within", "00-" TRACE " " PARENT "-01" },
    };
    static const uspan_context_t zero;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uspan_context_t c;
        uspan_err_t err = parse_text(&c, rows[i].text, "a=1");
        if (err != USPAN_ERR_ARG || memcmp(&c, &zero, sizeof(c)) != 0) {
            fail_msg("%s: %d", rows[i].name, (int)err);
        }
    }
    uspan_context_t c;
    assert_int_equal(uspan_context_parse(&c, NULL, "a=1"), USPAN_ERR_ARG);
    assert_memory_equal(&c, &zero, sizeof(c));
}

static void test_no_byte_but_lower_case_hex_and_dashes_is_accepted_anywhere(void **state)
{
    (void)state;
    for (size_t at = 0; at < USPAN_TRACEPARENT_LEN; at++) {
        for (unsigned byte = 0; byte < 256u; byte++) {
            char text[] = GOOD;
            text[at] = (char)byte;
            bool hex = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
            bool dash = at == 2u || at == 35u || at == 52u;
            uspan_context_t c;
            uspan_err_t err = uspan_context_parse_n(&c, guard_put(0, text, USPAN_TRACEPARENT_LEN),
                                                    USPAN_TRACEPARENT_LEN, NULL, 0);
            assert_int_equal(err == USPAN_OK, dash ? byte == '-' : hex);
        }
    }
}

static void test_the_tracestate_comes_along_and_a_bad_one_leaves_the_traceparent(void **state)
{
    (void)state;
    uspan_context_t c;
    size_t len;
    assert_int_equal(parse_text(&c, GOOD, "rojo=00f067aa0ba902b7"), USPAN_OK);
    const char *text = uspan_tracestate(&c, &len);
    assert_int_equal(len, 21);
    assert_memory_equal(text, "rojo=00f067aa0ba902b7", 21);
    assert_int_equal(parse_text(&c, GOOD, "=bad"), USPAN_TRUNCATED);
    assert_int_equal(c.trace_id[0], 0x0a);
    (void)uspan_tracestate(&c, &len);
    assert_int_equal(len, 0);
}

static void test_what_is_written_can_be_read_again(void **state)
{
    (void)state;
    static const char *const rows[][2] = { { GOOD, GOOD },
                                           { "cc-" TRACE "-" PARENT "-ff-x", "00-" TRACE "-" PARENT "-03" },
                                           { "00-" TRACE "-" PARENT "-00", "00-" TRACE "-" PARENT "-00" },
                                           { "00-ffffffffffffffffffffffffffffffff-0000000000000001-02",
                                             "00-ffffffffffffffffffffffffffffffff-0000000000000001-02" } };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uspan_context_t c;
        assert_int_equal(parse_text(&c, rows[i][0], NULL), USPAN_OK);
        char *out = guard_put(2, (char[56]){ 0 }, 56); /* the 56th byte is the last mapped byte */
        assert_int_equal(uspan_traceparent(&c, out), USPAN_TRACEPARENT_LEN);
        assert_string_equal(out, rows[i][1]);
    }
}

static void test_only_the_sampled_and_random_bits_are_written(void **state)
{
    (void)state;
    uspan_context_t c = { .trace_id = { 1 }, .span_id = { 2 }, .flags = 0xFF, .remote = 1 };
    char out[56];
    assert_int_equal(uspan_traceparent(&c, out), USPAN_TRACEPARENT_LEN);
    assert_string_equal(out, "00-01000000000000000000000000000000-0200000000000000-03");
}

static void test_a_context_that_is_not_valid_writes_nothing(void **state)
{
    (void)state;
    uspan_context_t c = { .flags = 1 };
    char out[56] = "x";
    assert_int_equal(uspan_traceparent(&c, out), 0);
    assert_string_equal(out, "");
    c.trace_id[15] = 1;
    assert_int_equal(uspan_traceparent(&c, out), 0);
    c.trace_id[15] = 0;
    c.span_id[0] = 1;
    assert_int_equal(uspan_traceparent(&c, out), 0);
    c.trace_id[0] = 1;
    assert_int_equal(uspan_traceparent(&c, out), USPAN_TRACEPARENT_LEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_traceparent_is_read),
        cmocka_unit_test(test_only_the_sampled_and_random_bits_are_taken),
        cmocka_unit_test(test_later_versions_are_read_as_version_00_and_the_rest_ignored),
        cmocka_unit_test(test_each_invalid_traceparent_gives_a_zero_context_and_drops_the_tracestate),
        cmocka_unit_test(test_no_byte_but_lower_case_hex_and_dashes_is_accepted_anywhere),
        cmocka_unit_test(test_the_tracestate_comes_along_and_a_bad_one_leaves_the_traceparent),
        cmocka_unit_test(test_what_is_written_can_be_read_again),
        cmocka_unit_test(test_only_the_sampled_and_random_bits_are_written),
        cmocka_unit_test(test_a_context_that_is_not_valid_writes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
