/* json_read.h: JSON read as it passes by, in fragments of any size, RFC 8259. No copy of the body: bounded
 * state, nothing stored but where it stands. Values are told to a sink by the path that leads to them, which
 * a const table of rows names; whatever no row names is checked and passed over. */
#ifndef USPAN_JSON_JSON_READ_H
#define USPAN_JSON_JSON_READ_H

#include "json/json_number.h"
#include "json/json_path.h"

#define USPAN_JSON_DEPTH_MAX 32u /* containers within each other; a deeper document is malformed */

typedef enum uspan_json_event {
    USPAN_READ_OPEN,     /* object or array begins */
    USPAN_READ_CLOSE,    /* it ends */
    USPAN_READ_TEXT,     /* bytes of a string, unescaped; as many calls as it takes, none for "" */
    USPAN_READ_TEXT_END, /* the string ends */
    USPAN_READ_NUMBER,   /* read it with uspan_json_read_int() or uspan_json_read_double() */
    USPAN_READ_TRUE,
    USPAN_READ_FALSE,
    USPAN_READ_NULL,
    USPAN_READ_RAW,    /* bytes of a value of any type, as they stand in the document */
    USPAN_READ_RAW_END /* that value was whole and well-formed */
} uspan_json_event_t;

/* Who hears of values. text: valid during the call only, of USPAN_READ_TEXT and _RAW. */
typedef void (*uspan_json_sink_t)(void *ctx, unsigned action, uspan_json_event_t event, const char *text,
                                  size_t len);

/* All zero is a reader at its beginning. begin: the same again, for the next document of its kind; j->line,
 * where it is set, stays. */
void uspan_json_read_begin(uspan_json_read_t *j);
/* Read on. Returns how many bytes were read: fewer than len only where the document ended, at the byte that
 * shows it malformed, and with j->line set at a line's end. Any bytes whatever are accepted, any number of
 * times. Pure but for the sink. */
size_t uspan_json_read_feed(uspan_json_read_t *j, const uspan_json_table_t *table, uspan_json_sink_t sink,
                            void *ctx, const char *data, size_t len);
/* Nothing but white space was read; the document is whole; it is malformed, and no more is read of it. */
bool uspan_json_read_is_blank(const uspan_json_read_t *j);
bool uspan_json_read_is_done(const uspan_json_read_t *j);
bool uspan_json_read_is_bad(const uspan_json_read_t *j);
/* In a sink that is told USPAN_READ_CLOSE: nothing was in that container. */
bool uspan_json_read_is_empty(const uspan_json_read_t *j);

#endif
