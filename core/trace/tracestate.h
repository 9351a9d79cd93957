/* tracestate.h: the tracestate of a context, W3C Trace Context Level 2 §3.3. Private. */
#ifndef USPAN_TRACE_TRACESTATE_H
#define USPAN_TRACE_TRACESTATE_H

#include "trace/internal.h"

#if USPAN_TRACESTATE_BYTES > 0
/* Copy a field value into c, which has none: members joined by ',' without white space, each key once. A
 * value that breaks the grammar is dropped completely. If it is too long, members above 128 bytes that do not
 * fit with the others are removed first, then those on the right. Returns: USPAN_OK; USPAN_TRUNCATED.
 * Pure. */
uspan_err_t uspan_tracestate_parse(uspan_context_t *c, const char *text, size_t len);
#endif

#endif
