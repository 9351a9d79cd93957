/* otlp.c: encodes a batch as an ExportTraceServiceRequest: resource, scopes, spans, with fields in ascending
 * order. Invariant: all state is in uspan_otlp_t, so a read may end at any byte. Lengths are sums of the
 * fields that follow. A test compares every byte with nanopb's generated encoder. */
#include "export/otlp.h"
#include <string.h>
#include "export/otlp_attr.h"
#include "export/protobuf.h"
#include "export/queue.h"
#include "trace/pool.h"

enum stage {
    STAGE_REQUEST = 0, /* tags and lengths of ResourceSpans and Resource */
    STAGE_RESOURCE,
    STAGE_SCOPE, /* like REQUEST, for ScopeSpans and InstrumentationScope; name and version */
    STAGE_DROPS,
    STAGE_SPAN, /* like REQUEST, for Span; its fields before the attributes */
    STAGE_ATTRS,
    STAGE_DROPPED,
    STAGE_ITEMS,  /* events and links */
    STAGE_STATUS, /* and flags, the last fields of a span */
    STAGE_SCHEMA, /* last field of ScopeSpans */
    STAGE_ALONE,  /* only the resource: its head, its attributes */
    STAGE_ALONE_ATTRS,
    STAGE_END
};

/* Most bytes of a span before its attributes: tag and length, ids, parent, name, kind, times. */
#define SPAN_HEAD_BYTES (6u + 18u + 10u + 10u + 3u + USPAN_NAME_MAX + 2u + 9u + 9u)
_Static_assert(USPAN_TRAIT_REMOTE_PARENT << 8 == 0x200, "the trait is the flag's bit");

/* ---- fields of a span ---------------------------------------------------------------------------------- */

/* Size of a field of n bytes. The field is omitted if n is 0. */
static inline uint32_t text_field(uint32_t n)
{
    return n > 0u ? uspan_len_field(n) : 0u;
}

static inline bool has_parent(const uspan_slot_t *slot)
{
    uint64_t id;
    memcpy(&id, slot->parent_id, sizeof id);
    return id != 0u;
}

/* Write tag, length and the fields before the attributes. */
static void put_span(uspan_otlp_t *o, uint32_t size)
{
    const uspan_slot_t *slot = o->span;
    uint8_t scratch[SPAN_HEAD_BYTES];
    uint8_t *from = uspan_otlp_room(o, scratch, sizeof scratch);
    uint8_t *at = uspan_put_len(from, TAG(ScopeSpans_spans, BYTES), size);
    *at++ = TAG(Span_trace_id, BYTES);
    *at++ = 16u;
    memcpy(at, slot->trace_id, 16);
    at += 16;
    *at++ = TAG(Span_span_id, BYTES);
    *at++ = 8u;
    memcpy(at, slot->span_id, 8);
    at += 8;
#if USPAN_TRACESTATE_BYTES > 0
    if ((slot->traits & USPAN_TRAIT_NO_TRACESTATE) == 0u) {
        const uspan_tracestate_rec_t *rec = &o->tracer->trace.tracestates[slot->tracestate];
        uspan_otlp_give(o, from, at);
        uspan_otlp_put_number(o, TAG(Span_trace_state, BYTES), rec->len);
        uspan_otlp_put(o, rec->text, rec->len);
        at = from = uspan_otlp_room(o, scratch, sizeof scratch);
    }
#endif
    if (has_parent(slot)) {
        *at++ = TAG(Span_parent_span_id, BYTES);
        *at++ = 8u;
        memcpy(at, slot->parent_id, 8);
        at += 8;
    }
    if (slot->name_len > 0u) {
        at = uspan_put_len(at, TAG(Span_name, BYTES), slot->name_len);
        memcpy(at, slot->name, slot->name_len);
        at += slot->name_len;
    }
    *at++ = TAG(Span_kind, VARINT);
    *at++ = slot->kind;
    at = uspan_otlp_put_time(o, at, TAG(Span_start_time_unix_nano, FIXED64), slot->start_ns);
    at = uspan_otlp_put_time(o, at, TAG(Span_end_time_unix_nano, FIXED64), slot->end_ns);
    uspan_otlp_give(o, from, at);
}

