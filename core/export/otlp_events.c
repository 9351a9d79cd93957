/* otlp_events.c: encodes events, links and arrays as protobuf. Only programs that record one of them link
 * this file. Invariant: all state is in uspan_otlp_t. */
#include <string.h>
#include "export/otlp_attr.h"
#include "trace/pool.h"
#include "trace/trace.h"

/* ---- arrays -------------------------------------------------------------------------------------------- */

static uint8_t array_byte(const uspan_otlp_t *o, struct uspan_elements *a)
{
    const uspan_trace_part_t *p = &o->tracer->trace;
    for (; a->at >= USPAN_BLOCK; a->at -= USPAN_BLOCK) {
        a->block = p->block_next[a->block];
    }
    a->left--;
    return p->blocks[a->block].bytes[a->at++];
}

/* Convert the next element of an array to the form of an attribute value. */
static void next_element(const uspan_otlp_t *o, unsigned store, struct uspan_elements *a, uspan_entry_t *one)
{
    one->len = 0u;
    one->store = (uint8_t)(store - USPAN_STORE_INTS + USPAN_STORE_INT);
    one->v.i = array_byte(o, a);
    if (store == USPAN_STORE_TEXTS) {
        one->len = (uint16_t)(one->v.i | array_byte(o, a) << 8);
        one->store = STORE_ELEMENT;
        one->v.chain.head = a->block;
        one->v.chain.tail = (uint16_t)a->at;
        a->left = (uint16_t)(a->left - one->len);
        a->at += one->len;
    } else if (store != USPAN_STORE_BOOLS) {
        one->v.inline_text[0] = (uint8_t)one->v.i;
        for (unsigned i = 1; i < 8u; i++) {
            one->v.inline_text[i] = array_byte(o, a);
        }
    }
}

static uint32_t size_elements(const uspan_otlp_t *o, const uspan_entry_t *e)
{
    struct uspan_elements a = { .block = e->v.chain.head, .left = e->len };
    uint32_t size = 0;
    uspan_entry_t one;
    while (a.left > 0u) {
        next_element(o, e->store, &a, &one);
        size += uspan_len_field(uspan_otlp_any_size(&one, one.len));
    }
    return size;
}

static bool put_elements(uspan_otlp_t *o)
{
    while (o->array.left > 0u) {
        struct uspan_elements after = o->array;
        uspan_entry_t one;
        next_element(o, o->entry->store, &after, &one);
        uspan_otlp_put_value(o, TAG(ArrayValue_values, BYTES), uspan_otlp_any_size(&one, one.len), &one,
                             one.len);
        if (!uspan_otlp_end_unit(o)) {
            return false;
        }
        o->array = after;
    }
    return true;
}

/* ---- events and links ---------------------------------------------------------------------------------- */

/* Next part of a span: of its events, or with the bit LINKS of its links. */
enum part { PART_BEGIN = 0, PART_HEAD, PART_ATTRS, PART_TAIL, PART_DROPPED, PART_LINKS };

static const uspan_entry_t *next_attr(uspan_otlp_t *o)
{
    const uspan_trace_part_t *p = &o->tracer->trace;
    unsigned item = o->item;
    unsigned in_block = item % USPAN_ENTRIES_PER_BLOCK;
    if (item >= p->blocks[o->rec].event.attr_count) {
        return NULL;
    }
    o->item = (uint16_t)(item + 1u);
    if (in_block == 0u) {
        o->entries = item == 0u ? p->blocks[o->rec].event.attrs : p->block_next[o->entries];
    }
    return &p->blocks[o->entries].entries[in_block];
}

