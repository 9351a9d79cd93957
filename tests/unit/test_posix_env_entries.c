/* test_posix_env_entries.c: only the wrong entry of a variable is ignored, and the log names it. Endpoints,
 * credentials and proxies are read in each of their forms. */
#include "env_under_test.h"

static void test_a_bad_member_costs_itself_only(void **state)
{
    (void)state;
    static const char *const bad[] = { "b=%G1",         "b",     "=2",     "b=%4",    "b=1%",
                                       "service.name",  "b=%FF", "b=\xE9", "b\xE9=1", "a.__proto__=1",
                                       "constructor=1", "b%3=1" };
    for (size_t i = 0; i < COUNT(bad); i++) {
        char list[64];
        for (unsigned at = 0; at < 3u; at++) { /* before, between and after valid ones */
            (void)snprintf(list, sizeof(list), "%s%s%s",
                           at == 0u   ? ""
                           : at == 1u ? "a=1,"
                                      : "a=1,c=3,",
                           bad[i],
                           at == 0u   ? ",a=1,c=3"
                           : at == 1u ? ",c=3"
                                      : "");
            READ({ "OTEL_RESOURCE_ATTRIBUTES", list });
            assert_ptr_equal(strstr(env.resource, "a=1,c=3"), env.resource);
            assert_null(env.service_name);
            assert_warned("OTEL_RESOURCE_ATTRIBUTES");
        }
    }
}

static void test_a_long_value_is_cut_at_a_character(void **state)
{
    (void)state;
    static char list[700];
    for (unsigned shift = 0; shift < 3u; shift++) {
        memset(list, 0, sizeof(list));
        strcpy(list, "k=");
        for (unsigned i = 0; i < shift; i++) {
            strcat(list, "x");
        }
        for (unsigned i = 0; i < 128u; i++) {
            strcat(list, i % 2u != 0u ? "\xC3\xA9" : "%C3%A9"); /* two bytes each, once decoded */
        }
        strcat(list, "xyz,after=1");
        READ({ "OTEL_RESOURCE_ATTRIBUTES", list });
        assert_warned("OTEL_RESOURCE_ATTRIBUTES: entry k cut");
        assert_non_null(strstr(env.resource, ",after=1"));
        size_t pos = 0, at = 0, n = 0;
        uspan_pair_t pair;
        assert_int_equal(uspan_pair_next(env.resource, &pos, &pair), USPAN_OK);
        while (uspan_pair_byte(pair.value, pair.value_len, &at) >= 0) {
            n++;
        }
        assert_int_equal(n, shift == 1u ? 255u : 254u);
    }
}

static void test_keys_are_decoded(void **state)
{
    (void)state;
    READ({ "OTEL_RESOURCE_ATTRIBUTES", "k%3Dx=v%2Cw,host%2Eid=7,%65nd=1" });
    assert_string_equal(env.resource, "host.id=7,end=1");
    assert_int_equal(env.typed_count, 1);
    assert_string_equal(env.typed[0].key->text, "k=x");
    assert_int_equal(env.typed[0].key->len, 3);
    assert_string_equal(env.typed[0].v.text, "v,w");
    assert_int_equal(warned, 0);
    READ({ "OTEL_RESOURCE_ATTRIBUTES", "a%2C=1,b%2C=2,c%2C=3,d%2C=4,e%2C=5,good=1" });
    assert_int_equal(env.typed_count, USPAN_POSIX_ODD_KEYS);
    assert_string_equal(env.resource, "good=1");
    assert_warned("OTEL_RESOURCE_ATTRIBUTES");
    READ({ "OTEL_RESOURCE_ATTRIBUTES", "%5F_proto__=1,a%2C.prototype=1,good=1" });
    assert_string_equal(env.resource, "good=1");
    assert_int_equal(env.typed_count, 0);
    assert_int_equal(warned, 2);
    READ({ "OTEL_EXPORTER_OTLP_HEADERS", "x%2Dapi%2Dkey=v,k%3Dx=w,a%2Cb=1" });
    assert_string_equal(env.headers, "x-api-key=v");
    assert_int_equal(warned, 2);
}