static bool has_items(const uspan_slot_t *slot)
{
    return (slot->event_count | slot->link_count | slot->dropped_events | slot->dropped_links) != 0;
}

static uint32_t status_size(const uspan_slot_t *slot)
{
    return text_field(slot->message_len) + (slot->status != USPAN_STATUS_UNSET ? 2u : 0u);
}

static void put_status(uspan_otlp_t *o)
{
    const uspan_slot_t *slot = o->span;
    uspan_otlp_put_number(o, TAG(Span_status, BYTES), status_size(slot));
    uspan_otlp_put_number(o, TAG(Status_message, BYTES), slot->message_len);
    uspan_otlp_put_chain(o, slot->message, 0u, slot->message_len);
    uspan_otlp_put_number(o, TAG(Status_code, VARINT), slot->status);
    uint8_t flags[6] = { TAG(Span_flags, FIXED32) | 0x80u, 1u }; /* a tag of two bytes */
    (void)uspan_put_fixed32(flags + 2,
                            0x100u | slot->flags | (uint32_t)(slot->traits & USPAN_TRAIT_REMOTE_PARENT) << 8);
    uspan_otlp_put(o, flags, sizeof flags);
}

/* Returns the number of bytes that put_span(), put_attrs(), put_dropped(), put() and put_status() write. */
static uint32_t size_span(uspan_tracer_t *t, const uspan_slot_t *slot, const uspan_batch_t *batch)
{
    uint32_t size = 18u + 10u + 2u + 9u + 9u + 6u; /* ids, kind, times, flags */
    uspan_otlp_t o;
    o.tracer = t;
#if USPAN_LEAVES_OUT_CONTENT
    o.batch = batch;
#else
    (void)batch;
#endif
    o.span = slot;
    o.at = NULL;
    o.end = NULL;
    o.part = 0u;
    uspan_otlp_begin_count(&o);
    (void)uspan_otlp_put_attrs(&o, TAG(Span_attributes, BYTES), LIST_SPAN);
    if (has_items(slot)) {
        (void)t->trace.items->put(&o);
    }
    size += uspan_otlp_counted(&o);
#if USPAN_TRACESTATE_BYTES > 0
    if ((slot->traits & USPAN_TRAIT_NO_TRACESTATE) == 0u) {
        size += text_field(t->trace.tracestates[slot->tracestate].len);
    }
#endif
    size += has_parent(slot) ? 10u : 0u;
    size += text_field(slot->name_len);
    size += slot->dropped_attrs > 0u ? 1u + uspan_len_u64(slot->dropped_attrs) : 0u;
    return size + text_field(status_size(slot));
}

uint32_t uspan_size_span(uspan_tracer_t *t, const uspan_slot_t *slot)
{
    return size_span(t, slot, NULL);
}

#if USPAN_LEAVES_OUT_CONTENT
uint32_t uspan_size_bare_span(uspan_tracer_t *t, const uspan_slot_t *slot, uspan_batch_t *batch)
{
    batch->streak = USPAN_BARE_STREAK;
    return size_span(t, slot, batch);
}
#endif

/* ---- scopes and the resource --------------------------------------------------------------------------- */

static void put_string(uspan_otlp_t *o, unsigned tag, const char *text)
{
    if (text != NULL) {
        uint32_t len = (uint32_t)strlen(text);
        uspan_otlp_put_number(o, tag, len);
        uspan_otlp_put(o, text, len);
    }
}

static uint32_t string_field(const char *text)
{
    return text != NULL ? text_field((uint32_t)strlen(text)) : 0u;
}

/* Write the attributes of a list that does not belong to a span. The resource may be that of an earlier boot,
 * which is stored encoded. */
static void put_list(uspan_otlp_t *o, unsigned tag, unsigned list)
{
#if USPAN_KEEP
    if (list == LIST_RESOURCE && o->batch->resource != 0u) {
        const struct uspan_kept_resource *r = &o->tracer->keep.resources[o->batch->resource - 1u];
        uspan_otlp_put(o, r->bytes, r->len);
        return;
    }
#endif
    (void)uspan_otlp_put_attrs(o, tag, list);
}

