/* sse.h: reads server-sent events in fragments of any size, and finds their data and names.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
#ifndef USPAN_WIRE_SSE_H
#define USPAN_WIRE_SSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct uspan_sse {
    uint8_t state;
    bool in_text; /* set by the caller after data: a string of the document is open */
} uspan_sse_t;

typedef enum uspan_sse_next {
    USPAN_SSE_MORE,  /* all bytes were read */
    USPAN_SSE_DATA,  /* data of an event follow: read some, up to the line end, or call uspan_sse_pass() */
    USPAN_SSE_NAME,  /* the name of an event follows: as for DATA */
    USPAN_SSE_TEXT,  /* a line without a field continues the open string: call uspan_sse_begin_text() */
    USPAN_SSE_ERROR, /* the event is an error: it has "error:" in place of "data:" */
    USPAN_SSE_END    /* the event has ended */
} uspan_sse_next_t;

/* Read from *at on, and advance *at. A state of all zero starts a stream. Any bytes are accepted. Ids and
 * comments are skipped. A line that starts with a bracket is data, because servers write errors without a
 * field. Lines of one event's data are not joined by a line feed. Pure. */
uspan_sse_next_t uspan_sse_next(uspan_sse_t *s, const char **at, const char *end);
/* The data that come next are in a line without a field: a document, in one line or in many. */
bool uspan_sse_is_bare(const uspan_sse_t *s);
/* After TEXT: *text: the bytes of the line that were read already, because a field may begin with them.
 * Returns their number. The others follow as data. */
size_t uspan_sse_begin_text(uspan_sse_t *s, const char **text);
/* Skip the rest of this line. */
void uspan_sse_pass(uspan_sse_t *s);

#endif
