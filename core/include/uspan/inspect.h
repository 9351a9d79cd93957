/* inspect.h: looks at what is open, for displays and development; ids and a tracer as the OpenAI Agents SDK
 * has them. read.h reads a span's fields. */
#ifndef USPAN_INSPECT_H
#define USPAN_INSPECT_H

#include "genai.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Call fn for each open span, in no order; it may end them. NULL: count only. Returns how many. Context:
 * task. */
unsigned uspan_each_open(uspan_tracer_t *t, void (*fn)(void *ctx, uspan_tracer_t *t, uspan_t s), void *ctx);
/* For development: a processor that logs, as a warning, each span that is still open when its parent ends:
 * mostly an early return that forgot it. It fills *p, which stays. (uspan_shutdown() ends what is open, as
 * failed, "span not ended".) Context: task, while no span call runs elsewhere. */
uspan_err_t uspan_check_ends(uspan_tracer_t *t, uspan_processor_t *p);
/* The root of a span's trace, while it is open on this device; else the null span. */
uspan_t uspan_root_of(uspan_tracer_t *t, uspan_t s);

/* A tracer for those who are given none. The default is NULL, with which all calls do nothing. */
void uspan_set_default(uspan_tracer_t *t);
uspan_tracer_t *uspan_default(void);

/* Make an id in the SDK's form, ending in 0: "trace_" and 32 random hexadecimal digits, "span_" and 24,
 * "group_" and 24. Returns: USPAN_OK; USPAN_ERR_AGAIN: no entropy yet, out is "". Context: task. */
#define USPAN_ID_TEXT_BYTES 39u
typedef enum uspan_id_kind { USPAN_ID_TRACE, USPAN_ID_SPAN, USPAN_ID_GROUP } uspan_id_kind_t;
uspan_err_t uspan_new_id(uspan_tracer_t *t, uspan_id_kind_t kind, char out[USPAN_ID_TEXT_BYTES]);

#ifdef __cplusplus
}
#endif

#if !USPAN_ENABLED
#include "disabled_inspect.h"
#endif
#endif
