/* json_write.c: writes the leaves and containers of a JSON value, one member after another.
 * Invariant: a container is opened or a leaf begun only if its name and what closes it fit. */
#include "json/json_write.h"
#include <string.h>
#include "json/json_write_raw.h"
#include "json/json_write_store.h"
#include "trace/attr.h"

uspan_err_t uspan_write_prepare(uspan_writer_t *w, uspan_tracer_t *t, uspan_t s, const uspan_key_t *key,
                                unsigned list)
{
    if (w == NULL) {
        return USPAN_ERR_ARG;
    }
    memset(w, 0, sizeof *w);
    if (t == NULL || key == NULL) {
        return USPAN_ERR_ARG;
    }
    if (uspan_is_null(s)) {
        return USPAN_OK;
    }
    w->t = t;
    w->s = s;
    w->key = key;
    w->list = (uint8_t)list;
    w->flags = USPAN_WRITE_EMPTY;
    w->stamp = (uint16_t)((uintptr_t)w >> 2);
    uspan_write_out_t o;
    if (!uspan_write_enter(&o, w, false)) {
        w->t = NULL;
    }
    return o.err;
}

/* Write bytes as base64. */
static bool put_bytes(uspan_write_out_t *o, const uint8_t *data, size_t len)
{
    uspan_writer_t *w = o->w;
    for (; len > 0u; len--) {
        w->pend[w->pend_len++] = *data++;
        if (w->pend_len == 3u) {
            char group[4];
            (void)uspan_write_waiting(w, group);
            w->pend_len = 0u;
            if (!uspan_write_whole(o, group, sizeof group)) {
                return false;
            }
        }
    }
    return true;
}

bool uspan_write_feed(uspan_write_out_t *o, const void *data, size_t len)
{
    if (o->w->state != USPAN_WRITE_BASE64 && uspan_is_redacted(o->w->t, o->w->key)) {
        const char *text = data;
        uspan_redact(o->w->t, o->w->key, &text, &len);
        data = text;
    }
    return o->w->state == USPAN_WRITE_TEXT     ? uspan_write_text(o, data, len)
           : o->w->state == USPAN_WRITE_BASE64 ? put_bytes(o, data, len)
                                               : uspan_write_raw(o, data, len);
}

/* ---- leaves and containers ----------------------------------------------------------------------------- */

bool uspan_write_leaf_end(uspan_write_out_t *o)
{
    uspan_writer_t *w = o->w;
    unsigned depth = uspan_write_depth(w);
    if (w->state >= USPAN_WRITE_STR && !uspan_write_raw_end(o)) {
        return false;
    }
    uspan_write_close_to(o, depth);
    return true;
}

/* The text after the mark does not fit: go back to the mark and cut the value there. */
static bool lose(uspan_write_out_t *o)
{
    *o->w = o->mark;
    o->used = o->mark_used;
    uspan_write_cut(o);
    return false;
}

bool uspan_write_value(uspan_write_out_t *o, const char *name, const char *text, size_t len, unsigned state)
{
    uspan_writer_t *w = o->w;
    if ((w->flags & USPAN_WRITE_CUT) != 0u) {
        return false;
    }
    bool comma = (w->flags & USPAN_WRITE_EMPTY) == 0u;
    w->flags &= (uint8_t)~USPAN_WRITE_EMPTY;
    if (name != NULL) {
        w->state = USPAN_WRITE_NAME;
        if (!uspan_write_fit(o, comma ? ",\"" : "\"", comma ? 2u : 1u)) {
            return lose(o);
        }
        if (!uspan_write_text(o, name, strlen(name)) || !uspan_write_text_end(o) ||
            !uspan_write_ensure(o, USPAN_WRITE_PIECE)) {
            return false;
        }
        uspan_write_settle_need(w, name);
    }
    w->state = (uint8_t)state;
    if (*text == '{' || *text == '[') {
        uspan_write_push(w, *text == '{');
        w->flags |= len == 1u ? USPAN_WRITE_EMPTY : 0u;
    }
    const char *lead = name != NULL ? "\":" : comma ? "," : "";
    if (!uspan_write_fit(o, lead, strlen(lead)) || !uspan_write_fit(o, text, len)) {
        return lose(o);
    }
    if (state == USPAN_WRITE_VALUE) {
        w->from = (uint16_t)(w->len + o->used);
        w->from_block = w->tail;
        w->from_chars = w->chars;
        w->base = w->depth;
    }
    return true;
}

bool uspan_write_pair(uspan_write_out_t *o, const char *name, const char *text)
{
    return uspan_write_value(o, name, "\"", 1u, USPAN_WRITE_TEXT) &&
           uspan_write_feed(o, text, strlen(text)) && uspan_write_leaf_end(o);
}
