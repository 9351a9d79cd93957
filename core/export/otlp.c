/* otlp.c: a batch as protobuf. otlp_rows.h says what stands in each message; one walk over it writes them.
 * The same walk, with a copy of where it stands, counts a message ahead of its first byte; so a length and
 * what follows it cannot differ. All state is in uspan_otlp_t: a read may end at any byte. */
#include "otlp.h"
#include <string.h>
#include "exporter.h"
#include "otlp_rows.h"
#include "trace/clock.h"
#include "wire.h"

#define DEPTH_MAX 4u /* messages within messages while counting */

/* The rows say what base, span, entry and batch are at each step; a checker of paths cannot see that.
 * NOLINTBEGIN(clang-analyzer-core.NullDereference,clang-analyzer-core.NonNullParamChecker) */

#define STATE_ROWS (USPAN_TRACESTATE_BYTES > 0 ? 1 : 0)
static const uint8_t no_id[8];

static const row_t rows[] = {
    { TAG(ExportTraceServiceRequest_resource_spans, BYTES), OP_OPEN, 0 },
    { TAG(ResourceSpans_resource, BYTES), OP_OPEN, 0 },
    ATTRIBUTES(Resource_attributes, LIST_RESOURCE),
    { 0, OP_CLOSE, 0 },
    { TAG(ResourceSpans_scope_spans, BYTES), OP_SCOPE, 22 + STATE_ROWS },
    { TAG(ScopeSpans_scope, BYTES), OP_OPEN, 0 },
    { TAG(InstrumentationScope_name, BYTES), OP_STRING, offsetof(uspan_scope_t, name) },
    { TAG(InstrumentationScope_version, BYTES), OP_STRING, offsetof(uspan_scope_t, version) },
    ATTRIBUTES(InstrumentationScope_attributes, LIST_DROPS),
    { 0, OP_CLOSE, 0 },
    { TAG(ScopeSpans_spans, BYTES), OP_SPAN, 13 + STATE_ROWS },
#define SPAN_STEP 13u
    { TAG(Span_trace_id, BYTES), OP_IDS, OF_SLOT(trace_id) },
#if USPAN_TRACESTATE_BYTES > 0
    { TAG(Span_trace_state, BYTES), OP_TRACESTATE, 0 },
#endif
    { TAG(Span_parent_span_id, BYTES), OP_PARENT, OF_SLOT(parent_id) },
    { TAG(Span_name, BYTES), OP_NAME, OF_SLOT(name) },
    { TAG(Span_kind, VARINT), OP_TIMES, OF_SLOT(start_ns) },
    ATTRIBUTES(Span_attributes, LIST_SPAN),
    { TAG(Span_dropped_attributes_count, VARINT), OP_U16, OF_SLOT(dropped_attrs) },
    { 0, OP_ITEMS, 0 },
    { TAG(Span_status, BYTES), OP_STATUS, 3 },
    { TAG(Status_message, BYTES), OP_MESSAGE, OF_SLOT(message) },
    { TAG(Status_code, VARINT), OP_U8, OF_SLOT(status) },
    { 0, OP_CLOSE, 0 },
    { TAG(Span_flags, FIXED32) | 0x80u, OP_FLAGS, 14 + STATE_ROWS },
    { TAG(ScopeSpans_schema_url, BYTES), OP_SCHEMA, 0 },
    { 0, OP_CLOSE, 23 + STATE_ROWS },
    { 0, OP_END, 0 },
};
#define END_ROW (&rows[sizeof(rows) / sizeof(rows[0]) - 1u])
_Static_assert(sizeof(rows) / sizeof(rows[0]) == 29 + STATE_ROWS,
               "rows that go back or further do so by as much as they say");
_Static_assert(USPAN_TRAIT_REMOTE_PARENT << 8 == 0x200, "the trait is the flag's bit");
_Static_assert(OF_SLOT(span_id) == OF_SLOT(trace_id) + 16u && OF_LINK(span_id) == OF_LINK(trace_id) + 16u &&
                   uspan_otlp_Span_span_id_tag == uspan_otlp_Span_Link_span_id_tag,
               "both ids are written in one go");

/* ---- members and scopes ------------------------------------------------------------------------------- */

