/* start.c: runs a tracer of a process: settings from three sources, one destination per exporter, and a
 * polling thread. Invariant: a thread that acts as the exporting task holds `exporting` of that tracer. The
 * polling thread holds it while it polls, other threads between uspan_posix_hold() and uspan_posix_release().
 * A tracer is in `started` from start to stop. */
#define _GNU_SOURCE
#include "started.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define NAP_MAX_MS 128u
#define GRACE_MS 1000u /* time after the shutdown deadline before a tracer that does not stop is abandoned */

static started_t starts[USPAN_POSIX_TRACERS_MAX];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* guards allocation and release of entries */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static uint64_t now_ns(void)
{
    return uspan_posix_port()->mono_ns(NULL);
}

static void free_parts(started_t *x)
{
    if (x->secure != NULL) {
        x->maker->release(x->secure);
        x->secure = NULL;
    }
    x->plain.close(x->plain.ctx);
    for (size_t i = 0; i < 2u; i++) {
        if (x->wake_fd[i] >= 0) {
            (void)close(x->wake_fd[i]);
            x->wake_fd[i] = -1;
        }
    }
}

/* ---- fork ---------------------------------------------------------------------------------------------- */

/* Every tracer is between two polls during fork(), so the child can close its transports. */
static void before_fork(void)
{
    (void)pthread_mutex_lock(&mutex);
    for (size_t i = 0; i < USPAN_POSIX_TRACERS_MAX; i++) {
        started_t *x = &starts[i];
        /* EDEADLK: the forking thread already holds it. */
        x->held_for_fork = x->tracer != NULL && pthread_mutex_lock(&x->exporting) == 0;
    }
}

static void after_fork_in_parent(void)
{
    for (size_t i = 0; i < USPAN_POSIX_TRACERS_MAX; i++) {
        if (starts[i].held_for_fork) {
            (void)pthread_mutex_unlock(&starts[i].exporting);
        }
    }
    (void)pthread_mutex_unlock(&mutex);
}

/* The thread runs in the parent only, and the server knows only the parent. The fork count of port.c prevents
 * that transports of the child send a closing message on the parent's socket. */
static void after_fork_in_child(void)
{
    for (size_t i = 0; i < USPAN_POSIX_TRACERS_MAX; i++) {
        started_t *x = &starts[i];
        if (x->tracer != NULL) {
            uspan_set_enabled(x->tracer, false);
            free_parts(x);
            x->tracer = NULL;
        }
    }
    (void)pthread_mutex_unlock(&mutex);
}

/* ---- end of the program -------------------------------------------------------------------------------- */

/* Returns true if a destination has spans that ended or are open, and were not sent. */
static bool has_unsent(started_t *x)
{
    for (unsigned d = 0; d < USPAN_DESTINATIONS_MAX; d++) {
        uspan_stats_t s;
        uspan_stats(x->tracer, d, &s);
        if (s.queued + s.open > 0u) {
            return true;
        }
    }
    return false;
}

/* Called by exit(). A tracer that another thread holds is not read. */
static void warn_of_unsent(void)
{
    for (size_t i = 0; i < USPAN_POSIX_TRACERS_MAX; i++) {
        started_t *x = &starts[i];
        struct timespec until;
        (void)clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec++;
        if (x->tracer == NULL || x->env.disabled || pthread_mutex_timedlock(&x->exporting, &until) != 0) {
            continue;
        }
        if (has_unsent(x)) {
            uspan_started_say(USPAN_LEVEL_WARN,
                              "spans are lost at exit: call uspan_posix_stop() before the program ends");
        }
        (void)pthread_mutex_unlock(&x->exporting);
    }
}

static void watch_process(void)
{
    /* fork() takes locks in the opposite order: this file's, those of look-ups, the port's. The child
     * releases them in this order. */
    (void)uspan_posix_port();
    uspan_posix_lookup_prepare();
    (void)pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
    (void)atexit(warn_of_unsent);
}

/* ---- table --------------------------------------------------------------------------------------------- */

static started_t *find(const uspan_tracer_t *t)
{
    for (size_t i = 0; t != NULL && i < USPAN_POSIX_TRACERS_MAX; i++) {
        if (starts[i].tracer == t) {
            return &starts[i];
        }
    }
    return NULL;
}

static started_t *take(uspan_tracer_t *t)
{
    started_t *x = NULL;
    pthread_mutexattr_t attr;
    (void)pthread_mutex_lock(&mutex);
    for (size_t i = 0; i < USPAN_POSIX_TRACERS_MAX && x == NULL; i++) {
        if (starts[i].tracer == NULL) {
            x = &starts[i];
            /* other threads may read tracer from now on */
            memset(&x->env, 0, sizeof(*x) - offsetof(started_t, env));
            x->wake_fd[0] = x->wake_fd[1] = -1;
            (void)pthread_mutexattr_init(&attr);
            (void)pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
            (void)pthread_mutex_init(&x->exporting, &attr);
            (void)pthread_mutexattr_destroy(&attr);
            uspan_posix_tcp_init(&x->tcp, &x->plain);
            x->tracer = t;
        }
    }
    (void)pthread_mutex_unlock(&mutex);
    return x;
}

