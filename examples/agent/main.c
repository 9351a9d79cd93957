/* main.c: the agent on a host. OTEL_* variables name the collector, and a separate thread sends. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <time.h>
#include "agent.h"
#include "uspan_posix_tls.h"

static void wait_ms(uint32_t ms)
{
    const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
    (void)nanosleep(&time, NULL);
}

int main(void)
{
    static uspan_tracer_t tracer;
    const uspan_posix_options_t options = { .secure = &uspan_posix_mbedtls };
    if (uspan_posix_start(&tracer, &options) != USPAN_OK) {
        return 1; /* the log says which setting is unusable */
    }
    printf("user:  %s\n", AGENT_QUESTION);
    agent_turn(&tracer, wait_ms);
    printf("agent: %s\n", AGENT_ANSWER);
    if (uspan_posix_stop(&tracer, 5000) != USPAN_OK) {
        uspan_stats_t stats;
        uspan_stats(&tracer, 0, &stats);
        (void)fprintf(stderr, "agent: %lu of %lu spans were not delivered and are lost. %s\n",
                      (unsigned long)(stats.started - stats.unsampled - stats.delivered),
                      (unsigned long)stats.started, "The log lines above say why.");
        return 1;
    }
    return 0;
}
