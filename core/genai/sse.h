/* sse.h: server-sent events read in fragments of any size: which bytes are the data of which event.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
#ifndef USPAN_GENAI_SSE_H
#define USPAN_GENAI_SSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct uspan_sse {
    uint8_t state;
} uspan_sse_t;

/* One piece of what was read. */
typedef struct uspan_sse_piece {
    const char *data; /* bytes of an event's data; NULL: none. Lines are not joined by a line feed. */
    size_t len;
    bool ends; /* the event is over */
} uspan_sse_piece_t;

/* All zero begins. Returns how many bytes were read; call again with the rest, until nothing is left. Any
 * bytes whatever are accepted. Names, ids and comments are passed over. Pure. */
size_t uspan_sse_next(uspan_sse_t *s, const char *data, size_t len, uspan_sse_piece_t *out);

#endif
