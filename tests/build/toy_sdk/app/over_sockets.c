/* over_sockets.c: sends one span to http://localhost:<argument>/v1/traces over the transport of port/posix,
 * with its own port. The exit status is 0 if the span was accepted. */
#define _GNU_SOURCE
#include "own_port.h"
#include "uspan/uspan.h"
#include "uspan_posix.h"

#include <stdio.h>
#include <unistd.h>

static uspan_tracer_t tracer;
static uspan_posix_tcp_t tcp;
static uspan_transport_t transport;
static uspan_collector_t collector;

int main(int argc, char **argv)
{
    static char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "http://localhost:%s/v1/traces", argc > 1 ? argv[1] : "1");
    collector.endpoint = endpoint;
    uspan_posix_tcp_init(&tcp, &transport);
    if (uspan_init(&tracer, &own_port) != USPAN_OK ||
        uspan_export_to(&tracer, 0, &transport, &collector) != USPAN_OK) {
        return 2;
    }
    uspan_end(&tracer, uspan_start(&tracer, USPAN_ROOT, "toy"));
    uspan_flush(&tracer);
    for (int i = 0; i < 5000 && !uspan_flushed(&tracer); i++) {
        uint32_t wait_ms;
        (void)uspan_poll(&tracer, &wait_ms);
        usleep(1000);
    }
    uspan_stats_t stats;
    uspan_stats(&tracer, 0, &stats);
    char why[400];
    uspan_diagnose(&tracer, 0, why, sizeof why);
    puts(why);
    return stats.delivered == 1u ? 0 : 1;
}
