/* test_number_text.c: numbers as text equal what the C library prints. */
#include "export/number_text.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "world.h"

static const char *print_double(double d)
{
    static char text[64];
    uspan_window_t w = { .out = (uint8_t *)text, .cap = sizeof text - 1u };
    uspan_print_double(&w, d);
    assert_true(w.at < sizeof text);
    text[w.at] = '\0';
    return text;
}

static const char *print_int(int64_t n)
{
    static char text[32];
    uspan_window_t w = { .out = (uint8_t *)text, .cap = sizeof text - 1u };
    uspan_print_int(&w, n);
    text[w.at] = '\0';
    return text;
}

static uint64_t random_state = 7u;

static uint64_t random_word(void)
{
    uint64_t z = (random_state += 0x9E3779B97F4A7C15u);
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static void test_whole_numbers_are_printed_to_both_ends(void **state)
{
    (void)state;
    assert_string_equal(print_int(0), "0");
    assert_string_equal(print_int(INT64_MAX), "9223372036854775807");
    assert_string_equal(print_int(INT64_MIN), "-9223372036854775808");
    for (unsigned i = 0; i < 10000u; i++) {
        char expected[32];
        int64_t n = (int64_t)random_word() >> (i % 64u);
        snprintf(expected, sizeof expected, "%" PRId64, n);
        assert_string_equal(print_int(n), expected);
    }
}

static void test_doubles_that_people_write_come_back_as_written(void **state)
{
    (void)state;
    static const char *const texts[] = { "0",
                                         "-0",
                                         "1",
                                         "-1",
                                         "0.7",
                                         "0.1",
                                         "0.001",
                                         "0.0001234",
                                         "1.5",
                                         "100",
                                         "123456789.125",
                                         "3.14159265358979",
                                         "999999999999999",
                                         "1e15",
                                         "1e16",
                                         "1.5e20",
                                         "1e22",
                                         "-2.5e-7",
                                         "1e-5",
                                         "1.7976931348623e308",
                                         "5e-324",
                                         "2.2250738585072e-308",
                                         "0.3",
                                         "4096",
                                         "65504",
                                         "1e100",
                                         "1e-100",
                                         "0.99",
                                         "9.99999999999999e22",
                                         "NaN",
                                         "Infinity",
                                         "-Infinity" };
    for (unsigned i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *expected = strcmp(texts[i], "1e15") == 0     ? "1e15"
                               : strcmp(texts[i], "5e-324") == 0 ? "4.94065645841247e-324"
                                                                 : texts[i];
        assert_string_equal(print_double(strtod(texts[i], NULL)), expected);
    }
    assert_string_equal(print_double(0.1 + 0.2), "0.3");    /* 15 digits */
    assert_string_equal(print_double(1e15 - 0.25), "1e15"); /* rounding carries */
}

static void test_any_double_is_printed_to_fifteen_digits(void **state)
{
    (void)state;
    unsigned differ = 0;
    for (unsigned i = 0; i < 200000u; i++) {
        uint64_t bits = random_word();
        double d;
        memcpy(&d, &bits, sizeof d);
        if (i % 2u == 0u) { /* of usual size */
            d = (double)(int64_t)bits / 18446744073709551616.0 * pow(10.0, (double)(i % 19u) - 6.0);
        }
        if (!isfinite(d)) {
            continue;
        }
        char expected[40];
        snprintf(expected, sizeof expected, "%.14e", d);
        double theirs = strtod(expected, NULL);
        double ours = strtod(print_double(d), NULL);
        differ += ours != theirs;
        if (fabs(d) < 1e307 && fabs(d) > 1e-300) {
            assert_true(fabs(ours - d) <= fabs(d) * 5.5e-15);
        }
    }
    assert_true(differ <
                400u); /* a tie in the sixteenth digit may round to the other side, mostly if extreme */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_numbers_are_printed_to_both_ends),
        cmocka_unit_test(test_doubles_that_people_write_come_back_as_written),
        cmocka_unit_test(test_any_double_is_printed_to_fifteen_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
