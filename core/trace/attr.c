/* attr.c: a span's table holds each key once; a reader under the lock sees the old or the new value whole.
 * Long values are built in blocks that nobody else sees and change places with the old ones in one step. */
#include "attr.h"
#include <string.h>
#include "lane.h"
#include "utf8.h"

/* Text that is copied under the lock, at most; longer text is copied outside. The bound: 256 bytes in eight
 * blocks at most, some 200 instructions with newlib's memcpy on a Cortex-M4, where finding a key at the end
 * of a full table takes as many. */
#define HOLD_BYTES ((size_t)(USPAN_VALUE_MAX < 256 ? USPAN_VALUE_MAX : 256))
#define HOLD_BLOCKS uspan_blocks_for((unsigned)HOLD_BYTES)
#define NEAR_BYTES sizeof(((uspan_entry_t *)NULL)->v.near)

uspan_slot_t *uspan_slot_recorded(uspan_trace_part_t *p, uspan_t s, uspan_err_t *err)
{
    uspan_slot_t *slot = uspan_slot_open(p, s);
    *err = slot != NULL ? USPAN_OK : USPAN_ERR_STALE;
    return slot != NULL && slot->may != 0u ? slot : NULL;
}

USPAN_APART uspan_entry_t *uspan_entry_find(uspan_slot_t *slot, const uspan_key_t *key)
{
    for (unsigned i = 0; i < slot->attr_count; i++) {
        if (uspan_same_key(slot->attrs[i].key, key)) {
            return &slot->attrs[i];
        }
    }
    return NULL;
}

/* Every setter passes here. For speed each has a copy without what it does not need; for size one is
 * enough. */
#ifdef __OPTIMIZE_SIZE__
#define HOT USPAN_APART
#else
#define HOT inline __attribute__((always_inline))
#endif

/* The slot, where its span records values of that key. */
static inline uspan_slot_t *writable(uspan_trace_part_t *p, uspan_t s, const uspan_key_t *key)
{
    uint32_t i = s.id & ((1u << USPAN_SLOT_BITS) - 1u);
    if (i >= USPAN_SPANS_MAX) {
        return NULL;
    }
    uspan_slot_t *slot = &p->slots[i];
    if (slot->id != s.id || slot->may == 0u ||
        ((key->flags & USPAN_KEY_CONTENT) != 0u && !uspan_content_on(p, slot))) {
        return NULL;
    }
    return slot;
}

HOT static uspan_entry_t *claim(uspan_trace_part_t *p, uspan_t s, const uspan_key_t *key, bool append)
{
    uspan_slot_t *slot = writable(p, s, key);
    if (slot == NULL) {
        return NULL;
    }
    uint32_t bit = uspan_key_bit(key);
    if ((slot->keys & bit) != 0u) {
        uspan_entry_t *old = uspan_entry_find(slot, key);
        if (old != NULL) {
            if (!append) {
                uspan_entry_give(p, old);
            }
            return old;
        }
    }
    size_t count = slot->attr_count;
    if (count >= p->limits.attrs) {
        return NULL;
    }
    uspan_entry_t *e = &slot->attrs[count];
    slot->keys |= bit;
    slot->attr_count = (uint8_t)(count + 1u);
    e->key = key;
    if (append) {
        e->store = USPAN_STORE_NONE;
    }
    return e;
}

uspan_entry_t *uspan_entry_claim(uspan_trace_part_t *p, uspan_t s, const uspan_key_t *key, bool append)
{
    return claim(p, s, key, append);
}

USPAN_APART uspan_err_t uspan_entry_refused(uspan_trace_part_t *p, uspan_t s, const uspan_key_t *key)
{
    uspan_err_t err;
    uspan_slot_t *slot = uspan_slot_recorded(p, s, &err);
    if (slot != NULL && writable(p, s, key) != NULL) {
        slot->dropped_attrs = (uint16_t)(slot->dropped_attrs + (slot->dropped_attrs < UINT16_MAX));
        p->attrs_dropped++;
        err = USPAN_ERR_FULL;
    }
    return err;
}

