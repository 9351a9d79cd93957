/* agent_under_test.c: a program on the POSIX port that records by its arguments, exports over the network,
 * and prints its counts as one line of JSON. Exit status 0: it ran to its end. The test checks what arrived.
 * uspan-config: USPAN_SPANS_MAX=512 USPAN_TEXT_BYTES=131072
 * uspan-config: USPAN_BATCH_SPANS_MAX=256 USPAN_BATCH_BYTES_MAX=262144 USPAN_SEND_BYTES=4096
 * uspan-config: USPAN_RETRY_FIRST_MS=20 USPAN_RETRY_MAX_MS=200 USPAN_STUDIO=1
 *
 *     agent_under_test URL [key=value ...]
 *       rounds=1     repetitions: record, flush, wait until all spans have their result
 *       spans=1      per round, as fast as the pool has room
 *       text=0       bytes of a text attribute of each span
 *       timeout=500  of one exchange, ms
 *       deadline=5000  of the shutdown, ms
 *       pause=0      between rounds, ms; uspan_poll() is still called
 *       settle=60000 longest wait for the results of a round, ms; 0: do not wait. The wait also ends if the
 *                    destination's next attempt is seconds away.
 *       failures=0   the wait also ends after this number of failed exchanges; 0: no limit
 *       anchor=FILE  PEM; https only
 *       cert=FILE key=FILE  of this client
 *       tls=13       highest version: 12 or 13
 *       proxy=URL    http://[user:password@]host:port
 *       headers=TEXT studio=URL run=ID project=TEXT */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "uspan/uspan.h"
#include "uspan_mbedtls.h"
#include "uspan_posix.h"

static uspan_tracer_t tracer;
static uspan_posix_tcp_t tcp, studio_tcp;
static uspan_tls_t tls;
static uspan_transport_t plain, secure, studio_plain, through;
static uspan_proxy_t proxy;

static const char *text_arg(int argc, char **argv, const char *key, const char *otherwise)
{
    size_t len = strlen(key);
    for (int i = 2; i < argc; i++) {
        if (strncmp(argv[i], key, len) == 0 && argv[i][len] == '=') {
            return argv[i] + len + 1;
        }
    }
    return otherwise;
}

static unsigned long number_arg(int argc, char **argv, const char *key, unsigned long otherwise)
{
    const char *text = text_arg(argc, argv, key, NULL);
    return text != NULL ? strtoul(text, NULL, 10) : otherwise;
}

static uint64_t now_ms(void)
{
    return uspan_posix_port()->mono_ns(NULL) / 1000000u;
}

/* Poll once. Then sleep for the returned time, at most max_ms, and at most until the socket is ready. */
static void turn(uint32_t max_ms)
{
    uint32_t wait_ms = 0;
    uspan_posix_tcp_settle(&tcp);
    uspan_posix_tcp_settle(&studio_tcp);
    if (uspan_poll(&tracer, &wait_ms) == USPAN_ERR_ARG) {
        abort();
    }
    wait_ms = wait_ms < max_ms ? wait_ms : max_ms;
    if (wait_ms == 0u) {
        return;
    }
    struct pollfd fds[2];
    nfds_t count = 0;
    short events = 0;
    for (unsigned i = 0; i < 2u; i++) {
        int fd = uspan_posix_tcp_fd(i == 0u ? &tcp : &studio_tcp, &events);
        if (fd >= 0) {
            fds[count++] = (struct pollfd){ .fd = fd, .events = events };
        }
    }
    (void)poll(fds, count, (int)wait_ms);
}

static void record(unsigned long text_len)
{
    static char text[65536];
    memset(text, 't', sizeof text);
    uspan_t s = uspan_start(&tracer, USPAN_ROOT, "chat qwen-max");
    (void)uspan_set_int(&tracer, s, USPAN_KEY("gen_ai.usage.input_tokens"), 12);
    if (text_len > 0u) {
        (void)uspan_set_str_n(&tracer, s, USPAN_KEY("text"), text,
                              text_len < sizeof text ? text_len : sizeof text);
    }
    (void)uspan_end(&tracer, s);
}

static void print_accounts(void)
{
    uspan_stats_t s;
    uspan_stats(&tracer, 0, &s);
    uint64_t dropped = 0;
    for (unsigned c = 0; c < USPAN_DROP_COUNT; c++) {
        dropped += s.dropped[c];
    }
    printf("{\"balanced\": %d, \"started\": %" PRIu64 ", \"delivered\": %" PRIu64 ", \"rejected\": %" PRIu64
           ", \"queued\": %" PRIu32 ", \"dropped\": {",
           s.started == s.delivered + s.rejected + s.queued + s.open + s.unsampled + dropped, s.started,
           s.delivered, s.rejected, s.queued);
    const char *comma = "";
    for (unsigned c = 0; c < USPAN_DROP_COUNT; c++) {
        if (s.dropped[c] != 0u) {
            printf("%s\"%s\": %" PRIu64, comma, uspan_drop_name((uspan_drop_t)c), s.dropped[c]);
            comma = ", ";
        }
    }
    printf("}, \"requests\": %" PRIu32 ", \"retries\": %" PRIu32 ", \"resends\": %" PRIu32
           ", \"connects\": %" PRIu32 ", \"refusals\": %" PRIu32
           ", \"last_status\": %d, \"last_error\": %d, \"blocks_live\": %" PRIu32
           ", \"stopped\": %d, \"why\": \"%s\"}\n",
           s.requests, s.retries, s.resends, s.connects, s.refusals, s.last_status, s.last_error,
           s.blocks_live, uspan_stopped(&tracer), tracer.out.dests[0].target.why);
}

