/* link.c: carries frames between lwIP's thread and slirp's. Invariant: only link.c's own thread calls
 * libslirp. lwIP's side only queues frames. */
#define _GNU_SOURCE /* pipe2 */
#include "link.h"

#include <fcntl.h>
#include <libslirp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <lwip/dns.h>
#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/netif.h>
#include <lwip/tcpip.h>
#include "names.h"

#define FRAME_BYTES 1600u
#define FRAMES 64u
#define FDS 64u

static struct netif netif;
static Slirp *slirp;
static atomic_bool is_cut;
static int bell[2]; /* a pipe that signals a frame */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct {
    size_t len;
    uint8_t bytes[FRAME_BYTES];
} frames[FRAMES];
static unsigned put_at, take_at; /* never reset */

static struct pollfd fds[FDS];
static nfds_t fd_count;

/* ---- lwIP's side --------------------------------------------------------------------------------------- */

static err_t send_frame(struct netif *n, struct pbuf *p)
{
    (void)n;
    bool fits = false;
    (void)pthread_mutex_lock(&mutex);
    if (put_at - take_at < FRAMES && p->tot_len <= FRAME_BYTES && !atomic_load(&is_cut)) {
        frames[put_at % FRAMES].len = pbuf_copy_partial(p, frames[put_at % FRAMES].bytes, p->tot_len, 0);
        put_at++;
        fits = true;
    }
    (void)pthread_mutex_unlock(&mutex);
    if (fits) {
        ssize_t rung = write(bell[1], "", 1);
        (void)rung; /* a full pipe already signals a frame */
    }
    return ERR_OK; /* frames that do not fit are lost, as on a wire */
}

static err_t init_netif(struct netif *n)
{
    static const uint8_t address[6] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };
    memcpy(n->hwaddr, address, sizeof address);
    n->hwaddr_len = sizeof address;
    n->mtu = 1500;
    n->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
    n->output = etharp_output;
    n->output_ip6 = ethip6_output;
    n->linkoutput = send_frame;
    return ERR_OK;
}

/* Runs in lwIP's thread. */
static void bring_up(void *done)
{
    ip4_addr_t own, mask, host;
    ip6_addr_t six;
    ip_addr_t server;
    IP4_ADDR(&own, 10, 0, 2, 15);
    IP4_ADDR(&mask, 255, 255, 255, 0);
    IP4_ADDR(&host, 10, 0, 2, 2);
    if (netif_add(&netif, &own, &mask, &host, NULL, init_netif, tcpip_input) == NULL) {
        return; /* link_start() waits without end: the test's time-out reports it */
    }
    netif_set_default(&netif);
    netif_set_up(&netif);
    (void)ip6addr_aton("fec0::15", &six);
    netif_ip6_addr_set(&netif, 1, &six);
    netif_ip6_addr_set_state(&netif, 1, IP6_ADDR_PREFERRED);
    ip_addr_copy_from_ip4(server, host);
    dns_setserver(0, &server);
    atomic_store((atomic_bool *)done, true);
}

/* ---- slirp's side -------------------------------------------------------------------------------------- */

static ssize_t take_frame(const void *bytes, size_t len, void *opaque)
{
    (void)opaque;
    struct pbuf *p = atomic_load(&is_cut) ? NULL : pbuf_alloc(PBUF_RAW, (u16_t)len, PBUF_POOL);
    if (p != NULL && (pbuf_take(p, bytes, (u16_t)len) != ERR_OK || netif.input(p, &netif) != ERR_OK)) {
        (void)pbuf_free(p);
    }
    return (ssize_t)len;
}

static void say(const char *text, void *opaque)
{
    (void)text, (void)opaque;
}

