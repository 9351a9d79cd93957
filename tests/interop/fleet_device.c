/* fleet_device.c: many devices in one process, each with its own tracer, TCP connection and
 * service.instance.id. Arguments: the collector's port, the first device's number, the number of devices.
 * Each line of standard input is an order, "TURNS WITHIN_MS
 * ": each device plays TURNS turns at a random moment of that time. When everything is delivered, the program
 * prints one line of JSON with counts, memory and time. It ends with its standard input. Invariant: the
 * process never waits for one device. A device is polled when its time has come or its socket is ready. */
#define _POSIX_C_SOURCE 200809L
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include "uspan/genai.h"
#include "uspan_posix.h"

#define NEVER UINT64_MAX
#define NS_PER_MS UINT64_C(1000000)
#define LOOK_MS 100u /* interval of deadline checks while a socket is waited for */
#define ATTEMPTS_MAX 4000000u

typedef struct device {
    uspan_tracer_t tracer;
    uspan_posix_tcp_t tcp;
    uspan_transport_t under, transport;
    char id[16];
} device_t;

typedef struct timing {
    uint64_t due_ns, play_ns;
    bool opening, waits;
} timing_t;

static device_t *devices;
static timing_t *timings;
static size_t device_count, attempt_count;
static uint32_t *attempts_ms; /* of every connect, since the order */
static uint64_t order_ns, draw_state;

static uint64_t now_ns(void)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    return (uint64_t)at.tv_sec * UINT64_C(1000000000) + (uint64_t)at.tv_nsec;
}

/* splitmix64; not the tracers' entropy. */
static uint32_t draw(void)
{
    uint64_t z = draw_state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return (uint32_t)((z ^ (z >> 31)) >> 32);
}

/* The POSIX transport, which also stores when connects begin. */
static uspan_err_t open_noted(void *ctx, const uspan_peer_t *peer)
{
    device_t *d = ctx;
    timing_t *t = &timings[d - devices];
    if (!t->opening && attempt_count < ATTEMPTS_MAX) {
        attempts_ms[attempt_count++] = (uint32_t)((now_ns() - order_ns) / NS_PER_MS);
    }
    uspan_err_t err = d->under.open(d->under.ctx, peer);
    t->opening = err == USPAN_ERR_AGAIN;
    return err;
}

static int32_t send_on(void *ctx, const uint8_t *buf, size_t len)
{
    device_t *d = ctx;
    return d->under.send(d->under.ctx, buf, len);
}

static int32_t recv_on(void *ctx, uint8_t *buf, size_t len)
{
    device_t *d = ctx;
    return d->under.recv(d->under.ctx, buf, len);
}

static void close_on(void *ctx)
{
    device_t *d = ctx;
    timings[d - devices].opening = false;
    d->under.close(d->under.ctx);
}

static const char *why_on(void *ctx)
{
    device_t *d = ctx;
    return d->under.last_error_text(d->under.ctx);
}

static bool start(device_t *d, unsigned number, const char *endpoint)
{
    (void)snprintf(d->id, sizeof d->id, "device-%05u", number);
    uspan_posix_tcp_init(&d->tcp, &d->under);
    d->transport = d->under;
    d->transport.ctx = d;
    d->transport.open = open_noted;
    d->transport.send = send_on;
    d->transport.recv = recv_on;
    d->transport.close = close_on;
    d->transport.last_error_text = why_on;
    const uspan_resource_t who = { .service_name = "greenhouse", .instance_id = d->id };
    const uspan_collector_t collector = { .endpoint = endpoint };
    return uspan_init(&d->tracer, uspan_posix_port()) == USPAN_OK && uspan_set_resource(&d->tracer, &who) == USPAN_OK &&
           uspan_export_to(&d->tracer, 0u, &d->transport, &collector) == USPAN_OK;
}

