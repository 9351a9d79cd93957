/* json_write.h: a value being written: leaves and containers. Private to core. */
#ifndef USPAN_JSON_JSON_WRITE_H
#define USPAN_JSON_JSON_WRITE_H

#include "json/json_write_close.h"
#include "json/json_write_out.h"

/* Begin a value: all of w. */
uspan_err_t uspan_write_prepare(uspan_writer_t *w, uspan_tracer_t *t, uspan_t s, const uspan_key_t *key,
                                unsigned list);
/* What follows returns false where the value was cut, or the span is gone; o->err says which. */
/* More of the leaf that is open, whatever it is. */
bool uspan_write_feed(uspan_write_out_t *o, const void *data, size_t len);
/* The leaf ends, if there is one. */
bool uspan_write_leaf_end(uspan_write_out_t *o);
/* Comma and name (NULL: none), and the beginning of a value, which leaves the writer in `state`: a bracket
 * opens a container. No leaf is open. */
bool uspan_write_value(uspan_write_out_t *o, const char *name, const char *text, size_t len, unsigned state);
/* A member with a text. */
bool uspan_write_pair(uspan_write_out_t *o, const char *name, const char *text);

#endif
