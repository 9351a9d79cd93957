/* oracle.h: nanopb's generated encoder, which gets what a test requested and nothing that uspan stored. Every
 * field is written in ascending order, as uspan_otlp_read() does. Scopes are in the order of their
 * addresses. */
#ifndef USPAN_TESTS_WIRE_ORACLE_H
#define USPAN_TESTS_WIRE_ORACLE_H

#include "otlp.pb.h"
#include "pb_encode.h"
#include "world.h"

typedef struct oracle_event {
    const char *name;
    uint64_t after_ns; /* since the span's start */
    const uspan_attr_t *attrs;
    size_t attr_count;
    uint32_t dropped;
} oracle_event_t;

typedef struct oracle_link {
    const char *traceparent, *tracestate; /* as a remote context */
    bool local;                           /* a context of this device instead */
    const uspan_attr_t *attrs;
    size_t attr_count;
    uint32_t dropped;
} oracle_link_t;

/* One requested span. The counts of dropped items are what the limits must produce. */
typedef struct oracle_span {
    const char *name;
    const uspan_scope_t *scope;
    uspan_kind_t kind;
    const char *traceparent, *tracestate; /* of the remote parent; NULL: a root, or under `child_of` */
    bool child;                           /* parent: the span before it in the table */
    const uspan_attr_t *attrs;
    size_t attr_count;
    const oracle_event_t *events;
    size_t event_count;
    const oracle_link_t *links;
    size_t link_count;
    uint32_t dropped_attrs, dropped_events, dropped_links;
    uspan_status_t status;
    const char *message;
    uint64_t start_after_ns, lasts_ns;
    /* set when it is recorded */
    uint8_t trace_id[16], span_id[8], parent_id[8];
    uint64_t start_unix_ns;
    uint32_t flags;
} oracle_span_t;

typedef struct oracle_request {
    const uspan_attr_t *resource; /* in the order of the message */
    size_t resource_count;
    const char *schema_url;
    const oracle_span_t *spans; /* in the order of their ends */
    size_t span_count;
    const uspan_attr_t *drops; /* attributes of the first scope */
    size_t drop_count;
} oracle_request_t;

/* ---- callbacks: *arg is the source of the field -------------------------------------------------------- */

typedef struct oracle_text {
    const void *data;
    size_t len;
} oracle_text_t;

static bool oracle_put_text(pb_ostream_t *s, const pb_field_t *field, void *const *arg)
{
    const oracle_text_t *text = *arg;
    return pb_encode_tag_for_field(s, field) && pb_encode_string(s, text->data, text->len);
}

static pb_callback_t oracle_callback(bool (*encode)(pb_ostream_t *s, const pb_field_t *field,
                                                    void *const *arg),
                                     const void *arg)
{
    pb_callback_t c;
    c.funcs.encode = encode;
    c.arg = (void *)(uintptr_t)arg; /* nanopb's argument is not const */
    return c;
}

/* A string that is omitted if it is empty, as proto3 requires. */
static pb_callback_t oracle_string(const oracle_text_t *text)
{
    return oracle_callback(text->len > 0u ? oracle_put_text : NULL, text);
}

static size_t oracle_text_len(const uspan_attr_t *a)
{
    return a->count == USPAN_TO_NUL ? strlen(a->v.text) : a->count;
}

static bool oracle_put_values(pb_ostream_t *s, const pb_field_t *field, void *const *arg)
{
    const uspan_attr_t *a = *arg;
    for (size_t i = 0; i < a->count; i++) {
        uspan_otlp_AnyValue any = uspan_otlp_AnyValue_init_zero;
        oracle_text_t text = { NULL, 0 };
        switch (a->type) {
        case USPAN_TYPE_INTS:
            any.which_value = uspan_otlp_AnyValue_int_value_tag;
            any.value.int_value = a->v.ints[i];
            break;
        case USPAN_TYPE_DOUBLES:
            any.which_value = uspan_otlp_AnyValue_double_value_tag;
            any.value.double_value = a->v.doubles[i];
            break;
        case USPAN_TYPE_BOOLS:
            any.which_value = uspan_otlp_AnyValue_bool_value_tag;
            any.value.bool_value = a->v.bools[i];
            break;
        default:
            text = (oracle_text_t){ a->v.texts[i], strlen(a->v.texts[i]) };
            any.which_value = uspan_otlp_AnyValue_string_value_tag;
            any.value.string_value = oracle_callback(oracle_put_text, &text);
            break;
        }
        if (!pb_encode_tag_for_field(s, field) ||
            !pb_encode_submessage(s, uspan_otlp_AnyValue_fields, &any)) {
            return false;
        }
    }
    return true;
}

typedef struct oracle_attrs {
    const uspan_attr_t *attrs;
    size_t count;
} oracle_attrs_t;

