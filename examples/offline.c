/* offline.c: a device that is rarely online. Spans are recorded with or without a network. The gate opens
 * when there is a link, and uspan then sends all kept spans. Dropped spans are counted, also in the exported
 * data. A full pool drops new spans, or the oldest with USPAN_FULL_DROPS_OLDEST 1. Usage: `offline
 * http://localhost:4318/v1/traces`. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <time.h>
#include "uspan/genai.h"
#include "uspan_posix.h"

static uspan_tracer_t tracer;

/* One turn of a main loop: make a step of the export, then sleep until the next one. */
static void poll_once(void)
{
    uint32_t wait_ms = 0;
    if (uspan_poll(&tracer, &wait_ms) == USPAN_ERR_AGAIN && wait_ms > 0u) {
        const struct timespec time = { .tv_nsec = (long)(wait_ms < 20u ? wait_ms : 20u) * 1000000 };
        (void)nanosleep(&time, NULL);
    }
}
static bool has_link;

static bool link_is_up(void *ctx)
{
    (void)ctx;
    return has_link;
}

/* Record more turns than the pool holds, without a collector. */
static void work_offline(void)
{
    for (int i = 0; i < USPAN_SPANS_MAX + 3; i++) {
        uspan_t turn = uspan_agent_begin(&tracer, USPAN_ROOT, "gardener");
        uspan_set_int(&tracer, turn, USPAN_KEY("garden.turn"), i);
        uspan_end(&tracer, turn);
    }
}

int main(int argc, char **argv)
{
    static uspan_posix_tcp_t tcp;
    static uspan_transport_t transport;
    static uspan_collector_t collector;
    static const uspan_gate_t gate = { .open = link_is_up };
    uspan_stats_t stats;
    collector.endpoint = argc > 1 ? argv[1] : "http://localhost:4318/v1/traces";
    uspan_posix_tcp_init(&tcp, &transport);
    if (uspan_init(&tracer, uspan_posix_port()) != USPAN_OK ||
        uspan_export_to(&tracer, 0, &transport, &collector) != USPAN_OK) {
        return 1;
    }
    uspan_set_gate(&tracer, &gate);
    work_offline();
    uspan_stats(&tracer, 0, &stats);
    const uint64_t kept = stats.queued;
    printf("offline: %lu kept, %lu lost as pool_full\n", (unsigned long)stats.queued,
           (unsigned long)stats.dropped[USPAN_DROP_POOL_FULL]);

    has_link = true;
    uspan_shutdown(&tracer, 5000);
    while (!uspan_stopped(&tracer)) {
        poll_once();
    }
    uspan_stats(&tracer, 0, &stats);
    printf("online: %lu delivered\n", (unsigned long)stats.delivered);
    if (stats.delivered != kept) {
        (void)fprintf(stderr, "offline: %lu of %lu kept spans were not delivered to %s and are lost. %s\n",
                      (unsigned long)(kept - stats.delivered), (unsigned long)kept, collector.endpoint,
                      "The log lines above say why.");
        return 1;
    }
    return 0;
}
