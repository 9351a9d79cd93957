/* start.c: a tracer of a process: settings from three sources, a destination an exporter, and the thread that
 * polls.
 * Invariant: whoever calls uspan for the exporting task holds `exporting` of that tracer: the thread while it
 * polls, others between uspan_posix_hold() and uspan_posix_release(). A tracer is in `started` from start to
 * stop. */
#define _GNU_SOURCE
#include "posix_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <strings.h>
#include <unistd.h>

#define DEFAULT_ENDPOINT "http://localhost:4318/v1/traces"
#define NAP_MAX_MS 128u
#define GRACE_MS 1000u /* beyond the shutdown deadline, before a tracer that does not stop is left */

typedef struct started {
    _Atomic(uspan_tracer_t *) tracer; /* NULL: free */
    uspan_posix_env_t env;
    uspan_posix_tcp_t tcp;
    uspan_transport_t plain;
    const uspan_transport_t *secure; /* NULL: none made */
    const uspan_posix_secure_t *maker;
    uspan_console_t console;
    uspan_processor_t waker;
    pthread_mutex_t exporting;
    pthread_t thread;
    bool has_thread;
    bool held_for_fork;
    int wake_fd[2];         /* a pipe: the thread sleeps on [0] */
    atomic_uint holders;    /* waiting for `exporting`: the thread gives way */
    atomic_uint ends;       /* spans ended since the thread last polled */
    atomic_uint wake_at;    /* ends at which to wake it */
    atomic_ullong until_ns; /* stopping: leave at that time; 0: not stopping */
} started_t;

static started_t starts[USPAN_POSIX_TRACERS_MAX];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* guards taking and giving back */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void say(uspan_level_t level, const char *text)
{
    uspan_posix_port()->log(NULL, level, text);
}

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

