/* test_tracestate.c: tracestate by W3C Trace Context Level 2 §3.3, in texts that end where memory ends. */
#include "uspan/uspan.h"
#include "cmocka_all.h"
#include "guard_page.h"
#include <stdio.h>

#define GOOD "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
#define CAP USPAN_TRACESTATE_BYTES

static void expect_state(const uspan_context_t *c, const char *want)
{
    size_t len;
    const char *text = uspan_tracestate(c, &len);
    if (len != strlen(want) || memcmp(text, want, len) != 0) {
        fail_msg("\"%.*s\" is not \"%s\"", (int)len, text, want);
    }
}

static void expect_parsed(const char *text, uspan_err_t err, const char *want)
{
    uspan_context_t c;
    size_t len = strlen(text);
    uspan_err_t got = uspan_context_parse_n(&c, GOOD, 55, guard_put(0, text, len), len);
    if (got != err) {
        fail_msg("%d: %s", (int)got, text);
    }
    expect_state(&c, want);
}

/* Write "<key>=<fill x's>" to out, size bytes in total. */
static char *put_member(char *out, const char *key, size_t size)
{
    size_t key_len = strlen(key);
    memcpy(out, key, key_len);
    out[key_len] = '=';
    memset(out + key_len + 1u, 'x', size - key_len - 1u);
    out[size] = '\0';
    return out + size;
}

static void test_good_lists_are_kept_without_blanks_and_empty_members(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "", "" },
        { " \t ,, ", "" },
        { "a=1", "a=1" },
        { "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE" },
        { " a=1 ,\tb=2\t, ,c=3,", "a=1,b=2,c=3" },
        { "tenant@system=1,0_-*/@z=~ !\"#x", "tenant@system=1,0_-*/@z=~ !\"#x" },
        { "ot=th:8;rv:0123456789abcd,x=y", "ot=th:8;rv:0123456789abcd,x=y" },
        { "a= 1", "a= 1" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        expect_parsed(rows[i][0], USPAN_OK, rows[i][1]);
    }
}

static void test_a_list_that_breaks_the_grammar_is_left_out_whole(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "a",     "=1",      "a=",          "a= ",    "ok=1,a", "ok=1,=1", "A=1",    "_a=1",
        "-a=1",  "@a=1",    "a b=1",       "a =1",   "a=1=2",  "a=b\x01", "a=\x7F", "a=\xC3\xA9",
        "a.b=1", "a=1,a=2", "a=1,b=2,a=1", "a=b\tc", "a:=1",   "a{=1",    "a;b=1",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        expect_parsed(bad[i], USPAN_TRUNCATED, "");
    }
}

static void test_32_members_are_kept_and_33_are_not(void **state)
{
    (void)state;
    char text[256] = "";
    size_t len = 0;
    for (unsigned i = 0; i < 32u; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%sk%02u=1", i != 0u ? "," : "", i);
    }
    expect_parsed(text, USPAN_OK, text);
    (void)snprintf(text + len, sizeof(text) - len, ", ,");
    char kept[256];
    memcpy(kept, text, len);
    kept[len] = '\0';
    expect_parsed(text, USPAN_OK, kept);
    (void)snprintf(text + len, sizeof(text) - len, ",z=1");
    expect_parsed(text, USPAN_TRUNCATED, "");
}

static void test_keys_and_values_have_at_most_256_characters(void **state)
{
    (void)state;
    char text[700];
    for (size_t len = 255; len <= 257u; len++) {
        memset(text, 'k', len);
        (void)snprintf(text + len, sizeof(text) - len, "=1");
        expect_parsed(text, len <= 256u ? USPAN_OK : USPAN_TRUNCATED, len <= 256u ? text : "");
        *put_member(text, "k", 2u + len) = '\0';
        expect_parsed(text, len <= 256u ? USPAN_OK : USPAN_TRUNCATED, len <= 256u ? text : "");
    }
}

static void test_a_list_of_the_full_size_is_kept(void **state)
{
    (void)state;
    char text[CAP + 8], *at = put_member(text, "a", 128);
    *at++ = ',';
    at = put_member(at, "b", 128);
    *at++ = ',';
    at = put_member(at, "c", 128);
    *at++ = ',';
    put_member(at, "d", CAP - 3u * 129u);
    expect_parsed(text, USPAN_OK, text);
    put_member(at, "d", CAP - 3u * 129u + 1u);
    char kept[CAP];
    memcpy(kept, text, 386);
    kept[386] = '\0';
    expect_parsed(text, USPAN_TRUNCATED, kept);
}

