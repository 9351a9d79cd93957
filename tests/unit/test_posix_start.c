/* test_posix_start.c: a started tracer delivers ended spans, with and without its thread, and stops in time,
 * whatever the collector does. fork() does not affect the parent's tracing. */
#define _GNU_SOURCE
#include "posix_started.h"

static void test_what_ended_is_delivered_when_the_tracer_stops(void **state)
{
    (void)state;
    for (int thread = 0; thread < 2; thread++) {
        uspan_stats_t s;
        options.no_thread = thread == 0;
        assert_int_equal(uspan_posix_start(&tracer, &options), USPAN_OK);
        record(5);
        assert_int_equal(uspan_posix_stop(&tracer, PATIENCE_MS), USPAN_OK);
        uspan_stats(&tracer, 0, &s);
        assert_int_equal(s.started, 5);
        assert_int_equal(s.delivered, 5);
        assert_true(was_said("POST /v1/traces HTTP/1.1"));
    }
}

static void test_the_thread_delivers_by_itself(void **state)
{
    (void)state;
    uspan_stats_t s = { 0 };
    assert_int_equal(uspan_posix_start(&tracer, &options), USPAN_OK);
    record(3);
    for (long i = 0; s.delivered < 3u; i++) {
        assert_true(i < PATIENCE_MS);
        (void)poll(NULL, 0u, 1);
        s = take_stats();
    }
}

static void test_flush_waits_until_all_is_settled(void **state)
{
    (void)state;
    static const char *const slow[] = { "OTEL_BSP_SCHEDULE_DELAY", "3600000", NULL };
    for (int thread = 0; thread < 2; thread++) {
        uspan_stats_t s;
        set_environment(NULL);
        vars[3] = slow[1]; /* no span is sent because of its age */
        options.no_thread = thread == 0;
        assert_int_equal(uspan_posix_start(&tracer, &options), USPAN_OK);
        record(2);
        assert_int_equal(uspan_posix_flush(&tracer, PATIENCE_MS), USPAN_OK);
        s = take_stats();
        assert_int_equal(s.delivered, 2);
        atomic_store(&collector.mute, true);
        record(1);
        assert_int_equal(uspan_posix_flush(&tracer, 30), USPAN_ERR_AGAIN);
        atomic_store(&collector.mute, false);
        (void)uspan_posix_stop(&tracer, 0);
    }
}

static void *record_much(void *arg)
{
    (void)arg;
    record(300);
    return NULL;
}

static void test_many_threads_record_while_one_delivers(void **state)
{
    (void)state;
    pthread_t threads[4];
    uspan_stats_t s;
    assert_int_equal(uspan_posix_start(&tracer, &options), USPAN_OK);
    for (size_t i = 0; i < COUNT(threads); i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, record_much, NULL), 0);
    }
    for (size_t i = 0; i < COUNT(threads); i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(uspan_posix_stop(&tracer, PATIENCE_MS), USPAN_OK);
    uspan_stats(&tracer, 0, &s);
    assert_int_equal(s.started, 1200);
    assert_true(s.delivered > 0u);
    assert_int_equal(s.delivered + dropped(&s), s.started);
    assert_int_equal(s.dropped[USPAN_DROP_POOL_FULL],
                     dropped(&s)); /* the pool is small; nothing else is dropped */
}

static void test_a_collector_that_never_answers_does_not_hold_the_exit(void **state)
{
    (void)state;
    for (int thread = 0; thread < 2; thread++) {
        uspan_stats_t s;
        const uspan_port_t *port = uspan_posix_port();
        atomic_store(&collector.mute, true);
        options.no_thread = thread == 0;
        assert_int_equal(uspan_posix_start(&tracer, &options), USPAN_OK);
        record(4);
        uint64_t began_ns = port->mono_ns(port->ctx);
        assert_int_equal(uspan_posix_stop(&tracer, 50), USPAN_ERR_IO); /* the spans are lost, as reported */
        assert_true(port->mono_ns(port->ctx) - began_ns < (uint64_t)PATIENCE_MS * 1000000u);
        uspan_stats(&tracer, 0, &s);
        assert_int_equal(s.delivered, 0);
        assert_int_equal(s.dropped[USPAN_DROP_DEADLINE], 4);
    }
}

/* The last batch arrives, and yet earlier spans are lost: their time never became known, or newer spans
 * replaced them. */
