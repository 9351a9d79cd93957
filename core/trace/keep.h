/* keep.h: takes over the spans that a tracer held before a reset. Private to core. A mount has four steps:
 * take (check header, seal and every slot), clear (all that is rebuilt), the ordinary start, adopt (times,
 * open spans). If another reset interrupts it at any instruction, the next mount finds the same spans. */
#ifndef USPAN_TRACE_KEEP_H
#define USPAN_TRACE_KEEP_H

#include "trace/internal.h"
#include "uspan/keep_types.h"

#if USPAN_KEEP
/* Invalidate the header, so that the next boot takes over nothing. */
void uspan_keep_forget(uspan_tracer_t *t);
/* Write the complete header. From now on the next boot finds what is recorded. */
void uspan_keep_begin(uspan_tracer_t *t, const uspan_keep_options_t *o);
/* Returns true if there are spans to take over. Slots of spans that failed a check are free afterwards. */
bool uspan_keep_take(uspan_tracer_t *t, const uspan_keep_options_t *o, uspan_keep_report_t *report);
/* Clear everything that is not taken over. */
void uspan_keep_clear(uspan_tracer_t *t);
/* Add complete words to a checksum. Products are folded, so that a change in the high bits of one word and
 * the low bits of the next do not cancel out. */
uint32_t uspan_keep_sum(uint32_t sum, const void *from, size_t bytes);

static inline uint32_t uspan_keep_sum_resource(const struct uspan_kept_resource *r)
{
    return uspan_keep_sum(1u, &r->len, sizeof *r - offsetof(struct uspan_kept_resource, len));
}
#endif

#endif
