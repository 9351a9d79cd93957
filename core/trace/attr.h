/* attr.h: storing one attribute value, wherever it lives: a span's table, an event, a link. Private to
 * core. */
#ifndef USPAN_TRACE_ATTR_H
#define USPAN_TRACE_ATTR_H

#include <string.h>
#include "trace/attr_build.h"
#include "trace/pool.h"

#define USPAN_PEND_CLOSED 0xFFu /* as pend_len: a piece was lost, so later ones would not join on */

/* A filter of the keys that a span has: one bit a key, by the key's id. A clear bit says that a key is new.
 * It has eight bits for each attribute, or 32 in all if there are few. */
static inline bool uspan_may_have_key(const uspan_slot_t *slot, const uspan_key_t *key)
{
    unsigned bit = key->id % USPAN_KEY_BITS;
    return (slot->keys[bit / 32u] >> bit % 32u & 1u) != 0u;
}
static inline void uspan_note_key(uspan_slot_t *slot, const uspan_key_t *key)
{
    unsigned bit = key->id % USPAN_KEY_BITS;
    slot->keys[bit / 32u] |= 1u << bit % 32u;
}
static inline bool uspan_same_key(const uspan_key_t *a, const uspan_key_t *b)
{
    return a == b || (a->id == b->id && a->len == b->len && memcmp(a->text, b->text, a->len) == 0);
}
/* The slot of an open span that is recorded, or NULL and *err: USPAN_ERR_STALE, or USPAN_OK where nothing is
 * recorded by rule. Caller holds the lock. */
uspan_slot_t *uspan_slot_find_recording(uspan_trace_part_t *p, uspan_t s, uspan_err_t *err);
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
/* The slot of a span that records attributes, or NULL. */
static inline uspan_slot_t *uspan_slot_writable(uspan_trace_part_t *p, uspan_t s)
{
    uint32_t i = s.id & ((1u << USPAN_SLOT_BITS) - 1u);
    if (i >= USPAN_SPANS_MAX) {
        return NULL;
    }
    uspan_slot_t *slot = &p->slots[i];
    return slot->id == s.id && slot->accepts_attrs != 0u ? slot : NULL;
}

/* False if values of that key are not recorded there. */
static inline __attribute__((always_inline)) bool uspan_slot_takes(const uspan_trace_part_t *p,
                                                                   const uspan_slot_t *slot,
                                                                   const uspan_key_t *key)
{
    return (key->flags & USPAN_KEY_CONTENT) == 0u || uspan_content_on(p, slot);
}

/* The old value of an entry gives way to that of *made. Caller holds the lock. */
void uspan_entry_exchange(uspan_trace_part_t *p, uspan_entry_t *to, const uspan_entry_t *made);
/* Build any argument in memory of its own, and store it. make: uspan_entry_build(), or that for text. */
uspan_err_t uspan_attr_build(uspan_tracer_t *t, uspan_t s, const uspan_attr_t *arg,
                             uspan_err_t (*make)(uspan_tracer_t *, uspan_entry_t *, const uspan_attr_t *));
/* The same for text, of type TEXT or STATIC. */
uspan_err_t uspan_attr_build_text(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, uspan_type_t type,
                                  const char *text, size_t len);
/* Text that is copied under the lock, at most. Longer text is copied outside. */
#define USPAN_HOLD_BYTES ((size_t)(USPAN_VALUE_MAX < 256 ? USPAN_VALUE_MAX : 256))

#endif
