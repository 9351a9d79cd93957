/* test_posix_start.c: a started tracer delivers what ended, with and without its thread, and stops in time,
 * whatever the collector does; fork() leaves the parent's tracing whole. */
#define _GNU_SOURCE
#include "uspan_posix.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "cmocka_all.h"

#define PATIENCE_MS 60000 /* on a busy machine, before something counts as hung */

/* ---- a collector: one thread, one connection at a time ------------------------------------------------- */

static struct collector {
    int listener;
    uint16_t port;
    pthread_t thread;
    atomic_bool mute; /* takes requests, gives no answer */
    atomic_bool leave;
    atomic_uint requests;
    pthread_mutex_t mutex;
    char head[2048]; /* of the last request */
} collector = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static bool read_some(int fd, char *out, size_t cap, size_t *len)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    while (!atomic_load(&collector.leave)) {
        if (poll(&p, 1u, 20) > 0) {
            ssize_t n = recv(fd, out + *len, cap - *len, 0);
            *len += n > 0 ? (size_t)n : 0u;
            return n > 0;
        }
    }
    return false;
}

/* Serve one connection until it ends. */
static void serve(int fd)
{
    static char text[1 << 20];
    static const char answer[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n";
    size_t len = 0;
    for (;;) {
        char *end;
        while (text[len] = 0, (end = strstr(text, "\r\n\r\n")) == NULL) {
            if (!read_some(fd, text, sizeof(text) - 1u, &len)) {
                return;
            }
        }
        size_t head = (size_t)(end - text) + 4u, body = 0;
        const char *field = strcasestr(text, "content-length:");
        if (field != NULL) {
            body = (size_t)strtoul(field + 15, NULL, 10);
        }
        while (len < head + body) {
            if (!read_some(fd, text, sizeof(text) - 1u, &len)) {
                return;
            }
        }
        (void)pthread_mutex_lock(&collector.mutex);
        (void)snprintf(collector.head, sizeof(collector.head), "%.*s", (int)head, text);
        (void)pthread_mutex_unlock(&collector.mutex);
        (void)atomic_fetch_add(&collector.requests, 1u);
        if (!atomic_load(&collector.mute)) {
            (void)!write(fd, answer, sizeof(answer) - 1u);
        }
        len -= head + body;
        memmove(text, text + head + body, len);
    }
}

static void *collect(void *arg)
{
    struct pollfd p = { .fd = collector.listener, .events = POLLIN };
    (void)arg;
    while (!atomic_load(&collector.leave)) {
        if (poll(&p, 1u, 20) > 0) {
            int fd = accept(collector.listener, NULL, NULL);
            serve(fd);
            (void)close(fd);
        }
    }
    return NULL;
}

static bool was_said(const char *words)
{
    (void)pthread_mutex_lock(&collector.mutex);
    bool said = strstr(collector.head, words) != NULL;
    (void)pthread_mutex_unlock(&collector.mutex);
    return said;
}

/* ---- the environment ----------------------------------------------------------------------------------- */

static char endpoint[64];
static const char *vars[16];

static const char *get(const char *name)
{
    for (size_t i = 0; vars[i] != NULL; i += 2u) {
        if (strcmp(vars[i], name) == 0) {
            return vars[i + 1u];
        }
    }
    return NULL;
}

/* The collector is the endpoint; more variables as name, value, ..., NULL. */
static void set_environment(const char *const more[])
{
    size_t n = 0;
    vars[n++] = "OTEL_EXPORTER_OTLP_ENDPOINT";
    vars[n++] = endpoint;
    vars[n++] = "OTEL_BSP_SCHEDULE_DELAY";
    vars[n++] = "20";
    vars[n++] = "OTEL_LOG_LEVEL";
    vars[n++] = "none";
    for (size_t i = 0; more != NULL && more[i] != NULL; i++) {
        vars[n++] = more[i];
    }
    vars[n] = NULL;
}

static uspan_tracer_t tracer;
static uspan_posix_options_t options;

static int begin(void **state)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(at);
    (void)state;
    collector.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(collector.listener, (struct sockaddr *)&at, sizeof(at)) != 0 ||
        listen(collector.listener, 8) != 0 ||
        getsockname(collector.listener, (struct sockaddr *)&at, &len) != 0) {
        return -1;
    }
    collector.port = ntohs(at.sin_port);
    (void)snprintf(endpoint, sizeof(endpoint), "http://127.0.0.1:%u", (unsigned)collector.port);
    atomic_store(&collector.leave, false);
    atomic_store(&collector.mute, false);
    atomic_store(&collector.requests, 0u);
    collector.head[0] = 0;
    options = (uspan_posix_options_t){ .get = get };
    set_environment(NULL);
    return pthread_create(&collector.thread, NULL, collect, NULL);
}

