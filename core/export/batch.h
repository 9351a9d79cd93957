/* batch.h: which spans travel together to one destination, and how large their request is. Private to
 * core. */
#ifndef USPAN_EXPORT_BATCH_H
#define USPAN_EXPORT_BATCH_H

#include "trace/internal.h"

/* Freeze the oldest waiting spans of d into its batch: members, sizes, drop counts. Members of one scope
 * follow one another, if the batch has no more than eight scopes. Spans that alone are too large are
 * dropped and counted. False: none to send. Context: the exporting task. */
bool uspan_batch_build(uspan_tracer_t *t, unsigned d);
/* All members were accepted but for `rejected` of them. */
void uspan_batch_delivered(uspan_tracer_t *t, unsigned d, uint32_t rejected);
/* All members are lost to d. */
void uspan_batch_dropped(uspan_tracer_t *t, unsigned d, uspan_drop_t cause);
/* Too large for the collector or the link: freeze half as many, let the rest wait for the next batch.
 * The limit grows slowly afterwards. False: it is one span only. */
bool uspan_batch_split(uspan_tracer_t *t, unsigned d);
/* The batch that rested is sent again. False: there is none any more, because its spans gave way to
 * others. */
bool uspan_batch_hold(uspan_tracer_t *t, unsigned d);
/* Drop the batch of d and all that waits for d. */
void uspan_batch_drop_all(uspan_tracer_t *t, unsigned d, uspan_drop_t cause);

#endif
