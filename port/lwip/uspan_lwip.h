/* uspan_lwip.h: uspan over lwIP's raw API (2.1 and later): a TCP transport with names looked up by lwIP's DNS
 * client, and Unix time from lwIP's SNTP client.
 * Contexts. NO_SYS 1: uspan_poll() runs where lwIP runs (the main loop: netif input, sys_check_timeouts(),
 * uspan_poll()). NO_SYS 0: uspan_poll() runs in any one task; every call takes lwIP's core lock
 * (LWIP_TCPIP_CORE_LOCKING 1), under which the tcpip thread runs the callbacks. If lwIP runs elsewhere (an
 * interrupt, as the Pico SDK's threadsafe background), lwipopts.h defines USPAN_LWIP_LOCK() and
 * USPAN_LWIP_UNLOCK(). */
#ifndef USPAN_LWIP_H
#define USPAN_LWIP_H

#include "uspan/uspan.h"
#include "uspan_lwip_sntp.h"

#include <lwip/ip_addr.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Look-ups of one transport that lwIP has not answered yet. lwIP has no call to cancel one, so a closed
 * look-up keeps its place until the answer or the timeout. 1..8. RAM: a pointer each. */
#ifndef USPAN_LWIP_LOOKUPS
#define USPAN_LWIP_LOOKUPS 2
#endif
/* With IPv4 and IPv6: time to connect to a name's first address, milliseconds. After it an address of the
 * other family is looked up and, if there is one, tried instead. */
#ifndef USPAN_LWIP_CONNECT_MS
#define USPAN_LWIP_CONNECT_MS 2500
#endif
USPAN_STATIC_ASSERT(USPAN_LWIP_LOOKUPS >= 1 && USPAN_LWIP_LOOKUPS <= 8, "USPAN_LWIP_LOOKUPS: 1..8");

struct tcp_pcb;
struct pbuf;
struct uspan_lwip_tcp;

/* What lwIP's DNS client gets as its argument. */
typedef struct uspan_lwip_lookup {
    struct uspan_lwip_tcp *owner; /* NULL: no look-up is pending */
} uspan_lwip_lookup_t;

/* One connection. The fields are private to tcp.c, which changes them under lwIP's lock only. */
typedef struct uspan_lwip_tcp {
    struct tcp_pcb *pcb;
    struct pbuf *in; /* received, not yet read */
    uspan_lwip_lookup_t *lookup;
    const char *why;
    uint32_t since_ms; /* start of the attempt on the present address */
    uint8_t state;
    bool ended;       /* the peer sends no more */
    bool second_went; /* an address of the second family has been asked for */
    bool is_closed;   /* there was no open() after close() */
    bool six_first;   /* IPv6 is looked up first */
    uspan_lwip_lookup_t lookups[USPAN_LWIP_LOOKUPS];
    ip_addr_t address;
} uspan_lwip_tcp_t;

/* Set up *tcp, and write a transport over it to *out. Both must stay valid as long as the tracer, and *tcp
 * also until lwIP has answered its look-ups. lwIP must be initialised before the first uspan_poll(). If an
 * interface is down or has no address yet, the connect fails, and the core tries again later. lwIP's DNS
 * client returns one address of a name for each family (dns_recv() of 2.2.1, dns.c, lines 1318 and 1338). If
 * a name has more addresses, only these are tried until the entry's time to live has passed. After an
 * exchange without an answer the other family is looked up first. close() sends a FIN if the peer has
 * acknowledged all data without retransmissions. Otherwise, or with unread data, or without memory for the
 * FIN, it resets the connection.
 *   tcp_size  sizeof *tcp in the application. If the library was built with other options
 *             (USPAN_LWIP_LOOKUPS, LWIP_IPV6), nothing is written to *tcp, and uspan_export_to() rejects *out
 * Context: task, before use. */
void uspan_lwip_tcp_init_sized(uspan_lwip_tcp_t *tcp, uspan_transport_t *out, size_t tcp_size);
static inline void uspan_lwip_tcp_init(uspan_lwip_tcp_t *tcp, uspan_transport_t *out)
{
    uspan_lwip_tcp_init_sized(tcp, out, sizeof *tcp);
}

/* Use the time of lwIP's SNTP client. lwipopts.h must include "uspan_lwip_sntp.h", the application starts
 * SNTP as lwIP documents (sntp_init()), and the port's table must contain uspan_lwip_unix_ns. SNTP is not
 * authenticated: anyone who can answer for the server can set the time. Answers that cannot be true are
 * ignored, see uspan_unix_is_plausible().
 *   port   whose clock and lock are used. It must stay valid as long as SNTP runs
 * Context: task, before sntp_init(). */
void uspan_lwip_sntp_init(const uspan_port_t *port);
/* The unix_ns function for a port. Returns USPAN_ERR_AGAIN until SNTP has answered. ctx is not used. Context:
 * task. */
uspan_err_t uspan_lwip_unix_ns(void *ctx, uint64_t *out);

#ifdef __cplusplus
}
#endif
#endif