/* A turn: four spans. */
static void play(uspan_tracer_t *t)
{
    uspan_t agent = uspan_agent_begin(t, USPAN_ROOT, "gardener");
    uspan_t chat = uspan_chat_begin(t, agent, "dashscope", "qwen-max");
    (void)uspan_chat_end(t, chat, &(uspan_chat_result_t){ .finish_reason = "tool_call",
                         .usage = { .input = 812, .output = 64 } });
    uspan_t tool = uspan_tool_begin_with(t, agent, &(uspan_tool_t){ .name = "read_soil", .call_id = "call_1",
                                         .arguments = "{\"bed\":3}" });
    (void)uspan_tool_end(t, tool, &(uspan_tool_result_t){ .result = "{\"moisture\":12}" });
    chat = uspan_chat_begin(t, agent, "dashscope", "qwen-max");
    (void)uspan_chat_end(t, chat, &(uspan_chat_result_t){ .finish_reason = "stop", .usage = { .input = 902, .output = 31 } });
    (void)uspan_agent_end(t, agent, NULL);
}

static void poll_device(size_t i, unsigned turns)
{
    device_t *d = &devices[i];
    timing_t *t = &timings[i];
    uint64_t now = now_ns();
    uint32_t wait_ms = 0;
    if (t->play_ns <= now) {
        t->play_ns = NEVER;
        for (unsigned n = 0; n < turns; n++) {
            play(&d->tracer);
        }
        uspan_flush(&d->tracer);
    }
    uspan_posix_tcp_settle(&d->tcp);
    for (unsigned steps = 0; steps < 32u && wait_ms == 0u; steps++) {
        (void)!uspan_poll(&d->tracer, &wait_ms);
    }
    short events;
    t->waits = wait_ms > 0u && uspan_posix_tcp_fd(&d->tcp, &events) >= 0;
    wait_ms = t->waits ? LOOK_MS : wait_ms;
    t->due_ns = wait_ms == USPAN_FOREVER ? NEVER : now + wait_ms * NS_PER_MS;
    t->due_ns = t->play_ns < t->due_ns ? t->play_ns : t->due_ns;
}

/* Wait until a device is due, its socket is ready, or there is an order (true). Devices with a ready socket
 * are due. */
static bool wait_for_any(struct pollfd *fds, size_t *whose)
{
    uint64_t now = now_ns(), first = now + 1000u * NS_PER_MS;
    nfds_t n = 1;
    fds[0] = (struct pollfd){ .fd = fileno(stdin), .events = POLLIN };
    for (size_t i = 0; i < device_count; i++) {
        first = timings[i].due_ns < first ? timings[i].due_ns : first;
        if (timings[i].waits) {
            short events = 0;
            fds[n].fd = uspan_posix_tcp_fd(&devices[i].tcp, &events);
            fds[n].events = events;
            whose[n++] = i;
        }
    }
    int ms = first > now ? (int)((first - now + NS_PER_MS - 1u) / NS_PER_MS) : 0;
    if (poll(fds, n, ms) <= 0) {
        return false;
    }
    for (nfds_t k = 1; k < n; k++) {
        timings[whose[k]].due_ns = fds[k].revents != 0 ? 0u : timings[whose[k]].due_ns;
    }
    return fds[0].revents != 0;
}

static double cpu_s(struct timeval from, struct timeval to)
{
    return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_usec - from.tv_usec) / 1e6;
}

/* One order at a time. */
typedef struct order {
    bool given;
    unsigned turns;
    size_t done; /* devices below this number have delivered all */
    uint64_t recorded_ns; /* the last turn begins */
    struct rusage before;
} order_t;

