/* w1_blocks.c: prints the number of text blocks that one W1 span uses while it waits for export. */
#include <stdio.h>
#include <string.h>
#include "uspan/port_none.h"
#include "w1.h"

char w1_input[W1_MESSAGE_BYTES + 1u];
char w1_output[W1_MESSAGE_BYTES + 1u];

static uint64_t clock_ns(void *ctx)
{
    (void)ctx;
    return 1;
}
static uspan_err_t entropy(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(i + 1u);
    }
    return USPAN_OK;
}

int main(void)
{
    static const uspan_port_t port = { USPAN_PORT_ABI, NULL, uspan_none_lock, uspan_none_unlock, clock_ns,
                                       uspan_none_unix_ns, entropy, uspan_none_task, uspan_none_log };
    static uspan_tracer_t tracer;
    if (uspan_init(&tracer, &port) != USPAN_OK) {
        return 1;
    }
    memset(w1_input, 'i', W1_MESSAGE_BYTES); /* blocks depend on its length only */
    memset(w1_output, 'o', W1_MESSAGE_BYTES);
    uspan_t agent = uspan_start(&tracer, USPAN_ROOT, "invoke_agent");
    record_w1(&tracer, agent);
    uspan_stats_t stats;
    uspan_stats(&tracer, 0, &stats);
    printf("%u\n", (unsigned)stats.blocks_high); /* the agent span has no text except its name */
    return stats.values_truncated + stats.attrs_dropped == 0u ? 0 : 1;
}
