/* keep_check.h: checks which slots of a kept tracer can be trusted. Private to core. */
#ifndef USPAN_TRACE_KEEP_CHECK_H
#define USPAN_TRACE_KEEP_CHECK_H

#include "trace/internal.h"
#include "uspan/keep_types.h"

#if USPAN_KEEP
/* The kept part of a tracer. Not inlined: offsets from there are smaller than from the start of the
 * tracer. */
uspan_keep_t *uspan_keep_of(const uspan_tracer_t *t);
/* Check every slot. Slots that fail become free and are counted in keep.lost. keep.owned gets the blocks that
 * have an owner. */
void uspan_keep_check(uspan_tracer_t *t, const uspan_keep_options_t *o);
/* Count the spans of each epoch. Returns the epoch with the fewest, which has none after a check. */
uspan_epoch_t *uspan_keep_count_epochs(uspan_tracer_t *t);
#endif

#endif
