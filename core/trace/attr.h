/* attr.h: stores one attribute value in the table of a span, in an event or in a link. Private to core. */
#ifndef USPAN_TRACE_ATTR_H
#define USPAN_TRACE_ATTR_H

#include <string.h>
#include "trace/attr_build.h"
#include "trace/pool.h"

#define USPAN_PEND_CLOSED 0xFFu /* as pend_len: a piece was lost, so later ones must not be appended */

/* Check the filter of the keys of a span. It has one bit per key id, eight bits for each attribute, at least
 * 32. A clear bit shows that a key is new. */
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
/* Returns the slot of an open span that is recorded. Otherwise NULL, and *err is USPAN_ERR_STALE, or USPAN_OK
 * if the span is not recorded on purpose. The caller holds the lock. */
uspan_slot_t *uspan_slot_find_recording(uspan_trace_part_t *p, uspan_t s, uspan_err_t *err);
/* Returns the entry with that key, or NULL. The caller holds the lock. */
uspan_entry_t *uspan_entry_find(uspan_slot_t *slot, const uspan_key_t *key);
/* Returns the entry for a value of key: the existing one, emptied unless append is true, or a new one. In a
 * new one only key is set, and with append store is NONE. NULL: there is none. The caller holds the lock. */
uspan_entry_t *uspan_entry_claim(uspan_trace_part_t *p, uspan_t s, const uspan_key_t *key, bool append);
/* Returns why there is no entry for a value or no block for its bytes: USPAN_ERR_FULL, which is counted;
 * otherwise as uspan_slot_find_recording(). The caller holds the lock. */
uspan_err_t uspan_entry_refused(uspan_trace_part_t *p, uspan_t s, const uspan_key_t *key);
/* Returns false if content is not recorded for that span. */
static inline bool uspan_content_on(const uspan_trace_part_t *p, const uspan_slot_t *slot)
{
    return USPAN_CONTENT != 0 && p->content != 0u && (slot->traits & USPAN_TRAIT_CONTENT) != 0u;
}
/* Returns the slot of a span that records attributes, or NULL. */
USPAN_INLINE_FAST uspan_slot_t *uspan_slot_writable(uspan_trace_part_t *p, uspan_t s);
#if !USPAN_OPTIMIZE_SIZE || defined(USPAN_IN_ATTR)
USPAN_INLINE_FAST uspan_slot_t *uspan_slot_writable(uspan_trace_part_t *p, uspan_t s)
{
    uint32_t i = s.id & ((1u << USPAN_SLOT_BITS) - 1u);
    if (i >= USPAN_SPANS_MAX) {
        return NULL;
    }
    uspan_slot_t *slot = &p->slots[i];
    return slot->id == s.id && slot->accepts_attrs != 0u ? slot : NULL;
}
#endif

/* Returns false if values of that key are not recorded in that span. */
static inline __attribute__((always_inline)) bool uspan_slot_takes(const uspan_trace_part_t *p,
                                                                   const uspan_slot_t *slot,
                                                                   const uspan_key_t *key)
{
    return (key->flags & USPAN_KEY_CONTENT) == 0u || uspan_content_on(p, slot);
}

/* Replace the value of an entry by that of *made, and free the old value. The caller holds the lock. */
void uspan_entry_exchange(uspan_trace_part_t *p, uspan_entry_t *to, const uspan_entry_t *made);
/* Build any argument in separate memory, and store it. make: uspan_entry_build() or
 * uspan_entry_build_text(). */
uspan_err_t uspan_attr_build(uspan_tracer_t *t, uspan_t s, const uspan_attr_t *arg,
                             uspan_err_t (*make)(uspan_tracer_t *, uspan_entry_t *, const uspan_attr_t *));
/* Like uspan_attr_build(), for text of type TEXT or STATIC. */
uspan_err_t uspan_attr_build_text(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, uspan_type_t type,
                                  const char *text, size_t len);
/* Most bytes of text that are copied while the lock is held. Longer text is copied without it. */
#define USPAN_HOLD_BYTES ((size_t)(USPAN_VALUE_MAX < 256 ? USPAN_VALUE_MAX : 256))

#endif