static bool oracle_put_attrs(pb_ostream_t *s, const pb_field_t *field, void *const *arg)
{
    const oracle_attrs_t *list = *arg;
    for (size_t i = 0; i < list->count; i++) {
        const uspan_attr_t *a = &list->attrs[i];
        uspan_otlp_KeyValue kv = uspan_otlp_KeyValue_init_zero;
        const oracle_text_t key = { a->key->text, a->key->len };
        oracle_text_t text = { NULL, 0 };
        kv.key = oracle_string(&key);
        kv.has_value = true;
        switch (a->type) {
        case USPAN_TYPE_INT:
            kv.value.which_value = uspan_otlp_AnyValue_int_value_tag;
            kv.value.value.int_value = a->v.i;
            break;
        case USPAN_TYPE_BOOL:
            kv.value.which_value = uspan_otlp_AnyValue_bool_value_tag;
            kv.value.value.bool_value = a->v.i != 0;
            break;
        case USPAN_TYPE_DOUBLE:
            kv.value.which_value = uspan_otlp_AnyValue_double_value_tag;
            kv.value.value.double_value = a->v.d;
            break;
        case USPAN_TYPE_TEXT:
        case USPAN_TYPE_STATIC:
            text = (oracle_text_t){ a->v.text, oracle_text_len(a) };
            kv.value.which_value = uspan_otlp_AnyValue_string_value_tag;
            kv.value.value.string_value = oracle_callback(oracle_put_text, &text);
            break;
        case USPAN_TYPE_BYTES:
            text = (oracle_text_t){ a->v.bytes, a->count };
            kv.value.which_value = uspan_otlp_AnyValue_bytes_value_tag;
            kv.value.value.bytes_value = oracle_callback(oracle_put_text, &text);
            break;
        default:
            kv.value.which_value = uspan_otlp_AnyValue_array_value_tag;
            kv.value.value.array_value.values = oracle_callback(oracle_put_values, a);
            break;
        }
        if (!pb_encode_tag_for_field(s, field) || !pb_encode_submessage(s, uspan_otlp_KeyValue_fields, &kv)) {
            return false;
        }
    }
    return true;
}

static bool oracle_put_events(pb_ostream_t *s, const pb_field_t *field, void *const *arg)
{
    const oracle_span_t *span = *arg;
    for (size_t i = 0; i < span->event_count; i++) {
        const oracle_event_t *e = &span->events[i];
        const oracle_text_t name = { e->name, strlen(e->name) };
        const oracle_attrs_t attrs = { e->attrs, e->attr_count };
        uspan_otlp_Span_Event m = uspan_otlp_Span_Event_init_zero;
        m.time_unix_nano = span->start_unix_ns + e->after_ns;
        m.name = oracle_string(&name);
        m.attributes = oracle_callback(oracle_put_attrs, &attrs);
        m.dropped_attributes_count = e->dropped;
        if (!pb_encode_tag_for_field(s, field) ||
            !pb_encode_submessage(s, uspan_otlp_Span_Event_fields, &m)) {
            return false;
        }
    }
    return true;
}

static bool oracle_put_links(pb_ostream_t *s, const pb_field_t *field, void *const *arg)
{
    const oracle_span_t *span = *arg;
    for (size_t i = 0; i < span->link_count; i++) {
        const oracle_link_t *l = &span->links[i];
        const oracle_text_t tracestate = { l->tracestate,
                                           l->tracestate != NULL ? strlen(l->tracestate) : 0u };
        const oracle_attrs_t attrs = { l->attrs, l->attr_count };
        uspan_context_t c;
        uspan_otlp_Span_Link m = uspan_otlp_Span_Link_init_zero;
        assert_int_equal(uspan_context_parse(&c, l->traceparent, NULL), USPAN_OK);
        m.trace_id.size = 16;
        memcpy(m.trace_id.bytes, c.trace_id, 16);
        m.span_id.size = 8;
        memcpy(m.span_id.bytes, c.span_id, 8);
        m.trace_state = oracle_string(&tracestate);
        m.attributes = oracle_callback(oracle_put_attrs, &attrs);
        m.dropped_attributes_count = l->dropped;
        m.flags = (l->local ? 0x100u : 0x300u) | c.flags;
        if (!pb_encode_tag_for_field(s, field) || !pb_encode_submessage(s, uspan_otlp_Span_Link_fields, &m)) {
            return false;
        }
    }
    return true;
}

typedef struct oracle_scope {
    const oracle_request_t *request;
    const uspan_scope_t *scope;
    bool first;
} oracle_scope_t;