/* Write time and name of an event, or ids and tracestate of a link: the fields before the attributes. */
static void put_head(uspan_otlp_t *o, bool links)
{
    const uspan_trace_part_t *p = &o->tracer->trace;
    uint8_t scratch[USPAN_HEAD_BYTES];
    uint8_t *from = uspan_otlp_room(o, scratch, sizeof scratch);
    uint8_t *at = from;
    if (!links) {
        const uspan_event_rec_t *event = &p->blocks[o->rec].event;
        at = uspan_otlp_put_time(o, at, TAG(Span_Event_time_unix_nano, FIXED64), event->time_ns);
        uspan_otlp_give(o, from, at);
        uspan_otlp_put_number(o, TAG(Span_Event_name, BYTES), event->name_len);
        uspan_otlp_put_text(o, event->name_store, &event->name, event->name_len);
        return;
    }
    const uspan_link_rec_t *link = &p->blocks[o->rec].link;
    at = uspan_put_len(at, TAG(Span_Link_trace_id, BYTES), 16u);
    memcpy(at, link->trace_id, 16);
    at = uspan_put_len(at + 16, TAG(Span_Link_span_id, BYTES), 8u);
    memcpy(at, link->span_id, 8);
    uspan_otlp_give(o, from, at + 8);
    if (link->attr_count > 0u && p->blocks[link->attrs].entries[0].key == NULL) {
        const uspan_entry_t *e = &p->blocks[link->attrs].entries[0];
        uspan_otlp_put_number(o, TAG(Span_Link_trace_state, BYTES), e->len);
        uspan_otlp_put_text(o, e->store, &e->v, e->len);
    }
}

/* Write the fields after the attributes. */
static void put_tail(uspan_otlp_t *o, bool links)
{
    const uspan_block_t *block = &o->tracer->trace.blocks[o->rec];
    uint8_t scratch[USPAN_HEAD_BYTES];
    if (!links) {
        uspan_otlp_put_number(o, TAG(Span_Event_dropped_attributes_count, VARINT), block->event.dropped);
        return;
    }
    uspan_otlp_put_number(o, TAG(Span_Link_dropped_attributes_count, VARINT), block->link.dropped);
    uint8_t *from = uspan_otlp_room(o, scratch, sizeof scratch);
    uint8_t *at = from;
    *at++ = TAG(Span_Link_flags, FIXED32);
    at = uspan_put_fixed32(at, 0x100u | block->link.flags | (block->link.remote != 0u ? 0x200u : 0u));
    uspan_otlp_give(o, from, at);
}

/* Write the attributes of the current event or link. */
static bool put_attrs(uspan_otlp_t *o, bool links)
{
    const uspan_trace_part_t *p = &o->tracer->trace;
    if (o->item == 0u && links && p->blocks[o->rec].link.attr_count > 0u) {
        const uspan_entry_t *first = next_attr(o);
        if (first->key != NULL) { /* the link has no tracestate */
            o->item = 0u;
        }
    }
    return uspan_otlp_put_attrs(
        o, links ? TAG(Span_Link_attributes, BYTES) : TAG(Span_Event_attributes, BYTES), LIST_RECORD);
}

static uint32_t size_record(const uspan_otlp_t *o, bool links)
{
    uspan_otlp_t c = *o;
    uspan_otlp_begin_count(&c);
    put_head(&c, links);
    (void)put_attrs(&c, links);
    put_tail(&c, links);
    return uspan_otlp_counted(&c);
}

static bool put_items(uspan_otlp_t *o)
{
    const uspan_slot_t *slot = o->span;
    uint32_t size;
    while (o->part < 2 * PART_LINKS) {
        bool links = o->part >= PART_LINKS;
        unsigned part = links ? o->part - PART_LINKS : o->part;
        unsigned next = part + 1u;
        switch (part) {
        case PART_BEGIN:
            o->rec = links ? slot->links : slot->events;
            break;
        case PART_HEAD:
            if (o->rec == USPAN_NO_INDEX) {
                next = PART_DROPPED;
                break;
            }
            size = size_record(o, links);
            uspan_otlp_put_number(o, links ? TAG(Span_links, BYTES) : TAG(Span_events, BYTES), size);
            put_head(o, links);
            break;
        case PART_ATTRS:
            (void)put_attrs(o, links);
            break;
        case PART_TAIL:
            put_tail(o, links);
            next = PART_HEAD;
            break;
        default:
            uspan_otlp_put_number(
                o, links ? TAG(Span_dropped_links_count, VARINT) : TAG(Span_dropped_events_count, VARINT),
                links ? slot->dropped_links : slot->dropped_events);
            break;
        }
        if (!uspan_otlp_end_unit(o)) {
            return false;
        }
        if (part == PART_TAIL) {
            o->rec = o->tracer->trace.blocks[o->rec].event.next;
        }
        o->part = (uint8_t)(links ? next + PART_LINKS : next);
    }
    return true;
}

const struct uspan_items uspan_items = { put_items, put_elements, size_elements, next_attr };
