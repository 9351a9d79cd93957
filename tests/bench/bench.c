/* bench.c: the workloads, each in its own function that callgrind collects by name: bench <what> <rounds>. A
 * round records a pool of 64 spans or encodes a batch of 64. It uses the POSIX port with its real lock.
 * uspan-config: USPAN_SPANS_MAX=66 USPAN_TEXT_BYTES=65536 USPAN_BATCH_BYTES_MAX=1048576 USPAN_BATCH_AGE_MS=60000 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "export/batch.h"
#include "export/otlp.h"
#include "stream.h"
#include "uspan_posix.h"
#include "w1.h"

#define BATCH 64u
#define MANY 1000u
#define READ_BYTES 1400u

char w1_input[W1_MESSAGE_BYTES + 1u];
char w1_output[W1_MESSAGE_BYTES + 1u];

static uspan_tracer_t tracer;
static uint64_t bytes_out;
#if USPAN_ATTRS_MAX >= 128
#define KEY(n) USPAN_KEY_INIT("app.counter." #n)
#define KEYS(n)                                                                                        \
    KEY(n##0), KEY(n##1), KEY(n##2), KEY(n##3), KEY(n##4), KEY(n##5), KEY(n##6), KEY(n##7), KEY(n##8), \
        KEY(n##9)
static const uspan_key_t int_keys[] = { KEYS(),  KEYS(1), KEYS(2), KEYS(3),  KEYS(4),  KEYS(5), KEYS(6),
                                        KEYS(7), KEYS(8), KEYS(9), KEYS(10), KEYS(11), KEYS(12) };
#endif

static uspan_err_t never_open(void *ctx, const uspan_peer_t *peer)
{
    (void)ctx;
    (void)peer;
    return USPAN_ERR_AGAIN;
}

static int32_t never_send(void *ctx, const uint8_t *buf, size_t len)
{
    (void)ctx;
    (void)buf;
    (void)len;
    return 0;
}

static int32_t never_recv(void *ctx, uint8_t *buf, size_t len)
{
    (void)ctx;
    (void)buf;
    (void)len;
    return 0;
}

static void no_close(void *ctx)
{
    (void)ctx;
}

static const char *no_why(void *ctx)
{
    (void)ctx;
    return "";
}

static const uspan_transport_t nowhere = { USPAN_TRANSPORT_ABI, 0u,         NULL,     never_open,
                                           never_send,          never_recv, no_close, no_why };

static bool is_asked;

static uspan_err_t open_at_once(void *ctx, const uspan_peer_t *peer)
{
    (void)ctx;
    (void)peer;
    return USPAN_OK;
}

static int32_t send_all(void *ctx, const uint8_t *buf, size_t len)
{
    (void)ctx;
    (void)buf;
    is_asked = true;
    return (int32_t)len;
}

static int32_t answer_200(void *ctx, uint8_t *buf, size_t len)
{
    static const char answer[] =
        "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n";
    (void)ctx;
    if (!is_asked || len < sizeof answer - 1u) {
        return 0;
    }
    is_asked = false;
    memcpy(buf, answer, sizeof answer - 1u);
    return (int32_t)(sizeof answer - 1u);
}

static const uspan_transport_t ready = { USPAN_TRANSPORT_ABI, 0u,       NULL,  open_at_once, send_all,
                                         answer_200,          no_close, no_why };

__attribute__((noinline)) static void bench_record_w1(uspan_t agent)
{
    for (unsigned i = 0; i < BATCH; i++) {
        record_w1(&tracer, agent);
    }
}

__attribute__((noinline)) static void bench_record_w1_all(uspan_t agent)
{
    for (unsigned i = 0; i < BATCH; i++) {
        record_w1_all(&tracer, agent);
    }
}

__attribute__((noinline)) static void bench_record_w1_typed(uspan_t agent)
{
    for (unsigned i = 0; i < BATCH; i++) {
        record_w1_typed(&tracer, agent);
    }
}

#if USPAN_ATTRS_MAX >= 128
__attribute__((noinline)) static void bench_record_ints_12(uspan_t agent)
{
    for (unsigned i = 0; i < BATCH; i++) {
        record_ints(&tracer, agent, int_keys, 12u);
    }
}

__attribute__((noinline)) static void bench_record_ints_128(uspan_t agent)
{
    for (unsigned i = 0; i < BATCH; i++) {
        record_ints(&tracer, agent, int_keys, 128u);
    }
}
#endif

__attribute__((noinline)) static void bench_record_w2(uspan_t agent)
{
    for (unsigned i = 0; i < BATCH; i++) {
        record_w2(&tracer, agent);
    }
}

/* Build the batch, which computes the size of its spans, and read it. */
static inline void encode(void)
{
    static uspan_otlp_t source;
    static uint8_t out[READ_BYTES];
    if (!uspan_batch_build(&tracer, 0u)) {
        abort();
    }
    uspan_otlp_begin(&source, &tracer, &tracer.out.dests[0].batch, 0u);
    for (size_t n; (n = uspan_otlp_read(&source, out, sizeof out)) > 0u;) {
        bytes_out += n;
    }
}

