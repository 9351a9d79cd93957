/* keep.c: the header of a kept tracer, and the crash call with its seal. Invariant: magic is written after
 * the rest of the header. It is zero while the pools are not in a form that a reader may trust. sealed is
 * zero, or was written after the checksum that it confirms. */
#include "trace/keep.h"
#include <string.h>
#include "trace/keep_check.h"
#include "trace/lock.h"
#include "trace/pool.h"

#if USPAN_KEEP
#define MAGIC 0x6B707375u
#define SEALED 0x5EA1ED01u
#define CRASHED 0xC5A54ED1u

typedef uint32_t __attribute__((may_alias)) word_t;

uint32_t uspan_keep_sum(uint32_t sum, const void *from, size_t bytes)
{
    const word_t *word = from;
    for (size_t n = bytes / sizeof *word; n > 0u; n--) {
        sum = (sum ^ *word++) * 2654435761u;
        sum ^= sum >> 15;
    }
    return sum;
}

/* Returns the checksum of pools, epochs, tracestates and crash. */
static uint32_t sum_of(const uspan_tracer_t *t)
{
    const size_t low = offsetof(uspan_tracer_t, block_next) / sizeof(word_t) * sizeof(word_t);
    const size_t high = offsetof(uspan_tracer_t, keep) + offsetof(uspan_keep_t, sum);
    uint32_t sum = uspan_keep_sum(1u, t->trace.epochs, sizeof t->trace.epochs);
#if USPAN_TRACESTATE_BYTES > 0
    sum = uspan_keep_sum(sum, t->trace.tracestates, sizeof t->trace.tracestates);
#endif
    return uspan_keep_sum(sum, (const char *)t + low, high - low);
}

void uspan_keep_crash(uspan_tracer_t *t, const uspan_crash_t *crash)
{
    uspan_keep_t *k = t != NULL ? uspan_keep_of(t) : NULL;
    if (k == NULL || crash == NULL || k->magic != MAGIC || k->self != (uintptr_t)t || k->sealed == SEALED) {
        return;
    }
    if (k->crashed != CRASHED) { /* otherwise this call interrupts the first one, and both seal the same */
        k->crash = *crash;
        USPAN_COMMIT_ORDER();
        k->crashed = CRASHED;
    }
    k->sum = sum_of(t);
    USPAN_COMMIT_ORDER();
    k->sealed = SEALED;
}

void uspan_keep_forget(uspan_tracer_t *t)
{
    uspan_keep_t *k = uspan_keep_of(t);
    k->magic = 0u;
    k->mounted = 0u;
    USPAN_COMMIT_ORDER();
}

static size_t build_id_len(const uspan_keep_options_t *o)
{
    const size_t most = sizeof((uspan_keep_t *)NULL)->build_id;
    const size_t len = o->build_id_len < most ? o->build_id_len : most;
    return o->build_id != NULL ? len : 0u;
}

void uspan_keep_begin(uspan_tracer_t *t, const uspan_keep_options_t *o)
{
    uspan_keep_t *k = uspan_keep_of(t);
    k->crashed = 0u;
    k->sealed = 0u;
    if (k->magic != MAGIC) { /* otherwise it was checked, and there is always a header */
        k->config_id = USPAN_CONFIG_ID;
        k->self = (uintptr_t)t;
        k->build_id_len = (uint8_t)build_id_len(o);
        if (k->build_id_len > 0u) {
            memcpy(k->build_id, o->build_id, k->build_id_len);
        }
        k->own = 0u;
        USPAN_COMMIT_ORDER();
        k->magic = MAGIC;
    }
}

static bool is_own(const uspan_tracer_t *t, const uspan_keep_options_t *o)
{
    const uspan_keep_t *k = uspan_keep_of(t);
    const size_t len = build_id_len(o);
    return len > 0u && k->build_id_len == len && memcmp(k->build_id, o->build_id, len) == 0 &&
           k->config_id == USPAN_CONFIG_ID && k->self == (uintptr_t)t;
}

/* Returns the number of slots that seem to hold a span. */
static uint16_t count_slots(const uspan_tracer_t *t)
{
    uint16_t count = 0;
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        count = (uint16_t)(count + (t->slots[i].state != USPAN_STATE_FREE));
    }
    return count;
}

bool uspan_keep_take(uspan_tracer_t *t, const uspan_keep_options_t *o, uspan_keep_report_t *report)
{
    uspan_keep_t *k = uspan_keep_of(t);
    report->found = USPAN_KEPT_TAKEN;
    report->reason = o->reason;
    if (o->reason >= USPAN_RESET_BROWNOUT) {
        report->found = USPAN_KEPT_UNREAD;
    } else if (k->magic != MAGIC) {
        report->found = USPAN_KEPT_NOTHING;
    } else if (!is_own(t, o)) {
        report->found = USPAN_KEPT_OTHER;
    } else if (k->sealed != 0u && (k->sealed != SEALED || k->sum != sum_of(t))) {
        report->found = USPAN_KEPT_ALTERED;
        report->lost = count_slots(t);
    }
    if (report->found != USPAN_KEPT_TAKEN) {
        return false;
    }
    k->sealed = 0u; /* the pools change from here on */
    USPAN_COMMIT_ORDER();
    if (k->crashed != CRASHED || k->crash.reg_count > USPAN_CRASH_REGS_MAX ||
        (unsigned)k->crash.reason > USPAN_RESET_POWER_ON) {
        k->crash.reason = o->reason;
        k->crash.reg_count = 0u;
        k->crash.now_ns = 0u;
    }
    report->reason = k->crash.reason;
    k->reason = (uint8_t)k->crash.reason;
    k->lost = k->cut = 0u;
    uspan_keep_check(t, o);
    k->mounted = 1u;
    report->lost = k->lost;
    return true;
}

void uspan_keep_clear(uspan_tracer_t *t)
{
    char *p = (char *)&t->trace;
    const size_t tasks = offsetof(uspan_trace_part_t, tasks);
#if USPAN_TRACESTATE_BYTES > 0
    const size_t end = offsetof(uspan_trace_part_t, tracestates);
#else
    const size_t end = sizeof t->trace;
#endif
    memset(p, 0, offsetof(uspan_trace_part_t, epochs));
    memset(p + tasks, 0, end - tasks);
    memset(p + sizeof t->trace, 0, offsetof(uspan_tracer_t, block_next) - sizeof t->trace);
}
#endif
