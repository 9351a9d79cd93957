/* status.c: status, name and errors of an open span. Ok > Error > Unset (OpenTelemetry trace API, "Set
 * Status"). */
#include <string.h>
#include "trace/attr.h"
#include "trace/trace.h"
#include "trace/utf8.h"

size_t uspan_text_clean(const char *text, size_t len, char *buf, size_t cap, bool *whole)
{
    size_t n = 0;
    if (len > cap + 3u) { /* bytes beyond the end are not read */
        len = cap + 3u;
    }
    for (*whole = true; len > 0u && *whole;) {
        const char *piece;
        size_t made = uspan_utf8_piece(&text, &len, &piece);
        size_t kept = uspan_utf8_cut(piece, made, cap - n);
        memcpy(buf + n, piece, kept);
        n += kept;
        *whole = kept == made;
    }
    return n;
}

uspan_err_t uspan_set_name_n(uspan_tracer_t *t, uspan_t s, const char *name, size_t name_len)
{
    if (t == NULL || name == NULL || name_len == 0u) {
        return USPAN_ERR_ARG;
    }
    if (uspan_is_null(s)) {
        return USPAN_OK;
    }
    char buf[USPAN_NAME_MAX];
    bool whole;
    size_t kept = uspan_text_clean(name, name_len, buf, sizeof buf, &whole);
    uspan_err_t err;
    uint32_t state = uspan_lock(t);
    uspan_slot_t *slot = uspan_slot_find_recording(&t->trace, s, &err);
    if (slot != NULL) {
        slot->name_len = 0u; /* a reader after a reset finds the old name, the new one or none */
        USPAN_COMMIT_ORDER();
        memcpy(slot->name, buf, kept);
        USPAN_COMMIT_ORDER();
        slot->name_len = (uint8_t)kept;
        t->trace.names_truncated += !whole;
        err = whole ? USPAN_OK : USPAN_TRUNCATED;
    }
    uspan_unlock(t, state);
    return err;
}

uspan_err_t uspan_set_status(uspan_tracer_t *t, uspan_t s, uspan_status_t status, const char *message)
{
    if (t == NULL || status > USPAN_STATUS_ERROR) {
        return USPAN_ERR_ARG;
    }
    if (uspan_is_null(s) || status == USPAN_STATUS_UNSET) {
        return USPAN_OK;
    }
    uspan_trace_part_t *p = &t->trace;
    uspan_err_t worst = USPAN_OK;
    const size_t len = message != NULL ? strlen(message) : 0u;
    uspan_chain_t c = USPAN_CHAIN_FOR(len);
    if (status == USPAN_STATUS_ERROR) {
        worst = uspan_chain_text(t, &c, message, len, USPAN_VALUE_MAX);
    }
    uspan_err_t err;
    uint32_t state = uspan_lock(t);
    uspan_slot_t *slot = uspan_slot_find_recording(p, s, &err);
    if (slot != NULL && slot->status != USPAN_STATUS_OK) {
        uspan_chain_t old = { slot->message, slot->message_tail, slot->message_len, 0u, 0u };
        slot->message_len = 0u;
        USPAN_COMMIT_ORDER();
        slot->status = (uint8_t)status;
        slot->message = c.head;
        slot->message_tail = c.tail;
        USPAN_COMMIT_ORDER();
        slot->message_len = c.len;
        p->values_truncated += worst == USPAN_TRUNCATED;
        err = worst;
        c = old;
    }
    uspan_chain_free(p, &c);
    if (p->count_failure != NULL && status == USPAN_STATUS_ERROR) {
        p->count_failure(p, s);
    }
    uspan_unlock(t, state);
    return err;
}

#define TYPE_HOLD_MAX \
    64u /* bytes copied with the lock held; a longer error.type is cut to this if the table is full */

/* Find an entry for error.type after the ordinary way failed: its own, a new one, or that of the last
 * attribute. The loss that the ordinary way counted now stands for the attribute that is replaced, if there
 * is one. Otherwise it is not counted. The caller holds the lock. */
static uspan_entry_t *make_room(uspan_trace_part_t *p, uspan_slot_t *slot, const uspan_key_t *key)
{
    uspan_entry_t *e = uspan_entry_find(slot, key);
    if (e == NULL && slot->attr_count >= p->limits.attrs) {
        e = &slot->attrs[slot->attr_count - 1u];
    } else {
        slot->dropped_attrs--;
        p->attrs_dropped--;
        if (e == NULL) {
            e = &slot->attrs[slot->attr_count];
            e->store = USPAN_STORE_NONE;
            e->key = key;
            USPAN_COMMIT_ORDER();
            slot->attr_count++;
        }
    }
    uspan_entry_free(p, e);
    uspan_note_key(slot, key);
    e->key = key;
    return e;
}

