/* stats.c: the counters of one destination. Invariant: started = delivered + rejected + spooled + queued +
 * open + unsampled + dropped, at any time. */
#include <string.h>
#include "export/export_state.h"
#include "export/queue.h"
#include "export/spool_replay.h"
#include "trace/pool.h"

/* In the order of uspan_drop_t, ended by an empty one. */
static const char drop_names[] = "pool_full\0parent_dropped\0no_entropy\0stopped\0no_destination\0evicted\0"
                                 "too_large\0refused\0retries\0no_time\0deadline\0";

const char *uspan_drop_name(uspan_drop_t cause)
{
    const char *name = drop_names;
    for (unsigned c = cause < USPAN_DROP_COUNT ? cause : USPAN_DROP_COUNT; c > 0u; c--) {
        name += strlen(name) + 1u;
    }
    return name;
}

/* Copy the fields from first to last. They have the same order in uspan_stats_t and where they are
 * counted. */
#define COPY_FIELDS(out, from, type, first, last)                                                        \
    USPAN_STATIC_ASSERT(offsetof(uspan_stats_t, last) - offsetof(uspan_stats_t, first) ==                \
                            offsetof(type, last) - offsetof(type, first),                                \
                        "the fields stand alike");                                                       \
    memcpy((char *)(out) + offsetof(uspan_stats_t, first), (const char *)(from) + offsetof(type, first), \
           offsetof(type, last) - offsetof(type, first) + sizeof(out)->last)

void uspan_stats(uspan_tracer_t *t, unsigned d, uspan_stats_t *out)
{
    memset(out, 0, sizeof *out);
    if (!uspan_is_live(t) || d >= USPAN_DESTINATIONS_MAX) {
        return;
    }
    const uspan_trace_part_t *p = &t->trace;
    const uspan_dest_t *dest = uspan_dest(t, d);
    const uspan_target_t *target = &dest->target;
    uint32_t state = uspan_lock(t);
    out->started = p->started - dest->missed;
    out->delivered = dest->settled[USPAN_SPAN_DELIVERED - USPAN_DROP_COUNT];
    out->rejected = dest->settled[USPAN_SPAN_REJECTED - USPAN_DROP_COUNT];
    out->unsampled = p->unsampled;
    out->queued = p->queues[uspan_dest_index(d)].count;
    out->open = p->open;
    for (unsigned c = 0; c < USPAN_DROP_COUNT; c++) {
        out->dropped[c] = uspan_dropped(t, d, c);
    }
    COPY_FIELDS(out, p, uspan_trace_part_t, attrs_dropped, times_ahead);
    out->spans_high = p->slots_high > p->slots_live ? p->slots_high : p->slots_live;
    out->blocks_live = p->blocks_live;
    out->blocks_high = p->blocks_high > p->blocks_live ? p->blocks_high : p->blocks_live;
    out->blocks_wanted = p->blocks_wanted > out->blocks_high ? p->blocks_wanted : out->blocks_high;
    uspan_unlock(t, state);
    COPY_FIELDS(out, target, uspan_target_t, requests, unread);
    out->refusals = dest->refusals;
    out->renewals = dest->renewals;
#if USPAN_STUDIO
    out->run_failures = t->out.run_failures;
    out->messages_delivered = t->out.messages_delivered;
    out->messages_dropped = p->messages_dropped;
#endif
#if USPAN_SPOOL
    out->spooled = dest->settled[USPAN_SPAN_SPOOLED - USPAN_DROP_COUNT];
    const uspan_spool_t *spool = t->out.spools[uspan_spool_index(d)];
    if (spool != NULL && (USPAN_SPOOL_READERS > 1 || spool->dest == d)) {
        const unsigned reader = USPAN_SPOOL_READERS > 1 ? d : 0u;
        const uint32_t done = spool->log.done[reader].number;
        out->spool_records = spool->log.next[reader];
        out->spool_lost = spool->log.lost[reader];
        out->spool_waiting = spool->log.next[reader] - done;
        out->replayed = done - spool->log.lost[reader];
    }
#endif
    out->body_bytes = dest->body_bytes;
    out->last_status = target->last_status;
    out->last_error = target->last_error;
}
