/* wire_parts.h: converts items to parts of messages. Private to core/wire. */
#ifndef USPAN_WIRE_WIRE_PARTS_H
#define USPAN_WIRE_WIRE_PARTS_H

#include "wire/wire_item.h"

/* Returns the tag of the reasoning that is used if several members contain it. */
unsigned uspan_wire_reasoning_of(const uspan_item_t *item);
void uspan_wire_begin_part(uspan_wire_t *w, const char *type);
/* Write the value of the tag as a member of the open part. A long value is written completely. */
void uspan_wire_write_member(uspan_wire_t *w, const uspan_hold_cursor_t *from, const char *name,
                             uspan_leaf_t leaf, unsigned tag);
void uspan_wire_write_id(uspan_wire_t *w, const uspan_hold_cursor_t *from, const uspan_item_t *item,
                         unsigned tag);
/* Write the result of a tool. is_tool_message: all texts of the unit are the result. */
void uspan_wire_write_response(uspan_wire_t *w, const uspan_hold_cursor_t *from, const uspan_item_t *item,
                               bool is_tool_message);
/* Write text of a kind: TAKE_TEXT, TAKE_REASONING, TAKE_REFUSAL or TAKE_THOUGHT. It continues the open part
 * if that has the same kind. */
void uspan_wire_write_text(uspan_wire_t *w, unsigned kind, const char *text, size_t len);
/* Write all values of that tag. */
void uspan_wire_write_texts(uspan_wire_t *w, const uspan_hold_cursor_t *from, unsigned tag, unsigned kind);
/* Like uspan_wire_write_texts(), for the only text of a unit, without its first `skip` bytes. It may wait to
 * be written together with the next text. */
void uspan_wire_add_texts(uspan_wire_t *w, uspan_hold_cursor_t *from, unsigned tag, unsigned kind,
                          size_t skip);
/* Like uspan_wire_add_texts(), for a unit that has only parts. */
void uspan_wire_add_parts(uspan_wire_t *w);
void uspan_wire_write_call(uspan_wire_t *w, const uspan_hold_cursor_t *from, const uspan_item_t *item);
void uspan_wire_write_item(uspan_wire_t *w, const uspan_hold_cursor_t *from, const uspan_item_t *item);

#endif
