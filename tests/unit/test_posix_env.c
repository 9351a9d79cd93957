/* test_posix_env.c: each rule of the OpenTelemetry specification for OTEL_* variables, by variable. */
#include "env_under_test.h"

static void test_an_empty_environment_says_nothing(void **state)
{
    (void)state;
    static const var_t nothing[] = { { NULL, NULL } };
    read_all(nothing);
    assert_false(env.disabled);
    assert_false(env.has_sampler);
    assert_false(env.has_log_level);
    assert_int_equal(env.exporters, USPAN_POSIX_OTLP);
    assert_int_equal(env.log_level, USPAN_LEVEL_INFO);
    assert_null(env.log_path);
    assert_null(env.service_name);
    assert_null(env.resource);
    assert_null(env.endpoint);
    assert_null(env.headers);
    assert_null(env.studio_url);
    assert_null(env.certs.ca_file);
    assert_null(env.certs.cert_file);
    assert_null(env.certs.key_file);
    assert_int_equal(env.timeout_ms, 0);
    static const uspan_batching_t no_batching;
    static const uspan_limits_t no_limits;
    assert_memory_equal(&env.batching, &no_batching, sizeof(no_batching));
    assert_memory_equal(&env.limits, &no_limits, sizeof(no_limits));
    assert_int_equal(warned, 0);
}

static void test_an_empty_value_is_unset(void **state)
{
    (void)state;
    READ({ "OTEL_SERVICE_NAME", "" }, { "OTEL_TRACES_SAMPLER", "  " },
         { "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "" }, { "OTEL_EXPORTER_OTLP_ENDPOINT", "" },
         { "OTEL_BSP_SCHEDULE_DELAY", "" }, { "OTEL_TRACES_EXPORTER", "" },
         { "OTEL_EXPORTER_OTLP_PROTOCOL", "" }, { "OTEL_LOG_LEVEL", "" }, { "OTEL_RESOURCE_ATTRIBUTES", "" });
    assert_null(env.service_name);
    assert_null(env.endpoint);
    assert_null(env.resource);
    assert_false(env.has_sampler);
    assert_int_equal(env.batching.age_ms, 0);
    assert_int_equal(env.exporters, USPAN_POSIX_OTLP);
    assert_int_equal(warned, 0);
}

static void test_only_true_in_any_case_disables(void **state)
{
    (void)state;
    static const char *const no[] = { "1", "yes", "truely", "tru", "false", "" };
    READ({ "OTEL_SDK_DISABLED", "tRuE" });
    assert_true(env.disabled);
    READ({ "OTEL_SDK_DISABLED", " true " });
    assert_true(env.disabled);
    for (size_t i = 0; i < COUNT(no); i++) {
        READ({ "OTEL_SDK_DISABLED", no[i] });
        assert_false(env.disabled);
    }
}

static void test_log_level_and_path_are_read(void **state)
{
    (void)state;
    static const char *const levels[] = { "NONE", "Error", "warn", "info", "debug" };
    for (size_t i = 0; i < COUNT(levels); i++) {
        READ({ "OTEL_LOG_LEVEL", levels[i] }, { "USPAN_LOG_PATH", "/tmp/x y" });
        assert_true(env.has_log_level);
        assert_int_equal(env.log_level, i);
        assert_string_equal(env.log_path, "/tmp/x y");
        assert_int_equal(warned, 0);
    }
    READ({ "OTEL_LOG_LEVEL", "loud" });
    assert_false(env.has_log_level);
    assert_int_equal(env.log_level, USPAN_LEVEL_INFO);
    assert_warned("OTEL_LOG_LEVEL");
}

static void test_service_name_beats_the_resource(void **state)
{
    (void)state;
    READ({ "OTEL_SERVICE_NAME", "garden" }, { "OTEL_RESOURCE_ATTRIBUTES", "service.name=other,a=1" });
    assert_string_equal(env.service_name, "garden");
    assert_non_null(strstr(env.resource, "a=1"));
    assert_null(strstr(env.resource, "service.name"));
    READ({ "OTEL_RESOURCE_ATTRIBUTES", "a=1,service.name=gar%20den" });
    assert_string_equal(env.service_name, "gar den");
    assert_null(strstr(env.resource, "service.name"));
}

static void test_resource_members_are_kept_encoded_and_trimmed(void **state)
{
    (void)state;
    READ({ "OTEL_RESOURCE_ATTRIBUTES", " host.id = a%2Cb , k=v=w ,, empty=" });
    assert_ptr_equal(strstr(env.resource, "host.id=a%2Cb,k=v=w,empty="), env.resource);
    assert_int_equal(warned, 0);
}

static void test_each_sampler_is_known(void **state)
{
    (void)state;
    static const struct {
        const char *name, *arg;
        bool parent_based;
        uint64_t bound;
    } rows[] = {
        { "always_on", NULL, false, USPAN_SAMPLE_ALWAYS },
        { "always_off", NULL, false, USPAN_SAMPLE_NEVER },
        { "traceidratio", "0.5", false, (uint64_t)1 << 62 },
        { "traceidratio", NULL, false, USPAN_SAMPLE_ALWAYS },
        { "parentbased_always_on", "0", true, USPAN_SAMPLE_ALWAYS },
        { "parentbased_always_off", "1", true, USPAN_SAMPLE_NEVER },
        { "parentbased_traceidratio", "0.25", true, (uint64_t)1 << 61 },
        { "PARENTBASED_TraceIdRatio", " 0 ", true, USPAN_SAMPLE_NEVER },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        READ({ "OTEL_TRACES_SAMPLER", rows[i].name }, { "OTEL_TRACES_SAMPLER_ARG", rows[i].arg });
        assert_true(env.has_sampler);
        assert_int_equal(env.sampler.parent_based, rows[i].parent_based);
        assert_true(env.sampler.bound == rows[i].bound);
        assert_int_equal(warned, 0);
    }
}

static void test_an_unknown_sampler_is_ignored(void **state)
{
    (void)state;
    static const char *const names[] = { "jaeger_remote", "xray", "always", "parentbased_jaeger_remote" };
    for (size_t i = 0; i < COUNT(names); i++) {
        READ({ "OTEL_TRACES_SAMPLER", names[i] }, { "OTEL_TRACES_SAMPLER_ARG", "0.5" });
        assert_false(env.has_sampler);
        assert_warned("OTEL_TRACES_SAMPLER");
    }
}

static void test_a_bad_ratio_counts_as_unset(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "1.5", "-0.1", "half",
        "0,5", "1x",   "0.00000000000000000000000000000000000000000000000000000000000000000001x"
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        READ({ "OTEL_TRACES_SAMPLER", "traceidratio" }, { "OTEL_TRACES_SAMPLER_ARG", bad[i] });
        assert_true(env.has_sampler);
        assert_true(env.sampler.bound == USPAN_SAMPLE_ALWAYS);
        assert_warned("OTEL_TRACES_SAMPLER_ARG");
    }
}

