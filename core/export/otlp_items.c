/* otlp_items.c: events, links and arrays as protobuf. The walk of otlp.c comes here where a span has some: in
 * programs that recorded one, the only ones that link this. All state is in uspan_otlp_t. */
#include <string.h>
#include "otlp_rows.h"
#include "trace/trace.h"

/* The rows say what base, span and entry are at each step; a checker of paths cannot see that.
 * NOLINTBEGIN(clang-analyzer-core.NullDereference,clang-analyzer-core.NonNullParamChecker) */

static const row_t element = { TAG(ArrayValue_values, BYTES), OP_ELEMENT, 0 };
static const row_t rows[] = {
    { 0, OP_RECORDS, OF_SLOT(events) },
    { TAG(Span_events, BYTES), OP_RECORD, 6 },
    { TAG(Span_Event_time_unix_nano, FIXED64), OP_TIME, 0 },
    { TAG(Span_Event_name, BYTES), OP_EVENT_NAME, 0 },
    ATTRIBUTES(Span_Event_attributes, LIST_RECORD),
    { TAG(Span_Event_dropped_attributes_count, VARINT), OP_U8, OF_EVENT(dropped) },
    { 0, OP_CLOSE, 7 },
    { TAG(Span_dropped_events_count, VARINT), OP_U16, OF_SLOT(dropped_events) },
    { 0, OP_RECORDS, OF_SLOT(links) },
    { TAG(Span_links, BYTES), OP_RECORD, 6 },
    { TAG(Span_Link_trace_id, BYTES), OP_IDS, OF_LINK(trace_id) },
    { TAG(Span_Link_trace_state, BYTES), OP_LINK_STATE, 0 },
    ATTRIBUTES(Span_Link_attributes, LIST_RECORD),
    { TAG(Span_Link_dropped_attributes_count, VARINT), OP_U8, OF_LINK(dropped) },
    { TAG(Span_Link_flags, FIXED32), OP_LINK_FLAGS, 7 },
    { TAG(Span_dropped_links_count, VARINT), OP_U16, OF_SLOT(dropped_links) },
    { 0, OP_ITEMS_END, 0 },
};

static uint8_t array_byte(uspan_otlp_t *o)
{
    const uspan_trace_part_t *p = &o->tracer->trace;
    for (; o->array_at >= USPAN_BLOCK; o->array_at -= USPAN_BLOCK) {
        o->array = p->block_next[o->array];
    }
    o->taken++;
    return p->blocks[o->array].bytes[o->array_at++];
}

static void begin_array(uspan_otlp_t *o)
{
    o->array = o->entry->v.chain.head;
    o->array_at = 0u;
    o->taken = 0u;
}

/* The next element of the array under way as an attribute's value would be; a text's tail says where in its
 * first block it begins. */
static void next_element(uspan_otlp_t *o, uspan_entry_t *one)
{
    unsigned store = o->entry->store;
    one->len = 0u;
    one->store = (uint8_t)(store - USPAN_STORE_INTS + USPAN_STORE_INT);
    one->v.i = array_byte(o);
    if (store == USPAN_STORE_TEXTS) {
        one->len = (uint16_t)(one->v.i | array_byte(o) << 8);
        one->store = USPAN_STORE_TEXT;
        one->v.chain.head = o->array;
        one->v.chain.tail = (uint16_t)o->array_at;
        o->taken = (uint16_t)(o->taken + one->len);
        o->array_at += one->len;
    } else if (store != USPAN_STORE_BOOLS) {
        one->v.near[0] = (uint8_t)one->v.i;
        for (unsigned i = 1; i < 8u; i++) {
            one->v.near[i] = array_byte(o);
        }
    }
}

/* The elements of the attribute under way, an array; ready to write them. */
static uint32_t size_elements(uspan_otlp_t *o)
{
    uint32_t size = 0;
    uspan_entry_t one;
    for (begin_array(o); o->taken < o->entry->len;) {
        next_element(o, &one);
        size += uspan_len_field(uspan_otlp_size(&one));
    }
    begin_array(o);
    return size;
}

/* The next attribute of the event or link under way, or NULL after the last. */
static const uspan_entry_t *next_attr(uspan_otlp_t *o)
{
    const uspan_trace_part_t *p = &o->tracer->trace;
    unsigned item = o->item;
    o->item = (uint16_t)(item + 1u);
    const uspan_event_rec_t *rec = o->base;
    unsigned in_block = item % USPAN_ENTRIES_PER_BLOCK;
    if (item >= rec->attr_count) {
        return NULL;
    }
    if (in_block == 0u) {
        o->entries = item == 0u ? rec->attrs : p->block_next[o->entries];
    }
    return &p->blocks[o->entries].entries[in_block];
}

/* A text, but nothing for an empty one. */
static uint8_t *put_text(uspan_otlp_t *o, uint8_t *at, unsigned tag, unsigned store, const void *v,
                         uint32_t n)
{
    if (n > 0u) {
        at = uspan_put_len(at, tag, n);
        uspan_otlp_follow(o, store, v, n);
    }
    return at;
}

static uint8_t *write(uspan_otlp_t *o, uint8_t *at, const row_t *row)
{
    const uspan_trace_part_t *p = &o->tracer->trace;
    const uspan_event_rec_t *event = o->base; /* or a link, as the row has it */
    const uspan_link_rec_t *link = o->base;
    const unsigned tag = row->tag;
    uspan_entry_t one;
    uint32_t n;
    switch (row->op) {
    case OP_VALUE: /* of an array */
        n = size_elements(o);
        at = uspan_put_len(at, tag, uspan_len_field(n));
        at = uspan_put_len(at, TAG(AnyValue_array_value, BYTES), n);
        o->after_array = o->row - 2;
        o->row = &element;
        break;
    case OP_ELEMENT:
        o->row = o->after_array;
        if (o->taken < o->entry->len) {
            next_element(o, &one);
            at = uspan_otlp_put(o, uspan_put_len(at, tag, uspan_otlp_size(&one)), &one);
            uspan_otlp_run(o, one.v.chain.head, one.v.chain.tail);
            o->row = row;
        }
        break;
    case OP_RECORDS:
        o->rec = *(const uint16_t *)((const uint8_t *)o->base + row->arg);
        break;
    case OP_RECORD:
        if (o->rec == USPAN_NO_INDEX) {
            o->base = o->span;
            o->row += row->arg;
            break;
        }
        o->base = &p->blocks[o->rec];
        o->rec = p->blocks[o->rec].event.next;
        o->event = EVENT_OPEN;
        break;
    case OP_TIME:
        at = uspan_otlp_time(o, at, tag, &event->time_ns);
        break;
    case OP_EVENT_NAME:
        at = put_text(o, at, tag, event->name_store, &event->name, event->name_len);
        break;
    case OP_LINK_STATE:
        if (link->attr_count > 0u && p->blocks[link->attrs].entries[0].key == NULL) {
            const uspan_entry_t *e = next_attr(o);
            at = put_text(o, at, tag, e->store, &e->v, e->len);
        }
        break;
    case OP_LINK_FLAGS:
        *at++ = (uint8_t)tag;
        at = uspan_put_fixed32(at, 0x100u | link->flags | (link->remote != 0u ? 0x200u : 0u));
        o->row -= row->arg;
        o->event = EVENT_CLOSE;
        break;
    default: /* the last row */
        o->row = o->after_items;
        break;
    }
    return at;
}

const struct uspan_items uspan_items = { rows, write, next_attr, size_elements };
/* NOLINTEND(clang-analyzer-core.NullDereference,clang-analyzer-core.NonNullParamChecker) */
