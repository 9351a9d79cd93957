/* otlp.c: a batch as protobuf, one piece after another: a head of a few fields built in one go, then text
 * copied in bulk from where it stands. Between two pieces all state is in uspan_otlp_t, so a read may end at
 * any byte. Fields leave in ascending order; field numbers are nanopb's generated ones. */
#include "otlp.h"
#include <string.h>
#include "headers.h"
#include "otlp.pb.h"
#include "otlp_attr.h"
#include "pb_encode.h"
#include "trace/clock.h"
#include "wire.h"

enum stage {
    STAGE_ENVELOPE,
    STAGE_RESOURCE,
    STAGE_SCOPE,
    STAGE_SCOPE_VERSION,
    STAGE_SCOPE_DROPS,
    STAGE_SPAN,
    STAGE_SPAN_NAME,
    STAGE_ATTRS,
    STAGE_EVENT,
    STAGE_EVENT_ATTRS,
    STAGE_LINK,
    STAGE_LINK_ATTRS,
    STAGE_STATUS,
    STAGE_FLAGS,
    STAGE_SCHEMA,
    STAGE_END
};

#define TAG_ATTR(field) USPAN_TAG(field, USPAN_WIRE_BYTES)
#define SPAN_TAG(name, type) USPAN_TAG(uspan_otlp_Span_##name##_tag, type)

/* The next attribute kept in blocks (of an event or link), or NULL after the last. */
static const uspan_entry_t *next_entry(uspan_otlp_t *o, unsigned count)
{
    if (o->item >= count) {
        return NULL;
    }
    unsigned i = o->item % USPAN_ENTRIES_PER_BLOCK;
    if (i == 0u && o->item > 0u) {
        o->entries = o->tracer->trace.block_next[o->entries];
    }
    o->item++;
    return &o->tracer->trace.blocks[o->entries].entries[i];
}

/* ---- through nanopb: what is written once a batch, event, link or error -------------------------------- */

static void put_head(pb_ostream_t *s, uint32_t field, uint32_t len)
{
    (void)pb_encode_tag(s, PB_WT_STRING,
                        field); /* cannot fail: the head has room for every message's fields */
    (void)pb_encode_varint(s, len);
}

static void put_number(pb_ostream_t *s, uint32_t field, uint32_t value)
{
    if (value > 0u) {
        (void)pb_encode_tag(s, PB_WT_VARINT, field);
        (void)pb_encode_varint(s, value);
    }
}

static void put_time(pb_ostream_t *s, uint32_t field, uint64_t value)
{
    (void)pb_encode_tag(s, PB_WT_64BIT, field);
    (void)pb_encode_fixed64(s, &value);
}

static uint64_t unix_of(const uspan_otlp_t *o, const uspan_slot_t *slot, uint64_t mono_ns)
{
    uint64_t unix_ns = 0;
    (void)uspan_epoch_unix(&o->tracer->trace, slot->epoch, mono_ns, &unix_ns);
    return unix_ns;
}

static void put_envelope(uspan_otlp_t *o, pb_ostream_t *s)
{
    put_head(s, uspan_otlp_ExportTraceServiceRequest_resource_spans_tag,
             uspan_size_resource_spans(o->tracer, o->batch, o->dest));
    put_head(s, uspan_otlp_ResourceSpans_resource_tag, uspan_size_resource(o->tracer));
    o->item = 0u;
    o->pos = 0u;
    o->stage = STAGE_RESOURCE;
}

static void put_scope(uspan_otlp_t *o, pb_ostream_t *s)
{
    bool first = o->scope == NULL;
    o->scope = uspan_batch_scope(o->tracer, o->batch, o->dest, o->scope);
    if (o->scope == NULL) {
        o->stage = STAGE_END;
        return;
    }
    put_head(s, uspan_otlp_ResourceSpans_scope_spans_tag,
             uspan_size_scope_spans(o->tracer, o->batch, o->dest, o->scope, first));
    put_head(s, uspan_otlp_ScopeSpans_scope_tag, uspan_size_scope(o->batch, o->scope, first));
    uint32_t len = (uint32_t)strlen(o->scope->name);
    put_head(s, uspan_otlp_InstrumentationScope_name_tag, len);
    uspan_text_follows(o, o->scope->name, len);
    o->item = first ? 0u : USPAN_DROP_COUNT;
    o->slot = USPAN_NO_INDEX;
    o->stage =
        o->scope->version != NULL && o->scope->version[0] != '\0' ? STAGE_SCOPE_VERSION : STAGE_SCOPE_DROPS;
}

