/* backend_request.c: writes the requests that a build with a preset sends to standard output. Clock and
 * entropy are fixed, so that the output is the same each time. */
#include <stdio.h>
#include "uspan/export.h"
#include "uspan/genai.h"

static uspan_tracer_t tracer;
static char sent[65536];
static size_t sent_len, answered;
static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

static uint32_t lock(void *ctx)
{
    (void)ctx;
    return 0u;
}
static void unlock(void *ctx, uint32_t state)
{
    (void)ctx;
    (void)state;
}
static uint64_t mono_ns(void *ctx)
{
    static uint64_t now;
    (void)ctx;
    return now += 1000000u; /* each reading is a millisecond later */
}
static uspan_err_t unix_ns(void *ctx, uint64_t *out)
{
    (void)ctx;
    *out = 1764290332733000000u;
    return USPAN_OK;
}
static uspan_err_t entropy(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    memset(out, 7, len);
    return USPAN_OK;
}
static uintptr_t task(void *ctx)
{
    (void)ctx;
    return 1u;
}
static void log_line(void *ctx, uspan_level_t level, const char *text)
{
    (void)ctx;
    fprintf(stderr, "%d %s\n", (int)level, text);
}
static uspan_err_t open_peer(void *ctx, const uspan_peer_t *peer)
{
    (void)ctx;
    fprintf(stderr, "peer %s %u\n", peer->host, peer->port);
    return USPAN_OK;
}
static int32_t send_bytes(void *ctx, const uint8_t *buf, size_t len)
{
    (void)ctx;
    size_t n = len < sizeof sent - sent_len ? len : sizeof sent - sent_len;
    memcpy(sent + sent_len, buf, n);
    sent_len += n;
    answered = 0;
    return (int32_t)n;
}
static int32_t recv_bytes(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    size_t n = sizeof answer - 1u - answered;
    n = n < len ? n : len;
    memcpy(buf, answer + answered, n);
    answered += n;
    return (int32_t)n;
}
static void close_peer(void *ctx)
{
    (void)ctx;
}
static const char *why(void *ctx)
{
    (void)ctx;
    return "";
}

/* One span of each kind that a profile may add to. */
static void record(void)
{
    uspan_t run = uspan_workflow_begin_with(&tracer, USPAN_ROOT, &(uspan_workflow_t){ .name = "water", .group_id = "g-1" });
    uspan_t agent = uspan_agent_begin(&tracer, run, "gardener");
    (void)uspan_format_end(&tracer, uspan_format_begin_with(&tracer, agent, &(uspan_format_t){ .target = "openai",
                           .function_input = "{\"args\":[],\"kwargs\":{}}" }), NULL);
    uspan_t chat = uspan_chat_begin_with(&tracer, agent, &(uspan_chat_t){ .provider = "openai", .model = "gpt-4o",
                                         .stream = true });
    (void)uspan_first_chunk(&tracer, chat);
    (void)uspan_chat_end(&tracer, chat, &(uspan_chat_result_t){ .finish_reason = "stop",
                         .usage = { .input = 12, .output = 3, .cache_read = 2 } });
    (void)uspan_tool_end(&tracer, uspan_tool_begin_with(&tracer, agent, &(uspan_tool_t){ .name = "read_soil", .call_id = "c1",
                         .arguments = "{\"bed\":3}" }), &(uspan_tool_result_t){ .result = "{\"moisture\":12}" });
    (void)uspan_guardrail_end(&tracer, uspan_guardrail_begin(&tracer, agent, "no_flood"), NULL);
    (void)uspan_handoff_end(&tracer, uspan_handoff_begin(&tracer, agent, "gardener", "plumber"), NULL);
    (void)uspan_agent_end(&tracer, agent, NULL);
    (void)uspan_workflow_end(&tracer, run, NULL);
}

static uspan_err_t renew(void *ctx, char *buf, size_t cap)
{
    (void)ctx;
    return snprintf(buf, cap, "Authorization=Bearer%%20%s", "token-of-the-day") < (int)cap ? USPAN_OK : USPAN_ERR_FULL;
}

int main(void)
{
    const uspan_port_t port = { .abi = USPAN_PORT_ABI, .lock = lock, .unlock = unlock, .mono_ns = mono_ns, .unix_ns = unix_ns,
                                .random = entropy, .task = task, .log = log_line };
    uspan_transport_t transport = { .abi = USPAN_TRANSPORT_ABI,
                                    .flags = USPAN_TRANSPORT_SECURE,
                                    .open = open_peer,
                                    .send = send_bytes,
                                    .recv = recv_bytes,
                                    .close = close_peer,
                                    .last_error_text = why };
#ifdef BACKEND_PLAIN
    transport.flags = 0u;
#endif
    if (uspan_init(&tracer, &port) != USPAN_OK) {
        return 1;
    }
#if USPAN_STUDIO
    if (uspan_studio_start(&tracer, &transport, NULL) != USPAN_OK) {
        return 2;
    }
#endif
    if (uspan_export_to(&tracer, 0u, &transport, &(uspan_collector_t){ .renew = renew }) != USPAN_OK) {
        return 3;
    }
#ifdef BACKEND_RUN_TIME_HEADERS
    if (uspan_set_headers(&tracer, 0u, BACKEND_RUN_TIME_HEADERS) != USPAN_OK) {
        return 4;
    }
#endif
    uint32_t wait_ms = 0;
    for (unsigned i = 0; i < 50u; i++) { /* a run is registered first */
        (void)uspan_poll(&tracer, &wait_ms);
    }
    record();
    uspan_flush(&tracer);
    uspan_stats_t stats = { 0 };
    for (unsigned i = 0; i < 500u && stats.delivered < 7u; i++) {
        (void)uspan_poll(&tracer, &wait_ms);
        uspan_stats(&tracer, 0u, &stats);
    }
    (void)fwrite(sent, 1, sent_len, stdout);
    return stats.delivered == 7u ? 0 : 5;
}
