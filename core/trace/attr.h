/* attr.h: storing one attribute value, wherever it lives: a span's table, an event, a link. Private to
 * core. */
#ifndef USPAN_TRACE_ATTR_H
#define USPAN_TRACE_ATTR_H

#include <string.h>
#include "text.h"

#define USPAN_PEND_CLOSED 0xFFu /* as pend_len: a piece was lost, so later ones would not join on */

/* Turn an argument into an entry that nobody else sees, copying what must be copied. key is stored as it is.
 * Returns: USPAN_OK; USPAN_TRUNCATED; USPAN_ERR_FULL or USPAN_ERR_ARG (the entry holds no block). Takes the
 * lock for blocks. */
uspan_err_t uspan_entry_make(uspan_tracer_t *t, uspan_entry_t *e, const uspan_attr_t *arg);
/* The same for text alone: a program without arrays links no more than this. */
uspan_err_t uspan_entry_make_text(uspan_tracer_t *t, uspan_entry_t *e, const uspan_attr_t *arg);
/* One of 32, by the key's id, which is made of length and middle character: spreads the GenAI keys well. */
static inline uint32_t uspan_key_bit(const uspan_key_t *key)
{
    return 1u << (key->id % 32u);
}
static inline bool uspan_same_key(const uspan_key_t *a, const uspan_key_t *b)
{
    return a == b || (a->id == b->id && a->len == b->len && memcmp(a->text, b->text, a->len) == 0);
}
/* The slot of an open span that is recorded, or NULL and *err: USPAN_ERR_STALE, or USPAN_OK where nothing is
 * recorded by rule. Caller holds the lock. */
uspan_slot_t *uspan_slot_recorded(uspan_trace_part_t *p, uspan_t s, uspan_err_t *err);
/* The entry with that key, or NULL. Caller holds the lock. */
uspan_entry_t *uspan_entry_find(uspan_slot_t *slot, const uspan_key_t *key);
/* Where a value of key goes: its entry, emptied unless append is true, or a new one; NULL: nowhere. Of a new
 * one only key is set, and with append store, to NONE. Caller holds the lock. */
uspan_entry_t *uspan_entry_claim(uspan_trace_part_t *p, uspan_t s, const uspan_key_t *key, bool append);
/* Why there is no place for a value, or none for its bytes: USPAN_ERR_FULL, counted; or as above. Caller
 * holds the lock. */
uspan_err_t uspan_entry_refused(uspan_trace_part_t *p, uspan_t s, const uspan_key_t *key);
/* False where content is not recorded for that span. */
static inline bool uspan_content_on(const uspan_trace_part_t *p, const uspan_slot_t *slot)
{
    return USPAN_CONTENT != 0 && p->content != 0u && (slot->traits & USPAN_TRAIT_CONTENT) != 0u;
}
/* Whether a redactor looks at texts of that key; what it makes of one. No lock is held. */
static inline bool uspan_is_redacted(const uspan_tracer_t *t, const uspan_key_t *key)
{
    return USPAN_CONTENT != 0 && (key->flags & USPAN_KEY_CONTENT) != 0u && t->trace.redactor != NULL;
}
static inline void uspan_redact(const uspan_tracer_t *t, const uspan_key_t *key, const char **text,
                                size_t *len)
{
    t->trace.redact(t, key, text, len);
}
/* The worse of two results: the first below USPAN_OK, else USPAN_TRUNCATED over USPAN_OK. */
static inline uspan_err_t uspan_worse(uspan_err_t a, uspan_err_t b)
{
    return a < USPAN_OK ? a : b < USPAN_OK ? b : a > b ? a : b;
}

#endif