static int64_t now_ns(void *opaque)
{
    (void)opaque;
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void *no_timer(SlirpTimerCb call, void *call_opaque, void *opaque)
{
    (void)call, (void)call_opaque, (void)opaque;
    static int any;
    return &any; /* of router advertisements, which are off */
}

static void forget_timer(void *timer, void *opaque)
{
    (void)timer, (void)opaque;
}

static void set_timer(void *timer, int64_t at_ms, void *opaque)
{
    (void)timer, (void)at_ms, (void)opaque;
}

static void watch_fd(int fd, void *opaque)
{
    (void)fd, (void)opaque;
}

static void wake(void *opaque)
{
    (void)opaque;
}

static int add_fd(int fd, int events, void *opaque)
{
    (void)opaque;
    if (fd_count == FDS) {
        return -1;
    }
    short wanted = 0;
    wanted |= (events & SLIRP_POLL_IN) != 0 ? POLLIN : 0;
    wanted |= (events & SLIRP_POLL_OUT) != 0 ? POLLOUT : 0;
    wanted |= (events & SLIRP_POLL_PRI) != 0 ? POLLPRI : 0;
    fds[fd_count] = (struct pollfd){ .fd = fd, .events = wanted };
    return (int)fd_count++;
}

static int events_of(int index, void *opaque)
{
    (void)opaque;
    short got = index >= 0 ? fds[index].revents : 0;
    return ((got & POLLIN) != 0 ? SLIRP_POLL_IN : 0) | ((got & POLLOUT) != 0 ? SLIRP_POLL_OUT : 0) |
           ((got & POLLPRI) != 0 ? SLIRP_POLL_PRI : 0) | ((got & POLLERR) != 0 ? SLIRP_POLL_ERR : 0) |
           ((got & POLLHUP) != 0 ? SLIRP_POLL_HUP : 0);
}

static void pass_frames(void)
{
    for (;;) {
        static uint8_t bytes[FRAME_BYTES];
        size_t len = 0;
        (void)pthread_mutex_lock(&mutex);
        if (take_at != put_at) {
            len = frames[take_at % FRAMES].len;
            memcpy(bytes, frames[take_at % FRAMES].bytes, len);
            take_at++;
        }
        (void)pthread_mutex_unlock(&mutex);
        if (len == 0u) {
            return;
        }
        slirp_input(slirp, bytes, (int)len);
    }
}

static void *turn(void *arg)
{
    for (;;) {
        uint32_t wait_ms = 1000;
        char rung[64];
        pass_frames();
        fds[0] = (struct pollfd){ .fd = bell[0], .events = POLLIN };
        fd_count = 1;
        slirp_pollfds_fill(slirp, &wait_ms, add_fd, NULL);
        int ready = poll(fds, fd_count, (int)wait_ms);
        while (read(bell[0], rung, sizeof rung) == (ssize_t)sizeof rung) {
        }
        slirp_pollfds_poll(slirp, ready < 0, events_of, NULL);
    }
    return arg;
}

bool link_start(void)
{
    static const SlirpCb calls = {
        .send_packet = take_frame,
        .guest_error = say,
        .clock_get_ns = now_ns,
        .timer_new = no_timer,
        .timer_free = forget_timer,
        .timer_mod = set_timer,
        .register_poll_fd = watch_fd,
        .unregister_poll_fd = watch_fd,
        .notify = wake,
    };
    SlirpConfig config = { .version = 1, .in_enabled = true };
    config.vnetwork.s_addr = PP_HTONL(0x0A000200u);
    config.vnetmask.s_addr = PP_HTONL(0xFFFFFF00u);
    config.vhost.s_addr = PP_HTONL(0x0A000202u);
    config.vdhcp_start.s_addr = PP_HTONL(0x0A00020Fu);
    config.vnameserver.s_addr = PP_HTONL(0x0A000203u);
    pthread_t thread;
    atomic_bool up = false;
    (void)signal(SIGPIPE, SIG_IGN); /* slirp writes to peers that have closed */
    slirp = names_start() ? slirp_new(&config, &calls, NULL) : NULL;
    if (slirp == NULL || pipe2(bell, O_NONBLOCK | O_CLOEXEC) != 0) {
        return false;
    }
    tcpip_init(bring_up, &up);
    while (!atomic_load(&up)) {
        (void)poll(NULL, 0, 1);
    }
    return pthread_create(&thread, NULL, turn, NULL) == 0 && pthread_detach(thread) == 0;
}

void link_cut(bool cut)
{
    atomic_store(&is_cut, cut);
}
