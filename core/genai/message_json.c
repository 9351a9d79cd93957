/* message_json.c: writes any JSON, built or given as text. It refuses members in the wrong place, so every
 * value stays one JSON value. */
#include "json/json_write.h"
#include <string.h>
#include "trace/decimal.h"

uspan_err_t uspan_write_begin(uspan_writer_t *w, uspan_tracer_t *t, uspan_t s, const uspan_key_t *key)
{
    return uspan_write_prepare(w, t, s, key, 0u);
}

uspan_err_t uspan_write_member(uspan_writer_t *w, const char *name, const char *text, uspan_leaf_t leaf,
                               const void *data, size_t len)
{
    static const uint8_t states[] = { USPAN_WRITE_BETWEEN, USPAN_WRITE_TEXT, USPAN_WRITE_BASE64,
                                      USPAN_WRITE_VALUE };
    uspan_write_out_t o;
    if (data == NULL && len > 0u) {
        return USPAN_ERR_ARG;
    }
    if (!uspan_write_enter(&o, w, false)) {
        return o.err;
    }
    unsigned depth = uspan_write_depth(w);
    bool in_object = depth > 0u && (w->stack >> (w->depth - depth) & 1u) != 0u;
    bool place = depth > 0u ? depth < USPAN_WRITE_DEPTH : (w->flags & USPAN_WRITE_EMPTY) != 0u;
    if (!place || depth < uspan_write_item_depth(w) || (name != NULL) != in_object) {
        return USPAN_ERR_ARG;
    }
    if (uspan_write_leaf_end(&o) && uspan_write_value(&o, name, text, strlen(text), states[leaf])) {
        (void)(leaf == USPAN_LEAF_NONE || uspan_write_feed(&o, data, len));
    }
    return uspan_write_leave(&o);
}

uspan_err_t uspan_write_close(uspan_writer_t *w)
{
    uspan_write_out_t o;
    if (!uspan_write_enter(&o, w, true)) {
        return o.err;
    }
    unsigned depth = uspan_write_depth(w);
    if (depth <= uspan_write_item_depth(w)) {
        return o.err == USPAN_OK ? USPAN_ERR_ARG : o.err;
    }
    if (uspan_write_leaf_end(&o)) {
        uspan_write_close_to(&o, depth - 1u);
    }
    return uspan_write_leave(&o);
}

uspan_err_t uspan_write_int(uspan_writer_t *w, const char *name, int64_t value)
{
    char text[21];
    char *end = text + sizeof text - 1u;
    *end = '\0';
    return uspan_write_member(w, name, uspan_int_text(value, end), USPAN_LEAF_NONE, NULL, 0u);
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
    if (w->state == USPAN_WRITE_BETWEEN) {
        return USPAN_ERR_ARG;
    }
    (void)uspan_write_feed(&o, data, len);
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
    uspan_err_t err = uspan_write_prepare(&w, t, s, key, 0u);
    if (err == USPAN_OK && len > 0u) {
        err = uspan_write_member(&w, NULL, "", USPAN_LEAF_JSON, json, len);
        return err == USPAN_OK ? uspan_write_end(&w) : err;
    }
    return err;
}