/* True if the next attempt is more than 5 s away. Only settings or a Retry-After make a wait that long
 * here. */
static bool rests(void)
{
    return tracer.out.exchanges[0].step == 0u && tracer.out.dests[0].target.backoff.not_before_ns >
                                                     uspan_posix_port()->mono_ns(NULL) + UINT64_C(5000000000);
}

static bool has_failed(unsigned long failures)
{
    uspan_stats_t s;
    uspan_stats(&tracer, 0, &s);
    return failures > 0u && s.retries >= failures;
}

int main(int argc, char **argv)
{
    if (argc < 2 || uspan_init(&tracer, uspan_posix_port()) != USPAN_OK) {
        return 2;
    }
    uspan_posix_tcp_init(&tcp, &plain);
    uspan_posix_tcp_init(&studio_tcp, &studio_plain);
    const uspan_transport_t *transport = &plain;
    const bool is_https = strncmp(argv[1], "https:", 6) == 0;
    const uspan_proxy_options_t by = { .url = text_arg(argc, argv, "proxy", NULL), .tunnel = is_https };
    if (by.url != NULL) {
        if (uspan_proxy_init(&proxy, &plain, &by, &through) != USPAN_OK) {
            return 2;
        }
        transport = &through;
    }
    const uspan_tls_blob_t anchor = { .file = text_arg(argc, argv, "anchor", NULL) };
    if (is_https) {
        const uspan_tls_options_t options = {
            .port = uspan_posix_port(),
            .anchors = &anchor,
            .anchor_count = 1,
            .cert = { .file = text_arg(argc, argv, "cert", NULL) },
            .key = { .file = text_arg(argc, argv, "key", NULL) },
            .max_version = number_arg(argc, argv, "tls", 13) == 12u ? USPAN_TLS_1_2 : USPAN_TLS_1_3,
        };
        if (uspan_tls_init(&tls, transport, &options, &secure) != USPAN_OK) {
            return 2;
        }
        transport = &secure;
    }
    const uspan_collector_t collector = {
        .endpoint = argv[1],
        .headers = text_arg(argc, argv, "headers", NULL),
        .timeout_ms = (uint32_t)number_arg(argc, argv, "timeout", 500),
    };
    if (uspan_export_to(&tracer, 0, transport, &collector) != USPAN_OK) {
        return 2;
    }
    const uspan_studio_t studio = { .url = text_arg(argc, argv, "studio", NULL),
                                    .run_id = text_arg(argc, argv, "run", NULL),
                                    .project = text_arg(argc, argv, "project", NULL),
                                    .name = "under test" };
    if (studio.url != NULL && uspan_studio_start(&tracer, &studio_plain, &studio) != USPAN_OK) {
        return 2;
    }
    unsigned long rounds = number_arg(argc, argv, "rounds", 1), spans = number_arg(argc, argv, "spans", 1);
    unsigned long text_len = number_arg(argc, argv, "text", 0),
                  settle_ms = number_arg(argc, argv, "settle", 60000),
                  failures = number_arg(argc, argv, "failures", 0);
    for (unsigned long r = 0; r < rounds; r++) {
        for (unsigned long i = 0; i < spans; i++) {
            while (tracer.trace.queues[0].count >=
                   USPAN_SPANS_MAX - 1) { /* the pool is full: no span may be dropped here */
                turn(100);
            }
            record(text_len);
            turn(0);
        }
        uint64_t until_ms = now_ms() + settle_ms;
        uspan_flush(&tracer);
        while (!uspan_flushed(&tracer) && !rests() && !has_failed(failures) && now_ms() < until_ms) {
            turn(100);
        }
        until_ms = now_ms() + number_arg(argc, argv, "pause", 0);
        for (uint64_t at_ms; (at_ms = now_ms()) < until_ms;) {
            turn((uint32_t)(until_ms - at_ms));
        }
    }
    uspan_shutdown(&tracer, (uint32_t)number_arg(argc, argv, "deadline", 5000));
    while (!uspan_stopped(&tracer)) {
        turn(100);
    }
    print_accounts();
    if (transport == &secure) {
        uspan_tls_free(&tls);
    }
    return 0;
}