static void test_exporters_are_a_list(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        unsigned exporters, warnings;
    } rows[] = {
        { "otlp", USPAN_POSIX_OTLP, 0 },
        { "CONSOLE", USPAN_POSIX_CONSOLE, 0 },
        { "none", 0, 0 },
        { "otlp, console", USPAN_POSIX_OTLP | USPAN_POSIX_CONSOLE, 0 },
        { "console,none", USPAN_POSIX_CONSOLE, 0 },
        { "zipkin", USPAN_POSIX_OTLP, 1 },
        { "zipkin,console", USPAN_POSIX_CONSOLE, 1 },
        { ",,console,", USPAN_POSIX_CONSOLE, 0 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        READ({ "OTEL_TRACES_EXPORTER", rows[i].value });
        assert_int_equal(env.exporters, rows[i].exporters);
        assert_int_equal(warned, rows[i].warnings);
    }
}

static void test_the_base_endpoint_gets_the_traces_path(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "http://h:4318", "http://h:4318/v1/traces" },
        { "http://h:4318/", "http://h:4318/v1/traces" },
        { "https://h/base", "https://h/base/v1/traces" },
        { " https://h/base/ ", "https://h/base/v1/traces" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        READ({ "OTEL_EXPORTER_OTLP_ENDPOINT", rows[i][0] });
        assert_string_equal(env.endpoint, rows[i][1]);
        assert_int_equal(warned, 0);
    }
}

