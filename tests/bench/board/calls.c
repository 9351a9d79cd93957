/* calls.c: a firmware without a network that prints the cost of recording and encoding in instructions.
 * Invariant: the workloads are those of bench.c, so that figures of host and board can be compared.
 * uspan-config: USPAN_SPANS_MAX=66 USPAN_TEXT_BYTES=65536 USPAN_BATCH_BYTES_MAX=1048576 USPAN_BATCH_AGE_MS=60000 */
#include <string.h>

#include "export/batch.h"
#include "board.h"
#include "export/otlp.h"
#include "rig.h"
#include "stream.h"
#include "w1.h"

#define BATCH 64u
#define READ_BYTES 1400u
#define POLLS_MAX 2000u

char w1_input[W1_MESSAGE_BYTES + 1u];
char w1_output[W1_MESSAGE_BYTES + 1u];

static uspan_t agent;

static void record_64_w1(void)
{
    for (unsigned i = 0; i < BATCH; i++) {
        record_w1(&rig_tracer, agent);
    }
}

static void record_64_w1_all(void)
{
    for (unsigned i = 0; i < BATCH; i++) {
        record_w1_all(&rig_tracer, agent);
    }
}

static void record_64_w1_typed(void)
{
    for (unsigned i = 0; i < BATCH; i++) {
        record_w1_typed(&rig_tracer, agent);
    }
}

static void record_64_w2(void)
{
    for (unsigned i = 0; i < BATCH; i++) {
        record_w2(&rig_tracer, agent);
    }
}

static void encode_64(void)
{
    static uspan_otlp_t source;
    static uint8_t out[READ_BYTES];
    rig_expect(uspan_batch_build(&rig_tracer, 0u), "a batch");
    uspan_otlp_begin(&source, &rig_tracer, &rig_tracer.out.dests[0].batch, 0u);
    while (uspan_otlp_read(&source, out, sizeof out) > 0u) {
    }
}

static void copy_64(void)
{
    static char from[2][W1_WIRE_BYTES];
    static uint8_t out[W1_WIRE_BYTES];
    for (unsigned i = 0; i < BATCH; i++) {
        memcpy(out, from[i % 2u], sizeof out);
        __asm__ volatile("" ::"r"(out) : "memory");
    }
}

static void poll_64(void)
{
    for (unsigned i = 0; i < BATCH; i++) {
        rig_expect(uspan_poll(&rig_tracer, NULL) == USPAN_OK, "an idle poll");
    }
}

static void poll_once(void)
{
    rig_expect(uspan_poll(&rig_tracer, NULL) >= USPAN_ERR_AGAIN, "a poll");
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

static void read_stream(void)
{
    stream_read();
}

/* Streamed responses of every dialect: instructions, bytes. */
static void tell_streams(void)
{
    for (size_t i = 0; i < STREAMS; i++) {
        rig_begin(false, true);
        stream_begin(&streams[i], &rig_tracer);
        uint32_t cost = rig_cost(read_stream);
        rig_expect(stream_end(), streams[i].name);
        rig_tell("wire", streams[i].name, cost, (uint32_t)stream_len);
    }
}

static void tell_each(const char *name, void (*work)(void))
{
    uint32_t all = rig_cost(work);
    rig_tell("work", name, (all + BATCH / 2u) / BATCH, 0u);
}

static void begin(bool timed)
{
    rig_begin(timed, true);
    agent = uspan_start(&rig_tracer, USPAN_ROOT, "invoke_agent greenhouse");
}

/* A batch of 64 W1 spans through HTTP until it is delivered. Measures the longest step of uspan alone, and
 * returns its instructions. */
static uint32_t send_64(bool timed)
{
    uint32_t longest = 0;
    begin(timed);
    record_64_w1();
    uspan_flush(&rig_tracer);
    rig_longest_hold = 0;
    for (unsigned i = 0; i < POLLS_MAX && !uspan_flushed(&rig_tracer); i++) {
        uint32_t cost = rig_cost(poll_once);
        longest = cost > longest ? cost : longest;
    }
    uspan_stats_t s;
    uspan_stats(&rig_tracer, 0u, &s);
    rig_expect(s.delivered == BATCH, "64 spans delivered");
    return longest;
}

int main(void)
{
    board_init();
    make_message(w1_input, "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"", "\"}]}]");
    make_message(w1_output, "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"",
                 "\"}],\"finish_reason\":\"stop\"}]");
    begin(false);
    tell_each("record_w1", record_64_w1);
    tell_each("encode_w1", encode_64);
    rig_tell("work", "wire_w1", rig_tracer.trace.slots[rig_tracer.out.dests[0].batch.first].size, 0u);
    uspan_stats_t s;
    uspan_stats(&rig_tracer, 0u, &s);
    rig_expect(s.started == BATCH + 1u && s.values_truncated + s.attrs_dropped == 0u, "every span whole");
    begin(false);
    tell_each("record_w1_all", record_64_w1_all);
    begin(false);
    tell_each("record_w1_typed", record_64_w1_typed);
    begin(false);
    tell_each("record_w2", record_64_w2);
    begin(false);
    tell_each("poll_idle", poll_64);
    tell_each("memcpy_w1", copy_64);
    uint32_t longest = send_64(false);
    (void)send_64(true); /* again, to measure how long interrupts are disabled */
    rig_tell("work", "poll_longest", longest, rig_longest_hold);
    tell_streams();
    scenes_tell();
    scenes_many_tell();
    put_line("done");
    return 0;
}
