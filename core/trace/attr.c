/* attr.c: a span's table holds each key once; a reader under the lock sees the old or the new value whole. Long values are built
 * in blocks that nobody else sees and change places with the old ones in one step. */
#include "attr.h"
#include <string.h>
#include "utf8.h"

static bool same_key(const uspan_key_t *a, const uspan_key_t *b)
{
    return a == b || (a->id == b->id && a->len == b->len && memcmp(a->text, b->text, a->len) == 0);
}

uspan_entry_t *uspan_entry_find(uspan_slot_t *slot, const uspan_key_t *key)
{
    for (unsigned i = 0; i < slot->attr_count; i++) {
        if (same_key(slot->attrs[i].key, key)) {
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

static inline bool may_write(const uspan_trace_part_t *p, const uspan_slot_t *slot, uspan_t s, const uspan_key_t *key)
{
    return slot != NULL && slot->gen == s.id >> USPAN_SLOT_BITS && slot->may != 0u &&
           ((key->flags & USPAN_KEY_CONTENT) == 0u || uspan_content_on(p, slot));
}

/* Why a value found no place: its span is gone, or full (both errors), or records no such thing by rule. Caller holds the lock. */
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
USPAN_APART static uspan_entry_t *replace_entry(uspan_trace_part_t *p, uspan_slot_t *slot, const uspan_key_t *key)
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

/* Where a new value of key goes, the old one given back; NULL: nowhere, why_not() tells. Caller holds the lock and fills all fields
 * but key. Every setter passes here: what is rare stands apart, so that the rest needs no stack. */
static inline uspan_entry_t *open_entry(uspan_trace_part_t *p, uspan_t s, const uspan_key_t *key)
{
    uspan_slot_t *slot = uspan_slot_named(p, s);
    return may_write(p, slot, s, key) ? place_entry(p, slot, key) : NULL;
}

/* ---- making entries --------------------------------------------------------------------------------------------- */

static uspan_err_t make_text(uspan_tracer_t *t, uspan_entry_t *e, const char *text, size_t len, bool is_static)
{
    uspan_err_t worst = USPAN_OK;
    uint32_t chars = t->trace.limits.value_chars;
    if (chars != 0u && len > chars && e->key != NULL) { /* names and tracestates are no attributes */
        size_t kept = uspan_utf8_chars(text, len, chars);
        worst = kept < len ? USPAN_TRUNCATED : USPAN_OK;
        len = kept;
    }
    bool whole = uspan_utf8_run(text, len) == len;
    if (is_static && whole && len <= 65000u) {
        e->store = USPAN_STORE_STATIC;
        e->len = (uint16_t)len;
        e->v.text = text;
        return worst;
    }
    if (len <= sizeof e->v.near && whole) {
        e->store = USPAN_STORE_NEAR;
        e->len = (uint16_t)len;
        memcpy(e->v.near, text, len);
        return worst;
    }
    uspan_chain_t c = { USPAN_NO_INDEX, USPAN_NO_INDEX, 0u };
    worst = uspan_worse(uspan_chain_text(t, &c, text, len, USPAN_VALUE_MAX), worst);
    e->store = USPAN_STORE_TEXT;
    e->len = c.len;
    e->v.chain.head = c.head;
    e->v.chain.tail = c.tail;
    return c.len == 0u ? USPAN_ERR_FULL : worst;
}

/* Elements of `size` bytes as they are. */
static uspan_err_t make_plain(uspan_tracer_t *t, uspan_entry_t *e, uspan_store_t store, const void *data, size_t len,
                              size_t size)
{
    uspan_err_t worst = USPAN_OK;
    uint32_t limit = t->trace.limits.value_chars;
    size_t max = USPAN_VALUE_MAX / size * size;
    if (store == USPAN_STORE_BYTES && limit != 0u && limit < max) {
        max = limit;
    }
    if (len > max) {
        len = max;
        worst = USPAN_TRUNCATED;
    }
    uspan_chain_t c = { USPAN_NO_INDEX, USPAN_NO_INDEX, 0u };
    size_t stored = uspan_chain_write(t, &c, data, len, false);
    e->store = (uint8_t)store;
    e->v.chain.head = c.head;
    e->v.chain.tail = c.tail;
    e->len = (uint16_t)(stored - stored % size); /* blocks are a multiple of every element */
    if (stored < len) {
        worst = stored == 0u ? USPAN_ERR_FULL : USPAN_TRUNCATED;
    }
    return worst;
}

static uspan_err_t make_bools(uspan_tracer_t *t, uspan_entry_t *e, const bool *values, size_t count)
{
    return make_plain(t, e, USPAN_STORE_BOOLS, values, count, sizeof(bool));
}

/* Two bytes of length, then the text, for each; an element that does not fit ends the array. */
static uspan_err_t make_texts(uspan_tracer_t *t, uspan_entry_t *e, const char *const *texts, size_t count)
{
    uspan_err_t worst = USPAN_OK;
    uspan_chain_t c = { USPAN_NO_INDEX, USPAN_NO_INDEX, 0u };
    uint32_t chars = t->trace.limits.value_chars;
    bool any_cut = false;
    for (size_t i = 0; i < count && worst == USPAN_OK; i++) {
        const char *text = texts[i] != NULL ? texts[i] : "";
        size_t len = strlen(text);
        size_t kept = chars != 0u ? uspan_utf8_chars(text, len, chars) : len;
        bool cut = kept < len;
        /* Bytes that are not UTF-8 grow to three: measured first, so that the length can stand before the text. */
        size_t grown = 0;
        for (size_t at = 0; at < kept;) {
            size_t run = uspan_utf8_run(text + at, kept - at);
            grown += run;
            at += run;
            if (at < kept) {
                int step = uspan_utf8_step(text + at, kept - at);
                at = step == 0 ? kept : at + (size_t)-step;
                grown += 3u;
            }
        }
        if (grown + 2u > (size_t)USPAN_VALUE_MAX - c.len) {
            worst = USPAN_TRUNCATED;
            break;
        }
        uint8_t head[2] = { (uint8_t)(grown & 0xFFu), (uint8_t)(grown >> 8) };
        uspan_chain_t before = c;
        if (uspan_chain_write(t, &c, head, sizeof head, false) < sizeof head ||
            uspan_chain_text(t, &c, text, kept, USPAN_VALUE_MAX) != USPAN_OK) {
            /* The pool ran dry inside an element: its blocks stay in the chain, its bytes do not count. */
            uspan_chain_t whole = c;
            c.len = before.len;
            uint32_t state = uspan_lock(t);
            if (before.len == 0u) {
                uspan_chain_give(&t->trace, &whole);
            } else if (uspan_blocks_for(whole.len) > uspan_blocks_for(before.len)) {
                uspan_blocks_give(&t->trace, t->trace.block_next[before.tail], whole.tail,
                                  uspan_blocks_for(whole.len) - uspan_blocks_for(before.len));
                c.tail = before.tail;
            }
            uspan_unlock(t, state);
            worst = USPAN_TRUNCATED;
        }
        any_cut = any_cut || cut;
    }
    worst = any_cut ? uspan_worse(worst, USPAN_TRUNCATED) : worst;
    e->store = USPAN_STORE_TEXTS;
    e->len = c.len;
    e->v.chain.head = c.head;
    e->v.chain.tail = c.tail;
    return worst != USPAN_OK && c.len == 0u ? USPAN_ERR_FULL : worst;
}

uspan_err_t uspan_entry_make(uspan_tracer_t *t, uspan_entry_t *e, const uspan_attr_t *arg)
{
    e->key = arg->key;
    e->len = 0u;
    e->pend_len = 0u;
    size_t count = arg->count;
    bool pointer = arg->type >= USPAN_TYPE_TEXT;
    if (pointer && arg->v.text == NULL) {
        if (count != 0u && count != USPAN_TO_NUL) {
            return USPAN_ERR_ARG;
        }
        count = 0u;
    }
    switch (arg->type) {
    case USPAN_TYPE_INT:
    case USPAN_TYPE_BOOL:
        e->store = arg->type == USPAN_TYPE_INT ? USPAN_STORE_INT : USPAN_STORE_BOOL;
        e->v.i = arg->v.i;
        return USPAN_OK;
    case USPAN_TYPE_DOUBLE:
        e->store = USPAN_STORE_DOUBLE;
        e->v.d = arg->v.d;
        return USPAN_OK;
    case USPAN_TYPE_TEXT:
    case USPAN_TYPE_STATIC:
        if (count == USPAN_TO_NUL) {
            count = strlen(arg->v.text);
        }
        if (count == 0u) {
            e->store = USPAN_STORE_NEAR;
            return USPAN_OK;
        }
        return make_text(t, e, arg->v.text, count, arg->type == USPAN_TYPE_STATIC);
    case USPAN_TYPE_BYTES:
        return make_plain(t, e, USPAN_STORE_BYTES, arg->v.bytes, count, 1u);
    case USPAN_TYPE_INTS:
        return make_plain(t, e, USPAN_STORE_INTS, arg->v.ints, count * sizeof(int64_t), sizeof(int64_t));
    case USPAN_TYPE_DOUBLES:
        return make_plain(t, e, USPAN_STORE_DOUBLES, arg->v.doubles, count * sizeof(double), sizeof(double));
    case USPAN_TYPE_BOOLS:
        return make_bools(t, e, arg->v.bools, count);
    case USPAN_TYPE_TEXTS:
        return make_texts(t, e, arg->v.texts, count);
    case USPAN_TYPE_NONE:
    default:
        return USPAN_ERR_ARG;
    }
}

/* ---- putting them into a span ------------------------------------------------------------------------------------- */

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

/* Whether the tracer records content now. Takes the lock. */
static bool content_wanted(uspan_tracer_t *t)
{
    uint32_t state = uspan_lock(t);
    bool wanted = USPAN_CONTENT != 0 && t->trace.content != 0u;
    uspan_unlock(t, state);
    return wanted;
}

/* The entry with that key among those made so far, or NULL; the first may have none. */
static uspan_entry_t *find_made(uspan_trace_part_t *p, uint16_t block, unsigned count, const uspan_key_t *key)
{
    for (unsigned i = 0; i < count; i++) {
        if (i > 0u && i % USPAN_ENTRIES_PER_BLOCK == 0u) {
            block = p->block_next[block];
        }
        uspan_entry_t *e = &p->blocks[block].entries[i % USPAN_ENTRIES_PER_BLOCK];
        if (e->key != NULL && same_key(e->key, key)) {
            return e;
        }
    }
    return NULL;
}

uspan_err_t uspan_entries_make(uspan_tracer_t *t, const uspan_entry_t *first, const uspan_attr_t *attrs, size_t attr_count,
                               unsigned limit, uint16_t *head, uint8_t *count, uint8_t *dropped)
{
    uspan_trace_part_t *p = &t->trace;
    uspan_err_t worst = USPAN_OK;
    uint32_t lost = 0, cut = 0;
    uint16_t at = USPAN_NO_INDEX;
    *head = USPAN_NO_INDEX;
    *count = 0u;
    for (size_t i = first == NULL; i <= attr_count; i++) { /* 0: the first */
        uspan_entry_t e;
        uspan_err_t err = USPAN_ERR_FULL;
        uspan_entry_t *same = NULL;
        if (i == 0u) {
            e = *first;
            err = USPAN_OK;
            limit++; /* it counts as no attribute */
        } else {
            const uspan_attr_t *arg = &attrs[i - 1u];
            if (arg->key == NULL) {
                err = USPAN_ERR_ARG;
            } else if ((arg->key->flags & USPAN_KEY_CONTENT) != 0u && !content_wanted(t)) {
                continue;
            } else {
                same = find_made(p, *head, *count, arg->key); /* the same key again replaces, as in a span */
                if (same != NULL || *count < limit) {
                    err = uspan_entry_make(t, &e, arg);
                }
            }
        }
        unsigned in_block = *count % USPAN_ENTRIES_PER_BLOCK;
        if (err >= USPAN_OK && same != NULL) {
            uint32_t state = uspan_lock(t);
            uspan_entry_give(p, same);
            uspan_unlock(t, state);
        } else if (err >= USPAN_OK && in_block == 0u) {
            uint16_t block = 0;
            uint16_t tail = 0;
            uint32_t state = uspan_lock(t);
            if (uspan_blocks_take(p, 1u, &block, &tail) == 0u) {
                uspan_entry_give(p, &e);
                err = USPAN_ERR_FULL;
            } else if (at == USPAN_NO_INDEX) {
                *head = block;
                at = block;
            } else {
                p->block_next[at] = block;
                at = block;
            }
            p->tracestates_dropped += i == 0u && err != USPAN_OK;
            uspan_unlock(t, state);
        }
        if (err >= USPAN_OK) {
            if (same == NULL) {
                same = &p->blocks[at].entries[in_block];
                (*count)++;
            }
            *same = e;
            cut += err == USPAN_TRUNCATED;
            worst = uspan_worse(worst, err);
        } else {
            lost += i > 0u;
            limit -= i == 0u;
            worst = USPAN_TRUNCATED;
        }
    }
    *dropped = (uint8_t)(lost < UINT8_MAX ? lost : UINT8_MAX);
    if (worst != USPAN_OK) {
        uint32_t state = uspan_lock(t);
        p->attrs_dropped += lost;
        p->values_truncated += cut;
        uspan_unlock(t, state);
    }
    return worst;
}

/* Text that is copied under the lock, and text whose blocks are taken in one hold of it. */
#define SHORT_BYTES ((size_t)(USPAN_BLOCK_BYTES < USPAN_VALUE_MAX ? USPAN_BLOCK_BYTES : USPAN_VALUE_MAX))
#define LONG_BYTES ((size_t)(16 * USPAN_BLOCK_BYTES < USPAN_VALUE_MAX ? 16 * USPAN_BLOCK_BYTES : USPAN_VALUE_MAX))
#define NEAR_BYTES sizeof(((uspan_entry_t *)NULL)->v.near)

/* ---- setters ------------------------------------------------------------------------------------------------------------ */

/* Values that need no memory: one hold of the lock. v: the bits of the value. */
static uspan_err_t set_word(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, uspan_store_t store, uint64_t v, unsigned len)
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

/* Anything out of the ordinary: bad arguments, bytes that are not UTF-8, a limit, a pool that cannot hold it all. */
USPAN_APART static uspan_err_t set_what_fits(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text, size_t len)
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
    uint8_t *to = e->v.near;
    e->len = (uint16_t)len;
    e->pend_len = 0u;
    e->store = USPAN_STORE_NEAR;
    if (len > NEAR_BYTES) {
        uint16_t block = p->blocks_free;
        p->blocks_free = p->block_next[block];
        p->blocks_live++;
        if (p->blocks_live > p->blocks_high) {
            p->blocks_high = p->blocks_live;
        }
        e->store = USPAN_STORE_TEXT;
        e->v.chain.head = block;
        e->v.chain.tail = block;
        to = p->blocks[block].bytes;
    }
    memcpy(to, text, len);
}

/* Text of one block or less: checked outside, copied within the only hold of the lock. */
USPAN_APART static uspan_err_t set_short(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text, size_t len)
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

/* Well-formed text of up to FAST_BLOCKS blocks: take them in the hold that looks at the span, copy outside, publish. */
USPAN_APART static uspan_err_t set_long(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text, size_t len)
{
    if (t == NULL || key == NULL || text == NULL || uspan_is_null(s) || len > LONG_BYTES || !is_plain(t, text, len)) {
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

USPAN_APART static uspan_err_t set_many(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, uspan_type_t type, const void *data,
                            size_t count)
{
    if (count > USPAN_TO_NUL - 1u || (data == NULL && count > 0u)) {
        return USPAN_ERR_ARG;
    }
    uspan_attr_t arg = { .key = key, .type = type, .count = (uint32_t)count, .v.text = data };
    return uspan_attr_set(t, s, &arg);
}

uspan_err_t uspan_set_str_n(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text, size_t len)
{
    return len <= SHORT_BYTES ? set_short(t, s, key, text, len) : set_long(t, s, key, text, len);
}

uspan_err_t uspan_set_static_n(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text, size_t len)
{
    if (t == NULL || key == NULL || text == NULL || uspan_is_null(s) || len > UINT16_MAX || !is_plain(t, text, len)) {
        return set_many(t, s, key, USPAN_TYPE_STATIC, text, len);
    }
    uint64_t v = 0;
    memcpy(&v, &text, sizeof text);
    return set_word(t, s, key, USPAN_STORE_STATIC, v, (unsigned)len);
}

uspan_err_t uspan_set_bytes(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const void *data, size_t len)
{
    return set_many(t, s, key, USPAN_TYPE_BYTES, data, len);
}

uspan_err_t uspan_set_ints(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const int64_t *values, size_t count)
{
    return set_many(t, s, key, USPAN_TYPE_INTS, values, count);
}

uspan_err_t uspan_set_doubles(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const double *values, size_t count)
{
    return set_many(t, s, key, USPAN_TYPE_DOUBLES, values, count);
}

uspan_err_t uspan_set_bools(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const bool *values, size_t count)
{
    return set_many(t, s, key, USPAN_TYPE_BOOLS, values, count);
}

uspan_err_t uspan_set_strs(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *const *texts, size_t count)
{
    return set_many(t, s, key, USPAN_TYPE_TEXTS, texts, count);
}

uspan_err_t uspan_set_all(uspan_tracer_t *t, uspan_t s, const uspan_attr_t *attrs, size_t count)
{
    if (t == NULL || (attrs == NULL && count > 0u)) {
        return USPAN_ERR_ARG;
    }
    uspan_err_t worst = USPAN_OK;
    for (const uspan_attr_t *a = attrs; a < attrs + count; a++) {
        uspan_err_t err = a->type == USPAN_TYPE_TEXT && a->count != USPAN_TO_NUL
                              ? uspan_set_str_n(t, s, a->key, a->v.text, a->count) /* the short way */
                              : uspan_attr_set(t, s, a);
        worst = uspan_worse(worst, err);
    }
    return worst;
}