static void test_stopping_tells_of_spans_that_were_lost_before(void **state)
{
    (void)state;
    options.no_thread = true;
    static const uspan_drop_t causes[] = { USPAN_DROP_NO_TIME, USPAN_DROP_EVICTED, USPAN_DROP_RETRIES };
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
        assert_int_equal(uspan_posix_start(&tracer, &options), USPAN_OK);
        record(1);
        tracer.dests[0].dropped[causes[i] - USPAN_DROP_OWN] = 1u; /* what is counted in this case */
        tracer.trace.started++;
        assert_int_equal(uspan_posix_stop(&tracer, PATIENCE_MS), USPAN_ERR_IO);
    }
    assert_int_equal(uspan_posix_start(&tracer, &options), USPAN_OK); /* again, with new counts */
    record(1);
    assert_int_equal(uspan_posix_stop(&tracer, PATIENCE_MS), USPAN_OK);
    assert_int_equal(uspan_posix_stop(&tracer, PATIENCE_MS), USPAN_ERR_ARG);
    assert_int_equal(uspan_posix_start(&tracer, &options), USPAN_OK);
    record(2);
    assert_int_equal(uspan_posix_stop(&tracer, 0), USPAN_ERR_IO); /* without any time */
}

static void test_the_console_prints_spans(void **state)
{
    (void)state;
    static const char *const console[] = { "OTEL_TRACES_EXPORTER", "console", NULL };
    char path[] = "/tmp/uspan-console-XXXXXX", text[2048];
    int fd = mkstemp(path), out = dup(STDOUT_FILENO);
    set_environment(console);
    assert_true(fd >= 0 && out >= 0);
    (void)fflush(stdout);
    (void)dup2(fd, STDOUT_FILENO);
    uspan_err_t started = uspan_posix_start(&tracer, &options);
    record(1);
    uspan_err_t stopped = uspan_posix_stop(&tracer, PATIENCE_MS);
    (void)fflush(stdout);
    (void)dup2(out, STDOUT_FILENO);
    (void)close(out);
    ssize_t len = pread(fd, text, sizeof(text) - 1u, 0);
    assert_true(len > 0);
    text[len] = 0;
    assert_int_equal(started, USPAN_OK);
    assert_int_equal(stopped, USPAN_OK);
    assert_non_null(strstr(text, "work"));
    (void)close(fd);
    (void)unlink(path);
}

static void test_a_destination_too_many_costs_itself_only(void **state)
{
    (void)state;
    static const char *const both[] = { "OTEL_TRACES_EXPORTER", "otlp,console", NULL };
    set_environment(both);
    assert_int_equal(uspan_posix_start(&tracer, &options), USPAN_OK);
}

static void test_settings_can_be_changed_while_the_thread_runs(void **state)
{
    (void)state;
    assert_int_equal(uspan_posix_start(&tracer, &options), USPAN_OK);
    for (int i = 0; i < 50; i++) {
        char headers[32], said[32];
        (void)snprintf(headers, sizeof(headers), "x-turn=%d", i);
        (void)snprintf(said, sizeof(said), "x-turn: %d\r\n", i);
        uspan_posix_hold(&tracer);
        uspan_err_t err = uspan_set_headers(&tracer, 0, headers);
        uspan_posix_release(&tracer);
        assert_int_equal(err, USPAN_OK);
        record(1);
        assert_int_equal(uspan_posix_flush(&tracer, PATIENCE_MS), USPAN_OK);
        assert_true(was_said(said));
    }
}

static void test_an_application_of_other_options_is_refused_before_a_byte_is_written(void **state)
{
    static const char said[] = "build library and program with equal USPAN_* options";
    static uspan_tracer_t other;
    char path[] = "/tmp/uspan-start-XXXXXX", text[1024];
    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(uspan_posix_log_to(path, USPAN_LEVEL_ERROR), USPAN_OK);
    for (size_t wrong = 0; wrong < 3u; wrong++) {
        memset(&other, 0x5A, sizeof(other));
        assert_int_equal(uspan_posix_start_sized(&other, &options,
                                                 sizeof(other) - (wrong == 0u) + (wrong == 1u),
                                                 USPAN_CONFIG_ID + (wrong == 2u)),
                         USPAN_ERR_ARG);
        for (size_t i = 0; i < sizeof(other); i++) {
            assert_int_equal(((const uint8_t *)&other)[i], 0x5A);
        }
        ssize_t len = pread(fd, text, sizeof(text) - 1u, 0);
        assert_true(len > 0);
        text[len] = '\0';
        assert_non_null(strstr(text, said));
        assert_int_equal(ftruncate(fd, 0), 0);
        assert_int_equal(uspan_posix_stop(&other, 0), USPAN_ERR_ARG); /* it was not started */
    }
    assert_int_equal(uspan_posix_log_to(NULL, USPAN_LEVEL_INFO), USPAN_OK);
    (void)close(fd);
    (void)unlink(path);
    /* Other structs of the application. */
    static uspan_posix_tcp_t tcp;
    static uspan_posix_env_t env;
    uspan_transport_t transport;
    const uspan_collector_t nowhere = { .endpoint = "http://127.0.0.1:1/v1/traces" };
    memset(&tcp, 0x5A, sizeof(tcp));
    memset(&env, 0x5A, sizeof(env));
    uspan_posix_tcp_init_sized(&tcp, &transport, sizeof(tcp) - 28u);
    uspan_posix_env_sized(&env, NULL, NULL, NULL, sizeof(env) + 1u);
    assert_int_equal(*(const uint8_t *)&tcp, 0x5A);
    assert_int_equal(*(const uint8_t *)&env, 0x5A);
    assert_int_equal(uspan_init(&other, uspan_posix_port()), USPAN_OK);
    assert_int_equal(uspan_export_to(&other, 0, &transport, &nowhere), USPAN_ERR_ARG);
}

