/* wire_calls.h: tool calls in pieces. Private to core/wire. */
#ifndef USPAN_WIRE_WIRE_CALLS_H
#define USPAN_WIRE_WIRE_CALLS_H

#include "wire/wire_item.h"

/* What the piece says goes to its call; whole: unless the call has it. arguments: the tag of its
 * arguments. */
void uspan_wire_add_to_call(uspan_wire_t *w, const uspan_hold_cursor_t *from, const uspan_item_t *piece,
                            unsigned arguments, bool whole);
/* The calls that wait are written, in their order. */
void uspan_wire_write_calls(uspan_wire_t *w);
/* What waits of them is given back. */
void uspan_wire_drop_calls(uspan_wire_t *w);

#endif
