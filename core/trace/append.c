/* append.c: a value that streams in stays well-formed at every moment: a character split between two calls
 * waits in the entry. Each piece of up to 64 bytes is one hold of the lock. */
#include "attr.h"
#include <string.h>
#include "utf8.h"

#define APPEND_PIECE 64u
#define SLOW_PIECE 16u

/* Append at most 64 bytes to an entry's chain. Caller holds the lock. */
static uspan_err_t append_locked(uspan_trace_part_t *p, uspan_entry_t *e, uspan_store_t store,
                                 const char *piece, size_t len)
{
    uspan_chain_t c = { USPAN_NO_INDEX, USPAN_NO_INDEX, 0u };
    if (e->store == store) {
        c = (uspan_chain_t){ e->v.chain.head, e->v.chain.tail, e->len };
    } else if (store == USPAN_STORE_TEXT &&
               (e->store == USPAN_STORE_NEAR || e->store == USPAN_STORE_STATIC)) {
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

/* Append what waits and up to SLOW_PIECE bytes more, whatever they are, of at most `chars` characters; a
 * character cut short by the end waits again. */
static uspan_err_t append_slowly(uspan_trace_part_t *p, uspan_slot_t *slot, uspan_entry_t *e,
                                 const char *text, size_t len, size_t chars)
{
    char in[3u + SLOW_PIECE];
    char out[3u * sizeof in];
    size_t in_len = e->store == USPAN_STORE_TEXT ? e->pend_len : 0u;
    size_t out_len = 0;
    memcpy(in, e->v.chain.pend, in_len);
    memcpy(in + in_len, text, len);
    in_len += len;
    size_t kept = uspan_utf8_chars(in, in_len, chars);
    bool cut = kept < in_len;
    in_len = kept;
    size_t at = 0;
    while (at < in_len) {
        int step = uspan_utf8_step(in + at, in_len - at);
        if (step == 0 && !cut) {
            break;
        }
        step = step == 0 ? (int)at - (int)in_len
                         : step; /* behind the limit: what would complete it is not taken */
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
    if (cut) {
        return USPAN_TRUNCATED;
    }
    if (err == USPAN_OK) {
        e->pend_len = (uint8_t)(in_len - at);
        memcpy(e->v.chain.pend, in + at, in_len - at);
        slot->traits |= USPAN_TRAIT_PENDING;
    }
    return err;
}

/* Whether an append of that kind joins on to the value that is there, and does not replace it. */
static bool joins(const uspan_entry_t *e, uspan_store_t store)
{
    return e->store == store ||
           (store == USPAN_STORE_TEXT && (e->store == USPAN_STORE_NEAR || e->store == USPAN_STORE_STATIC));
}

/* Characters (of text) or bytes that may still join on, by the limit for values. Caller holds the lock. */
static size_t chars_left(const uspan_trace_part_t *p, const uspan_entry_t *e, uspan_store_t store)
{
    size_t limit = p->limits.value_chars;
    if (limit == 0u) {
        return SIZE_MAX;
    }
    size_t chars = 0;
    if (store == USPAN_STORE_BYTES) {
        chars = e->store == store ? e->len : 0u;
    } else if (joins(e, store)) {
        uint16_t block = e->v.chain.head;
        const uint8_t *text = e->store == USPAN_STORE_STATIC ? (const uint8_t *)e->v.text : e->v.near;
        for (size_t i = 0; i < e->len; i++, text++) {
            if (e->store == USPAN_STORE_TEXT && i % USPAN_BLOCK == 0u) {
                block = i > 0u ? p->block_next[block] : block;
                text = p->blocks[block].bytes;
            }
            chars += (*text & 0xC0u) != 0x80u;
        }
    }
    return chars < limit ? limit - chars : 0u;
}

/* One hold of the lock. *used: bytes of text taken. *thaw: the value is long static text; copy it first, then
 * come again. */
static uspan_err_t append_piece(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, uspan_store_t store,
                                const char *text, size_t len, size_t *used, uspan_entry_t *thaw)
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
    } else if (joins(e, store) && e->pend_len == USPAN_PEND_CLOSED) {
        err = USPAN_TRUNCATED;
    } else if (e->store == USPAN_STORE_STATIC && e->len > APPEND_PIECE && store == USPAN_STORE_TEXT) {
        *thaw = *e;
        *used = 0u;
    } else {
        size_t chars = chars_left(p, e, store);
        bool waits = store == USPAN_STORE_TEXT && e->store == store && e->pend_len > 0u;
        if (run > 0u && !waits) {
            size_t kept = store == USPAN_STORE_TEXT ? uspan_utf8_chars(text, run, chars)
                          : run < chars             ? run
                                                    : chars;
            e->pend_len = 0u;
            err = append_locked(p, e, store, text, kept);
            err = kept < run ? USPAN_TRUNCATED : err;
            *used = run;
        } else {
            *used = len < SLOW_PIECE ? len : SLOW_PIECE;
            err = append_slowly(p, slot, e, text, *used, chars);
        }
        if (err != USPAN_OK) {
            e->pend_len = USPAN_PEND_CLOSED;
            p->values_truncated++;
        }
    }
    uspan_unlock(t, state);
    return err;
}

static uspan_err_t append(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, uspan_store_t store,
                          const char *data, size_t len)
{
    if (t == NULL || key == NULL || (data == NULL && len > 0u)) {
        return USPAN_ERR_ARG;
    }
    if (uspan_is_null(s)) {
        return USPAN_OK;
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

uspan_err_t uspan_append_str_n(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text,
                               size_t len)
{
    return append(t, s, key, USPAN_STORE_TEXT, text, len);
}

uspan_err_t uspan_append_bytes(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const void *data,
                               size_t len)
{
    return append(t, s, key, USPAN_STORE_BYTES, data, len);
}

void uspan_attrs_finish(uspan_trace_part_t *p, uspan_slot_t *slot)
{
    for (unsigned i = 0; i < slot->attr_count; i++) {
        uspan_entry_t *e = &slot->attrs[i];
        if (e->store == USPAN_STORE_TEXT && e->pend_len != 0u && e->pend_len != USPAN_PEND_CLOSED) {
            e->pend_len = 0u;
            p->values_truncated += append_locked(p, e, USPAN_STORE_TEXT, USPAN_REPLACEMENT, 3u) != USPAN_OK;
        }
    }
}
