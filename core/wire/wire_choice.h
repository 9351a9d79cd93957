/* wire_choice.h: choices of an answer to messages. Private to core/wire. */
#ifndef USPAN_WIRE_WIRE_CHOICE_H
#define USPAN_WIRE_WIRE_CHOICE_H

#include "wire/wire_item.h"

/* The message of the choice that was written last ends, with the reason that is known. */
void uspan_wire_end_message(uspan_wire_t *w);
/* Whether that choice has no message to write to. counts: something is lost by it. */
bool uspan_wire_is_other_choice(uspan_wire_t *w, unsigned choice, bool counts);
/* The finish reason in the unit. */
void uspan_wire_keep_finish(uspan_wire_t *w, const uspan_item_t *unit, unsigned choice);
/* A choice, or a document without choices, is whole: uspan_wire_dialect_t.end_unit. */
void uspan_wire_end_choice(uspan_wire_t *w);

#endif
