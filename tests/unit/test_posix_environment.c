/* test_posix_environment.c: a program that starts its tracer applies the settings of the environment. No
 * setting there stops the program. */
#define _GNU_SOURCE
#include "posix_started.h"

static void test_a_disabled_tracer_does_nothing(void **state)
{
    (void)state;
    static const char *const off[] = { "OTEL_SDK_DISABLED", "true", NULL };
    set_environment(off);
    assert_int_equal(uspan_posix_start(&tracer, &options), USPAN_OK);
    assert_true(starts_are_null());
    assert_int_equal(uspan_posix_stop(&tracer, PATIENCE_MS), USPAN_OK);
    assert_int_equal(atomic_load(&collector.requests), 0);
}

static void test_no_exporter_means_no_destination(void **state)
{
    (void)state;
    static const char *const none[] = { "OTEL_TRACES_EXPORTER", "none", NULL };
    uspan_stats_t s;
    set_environment(none);
    assert_int_equal(uspan_posix_start(&tracer, &options), USPAN_OK);
    record(2);
    assert_int_equal(uspan_posix_stop(&tracer, PATIENCE_MS), USPAN_OK);
    uspan_stats(&tracer, 0, &s);
    assert_int_equal(s.dropped[USPAN_DROP_NO_DESTINATION], 2);
    assert_int_equal(atomic_load(&collector.requests), 0);
}

static void test_https_of_the_environment_without_tls_is_logged_and_stops_nothing(void **state)
{
    (void)state;
    char path[] = "/tmp/uspan-start-XXXXXX", text[512];
    int fd = mkstemp(path);
    const char *const https[] = { "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://127.0.0.1:1/v1/traces",
                                  "USPAN_LOG_PATH", path, NULL };
    set_environment(https);
    vars[5] = "error";
    assert_int_equal(uspan_posix_start(&tracer, &options), USPAN_OK);
    record(1); /* the tracer works anyway */
    assert_int_equal(uspan_posix_stop(&tracer, PATIENCE_MS), USPAN_OK);
    ssize_t len = read(fd, text, sizeof(text) - 1u);
    assert_true(len > 0);
    text[len] = 0;
    assert_non_null(strstr(text, "uspan error: https needs TLS"));
    (void)close(fd);
    (void)unlink(path);
}

static void test_nothing_in_the_environment_stops_the_program(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        { "OTEL_RESOURCE_ATTRIBUTES", "site=caf\xE9,x=%E9,kept=1" },
        { "OTEL_EXPORTER_OTLP_HEADERS", "Content-Type=text/plain,x-kept=1" },
        { "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc" },
        { "OTEL_TRACES_EXPORTER", "zipkin" },
        { "USPAN_LOG_PATH", "/nowhere/at/all" },
        { "OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere.pem" },
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        const char *const more[] = { bad[i][0], bad[i][1], NULL };
        set_environment(more);
        atomic_store(&collector.requests, 0);
        assert_int_equal(uspan_posix_start(&tracer, &options), USPAN_OK);
        record(1);
        assert_int_equal(uspan_posix_stop(&tracer, PATIENCE_MS), USPAN_OK);
        assert_int_equal(atomic_load(&collector.requests), 1);
        assert_true(i != 1u || was_said("x-kept: 1\r\n"));
    }
    vars[1] = "not a url"; /* the endpoint: nothing is sent, and no other address is used */
    assert_int_equal(uspan_posix_start(&tracer, &options), USPAN_OK);
    record(1);
    assert_int_equal(uspan_posix_stop(&tracer, PATIENCE_MS), USPAN_OK);
    assert_int_equal(atomic_load(&collector.requests), 1);
}

static void test_settings_of_the_program_hold_where_the_environment_is_silent(void **state)
{
    (void)state;
    char url[96];
    const uspan_collector_t to = { .endpoint = url, .headers = "x-garden=bed%201" };
    (void)snprintf(url, sizeof(url), "%s/elsewhere", endpoint);
    options = (uspan_posix_options_t){ .no_environment = true, .no_thread = true, .collector = &to };
    assert_int_equal(uspan_posix_start(&tracer, &options), USPAN_OK);
    record(1);
    assert_int_equal(uspan_posix_stop(&tracer, PATIENCE_MS), USPAN_OK);
    assert_true(was_said("POST /elsewhere HTTP/1.1"));
    assert_true(was_said("x-garden: bed 1"));
    options.no_environment = false;
    options.get = get;
    set_environment((const char *const[]){ "OTEL_EXPORTER_OTLP_HEADERS", "x-garden=other", NULL });
    assert_int_equal(uspan_posix_start(&tracer, &options), USPAN_OK);
    record(1);
    assert_int_equal(uspan_posix_stop(&tracer, PATIENCE_MS), USPAN_OK);
    assert_true(was_said("POST /v1/traces HTTP/1.1"));
    assert_true(was_said("x-garden: other"));
}

static void test_batches_are_as_the_environment_says(void **state)
{
    (void)state;
    set_environment((const char *const[]){ "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1", NULL });
    assert_int_equal(uspan_posix_start(&tracer, &options), USPAN_OK);
    record(3);
    assert_int_equal(uspan_posix_stop(&tracer, PATIENCE_MS), USPAN_OK);
    assert_int_equal(atomic_load(&collector.requests), 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_disabled_tracer_does_nothing),
        TEST(test_no_exporter_means_no_destination),
        TEST(test_https_of_the_environment_without_tls_is_logged_and_stops_nothing),
        TEST(test_nothing_in_the_environment_stops_the_program),
        TEST(test_settings_of_the_program_hold_where_the_environment_is_silent),
        TEST(test_batches_are_as_the_environment_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
