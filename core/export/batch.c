/* batch.c: a span is in at most one batch of a destination (its busy bit), and leaves by exactly one verdict,
 * counted under the lock that takes it from the queue; so the accounts add up at every moment. */
#include "batch.h"
#include "exporter.h"
#include "otlp.h"
#include "trace/clock.h"
#include "wire.h"

uint16_t uspan_queue_take(uspan_tracer_t *t, unsigned d, uint16_t i, bool timed)
{
    uspan_trace_part_t *p = &t->trace;
    uint32_t state = uspan_lock(t);
    for (i = i == USPAN_NO_INDEX ? p->ended_head : p->slots[i].next; i != USPAN_NO_INDEX;
         i = p->slots[i].next) {
        uspan_slot_t *slot = &p->slots[i];
        if (((unsigned)slot->pending & ~(unsigned)slot->busy) >> uspan_number(d) & 1u &&
            (!timed || p->epochs[slot->epoch].state != USPAN_EPOCH_UNKNOWN)) {
            slot->busy = (uint8_t)(slot->busy | 1u << uspan_number(d));
            break;
        }
    }
    uspan_unlock(t, state);
    return i;
}

void uspan_queue_settle(uspan_tracer_t *t, unsigned d, uint16_t i, unsigned how)
{
    uspan_dest_t *dest = uspan_dest(t, d);
    uspan_slot_t *slot = &t->trace.slots[i];
    uint32_t state = uspan_lock(t);
    if (how == USPAN_SETTLE_NOT) {
        slot->busy = (uint8_t)(slot->busy & ~(1u << uspan_number(d)));
    } else {
        if (how >= USPAN_DROP_COUNT) {
            dest->settled[how - USPAN_DROP_COUNT]++;
        } else {
            dest->dropped[how]++;
        }
        uspan_pool_settle(&t->trace, slot, d);
    }
    uspan_unlock(t, state);
}

uint32_t uspan_dropped(const uspan_tracer_t *t, unsigned d, unsigned cause)
{
    uint32_t n = uspan_dest(t, d)->dropped[cause];
    n += cause <= USPAN_DROP_NO_DESTINATION ? t->trace.dropped[cause] : 0u;
    return n + (cause == USPAN_DROP_EVICTED ? t->trace.evicted[d] : 0u);
}

/* All members leave: the first `rejected` of them so, the others as told. */
static void settle_all(uspan_tracer_t *t, unsigned d, unsigned how, uint32_t rejected)
{
    uspan_batch_t *b = &uspan_dest(t, d)->batch;
    uint16_t i = b->first;
    while (i != USPAN_NO_INDEX) {
        uint16_t next = uspan_batch_next(t, b, d, i, NULL); /* before this one leaves the list */
        uspan_queue_settle(t, d, i, rejected > 0u ? (unsigned)USPAN_SETTLE_REJECTED : how);
        if (rejected > 0u) {
            rejected--;
        }
        i = next;
    }
    b->first = USPAN_NO_INDEX;
    b->count = 0u;
}

void uspan_queue_drop(uspan_tracer_t *t, unsigned d, uspan_drop_t cause)
{
    settle_all(t, d, cause, 0u);
    for (uint16_t i; (i = uspan_queue_take(t, d, USPAN_NO_INDEX, false)) != USPAN_NO_INDEX;) {
        uspan_queue_settle(t, d, i, cause);
    }
}

/* Take members while they are fewer than `most` and may fit. */
static void fill(uspan_tracer_t *t, unsigned d, uint32_t most)
{
    uspan_batch_t *b = &uspan_dest(t, d)->batch;
    uint16_t i = USPAN_NO_INDEX;
    b->spans_len = 0u;
    while (b->count < most && b->spans_len < uspan_out(t)->batching.bytes_max &&
           (i = uspan_queue_take(t, d, i, true)) != USPAN_NO_INDEX) {
        uspan_slot_t *slot = &t->trace.slots[i];
        if (slot->size == 0u) {
            slot->size = uspan_size_span(t, slot);
        }
        b->spans_len += uspan_len_field(slot->size);
        if (b->count++ == 0u) {
            b->first = i;
            b->scope = slot->scope;
        } else if (b->scope != slot->scope) {
            b->scope = NULL;
        }
    }
}

