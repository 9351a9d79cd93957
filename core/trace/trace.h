/* trace.h: functions of core/trace that core/export may call in addition to the public API. Private to
 * core. */
#ifndef USPAN_TRACE_TRACE_H
#define USPAN_TRACE_TRACE_H

#include "trace/internal.h"

/* Initialise the recording part. Context: before any other call. */
void uspan_trace_init(uspan_tracer_t *t, const uspan_port_t *port);
extern const uspan_limits_t uspan_limits_max;
/* Defined in otlp_events.c. It is referenced here, so that only a program with events, links or arrays links
 * it. */
extern const struct uspan_items uspan_items;
/* Set it once. The exporter reads it without the lock after it has seen such a span end. The caller holds the
 * lock. */
static inline void uspan_items_link(uspan_trace_part_t *p)
{
    if (p->items == NULL) {
        p->items = &uspan_items;
    }
}
#if USPAN_KEEP
/* Call it if there are events or links from before a reset. Context: before any other call. */
void uspan_items_restore(uspan_trace_part_t *p);
#endif
bool uspan_is_zero(const uint8_t *bytes, size_t len);
bool uspan_context_is_valid(const uspan_context_t *c);
/* Reject new spans, and end open spans with the error "span not ended". Context: task. */
void uspan_trace_stop(uspan_tracer_t *t);
/* Call a hook of every processor. s is passed to the hooks that have a span. Context: task, without the
 * lock. */
typedef enum uspan_event { USPAN_ON_START, USPAN_ON_END, USPAN_ON_FLUSH, USPAN_ON_SHUTDOWN } uspan_event_t;
static inline void uspan_processors(uspan_tracer_t *t, uspan_t s, uspan_event_t event)
{
    if (t->trace.run_processors != NULL) {
        t->trace.run_processors(t, s, event);
    }
}
/* Copy text, made well-formed and cut at a character, to buf[cap]. Returns the number of bytes. *whole: false
 * if text was cut. */
size_t uspan_text_clean(const char *text, size_t len, char *buf, size_t cap, bool *whole);
#if USPAN_STUDIO
/* Set the span's gen_ai.conversation.id to the id of the current run. The caller holds the lock. */
void uspan_run_enter(uspan_trace_part_t *p, uspan_slot_t *slot);
#endif

#if USPAN_TRACESTATE_BYTES > 0
/* Returns the index of a stored tracestate that equals text, and adds a reference. -1: the table is full,
 * which is counted. The caller holds the lock. */
int uspan_tracestate_keep(uspan_trace_part_t *p, const char *text, size_t len);
#endif

#endif
