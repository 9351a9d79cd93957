/* test_posix_port.c: the POSIX port fulfils port.h. It excludes other threads, its clock never steps back, it
 * has entropy, it writes a log line with one write, and its lock is free after fork(). */
#define _GNU_SOURCE
#include "uspan_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "cmocka_all.h"
#include "uspan/port_none.h"

#define THREADS 4
#define TURNS 20000

static time_t fake_unix_s; /* 0: the real clock */

/* Replaces libc's function. */
int clock_gettime(clockid_t clock, struct timespec *out)
{
    long failed = syscall(SYS_clock_gettime, clock, out);
    if (clock == CLOCK_REALTIME && fake_unix_s != 0) {
        out->tv_sec = fake_unix_s;
        out->tv_nsec = 7;
    }
    return (int)failed;
}

static unsigned long counter; /* not atomic: the lock protects it, and this is what the test checks */

static void *count_up(void *arg)
{
    const uspan_port_t *port = arg;
    for (int i = 0; i < TURNS; i++) {
        uint32_t held = port->lock(port->ctx);
        counter++;
        port->unlock(port->ctx, held);
    }
    return NULL;
}

static void test_the_lock_keeps_threads_apart(void **state)
{
    (void)state;
    const uspan_port_t *port = uspan_posix_port();
    pthread_t threads[THREADS];
    counter = 0;
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, (void *)(uintptr_t)port), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(counter, THREADS * TURNS);
}

static void test_the_port_is_whole(void **state)
{
    (void)state;
    const uspan_port_t *port = uspan_posix_port();
    assert_int_equal(port->abi, USPAN_PORT_ABI);
    assert_true(port->lock != NULL && port->unlock != NULL && port->mono_ns != NULL && port->unix_ns != NULL);
    assert_true(port->random != NULL && port->task != NULL && port->log != NULL);
    assert_ptr_equal(port, uspan_posix_port());
}

static void test_the_clock_never_steps_back(void **state)
{
    (void)state;
    const uspan_port_t *port = uspan_posix_port();
    uint64_t last = port->mono_ns(port->ctx);
    assert_true(last > 0u);
    for (int i = 0; i < 10000; i++) {
        uint64_t now = port->mono_ns(port->ctx);
        assert_true(now >= last);
        last = now;
    }
}

/* The port reports what the system says. uspan decides whether it can be true. */
static void test_unix_time_is_that_of_the_system(void **state)
{
    (void)state;
    const uspan_port_t *port = uspan_posix_port();
    uint64_t ns = 42;
    fake_unix_s = 86400;
    assert_int_equal(port->unix_ns(port->ctx, &ns), USPAN_OK);
    assert_true(ns == 86400000000007u && !uspan_unix_is_plausible(ns));
    fake_unix_s = 1800000000;
    assert_int_equal(port->unix_ns(port->ctx, &ns), USPAN_OK);
    assert_true(ns == 1800000000000000007u && uspan_unix_is_plausible(ns));
    fake_unix_s = 0;
    assert_int_equal(port->unix_ns(port->ctx, &ns), USPAN_OK);
    assert_true(uspan_unix_is_plausible(ns));
}

static void test_random_bytes_differ(void **state)
{
    (void)state;
    const uspan_port_t *port = uspan_posix_port();
    uint8_t a[32] = { 0 }, b[32] = { 0 };
    assert_int_equal(port->random(port->ctx, a, sizeof(a)), USPAN_OK);
    assert_int_equal(port->random(port->ctx, b, sizeof(b)), USPAN_OK);
    assert_memory_not_equal(a, b, sizeof(a));
    static uint8_t too_many[300];
    assert_int_equal(port->random(port->ctx, too_many, sizeof(too_many)), USPAN_ERR_ARG);
}

static void *tell_task(void *arg)
{
    const uspan_port_t *port = uspan_posix_port();
    *(uintptr_t *)arg = port->task(port->ctx);
    return NULL;
}

static void test_each_thread_is_its_own_task(void **state)
{
    (void)state;
    const uspan_port_t *port = uspan_posix_port();
    uintptr_t here = port->task(port->ctx), there = here;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, tell_task, &there), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(here == port->task(port->ctx));
    assert_true(here != there);
}

static void read_log(const char *path, char *out, size_t cap)
{
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0);
    ssize_t len = read(fd, out, cap - 1u);
    assert_true(len >= 0);
    out[len] = 0;
    (void)close(fd);
}