/* Returns the bytes of all attributes of a list. */
static uint32_t count_attrs(const uspan_otlp_t *o, unsigned list)
{
    uspan_otlp_t c = *o;
    uspan_otlp_begin_count(&c);
    put_list(&c, 0u, list); /* all tags have one byte */
    return uspan_otlp_counted(&c);
}

/* Returns the member after the last one that was written, or NULL. */
USPAN_NOINLINE_SMALL static const uspan_slot_t *next_member(const uspan_otlp_t *o)
{
    uint16_t next = uspan_queue_next_member(o->tracer, o->batch, o->dest, o->slot);
    return next != USPAN_NO_INDEX ? &o->tracer->trace.slots[next] : NULL;
}

/* Go to the next scope, that of the member after the last one. The first scope has the drop counts. Returns
 * false if there are no more. */
static bool begin_scope(uspan_otlp_t *o)
{
    const uspan_slot_t *slot = next_member(o);
    o->item = o->slot == USPAN_NO_INDEX ? (uint16_t)uspan_otlp_find_drop(o, 0u) : USPAN_DROP_COUNT;
    o->scope = slot != NULL ? slot->scope : NULL;
    return o->scope != NULL;
}

/* Go to the next span of the scope. Returns false if there are no more. */
static bool begin_span(uspan_otlp_t *o)
{
    const uspan_slot_t *slot = next_member(o);
    bool is_there = slot != NULL && slot->scope == o->scope;
    o->slot = is_there ? uspan_slot_index(&o->tracer->trace, slot) : o->slot;
    o->span = is_there ? slot : NULL;
    return is_there;
}

/* Compute the bytes of InstrumentationScope, and of the ScopeSpans that contains it. */
static uint32_t size_scope(const uspan_otlp_t *o)
{
    return string_field(o->scope->name) + string_field(o->scope->version) +
           (o->item < USPAN_DROP_COUNT ? count_attrs(o, LIST_DROPS) : 0u);
}

/* Returns the bytes of the spans of the scope. Not inlined: the copy must not stay on the stack while
 * attributes are counted. */
USPAN_NOINLINE static uint32_t size_spans(const uspan_otlp_t *o)
{
    uint32_t n = 0;
    uspan_otlp_t ahead = *o;
    while (begin_span(&ahead)) {
        n += uspan_len_field(ahead.span->size);
    }
    return n;
}

static uint32_t size_scope_spans(const uspan_otlp_t *o, uint32_t scope_len)
{
    uint32_t n = uspan_len_field(scope_len) + string_field(USPAN_SCHEMA_URL);
    return n + (o->batch->scope != NULL ? o->batch->spans_len : size_spans(o));
}

uint32_t uspan_size_request(uspan_tracer_t *t, uspan_batch_t *batch, unsigned dest)
{
    uspan_otlp_t o;
    uspan_otlp_begin(&o, t, batch, dest);
    batch->resource_len = count_attrs(&o, LIST_RESOURCE);
    uint32_t n = uspan_len_field(batch->resource_len);
    while (begin_scope(&o)) {
        n += uspan_len_field(size_scope_spans(&o, size_scope(&o)));
        while (begin_span(&o)) {
        }
    }
    return uspan_len_field(n);
}

static void put_request(uspan_otlp_t *o)
{
    uint32_t n = o->batch->body_len - 2u; /* of ResourceSpans, with a length of one byte */
    while (uspan_len_field(n) > o->batch->body_len) {
        n--;
    }
    uspan_otlp_put_heads(o, TAG(ExportTraceServiceRequest_resource_spans, BYTES), n,
                         TAG(ResourceSpans_resource, BYTES), o->batch->resource_len);
}

#if USPAN_SPOOL
static void put_resource_head(uspan_otlp_t *o)
{
    uspan_otlp_put_number(o, TAG(ResourceSpans_resource, BYTES), count_attrs(o, LIST_RESOURCE));
}
#endif

static void put_scope(uspan_otlp_t *o)
{
    const uint32_t scope_len = size_scope(o);
    uspan_otlp_put_heads(o, TAG(ResourceSpans_scope_spans, BYTES), size_scope_spans(o, scope_len),
                         TAG(ScopeSpans_scope, BYTES), scope_len);
    put_string(o, TAG(InstrumentationScope_name, BYTES), o->scope->name);
    put_string(o, TAG(InstrumentationScope_version, BYTES), o->scope->version);
}

