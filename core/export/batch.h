/* batch.h: which spans travel together to one destination, and what becomes of them. Private to core. */
#ifndef USPAN_EXPORT_BATCH_H
#define USPAN_EXPORT_BATCH_H

#include "trace/inside.h"

typedef enum uspan_dest_kind { USPAN_DEST_NONE = 0, USPAN_DEST_COLLECTOR, USPAN_DEST_SINK } uspan_dest_kind_t;

/* The destination, where it is of that kind; else NULL. */
uspan_dest_t *uspan_dest_of(uspan_tracer_t *t, unsigned d, uspan_dest_kind_t kind);
/* It begins. Spans of before are not its business. */
void uspan_dest_join(uspan_tracer_t *t, unsigned d, uspan_dest_kind_t kind);

/* How a span leaves: a uspan_drop_t, or one of these. */
enum {
    USPAN_SETTLE_REJECTED = USPAN_DROP_COUNT,
    USPAN_SETTLE_DELIVERED,
    USPAN_SETTLE_NOT /* it waits again */
};

/* Freeze the oldest waiting spans of d into its batch: members, sizes, drop counts. Spans that alone are too
 * large are dropped and counted. False: none to send. Context: the exporting task. */
bool uspan_batch_freeze(uspan_tracer_t *t, unsigned d);
/* All members were accepted but for `rejected` of them. */
void uspan_batch_delivered(uspan_tracer_t *t, unsigned d, uint32_t rejected);
/* All members are lost to d. */
void uspan_batch_dropped(uspan_tracer_t *t, unsigned d, uspan_drop_t cause);
/* Too large for the collector: freeze half as many, let the rest wait for the next batch. False: it is one
 * span only. */
bool uspan_batch_split(uspan_tracer_t *t, unsigned d);
/* The first ended span after slot i (USPAN_NO_INDEX: of all) that waits for d outside its batch, and whose
 * Unix time is known where `timed`; USPAN_NO_INDEX: none. It is marked busy, and stays until it is settled.
 * Context: the exporting task. */
uint16_t uspan_queue_take(uspan_tracer_t *t, unsigned d, uint16_t i, bool timed);
/* A busy span leaves, or waits again. */
void uspan_queue_settle(uspan_tracer_t *t, unsigned d, uint16_t i, unsigned how);
/* Drop whatever waits for d. */
void uspan_queue_drop(uspan_tracer_t *t, unsigned d, uspan_drop_t cause);
/* Spans dropped of a cause, as destination d counts them. Caller holds the lock. */
uint32_t uspan_dropped(const uspan_tracer_t *t, unsigned d, unsigned cause);

#endif
