/* test_baggage.c: parses, finds, decodes and writes W3C Baggage. The texts end at the end of mapped
 * memory. */
#include "uspan/uspan.h"
#include "cmocka_all.h"
#include "guard_page.h"
#include <stdio.h>

static void expect_slice(const char *text, size_t len, const char *want)
{
    if (len != strlen(want) || memcmp(text, want, len) != 0) {
        fail_msg("\"%.*s\" is not \"%s\"", (int)len, text, want);
    }
}

/* Compare the members with lines "key|value|props". */
static void expect_members(const char *text, const char *want)
{
    size_t len = strlen(text), pos = 0, at = 0;
    char got[512] = "";
    const char *guarded = guard_put(0, text, len);
    uspan_baggage_t b;
    while (uspan_baggage_next(guarded, len, &pos, &b) == USPAN_OK) {
        at += (size_t)snprintf(got + at, sizeof(got) - at, "%.*s|%.*s|%.*s\n", (int)b.key_len, b.key,
                               (int)b.value_len, b.value, (int)b.props_len, b.props);
    }
    assert_int_equal(pos, len);
    assert_int_equal(uspan_baggage_next(guarded, len, &pos, &b), USPAN_ERR_CLOSED);
    assert_string_equal(got, want);
}

static void test_members_are_stepped_through(void **state)
{
    (void)state;
    expect_members("", "");
    expect_members("a=1", "a|1|\n");
    expect_members("key1=value1;property1;property2, key2 = value2, key3=value3; propertyKey=propertyValue",
                   "key1|value1|property1;property2\nkey2|value2|\nkey3|value3|propertyKey=propertyValue\n");
    expect_members("\ta \t=\t 1 ; p = 2 \t; q ,b=,c==x=y=", "a|1|p = 2 \t; q\nb||\nc|=x=y=|\n");
    expect_members("userId=Am%C3%A9lie,a=!#$%&'()*+-./09:<=>?@AZ[]^_`az{|}~",
                   "userId|Am%C3%A9lie|\na|!#$%&'()*+-./09:<=>?@AZ[]^_`az{|}~|\n");
}

static void test_members_that_break_the_grammar_are_skipped(void **state)
{
    (void)state;
    static const char *const bad[] = {
        ",",      " , ,",   "a",      "=1",         " =1",     "a b=1",  "a=b c",      "a=\"q\"",
        "a=b\\c", "a=1;",   "a=1;;p", "a=1; ;p",    "a=1;p q", "a=1;=2", "a=1;p=q r",  "a=1;p=\"",
        "a;b=1",  "a=\x01", "a=\x7F", "a=\xC3\xA9", "\xC3=1",  "a:=1",   "a=1;p;\xFF",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        char text[64];
        expect_members(bad[i], "");
        (void)snprintf(text, sizeof(text), "x=1,%s,y=2;p", bad[i]);
        expect_members(text, "x|1|\ny|2|p\n");
    }
}

static void test_the_last_member_of_a_key_is_found(void **state)
{
    (void)state;
    const char *text = guard_put(0, "a=1,b=2,a=3;p,A=4,aa=5", 22);
    uspan_baggage_t b;
    assert_int_equal(uspan_baggage_find(text, 22, "a", &b), USPAN_OK);
    expect_slice(b.value, b.value_len, "3");
    expect_slice(b.props, b.props_len, "p");
    assert_int_equal(uspan_baggage_find(text, 22, "aa", &b), USPAN_OK);
    expect_slice(b.value, b.value_len, "5");
    static const char *const none[] = { "", "c", "aaa", "3" };
    for (size_t i = 0; i < COUNT(none); i++) {
        uspan_baggage_t before = b;
        assert_int_equal(uspan_baggage_find(text, 22, none[i], &b), USPAN_ERR_ARG);
        assert_memory_equal(&before, &b, sizeof(b));
    }
}

static void expect_decoded(const char *text, const char *want)
{
    size_t len = strlen(text), want_len = strlen(want);
    const char *guarded = guard_put(0, text, len);
    for (size_t cap = 0; cap <= want_len + 2u; cap++) {
        char zeros[256] = { 0 };
        assert_true(cap < sizeof(zeros));
        char *out = guard_put(1, zeros, cap);
        size_t out_len = 99;
        uspan_err_t err = uspan_baggage_decode(guarded, len, out, cap, &out_len);
        assert_int_equal(err, cap < want_len ? USPAN_TRUNCATED : USPAN_OK);
        assert_true(out_len <= cap && out_len <= want_len);
        if (memcmp(out, want, out_len) != 0) {
            fail_msg("%s: %.*s", text, (int)out_len, out);
        }
        if (cap >= want_len) {
            assert_int_equal(out_len, want_len);
        } else { /* truncated at a character boundary, and not earlier than needed */
            assert_true(((uint8_t)want[out_len] & 0xC0u) != 0x80u);
            assert_true(cap - out_len < 4u);
        }
    }
}

static void test_values_are_percent_decoded(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "", "" },
        { "value", "value" },
        { "Am%C3%A9lie", "Am\xC3\xA9lie" },
        { "a%20b%2Cc%25", "a b,c%" },
        { "+", "+" },
        { "%e2%82%ac%F0%9F%98%80", "\xE2\x82\xAC\xF0\x9F\x98\x80" },
        { "\xE2\x82\xAC", "\xE2\x82\xAC" },
        { "%", "%" },
        { "%4", "%4" },
        { "%4g%g4%41", "%4g%g4A" },
        { "%%41", "%A" },
        { "100%", "100%" },
        { "%7F%C2%80%DF%BF%E0%A0%80%ED%9F%BF%EE%80%80%EF%BF%BF%F0%90%80%80%F4%8F%BF%BF",
          "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF"
          "\xBF" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        expect_decoded(rows[i][0], rows[i][1]);
    }
}

