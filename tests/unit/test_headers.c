/* test_headers.c: tests every rule of headers.h, with texts that end before an unmapped page. */
#include "export/headers.h"
#include "cmocka_all.h"
#include "guard_page.h"

static void expect_pair(const char *text, size_t *pos, const char *key, const char *value)
{
    uspan_pair_t pair;
    assert_int_equal(uspan_pair_next(text, pos, &pair), USPAN_OK);
    assert_int_equal(pair.key_len, strlen(key));
    assert_memory_equal(pair.key, key, pair.key_len);
    assert_int_equal(pair.value_len, strlen(value));
    assert_memory_equal(pair.value, value, pair.value_len);
}

static void test_pairs_are_split_at_the_first_equals_and_trimmed(void **state)
{
    (void)state;
    const char *text = guard_text(0, " a = 1 ,\tAuthorization=Basic cGs6c2s=\t,,  ,x=,y= %20 z");
    size_t pos = 0;
    uspan_pair_t pair;
    expect_pair(text, &pos, "a", "1");
    expect_pair(text, &pos, "Authorization", "Basic cGs6c2s=");
    expect_pair(text, &pos, "x", "");
    expect_pair(text, &pos, "y", "%20 z");
    assert_int_equal(uspan_pair_next(text, &pos, &pair), USPAN_ERR_CLOSED);
    assert_int_equal(uspan_pair_next(text, &pos, &pair), USPAN_ERR_CLOSED);
    assert_int_equal(pos, strlen(text));
}

static void test_a_member_without_equals_or_key_is_an_error_and_passed(void **state)
{
    (void)state;
    const char *text = guard_text(0, "no,=v, =w,k=v");
    size_t pos = 0;
    uspan_pair_t pair;
    assert_int_equal(uspan_pair_next(text, &pos, &pair), USPAN_ERR_ARG);
    assert_int_equal(pos, 3);
    assert_int_equal(uspan_pair_next(text, &pos, &pair), USPAN_ERR_ARG);
    assert_int_equal(uspan_pair_next(text, &pos, &pair), USPAN_ERR_ARG);
    expect_pair(text, &pos, "k", "v");
}

static void test_no_list_has_no_members(void **state)
{
    (void)state;
    static const char *const empties[] = { "", ",", " ,\t, " };
    uspan_pair_t pair;
    size_t pos = 0;
    assert_int_equal(uspan_pair_next(NULL, &pos, &pair), USPAN_ERR_CLOSED);
    bool secret = false;
    assert_null(uspan_headers_check(NULL, &secret));
    assert_false(secret);
    for (size_t i = 0; i < COUNT(empties); i++) {
        pos = 0;
        assert_int_equal(uspan_pair_next(guard_text(0, empties[i]), &pos, &pair), USPAN_ERR_CLOSED);
    }
}

static void expect_bytes(const char *value, const int *want)
{
    size_t len = strlen(value), at = 0;
    const char *guarded = guard_put(0, value, len);
    for (;; want++) {
        size_t before = at;
        int byte = uspan_pair_byte(guarded, len, &at);
        assert_int_equal(byte, *want);
        if (byte < 0) {
            assert_int_equal(at, before);
            return;
        }
    }
}

static void test_percent_encoding_is_decoded_byte_by_byte(void **state)
{
    (void)state;
    expect_bytes("a%2C%3dA", (const int[]){ 'a', ',', '=', 'A', -1 });
    expect_bytes("%00%fF\xC3", (const int[]){ 0, 255, 0xC3, -1 });
    expect_bytes("+/=", (const int[]){ '+', '/', '=', -1 });
    expect_bytes("", (const int[]){ -1 });
}

static void test_a_broken_percent_is_told(void **state)
{
    (void)state;
    static const char *const broken[] = { "%",   "%2",  "%2g", "%g2", "%%41",  "%:0",
                                          "%0@", "%0G", "%0`", "%/0", "%0\xC1" };
    for (size_t i = 0; i < COUNT(broken); i++) {
        expect_bytes(broken[i], (const int[]){ -2 });
    }
}

static void expect_judged(const char *text, const char *word)
{
    bool secret = false;
    const char *why = uspan_headers_check(guard_text(0, text), &secret);
    if (why == NULL || strstr(why, word) == NULL) {
        fail_msg("%s: %s", text, why != NULL ? why : "accepted");
    }
}

