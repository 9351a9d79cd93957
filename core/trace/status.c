/* status.c: status, name and errors of an open span. Ok > Error > Unset (OpenTelemetry trace API, "Set
 * Status"). */
#include <string.h>
#include "attr.h"
#include "trace.h"
#include "utf8.h"

size_t uspan_name_clean(const char *name, size_t len, char buf[USPAN_NAME_MAX], bool *whole)
{
    size_t n = 0;
    if (len > USPAN_NAME_MAX + 3u) { /* what begins behind the end is not looked at */
        len = USPAN_NAME_MAX + 3u;
    }
    for (*whole = true; len > 0u && *whole;) {
        const char *piece;
        size_t made = uspan_utf8_piece(&name, &len, &piece);
        size_t kept = uspan_utf8_cut(piece, made, USPAN_NAME_MAX - n);
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
    size_t kept = uspan_name_clean(name, name_len, buf, &whole);
    uspan_err_t err;
    uint32_t state = uspan_lock(t);
    uspan_slot_t *slot = uspan_slot_recorded(&t->trace, s, &err);
    if (slot != NULL) {
        memcpy(slot->name, buf, kept);
        slot->name_len = (uint8_t)kept;
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
    uspan_chain_t c = USPAN_CHAIN_EMPTY;
    if (status == USPAN_STATUS_ERROR && message != NULL) {
        worst = uspan_chain_text(t, &c, message, strlen(message), USPAN_VALUE_MAX);
    }
    uspan_err_t err;
    uint32_t state = uspan_lock(t);
    uspan_slot_t *slot = uspan_slot_recorded(p, s, &err);
    if (slot != NULL && slot->status != USPAN_STATUS_OK) {
        uspan_chain_t old = { slot->message, slot->message_tail, slot->message_len, 0u };
        slot->status = (uint8_t)status;
        slot->message = c.head;
        slot->message_tail = c.tail;
        slot->message_len = c.len;
        p->values_truncated += worst == USPAN_TRUNCATED;
        err = worst;
        c = old;
    }
    uspan_chain_give(p, &c);
    if (p->count_failure != NULL && status == USPAN_STATUS_ERROR) {
        p->count_failure(p, s);
    }
    uspan_unlock(t, state);
    return err;
}

/* Without error.type backends count no error: in a full table it takes the place of what came last, and so
 * the one loss that is counted is that. */
static uspan_err_t set_error_type(uspan_tracer_t *t, uspan_t s, const char *type)
{
    uspan_trace_part_t *p = &t->trace;
    const uspan_key_t *key = USPAN_KEY("error.type");
    uspan_err_t err = uspan_set_str(t, s, key, type);
    if (err == USPAN_ERR_FULL) {
        uspan_err_t ignored;
        uint32_t state = uspan_lock(t);
        uspan_slot_t *slot = uspan_slot_recorded(p, s, &ignored);
        bool given = slot != NULL && slot->attr_count > 0u && slot->attr_count >= p->limits.attrs;
        if (given) {
            uspan_entry_give(p, &slot->attrs[--slot->attr_count]);
        }
        uspan_unlock(t, state);
        if (given) {
            (void)uspan_set_str(t, s, key, type);
        }
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
