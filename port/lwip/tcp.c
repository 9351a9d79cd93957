/* tcp.c: a byte stream over lwIP's raw TCP. No function waits, and none uses a pcb that lwIP has freed.
 * Invariant, under lwIP's lock: pcb != NULL exactly in CONNECTING and OPEN, and it is valid until our error
 * callback is called. lookup != NULL in LOOKUP, and in CONNECTING while an address of the other family is
 * looked up. A lookups[] entry has an owner exactly while lwIP will still call found() with it. */
#include "lwip_private.h"

#include <lwip/dns.h>
#include <lwip/pbuf.h>
#include <lwip/sys.h>
#include <lwip/tcp.h>

#if !LWIP_TCP || !LWIP_CALLBACK_API
#error "uspan's port/lwip needs LWIP_TCP 1 and LWIP_CALLBACK_API 1"
#endif

#define TWO_FAMILIES (LWIP_DNS && LWIP_IPV4 && LWIP_IPV6)

enum { IDLE, LOOKUP, FOUND, CONNECTING, OPEN, DEAD };

static uspan_err_t die(uspan_lwip_tcp_t *tcp, const char *why)
{
    tcp->state = DEAD;
    tcp->why = why;
    return USPAN_ERR_IO;
}

/* Return USPAN_ERR_AGAIN: the next open() continues, and the core has the deadline. */
static uspan_err_t wait_for(uspan_lwip_tcp_t *tcp, uint8_t state, const char *why)
{
    tcp->state = state;
    tcp->why = why;
    return USPAN_ERR_AGAIN;
}

/* ---- callbacks: lwIP's context, its lock held ---------------------------------------------------------- */

static err_t on_connected(void *arg, struct tcp_pcb *pcb, err_t err)
{
    uspan_lwip_tcp_t *tcp = arg;
    (void)pcb;
    (void)err; /* "always ERR_OK" (tcp.h) */
    tcp->state = OPEN;
    tcp->why = "";
    tcp->lookup = NULL; /* no other address is needed now */
    return ERR_OK;
}

static err_t on_received(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
    uspan_lwip_tcp_t *tcp = arg;
    (void)pcb;
    (void)err;
    if (p == NULL) {
        tcp->ended = true;
    } else if (tcp->in == NULL) {
        tcp->in = p;
    } else if (p->tot_len > UINT16_MAX - tcp->in->tot_len) { /* only with a scaled window */
        return ERR_MEM;                                      /* lwIP keeps it and offers it again */
    } else {
        pbuf_cat(tcp->in, p);
    }
    return ERR_OK;
}

/* lwIP has freed the pcb. Data received before stays readable, for example a 413 before a reset. */
static void on_error(void *arg, err_t err)
{
    uspan_lwip_tcp_t *tcp = arg;
    const char *why = err != ERR_RST             ? "connection timed out"
                      : tcp->state == CONNECTING ? "connection refused"
                                                 : "connection reset by peer";
    tcp->pcb = NULL;
    (void)die(tcp, why);
    if (tcp->lookup != NULL) {
        tcp->state = LOOKUP; /* the other family may have an address */
    }
}

/* ---- close --------------------------------------------------------------------------------------------- */

static void drop_pcb(uspan_lwip_tcp_t *tcp)
{
    struct tcp_pcb *pcb = tcp->pcb;
    if (pcb == NULL) {
        return;
    }
    tcp->pcb = NULL;
    tcp_recv(pcb, NULL);
    tcp_err(pcb, NULL); /* tcp_abort() would call it */
    /* Unacknowledged data of a silent peer would occupy lwIP's memory for minutes. */
    if (pcb->nrtx == 0u && pcb->unsent == NULL) {
        tcp_setprio(pcb, TCP_PRIO_MIN); /* lwIP frees it first if another connection needs memory */
        if (tcp_close(pcb) == ERR_OK) {
            return;
        }
    }
    tcp_abort(pcb);
}

static void close_tcp(void *ctx)
{
    uspan_lwip_tcp_t *tcp = ctx;
    USPAN_LWIP_LOCK();
    drop_pcb(tcp);
    if (tcp->in != NULL) {
        (void)pbuf_free(tcp->in);
        tcp->in = NULL;
    }
    tcp->lookup = NULL; /* its answer will be ignored */
    tcp->state = IDLE;
    tcp->is_closed = true;
    USPAN_LWIP_UNLOCK();
}

/* ---- open ---------------------------------------------------------------------------------------------- */

static void take_address(uspan_lwip_tcp_t *tcp, const ip_addr_t *address)
{
    drop_pcb(tcp); /* the address does not answer */
    tcp->address = *address;
    tcp->state = FOUND;
}

