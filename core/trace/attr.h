/* attr.h: storing one attribute value, wherever it lives: a span's table, an event, a link. Private to
 * core. */
#ifndef USPAN_TRACE_ATTR_H
#define USPAN_TRACE_ATTR_H

#include <string.h>
#include "text.h"

#define USPAN_PEND_CLOSED 0xFFu /* as pend_len: a piece was lost, so later ones would not join on */

/* Turn an argument into an entry that nobody else sees, copying what must be copied. key is stored as it is.
 * Returns: USPAN_OK; USPAN_TRUNCATED; USPAN_ERR_FULL (nothing stored); USPAN_ERR_ARG. Takes the lock for
 * blocks. */
uspan_err_t uspan_entry_make(uspan_tracer_t *t, uspan_entry_t *e, const uspan_attr_t *arg);
/* Put a made entry into a span, in place of one with the same key; gives it back where the span is stale or
 * its table full. Takes the lock. worst: how making it ended. */
uspan_err_t uspan_entry_put(uspan_tracer_t *t, uspan_t s, uspan_entry_t *e, uspan_err_t worst);
/* Make and put. */
uspan_err_t uspan_attr_set(uspan_tracer_t *t, uspan_t s, const uspan_attr_t *arg);
/* An array of attributes in blocks, for events and links: *head and *count of what was stored; *dropped of
 * what was not. */
uspan_err_t uspan_entries_make(uspan_tracer_t *t, const uspan_entry_t *first, const uspan_attr_t *attrs,
                               size_t attr_count, unsigned limit, uint16_t *head, uint8_t *count,
                               uint8_t *dropped);
/* Characters cut short by the last append become U+FFFD. Caller holds the lock. */
void uspan_attrs_finish(uspan_trace_part_t *p, uspan_slot_t *slot);
/* One of 32, by the key's id, which is made of length and middle character: spreads the GenAI keys well. */
static inline uint32_t uspan_key_bit(const uspan_key_t *key)
{
    return 1u << (key->id % 32u);
}
static inline bool uspan_same_key(const uspan_key_t *a, const uspan_key_t *b)
{
    return a == b || (a->id == b->id && a->len == b->len && memcmp(a->text, b->text, a->len) == 0);
}
/* Where a setter may write, or NULL and *err (USPAN_OK where it writes nothing by rule). Caller holds the
 * lock. */
uspan_slot_t *uspan_slot_writable(uspan_trace_part_t *p, uspan_t s, const uspan_key_t *key, uspan_err_t *err);
/* The entry with that key, or NULL. Caller holds the lock. */
uspan_entry_t *uspan_entry_find(uspan_slot_t *slot, const uspan_key_t *key);
/* The same, new and empty where there is none; NULL: the table is full, counted. Caller holds the lock. */
uspan_entry_t *uspan_entry_claim(uspan_trace_part_t *p, uspan_slot_t *slot, const uspan_key_t *key);
/* False where content is not recorded for that span. */
static inline bool uspan_content_on(const uspan_trace_part_t *p, const uspan_slot_t *slot)
{
    return USPAN_CONTENT != 0 && p->content != 0u && (slot->traits & USPAN_TRAIT_CONTENT) != 0u;
}
/* The worse of two results: the first below USPAN_OK, else USPAN_TRUNCATED over USPAN_OK. */
static inline uspan_err_t uspan_worse(uspan_err_t a, uspan_err_t b)
{
    return a < USPAN_OK ? a : b < USPAN_OK ? b : a > b ? a : b;
}

#endif
