/* plus_tcp.c: a byte stream over the sockets of FreeRTOS+TCP, IPv4 only. uspan calls it as a transport.
 * Invariant: socket is NULL exactly in CLOSED and LOOKUP. The IP task writes lookup and address only while
 * lookup is ASKED. close_tcp() cancels a look-up that is still running. */
#include "uspan_freertos.h"

#include <FreeRTOS_IP.h>
#include <FreeRTOS_DNS.h> /* after FreeRTOS_IP.h */
#include <FreeRTOS_Sockets.h>

#if !defined(ipconfigDNS_USE_CALLBACKS) || ipconfigDNS_USE_CALLBACKS == 0
#error "FreeRTOS+TCP needs ipconfigUSE_DNS 1 and ipconfigDNS_USE_CALLBACKS 1: a look-up must not block"
#endif

enum { CLOSED, LOOKUP, CONNECTING, OPEN };
enum { IDLE, ASKED, FOUND };

#define LOOKUP_MS 5000u

/* Runs in the IP task. answer is NULL if there was none within LOOKUP_MS. */
static void found(const char *name, void *ctx, struct freertos_addrinfo *answer)
{
    uspan_freertos_tcp_t *tcp = ctx;
    (void)name;
    tcp->address = answer != NULL ? answer->ai_addr->sin_address.ulIP_IPv4 : 0u;
    tcp->lookup = FOUND;
}

static uspan_err_t fail(uspan_freertos_tcp_t *tcp, const char *why)
{
    tcp->why = why;
    return USPAN_ERR_IO;
}

static uspan_err_t look_up(uspan_freertos_tcp_t *tcp, const char *host)
{
    tcp->address = FreeRTOS_inet_addr(host);
    tcp->lookup = FOUND;
    if (tcp->address == 0u) {
        tcp->lookup = ASKED;
        uint32_t known = FreeRTOS_gethostbyname_a(host, found, tcp, LOOKUP_MS);
        if (known != 0u) { /* it was in the cache */
            tcp->address = known;
            tcp->lookup = FOUND;
        }
    }
    tcp->state = LOOKUP;
    return USPAN_ERR_AGAIN;
}

static uspan_err_t begin_connect(uspan_freertos_tcp_t *tcp, uint16_t port)
{
    const TickType_t at_once = 0;
    struct freertos_sockaddr to = { 0 };
    Socket_t socket = FreeRTOS_socket(FREERTOS_AF_INET, FREERTOS_SOCK_STREAM, FREERTOS_IPPROTO_TCP);
    if (socket == FREERTOS_INVALID_SOCKET) {
        return fail(tcp, "no free socket");
    }
    tcp->socket = socket;
    (void)FreeRTOS_setsockopt(socket, 0, FREERTOS_SO_RCVTIMEO, &at_once, sizeof at_once);
    (void)FreeRTOS_setsockopt(socket, 0, FREERTOS_SO_SNDTIMEO, &at_once, sizeof at_once);
    to.sin_family = FREERTOS_AF_INET;
    to.sin_port = FreeRTOS_htons(port);
    to.sin_address.ulIP_IPv4 = tcp->address;
    BaseType_t result = FreeRTOS_connect(socket, &to, sizeof to);
    tcp->state = CONNECTING;
    if (result == 0 || result == -pdFREERTOS_ERRNO_EWOULDBLOCK || result == -pdFREERTOS_ERRNO_EINPROGRESS ||
        result == -pdFREERTOS_ERRNO_ETIMEDOUT) {
        return USPAN_ERR_AGAIN;
    }
    return fail(tcp, "connection failed");
}

static uspan_err_t open_tcp(void *ctx, const uspan_peer_t *peer)
{
    uspan_freertos_tcp_t *tcp = ctx;
    switch (tcp->state) {
    case CLOSED:
        tcp->why = "";
        return look_up(tcp, peer->host);
    case LOOKUP:
        if (tcp->lookup == ASKED) {
            return USPAN_ERR_AGAIN;
        }
        return tcp->address == 0u ? fail(tcp, "host name not found, or the name server does not answer")
                                  : begin_connect(tcp, peer->port);
    case CONNECTING: {
        BaseType_t connected = FreeRTOS_issocketconnected(tcp->socket);
        if (connected == pdTRUE) {
            tcp->state = OPEN;
            return USPAN_OK;
        }
        /* The peer or the stack has closed the socket, so it will never connect. */
        return FreeRTOS_connstatus(tcp->socket) == (BaseType_t)eCLOSE_WAIT ||
                       FreeRTOS_connstatus(tcp->socket) == (BaseType_t)eCLOSED
                   ? fail(tcp, "connection refused, or host unreachable")
                   : USPAN_ERR_AGAIN;
    }
    default:
        return USPAN_OK;
    }
}

/* Convert a result of send or recv to that of a transport. */
static int32_t explain(uspan_freertos_tcp_t *tcp, BaseType_t n)
{
    if (n >= 0 || n == -pdFREERTOS_ERRNO_EWOULDBLOCK || n == -pdFREERTOS_ERRNO_EINTR) {
        return n > 0 ? (int32_t)n : 0;
    }
    if (n == -pdFREERTOS_ERRNO_ENOTCONN) {
        return USPAN_ERR_CLOSED; /* FreeRTOS+TCP reports a FIN and a RST alike */
    }
    return fail(tcp, n == -pdFREERTOS_ERRNO_ENOMEM ? "FreeRTOS+TCP has no memory left" : "connection failed");
}

static int32_t send_tcp(void *ctx, const uint8_t *buf, size_t len)
{
    uspan_freertos_tcp_t *tcp = ctx;
    return tcp->state == OPEN ? explain(tcp, FreeRTOS_send(tcp->socket, buf, len, 0))
                              : fail(tcp, "not connected");
}

static int32_t recv_tcp(void *ctx, uint8_t *buf, size_t len)
{
    uspan_freertos_tcp_t *tcp = ctx;
    return tcp->state == OPEN ? explain(tcp, FreeRTOS_recv(tcp->socket, buf, len, 0))
                              : fail(tcp, "not connected");
}

static void close_tcp(void *ctx)
{
    uspan_freertos_tcp_t *tcp = ctx;
    if (tcp->state == LOOKUP && tcp->lookup == ASKED) {
        FreeRTOS_gethostbyname_cancel(tcp); /* found() must not write to a later look-up */
    }
    if (tcp->state >= CONNECTING) {
        (void)FreeRTOS_shutdown(tcp->socket, FREERTOS_SHUT_RDWR);
        (void)FreeRTOS_closesocket(tcp->socket);
    }
    tcp->socket = NULL;
    tcp->state = CLOSED;
    tcp->lookup = IDLE;
}

static const char *why_tcp(void *ctx)
{
    const uspan_freertos_tcp_t *tcp = ctx;
    return tcp->why;
}

void uspan_freertos_tcp_init(uspan_freertos_tcp_t *tcp, uspan_transport_t *out)
{
    memset(tcp, 0, sizeof *tcp);
    tcp->why = "";
    *out = (uspan_transport_t){
        .abi = USPAN_TRANSPORT_ABI,
        .ctx = tcp,
        .open = open_tcp,
        .send = send_tcp,
        .recv = recv_tcp,
        .close = close_tcp,
        .last_error_text = why_tcp,
    };
}