static void test_bytes_that_are_not_utf_8_become_replacement_characters(void **state)
{
    (void)state;
#define R "\xEF\xBF\xBD"
    static const char *const rows[][2] = {
        { "%80", R },
        { "%BF%BF", R R },
        { "%C0%80", R R },
        { "%C1%BF", R R },
        { "%E0%9F%BF", R R R },
        { "%ED%A0%80", R R R },
        { "%F0%8F%80%80", R R R R },
        { "%F4%90%80%80", R R R R },
        { "%F5%80", R R },
        { "%FF", R },
        { "%C3", R },
        { "%C3a", R "a" },
        { "%E2%82", R },
        { "%E2%82a", R "a" },
        { "%E2a", R "a" },
        { "%F0%9F%98", R },
        { "%F0%9F%98%C3%A9", R "\xC3\xA9" },
        { "%E2%82%E2%82%AC", R "\xE2\x82\xAC" },
        { "%C3%", R "%" },
        { "a%C3%C3%A9b", "a" R "\xC3\xA9"
                         "b" },
    };
#undef R
    for (size_t i = 0; i < COUNT(rows); i++) {
        expect_decoded(rows[i][0], rows[i][1]);
    }
}

static void test_members_are_added_and_encoded(void **state)
{
    (void)state;
    char out[64];
    size_t len = 0;
    assert_int_equal(uspan_baggage_add(out, sizeof(out), &len, "userId", "Am\xC3\xA9lie"), USPAN_OK);
    expect_slice(out, len, "userId=Am%C3%A9lie");
    assert_int_equal(uspan_baggage_add(out, sizeof(out), &len, "a", "x y,;\"\\%="), USPAN_OK);
    expect_slice(out, len, "userId=Am%C3%A9lie,a=x%20y%2C%3B%22%5C%25=");
    assert_int_equal(uspan_baggage_add(out, sizeof(out), &len, "b", ""), USPAN_OK);
    expect_slice(out, len, "userId=Am%C3%A9lie,a=x%20y%2C%3B%22%5C%25=,b=");
}

static void test_every_byte_of_a_value_comes_back(void **state)
{
    (void)state;
    char out[2048], value[256], back[1024];
    for (unsigned i = 0; i < 127u; i++) {
        value[i] = (char)(i + 1u);
    }
    memcpy(value + 127, "\xC3\xA9\xE2\x82\xAC", 6);
    size_t len = 0, back_len = 0, pos = 0;
    uspan_baggage_t b;
    assert_int_equal(uspan_baggage_add(out, sizeof(out), &len, "k", value), USPAN_OK);
    assert_int_equal(uspan_baggage_next(out, len, &pos, &b), USPAN_OK);
    assert_int_equal(uspan_baggage_decode(b.value, b.value_len, back, sizeof(back), &back_len), USPAN_OK);
    expect_slice(back, back_len, value);
}

static void test_what_does_not_fit_changes_nothing(void **state)
{
    (void)state;
    static const char full[] = "a=1,k=%20x";
    for (size_t cap = 0; cap < sizeof(full) + 1u; cap++) {
        char *out = guard_put(0, "a=1_________", cap);
        size_t len = cap < 3u ? 0u : 3u;
        uspan_err_t err = uspan_baggage_add(out, cap, &len, "k", " x");
        if (len <= 3u) {
            assert_int_equal(err, USPAN_ERR_FULL);
            assert_memory_equal(out, "a=1_________", cap);
        } else {
            assert_int_equal(err, USPAN_OK);
            expect_slice(out, len, full);
        }
        assert_int_equal(len > 3u, cap >= sizeof(full) - 1u);
    }
}

static void test_64_members_and_8192_bytes_are_the_most(void **state)
{
    (void)state;
    static char out[10000], value[8193];
    size_t len = 0;
    for (unsigned i = 0; i < 64u; i++) {
        assert_int_equal(uspan_baggage_add(out, sizeof(out), &len, "k", "v"), USPAN_OK);
    }
    assert_int_equal(uspan_baggage_add(out, sizeof(out), &len, "k", "v"), USPAN_ERR_FULL);
    assert_int_equal(len, 64u * 4u - 1u);
    memset(value, 'v', 8191);
    len = 0;
    assert_int_equal(uspan_baggage_add(out, sizeof(out), &len, "k", value), USPAN_ERR_FULL);
    value[8190] = '\0';
    assert_int_equal(uspan_baggage_add(out, sizeof(out), &len, "k", value), USPAN_OK);
    assert_int_equal(len, 8192);
}

static void test_a_key_that_is_no_token_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "a b", "a=", "a,", "a;", "\xC3\xA9", "a\"" };
    char out[64];
    for (size_t i = 0; i < COUNT(bad); i++) {
        size_t len = 0;
        assert_int_equal(uspan_baggage_add(out, sizeof(out), &len, bad[i], "v"), USPAN_ERR_ARG);
        assert_int_equal(len, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_are_stepped_through),
        cmocka_unit_test(test_members_that_break_the_grammar_are_skipped),
        cmocka_unit_test(test_the_last_member_of_a_key_is_found),
        cmocka_unit_test(test_values_are_percent_decoded),
        cmocka_unit_test(test_bytes_that_are_not_utf_8_become_replacement_characters),
        cmocka_unit_test(test_members_are_added_and_encoded),
        cmocka_unit_test(test_every_byte_of_a_value_comes_back),
        cmocka_unit_test(test_what_does_not_fit_changes_nothing),
        cmocka_unit_test(test_64_members_and_8192_bytes_are_the_most),
        cmocka_unit_test(test_a_key_that_is_no_token_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
