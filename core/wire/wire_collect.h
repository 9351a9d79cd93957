/* wire_collect.h: what a value does. Private to core/wire. */
#ifndef USPAN_WIRE_WIRE_COLLECT_H
#define USPAN_WIRE_WIRE_COLLECT_H

#include "wire/wire_state.h"

/* What a value does. A sink. */
void uspan_wire_on_value(void *w, unsigned action, uspan_json_event_t event, const char *text, size_t len);
/* The unit is over. */
void uspan_wire_end_unit(uspan_wire_t *w);
/* The document broke off: what there was of it stays. */
void uspan_wire_break_off(uspan_wire_t *w);

#endif
