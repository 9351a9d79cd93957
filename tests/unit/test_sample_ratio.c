/* test_sample_ratio.c: bounds computed from textual ratios equal those from strtod, which rounds correctly.
 * They also equal the vectors of OpenTelemetry's Go SDK. */
#include "uspan/uspan.h"
#include "cmocka_all.h"
#include "guard_page.h"
#include <stdio.h>
#include <stdlib.h>

static void expect_bound(const char *text, uint64_t want)
{
    uint64_t bound = 12345;
    uspan_err_t err = uspan_sample_ratio_parse(guard_text(0, text), &bound);
    if (err != USPAN_OK || bound != want) {
        fail_msg("%s: %d, %llx", text, (int)err, (unsigned long long)bound);
    }
}

/* The bound in floating point, which uspan itself does not use. */
static uint64_t float_bound(const char *text)
{
    return USPAN_SAMPLE_RATIO(strtod(text, NULL));
}

static uint64_t random64(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void test_the_vectors_hold(void **state)
{
    (void)state;
    expect_bound("0.5", UINT64_C(0x4000000000000000));
    expect_bound("0.52", UINT64_C(0x428f5c28f5c29000));
    expect_bound("1", USPAN_SAMPLE_ALWAYS);
    expect_bound("0", USPAN_SAMPLE_NEVER);
    uint64_t bound = 0;
    assert_int_equal(uspan_sample_ratio_parse("0.999999", &bound), USPAN_OK);
    assert_true(UINT64_MAX >> 1 >= bound); /* an id with all bits set is dropped */
}

static void test_every_way_to_write_a_ratio_is_read(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { ".25", "0.25" },
        { "+0.25", "0.25" },
        { "25e-2", "0.25" },
        { "2.5E-1", "0.25" },
        { "0.0025e+2", "0.25" },
        { "0.0025e2", "0.25" },
        { " 0.25\t", "0.25" },
        { "000.2500", "0.25" },
        { "1.", "1" },
        { "1.000", "1" },
        { "10e-1", "1" },
        { "0.1e1", "1" },
        { "0.", "0" },
        { ".0", "0" },
        { "0e999999999999999999999", "0" },
        { "1e-99999999999999999999", "0" },
        { "1e-3", "0.001" },
        { "1e-19", "0" },
        { "9.99e-20", "0" },
        { "00", "0" },
        { "0.00000000000000000000000000000000000000000000000000000000000000000000000000000000000000001e88",
          "0.1" },
        { "0."
          "50000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
          "0000",
          "0.5" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        expect_bound(rows[i][0], float_bound(rows[i][1]));
    }
}

static void test_what_is_not_a_number_in_0_to_1_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        ".",
        "+",
        "-",
        "-0.5",
        "-0",
        "1.1",
        "2",
        "10",
        "1e1",
        "1.0000000000000000000000000000001",
        "0.5x",
        "x",
        "0.5 x",
        "0..5",
        "0.5.",
        "1e",
        "1e+",
        "1e-",
        ".e1",
        "e1",
        "nan",
        "inf",
        "0x1p-1",
        "0,5",
        "1_0e-2",
        "++1",
        "1e1e1",
        "99999999999999999999",
        "1.000000000000000000000000000000000000000000000000000000000000000000000000000000001",
        "1e99999999999",
        "0.5e-",
        "\xC2\xBD",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        uint64_t bound = 12345;
        if (uspan_sample_ratio_parse(guard_text(0, bad[i]), &bound) != USPAN_ERR_ARG || bound != 12345u) {
            fail_msg("accepted: %s", bad[i]);
        }
    }
}

static void test_random_decimals_round_as_doubles_do(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252u;
    for (unsigned i = 0; i < 200000u; i++) {
        char text[64];
        unsigned digits = 1u + (unsigned)(random64(&seed) % 19u);
        (void)snprintf(text, sizeof(text), "0.%0*llu", (int)digits,
                       (unsigned long long)(random64(&seed) >> (i % 64u)));
        expect_bound(text, float_bound(text));
        (void)snprintf(text, sizeof(text), "%llue-%u", (unsigned long long)(random64(&seed) >> (i % 64u)),
                       20u + i % 19u);
        expect_bound(text, float_bound(text));
    }
}

static void test_ties_go_to_even_and_the_digits_after_them_decide(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (unsigned i = 0; i < 20000u; i++) {
        /* Halfway between two doubles in [0.5, 1): 54 binary digits, 54 decimal ones. */
        uint64_t half = UINT64_C(1) << 53 | random64(&seed) >> 11 | 1u;
        char text[80];
        int n = snprintf(text, sizeof(text), "%.54Lf", (long double)half / 18014398509481984.0L);
        expect_bound(text, float_bound(text));
        text[n] = '1';
        text[n + 1] = '\0';
        expect_bound(text, float_bound(text));
        text[n] = '\0';
        text[n - 1]--; /* ends in 5: just below the tie */
        expect_bound(text, float_bound(text));
    }
    expect_bound("0.99999999999999999999", USPAN_SAMPLE_ALWAYS);
    expect_bound("0.999999999999999944488848768742172978818416595458984375", UINT64_C(1) << 63);
    expect_bound("0.999999999999999944488848768742172978818416595458984374", (UINT64_C(1) << 63) - 1024u);
}

static void test_digits_beyond_the_64th_still_break_a_tie(void **state)
{
    (void)state;
    /* 0.5 + 2^-54 is a tie that rounds down to 0.5. A 1 in the 80th place makes it round up. */
    static const char tie[] = "0.500000000000000055511151231257827021181583404541015625";
    char text[96];
    expect_bound(tie, UINT64_C(1) << 62);
    memset(text, '0', sizeof(text));
    memcpy(text, tie, sizeof(tie) - 1u);
    text[81] = '1';
    text[82] = '\0';
    expect_bound(text, (UINT64_C(1) << 62) + 1024u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_vectors_hold),
        cmocka_unit_test(test_every_way_to_write_a_ratio_is_read),
        cmocka_unit_test(test_what_is_not_a_number_in_0_to_1_is_refused_and_changes_nothing),
        cmocka_unit_test(test_random_decimals_round_as_doubles_do),
        cmocka_unit_test(test_ties_go_to_even_and_the_digits_after_them_decide),
        cmocka_unit_test(test_digits_beyond_the_64th_still_break_a_tie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
