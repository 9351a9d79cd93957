/* clock.c: clock offsets. Invariant: the offset of an epoch does not change once it is known and used. A
 * batch can therefore be encoded twice, and all spans of a trace have the same offset. A corrected clock
 * starts another epoch for new traces. */
#define USPAN_IN_CLOCK
#include "trace/clock.h"

uint64_t uspan_now(const uspan_tracer_t *t)
{
    return uspan_is_live(t) ? t->trace.port->mono_ns(t->trace.port->ctx) : 0u;
}

bool uspan_epoch_unix(const uspan_trace_part_t *p, uint8_t epoch, uint64_t mono_ns, uint64_t *unix_ns)
{
    const uspan_epoch_t *e = &p->epochs[epoch];
    if (e->state == USPAN_EPOCH_UNKNOWN) {
        return false;
    }
    *unix_ns = mono_ns + (uint64_t)e->offset_ns;
    return true;
}

/* Returns the epoch that gets a new offset, or NULL if none does. The caller holds the lock. */
static uspan_epoch_t *place_of(uspan_trace_part_t *p, uspan_time_source_t source, uint64_t offset_ns)
{
    uspan_epoch_t *e = &p->epochs[p->epoch];
    if (e->state == USPAN_EPOCH_UNKNOWN) {
        return e; /* even if it is in use */
    }
    const bool is_heard = USPAN_HTTP_DATE && source == USPAN_TIME_HEARD; /* otherwise no Date is read */
    const uint64_t slack = is_heard ? (uint64_t)USPAN_CLOCK_DATE_STEP_NS : (uint64_t)USPAN_CLOCK_STEP_NS;
    uint64_t step = offset_ns - (uint64_t)e->offset_ns + slack;
    bool is_better = source == USPAN_TIME_TOLD || (is_heard && e->heard != 0u);
    if (source == USPAN_TIME_NONE || (e->state == USPAN_EPOCH_KNOWN && (!is_better || step <= 2u * slack))) {
        return NULL;
    }
    uspan_epoch_t *other = p->epochs + USPAN_EPOCHS_MAX;
    while (e->refs != 0u) {
        if (other == p->epochs) {
            return NULL; /* all are used by open traces: the correction is repeated in a later call */
        }
        e = --other;
    }
    return e;
}

#if USPAN_KEEP
/* Set epochs from before a reset whose offset was unknown. Their offset includes how far their clock was
 * behind the clock of this boot. */
static void know_kept(uspan_trace_part_t *p, const uspan_epoch_t *known)
{
    for (uspan_epoch_t *e = p->epochs; e < p->epochs + USPAN_EPOCHS_MAX; e++) {
        if (e != known && e->refs != 0u && e->state == USPAN_EPOCH_UNKNOWN) {
            e->offset_ns = (int64_t)((uint64_t)e->offset_ns + (uint64_t)known->offset_ns);
            USPAN_COMMIT_ORDER();
            e->state = known->state;
            e->heard = 0u;
        }
    }
}
#endif

void uspan_clock_set(uspan_tracer_t *t, uspan_time_source_t source, uint64_t offset_ns)
{
    uspan_trace_part_t *p = &t->trace;
    uint32_t state = uspan_lock(t);
    uspan_epoch_t *e = place_of(p, source, offset_ns);
    if (e != NULL) {
        e->serial = (uint8_t)(e->serial + (e->state != USPAN_EPOCH_UNKNOWN));
        e->state = source == USPAN_TIME_NONE ? USPAN_EPOCH_UNSYNCED : USPAN_EPOCH_KNOWN;
        e->offset_ns = (int64_t)offset_ns;
        e->heard = USPAN_HTTP_DATE && source == USPAN_TIME_HEARD;
        p->epoch = (uint8_t)(e - p->epochs);
#if USPAN_KEEP
        e->resource = 0u;
        know_kept(p, e);
#endif
    } else if (USPAN_HTTP_DATE && source == USPAN_TIME_TOLD) {
        p->epochs[p->epoch].heard = 0u; /* a clock has confirmed it */
    }
    uspan_unlock(t, state);
}

uspan_err_t uspan_set_unix_time(uspan_tracer_t *t, uint64_t unix_ns)
{
    if (!uspan_is_live(t) || !uspan_unix_is_plausible(unix_ns)) {
        return USPAN_ERR_ARG;
    }
    uspan_clock_set(t, USPAN_TIME_TOLD, unix_ns - uspan_now(t));
    return USPAN_OK;
}

uspan_err_t uspan_unix_now(uspan_tracer_t *t, uint64_t *unix_ns)
{
    if (!uspan_is_live(t)) {
        return USPAN_ERR_AGAIN;
    }
    uint64_t now = uspan_now(t);
    uint32_t state = uspan_lock(t);
    bool known = t->trace.epochs[t->trace.epoch].state == USPAN_EPOCH_KNOWN &&
                 uspan_epoch_unix(&t->trace, t->trace.epoch, now, unix_ns);
    uspan_unlock(t, state);
    return known ? USPAN_OK : USPAN_ERR_AGAIN;
}
