/* attr_build.c: converts an argument into an entry that no other context sees. Invariant: the entry is
 * well-formed and within the limits, and is a copy if necessary. */
#include "trace/attr_build.h"
#include <string.h>
#include "trace/lock.h"
#include "trace/trace.h"
#include "trace/utf8.h"

#define STATIC_MAX 65000u /* maximum of a length field and of sizes computed from it */

/* Store each text as two bytes of length and the text. An element that does not fit ends the array. The
 * blocks of an element are allocated in one hold of the lock, all or none. */
static uspan_err_t make_texts(uspan_tracer_t *t, uspan_chain_t *c, const uspan_key_t *key,
                              const char *const *texts, size_t count)
{
    uspan_err_t worst = USPAN_OK;
    uint32_t chars = t->trace.limits.value_chars;
    for (size_t i = 0; i < count; i++) {
        const char *text = texts[i] != NULL ? texts[i] : "";
        size_t len = strlen(text);
        if (key != NULL && uspan_is_redacted(t, key)) {
            uspan_redact(t, key, &text, &len);
        }
        size_t kept = chars != 0u ? uspan_utf8_chars(text, len, chars) : len;
        /* Bytes that are not UTF-8 grow to three. The length precedes the text, so it is measured first. */
        uspan_chain_t grown = { .len = c->len };
        uint8_t head[2];
        if (grown.len + sizeof head > USPAN_VALUE_MAX ||
            uspan_chain_write(NULL, &grown, NULL, sizeof head, false) == 0u ||
            uspan_chain_text(NULL, &grown, text, kept, USPAN_VALUE_MAX) != USPAN_OK) {
            return USPAN_TRUNCATED;
        }
        c->kept = (uint16_t)uspan_blocks_kept(grown.len);
        if (!uspan_chain_reserve(t, c, (size_t)grown.len - c->len)) {
            return USPAN_TRUNCATED;
        }
        size_t stored = (size_t)grown.len - c->len - sizeof head;
        head[0] = (uint8_t)stored;
        head[1] = (uint8_t)(stored >> 8);
        (void)uspan_chain_write(t, c, head, sizeof head, false);
        (void)uspan_chain_text(t, c, text, kept, USPAN_VALUE_MAX);
        if (kept < len) {
            worst = USPAN_TRUNCATED;
        }
    }
    return worst;
}

/* Move the chain into the entry. worst: the result of filling it. chars: the most characters it can hold. */
static uspan_err_t keep_chain(uspan_entry_t *e, const uspan_chain_t *c, size_t chars, uspan_err_t worst)
{
    e->len = c->len;
    e->v.chain.chars = (uint16_t)(chars < c->len ? chars : c->len);
    e->v.chain.head = c->head;
    e->v.chain.tail = c->tail;
    return worst != USPAN_OK && c->len == 0u ? USPAN_ERR_FULL : worst;
}

uspan_err_t uspan_entry_build_text(uspan_tracer_t *t, uspan_entry_t *e, const uspan_attr_t *arg)
{
    const char *text = arg->v.text;
    size_t len = arg->count;
    e->key = arg->key;
    e->len = 0u;
    e->pend_len = 0u;
    if (text == NULL) {
        if (len != 0u && len != USPAN_TO_NUL) {
            return USPAN_ERR_ARG;
        }
        text = "";
        len = 0u;
    } else if (len == USPAN_TO_NUL) {
        len = strlen(text);
    }
    bool is_static = arg->type == USPAN_TYPE_STATIC;
    if (e->key != NULL && uspan_is_redacted(t, e->key)) {
        uspan_redact(t, e->key, &text, &len);
        is_static = false;
    }
    uspan_err_t worst = USPAN_OK;
    size_t chars = SIZE_MAX;
    uint32_t limit = t->trace.limits.value_chars;
    if (limit != 0u && e->key != NULL) { /* names and tracestates are not attributes */
        chars = limit;
        size_t kept = t->trace.limit_chars(text, len, &chars);
        worst = kept < len ? USPAN_TRUNCATED : USPAN_OK;
        len = kept;
    }
    if (len <= (is_static ? STATIC_MAX : sizeof e->v.inline_text) && uspan_utf8_run(text, len) == len) {
        e->len = (uint16_t)len;
        e->store = USPAN_STORE_STATIC;
        e->v.text = text;
        if (!is_static) {
            e->store = USPAN_STORE_INLINE;
            memcpy(e->v.inline_text, text, len);
        }
        return worst;
    }
    uspan_chain_t c = USPAN_CHAIN_FOR(len);
    e->store = USPAN_STORE_TEXT;
    worst = uspan_worse(uspan_chain_text(t, &c, text, len, USPAN_VALUE_MAX), worst);
    return keep_chain(e, &c, chars, worst);
}

uspan_err_t uspan_entry_build(uspan_tracer_t *t, uspan_entry_t *e, const uspan_attr_t *arg)
{
    unsigned type = arg->type;
    size_t count = arg->count;
    if (type - USPAN_TYPE_TEXT <= USPAN_TYPE_STATIC - USPAN_TYPE_TEXT) {
        return uspan_entry_build_text(t, e, arg);
    }
    e->key = arg->key;
    e->len = 0u;
    e->pend_len = 0u;
    e->store = (uint8_t)type; /* the values of both enums are equal for the first three */
    e->v.i = arg->v.i;
    if (type - USPAN_TYPE_INT <= USPAN_TYPE_BOOL - USPAN_TYPE_INT) {
        return USPAN_OK;
    }
    if (type - USPAN_TYPE_BYTES > USPAN_TYPE_TEXTS - USPAN_TYPE_BYTES ||
        (arg->v.bytes == NULL && count != 0u)) {
        return USPAN_ERR_ARG;
    }
    uspan_err_t worst = USPAN_OK;
    uspan_chain_t c = USPAN_CHAIN_EMPTY;
    uint32_t state = uspan_lock(t);
    uspan_items_link(&t->trace);
    uspan_unlock(t, state);
    e->store = (uint8_t)(type + 2u);
    if (type == USPAN_TYPE_TEXTS) {
        worst = make_texts(t, &c, arg->key, arg->v.texts, count);
    } else {
        uint32_t limit = t->trace.limits.value_chars;
        size_t size = type == USPAN_TYPE_INTS || type == USPAN_TYPE_DOUBLES ? 8u : 1u;
        size_t max = USPAN_VALUE_MAX / size;
        if (type == USPAN_TYPE_BYTES && limit != 0u && limit < max) {
            max = limit;
        }
        if (count > max) {
            count = max;
            worst = USPAN_TRUNCATED;
        }
        count *= size;
        c.kept = (uint16_t)uspan_blocks_kept(count);
        /* blocks hold complete elements only */
        if (uspan_chain_write(t, &c, arg->v.bytes, count, false) < count) {
            worst = USPAN_TRUNCATED;
        }
    }
    return keep_chain(e, &c, c.len, worst);
}

USPAN_STATIC_ASSERT((int)USPAN_STORE_BOOL == (int)USPAN_TYPE_BOOL &&
                        (int)USPAN_STORE_BYTES == (int)USPAN_TYPE_BYTES + 2 &&
                        (int)USPAN_STORE_TEXTS == (int)USPAN_TYPE_TEXTS + 2,
                    "uspan_entry_build() counts on the order of types and stores");
