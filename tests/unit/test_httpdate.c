/* test_httpdate.c: tests the three date forms of RFC 9110 §5.6.7 and texts that have none of these forms.
 * The texts end at the end of mapped memory. */
#include "export/httpdate.h"
#include "cmocka_all.h"
#include "guard_page.h"
#include <stdio.h>
#include <time.h>

#define T1994 UINT64_C(784111777) /* the example in the RFC */
#define T2026 UINT64_C(1767225600)

static uint64_t read_date(const char *text, uint64_t now_s)
{
    size_t len = strlen(text);
    return uspan_httpdate(guard_put(0, text, len), len, now_s);
}

static void test_the_three_forms_name_the_same_moment(void **state)
{
    (void)state;
    assert_int_equal(read_date("Sun, 06 Nov 1994 08:49:37 GMT", 0), T1994);
    assert_int_equal(read_date("Sunday, 06-Nov-94 08:49:37 GMT", 0), T1994);
    assert_int_equal(read_date("Sun Nov  6 08:49:37 1994", 0), T1994);
    assert_int_equal(read_date("Wed Nov 16 08:49:37 1994", 0), T1994 + 10u * 86400u);
    assert_int_equal(read_date("Wednesday, 16-Nov-94 08:49:37 GMT", 0), T1994 + 10u * 86400u);
}

static void test_every_day_from_1970_to_2400_and_the_last_of_9999_survive_the_round_trip(void **state)
{
    (void)state;
    static const char *const months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (uint64_t day = 0; day < 157055u; day++) {
        uint64_t unix_s = day * 86400u + day % 86400u;
        time_t seconds = (time_t)unix_s;
        const struct tm *tm = gmtime(&seconds);
        assert_non_null(tm);
        uspan_civil_t civil;
        uspan_civil_of(unix_s, &civil);
        assert_int_equal(civil.year, tm->tm_year + 1900);
        assert_int_equal(civil.month, tm->tm_mon + 1);
        assert_int_equal(civil.day, tm->tm_mday);
        assert_int_equal(civil.hour, tm->tm_hour);
        assert_int_equal(civil.minute, tm->tm_min);
        assert_int_equal(civil.second, tm->tm_sec);
        char text[64];
        (void)snprintf(text, sizeof(text), "Xyz, %02u %.3s %04u %02u:%02u:%02u GMT", civil.day & 31u,
                       months + 3 * (civil.month - 1), civil.year, civil.hour & 31u, civil.minute & 63u,
                       civil.second & 63u);
        assert_int_equal(read_date(text, 0), unix_s);
    }
    assert_int_equal(read_date("Fri, 31 Dec 9999 23:59:59 GMT", 0), UINT64_C(253402300799));
}

static void test_seconds_beyond_the_year_9999_give_its_last_second(void **state)
{
    (void)state;
    uspan_civil_t civil;
    static const uint64_t late[] = { UINT64_C(253402300799), UINT64_C(253402300800), UINT64_MAX };
    for (size_t i = 0; i < COUNT(late); i++) {
        uspan_civil_of(late[i], &civil);
        assert_int_equal(civil.year, 9999);
        assert_int_equal(civil.month, 12);
        assert_int_equal(civil.day, 31);
        assert_int_equal(civil.hour, 23);
        assert_int_equal(civil.second, 59);
    }
}

static void test_a_leap_second_counts_as_59(void **state)
{
    (void)state;
    assert_int_equal(read_date("Sat, 31 Dec 2016 23:59:60 GMT", 0), 1483228799);
    assert_int_equal(read_date("Sat, 31 Dec 2016 23:59:61 GMT", 0), 0);
}