static int end(void **state)
{
    (void)state;
    (void)uspan_posix_stop(&tracer, 0u);
    atomic_store(&collector.leave, true);
    (void)pthread_join(collector.thread, NULL);
    (void)close(collector.listener);
    (void)uspan_posix_log_to(NULL, 0);
    return 0;
}

static void record(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uspan_t span = uspan_start(&tracer, USPAN_ROOT, "work");
        (void)uspan_set_int(&tracer, span, USPAN_KEY("turn"), (int64_t)i);
        (void)uspan_end(&tracer, span);
    }
}

/* Counters move while the thread polls. */
static uspan_stats_t take_stats(void)
{
    uspan_stats_t s;
    uspan_posix_hold(&tracer);
    uspan_stats(&tracer, 0, &s);
    uspan_posix_release(&tracer);
    return s;
}

static uint64_t dropped(const uspan_stats_t *s)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < USPAN_DROP_COUNT; i++) {
        sum += s->dropped[i];
    }
    return sum;
}

/* Every handle of a generation 0 is null. */
static bool starts_are_null(void)
{
    return uspan_start(&tracer, USPAN_ROOT, "x").id >> 10 == 0u;
}

/* ---- tests --------------------------------------------------------------------------------------------- */

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
        vars[3] = slow[1]; /* nothing goes out by age */
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
                     dropped(&s)); /* the pool is small; nothing else is lost */
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
        assert_int_equal(uspan_posix_stop(&tracer, 50), USPAN_OK);
        assert_true(port->mono_ns(port->ctx) - began_ns < (uint64_t)PATIENCE_MS * 1000000u);
        uspan_stats(&tracer, 0, &s);
        assert_int_equal(s.delivered, 0);
        assert_int_equal(s.dropped[USPAN_DROP_DEADLINE], 4);
    }
}

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

static void test_https_without_tls_is_a_config_error_that_is_logged(void **state)
{
    (void)state;
    char path[] = "/tmp/uspan-start-XXXXXX", text[512];
    int fd = mkstemp(path);
    const char *const https[] = { "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://127.0.0.1:1/v1/traces",
                                  "USPAN_LOG_PATH", path, NULL };
    set_environment(https);
    vars[5] = "error";
    assert_int_equal(uspan_posix_start(&tracer, &options), USPAN_ERR_CONFIG);
    record(1); /* the tracer works all the same */
    assert_int_equal(uspan_posix_stop(&tracer, PATIENCE_MS), USPAN_OK);
    ssize_t len = read(fd, text, sizeof(text) - 1u);
    assert_true(len > 0);
    text[len] = 0;
    assert_non_null(strstr(text, "uspan error: https needs TLS"));
    (void)close(fd);
    (void)unlink(path);
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

static void test_a_destination_too_many_is_a_config_error(void **state)
{
    (void)state;
    static const char *const both[] = { "OTEL_TRACES_EXPORTER", "otlp,console", NULL };
    set_environment(both);
    assert_int_equal(uspan_posix_start(&tracer, &options),
                     USPAN_DESTINATIONS_MAX > 1 ? USPAN_OK : USPAN_ERR_CONFIG);
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

static void test_start_and_stop_check_their_arguments(void **state)
{
    (void)state;
    static uspan_tracer_t more[USPAN_POSIX_TRACERS_MAX];
    assert_int_equal(uspan_posix_start(NULL, &options), USPAN_ERR_ARG);
    assert_int_equal(uspan_posix_stop(&tracer, 0), USPAN_ERR_ARG);
    assert_int_equal(uspan_posix_stop(NULL, 0), USPAN_ERR_ARG);
    assert_int_equal(uspan_posix_flush(&tracer, 0), USPAN_ERR_ARG);
    uspan_posix_hold(&tracer); /* nothing to hold */
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

/* In the child: what is traced there is nobody's, until it starts anew. */
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
                     USPAN_OK); /* frees the collector for the child */
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
        TEST(test_a_disabled_tracer_does_nothing),
        TEST(test_no_exporter_means_no_destination),
        TEST(test_https_without_tls_is_a_config_error_that_is_logged),
        TEST(test_the_console_prints_spans),
        TEST(test_a_destination_too_many_is_a_config_error),
        TEST(test_settings_of_the_program_hold_where_the_environment_is_silent),
        TEST(test_batches_are_as_the_environment_says),
        TEST(test_settings_can_be_changed_while_the_thread_runs),
        TEST(test_start_and_stop_check_their_arguments),
        TEST(test_fork_leaves_the_parent_whole_and_the_child_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
