/* wire_messages.h: converts units to messages. Private to core/wire. */
#ifndef USPAN_WIRE_WIRE_MESSAGES_H
#define USPAN_WIRE_WIRE_MESSAGES_H

#include "wire/wire_item.h"

void uspan_wire_begin_list(uspan_wire_t *w, unsigned list);
void uspan_wire_end_list(uspan_wire_t *w);
void uspan_wire_begin_message(uspan_wire_t *w, const char *role);
/* Write a complete unit, with its members in the conventional order. */
void uspan_wire_write_unit(uspan_wire_t *w, const uspan_item_t *unit);
void uspan_wire_end_request_message(uspan_wire_t *w);
void uspan_wire_end_definition(uspan_wire_t *w);

#endif
