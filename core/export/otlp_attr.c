/* otlp_attr.c: encodes bytes, text and attributes as protobuf. Invariant: all state is in uspan_otlp_t. A
 * unit that did not fit the buffer is encoded again from its start, and the bytes that were already returned
 * are skipped. */
#define USPAN_IN_OTLP_ATTR
#include <string.h>
#include "export/export_state.h"
#include "export/otlp_attr.h"
#include "export/resource.h"
#include "trace/clock.h"
#include "trace/copy16.h"
#include "trace/pool.h"

/* ---- bytes and text ------------------------------------------------------------------------------------ */

void uspan_otlp_put(uspan_otlp_t *o, const void *data, uint32_t len)
{
    const uint8_t *from = data;
    if (o->skip != 0u) {
        if (o->skip >= len) {
            o->skip -= len;
            return;
        }
        from += o->skip;
        len -= o->skip;
        o->skip = 0u;
    }
    size_t room = (size_t)(o->end - o->at);
    if (len > room) {
        len = (uint32_t)room;
        o->cut = 1u;
    }
    memcpy(o->at, from, len);
    o->at += len;
}

void uspan_otlp_put_chain(uspan_otlp_t *o, unsigned block, uint32_t offset, uint32_t len)
{
    const uspan_trace_part_t *p = &o->tracer->trace;
    while (len > 0u && o->cut == 0u) { /* empty text may have no block */
        if (offset >= USPAN_BLOCK) {
            block = p->block_next[block];
            offset -= USPAN_BLOCK;
        } else {
            uint32_t n = USPAN_BLOCK - offset;
            n = n < len ? n : len;
            uspan_otlp_put(o, p->blocks[block].bytes + offset, n);
            offset += n;
            len -= n;
        }
    }
}

/* Write percent-encoded text that has len bytes when decoded. */
USPAN_NOINLINE static void put_percent(uspan_otlp_t *o, const char *text, uint32_t len)
{
    for (; len > 0u; len--) {
        size_t n = 0;
        uint8_t byte = (uint8_t)uspan_export_state(o->tracer)->percent_byte(text, 3u, &n);
        uspan_otlp_put(o, &byte, 1u);
        text += n;
    }
}

void uspan_otlp_put_text(uspan_otlp_t *o, unsigned store, const void *v, uint32_t len)
{
    if (store == USPAN_STORE_STATIC) {
        uspan_otlp_put(o, *(const char *const *)v, len);
    } else if (store == USPAN_STORE_INLINE) {
        uspan_otlp_put(o, v, len);
    } else if (store == USPAN_STORE_PERCENT) {
        put_percent(o, *(const char *const *)v, len);
    } else {
        const uint16_t *chain = v; /* head, tail */
        uspan_otlp_put_chain(o, chain[0], store == STORE_ELEMENT ? chain[1] : 0u, len);
    }
}

void uspan_otlp_put_number(uspan_otlp_t *o, unsigned tag, uint32_t n)
{
    uint8_t scratch[USPAN_HEAD_BYTES];
    if (n > 0u) {
        uint8_t *from = uspan_otlp_room(o, scratch, sizeof scratch);
        uspan_otlp_give(o, from, uspan_put_len(from, tag, n));
    }
}

void uspan_otlp_put_heads(uspan_otlp_t *o, unsigned tag, uint32_t n, unsigned inner, uint32_t inner_n)
{
    uint8_t scratch[USPAN_HEAD_BYTES];
    uint8_t *at = uspan_put_len(scratch, tag, n);
    at = uspan_put_len(at, inner, inner_n);
    uspan_otlp_put(o, scratch, (uint32_t)(at - scratch));
}

uint8_t *uspan_otlp_put_time(const uspan_otlp_t *o, uint8_t *at, unsigned tag, uint64_t mono_ns)
{
    *at = (uint8_t)tag;
    return uspan_put_fixed64(at + 1, mono_ns + (uint64_t)o->tracer->trace.epochs[o->span->epoch].offset_ns);
}

/* ---- lists --------------------------------------------------------------------------------------------- */

/* Write the key of a drop cause. Returns its length. */
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

unsigned uspan_otlp_find_drop(const uspan_otlp_t *o, unsigned item)
{
    while (item < USPAN_DROP_COUNT && o->batch->reported[item] == 0u) {
        item++;
    }
    return item;
}

