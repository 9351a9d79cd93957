/* append.c: a value that streams in stays well-formed at every moment: a character split between two calls waits in the entry.
 * Each piece of up to 64 bytes is one hold of the lock. */
#include "attr.h"
#include <string.h>
#include "utf8.h"

#define APPEND_PIECE 64u
#define CLOSED 0xFFu /* as pend_len: a piece was lost, so later ones would not join on */
#define SLOW_PIECE 16u

/* Append at most 64 bytes to an entry's chain. Caller holds the lock. */
static uspan_err_t append_locked(uspan_trace_part_t *p, uspan_entry_t *e, uspan_store_t store, const char *piece,
                                 size_t len)
{
    uspan_chain_t c = { USPAN_NO_INDEX, USPAN_NO_INDEX, 0u };
    if (e->store == store) {
        c = (uspan_chain_t){ e->v.chain.head, e->v.chain.tail, e->len };
    } else if (store == USPAN_STORE_TEXT && (e->store == USPAN_STORE_NEAR || e->store == USPAN_STORE_STATIC)) {
        const char *old = e->store == USPAN_STORE_NEAR ? (const char *)e->v.near : e->v.text;
        if (!uspan_chain_write_locked(p, &c, old, e->len)) {
            return USPAN_TRUNCATED;
        }
    } else {
        uspan_entry_give(p, e);
    }
    size_t room = USPAN_VALUE_MAX - c.len;
    uspan_err_t err = USPAN_OK;
    if (len > room) {
        len = store == USPAN_STORE_TEXT ? uspan_utf8_cut(piece, len, room) : room;
        err = USPAN_TRUNCATED;
    }
    if (!uspan_chain_write_locked(p, &c, piece, len)) {
        err = USPAN_TRUNCATED;
    }
    e->store = (uint8_t)store;
    e->len = c.len;
    e->v.chain.head = c.head;
    e->v.chain.tail = c.tail;
    return err;
}

/* Append what waits and up to SLOW_PIECE bytes more, whatever they are; a character cut short by the end waits again. */
static uspan_err_t append_slowly(uspan_trace_part_t *p, uspan_slot_t *slot, uspan_entry_t *e, const char *text, size_t len)
{
    char in[3u + SLOW_PIECE];
    char out[3u * sizeof in];
    size_t in_len = e->pend_len;
    size_t out_len = 0;
    memcpy(in, e->v.chain.pend, in_len);
    memcpy(in + in_len, text, len);
    in_len += len;
    size_t at = 0;
    while (at < in_len) {
        int step = uspan_utf8_step(in + at, in_len - at);
        if (step == 0) {
            break;
        }
        if (step > 0) {
            memcpy(out + out_len, in + at, (size_t)step);
            out_len += (size_t)step;
            at += (size_t)step;
        } else {
            memcpy(out + out_len, USPAN_REPLACEMENT, 3u);
            out_len += 3u;
            at += (size_t)-step;
        }
    }
    e->pend_len = 0u;
    uspan_err_t err = append_locked(p, e, USPAN_STORE_TEXT, out, out_len);
    if (err == USPAN_OK) {
        e->pend_len = (uint8_t)(in_len - at);
        memcpy(e->v.chain.pend, in + at, in_len - at);
        slot->traits |= USPAN_TRAIT_PENDING;
    }
    return err;
}

/* One hold of the lock. *used: bytes of text taken. *thaw: the value is long static text; copy it first, then come again. */
static uspan_err_t append_piece(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, uspan_store_t store, const char *text,
                                size_t len, size_t *used, uspan_entry_t *thaw)
{
    uspan_trace_part_t *p = &t->trace;
    size_t piece = len < APPEND_PIECE ? len : APPEND_PIECE;
    size_t run = store == USPAN_STORE_TEXT ? uspan_utf8_run(text, piece) : piece;
    uspan_err_t err;
    *used = len;
    thaw->store = USPAN_STORE_NONE;
    uint32_t state = uspan_lock(t);
    uspan_slot_t *slot = uspan_slot_writable(p, s, key, &err);
    uspan_entry_t *e = slot != NULL ? uspan_entry_claim(p, slot, key) : NULL;
    if (e == NULL) {
        err = slot != NULL ? USPAN_ERR_FULL : err;
    } else if (e->store == USPAN_STORE_STATIC && e->len > APPEND_PIECE && store == USPAN_STORE_TEXT) {
        *thaw = *e;
        *used = 0u;
    } else if (e->store == store && e->pend_len == CLOSED) {
        err = USPAN_TRUNCATED;
    } else {
        bool waits = store == USPAN_STORE_TEXT && e->store == store && e->pend_len > 0u;
        if (run > 0u && !waits) {
            e->pend_len = 0u;
            err = append_locked(p, e, store, text, run);
            *used = run;
        } else {
            *used = len < SLOW_PIECE ? len : SLOW_PIECE;
            err = append_slowly(p, slot, e, text, *used);
        }
        if (err != USPAN_OK) {
            e->pend_len = e->store == store ? CLOSED : 0u;
            p->values_truncated++;
        }
    }
    uspan_unlock(t, state);
    return err;
}

