/* test_window.c: numbers and Base64 in a window. Texts in a window are tested in test_http_request.c. */
#include "export/window.h"
#include "cmocka_all.h"
#include "guard_page.h"

static void test_numbers_have_no_leading_zeros(void **state)
{
    static const struct {
        uint32_t n;
        const char *text;
    } rows[] = { { 0, "0" }, { 9, "9" }, { 10, "10" }, { 1000000, "1000000" }, { UINT32_MAX, "4294967295" } };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t out[16] = { 0 };
        uspan_window_t w = { .out = out, .cap = sizeof out };
        uspan_window_number(&w, rows[i].n);
        assert_string_equal((char *)out, rows[i].text);
    }
}

static void check_basic(const char *user, const char *pass, const char *expected)
{
    uint8_t out[128] = { 0 };
    uspan_window_t w = { .out = out, .cap = sizeof out - 1u };
    uspan_window_basic(&w, guard_text(0, user), guard_text(1, pass));
    assert_string_equal((char *)out, expected);
}

/* RFC 7617 §2, each remainder of three, and each of the 64 digits, with results from Python's base64. */
static void test_credentials_are_base64_of_both(void **state)
{
    (void)state;
    check_basic("Aladdin", "open sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    check_basic("", "", "Og==");
    check_basic("u", "", "dTo=");
    check_basic("", "p", "OnA=");
    check_basic("", "pw", "OnB3");
    check_basic("ab", "c", "YWI6Yw==");
    check_basic("\x10\x51\x87\x20\x92\x8b\x30\xd3\x8f\x41\x14\x93\x51\x55\x97\x61\x96\x9b\x71\xd7\x9f\x82"
                "\x18\xa3\x92\x59\xa7\xa2\x9a\xab\xb2\xdb\xaf\xc3\x1c\xb3\xd3\x5d\xb7\xe3\x9e\xbb\xf3\xdf\xbf",
                "p", "EFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/OnA=");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_have_no_leading_zeros),
        cmocka_unit_test(test_credentials_are_base64_of_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
