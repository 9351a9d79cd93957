/* otlp_rows.h: for otlp.c alone: what stands in each message, in ascending order of fields, as the walk meets
 * it. */
#ifndef USPAN_EXPORT_OTLP_ROWS_H
#define USPAN_EXPORT_OTLP_ROWS_H

#include <stddef.h>
#include "otlp.h"
#include "otlp.pb.h"
#include "wire.h"

enum event { EVENT_NONE, EVENT_OPEN, EVENT_CLOSE };

enum op {
    OP_END,     /* of the request */
    OP_CLOSE,   /* a message ends; arg rows back it goes on */
    OP_OPEN,    /* a message begins */
    OP_STATUS,  /* the same, or arg rows are left out */
    OP_SCOPE,   /* the next one's message begins; after the last it goes on arg rows further */
    OP_SPAN,    /* likewise */
    OP_RECORD,  /* an event or a link, likewise */
    OP_RECORDS, /* arg: where the span has the first of them */
    OP_ATTR,    /* the next of the list arg: tag, length, key; after the last, both rows below are left out */
    OP_VALUE,   /* its value, or the head of one that is an array */
    OP_ELEMENT, /* of the array */
    OP_REST,    /* without events, links and dropped counts, arg rows are left out */
    OP_IDS,     /* the others write one field, from arg in the slot, event, link or scope; this one two */
    OP_PARENT,  /* nothing for a root */
    OP_U8,      /* nothing for 0 */
    OP_U16,
    OP_TIME,       /* monotonic */
    OP_TIMES,      /* kind, start and end of a span */
    OP_FLAGS,      /* last in a span, which ends; arg rows back it goes on */
    OP_LINK_FLAGS, /* likewise in a link */
    OP_NAME,
    OP_EVENT_NAME,
    OP_LINK_STATE,
    OP_TRACESTATE,
    OP_MESSAGE,
    OP_STRING, /* a pointer to it; nothing for "" and NULL */
    OP_SCHEMA
};

enum list { LIST_RESOURCE, LIST_DROPS, LIST_SPAN, LIST_RECORD };

typedef struct row {
    uint8_t tag, op, arg;
} row_t;

#define TAG(field, type) USPAN_TAG(uspan_otlp_##field##_tag, USPAN_WIRE_##type)
#define ATTRIBUTES(field, list)                                                        \
    { TAG(field, BYTES), OP_ATTR, list }, { TAG(KeyValue_value, BYTES), OP_VALUE, 0 }, \
    {                                                                                  \
        TAG(ArrayValue_values, BYTES), OP_ELEMENT, 0                                   \
    }
#define OF_SLOT(field) offsetof(uspan_slot_t, field)
#define OF_EVENT(field) offsetof(uspan_event_rec_t, field)
#define OF_LINK(field) offsetof(uspan_link_rec_t, field)
_Static_assert(OF_SLOT(name) <= UINT8_MAX, "fields of a span are within reach of a row");

#define STATE_ROWS (USPAN_TRACESTATE_BYTES > 0 ? 1 : 0)
static const uint8_t no_id[8];

static const row_t rows[] = {
    { TAG(ExportTraceServiceRequest_resource_spans, BYTES), OP_OPEN, 0 },
    { TAG(ResourceSpans_resource, BYTES), OP_OPEN, 0 },
    ATTRIBUTES(Resource_attributes, LIST_RESOURCE),
    { 0, OP_CLOSE, 0 },
    { TAG(ResourceSpans_scope_spans, BYTES), OP_SCOPE, 44 + STATE_ROWS },
    { TAG(ScopeSpans_scope, BYTES), OP_OPEN, 0 },
    { TAG(InstrumentationScope_name, BYTES), OP_STRING, offsetof(uspan_scope_t, name) },
    { TAG(InstrumentationScope_version, BYTES), OP_STRING, offsetof(uspan_scope_t, version) },
    ATTRIBUTES(InstrumentationScope_attributes, LIST_DROPS),
    { 0, OP_CLOSE, 0 },
    { TAG(ScopeSpans_spans, BYTES), OP_SPAN, 34 + STATE_ROWS },
#define SPAN_STEP 15u
    { TAG(Span_trace_id, BYTES), OP_IDS, OF_SLOT(trace_id) },
#if USPAN_TRACESTATE_BYTES > 0
    { TAG(Span_trace_state, BYTES), OP_TRACESTATE, 0 },
#endif
    { TAG(Span_parent_span_id, BYTES), OP_PARENT, OF_SLOT(parent_id) },
    { TAG(Span_name, BYTES), OP_NAME, OF_SLOT(name) },
    { TAG(Span_kind, VARINT), OP_TIMES, OF_SLOT(start_ns) },
    ATTRIBUTES(Span_attributes, LIST_SPAN),
    { 0, OP_REST, 21 },
    { TAG(Span_dropped_attributes_count, VARINT), OP_U16, OF_SLOT(dropped_attrs) },
    { 0, OP_RECORDS, OF_SLOT(events) },
    { TAG(Span_events, BYTES), OP_RECORD, 7 },
    { TAG(Span_Event_time_unix_nano, FIXED64), OP_TIME, OF_EVENT(time_ns) },
    { TAG(Span_Event_name, BYTES), OP_EVENT_NAME, OF_EVENT(name) },
    ATTRIBUTES(Span_Event_attributes, LIST_RECORD),
    { TAG(Span_Event_dropped_attributes_count, VARINT), OP_U8, OF_EVENT(dropped) },
    { 0, OP_CLOSE, 8 },
    { TAG(Span_dropped_events_count, VARINT), OP_U16, OF_SLOT(dropped_events) },
    { 0, OP_RECORDS, OF_SLOT(links) },
    { TAG(Span_links, BYTES), OP_RECORD, 7 },
    { TAG(Span_Link_trace_id, BYTES), OP_IDS, OF_LINK(trace_id) },
    { TAG(Span_Link_trace_state, BYTES), OP_LINK_STATE, 0 },
    ATTRIBUTES(Span_Link_attributes, LIST_RECORD),
    { TAG(Span_Link_dropped_attributes_count, VARINT), OP_U8, OF_LINK(dropped) },
    { TAG(Span_Link_flags, FIXED32), OP_LINK_FLAGS, 8 },
    { TAG(Span_dropped_links_count, VARINT), OP_U16, OF_SLOT(dropped_links) },
    { TAG(Span_status, BYTES), OP_STATUS, 3 },
    { TAG(Status_message, BYTES), OP_MESSAGE, OF_SLOT(message) },
    { TAG(Status_code, VARINT), OP_U8, OF_SLOT(status) },
    { 0, OP_CLOSE, 0 },
    { TAG(Span_flags, FIXED32) | 0x80u, OP_FLAGS, 35 + STATE_ROWS },
    { TAG(ScopeSpans_schema_url, BYTES), OP_SCHEMA, 0 },
    { 0, OP_CLOSE, 45 + STATE_ROWS },
    { 0, OP_END, 0 },
};
#define END_STEP (sizeof(rows) / sizeof(rows[0]) - 1u)
_Static_assert(END_STEP == 51 + STATE_ROWS, "rows that go back or further do so by as much as they say");
_Static_assert(USPAN_TRAIT_REMOTE_PARENT << 8 == 0x200, "the trait is the flag's bit");
_Static_assert(OF_SLOT(span_id) == OF_SLOT(trace_id) + 16u && OF_LINK(span_id) == OF_LINK(trace_id) + 16u &&
                   uspan_otlp_Span_span_id_tag == uspan_otlp_Span_Link_span_id_tag,
               "both ids are written in one go");

#endif
