/* http_request.h: writes the head of an HTTP/1.1 request in pieces. Private to core. */
#ifndef USPAN_EXPORT_HTTP_REQUEST_H
#define USPAN_EXPORT_HTTP_REQUEST_H

#include "export/window.h"

/* 1: the build has batches only, so the purpose of a request is constant. */
#define USPAN_ONLY_BATCHES (!USPAN_HTTP_DATE && !USPAN_STUDIO && !USPAN_SPOOL)

typedef struct uspan_request {
    const char *method;       /* "POST " */
    const char *path;         /* replaces the path of the target; NULL: the target's own */
    const char *content_type; /* NULL: no body and no Content-Length */
    uint32_t body_len;
#if USPAN_GZIP
    bool is_gzip; /* the body is compressed */
#endif
} uspan_http_request_t;

/* Write the head for a target. Afterwards w->at is its length. */
void uspan_request_render(const uspan_target_t *target, const uspan_http_request_t *r, uspan_window_t *w);

#endif
