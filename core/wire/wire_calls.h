/* wire_calls.h: collects tool calls that arrive in pieces. Private to core/wire. */
#ifndef USPAN_WIRE_WIRE_CALLS_H
#define USPAN_WIRE_WIRE_CALLS_H

#include "wire/wire_item.h"

/* Add a piece to its call. whole: only if the call does not have it. arguments: the tag of its arguments. */
void uspan_wire_add_to_call(uspan_wire_t *w, const uspan_hold_cursor_t *from, const uspan_item_t *piece,
                            unsigned arguments, bool whole);
/* Write the waiting calls in their order. all: also those without arguments that did not come whole. */
void uspan_wire_write_calls(uspan_wire_t *w, bool all);
/* Free the records of the waiting calls. */
void uspan_wire_drop_calls(uspan_wire_t *w);

#endif