static void test_a_base_endpoint_with_the_path_is_named(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        { "http://h:4318/v1/traces", "http://h:4318/v1/traces/v1/traces" },
        { "http://h/base/v1/traces/", "http://h/base/v1/traces/v1/traces" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        READ({ "OTEL_EXPORTER_OTLP_ENDPOINT", rows[i][0] });
        assert_string_equal(env.endpoint, rows[i][1]); /* as the specification says */
        assert_warned("OTEL_EXPORTER_OTLP_ENDPOINT ends in /v1/traces");
    }
    READ({ "OTEL_EXPORTER_OTLP_ENDPOINT", "http://h/v1/traces2" });
    assert_int_equal(warned, 0);
}

static void test_the_traces_endpoint_is_used_as_it_is(void **state)
{
    (void)state;
    static const char *const rows[] = { "http://h:4318", "http://h:4318/", "https://h/x?y=z" };
    for (size_t i = 0; i < COUNT(rows); i++) {
        READ({ "OTEL_EXPORTER_OTLP_ENDPOINT", "http://other" },
             { "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", rows[i] }, { "USPAN_STUDIO_URL", "http://studio:3000" });
        assert_string_equal(env.endpoint, rows[i]);
    }
}

static void test_studio_is_the_endpoint_where_there_is_no_other(void **state)
{
    (void)state;
    READ({ "USPAN_STUDIO_URL", "http://studio:3000//" });
    assert_string_equal(env.endpoint, "http://studio:3000/v1/traces");
    assert_string_equal(env.studio_url, "http://studio:3000//");
    READ({ "USPAN_STUDIO_URL", "http://studio:3000" }, { "OTEL_EXPORTER_OTLP_ENDPOINT", "http://h:1" });
    assert_string_equal(env.endpoint, "http://h:1/v1/traces");
    assert_string_equal(env.studio_url, "http://studio:3000");
}