static void put_version(uspan_otlp_t *o, pb_ostream_t *s)
{
    uint32_t len = (uint32_t)strlen(o->scope->version);
    put_head(s, uspan_otlp_InstrumentationScope_version_tag, len);
    uspan_text_follows(o, o->scope->version, len);
    o->stage = STAGE_SCOPE_DROPS;
}

static void put_event(uspan_otlp_t *o, pb_ostream_t *s, const uspan_slot_t *slot)
{
    const uspan_trace_part_t *p = &o->tracer->trace;
    if (o->rec == USPAN_NO_INDEX) {
        put_number(s, uspan_otlp_Span_dropped_events_count_tag, slot->dropped_events);
        o->rec = slot->links;
        o->stage = STAGE_LINK;
        return;
    }
    const uspan_event_rec_t *rec = &p->blocks[o->rec].event;
    put_head(s, uspan_otlp_Span_events_tag, uspan_size_event(p, rec));
    put_time(s, uspan_otlp_Span_Event_time_unix_nano_tag, unix_of(o, slot, rec->time_ns));
    put_head(s, uspan_otlp_Span_Event_name_tag, rec->name_len);
    if (rec->name_store == USPAN_STORE_TEXT) {
        uspan_chain_follows(o, rec->name.chain.head, rec->name_len);
    } else {
        uspan_text_follows(
            o, rec->name_store == USPAN_STORE_NEAR ? (const char *)rec->name.near : rec->name.text,
            rec->name_len);
    }
    o->item = 0u;
    o->entries = rec->attrs;
    o->stage = STAGE_EVENT_ATTRS;
}

static void put_link(uspan_otlp_t *o, pb_ostream_t *s, const uspan_slot_t *slot)
{
    const uspan_trace_part_t *p = &o->tracer->trace;
    if (o->rec == USPAN_NO_INDEX) {
        put_number(s, uspan_otlp_Span_dropped_links_count_tag, slot->dropped_links);
        o->stage = STAGE_STATUS;
        return;
    }
    const uspan_link_rec_t *rec = &p->blocks[o->rec].link;
    put_head(s, uspan_otlp_Span_links_tag, uspan_size_link(p, rec));
    (void)pb_encode_tag(s, PB_WT_STRING, uspan_otlp_Span_Link_trace_id_tag);
    (void)pb_encode_string(s, rec->trace_id, 16);
    (void)pb_encode_tag(s, PB_WT_STRING, uspan_otlp_Span_Link_span_id_tag);
    (void)pb_encode_string(s, rec->span_id, 8);
    o->item = 0u;
    o->entries = rec->attrs;
    o->stage = STAGE_LINK_ATTRS;
    if (rec->attr_count > 0u &&
        p->blocks[rec->attrs].entries[0].key == NULL) { /* a tracestate: never of 8 bytes or fewer
                                                                                   but as text in the entry */
        const uspan_entry_t *e = next_entry(o, rec->attr_count);
        put_head(s, uspan_otlp_Span_Link_trace_state_tag, e->len);
        if (e->store == USPAN_STORE_NEAR) {
            uspan_text_follows(o, e->v.near, e->len);
        } else {
            uspan_chain_follows(o, e->v.chain.head, e->len);
        }
    }
}

static void put_link_end(uspan_otlp_t *o, pb_ostream_t *s, const uspan_link_rec_t *rec)
{
    uint32_t flags = 0x100u | rec->flags | (rec->remote != 0u ? 0x200u : 0u);
    put_number(s, uspan_otlp_Span_Link_dropped_attributes_count_tag, rec->dropped);
    (void)pb_encode_tag(s, PB_WT_32BIT, uspan_otlp_Span_Link_flags_tag);
    (void)pb_encode_fixed32(s, &flags);
    o->rec = rec->next;
    o->stage = STAGE_LINK;
}

static void put_status(uspan_otlp_t *o, pb_ostream_t *s, const uspan_slot_t *slot)
{
    if (slot->message_len > 0u) {
        put_head(s, uspan_otlp_Span_status_tag, uspan_size_status(slot));
        put_head(s, uspan_otlp_Status_message_tag, slot->message_len);
        uspan_chain_follows(o, slot->message, slot->message_len);
    }
    o->stage = STAGE_FLAGS;
}

