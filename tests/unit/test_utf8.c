/* test_utf8.c: valid and invalid UTF-8, by the table of the Unicode standard (15.0, table 3-7), which the
 * code does not use. */
#include <stdlib.h>
#include <string.h>
#include "peek.h"
#include "trace/utf8.h"

/* Rows of table 3-7: ranges of the bytes. high 0: there is no such byte. */
static const struct {
    uint8_t low[4], high[4];
} rows[] = {
    { { 0x00 }, { 0x7F } },
    { { 0xC2, 0x80 }, { 0xDF, 0xBF } },
    { { 0xE0, 0xA0, 0x80 }, { 0xE0, 0xBF, 0xBF } },
    { { 0xE1, 0x80, 0x80 }, { 0xEC, 0xBF, 0xBF } },
    { { 0xED, 0x80, 0x80 }, { 0xED, 0x9F, 0xBF } },
    { { 0xEE, 0x80, 0x80 }, { 0xEF, 0xBF, 0xBF } },
    { { 0xF0, 0x90, 0x80, 0x80 }, { 0xF0, 0xBF, 0xBF, 0xBF } },
    { { 0xF1, 0x80, 0x80, 0x80 }, { 0xF3, 0xBF, 0xBF, 0xBF } },
    { { 0xF4, 0x80, 0x80, 0x80 }, { 0xF4, 0x8F, 0xBF, 0xBF } },
};

/* uspan_utf8_step() written from the table. */
static int model_step(const uint8_t *b, size_t len)
{
    int best = 0;
    for (size_t r = 0; r < COUNT(rows); r++) {
        int n = 0;
        int size = 0;
        while (size < 4 && rows[r].high[size] != 0u) {
            size++;
        }
        while (n < size && (size_t)n < len && b[n] >= rows[r].low[n] && b[n] <= rows[r].high[n]) {
            n++;
        }
        if (n == size) {
            return size;
        }
        if (n > 0 && (size_t)n == len) {
            return 0;
        }
        best = n > best ? n : best;
    }
    return best > 0 ? -best : -1;
}

static size_t encode(uint32_t c, char out[4])
{
    if (c < 0x80u) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800u ? 2u : c < 0x10000u ? 3u : 4u;
    for (size_t i = n; i-- > 1u; c >>= 6) {
        out[i] = (char)(0x80u | (c & 0x3Fu));
    }
    out[0] = (char)((0xF00u >> n & 0xF0u) | c);
    return n;
}

static void test_every_code_point_is_one_step_and_its_beginnings_wait(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x10FFFFu; c++) {
        char text[4];
        size_t n = encode(c, text);
        bool surrogate = c >= 0xD800u && c <= 0xDFFFu;
        if (surrogate) {
            assert_int_equal(uspan_utf8_step(text, n), -1);
            assert_int_equal(uspan_utf8_run(text, n), 0);
            continue;
        }
        assert_int_equal(uspan_utf8_step(text, n), n);
        assert_int_equal(uspan_utf8_run(text, n), n);
        for (size_t cut = 1; cut < n; cut++) {
            assert_int_equal(uspan_utf8_step(text, cut), 0);
        }
    }
}

static void test_every_three_bytes_step_as_the_standard_s_table_says(void **state)
{
    (void)state;
    static const uint8_t edges[] = { 0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xF4, 0xF5, 0xFF };
    for (uint32_t i = 0; i < 0x10000u; i++) {
        for (size_t third = 0; third < COUNT(edges); third++) {
            uint8_t b[4] = { (uint8_t)(i >> 8), (uint8_t)i, edges[third], 0xBFu };
            for (size_t len = 1; len <= 4u; len++) {
                assert_int_equal(uspan_utf8_step((const char *)b, len), model_step(b, len));
            }
        }
    }
}

static void test_a_run_ends_at_the_first_bad_byte_wherever_it_stands(void **state)
{
    (void)state;
    static const char *const pieces[] = { "a", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x8C\xB1" };
    for (size_t len = 0; len < 90u; len++) {
        char *text = malloc(len + 1u); /* ends where memory ends: the sanitizer detects reads beyond it */
        for (size_t p = 0; p < COUNT(pieces); p++) {
            size_t size = strlen(pieces[p]);
            size_t whole = len / size * size;
            memset(text, 'x', len);
            for (size_t at = 0; at + size <= len; at += size) {
                memcpy(text + at, pieces[p], size);
            }
            assert_int_equal(uspan_utf8_run(text, len), len);
            for (size_t bad = 0; bad < len; bad++) {
                char kept = text[bad];
                text[bad] = '\xFF';
                size_t expected = bad < whole ? bad / size * size : bad;
                assert_int_equal(uspan_utf8_run(text, len), expected);
                text[bad] = kept;
            }
        }
        free(text);
    }
}

static void test_a_cut_never_splits_a_character(void **state)
{
    (void)state;
    const char text[] = "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x8C\xB1z";
    static const size_t expected[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11, 11 };
    for (size_t max = 0; max < COUNT(expected); max++) {
        assert_int_equal(uspan_utf8_cut(text, sizeof text - 1u, max), expected[max]);
    }
    assert_int_equal(uspan_utf8_cut(text, 0, 0), 0);
}

static void test_characters_are_counted_bad_sequences_as_one_each(void **state)
{
    (void)state;
    const char text[] = "a\xC3\xA4\xFF\xE2\x82z\xF0\x9F\x8C";
    static const size_t expected[] = { 0, 1, 3, 4, 6, 7, 10, 10, 10 };
    for (size_t chars = 0; chars < COUNT(expected); chars++) {
        assert_int_equal(uspan_utf8_chars(text, sizeof text - 1u, chars), expected[chars]);
    }
    assert_int_equal(uspan_utf8_chars(text, sizeof text - 1u, SIZE_MAX), sizeof text - 1u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_point_is_one_step_and_its_beginnings_wait),
        cmocka_unit_test(test_every_three_bytes_step_as_the_standard_s_table_says),
        cmocka_unit_test(test_a_run_ends_at_the_first_bad_byte_wherever_it_stands),
        cmocka_unit_test(test_a_cut_never_splits_a_character),
        cmocka_unit_test(test_characters_are_counted_bad_sequences_as_one_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