/* ---- the source ---------------------------------------------------------------------------------------- */

/* Write the next unit, or all units of a list. They may be cut. Returns the next stage. */
static unsigned put_stage(uspan_otlp_t *o)
{
    const uspan_slot_t *slot = o->span; /* if the stage has one */
    switch (o->stage) {
    case STAGE_REQUEST:
        put_request(o);
        return STAGE_RESOURCE;
    case STAGE_RESOURCE:
        put_list(o, TAG(Resource_attributes, BYTES), LIST_RESOURCE);
        return STAGE_SCOPE;
    case STAGE_SCOPE:
        put_scope(o);
        return STAGE_DROPS;
    case STAGE_DROPS:
        (void)uspan_otlp_put_attrs(o, TAG(InstrumentationScope_attributes, BYTES), LIST_DROPS);
        return STAGE_SPAN;
    case STAGE_SPAN:
        put_span(o, uspan_otlp_is_bare(o) ? o->batch->body_len : slot->size);
        return STAGE_ATTRS;
    case STAGE_ATTRS:
        (void)uspan_otlp_put_attrs(o, TAG(Span_attributes, BYTES), LIST_SPAN);
        return STAGE_DROPPED;
    case STAGE_DROPPED:
        uspan_otlp_put_number(o, TAG(Span_dropped_attributes_count, VARINT), slot->dropped_attrs);
        o->part = 0u;
        return has_items(slot) ? STAGE_ITEMS : STAGE_STATUS;
    case STAGE_ITEMS:
        (void)o->tracer->trace.items->put(o);
        return STAGE_STATUS;
    case STAGE_STATUS:
        put_status(o);
        return STAGE_SPAN;
#if USPAN_SPOOL
    case STAGE_ALONE:
        put_resource_head(o);
        return STAGE_ALONE_ATTRS;
    case STAGE_ALONE_ATTRS:
        put_list(o, TAG(Resource_attributes, BYTES), LIST_RESOURCE);
        return STAGE_END;
#endif
    default:
        put_string(o, TAG(ScopeSpans_schema_url, BYTES), USPAN_SCHEMA_URL);
        return STAGE_SCOPE;
    }
}

void uspan_otlp_begin(uspan_otlp_t *o, uspan_tracer_t *t, const uspan_batch_t *batch, unsigned dest)
{
    memset(o, 0, sizeof *o);
    o->slot = USPAN_NO_INDEX;
    o->tracer = t;
    o->batch = batch;
    o->dest = (uint8_t)dest;
}

#if USPAN_SPOOL
uint32_t uspan_otlp_begin_part(uspan_otlp_t *o, uspan_tracer_t *t, const uspan_batch_t *batch, unsigned dest,
                               bool resource)
{
    uspan_otlp_begin(o, t, batch, dest);
    if (resource) {
        o->stage = STAGE_ALONE;
        return uspan_len_field(count_attrs(o, LIST_RESOURCE));
    }
    (void)begin_scope(o);
    o->item = USPAN_DROP_COUNT; /* drop counts are sent with live spans only */
    o->stage = STAGE_SCOPE;
    return uspan_len_field(size_scope_spans(o, size_scope(o)));
}
#endif

size_t uspan_otlp_read(uspan_otlp_t *o, uint8_t *out, size_t cap)
{
    o->at = o->unit = out;
    o->end = out + cap;
    o->skip = o->given;
    o->cut = 0u;
    while (o->at < o->end && o->stage != STAGE_END) {
        unsigned next = put_stage(o);
        if (!uspan_otlp_end_unit(o)) {
            break;
        }
        if (next == STAGE_SCOPE && !begin_scope(o)) {
            next = STAGE_END;
        } else if (next == STAGE_SPAN && !begin_span(o)) {
            next = STAGE_SCHEMA;
        }
        o->stage = (uint8_t)next;
    }
    o->given += (uint32_t)(o->at - o->unit);
    return (size_t)(o->at - out);
}
