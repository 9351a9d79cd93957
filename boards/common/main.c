/* main.c: runs the example agent on a board. Each turn is recorded and exported, and the counters are printed
 * at the end. Invariant: every wait, for the agent or for the collector, calls go_on().
 * Settings at run time (board_option): endpoint=URL (http:// is sent without TLS), sntp=HOST[:PORT], turns=N,
 * deadline_ms=N for the delivery of each turn. With USPAN_KEEP 1 also crash=tool, assert or hang
 * (crash.c). */
#include <string.h>

#include "agent.h"
#include "board.h"
#include "board_config.h"
#include "crash.h"
#include "port.h"
#include "trust_anchor.h"
#include "uspan_lwip.h"
#include "uspan_mbedtls.h"
#include "uspan/spool.h"

#define DEADLINE_MS 10000u
#ifndef BOARD_AGENT_TALKS
#define BOARD_AGENT_TALKS 0 /* 1: the agent itself prints question and answer */
#endif
#ifndef BOARD_SPOOL_STORAGE
#define BOARD_SPOOL_STORAGE 0 /* 1: the board has a storage for a spool, board_spool_storage() */
#endif
#define SPOOLS (USPAN_SPOOL && BOARD_SPOOL_STORAGE)
#ifndef BOARD_OWN_CERT
#define BOARD_OWN_CERT 0 /* 1: the device has a certificate for collectors that ask for one */
#endif

#if USPAN_KEEP
static USPAN_KEPT uspan_tracer_t tracer;
#else
static uspan_tracer_t tracer;
#endif
#if SPOOLS
static uspan_spool_t spool;
#endif
static uspan_lwip_tcp_t tcp;
static uspan_tls_t tls;
static uspan_transport_t plain;
uspan_transport_t board_collector;
static bool in_turn;
static const char *why = ""; /* last error text of the transport */
static uint64_t longest_ns;  /* time of the longest uspan_poll() */

/* Run network and uspan once. Then sleep for at most at_most_ms if nothing needs the core. */
static void go_on(uint32_t at_most_ms)
{
    uint32_t wait_ms = 0;
#if USPAN_KEEP
    board_watchdog_feed();
#endif
    uint32_t stack_ms = ip_poll();
    uint64_t began_ns = board_mono_ns();
    if (uspan_poll(&tracer, &wait_ms) < 0 && board_collector.last_error_text(board_collector.ctx)[0] != 0) {
        why = board_collector.last_error_text(board_collector.ctx);
    }
    uint64_t took_ns = board_mono_ns() - began_ns;
    longest_ns = took_ns > longest_ns ? took_ns : longest_ns;
    wait_ms = stack_ms < wait_ms ? stack_ms : wait_ms;
    wait_ms = at_most_ms < wait_ms ? at_most_ms : wait_ms;
    if (wait_ms > 0u) {
        board_wait(wait_ms);
    }
}

/* Wait for the agent. Network and uspan run in the meantime. */
static void wait_ms(uint32_t ms)
{
    uint64_t until_ns = board_mono_ns() + (uint64_t)ms * 1000000u;
    for (uint64_t now_ns = board_mono_ns(); now_ns < until_ns; now_ns = board_mono_ns()) {
        go_on((uint32_t)((until_ns - now_ns + 999999u) / 1000000u));
    }
}

/* Returns true between the agent's turns if the board has an address. During a turn the TLS session of an
 * agent may need the same memory. */
static bool may_export(void *ctx)
{
    (void)ctx;
    return !in_turn && ip_is_up();
}

#if defined(USPAN_ENDPOINT)
#define BUILT_ENDPOINT USPAN_ENDPOINT
#elif defined(USPAN_STUDIO_URL)
#define BUILT_ENDPOINT USPAN_STUDIO_URL
#else
#define BUILT_ENDPOINT ""
#endif

/* Returns the transport for a URL. http:// is sent without TLS. Both transports share one connection, which
 * only one exchange uses at a time. */
static const uspan_transport_t *way_to(const char *url)
{
    return strncmp(url, "http:", 5u) == 0 ? &plain : &board_collector;
}

static uspan_err_t start(void)
{
    static uspan_tls_blob_t anchor;
    static const uspan_gate_t gate = { NULL, may_export };
    anchor = (uspan_tls_blob_t){ .data = trust_anchor, .len = trust_anchor_len };
    const uspan_tls_options_t options = {
        .port = &board_port,
        .tracer = &tracer,
        .anchors = &anchor,
        .anchor_count = 1,
#if BOARD_OWN_CERT
        .cert = { .data = own_cert, .len = own_cert_len },
        .key = { .data = own_key, .len = own_key_len },
#endif
    };
    const uspan_collector_t collector = { .endpoint = board_option("endpoint"), .gzip = USPAN_COMPRESS };
    uspan_lwip_tcp_init(&tcp, &plain);
#if USPAN_KEEP
    uspan_err_t err = crash_mount(&tracer);
#else
    uspan_err_t err = uspan_init(&tracer, &board_port);
#endif
    err = err == USPAN_OK ? uspan_tls_init(&tls, &plain, &options, &board_collector) : err;
    const uspan_transport_t *way = way_to(collector.endpoint != NULL ? collector.endpoint : BUILT_ENDPOINT);
    err = err == USPAN_OK ? uspan_export_to(&tracer, 0, way, &collector) : err;
#if SPOOLS
    err = err == USPAN_OK ? uspan_spool_mount(&tracer, 0, &spool, board_spool_storage()) : err;
#endif
#ifdef USPAN_STUDIO_URL
    err = err == USPAN_OK ? uspan_studio_start(&tracer, way_to(USPAN_STUDIO_URL), NULL) : err;
#endif
    uspan_set_gate(&tracer, &gate);
    return err;
}

