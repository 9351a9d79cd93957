/* net.c: DUTY 5, network. First check whether a transport for your stack exists already:
 *     lwIP, one main loop or raw API   use uspan_lwip_tcp_init() of port/lwip, delete this file
 *     lwIP's sockets, BSD sockets      use uspan_posix_tcp_init() of port/posix/tcp.c, delete this file
 *     another stack, a modem, a driver with its own TCP: fill in this file
 * Invariant: state says what the stack holds for this file. In CLOSED it holds nothing. No call waits.
 * Check: uspan_check_transport() connects, is refused, sends, receives, and closes twice. */
#include "template.h"

enum { CLOSED, RESOLVING, CONNECTING, OPEN };

/* uspan calls this again with the same peer while it returns USPAN_ERR_AGAIN, and limits the total time. Each
 * call starts the next step or checks whether it is done, and returns at once. */
static uspan_err_t open_net(void *ctx, const uspan_peer_t *peer)
{
    template_net_t *net = ctx;
    (void)peer;
    switch (net->state) {
    case CLOSED:
        /* Start to look up peer->host (a DNS name, or an address literal without brackets). If the answer
         * arrives after close_net(), it must be ignored. */
        net->why = "the port's network is not written yet";
        net->state = RESOLVING;
        return USPAN_ERR_AGAIN;
    case RESOLVING:
        /* If the name is found, start to connect to peer->port without waiting. Otherwise set why and return
         * USPAN_ERR_IO. */
        net->state = CONNECTING;
        return USPAN_ERR_AGAIN;
    case CONNECTING:
        /* If connected, set OPEN and return USPAN_OK. If refused or unreachable, set why and return
         * USPAN_ERR_IO. uspan then calls close_net(). */
        return USPAN_ERR_IO;
    default:
        return USPAN_OK;
    }
}

/* Returns: above 0: number of bytes that the stack has copied (buf is not valid after the call); 0: no room,
 * and uspan offers the same bytes again; USPAN_ERR_IO: the connection is lost. */
static int32_t send_net(void *ctx, const uint8_t *buf, size_t len)
{
    template_net_t *net = ctx;
    (void)buf;
    (void)len;
    if (net->state != OPEN) {
        net->why = "not connected";
        return USPAN_ERR_IO;
    }
    return 0;
}

/* Returns: above 0: number of bytes that arrived; 0: none yet; USPAN_ERR_CLOSED: the peer closed the
 * connection cleanly and all its bytes were read; USPAN_ERR_IO: it was reset or aborted, or the interface is
 * gone. */
static int32_t recv_net(void *ctx, uint8_t *buf, size_t len)
{
    template_net_t *net = ctx;
    (void)buf;
    (void)len;
    if (net->state != OPEN) {
        net->why = "not connected";
        return USPAN_ERR_IO;
    }
    return 0;
}

/* Called in every state, also twice and before open. After it the stack must not call this file. */
static void close_net(void *ctx)
{
    template_net_t *net = ctx;
    net->state = CLOSED;
}

/* Returns a static text without secrets that says what failed last. */
static const char *why_net(void *ctx)
{
    const template_net_t *net = ctx;
    return net->why;
}

void template_net_init(template_net_t *net, uspan_transport_t *out)
{
    net->state = CLOSED;
    net->why = "";
    *out = (uspan_transport_t){
        .abi = USPAN_TRANSPORT_ABI,
        .flags = 0,
        .ctx = net,
        .open = open_net,
        .send = send_net,
        .recv = recv_net,
        .close = close_net,
        .last_error_text = why_net,
    };
}
