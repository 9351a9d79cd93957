/* batch.c: a span is in at most one batch of a destination (its busy bit), and leaves by exactly one verdict,
 * counted under the lock that takes it from the queue; so the accounts add up at every moment. */
#include "batch.h"
#include <string.h>
#include "otlp.h"
#include "trace/clock.h"
#include "wire.h"

static bool has(uint8_t mask, unsigned d)
{
    return ((unsigned)mask >> d & 1u) != 0u;
}

uspan_slot_t *uspan_queue_take(uspan_tracer_t *t, unsigned d)
{
    uspan_trace_part_t *p = &t->trace;
    uspan_slot_t *found = NULL;
    uint32_t state = uspan_lock(t);
    for (uint16_t i = p->ended_head; i != USPAN_NO_INDEX && found == NULL; i = p->slots[i].next) {
        uspan_slot_t *slot = &p->slots[i];
        if (has(slot->pending, d) && !has(slot->busy, d)) {
            slot->busy = (uint8_t)(slot->busy | 1u << d);
            found = slot;
        }
    }
    uspan_unlock(t, state);
    return found;
}

void uspan_queue_return(uspan_tracer_t *t, unsigned d, uspan_slot_t *slot)
{
    uint32_t state = uspan_lock(t);
    slot->busy = (uint8_t)(slot->busy & ~(1u << d));
    uspan_unlock(t, state);
}

void uspan_queue_settle(uspan_tracer_t *t, unsigned d, uspan_slot_t *slot, bool delivered, uspan_drop_t cause)
{
    uspan_dest_t *dest = &t->out.dests[d];
    uint32_t state = uspan_lock(t);
    if (delivered) {
        dest->delivered++;
    } else if (cause == USPAN_DROP_COUNT) {
        dest->rejected++;
    } else {
        dest->dropped[cause]++;
    }
    uspan_pool_settle(&t->trace, slot, d);
    uspan_unlock(t, state);
}

bool uspan_queue_oldest(uspan_tracer_t *t, unsigned d, uint64_t *end_ns)
{
    uspan_trace_part_t *p = &t->trace;
    bool found = false;
    uint32_t state = uspan_lock(t);
    for (uint16_t i = p->queued[d] > 0u ? p->ended_head : USPAN_NO_INDEX; i != USPAN_NO_INDEX;
         i = p->slots[i].next) {
        if (has(p->slots[i].pending, d)) {
            *end_ns = p->slots[i].end_ns;
            found = true;
            break;
        }
    }
    uspan_unlock(t, state);
    return found;
}

void uspan_queue_drop(uspan_tracer_t *t, unsigned d, uspan_drop_t cause)
{
    uspan_batch_dropped(t, d, cause);
    for (uspan_slot_t *slot; (slot = uspan_queue_take(t, d)) != NULL;) {
        uspan_queue_settle(t, d, slot, false, cause);
    }
}

uint32_t uspan_dropped(const uspan_tracer_t *t, unsigned d, unsigned cause)
{
    uint32_t n = t->out.dests[d].dropped[cause];
    n += cause <= USPAN_DROP_NO_DESTINATION ? t->trace.dropped[cause] : 0u;
    return n + (cause == USPAN_DROP_EVICTED ? t->trace.evicted[d] : 0u);
}

/* The lowest of what is set, above 0. */
static uint32_t lowest(uint32_t a, uint32_t b)
{
    return b != 0u && b < a ? b : a;
}

/* Freeze one more span behind the last. False: there is none. */
static bool add_member(uspan_tracer_t *t, unsigned d)
{
    uspan_trace_part_t *p = &t->trace;
    uspan_batch_t *b = &t->out.dests[d].batch;
    bool found = false;
    uint32_t state = uspan_lock(t);
    uint16_t i = b->count > 0u ? p->slots[b->last].next : p->ended_head;
    for (; i != USPAN_NO_INDEX && !found; i = p->slots[i].next) {
        uspan_slot_t *slot = &p->slots[i];
        if (has(slot->pending, d) && p->epochs[slot->epoch].state != USPAN_EPOCH_UNKNOWN) {
            slot->busy = (uint8_t)(slot->busy | 1u << d);
            b->last = i;
            b->first = b->count == 0u ? i : b->first;
            b->scope = b->count == 0u || b->scope == slot->scope ? slot->scope : NULL;
            b->count++;
            found = true;
        }
    }
    uspan_unlock(t, state);
    return found;
}

