/* clock.c: an epoch's offset never changes once known and used, so a batch may be encoded twice and every
 * span of a trace has the same one. A corrected clock opens another epoch for the traces to come. */
#include "clock.h"
#include "pool.h"

bool uspan_epoch_unix(const uspan_trace_part_t *p, uint8_t epoch, uint64_t mono_ns, uint64_t *unix_ns)
{
    const uspan_epoch_t *e = &p->epochs[epoch];
    if (e->state == USPAN_EPOCH_UNKNOWN) {
        return false;
    }
    *unix_ns = mono_ns + (uint64_t)e->offset_ns;
    return true;
}

static void open_epoch(uspan_trace_part_t *p, int64_t offset_ns)
{
    for (uint8_t i = 0; i < USPAN_EPOCHS_MAX; i++) {
        uint8_t at =
            (uint8_t)((p->epoch + i) % USPAN_EPOCHS_MAX); /* the present one first: in place when unused */
        uspan_epoch_t *e = &p->epochs[at];
        if (e->refs == 0u) {
            e->offset_ns = offset_ns;
            e->state = USPAN_EPOCH_KNOWN;
            e->serial++;
            p->epoch = at;
            return;
        }
    }
    /* All in use by traces under way: the correction waits for the next call. */
}

void uspan_clock_learn(uspan_tracer_t *t, uint64_t mono_ns, uint64_t unix_ns)
{
    uspan_trace_part_t *p = &t->trace;
    uint64_t offset = unix_ns - mono_ns; /* unsigned: a caller's nonsense must not overflow */
    uint32_t state = uspan_lock(t);
    uspan_epoch_t *e = &p->epochs[p->epoch];
    if (e->state == USPAN_EPOCH_UNKNOWN) {
        e->offset_ns = (int64_t)offset;
        e->state = USPAN_EPOCH_KNOWN;
    } else {
        uint64_t step = offset - (uint64_t)e->offset_ns + USPAN_CLOCK_STEP_NS;
        if (e->state == USPAN_EPOCH_UNSYNCED || step > 2u * USPAN_CLOCK_STEP_NS) {
            open_epoch(p, (int64_t)offset);
        }
    }
    uspan_unlock(t, state);
}

void uspan_clock_give_up(uspan_tracer_t *t)
{
    uspan_trace_part_t *p = &t->trace;
    uint32_t state = uspan_lock(t);
    uspan_epoch_t *e = &p->epochs[p->epoch];
    if (e->state == USPAN_EPOCH_UNKNOWN) {
        e->offset_ns = (int64_t)USPAN_UNSYNCED_BASE_S * 1000000000;
        e->state = USPAN_EPOCH_UNSYNCED;
    }
    uspan_unlock(t, state);
}

void uspan_clock_hear(uspan_tracer_t *t, uint64_t mono_ns, uint64_t unix_ns)
{
    uint32_t state = uspan_lock(t);
    bool known = t->trace.epochs[t->trace.epoch].state == USPAN_EPOCH_KNOWN;
    uspan_unlock(t, state);
    if (!known) {
        uspan_clock_learn(t, mono_ns, unix_ns);
    }
}

void uspan_set_unix_time(uspan_tracer_t *t, uint64_t unix_ns)
{
    if (uspan_is_live(t)) {
        uspan_clock_learn(t, uspan_now(t), unix_ns);
    }
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
