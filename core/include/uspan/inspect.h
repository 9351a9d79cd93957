/* inspect.h: lists open spans for displays and development. It also has ids and a default tracer as in the
 * OpenAI Agents SDK, and records the state of the device on spans. read.h reads the fields of a span. */
#ifndef USPAN_INSPECT_H
#define USPAN_INSPECT_H

#include "genai.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Call fn for each open span, in no fixed order. fn may end spans. NULL: only count. Returns their number.
 * Context: task. */
unsigned uspan_visit_open_spans(uspan_tracer_t *t, void (*fn)(void *ctx, uspan_tracer_t *t, uspan_t s),
                                void *ctx);
/* For development: add a processor that logs a warning for each span that is still open when its parent ends.
 * The usual cause is an early return without uspan_end(). *p must stay valid as long as the tracer.
 * uspan_shutdown() ends open spans with the error "span not ended". Returns: USPAN_OK; USPAN_ERR_ARG: NULL,
 * or *p is in the list already. Context: task, while no span call runs elsewhere. */
uspan_err_t uspan_check_ends(uspan_tracer_t *t, uspan_processor_t *p);
/* Find the root of a span's trace. Returns the null span if the root is not open on this device. Context:
 * task. */
uspan_t uspan_find_root(uspan_tracer_t *t, uspan_t s);

/* Set and get a tracer for code that has no tracer argument. It is NULL until it is set. All calls accept
 * NULL and do nothing. It must stay valid as long as it is set. Context: task. */
void uspan_set_default(uspan_tracer_t *t);
uspan_tracer_t *uspan_default(void);

/* Make an id in the SDK's form, ending in 0: "trace_" and 32 random hexadecimal digits, "span_" and 24,
 * "group_" and 24. Returns: USPAN_OK; USPAN_ERR_AGAIN: no random bytes yet, out is "". Context: task. */
#define USPAN_ID_TEXT_BYTES 39u
typedef enum uspan_id_kind { USPAN_ID_TRACE, USPAN_ID_SPAN, USPAN_ID_GROUP } uspan_id_kind_t;
uspan_err_t uspan_new_id(uspan_tracer_t *t, uspan_id_kind_t kind, char out[USPAN_ID_TEXT_BYTES]);

/* ---- the state of the device --------------------------------------------------------------------------- */

/* The device's state at one moment. Each field may be absent. Attributes: uspan.device.*. */
typedef struct uspan_health {
    /* bytes: free, lowest value since boot, largest block */
    uspan_opt_int_t heap_free, heap_least, heap_block;
    uspan_opt_int_t rssi_dbm, battery_mv;
    uspan_opt_double_t temperature_c;
} uspan_health_t;
typedef struct uspan_health_source {
    void *ctx;
    void (*ask)(void *ctx, uspan_health_t *out); /* all fields of *out are absent before the call */
} uspan_health_source_t;
/* Call ask() whenever a span of a model call, an agent or a tool ends, and set attributes of that span from
 * its result. ask() runs in the caller's context, outside every lock, and must not end spans. *source must
 * stay valid until it is replaced. NULL: stop. Context: task. */
void uspan_set_health(uspan_tracer_t *t, const uspan_health_source_t *source);

#ifdef __cplusplus
}
#endif

#if !USPAN_ENABLED
#include "disabled_inspect.h"
#endif
#endif
