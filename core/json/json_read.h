/* json_read.h: reads JSON in fragments of any size, RFC 8259. It keeps no copy of the body, only a state of
 * fixed size. A const table of rows names paths, and values at these paths are passed to a sink. Values that
 * no row names are checked and skipped. Private to core. */
#ifndef USPAN_JSON_JSON_READ_H
#define USPAN_JSON_JSON_READ_H

#include "json/json_number.h"
#include "json/json_path.h"

#define USPAN_JSON_DEPTH_MAX 32u /* nested containers. A deeper document counts as malformed */

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

/* Receives values. text: of USPAN_READ_TEXT and _RAW, valid during the call only. */
typedef void (*uspan_json_sink_t)(void *ctx, unsigned action, uspan_json_event_t event, const char *text,
                                  size_t len);

/* Prepare for the next document of the same kind. A reader with all fields zero needs no call. j->line stays
 * as it is. */
void uspan_json_read_begin(uspan_json_read_t *j);
/* Read the next bytes. Returns the number of bytes read. It is less than len only if the document ended, is
 * malformed at that byte, or j->line is set and a line ended. Any bytes are accepted, any number of times. It
 * changes nothing but *j, except through the sink. With j->line it also accepts what some servers send
 * against the RFC: control characters in strings, words like NaN (skipped), a surrogate pair in two
 * strings. */
size_t uspan_json_read_feed(uspan_json_read_t *j, const uspan_json_table_t *table, uspan_json_sink_t sink,
                            void *ctx, const char *data, size_t len);
/* Return true if only white space was read, if the document is complete, or if it is malformed. The rest of a
 * malformed document is not read. */
bool uspan_json_read_is_blank(const uspan_json_read_t *j);
bool uspan_json_read_is_done(const uspan_json_read_t *j);
bool uspan_json_read_is_bad(const uspan_json_read_t *j);
/* Returns true if the next byte belongs to a string. */
bool uspan_json_read_in_string(const uspan_json_read_t *j);
/* Returns true if the container was empty. Call it in a sink at USPAN_READ_CLOSE. */
bool uspan_json_read_is_empty(const uspan_json_read_t *j);

#endif