/* Returns the next drop count that is not 0, or NULL. */
USPAN_NOINLINE_SMALL static const uspan_entry_t *next_drop(uspan_otlp_t *o)
{
    unsigned item = uspan_otlp_find_drop(o, o->item);
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

/* Returns the next attribute of a list, or NULL after the last. */
static inline const uspan_entry_t *next_attr(uspan_otlp_t *o, unsigned list)
{
    static const uspan_key_t unsynced_key = USPAN_KEY_INIT("uspan.time.unsynced");
    static const uspan_entry_t unsynced = { .key = &unsynced_key, .store = USPAN_STORE_BOOL, .v.i = 1 };
    const uspan_trace_part_t *p = &o->tracer->trace;
    if (list == LIST_SPAN) {
        const uspan_slot_t *slot = o->span;
        unsigned item = o->item;
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
    return list == LIST_DROPS ? next_drop(o) : p->items->next_attr(o);
}

/* ---- attributes ---------------------------------------------------------------------------------------- */

static inline uint32_t any_size(const uspan_entry_t *e, uint32_t len)
{
    if (e->store > USPAN_STORE_BOOL) {
        return uspan_len_field(len);
    }
    return e->store == USPAN_STORE_DOUBLE ? 9u : 1u + uspan_len_u64((uint64_t)e->v.i);
}

uint32_t uspan_otlp_any_size(const uspan_entry_t *e, uint32_t len)
{
    return any_size(e, len);
}

/* Returns the bytes of a text or of array elements. */
static inline uint32_t text_len(const uspan_otlp_t *o, const uspan_entry_t *e)
{
    return e->store < USPAN_STORE_INTS ? e->len : o->tracer->trace.items->size_elements(o, e);
}

/* Write a value up to its text or elements, 22 bytes at most. */
static inline uint8_t *put_value_head(uint8_t *at, unsigned tag, uint32_t any, const uspan_entry_t *e,
                                      uint32_t len)
{
    static const uint8_t tags[] = {
        [USPAN_STORE_INT] = TAG(AnyValue_int_value, VARINT),
        [USPAN_STORE_DOUBLE] = TAG(AnyValue_double_value, FIXED64),
        [USPAN_STORE_BOOL] = TAG(AnyValue_bool_value, VARINT),
        [USPAN_STORE_STATIC] = TAG(AnyValue_string_value, BYTES),
        [USPAN_STORE_PERCENT] = TAG(AnyValue_string_value, BYTES),
        [USPAN_STORE_INLINE] = TAG(AnyValue_string_value, BYTES),
        [USPAN_STORE_TEXT] = TAG(AnyValue_string_value, BYTES),
        [USPAN_STORE_BYTES] = TAG(AnyValue_bytes_value, BYTES),
        [USPAN_STORE_INTS] = TAG(AnyValue_array_value, BYTES),
        [USPAN_STORE_DOUBLES] = TAG(AnyValue_array_value, BYTES),
        [USPAN_STORE_BOOLS] = TAG(AnyValue_array_value, BYTES),
        [USPAN_STORE_TEXTS] = TAG(AnyValue_array_value, BYTES),
        [STORE_ELEMENT] = TAG(AnyValue_string_value, BYTES),
    };
    unsigned store = e->store;
    at = uspan_put_len(at, tag, any);
    if (store > USPAN_STORE_BOOL) {
        return uspan_put_len(at, tags[store], len);
    }
    *at++ = tags[store];
    return store == USPAN_STORE_DOUBLE ? uspan_put_fixed64(at, (uint64_t)e->v.i)
                                       : uspan_put_u64(at, (uint64_t)e->v.i);
}

void uspan_otlp_put_value(uspan_otlp_t *o, unsigned tag, uint32_t any, const uspan_entry_t *e, uint32_t len)
{
    uint8_t scratch[USPAN_HEAD_BYTES];
    uint8_t *from = uspan_otlp_room(o, scratch, sizeof scratch);
    uspan_otlp_give(o, from, put_value_head(from, tag, any, e, len));
    if (e->store > USPAN_STORE_BOOL && (e->store < USPAN_STORE_INTS || e->store == STORE_ELEMENT)) {
        uspan_otlp_put_text(o, e->store, &e->v, len);
    }
}

/* Copy short text, mainly keys, as two words that overlap, if that is faster. */
static inline uint8_t *copy_short(uint8_t *at, const void *text, uint32_t len)
{
#if !USPAN_OPTIMIZE_SIZE
    if (len >= USPAN_LANE && len <= 2u * USPAN_LANE) {
        const char *from = text;
        (void)uspan_copy_lane(at, from);
        (void)uspan_copy_lane(at + len - USPAN_LANE, from + len - USPAN_LANE);
        return at + len;
    }
#endif
    memcpy(at, text, len);
    return at + len;
}

/* Copy the text of an entry. There must be room for it, and it must not be percent-encoded. */
static inline uint8_t *copy_text(const uspan_trace_part_t *p, uint8_t *at, const uspan_entry_t *e)
{
    const void *text = e->v.inline_text;
    uint32_t len = e->len;
    if (e->store == USPAN_STORE_STATIC) {
        text = e->v.text;
    } else if (e->store != USPAN_STORE_INLINE) {
        unsigned block = e->v.chain.head;
        if (len == 0u) { /* there may be no block */
            return at;
        }
        for (; len > USPAN_BLOCK; len -= USPAN_BLOCK) {
            memcpy(at, p->blocks[block].bytes, USPAN_BLOCK);
            at += USPAN_BLOCK;
            block = p->block_next[block];
        }
        text = p->blocks[block].bytes;
    }
    return copy_short(at, text, len);
}

/* Size of a KeyValue with that key and an AnyValue of `any` bytes. Most are below 128 bytes and have lengths
 * of one byte. */
static inline uint32_t key_value_size(uint32_t key_len, uint32_t any)
{
    uint32_t n = key_len + any + 4u;
    return n < 0x80u ? n : uspan_len_field(key_len) + uspan_len_field(any);
}

/* Returns true if copy_attr() can write an attribute. Most are of this kind. */
static inline bool is_copied(const uspan_entry_t *e)
{
    return e->store < USPAN_STORE_INTS && e->store != USPAN_STORE_PERCENT;
}

/* Write one attribute of n bytes. There must be room for it. */
static inline uint8_t *copy_attr(const uspan_trace_part_t *p, uint8_t *at, unsigned tag, uint32_t n,
                                 uint32_t any, const uspan_entry_t *e)
{
    uint32_t key_len = e->key->len;
    if (n < 0x80u) {
        at[0] = (uint8_t)tag;
        at[1] = (uint8_t)n;
        at[2] = TAG(KeyValue_key, BYTES);
        at[3] = (uint8_t)key_len;
        at += 4;
    } else {
        at = uspan_put_len(at, tag, n);
        at = uspan_put_len(at, TAG(KeyValue_key, BYTES), key_len);
    }
    at = copy_short(at, e->key->text, key_len);
    at = put_value_head(at, TAG(KeyValue_value, BYTES), any, e, e->len);
    return e->store > USPAN_STORE_BOOL ? copy_text(p, at, e) : at;
}

/* Write one attribute as far as the buffer goes. Of an array, write the part before its elements. */
USPAN_NOINLINE static bool put_attr(uspan_otlp_t *o, unsigned tag, uint32_t n, uint32_t any,
                                    const uspan_entry_t *e, uint32_t len)
{
    uspan_otlp_put_heads(o, tag, n, TAG(KeyValue_key, BYTES), e->key->len);
    uspan_otlp_put(o, e->key->text, e->key->len);
    uspan_otlp_put_value(o, TAG(KeyValue_value, BYTES), any, e, len);
    if (!uspan_otlp_end_unit(o)) {
        return false;
    }
    if (e->store >= USPAN_STORE_INTS) {
        o->array = (struct uspan_elements){ .block = e->v.chain.head, .left = e->len };
        return o->tracer->trace.items->put_elements(o);
    }
    return true;
}

/* Returns the bytes of the attributes in the table of a span. */
static inline uint32_t size_span_attrs(const uspan_otlp_t *o, const uspan_slot_t *slot)
{
    uint32_t size = 0;
    const uspan_entry_t *end = &slot->attrs[slot->attr_count];
    for (const uspan_entry_t *e = slot->attrs; e < end; e++) {
        uint32_t n = key_value_size(e->key->len, any_size(e, text_len(o, e)));
        size += uspan_len_field(n);
    }
    return size;
}

bool uspan_otlp_put_attrs(uspan_otlp_t *o, unsigned tag, unsigned list)
{
    const uspan_trace_part_t *p = &o->tracer->trace;
    /* next_attr() finds these too, in less code and more time */
    const unsigned in_table = !USPAN_OPTIMIZE_SIZE && list == LIST_SPAN ? o->span->attr_count : 0u;
    const bool counts = uspan_otlp_is_counting(o);
    const bool is_bare = uspan_otlp_is_bare(o) && list != LIST_RESOURCE;
    const uspan_entry_t *e = o->entry;
    if (o->array.left > 0u) {
        if (!p->items->put_elements(o)) {
            return false;
        }
        e = NULL;
    }
    o->entry = NULL;
    if (counts && list == LIST_SPAN && !is_bare) {
        o->skip -= size_span_attrs(o, o->span);
        o->item = o->span->attr_count;
    }
    for (;; e = NULL) {
        if (e == NULL) {
            e = o->item < in_table ? &o->span->attrs[o->item++] : next_attr(o, list);
        }
        if (e == NULL) {
            o->item = 0u;
            return true;
        }
        if (is_bare && (e->key->flags & USPAN_KEY_CONTENT) != 0u) {
            o->made = (uspan_entry_t){ .key = e->key, .store = USPAN_STORE_INLINE };
            e = &o->made;
        }
        uint32_t len = text_len(o, e);
        uint32_t any = any_size(e, len);
        uint32_t n = key_value_size(e->key->len, any);
        if (counts) {
            o->skip -= uspan_len_field(n);
        } else if (o->skip == 0u && is_copied(e) && o->end - o->at >= (ptrdiff_t)uspan_len_field(n)) {
            o->unit = o->at = copy_attr(p, o->at, tag, n, any, e);
        } else {
            o->entry = e;
            if (!put_attr(o, tag, n, any, e, len)) {
                return false;
            }
            o->entry = NULL;
        }
    }
}
