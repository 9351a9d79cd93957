/* http.h: an HTTP/1.1 client as small firmware has one: one POST at a time over one of uspan's transports,
 * the answer's body handed on piece by piece. It knows nothing of tracing. */
#ifndef EDGE_HTTP_H
#define EDGE_HTTP_H

#include "uspan/uspan.h"

typedef struct http {
    const uspan_transport_t *transport; /* TLS, or TCP */
    uint64_t (*now_ns)(void);           /* monotonic */
    void (*wait)(uint32_t ms);          /* lets time pass; the program's loop goes on meanwhile */
} http_t;

/* What an exchange has come to. The transport looks up the name, connects and makes TLS in one. */
typedef enum http_phase { HTTP_OPEN, HTTP_SENT, HTTP_FIRST_BYTE } http_phase_t;

typedef struct http_request {
    uspan_peer_t peer;
    const char *host; /* the Host header */
    const char *path;
    const char *headers; /* further lines, each ending in CR LF; "" for none */
    const char *body;
    size_t body_len;
    uint32_t timeout_ms;                             /* without a byte moving */
    uint32_t deadline_ms;                            /* from connect to the answer's end */
    void (*on_phase)(void *ctx, http_phase_t phase); /* NULL: nobody wants to know */
    void (*on_body)(void *ctx, const char *data, size_t len);
    void *ctx;
} http_request_t;

/* Send the request and read the answer to its end. Returns the status. 0: none came, or the answer broke
 * off; *error then says "connect_error", "tls_error", "timeout", "connection_reset" or "parse_error". */
int http_post(const http_t *http, const http_request_t *request, const char **error);

#endif
