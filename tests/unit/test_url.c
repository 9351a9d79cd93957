/* test_url.c: every rule of url.h, with texts that end at an unmapped page. */
#include "export/url.h"
#include "cmocka_all.h"
#include "guard_page.h"

static void expect_parts(const char *text, bool tls, const char *host, bool literal6, uint16_t port,
                         const char *path)
{
    uspan_url_t url;
    const char *why = uspan_url_parse(guard_text(0, text), &url);
    if (why != NULL) {
        fail_msg("%s: %s", text, why);
    }
    assert_int_equal(url.tls, tls);
    assert_string_equal(url.host, host);
    assert_int_equal(url.authority[0] == '[', literal6);
    assert_int_equal(url.port, port);
    assert_string_equal(url.path, path);
    uspan_url_t taken;
    memset(&taken, 0, sizeof taken);
    assert_true(uspan_url_take(&taken, guard_text(0, text)));
    assert_int_equal(taken.tls, tls);
    assert_string_equal(taken.host, host);
    assert_int_equal(taken.port, port);
    assert_ptr_equal(taken.authority, url.authority);
    assert_ptr_equal(taken.path, url.path);
}

static void expect_refused(const char *text, const char *word)
{
    uspan_url_t url, before;
    memset(&url, 0xA5, sizeof(url));
    before = url;
    const char *why = uspan_url_parse(guard_text(0, text), &url);
    if (why == NULL || strstr(why, word) == NULL) {
        fail_msg("%s: %s", text, why != NULL ? why : "accepted");
    }
    assert_false(uspan_url_take(&url, guard_text(0, text)));
    assert_memory_equal(&url, &before, sizeof(url));
}

static void test_an_endpoint_comes_apart_into_scheme_host_port_and_path(void **state)
{
    (void)state;
    expect_parts("http://localhost:4318/v1/traces", false, "localhost", false, 4318, "/v1/traces");
    expect_parts("https://cloud.langfuse.com/api/public/otel/v1/traces", true, "cloud.langfuse.com", false,
                 443, "/api/public/otel/v1/traces");
    expect_parts("http://10.0.0.7", false, "10.0.0.7", false, 80, "");
    expect_parts("https://h", true, "h", false, 443, "");
    expect_parts("HTTPS://Up_per-9.Example:1/", true, "Up_per-9.Example", false, 1, "/");
    expect_parts("hTTp://h:65535", false, "h", false, 65535, "");
    expect_parts("http://h:00080/", false, "h", false, 80, "/");
}

static void test_an_ipv6_literal_loses_its_brackets(void **state)
{
    (void)state;
    expect_parts("http://[::1]:4318/v1/traces", false, "::1", true, 4318, "/v1/traces");
    expect_parts("https://[FE80::a:1.2.3.4]", true, "FE80::a:1.2.3.4", true, 443, "");
    expect_refused("http://[::1", "]");
    expect_refused("http://[::g]/", "]");
    expect_refused("http://[fe80::1%25eth0]/", "zone");
    expect_refused("http://[]/", "no host");
    expect_refused("http://[::1]x", "invalid character");
}

static void test_the_query_is_kept_and_a_fragment_ends_the_path(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
    } rows[] = {
        { "http://h/a?b=c%20d#e", 10 },
        { "http://h?b=c", 4 },
        { "http://h#e", 0 },
        { "http://h", 0 },
        { "http://h/", 1 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uspan_url_t url;
        const char *text = guard_text(0, rows[i].text);
        assert_null(uspan_url_parse(text, &url));
        assert_int_equal(strcspn(url.path, "#"), rows[i].len);
        assert_ptr_equal(url.path, text + strlen("http://h"));
    }
}

static void test_another_scheme_is_refused_and_grpc_names_the_http_endpoint(void **state)
{
    (void)state;
    static const char *const others[] = { "",         "h",       "http",           "http:/",
                                          "http:/h",  "ftp://h", "localhost:4318", "//h",
                                          "httpx://h" };
    for (size_t i = 0; i < COUNT(others); i++) {
        expect_refused(others[i], "https://");
    }
    static const char *const grpc[] = { "grpc://h:4318", "GRPCS://h", "http://h:4317",
                                        "https://h:4317/v1/traces" };
    for (size_t i = 0; i < COUNT(grpc); i++) {
        expect_refused(grpc[i], "4318");
    }
}

static void test_a_missing_or_long_host_is_refused(void **state)
{
    (void)state;
    expect_refused("http://", "no host");
    expect_refused("https:///path", "no host");
    expect_refused("http://:80/", "no host");
    expect_refused("http://?q", "no host");
    char text[8 + USPAN_HOST_BYTES + 2] = "http://";
    memset(text + 7, 'a', USPAN_HOST_BYTES);
    expect_refused(text, "USPAN_HOST_BYTES");
    text[7 + USPAN_HOST_BYTES - 1] = '\0';
    expect_parts(text, false, text + 7, false, 80, "");
}

static void test_user_info_is_refused(void **state)
{
    (void)state;
    expect_refused("http://user@h/", "user name");
    expect_refused("http://user:pass@h", "user");
    expect_refused("http://@h", "user");
    expect_parts("http://h/a@b", false, "h", false, 80, "/a@b");
    expect_parts("http://h?a@b", false, "h", false, 80, "?a@b");
    expect_parts("http://h#a@b", false, "h", false, 80, "#a@b");
}

static void test_a_port_outside_1_to_65535_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "http://h:",       "http://h:/",
                                       "http://h:0",      "http://h:65536",
                                       "http://h:655350", "http://h:4294967376",
                                       "http://h:-1",     "http://h:18446744073709551617" };
    for (size_t i = 0; i < COUNT(bad); i++) {
        expect_refused(bad[i], "65535");
    }
    expect_refused("http://h:80x", "invalid character");
    expect_refused("http://h:80:80", "invalid character");
    expect_refused("http://h!/", "invalid character");
    expect_refused("http://h%41/", "invalid character");
}

static void test_controls_spaces_and_bytes_above_tilde_are_refused_anywhere(void **state)
{
    (void)state;
    for (unsigned byte = 1; byte < 256u; byte++) {
        if (byte > ' ' && byte <= '~') {
            continue;
        }
        char in_host[] = "http://h_st/path", in_path[] = "http://host/p_th";
        in_host[8] = (char)byte;
        in_path[13] = (char)byte;
        expect_refused(in_host, "remove or encode it");
        expect_refused(in_path, "remove or encode it");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_endpoint_comes_apart_into_scheme_host_port_and_path),
        cmocka_unit_test(test_an_ipv6_literal_loses_its_brackets),
        cmocka_unit_test(test_the_query_is_kept_and_a_fragment_ends_the_path),
        cmocka_unit_test(test_another_scheme_is_refused_and_grpc_names_the_http_endpoint),
        cmocka_unit_test(test_a_missing_or_long_host_is_refused),
        cmocka_unit_test(test_user_info_is_refused),
        cmocka_unit_test(test_a_port_outside_1_to_65535_is_refused),
        cmocka_unit_test(test_controls_spaces_and_bytes_above_tilde_are_refused_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