static void test_other_protocols_and_compression_are_warned_of(void **state)
{
    (void)state;
    static const struct {
        const char *name, *good, *bad;
    } rows[] = {
        { "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf", "grpc" },
        { "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "HTTP/protobuf", "http/json" },
        { "OTEL_EXPORTER_OTLP_COMPRESSION", "none", "gzip" },
        { "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "None", "zstd" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        READ({ rows[i].name, rows[i].good });
        assert_int_equal(warned, 0);
        READ({ rows[i].name, rows[i].bad });
        assert_warned(rows[i].name);
    }
    READ({ "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "zstd" }, { "OTEL_EXPORTER_OTLP_COMPRESSION", "none" });
    assert_warned("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION");
    assert_true(env.no_gzip); /* an invalid value counts as unset */
}

/* The common variable may be meant for other signals. */
static void test_a_protocol_of_traces_hides_the_common_one(void **state)
{
    (void)state;
    READ({ "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc" },
         { "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf" });
    assert_int_equal(warned, 0);
    READ({ "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf" },
         { "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc" });
    assert_warned("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL");
}

static void test_headers_of_traces_win(void **state)
{
    (void)state;
    READ({ "OTEL_EXPORTER_OTLP_HEADERS", "x-a=1" });
    assert_string_equal(env.headers, "x-a=1");
    READ({ "OTEL_EXPORTER_OTLP_HEADERS", "x-a=1" },
         { "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "authorization=Basic%20dTpw=" });
    assert_string_equal(env.headers, "authorization=Basic%20dTpw=");
}

static void test_bad_headers_are_refused_without_being_repeated(void **state)
{
    (void)state;
    READ({ "OTEL_EXPORTER_OTLP_HEADERS", "authorization=hunter2%0D%0Ax: y" });
    assert_null(env.headers);
    assert_warned("OTEL_EXPORTER_OTLP_HEADERS");
    assert_null(strstr(warnings[0], "hunter2"));
}

static void test_timeouts_are_bounded_and_zero_is_no_limit(void **state)
{
    (void)state;
    READ({ "OTEL_EXPORTER_OTLP_TIMEOUT", "2500" });
    assert_int_equal(env.timeout_ms, 2500);
    READ({ "OTEL_EXPORTER_OTLP_TIMEOUT", "2500" }, { "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "70" });
    assert_int_equal(env.timeout_ms, 70);
    READ({ "OTEL_EXPORTER_OTLP_TIMEOUT", "0" });
    assert_int_equal(env.timeout_ms, 600000);
    READ({ "OTEL_EXPORTER_OTLP_TIMEOUT", "10000" }, { "OTEL_BSP_EXPORT_TIMEOUT", "300" });
    assert_int_equal(env.timeout_ms, 300);
    READ({ "OTEL_EXPORTER_OTLP_TIMEOUT", "100" }, { "OTEL_BSP_EXPORT_TIMEOUT", "30000" });
    assert_int_equal(env.timeout_ms, 100);
    READ({ "OTEL_BSP_EXPORT_TIMEOUT", "30000" });
    assert_int_equal(env.timeout_ms, 0);
    assert_int_equal(warned, 0);
}

static void test_a_number_that_is_none_is_ignored(void **state)
{
    (void)state;
    static const char *const bad[] = { "-1", "1.5", "10s", "0x10", "2147483648", "99999999999999999999999",
                                       "1 2" };
    for (size_t i = 0; i < COUNT(bad); i++) {
        READ({ "OTEL_BSP_SCHEDULE_DELAY", bad[i] });
        assert_int_equal(env.batching.age_ms, 0);
        assert_warned("OTEL_BSP_SCHEDULE_DELAY");
        READ({ "OTEL_EXPORTER_OTLP_TIMEOUT", bad[i] });
        assert_int_equal(env.timeout_ms, 0);
        assert_warned("OTEL_EXPORTER_OTLP_TIMEOUT");
    }
    READ({ "OTEL_BSP_SCHEDULE_DELAY", "2147483647" });
    assert_int_equal(env.batching.age_ms, INT32_MAX);
    assert_int_equal(warned, 0);
}

static void test_batch_settings_are_read(void **state)
{
    (void)state;
    READ({ "OTEL_BSP_SCHEDULE_DELAY", " 200 " }, { "OTEL_BSP_MAX_QUEUE_SIZE", "16" },
         { "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "8" });
    assert_int_equal(env.batching.age_ms, 200);
    assert_int_equal(env.batching.spans_max, 8);
    assert_int_equal(warned, 0);
    READ({ "OTEL_BSP_SCHEDULE_DELAY", "0" });
    assert_int_equal(env.batching.age_ms, 1);
    READ({ "OTEL_BSP_MAX_QUEUE_SIZE", "8" }, { "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "9" });
    assert_int_equal(env.batching.spans_max, 0);
    assert_warned("OTEL_BSP_MAX_EXPORT_BATCH_SIZE");
    READ({ "OTEL_BSP_MAX_QUEUE_SIZE", "0" });
    assert_warned("OTEL_BSP_MAX_QUEUE_SIZE");
    READ({ "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "0" });
    assert_int_equal(env.batching.spans_max, 0);
    assert_warned("OTEL_BSP_MAX_EXPORT_BATCH_SIZE");
    READ({ "OTEL_BSP_MAX_QUEUE_SIZE", "100000" });
    assert_warned("OTEL_BSP_MAX_QUEUE_SIZE");
}

static void test_special_limits_beat_general_ones(void **state)
{
    (void)state;
    READ({ "OTEL_ATTRIBUTE_COUNT_LIMIT", "7" }, { "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "100" });
    assert_int_equal(env.limits.attrs, 7);
    assert_int_equal(env.limits.event_attrs, 7);
    assert_int_equal(env.limits.link_attrs, 7);
    assert_int_equal(env.limits.value_chars, 100);
    assert_int_equal(env.limits.events, 0);
    READ({ "OTEL_ATTRIBUTE_COUNT_LIMIT", "7" }, { "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "6" },
         { "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "5" }, { "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "4" },
         { "OTEL_SPAN_EVENT_COUNT_LIMIT", "3" }, { "OTEL_SPAN_LINK_COUNT_LIMIT", "2" },
         { "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "100" }, { "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "90" });
    assert_int_equal(env.limits.attrs, 6);
    assert_int_equal(env.limits.event_attrs, 5);
    assert_int_equal(env.limits.link_attrs, 4);
    assert_int_equal(env.limits.events, 3);
    assert_int_equal(env.limits.links, 2);
    assert_int_equal(env.limits.value_chars, 90);
    assert_int_equal(warned, 0);
    READ({ "OTEL_SPAN_EVENT_COUNT_LIMIT", "2000000" }, { "OTEL_SPAN_LINK_COUNT_LIMIT", "x" });
    assert_int_equal(env.limits.events, UINT16_MAX);
    assert_int_equal(env.limits.links, 0);
    assert_warned("OTEL_SPAN_LINK_COUNT_LIMIT");
    READ({ "OTEL_SPAN_EVENT_COUNT_LIMIT", "0" });
    assert_int_equal(env.limits.events, 1);
    assert_warned("OTEL_SPAN_EVENT_COUNT_LIMIT");
}

static void test_certificates_of_traces_win(void **state)
{
    (void)state;
    READ({ "OTEL_EXPORTER_OTLP_CERTIFICATE", "ca" }, { "OTEL_EXPORTER_OTLP_CLIENT_KEY", "key" },
         { "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "cert" });
    assert_string_equal(env.certs.ca_file, "ca");
    assert_string_equal(env.certs.key_file, "key");
    assert_string_equal(env.certs.cert_file, "cert");
    READ({ "OTEL_EXPORTER_OTLP_CERTIFICATE", "ca" }, { "OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "ca2" },
         { "OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "key2" },
         { "OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", "cert2" });
    assert_string_equal(env.certs.ca_file, "ca2");
    assert_string_equal(env.certs.key_file, "key2");
    assert_string_equal(env.certs.cert_file, "cert2");
}

static void test_text_is_copied(void **state)
{
    (void)state;
    char name[] = "garden";
    READ({ "OTEL_SERVICE_NAME", name });
    name[0] = 'w';
    assert_string_equal(env.service_name, "garden");
}

static void test_text_that_does_not_fit_is_ignored_whole(void **state)
{
    (void)state;
    static char huge[USPAN_POSIX_TEXT_BYTES + 10];
    memset(huge, 'a', sizeof(huge) - 1u);
    READ({ "OTEL_SERVICE_NAME", huge });
    assert_null(env.service_name);
    assert_warned("OTEL_SERVICE_NAME");
    READ({ "OTEL_EXPORTER_OTLP_ENDPOINT", huge });
    assert_null(env.endpoint);
    assert_warned("OTEL_EXPORTER_OTLP_ENDPOINT");
    huge[1] = '=';
    READ({ "OTEL_RESOURCE_ATTRIBUTES", huge }); /* truncated like any long value */
    assert_int_equal(strlen(env.resource), 2u + 255u);
    assert_warned("OTEL_RESOURCE_ATTRIBUTES");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_environment_says_nothing),
        cmocka_unit_test(test_an_empty_value_is_unset),
        cmocka_unit_test(test_only_true_in_any_case_disables),
        cmocka_unit_test(test_log_level_and_path_are_read),
        cmocka_unit_test(test_service_name_beats_the_resource),
        cmocka_unit_test(test_resource_members_are_kept_encoded_and_trimmed),
        cmocka_unit_test(test_each_sampler_is_known),
        cmocka_unit_test(test_an_unknown_sampler_is_ignored),
        cmocka_unit_test(test_a_bad_ratio_counts_as_unset),
        cmocka_unit_test(test_exporters_are_a_list),
        cmocka_unit_test(test_the_base_endpoint_gets_the_traces_path),
        cmocka_unit_test(test_a_base_endpoint_with_the_path_is_named),
        cmocka_unit_test(test_the_traces_endpoint_is_used_as_it_is),
        cmocka_unit_test(test_studio_is_the_endpoint_where_there_is_no_other),
        cmocka_unit_test(test_other_protocols_and_compression_are_warned_of),
        cmocka_unit_test(test_a_protocol_of_traces_hides_the_common_one),
        cmocka_unit_test(test_headers_of_traces_win),
        cmocka_unit_test(test_bad_headers_are_refused_without_being_repeated),
        cmocka_unit_test(test_timeouts_are_bounded_and_zero_is_no_limit),
        cmocka_unit_test(test_a_number_that_is_none_is_ignored),
        cmocka_unit_test(test_batch_settings_are_read),
        cmocka_unit_test(test_special_limits_beat_general_ones),
        cmocka_unit_test(test_certificates_of_traces_win),
        cmocka_unit_test(test_text_is_copied),
        cmocka_unit_test(test_text_that_does_not_fit_is_ignored_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
