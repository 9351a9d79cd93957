/* wire_item.h: records seen as items. Private to core/wire. */
#ifndef USPAN_WIRE_WIRE_ITEM_H
#define USPAN_WIRE_WIRE_ITEM_H

#include "wire/wire_hold.h"

/* What an item, or the unit around its items, has. */
typedef struct uspan_item {
    uint64_t has;         /* bit of each tag from TAKE_RECORDS on */
    uint32_t id, item_id; /* hashes; 0: none */
    uint32_t name, type;
    uint8_t index, part_index, choice; /* UINT8_MAX: not told */
    bool is_server_call;               /* by its type */
} uspan_item_t;
#define USPAN_ITEM_HAS(tag) (UINT64_C(1) << ((tag)-TAKE_RECORDS))
static inline bool uspan_item_has(const uspan_item_t *item, unsigned tag)
{
    return (item->has & USPAN_ITEM_HAS(tag)) != 0u;
}
/* What an answer is made of. */
#define USPAN_ITEM_CONTENT                                                                              \
    (USPAN_ITEM_HAS(TAKE_PART) | USPAN_ITEM_HAS(TAKE_CALL) | USPAN_ITEM_HAS(TAKE_BLOB) |                \
     USPAN_ITEM_HAS(TAKE_TEXT) | USPAN_ITEM_HAS(TAKE_REASONING) | USPAN_ITEM_HAS(TAKE_REASONING_2) |    \
     USPAN_ITEM_HAS(TAKE_REASONING_3) | USPAN_ITEM_HAS(TAKE_REFUSAL) | USPAN_ITEM_HAS(TAKE_ARGUMENTS) | \
     USPAN_ITEM_HAS(TAKE_RESPONSE))
/* The next record of an item, or the marker that opens one within it, whose own records are passed over.
 * False: the item is over. */
bool uspan_item_next(uspan_wire_t *w, uspan_hold_cursor_t *c, uspan_record_t *r);
/* A cursor into the item that the last marker opened. */
uspan_hold_cursor_t uspan_item_inner(const uspan_hold_cursor_t *c);
/* What the records from there to the end of the item say. */
void uspan_item_scan(uspan_wire_t *w, const uspan_hold_cursor_t *from, uspan_item_t *item);
/* The same for all records of an owner. *begin: where they begin. */
void uspan_item_scan_all(uspan_wire_t *w, unsigned owner, uspan_hold_cursor_t *begin, uspan_item_t *item);
/* The record, one of a tag, is of the tag's first value: a second one and what that goes on with are passed
 * over, wherever fragments end. *values begins as 0. */
bool uspan_item_is_first(const uspan_record_t *r, unsigned *values);
/* The first value of that tag, cut to cap - 1 bytes. Returns its length. */
size_t uspan_item_text(uspan_wire_t *w, const uspan_hold_cursor_t *from, unsigned tag, char *out, size_t cap);

#endif