__attribute__((noinline)) static void bench_encode_w1(void)
{
    encode();
}

/* ---- many scopes, and a batch beside its spans --------------------------------------------------------- */

/* The compiler would merge functions with the same code, and callgrind would find only one of the two
 * names. */
static volatile unsigned apart;

#if USPAN_BATCH_SPANS_MAX >= MANY
static uspan_scope_t scopes[MANY];

__attribute__((noinline)) static void bench_scopes_1(void)
{
    apart = 1u;
    encode();
}

__attribute__((noinline)) static void bench_scopes_many(void)
{
    apart = 2u;
    encode();
}

/* A batch of MANY spans with four attributes, whose scopes are all equal or all different. */
static void run_scopes(unsigned count)
{
    for (unsigned i = 0; i < MANY; i++) {
        scopes[i].name = "agentscope";
        const uspan_options_t options = { .scope = &scopes[i % count] };
        uspan_t s = uspan_start_with(&tracer, USPAN_ROOT, "chat", 4u, &options);
        uspan_set_static(&tracer, s, &uspan_key_operation_name, "chat");
        uspan_set_static(&tracer, s, &uspan_key_provider_name, "dashscope");
        uspan_set_int(&tracer, s, &uspan_key_usage_input_tokens, 1200);
        uspan_set_int(&tracer, s, &uspan_key_usage_output_tokens, 48);
        uspan_end(&tracer, s);
    }
    if (count == 1u) {
        bench_scopes_1();
    } else {
        bench_scopes_many();
    }
    uspan_batch_delivered(&tracer, 0u, 0u);
}
#endif

/* Complete exchanges, from the first poll to the last, over a transport that accepts all bytes at once. */
static void poll_to_end(void)
{
    while (!uspan_flushed(&tracer)) {
        if (uspan_poll(&tracer, NULL) == USPAN_ERR_ARG) {
            abort();
        }
    }
}

__attribute__((noinline)) static void bench_batch_1(void)
{
    apart = 3u;
    poll_to_end();
}

__attribute__((noinline)) static void bench_batch_2(void)
{
    apart = 4u;
    poll_to_end();
}

static void run_batches(unsigned spans)
{
    for (unsigned i = 0; i < BATCH; i++) {
        for (unsigned n = 0; n < spans; n++) {
            uspan_end(&tracer, uspan_start(&tracer, USPAN_ROOT, "chat"));
        }
        uspan_flush(&tracer);
        if (spans == 1u) {
            bench_batch_1();
        } else {
            bench_batch_2();
        }
    }
}

/* Nothing to send: the cost of uspan_poll() for a main loop. */
__attribute__((noinline)) static void bench_poll_idle(void)
{
    for (unsigned i = 0; i < BATCH; i++) {
        if (uspan_poll(&tracer, NULL) != USPAN_OK) {
            abort();
        }
    }
}

/* The same bytes through memcpy alone: the lower limit of the cost of encoding. */
__attribute__((noinline)) static void bench_memcpy(void)
{
    static char from[2][W1_WIRE_BYTES];
    static uint8_t out[W1_WIRE_BYTES];
    for (unsigned i = 0; i < BATCH; i++) {
        memcpy(out, from[i % 2u], sizeof out);
        __asm__ volatile("" ::"r"(out) : "memory");
    }
}

__attribute__((noinline)) static void bench_wire(void)
{
    stream_read();
}

/* One streamed response per round. */
static int read_streams(const char *name, unsigned rounds)
{
    for (size_t i = 0; i < STREAMS; i++) {
        for (unsigned r = 0; r < rounds && strcmp(streams[i].name, name) == 0; r++) {
            stream_begin(&streams[i], &tracer);
            bench_wire();
            if (!stream_end()) {
                return 1;
            }
        }
    }
    printf("{\"bytes\": %zu}\n", stream_len);
    return stream_len > 0u ? 0 : 1;
}

