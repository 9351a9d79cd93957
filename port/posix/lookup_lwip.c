/* lookup_lwip.c: name look-ups in lwIP's thread, in place of lookup.c. Empty if lwIP's sockets are not used.
 * Invariant: a slot is FREE, or waits for a result of lwIP's thread (RUNNING, DROPPED), or is DONE and waits
 * for its owner. Only lwIP's thread writes the result of a RUNNING or DROPPED slot, and only before it sets
 * DONE or FREE under protection. A result that arrives after close() therefore goes to its own slot. */
#ifndef _GNU_SOURCE /* ESP-IDF's build defines it */
#define _GNU_SOURCE
#endif
#include "sockets.h"

#if USPAN_SOCKETS_LWIP

#include <lwip/dns.h>
#include <lwip/tcpip.h>

#if !SYS_LIGHTWEIGHT_PROT
#error "uspan's look-ups over lwIP need SYS_LIGHTWEIGHT_PROT 1"
#endif

#define LOOKUPS_MAX 4u
#define HOST_BYTES 256u /* RFC 1035 section 2.3.4, and a closing 0 */

enum { FREE, RUNNING, DROPPED, DONE };

struct uspan_posix_lookup {
    uint8_t state, turn;
    bool is_second; /* the first family has no address */
    uint16_t port;
    const char *why; /* NULL: address is the result */
    ip_addr_t address;
    char host[HOST_BYTES];
};

static uspan_posix_lookup_t lookups[LOOKUPS_MAX];

/* Store a result. Runs in lwIP's thread. */
static void settle(uspan_posix_lookup_t *l, const ip_addr_t *address, const char *why)
{
    SYS_ARCH_DECL_PROTECT(level);
    if (address != NULL) {
        l->address = *address;
    }
    l->why = why;
    SYS_ARCH_PROTECT(level);
    l->state = l->state == DROPPED ? FREE : DONE;
    SYS_ARCH_UNPROTECT(level);
}

#if LWIP_DNS

static void found(const char *name, const ip_addr_t *address, void *arg)
{
    (void)name;
    settle(arg, address, address != NULL ? NULL : "host name not found, or the name server does not answer");
}

/* Start a look-up of one family. With two families in one call lwIP returns what it has in its cache, which
 * is always the same one (2.2.1, dns.c, line 1620). Runs in lwIP's thread. */
static void ask(void *arg)
{
    uspan_posix_lookup_t *l = arg;
    ip_addr_t address;
    uint8_t family = LWIP_DNS_ADDRTYPE_DEFAULT;
#if LWIP_IPV4 && LWIP_IPV6
    family = (l->turn % 2u == 0u) != l->is_second ? LWIP_DNS_ADDRTYPE_IPV4 : LWIP_DNS_ADDRTYPE_IPV6;
#endif
    err_t err = dns_gethostbyname_addrtype(l->host, &address, found, l, family);
    if (err == ERR_OK) {
        settle(l, &address, NULL); /* the address was in lwIP's cache */
    } else if (err != ERR_INPROGRESS) {
        settle(l, NULL,
               err == ERR_VAL   ? "lwIP has no name server"
               : err == ERR_MEM ? "lwIP's table of look-ups is full"
                                : "name look-up failed");
    }
}

static bool begin(uspan_posix_lookup_t *l)
{
    return tcpip_try_callback(ask, l) == ERR_OK;
}

#else

static bool begin(uspan_posix_lookup_t *l)
{
    settle(l, NULL, "lwIP is built without LWIP_DNS: give an address");
    return true;
}

#endif

static uspan_posix_lookup_t *take_slot(void)
{
    uspan_posix_lookup_t *l = NULL;
    SYS_ARCH_DECL_PROTECT(level);
    SYS_ARCH_PROTECT(level);
    for (size_t i = 0; i < LOOKUPS_MAX && l == NULL; i++) {
        if (lookups[i].state == FREE) {
            l = &lookups[i];
            l->state = RUNNING;
        }
    }
    SYS_ARCH_UNPROTECT(level);
    return l;
}

uspan_posix_lookup_t *uspan_posix_lookup_start(const char *host, uint16_t port, uint8_t turn)
{
    size_t len = strlen(host);
    uspan_posix_lookup_t *l = len < HOST_BYTES ? take_slot() : NULL;
    if (l == NULL) {
        return NULL;
    }
    memcpy(l->host, host, len + 1u);
    l->port = port;
    l->turn = turn;
    l->is_second = false;
    ip_addr_t literal;
    if (ipaddr_aton(host, &literal) != 0) {
        settle(l, &literal, NULL);
    } else if (!begin(l)) {
        SYS_ARCH_DECL_PROTECT(level);
        SYS_ARCH_PROTECT(level);
        l->state = FREE; /* the queue of lwIP's thread is full, so it did not receive the request */
        SYS_ARCH_UNPROTECT(level);
        l = NULL;
    }
    return l;
}

static void write_address(uspan_posix_tcp_t *tcp, const ip_addr_t *address, uint16_t port)
{
    _Static_assert(sizeof(sockets_address_t) <= sizeof(tcp->addresses[0]),
                   "an address as uspan_posix.h lays it out");
    memset(&tcp->addresses[0], 0, sizeof(tcp->addresses[0]));
#if LWIP_IPV4
    if (IP_IS_V4(address)) {
        struct sockaddr_in to = { .sin_len = sizeof(to),
                                  .sin_family = AF_INET,
                                  .sin_port = lwip_htons(port) };
        inet_addr_from_ip4addr(&to.sin_addr, ip_2_ip4(address));
        memcpy(tcp->addresses[0].bytes, &to, sizeof(to));
    }
#endif
#if LWIP_IPV6
    if (IP_IS_V6(address)) {
        struct sockaddr_in6 to = { .sin6_len = sizeof(to),
                                   .sin6_family = AF_INET6,
                                   .sin6_port = lwip_htons(port) };
        inet6_addr_from_ip6addr(&to.sin6_addr, ip_2_ip6(address));
        to.sin6_scope_id = ip6_addr_zone(ip_2_ip6(address));
        memcpy(tcp->addresses[0].bytes, &to, sizeof(to));
    }
#endif
    tcp->address_count = 1;
}

uspan_err_t uspan_posix_lookup_take(uspan_posix_lookup_t *l, uspan_posix_tcp_t *tcp, const char **why)
{
    SYS_ARCH_DECL_PROTECT(level);
    SYS_ARCH_PROTECT(level);
    bool done = l->state == DONE;
    SYS_ARCH_UNPROTECT(level);
    if (!done) {
        return USPAN_ERR_AGAIN;
    }
#if LWIP_IPV4 && LWIP_IPV6
    if (l->why != NULL && !l->is_second) {
        l->is_second = true;
        l->state = RUNNING; /* lwIP's thread does not know it now */
        if (begin(l)) {
            return USPAN_ERR_AGAIN;
        }
    }
#endif
    uspan_err_t err = l->why == NULL ? USPAN_OK : USPAN_ERR_IO;
    if (err == USPAN_OK) {
        write_address(tcp, &l->address, l->port);
    } else {
        *why = l->why;
    }
    SYS_ARCH_PROTECT(level);
    l->state = FREE;
    SYS_ARCH_UNPROTECT(level);
    return err;
}

void uspan_posix_lookup_drop(uspan_posix_lookup_t *l)
{
    SYS_ARCH_DECL_PROTECT(level);
    SYS_ARCH_PROTECT(level);
    l->state = l->state == RUNNING ? DROPPED : FREE;
    SYS_ARCH_UNPROTECT(level);
}

#endif