/* Put a made entry into a span, in place of one with the same key; give it back where the span is stale or
 * full. worst: how making it ended. */
HOT static uspan_err_t put(uspan_tracer_t *t, uspan_t s, uspan_entry_t *e, uspan_err_t worst)
{
    uspan_trace_part_t *p = &t->trace;
    uint32_t state = uspan_lock(t);
    uspan_entry_t *to = worst >= USPAN_OK ? claim(p, s, e->key, false) : NULL;
    if (to != NULL) {
        to->len = e->len;
        to->store = e->store;
        to->pend_len = 0u;
        to->v = e->v;
        if (worst != USPAN_OK) {
            p->values_truncated++;
            to->pend_len = USPAN_PEND_CLOSED;
        }
    } else {
        worst = uspan_entry_refused(p, s, e->key);
        uspan_entry_give(p, e);
    }
    uspan_unlock(t, state);
    return worst;
}

/* ---- setters ------------------------------------------------------------------------------------------- */

/* Values that need no memory. v: their bits. */
HOT static uspan_err_t set_word(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, unsigned store,
                                uint64_t v)
{
    if (t == NULL || key == NULL) {
        return USPAN_ERR_ARG;
    }
    if (uspan_is_null(s)) {
        return USPAN_OK;
    }
    uspan_entry_t e = { .key = key, .store = (uint8_t)store, .v.i = (int64_t)v };
    return put(t, s, &e, USPAN_OK);
}

uspan_err_t uspan_set_int(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, int64_t value)
{
    return set_word(t, s, key, USPAN_STORE_INT, (uint64_t)value);
}

uspan_err_t uspan_set_double(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return set_word(t, s, key, USPAN_STORE_DOUBLE, bits);
}

uspan_err_t uspan_set_bool(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, bool value)
{
    return set_word(t, s, key, USPAN_STORE_BOOL, value);
}

/* Any argument, in memory of its own first. */
USPAN_APART static uspan_err_t set_made(uspan_tracer_t *t, uspan_t s, const uspan_attr_t *arg,
                                        uspan_err_t (*make)(uspan_tracer_t *, uspan_entry_t *,
                                                            const uspan_attr_t *))
{
    const uspan_key_t *key = arg->key;
    if (t == NULL || key == NULL) {
        return USPAN_ERR_ARG;
    }
    if (uspan_is_null(s)) {
        return USPAN_OK;
    }
    /* Not for nothing: a stale or unsampled span, or content that is off, must not cost the pool. */
    uspan_trace_part_t *p = &t->trace;
    uint32_t state = uspan_lock(t);
    bool wanted = writable(p, s, key) != NULL;
    uspan_err_t err = wanted ? USPAN_OK : uspan_entry_refused(p, s, key);
    uspan_unlock(t, state);
    if (wanted) {
        uspan_entry_t e;
        err = make(t, &e, arg);
        if (err != USPAN_ERR_ARG) {
            err = put(t, s, &e, err);
        }
    }
    return err;
}

USPAN_APART static uspan_err_t set_text(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key,
                                        uspan_type_t type, const char *text, size_t len)
{
    if (len >= USPAN_TO_NUL || (text == NULL && len > 0u)) {
        return USPAN_ERR_ARG;
    }
    const uspan_attr_t arg = { .key = key, .type = type, .count = (uint32_t)len, .v.text = text };
    return set_made(t, s, &arg, uspan_entry_make_text);
}

USPAN_APART static uspan_err_t set_array(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key,
                                         uspan_type_t type, const void *data, size_t count)
{
    if (count >= USPAN_TO_NUL || (data == NULL && count > 0u)) {
        return USPAN_ERR_ARG;
    }
    const uspan_attr_t arg = { .key = key, .type = type, .count = (uint32_t)count, .v.bytes = data };
    return set_made(t, s, &arg, uspan_entry_make);
}

