/* trace.h: what the export room may ask of the trace room beside the public calls. Private to core. */
#ifndef USPAN_TRACE_TRACE_H
#define USPAN_TRACE_TRACE_H

#include "trace/internal.h"

/* All of the recording part, from nothing. Context: before any other call. */
void uspan_trace_init(uspan_tracer_t *t, const uspan_port_t *port);
extern const uspan_limits_t uspan_limits_max;
/* otlp_items.c: named here, so that only a program with events, links or arrays links it. */
extern const struct uspan_items uspan_items;
/* Once: the exporter reads it without the lock, after it has seen such a span end. Caller holds the lock. */
static inline void uspan_items_link(uspan_trace_part_t *p)
{
    if (p->items == NULL) {
        p->items = &uspan_items;
    }
}
#if USPAN_KEEP
/* There are events or links, of before a reset. Context: before any other call. */
void uspan_items_restore(uspan_trace_part_t *p);
#endif
bool uspan_is_zero(const uint8_t *bytes, size_t len);
bool uspan_context_is_valid(const uspan_context_t *c);
/* No more starts; open spans are ended with an error "span not ended". Context: task. */
void uspan_trace_stop(uspan_tracer_t *t);
/* Hooks of every processor, of which s is told where there is one. Context: task, no lock held. */
typedef enum uspan_event { USPAN_ON_START, USPAN_ON_END, USPAN_ON_FLUSH, USPAN_ON_SHUTDOWN } uspan_event_t;
static inline void uspan_processors(uspan_tracer_t *t, uspan_t s, uspan_event_t event)
{
    if (t->trace.run_processors != NULL) {
        t->trace.run_processors(t, s, event);
    }
}
/* Copy text, made well-formed and cut at a character, to buf[cap]. Returns how many bytes there are. *whole:
 * none were cut off. */
size_t uspan_text_clean(const char *text, size_t len, char *buf, size_t cap, bool *whole);
#if USPAN_STUDIO
/* The present run's id becomes the span's gen_ai.conversation.id. Caller holds the lock. */
void uspan_run_enter(uspan_trace_part_t *p, uspan_slot_t *slot);
#endif

#if USPAN_TRACESTATE_BYTES > 0
/* The index of a stored tracestate that equals text, counted on; or -1: the table is full, counted. Caller
 * holds the lock. */
int uspan_tracestate_keep(uspan_trace_part_t *p, const char *text, size_t len);
#endif

#endif
