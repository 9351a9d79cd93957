/* otlp.h: one batch as an OTLP ExportTraceServiceRequest, pulled in reads of any size. Private to core. */
#ifndef USPAN_EXPORT_OTLP_H
#define USPAN_EXPORT_OTLP_H

#include "trace/pool.h"
#include "trace/internal.h"
#include "export/protobuf.h"

/* Encoded bytes of the Span message, whose epoch must be known or given up; of the whole request. */
uint32_t uspan_size_span(uspan_tracer_t *t, const uspan_slot_t *slot);
uint32_t uspan_size_request(uspan_tracer_t *t, const uspan_batch_t *batch, unsigned dest);

/* ---- the source ---------------------------------------------------------------------------------------- */

/* Begin, or begin again, reading a frozen batch of dest. */
void uspan_otlp_begin(uspan_otlp_t *o, uspan_tracer_t *t, const uspan_batch_t *batch, unsigned dest);
/* Fill out with up to cap bytes. Returns how many; fewer than cap only at the end. Stops and resumes
 * anywhere. */
size_t uspan_otlp_read(uspan_otlp_t *o, uint8_t *out, size_t cap);
#if USPAN_SPOOL
/* Begin reading a part only: the field `resource` of ResourceSpans, or its field `scope_spans` with the one
 * span of the batch. Returns its bytes. */
uint32_t uspan_otlp_begin_part(uspan_otlp_t *o, uspan_tracer_t *t, const uspan_batch_t *batch, unsigned dest,
                               bool resource);
#endif

#endif
