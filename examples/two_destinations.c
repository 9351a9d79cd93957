/* two_destinations.c: sends each span to two collectors, for example a Studio on the desk and a central one.
 * A span is stored once. Each destination has its own speed and counters. Needs USPAN_DESTINATIONS_MAX 2.
 * Usage: `two_destinations http://localhost:4318/v1/traces http://desk:3000/v1/traces`. */
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

int main(int argc, char **argv)
{
    static uspan_posix_tcp_t tcp;
    static uspan_transport_t transport;     /* for both, as one connection is open at a time */
    static uspan_collector_t collectors[2]; /* all zero: USPAN_ENDPOINT and USPAN_ENDPOINT_2 */
    if (USPAN_DESTINATIONS_MAX < 2 || argc < 3) {
        puts("usage: two_destinations URL URL; build with -DUSPAN_DESTINATIONS_MAX=2");
        return 2;
    }
    uspan_posix_tcp_init(&tcp, &transport);
    if (uspan_init(&tracer, uspan_posix_port()) != USPAN_OK) {
        return 1;
    }
    for (unsigned i = 0; i < 2u; i++) {
        collectors[i].endpoint = argv[i + 1u];
        if (uspan_export_to(&tracer, i, &transport, &collectors[i]) != USPAN_OK) {
            return 1;
        }
    }
    uspan_t chat = uspan_chat_begin(&tracer, USPAN_ROOT, "dashscope", "qwen-max");
    uspan_set_token_pair(&tracer, chat, 412, 37);
    uspan_end(&tracer, chat);
    uspan_shutdown(&tracer, 5000);
    while (!uspan_stopped(&tracer)) {
        poll_once();
    }
    int status = 0;
    for (unsigned i = 0; i < 2u; i++) {
        uspan_stats_t stats;
        uspan_stats(&tracer, i, &stats);
        printf("destination %u: %lu delivered\n", i, (unsigned long)stats.delivered);
        if (stats.delivered != stats.started) {
            (void)fprintf(stderr, "two_destinations: %lu of %lu spans were not delivered to %s. %s\n",
                          (unsigned long)(stats.started - stats.delivered), (unsigned long)stats.started,
                          collectors[i].endpoint, "The log lines above say why.");
            status = 1;
        }
    }
    return status;
}
