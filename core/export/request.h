/* request.h: the head of an HTTP/1.1 request, rendered piece by piece. Private to core. */
#ifndef USPAN_EXPORT_REQUEST_H
#define USPAN_EXPORT_REQUEST_H

#include "trace/inside.h"

/* A window onto text that is rendered from its beginning each time: bytes before `from` are passed over,
 * those beyond cap not kept. So a small buffer takes any text, and rendering needs no state. at: bytes
 * rendered so far. */
typedef struct uspan_window {
    uint8_t *out;
    size_t from, cap, at;
} uspan_window_t;

void uspan_window_put(uspan_window_t *w, const void *data, size_t len);
void uspan_window_text(uspan_window_t *w, const char *text);
void uspan_window_char(uspan_window_t *w, char c);
void uspan_window_number(uspan_window_t *w, uint32_t n);
/* Base64 (RFC 4648 §4) of "user:pass". */
void uspan_window_basic(uspan_window_t *w, const char *user, const char *pass);

/* Builds that know batches only need not ask what a request is for. */
#define USPAN_ONLY_BATCHES (!USPAN_HTTP_DATE && !USPAN_STUDIO)

typedef struct uspan_request {
    const char *method;       /* "POST " */
    const char *path;         /* appended to the target's own where it is not the target's: NULL */
    const char *content_type; /* NULL: no body, no Content-Length */
    uint32_t body_len;
} uspan_request_t;

/* Render the head for a target. w->at is its length afterwards. */
void uspan_request_render(const uspan_target_t *target, const uspan_request_t *r, uspan_window_t *w);

#endif
