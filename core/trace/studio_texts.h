/* studio_texts.h: what AgentScope Studio needs of a span that ends. Private to core. */
#ifndef USPAN_TRACE_STUDIO_TEXTS_H
#define USPAN_TRACE_STUDIO_TEXTS_H

#include "trace/internal.h"

#if USPAN_STUDIO
/* The span changes no more: keys that break Studio's pages leave it, counted; what went in and came out
 * stands under agentscope.function.input and .output too, as its run page reads no others. Caller holds the
 * lock. */
void uspan_studio_finish(uspan_trace_part_t *p, uspan_slot_t *slot);
#endif

#endif