/* ---- through the short writer: what every span has ----------------------------------------------------- */

static uint8_t *put_span(uspan_otlp_t *o, uint8_t *at)
{
    o->slot = uspan_batch_next(o->tracer, o->batch, o->dest, o->slot, o->scope);
    if (o->slot == USPAN_NO_INDEX) {
        o->stage = STAGE_SCHEMA;
        return at;
    }
    const uspan_slot_t *slot = &o->tracer->trace.slots[o->slot];
    at = uspan_put_len(at, USPAN_TAG(uspan_otlp_ScopeSpans_spans_tag, USPAN_WIRE_BYTES), slot->size);
    *at++ = SPAN_TAG(trace_id, USPAN_WIRE_BYTES);
    *at++ = 16u;
    at = uspan_put_bytes(at, slot->trace_id, 16);
    *at++ = SPAN_TAG(span_id, USPAN_WIRE_BYTES);
    *at++ = 8u;
    at = uspan_put_bytes(at, slot->span_id, 8);
    o->stage = STAGE_SPAN_NAME;
#if USPAN_TRACESTATE_BYTES > 0
    if ((slot->traits & USPAN_TRAIT_NO_TRACESTATE) == 0u) {
        const uspan_tracestate_rec_t *rec = &o->tracer->trace.tracestates[slot->tracestate];
        at = uspan_put_len(at, SPAN_TAG(trace_state, USPAN_WIRE_BYTES), rec->len);
        uspan_text_follows(o, rec->text, rec->len);
    }
#endif
    return at;
}

static uint8_t *put_name(uspan_otlp_t *o, uint8_t *at, const uspan_slot_t *slot)
{
    static const uint8_t no_id[8];
    if (memcmp(slot->parent_id, no_id, 8) != 0) {
        *at++ = SPAN_TAG(parent_span_id, USPAN_WIRE_BYTES);
        *at++ = 8u;
        at = uspan_put_bytes(at, slot->parent_id, 8);
    }
    at = uspan_put_len(at, SPAN_TAG(name, USPAN_WIRE_BYTES), slot->name_len);
    at = uspan_put_bytes(at, slot->name, slot->name_len);
    *at++ = SPAN_TAG(kind, USPAN_WIRE_VARINT);
    *at++ = slot->kind;
    *at++ = SPAN_TAG(start_time_unix_nano, USPAN_WIRE_FIXED64);
    at = uspan_put_fixed64(at, unix_of(o, slot, slot->start_ns));
    *at++ = SPAN_TAG(end_time_unix_nano, USPAN_WIRE_FIXED64);
    at = uspan_put_fixed64(at, unix_of(o, slot, slot->end_ns));
    o->item = 0u;
    o->stage = STAGE_ATTRS;
    return at;
}

static uint8_t *put_span_attr(uspan_otlp_t *o, uint8_t *at, const uspan_slot_t *slot)
{
    const uint8_t tag = SPAN_TAG(attributes, USPAN_WIRE_BYTES);
    if (o->item < slot->attr_count) {
        return uspan_put_attr(o, at, tag, &slot->attrs[o->item++]);
    }
    if (o->item == slot->attr_count && uspan_is_unsynced(&o->tracer->trace, slot)) {
        o->item++;
        return uspan_put_attr(o, at, tag, &uspan_unsynced_entry);
    }
    if (slot->dropped_attrs > 0u) {
        *at = SPAN_TAG(dropped_attributes_count, USPAN_WIRE_VARINT);
        at = uspan_put_u32(at + 1, slot->dropped_attrs);
    }
    o->rec = slot->events;
    o->stage = STAGE_EVENT;
    if ((slot->event_count | slot->link_count | slot->dropped_events | slot->dropped_links |
         slot->message_len) == 0u) {
        o->stage = STAGE_FLAGS;
    }
    return at;
}

