/* posix_started.h: starts a tracer that sends to a collector in a thread, with an environment of the test. */
#ifndef POSIX_STARTED_H
#define POSIX_STARTED_H

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

#define PATIENCE_MS 60000 /* a test counts as hung after this time, even on a busy machine */

/* ---- a collector: one thread, one connection at a time ------------------------------------------------- */

static struct collector {
    int listener;
    uint16_t port;
    pthread_t thread;
    atomic_bool mute; /* reads requests but sends no answer */
    atomic_bool leave;
    atomic_uint requests;
    pthread_mutex_t mutex;
    char head[2048]; /* head of the last request */
} collector = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static inline bool read_some(int fd, char *out, size_t cap, size_t *len)
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
static inline void serve(int fd)
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

static inline void *collect(void *arg)
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

static inline bool was_said(const char *words)
{
    (void)pthread_mutex_lock(&collector.mutex);
    bool said = strstr(collector.head, words) != NULL;
    (void)pthread_mutex_unlock(&collector.mutex);
    return said;
}

/* ---- the environment ----------------------------------------------------------------------------------- */

static char endpoint[64];
static const char *vars[16];

static inline const char *get(const char *name)
{
    for (size_t i = 0; vars[i] != NULL; i += 2u) {
        if (strcmp(vars[i], name) == 0) {
            return vars[i + 1u];
        }
    }
    return NULL;
}

/* Set the collector as endpoint, and more variables as name, value, ..., NULL. */
static inline void set_environment(const char *const more[])
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

static inline int begin(void **state)
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

static inline int end(void **state)
{
    (void)state;
    (void)uspan_posix_stop(&tracer, 0u);
    atomic_store(&collector.leave, true);
    (void)pthread_join(collector.thread, NULL);
    (void)close(collector.listener);
    (void)uspan_posix_log_to(NULL, 0);
    return 0;
}

static inline void record(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        uspan_t span = uspan_start(&tracer, USPAN_ROOT, "work");
        (void)uspan_set_int(&tracer, span, USPAN_KEY("turn"), (int64_t)i);
        (void)uspan_end(&tracer, span);
    }
}

/* Read the counters under the lock, since they change while the thread polls. */
static inline uspan_stats_t take_stats(void)
{
    uspan_stats_t s;
    uspan_posix_hold(&tracer);
    uspan_stats(&tracer, 0, &s);
    uspan_posix_release(&tracer);
    return s;
}

static inline uint64_t dropped(const uspan_stats_t *s)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < USPAN_DROP_COUNT; i++) {
        sum += s->dropped[i];
    }
    return sum;
}

/* Returns true if uspan_start() returns a null span. A handle of generation 0 is null. */
static inline bool starts_are_null(void)
{
    return uspan_start(&tracer, USPAN_ROOT, "x").id >> 10 == 0u;
}

#endif
