/* main.c: sends a first trace from a Pico over HTTPS: one turn of an agent with a chat and a tool call.
 * Settings: endpoint=URL (http:// is sent without TLS), unix_s=SECONDS, at which aon_timer starts. Without it
 * the time comes from the collector's Date header. Output goes to the SDK's stdio (UART 0).
 * Invariant: there is one loop, and it waits only for an interrupt or the next timer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pico/aon_timer.h>
#include <pico/stdlib.h>
#include "net.h"
#include "settings.h"
#include "trust_anchor.h"
#include "uspan/genai.h"
#include "uspan_lwip.h"
#include "uspan_mbedtls.h"
#include "uspan_pico.h"

#define TELL_MS 10000u /* between two reports while spans wait */

static uspan_tracer_t tracer;
static uspan_lwip_tcp_t tcp;
static uspan_tls_t tls;
static uspan_transport_t plain, secure;

static bool start(void)
{
    static uspan_tls_blob_t anchor;
    anchor = (uspan_tls_blob_t){ .data = trust_anchor, .len = trust_anchor_len };
    const uspan_tls_options_t options = {
        .port = &uspan_pico_port, .tracer = &tracer, .anchors = &anchor, .anchor_count = 1
    };
    const uspan_collector_t collector = { .endpoint = setting("endpoint", USPAN_ENDPOINT) };
    bool is_plain = strncmp(collector.endpoint, "http:", 5u) == 0;
    uspan_lwip_tcp_init(&tcp, &plain);
    return uspan_init(&tracer, &uspan_pico_port) == USPAN_OK &&
           uspan_tls_init(&tls, &plain, &options, &secure) == USPAN_OK &&
           uspan_export_to(&tracer, 0, is_plain ? &plain : &secure, &collector) == USPAN_OK;
}

/* A board with a battery or a time source of its own starts the timer with that time. */
static void start_clock(void)
{
    const char *seconds = setting("unix_s", NULL);
    if (seconds != NULL) {
        const struct timespec now = { .tv_sec = (time_t)strtoll(seconds, NULL, 10) };
        if (!aon_timer_start(&now)) {
            puts("aon_timer does not start");
        }
    }
}

/* Replace this with the work of your agent. Each part has a span. */
static void turn(void)
{
    uspan_t agent = uspan_agent_begin(&tracer, USPAN_ROOT, "pico");
    uspan_t chat = uspan_chat_begin(&tracer, agent, "dashscope", "qwen-max");
    sleep_ms(5); /* ask the model */
    uspan_set_token_pair(&tracer, chat, 19, 4);
    uspan_end(&tracer, chat);
    uspan_t tool = uspan_tool_begin(&tracer, agent, "read_temperature", "call_1");
    sleep_ms(1); /* read the sensor */
    uspan_end(&tracer, tool);
    uspan_end(&tracer, agent);
}

/* Poll the network and uspan once, then wait. */
static void go_on(void)
{
    uint32_t wait_ms = 0;
    uint32_t net_ms = net_poll();
    (void)(uspan_poll(&tracer, &wait_ms) < 0);
    wait_ms = net_ms < wait_ms ? net_ms : wait_ms;
    if (wait_ms > 0u) {
        best_effort_wfe_or_timeout(make_timeout_time_ms(wait_ms < 5u ? wait_ms : 5u));
    }
}

int main(void)
{
    stdio_init_all();
    printf("uspan on %s\n", PICO_BOARD);
    start_clock();
    if (!net_start() || !start()) {
        puts("not started: network hardware, or the endpoint");
        return 1;
    }
    while (!net_is_up()) {
        go_on();
    }
    turn();
    uspan_flush(&tracer);
    uint32_t told_ms = 0;
    while (!uspan_flushed(&tracer)) {
        go_on();
        if (to_ms_since_boot(get_absolute_time()) - told_ms > TELL_MS) {
            char text[400];
            told_ms = to_ms_since_boot(get_absolute_time());
            (void)uspan_diagnose(&tracer, 0, text, sizeof(text));
            puts(text);
        }
    }
    uspan_stats_t s;
    uspan_stats(&tracer, 0, &s);
    printf("delivered %u of %u spans after %u ms\n", (unsigned)s.delivered, (unsigned)s.started,
           (unsigned)to_ms_since_boot(get_absolute_time()));
    for (;;) {
        go_on();
    }
}
