/* fuzz_record.c: any bytes as a program of span calls, with pools so small that each of them becomes full.
 * Asserted: the counts balance after every call. Every block is freed. A body has the length that was
 * computed, it is the same for every size of reads, and nanopb decodes it.
 * uspan-config: USPAN_SPANS_MAX=4 USPAN_TEXT_BYTES=768 USPAN_ATTRS_MAX=5 USPAN_EVENT_ATTRS_MAX=2 USPAN_VALUE_MAX=200 */
#include "fuzz.h"
#include "export/batch.h"
#include "export/otlp.h"
#include "otlp.pb.h"
#include "pb_decode.h"
#include "uspan/uspan.h"

#define HANDLES 8u
#define BODY_MAX 4096u
#define BATCH_BYTES 1500u
#define BLOCKS (USPAN_TEXT_BYTES / USPAN_BLOCK_BYTES)

static uspan_tracer_t tracer;
static int depth;
static uint64_t now_ns;
static uint64_t seed;

static uint32_t lock(void *ctx)
{
    (void)ctx;
    CHECK(depth++ == 0);
    return 7u;
}

static void unlock(void *ctx, uint32_t state)
{
    (void)ctx;
    CHECK(state == 7u && --depth == 0);
}

static uint64_t mono_ns(void *ctx)
{
    (void)ctx;
    return now_ns;
}

static uspan_err_t unix_ns(void *ctx, uint64_t *out)
{
    (void)ctx;
    (void)out;
    return USPAN_ERR_AGAIN; /* time comes from a call of the program, or never */
}

static uspan_err_t random_bytes(void *ctx, uint8_t *out, size_t len)
{
    (void)ctx;
    CHECK(depth == 0);
    for (size_t i = 0; i < len; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        out[i] = (uint8_t)(seed >> 56);
    }
    return USPAN_OK;
}

static uintptr_t task(void *ctx)
{
    (void)ctx;
    return 1u;
}

static void log_line(void *ctx, uspan_level_t level, const char *text)
{
    (void)ctx;
    (void)level;
    (void)text;
}

/* Batches are built, read and given their result by hand. There must be a destination, but it is never
 * offered a span. */
static uspan_err_t never(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    (void)ctx;
    (void)t;
    (void)s;
    abort();
}

/* The program's bytes, and zeros after its end. */
typedef struct program {
    const uint8_t *at;
    size_t left;
} program_t;

static uint8_t take(program_t *p)
{
    if (p->left == 0u) {
        return 0u;
    }
    p->left--;
    return *p->at++;
}

/* Text of up to 255 bytes: the next ones, or one byte many times. A closing 0 follows it. */
static char *take_text(program_t *p, char buf[256], size_t *len)
{
    size_t n = take(p);
    *len = n & 0x7Fu;
    if ((n & 0x80u) != 0u) {
        *len *= 2u;
        memset(buf, take(p), *len);
    } else {
        for (size_t i = 0; i < *len; i++) {
            buf[i] = (char)take(p);
        }
    }
    buf[*len] = '\0';
    return buf;
}

static const uspan_key_t keys[] = {
    USPAN_KEY_INIT("a"),
    USPAN_KEY_INIT("b"),
    USPAN_KEY_INIT("c"),
    USPAN_KEY_INIT("d"),
    USPAN_KEY_INIT("e"),
    USPAN_KEY_INIT("f"),
    USPAN_KEY_CONTENT_INIT("content"),
    USPAN_KEY_INIT("a.key.that.is.longer.than.what.a.head.of.the.encoder.holds.in.one.piece"),
};

