/* append.c: a value that streams in stays well-formed at every moment: a character split between two calls
 * waits in the entry. Each piece of up to 64 bytes is one hold of the lock. */
#include "attr.h"
#include <string.h>
#include "utf8.h"

#define APPEND_PIECE 64u

/* Append at most 64 bytes to an entry's chain, whole characters of text. Caller holds the lock. */
static uspan_err_t extend(uspan_trace_part_t *p, uspan_entry_t *e, const char *piece, size_t len)
{
    uspan_chain_t c = { e->v.chain.head, e->v.chain.tail, e->len, (0u - e->len) % USPAN_BLOCK };
    uspan_err_t err = USPAN_OK;
    size_t room = USPAN_VALUE_MAX - c.len;
    if (len > room) {
        len = e->store == USPAN_STORE_TEXT ? uspan_utf8_cut(piece, len, room) : room;
        err = USPAN_TRUNCATED;
    }
    if (!uspan_chain_write_locked(p, &c, piece, len)) {
        err = USPAN_TRUNCATED;
    }
    e->len = c.len;
    e->v.chain.head = c.head;
    e->v.chain.tail = c.tail;
    return err;
}

/* What is there becomes a chain of that kind, or is replaced by an empty one. False: there is no block.
 * Caller holds the lock. */
static bool begin_chain(uspan_trace_part_t *p, uspan_entry_t *e, uspan_store_t store)
{
    bool is_near = e->store == USPAN_STORE_NEAR && store == USPAN_STORE_TEXT;
    char near[sizeof e->v.near];
    memcpy(near, e->v.near, sizeof near);
    size_t len = is_near ? e->len : 0u;
    if (len > 0u && p->blocks_free == USPAN_NO_INDEX) {
        return false;
    }
    uspan_entry_give(p, e);
    e->store = (uint8_t)store;
    return extend(p, e, near, len) == USPAN_OK;
}

/* Characters (of text) or bytes that may still join on, by the limit for values. Caller holds the lock. */
static size_t chars_left(const uspan_trace_part_t *p, const uspan_entry_t *e)
{
    size_t left = p->limits.value_chars;
    if (left == 0u) {
        return SIZE_MAX;
    }
    uint16_t block = e->v.chain.head;
    for (unsigned i = 0; i < e->len && left > 0u; i++) {
        if (i > 0u && i % USPAN_BLOCK == 0u) {
            block = p->block_next[block];
        }
        left -= e->store == USPAN_STORE_BYTES || (p->blocks[block].bytes[i % USPAN_BLOCK] & 0xC0u) != 0x80u;
    }
    return left;
}

/* Append some of len > 0 bytes; *used: how many. Caller holds the lock. */
static uspan_err_t append_some(uspan_trace_part_t *p, uspan_entry_t *e, const char *text, size_t len,
                               size_t *used)
{
    bool is_text = e->store == USPAN_STORE_TEXT;
    size_t chars = chars_left(p, e);
    unsigned waiting = is_text ? e->pend_len : 0u;
    size_t run = len < APPEND_PIECE ? len : APPEND_PIECE;
    if (is_text) {
        run = waiting == 0u ? uspan_utf8_run(text, run) : 0u;
    }
    *used = run;
    if (chars == 0u) {
        return USPAN_TRUNCATED;
    }
    if (run > 0u) {
        size_t kept = is_text ? uspan_utf8_chars(text, run, chars) : run < chars ? run : chars;
        uspan_err_t err = extend(p, e, text, kept);
        return kept < run ? USPAN_TRUNCATED : err;
    }
    /* A character in pieces, or none: one byte more says what the bytes that wait are. */
    char in[4];
    memcpy(in, e->v.chain.pend, sizeof e->v.chain.pend);
    in[waiting] = text[0];
    int step = uspan_utf8_step(in, waiting + 1u);
    *used = 1u;
    if (step == 0) {
        e->v.chain.pend[waiting] = (uint8_t)text[0];
        e->pend_len = (uint8_t)(waiting + 1u);
        return USPAN_OK;
    }
    e->pend_len = 0u;
    if (step > 0) {
        return extend(p, e, in, (size_t)step);
    }
    *used = waiting == 0u; /* a byte that ends what waited may begin another character */
    return extend(p, e, USPAN_REPLACEMENT, 3u);
}

/* Characters cut short by the last append become U+FFFD. Caller holds the lock. */
static void finish_texts(uspan_trace_part_t *p, uspan_slot_t *slot)
{
    for (unsigned i = 0; i < slot->attr_count; i++) {
        uspan_entry_t *e = &slot->attrs[i];
        if (e->store == USPAN_STORE_TEXT && e->pend_len != 0u && e->pend_len != USPAN_PEND_CLOSED) {
            e->pend_len = 0u;
            p->values_truncated += extend(p, e, USPAN_REPLACEMENT, 3u) != USPAN_OK;
        }
    }
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
    if (store == USPAN_STORE_TEXT && uspan_is_redacted(t, key)) {
        uspan_redact(t, key, &data, &len);
    }
    uspan_trace_part_t *p = &t->trace;
    uspan_err_t err = USPAN_OK;
    while (len > 0u && err == USPAN_OK) {
        size_t used = 0;
        const char *thaw = NULL; /* static text: copied first, then this piece comes again */
        size_t thaw_len = 0;
        uint32_t state = uspan_lock(t);
        uspan_entry_t *e = uspan_entry_claim(p, s, key, true);
        if (e == NULL) {
            err = uspan_entry_refused(p, s, key);
            used = len;
        } else if (e->store == USPAN_STORE_STATIC && store == USPAN_STORE_TEXT &&
                   e->pend_len != USPAN_PEND_CLOSED) {
            thaw = e->v.text;
            thaw_len = e->len;
        } else {
            bool joins = e->store == store || (e->store <= USPAN_STORE_NEAR &&
                                               e->store >= USPAN_STORE_STATIC && store == USPAN_STORE_TEXT);
            if (joins && e->pend_len == USPAN_PEND_CLOSED) {
                err = USPAN_TRUNCATED;
            } else {
                if (e->store != store && !begin_chain(p, e, store)) {
                    err = USPAN_TRUNCATED;
                } else {
                    err = append_some(p, e, data, len, &used);
                }
                if (err != USPAN_OK) {
                    e->pend_len = USPAN_PEND_CLOSED;
                    p->values_truncated++;
                } else if (e->pend_len != 0u) {
                    uspan_slot_named(p, s)->traits |= USPAN_TRAIT_PENDING;
                    p->finish_texts = finish_texts;
                }
            }
        }
        uspan_unlock(t, state);
        if (thaw != NULL) {
            err = uspan_set_str_n(t, s, key, thaw, thaw_len);
        }
        data += used;
        len -= used;
    }
    return err;
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