/* One message of exactly W1_MESSAGE_BYTES. */
static void make_message(char *out, const char *head, const char *tail)
{
    static const char prose[] =
        "Bed 3 is at twelve percent; open valve 3 for two minutes, then look at the soil again. ";
    size_t head_len = strlen(head);
    size_t tail_len = strlen(tail);
    memcpy(out, head, head_len);
    for (size_t i = head_len; i < W1_MESSAGE_BYTES - tail_len; i++) {
        out[i] = prose[(i - head_len) % (sizeof prose - 1u)];
    }
    memcpy(out + W1_MESSAGE_BYTES - tail_len, tail, tail_len + 1u);
}

static uint64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr,
                "usage: bench "
                "record_w1|record_w1_all|record_w1_typed|record_w2|record_ints_12|record_ints_128|"
                "encode_w1|scopes_1|scopes_many|batch_1|batch_2|poll_idle|memcpy|wire_<dialect> rounds\n");
        return 2;
    }
    const char *what = argv[1];
    unsigned rounds = (unsigned)strtoul(argv[2], NULL, 10);
    make_message(w1_input, "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"", "\"}]}]");
    make_message(w1_output, "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"",
                 "\"}],\"finish_reason\":\"stop\"}]");
    const uspan_collector_t nobody = { .endpoint = "http://127.0.0.1:9/v1/traces" };
    if (uspan_init(&tracer, uspan_posix_port()) != USPAN_OK ||
        uspan_export_to(&tracer, 0u, strncmp(what, "batch_", 6u) == 0 ? &ready : &nowhere, &nobody) !=
            USPAN_OK) {
        return 1;
    }
    uspan_set_unix_time(&tracer, 1700000000000000000u);
    if (strncmp(what, "wire_", 5u) == 0) {
        return read_streams(what + 5, rounds);
    }
    uspan_t agent = uspan_start(&tracer, USPAN_ROOT, "invoke_agent greenhouse");
    unsigned span_bytes = 0;
    unsigned blocks = 0;
    size_t heap = mallinfo2().uordblks;
    uint64_t began = now_ns();
    for (unsigned r = 0; r < rounds; r++) {
        if (strcmp(what, "memcpy") == 0) {
            bench_memcpy();
            continue;
        }
        if (strncmp(what, "batch_", 6u) == 0) {
            run_batches(what[6] == '1' ? 1u : 2u);
            continue;
        }
#if USPAN_BATCH_SPANS_MAX >= MANY
        if (strncmp(what, "scopes_", 7u) == 0) {
            run_scopes(what[7] == '1' ? 1u : MANY);
            continue;
        }
#endif
        if (strcmp(what, "poll_idle") == 0) {
            bench_poll_idle();
            continue;
        }
        if (strcmp(what, "record_w2") == 0) {
            bench_record_w2(agent);
        } else if (strcmp(what, "record_w1_all") == 0) {
            bench_record_w1_all(agent);
        } else if (strcmp(what, "record_w1_typed") == 0) {
            bench_record_w1_typed(agent);
#if USPAN_ATTRS_MAX >= 128
        } else if (strcmp(what, "record_ints_12") == 0) {
            bench_record_ints_12(agent);
        } else if (strcmp(what, "record_ints_128") == 0) {
            bench_record_ints_128(agent);
#endif
        } else {
            bench_record_w1(agent);
        }
        if (r == 0u) {
            uspan_stats_t s;
            uspan_stats(&tracer, 0u, &s);
            blocks = s.blocks_live / BATCH;
        }
        bench_encode_w1();
        span_bytes = tracer.trace.slots[tracer.out.dests[0].batch.first].size;
        uspan_batch_delivered(&tracer, 0u, 0u);
    }
    uint64_t took = now_ns() - began;
    uspan_stats_t s;
    uspan_stats(&tracer, 0u, &s);
    printf("{\"spans\": %llu, \"delivered\": %llu, \"span_bytes\": %u, \"blocks\": %u, \"block_bytes\": %d, "
           "\"bytes\": %llu, "
           "\"heap_bytes\": %lld, \"ns\": %llu, \"values_truncated\": %u, \"attrs_dropped\": %u}\n",
           (unsigned long long)s.started, (unsigned long long)s.delivered, span_bytes, blocks,
           USPAN_BLOCK_BYTES, (unsigned long long)bytes_out, (long long)(mallinfo2().uordblks - heap),
           (unsigned long long)took, s.values_truncated, s.attrs_dropped);
    return 0;
}
