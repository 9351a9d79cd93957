/* queue.c: the spans of each destination: in its batch (busy), waiting, or finished. Invariant: the members
 * of a batch are the first of their queue. While the batch is being sent, none is removed. A span gets
 * exactly one result from each destination. It is counted under the same lock that removes the span from the
 * queue, so the counters add up at any time. */
#include "export/queue.h"
#include "export/export_state.h"
#include "trace/clock.h"
#include "trace/pool.h"

/* ---- destinations -------------------------------------------------------------------------------------- */

uspan_dest_t *uspan_dest_find(uspan_tracer_t *t, unsigned d, uspan_dest_kind_t kind)
{
    bool is_it = uspan_is_live(t) && d < USPAN_DESTINATIONS_MAX && uspan_dest(t, d)->used == kind;
    return is_it ? uspan_dest(t, d) : NULL;
}

void uspan_dest_open(uspan_tracer_t *t, unsigned d, uspan_dest_kind_t kind)
{
    uspan_trace_part_t *p = &t->trace;
    uspan_dest_t *dest = uspan_dest(t, d);
    uint32_t state = uspan_lock(t);
    dest->used = (uint8_t)kind;
    dest->missed = p->started - p->unsampled - p->open;
    for (unsigned c = 0; c <= USPAN_DROP_NO_DESTINATION; c++) {
        dest->missed -= p->dropped[c];
    }
    p->dest_mask = (uint8_t)(p->dest_mask | 1u << uspan_dest_index(d));
    uspan_unlock(t, state);
#if USPAN_KEEP
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        state = uspan_lock(t);
        dest->missed -= uspan_pool_queue_kept(p, i, d);
        uspan_unlock(t, state);
    }
#endif
}

/* ---- spans --------------------------------------------------------------------------------------------- */

uint16_t uspan_queue_claim_next(uspan_tracer_t *t, unsigned d, bool timed)
{
    uspan_trace_part_t *p = &t->trace;
    uspan_queue_t *q = &p->queues[uspan_dest_index(d)];
    uint32_t state = uspan_lock(t);
    uint16_t i = q->waiting;
    if (i != USPAN_NO_INDEX && timed && p->epochs[p->slots[i].epoch].state == USPAN_EPOCH_UNKNOWN) {
        i = USPAN_NO_INDEX;
    }
#if USPAN_KEEP
    if (i != USPAN_NO_INDEX && timed) { /* a request has only one resource */
        uspan_batch_t *b = &uspan_dest(t, d)->batch;
        const uint8_t resource = p->epochs[p->slots[i].epoch].resource;
        b->resource = b->count == 0u ? resource : b->resource;
        i = b->resource == resource ? i : (uint16_t)USPAN_NO_INDEX;
    }
#endif
    if (i != USPAN_NO_INDEX) {
        uspan_slot_t *slot = &p->slots[i];
        slot->busy = (uint8_t)(slot->busy | 1u << uspan_dest_index(d));
        q->waiting = slot->queued[uspan_dest_index(d)].next;
    }
    uspan_unlock(t, state);
    return i;
}

void uspan_queue_move_member(uspan_tracer_t *t, unsigned d, uint16_t i, uint16_t after)
{
    uspan_slot_t *const slots = t->trace.slots;
    uspan_queue_t *q = &t->trace.queues[uspan_dest_index(d)];
    uint32_t state = uspan_lock(t);
    d = uspan_dest_index(d);
    uint16_t prev = slots[i].queued[d].prev; /* it exists: i is the newest of several members */
    if (prev != after) {
        uint16_t next = slots[i].queued[d].next;
        slots[prev].queued[d].next = next;
        *(next == USPAN_NO_INDEX ? &q->tail : &slots[next].queued[d].prev) = prev;
        uint16_t *link = after == USPAN_NO_INDEX ? &q->head : &slots[after].queued[d].next;
        slots[i].queued[d].prev = after;
        slots[i].queued[d].next = *link;
        slots[*link].queued[d].prev = i;
        *link = i;
    }
    uspan_unlock(t, state);
}

bool uspan_queue_finish_first(uspan_tracer_t *t, unsigned d, unsigned how)
{
    uspan_dest_t *dest = uspan_dest(t, d);
    const uspan_queue_t *q = &t->trace.queues[uspan_dest_index(d)];
    uint32_t state = uspan_lock(t);
    bool is_member = q->head != q->waiting;
    if (is_member) {
        if (how >= USPAN_DROP_COUNT) {
            dest->settled[how - USPAN_DROP_COUNT]++;
        } else {
            /* only causes from USPAN_DROP_OWN on are results of a destination */
            dest->dropped[how - USPAN_DROP_OWN]++;
        }
        uspan_pool_finish_for_dest(&t->trace, &t->trace.slots[q->head], uspan_dest_index(d));
    }
    uspan_unlock(t, state);
    return is_member;
}

void uspan_queue_release(uspan_tracer_t *t, unsigned d)
{
    uspan_queue_t *q = &t->trace.queues[uspan_dest_index(d)];
    uint16_t i = USPAN_NO_INDEX;
    bool more = true;
    while (more) { /* one member each time the lock is held */
        uint32_t state = uspan_lock(t);
        i = i == USPAN_NO_INDEX ? q->head : i;
        more = i != q->waiting;
        if (more) {
            uspan_slot_t *slot = &t->trace.slots[i];
            slot->busy = (uint8_t)(slot->busy & ~(1u << uspan_dest_index(d)));
            i = slot->queued[uspan_dest_index(d)].next;
            more = i != q->waiting;
        }
        q->waiting = more ? q->waiting : q->head;
        uspan_unlock(t, state);
    }
}

#if USPAN_EVICTS
void uspan_queue_rest(uspan_tracer_t *t, unsigned d)
{
    uint32_t state = uspan_lock(t);
    t->trace.resting = (uint8_t)(t->trace.resting | 1u << d);
    uspan_unlock(t, state);
}

bool uspan_queue_hold(uspan_tracer_t *t, unsigned d)
{
    uint32_t state = uspan_lock(t);
    bool broken = (t->trace.broken >> d & 1u) != 0u;
    t->trace.resting = (uint8_t)(t->trace.resting & ~(1u << d));
    t->trace.broken = (uint8_t)(t->trace.broken & ~(1u << d));
    uspan_unlock(t, state);
    if (broken) {
        uspan_queue_release(t, d);
    }
    return !broken;
}
#endif

uint64_t uspan_dropped(const uspan_tracer_t *t, unsigned d, unsigned cause)
{
    if (cause < USPAN_DROP_OWN) {
        return t->trace.dropped[cause];
    }
    const uint64_t n = uspan_dest(t, d)->dropped[cause - USPAN_DROP_OWN];
    return n + (USPAN_EVICTS && cause == USPAN_DROP_EVICTED ? t->trace.evicted[uspan_dest_index(d)] : 0u);
}
