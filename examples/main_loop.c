/* main_loop.c: tracing in the main loop of a bare-metal firmware, with one context and static memory. Only
 * the sleep of the loop waits. Spans are sent only between turns, because few boards have RAM for two TLS
 * sessions at a time. Runs on a host: `main_loop http://localhost:4318/v1/traces`. On a board replace port,
 * transport, endpoint (USPAN_ENDPOINT) and timer in main() and sleep_ms(). */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <time.h>
#include "uspan/genai.h"
#include "uspan_posix.h"

enum { TURNS = 2, TURN_EVERY_MS = 100, ANSWER_MS = 30, VALVE_MS = 20 };

typedef enum state { RESTING, ASKING, WATERING } state_t;

static uspan_tracer_t tracer;

static struct {
    state_t state;
    unsigned turns;
    uint64_t until_ns;  /* end of the state's wait */
    uspan_t turn, step; /* open spans: of the turn, and of the current step */
} agent;

/* A board uses WFI until a timer of ms milliseconds or another interrupt. */
static void sleep_ms(uint32_t ms)
{
    const struct timespec time = { .tv_sec = ms / 1000u, .tv_nsec = (long)(ms % 1000u) * 1000000 };
    (void)nanosleep(&time, NULL);
}

/* ---- the agent: a state machine with one short step per call ------------------------------------------- */

static void go(state_t state, uint32_t ms)
{
    agent.state = state;
    agent.until_ns = uspan_posix_port()->mono_ns(NULL) + ms * 1000000ull;
}

/* Returns the milliseconds until it has work. */
static uint32_t agent_step(void)
{
    uint64_t now_ns = uspan_posix_port()->mono_ns(NULL);
    if (now_ns < agent.until_ns) {
        return (uint32_t)((agent.until_ns - now_ns) / 1000000u) + 1u;
    }
    switch (agent.state) {
    case RESTING:
        agent.turn = uspan_agent_begin(&tracer, USPAN_ROOT, "gardener");
        agent.step = uspan_chat_begin(&tracer, agent.turn, "dashscope", "qwen-max");
        go(ASKING, ANSWER_MS);
        break;
    case ASKING:
        uspan_set_token_pair(&tracer, agent.step, 412, 37);
        uspan_end(&tracer, agent.step);
        agent.step = uspan_tool_begin(&tracer, agent.turn, "open_valve", "call_1");
        go(WATERING, VALVE_MS);
        break;
    case WATERING:
        uspan_end(&tracer, agent.step);
        uspan_end(&tracer, agent.turn);
        uspan_flush(&tracer); /* send now, while the radio is on, and not when a batch is full */
        agent.turns++;
        go(RESTING, TURN_EVERY_MS);
        break;
    }
    return 0;
}

static bool between_turns(void *ctx)
{
    (void)ctx;
    return agent.state == RESTING;
}

/* ---- the loop ------------------------------------------------------------------------------------------ */

static void set_radio(bool on)
{
    (void)on; /* a board switches its modem or Wi-Fi, unless the agent needs it */
}

static void trace_and_sleep(uint32_t ms)
{
    uint32_t trace_ms = 0;
    set_radio(uspan_poll(&tracer, &trace_ms) == USPAN_ERR_AGAIN);
    sleep_ms(trace_ms < ms ? trace_ms : ms);
}

/* ---- main ---------------------------------------------------------------------------------------------- */

int main(int argc, char **argv)
{
    static uspan_posix_tcp_t tcp;
    static uspan_transport_t transport; /* for https, uspan_tls_init() puts TLS over it */
    static uspan_collector_t collector; /* all zero: USPAN_ENDPOINT and the other settings */
    static const uspan_gate_t gate = { .open = between_turns };
    collector.endpoint = argc > 1 ? argv[1] : "http://localhost:4318/v1/traces";
    uspan_posix_tcp_init(&tcp, &transport);
    if (uspan_init(&tracer, uspan_posix_port()) != USPAN_OK ||
        uspan_export_to(&tracer, 0, &transport, &collector) != USPAN_OK) {
        return 1;
    }
    uspan_set_gate(&tracer, &gate);

    while (agent.turns < TURNS) { /* on a board without end */
        trace_and_sleep(agent_step());
    }
    uspan_shutdown(&tracer, 5000); /* on a board before it powers down */
    while (!uspan_stopped(&tracer)) {
        trace_and_sleep(20);
    }
    uspan_stats_t stats;
    uspan_stats(&tracer, 0, &stats);
    if (stats.delivered != stats.started) {
        (void)fprintf(stderr, "main_loop: %lu of %lu spans were not delivered to %s and are lost. %s\n",
                      (unsigned long)(stats.started - stats.delivered), (unsigned long)stats.started,
                      collector.endpoint, "The log lines above say why.");
        return 1;
    }
    return 0;
}