/* Quotes around a complete value come from a file that no shell read. Other quotes are part of the value. */
static void test_quotes_around_a_value_are_not_part_of_it(void **state)
{
    (void)state;
    READ({ "OTEL_EXPORTER_OTLP_ENDPOINT", "\"http://h:4318\"" },
         { "OTEL_EXPORTER_OTLP_HEADERS", " 'a=1,b=2' " }, { "OTEL_EXPORTER_OTLP_TIMEOUT", "\"1500\"" },
         { "OTEL_SDK_DISABLED", "'true'" }, { "OTEL_SERVICE_NAME", "\"\"" });
    assert_string_equal(env.endpoint, "http://h:4318/v1/traces");
    assert_string_equal(env.headers, "a=1,b=2");
    assert_int_equal(env.timeout_ms, 1500);
    assert_true(env.disabled);
    assert_null(env.service_name);
    assert_int_equal(warned, 0);
    READ({ "OTEL_RESOURCE_ATTRIBUTES", "\"a\"=1,b=\"2\"" }, { "OTEL_SERVICE_NAME", "\"x" });
    assert_string_equal(env.resource, "\"a\"=1,b=\"2\"");
    assert_string_equal(env.service_name, "\"x");
}

static void test_a_service_name_that_is_no_text_costs_itself(void **state)
{
    (void)state;
    READ({ "OTEL_SERVICE_NAME", "caf\xE9" }, { "OTEL_RESOURCE_ATTRIBUTES", "a=1" });
    assert_null(env.service_name);
    assert_string_equal(env.resource, "a=1");
    assert_warned("OTEL_SERVICE_NAME");
}

static void test_a_bad_header_costs_itself_only(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "Content-Type=application/json", "host=x", "no pair", "a b=1", "x=%G1", "y=a%0Ab",
        "Transfer-Encoding=chunked"
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        char list[128];
        (void)snprintf(list, sizeof(list), "x-a=1,%s,x-api-key=hunter2\r\n", bad[i]);
        READ({ "OTEL_EXPORTER_OTLP_HEADERS", list });
        assert_string_equal(env.headers, "x-a=1,x-api-key=hunter2");
        assert_warned("OTEL_EXPORTER_OTLP_HEADERS");
        assert_null(strstr(warnings[0], "hunter2"));
    }
}

