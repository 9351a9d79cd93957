/* sockets.h: the socket calls of tcp.c, for the system's sockets or lwIP's (USPAN_SOCKETS_LWIP 1). lwIP's are
 * called by their own names (lwip_connect), so LWIP_COMPAT_SOCKETS and sockets of the C library do not
 * matter. Invariant: no call made through this file waits, with one exception. lwIP's close() waits if there
 * is no memory for the FIN. SO_SNDTIMEO (LWIP_SO_SNDTIMEO 1) limits the wait to lwIP's next slow tick, half a
 * second. Without that option it is 20 s. */
#ifndef USPAN_SOCKETS_H
#define USPAN_SOCKETS_H

#include "posix_private.h"

#ifndef USPAN_SOCKETS_LWIP
#define USPAN_SOCKETS_LWIP 0
#endif

/* 0: for a system with sockets and without pthreads. The caller waits for name look-ups, and fork() is not
 * handled. */
#ifndef USPAN_SOCKETS_THREADS
#define USPAN_SOCKETS_THREADS 1
#endif

#if USPAN_SOCKETS_LWIP

#include <lwip/errno.h> /* errno must exist per task: LWIP_PROVIDE_ERRNO has one for all */
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

/* lwIP has no fork(). */
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
                          sizeof(one)); /* requests are sent in large pieces */
    return true;
}

/* The time-out is set here and not earlier, because it would also fail sends that lwIP's thread handles
 * late. */
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

/* Returns true when a connect has succeeded or failed. */
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

/* Convert a connect error of lwIP to that of other systems. lwIP reports a refused connection as a reset, the
 * end of its retries as an abort, and a missing pcb as missing memory. */
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
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)); /* requests are sent in large pieces */
    return true;
}

static inline void sockets_close(int fd)
{
    (void)close(fd);
}

/* Returns true when a connect has succeeded or failed. */
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