#if LWIP_DNS
static void found(const char *name, const ip_addr_t *address, void *arg)
{
    uspan_lwip_lookup_t *lookup = arg;
    uspan_lwip_tcp_t *tcp = lookup->owner;
    (void)name;
    lookup->owner = NULL;
    if (tcp == NULL || tcp->lookup != lookup) {
        return; /* closed meanwhile, perhaps opened again */
    }
    tcp->lookup = NULL;
    if (address != NULL) {
        take_address(tcp, address);
    } else if (tcp->six_first && tcp->state == LOOKUP) {
        tcp->six_first = false; /* the next open() looks up any family */
        (void)wait_for(tcp, IDLE, tcp->why);
    } else if (tcp->state == LOOKUP) {
        (void)die(tcp, tcp->why[0] != 0 ? tcp->why : "host name not found");
    }
}

/* In IDLE, in DEAD, and in CONNECTING, which continues until there is a better address. */
static uspan_err_t look_up(uspan_lwip_tcp_t *tcp, const char *host, uint8_t family)
{
    uspan_lwip_lookup_t *lookup = tcp->lookups;
    ip_addr_t address;
    bool connecting = tcp->state == CONNECTING;
    while (lookup->owner != NULL) {
        if (++lookup == tcp->lookups + USPAN_LWIP_LOOKUPS) {
            return USPAN_ERR_AGAIN; /* earlier look-ups are unanswered; lwIP ends them in seconds */
        }
    }
    lookup->owner = tcp; /* before the call: lwIP may answer inside it */
    tcp->lookup = lookup;
    tcp->state = connecting ? CONNECTING : LOOKUP;
    tcp->second_went = family != LWIP_DNS_ADDRTYPE_DEFAULT;
    err_t err = dns_gethostbyname_addrtype(host, &address, found, lookup, family);
    if (err == ERR_INPROGRESS) {
        return USPAN_ERR_AGAIN;
    }
    lookup->owner = NULL;
    tcp->lookup = NULL;
    if (err == ERR_OK) {
        take_address(tcp, &address);
        return USPAN_OK;
    }
    if (connecting) {
        return USPAN_ERR_AGAIN;
    }
    if (err == ERR_MEM) {
        return wait_for(tcp, IDLE, "lwIP has no room for another name look-up");
    }
    return die(tcp, err == ERR_VAL ? "no DNS server is known" : "not a host name");
}
#else
#define LWIP_DNS_ADDRTYPE_DEFAULT 0u
static uspan_err_t look_up(uspan_lwip_tcp_t *tcp, const char *host, uint8_t family)
{
    ip_addr_t address;
    (void)family;
    if (ipaddr_aton(host, &address) == 0) {
        return die(tcp, "not an address, and lwIP is built without LWIP_DNS");
    }
    take_address(tcp, &address);
    return USPAN_OK;
}
#endif

static uspan_err_t begin_connect(uspan_lwip_tcp_t *tcp, uint16_t port)
{
    struct tcp_pcb *pcb = tcp_new_ip_type(IP_GET_TYPE(&tcp->address));
    if (pcb == NULL) {
        return wait_for(tcp, FOUND, "lwIP has no TCP connection left");
    }
    tcp_arg(pcb, tcp);
    tcp_recv(pcb, on_received);
    tcp_err(pcb, on_error);
    tcp_nagle_disable(pcb); /* requests come in large pieces */
    tcp->pcb = pcb;
    tcp->state = CONNECTING;
#if TWO_FAMILIES
    tcp->since_ms = sys_now();
#endif
    err_t err = tcp_connect(pcb, &tcp->address, port, on_connected);
    if (err == ERR_OK) {
        return USPAN_ERR_AGAIN;
    }
    drop_pcb(tcp);
    if (err == ERR_MEM || err == ERR_BUF) {
        return wait_for(tcp, FOUND, "lwIP has no memory to connect");
    }
    return die(tcp, "network unreachable");
}

#if TWO_FAMILIES
/* A name may have addresses of two families, and lwIP returns one at a time. The other family is looked up
 * when the first address has failed or takes long. */
static uspan_err_t try_other_family(uspan_lwip_tcp_t *tcp, const uspan_peer_t *peer, uspan_err_t err)
{
    ip_addr_t literal;
    bool slow = tcp->state == CONNECTING && sys_now() - tcp->since_ms >= USPAN_LWIP_CONNECT_MS;
    if ((tcp->state != DEAD && !slow) || tcp->second_went || ip_addr_isany_val(tcp->address) ||
        ipaddr_aton(peer->host, &literal) != 0) {
        return err;
    }
    err = look_up(tcp, peer->host, IP_IS_V6(&tcp->address) ? LWIP_DNS_ADDRTYPE_IPV4 : LWIP_DNS_ADDRTYPE_IPV6);
    return err == USPAN_OK ? begin_connect(tcp, peer->port) : err;
}
#endif

