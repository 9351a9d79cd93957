/* network.c slip | ethernet: QEMU's user network (libslirp, 10.0.2.0/24) on standard input and output.
 *   slip      packets by RFC 1055. The guest is 10.0.2.15.
 *   ethernet  frames, each after its length in four bytes, highest byte first
 * 10.0.2.2 is this host's loopback. The program ends with its input. Invariant: libslirp gets a complete
 * packet or none of it. */
#include <arpa/inet.h>
#include <poll.h>
#include <slirp/libslirp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ETHERNET 14u /* bytes of a frame's header */
#define PACKET_MAX 2048u
#define TIMERS 16
#define FDS 256
enum { END = 0xC0, ESC = 0xDB, ESC_END = 0xDC, ESC_ESC = 0xDD };

struct timer {
    int64_t at_ms; /* negative: not running */
    SlirpTimerCb call;
    void *opaque;
};

static const uint8_t guest[6] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };
static Slirp *slirp;
static struct timer timers[TIMERS];
static struct pollfd fds[FDS];
static int fd_count;
static bool is_ethernet;

/* ---- to the guest -------------------------------------------------------------------------------------- */

static void put(const uint8_t *bytes, size_t len)
{
    while (len > 0u) {
        ssize_t n = write(STDOUT_FILENO, bytes, len);
        if (n <= 0) {
            exit(0); /* the machine has ended */
        }
        bytes += n;
        len -= (size_t)n;
    }
}

static void put_slip(const uint8_t *packet, size_t len)
{
    uint8_t out[2u * PACKET_MAX + 2u];
    size_t n = 0;
    out[n++] = END;
    for (size_t i = 0; i < len; i++) {
        bool is_special = packet[i] == END || packet[i] == ESC;
        if (is_special) {
            out[n++] = ESC;
        }
        out[n++] = !is_special ? packet[i] : packet[i] == END ? ESC_END : ESC_ESC;
    }
    out[n++] = END;
    put(out, n);
}

/* Answers ARP questions for 10.0.2.15, the guest, whose line has no ARP. */
static void answer_arp(const uint8_t *question)
{
    uint8_t answer[64] = { 0 };
    memcpy(answer, question + 6, 6);
    memcpy(answer + 6, guest, 6);
    memcpy(answer + 12, question + 12, 8);
    answer[21] = 2;
    memcpy(answer + 22, guest, 6);
    memcpy(answer + 28, question + 38, 4);
    memcpy(answer + 32, question + 22, 10);
    slirp_input(slirp, answer, 42);
}

static ssize_t send_packet(const void *buf, size_t len, void *opaque)
{
    const uint8_t *frame = buf;
    (void)opaque;
    if (is_ethernet) {
        const uint8_t head[4] = { 0, 0, (uint8_t)(len >> 8), (uint8_t)len };
        put(head, sizeof(head));
        put(frame, len);
    } else if (len >= 42u && frame[12] == 8 && frame[13] == 6 && frame[21] == 1) {
        answer_arp(frame);
    } else if (len >= ETHERNET + 20u && len <= PACKET_MAX && frame[12] == 8 && frame[13] == 0) {
        size_t total = (size_t)frame[16] << 8 | frame[17]; /* without Ethernet's padding */
        put_slip(frame + ETHERNET, total <= len - ETHERNET ? total : len - ETHERNET);
    }
    return (ssize_t)len;
}

/* ---- from the guest ------------------------------------------------------------------------------------ */

static void take_slip(const uint8_t *bytes, size_t count)
{
    static uint8_t frame[ETHERNET + PACKET_MAX] = { 0x52, 0x55, 10,   0,    2,    2, 0x52,
                                                    0x54, 0,    0x12, 0x34, 0x56, 8, 0 };
    static size_t len;
    static bool is_escaped;
    for (size_t i = 0; i < count; i++) {
        uint8_t c = bytes[i];
        if (c == END) {
            if (len >= 20u) {
                slirp_input(slirp, frame, (int)(ETHERNET + len));
            }
            len = 0;
        } else if (c == ESC) {
            is_escaped = true;
            continue;
        } else if (len < PACKET_MAX) {
            frame[ETHERNET + len++] = !is_escaped ? c : c == ESC_END ? END : ESC;
        }
        is_escaped = false;
    }
}

static void take_frames(const uint8_t *bytes, size_t count)
{
    static uint8_t held[70000];
    static size_t len;
    if (count > sizeof(held) - len) {
        exit(1);
    }
    memcpy(held + len, bytes, count);
    len += count;
    for (size_t n = 0; len >= 4u && (n = 4u + ((size_t)held[2] << 8 | held[3])) <= len;) {
        slirp_input(slirp, held + 4, (int)(n - 4u));
        len -= n;
        memmove(held, held + n, len);
    }
}

/* ---- callbacks of libslirp ----------------------------------------------------------------------------- */