/* How opentelemetry-python reads the same lists: the last of equal names counts, and case does not matter. */
static void test_of_equal_names_the_last_counts(void **state)
{
    (void)state;
    static const struct {
        const char *list, *headers;
        unsigned warned;
    } rows[] = {
        { "A=1,a=2", "a=2", 1 },
        { "A=1,a=2,b=3,A=4,b=5", "A=4,b=5", 3 },
        { "b=1,Authorization=x,c=1,authorization=y", "b=1,c=1,authorization=y", 1 },
        { "a=1,ab=2,b=3", "a=1,ab=2,b=3", 0 },
        { "%61=1,a=2", "a=2", 1 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        READ({ "OTEL_EXPORTER_OTLP_HEADERS", rows[i].list });
        assert_string_equal(env.headers, rows[i].headers);
        assert_int_equal(warned, rows[i].warned);
        assert_true(warned == 0u || strstr(warnings[0], "the last one is used") != NULL);
    }
    READ({ "OTEL_RESOURCE_ATTRIBUTES", "a%3D=1,b%3D=2,a%3D=3,a%3D=4,a%3D=5,a%3D=6" });
    assert_int_equal(env.typed_count, 2);
    assert_string_equal(env.typed[0].v.text, "6");
    assert_int_equal(warned, 0);
}

/* Its text may be a secret, so the log gives only the position of an entry without a key. */
static void test_an_entry_without_a_key_is_named_by_its_place(void **state)
{
    (void)state;
    READ({ "OTEL_EXPORTER_OTLP_HEADERS", "a=1,sk-secret,b=2" });
    assert_warned("OTEL_EXPORTER_OTLP_HEADERS: entry 2 ignored: ");
    assert_null(strstr(warnings[0], "secret"));
    READ({ "OTEL_RESOURCE_ATTRIBUTES", "a=1,b=2,=3" });
    assert_warned("OTEL_RESOURCE_ATTRIBUTES: entry 3 ignored: ");
}

static void test_a_timeout_that_looks_like_seconds_is_warned_of(void **state)
{
    (void)state;
    READ({ "OTEL_EXPORTER_OTLP_TIMEOUT", "10" });
    assert_int_equal(env.timeout_ms, 10);
    assert_warned("OTEL_EXPORTER_OTLP_TIMEOUT is below 100");
    READ({ "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "100" });
    assert_int_equal(warned, 0);
}

static void test_the_base_endpoint_may_have_a_query_and_a_fragment(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "http://h:4318/?tenant=acme", "http://h:4318/v1/traces?tenant=acme" },
        { "http://h:4318?tenant=acme", "http://h:4318/v1/traces?tenant=acme" },
        { "http://h/base/?a=b/c", "http://h/base/v1/traces?a=b/c" },
        { "http://h/base#part", "http://h/base/v1/traces" },
        { "http://h/?q=1#part", "http://h/v1/traces?q=1" },
        { "http://h/#/v1?x", "http://h/v1/traces" },
        { "https://h/base//", "https://h/base/v1/traces" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        READ({ "OTEL_EXPORTER_OTLP_ENDPOINT", rows[i][0] });
        assert_string_equal(env.endpoint, rows[i][1]);
        assert_int_equal(warned, 0);
    }
    READ({ "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://h/x?y=z#f" });
    assert_string_equal(env.endpoint, "http://h/x?y=z");
}

static void test_an_endpoint_that_is_none_is_named_and_no_other_is_taken_for_it(void **state)
{
    (void)state;
    static const char *const bad[] = { "localhost:4318", "grpc://h:4317", "http://", "http://h:99999",
                                       "http://h:4317" };
    for (size_t i = 0; i < COUNT(bad); i++) {
        READ({ "OTEL_EXPORTER_OTLP_ENDPOINT", bad[i] });
        assert_null(env.endpoint);
        assert_true(env.endpoint_refused);
        assert_warned("OTEL_EXPORTER_OTLP_ENDPOINT");
        READ({ "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", bad[i] },
             { "OTEL_EXPORTER_OTLP_ENDPOINT", "http://good" });
        assert_string_equal(env.endpoint, "http://good/v1/traces");
        assert_false(env.endpoint_refused);
    }
}

static void test_credentials_come_from_the_endpoint_or_their_own_variables(void **state)
{
    (void)state;
    READ({ "OTEL_EXPORTER_OTLP_ENDPOINT", "http://pk%40x:s%3Ak%2F@h:4318/base" });
    assert_string_equal(env.endpoint, "http://h:4318/base/v1/traces");
    assert_string_equal(env.basic_user, "pk@x");
    assert_string_equal(env.basic_pass, "s:k/");
    assert_int_equal(warned, 0);
    READ({ "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://user@h/x" });
    assert_string_equal(env.endpoint, "https://h/x");
    assert_string_equal(env.basic_user, "user");
    assert_string_equal(env.basic_pass, "");
    READ({ "OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:b@h" }, { "USPAN_BASIC_USER", "u" },
         { "USPAN_BASIC_PASS", "p" });
    assert_string_equal(env.basic_user, "u");
    assert_string_equal(env.basic_pass, "p");
    READ({ "OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:b@h" },
         { "OTEL_EXPORTER_OTLP_HEADERS", "Authorization=Bearer%20x" });
    assert_null(env.basic_user);
    assert_int_equal(warned, 1);
    READ({ "USPAN_BASIC_AUTH", "dTpw" }, { "OTEL_EXPORTER_OTLP_HEADERS", "x-a=1" });
    assert_string_equal(env.headers, "x-a=1,Authorization=Basic%20dTpw");
    READ({ "USPAN_BASIC_AUTH", "not base64!" });
    assert_null(env.headers);
    assert_warned("USPAN_BASIC_AUTH");
    READ({ "USPAN_BASIC_USER", "a:b" });
    assert_null(env.basic_user);
    assert_warned("USPAN_BASIC_USER");
    READ({ "OTEL_EXPORTER_OTLP_ENDPOINT", "http://u%3Av:hunter2@h/x" });
    assert_string_equal(env.endpoint, "http://h/x/v1/traces");
    assert_null(env.basic_user);
    assert_non_null(strstr(warnings[0], "has no colon"));
    assert_null(strstr(warnings[0], "hunter2"));
    READ({ "OTEL_EXPORTER_OTLP_ENDPOINT", "http://@h/x" });
    assert_string_equal(env.endpoint, "http://h/x/v1/traces");
    assert_null(env.basic_user);
    READ({ "OTEL_EXPORTER_OTLP_ENDPOINT", "http://u:hunter%G2@h/x" });
    assert_null(env.basic_user);
    assert_string_equal(env.endpoint, "http://h/x/v1/traces");
    assert_warned("OTEL_EXPORTER_OTLP_ENDPOINT");
    assert_null(strstr(warnings[0], "hunter"));
}

static void test_proxies_are_read_as_curl_does(void **state)
{
    (void)state;
    READ({ "HTTPS_PROXY", "http://s:1" }, { "HTTP_PROXY", "p:2" }, { "NO_PROXY", "a,b" });
    assert_string_equal(env.https_proxy, "http://s:1");
    assert_string_equal(env.http_proxy, "http://p:2");
    assert_string_equal(env.no_proxy, "a,b");
    READ({ "HTTPS_PROXY", "http://upper" }, { "https_proxy", "http://lower" }, { "no_proxy", "x" },
         { "NO_PROXY", "y" });
    assert_string_equal(env.https_proxy, "http://lower");
    assert_string_equal(env.no_proxy, "x");
    assert_null(env.http_proxy);
    READ({ "HTTP_PROXY", "http://evil" },
         { "REQUEST_METHOD", "GET" }); /* a request header in the environment of a CGI program */
    assert_null(env.http_proxy);
    READ({ "http_proxy", "http://good" }, { "REQUEST_METHOD", "GET" });
    assert_string_equal(env.http_proxy, "http://good");
    READ({ "ALL_PROXY", "http://all" }, { "HTTPS_PROXY", "http://s" });
    assert_string_equal(env.https_proxy, "http://s");
    assert_string_equal(env.http_proxy, "http://all");
    READ({ "USPAN_PROXY", "http://u:p@own" }, { "HTTPS_PROXY", "http://s" }, { "HTTP_PROXY", "http://p" });
    assert_string_equal(env.https_proxy, "http://u:p@own");
    assert_string_equal(env.http_proxy, "http://u:p@own");
    assert_int_equal(warned, 0);
    READ({ "HTTPS_PROXY", "socks5://u:hunter2@s" });
    assert_null(env.https_proxy);
    assert_warned("HTTPS_PROXY");
    assert_null(strstr(warnings[0], "hunter2"));
}

static void test_content_capture_has_the_conventions_modes(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        bool content;
        unsigned warnings;
    } rows[] = { { "SPAN_ONLY", true, 0 },   { "span_and_event", true, 0 }, { "NO_CONTENT", false, 0 },
                 { "Event_Only", false, 0 }, { " true ", true, 0 },         { "1", true, 0 },
                 { "false", false, 0 },      { "always", false, 1 } };
    READ({ "OTEL_SERVICE_NAME", "x" });
    assert_false(env.has_content);
    for (size_t i = 0; i < COUNT(rows); i++) {
        READ({ "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", rows[i].value });
        assert_true(env.has_content);
        assert_int_equal(env.content, rows[i].content);
        assert_int_equal(warned, rows[i].warnings);
    }
}

static void test_propagators_that_uspan_lacks_are_warned_of(void **state)
{
    (void)state;
    READ({ "OTEL_PROPAGATORS", "tracecontext, Baggage" });
    assert_int_equal(warned, 0);
    static const char *const others[] = { "b3", "tracecontext,jaeger", "none", "xray,tracecontext" };
    for (size_t i = 0; i < COUNT(others); i++) {
        READ({ "OTEL_PROPAGATORS", others[i] });
        assert_warned("OTEL_PROPAGATORS");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_bad_member_costs_itself_only),
        cmocka_unit_test(test_a_long_value_is_cut_at_a_character),
        cmocka_unit_test(test_keys_are_decoded),
        cmocka_unit_test(test_quotes_around_a_value_are_not_part_of_it),
        cmocka_unit_test(test_a_service_name_that_is_no_text_costs_itself),
        cmocka_unit_test(test_a_bad_header_costs_itself_only),
        cmocka_unit_test(test_of_equal_names_the_last_counts),
        cmocka_unit_test(test_an_entry_without_a_key_is_named_by_its_place),
        cmocka_unit_test(test_a_timeout_that_looks_like_seconds_is_warned_of),
        cmocka_unit_test(test_the_base_endpoint_may_have_a_query_and_a_fragment),
        cmocka_unit_test(test_an_endpoint_that_is_none_is_named_and_no_other_is_taken_for_it),
        cmocka_unit_test(test_credentials_come_from_the_endpoint_or_their_own_variables),
        cmocka_unit_test(test_proxies_are_read_as_curl_does),
        cmocka_unit_test(test_content_capture_has_the_conventions_modes),
        cmocka_unit_test(test_propagators_that_uspan_lacks_are_warned_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
