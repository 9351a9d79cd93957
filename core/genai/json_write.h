/* json_write.h: one public call on a value being written: what it adds, gathered and stored piece by piece.
 * Private to core/genai. */
#ifndef USPAN_GENAI_JSON_WRITE_H
#define USPAN_GENAI_JSON_WRITE_H

#define USPAN_MESSAGE_INSIDE
#include "trace/inside.h"
#include "uspan/message.h"

#define USPAN_WRITE_DEPTH 24u
#define USPAN_WRITE_PIECE 64u
/* Text that is put at once, at most; text that closes the value, at most: a key cut short, containers, fields
 * owed, spaces in reserve. */
#define USPAN_WRITE_ONCE 48u
#define USPAN_WRITE_CLOSING 160u

/* uspan_writer_t.flags */
#define USPAN_WRITE_STORED 1u /* the span has the value */
#define USPAN_WRITE_EMPTY 2u  /* the innermost container has nothing in it yet */
#define USPAN_WRITE_CUT 4u    /* nothing can be added any more */

/* uspan_writer_t.state; json_write.c has a table of what closes the value there. */
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
    USPAN_WRITE_AFTER, /* a value is over, its container is not */
    USPAN_WRITE_DONE,
    USPAN_WRITE_MINUS, /* numbers, by their last character */
    USPAN_WRITE_ZERO,
    USPAN_WRITE_INT,
    USPAN_WRITE_DOT,
    USPAN_WRITE_FRACTION,
    USPAN_WRITE_E,
    USPAN_WRITE_E_SIGN,
    USPAN_WRITE_EXPONENT,
    USPAN_WRITE_TRUE, /* literals; pend[0]: characters there */
    USPAN_WRITE_FALSE,
    USPAN_WRITE_NULL
} uspan_write_state_t;

/* Fields owed, as bits of uspan_writer_t.need; json_write.c's table has them in this order. */
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

/* buf: text not stored yet. mark: where the thing begins that is left out whole where it does not fit. */
typedef struct uspan_write_out {
    uspan_writer_t *w;
    uspan_err_t err;
    uint32_t room, room_chars; /* bytes and characters that the value may have */
    size_t used, mark_used;
    uspan_writer_t mark, stored; /* the writer there, and at the last store */
    char buf[USPAN_WRITE_PIECE + USPAN_WRITE_ONCE + USPAN_WRITE_CLOSING];
} uspan_write_out_t;

/* Begin a value: all of w. */
uspan_err_t uspan_write_prepare(uspan_writer_t *w, uspan_tracer_t *t, uspan_t s, const uspan_key_t *key,
                                unsigned list);
/* Begin a call. False: nothing is to be done, o->err is its result. closing: a value that was cut is not
 * refused. */
bool uspan_write_enter(uspan_write_out_t *o, uspan_writer_t *w, bool closing);
/* Store what was gathered. Returns the call's result. */
uspan_err_t uspan_write_leave(uspan_write_out_t *o);
bool uspan_write_store(uspan_write_out_t *o);
/* Store, where much was gathered. */
bool uspan_write_ensure(uspan_write_out_t *o, size_t most);

/* Bytes that still go before the closing text; below 0: not even that fits. */
int32_t uspan_write_left(const uspan_write_out_t *o);
/* Put ASCII of up to USPAN_WRITE_ONCE bytes; w is as it will be behind it. False: it does not fit. */
bool uspan_write_fit(uspan_write_out_t *o, const char *text, size_t len);
/* What follows returns false where the value was cut, or the span is gone; o->err says which. */
/* A part of a string: escaped here, and cut where it must be. */
bool uspan_write_text(uspan_write_out_t *o, const char *text, size_t len);
/* A character that waits for its end is replaced, and the string goes on. */
bool uspan_write_text_end(uspan_write_out_t *o);
/* JSON given as text; and its end: what is not whole becomes a string. */
bool uspan_write_raw(uspan_write_out_t *o, const char *text, size_t len);
bool uspan_write_raw_end(uspan_write_out_t *o);
/* More of the leaf that is open, whatever it is. */
bool uspan_write_feed(uspan_write_out_t *o, const void *data, size_t len);
/* The leaf ends, if there is one. */
bool uspan_write_leaf_end(uspan_write_out_t *o);
/* Comma and name (NULL: none), and the beginning of a value, which leaves the writer in `state`: a bracket
 * opens a container. No leaf is open. */
bool uspan_write_value(uspan_write_out_t *o, const char *name, const char *text, size_t len, unsigned state);
/* A member with a text. */
bool uspan_write_pair(uspan_write_out_t *o, const char *name, const char *text);
/* The leaf, and containers until `depth` are open, are closed as they would be by the closing text. */
void uspan_write_close_to(uspan_write_out_t *o, unsigned depth);
/* Nothing can follow: the string that is open is marked, the leaf closed. */
void uspan_write_cut(uspan_write_out_t *o);
/* What closes the leaf and the containers down to `depth`; returns its length. */
size_t uspan_write_closing(const uspan_writer_t *w, unsigned depth, char *to);

/* Containers open around what a leaf in them belongs to: those of JSON given as text do not count. */
unsigned uspan_write_depth(const uspan_writer_t *w);
/* Containers open where a part, or a definition, is: 0 for what is no list of either. */
unsigned uspan_write_item_depth(const uspan_writer_t *w);
void uspan_write_need(uspan_writer_t *w, unsigned need);
void uspan_write_push(uspan_writer_t *w, bool object);

/* ---- json_write_store.c ---- */

/* One hold of the lock: o->buf, of which the last `closing` bytes close the value. USPAN_ERR_AGAIN: no block
 * is left; USPAN_ERR_CLOSED: nothing is recorded any more. */
uspan_err_t uspan_write_store_piece(uspan_write_out_t *o, size_t closing);
/* What the span may take now: o->room and o->room_chars. */
uspan_err_t uspan_write_look(uspan_write_out_t *o);
/* The value is set back to what it was then, when JSON given as text began; the text since then is given to
 * take(), piece by piece. All text is stored. False: take() said so, or it is not possible: the value is cut,
 * or gone. */
bool uspan_write_take_back(uspan_write_out_t *o, const uspan_writer_t *then,
                           bool (*take)(uspan_write_out_t *o, const char *text, size_t len));

#endif
