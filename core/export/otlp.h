/* otlp.h: one batch as an OTLP ExportTraceServiceRequest, pulled in reads of any size. Private to core. */
#ifndef USPAN_EXPORT_OTLP_H
#define USPAN_EXPORT_OTLP_H

#include "trace/pool.h"
#include "trace/inside.h"
#include "wire.h"

/* Encoded bytes of the Span message, whose epoch must be known or given up; of the whole request. */
uint32_t uspan_size_span(uspan_tracer_t *t, const uspan_slot_t *slot);
uint32_t uspan_size_request(uspan_tracer_t *t, const uspan_batch_t *batch, unsigned dest);

/* ---- members and lists --------------------------------------------------------------------------------- */

/* The member of dest's batch after slot i (USPAN_NO_INDEX: the first) with that scope (NULL: any), or
 * USPAN_NO_INDEX. */
uint16_t uspan_batch_next(uspan_tracer_t *t, const uspan_batch_t *batch, unsigned dest, uint16_t i,
                          const uspan_scope_t *scope);
/* Scopes are visited in the order of their addresses, which needs no marks: the one after `after`, or
 * NULL. */
const uspan_scope_t *uspan_batch_scope(uspan_tracer_t *t, const uspan_batch_t *batch, unsigned dest,
                                       const uspan_scope_t *after);

/* Step through resource attributes: *item and *pos start at 0. *e and *key are filled. False at the end. */
bool uspan_resource_next(const uspan_tracer_t *t, uint16_t *item, uint16_t *pos, uspan_entry_t *e,
                         uspan_key_t *key);

/* ---- the source ---------------------------------------------------------------------------------------- */

/* Begin, or begin again, reading a frozen batch of dest. */
void uspan_otlp_begin(uspan_otlp_t *o, uspan_tracer_t *t, const uspan_batch_t *batch, unsigned dest);
/* Fill out with up to cap bytes. Returns how many; fewer than cap only at the end. Stops and resumes
 * anywhere. */
size_t uspan_otlp_read(uspan_otlp_t *o, uint8_t *out, size_t cap);

#endif
