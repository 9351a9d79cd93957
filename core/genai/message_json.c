/* message_json.c: any JSON, built or given as text: what is out of place is refused, so that every value
 * stays one JSON value. */
#include "json_write.h"
#include <string.h>

uspan_err_t uspan_write_begin(uspan_writer_t *w, uspan_tracer_t *t, uspan_t s, const uspan_key_t *key)
{
    return uspan_write_prepare(w, t, s, key, 0u);
}

/* A value may come here under that name; the leaf before it is closed. */
static bool enter_value(uspan_write_out_t *o, uspan_writer_t *w, const char *name, unsigned more)
{
    if (!uspan_write_enter(o, w, false)) {
        return false;
    }
    unsigned depth = w->state >= USPAN_WRITE_VALUE ? w->base : w->depth;
    uint32_t stack = w->stack >> (w->depth - depth);
    bool place = depth == 0u ? (w->flags & USPAN_WRITE_EMPTY) != 0u : depth + more <= USPAN_WRITE_DEPTH;
    if (!place || depth < uspan_write_item_depth(w) || (name != NULL) != (depth > 0u && (stack & 1u) != 0u)) {
        o->err = USPAN_ERR_ARG;
        return false;
    }
    if (!uspan_write_leaf_end(o)) {
        o->err = uspan_write_leave(o);
        return false;
    }
    return true;
}

static uspan_err_t open(uspan_writer_t *w, const char *name, bool object)
{
    uspan_write_out_t o;
    if (!enter_value(&o, w, name, 1u)) {
        return o.err;
    }
    (void)uspan_write_open(&o, name, object);
    return uspan_write_leave(&o);
}

uspan_err_t uspan_write_object(uspan_writer_t *w, const char *name)
{
    return open(w, name, true);
}

uspan_err_t uspan_write_array(uspan_writer_t *w, const char *name)
{
    return open(w, name, false);
}

uspan_err_t uspan_write_close(uspan_writer_t *w)
{
    uspan_write_out_t o;
    if (!uspan_write_enter(&o, w, true)) {
        return o.err;
    }
    unsigned depth = w->state >= USPAN_WRITE_VALUE ? w->base : w->depth;
    if (depth <= uspan_write_item_depth(w)) {
        return (w->flags & USPAN_WRITE_CUT) != 0u ? USPAN_TRUNCATED : USPAN_ERR_ARG;
    }
    if (uspan_write_leaf_end(&o)) {
        uspan_write_close_to(&o, depth - 1u);
    }
    return uspan_write_leave(&o);
}

uspan_err_t uspan_write_str_n(uspan_writer_t *w, const char *name, const char *text, size_t len)
{
    uspan_write_out_t o;
    if (text == NULL && len > 0u) {
        return USPAN_ERR_ARG;
    }
    if (!enter_value(&o, w, name, 0u)) {
        return o.err;
    }
    if (uspan_write_value(&o, name, "\"", 1u, USPAN_WRITE_TEXT)) {
        (void)uspan_write_text(&o, text, len);
    }
    return uspan_write_leave(&o);
}

static uspan_err_t plain(uspan_writer_t *w, const char *name, const char *text, size_t len)
{
    uspan_write_out_t o;
    if (!enter_value(&o, w, name, 0u)) {
        return o.err;
    }
    (void)uspan_write_value(&o, name, text, len, USPAN_WRITE_BETWEEN);
    return uspan_write_leave(&o);
}

uspan_err_t uspan_write_int(uspan_writer_t *w, const char *name, int64_t value)
{
    char text[20];
    char *at = text + sizeof text;
    uint64_t size = value < 0 ? 0u - (uint64_t)value : (uint64_t)value;
    do {
        *--at = (char)('0' + size % 10u);
        size /= 10u;
    } while (size > 0u);
    if (value < 0) {
        *--at = '-';
    }
    return plain(w, name, at, (size_t)(text + sizeof text - at));
}

uspan_err_t uspan_write_bool(uspan_writer_t *w, const char *name, bool value)
{
    return plain(w, name, value ? "true" : "false", value ? 4u : 5u);
}

uspan_err_t uspan_write_null(uspan_writer_t *w, const char *name)
{
    return plain(w, name, "null", 4u);
}

uspan_err_t uspan_write_leaf(uspan_writer_t *w, const char *name, uspan_leaf_t leaf)
{
    uspan_write_out_t o;
    if (!enter_value(&o, w, name, 0u)) {
        return o.err;
    }
    if (leaf == USPAN_LEAF_JSON) {
        (void)uspan_write_raw_begin(&o, name);
    } else {
        (void)uspan_write_value(&o, name, "\"", 1u,
                                leaf == USPAN_LEAF_BASE64 ? USPAN_WRITE_BASE64 : USPAN_WRITE_TEXT);
    }
    return uspan_write_leave(&o);
}

uspan_err_t uspan_write_more_n(uspan_writer_t *w, const void *data, size_t len)
{
    uspan_write_out_t o;
    if (data == NULL && len > 0u) {
        return USPAN_ERR_ARG;
    }
    if (!uspan_write_enter(&o, w, false)) {
        return o.err;
    }
    if (w->state == USPAN_WRITE_TEXT) {
        (void)uspan_write_text(&o, data, len);
    } else if (w->state == USPAN_WRITE_BASE64) {
        (void)uspan_write_base64(&o, data, len);
    } else if (w->state >= USPAN_WRITE_VALUE) {
        (void)uspan_write_raw(&o, data, len);
    } else {
        return USPAN_ERR_ARG;
    }
    return uspan_write_leave(&o);
}

uspan_err_t uspan_write_end(uspan_writer_t *w)
{
    uspan_write_out_t o;
    if (!uspan_write_enter(&o, w, true)) {
        return o.err;
    }
    if (uspan_write_leaf_end(&o)) {
        uspan_write_close_to(&o, 0u);
    }
    return uspan_write_leave(&o);
}

uspan_err_t uspan_set_json_n(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *json,
                             size_t len)
{
    uspan_writer_t w;
    uspan_write_out_t o;
    if (json == NULL && len > 0u) {
        return USPAN_ERR_ARG;
    }
    uspan_err_t err = uspan_write_prepare(&w, t, s, key, 0u);
    if (err != USPAN_OK || len == 0u || !uspan_write_enter(&o, &w, false)) {
        return err;
    }
    if (uspan_write_raw_begin(&o, NULL) && uspan_write_raw(&o, json, len)) {
        (void)uspan_write_leaf_end(&o);
    }
    return uspan_write_leave(&o);
}

uspan_err_t uspan_function_input_begin(uspan_writer_t *w, uspan_tracer_t *t, uspan_t s)
{
    uspan_write_out_t o;
    uspan_err_t err = uspan_write_prepare(w, t, s, &uspan_key_function_input, 0u);
    if (err != USPAN_OK || !uspan_write_enter(&o, w, false)) {
        return err;
    }
    uspan_writer_t next = *w;
    uspan_write_push(&next, true);
    uspan_write_push(&next, true);
    (void)uspan_write_step(&o, &next, "{\"args\":[],\"kwargs\":{", 21u);
    return uspan_write_leave(&o);
}
