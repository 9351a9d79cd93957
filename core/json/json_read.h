/* json_read.h: reads JSON in fragments of any size, RFC 8259. It keeps no copy of the body, only a state of
 * fixed size. A const table of rows names paths, and values at these paths are passed to a sink. Values that
 * no row names are checked and skipped. Private to core. */
#ifndef USPAN_JSON_JSON_READ_H
#define USPAN_JSON_JSON_READ_H

#include "json/json_number.h"
#include "json/json_path.h"

#define USPAN_JSON_DEPTH_MAX 32u /* nested containers. A deeper document counts as malformed */

/* uspan_json_read_t.state: what comes next. */
enum {
    USPAN_AT_BLANK, /* the document */
    USPAN_AT_VALUE,
    USPAN_AT_KEY,
    USPAN_AT_COLON,
    USPAN_AT_FIRST, /* a value or key, or the end of the container */
    USPAN_AT_NEXT,  /* a comma, or the end of the container */
    USPAN_AT_STRING,
    USPAN_AT_ESCAPE,
    USPAN_AT_HEX,
    USPAN_AT_LITERAL,
    USPAN_AT_MINUS = USPAN_NUMBER_MINUS,       /* numbers: from here on */
    USPAN_AT_WORD = USPAN_NUMBER_EXPONENT + 1, /* NaN, Infinity, None */
    USPAN_AT_DONE,
    USPAN_AT_BAD
};

typedef enum uspan_json_event {
    USPAN_READ_OPEN,     /* object or array begins */
    USPAN_READ_CLOSE,    /* it ends */
    USPAN_READ_TEXT,     /* bytes of a string, unescaped, in one or more calls. None for "" */
    USPAN_READ_TEXT_END, /* the string ends */
    USPAN_READ_NUMBER,   /* read it with uspan_json_read_int() or uspan_json_read_double() */
    USPAN_READ_TRUE,
    USPAN_READ_FALSE,
    USPAN_READ_NULL,
    USPAN_READ_RAW,    /* bytes of a value of any type, unchanged */
    USPAN_READ_RAW_END /* that value was complete and well-formed */
} uspan_json_event_t;

/* Receives values. The reader's `action` is that of the value's row, without USPAN_JSON_AS_IS. text: of
 * USPAN_READ_TEXT and _RAW, valid during the call only. */
typedef void (*uspan_json_sink_t)(void *ctx, uspan_json_event_t event, const char *text, size_t len);

/* Prepare for the next document of the same kind. A reader with all fields zero needs no call. j->line stays
 * as it is. */
void uspan_json_read_begin(uspan_json_read_t *j);
/* Read the next bytes. Returns the number of bytes read. It is less than len only if the document ended, is
 * malformed at that byte, or j->line is set and a line ended. Any bytes are accepted, any number of times. It
 * changes nothing but *j, except through the sink. With j->line it also accepts what some servers send
 * against the RFC: control characters in strings, words like NaN (read as null), a surrogate pair in two
 * strings. */
size_t uspan_json_read_feed(uspan_json_read_t *j, const uspan_json_table_t *table, uspan_json_sink_t sink,
                            void *ctx, const char *data, size_t len);
/* Returns true if only white space was read. */
static inline bool uspan_json_read_is_blank(const uspan_json_read_t *j)
{
    return j->state == USPAN_AT_BLANK;
}
/* Returns true if the document is complete. */
static inline bool uspan_json_read_is_done(const uspan_json_read_t *j)
{
    return j->state == USPAN_AT_DONE;
}
/* Returns true if the document is malformed. The rest of it is not read. */
static inline bool uspan_json_read_is_bad(const uspan_json_read_t *j)
{
    return j->state == USPAN_AT_BAD;
}
/* Returns true if the next byte belongs to a string. */
static inline bool uspan_json_read_in_string(const uspan_json_read_t *j)
{
    return j->state == USPAN_AT_STRING;
}
/* Returns true if the container was empty. Call it in a sink at USPAN_READ_CLOSE. */
static inline bool uspan_json_read_is_empty(const uspan_json_read_t *j)
{
    return j->state == USPAN_AT_FIRST;
}

#endif
