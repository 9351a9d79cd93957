/* json_write_raw.h: JSON given as text, as a part of a value being written. Private to core. */
#ifndef USPAN_JSON_JSON_WRITE_RAW_H
#define USPAN_JSON_JSON_WRITE_RAW_H

#include "json/json_write_state.h"

/* JSON given as text; and its end: what is not whole becomes a string. False where the value was cut, or the
 * span is gone; o->err says which. */
bool uspan_write_raw(uspan_write_out_t *o, const char *text, size_t len);
bool uspan_write_raw_end(uspan_write_out_t *o);

#endif