static void test_log_lines_go_to_the_file_from_their_level_on(void **state)
{
    (void)state;
    const uspan_port_t *port = uspan_posix_port();
    char path[] = "/tmp/uspan-log-XXXXXX", text[2048], longest[1500];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)close(fd);
    assert_int_equal(uspan_posix_log_to(path, USPAN_LEVEL_WARN), USPAN_OK);
    port->log(port->ctx, USPAN_LEVEL_INFO, "not this");
    port->log(port->ctx, USPAN_LEVEL_WARN, "first");
    port->log(port->ctx, USPAN_LEVEL_ERROR, "forged\nuspan error: line\x1b[2J");
    read_log(path, text, sizeof(text));
    assert_string_equal(text, "uspan warn: first\nuspan error: forged?uspan error: line?[2J\n");
    memset(longest, 'x', sizeof(longest) - 1u);
    longest[sizeof(longest) - 1u] = 0;
    port->log(port->ctx, USPAN_LEVEL_ERROR, longest);
    read_log(path, text, sizeof(text));
    assert_int_equal(text[strlen(text) - 1u], '\n');
    assert_true(strlen(text) < 600u);
    assert_int_equal(uspan_posix_log_to(path, 0), USPAN_OK);
    size_t before = strlen(text);
    port->log(port->ctx, USPAN_LEVEL_ERROR, "silent");
    read_log(path, text, sizeof(text));
    assert_int_equal(strlen(text), before);
    assert_int_equal(uspan_posix_log_to("/nonexistent/dir/log", USPAN_LEVEL_INFO), USPAN_ERR_IO);
    assert_int_equal(uspan_posix_log_to(NULL, USPAN_LEVEL_INFO), USPAN_OK);
    (void)unlink(path);
}

static volatile unsigned left, right; /* equal whenever the lock is free */
static atomic_bool leave;

static void *change_both(void *arg)
{
    const uspan_port_t *port = arg;
    while (!atomic_load(&leave)) {
        uint32_t held = port->lock(port->ctx);
        left = left + 1u;
        (void)nanosleep(&(struct timespec){ .tv_nsec = 200000 }, NULL);
        right = right + 1u;
        port->unlock(port->ctx, held);
        (void)nanosleep(&(struct timespec){ .tv_nsec = 1000 }, NULL);
    }
    return NULL;
}

static void test_a_forked_child_finds_the_lock_free_and_the_data_whole(void **state)
{
    (void)state;
    const uspan_port_t *port = uspan_posix_port();
    pthread_t busy;
    atomic_store(&leave, false);
    assert_int_equal(pthread_create(&busy, NULL, change_both, (void *)(uintptr_t)port), 0);
    for (int i = 0; i < 20; i++) {
        int status = 0;
        pid_t pid = fork();
        if (pid == 0) {
            (void)alarm(20); /* if the lock stayed locked, the child would block without end */
            port->unlock(port->ctx, port->lock(port->ctx));
            _exit(left == right ? 7 : 1);
        }
        assert_true(pid > 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 7);
    }
    atomic_store(&leave, true);
    assert_int_equal(pthread_join(busy, NULL), 0);
}

static void test_the_stubs_do_the_least(void **state)
{
    (void)state;
    uint64_t ns = 5;
    uspan_none_unlock(NULL, uspan_none_lock(NULL));
    assert_int_equal(uspan_none_unix_ns(NULL, &ns), USPAN_ERR_AGAIN);
    assert_true(ns == 5u);
    assert_true(uspan_none_task(NULL) == uspan_none_task(&ns));
    uspan_none_log(NULL, USPAN_LEVEL_ERROR, "nothing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_port_is_whole),
        cmocka_unit_test(test_the_lock_keeps_threads_apart),
        cmocka_unit_test(test_the_clock_never_steps_back),
        cmocka_unit_test(test_unix_time_is_that_of_the_system),
        cmocka_unit_test(test_random_bytes_differ),
        cmocka_unit_test(test_each_thread_is_its_own_task),
        cmocka_unit_test(test_log_lines_go_to_the_file_from_their_level_on),
        cmocka_unit_test(test_a_forked_child_finds_the_lock_free_and_the_data_whole),
        cmocka_unit_test(test_the_stubs_do_the_least),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
