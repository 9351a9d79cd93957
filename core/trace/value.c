/* value.c: an argument becomes an entry that nobody else sees, well-formed and within the limits, copied
 * where it must be. */
#include <string.h>
#include "attr.h"
#include "utf8.h"

static uspan_err_t make_text(uspan_tracer_t *t, uspan_entry_t *e, const char *text, size_t len,
                             bool is_static)
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
static uspan_err_t make_plain(uspan_tracer_t *t, uspan_entry_t *e, uspan_store_t store, const void *data,
                              size_t len, size_t size)
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
        /* Bytes that are not UTF-8 grow to three: measured first, so that the length can stand before the
         * text. */
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
        if (e->key != NULL && uspan_same_key(e->key, key)) {
            return e;
        }
    }
    return NULL;
}

uspan_err_t uspan_entries_make(uspan_tracer_t *t, const uspan_entry_t *first, const uspan_attr_t *attrs,
                               size_t attr_count, unsigned limit, uint16_t *head, uint8_t *count,
                               uint8_t *dropped)
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