static uint8_t *put_flags(uspan_otlp_t *o, uint8_t *at, const uspan_slot_t *slot)
{
    if (slot->status != USPAN_STATUS_UNSET) {
        if (slot->message_len == 0u) {
            *at++ = SPAN_TAG(status, USPAN_WIRE_BYTES);
            *at++ = 2u;
        }
        *at++ = USPAN_TAG(uspan_otlp_Status_code_tag, USPAN_WIRE_VARINT);
        *at++ = slot->status;
    }
    *at++ = (uint8_t)((uspan_otlp_Span_flags_tag << 3 | USPAN_WIRE_FIXED32) | 0x80u); /* 85 01: two bytes */
    *at++ = (uint8_t)(uspan_otlp_Span_flags_tag >> 4);
    o->stage = STAGE_SPAN;
    uint32_t remote = (slot->traits & USPAN_TRAIT_REMOTE_PARENT) != 0u ? 0x300u : 0x100u;
    return uspan_put_fixed32(at, remote | slot->flags);
}

static uint8_t *put_resource_attr(uspan_otlp_t *o, uint8_t *at)
{
    uspan_entry_t e;
    uspan_key_t key;
    bool percent;
    if (!uspan_resource_next(o->tracer, &o->item, &o->pos, &e, &key, &percent)) {
        o->stage = STAGE_SCOPE;
        return at;
    }
    e.pend_len = 0u;
    at = uspan_put_attr(o, at, TAG_ATTR(uspan_otlp_Resource_attributes_tag), &e);
    o->percent = percent;
    o->resume = USPAN_RESUME_STAGE; /* uspan_set_resource() allows no key above USPAN_SMALL_KEY here */
    return at;
}

static uint8_t *put_drop(uspan_otlp_t *o, uint8_t *at)
{
    for (; o->item < USPAN_DROP_COUNT; o->item++) {
        if (o->batch->reported[o->item] > 0u) {
            uspan_entry_t e = { .key = uspan_drop_key(o->item),
                                .store = USPAN_STORE_INT,
                                .v.i = o->batch->reported[o->item] };
            o->item++;
            return uspan_put_attr(o, at, TAG_ATTR(uspan_otlp_InstrumentationScope_attributes_tag), &e);
        }
    }
    o->stage = STAGE_SPAN;
    return at;
}

/* ---- the machine --------------------------------------------------------------------------------------- */

/* Write the next head at `at`, which has USPAN_HEAD_BYTES; returns its end. */
static uint8_t *next_piece(uspan_otlp_t *o, uint8_t *at)
{
    const uspan_trace_part_t *p = &o->tracer->trace;
    o->percent = 0u;
    if (o->resume == USPAN_RESUME_VALUE) {
        o->resume = USPAN_RESUME_STAGE;
        return uspan_put_value(o, at, o->entry, uspan_size_any(p, o->entry));
    }
    if (o->resume == USPAN_RESUME_ELEMENTS) {
        return uspan_put_element(o, at);
    }
    /* Any slot will do between spans: only the stages of a span look at it. */
    const uspan_slot_t *slot = &p->slots[o->slot != USPAN_NO_INDEX ? o->slot : 0u];
    const uspan_entry_t *e;
    switch (o->stage) { /* the hot ones first */
    case STAGE_ATTRS:
        return put_span_attr(o, at, slot);
    case STAGE_SPAN:
        return put_span(o, at);
    case STAGE_SPAN_NAME:
        return put_name(o, at, slot);
    case STAGE_FLAGS:
        return put_flags(o, at, slot);
    case STAGE_RESOURCE:
        return put_resource_attr(o, at);
    case STAGE_SCOPE_DROPS:
        return put_drop(o, at);
    case STAGE_EVENT_ATTRS:
        e = next_entry(o, p->blocks[o->rec].event.attr_count);
        if (e != NULL) {
            return uspan_put_attr(o, at, TAG_ATTR(uspan_otlp_Span_Event_attributes_tag), e);
        }
        break;
    case STAGE_LINK_ATTRS:
        e = next_entry(o, p->blocks[o->rec].link.attr_count);
        if (e != NULL) {
            return uspan_put_attr(o, at, TAG_ATTR(uspan_otlp_Span_Link_attributes_tag), e);
        }
        break;
    default:
        break;
    }
    pb_ostream_t s = pb_ostream_from_buffer(at, USPAN_HEAD_BYTES);
    switch (o->stage) {
    case STAGE_ENVELOPE:
        put_envelope(o, &s);
        break;
    case STAGE_SCOPE:
        put_scope(o, &s);
        break;
    case STAGE_SCOPE_VERSION:
        put_version(o, &s);
        break;
    case STAGE_EVENT:
        put_event(o, &s, slot);
        break;
    case STAGE_EVENT_ATTRS:
        put_number(&s, uspan_otlp_Span_Event_dropped_attributes_count_tag, p->blocks[o->rec].event.dropped);
        o->rec = p->blocks[o->rec].event.next;
        o->stage = STAGE_EVENT;
        break;
    case STAGE_LINK:
        put_link(o, &s, slot);
        break;
    case STAGE_LINK_ATTRS:
        put_link_end(o, &s, &p->blocks[o->rec].link);
        break;
    case STAGE_STATUS:
        put_status(o, &s, slot);
        break;
    case STAGE_SCHEMA:
        if (sizeof(USPAN_SCHEMA_URL) > 1u) {
            put_head(&s, uspan_otlp_ScopeSpans_schema_url_tag, sizeof(USPAN_SCHEMA_URL) - 1u);
            uspan_text_follows(o, USPAN_SCHEMA_URL, sizeof(USPAN_SCHEMA_URL) - 1u);
        }
        o->stage = STAGE_SCOPE;
        break;
    default:
        break;
    }
    return at + s.bytes_written;
}

