/* otlp.h: one batch as an OTLP ExportTraceServiceRequest, pulled in reads of any size. Private to core. */
#ifndef USPAN_EXPORT_OTLP_H
#define USPAN_EXPORT_OTLP_H

#include "trace/pool.h"
#include "trace/inside.h"
#include "wire.h"

/* ---- sizes, in closed form ----------------------------------------------------------------------------- */

/* Encoded bytes of a KeyValue message, and of the AnyValue in it. */
uint32_t uspan_size_key_value(const uspan_trace_part_t *p, const uspan_entry_t *e);
uint32_t uspan_size_other(const uspan_trace_part_t *p, const uspan_entry_t *e);
static inline uint32_t uspan_size_any(const uspan_trace_part_t *p, const uspan_entry_t *e)
{
    bool is_text = e->store >= USPAN_STORE_STATIC && e->store <= USPAN_STORE_BYTES;
    return is_text ? uspan_len_field(e->len) : uspan_size_other(p, e);
}
/* AnyValue of an array's element, and how many stored bytes it takes: *used. block, offset: where it
 * stands. */
uint32_t uspan_size_element(const uspan_trace_part_t *p, uspan_store_t store, uint16_t block, unsigned offset,
                            unsigned *used, uint64_t *number);
uint32_t uspan_size_event(const uspan_trace_part_t *p, const uspan_event_rec_t *rec);
uint32_t uspan_size_link(const uspan_trace_part_t *p, const uspan_link_rec_t *rec);
uint32_t uspan_size_status(const uspan_slot_t *slot);
/* The Span message. Its epoch must be known or given up. */
uint32_t uspan_size_span(const uspan_trace_part_t *p, const uspan_slot_t *slot);
uint32_t uspan_size_resource(const uspan_tracer_t *t);
uint32_t uspan_size_scope(const uspan_batch_t *batch, const uspan_scope_t *scope, bool first);
/* The ScopeSpans message of one scope in a batch; the ResourceSpans; the whole request. */
uint32_t uspan_size_scope_spans(uspan_tracer_t *t, const uspan_batch_t *batch, unsigned dest,
                                const uspan_scope_t *scope, bool first);
uint32_t uspan_size_resource_spans(uspan_tracer_t *t, const uspan_batch_t *batch, unsigned dest);
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

/* The span carries the mark uspan.time.unsynced. */
static inline bool uspan_is_unsynced(const uspan_trace_part_t *p, const uspan_slot_t *slot)
{
    return p->epochs[slot->epoch].state != 1u; /* USPAN_EPOCH_KNOWN */
}
extern const uspan_entry_t uspan_unsynced_entry;

/* Step through resource attributes: *item starts at 0, *pos at 0. *e and *key are filled; *percent: the text
 * is percent-encoded and e->len counts its decoded bytes. False at the end. */
bool uspan_resource_next(const uspan_tracer_t *t, uint16_t *item, uint16_t *pos, uspan_entry_t *e,
                         uspan_key_t *key, bool *percent);
/* USPAN_OK, or USPAN_ERR_CONFIG where the list does not decode. */
uspan_err_t uspan_resource_check(const char *attributes);
/* Scope attribute of a drop cause. */
const uspan_key_t *uspan_drop_key(unsigned cause);

/* ---- the source ---------------------------------------------------------------------------------------- */

/* Begin, or begin again, reading a frozen batch of dest. */
void uspan_otlp_begin(uspan_otlp_t *o, uspan_tracer_t *t, const uspan_batch_t *batch, unsigned dest);
/* Fill out with up to cap bytes. Returns how many; fewer than cap only at the end. Stops and resumes
 * anywhere. */
size_t uspan_otlp_read(uspan_otlp_t *o, uint8_t *out, size_t cap);

#endif