/* Whether there is nothing out of the ordinary about text; well-formed, where it is looked at. */
HOT static bool is_plain(const uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text,
                         size_t len, bool look)
{
    if (t == NULL || key == NULL || text == NULL || uspan_is_null(s) || uspan_is_redacted(t, key)) {
        return false;
    }
    uint32_t chars = t->trace.limits.value_chars;
    return (chars == 0u || len <= chars) && (!look || uspan_is_utf8(text, len));
}

/* Text of at most HOLD_BYTES, of more than the entry holds, into free blocks that nobody sees until they are
 * taken. The pool has them. Returns the last one; NO_INDEX: the text must be looked at more closely. Caller
 * holds the lock. */
#if USPAN_SMALL
#define COPY_LOOKS false

static inline unsigned copy_text(uspan_trace_part_t *p, const char *text, size_t len)
{
    unsigned block = p->blocks_free;
    for (; len > USPAN_BLOCK; len -= USPAN_BLOCK) {
        memcpy(p->blocks[block].bytes, text, USPAN_BLOCK);
        text += USPAN_BLOCK;
        block = p->block_next[block];
    }
    memcpy(p->blocks[block].bytes, text, len);
    return block;
}
#else
#define COPY_LOOKS true

static inline unsigned copy_text(uspan_trace_part_t *p, const char *text, size_t len)
{
    lanes_t all = { 0 };
    unsigned block = p->blocks_free;
    for (; len > USPAN_BLOCK; len -= USPAN_BLOCK) {
        uint8_t *to = p->blocks[block].bytes;
        all |= copy_two(to, text);
        if (USPAN_BLOCK > 2u * LANE) {
            all |= copy_two(to + 2u * LANE, text + 2u * LANE);
        }
        if (USPAN_BLOCK > 4u * LANE) {
            all |= copy_two(to + 4u * LANE, text + 4u * LANE) | copy_two(to + 6u * LANE, text + 6u * LANE);
        }
        text += USPAN_BLOCK;
        block = p->block_next[block];
    }
    uint8_t *to = p->blocks[block].bytes;
    if (len < LANE) {
        memcpy(to, text, len);
        block = uspan_is_ascii(text, len) ? block : USPAN_NO_INDEX;
    } else { /* lanes overlap: copying a byte twice is cheaper than copying it alone */
        const char *end = text + len;
        uint8_t *to_end = to + len;
        for (; text + 2u * LANE < end; text += 2u * LANE, to += 2u * LANE) {
            all |= copy_two(to, text);
        }
        all |= len < 2u * LANE ? copy_lane(to, text) | copy_lane(to_end - LANE, end - LANE)
                               : copy_two(to_end - 2u * LANE, end - 2u * LANE);
    }
    return is_ascii_lane(all) ? block : USPAN_NO_INDEX;
}
#endif

/* The free blocks up to last become the entry's text. */
static inline void take_text(uspan_trace_part_t *p, uspan_entry_t *e, unsigned last, size_t len)
{
    bool replaces = uspan_store_is_chain(e->store);
    uspan_entry_t old;
    if (replaces) {
        old = *e;
    }
    e->len = (uint16_t)len;
    e->store = USPAN_STORE_TEXT;
    e->pend_len = 0u;
    e->v.chain.head = p->blocks_free;
    e->v.chain.tail = (uint16_t)last;
    p->blocks_free = p->block_next[last];
    unsigned live = p->blocks_live + uspan_blocks_for((unsigned)len);
    p->blocks_live = (uint16_t)live;
    if (live > p->blocks_high) {
        p->blocks_high = (uint16_t)live;
    }
    if (replaces) {
        uspan_entry_give(p, &old); /* after: a reader knows a value by where it lies */
    }
}

