/* http_request.h: the head of an HTTP/1.1 request, rendered piece by piece. Private to core. */
#ifndef USPAN_EXPORT_HTTP_REQUEST_H
#define USPAN_EXPORT_HTTP_REQUEST_H

#include "export/window.h"

/* Builds that know batches only need not ask what a request is for. */
#define USPAN_ONLY_BATCHES (!USPAN_HTTP_DATE && !USPAN_STUDIO && !USPAN_SPOOL)

typedef struct uspan_request {
    const char *method;       /* "POST " */
    const char *path;         /* appended to the target's own where it is not the target's: NULL */
    const char *content_type; /* NULL: no body, no Content-Length */
    uint32_t body_len;
#if USPAN_GZIP
    bool is_gzip; /* the body is compressed */
#endif
} uspan_http_request_t;

/* Render the head for a target. w->at is its length afterwards. */
void uspan_request_render(const uspan_target_t *target, const uspan_http_request_t *r, uspan_window_t *w);

#endif
