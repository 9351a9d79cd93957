/* otlp.h: encodes one batch as an OTLP ExportTraceServiceRequest, in reads of any size. Private to core. */
#ifndef USPAN_EXPORT_OTLP_H
#define USPAN_EXPORT_OTLP_H

#include "trace/pool.h"
#include "trace/internal.h"
#include "export/protobuf.h"

/* Returns the encoded bytes of the Span message. The clock offset of its epoch must be known or given up.
 * uspan_size_request() returns the bytes of the request, and sets batch->resource_len. */
uint32_t uspan_size_span(uspan_tracer_t *t, const uspan_slot_t *slot);
/* The same without content. From here on that batch, which is the spool's own, is encoded without content.
 * Its body_len must be the size of its span. */
uint32_t uspan_size_bare_span(uspan_tracer_t *t, const uspan_slot_t *slot, uspan_batch_t *batch);
uint32_t uspan_size_request(uspan_tracer_t *t, uspan_batch_t *batch, unsigned dest);

/* ---- the source ---------------------------------------------------------------------------------------- */

/* Start reading a batch of dest, or start it again. The batch must not change meanwhile. */
void uspan_otlp_begin(uspan_otlp_t *o, uspan_tracer_t *t, const uspan_batch_t *batch, unsigned dest);
/* Fill out with up to cap bytes. Returns their number, less than cap only at the end. A read may end at any
 * byte. */
size_t uspan_otlp_read(uspan_otlp_t *o, uint8_t *out, size_t cap);
#if USPAN_SPOOL
/* Start reading one field of ResourceSpans only: `resource`, or `scope_spans` with the one span of the batch.
 * Returns its bytes. */
uint32_t uspan_otlp_begin_part(uspan_otlp_t *o, uspan_tracer_t *t, const uspan_batch_t *batch, unsigned dest,
                               bool resource);
#endif

#endif
