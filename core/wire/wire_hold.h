/* wire_hold.h: stores records until their item is complete. Private to core/wire. */
#ifndef USPAN_WIRE_WIRE_HOLD_H
#define USPAN_WIRE_WIRE_HOLD_H

#include "wire/wire_state.h"

#define USPAN_HOLD_UNIT 0u    /* owner of the records of the unit that is being read; calls have 1, 2, ... */
#define USPAN_HOLD_MORE 0x80u /* in a record's tag: the value continues */
typedef struct uspan_hold_cursor {
    uint16_t before, block; /* USPAN_NO_INDEX: none; not started */
    uint8_t at;             /* offset after the last record */
    uint8_t owner;
    uint8_t depth; /* number of open items within the current one */
    bool in_blocks, in_whole;
} uspan_hold_cursor_t;
typedef struct uspan_record {
    const char *text; /* valid until the next record is read */
    uint8_t tag, len;
    bool more; /* continues the value of the previous record */
    char copy[USPAN_BLOCK_BYTES];
} uspan_record_t;
/* Add bytes to a value. more: it has bytes already. Returns false if there was no room, and counts the
 * loss. */
bool uspan_hold_add(uspan_wire_t *w, unsigned owner, unsigned tag, const char *text, size_t len, bool more);
/* Remove a short value that is incomplete. */
void uspan_hold_drop_half(uspan_wire_t *w);
void uspan_hold_begin(uspan_hold_cursor_t *c, unsigned owner);
/* Read the next record. Returns false if there are no more. */
bool uspan_hold_next(uspan_wire_t *w, uspan_hold_cursor_t *c, uspan_record_t *r);
/* Release a record that was written. Its block is freed if it has no other records. */
void uspan_hold_release(uspan_wire_t *w, uspan_hold_cursor_t *c);
/* Remove all records of an owner. */
void uspan_hold_clear(uspan_wire_t *w, unsigned owner);
/* Returns memory after the records for n bytes of a word that is being read. */
char *uspan_hold_word(uspan_wire_t *w);
/* Add text that waits to be written together with the text after it. Returns false if there is no room. */
bool uspan_hold_gather(uspan_wire_t *w, const char *text, size_t len);
void uspan_hold_gathered(uspan_wire_t *w);
/* Returns the writer. Text that waits is written first. */
uspan_writer_t *uspan_wire_writer(uspan_wire_t *w);

#endif
