/* sockets.h: the socket calls that tcp.c makes, the system's or lwIP's (USPAN_SOCKETS_LWIP 1), and what the
 * two do differently. lwIP's go by their own names (lwip_connect), so that neither LWIP_COMPAT_SOCKETS nor a
 * C library with sockets of its own matters.
 * Invariant: no call made through here waits. The one that lwIP bounds only by time is its close(), when it
 * has no memory for the FIN: SO_SNDTIMEO (LWIP_SO_SNDTIMEO 1) bounds it to the next of its slow ticks, half a
 * second; without that option it is 20 s. */
#ifndef USPAN_SOCKETS_H
#define USPAN_SOCKETS_H

#include "posix_private.h"

#ifndef USPAN_SOCKETS_LWIP
#define USPAN_SOCKETS_LWIP 0
#endif

/* 0: a system with sockets and without pthreads: names are looked up by the caller, who waits, and fork() is
 * not watched. */
#ifndef USPAN_SOCKETS_THREADS
#define USPAN_SOCKETS_THREADS 1
#endif

#if USPAN_SOCKETS_LWIP

#include <lwip/errno.h> /* must be a task's own: LWIP_PROVIDE_ERRNO's is one for all tasks */
#include <lwip/sockets.h>
#include <lwip/sys.h>

#if NO_SYS || !LWIP_SOCKET
#error "lwIP's sockets need NO_SYS 0 and LWIP_SOCKET 1; port/lwip is for the raw API"
#endif

#define SOCKETS(call) lwip_##call
#if LWIP_IPV6
typedef struct sockaddr_in6 sockets_address_t;
#else
typedef struct sockaddr_in sockets_address_t;
#endif

static inline uint32_t sockets_now_ms(void)
{
    return sys_now();
}

/* There is no fork(). */
static inline unsigned sockets_forks(void)
{
    return 0u;
}

static inline bool sockets_set_up(int fd)
{
    int one = 1;
    if (lwip_ioctl(fd, FIONBIO, &one) != 0) {
        return false;
    }
    (void)lwip_setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
                          sizeof(one)); /* requests come in large pieces */
    return true;
}

/* The time-out is set only now: it would also refuse each send that lwIP's thread takes up late. */
static inline void sockets_close(int fd)
{
#if LWIP_SO_SNDTIMEO
#if LWIP_SO_SNDRCVTIMEO_NONSTANDARD
    const int soon = 1;
#else
    const struct timeval soon = { .tv_usec = 1000 };
#endif
    (void)lwip_setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof(soon));
#endif
    (void)lwip_close(fd);
}

/* True once a connect is decided. */
static inline bool sockets_decided(int fd)
{
#if LWIP_SOCKET_POLL
    struct pollfd p = { .fd = fd, .events = POLLOUT };
    return lwip_poll(&p, 1, 0) > 0;
#else
    fd_set writable;
    struct timeval at_once = { 0 };
    FD_ZERO(&writable);
    FD_SET(fd, &writable);
    return lwip_select(fd + 1, NULL, &writable, NULL, &at_once) > 0;
#endif
}

/* lwIP's errors of a connect in the words of other systems: it tells a refusal as the reset that it is, the
 * end of its tries as an abort, and want of a pcb as want of memory. */
static inline int sockets_connect_error(int error)
{
    switch (error) {
    case ECONNRESET:
        return ECONNREFUSED;
    case ECONNABORTED:
        return ETIMEDOUT;
    case ENOBUFS:
    case ENOMEM:
        return ENFILE;
    default:
        return error;
    }
}

#else

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SOCKETS(call) call
typedef struct sockaddr_in6 sockets_address_t;

static inline uint32_t sockets_now_ms(void)
{
    struct timespec now = { 0 };
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u);
}

static inline unsigned sockets_forks(void)
{
#if USPAN_SOCKETS_THREADS
    return uspan_posix_forks();
#else
    return 0u;
#endif
}

static inline bool sockets_set_up(int fd)
{
    int one = 1;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        return false;
    }
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)); /* requests come in large pieces */
    return true;
}

static inline void sockets_close(int fd)
{
    (void)close(fd);
}

/* True once a connect is decided. */
static inline bool sockets_decided(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLOUT };
    return poll(&p, 1, 0) > 0;
}

static inline int sockets_connect_error(int error)
{
    return error;
}

#endif
#endif
