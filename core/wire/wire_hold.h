/* wire_hold.h: records that wait until their item is whole. Private to core/wire. */
#ifndef USPAN_WIRE_WIRE_HOLD_H
#define USPAN_WIRE_WIRE_HOLD_H

#include "wire/wire_state.h"

#define USPAN_HOLD_UNIT 0u    /* owner of the records of the unit being read; the calls are 1, 2, ... */
#define USPAN_HOLD_MORE 0x80u /* in a record's tag: the value goes on */
typedef struct uspan_hold_cursor {
    uint16_t before, block; /* USPAN_NO_INDEX: none, not begun */
    uint8_t at;             /* behind the last record */
    uint8_t owner;
    uint8_t depth; /* open items within the one that is read */
    bool in_blocks, in_whole;
} uspan_hold_cursor_t;
typedef struct uspan_record {
    const char *text; /* valid until the next record is read */
    uint8_t tag, len;
    bool more; /* goes on with the value of the record before */
    char copy[USPAN_BLOCK_BYTES];
} uspan_record_t;
/* Add bytes to a value; more: it has some already. False: there was no room, and the loss was counted. */
bool uspan_hold_add(uspan_wire_t *w, unsigned owner, unsigned tag, const char *text, size_t len, bool more);
/* A short value that broke off leaves. */
void uspan_hold_drop_half(uspan_wire_t *w);
void uspan_hold_begin(uspan_hold_cursor_t *c, unsigned owner);
/* The next record. False: there are no more. */
bool uspan_hold_next(uspan_wire_t *w, uspan_hold_cursor_t *c, uspan_record_t *r);
/* That record is written: its block is given back where it has no other. */
void uspan_hold_release(uspan_wire_t *w, uspan_hold_cursor_t *c);
/* All records of an owner leave. */
void uspan_hold_clear(uspan_wire_t *w, unsigned owner);
/* n bytes behind the records, for a word that is being read. */
char *uspan_hold_word(uspan_wire_t *w);
/* Text that waits to be written together with what follows it: what there is, and more of it; false: no
 * room. */
bool uspan_hold_gather(uspan_wire_t *w, const char *text, size_t len);
void uspan_hold_gathered(uspan_wire_t *w);
/* Where to write. What gathered is written before. */
uspan_writer_t *uspan_wire_writer(uspan_wire_t *w);

#endif