uint16_t uspan_batch_next(uspan_tracer_t *t, const uspan_batch_t *batch, unsigned dest, uint16_t i,
                          const uspan_scope_t *scope)
{
    uspan_trace_part_t *p = &t->trace;
    uint32_t state = uspan_lock(t); /* spans that end meanwhile change the last one's next */
    i = i == USPAN_NO_INDEX ? batch->first : p->slots[i].next;
    while (i != USPAN_NO_INDEX && (((unsigned)p->slots[i].busy >> dest & 1u) == 0u ||
                                   (scope != NULL && p->slots[i].scope != scope))) {
        i = p->slots[i].next;
    }
    uspan_unlock(t, state);
    return i;
}

const uspan_scope_t *uspan_batch_scope(uspan_tracer_t *t, const uspan_batch_t *batch, unsigned dest,
                                       const uspan_scope_t *after)
{
    if (batch->scope != NULL) {
        return after == NULL ? batch->scope : NULL;
    }
    const uspan_scope_t *best = NULL;
    for (uint16_t i = USPAN_NO_INDEX; (i = uspan_batch_next(t, batch, dest, i, NULL)) != USPAN_NO_INDEX;) {
        const uspan_scope_t *scope = t->trace.slots[i].scope;
        if ((uintptr_t)scope > (uintptr_t)after && (best == NULL || (uintptr_t)scope < (uintptr_t)best)) {
            best = scope;
        }
    }
    return best;
}

/* ---- text ---------------------------------------------------------------------------------------------- */

void uspan_otlp_run(uspan_otlp_t *o, unsigned block, unsigned offset)
{
    const uspan_trace_part_t *p = &o->tracer->trace;
    uint32_t left = o->run + o->rest;
    if (left > 0u) { /* else there may be no block */
        if (offset >= USPAN_BLOCK) {
            block = p->block_next[block];
            offset -= USPAN_BLOCK;
        }
        uint32_t room = USPAN_BLOCK - offset;
        room = left < room ? left : room;
        o->block = (uint16_t)block;
        o->text = p->blocks[block].bytes + offset;
        o->run = room;
        o->rest = left - room;
    }
}

USPAN_ONCE void uspan_otlp_follow(uspan_otlp_t *o, unsigned store, const void *v, uint32_t len)
{
    o->run = len;
    o->text = v;
    o->percent = store == USPAN_STORE_PERCENT;
    if (store <= USPAN_STORE_PERCENT) {
        o->text = (const uint8_t *)*(const char *const *)v;
    } else if (store != USPAN_STORE_NEAR) {
        uspan_otlp_run(o, *(const uint16_t *)v, 0u);
    }
}

/* Copy what fits of the text under way. */
static inline uint8_t *copy(uspan_otlp_t *o, uint8_t *at, const uint8_t *end)
{
    while (o->run > 0u && at < end) {
        const uint8_t *text = o->text;
        size_t n = (size_t)(end - at);
        if (o->percent != 0u) {
            n = 0;
            *at++ = (uint8_t)uspan_out(o->tracer)->percent_byte((const char *)text, 3u, &n);
            o->text = text + n;
            o->run--;
            continue;
        }
        n = n < o->run ? n : o->run;
        memcpy(at, text, n);
        at += n;
        o->text = text + n;
        o->run -= (uint32_t)n;
        if (o->run == 0u && o->rest > 0u) {
            uspan_otlp_run(o, o->block, USPAN_BLOCK);
        }
    }
    return at;
}

/* ---- attributes ---------------------------------------------------------------------------------------- */

uint32_t uspan_otlp_size(const uspan_entry_t *e)
{
    if (e->store > USPAN_STORE_BOOL) {
        return uspan_len_field(e->len);
    }
    return e->store == USPAN_STORE_DOUBLE ? 9u : 1u + uspan_len_u64((uint64_t)e->v.i);
}

uint8_t *uspan_otlp_put(uspan_otlp_t *o, uint8_t *at, const uspan_entry_t *e)
{
    static const uint8_t tags[] = {
        [USPAN_STORE_INT] = TAG(AnyValue_int_value, VARINT),
        [USPAN_STORE_DOUBLE] = TAG(AnyValue_double_value, FIXED64),
        [USPAN_STORE_BOOL] = TAG(AnyValue_bool_value, VARINT),
        [USPAN_STORE_STATIC] = TAG(AnyValue_string_value, BYTES),
        [USPAN_STORE_PERCENT] = TAG(AnyValue_string_value, BYTES),
        [USPAN_STORE_NEAR] = TAG(AnyValue_string_value, BYTES),
        [USPAN_STORE_TEXT] = TAG(AnyValue_string_value, BYTES),
        [USPAN_STORE_BYTES] = TAG(AnyValue_bytes_value, BYTES),
    };
    unsigned store = e->store;
    unsigned tag = tags[store];
    if (store > USPAN_STORE_BOOL) {
        uspan_otlp_follow(o, store, &e->v, e->len);
        return uspan_put_len(at, tag, e->len);
    }
    *at = (uint8_t)tag;
    return store == USPAN_STORE_DOUBLE ? uspan_put_fixed64(at + 1, (uint64_t)e->v.i)
                                       : uspan_put_u64(at + 1, (uint64_t)e->v.i);
}

