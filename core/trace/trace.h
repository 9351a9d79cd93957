/* trace.h: what the export room may ask of the trace room beside the public calls. Private to core. */
#ifndef USPAN_TRACE_TRACE_H
#define USPAN_TRACE_TRACE_H

#include "inside.h"

/* All of the recording part, from nothing. Context: before any other call. */
void uspan_trace_init(uspan_tracer_t *t, const uspan_port_t *port);
/* No more starts; open spans are ended with an error "span not ended". Context: task. */
void uspan_trace_stop(uspan_tracer_t *t);
/* Hooks of every processor. Context: task, no lock held. */
void uspan_processors_start(uspan_tracer_t *t, uspan_t s);
void uspan_processors_end(uspan_tracer_t *t, uspan_t s);
void uspan_processors_flush(uspan_tracer_t *t);
void uspan_processors_shutdown(uspan_tracer_t *t);
/* Well-formed bytes of a name, at most USPAN_NAME_MAX: *name is moved to buf where it had to be mended. */
size_t uspan_name_clean(const char **name, size_t len, char buf[USPAN_NAME_MAX]);
/* The present run's id becomes the span's gen_ai.conversation.id. Caller holds the lock. */
void uspan_run_enter(uspan_trace_part_t *p, uspan_slot_t *slot);
/* Attributes and links given at start. */
void uspan_options_apply(uspan_tracer_t *t, uspan_t s, const uspan_options_t *options);

#if USPAN_TRACESTATE_BYTES > 0
/* The index of a stored tracestate that equals text, counted on; or -1: the table is full, counted. Caller
 * holds the lock. */
int uspan_tracestate_keep(uspan_trace_part_t *p, const char *text, size_t len);
#endif

#endif
