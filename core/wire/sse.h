/* sse.h: server-sent events read in fragments of any size: which bytes are the data of which event, and
 * its name. https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
#ifndef USPAN_WIRE_SSE_H
#define USPAN_WIRE_SSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct uspan_sse {
    uint8_t state;
} uspan_sse_t;

typedef enum uspan_sse_next {
    USPAN_SSE_MORE,  /* all was read */
    USPAN_SSE_DATA,  /* an event's data are next: read some, up to the line's end, or call uspan_sse_pass() */
    USPAN_SSE_NAME,  /* the same for an event's name */
    USPAN_SSE_ERROR, /* the event is an error: "error:" stands where "data:" is due */
    USPAN_SSE_END    /* the event is over */
} uspan_sse_next_t;

/* All zero begins. Reads on from *at; *at moves. Any bytes are accepted. Ids and comments are passed over;
 * a line that begins with a brace is data, as servers write errors without a field. Lines of one event's
 * data are not joined by a line feed. Pure. */
uspan_sse_next_t uspan_sse_next(uspan_sse_t *s, const char **at, const char *end);
/* The rest of this line is of no interest. */
void uspan_sse_pass(uspan_sse_t *s);

#endif