bool uspan_batch_freeze(uspan_tracer_t *t, unsigned d)
{
    uspan_dest_t *dest = uspan_dest(t, d);
    uspan_batch_t *b = &dest->batch;
    const uint32_t spans_max = b->limit != 0u && b->limit < uspan_out(t)->batching.spans_max
                                   ? b->limit
                                   : uspan_out(t)->batching.spans_max;
    uint32_t most = spans_max;
    b->attempts = 0u;
    for (;;) {
        b->first = USPAN_NO_INDEX;
        b->count = 0u;
        uint32_t state = uspan_lock(t);
        for (unsigned c = 0; c < USPAN_DROP_COUNT; c++) {
            b->reported[c] = uspan_dropped(t, d, c) - dest->reported[c];
        }
        uspan_unlock(t, state);
        fill(t, d, most);
        if (b->count == 0u) {
            return false;
        }
        b->body_len = uspan_size_request(t, b, d);
        if (b->body_len <= uspan_out(t)->batching.bytes_max) {
            return true;
        }
        most = b->count - 1u;
        settle_all(t, d, most > 0u ? (unsigned)USPAN_SETTLE_NOT : (unsigned)USPAN_DROP_TOO_LARGE, 0u);
        most = most > 0u ? most : spans_max;
    }
}

void uspan_batch_delivered(uspan_tracer_t *t, unsigned d, uint32_t rejected)
{
    uspan_dest_t *dest = uspan_dest(t, d);
    uspan_batch_t *b = &dest->batch;
    for (unsigned c = 0; c < USPAN_DROP_COUNT; c++) {
        dest->reported[c] += b->reported[c];
    }
    dest->body_bytes += b->body_len;
    b->limit = b->limit < USPAN_BATCH_SPANS_MAX / 2 ? (uint16_t)(b->limit * 2u) : 0u;
    settle_all(t, d, USPAN_SETTLE_DELIVERED, rejected < b->count ? rejected : b->count);
}

void uspan_batch_dropped(uspan_tracer_t *t, unsigned d, uspan_drop_t cause)
{
    settle_all(t, d, cause, 0u);
}

bool uspan_batch_split(uspan_tracer_t *t, unsigned d)
{
    uspan_batch_t *b = &uspan_dest(t, d)->batch;
    if (b->count <= 1u) {
        return false;
    }
    b->limit = b->count / 2u;
    settle_all(t, d, USPAN_SETTLE_NOT, 0u);
    (void)uspan_batch_freeze(t, d);
    return true;
}

uspan_dest_t *uspan_dest_of(uspan_tracer_t *t, unsigned d, uspan_dest_kind_t kind)
{
    bool is_it = uspan_is_live(t) && d < USPAN_DESTINATIONS_MAX && uspan_dest(t, d)->used == kind;
    return is_it ? uspan_dest(t, d) : NULL;
}

void uspan_dest_join(uspan_tracer_t *t, unsigned d, uspan_dest_kind_t kind)
{
    uspan_trace_part_t *p = &t->trace;
    uspan_dest_t *dest = uspan_dest(t, d);
    uint32_t state = uspan_lock(t);
    dest->used = (uint8_t)kind;
    dest->missed = p->started - p->unsampled - p->open;
    for (unsigned c = 0; c <= USPAN_DROP_NO_DESTINATION; c++) {
        dest->missed -= p->dropped[c];
    }
    p->dest_mask = (uint8_t)(p->dest_mask | 1u << d);
    uspan_unlock(t, state);
}
