/* wire_parts.h: items to parts of messages. Private to core/wire. */
#ifndef USPAN_WIRE_WIRE_PARTS_H
#define USPAN_WIRE_WIRE_PARTS_H

#include "wire/wire_item.h"

/* The tag of the reasoning that counts, where it is told in several members. */
unsigned uspan_wire_reasoning_of(const uspan_item_t *item);
void uspan_wire_begin_part(uspan_wire_t *w, const char *type);
/* The value of the tag, or all of a long one, as a member of the open part. */
void uspan_wire_write_member(uspan_wire_t *w, const uspan_hold_cursor_t *from, const char *name,
                             uspan_leaf_t leaf, unsigned tag);
void uspan_wire_write_id(uspan_wire_t *w, const uspan_hold_cursor_t *from, const uspan_item_t *item,
                         unsigned tag);
/* of_tool: the texts of the whole unit are the result. */
void uspan_wire_write_response(uspan_wire_t *w, const uspan_hold_cursor_t *from, const uspan_item_t *item,
                               bool of_tool);
/* Text of a kind: TAKE_TEXT, TAKE_REASONING, TAKE_REFUSAL or TAKE_THOUGHT. It goes on with the open part
 * where that is of the same kind. */
void uspan_wire_write_text(uspan_wire_t *w, unsigned kind, const char *text, size_t len);
/* All values of that tag. */
void uspan_wire_write_texts(uspan_wire_t *w, const uspan_hold_cursor_t *from, unsigned tag, unsigned kind);
/* The same for the unit's only text, which may wait to be written together with what follows. */
void uspan_wire_add_texts(uspan_wire_t *w, uspan_hold_cursor_t *from, unsigned tag, unsigned kind);
/* The same for a unit of parts alone. */
void uspan_wire_add_parts(uspan_wire_t *w);
void uspan_wire_write_call(uspan_wire_t *w, const uspan_hold_cursor_t *from, const uspan_item_t *item);
void uspan_wire_write_item(uspan_wire_t *w, const uspan_hold_cursor_t *from, const uspan_item_t *item);

#endif
