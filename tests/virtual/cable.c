/* cable.c: implements cable.h. Invariant: there is one thread and one clock. A run depends only on its
 * seed. */
#include "cable.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <libslirp.h>
#include <lwip/dns.h>
#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/init.h>
#include <lwip/memp.h>
#include <lwip/netif.h>
#include <lwip/stats.h>
#include <lwip/sys.h>
#include <lwip/timeouts.h>
#include <netif/ethernet.h>
#include "names.h"
#include "sockets.h"

#define FRAMES 256u
#define FRAME_BYTES 1600u
#define PATIENCE 2000u /* waits of a millisecond of real time for the kernel's loopback */

typedef struct frame {
    uint64_t due_ns, order;
    size_t len; /* 0: free */
    bool to_device;
    uint8_t bytes[FRAME_BYTES];
} frame_t;

cable_t cable;
static frame_t frames[FRAMES];
static uint64_t link_random, other_random, next_order;
static struct netif device;
static Slirp *slirp;
static struct pollfd polled[CABLE_FDS];
static unsigned polled_count;
static uint32_t slirp_wait_ms;

static uint64_t draw(uint64_t *state) /* splitmix64 */
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

uint32_t virtual_random(void)
{
    return (uint32_t)draw(&other_random);
}

u32_t sys_now(void)
{
    return (u32_t)(cable.now_ns / MS);
}

static bool happens(unsigned percent)
{
    return draw(&link_random) % 100u < percent;
}

/* ---- the cable ----------------------------------------------------------------------------------------- */

static void note(uint64_t value)
{
    cable.hash = (cable.hash ^ value) * 0x100000001B3u;
}

static void put_frame(const uint8_t *bytes, size_t len, bool to_device)
{
    for (unsigned i = 0; i < FRAMES; i++) {
        if (frames[i].len == 0u) {
            frames[i].len = len;
            frames[i].to_device = to_device;
            frames[i].order = next_order++;
            frames[i].due_ns = cable.now_ns + cable.latency_ns;
            if (happens(cable.reorder)) {
                frames[i].due_ns += (1u + draw(&link_random) % 20u) * MS;
            }
            memcpy(frames[i].bytes, bytes, len);
            return;
        }
    }
    cable.lost++;
}

void cable_send(const uint8_t *bytes, size_t len, bool to_device)
{
    if (len > FRAME_BYTES) {
        abort();
    }
    cable.frames++;
    note(cable.now_ns);
    note((uint64_t)len * 2u + to_device);
    if (cable.pulled || happens(cable.loss)) {
        cable.lost++;
        return;
    }
    put_frame(bytes, len, to_device);
    if (happens(cable.duplicate)) {
        put_frame(bytes, len, to_device);
    }
}

void cable_pull(bool pulled, bool noticed)
{
    cable.pulled = pulled;
    for (unsigned i = 0; pulled && i < FRAMES; i++) {
        frames[i].len = 0u;
    }
    if (noticed && pulled) {
        netif_set_link_down(&device);
    } else if (!pulled) {
        netif_set_link_up(&device);
    }
}

static void to_device(const frame_t *f)
{
    struct pbuf *p = pbuf_alloc(PBUF_RAW, (u16_t)(f->len + ETH_PAD_SIZE), PBUF_POOL);
    if (p == NULL) {
        cable.no_pbuf++; /* like a driver that finds the pool empty */
        return;
    }
    (void)pbuf_take_at(p, f->bytes, (u16_t)f->len, ETH_PAD_SIZE);
    if (device.input(p, &device) != ERR_OK) {
        (void)pbuf_free(p);
    }
}

static frame_t *earliest(void)
{
    frame_t *found = NULL;
    for (unsigned i = 0; i < FRAMES; i++) {
        frame_t *f = &frames[i];
        if (f->len != 0u && (found == NULL || f->due_ns < found->due_ns ||
                             (f->due_ns == found->due_ns && f->order < found->order))) {
            found = f;
        }
    }
    return found;
}

static bool deliver_due(void)
{
    bool any = false;
    for (frame_t *f = earliest(); f != NULL && f->due_ns <= cable.now_ns; f = earliest()) {
        static frame_t taken;
        taken = *f;
        f->len = 0u;
        any = true;
        if (cable.tap != NULL && cable.tap(taken.bytes, taken.len, taken.to_device)) {
            continue;
        }
        if (taken.to_device) {
            to_device(&taken);
        } else if (!names_answer(taken.bytes, taken.len)) {
            slirp_input(slirp, taken.bytes, (int)taken.len);
        }
    }
    return any;
}

