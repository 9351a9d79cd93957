/* wire_choice.h: converts choices of an answer to messages. Private to core/wire. */
#ifndef USPAN_WIRE_WIRE_CHOICE_H
#define USPAN_WIRE_WIRE_CHOICE_H

#include "wire/wire_item.h"

/* End the message of the choice that was written last, with the finish reason if it is known. */
void uspan_wire_end_message(uspan_wire_t *w);
/* Returns true if that choice has no message to write to. counts: count this as a loss. */
bool uspan_wire_is_other_choice(uspan_wire_t *w, unsigned choice, bool counts);
/* Store the finish reason of the unit. */
void uspan_wire_keep_finish(uspan_wire_t *w, const uspan_item_t *unit, unsigned choice);
/* Handle a complete choice, or a complete document without choices: uspan_wire_dialect_t.end_unit. */
void uspan_wire_end_choice(uspan_wire_t *w);

#endif
