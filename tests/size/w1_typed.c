/* w1_typed.c: records W1 through the plain or the typed calls, which give the same span, attribute by
 * attribute. w1_typed plain|typed records it 64 times. callgrind measures the functions bench_<what>. The
 * program prints spans, losses, and attributes per span. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "uspan_posix.h"
#include "w1.h"

#define TIMES 64u

char w1_input[W1_MESSAGE_BYTES + 1u];
char w1_output[W1_MESSAGE_BYTES + 1u];
static uspan_tracer_t tracer;

__attribute__((noinline)) static void bench_plain(uspan_t agent)
{
    for (unsigned i = 0; i < TIMES; i++) {
        record_w1(&tracer, agent);
    }
}

__attribute__((noinline)) static void bench_typed(uspan_t agent)
{
    for (unsigned i = 0; i < TIMES; i++) {
        record_w1_typed(&tracer, agent);
    }
}

static uspan_err_t keep(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    (void)ctx;
    (void)t;
    (void)s;
    return USPAN_ERR_AGAIN;
}

int main(int argc, char **argv)
{
    memset(w1_input, 'i', W1_MESSAGE_BYTES);
    memset(w1_output, 'o', W1_MESSAGE_BYTES);
    static const uspan_sink_t sink = { .span = keep };
    if (argc != 2 || uspan_init(&tracer, uspan_posix_port()) != USPAN_OK ||
        uspan_export_to_sink(&tracer, 0u, &sink) != USPAN_OK) {
        return 2;
    }
    uspan_t agent = uspan_start(&tracer, USPAN_ROOT, "invoke_agent greenhouse");
    bool typed = strcmp(argv[1], "typed") == 0;
    if (typed) {
        bench_typed(agent);
    } else {
        bench_plain(agent);
    }
    uspan_stats_t s;
    uspan_stats(&tracer, 0u, &s);
    const uspan_slot_t *slot = &tracer.trace.slots[tracer.trace.queues[0].head];
    printf("%llu %u %u %u\n", (unsigned long long)s.started, s.attrs_dropped, s.values_truncated, slot->attr_count);
    return 0;
}