/* Returns the family to look up first. After a failed exchange it is the other one. */
static uint8_t first_family(uspan_lwip_tcp_t *tcp, const uspan_peer_t *peer)
{
#if TWO_FAMILIES
    ip_addr_t literal;
    if (tcp->is_closed && peer->has_failed) {
        tcp->six_first = !tcp->six_first && ipaddr_aton(peer->host, &literal) == 0;
    }
    tcp->is_closed = false;
    return tcp->six_first ? LWIP_DNS_ADDRTYPE_IPV6 : LWIP_DNS_ADDRTYPE_DEFAULT;
#else
    (void)tcp;
    (void)peer;
    return LWIP_DNS_ADDRTYPE_DEFAULT;
#endif
}

static uspan_err_t open_locked(uspan_lwip_tcp_t *tcp, const uspan_peer_t *peer)
{
    uspan_err_t err = USPAN_OK;
    switch (tcp->state) {
    case IDLE:
        tcp->why = "";
        tcp->ended = false;
        ip_addr_set_zero(&tcp->address);
        err = look_up(tcp, peer->host, first_family(tcp, peer));
        if (err != USPAN_OK) {
            return err;
        }
        /* fall through */
    case FOUND:
        err = begin_connect(tcp, peer->port);
        break;
    case OPEN:
        return USPAN_OK;
    case DEAD:
        err = USPAN_ERR_IO;
        break;
    default:
        err = USPAN_ERR_AGAIN;
    }
    return err;
}

static uspan_err_t open_tcp(void *ctx, const uspan_peer_t *peer)
{
    uspan_lwip_tcp_t *tcp = ctx;
    USPAN_LWIP_LOCK();
    uspan_err_t err = open_locked(tcp, peer);
#if TWO_FAMILIES
    err = try_other_family(tcp, peer, err);
#endif
    USPAN_LWIP_UNLOCK();
    return err;
}

/* ---- bytes --------------------------------------------------------------------------------------------- */

/* Pass up to len bytes to lwIP. lwIP copies a whole piece or nothing, so smaller pieces are tried if memory
 * is short. A heap without room for a large piece must not block the transport forever. */
static int32_t write_some(struct tcp_pcb *pcb, const uint8_t *buf, size_t len)
{
    size_t room = tcp_sndbuf(pcb);
    size_t piece = len < room ? len : room;
    err_t err = ERR_MEM;
    piece = piece < UINT16_MAX ? piece : UINT16_MAX;
    while (piece > 0u && (err = tcp_write(pcb, buf, (u16_t)piece, TCP_WRITE_FLAG_COPY)) == ERR_MEM &&
           tcp_sndqueuelen(pcb) < TCP_SND_QUEUELEN) {
        piece /= 2u;
    }
    if (err == ERR_MEM) {
        piece = 0u;
    } else if (err != ERR_OK) {
        return USPAN_ERR_IO;
    }
    (void)tcp_output(pcb); /* if this fails, the data stays queued and lwIP's timer tries again */
    return (int32_t)piece;
}

static int32_t send_tcp(void *ctx, const uint8_t *buf, size_t len)
{
    uspan_lwip_tcp_t *tcp = ctx;
    int32_t moved = USPAN_ERR_IO;
    USPAN_LWIP_LOCK();
    if (tcp->state == OPEN) {
        moved = write_some(tcp->pcb, buf, len);
        if (moved < 0) {
            tcp->why = "connection failed";
        }
    }
    USPAN_LWIP_UNLOCK();
    return moved;
}

static int32_t recv_tcp(void *ctx, uint8_t *buf, size_t len)
{
    uspan_lwip_tcp_t *tcp = ctx;
    int32_t moved = 0;
    USPAN_LWIP_LOCK();
    if (tcp->in != NULL) {
        u16_t taken = pbuf_copy_partial(tcp->in, buf, (u16_t)(len < UINT16_MAX ? len : UINT16_MAX), 0);
        tcp->in = pbuf_free_header(tcp->in, taken);
        if (tcp->pcb != NULL) {
            tcp_recved(tcp->pcb, taken);
        }
        moved = taken;
    } else if (tcp->ended) {
        tcp->why = "closed by peer";
        moved = USPAN_ERR_CLOSED;
    } else if (tcp->state != OPEN) {
        moved = USPAN_ERR_IO;
    }
    USPAN_LWIP_UNLOCK();
    return moved;
}

static const char *why_tcp(void *ctx)
{
    const uspan_lwip_tcp_t *tcp = ctx;
    return tcp->why;
}

void uspan_lwip_tcp_init_sized(uspan_lwip_tcp_t *tcp, uspan_transport_t *out, size_t tcp_size)
{
    if (tcp_size != sizeof(*tcp)) {
        *out = (uspan_transport_t){ 0 }; /* ABI 0 */
        return;
    }
    memset(tcp, 0, sizeof(*tcp));
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
