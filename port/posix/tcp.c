/* tcp.c: a byte stream over a non-blocking socket of the system or of lwIP. sockets.h contains the
 * differences. Invariant: fd >= 0 exactly in CONNECTING and OPEN; lookup != NULL exactly in LOOKUP. */
#ifndef _GNU_SOURCE /* ESP-IDF's build defines it */
#define _GNU_SOURCE
#endif
#include "sockets.h"

_Static_assert(USPAN_POSIX_ADDRESSES_MAX >= 1 && USPAN_POSIX_ADDRESSES_MAX <= 16,
               "USPAN_POSIX_ADDRESSES_MAX: 1..16");

enum { CLOSED, LOOKUP, CONNECTING, OPEN };

static const char *words(int error)
{
    switch (error) {
    case ECONNREFUSED:
        return "connection refused";
    case ECONNRESET:
    case EPIPE:
        return "connection reset by peer";
    case ETIMEDOUT:
        return "connection timed out";
    case ECONNABORTED:
        return "peer no longer answers";
    case EHOSTUNREACH:
        return "host unreachable";
    case ENETUNREACH:
    case EADDRNOTAVAIL:
        return "network unreachable";
    case EMFILE:
    case ENFILE:
        return "no free socket";
    case EACCES:
    case EPERM:
        return "connection forbidden by this system";
    default:
        return "connection failed";
    }
}

static bool would_block(int error)
{
#if EAGAIN != EWOULDBLOCK
    if (error == EWOULDBLOCK) {
        return true;
    }
#endif
    return error == EAGAIN || error == EINTR;
}

static void close_fd(uspan_posix_tcp_t *tcp)
{
    if (tcp->fd >= 0) {
        sockets_close(tcp->fd);
        tcp->fd = -1;
    }
}

/* Close the socket. The next look-up starts after its address. */
static void pass_address(uspan_posix_tcp_t *tcp)
{
    close_fd(tcp);
    tcp->turn++;
    tcp->is_passed = true;
}

static uspan_err_t finish_connect(uspan_posix_tcp_t *tcp)
{
    tcp->state = OPEN;
    tcp->is_passed = false;
    return USPAN_OK;
}

/* Try the addresses from address_at on until one connects or is connecting. */
static uspan_err_t connect_next(uspan_posix_tcp_t *tcp)
{
    for (; tcp->address_at < tcp->address_count; tcp->address_at++) {
        const struct sockaddr *to = (const struct sockaddr *)tcp->addresses[tcp->address_at].bytes;
        socklen_t len = to->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(sockets_address_t);
        tcp->fd = SOCKETS(socket)(to->sa_family, SOCK_STREAM, 0);
        if (tcp->fd < 0 || !sockets_set_up(tcp->fd)) {
            tcp->why = words(sockets_connect_error(errno));
        } else if (SOCKETS(connect)(tcp->fd, to, len) == 0) {
            return finish_connect(tcp);
        } else if (errno == EINPROGRESS || errno == EINTR) {
            tcp->state = CONNECTING;
            tcp->wants = POLLOUT;
            tcp->since_ms = sockets_now_ms();
            return USPAN_ERR_AGAIN;
        } else {
            tcp->why = words(sockets_connect_error(errno));
        }
        pass_address(tcp);
    }
    tcp->state = CLOSED;
    return USPAN_ERR_IO;
}