/* With every tracer between two polls, the child finds whole transports that it can close. */
static void before_fork(void)
{
    (void)pthread_mutex_lock(&mutex);
    for (size_t i = 0; i < USPAN_POSIX_TRACERS_MAX; i++) {
        started_t *x = &starts[i];
        /* EDEADLK: the forking thread holds it itself */
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

/* The thread stayed in the parent, and the far end knows only the parent: port.c's count of forks keeps the
 * transports from saying goodbye on its socket. */
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

static void watch_forks(void)
{
    /* fork() takes locks in the opposite order: ours, of the look-ups, the port's. The child gets them back
     * in this one. */
    (void)uspan_posix_port();
    uspan_posix_lookup_prepare();
    (void)pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
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
            memset(&x->env, 0, sizeof(*x) - offsetof(started_t, env)); /* others may look at tracer now */
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
    ssize_t done = write(x->wake_fd[1], "", 1u); /* a full pipe wakes as well */
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

/* A span has ended: wake the thread when it sleeps without end, or when a batch is full. */
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

/* Wait for the socket, a wake-up or time. */
static void sleep_ms(started_t *x, uint32_t ms, int fd, short events)
{
    struct pollfd fds[2] = { { .fd = x->wake_fd[0], .events = POLLIN }, { .fd = fd, .events = events } };
    char bytes[64];
    if (poll(fds, 2u, ms < USPAN_POSIX_TICK_MS ? (int)ms : USPAN_POSIX_TICK_MS) > 0 && fds[0].revents != 0) {
        while (read(x->wake_fd[0], bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes)) {
        }
    }
}

/* The processor is told of an end a moment before the span is in the queue; and its thread may be stopped in
 * between. So after an end the sleeps are naps at first, each twice as long: what a poll came too early
 * for, a later one sees soon. */
static void *run(void *arg)
{
    started_t *x = arg;
    uint32_t nap_ms = 1;
    for (bool going = true; going;) {
        uint32_t ms = 0;
        short events = 0;
        while (atomic_load(&x->holders) > 0u) {
            (void)sched_yield(); /* a mutex that is taken again at once would starve them */
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
    (void)pthread_sigmask(SIG_SETMASK, &all, &before); /* signals stay the application's */
    x->has_thread = pthread_create(&x->thread, NULL, run, x) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return x->has_thread;
}

/* ---- start --------------------------------------------------------------------------------------------- */

static void warn_of(void *ctx, const char *text)
{
    (void)ctx;
    say(USPAN_LEVEL_WARN, text);
}

static void read_environment(started_t *x, const uspan_posix_options_t *o)
{
    x->env.exporters = USPAN_POSIX_OTLP;
    if (o->no_environment) {
        return;
    }
    /* Once quietly for where the log goes, then for real. */
    uspan_posix_env(&x->env, o->get, NULL, NULL);
    if ((x->env.log_path != NULL || x->env.has_log_level) &&
        uspan_posix_log_to(x->env.log_path, x->env.log_level) != USPAN_OK) {
        say(USPAN_LEVEL_WARN, "USPAN_LOG_PATH ignored: the file cannot be opened");
    }
    uspan_posix_env(&x->env, o->get, warn_of, NULL);
}

static uspan_err_t set_resource(started_t *x, const uspan_posix_options_t *o)
{
    uspan_resource_t resource = o->resource != NULL ? *o->resource : (uspan_resource_t){ 0 };
    if (x->env.service_name != NULL) {
        resource.service_name = x->env.service_name;
    }
    if (x->env.resource != NULL) {
        resource.attributes = x->env.resource;
    }
    uspan_err_t err = uspan_set_resource(x->tracer, &resource);
    if (err != USPAN_OK) {
        say(USPAN_LEVEL_ERROR, "the resource attributes cannot be decoded");
    }
    return err;
}

static bool is_https(const char *url)
{
    return strncasecmp(url, "https:", 6u) == 0;
}

/* The endpoint that counts, by strength; NULL in *setting where the core shall take its compile-time one. */
static const char *find_endpoint(const started_t *x, const uspan_collector_t *c, const char **setting)
{
    *setting = x->env.endpoint != NULL ? x->env.endpoint : c->endpoint;
    if (*setting != NULL) {
        return *setting;
    }
#if defined(USPAN_ENDPOINT)
    return USPAN_ENDPOINT;
#elif defined(USPAN_STUDIO_URL)
    return USPAN_STUDIO_URL;
#else
    *setting = DEFAULT_ENDPOINT;
    return DEFAULT_ENDPOINT;
#endif
}

static const uspan_transport_t *transport_for(started_t *x, const uspan_posix_options_t *o, const char *url)
{
    if (!is_https(url)) {
        return &x->plain;
    }
    if (x->secure == NULL && o->secure != NULL) {
        const uspan_posix_certs_t *env = &x->env.certs;
        const bool own = env->cert_file != NULL || env->key_file != NULL; /* a pair comes from one source */
        const uspan_posix_certs_t certs = {
            .ca_file = env->ca_file != NULL ? env->ca_file : o->certs.ca_file,
            .cert_file = own ? env->cert_file : o->certs.cert_file,
            .key_file = own ? env->key_file : o->certs.key_file,
        };
        x->maker = o->secure;
        x->secure = o->secure->make(&x->plain, &certs);
    }
    if (x->secure == NULL) {
        say(USPAN_LEVEL_ERROR, "https needs TLS: set options.secure, as to &uspan_posix_mbedtls");
    }
    return x->secure;
}

static uspan_err_t add_otlp(started_t *x, const uspan_posix_options_t *o, unsigned dest)
{
    uspan_collector_t collector = o->collector != NULL ? *o->collector : (uspan_collector_t){ 0 };
    const char *setting = NULL;
    const char *url = find_endpoint(x, &collector, &setting);
    const uspan_transport_t *transport = transport_for(x, o, url);
    if (transport == NULL) {
        return USPAN_ERR_CONFIG;
    }
    collector.endpoint = setting;
    collector.headers = x->env.headers != NULL ? x->env.headers : collector.headers;
    collector.timeout_ms = x->env.timeout_ms != 0u ? x->env.timeout_ms : collector.timeout_ms;
    return uspan_export_to(x->tracer, dest, transport, &collector);
}

static void print_line(void *ctx, const char *line)
{
    (void)ctx;
    (void)printf("%s\n", line);
    (void)fflush(stdout);
}

static uspan_err_t add_destinations(started_t *x, const uspan_posix_options_t *o)
{
    uspan_err_t err = USPAN_OK;
    unsigned dest = 0;
    if ((x->env.exporters & USPAN_POSIX_OTLP) != 0u) {
        err = add_otlp(x, o, dest++);
    }
    if ((x->env.exporters & USPAN_POSIX_CONSOLE) != 0u) {
        if (dest >= (unsigned)USPAN_DESTINATIONS_MAX) {
            say(USPAN_LEVEL_ERROR, "no destination left for the console: USPAN_DESTINATIONS_MAX");
            return USPAN_ERR_CONFIG;
        }
        uspan_console_init(&x->console, print_line, NULL);
        uspan_err_t console = uspan_export_to_sink(x->tracer, dest, &x->console.sink);
        err = err == USPAN_OK ? console : err;
    }
    return err;
}

static uspan_err_t add_studio(started_t *x, const uspan_posix_options_t *o)
{
#if USPAN_STUDIO
    const char *url = x->env.studio_url;
#ifdef USPAN_STUDIO_URL
    url = url != NULL ? url : USPAN_STUDIO_URL;
#endif
    if (url != NULL) {
        const uspan_transport_t *transport = transport_for(x, o, url);
        const uspan_studio_t studio = { .url = url };
        return transport != NULL ? uspan_studio(x->tracer, transport, &studio) : USPAN_ERR_CONFIG;
    }
#else
    (void)o;
    if (x->env.studio_url != NULL) {
        say(USPAN_LEVEL_WARN,
            "built without USPAN_STUDIO: traces go to the Studio, but no run is registered");
    }
#endif
    return USPAN_OK;
}

static uspan_err_t set_up(started_t *x, const uspan_posix_options_t *o)
{
    uspan_err_t err = set_resource(x, o);
    if (x->env.has_sampler) {
        uspan_set_sampler(x->tracer, x->env.sampler);
    }
    uspan_set_limits(x->tracer, &x->env.limits);
    uspan_set_batching(x->tracer, &x->env.batching);
    uspan_err_t next = add_destinations(x, o);
    err = err == USPAN_OK ? next : err;
    next = add_studio(x, o);
    return err == USPAN_OK ? next : err;
}

uspan_err_t uspan_posix_start(uspan_tracer_t *t, const uspan_posix_options_t *options)
{
    static const uspan_posix_options_t none = { 0 };
    const uspan_posix_options_t *o = options != NULL ? options : &none;
    if (t == NULL || find(t) != NULL) {
        return USPAN_ERR_ARG;
    }
    (void)pthread_once(&once, watch_forks);
    started_t *x = take(t);
    if (x == NULL) {
        return USPAN_ERR_FULL;
    }
    read_environment(x, o);
    uspan_err_t err = uspan_init(t, uspan_posix_port());
    if (err != USPAN_OK) {
        give_back(x);
        return err;
    }
    if (x->env.disabled) {
        uspan_set_enabled(t, false);
        return USPAN_OK;
    }
    err = set_up(x, o);
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

/* Wait a little: for the thread where there is one, else poll. */
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

uspan_err_t uspan_posix_stop(uspan_tracer_t *t, uint32_t deadline_ms)
{
    started_t *x = find(t);
    if (x == NULL) {
        return USPAN_ERR_ARG;
    }
    bool stopped = true;
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
        stopped = uspan_stopped(t);
    }
    uspan_set_enabled(t, false);
    give_back(x);
    return stopped ? USPAN_OK : USPAN_ERR_IO;
}