static void give_back(started_t *x)
{
    free_parts(x);
    (void)pthread_mutex_lock(&mutex);
    x->tracer = NULL;
    (void)pthread_mutex_destroy(&x->exporting);
    (void)pthread_mutex_unlock(&mutex);
}

/* ---- the thread ---------------------------------------------------------------------------------------- */

static void wake(started_t *x)
{
    ssize_t done = write(x->wake_fd[1], "", 1u); /* a full pipe wakes the thread too */
    (void)done;
}

static void hold(started_t *x)
{
    (void)atomic_fetch_add(&x->holders, 1u);
    (void)pthread_mutex_lock(&x->exporting);
    (void)atomic_fetch_sub(&x->holders, 1u);
}

static void release(started_t *x)
{
    (void)pthread_mutex_unlock(&x->exporting);
}

/* Called when a span has ended. Wakes the thread if it sleeps without a limit, or if a batch is full. */
static void count_end(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    started_t *x = ctx;
    (void)t;
    (void)s;
    if (atomic_fetch_add(&x->ends, 1u) + 1u == atomic_load(&x->wake_at)) {
        wake(x);
    }
}

static unsigned batch_spans(const started_t *x)
{
    unsigned spans = (unsigned)USPAN_SPANS_MAX * (unsigned)USPAN_BATCH_FILL_PERCENT / 100u;
    unsigned most = x->env.batching.spans_max;
    spans = most > 0u && most < spans ? most : spans;
    return spans > 0u ? spans : 1u;
}

/* Wait for the socket, a wake-up, or the end of the time. */
static void sleep_ms(started_t *x, uint32_t ms, int fd, short events)
{
    struct pollfd fds[2] = { { .fd = x->wake_fd[0], .events = POLLIN }, { .fd = fd, .events = events } };
    char bytes[64];
    if (poll(fds, 2u, ms < USPAN_POSIX_TICK_MS ? (int)ms : USPAN_POSIX_TICK_MS) > 0 && fds[0].revents != 0) {
        while (read(x->wake_fd[0], bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes)) {
        }
    }
}

/* The processor is called a moment before the span is in the queue, and its thread may be stopped in between.
 * Therefore the thread first sleeps for short times after an end, each twice as long as the one before. A
 * span that one poll missed is found by a later one. */
static void *run(void *arg)
{
    started_t *x = arg;
    uint32_t nap_ms = 1;
    for (bool going = true; going;) {
        uint32_t ms = 0;
        short events = 0;
        while (atomic_load(&x->holders) > 0u) {
            (void)sched_yield(); /* without it, other threads that wait for the mutex could starve */
        }
        (void)pthread_mutex_lock(&x->exporting);
        nap_ms = atomic_exchange(&x->ends, 0u) > 0u ? 1u : nap_ms;
        uspan_posix_tcp_settle(&x->tcp);
        (void)!uspan_poll(x->tracer, &ms);
        int fd = uspan_posix_tcp_fd(&x->tcp, &events);
        uint64_t until_ns = atomic_load(&x->until_ns);
        going = !uspan_stopped(x->tracer) && (until_ns == 0u || now_ns() < until_ns);
        (void)pthread_mutex_unlock(&x->exporting);
        unsigned wake_at = ms == USPAN_FOREVER ? 1u : batch_spans(x);
        atomic_store(&x->wake_at, wake_at);
        if (going && ms > 0u && atomic_load(&x->ends) < wake_at) {
            sleep_ms(x, ms < nap_ms ? ms : nap_ms, fd, events);
            nap_ms = nap_ms < NAP_MAX_MS ? 2u * nap_ms : USPAN_FOREVER;
        }
    }
    return NULL;
}

static bool start_thread(started_t *x)
{
    sigset_t all, before;
    if (pipe(x->wake_fd) != 0) {
        return false;
    }
    for (size_t i = 0; i < 2u; i++) {
        (void)fcntl(x->wake_fd[i], F_SETFL, O_NONBLOCK);
        (void)fcntl(x->wake_fd[i], F_SETFD, FD_CLOEXEC);
    }
    x->waker = (uspan_processor_t){ .ctx = x, .on_end = count_end };
    if (uspan_add_processor(x->tracer, &x->waker) != USPAN_OK) {
        return false;
    }
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before); /* the application handles all signals */
    x->has_thread = pthread_create(&x->thread, NULL, run, x) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return x->has_thread;
}

/* ---- start --------------------------------------------------------------------------------------------- */

