/* queue.h: the spans of each destination: waiting, in its batch, done. Private to core. */
#ifndef USPAN_EXPORT_QUEUE_H
#define USPAN_EXPORT_QUEUE_H

#include "export/export_state.h"
#include "trace/pool.h"

typedef enum uspan_dest_kind { USPAN_DEST_NONE = 0, USPAN_DEST_COLLECTOR, USPAN_DEST_SINK } uspan_dest_kind_t;

/* The destination, where it is of that kind; else NULL. */
uspan_dest_t *uspan_dest_find(uspan_tracer_t *t, unsigned d, uspan_dest_kind_t kind);
/* It begins. Spans of before are not its business. */
void uspan_dest_open(uspan_tracer_t *t, unsigned d, uspan_dest_kind_t kind);

/* How a span leaves: a uspan_drop_t, or one of these. */
enum { USPAN_SPAN_REJECTED = USPAN_DROP_COUNT, USPAN_SPAN_DELIVERED, USPAN_SPAN_SPOOLED };

/* Move the oldest waiting span of d into its batch. Returns it, or USPAN_NO_INDEX if none waits, or, where
 * it is to be encoded (`timed`), its Unix time is not known or it has another resource than the members have.
 * It stays until it is finished. Context: the exporting task. */
uint16_t uspan_queue_claim_next(uspan_tracer_t *t, unsigned d, bool timed);
/* Move slot i, the newest member, behind member `after`; USPAN_NO_INDEX: to the front. */
void uspan_queue_move_member(uspan_tracer_t *t, unsigned d, uint16_t i, uint16_t after);
/* The first member of the batch leaves with that result. False: there is no member. */
bool uspan_queue_finish_first(uspan_tracer_t *t, unsigned d, unsigned how);
/* All members wait again. */
void uspan_queue_release(uspan_tracer_t *t, unsigned d);
#if USPAN_EVICTS
/* The batch rests until its next exchange: under pressure its members may be evicted. */
void uspan_queue_rest(uspan_tracer_t *t, unsigned d);
/* The batch is being sent from now on. False: members were evicted; those left wait again. */
bool uspan_queue_hold(uspan_tracer_t *t, unsigned d);
#else
static inline void uspan_queue_rest(uspan_tracer_t *t, unsigned d)
{
    (void)t;
    (void)d;
}
static inline bool uspan_queue_hold(uspan_tracer_t *t, unsigned d)
{
    (void)t;
    (void)d;
    return true;
}
#endif
/* The member of a batch after slot i (USPAN_NO_INDEX: the first), or USPAN_NO_INDEX. Members of one
 * scope follow one another, but for batches with many scopes. */
static inline uint16_t uspan_queue_next_member(const uspan_tracer_t *t, const uspan_batch_t *batch,
                                               unsigned d, uint16_t i)
{
    if (i == USPAN_NO_INDEX) {
        return batch->first;
    }
    return i == batch->last ? (uint16_t)USPAN_NO_INDEX : t->trace.slots[i].queued[uspan_dest_index(d)].next;
}
/* Spans dropped of a cause, as destination d counts them. Caller holds the lock. */
uint64_t uspan_dropped(const uspan_tracer_t *t, unsigned d, unsigned cause);

#endif