static int64_t now_ns(void *opaque)
{
    struct timespec t;
    (void)opaque;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void guest_error(const char *words, void *opaque)
{
    (void)opaque;
    fprintf(stderr, "network: %s\n", words);
}

static void *timer_new(SlirpTimerCb call, void *call_opaque, void *opaque)
{
    (void)opaque;
    for (int i = 0; i < TIMERS; i++) {
        if (timers[i].call == NULL) {
            timers[i] = (struct timer){ -1, call, call_opaque };
            return &timers[i];
        }
    }
    abort();
}

static void timer_free(void *timer, void *opaque)
{
    (void)opaque;
    ((struct timer *)timer)->call = NULL;
}

static void timer_mod(void *timer, int64_t at_ms, void *opaque)
{
    (void)opaque;
    ((struct timer *)timer)->at_ms = at_ms;
}

static void ignore_fd(int fd, void *opaque)
{
    (void)fd;
    (void)opaque;
}

static void notify(void *opaque)
{
    (void)opaque;
}

static int add_poll(int fd, int events, void *opaque)
{
    (void)opaque;
    if (fd_count == FDS) {
        return -1;
    }
    int wanted = (events & SLIRP_POLL_IN ? POLLIN : 0) | (events & SLIRP_POLL_OUT ? POLLOUT : 0) |
                 (events & SLIRP_POLL_PRI ? POLLPRI : 0);
    fds[fd_count] = (struct pollfd){ fd, (short)wanted, 0 };
    return fd_count++;
}

static int revents_of(int i, void *opaque)
{
    int r = fds[i].revents;
    (void)opaque;
    return (r & POLLIN ? SLIRP_POLL_IN : 0) | (r & POLLOUT ? SLIRP_POLL_OUT : 0) |
           (r & POLLPRI ? SLIRP_POLL_PRI : 0) | (r & POLLERR ? SLIRP_POLL_ERR : 0) |
           (r & POLLHUP ? SLIRP_POLL_HUP : 0);
}

static void start(void)
{
    static const SlirpCb callbacks = {
        .send_packet = send_packet,
        .guest_error = guest_error,
        .clock_get_ns = now_ns,
        .timer_new = timer_new,
        .timer_free = timer_free,
        .timer_mod = timer_mod,
        .register_poll_fd = ignore_fd,
        .unregister_poll_fd = ignore_fd,
        .notify = notify,
    };
    SlirpConfig config = { .version = 1, .in_enabled = true };
    inet_aton("10.0.2.0", &config.vnetwork);
    inet_aton("255.255.255.0", &config.vnetmask);
    inet_aton("10.0.2.2", &config.vhost);
    inet_aton("10.0.2.15", &config.vdhcp_start);
    inet_aton("10.0.2.3", &config.vnameserver);
    slirp = slirp_new(&config, &callbacks, NULL);
}

/* Milliseconds until the first timer, at most most_ms. */
static uint32_t until_timer(uint32_t most_ms)
{
    int64_t now_ms = now_ns(NULL) / 1000000;
    for (int i = 0; i < TIMERS; i++) {
        int64_t left = timers[i].call != NULL && timers[i].at_ms >= 0 ? timers[i].at_ms - now_ms : most_ms;
        most_ms = left < 0 ? 0u : left < most_ms ? (uint32_t)left : most_ms;
    }
    return most_ms;
}

static void run_timers(void)
{
    int64_t now_ms = now_ns(NULL) / 1000000;
    for (int i = 0; i < TIMERS; i++) {
        if (timers[i].call != NULL && timers[i].at_ms >= 0 && timers[i].at_ms <= now_ms) {
            timers[i].at_ms = -1;
            timers[i].call(timers[i].opaque);
        }
    }
}

/* One turn. Returns false at the end of the input. */
static bool turn(void)
{
    uint32_t wait_ms = 1000;
    fd_count = 0;
    (void)add_poll(STDIN_FILENO, SLIRP_POLL_IN, NULL);
    slirp_pollfds_fill(slirp, &wait_ms, add_poll, NULL);
    int ready = poll(fds, (nfds_t)fd_count, (int)until_timer(wait_ms));
    bool has_input = fds[0].revents != 0;
    slirp_pollfds_poll(slirp, ready < 0, revents_of, NULL);
    run_timers();
    if (has_input) {
        uint8_t bytes[4096];
        ssize_t n = read(STDIN_FILENO, bytes, sizeof(bytes));
        if (n <= 0) {
            return false;
        }
        (is_ethernet ? take_frames : take_slip)(bytes, (size_t)n);
    }
    return true;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: network slip | ethernet\n");
        return 2;
    }
    is_ethernet = strcmp(argv[1], "ethernet") == 0;
    start();
    while (turn()) {
    }
    slirp_cleanup(slirp);
    return 0;
}