static uspan_err_t check_connect(uspan_posix_tcp_t *tcp)
{
    int error = 0;
    socklen_t len = sizeof(error);
    if (!sockets_decided(tcp->fd)) {
        if (sockets_now_ms() - tcp->since_ms < (uint32_t)USPAN_POSIX_CONNECT_MS) {
            tcp->wants = POLLOUT;
            return USPAN_ERR_AGAIN;
        }
        error = ETIMEDOUT;
    } else if (SOCKETS(getsockopt)(tcp->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0) {
        error = errno;
    }
    if (error == 0) {
        return finish_connect(tcp);
    }
    tcp->why = words(sockets_connect_error(error));
    pass_address(tcp);
    tcp->address_at++;
    return connect_next(tcp);
}

static uspan_err_t open_tcp(void *ctx, const uspan_peer_t *peer)
{
    uspan_posix_tcp_t *tcp = ctx;
    if (tcp->state != CLOSED && tcp->forks != sockets_forks()) {
        tcp->why = "connection was opened before fork(): the parent owns it";
        return USPAN_ERR_IO;
    }
    switch (tcp->state) {
    case CLOSED:
        tcp->why = "";
        tcp->forks = sockets_forks();
        tcp->turn = (uint8_t)(tcp->turn + (peer->has_failed && !tcp->is_passed));
        tcp->is_passed = false;
        tcp->lookup = uspan_posix_lookup_start(peer->host, peer->port, tcp->turn);
        if (tcp->lookup == NULL) {
            tcp->why = "name look-up could not start: no free thread, or earlier look-ups still run";
            return USPAN_ERR_IO;
        }
        tcp->state = LOOKUP;
        /* fall through */
    case LOOKUP: {
        const char *why = "";
        uspan_err_t err = uspan_posix_lookup_take(tcp->lookup, tcp, &why);
        if (err == USPAN_ERR_AGAIN) {
            return err;
        }
        tcp->lookup = NULL;
        tcp->state = CLOSED;
        tcp->address_at = 0;
        tcp->is_heard = false;
        if (err != USPAN_OK) {
            tcp->why = why;
            return err;
        }
        return connect_next(tcp);
    }
    case CONNECTING:
        return check_connect(tcp);
    default:
        return USPAN_OK;
    }
}

/* Returns the result of a send or recv that moved no bytes. */
static int32_t explain(uspan_posix_tcp_t *tcp, int error, short wants)
{
    if (would_block(error)) {
        tcp->wants = (short)(tcp->wants | wants);
        return 0;
    }
    tcp->why = words(error);
    return USPAN_ERR_IO;
}

/* Returns an error, or USPAN_OK if bytes may be moved. */
static uspan_err_t check_open(uspan_posix_tcp_t *tcp)
{
    if (tcp->state != OPEN) {
        tcp->why = "not connected";
        return USPAN_ERR_IO;
    }
    if (tcp->forks != sockets_forks()) {
        tcp->why = "connection was opened before fork(): the parent owns it";
        return USPAN_ERR_IO;
    }
    return USPAN_OK;
}

static int32_t send_tcp(void *ctx, const uint8_t *buf, size_t len)
{
    uspan_posix_tcp_t *tcp = ctx;
    uspan_err_t err = check_open(tcp);
    if (err != USPAN_OK) {
        return err;
    }
    ssize_t moved = SOCKETS(send)(tcp->fd, buf, len < INT32_MAX ? len : INT32_MAX, MSG_NOSIGNAL);
    return moved >= 0 ? (int32_t)moved : explain(tcp, errno, POLLOUT);
}

static int32_t recv_tcp(void *ctx, uint8_t *buf, size_t len)
{
    uspan_posix_tcp_t *tcp = ctx;
    uspan_err_t err = check_open(tcp);
    if (err != USPAN_OK) {
        return err;
    }
    ssize_t moved = SOCKETS(recv)(tcp->fd, buf, len < INT32_MAX ? len : INT32_MAX, 0);
    tcp->is_heard = tcp->is_heard || moved > 0;
    if (moved == 0) {
        tcp->why = "closed by peer";
        return USPAN_ERR_CLOSED;
    }
    return moved > 0 ? (int32_t)moved : explain(tcp, errno, POLLIN);
}

static void close_tcp(void *ctx)
{
    uspan_posix_tcp_t *tcp = ctx;
    if (tcp->lookup != NULL) {
        uspan_posix_lookup_drop(tcp->lookup);
        tcp->lookup = NULL;
    }
    /* This address does not answer, although it may have accepted the connection. */
    if (tcp->state == CONNECTING || (tcp->state == OPEN && !tcp->is_heard)) {
        pass_address(tcp);
    }
    close_fd(tcp);
    tcp->state = CLOSED;
    tcp->wants = 0;
}

static const char *why_tcp(void *ctx)
{
    const uspan_posix_tcp_t *tcp = ctx;
    return tcp->why;
}

void uspan_posix_tcp_init_sized(uspan_posix_tcp_t *tcp, uspan_transport_t *out, size_t tcp_size)
{
    if (tcp_size != sizeof(*tcp)) {
        *out = (uspan_transport_t){ 0 }; /* ABI 0 */
        return;
    }
    memset(tcp, 0, sizeof(*tcp));
    tcp->fd = -1;
    tcp->why = "";
    *out = (uspan_transport_t){
        .abi = USPAN_TRANSPORT_ABI,
        .flags = 0,
        .ctx = tcp,
        .open = open_tcp,
        .send = send_tcp,
        .recv = recv_tcp,
        .close = close_tcp,
        .last_error_text = why_tcp,
    };
}

int uspan_posix_tcp_fd(const uspan_posix_tcp_t *tcp, short *events)
{
    *events = tcp->wants;
    return tcp->wants != 0 ? tcp->fd : -1;
}

void uspan_posix_tcp_settle(uspan_posix_tcp_t *tcp)
{
    tcp->wants = 0;
}
