/* edge.c: the greenhouse agent of examples/edge_agent on a board. It has its own TLS connection to the model,
 * in addition to uspan's connection to the collector. main.c calls agent_turn().
 * Invariant: with BOARD_TLS_BOTH 0 only one connection uses mbedTLS's heap at a time, and the model comes
 * first. The gate is closed from the time at which the agent wants to connect until it has closed. An
 * exchange with the collector that runs at that time fails, and uspan sends the batch again later. The agent
 * connects after the gate has refused uspan. uspan asks the gate only between exchanges, and closes its
 * connection if it is refused.
 * Settings at run time: llm=URL, model=NAME, key=KEY, timeout_ms=N without a byte, call_ms=N for a complete
 * call, budget=N tokens of all turns. */
#include "agent.h"
#include "board.h"
#include "board_config.h"
#include "edge.h"
#include "port.h"
#include "trust_anchor.h"
#include "uspan/genai.h"
#include "uspan_lwip.h"
#include "uspan_mbedtls.h"

#ifndef BOARD_TLS_BOTH
#define BOARD_TLS_BOTH 0 /* 1: mbedTLS's heap holds two connections */
#endif
#define REST_MS 5000u  /* longest delivery between two calls of the model */
#define CLOCK_MS 3000u /* longest wait for the time from a server */

static uspan_tracer_t *tracer;
static void (*go_on)(uint32_t ms);
static uspan_lwip_tcp_t tcp;
static uspan_tls_t tls;
static uspan_transport_t plain, secure;
static uspan_transport_t collector; /* board_collector before start() changed it */
static bool is_wanted;              /* the agent wants the heap */
static bool is_granted;             /* the gate has refused uspan since then */

/* ---- one heap, two connections ------------------------------------------------------------------------- */

static bool must_yield(void)
{
    return is_wanted && !BOARD_TLS_BOTH;
}

static bool may_export(void *ctx)
{
    (void)ctx;
    is_granted = is_wanted;
    return ip_is_up() && !must_yield();
}

static uspan_err_t open_collector(void *ctx, const uspan_peer_t *peer)
{
    return must_yield() ? USPAN_ERR_IO : collector.open(ctx, peer);
}

static int32_t send_collector(void *ctx, const uint8_t *data, size_t len)
{
    return must_yield() ? USPAN_ERR_IO : collector.send(ctx, data, len);
}

static int32_t recv_collector(void *ctx, uint8_t *data, size_t len)
{
    return must_yield() ? USPAN_ERR_IO : collector.recv(ctx, data, len);
}

static uspan_err_t open_llm(void *ctx, const uspan_peer_t *peer)
{
    is_wanted = true;
    return BOARD_TLS_BOTH || is_granted ? secure.open(ctx, peer) : USPAN_ERR_AGAIN;
}

static void close_llm(void *ctx)
{
    secure.close(ctx);
    is_wanted = false;
    is_granted = false;
}

/* Send ended spans between two calls of the model, so that the pools need not hold a complete turn. After an
 * error of the collector this returns at once. */
static void rest(void)
{
    uspan_stats_t s = { 0 };
    uint64_t until_ns = board_mono_ns() + (uint64_t)REST_MS * 1000000u;
    uspan_flush(tracer);
    while (s.last_error == 0 && !uspan_flushed(tracer) && board_mono_ns() < until_ns) {
        go_on(10u);
        uspan_stats(tracer, 0, &s);
    }
}

/* ---- what the agent needs ------------------------------------------------------------------------------ */

static uint64_t now_ns(void)
{
    return uspan_now(tracer);
}

static void say(const char *who, const char *text)
{
    put_text(who);
    put_text(": ");
    put_line(text);
}

static const char *option(const char *name, const char *otherwise)
{
    const char *value = board_option(name);
    return value != NULL ? value : otherwise;
}

/* Wait for an address. If the board has SNTP, also wait up to CLOCK_MS for the time. */
static void wait_for_network(void)
{
    uint64_t unix_ns;
    while (!ip_is_up()) {
        go_on(10u);
    }
    uint64_t until_ns = board_mono_ns() + (uint64_t)(BOARD_SNTP ? CLOCK_MS : 0u) * 1000000u;
    while (uspan_unix_now(tracer, &unix_ns) != USPAN_OK && board_mono_ns() < until_ns) {
        go_on(10u);
    }
}

static bool start(void)
{
    static uspan_tls_blob_t anchor;
    static const uspan_gate_t gate = { NULL, may_export };
    anchor = (uspan_tls_blob_t){ .data = llm_anchor, .len = llm_anchor_len };
    const uspan_tls_options_t options = {
        .port = &board_port,
        .tracer = tracer,
        .anchors = &anchor,
        .anchor_count = 1,
    };
    collector = board_collector;
    board_collector.open = open_collector;
    board_collector.send = send_collector;
    board_collector.recv = recv_collector;
    uspan_set_gate(tracer, &gate);
    uspan_lwip_tcp_init(&tcp, &plain);
    return uspan_tls_init(&tls, &plain, &options, &secure) == USPAN_OK;
}

void agent_turn(uspan_tracer_t *t, void (*wait)(uint32_t ms))
{
    static uspan_transport_t llm;
    static uspan_usage_t usage;
    if (tracer == NULL) {
        tracer = t;
        go_on = wait;
        uspan_set_usage(tracer, &usage);
        if (!start()) {
            board_stop("no TLS for the agent");
        }
        llm = secure;
        llm.open = open_llm;
        llm.close = close_llm;
        wait_for_network();
    }
    const edge_t edge = {
        .tracer = tracer,
        .http = { .transport = &llm, .now_ns = now_ns, .wait = go_on },
        .url = option("llm", BOARD_LLM_URL),
        .model = option("model", "gpt-4o-mini"),
        .api_key = board_option("key"),
        .timeout_ms = number_of(option("timeout_ms", "30000")),
        .deadline_ms = number_of(option("call_ms", "120000")),
        .token_budget = number_of(option("budget", "20000")),
        .say = say,
        .rest = rest,
    };
    if (!edge_turn(&edge, EDGE_QUESTION)) {
        put_text("agent: no answer. ");
        put_line(secure.last_error_text(secure.ctx));
    }
    put_text("tokens: ");
    put_number((uint32_t)usage.input);
    put_text(" in, ");
    put_number((uint32_t)usage.output);
    put_line(" out");
}