static void test_start_and_stop_check_their_arguments(void **state)
{
    (void)state;
    static uspan_tracer_t more[USPAN_POSIX_TRACERS_MAX];
    assert_int_equal(uspan_posix_start(NULL, &options), USPAN_ERR_ARG);
    assert_int_equal(uspan_posix_stop(&tracer, 0), USPAN_ERR_ARG);
    assert_int_equal(uspan_posix_stop(NULL, 0), USPAN_ERR_ARG);
    assert_int_equal(uspan_posix_flush(&tracer, 0), USPAN_ERR_ARG);
    uspan_posix_hold(&tracer); /* there is nothing to hold */
    uspan_posix_release(&tracer);
    uspan_posix_wake(&tracer);
    assert_int_equal(uspan_posix_start(&tracer, &options), USPAN_OK);
    assert_int_equal(uspan_posix_start(&tracer, &options), USPAN_ERR_ARG);
    for (size_t i = 0; i + 1u < COUNT(more); i++) {
        assert_int_equal(uspan_posix_start(&more[i], &options), USPAN_OK);
    }
    assert_int_equal(uspan_posix_start(&more[COUNT(more) - 1u], &options), USPAN_ERR_FULL);
    for (size_t i = 0; i + 1u < COUNT(more); i++) {
        assert_int_equal(uspan_posix_stop(&more[i], PATIENCE_MS), USPAN_OK);
    }
    assert_int_equal(uspan_posix_stop(&tracer, PATIENCE_MS), USPAN_OK);
    assert_int_equal(uspan_posix_stop(&tracer, PATIENCE_MS), USPAN_ERR_ARG);
}

/* In the child: spans recorded there are dropped until it starts its own tracer. */
static int live_as_a_child(void)
{
    uspan_stats_t s;
    alarm(PATIENCE_MS / 1000);
    if (!starts_are_null() || uspan_posix_stop(&tracer, 0) != USPAN_ERR_ARG) {
        return 1;
    }
    options.no_thread = true;
    if (uspan_posix_start(&tracer, &options) != USPAN_OK) {
        return 2;
    }
    record(2);
    if (uspan_posix_stop(&tracer, PATIENCE_MS) != USPAN_OK) {
        return 3;
    }
    uspan_stats(&tracer, 0, &s);
    return s.delivered == 2u ? 7 : 4;
}

static void test_fork_leaves_the_parent_whole_and_the_child_off(void **state)
{
    (void)state;
    uspan_stats_t s;
    int status = 0;
    assert_int_equal(uspan_posix_start(&tracer, &options), USPAN_OK);
    record(2);
    assert_int_equal(uspan_posix_flush(&tracer, PATIENCE_MS), USPAN_OK); /* a connection is open now */
    vars[3] = "3600000";
    pid_t pid = fork();
    if (pid == 0) {
        _exit(live_as_a_child());
    }
    record(3);
    assert_int_equal(uspan_posix_flush(&tracer, PATIENCE_MS), USPAN_OK);
    s = take_stats();
    assert_int_equal(s.delivered, 5);
    assert_int_equal(uspan_posix_stop(&tracer, PATIENCE_MS),
                     USPAN_OK); /* the collector can now serve the child */
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_what_ended_is_delivered_when_the_tracer_stops),
        TEST(test_the_thread_delivers_by_itself),
        TEST(test_flush_waits_until_all_is_settled),
        TEST(test_many_threads_record_while_one_delivers),
        TEST(test_a_collector_that_never_answers_does_not_hold_the_exit),
        TEST(test_stopping_tells_of_spans_that_were_lost_before),
        TEST(test_the_console_prints_spans),
        TEST(test_a_destination_too_many_costs_itself_only),
        TEST(test_settings_can_be_changed_while_the_thread_runs),
        TEST(test_start_and_stop_check_their_arguments),
        TEST(test_an_application_of_other_options_is_refused_before_a_byte_is_written),
        cmocka_unit_test(test_an_application_of_other_options_is_refused_before_a_byte_is_written),
        TEST(test_fork_leaves_the_parent_whole_and_the_child_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
