/* bench.c: the workloads, each in a function of its own that callgrind collects by name: bench <what> <rounds>. A round
 * records a pool of 64 spans or encodes a batch of 64. Uses the POSIX port, its real lock included.
 * uspan-config: USPAN_SPANS_MAX=66 USPAN_TEXT_BYTES=65536 USPAN_BATCH_BYTES_MAX=1048576 USPAN_BATCH_AGE_MS=60000 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "batch.h"
#include "otlp.h"
#include "stream.h"
#include "uspan_posix.h"
#include "w1.h"

#define BATCH 64u
#define READ_BYTES 1400u

char w1_input[W1_MESSAGE_BYTES + 1u];
char w1_output[W1_MESSAGE_BYTES + 1u];

static uspan_tracer_t tracer;
static uint64_t bytes_out;

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

__attribute__((noinline)) static void bench_record_w1(uspan_t agent)
{
    for (unsigned i = 0; i < BATCH; i++) {
        record_w1(&tracer, agent);
    }
}

__attribute__((noinline)) static void bench_record_w2(uspan_t agent)
{
    for (unsigned i = 0; i < BATCH; i++) {
        record_w2(&tracer, agent);
    }
}

/* Freezing the batch, which sizes its spans, and reading it out. */
__attribute__((noinline)) static void bench_encode_w1(void)
{
    static uspan_otlp_t source;
    static uint8_t out[READ_BYTES];
    if (!uspan_batch_freeze(&tracer, 0u)) {
        abort();
    }
    uspan_otlp_begin(&source, &tracer, &tracer.out.dests[0].batch, 0u);
    for (size_t n; (n = uspan_otlp_read(&source, out, sizeof out)) > 0u;) {
        bytes_out += n;
    }
}

/* Nothing to send: what a main loop pays for asking. */
__attribute__((noinline)) static void bench_poll_idle(void)
{
    for (unsigned i = 0; i < BATCH; i++) {
        if (uspan_poll(&tracer, NULL) != USPAN_OK) {
            abort();
        }
    }
}

/* The same bytes through memcpy alone: what encoding cannot go below. */
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

/* One call's streamed answer a round. */
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
    static const char prose[] = "Bed 3 is at twelve percent; open valve 3 for two minutes, then look at the soil again. ";
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
        fprintf(stderr, "usage: bench record_w1|record_w2|encode_w1|poll_idle|memcpy|wire_<dialect> rounds\n");
        return 2;
    }
    const char *what = argv[1];
    unsigned rounds = (unsigned)strtoul(argv[2], NULL, 10);
    make_message(w1_input, "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"", "\"}]}]");
    make_message(w1_output, "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"",
                 "\"}],\"finish_reason\":\"stop\"}]");
    const uspan_collector_t nobody = { .endpoint = "http://127.0.0.1:9/v1/traces" };
    if (uspan_init(&tracer, uspan_posix_port()) != USPAN_OK ||
        uspan_export_to(&tracer, 0u, &nowhere, &nobody) != USPAN_OK) {
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
        if (strcmp(what, "poll_idle") == 0) {
            bench_poll_idle();
            continue;
        }
        if (strcmp(what, "record_w2") == 0) {
            bench_record_w2(agent);
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
    printf("{\"spans\": %llu, \"delivered\": %llu, \"span_bytes\": %u, \"blocks\": %u, \"block_bytes\": %d, \"bytes\": %llu, "
           "\"heap_bytes\": %lld, \"ns\": %llu, \"values_truncated\": %u, \"attrs_dropped\": %u}\n",
           (unsigned long long)s.started, (unsigned long long)s.delivered, span_bytes, blocks, USPAN_BLOCK_BYTES,
           (unsigned long long)bytes_out, (long long)(mallinfo2().uordblks - heap), (unsigned long long)took,
           s.values_truncated, s.attrs_dropped);
    return 0;
}
