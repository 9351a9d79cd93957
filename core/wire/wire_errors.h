/* wire_errors.h: finds errors in an answer. Private to core/wire. */
#ifndef USPAN_WIRE_WIRE_ERRORS_H
#define USPAN_WIRE_WIRE_ERRORS_H

#include "wire/wire_item.h"

/* Store an error of the unit. has_answer: members that are only a weak sign of an error are ignored. */
void uspan_wire_keep_error(uspan_wire_t *w, const uspan_item_t *unit, bool has_answer);
#define USPAN_WIRE_ERROR_BYTES 200u
/* Copy the message of the error, not more than `room` bytes. Returns its length. */
size_t uspan_wire_error(uspan_wire_t *w, char *out, size_t room);

#endif
