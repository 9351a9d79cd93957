/* queue.h: the spans of each destination: waiting, in its batch, or finished. Private to core. */
#ifndef USPAN_EXPORT_QUEUE_H
#define USPAN_EXPORT_QUEUE_H

#include "export/export_state.h"
#include "trace/pool.h"

typedef enum uspan_dest_kind { USPAN_DEST_NONE = 0, USPAN_DEST_COLLECTOR, USPAN_DEST_SINK } uspan_dest_kind_t;

/* Returns destination d if it is of that kind, otherwise NULL. */
uspan_dest_t *uspan_dest_find(uspan_tracer_t *t, unsigned d, uspan_dest_kind_t kind);
/* Start a destination. It does not receive spans that ended before. */
void uspan_dest_open(uspan_tracer_t *t, unsigned d, uspan_dest_kind_t kind);

/* Result of a span: a uspan_drop_t, or one of these. */
enum { USPAN_SPAN_REJECTED = USPAN_DROP_COUNT, USPAN_SPAN_DELIVERED, USPAN_SPAN_SPOOLED };

/* Move the oldest waiting span of d into its batch. It stays there until it is finished. Returns its slot, or
 * USPAN_NO_INDEX if no span waits. If `timed` is set, the span will be encoded. Then USPAN_NO_INDEX also
 * means that its Unix time is unknown, or that its resource differs from that of the members. Context: the
 * exporting task. */
uint16_t uspan_queue_claim_next(uspan_tracer_t *t, unsigned d, bool timed);
/* Move slot i, the newest member, behind member `after`. USPAN_NO_INDEX: to the front. */
void uspan_queue_move_member(uspan_tracer_t *t, unsigned d, uint16_t i, uint16_t after);
/* Finish the first member of the batch with that result. Returns false if there is no member. */
bool uspan_queue_finish_first(uspan_tracer_t *t, unsigned d, unsigned how);
/* Move all members of the batch back to the waiting spans. */
void uspan_queue_release(uspan_tracer_t *t, unsigned d);
#if USPAN_EVICTS
/* Mark the batch as not being sent until its next exchange. Its members may be evicted if the pool is
 * full. */
void uspan_queue_rest(uspan_tracer_t *t, unsigned d);
/* Mark the batch as being sent. Returns false if members were evicted. The remaining ones then wait again. */
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
/* Returns the member of a batch after slot i (USPAN_NO_INDEX: the first member), or USPAN_NO_INDEX. Members
 * of one scope are contiguous, except in batches with many scopes. */
static inline uint16_t uspan_queue_next_member(const uspan_tracer_t *t, const uspan_batch_t *batch,
                                               unsigned d, uint16_t i)
{
    if (i == USPAN_NO_INDEX) {
        return batch->first;
    }
    return i == batch->last ? (uint16_t)USPAN_NO_INDEX : t->trace.slots[i].queued[uspan_dest_index(d)].next;
}
/* Returns the number of spans dropped for a cause, as counted for destination d. The caller holds the
 * lock. */
uint64_t uspan_dropped(const uspan_tracer_t *t, unsigned d, unsigned cause);

#endif
