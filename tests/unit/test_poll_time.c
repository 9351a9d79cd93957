/* test_poll_time.c: uspan_ms_between() rounds up to milliseconds, as a division of 64 bits does. A time of 26
 * days or more becomes 24 days, so that it never looks like USPAN_FOREVER. */
#include "export/poll_time.h"
#include "cmocka_all.h"

#define NS_PER_MS 1000000u
#define LIMIT_NS ((UINT64_C(1) << 51) - NS_PER_MS + 1u) /* 26 days */
#define LIMIT_MS (LIMIT_NS / NS_PER_MS)
#define LONG_MS (UINT64_C(1) << 31)

static void assert_rounded(uint64_t from_ns, uint64_t ns)
{
    uint64_t want = ns / NS_PER_MS + (ns % NS_PER_MS != 0u);
    want = ns < LIMIT_NS ? want : LONG_MS;
    assert_int_equal(uspan_ms_between(from_ns, from_ns + ns), want);
}

static void test_times_are_rounded_up_to_milliseconds(void **state)
{
    (void)state;
    /* Both digits of the division, each near its limits, and the remainder that is carried between them. */
    for (uint64_t ms = 1; ms < LIMIT_MS * 4u; ms += 1u + ms / 97u) {
        for (uint64_t beside = 0; beside < 5u; beside++) {
            assert_rounded(beside << 40, ms * NS_PER_MS - 2u + beside);
        }
    }
    for (unsigned bit = 0; bit < 63u; bit++) {
        assert_rounded(0u, (UINT64_C(1) << bit) - 1u);
        assert_rounded(7u, UINT64_C(1) << bit);
        assert_rounded(7u, (UINT64_C(1) << bit) + 1u);
    }
}

static void test_a_long_time_is_not_for_ever(void **state)
{
    (void)state;
    for (uint64_t ms = LIMIT_MS - 3u; ms < LIMIT_MS + 3u; ms++) {
        assert_rounded(1u, ms * NS_PER_MS);
    }
    assert_rounded(1u, LIMIT_NS - 1u);
    assert_rounded(1u, LIMIT_NS);
    for (uint64_t ms = UINT32_MAX - 3u; ms < UINT64_C(0x100000003); ms++) {
        assert_true(uspan_ms_between(0u, ms * NS_PER_MS) < USPAN_FOREVER);
    }
    assert_int_equal(uspan_ms_between(0u, INT64_MAX), LONG_MS);
}

static void test_a_time_that_has_passed_is_no_wait(void **state)
{
    (void)state;
    assert_int_equal(uspan_ms_between(5u, 5u), 0);
    assert_int_equal(uspan_ms_between(6u, 5u), 0);
    assert_int_equal(uspan_ms_between(UINT64_MAX, 0u), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times_are_rounded_up_to_milliseconds),
        cmocka_unit_test(test_a_long_time_is_not_for_ever),
        cmocka_unit_test(test_a_time_that_has_passed_is_no_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
