/* append.c: text and bytes that are appended to a value. Invariant: a value is well-formed at any time. A
 * character that is split between two calls waits in the entry. Each piece of up to 64 bytes is written in
 * one hold of the lock. Order of commits: bytes, then the link to a new block, then the length. A reader
 * after a reset finds the end of a value from its length, not from tail. */
#include "trace/attr.h"
#include <string.h>
#include "trace/utf8.h"

#define APPEND_PIECE 64u

/* Append at most 64 bytes to the chain of an entry, complete characters if it is text, as far as there are
 * blocks. A growing value must leave the reserve of blocks to others. The caller holds the lock. */
static uspan_err_t extend(uspan_trace_part_t *p, uspan_entry_t *e, const char *piece, size_t len)
{
    bool is_text = e->store == USPAN_STORE_TEXT;
    uspan_chain_t c = { e->v.chain.head, e->v.chain.tail, e->len, (0u - e->len) % USPAN_BLOCK,
                        USPAN_BLOCKS_RESERVED };
    size_t fits = USPAN_VALUE_MAX - (size_t)c.len;
    if (len > fits) {
        fits = is_text ? uspan_utf8_cut(piece, len, fits) : fits;
    } else {
        fits = len;
    }
    uspan_chain_grow(p, &c, fits);
    if (fits > c.room) { /* its blocks are full then, so the cut leaves no empty block */
        fits = is_text ? uspan_utf8_cut(piece, len, c.room) : c.room;
    }
    unsigned chars = (unsigned)fits;
    if (p->limits.value_chars != 0u && is_text) {
        chars = 0u;
        for (size_t i = 0; i < fits; i++) {
            chars += ((uint8_t)piece[i] & 0xC0u) != 0x80u;
        }
    }
    uspan_chain_fill(p, &c, (const uint8_t *)piece, fits);
    if (e->len == 0u) {
        e->v.chain.head = c.head;
        e->v.chain.chars = 0u;
    }
    e->v.chain.tail = c.tail;
    e->v.chain.chars = (uint16_t)(e->v.chain.chars + chars);
    USPAN_COMMIT_ORDER();
    e->len = c.len;
    return fits == len ? USPAN_OK : USPAN_TRUNCATED;
}

/* Turn the value into a chain of that kind, or replace it by an empty chain. Returns false if there is no
 * block. The caller holds the lock. */
static bool begin_chain(uspan_trace_part_t *p, uspan_entry_t *e, uspan_store_t store)
{
    bool is_near = e->store == USPAN_STORE_INLINE && store == USPAN_STORE_TEXT;
    char inline_text[sizeof e->v.inline_text];
    memcpy(inline_text, e->v.inline_text, sizeof inline_text);
    size_t len = is_near ? e->len : 0u;
    if (len > 0u && !uspan_blocks_suffice(p, 1u, USPAN_BLOCKS_RESERVED)) {
        return false;
    }
    uspan_entry_free(p, e);
    e->v.chain.head = e->v.chain.tail = USPAN_NO_INDEX;
    USPAN_COMMIT_ORDER();
    e->store = (uint8_t)store;
    return extend(p, e, inline_text, len) == USPAN_OK;
}

/* Returns the number of characters (of text) or bytes that can be appended within the limit for values. The
 * caller holds the lock. */
static size_t chars_left(const uspan_trace_part_t *p, const uspan_entry_t *e)
{
    size_t limit = p->limits.value_chars;
    if (limit == 0u) {
        return SIZE_MAX;
    }
    size_t used = e->store == USPAN_STORE_BYTES || e->len == 0u ? e->len : e->v.chain.chars;
    return limit > used ? limit - used : 0u;
}

/* Rebuild the waiting bytes of a character. The bits of two lead bytes are enough to store any of them. */
static void get_pending(const uspan_entry_t *e, char bytes[4])
{
    unsigned bits = e->v.chain.pend;
    unsigned n = e->pend_len;
    for (unsigned i = n; i-- > 1u; bits >>= 6) {
        bytes[i] = (char)(0x80u | (bits & 0x3Fu));
    }
    bytes[0] = (char)(n == 3u ? 0xF0u | bits : bits); /* three bytes wait only for a fourth */
}

static void set_pending(uspan_entry_t *e, const char bytes[4], unsigned n)
{
    unsigned bits = (uint8_t)bytes[0];
    bits = n == 3u ? bits & 7u : bits;
    for (unsigned i = 1; i < n; i++) {
        bits = bits << 6 | ((uint8_t)bytes[i] & 0x3Fu);
    }
    e->v.chain.pend = (uint16_t)bits;
    e->pend_len = (uint8_t)n;
}

/* Append some of len > 0 bytes. *used is their number. The caller holds the lock. */
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
    /* A character in pieces, if any: one more byte shows what the waiting bytes are. */
    char in[4];
    get_pending(e, in);
    in[waiting] = text[0];
    int step = uspan_utf8_step(in, waiting + 1u);
    *used = 1u;
    if (step == 0) {
        set_pending(e, in, waiting + 1u);
        return USPAN_OK;
    }
    e->pend_len = 0u;
    if (step > 0) {
        return extend(p, e, in, (size_t)step);
    }
    *used = waiting == 0u; /* a byte that ends the waiting bytes may start another character */
    return extend(p, e, USPAN_REPLACEMENT, 3u);
}

/* Replace characters that the last append left incomplete by U+FFFD. The caller holds the lock. */
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
        const char *static_text = NULL; /* static text: it is copied first, then this piece is appended */
        size_t thaw_len = 0;
        uint32_t state = uspan_lock(t);
        uspan_entry_t *e = uspan_entry_claim(p, s, key, true);
        if (e == NULL) {
            err = uspan_entry_refused(p, s, key);
            used = len;
        } else if (e->store == USPAN_STORE_STATIC && store == USPAN_STORE_TEXT &&
                   e->pend_len != USPAN_PEND_CLOSED) {
            static_text = e->v.text;
            thaw_len = e->len;
        } else {
            bool joins = e->store == store || (e->store <= USPAN_STORE_INLINE &&
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
                    uspan_slot_at(p, s)->traits |= USPAN_TRAIT_PENDING;
                    p->finish_texts = finish_texts;
                }
            }
        }
        uspan_unlock(t, state);
        if (static_text != NULL) {
            err = uspan_set_str_n(t, s, key, static_text, thaw_len);
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
