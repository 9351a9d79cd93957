/* posix_tcp.h: the TCP transport under test. The test defines its names, and can set its clock ahead. */
#ifndef USPAN_TEST_POSIX_TCP_H
#define USPAN_TEST_POSIX_TCP_H

#define _GNU_SOURCE
#include "uspan_posix.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <stdio.h>
#include "cmocka_all.h"

#define PATIENCE_S 60 /* of a test on a busy machine, before it counts as blocked */
#define LOOKUPS_MAX 4 /* of lookup.c */

static atomic_ullong skew_s; /* added to the monotonic clock */

/* Replace libc's functions. */
int clock_gettime(clockid_t clock, struct timespec *out)
{
    long failed = syscall(SYS_clock_gettime, clock, out);
    out->tv_sec += clock == CLOCK_REALTIME ? 0 : (time_t)atomic_load(&skew_s);
    return (int)failed;
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t opened = PTHREAD_COND_INITIALIZER;
static bool gate_open = true;
static atomic_int inside;

/* localhost: the real one. two.test: ::1, then 127.0.0.1. slow.test: not before the gate opens. Other names
 * do not exist. */
static inline int two_addresses(const char *service, struct addrinfo **out)
{
    static const char *const texts[] = { "::1", "127.0.0.1" };
    struct addrinfo *list[2] = { NULL, NULL };
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    for (size_t i = 0; i < 2u; i++) {
        if (real(texts[i], service, &hints, &list[i]) != 0) {
            return EAI_FAIL;
        }
    }
    list[0]->ai_next = list[1];
    *out = list[0];
    return 0;
}

/* many.test: 127.0.0.2 to 127.0.0.21, where no server listens, and 127.0.0.1 as the 18th. */
#define MANY 20u
static inline int many_addresses(const char *service, struct addrinfo **out)
{
    const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
    int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    struct addrinfo *first = NULL, **next = &first;
    for (unsigned i = 0; i < MANY; i++) {
        char text[16];
        (void)snprintf(text, sizeof text, "127.0.0.%u", i == 17u ? 1u : i + 2u);
        if (real(text, service, &hints, next) != 0) {
            return EAI_FAIL;
        }
        next = &(*next)->ai_next;
    }
    *out = first;
    return 0;
}

int getaddrinfo(const char *restrict host, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict out)
{
    if (strcmp(host, "two.test") == 0) {
        return two_addresses(service, out);
    }
    if (strcmp(host, "many.test") == 0) {
        return many_addresses(service, out);
    }
    if (strcmp(host, "slow.test") == 0) {
        (void)atomic_fetch_add(&inside, 1);
        (void)pthread_mutex_lock(&gate);
        while (!gate_open) {
            (void)pthread_cond_wait(&opened, &gate);
        }
        (void)pthread_mutex_unlock(&gate);
        (void)atomic_fetch_sub(&inside, 1);
        return EAI_AGAIN;
    }
    if (strcmp(host, "localhost") == 0) {
        int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
        *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
        return real("127.0.0.1", service, hints, out);
    }
    return EAI_NONAME;
}

static inline void set_gate(bool open)
{
    (void)pthread_mutex_lock(&gate);
    gate_open = open;
    (void)pthread_cond_broadcast(&opened);
    (void)pthread_mutex_unlock(&gate);
}

static uspan_posix_tcp_t tcp;
static uspan_transport_t transport;

static inline uint16_t listen_on_loopback(int *fd, int backlog)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(at);
    *fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(*fd >= 0);
    assert_int_equal(bind(*fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(*fd, backlog), 0);
    assert_int_equal(getsockname(*fd, (struct sockaddr *)&at, &len), 0);
    return ntohs(at.sin_port);
}

static inline void pause_ms(long ms)
{
    struct timespec t = { .tv_nsec = ms * 1000000 };
    (void)nanosleep(&t, NULL);
}

/* Call open() until it succeeds or fails. */
static inline uspan_err_t open_fully(const char *host, uint16_t port)
{
    const uspan_peer_t peer = { .host = host, .port = port };
    uspan_err_t err;
    for (long i = 0; (err = transport.open(transport.ctx, &peer)) == USPAN_ERR_AGAIN; i++) {
        assert_true(i < PATIENCE_S * 1000);
        pause_ms(1);
    }
    return err;
}

/* Like recv, but waits. */
static inline int32_t recv_fully(uint8_t *buf, size_t len)
{
    int32_t moved;
    for (long i = 0; (moved = transport.recv(transport.ctx, buf, len)) == 0; i++) {
        assert_true(i < PATIENCE_S * 1000);
        pause_ms(1);
    }
    return moved;
}

static inline int fresh(void **state)
{
    (void)state;
    uspan_posix_tcp_init(&tcp, &transport);
    return 0;
}

static inline int closed(void **state)
{
    (void)state;
    transport.close(transport.ctx);
    set_gate(true);
    return tcp.fd == -1 && tcp.lookup == NULL ? 0 : -1;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, closed)

#endif
