/* attr.c: the attributes of a span. Invariant: a table holds each key once, and a reader that holds the lock
 * sees the complete old or the complete new value. Long values are built in blocks that no other context
 * sees, and replace the old ones in one step. Order of commits: an entry is complete before attr_count
 * includes it. An entry whose value changes has store NONE until the new value is complete, and a reader
 * after a reset skips it. Blocks are filled before an entry refers to them, and are freed only when no entry
 * refers to them. */
#define USPAN_IN_ATTR
#include "trace/attr.h"
#include <string.h>

uspan_slot_t *uspan_slot_find_recording(uspan_trace_part_t *p, uspan_t s, uspan_err_t *err)
{
    uspan_slot_t *slot = uspan_slot_find_open(p, s);
    *err = slot != NULL ? USPAN_OK : USPAN_ERR_STALE;
    return slot != NULL && slot->accepts_attrs != 0u ? slot : NULL;
}

USPAN_NOINLINE uspan_entry_t *uspan_entry_find(uspan_slot_t *slot, const uspan_key_t *key)
{
    for (unsigned i = 0; i < slot->attr_count; i++) {
        if (uspan_same_key(slot->attrs[i].key, key)) {
            return &slot->attrs[i];
        }
    }
    return NULL;
}

/* Returns true if a span records values of that key. */
static inline bool wants(uspan_trace_part_t *p, uspan_t s, const uspan_key_t *key)
{
    const uspan_slot_t *slot = uspan_slot_writable(p, s);
    return slot != NULL && uspan_slot_takes(p, slot, key);
}

USPAN_NOINLINE uspan_entry_t *uspan_entry_claim(uspan_trace_part_t *p, uspan_t s, const uspan_key_t *key,
                                                bool append)
{
    uspan_slot_t *slot = uspan_slot_writable(p, s);
    if (slot == NULL || !uspan_slot_takes(p, slot, key)) {
        return NULL;
    }
    uspan_entry_t *e = uspan_may_have_key(slot, key) ? uspan_entry_find(slot, key) : NULL;
    if (e != NULL) {
        if (!append) {
            uspan_entry_free(p, e);
        }
        return e;
    }
    unsigned count = slot->attr_count;
    if (count >= p->limits.attrs) {
        return NULL;
    }
    e = &slot->attrs[count];
    e->key = key;
    e->len = 0u;
    e->store = USPAN_STORE_NONE;
    e->pend_len = 0u;
    uspan_note_key(slot, key);
    USPAN_COMMIT_ORDER();
    slot->attr_count = (uint8_t)(count + 1u);
    return e;
}

USPAN_NOINLINE uspan_err_t uspan_entry_refused(uspan_trace_part_t *p, uspan_t s, const uspan_key_t *key)
{
    uspan_err_t err;
    uspan_slot_t *slot = uspan_slot_find_recording(p, s, &err);
    if (slot != NULL && uspan_slot_takes(p, slot, key)) {
        slot->dropped_attrs = (uint16_t)(slot->dropped_attrs + (slot->dropped_attrs < UINT16_MAX));
        p->attrs_dropped++;
        unsigned wanted = (unsigned)slot->attr_count + slot->dropped_attrs;
        if (slot->attr_count >= p->limits.attrs && wanted > p->attrs_wanted) {
            p->attrs_wanted = (uint16_t)(wanted < UINT16_MAX ? wanted : UINT16_MAX);
        }
        err = USPAN_ERR_FULL;
    }
    return err;
}

void uspan_entry_exchange(uspan_trace_part_t *p, uspan_entry_t *to, const uspan_entry_t *made)
{
    uspan_entry_t old = *to;
    to->store = USPAN_STORE_NONE;
    USPAN_COMMIT_ORDER();
    to->len = made->len;
    to->pend_len = made->pend_len;
    to->v = made->v;
    USPAN_COMMIT_ORDER();
    to->store = made->store;
    uspan_entry_free(p, &old); /* last, because a reader identifies a value by the address of its bytes */
}