static void report(const order_t *order)
{
    struct rusage after;
    uspan_stats_t all = { 0 };
    (void)getrusage(RUSAGE_SELF, &after);
    for (size_t i = 0; i < device_count; i++) {
        uspan_stats_t one;
        uspan_stats(&devices[i].tracer, 0u, &one);
        all.started += one.started;
        all.delivered += one.delivered;
        all.body_bytes += one.body_bytes;
        all.requests += one.requests;
        all.retries += one.retries;
    }
    printf("{\"started\":%llu,\"delivered\":%llu,\"body_bytes\":%llu,\"requests\":%u,\"retries\":%u,\"device_bytes\":%zu,"
           "\"tracer_bytes\":%zu,\"resident_kib\":%ld,\"user_s\":%.6f,\"system_s\":%.6f,\"drain_ms\":%llu,\"order_ms\":%llu,"
           "\"attempts_ms\":[",
           (unsigned long long)all.started, (unsigned long long)all.delivered, (unsigned long long)all.body_bytes,
           (unsigned)all.requests, (unsigned)all.retries, sizeof(device_t), sizeof(uspan_tracer_t), after.ru_maxrss,
           cpu_s(order->before.ru_utime, after.ru_utime), cpu_s(order->before.ru_stime, after.ru_stime),
           (unsigned long long)((now_ns() - order->recorded_ns) / NS_PER_MS), (unsigned long long)(order_ns / NS_PER_MS));
    for (size_t i = 0; i < attempt_count; i++) {
        printf("%s%u", i > 0u ? "," : "", (unsigned)attempts_ms[i]);
    }
    printf("]}\n");
    (void)fflush(stdout);
}

/* False: there are no more orders. */
static bool take_order(order_t *order)
{
    char line[64];
    uint32_t within_ms;
    if (fgets(line, sizeof line, stdin) == NULL || sscanf(line, "%u %u", &order->turns, &within_ms) != 2) {
        return false;
    }
    (void)getrusage(RUSAGE_SELF, &order->before);
    order->recorded_ns = order_ns = now_ns();
    order->done = attempt_count = 0;
    order->given = true;
    for (size_t i = 0; i < device_count; i++) {
        timings[i].play_ns = order_ns + ((uint64_t)draw() * within_ms >> 32) * NS_PER_MS;
        timings[i].due_ns = timings[i].play_ns;
        order->recorded_ns = timings[i].play_ns > order->recorded_ns ? timings[i].play_ns : order->recorded_ns;
    }
    return true;
}

/* Until the orders end. */
static void run(struct pollfd *fds, size_t *whose)
{
    order_t order = { .given = false };
    while (!wait_for_any(fds, whose) || take_order(&order)) {
        uint64_t now = now_ns();
        for (size_t i = 0; i < device_count; i++) {
            if (timings[i].due_ns <= now) {
                poll_device(i, order.turns);
            }
        }
        size_t i = order.done;
        while (i < device_count && timings[i].play_ns == NEVER && uspan_flushed(&devices[i].tracer)) {
            i++;
        }
        order.done = i;
        if (order.given && i == device_count) {
            order.given = false;
            report(&order);
        }
    }
}

int main(int argc, char **argv)
{
    char endpoint[64];
    if (argc != 4) {
        return 2;
    }
    (void)snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%s/v1/traces", argv[1]);
    unsigned first = (unsigned)strtoul(argv[2], NULL, 10);
    device_count = strtoul(argv[3], NULL, 10);
    draw_state = first;
    devices = calloc(device_count, sizeof *devices);
    timings = calloc(device_count, sizeof *timings);
    attempts_ms = calloc(ATTEMPTS_MAX, sizeof *attempts_ms);
    struct pollfd *fds = calloc(device_count + 1u, sizeof *fds);
    size_t *whose = calloc(device_count + 1u, sizeof *whose);
    int status = 3;
    if (devices != NULL && timings != NULL && attempts_ms != NULL && fds != NULL && whose != NULL &&
        uspan_posix_log_to(NULL, 0) == USPAN_OK) {
        status = 0;
        for (size_t i = 0; i < device_count && status == 0; i++) {
            timings[i].play_ns = timings[i].due_ns = NEVER;
            status = start(&devices[i], first + (unsigned)i, endpoint) ? 0 : 4;
        }
    }
    if (status == 0) {
        run(fds, whose);
    }
    free(devices);
    free(timings);
    free(attempts_ms);
    free(fds);
    free(whose);
    return status;
}