/* Store text of up to TYPE_HOLD_MAX bytes. Returns USPAN_TRUNCATED if there is no block for it. The part that
 * fits into the entry is usually enough to distinguish errors. The caller holds the lock. */
static uspan_err_t store_type(uspan_trace_part_t *p, uspan_entry_t *e, const char *type, size_t len)
{
    uspan_chain_t c = USPAN_CHAIN_EMPTY;
    if (len > sizeof e->v.inline_text && uspan_chain_write_locked(p, &c, type, len)) {
        e->len = c.len;
        e->v.chain.head = c.head;
        e->v.chain.tail = c.tail;
        e->v.chain.chars = c.len;
        USPAN_COMMIT_ORDER();
        e->store = USPAN_STORE_TEXT;
        return USPAN_OK;
    }
    e->len = (uint16_t)uspan_utf8_cut(type, len, sizeof e->v.inline_text);
    memcpy(e->v.inline_text, type, e->len);
    USPAN_COMMIT_ORDER();
    e->store = USPAN_STORE_INLINE;
    return e->len < len ? USPAN_TRUNCATED : USPAN_OK;
}

/* Set error.type. Backends count no error without it, so it is always stored. If the table is full, it
 * replaces the last attribute. If the pool is full, it is cut to the bytes that fit an entry. This is one
 * hold of the lock, so no other context can use the entry or its blocks. */
static uspan_err_t set_error_type(uspan_tracer_t *t, uspan_t s, const char *type)
{
    uspan_trace_part_t *p = &t->trace;
    const uspan_key_t *key = USPAN_KEY("error.type");
    uspan_err_t err = uspan_set_str(t, s, key, type);
    if (err == USPAN_ERR_FULL) {
        char text[TYPE_HOLD_MAX];
        bool whole;
        size_t len = uspan_text_clean(type, strlen(type), text, sizeof text, &whole);
        if (p->limits.value_chars != 0u) {
            size_t kept = uspan_utf8_chars(text, len, p->limits.value_chars);
            whole = whole && kept == len;
            len = kept;
        }
        uspan_err_t ignored;
        uint32_t state = uspan_lock(t);
        uspan_slot_t *slot = uspan_slot_find_recording(p, s, &ignored);
        if (slot != NULL && slot->dropped_attrs > 0u) {
            uint32_t lost = p->attrs_dropped;
            uspan_entry_t *e = make_room(p, slot, key);
            uspan_err_t cut = store_type(p, e, text, len);
            cut = whole ? cut : USPAN_TRUNCATED;
            p->values_truncated += cut == USPAN_TRUNCATED;
            e->pend_len = cut == USPAN_TRUNCATED ? USPAN_PEND_CLOSED : 0u;
            err = p->attrs_dropped == lost ? USPAN_ERR_FULL : cut;
        }
        uspan_unlock(t, state);
    }
    return err;
}

uspan_err_t uspan_record_error_data(uspan_tracer_t *t, uspan_t s, const char *type, const char *message,
                                    const char *data)
{
    if (t == NULL) {
        return USPAN_ERR_ARG;
    }
    if (uspan_is_null(s)) {
        return USPAN_OK;
    }
    if (type == NULL || type[0] == '\0') {
        type = "_OTHER";
    }
    uspan_attr_t attrs[3] = { USPAN_ATTR_TEXT(USPAN_KEY("exception.type"), type) };
    size_t n = 1;
    if (message != NULL && message[0] != '\0') {
        attrs[n++] = (uspan_attr_t)USPAN_ATTR_TEXT(USPAN_KEY("exception.message"), message);
    }
    if (data != NULL && data[0] != '\0') {
        attrs[n++] = (uspan_attr_t)USPAN_ATTR_TEXT(USPAN_KEY("uspan.error.data"), data);
    }
    uspan_err_t worst = set_error_type(t, s, type);
    worst = uspan_worse(worst, uspan_set_status(t, s, USPAN_STATUS_ERROR, message));
    return uspan_worse(worst, uspan_event_n(t, s, "exception", 9u, 0u, attrs, n));
}
