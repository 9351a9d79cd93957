/* json_write.h: leaves and containers of a JSON value that is being written. Private to core. */
#ifndef USPAN_JSON_JSON_WRITE_H
#define USPAN_JSON_JSON_WRITE_H

#include "json/json_write_close.h"
#include "json/json_write_out.h"

/* Begin a value. Sets all of w. */
uspan_err_t uspan_write_prepare(uspan_writer_t *w, uspan_tracer_t *t, uspan_t s, const uspan_key_t *key,
                                unsigned list);
/* The functions below return false if the value was cut or the span has ended. o->err says which. */
/* Add to the open leaf, whatever its type. */
bool uspan_write_feed(uspan_write_out_t *o, const void *data, size_t len);
/* End the open leaf, if there is one. */
bool uspan_write_leaf_end(uspan_write_out_t *o);
/* Write a comma, the name (NULL: none) and the beginning of a value, which leaves the writer in `state`. A
 * bracket opens a container. No leaf may be open. */
bool uspan_write_value(uspan_write_out_t *o, const char *name, const char *text, size_t len, unsigned state);
/* Write a member with a text. */
bool uspan_write_pair(uspan_write_out_t *o, const char *name, const char *text);

#endif
