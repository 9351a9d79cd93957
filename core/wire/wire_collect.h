/* wire_collect.h: handles the values of a document. Private to core/wire. */
#ifndef USPAN_WIRE_WIRE_COLLECT_H
#define USPAN_WIRE_WIRE_COLLECT_H

#include "wire/wire_state.h"

/* Handle a value. This is the sink of the JSON reader. */
void uspan_wire_on_value(void *w, uspan_json_event_t event, const char *text, size_t len);
/* End the unit. */
void uspan_wire_end_unit(uspan_wire_t *w);
/* End an incomplete document. What was read of it is kept. */
void uspan_wire_break_off(uspan_wire_t *w);

#endif
