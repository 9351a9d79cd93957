/* wire_item.h: reads records as items. Private to core/wire. */
#ifndef USPAN_WIRE_WIRE_ITEM_H
#define USPAN_WIRE_WIRE_ITEM_H

#include "wire/wire_hold.h"

/* Content of an item, or of the unit around its items. */
typedef struct uspan_item {
    uint64_t has;         /* one bit for each tag from TAKE_RECORDS on */
    uint32_t id, item_id; /* hashes; 0: none */
    uint32_t name, type;
    uint8_t index, part_index, choice; /* UINT8_MAX: unknown */
    bool is_server_call;               /* according to its type */
} uspan_item_t;
#define USPAN_ITEM_HAS(tag) (UINT64_C(1) << ((tag)-TAKE_RECORDS))
static inline bool uspan_item_has(const uspan_item_t *item, unsigned tag)
{
    return (item->has & USPAN_ITEM_HAS(tag)) != 0u;
}
/* The same for a tag that is not constant. */
bool uspan_item_has_tag(const uspan_item_t *item, unsigned tag);
#define USPAN_ITEM_REASONING \
    (USPAN_ITEM_HAS(TAKE_REASONING) | USPAN_ITEM_HAS(TAKE_REASONING_2) | USPAN_ITEM_HAS(TAKE_REASONING_3))
/* Tags of which an answer consists. */
#define USPAN_ITEM_CONTENT                                                                     \
    (USPAN_ITEM_HAS(TAKE_PART) | USPAN_ITEM_HAS(TAKE_CALL) | USPAN_ITEM_HAS(TAKE_OLD_CALL) |   \
     USPAN_ITEM_HAS(TAKE_BLOB) | USPAN_ITEM_HAS(TAKE_TRANSCRIPT) | USPAN_ITEM_HAS(TAKE_TEXT) | \
     USPAN_ITEM_REASONING | USPAN_ITEM_HAS(TAKE_REFUSAL) | USPAN_ITEM_HAS(TAKE_ARGUMENTS) |    \
     USPAN_ITEM_HAS(TAKE_RESPONSE))
/* Read the next record of an item, or the marker of an item within it, whose records are skipped. Returns
 * false at the end of the item. */
bool uspan_item_next(uspan_wire_t *w, uspan_hold_cursor_t *c, uspan_record_t *r);
/* Returns a cursor into the item of the last marker. */
uspan_hold_cursor_t uspan_item_inner(const uspan_hold_cursor_t *c);
/* Find out the content of the records from there to the end of the item. */
void uspan_item_scan(uspan_wire_t *w, const uspan_hold_cursor_t *from, uspan_item_t *item);
/* Find the next part, scan it and set *inner to its start. Returns false if there are no more. */
bool uspan_item_next_part(uspan_wire_t *w, uspan_hold_cursor_t *c, uspan_hold_cursor_t *inner,
                          uspan_item_t *item);
/* Like uspan_item_scan(), for all records of an owner. *begin: their start. */
void uspan_item_scan_all(uspan_wire_t *w, unsigned owner, uspan_hold_cursor_t *begin, uspan_item_t *item);
/* Returns true if the record belongs to the first value of its tag. A second value and its continuations are
 * skipped, wherever fragments end. *values must be 0 at the start. */
bool uspan_item_is_first(const uspan_record_t *r, unsigned *values);
/* Copy the first value of that tag, cut to cap - 1 bytes. Returns its length. */
size_t uspan_item_text(uspan_wire_t *w, const uspan_hold_cursor_t *from, unsigned tag, char *out, size_t cap);

#endif
