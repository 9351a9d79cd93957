/* test_retry.c: the action table of OTLP/HTTP for every status, waits at both ends of their jitter, and
 * Retry-After. */
#include "export/retry.h"
#include "cmocka_all.h"

static uspan_action_t expected_action(unsigned status)
{
    if (status >= 200u && status < 300u) {
        return USPAN_ACTION_DELIVERED;
    }
    static const struct {
        unsigned status;
        uspan_action_t action;
    } rows[] = {
        { 401, USPAN_ACTION_RENEW },  { 403, USPAN_ACTION_RENEW },  { 404, USPAN_ACTION_CONFIG },
        { 405, USPAN_ACTION_CONFIG }, { 411, USPAN_ACTION_CONFIG }, { 415, USPAN_ACTION_CONFIG },
        { 422, USPAN_ACTION_CONFIG }, { 413, USPAN_ACTION_SPLIT },  { 429, USPAN_ACTION_RETRY },
        { 502, USPAN_ACTION_RETRY },  { 503, USPAN_ACTION_RETRY },  { 504, USPAN_ACTION_RETRY },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (rows[i].status == status) {
            return rows[i].action;
        }
    }
    return USPAN_ACTION_REFUSED;
}

static void test_each_status_has_the_action_of_the_table(void **state)
{
    (void)state;
    for (unsigned status = 0; status <= UINT16_MAX; status++) {
        assert_int_equal(uspan_action_for(status), expected_action(status));
    }
}

static void test_waits_double_up_to_the_longest_of_which_two_fifths_are_sure(void **state)
{
    (void)state;
    uspan_backoff_t low = { 0 }, high = { 0 }, middle = { 0 };
    uint32_t base = USPAN_RETRY_FIRST_MS;
    for (unsigned i = 1; i <= 40u; i++) {
        assert_int_equal(uspan_backoff(&low, false, 0, 0), base / 5u * 2u);
        assert_int_equal(uspan_backoff(&high, false, UINT32_MAX, 0), base);
        assert_int_equal(uspan_backoff(&middle, false, UINT32_C(1) << 31, 0), base / 10u * 7u);
        base = base > USPAN_RETRY_MAX_MS / 2 ? USPAN_RETRY_MAX_MS : base * 2u;
    }
    assert_int_equal(base, USPAN_RETRY_MAX_MS);
    low.wait_ms = 0; /* a success */
    assert_int_equal(uspan_backoff(&low, false, 0, 0), USPAN_RETRY_FIRST_MS / 5 * 2);
}

static void test_retry_after_is_a_floor_with_jitter_above_it_only(void **state)
{
    (void)state;
    static const struct {
        uint32_t after_ms, low, high;
    } rows[] = {
        { 1, 400, 1000 },
        { 900, 900, 1080 },
        { 1000, 1000, 1200 },
        { 5000, 5000, 6000 },
        { 3600000, 3600000, 4320000 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uspan_backoff_t low = { .wait_ms = 1000 }, high = { .wait_ms = 1000 };
        assert_int_equal(uspan_backoff(&low, false, 0, rows[i].after_ms), rows[i].low);
        assert_int_equal(uspan_backoff(&high, false, UINT32_MAX, rows[i].after_ms), rows[i].high);
    }
}

static void test_the_rest_after_a_configuration_error_doubles_from_a_minute_to_an_hour(void **state)
{
    (void)state;
    uspan_backoff_t b = { 0 }, jitter = { 0 };
    static const uint32_t minutes[] = { 1, 2, 4, 8, 16, 32, 60, 60, 60 };
    for (size_t i = 0; i < COUNT(minutes); i++) {
        assert_int_equal(uspan_backoff(&b, true, 0, 0), minutes[i] * 24000u);
        assert_int_equal(uspan_backoff(&jitter, true, UINT32_MAX, 0), minutes[i] * 60000u);
    }
    assert_int_equal(uspan_backoff(&b, false, 0, 0), USPAN_RETRY_MAX_MS / 5 * 2);
}

static void test_retry_after_in_seconds_needs_no_clock_and_is_clamped_to_an_hour(void **state)
{
    (void)state;
    static const uint32_t rows[][2] = { { UINT32_MAX, 0 },           { 0, 0 },          { 1, 1000 },
                                        { 3599, 3599000 },           { 3600, 3600000 }, { 3601, 3600000 },
                                        { UINT32_MAX - 1u, 3600000 } };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uspan_answer_t a = { .retry_after_s = rows[i][0] };
        assert_int_equal(uspan_retry_after_ms(&a, 0), rows[i][1]);
        a.retry_at_unix = 2000000000; /* seconds have priority */
        assert_int_equal(rows[i][0] == UINT32_MAX ? 0u : uspan_retry_after_ms(&a, 1), rows[i][1]);
    }
}

static void test_retry_after_as_a_date_needs_a_clock(void **state)
{
    (void)state;
    const uint64_t now_s = 1700000000;
    static const struct {
        int64_t ahead_s;
        uint32_t want_ms;
    } rows[] = { { -1000000, 0 },   { -1, 0 },         { 0, 0 },          { 1, 1000 },
                 { 3599, 3599000 }, { 3600, 3600000 }, { 3601, 3600000 }, { INT64_C(1) << 32, 3600000 } };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uspan_answer_t a = { .retry_after_s = UINT32_MAX,
                             .retry_at_unix = now_s + (uint64_t)rows[i].ahead_s };
        assert_int_equal(uspan_retry_after_ms(&a, now_s), rows[i].want_ms);
        assert_int_equal(uspan_retry_after_ms(&a, 0), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_status_has_the_action_of_the_table),
        cmocka_unit_test(test_waits_double_up_to_the_longest_of_which_two_fifths_are_sure),
        cmocka_unit_test(test_retry_after_is_a_floor_with_jitter_above_it_only),
        cmocka_unit_test(test_the_rest_after_a_configuration_error_doubles_from_a_minute_to_an_hour),
        cmocka_unit_test(test_retry_after_in_seconds_needs_no_clock_and_is_clamped_to_an_hour),
        cmocka_unit_test(test_retry_after_as_a_date_needs_a_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
