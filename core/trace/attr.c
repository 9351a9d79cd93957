/* attr.c: a span's table holds each key once; a reader under the lock sees the old or the new value whole.
 * Long values are built in blocks that nobody else sees and change places with the old ones in one step. */
#include "attr.h"
#include <string.h>
#include "utf8.h"

uspan_entry_t *uspan_entry_find(uspan_slot_t *slot, const uspan_key_t *key)
{
    for (unsigned i = 0; i < slot->attr_count; i++) {
        if (uspan_same_key(slot->attrs[i].key, key)) {
            return &slot->attrs[i];
        }
    }
    return NULL;
}

static void count_dropped(uspan_trace_part_t *p, uspan_slot_t *slot)
{
    if (slot->dropped_attrs < UINT16_MAX) {
        slot->dropped_attrs++;
    }
    p->attrs_dropped++;
}

/* A new entry for key, with nothing in it yet but the key; NULL: the table is full, counted. */
static uspan_entry_t *add_entry(uspan_trace_part_t *p, uspan_slot_t *slot, const uspan_key_t *key)
{
    unsigned count = slot->attr_count;
    if (count >= p->limits.attrs) {
        count_dropped(p, slot);
        return NULL;
    }
    slot->keys |= uspan_key_bit(key);
    slot->attr_count = (uint8_t)(count + 1u);
    uspan_entry_t *e = &slot->attrs[count];
    e->key = key;
    return e;
}

uspan_entry_t *uspan_entry_claim(uspan_trace_part_t *p, uspan_slot_t *slot, const uspan_key_t *key)
{
    uspan_entry_t *e = (slot->keys & uspan_key_bit(key)) != 0u ? uspan_entry_find(slot, key) : NULL;
    if (e == NULL) {
        e = add_entry(p, slot, key);
        if (e != NULL) {
            e->store = USPAN_STORE_NONE;
            e->len = 0u;
            e->pend_len = 0u;
        }
    }
    return e;
}

static inline bool may_write(const uspan_trace_part_t *p, const uspan_slot_t *slot, uspan_t s,
                             const uspan_key_t *key)
{
    return slot != NULL && slot->id == s.id && slot->may != 0u &&
           ((key->flags & USPAN_KEY_CONTENT) == 0u || uspan_content_on(p, slot));
}

/* Why a value found no place: its span is gone, or full (both errors), or records no such thing by rule.
 * Caller holds the lock. */
USPAN_APART static uspan_err_t why_not(uspan_trace_part_t *p, uspan_t s, const uspan_key_t *key)
{
    const uspan_slot_t *slot = uspan_slot_of(p, s);
    if (slot == NULL || slot->state != USPAN_STATE_OPEN) {
        return USPAN_ERR_STALE;
    }
    return may_write(p, slot, s, key) ? USPAN_ERR_FULL : USPAN_OK;
}

uspan_slot_t *uspan_slot_writable(uspan_trace_part_t *p, uspan_t s, const uspan_key_t *key, uspan_err_t *err)
{
    uspan_slot_t *slot = uspan_slot_named(p, s);
    *err = USPAN_OK;
    if (!may_write(p, slot, s, key)) {
        *err = why_not(p, s, key);
        return NULL;
    }
    return slot;
}

/* The key may be there already, or the table full. */
USPAN_APART static uspan_entry_t *replace_entry(uspan_trace_part_t *p, uspan_slot_t *slot,
                                                const uspan_key_t *key)
{
    uspan_entry_t *e = uspan_entry_find(slot, key);
    if (e != NULL) {
        uspan_entry_give(p, e);
        return e;
    }
    return add_entry(p, slot, key);
}

static inline uspan_entry_t *place_entry(uspan_trace_part_t *p, uspan_slot_t *slot, const uspan_key_t *key)
{
    uint32_t bit = uspan_key_bit(key);
    unsigned count = slot->attr_count;
    if ((slot->keys & bit) != 0u || count >= p->limits.attrs) {
        return replace_entry(p, slot, key);
    }
    slot->keys |= bit;
    slot->attr_count = (uint8_t)(count + 1u);
    uspan_entry_t *e = &slot->attrs[count];
    e->key = key;
    return e;
}