void uspan_otlp_begin(uspan_otlp_t *o, uspan_tracer_t *t, const uspan_batch_t *batch, unsigned dest)
{
    memset(o, 0, sizeof *o);
    o->tracer = t;
    o->batch = batch;
    o->dest = (uint8_t)dest;
    o->slot = USPAN_NO_INDEX;
}

static void copy_percent(uspan_otlp_t *o, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t at = 0;
        out[i] = (uint8_t)uspan_pair_byte((const char *)o->text, 3u, &at);
        o->text += at;
    }
}

/* Copy n bytes of the chain under way, n <= left. */
static void copy_chain(uspan_otlp_t *o, uint8_t *out, size_t n)
{
    const uspan_trace_part_t *p = &o->tracer->trace;
    while (n > 0u) {
        while (o->offset >= USPAN_BLOCK) {
            o->block = p->block_next[o->block];
            o->offset = (uint16_t)(o->offset - USPAN_BLOCK);
        }
        if (o->offset == 0u && n > USPAN_BLOCK) { /* of constant size: a few moves, no call */
            memcpy(out, p->blocks[o->block].bytes, USPAN_BLOCK);
            o->block = p->block_next[o->block];
            out += USPAN_BLOCK;
            n -= USPAN_BLOCK;
            continue;
        }
        size_t here = USPAN_BLOCK - o->offset;
        here = here < n ? here : n;
        memcpy(out, p->blocks[o->block].bytes + o->offset, here);
        o->offset = (uint16_t)(o->offset + here);
        out += here;
        n -= here;
    }
}

size_t uspan_otlp_read(uspan_otlp_t *o, uint8_t *out, size_t cap)
{
    size_t done = 0;
    for (;;) {
        if (o->head_at < o->head_len) {
            size_t n = (size_t)(o->head_len - o->head_at);
            n = n < cap - done ? n : cap - done;
            memcpy(out + done, o->head + o->head_at, n);
            o->head_at = (uint16_t)(o->head_at + n);
            done += n;
        }
        if (o->left > 0u && o->head_at == o->head_len) {
            size_t n = o->left < cap - done ? o->left : cap - done;
            if (o->text == NULL) {
                copy_chain(o, out + done, n);
            } else if (o->percent != 0u) {
                copy_percent(o, out + done, n);
            } else {
                memcpy(out + done, o->text, n);
                o->text += n;
            }
            o->left -= (uint32_t)n;
            done += n;
        }
        if (done == cap || (o->stage == STAGE_END && o->left == 0u && o->head_at == o->head_len)) {
            return done;
        }
        if (o->stage == STAGE_ATTRS && o->resume == USPAN_RESUME_STAGE) {
            o->percent = 0u;
            done += uspan_put_whole_attrs(o, &o->tracer->trace.slots[o->slot], out + done, cap - done);
        }
        if (cap - done >= USPAN_HEAD_BYTES) { /* straight into the caller's buffer */
            done = (size_t)(next_piece(o, out + done) - out);
        } else {
            o->head_len = (uint16_t)(next_piece(o, o->head) - o->head);
            o->head_at = 0u;
        }
    }
}