/* The key of a drop cause. Returns its length. */
static uint8_t name_drop(char out[USPAN_DROP_KEY_MAX], const char *cause)
{
    static const char prefix[14] = "uspan.dropped."; /* without a 0 */
    char *at = out + sizeof prefix;
    memcpy(out, prefix, sizeof prefix);
    while (*cause != '\0') {
        *at++ = *cause++;
    }
    return (uint8_t)(at - out);
}

/* The next attribute of a list, or NULL after the last. */
static const uspan_entry_t *next_attr(uspan_otlp_t *o, unsigned list)
{
    static const uspan_key_t unsynced_key = USPAN_KEY_INIT("uspan.time.unsynced");
    static const uspan_entry_t unsynced = { .key = &unsynced_key, .store = USPAN_STORE_BOOL, .v.i = 1 };
    const uspan_trace_part_t *p = &o->tracer->trace;
    unsigned item = o->item;
    if (list == LIST_SPAN) {
        const uspan_slot_t *slot = o->base;
        o->item = (uint16_t)(item + 1u);
        if (item < slot->attr_count) {
            return &slot->attrs[item];
        }
        bool is_synced = p->epochs[slot->epoch].state == USPAN_EPOCH_KNOWN;
        return item > slot->attr_count || is_synced ? NULL : &unsynced;
    }
    if (list == LIST_RESOURCE) {
        return uspan_resource_next(o->tracer, &o->item, &o->pos, &o->made, &o->made_key) ? &o->made : NULL;
    }
    if (list == LIST_DROPS) {
        while (item < USPAN_DROP_COUNT && o->batch->reported[item] == 0u) {
            item++;
        }
        o->item = (uint16_t)(item + 1u);
        if (item >= USPAN_DROP_COUNT) {
            return NULL;
        }
        o->made.key = &o->made_key;
        o->made_key.text = o->made_text;
        o->made_key.len = name_drop(o->made_text, uspan_drop_name(item));
        o->made.store = USPAN_STORE_INT;
        o->made.v.i = o->batch->reported[item];
        return &o->made;
    }
    return p->items->next_attr(o);
}

/* The rest of a list of attributes, each whole, one after another. One that does not fit, or is an array,
 * leaves its value to the rows that follow. */
static uint8_t *put_attrs(uspan_otlp_t *o, uint8_t *at, const uint8_t *end, const row_t *row)
{
    const uspan_entry_t *e;
    while ((e = next_attr(o, row->arg)) != NULL) {
        uint32_t key_len = e->key->len;
        bool is_array = e->store >= USPAN_STORE_INTS;
        o->entry = e;
        uint32_t any =
            is_array ? uspan_len_field(o->tracer->trace.items->size_elements(o)) : uspan_otlp_size(e);
        uint32_t n = uspan_len_field(key_len) + uspan_len_field(any);
        if (o->counting != 0u) {
            o->counted += uspan_len_field(n);
            continue;
        }
        at = uspan_put_len(at, row->tag, n);
        at = uspan_put_len(at, TAG(KeyValue_key, BYTES), key_len);
        if (is_array || end - at < (ptrdiff_t)key_len + (ptrdiff_t)USPAN_HEAD_BYTES) {
            uspan_otlp_follow(o, USPAN_STORE_STATIC, &e->key->text, key_len);
            return at;
        }
        memcpy(at, e->key->text, key_len);
        at = uspan_put_len(at + key_len, TAG(KeyValue_value, BYTES), any);
        at = uspan_otlp_put(o, at, e);
        if (o->run > 0u) {
            at = copy(o, at, end);
        }
        if (o->run > 0u || end - at < (ptrdiff_t)USPAN_HEAD_BYTES) {
            o->row--;
            return at;
        }
    }
    o->item = 0u;
    o->row++;
    return at;
}

/* ---- the walk ------------------------------------------------------------------------------------------ */

/* Write fields at `at`, until text follows, a message begins or ends, or there is no room for another.
 * Counting, each is written to the same place. Returns the end of what was written. */
