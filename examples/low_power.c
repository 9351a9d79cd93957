/* low_power.c: a device on a battery. It wakes for a turn of its agent and sleeps again. Spans wait in RAM.
 * After every second turn the radio is switched on, and one request sends them. The gate prevents exports
 * during turns. Closing it ends the connection and frees the memory of TLS. The session ticket makes the next
 * connection cheaper. Runs on a host: `low_power http://localhost:4318/v1/traces`. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <time.h>
#include "uspan/genai.h"
#include "uspan_posix.h"

enum { TURNS = 4, TURNS_A_WINDOW = 2, SLEEP_MS = 50, WINDOW_MS = 5000 };

static uspan_tracer_t tracer;
static bool is_window; /* no turn runs, and the radio is on */

static bool may_export(void *ctx)
{
    (void)ctx;
    return is_window;
}

/* A board uses WFI or deep sleep. The clock of its port must count during the sleep, or times are wrong. */
static void sleep_ms(uint32_t ms)
{
    const struct timespec time = { .tv_sec = ms / 1000u, .tv_nsec = (long)(ms % 1000u) * 1000000 };
    (void)nanosleep(&time, NULL);
}

static void set_radio(bool on)
{
    printf("radio %s\n", on ? "on" : "off"); /* a board switches its modem or Wi-Fi */
}

static void run_turn(int number)
{
    uspan_t turn = uspan_agent_begin(&tracer, USPAN_ROOT, "gardener");
    uspan_set_int(&tracer, turn, USPAN_KEY("garden.turn"), number);
    uspan_t tool = uspan_tool_begin(&tracer, turn, "read_soil", "call_1");
    sleep_ms(1); /* the sensor */
    uspan_end(&tracer, tool);
    uspan_end(&tracer, turn);
}

/* Send until all spans are sent or WINDOW_MS have passed. If the link is down, the spans stay in RAM. */
static void export_all(void)
{
    uint64_t until_ns = uspan_now(&tracer) + WINDOW_MS * 1000000ull;
    uint32_t wait_ms = 0;
    set_radio(true);
    is_window = true;
    uspan_flush(&tracer);
    while (!uspan_flushed(&tracer) && uspan_now(&tracer) < until_ns) {
        if (uspan_poll(&tracer, &wait_ms) == USPAN_ERR_AGAIN) {
            sleep_ms(wait_ms < 20u ? wait_ms : 20u);
        }
    }
    is_window = false;
    for (int i = 0; i < 10 && uspan_poll(&tracer, &wait_ms) == USPAN_ERR_AGAIN; i++) {
        sleep_ms(1); /* uspan closes the connection */
    }
    set_radio(false);
}

int main(int argc, char **argv)
{
    static uspan_posix_tcp_t tcp;
    static uspan_transport_t transport; /* for https, uspan_tls_init() puts TLS over it */
    static uspan_collector_t collector;
    static const uspan_gate_t gate = { .open = may_export };
    uspan_stats_t stats;
    collector.endpoint = argc > 1 ? argv[1] : "http://localhost:4318/v1/traces";
    uspan_posix_tcp_init(&tcp, &transport);
    if (uspan_init(&tracer, uspan_posix_port()) != USPAN_OK ||
        uspan_export_to(&tracer, 0, &transport, &collector) != USPAN_OK) {
        return 1;
    }
    uspan_set_gate(&tracer, &gate);
    for (int turn = 1; turn <= TURNS; turn++) { /* on a board without end */
        run_turn(turn);
        if (turn % TURNS_A_WINDOW == 0) {
            export_all();
        }
        sleep_ms(SLEEP_MS); /* without polling. uspan has no timer */
    }
    uspan_stats(&tracer, 0, &stats);
    printf("%lu spans delivered\n", (unsigned long)stats.delivered);
    if (stats.delivered != stats.started) {
        (void)fprintf(stderr, "low_power: %lu of %lu spans were not delivered to %s. %s\n",
                      (unsigned long)(stats.started - stats.delivered), (unsigned long)stats.started,
                      collector.endpoint, "The log lines above say why.");
        return 1;
    }
    return 0;
}
