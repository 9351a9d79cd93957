/* port.c: the port functions for POSIX systems. Invariant: `uspan_posix_locked` is set exactly while one
 * thread of this process is between lock and unlock. After fork() it is clear in the child. */
#define _GNU_SOURCE /* CLOCK_BOOTTIME, getrandom */
#include "posix_private.h"
#include "uspan_posix_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#ifdef CLOCK_BOOTTIME
#define MONO_CLOCK CLOCK_BOOTTIME
#else
#define MONO_CLOCK CLOCK_MONOTONIC
#endif
#define LINE_BYTES 512

atomic_flag uspan_posix_locked = ATOMIC_FLAG_INIT;
static atomic_int log_fd = STDERR_FILENO;
static atomic_int log_level = USPAN_LEVEL_INFO;

/* Yield first. If yielding does not help, sleep: under real-time scheduling the holder may have a lower
 * priority. */
void uspan_posix_lock_slowly(void)
{
    unsigned tries = 0;
    do {
        if (++tries < 64u) {
            (void)sched_yield();
        } else {
            (void)nanosleep(&(struct timespec){ .tv_nsec = 50000 }, NULL);
        }
    } while (atomic_flag_test_and_set_explicit(&uspan_posix_locked, memory_order_acquire));
}

static uint32_t lock(void *ctx)
{
    (void)ctx;
    return uspan_lock_inline();
}

static void unlock(void *ctx, uint32_t state)
{
    (void)ctx;
    uspan_unlock_inline(state);
}

static uint64_t mono_ns(void *ctx)
{
    (void)ctx;
    struct timespec now = { 0 };
    (void)clock_gettime(MONO_CLOCK, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uspan_err_t unix_ns(void *ctx, uint64_t *out)
{
    (void)ctx;
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) {
        return USPAN_ERR_AGAIN;
    }
    *out = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    return USPAN_OK;
}

static uspan_err_t random_bytes(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    uint8_t bytes[256]; /* getrandom() returns up to 256 bytes completely or none */
    if (len > sizeof(bytes)) {
        return USPAN_ERR_ARG;
    }
    ssize_t got;
    do {
        got = getrandom(bytes, len, GRND_NONBLOCK);
    } while (got < 0 && errno == EINTR);
    if (got != (ssize_t)len) {
        return USPAN_ERR_AGAIN;
    }
    memcpy(out, bytes, len);
    return USPAN_OK;
}

static uintptr_t task(void *ctx)
{
    (void)ctx;
    return (uintptr_t)pthread_self();
}

/* Each line is one write(2), so that lines of several processes do not mix in one file. */
static void log_line(void *ctx, uspan_level_t level, const char *text)
{
    static const char *const heads[] = { "",
                                         "uspan error: ", "uspan warn: ", "uspan info: ", "uspan debug: " };
    (void)ctx;
    if ((int)level < 1 || level > USPAN_LEVEL_DEBUG || (int)level > atomic_load(&log_level)) {
        return;
    }
    char line[LINE_BYTES];
    size_t len = strlen(heads[level]);
    memcpy(line, heads[level], len);
    for (; *text != 0 && len < sizeof(line) - 1u; text++) {
        /* text of a server must not forge a log line */
        line[len++] = (unsigned char)*text < 0x20u ? '?' : *text;
    }
    line[len++] = '\n';
    ssize_t done = write(atomic_load(&log_fd), line, len);
    (void)done; /* an error of the log cannot be logged */
}

static void before_fork(void)
{
    (void)lock(NULL);
}

static void after_fork_in_parent(void)
{
    unlock(NULL, 0u);
}

static void after_fork_in_child(void)
{
    unlock(NULL, 0u);
}

static void watch_forks(void)
{
    (void)pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

const uspan_port_t *uspan_posix_port(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    static const uspan_port_t port = {
        .abi = USPAN_PORT_ABI,
        .lock = lock,
        .unlock = unlock,
        .mono_ns = mono_ns,
        .unix_ns = unix_ns,
        .random = random_bytes,
        .task = task,
        .log = log_line,
    };
    (void)pthread_once(&once, watch_forks);
    return &port;
}

uspan_err_t uspan_posix_log_to(const char *path, int level)
{
    int fd = STDERR_FILENO;
    if (path != NULL) {
        fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0) {
            return USPAN_ERR_IO;
        }
    }
    int old = atomic_exchange(&log_fd, fd);
    if (old > STDERR_FILENO) {
        (void)close(old);
    }
    atomic_store(&log_level, level);
    return USPAN_OK;
}