/* Where a new value of key goes, the old one given back; NULL: nowhere, why_not() tells. Caller holds the
 * lock and fills all fields but key. Every setter passes here: what is rare stands apart, so that the rest
 * needs no stack. */
static inline uspan_entry_t *open_entry(uspan_trace_part_t *p, uspan_t s, const uspan_key_t *key)
{
    uspan_slot_t *slot = uspan_slot_named(p, s);
    return may_write(p, slot, s, key) ? place_entry(p, slot, key) : NULL;
}

/* ---- putting them into a span -------------------------------------------------------------------------- */

uspan_err_t uspan_entry_put(uspan_tracer_t *t, uspan_t s, uspan_entry_t *e, uspan_err_t worst)
{
    uspan_trace_part_t *p = &t->trace;
    uspan_err_t err;
    uint32_t state = uspan_lock(t);
    if (worst == USPAN_ERR_FULL) {
        uspan_slot_t *slot = uspan_slot_writable(p, s, e->key, &err);
        if (slot != NULL) {
            count_dropped(p, slot);
            err = USPAN_ERR_FULL;
        }
    } else {
        uspan_entry_t *to = open_entry(p, s, e->key);
        if (to == NULL) {
            err = why_not(p, s, e->key);
        } else {
            const uspan_key_t *key = to->key;
            *to = *e;
            to->key = key;
            e->store = USPAN_STORE_NONE;
            if (worst == USPAN_TRUNCATED) {
                p->values_truncated++;
                to->pend_len = USPAN_PEND_CLOSED;
            }
            err = worst;
        }
    }
    uspan_entry_give(p, e);
    uspan_unlock(t, state);
    return err;
}

uspan_err_t uspan_attr_set(uspan_tracer_t *t, uspan_t s, const uspan_attr_t *arg)
{
    if (t == NULL || arg->key == NULL) {
        return USPAN_ERR_ARG;
    }
    if (uspan_is_null(s)) {
        return USPAN_OK;
    }
    uspan_entry_t e;
    if (arg->type > USPAN_TYPE_BOOL) {
        /* Not for nothing: a stale or unsampled span, or content that is off, must not cost the pool. */
        uspan_err_t err;
        uint32_t state = uspan_lock(t);
        uspan_slot_t *slot = uspan_slot_writable(&t->trace, s, arg->key, &err);
        uspan_unlock(t, state);
        if (slot == NULL) {
            return err;
        }
    }
    uspan_err_t err = uspan_entry_make(t, &e, arg);
    if (err == USPAN_ERR_ARG) {
        return err;
    }
    return uspan_entry_put(t, s, &e, err);
}

/* Text that is copied under the lock, and text whose blocks are taken in one hold of it. */
#define SHORT_BYTES ((size_t)(USPAN_BLOCK_BYTES < USPAN_VALUE_MAX ? USPAN_BLOCK_BYTES : USPAN_VALUE_MAX))
#define LONG_BYTES \
    ((size_t)(16 * USPAN_BLOCK_BYTES < USPAN_VALUE_MAX ? 16 * USPAN_BLOCK_BYTES : USPAN_VALUE_MAX))
#define NEAR_BYTES sizeof(((uspan_entry_t *)NULL)->v.near)

/* ---- setters ------------------------------------------------------------------------------------------- */

/* Values that need no memory: one hold of the lock. v: the bits of the value. */
static uspan_err_t set_word(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, uspan_store_t store,
                            uint64_t v, unsigned len)
{
    if (t == NULL || key == NULL) {
        return USPAN_ERR_ARG;
    }
    if (uspan_is_null(s)) {
        return USPAN_OK;
    }
    uspan_trace_part_t *p = &t->trace;
    uspan_err_t err = USPAN_OK;
    uint32_t state = uspan_lock(t);
    uspan_entry_t *e = open_entry(p, s, key);
    if (e != NULL) {
        e->store = (uint8_t)store;
        e->len = (uint16_t)len;
        e->pend_len = 0u;
        memcpy(&e->v, &v, sizeof v);
    } else {
        err = why_not(p, s, key);
    }
    uspan_unlock(t, state);
    return err;
}