/* ---- lwIP's side --------------------------------------------------------------------------------------- */

static err_t send_out(struct netif *netif, struct pbuf *p)
{
    uint8_t bytes[FRAME_BYTES];
    (void)netif;
    u16_t len = pbuf_copy_partial(p, bytes, (u16_t)(p->tot_len - ETH_PAD_SIZE), ETH_PAD_SIZE);
    cable_send(bytes, len, false);
    return ERR_OK;
}

static err_t set_up_device(struct netif *netif)
{
    static const uint8_t mac[6] = { 0x52, 0x54, 0x00, 0x12, 0x34, 0x56 };
    memcpy(netif->hwaddr, mac, sizeof mac);
    netif->hwaddr_len = sizeof mac;
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->mtu = 1500;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_MLD6;
    netif->output = etharp_output;
    netif->output_ip6 = ethip6_output;
    netif->linkoutput = send_out;
    return ERR_OK;
}

#if MEM_LIBC_MALLOC
static unsigned allocations;

void *virtual_malloc(size_t len)
{
    allocations++;
    return malloc(len);
}

void *virtual_calloc(size_t count, size_t len)
{
    allocations++;
    return calloc(count, len);
}

void virtual_free(void *at)
{
    allocations--;
    free(at);
}

unsigned cable_lwip_in_use(void)
{
    return allocations;
}
#else
unsigned cable_lwip_in_use(void)
{
    unsigned total = (unsigned)lwip_stats.mem.used;
    for (unsigned i = 0; i < MEMP_MAX; i++) {
        total += (unsigned)lwip_stats.memp[i]->used;
    }
    return total;
}
#endif

/* ---- slirp's side -------------------------------------------------------------------------------------- */

static ssize_t from_slirp(const void *bytes, size_t len, void *opaque)
{
    (void)opaque;
    cable_send(bytes, len, true);
    return (ssize_t)len;
}

static void guest_error(const char *text, void *opaque)
{
    (void)text, (void)opaque;
}

static int64_t clock_ns(void *opaque)
{
    (void)opaque;
    return (int64_t)cable.now_ns;
}

/* slirp's router advertisements, at random times of its own. They are sent only on request. */
static void *new_timer(SlirpTimerId id, void *timer_opaque, void *opaque)
{
    static int timer;
    (void)id, (void)timer_opaque, (void)opaque;
    return &timer;
}

static void free_timer(void *timer, void *opaque)
{
    (void)timer, (void)opaque;
}

static void set_timer(void *timer, int64_t at_ms, void *opaque)
{
    (void)timer, (void)at_ms, (void)opaque;
}

static void ignore_fd(int fd, void *opaque)
{
    (void)fd, (void)opaque;
}

static void notify(void *opaque)
{
    (void)opaque;
}

static const SlirpCb callbacks = {
    .send_packet = from_slirp,
    .guest_error = guest_error,
    .clock_get_ns = clock_ns,
    .timer_free = free_timer,
    .timer_mod = set_timer,
    .register_poll_fd = ignore_fd,
    .unregister_poll_fd = ignore_fd,
    .notify = notify,
    .timer_new_opaque = new_timer,
};

static int add_poll(int fd, int events, void *opaque)
{
    (void)opaque;
    if (polled_count == CABLE_FDS) {
        abort();
    }
    int wanted = ((events & SLIRP_POLL_IN) != 0 ? POLLIN : 0) | ((events & SLIRP_POLL_OUT) != 0 ? POLLOUT : 0) |
                 ((events & SLIRP_POLL_PRI) != 0 ? POLLPRI : 0);
    polled[polled_count] = (struct pollfd){ .fd = fd, .events = (short)wanted };
    return (int)polled_count++;
}

static int get_events(int i, void *opaque)
{
    int got = polled[i].revents;
    (void)opaque;
    return ((got & POLLIN) != 0 ? SLIRP_POLL_IN : 0) | ((got & POLLOUT) != 0 ? SLIRP_POLL_OUT : 0) |
           ((got & POLLPRI) != 0 ? SLIRP_POLL_PRI : 0) | ((got & POLLERR) != 0 ? SLIRP_POLL_ERR : 0) |
           ((got & POLLHUP) != 0 ? SLIRP_POLL_HUP : 0);
}

