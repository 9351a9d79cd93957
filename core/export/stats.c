/* stats.c: the accounts of one destination; started = delivered + rejected + queued + open + unsampled +
 * dropped, always. */
#include <string.h>
#include "batch.h"
#include "otlp.h"
#include "trace/pool.h"

#define DROP_PREFIX "uspan.dropped."

static const uspan_key_t drop_keys[USPAN_DROP_COUNT] = {
    [USPAN_DROP_POOL_FULL] = USPAN_KEY_INIT(DROP_PREFIX "pool_full"),
    [USPAN_DROP_PARENT] = USPAN_KEY_INIT(DROP_PREFIX "parent_dropped"),
    [USPAN_DROP_NO_ENTROPY] = USPAN_KEY_INIT(DROP_PREFIX "no_entropy"),
    [USPAN_DROP_STOPPED] = USPAN_KEY_INIT(DROP_PREFIX "stopped"),
    [USPAN_DROP_NO_DESTINATION] = USPAN_KEY_INIT(DROP_PREFIX "no_destination"),
    [USPAN_DROP_EVICTED] = USPAN_KEY_INIT(DROP_PREFIX "evicted"),
    [USPAN_DROP_TOO_LARGE] = USPAN_KEY_INIT(DROP_PREFIX "too_large"),
    [USPAN_DROP_REFUSED] = USPAN_KEY_INIT(DROP_PREFIX "refused"),
    [USPAN_DROP_RETRIES] = USPAN_KEY_INIT(DROP_PREFIX "retries"),
    [USPAN_DROP_NO_TIME] = USPAN_KEY_INIT(DROP_PREFIX "no_time"),
    [USPAN_DROP_DEADLINE] = USPAN_KEY_INIT(DROP_PREFIX "deadline"),
};

const uspan_key_t *uspan_drop_key(unsigned cause)
{
    return &drop_keys[cause];
}

const char *uspan_drop_name(uspan_drop_t cause)
{
    return cause < USPAN_DROP_COUNT ? drop_keys[cause].text + sizeof(DROP_PREFIX) - 1u : "";
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