static uspan_attr_t take_attr(program_t *p, char buf[256])
{
    static const char referenced[] =
        "referenced, not copied: longer than what an append copies at once, so that it thaws";
    static const char *const texts[] = { "", "one", "\xFF\xC3(", "twenty-two bytes of it", "x", "\xE2\x82" };
    static const bool bools[6] = { true, false };
    static const int64_t ints[6] = { -1, 0, 1, INT64_MAX, INT64_MIN, 300 };
    static const double doubles[6] = { 0.5, -0.0 };
    uint8_t what = take(p);
    size_t len;
    uspan_attr_t a = { .key = &keys[what % 8u],
                       .type = (uspan_type_t)(1u + what / 8u % 10u),
                       .count = what / 32u % 7u };
    switch (a.type) {
    case USPAN_TYPE_STATIC:
        a.v.text = (what & 0x80u) != 0u ? referenced : "near";
        a.count = USPAN_TO_NUL;
        break;
    case USPAN_TYPE_INTS:
        a.v.ints = ints;
        break;
    case USPAN_TYPE_DOUBLES:
        a.v.doubles = doubles;
        break;
    case USPAN_TYPE_BOOLS:
        a.v.bools = bools;
        break;
    case USPAN_TYPE_TEXTS:
        a.v.texts = texts;
        break;
    case USPAN_TYPE_TEXT:
    case USPAN_TYPE_BYTES:
        a.v.text = take_text(p, buf, &len);
        a.count = (uint32_t)len;
        break;
    default:
        a.v.i = (int8_t)take(p);
        break;
    }
    if (a.count > 6u && a.type > USPAN_TYPE_BYTES) {
        a.count = 6u;
    }
    return a;
}

static void check_accounts(void)
{
    uspan_stats_t s;
    uspan_stats(&tracer, 0, &s);
    uint64_t sum = s.delivered + s.rejected + s.queued + s.open + s.unsampled;
    for (unsigned c = 0; c < USPAN_DROP_COUNT; c++) {
        sum += s.dropped[c];
    }
    CHECK(sum == s.started);
    CHECK(s.blocks_live <= BLOCKS && depth == 0);
}

/* Blocks in the free list and blocks counted as used are all blocks. */
static void check_blocks(void)
{
    unsigned n = 0;
    for (uint16_t at = tracer.trace.blocks_free; at != USPAN_NO_INDEX; at = tracer.trace.block_next[at]) {
        CHECK(at < BLOCKS && ++n <= BLOCKS);
    }
    CHECK(n + tracer.trace.blocks_live == BLOCKS);
}

/* ---- decoding: every string and message is checked ----------------------------------------------------- */

static unsigned spans_seen;

static bool skip(pb_istream_t *s, const pb_field_t *field, void **arg)
{
    (void)field;
    (void)arg;
    return pb_read(s, NULL, s->bytes_left);
}

static pb_callback_t callback(bool (*decode)(pb_istream_t *s, const pb_field_t *field, void **arg))
{
    pb_callback_t c = { .funcs.decode = decode };
    return c;
}

static bool decode_attr(pb_istream_t *s, const pb_field_t *field, void **arg)
{
    (void)field;
    (void)arg;
    uspan_otlp_KeyValue kv = uspan_otlp_KeyValue_init_zero;
    kv.key = callback(skip);
    return pb_decode(s, uspan_otlp_KeyValue_fields, &kv) && kv.has_value;
}

static bool decode_event(pb_istream_t *s, const pb_field_t *field, void **arg)
{
    (void)field;
    (void)arg;
    uspan_otlp_Span_Event e = uspan_otlp_Span_Event_init_zero;
    e.name = callback(skip);
    e.attributes = callback(decode_attr);
    return pb_decode(s, uspan_otlp_Span_Event_fields, &e);
}

static bool decode_link(pb_istream_t *s, const pb_field_t *field, void **arg)
{
    (void)field;
    (void)arg;
    uspan_otlp_Span_Link l = uspan_otlp_Span_Link_init_zero;
    l.trace_state = callback(skip);
    l.attributes = callback(decode_attr);
    return pb_decode(s, uspan_otlp_Span_Link_fields, &l) && l.trace_id.size == 16u && l.span_id.size == 8u;
}

static bool decode_span(pb_istream_t *s, const pb_field_t *field, void **arg)
{
    (void)field;
    (void)arg;
    uspan_otlp_Span span = uspan_otlp_Span_init_zero;
    span.name = callback(skip);
    span.trace_state = callback(skip);
    span.status.message = callback(skip);
    span.attributes = callback(decode_attr);
    span.events = callback(decode_event);
    span.links = callback(decode_link);
    spans_seen++;
    return pb_decode(s, uspan_otlp_Span_fields, &span) && span.trace_id.size == 16u &&
           span.span_id.size == 8u && span.end_time_unix_nano >= span.start_time_unix_nano &&
           span.start_time_unix_nano > 0u;
}