/* Take the last member out again. */
static uspan_slot_t *remove_last(uspan_tracer_t *t, unsigned d)
{
    uspan_trace_part_t *p = &t->trace;
    uspan_batch_t *b = &t->out.dests[d].batch;
    uspan_slot_t *slot = &p->slots[b->last];
    uint32_t state = uspan_lock(t);
    slot->busy = (uint8_t)(slot->busy & ~(1u << d));
    b->spans_len -= uspan_len_field(slot->size);
    if (--b->count == 0u) {
        b->first = USPAN_NO_INDEX;
    } else {
        uint16_t i = slot->prev;
        while (!has(p->slots[i].busy, d)) {
            i = p->slots[i].prev;
        }
        b->last = i;
    }
    uspan_unlock(t, state);
    return slot;
}

bool uspan_batch_freeze(uspan_tracer_t *t, unsigned d)
{
    uspan_trace_part_t *p = &t->trace;
    uspan_dest_t *dest = &t->out.dests[d];
    uspan_batch_t *b = &dest->batch;
    const uint32_t bytes_max = lowest(USPAN_BATCH_BYTES_MAX, t->out.batching.bytes_max);
    const uint32_t spans_max = lowest(lowest(USPAN_BATCH_SPANS_MAX, t->out.batching.spans_max), b->limit);
    b->first = USPAN_NO_INDEX;
    b->count = 0u;
    b->attempts = 0u;
    b->spans_len = 0u;
    uint32_t state = uspan_lock(t);
    for (unsigned c = 0; c < USPAN_DROP_COUNT; c++) {
        b->reported[c] = uspan_dropped(t, d, c) - dest->reported[c];
    }
    uspan_unlock(t, state);
    uint32_t bytes = uspan_size_resource(t);
    while (b->count < spans_max && bytes < bytes_max && add_member(t, d)) {
        uspan_slot_t *slot = &p->slots[b->last];
        if (slot->size == 0u) {
            slot->size = uspan_size_span(p, slot);
        }
        b->spans_len += uspan_len_field(slot->size);
        bytes += slot->size;
    }
    while (b->count > 0u && (b->body_len = uspan_size_request(t, b, d)) > bytes_max) {
        bool alone = b->count == 1u;
        uspan_slot_t *slot = remove_last(t, d);
        if (alone) {
            uspan_queue_settle(t, d, slot, false, USPAN_DROP_TOO_LARGE);
        }
    }
    return b->count > 0u;
}

static void settle_all(uspan_tracer_t *t, unsigned d, uint64_t rejected, bool delivered, uspan_drop_t cause)
{
    uspan_batch_t *b = &t->out.dests[d].batch;
    uint16_t i = b->count > 0u ? b->first : USPAN_NO_INDEX;
    while (i != USPAN_NO_INDEX) {
        uint16_t next = uspan_batch_next(t, b, d, i, NULL); /* before this one leaves the list */
        bool refused = delivered && rejected > 0u;
        rejected -= refused;
        uspan_queue_settle(t, d, &t->trace.slots[i], delivered && !refused, cause);
        i = next;
    }
    b->count = 0u;
    b->first = USPAN_NO_INDEX;
}

void uspan_batch_delivered(uspan_tracer_t *t, unsigned d, uint64_t rejected)
{
    uspan_dest_t *dest = &t->out.dests[d];
    for (unsigned c = 0; c < USPAN_DROP_COUNT; c++) {
        dest->reported[c] += dest->batch.reported[c];
    }
    dest->body_bytes += dest->batch.body_len;
    if (dest->batch.limit != 0u) {
        dest->batch.limit =
            dest->batch.limit < USPAN_BATCH_SPANS_MAX / 2 ? (uint16_t)(dest->batch.limit * 2u) : 0u;
    }
    settle_all(t, d, rejected, true, USPAN_DROP_COUNT);
}

void uspan_batch_dropped(uspan_tracer_t *t, unsigned d, uspan_drop_t cause)
{
    settle_all(t, d, 0u, false, cause);
}

bool uspan_batch_split(uspan_tracer_t *t, unsigned d)
{
    uspan_batch_t *b = &t->out.dests[d].batch;
    if (b->count <= 1u) {
        return false;
    }
    uint16_t keep = b->count / 2u;
    while (b->count > keep) {
        (void)remove_last(t, d);
    }
    b->limit = keep;
    b->attempts = 0u;
    b->body_len = uspan_size_request(t, b, d);
    return true;
}
