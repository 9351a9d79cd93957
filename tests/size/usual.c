/* usual.c: the program whose flash size is the figure for core. It records an agent span with one chat span
 * and sends them to the HTTPS collector of the build's settings. The chat span is W1 of tests/bench/w1.h with
 * its own keys. The program sets up, gets the time, polls, flushes, shuts down and reads the counts. It calls
 * nothing that a simple firmware would not call. Its own code and its port are not counted. With USPAN_PROXY the
 * collector is behind that proxy. */
#include "uspan/uspan.h"

/* What a board would provide. It never runs, so the functions can be empty. */
const uspan_port_t usual_port;
const uspan_transport_t usual_transport;
const char usual_text[256];

static uspan_tracer_t tracer;
#ifdef USPAN_PROXY
static uspan_proxy_t proxy;
static uspan_transport_t tunnel;
#endif
uspan_stats_t usual_stats;
volatile int usual_turn;

static void chat(uspan_t agent)
{
    static const uspan_options_t client = { .kind = USPAN_KIND_CLIENT };
    uspan_t s = uspan_start_with(&tracer, agent, "chat qwen-max", 13u, &client);
    uspan_set_static(&tracer, s, USPAN_KEY("gen_ai.operation.name"), "chat");
    uspan_set_str(&tracer, s, USPAN_KEY("gen_ai.request.model"), usual_text);
    uspan_set_double(&tracer, s, USPAN_KEY("gen_ai.request.temperature"), 0.7);
    uspan_set_int(&tracer, s, USPAN_KEY("gen_ai.usage.input_tokens"), usual_turn);
    uspan_set_str_n(&tracer, s, USPAN_KEY("gen_ai.input.messages"), usual_text, sizeof usual_text);
    uspan_end(&tracer, s);
}

int main(void)
{
    uint32_t wait_ms = 0;
    const uspan_transport_t *transport = &usual_transport;
#ifdef USPAN_PROXY
    const uspan_proxy_options_t options = { .tunnel = true };
    if (uspan_proxy_init(&proxy, &usual_transport, &options, &tunnel) != USPAN_OK) {
        return 1;
    }
    transport = &tunnel; /* TLS would be between this one and the exporter */
#endif
    if (uspan_init(&tracer, &usual_port) != USPAN_OK ||
        uspan_export_to(&tracer, 0u, transport, NULL) != USPAN_OK) {
        return 1;
    }
    uspan_set_unix_time(&tracer, 1700000000000000000u);
    while (usual_turn++ < 9) {
        uspan_t agent = uspan_start(&tracer, USPAN_ROOT, "invoke_agent greenhouse");
        chat(agent);
        uspan_end(&tracer, agent);
        (void)(uspan_poll(&tracer, &wait_ms) == USPAN_OK);
    }
    for (uspan_flush(&tracer); !uspan_flushed(&tracer);) {
        (void)(uspan_poll(&tracer, &wait_ms) == USPAN_OK);
    }
    for (uspan_shutdown(&tracer, 2000u); !uspan_stopped(&tracer);) {
        (void)(uspan_poll(&tracer, &wait_ms) == USPAN_OK);
    }
    uspan_stats(&tracer, 0u, &usual_stats);
    return 0;
}