static uint8_t *walk(uspan_otlp_t *o, uint8_t *const begin, const uint8_t *end)
{
    static const char *const schema = USPAN_SCHEMA_URL;
    const uspan_trace_part_t *p = &o->tracer->trace;
    uint8_t *at = begin;
    o->event = EVENT_NONE;
    do {
        const row_t *row = o->row++;
        unsigned tag = row->tag;
        const void *from = (const uint8_t *)o->base + row->arg;
        const uspan_slot_t *slot = o->base; /* where the row has it so */
        unsigned store = USPAN_STORE_NEAR;  /* NONE: n is a number */
        uint32_t n = 0;
        switch (row->op) {
        case OP_STATUS:
            if (slot->message_len == 0u) {
                o->row += row->arg;
                if (slot->status != USPAN_STATUS_UNSET) {
                    at = uspan_put_len(at, tag, 2u);
                    tag = TAG(Status_code, VARINT);
                    n = slot->status;
                    store = USPAN_STORE_NONE;
                }
                break;
            }
            /* fall through */
        case OP_OPEN:
            o->event = EVENT_OPEN;
            return at;
        case OP_SCOPE:
            o->item = o->scope == NULL ? 0u : USPAN_DROP_COUNT; /* drop counts stand on the first */
            o->scope = uspan_batch_scope(o->tracer, o->batch, o->dest, o->scope);
            if (o->scope == NULL) {
                o->row += row->arg;
                break;
            }
            o->base = o->scope;
            o->slot = USPAN_NO_INDEX;
            o->event = EVENT_OPEN;
            return at;
        case OP_SPAN:
            store = USPAN_STORE_NONE;
            if (o->counting != 0u && o->batch->scope != NULL) { /* all of them at once */
                o->counted += o->batch->spans_len;
                o->row += row->arg;
                break;
            }
            do { /* counting, one after another: each was measured once, for its size */
                o->slot = uspan_batch_next(o->tracer, o->batch, o->dest, o->slot, o->scope);
                if (o->slot == USPAN_NO_INDEX) {
                    o->row += row->arg;
                    n = 0u;
                    break;
                }
                o->span = &p->slots[o->slot];
                n = o->span->size;
                o->counted += uspan_len_field(n);
            } while (o->counting != 0u);
            o->base = o->span;
            break;
        case OP_ITEMS:
            if ((slot->event_count | slot->link_count | slot->dropped_events | slot->dropped_links) != 0) {
                o->after_items = o->row;
                o->row = p->items->rows;
            }
            break;
        case OP_ATTR:
            at = put_attrs(o, at, end, row);
            break;
        case OP_VALUE:
            if (o->entry->store < USPAN_STORE_INTS) {
                at = uspan_otlp_put(o, uspan_put_len(at, tag, uspan_otlp_size(o->entry)), o->entry);
                o->row -= 2;
                break;
            }
            /* fall through */
        default:
            at = p->items->write(o, at, row);
            if (o->event == EVENT_OPEN || (o->event != EVENT_NONE && o->counting != 0u)) {
                return at;
            }
            break;
        case OP_IDS:
            at = uspan_put_len(at, tag, 16u);
            memcpy(at, from, 16);
            at = uspan_put_len(at + 16, TAG(Span_span_id, BYTES), 8u);
            memcpy(at, (const uint8_t *)from + 16, 8);
            at += 8;
            break;
        case OP_PARENT:
            if (memcmp(slot->parent_id, no_id, 8) != 0) {
                at = uspan_put_len(at, tag, 8u);
                memcpy(at, slot->parent_id, 8);
                at += 8;
            }
            break;
        case OP_U16:
            store = USPAN_STORE_NONE;
            n = *(const uint16_t *)from;
            break;
        case OP_U8:
            store = USPAN_STORE_NONE;
            n = *(const uint8_t *)from;
            break;
        case OP_TIMES:
            at = uspan_put_len(at, tag, slot->kind);
            at = uspan_otlp_time(o, at, TAG(Span_start_time_unix_nano, FIXED64), from);
            at = uspan_otlp_time(o, at, TAG(Span_end_time_unix_nano, FIXED64), &slot->end_ns);
            break;
        case OP_FLAGS:
            *at++ = (uint8_t)tag;
            *at++ = 1u; /* a tag of two bytes */
            at = uspan_put_fixed32(at, 0x100u | slot->flags |
                                           (uint32_t)(slot->traits & USPAN_TRAIT_REMOTE_PARENT) << 8);
            /* fall through */
        case OP_CLOSE:
            o->row -= row->arg;
            o->event = EVENT_CLOSE;
            if (o->counting != 0u) {
                return at;
            }
            break;
        case OP_NAME:
            n = slot->name_len;
            break;
#if USPAN_TRACESTATE_BYTES > 0
        case OP_TRACESTATE:
            if ((slot->traits & USPAN_TRAIT_NO_TRACESTATE) == 0u) {
                from = p->tracestates[slot->tracestate].text;
                n = p->tracestates[slot->tracestate].len;
            }
            break;
#endif
        case OP_MESSAGE:
            store = USPAN_STORE_TEXT;
            n = slot->message_len;
            break;
        case OP_SCHEMA:
            from = &schema;
            /* fall through */
        case OP_STRING:
            store = USPAN_STORE_STATIC;
            n = *(const char *const *)from != NULL ? (uint32_t)strlen(*(const char *const *)from) : 0u;
            break;
        case OP_END: /* it stays there */
            o->row--;
            o->event = EVENT_CLOSE;
            return at;
        }
        if (n > 0u) {
            at = uspan_put_len(at, tag, n);
            if (store != USPAN_STORE_NONE) {
                uspan_otlp_follow(o, store, from, n);
            }
        }
        if (o->counting != 0u) {
            o->counted += (uint32_t)(at - begin) + o->run + o->rest;
            o->run = o->rest = 0u;
            at = begin;
        } else if (o->run > 0u) {
            at = copy(o, at, end);
        }
    } while (o->run == 0u && end - at >= (ptrdiff_t)USPAN_HEAD_BYTES);
    return at;
}