static bool oracle_put_spans(pb_ostream_t *s, const pb_field_t *field, void *const *arg)
{
    static const uint8_t no_id[8];
    const oracle_scope_t *scope = *arg;
    for (size_t i = 0; i < scope->request->span_count; i++) {
        const oracle_span_t *span = &scope->request->spans[i];
        if (span->scope != scope->scope) {
            continue;
        }
        const oracle_text_t tracestate = { span->tracestate,
                                           span->tracestate != NULL ? strlen(span->tracestate) : 0u };
        const oracle_text_t name = { span->name, strlen(span->name) };
        const oracle_text_t message = { span->message, span->message != NULL ? strlen(span->message) : 0u };
        const oracle_attrs_t attrs = { span->attrs, span->attr_count };
        uspan_otlp_Span m = uspan_otlp_Span_init_zero;
        m.trace_id.size = 16;
        memcpy(m.trace_id.bytes, span->trace_id, 16);
        m.span_id.size = 8;
        memcpy(m.span_id.bytes, span->span_id, 8);
        m.trace_state = oracle_string(&tracestate);
        m.parent_span_id.size = memcmp(span->parent_id, no_id, 8) != 0 ? 8u : 0u;
        memcpy(m.parent_span_id.bytes, span->parent_id, 8);
        m.name = oracle_string(&name);
        m.kind = span->kind == USPAN_KIND_DEFAULT ? uspan_otlp_Span_SpanKind_SPAN_KIND_INTERNAL
                                                  : (uspan_otlp_Span_SpanKind)span->kind;
        m.start_time_unix_nano = span->start_unix_ns;
        m.end_time_unix_nano = span->start_unix_ns + span->lasts_ns;
        m.attributes = oracle_callback(oracle_put_attrs, &attrs);
        m.dropped_attributes_count = span->dropped_attrs;
        m.events = oracle_callback(oracle_put_events, span);
        m.dropped_events_count = span->dropped_events;
        m.links = oracle_callback(oracle_put_links, span);
        m.dropped_links_count = span->dropped_links;
        m.has_status = true; /* uspan_end() sets Ok if no status was set */
        m.status.message = oracle_string(&message);
        m.status.code = span->status == USPAN_STATUS_ERROR ? uspan_otlp_Status_StatusCode_STATUS_CODE_ERROR
                                                           : uspan_otlp_Status_StatusCode_STATUS_CODE_OK;
        m.flags = span->flags;
        if (!pb_encode_tag_for_field(s, field) || !pb_encode_submessage(s, uspan_otlp_Span_fields, &m)) {
            return false;
        }
    }
    return true;
}

static bool oracle_put_scopes(pb_ostream_t *s, const pb_field_t *field, void *const *arg)
{
    const oracle_request_t *r = *arg;
    const uspan_scope_t *done = NULL;
    for (;;) {
        oracle_scope_t scope = { r, NULL, done == NULL };
        for (size_t i = 0; i < r->span_count; i++) {
            const uspan_scope_t *at = r->spans[i].scope;
            if ((uintptr_t)at > (uintptr_t)done &&
                (scope.scope == NULL || (uintptr_t)at < (uintptr_t)scope.scope)) {
                scope.scope = at;
            }
        }
        if (scope.scope == NULL) {
            return true;
        }
        done = scope.scope;
        const oracle_text_t name = { done->name, strlen(done->name) };
        const oracle_text_t version = { done->version, done->version != NULL ? strlen(done->version) : 0u };
        const oracle_text_t schema = { r->schema_url, strlen(r->schema_url) };
        const oracle_attrs_t drops = { r->drops, scope.first ? r->drop_count : 0u };
        uspan_otlp_ScopeSpans m = uspan_otlp_ScopeSpans_init_zero;
        m.has_scope = true;
        m.scope.name = oracle_string(&name);
        m.scope.version = oracle_string(&version);
        m.scope.attributes = oracle_callback(oracle_put_attrs, &drops);
        m.spans = oracle_callback(oracle_put_spans, &scope);
        m.schema_url = oracle_string(&schema);
        if (!pb_encode_tag_for_field(s, field) ||
            !pb_encode_submessage(s, uspan_otlp_ScopeSpans_fields, &m)) {
            return false;
        }
    }
}

static bool oracle_put_resource_spans(pb_ostream_t *s, const pb_field_t *field, void *const *arg)
{
    const oracle_request_t *r = *arg;
    const oracle_attrs_t attrs = { r->resource, r->resource_count };
    uspan_otlp_ResourceSpans m = uspan_otlp_ResourceSpans_init_zero;
    m.has_resource = true;
    m.resource.attributes = oracle_callback(oracle_put_attrs, &attrs);
    m.scope_spans = oracle_callback(oracle_put_scopes, r);
    return pb_encode_tag_for_field(s, field) && pb_encode_submessage(s, uspan_otlp_ResourceSpans_fields, &m);
}

/* Encode into out. Returns the length. Fails the test if nanopb fails. */
static inline size_t oracle_encode(const oracle_request_t *request, uint8_t *out, size_t cap)
{
    uspan_otlp_ExportTraceServiceRequest m = uspan_otlp_ExportTraceServiceRequest_init_zero;
    pb_ostream_t s = pb_ostream_from_buffer(out, cap);
    m.resource_spans = oracle_callback(oracle_put_resource_spans, request);
    assert_true(pb_encode(&s, uspan_otlp_ExportTraceServiceRequest_fields, &m));
    return s.bytes_written;
}

#endif
