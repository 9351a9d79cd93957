/* http.h: an HTTP/1.1 client for small firmware. It makes one POST at a time over a transport of uspan, and
 * passes on the response body in pieces. It does not depend on tracing. */
#ifndef EDGE_HTTP_H
#define EDGE_HTTP_H

#include "uspan/uspan.h"

typedef struct http {
    const uspan_transport_t *transport; /* TLS, or TCP */
    uint64_t (*now_ns)(void);           /* monotonic */
    void (*wait)(uint32_t ms);          /* waits, while the loop of the program continues */
} http_t;

/* Phases of an exchange. HTTP_OPEN: the transport has looked up the name, connected and set up TLS. */
typedef enum http_phase { HTTP_OPEN, HTTP_SENT, HTTP_FIRST_BYTE } http_phase_t;

typedef struct http_request {
    uspan_peer_t peer;
    const char *host; /* the Host header */
    const char *path;
    const char *headers; /* further lines, each ending in CR LF. "" for none */
    const char *body;
    size_t body_len;
    uint32_t timeout_ms;                             /* limit without a byte sent or received */
    uint32_t deadline_ms;                            /* limit from connect to the end of the response */
    void (*on_phase)(void *ctx, http_phase_t phase); /* NULL: not called */
    void (*on_body)(void *ctx, const char *data, size_t len);
    void *ctx;
} http_request_t;

/* Send the request and read the response to its end. Returns the status, or 0 if there was no complete
 * response. *error is then "connect_error", "tls_error", "timeout", "connection_reset" or "parse_error". */
int http_post(const http_t *http, const http_request_t *request, const char **error);

#endif
