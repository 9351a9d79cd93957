/* json_write_state.h: the state of a value being written, and of one public call on it. Private to core. */
#ifndef USPAN_JSON_JSON_WRITE_STATE_H
#define USPAN_JSON_JSON_WRITE_STATE_H

#define USPAN_MESSAGE_INSIDE
#include "trace/internal.h"
#include "uspan/message.h"

#define USPAN_WRITE_DEPTH 24u
#define USPAN_WRITE_PIECE 64u
/* Longest text of one step, and longest text that closes the value: a key that was cut, containers, missing
 * fields, reserved spaces. */
#define USPAN_WRITE_ONCE 48u
#define USPAN_WRITE_CLOSING 160u

/* uspan_writer_t.flags */
#define USPAN_WRITE_STORED 1u /* the span has the value */
#define USPAN_WRITE_EMPTY 2u  /* the innermost container has nothing in it yet */
#define USPAN_WRITE_CUT 4u    /* nothing more can be added */

/* uspan_writer_t.state. json_write_close.c has a table of the text that closes the leaf in each state. */
typedef enum uspan_write_state {
    USPAN_WRITE_BETWEEN = 0, /* no leaf is open */
    USPAN_WRITE_NAMED,       /* the value of a member is next */
    USPAN_WRITE_TEXT,        /* strings */
    USPAN_WRITE_BASE64,
    USPAN_WRITE_NAME, /* of a member */
    USPAN_WRITE_STR,  /* JSON given as text from here on: strings */
    USPAN_WRITE_KEYSTR,
    USPAN_WRITE_VALUE, /* a value must come */
    USPAN_WRITE_ITEM,  /* the same, after a comma that waits */
    USPAN_WRITE_ITEM0, /* the same, or the end of the array */
    USPAN_WRITE_KEY,   /* a key must come, after a comma that waits */
    USPAN_WRITE_KEY0,  /* the same, or the end of the object */
    USPAN_WRITE_COLON,
    USPAN_WRITE_AFTER, /* a value has ended, its container is still open */
    USPAN_WRITE_DONE,
    USPAN_WRITE_MINUS, /* numbers, by their last character */
    USPAN_WRITE_ZERO,
    USPAN_WRITE_INT,
    USPAN_WRITE_DOT,
    USPAN_WRITE_FRACTION,
    USPAN_WRITE_E,
    USPAN_WRITE_E_SIGN,
    USPAN_WRITE_EXPONENT,
    USPAN_WRITE_TRUE, /* literals. pend[0]: characters read */
    USPAN_WRITE_FALSE,
    USPAN_WRITE_NULL
} uspan_write_state_t;

/* Required fields, as bits of uspan_writer_t.need, in the order of the table in json_write_close.c. */
#define USPAN_NEED_ROLE 1u
#define USPAN_NEED_FINISH 2u
#define USPAN_NEED_PARTS 4u
#define USPAN_NEED_OF_MESSAGE 7u
#define USPAN_NEED_NAME 8u
#define USPAN_NEED_CONTENT 16u
#define USPAN_NEED_RESPONSE 32u
#define USPAN_NEED_MODALITY 64u
#define USPAN_NEED_URI 128u
#define USPAN_NEED_FILE 256u
#define USPAN_NEED_SERVER_CALL 512u
#define USPAN_NEED_SERVER_RESPONSE 1024u

/* buf: text not stored yet. mark: the begin of the item that is dropped completely if it does not fit. */
typedef struct uspan_write_out {
    uspan_writer_t *w;
    uspan_err_t err;
    uint32_t room, room_chars; /* most bytes and characters of the value */
    size_t used, mark_used;
    uspan_writer_t mark, stored; /* the writer at the mark, and at the last store */
    char buf[USPAN_WRITE_PIECE + USPAN_WRITE_ONCE + USPAN_WRITE_CLOSING];
} uspan_write_out_t;

static inline bool uspan_write_is_in_string(const uspan_writer_t *w)
{
    return w->state >= USPAN_WRITE_TEXT && w->state <= USPAN_WRITE_KEYSTR;
}

/* Open containers around a part or a definition. 0: the list has neither. */
static inline unsigned uspan_write_item_depth(const uspan_writer_t *w)
{
    return w->list == 0u ? 0u : w->list <= USPAN_OUTPUT_MESSAGES ? 4u : 2u;
}

/* Open containers around the owner of a leaf. Those of JSON given as text do not count. */
static inline unsigned uspan_write_depth(const uspan_writer_t *w)
{
    return w->state >= USPAN_WRITE_STR ? w->base : w->depth;
}

static inline void uspan_write_push(uspan_writer_t *w, bool object)
{
    w->depth++;
    w->stack = w->stack << 1 | (object ? 1u : 0u);
}

#endif
