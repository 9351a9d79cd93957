/* batch.h: selects the spans of one request and computes its size. Private to core. */
#ifndef USPAN_EXPORT_BATCH_H
#define USPAN_EXPORT_BATCH_H

#include "trace/internal.h"

/* Put the oldest waiting spans of d into its batch, and fix members, sizes and drop counts. Members of one
 * scope are contiguous if the batch has at most eight scopes. A span that exceeds a request by itself is
 * dropped and counted. Returns false if there is no span to send. Context: the exporting task. */
bool uspan_batch_build(uspan_tracer_t *t, unsigned d);
/* Finish a batch that was accepted: count `rejected` members as rejected and the others as delivered. */
void uspan_batch_delivered(uspan_tracer_t *t, unsigned d, uint32_t rejected);
/* Drop all members for destination d. */
void uspan_batch_dropped(uspan_tracer_t *t, unsigned d, uspan_drop_t cause);
/* Halve a batch that is too large for the collector or the link. The other members wait for the next batch.
 * The limit grows again after successes. Returns false if the batch has one span only. */
bool uspan_batch_split(uspan_tracer_t *t, unsigned d);
/* Prepare a waiting batch for sending it again. Returns false if its spans were evicted. */
bool uspan_batch_hold(uspan_tracer_t *t, unsigned d);
/* Drop the batch of d and all spans that wait for d. */
void uspan_batch_drop_all(uspan_tracer_t *t, unsigned d, uspan_drop_t cause);

#endif
