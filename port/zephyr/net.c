/* net.c: a transport over Zephyr's sockets. TLS is set by socket options.
 * Invariant: fd >= 0 exactly while there is a connection. A TLS socket has its options before it connects.
 * turn is the place, among the addresses of the name, of the one to try first. */
#include "uspan_zephyr.h"

#include <errno.h>
#include <stdio.h>
#include <zephyr/net/socket.h>
#include <zephyr/net/tls_credentials.h>

static uspan_err_t fail(uspan_zephyr_net_t *n, const char *why)
{
    n->why = why;
    return USPAN_ERR_IO;
}

static const char *words(int error, bool secure)
{
    switch (error) {
    case ECONNREFUSED:
        return "connection refused";
    case ETIMEDOUT:
        return "connection timed out";
    case ENETUNREACH:
    case EHOSTUNREACH:
        return "network unreachable";
    case ENOMEM:
    case ENOBUFS:
        return "no memory left for a socket";
    case ECONNABORTED:
        return secure ? "TLS handshake failed: look at the certificates under the tag, and at the host name"
                      : "connection lost";
    default:
        return "connection failed";
    }
}

static bool set_tls(const uspan_zephyr_net_t *n, int fd, const char *host)
{
    const int verify = TLS_PEER_VERIFY_REQUIRED;
    return zsock_setsockopt(fd, SOL_TLS, TLS_SEC_TAG_LIST, n->sec_tags,
                            (socklen_t)(n->sec_tags_len * sizeof n->sec_tags[0])) == 0 &&
           zsock_setsockopt(fd, SOL_TLS, TLS_PEER_VERIFY, &verify, sizeof verify) == 0 &&
           zsock_setsockopt(fd, SOL_TLS, TLS_HOSTNAME, host, (socklen_t)strlen(host) + 1u) == 0;
}

/* Try one address. */
static uspan_err_t connect_to(uspan_zephyr_net_t *n, const struct zsock_addrinfo *at, const char *host)
{
    const bool secure = n->sec_tags != NULL;
    int fd = zsock_socket(at->ai_family, SOCK_STREAM, secure ? IPPROTO_TLS_1_2 : IPPROTO_TCP);
    if (fd < 0) {
        return fail(n, "no free socket");
    }
    if (secure && !set_tls(n, fd, host)) {
        (void)zsock_close(fd);
        n->why = "TLS options refused: CONFIG_NET_SOCKETS_SOCKOPT_TLS, and credentials under the tag";
        return USPAN_ERR_CONFIG;
    }
    if (zsock_connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
        int error = errno;
        (void)zsock_close(fd);
        return fail(n, words(error, secure));
    }
    n->fd = fd;
    return USPAN_OK;
}

/* Try the addresses of a name, one after the other. The first is the one that worked last. If its exchange
 * failed, it is the one after that. */
static uspan_err_t connect_to_one(uspan_zephyr_net_t *n, const struct zsock_addrinfo *found,
                                  const uspan_peer_t *peer)
{
    const struct zsock_addrinfo *at = found;
    uspan_err_t err = fail(n, "no address");
    unsigned count = 0, turn = n->turn + (peer->has_failed ? 1u : 0u);
    for (const struct zsock_addrinfo *one = found; one != NULL; one = one->ai_next) {
        count++;
    }
    turn = count > 0u ? turn % count : 0u;
    for (unsigned i = 0; i < turn; i++) {
        at = at->ai_next;
    }
    for (unsigned i = 0; i < count && err != USPAN_OK; i++) {
        n->turn = (uint8_t)turn;
        err = connect_to(n, at, peer->host);
        at = at->ai_next != NULL ? at->ai_next : found;
        turn = (turn + 1u) % count;
    }
    return err;
}

static uspan_err_t open_net(void *ctx, const uspan_peer_t *peer)
{
    uspan_zephyr_net_t *n = ctx;
    const struct zsock_addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct zsock_addrinfo *found = NULL;
    char port[6];
    if (n->fd >= 0) {
        return USPAN_OK;
    }
    n->why = "";
    (void)snprintf(port, sizeof port, "%u", (unsigned)peer->port);
    if (zsock_getaddrinfo(peer->host, port, &hints, &found) != 0) {
        return fail(n, "host name not found, or the name server does not answer");
    }
    uspan_err_t err = connect_to_one(n, found, peer);
    zsock_freeaddrinfo(found);
    return err;
}

/* Convert errno after a failed send or recv. */
static int32_t explain(uspan_zephyr_net_t *n)
{
    if (errno == EAGAIN || errno == EINTR) {
        return 0;
    }
    return fail(n, errno == ECONNRESET ? "connection reset by peer" : "connection lost");
}

static int32_t send_net(void *ctx, const uint8_t *buf, size_t len)
{
    uspan_zephyr_net_t *n = ctx;
    if (n->fd < 0) {
        return USPAN_ERR_IO;
    }
    ssize_t done = zsock_send(n->fd, buf, len, ZSOCK_MSG_DONTWAIT);
    return done >= 0 ? (int32_t)done : explain(n);
}

static int32_t recv_net(void *ctx, uint8_t *buf, size_t len)
{
    uspan_zephyr_net_t *n = ctx;
    if (n->fd < 0) {
        return USPAN_ERR_IO;
    }
    ssize_t done = zsock_recv(n->fd, buf, len, ZSOCK_MSG_DONTWAIT);
    if (done == 0) {
        return USPAN_ERR_CLOSED;
    }
    return done > 0 ? (int32_t)done : explain(n);
}

static void close_net(void *ctx)
{
    uspan_zephyr_net_t *n = ctx;
    if (n->fd >= 0) {
        (void)zsock_close(n->fd);
        n->fd = -1;
    }
}

static const char *why_net(void *ctx)
{
    const uspan_zephyr_net_t *n = ctx;
    return n->why;
}

void uspan_zephyr_net_init(uspan_zephyr_net_t *n, const int *sec_tags, size_t sec_tags_len,
                           uspan_transport_t *out)
{
    *n = (uspan_zephyr_net_t){
        .fd = -1, .why = "", .sec_tags = sec_tags_len > 0u ? sec_tags : NULL, .sec_tags_len = sec_tags_len
    };
    *out = (uspan_transport_t){
        .abi = USPAN_TRANSPORT_ABI,
        .flags = n->sec_tags != NULL ? USPAN_TRANSPORT_SECURE : 0u,
        .ctx = n,
        .open = open_net,
        .send = send_net,
        .recv = recv_net,
        .close = close_net,
        .last_error_text = why_net,
    };
}
