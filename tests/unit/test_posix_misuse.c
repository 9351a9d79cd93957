/* test_posix_misuse.c: what the log says if a program uses uspan_posix_start() wrongly. */
#define _GNU_SOURCE
#include "posix_started.h"

static char path[] = "/tmp/uspan-misuse-XXXXXX";
static char text[1024];

/* Let the log go to a file. */
static int begin_log(void **state)
{
    (void)strcpy(path + sizeof(path) - 7u, "XXXXXX");
    int fd = mkstemp(path);
    (void)close(fd);
    return begin(state);
}

static int end_log(void **state)
{
    (void)unlink(path);
    return end(state);
}

static void log_to_file(void)
{
    static const char *const more[] = { "USPAN_LOG_PATH", path, NULL };
    set_environment(more);
    vars[3] = "60000"; /* OTEL_BSP_SCHEDULE_DELAY: nothing is sent before the program ends */
    vars[5] = "warn";
}

static const char *read_log(void)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = read(fd, text, sizeof(text) - 1u);
    (void)close(fd);
    text[len > 0 ? len : 0] = '\0';
    return text;
}

static void test_a_second_start_is_named(void **state)
{
    (void)state;
    log_to_file();
    assert_int_equal(uspan_posix_start(&tracer, &options), USPAN_OK);
    assert_string_equal(read_log(), "");
    assert_int_equal(uspan_posix_start(&tracer, &options), USPAN_ERR_ARG);
    assert_non_null(strstr(read_log(), "call uspan_posix_stop() first"));
}

static void test_a_tracer_too_many_is_named(void **state)
{
    (void)state;
    static uspan_tracer_t more[USPAN_POSIX_TRACERS_MAX];
    log_to_file();
    for (size_t i = 0; i < COUNT(more); i++) {
        assert_int_equal(uspan_posix_start(&more[i], &options), USPAN_OK);
    }
    assert_int_equal(uspan_posix_start(&tracer, &options), USPAN_ERR_FULL);
    assert_non_null(strstr(read_log(), "raise USPAN_POSIX_TRACERS_MAX"));
    for (size_t i = 0; i < COUNT(more); i++) {
        assert_int_equal(uspan_posix_stop(&more[i], PATIENCE_MS), USPAN_OK);
    }
}

/* Run a program that starts, records and ends. Returns what it logged. */
static const char *run_program(bool leave_open, bool stop)
{
    (void)fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        (void)alarm(PATIENCE_MS / 1000);
        log_to_file();
        if (uspan_posix_start(&tracer, &options) == USPAN_OK) {
            record(leave_open ? 0u : 1u);
            (void)(leave_open ? uspan_start(&tracer, USPAN_ROOT, "open") : (uspan_t){ 0 });
            (void)(stop ? uspan_posix_stop(&tracer, PATIENCE_MS) : USPAN_OK);
            exit(EXIT_SUCCESS);
        }
        _exit(EXIT_FAILURE);
    }
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
    return read_log();
}

static void test_an_end_without_stop_is_named(void **state)
{
    (void)state;
    assert_non_null(strstr(run_program(false, false), "call uspan_posix_stop() before the program ends"));
}

static void test_an_open_span_is_lost_at_the_end_too(void **state)
{
    (void)state;
    assert_non_null(strstr(run_program(true, false), "call uspan_posix_stop() before the program ends"));
}

static void test_a_program_that_stops_its_tracer_hears_nothing(void **state)
{
    (void)state;
    assert_string_equal(run_program(false, true), "");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin_log, end_log)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_end_without_stop_is_named), /* before the parent starts a tracer */
        TEST(test_an_open_span_is_lost_at_the_end_too),
        TEST(test_a_program_that_stops_its_tracer_hears_nothing),
        TEST(test_a_second_start_is_named),
        TEST(test_a_tracer_too_many_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
