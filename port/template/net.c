/* net.c: DUTY 5, network. First see whether it is written already:
 *     lwIP, one main loop or raw API   port/lwip: uspan_lwip_tcp_init(); this file goes away
 *     lwIP's sockets, BSD sockets      port/posix/tcp.c: uspan_posix_tcp_init(); this file goes away
 *     another stack, a modem, a driver with its own TCP: fill in this file
 * Invariant: state says what the stack holds of ours; CLOSED holds nothing. No call waits.
 * Check: uspan_check_transport() connects, is refused, sends, receives, closes twice. */
#include "template.h"

enum { CLOSED, RESOLVING, CONNECTING, OPEN };

/* Called again and again with the same peer while it says USPAN_ERR_AGAIN; uspan keeps the deadline. Each
 * call takes one look and returns: start what is to be started, ask whether it is done. */
static uspan_err_t open_net(void *ctx, const uspan_peer_t *peer)
{
    template_net_t *net = ctx;
    (void)peer;
    switch (net->state) {
    case CLOSED:
        /* Start looking up peer->host (a DNS name, or an address literal without brackets). An answer may
         * come after close_net(): it must find out that its caller no longer waits. */
        net->why = "the port's network is not written yet";
        net->state = RESOLVING;
        return USPAN_ERR_AGAIN;
    case RESOLVING:
        /* Answered: start connecting to peer->port without waiting. No such name: why, USPAN_ERR_IO. */
        net->state = CONNECTING;
        return USPAN_ERR_AGAIN;
    case CONNECTING:
        /* Connected: OPEN and USPAN_OK. Refused, unreachable: why, USPAN_ERR_IO; close_net() follows. */
        return USPAN_ERR_IO;
    default:
        return USPAN_OK;
    }
}

/* > 0: this number of bytes belongs to the stack now (copied, or buf stays valid until then: it does not, so
 * copied). 0: no room; the same bytes come again. USPAN_ERR_IO: dead. */
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

/* > 0: this number of bytes arrived. 0: none yet. USPAN_ERR_CLOSED: the peer ended in good order and all it
 * sent was read. USPAN_ERR_IO: reset, aborted, interface gone. */
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

/* In every state, also twice and before open. Afterwards the stack calls nothing of ours. */
static void close_net(void *ctx)
{
    template_net_t *net = ctx;
    net->state = CLOSED;
}

/* What failed last, in words without secrets: a static text. */
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