static void test_members_above_128_leave_first_and_then_those_on_the_right(void **state)
{
    (void)state;
    char text[1600], want[1600], *at = put_member(text, "large", 129);
    (void)snprintf(at, 500, ",a=1,");
    at = put_member(text + strlen(text), "b", 120);
    *at++ = ',';
    at = put_member(at, "c", 120);
    *at++ = ',';
    at = put_member(at, "d", 120);
    *at++ = ',';
    put_member(at, "e", 90);
    expect_parsed(text, USPAN_TRUNCATED, text + 130);
    /* Without a large member the rightmost ones are removed. */
    memcpy(want, text + 130, strlen(text + 130) + 1u);
    size_t keep = strlen(want);
    (void)snprintf(want + keep, 500, ",%.480s,z=1", text + 130 + 4u);
    want[keep + 1u] = 'f';
    want[keep + 122u] = 'g';
    want[keep + 243u] = 'h';
    want[keep + 364u] = 'i';
    char kept[CAP + 1];
    memcpy(kept, want, keep);
    kept[keep] = '\0';
    expect_parsed(want, USPAN_TRUNCATED, kept);
    /* A large member stays if there is room for it. */
    at = put_member(text, "a", 256);
    *at++ = ',';
    at = put_member(at, "b", 200);
    *at++ = ',';
    put_member(at, "c", 100);
    memcpy(want, text, 257);
    memcpy(want + 257, text + 458, strlen(text + 458) + 1u);
    expect_parsed(text, USPAN_TRUNCATED, want);
    /* A large member that is one byte too long with the others is removed. */
    at = put_member(text, "a", 256);
    *at++ = ',';
    at = put_member(at, "b", 128);
    *at++ = ',';
    put_member(at, "c", CAP + 1u - 257u - 129u);
    expect_parsed(text, USPAN_TRUNCATED, text + 257);
    /* 128 is not large. */
    at = put_member(text, "a", 128);
    *at++ = ',';
    at = put_member(at, "b", 256);
    *at++ = ',';
    put_member(at, "c", 129);
    memcpy(want, text, 128);
    memcpy(want + 128, text + 128, 257 + 1);
    want[385] = '\0';
    expect_parsed(text, USPAN_TRUNCATED, want);
}

static void start(uspan_context_t *c, const char *text)
{
    assert_int_equal(uspan_context_parse(c, GOOD, text), USPAN_OK);
}

static void test_a_set_member_moves_to_the_left_and_the_others_keep_their_order(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        { "", "k=v", "k=v" },
        { "a=1", "k=v", "k=v,a=1" },
        { "a=1,b=2,c=3", "a=x", "a=x,b=2,c=3" },
        { "a=1,b=2,c=3", "b=long value", "b=long value,a=1,c=3" },
        { "a=1,b=2,c=3", "c=", "c=,a=1,b=2" },
        { "aa=1,a=2,aaa=3", "a=9", "a=9,aa=1,aaa=3" },
        { "k=1", "k=2", "k=2" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uspan_context_t c;
        char key[16];
        const char *equals = strchr(rows[i][1], '=');
        (void)snprintf(key, sizeof(key), "%.*s", (int)(equals - rows[i][1]), rows[i][1]);
        start(&c, rows[i][0]);
        if (equals[1] == '\0') {
            assert_int_equal(uspan_tracestate_set(&c, guard_text(0, key), ""), USPAN_ERR_ARG);
            continue;
        }
        assert_int_equal(uspan_tracestate_set(&c, guard_text(0, key), guard_text(1, equals + 1)), USPAN_OK);
        expect_state(&c, rows[i][2]);
    }
}

static void test_a_null_value_removes_the_member(void **state)
{
    (void)state;
    static const char *const rows[][3] = { { "a=1,b=2,c=3", "a", "b=2,c=3" },
                                           { "a=1,b=2,c=3", "b", "a=1,c=3" },
                                           { "a=1,b=2,c=3", "c", "a=1,b=2" },
                                           { "a=1", "a", "" },
                                           { "a=1", "b", "a=1" },
                                           { "", "a", "" },
                                           { "ab=1", "a", "ab=1" },
                                           { "a=1", "ab", "a=1" } };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uspan_context_t c;
        start(&c, rows[i][0]);
        assert_int_equal(uspan_tracestate_set(&c, rows[i][1], NULL), USPAN_OK);
        expect_state(&c, rows[i][2]);
    }
}

