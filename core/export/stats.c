/* stats.c: the accounts of one destination; started = delivered + rejected + queued + open + unsampled +
 * dropped, always. */
#include <string.h>
#include "batch.h"
#include "trace/pool.h"

/* In the order of uspan_drop_t, and an empty one. */
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

void uspan_stats(uspan_tracer_t *t, unsigned d, uspan_stats_t *out)
{
    memset(out, 0, sizeof *out);
    if (!uspan_is_live(t) || d >= USPAN_DESTINATIONS_MAX) {
        return;
    }
    const uspan_trace_part_t *p = &t->trace;
    const uspan_dest_t *dest = &t->dests[d];
    const uspan_target_t *target = &dest->target;
    uint32_t state = uspan_lock(t);
    out->started = p->started - dest->missed;
    out->delivered = dest->settled[USPAN_SETTLE_DELIVERED - USPAN_DROP_COUNT];
    out->rejected = dest->settled[USPAN_SETTLE_REJECTED - USPAN_DROP_COUNT];
    out->unsampled = p->unsampled;
    out->queued = p->queued[d];
    out->open = p->open;
    for (unsigned c = 0; c < USPAN_DROP_COUNT; c++) {
        out->dropped[c] = uspan_dropped(t, d, c);
    }
    out->attrs_dropped = p->attrs_dropped;
    out->events_dropped = p->events_dropped;
    out->links_dropped = p->links_dropped;
    out->values_truncated = p->values_truncated;
    out->tasks_dropped = p->tasks_dropped;
    out->tracestates_dropped = p->tracestates_dropped;
    out->spans_high = p->slots_high;
    out->blocks_live = p->blocks_live;
    out->blocks_high = p->blocks_high;
    uspan_unlock(t, state);
    out->requests = target->requests;
    out->retries = target->retries;
    out->resends = target->resends;
    out->connects = target->connects;
    out->refusals = dest->refusals;
    out->renewals = dest->renewals;
    out->body_bytes = dest->body_bytes;
    out->last_status = target->last_status;
    out->last_error = target->last_error;
}