uspan_err_t uspan_posix_start_sized(uspan_tracer_t *t, const uspan_posix_options_t *options,
                                    size_t tracer_size, uint32_t config_id)
{
    static const uspan_posix_options_t none = { 0 };
    const uspan_posix_options_t *o = options != NULL ? options : &none;
    if (t == NULL) {
        return USPAN_ERR_ARG;
    }
    if (find(t) != NULL) {
        uspan_started_say(USPAN_LEVEL_ERROR, "the tracer was started before: call uspan_posix_stop() first");
        return USPAN_ERR_ARG;
    }
    if (tracer_size != sizeof(*t) || config_id != USPAN_CONFIG_ID) { /* before the environment is read */
        return uspan_init_sized(t, uspan_posix_port(), tracer_size, config_id);
    }
    (void)pthread_once(&once, watch_process);
    started_t *x = take(t);
    if (x == NULL) {
        uspan_started_say(USPAN_LEVEL_ERROR, "too many tracers: raise USPAN_POSIX_TRACERS_MAX");
        return USPAN_ERR_FULL;
    }
    uspan_started_read_environment(x, o);
    uspan_err_t err = uspan_init(t, uspan_posix_port());
    if (err != USPAN_OK) {
        give_back(x);
        return err;
    }
    if (x->env.disabled) {
        uspan_set_enabled(t, false);
        return USPAN_OK;
    }
    err = uspan_started_set_up(x, o);
    if (!o->no_thread && !start_thread(x)) {
        uspan_set_enabled(t, false);
        give_back(x);
        return USPAN_ERR_FULL;
    }
    return err;
}

/* ---- while it runs ------------------------------------------------------------------------------------- */

void uspan_posix_hold(uspan_tracer_t *t)
{
    started_t *x = find(t);
    if (x != NULL) {
        hold(x);
    }
}

void uspan_posix_release(uspan_tracer_t *t)
{
    started_t *x = find(t);
    if (x != NULL) {
        release(x);
    }
}

void uspan_posix_wake(uspan_tracer_t *t)
{
    started_t *x = find(t);
    if (x != NULL && x->has_thread) {
        wake(x);
    }
}

/* Wait a little if there is a thread, otherwise poll. */
static void go_on(started_t *x)
{
    if (x->has_thread) {
        (void)poll(NULL, 0u, 1);
        return;
    }
    uint32_t ms = 0;
    short events = 0;
    uspan_posix_tcp_settle(&x->tcp);
    (void)!uspan_poll(x->tracer, &ms);
    struct pollfd p = { .events = 0 };
    p.fd = uspan_posix_tcp_fd(&x->tcp, &events);
    p.events = events;
    (void)poll(&p, 1u, ms < 10u ? (int)ms : 10);
}

static bool is_flushed(started_t *x)
{
    hold(x);
    bool flushed = uspan_flushed(x->tracer);
    release(x);
    return flushed;
}

uspan_err_t uspan_posix_flush(uspan_tracer_t *t, uint32_t deadline_ms)
{
    started_t *x = find(t);
    if (x == NULL) {
        return USPAN_ERR_ARG;
    }
    uint64_t until_ns = now_ns() + (uint64_t)deadline_ms * 1000000u;
    uspan_flush(t);
    uspan_posix_wake(t);
    while (!is_flushed(x)) {
        if (now_ns() >= until_ns) {
            return USPAN_ERR_AGAIN;
        }
        go_on(x);
    }
    return USPAN_OK;
}

/* Find out if spans that ended were not delivered. */
static uspan_err_t find_losses(uspan_tracer_t *t)
{
    uspan_err_t err = USPAN_OK;
    for (unsigned d = 0; d < USPAN_DESTINATIONS_MAX; d++) {
        uspan_stats_t s;
        uspan_stats(t, d, &s);
        uint64_t lost = s.dropped[USPAN_DROP_DEADLINE] + s.dropped[USPAN_DROP_RETRIES] +
                        s.dropped[USPAN_DROP_EVICTED] + s.dropped[USPAN_DROP_NO_TIME];
        if (lost > 0u) {
            return USPAN_ERR_IO;
        }
        if (s.rejected + s.dropped[USPAN_DROP_REFUSED] + s.dropped[USPAN_DROP_TOO_LARGE] > 0u) {
            err = USPAN_ERR_REFUSED;
        }
    }
    return err;
}

uspan_err_t uspan_posix_stop(uspan_tracer_t *t, uint32_t deadline_ms)
{
    started_t *x = find(t);
    if (x == NULL) {
        return USPAN_ERR_ARG;
    }
    uspan_err_t err = USPAN_OK;
    if (!x->env.disabled) {
        uint64_t until_ns = now_ns() + ((uint64_t)deadline_ms + GRACE_MS) * 1000000u;
        hold(x);
        uspan_shutdown(t, deadline_ms);
        atomic_store(&x->until_ns, until_ns);
        release(x);
        if (x->has_thread) {
            wake(x);
            (void)pthread_join(x->thread, NULL);
            x->has_thread = false;
        }
        while (!uspan_stopped(t) && now_ns() < until_ns) {
            go_on(x);
        }
        err = uspan_stopped(t) ? find_losses(t) : USPAN_ERR_IO;
    }
    uspan_set_enabled(t, false);
    give_back(x);
    return err;
}
