/* agent_over_sockets.c: delivers spans to a collector on the host's loopback, and prints its counts as one
 * line of JSON. They pass through mbedTLS, lwIP's sockets or its raw API, lwIP and slirp. Only the lock, the
 * clock and the entropy are the host's. OVER_RAW_API 1 selects port/lwip next to lwIP's thread: lwIP asserts
 * that its lock is held in every call.
 *     agent_over_sockets URL ANCHOR.pem SPANS */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include "link.h"
#include "uspan/uspan.h"
#include "uspan_mbedtls.h"
#include "uspan_posix.h"
#ifndef OVER_RAW_API
#define OVER_RAW_API 0
#endif
#if OVER_RAW_API
#include "uspan_lwip.h"
typedef uspan_lwip_tcp_t tcp_t;
#define init_tcp uspan_lwip_tcp_init
#else
typedef uspan_posix_tcp_t tcp_t;
#define init_tcp uspan_posix_tcp_init
#endif

static uspan_tracer_t tracer;
static tcp_t tcp;
static uspan_tls_t tls;
static uspan_transport_t plain, secure;

static void turn(void)
{
    uint32_t wait_ms = 0;
    if (uspan_poll(&tracer, &wait_ms) == USPAN_ERR_ARG) {
        abort();
    }
    (void)poll(NULL, 0, wait_ms < 5u ? (int)wait_ms : 5);
}

static void print_accounts(void)
{
    uspan_stats_t s;
    uspan_stats(&tracer, 0, &s);
    uint64_t dropped = 0;
    for (unsigned c = 0; c < USPAN_DROP_COUNT; c++) {
        dropped += s.dropped[c];
    }
    printf("{\"started\": %" PRIu64 ", \"delivered\": %" PRIu64 ", \"dropped\": %" PRIu64 ", \"requests\": %" PRIu32
           ", \"connects\": %" PRIu32 ", \"last_error\": %d, \"why\": \"%s\"}\n",
           s.started, s.delivered, dropped, s.requests, s.connects, s.last_error, tracer.out.dests[0].target.why);
}

int main(int argc, char **argv)
{
    if (argc != 4 || !link_start() || uspan_init(&tracer, uspan_posix_port()) != USPAN_OK) {
        return 2;
    }
    const uspan_tls_blob_t anchor = { .file = argv[2] };
    const uspan_tls_options_t options = { .port = uspan_posix_port(), .anchors = &anchor, .anchor_count = 1 };
    const uspan_collector_t collector = { .endpoint = argv[1], .timeout_ms = 20000 };
    init_tcp(&tcp, &plain);
    if (uspan_tls_init(&tls, &plain, &options, &secure) != USPAN_OK ||
        uspan_export_to(&tracer, 0, &secure, &collector) != USPAN_OK) {
        return 2;
    }
    for (unsigned long left = strtoul(argv[3], NULL, 10); left > 0u;) {
        uspan_t s = uspan_start(&tracer, USPAN_ROOT, "over lwIP, which has a thread of its own");
        left -= s.id != 0u ? 1u : 0u;
        (void)uspan_set_str(&tracer, s, USPAN_KEY("text"), "as ESP-IDF and FreeRTOS users have it");
        (void)uspan_end(&tracer, s);
        do {
            turn();
        } while (tracer.trace.queues[0].count >= USPAN_SPANS_MAX - 1 && !tracer.out.dests[0].target.last_error);
        if (tracer.out.dests[0].target.last_error != 0) {
            break; /* the test reads it */
        }
    }
    uspan_shutdown(&tracer, tracer.out.dests[0].target.last_error != 0 ? 100u : 5000u);
    while (!uspan_stopped(&tracer)) {
        turn();
    }
    print_accounts();
    uspan_tls_free(&tls);
    return 0;
}