static void tell(const char *name, uint64_t n)
{
    put_text(name);
    put_number((uint32_t)n);
}

static uint64_t sum(const uint64_t *numbers, size_t count)
{
    uint64_t all = 0;
    for (size_t i = 0; i < count; i++) {
        all += numbers[i];
    }
    return all;
}

/* Print the counters. Returns true if every span was delivered or stored in the spool. */
static bool tell_accounts(void)
{
    uspan_stats_t s;
    uspan_stats(&tracer, 0, &s);
    uint64_t dropped = sum(s.dropped, USPAN_DROP_COUNT);
    put_line("accounts:");
    tell("  started ", s.started);
    tell(" delivered ", s.delivered);
    tell(" rejected ", s.rejected);
    tell(" queued ", s.queued);
    tell(" dropped ", dropped);
#if SPOOLS
    tell(" spooled ", s.spooled);
    tell(" replayed ", s.replayed);
    tell(" spool_waiting ", s.spool_waiting);
    tell(" spool_lost ", s.spool_lost);
#endif
    tell(" no_entropy ", s.dropped[USPAN_DROP_NO_ENTROPY]);
    tell("\n  connects ", s.connects);
    tell(" requests ", s.requests);
    tell(" retries ", s.retries);
    tell(" resends ", s.resends);
    tell(" status ", s.last_status);
    put_text(s.last_error == 0                  ? " error none"
             : s.last_error == USPAN_ERR_TRUST  ? " error USPAN_ERR_TRUST"
             : s.last_error == USPAN_ERR_CLOSED ? " error USPAN_ERR_CLOSED"
             : s.last_error == USPAN_ERR_CONFIG ? " error USPAN_ERR_CONFIG"
                                                : " error USPAN_ERR_IO");
    tell("\n  longest uspan_poll us ", longest_ns / 1000u);
    put_text("\n");
    if (s.dropped[USPAN_DROP_NO_ENTROPY] > 0u) {
        put_line("no entropy: the board has none to give, so no span was recorded and no TLS started");
    } else if (s.last_error != 0) {
        put_text("not delivered: ");
        put_line(why);
    }
    report_board();
    report_memory("tracer_bytes", sizeof(tracer), 0u);
    report_memory("span_slots", s.spans_high, USPAN_SPANS_MAX);
    report_memory("text_blocks", s.blocks_high, USPAN_BLOCKS_MAX);
#if SPOOLS
    s.delivered += s.spooled;
#endif
    return s.started > 0u && s.delivered == s.started;
}

/* Returns true if the collector's certificate or a setting was refused, so that waiting does not help. */
static bool is_refused(void)
{
    uspan_stats_t s;
    uspan_stats(&tracer, 0, &s);
    return s.last_error == USPAN_ERR_TRUST || s.last_error == USPAN_ERR_CONFIG;
}

static uint32_t number_option(const char *name, uint32_t otherwise)
{
    const char *digits = board_option(name);
    return digits != NULL ? number_of(digits) : otherwise;
}

/* Send the spans that have ended, until they are sent or the deadline has passed. */
static void deliver(uint32_t deadline_ms)
{
    uspan_flush(&tracer);
    uint64_t until_ns = board_mono_ns() + (uint64_t)deadline_ms * 1000000u;
    while (!uspan_flushed(&tracer) && !is_refused() && board_mono_ns() < until_ns) {
#if USPAN_KEEP
        crash_while_exporting();
#endif
        go_on(100u);
    }
}

#if SPOOLS
/* Send the spans that an earlier boot has stored, until they are sent or the deadline has passed. */
static void drain(uint32_t deadline_ms)
{
    uspan_stats_t s;
    uint64_t until_ns = board_mono_ns() + (uint64_t)deadline_ms * 1000000u;
    uspan_stats(&tracer, 0, &s);
    while (s.spool_waiting > 0u && !is_refused() && board_mono_ns() < until_ns) {
        go_on(100u);
        uspan_stats(&tracer, 0, &s);
    }
}
#endif

/* Let the agent answer once, then deliver its spans. */
static void take_turn(uint32_t deadline_ms)
{
    in_turn = true;
#if BOARD_AGENT_TALKS
    agent_turn(&tracer, wait_ms);
#else
    put_line("user:  " AGENT_QUESTION);
    agent_turn(&tracer, wait_ms);
    put_line("agent: " AGENT_ANSWER);
#endif
    in_turn = false;
    deliver(deadline_ms);
}

int main(void)
{
    board_init();
    put_line("board: " BOARD_NAME);
#if BOARD_SNTP
    uspan_lwip_sntp_init(&board_port);
#endif
    ip_start();
    if (start() != USPAN_OK) {
        put_line("uspan does not start: is there a usable endpoint?");
        return 1;
    }
#if USPAN_KEEP
    board_watchdog_start();
#endif
    uint32_t deadline_ms = number_option("deadline_ms", DEADLINE_MS);
#if SPOOLS
    drain(deadline_ms);
#endif
#if USPAN_KEEP
    deliver(deadline_ms); /* spans kept over a reset, before they take room from new spans */
    crash_arm(&tracer);
#endif
    for (uint32_t turns = number_option("turns", 1u); turns > 0u; turns--) {
        take_turn(deadline_ms);
    }
    uspan_shutdown(&tracer, 0u);
    while (!uspan_stopped(&tracer)) {
        go_on(0u);
    }
    return tell_accounts() ? 0 : 1;
}