/* Bytes of the message whose first field is next; moves o to its end. */
static uint32_t measure(uspan_otlp_t *o)
{
    uint32_t size[DEPTH_MAX] = { 0 };
    uint32_t *top = size;
    uint8_t scratch[USPAN_HEAD_BYTES];
    o->counting = 1u;
    for (;;) {
        o->counted = 0u;
        const uint8_t *at = walk(o, scratch, scratch + sizeof scratch);
        *top += o->counted + (uint32_t)(at - scratch);
        if (o->event == EVENT_OPEN) {
            *++top = 0u;
        } else {
            if (top == size) {
                return *top;
            }
            top--;
            *top += uspan_len_field(top[1]);
        }
    }
}

/* The walk, and before each message its length. */
static uint8_t *advance(uspan_otlp_t *o, uint8_t *at, const uint8_t *end)
{
    at = walk(o, at, end);
    if (o->event == EVENT_OPEN) {
        uspan_otlp_t ahead = *o;
        at = uspan_put_len(at, o->row[-1].tag, measure(&ahead));
    }
    return at;
}

void uspan_otlp_begin(uspan_otlp_t *o, uspan_tracer_t *t, const uspan_batch_t *batch, unsigned dest)
{
    memset(o, 0, sizeof *o);
    o->tracer = t;
    o->base = t; /* never NULL, for sums with it */
    o->row = rows;
    o->batch = batch;
    o->dest = (uint8_t)dest;
}

size_t uspan_otlp_read(uspan_otlp_t *o, uint8_t *out, size_t cap)
{
    uint8_t *at = out;
    const uint8_t *end = out + cap;
    for (;;) {
        size_t n = (size_t)(o->head_len - o->head_at);
        n = n < (size_t)(end - at) ? n : (size_t)(end - at);
        memcpy(at, o->head + o->head_at, n);
        o->head_at = (uint8_t)(o->head_at + n);
        at = copy(o, at + n, end);
        if (at == end || (o->row == END_ROW && o->head_at == o->head_len)) {
            return (size_t)(at - out);
        }
        if (end - at >= (ptrdiff_t)USPAN_HEAD_BYTES) {
            at = advance(o, at, end);
        } else { /* less room than a field may need */
            o->head_len = (uint8_t)(advance(o, o->head, o->head + USPAN_HEAD_BYTES) - o->head);
            o->head_at = 0u;
        }
    }
}

uint32_t uspan_size_request(uspan_tracer_t *t, const uspan_batch_t *batch, unsigned dest)
{
    uspan_otlp_t o;
    uspan_otlp_begin(&o, t, batch, dest);
    return measure(&o);
}

uint32_t uspan_size_span(uspan_tracer_t *t, const uspan_slot_t *slot)
{
    uspan_otlp_t o;
    uspan_otlp_begin(&o, t, NULL, 0u);
    o.span = slot;
    o.base = slot;
    o.row = &rows[SPAN_STEP];
    return measure(&o);
}
/* NOLINTEND(clang-analyzer-core.NullDereference,clang-analyzer-core.NonNullParamChecker) */
