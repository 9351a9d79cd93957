/* studio_texts.h: prepares a span that ends for AgentScope Studio. Private to core. */
#ifndef USPAN_TRACE_STUDIO_TEXTS_H
#define USPAN_TRACE_STUDIO_TEXTS_H

#include "trace/internal.h"

#if USPAN_STUDIO
/* Prepare a span that no longer changes. Keys that break Studio's pages are removed and counted. Its input
 * and output are added as agentscope.function.input and .output, because its run page reads only these. The
 * caller holds the lock. */
void uspan_studio_finish(uspan_trace_part_t *p, uspan_slot_t *slot);
#endif

#endif