/* Put a complete entry into a span, in place of one with the same key. If the span is stale or full, free it.
 * worst: the result of building it. */
USPAN_NOINLINE static uspan_err_t store_entry(uspan_tracer_t *t, uspan_t s, uspan_entry_t *e,
                                              uspan_err_t worst)
{
    uspan_trace_part_t *p = &t->trace;
    uint32_t state = uspan_lock(t);
    uspan_entry_t *to = worst >= USPAN_OK ? uspan_entry_claim(p, s, e->key, true) : NULL;
    if (to != NULL) {
        if (worst != USPAN_OK) {
            p->values_truncated++;
            e->pend_len = USPAN_PEND_CLOSED;
        }
        uspan_entry_exchange(p, to, e);
    } else {
        worst = uspan_entry_refused(p, s, e->key);
        uspan_entry_free(p, e);
    }
    uspan_unlock(t, state);
    return worst;
}

/* ---- values that are built first ----------------------------------------------------------------------- */

uspan_err_t uspan_attr_build(uspan_tracer_t *t, uspan_t s, const uspan_attr_t *arg,
                             uspan_err_t (*make)(uspan_tracer_t *, uspan_entry_t *, const uspan_attr_t *))
{
    const uspan_key_t *key = arg->key;
    if (t == NULL || key == NULL) {
        return USPAN_ERR_ARG;
    }
    if (uspan_is_null(s)) {
        return USPAN_OK;
    }
    /* Look first: a stale or unsampled span, or disabled content, must not take blocks from the pool. */
    uspan_trace_part_t *p = &t->trace;
    uint32_t state = uspan_lock(t);
    bool wanted = wants(p, s, key);
    uspan_err_t err = wanted ? USPAN_OK : uspan_entry_refused(p, s, key);
    uspan_unlock(t, state);
    if (wanted) {
        uspan_entry_t e;
        err = make(t, &e, arg);
        if (err != USPAN_ERR_ARG) {
            err = store_entry(t, s, &e, err);
        }
    }
    return err;
}

uspan_err_t uspan_attr_build_text(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, uspan_type_t type,
                                  const char *text, size_t len)
{
    if (len >= USPAN_TO_NUL || (text == NULL && len > 0u)) {
        return USPAN_ERR_ARG;
    }
    const uspan_attr_t arg = { .key = key, .type = type, .count = (uint32_t)len, .v.text = text };
    return uspan_attr_build(t, s, &arg, uspan_entry_build_text);
}

USPAN_NOINLINE static uspan_err_t set_array(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key,
                                            uspan_type_t type, const void *data, size_t count)
{
    if (count >= USPAN_TO_NUL || (data == NULL && count > 0u)) {
        return USPAN_ERR_ARG;
    }
    const uspan_attr_t arg = { .key = key, .type = type, .count = (uint32_t)count, .v.bytes = data };
    return uspan_attr_build(t, s, &arg, uspan_entry_build);
}

uspan_err_t uspan_set_bytes(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const void *data,
                            size_t len)
{
    return set_array(t, s, key, USPAN_TYPE_BYTES, data, len);
}

uspan_err_t uspan_set_ints(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const int64_t *values,
                           size_t count)
{
    return set_array(t, s, key, USPAN_TYPE_INTS, values, count);
}

uspan_err_t uspan_set_doubles(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const double *values,
                              size_t count)
{
    return set_array(t, s, key, USPAN_TYPE_DOUBLES, values, count);
}

uspan_err_t uspan_set_bools(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const bool *values,
                            size_t count)
{
    return set_array(t, s, key, USPAN_TYPE_BOOLS, values, count);
}

uspan_err_t uspan_set_strs(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *const *texts,
                           size_t count)
{
    return set_array(t, s, key, USPAN_TYPE_TEXTS, texts, count);
}
