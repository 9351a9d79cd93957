/* json_write_raw.h: JSON given as text, as a part of a value being written. Private to core. */
#ifndef USPAN_JSON_JSON_WRITE_RAW_H
#define USPAN_JSON_JSON_WRITE_RAW_H

#include "json/json_write_state.h"

/* Write JSON given as text, and end it. A text that is not complete JSON becomes a string. False: the value
 * was cut or the span has ended. o->err says which. */
bool uspan_write_raw(uspan_write_out_t *o, const char *text, size_t len);
bool uspan_write_raw_end(uspan_write_out_t *o);

#endif