static bool decode_scope(pb_istream_t *s, const pb_field_t *field, void **arg)
{
    (void)field;
    (void)arg;
    uspan_otlp_ScopeSpans scope = uspan_otlp_ScopeSpans_init_zero;
    scope.scope.name = callback(skip);
    scope.scope.version = callback(skip);
    scope.scope.attributes = callback(decode_attr);
    scope.schema_url = callback(skip);
    scope.spans = callback(decode_span);
    return pb_decode(s, uspan_otlp_ScopeSpans_fields, &scope) && scope.has_scope;
}

static bool decode_resource(pb_istream_t *s, const pb_field_t *field, void **arg)
{
    (void)field;
    (void)arg;
    uspan_otlp_ResourceSpans r = uspan_otlp_ResourceSpans_init_zero;
    r.resource.attributes = callback(decode_attr);
    r.scope_spans = callback(decode_scope);
    return pb_decode(s, uspan_otlp_ResourceSpans_fields, &r) && r.has_resource;
}

/* Read the frozen batch in reads whose sizes depend on step. */
static size_t read_body(uint8_t *out, uint8_t step)
{
    static uspan_otlp_t o;
    size_t len = 0;
    uint32_t x = step;
    uspan_otlp_begin(&o, &tracer, &tracer.out.dests[0].batch, 0);
    for (;;) {
        x = x * 1664525u + 1013904223u;
        size_t cap = step == 0u ? 1u : 1u + (x >> 24) % step;
        CHECK(len + cap <= BODY_MAX);
        size_t n = uspan_otlp_read(&o, out + len, cap);
        len += n;
        if (n < cap) {
            return len;
        }
    }
}

static void export_batch(program_t *p)
{
    static uint8_t first[BODY_MAX], second[BODY_MAX];
    uint8_t verdict = take(p);
    if (!uspan_batch_build(&tracer, 0)) {
        return;
    }
    uspan_batch_t *batch = &tracer.out.dests[0].batch;
    if (verdict % 8u == 0u) {
        (void)uspan_batch_split(&tracer, 0);
    }
    size_t len = read_body(first, take(p));
    CHECK(len == batch->body_len && len == uspan_size_request(&tracer, batch, 0));
    CHECK(len <= BATCH_BYTES);
    CHECK(read_body(second, take(p)) == len && memcmp(first, second, len) == 0);
    uspan_otlp_ExportTraceServiceRequest request = uspan_otlp_ExportTraceServiceRequest_init_zero;
    request.resource_spans = callback(decode_resource);
    spans_seen = 0;
    pb_istream_t s = pb_istream_from_buffer(first, len);
    CHECK(pb_decode(&s, uspan_otlp_ExportTraceServiceRequest_fields, &request));
    CHECK(spans_seen == batch->count);
    if (verdict % 4u == 3u) {
        uspan_batch_dropped(&tracer, 0, USPAN_DROP_REFUSED);
    } else {
        uspan_batch_delivered(&tracer, 0, verdict % 4u == 2u ? 1u : 0u);
    }
}

