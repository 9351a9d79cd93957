/* main.c: the greenhouse agent on a host. LLM_URL, LLM_MODEL and LLM_API_KEY name the model. LLM_CA is a file
 * with its CA certificates. MCP_SERVER is a command that starts an MCP server, which runs the tools that it
 * has. MCP_TIMEOUT_MS limits the wait for each of its answers (default 10,000). OTEL_* variables name the
 * collector. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "edge.h"
#include "server.h"
#include "uspan/genai.h"
#include "uspan_posix_tls.h"

static uspan_tracer_t tracer;

static uint64_t now_ns(void)
{
    return uspan_now(&tracer);
}

static void say(const char *who, const char *text)
{
    printf("%-10s %s\n", who, text);
}

static const char *setting(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : otherwise;
}

/* Wait for the model or a retry, and send spans in the meantime. */
static void wait_ms(uint32_t ms)
{
    uint32_t poll_ms = 0;
    if (uspan_poll(&tracer, &poll_ms) == USPAN_ERR_AGAIN && poll_ms < ms) {
        ms = poll_ms;
    }
    const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
    (void)nanosleep(&time, NULL);
}

int main(int argc, char **argv)
{
    static uspan_posix_tcp_t tcp;
    static uspan_transport_t plain;
    static uspan_usage_t usage;
    const uspan_posix_options_t options = { .no_thread = true, .secure = &uspan_posix_mbedtls };
    const uspan_posix_certs_t certs = { .ca_file = setting("LLM_CA", NULL) };
    edge_t edge = {
        .tracer = &tracer,
        .http = { .now_ns = now_ns, .wait = wait_ms },
        .url = setting("LLM_URL", "https://api.openai.com/v1/chat/completions"),
        .model = setting("LLM_MODEL", "gpt-4o-mini"),
        .api_key = setting("LLM_API_KEY", NULL),
        .timeout_ms = (uint32_t)atoi(setting("LLM_TIMEOUT_MS", "30000")),
        .deadline_ms = (uint32_t)atoi(setting("LLM_DEADLINE_MS", "120000")),
        .token_budget = (uint32_t)atoi(setting("LLM_TOKEN_BUDGET", "20000")),
        .tells_phases = setting("LLM_PHASES", NULL) != NULL,
        .say = say,
    };
    if (uspan_posix_start(&tracer, &options) != USPAN_OK) {
        return 1; /* the log says which setting is unusable */
    }
    uspan_set_usage(&tracer, &usage);
    uspan_posix_tcp_init(&tcp, &plain);
    edge.http.transport = &plain;
    if (strncmp(edge.url, "https:", 6u) == 0) {
        edge.http.transport = uspan_posix_mbedtls.make(&plain, &certs);
    }
#if EDGE_MCP
    const char *command = setting("MCP_SERVER", NULL);
    const remote_stream_t *server =
        command != NULL ? server_start(command, (uint32_t)atoi(setting("MCP_TIMEOUT_MS", "10000"))) : NULL;
    if (server != NULL) {
        remote_use(&tracer, server);
    } else if (command != NULL) {
        perror("edge_agent: MCP_SERVER is not started, its tools are not used: pipe or fork failed");
    }
#endif
    bool ended_well = edge_turn(&edge, argc > 1 ? argv[1] : EDGE_QUESTION);
    server_stop();
    printf("%-10s %lu in, %lu out, %lu calls\n", "tokens", (unsigned long)usage.input,
           (unsigned long)usage.output, (unsigned long)usage.calls);
    bool delivered = uspan_posix_stop(&tracer, 5000) == USPAN_OK;
    if (!delivered) {
        uspan_stats_t stats;
        uspan_stats(&tracer, 0, &stats);
        (void)fprintf(stderr, "edge_agent: %lu of %lu spans were not delivered and are lost. %s\n",
                      (unsigned long)(stats.started - stats.unsampled - stats.delivered),
                      (unsigned long)stats.started, "The log lines above say why.");
    }
    if (edge.http.transport != &plain) {
        uspan_posix_mbedtls.release(edge.http.transport);
    }
    return ended_well && delivered ? 0 : 1;
}