/* Characters (of text) or bytes that the value has already. */
static size_t chars_of(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, uspan_store_t store)
{
    uspan_trace_part_t *p = &t->trace;
    size_t chars = 0;
    uint32_t state = uspan_lock(t);
    uspan_slot_t *slot = uspan_slot_of(p, s);
    uspan_entry_t *e = slot != NULL ? uspan_entry_find(slot, key) : NULL;
    if (e != NULL && store == USPAN_STORE_BYTES) {
        chars = e->store == store ? e->len : 0u;
    } else if (e != NULL && e->store == USPAN_STORE_TEXT) {
        uint16_t block = e->v.chain.head;
        for (size_t i = 0; i < e->len; i++) {
            if (i > 0u && i % USPAN_BLOCK == 0u) {
                block = p->block_next[block];
            }
            chars += (p->blocks[block].bytes[i % USPAN_BLOCK] & 0xC0u) != 0x80u;
        }
    } else if (e != NULL && (e->store == USPAN_STORE_NEAR || e->store == USPAN_STORE_STATIC)) {
        const char *text = e->store == USPAN_STORE_NEAR ? (const char *)e->v.near : e->v.text;
        for (size_t i = 0; i < e->len; i++) {
            chars += ((uint8_t)text[i] & 0xC0u) != 0x80u;
        }
    }
    uspan_unlock(t, state);
    return chars;
}

static uspan_err_t append(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, uspan_store_t store, const char *data,
                          size_t len)
{
    if (t == NULL || key == NULL || (data == NULL && len > 0u)) {
        return USPAN_ERR_ARG;
    }
    if (uspan_is_null(s)) {
        return USPAN_OK;
    }
    uint32_t chars = t->trace.limits.value_chars;
    if (chars != 0u) { /* a limit in characters needs what is there already */
        size_t have = chars_of(t, s, key, store);
        size_t kept = store == USPAN_STORE_TEXT ? uspan_utf8_chars(data, len, chars > have ? chars - have : 0u)
                      : len + have > chars      ? (chars > have ? chars - have : 0u)
                                                : len;
        if (kept < len) {
            len = kept;
            t->trace.values_truncated++;
        }
    }
    while (len > 0u) {
        size_t used;
        uspan_entry_t thaw;
        uspan_err_t err = append_piece(t, s, key, store, data, len, &used, &thaw);
        if (err != USPAN_OK) {
            return err;
        }
        if (thaw.store == USPAN_STORE_STATIC) {
            err = uspan_set_str_n(t, s, key, thaw.v.text, thaw.len);
            if (err != USPAN_OK) {
                return err;
            }
        }
        data += used;
        len -= used;
    }
    return USPAN_OK;
}

uspan_err_t uspan_append_str_n(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text, size_t len)
{
    return append(t, s, key, USPAN_STORE_TEXT, text, len);
}

uspan_err_t uspan_append_bytes(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const void *data, size_t len)
{
    return append(t, s, key, USPAN_STORE_BYTES, data, len);
}

void uspan_attrs_finish(uspan_trace_part_t *p, uspan_slot_t *slot)
{
    for (unsigned i = 0; i < slot->attr_count; i++) {
        uspan_entry_t *e = &slot->attrs[i];
        if (e->store == USPAN_STORE_TEXT && e->pend_len != 0u && e->pend_len != CLOSED) {
            e->pend_len = 0u;
            p->values_truncated += append_locked(p, e, USPAN_STORE_TEXT, USPAN_REPLACEMENT, 3u) != USPAN_OK;
        }
    }
}