static void test_good_header_lists_pass(void **state)
{
    (void)state;
    static const char *const good[] = {
        "",
        "Authorization=Basic cGs6c2s=",
        "Authorization=Bearer%20x,x-langfuse-ingestion-version=4",
        "a=\xC3\xA9",
        "!#$%&'*+-.^_`|~09azAZ=1",
        "hosts=1,xhost=2,content-lengths=3,hos=4",
        "User-Agent=mine",
        "a=%25",
    };
    for (size_t i = 0; i < COUNT(good); i++) {
        bool secret = false;
        const char *why = uspan_headers_check(guard_text(0, good[i]), &secret);
        if (why != NULL) {
            fail_msg("%s: %s", good[i], why);
        }
    }
}

static void test_header_lists_that_would_harm_are_refused_with_the_reason(void **state)
{
    (void)state;
    static const char *const own[] = { "Host=a", "Content-Encoding=gzip", "accept-encoding=gzip", "Upgrade=h2c",
                                       "content-length=1",
                                       "CONTENT-TYPE=x",
                                       "a=1,Transfer-Encoding=chunked",
                                       " connection =close",
                                       "eXpect=100-continue" };
    for (size_t i = 0; i < COUNT(own); i++) {
        expect_judged(own[i], "itself");
    }
    expect_judged("a", "key=value");
    expect_judged("a=1,b", "key=value");
    expect_judged("=1", "key=value");
    expect_judged("a b=1", "name");
    expect_judged("a:=1", "name");
    expect_judged("\xC3\xA9=1", "name");
    expect_judged("a=%0d%0aHost:evil", "control");
    expect_judged("a=%00", "control");
    expect_judged("a=%7f", "control");
    expect_judged("a=b\rc", "control");
    expect_judged("a=%1F", "control");
    expect_judged("a=b\tc", "control");
    expect_judged("a=100%", "hex digits");
    expect_judged("a=%zz", "hex digits");
}

static void test_every_byte_is_judged_as_rfc_9110_does(void **state)
{
    (void)state;
    for (unsigned byte = 1; byte < 256u; byte++) {
        char text[] = "a_b=1";
        text[1] = (char)byte;
        bool tchar = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                     (byte >= 'A' && byte <= 'Z') || strchr("!#$%&'*+-.^_`|~", (int)byte) != NULL;
        if (byte != '=' && byte != ',') {
            bool secret = false;
            assert_int_equal(uspan_headers_check(guard_text(0, text), &secret) == NULL, tchar);
        }
    }
}

static void test_secret_headers_are_known_by_name(void **state)
{
    (void)state;
    static const char *const secret[] = { "Authorization=x",      "api-key=1",      "x=1,X-API-KEY=2",
                                          "my-Token-x=1",         "clientSECRET=1", "a=1,key=1",
                                          "proxy-authorization=x" };
    static const char *const plain[] = {
        "", "x=key", "ke-y=token", "user-agent=secret", "authorizatio=1"
    };
    for (size_t i = 0; i < COUNT(secret); i++) {
        bool is = false;
        assert_null(uspan_headers_check(guard_text(0, secret[i]), &is));
        assert_true(is);
    }
    for (size_t i = 0; i < COUNT(plain); i++) {
        bool is = false;
        assert_null(uspan_headers_check(guard_text(0, plain[i]), &is));
        assert_false(is);
        is = true; /* a flag that is already true stays true */
        assert_null(uspan_headers_check(guard_text(0, plain[i]), &is));
        assert_true(is);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs_are_split_at_the_first_equals_and_trimmed),
        cmocka_unit_test(test_a_member_without_equals_or_key_is_an_error_and_passed),
        cmocka_unit_test(test_no_list_has_no_members),
        cmocka_unit_test(test_percent_encoding_is_decoded_byte_by_byte),
        cmocka_unit_test(test_a_broken_percent_is_told),
        cmocka_unit_test(test_good_header_lists_pass),
        cmocka_unit_test(test_header_lists_that_would_harm_are_refused_with_the_reason),
        cmocka_unit_test(test_every_byte_is_judged_as_rfc_9110_does),
        cmocka_unit_test(test_secret_headers_are_known_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
