/* otlp_rows.h: for otlp.c and otlp_items.c: how a table says what stands in each message, in ascending order
 * of fields, and what the two do for each other. */
#ifndef USPAN_EXPORT_OTLP_ROWS_H
#define USPAN_EXPORT_OTLP_ROWS_H

#include <stddef.h>
#include "otlp.h"
#include "otlp.pb.h"
#include "wire.h"

enum event { EVENT_NONE, EVENT_OPEN, EVENT_CLOSE };

enum op {
    OP_END,    /* of the request */
    OP_CLOSE,  /* a message ends; arg rows back it goes on */
    OP_OPEN,   /* a message begins */
    OP_STATUS, /* the same, or arg rows are left out */
    OP_SCOPE,  /* the next one's message begins; after the last it goes on arg rows further */
    OP_SPAN,   /* likewise */
    OP_ATTR,   /* the next of the list arg: tag, length, key; after the last, the row below is left out */
    OP_VALUE,  /* its value, or of an array its beginning */
    OP_ITEMS,  /* a span's events, links and their dropped counts, where it has some */
    OP_IDS,    /* the others write one field, from arg in the slot, event, link or scope; this one two */
    OP_PARENT, /* nothing for a root */
    OP_U8,     /* nothing for 0 */
    OP_U16,
    OP_TIMES, /* kind, start and end of a span */
    OP_FLAGS, /* last in a span, which ends; arg rows back it goes on */
    OP_NAME,
    OP_TRACESTATE,
    OP_MESSAGE,
    OP_STRING, /* a pointer to it; nothing for "" and NULL */
    OP_SCHEMA,
    /* from here on those of otlp_items.c */
    OP_ELEMENT,    /* of the array under way, until there is none */
    OP_RECORDS,    /* arg: where the span has the first of them */
    OP_RECORD,     /* the next event's or link's message begins; after the last it goes on arg rows further */
    OP_TIME,       /* monotonic */
    OP_LINK_FLAGS, /* last in a link, which ends; arg rows back it goes on */
    OP_EVENT_NAME,
    OP_LINK_STATE,
    OP_ITEMS_END
};

enum list { LIST_RESOURCE, LIST_DROPS, LIST_SPAN, LIST_RECORD };

typedef struct uspan_row {
    uint8_t tag, op, arg;
} row_t;

#define TAG(field, type) USPAN_TAG(uspan_otlp_##field##_tag, USPAN_WIRE_##type)
#define ATTRIBUTES(field, list)                 \
    { TAG(field, BYTES), OP_ATTR, list },       \
    {                                           \
        TAG(KeyValue_value, BYTES), OP_VALUE, 0 \
    }
#define OF_SLOT(field) offsetof(uspan_slot_t, field)
#define OF_EVENT(field) offsetof(uspan_event_rec_t, field)
#define OF_LINK(field) offsetof(uspan_link_rec_t, field)
_Static_assert(OF_SLOT(name) <= UINT8_MAX, "fields of a span are within reach of a row");

/* A time of the span under way, Unix time. */
static inline uint8_t *uspan_otlp_time(const uspan_otlp_t *o, uint8_t *at, unsigned tag,
                                       const uint64_t *mono_ns)
{
    *at = (uint8_t)tag;
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a span is under way where a row has a time */
    return uspan_put_fixed64(at + 1, *mono_ns + (uint64_t)o->tracer->trace.epochs[o->span->epoch].offset_ns);
}

/* Text of an entry's kind is to be copied next; v: where its place is kept. */
void uspan_otlp_follow(uspan_otlp_t *o, unsigned store, const void *v, uint32_t len);
/* The text under way goes on in a block, at an offset that may lie behind its end. */
void uspan_otlp_run(uspan_otlp_t *o, unsigned block, unsigned offset);
/* AnyValue of what is no array: its size; and written, but for its text, which follows. */
uint32_t uspan_otlp_size(const uspan_entry_t *e);
uint8_t *uspan_otlp_put(uspan_otlp_t *o, uint8_t *at, const uspan_entry_t *e);

/* What encodes events, links and arrays. */
struct uspan_items {
    const row_t *rows; /* of a span that has events or links; after them o->after_items */
    /* The row of an op that the walk does not know, at the end of what was written; returns its new end. */
    uint8_t *(*write)(uspan_otlp_t *o, uint8_t *at, const row_t *row);
    /* The next attribute of the event or link that is base, or NULL after the last. */
    const uspan_entry_t *(*next_attr)(uspan_otlp_t *o);
    /* Bytes of the elements of the attribute under way, an array. */
    uint32_t (*size_elements)(uspan_otlp_t *o);
};

#endif