uspan_err_t uspan_set_int(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, int64_t value)
{
    return set_word(t, s, key, USPAN_STORE_INT, (uint64_t)value, 0u);
}

uspan_err_t uspan_set_double(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return set_word(t, s, key, USPAN_STORE_DOUBLE, bits, 0u);
}

uspan_err_t uspan_set_bool(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, bool value)
{
    return set_word(t, s, key, USPAN_STORE_BOOL, value, 0u);
}

/* Whether text may stay as it is: well-formed, and within the limit at run time. */
static inline bool is_plain(const uspan_tracer_t *t, const char *text, size_t len)
{
    uint32_t chars = t->trace.limits.value_chars;
    return (chars == 0u || len <= chars) && (uspan_is_ascii(text, len) || uspan_utf8_run(text, len) == len);
}

/* Anything out of the ordinary: bad arguments, bytes that are not UTF-8, a limit, a pool that cannot hold it
 * all. */
USPAN_APART static uspan_err_t set_what_fits(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key,
                                             const char *text, size_t len)
{
    if (len >= USPAN_TO_NUL) {
        return USPAN_ERR_ARG;
    }
    const uspan_attr_t arg = { .key = key, .type = USPAN_TYPE_TEXT, .count = (uint32_t)len, .v.text = text };
    return uspan_attr_set(t, s, &arg);
}

/* Text of one block or less into an empty entry; the pool has a block. Caller holds the lock. */
static inline void fill_short(uspan_trace_part_t *p, uspan_entry_t *e, const char *text, size_t len)
{
    uint8_t *to;
    e->len = (uint16_t)len;
    e->pend_len = 0u;
    if (len <= NEAR_BYTES) {
        e->store = USPAN_STORE_NEAR;
        to = e->v.near;
    } else {
        unsigned block = p->blocks_free;
        p->blocks_free = p->block_next[block];
        p->blocks_live++;
        if (p->blocks_live > p->blocks_high) {
            p->blocks_high = p->blocks_live;
        }
        e->store = USPAN_STORE_TEXT;
        e->v.chain.head = (uint16_t)block;
        e->v.chain.tail = (uint16_t)block;
        to = p->blocks[block].bytes;
    }
    memcpy(to, text, len);
}

/* Text of one block or less: checked outside, copied within the only hold of the lock. */
USPAN_APART static uspan_err_t set_short(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key,
                                         const char *text, size_t len)
{
    if (t == NULL || key == NULL || text == NULL || uspan_is_null(s) || !is_plain(t, text, len)) {
        return set_what_fits(t, s, key, text, len);
    }
    uspan_trace_part_t *p = &t->trace;
    uspan_err_t err = USPAN_OK;
    uint32_t state = uspan_lock(t);
    if (len > NEAR_BYTES && p->blocks_free == USPAN_NO_INDEX) {
        uspan_unlock(t, state);
        return set_what_fits(t, s, key, text, len);
    }
    uspan_entry_t *e = open_entry(p, s, key);
    if (e != NULL) {
        fill_short(p, e, text, len);
    } else {
        err = why_not(p, s, key);
    }
    uspan_unlock(t, state);
    return err;
}

/* Well-formed text of up to FAST_BLOCKS blocks: take them in the hold that looks at the span, copy outside,
 * publish. */