/* Text that is longer than an entry, in the only hold of the lock; false: there is more to it, and nothing
 * has happened. */
static inline bool set_short(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text,
                             size_t len, uspan_err_t *err)
{
    uspan_trace_part_t *p = &t->trace;
    unsigned last = USPAN_NO_INDEX;
    uint32_t state = uspan_lock(t);
    if (p->blocks_live + HOLD_BLOCKS <= USPAN_BLOCKS_MAX) {
        last = copy_text(p, text, len);
    }
    if (last != USPAN_NO_INDEX) {
        uspan_entry_t *e = claim(p, s, key, true);
        if (e != NULL) {
            take_text(p, e, last, len);
            *err = USPAN_OK;
        } else {
            *err = uspan_entry_refused(p, s, key);
        }
    }
    uspan_unlock(t, state);
    return last != USPAN_NO_INDEX;
}

uspan_err_t uspan_set_str_n(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text,
                            size_t len)
{
    if (len <= HOLD_BYTES && is_plain(t, s, key, text, len, !COPY_LOOKS || len <= NEAR_BYTES)) {
        uspan_err_t err;
        if (len <= NEAR_BYTES) {
            uspan_entry_t e = { .key = key, .len = (uint16_t)len, .store = USPAN_STORE_NEAR };
            memcpy(e.v.near, text, len);
            return put(t, s, &e, USPAN_OK);
        }
        if (set_short(t, s, key, text, len, &err)) {
            return err;
        }
    }
    return set_text(t, s, key, USPAN_TYPE_TEXT, text, len);
}

uspan_err_t uspan_set_static_n(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text,
                               size_t len)
{
    if (len > UINT16_MAX || !is_plain(t, s, key, text, len, true)) {
        return set_text(t, s, key, USPAN_TYPE_STATIC, text, len);
    }
    uspan_entry_t e = { .key = key, .len = (uint16_t)len, .store = USPAN_STORE_STATIC, .v.text = text };
    return put(t, s, &e, USPAN_OK);
}

uspan_err_t uspan_set_bytes(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const void *data,
                            size_t len)
{
    return set_array(t, s, key, USPAN_TYPE_BYTES, data, len);
}

uspan_err_t uspan_set_ints(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const int64_t *values,
                           size_t count)
{
    return set_array(t, s, key, USPAN_TYPE_INTS, values, count);
}

uspan_err_t uspan_set_doubles(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const double *values,
                              size_t count)
{
    return set_array(t, s, key, USPAN_TYPE_DOUBLES, values, count);
}

uspan_err_t uspan_set_bools(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const bool *values,
                            size_t count)
{
    return set_array(t, s, key, USPAN_TYPE_BOOLS, values, count);
}

uspan_err_t uspan_set_strs(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *const *texts,
                           size_t count)
{
    return set_array(t, s, key, USPAN_TYPE_TEXTS, texts, count);
}

uspan_err_t uspan_set_all(uspan_tracer_t *t, uspan_t s, const uspan_attr_t *attrs, size_t count)
{
    if (t == NULL || (attrs == NULL && count > 0u)) {
        return USPAN_ERR_ARG;
    }
    uspan_err_t worst = USPAN_OK;
    for (size_t i = 0; i < count; i++) {
        const uspan_attr_t *a = &attrs[i];
        uspan_err_t err;
        if (a->type == USPAN_TYPE_TEXT && a->v.text != NULL) { /* the short way */
            err = uspan_set_str_n(t, s, a->key, a->v.text,
                                  a->count == USPAN_TO_NUL ? strlen(a->v.text) : a->count);
        } else if (a->type <= USPAN_TYPE_BOOL && a->type != USPAN_TYPE_NONE) {
            err = set_word(t, s, a->key, a->type, (uint64_t)a->v.i);
        } else {
            err = set_made(t, s, a, uspan_entry_make);
        }
        worst = uspan_worse(worst, err);
    }
    return worst;
}