/* One call. */
static void step(program_t *p, uspan_t *handles, uspan_context_t *context)
{
    static const uspan_scope_t scopes[2] = { { "one", "1" }, { "two", NULL } };
    char buf[256], more[256];
    uint8_t what = take(p);
    uspan_t *h = &handles[what / 32u];
    size_t len, n;
    uspan_attr_t attrs[3];
    now_ns += what;
    switch (what % 16u) {
    case 0:
    case 1: {
        uint8_t how = take(p);
        uspan_options_t o = { .kind = (uspan_kind_t)(how % 6u),
                              .scope = how % 4u == 3u ? NULL : &scopes[how % 2u] };
        o.parent = how % 8u == 5u ? context : NULL;
        o.disabled = how == 77u;
        attrs[0] = take_attr(p, buf);
        o.attrs = attrs;
        o.attr_count = how / 64u % 2u;
        char *name = take_text(p, more, &len);
        *h = uspan_start_with(&tracer, how % 8u == 1u ? USPAN_ROOT : handles[how % HANDLES], name, len, &o);
        break;
    }
    case 2:
    case 3:
    case 4:
        attrs[0] = take_attr(p, buf);
        (void)uspan_set_all(&tracer, *h, attrs, 1);
        break;
    case 5:
    case 6: {
        const uspan_key_t *key = &keys[take(p) % 8u];
        char *text = take_text(p, buf, &len);
        if (what % 16u == 5u) {
            (void)uspan_append_str_n(&tracer, *h, key, text, len);
        } else {
            (void)uspan_append_bytes(&tracer, *h, key, text, len);
        }
        break;
    }
    case 7:
    case 8: {
        static char bufs[3][256];
        n = take(p) % 4u;
        for (size_t i = 0; i < n; i++) {
            attrs[i] = take_attr(p, bufs[i]);
        }
        char *name = take_text(p, more, &len);
        if (what % 16u == 7u) {
            (void)uspan_event_n(&tracer, *h, name, len, take(p), attrs, n);
        } else {
            (void)uspan_add_link(&tracer, *h, &(uspan_link_t){ context, attrs, n });
        }
        break;
    }
    case 9:
        n = take(p);
        (void)uspan_set_status(&tracer, *h, (uspan_status_t)(n % 3u), take_text(p, buf, &len));
        break;
    case 10:
        (void)take_text(p, buf, &len);
        (void)uspan_record_error_data(&tracer, *h, take(p) % 2u == 0u ? NULL : "timeout", buf,
                                      take_text(p, more, &n));
        break;
    case 11:
        (void)uspan_context_of(&tracer, *h, context);
        context->remote = take(p) % 2u;
        context->tracestate_len = context->remote != 0u ? (uint16_t)(take(p) % 80u) : context->tracestate_len;
        memset(context->tracestate, 'a' + take(p) % 3, context->tracestate_len);
        break;
    case 12:
        n = take(p);
        uspan_set_limits(&tracer,
                         &(uspan_limits_t){ (uint16_t)(n % 4u), (uint16_t)(n % 3u), (uint16_t)(n % 2u),
                                            (uint16_t)(n % 3u), (uint16_t)(n % 2u), (uint32_t)n / 8u });
        uspan_set_content(&tracer, n % 16u != 0u);
        uspan_set_enabled(&tracer, n != 99u);
        break;
    case 13:
        (void)uspan_set_name(&tracer, *h, take_text(p, buf, &len));
        uspan_set_unix_time(&tracer, 1700000000000000000u + (uint64_t)take(p) * 1000000000u);
        break;
    case 14:
        (void)uspan_end_at(&tracer, *h, take(p));
        break;
    default:
        (void)uspan_end(&tracer, *h);
        export_batch(p);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uspan_port_t port = { USPAN_PORT_ABI, NULL,         lock, unlock,  mono_ns,
                                       unix_ns,        random_bytes, task, log_line };
    static const uspan_sink_t sink = { NULL, never };
    program_t p = { data, len };
    uspan_t handles[HANDLES] = { { 0 } };
    static uspan_context_t context;
    memset(&context, 0, sizeof context);
    now_ns = 1;
    seed = take(&p);
    depth = 0;
    CHECK(uspan_init(&tracer, &port) == USPAN_OK);
    CHECK(uspan_export_to_sink(&tracer, 0, &sink) == USPAN_OK);
    uspan_set_batching(&tracer, &(uspan_batching_t){ .bytes_max = BATCH_BYTES });
    for (unsigned i = 0; i < 200u && p.left > 0u; i++) {
        step(&p, handles, &context);
        check_accounts();
        check_blocks();
    }
    uspan_set_unix_time(&tracer, 1700000000000000000u);
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) { /* also spans whose handle was overwritten */
        uspan_slot_t *slot = &tracer.trace.slots[i];
        if (slot->state == USPAN_STATE_OPEN) {
            CHECK(uspan_end(&tracer, uspan_handle_of(&tracer.trace, slot)) == USPAN_OK);
        }
    }
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        export_batch(&p);
    }
    uspan_stats_t s;
    uspan_stats(&tracer, 0, &s);
    check_accounts();
    check_blocks();
    CHECK(s.queued == 0u && s.open == 0u && s.blocks_live == 0u);
    CHECK(tracer.trace.slots_live == 0u);
    return 0;
}