static void test_members_that_no_longer_fit_leave_from_the_right(void **state)
{
    (void)state;
    char text[CAP + 1], *at = put_member(text, "a", 200), want[CAP + 2] = "k=v,";
    *at++ = ',';
    at = put_member(at, "b", 200);
    *at++ = ',';
    put_member(at, "c", CAP - 402u);
    uspan_context_t c;
    start(&c, text);
    assert_int_equal(uspan_tracestate_set(&c, "k", "v"), USPAN_TRUNCATED);
    memcpy(want + 4, text, 401);
    want[405] = '\0';
    expect_state(&c, want);
    put_member(at, "c", CAP - 402u - 3u); /* one byte more than fits */
    start(&c, text);
    assert_int_equal(uspan_tracestate_set(&c, "k", "v"), USPAN_TRUNCATED);
    expect_state(&c, want);
    put_member(at, "c", CAP - 402u - 4u);
    start(&c, text);
    assert_int_equal(uspan_tracestate_set(&c, "k", "v"), USPAN_OK);
    memcpy(want + 4, text, strlen(text) + 1u);
    expect_state(&c, want);
    char value[257];
    memset(value, 'y', 256);
    value[256] = '\0';
    assert_int_equal(uspan_tracestate_set(&c, "a", value), USPAN_TRUNCATED);
    (void)snprintf(want, sizeof(want), "a=%s,k=v,%.200s", value, text + 201);
    expect_state(&c, want);
    memset(want, 'q', 255);
    want[255] = '\0';
    assert_int_equal(uspan_tracestate_set(&c, want, value), USPAN_TRUNCATED); /* 512 bytes alone */
    size_t len;
    (void)uspan_tracestate(&c, &len);
    assert_int_equal(len, CAP);
}

static void test_a_33rd_member_pushes_the_last_one_out(void **state)
{
    (void)state;
    char text[256] = "", want[256];
    size_t len = 0;
    for (unsigned i = 0; i < 32u; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%sk%02u=1", i != 0u ? "," : "", i);
    }
    uspan_context_t c;
    start(&c, text);
    assert_int_equal(uspan_tracestate_set(&c, "k31", "2"), USPAN_OK); /* replaced, still 32 */
    start(&c, text);
    assert_int_equal(uspan_tracestate_set(&c, "new", "1"), USPAN_TRUNCATED);
    (void)snprintf(want, sizeof(want), "new=1,%.*s", (int)(len - 6u), text);
    expect_state(&c, want);
}

static void test_a_wrong_key_or_value_changes_nothing(void **state)
{
    (void)state;
    static const char *const bad[][2] = { { "", "v" },     { "K", "v" },  { "k k", "v" }, { "_k", "v" },
                                          { "k", "" },     { "k", "v " }, { "k", "a,b" }, { "k", "a=b" },
                                          { "k", "\x1F" }, { "", NULL },  { "K", NULL } };
    uspan_context_t c;
    start(&c, "a=1,k=2");
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(uspan_tracestate_set(&c, bad[i][0], bad[i][1]), USPAN_ERR_ARG);
        expect_state(&c, "a=1,k=2");
    }
    char key[257], value[257];
    memset(key, 'k', 256);
    memset(value, 'v', 256);
    key[256] = value[256] = '\0';
    assert_int_equal(uspan_tracestate_set(&c, key, value), USPAN_ERR_FULL);
    expect_state(&c, "a=1,k=2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_lists_are_kept_without_blanks_and_empty_members),
        cmocka_unit_test(test_a_list_that_breaks_the_grammar_is_left_out_whole),
        cmocka_unit_test(test_32_members_are_kept_and_33_are_not),
        cmocka_unit_test(test_keys_and_values_have_at_most_256_characters),
        cmocka_unit_test(test_a_list_of_the_full_size_is_kept),
        cmocka_unit_test(test_members_above_128_leave_first_and_then_those_on_the_right),
        cmocka_unit_test(test_a_set_member_moves_to_the_left_and_the_others_keep_their_order),
        cmocka_unit_test(test_a_null_value_removes_the_member),
        cmocka_unit_test(test_members_that_no_longer_fit_leave_from_the_right),
        cmocka_unit_test(test_a_33rd_member_pushes_the_last_one_out),
        cmocka_unit_test(test_a_wrong_key_or_value_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