static bool step_slirp(void)
{
    polled_count = 0;
    slirp_wait_ms = UINT32_MAX;
    slirp_pollfds_fill(slirp, &slirp_wait_ms, add_poll, NULL);
    unsigned before = cable.frames;
    int ready = poll(polled, polled_count, 0);
    slirp_pollfds_poll(slirp, ready < 0, get_events, NULL);
    return ready > 0 || cable.frames != before;
}

/* ---- all parts together -------------------------------------------------------------------------------- */

/* Time does not advance while the kernel carries bytes from one socket to the other. slirp makes a segment of
 * the bytes that it finds. It finds either none of the written bytes or all of them. */
static void let_kernel_carry(const int *peer_fds, unsigned peer_count)
{
    int fds[CABLE_FDS];
    for (unsigned i = 0; i < polled_count; i++) {
        fds[i] = polled[i].fd;
    }
    for (unsigned i = 0; i < PATIENCE && sockets_busy(fds, polled_count, peer_fds, peer_count); i++) {
        (void)poll(NULL, 0, 1);
    }
}

bool cable_step(const int *peer_fds, unsigned peer_count)
{
    bool busy = deliver_due();
    if (sys_timeouts_sleeptime() == 0u) {
        sys_check_timeouts();
        busy = true;
    }
    let_kernel_carry(peer_fds, peer_count);
    return step_slirp() || busy;
}

static void sooner(uint64_t *at, uint64_t candidate)
{
    *at = candidate < *at ? candidate : *at;
}

void cable_wait(uint64_t until_ns)
{
    const frame_t *f = earliest();
    uint32_t lwip_ms = sys_timeouts_sleeptime();
    uint64_t ms = cable.now_ns / MS * MS; /* lwIP and slirp use whole milliseconds */
    if (f != NULL) {
        sooner(&until_ns, f->due_ns);
    }
    if (lwip_ms != SYS_TIMEOUTS_SLEEPTIME_INFINITE) {
        sooner(&until_ns, ms + lwip_ms * MS);
    }
    if (slirp_wait_ms != UINT32_MAX) {
        sooner(&until_ns, ms + (slirp_wait_ms != 0u ? slirp_wait_ms : 1u) * MS);
    }
    cable.now_ns = until_ns > cable.now_ns ? until_ns : ms + MS;
}

void cable_start(uint64_t seed)
{
    link_random = seed;
    other_random = ~seed;
    cable = (cable_t){ .now_ns = 1000u * MS, .latency_ns = 1u * MS, .hash = 0xCBF29CE484222325u };
    SlirpConfig config = { .version = SLIRP_CONFIG_VERSION_MAX,
                           .in_enabled = true,
                           .in6_enabled = true,
                           .vprefix_len = 64,
                           .disable_dns = true,
                           .disable_dhcp = true };
    (void)inet_pton(AF_INET, "10.0.2.0", &config.vnetwork);
    (void)inet_pton(AF_INET, "255.255.255.0", &config.vnetmask);
    (void)inet_pton(AF_INET, "10.0.2.2", &config.vhost);
    (void)inet_pton(AF_INET, "10.0.2.3", &config.vnameserver);
    (void)inet_pton(AF_INET, "10.0.2.15", &config.vdhcp_start);
    (void)inet_pton(AF_INET6, "fec0::", &config.vprefix_addr6);
    (void)inet_pton(AF_INET6, "fec0::2", &config.vhost6);
    (void)inet_pton(AF_INET6, "fec0::3", &config.vnameserver6);
    slirp = slirp_new(&config, &callbacks, NULL);
    if (slirp == NULL) {
        abort();
    }
    ip4_addr_t address, mask, gateway;
    ip_addr_t server;
    lwip_init();
    IP4_ADDR(&address, 10, 0, 2, 15);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&gateway, 10, 0, 2, 2);
    (void)netif_add(&device, &address, &mask, &gateway, NULL, set_up_device, ethernet_input);
    netif_set_default(&device);
    netif_set_up(&device);
    netif_set_link_up(&device);
    ip6_addr_t address6;
    (void)ip6addr_aton("fec0::15", &address6);
    netif_create_ip6_linklocal_address(&device, 1);
    netif_ip6_addr_set(&device, 1, &address6);
    netif_ip6_addr_set_state(&device, 1, IP6_ADDR_PREFERRED);
    IP_ADDR4(&server, 10, 0, 2, 3);
    dns_setserver(0, &server);
}

void cable_stop(void)
{
    netif_remove(&device);
    slirp_cleanup(slirp);
    slirp = NULL;
}
