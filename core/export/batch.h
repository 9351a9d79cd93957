/* batch.h: which spans travel together to one destination, and what becomes of them. Private to core. */
#ifndef USPAN_EXPORT_BATCH_H
#define USPAN_EXPORT_BATCH_H

#include "trace/inside.h"

typedef enum uspan_dest_kind { USPAN_DEST_NONE = 0, USPAN_DEST_COLLECTOR, USPAN_DEST_SINK } uspan_dest_kind_t;

/* Freeze the oldest waiting spans of d into its batch: members, sizes, drop counts. Spans that alone are too
 * large are dropped and counted. False: none to send. Context: the exporting task. */
bool uspan_batch_freeze(uspan_tracer_t *t, unsigned d);
/* All members were accepted but for `rejected` of them. */
void uspan_batch_delivered(uspan_tracer_t *t, unsigned d, uint64_t rejected);
/* All members are lost to d. */
void uspan_batch_dropped(uspan_tracer_t *t, unsigned d, uspan_drop_t cause);
/* Too large for the collector: keep the first half, let the rest wait for the next batch. False: it is one
 * span only. */
bool uspan_batch_split(uspan_tracer_t *t, unsigned d);
/* The first ended span that waits for d, not in its batch; NULL for none. Context: the exporting task; the
 * slot stays while it is marked busy, which this call does. */
uspan_slot_t *uspan_queue_take(uspan_tracer_t *t, unsigned d);
/* One span is settled: delivered, rejected (cause USPAN_DROP_COUNT) or dropped. */
void uspan_queue_settle(uspan_tracer_t *t, unsigned d, uspan_slot_t *slot, bool delivered,
                        uspan_drop_t cause);
/* Let it wait again. */
void uspan_queue_return(uspan_tracer_t *t, unsigned d, uspan_slot_t *slot);
/* End of the oldest span that waits for d, monotonic; false: none. */
bool uspan_queue_oldest(uspan_tracer_t *t, unsigned d, uint64_t *end_ns);
/* Drop whatever waits for d. */
void uspan_queue_drop(uspan_tracer_t *t, unsigned d, uspan_drop_t cause);
/* Spans dropped of a cause, as destination d counts them. Caller holds the lock. */
uint32_t uspan_dropped(const uspan_tracer_t *t, unsigned d, unsigned cause);

#endif