USPAN_APART static uspan_err_t set_long(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key,
                                        const char *text, size_t len)
{
    if (t == NULL || key == NULL || text == NULL || uspan_is_null(s) || len > LONG_BYTES ||
        !is_plain(t, text, len)) {
        return set_what_fits(t, s, key, text, len);
    }
    uspan_trace_part_t *p = &t->trace;
    unsigned need = uspan_blocks_for((unsigned)len);
    uspan_chain_t c = { USPAN_NO_INDEX, USPAN_NO_INDEX, 0u };
    uint16_t last = 0;
    uint32_t state = uspan_lock(t);
    bool takes = may_write(p, uspan_slot_named(p, s), s, key);
    unsigned got = takes ? uspan_blocks_take(p, need, &c.head, &last) : 0u;
    uspan_err_t err = takes ? USPAN_OK : why_not(p, s, key);
    if (got < need && got > 0u) {
        uspan_blocks_give(p, c.head, last, got);
    }
    uspan_unlock(t, state);
    if (got < need) {
        return !takes ? err : set_what_fits(t, s, key, text, len);
    }
    c.tail = c.head;
    uspan_chain_fill(p, &c, (const uint8_t *)text, len);
    state = uspan_lock(t);
    uspan_entry_t *e = open_entry(p, s, key); /* it may have ended meanwhile */
    if (e != NULL) {
        e->store = USPAN_STORE_TEXT;
        e->len = c.len;
        e->pend_len = 0u;
        e->v.chain.head = c.head;
        e->v.chain.tail = c.tail;
    } else {
        err = why_not(p, s, key);
        uspan_blocks_give(p, c.head, last, got);
    }
    uspan_unlock(t, state);
    return err;
}

USPAN_APART static uspan_err_t set_many(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key,
                                        uspan_type_t type, const void *data, size_t count)
{
    if (count > USPAN_TO_NUL - 1u || (data == NULL && count > 0u)) {
        return USPAN_ERR_ARG;
    }
    uspan_attr_t arg = { .key = key, .type = type, .count = (uint32_t)count, .v.text = data };
    return uspan_attr_set(t, s, &arg);
}

uspan_err_t uspan_set_str_n(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text,
                            size_t len)
{
    return len <= SHORT_BYTES ? set_short(t, s, key, text, len) : set_long(t, s, key, text, len);
}

uspan_err_t uspan_set_static_n(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text,
                               size_t len)
{
    if (t == NULL || text == NULL || len > UINT16_MAX || !is_plain(t, text, len)) {
        return set_many(t, s, key, USPAN_TYPE_STATIC, text, len);
    }
    uint64_t v = 0;
    memcpy(&v, &text, sizeof text);
    return set_word(t, s, key, USPAN_STORE_STATIC, v, (unsigned)len);
}

uspan_err_t uspan_set_bytes(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const void *data,
                            size_t len)
{
    return set_many(t, s, key, USPAN_TYPE_BYTES, data, len);
}

uspan_err_t uspan_set_ints(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const int64_t *values,
                           size_t count)
{
    return set_many(t, s, key, USPAN_TYPE_INTS, values, count);
}

uspan_err_t uspan_set_doubles(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const double *values,
                              size_t count)
{
    return set_many(t, s, key, USPAN_TYPE_DOUBLES, values, count);
}

uspan_err_t uspan_set_bools(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const bool *values,
                            size_t count)
{
    return set_many(t, s, key, USPAN_TYPE_BOOLS, values, count);
}

uspan_err_t uspan_set_strs(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *const *texts,
                           size_t count)
{
    return set_many(t, s, key, USPAN_TYPE_TEXTS, texts, count);
}

uspan_err_t uspan_set_all(uspan_tracer_t *t, uspan_t s, const uspan_attr_t *attrs, size_t count)
{
    if (t == NULL || (attrs == NULL && count > 0u)) {
        return USPAN_ERR_ARG;
    }
    uspan_err_t worst = USPAN_OK;
    for (size_t i = 0; i < count; i++) {
        const uspan_attr_t *a = &attrs[i];
        uspan_err_t err = a->type == USPAN_TYPE_TEXT && a->count != USPAN_TO_NUL
                              ? uspan_set_str_n(t, s, a->key, a->v.text, a->count) /* the short way */
                              : uspan_attr_set(t, s, a);
        worst = uspan_worse(worst, err);
    }
    return worst;
}