static void test_two_digits_of_a_year_mean_the_last_such_year_up_to_50_ahead(void **state)
{
    (void)state;
    const uint64_t t2076 = read_date("Xyz, 06 Nov 2076 08:49:37 GMT", 0),
                   t1977 = read_date("Xyz, 06 Nov 1977 08:49:37 GMT", 0);
    static const uint64_t nows[] = { 0, T2026, T2026 + 365u * 86400u - 1u };
    for (size_t i = 0; i < COUNT(nows); i++) {
        assert_int_equal(read_date("Sunday, 06-Nov-76 08:49:37 GMT", nows[i]), t2076);
        assert_int_equal(read_date("Sunday, 06-Nov-77 08:49:37 GMT", nows[i]), t1977);
    }
    assert_int_equal(read_date("Sunday, 06-Nov-77 08:49:37 GMT", T2026 + 365u * 86400u),
                     read_date("Xyz, 06 Nov 2077 08:49:37 GMT", 0));
    assert_int_equal(read_date("Sunday, 06-Nov-00 08:49:37 GMT", 0),
                     read_date("Xyz, 06 Nov 2000 08:49:37 GMT", 0));
    assert_int_equal(read_date("Sunday, 06-Nov-05 08:49:37 GMT", T1994),
                     read_date("Xyz, 06 Nov 2005 08:49:37 GMT", 0));
    assert_int_equal(read_date("Sunday, 06-Nov-50 08:49:37 GMT", 1),
                     0); /* means 1950: in 1970, a year after 2020 is too far ahead */
}

static void test_days_that_a_month_lacks_are_no_dates(void **state)
{
    (void)state;
    static const char *const none[] = {
        "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 32 Dec 1994 08:49:37 GMT",
        "Sun, 29 Feb 1994 08:49:37 GMT", "Sun, 30 Feb 1996 08:49:37 GMT", "Sun, 29 Feb 2100 08:49:37 GMT",
        "Thu, 00 Jan 1970 00:00:01 GMT", "Sun, 99 Nov 1994 08:49:37 GMT", "Sun Nov  0 08:49:37 1994",
        "Fri, 32 Dec 9999 00:00:00 GMT",
    };
    for (size_t i = 0; i < COUNT(none); i++) {
        assert_int_equal(read_date(none[i], 0), 0);
    }
    assert_int_equal(read_date("Tue, 29 Feb 2000 00:00:00 GMT", 0), 951782400);
    assert_int_equal(read_date("Thu, 01 Jan 1970 00:00:01 GMT", 0), 1);
}

static void test_what_is_not_a_date_gives_0(void **state)
{
    (void)state;
    static const char *const none[] = {
        "",
        "0",
        "Sun",
        "120",
        "Sun,",
        "Sun, 06 Nov 1994",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT ",
        " Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun,  6 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nox 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 06 Nov 1969 08:49:37 GMT",
        "Wed, 31 Dec 1969 23:59:59 GMT",
        "Wed, 31 Jan 0000 00:00:00 GMT",
        "Su, 06 Nov 1994 08:49:37 GMT",
        "Sund, 06 Nov 1994 08:49:37 GMT",
        "S1n, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Wednesdayy, 06-Nov-94 08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sunday, 06 Nov 94 08:49:37 GMT",
        "Sunday Nov  6 08:49:37 1994",
        "Sun Nov 6 08:49:37 1994",
        "Sun Nov  6 08:49:37 94",
        "Sun Nov  6 08:49:37 199 ",
        "Sun Nov   08:49:37 1994",
        "Sun, a6 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08-49-37 GMT",
        "1994-11-06T08:49:37Z",
        "Sun Nov  6 08:49:37 1994x",
    };
    for (size_t i = 0; i < COUNT(none); i++) {
        if (read_date(none[i], 0) != 0u) {
            fail_msg("taken for a date: %s", none[i]);
        }
    }
}

static void test_every_shortened_date_is_none(void **state)
{
    (void)state;
    static const char *const forms[] = { "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
                                         "Sun Nov  6 08:49:37 1994" };
    for (size_t i = 0; i < COUNT(forms); i++) {
        for (size_t len = 0; len < strlen(forms[i]); len++) {
            assert_int_equal(uspan_httpdate(guard_put(0, forms[i], len), len, 0), 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_three_forms_name_the_same_moment),
        cmocka_unit_test(test_every_day_from_1970_to_2400_and_the_last_of_9999_survive_the_round_trip),
        cmocka_unit_test(test_seconds_beyond_the_year_9999_give_its_last_second),
        cmocka_unit_test(test_a_leap_second_counts_as_59),
        cmocka_unit_test(test_two_digits_of_a_year_mean_the_last_such_year_up_to_50_ahead),
        cmocka_unit_test(test_days_that_a_month_lacks_are_no_dates),
        cmocka_unit_test(test_what_is_not_a_date_gives_0),
        cmocka_unit_test(test_every_shortened_date_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
