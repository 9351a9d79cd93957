/* keep.h: taking over what a tracer held before a reset. Private to core. The order of a mount: take (header,
 * seal, every slot), clear (all that is rebuilt), the ordinary start, adopt (times, open spans). At each
 * instruction of it the pools are such that a mount after another reset finds the same spans. */
#ifndef USPAN_TRACE_KEEP_H
#define USPAN_TRACE_KEEP_H

#include "trace/internal.h"
#include "uspan/keep_types.h"

#if USPAN_KEEP
/* No reader shall find anything from now on. */
void uspan_keep_forget(uspan_tracer_t *t);
/* The header, complete: from now on a reader finds what is recorded. */
void uspan_keep_begin(uspan_tracer_t *t, const uspan_keep_options_t *o);
/* Whether there is something to take over. Spans that cannot be trusted are free then. */
bool uspan_keep_take(uspan_tracer_t *t, const uspan_keep_options_t *o, uspan_keep_report_t *report);
/* Zero all that is not taken over. */
void uspan_keep_clear(uspan_tracer_t *t);
/* Add whole words to a sum. Products are folded, so that what is altered high in one word and low in the next
 * does not cancel out. */
uint32_t uspan_keep_sum(uint32_t sum, const void *from, size_t bytes);

static inline uint32_t uspan_keep_sum_resource(const struct uspan_kept_resource *r)
{
    return uspan_keep_sum(1u, &r->len, sizeof *r - offsetof(struct uspan_kept_resource, len));
}
#endif

#endif
