/* main.c: the first program on a new board. It checks the port and the network, and delivers one span over
 * TLS. Invariant: the network stack works in turn(), and nothing waits outside of it. */
#include "template.h"
#include "uspan/uspan.h"
#include "uspan_check.h"
#include "uspan_mbedtls.h"

/* DUTY 6, trust: put the CA that signed the collector's certificate here, in DER:
 *     openssl x509 -in ca.pem -outform DER | xxd -i
 * A single CA of your own is better than a bundle. */
static const unsigned char anchor_der[] = { 0x30 };

#ifndef TEMPLATE_COLLECTOR
#define TEMPLATE_COLLECTOR "https://collector.example:4318/v1/traces"
#endif
#define PLAIN_HOST "192.168.1.10" /* any HTTP server on your desk, for the first connection */
#define PLAIN_PORT 8000u
#define CLOSED_PORT 9u

static uspan_tracer_t tracer;
static template_net_t net;
static uspan_tls_t tls;
static uspan_transport_t plain, secure;

/* DUTY 8, main loop: process frames and timers of the network, then sleep until an interrupt, at most ms
 * milliseconds. With an RTOS use a task of low priority and a delay. */
static void turn(uint32_t ms)
{
    (void)ms;
}

static void turn_once(void)
{
    turn(0u);
}

static void say(uspan_level_t level, const char *text)
{
    template_port.log(template_port.ctx, level, text);
}

static void check_network(void)
{
    const uspan_peer_t peer = { .host = PLAIN_HOST, .port = PLAIN_PORT };
    const char *wrong = uspan_check_transport(&template_port, &plain, &peer, CLOSED_PORT, turn_once);
    say(wrong == NULL ? USPAN_LEVEL_INFO : USPAN_LEVEL_ERROR, wrong == NULL ? "network: talks" : wrong);
    if (wrong != NULL) {
        say(USPAN_LEVEL_ERROR, plain.last_error_text(plain.ctx));
        plain.close(plain.ctx);
    }
}

static uspan_err_t start(void)
{
    static const uspan_tls_blob_t anchor = { .data = anchor_der, .len = sizeof(anchor_der) };
    const uspan_tls_options_t options = {
        .port = &template_port, .tracer = &tracer, .anchors = &anchor, .anchor_count = 1
    };
    const uspan_collector_t collector = { .endpoint = TEMPLATE_COLLECTOR };
    uspan_err_t err = uspan_init(&tracer, &template_port);
    err = err == USPAN_OK ? uspan_tls_init(&tls, &plain, &options, &secure) : err;
    return err == USPAN_OK ? uspan_export_to(&tracer, 0, &secure, &collector) : err;
}

int main(void)
{
    /* Start the platform here: clocks, timer, console, interrupts, the network interface and its address. */
    template_net_init(&net, &plain); /* or uspan_lwip_tcp_init(), uspan_posix_tcp_init() */
    if (uspan_check_port(&template_port) > 0u) {
        return 1; /* the log names the duty */
    }
    check_network();
    if (start() != USPAN_OK) {
        say(USPAN_LEVEL_ERROR, "uspan does not start: is the endpoint usable?");
        return 1;
    }
    uspan_t span = uspan_start(&tracer, USPAN_ROOT, "first light");
    (void)uspan_set_str(&tracer, span, USPAN_KEY("board"), "template");
    (void)uspan_end(&tracer, span);
    uspan_flush(&tracer);
    for (uint32_t turns = 0; turns < 10000u && !uspan_flushed(&tracer); turns++) {
        uint32_t wait_ms = 0;
        if (uspan_poll(&tracer, &wait_ms) == USPAN_ERR_ARG) {
            break;
        }
        turn(wait_ms < 10u ? wait_ms : 10u);
    }
    char text[400]; /* what happened, and what to do if it failed */
    (void)uspan_diagnose(&tracer, 0, text, sizeof(text));
    say(USPAN_LEVEL_INFO, text);
    return uspan_flushed(&tracer) ? 0 : 1;
}
