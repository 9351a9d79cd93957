/* post.h: a transport that uses an HTTP client which the platform already has, for example esp_http_client or
 * the HTTP engine of a modem. Such a client ("engine") accepts one complete POST request and returns the
 * response. uspan_post_init() turns the engine into a transport for uspan_export_to(). uspan still decides
 * from the status whether to retry, drop or count. The linker leaves this code out of programs that do not
 * call uspan_post_init(). */
#ifndef USPAN_POST_H
#define USPAN_POST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "config.h"
#include "err.h"
#include "port.h"

#ifdef __cplusplus
extern "C" {
#endif

#define USPAN_POST_ABI 1u

struct uspan_post;

/* An HTTP client. Const. It must stay valid as long as the tracer. No function may be NULL. It carries one
 * exchange at a time. Context of every call: the exporting task. No call may block. No call may call uspan,
 * except the uspan_post_ functions below. */
typedef struct uspan_post_engine {
    uint32_t abi;   /* USPAN_POST_ABI */
    uint32_t flags; /* USPAN_TRANSPORT_SECURE if it encrypts and verifies chain and host name; otherwise 0 */
    void *ctx;
    /* Begin an exchange. Read method, host, port, path and body_len from *post, and the header lines with
     * uspan_post_header(). All these texts are valid until begin() returns anything but USPAN_ERR_AGAIN. They
     * may be secret. Copy what you need later. The engine adds Host and Content-Length itself. It must not
     * follow redirects and must not repeat a request. uspan repeats requests, and follows no redirect.
     * Returns: USPAN_OK; USPAN_ERR_AGAIN: uspan calls begin() again; USPAN_ERR_IO, USPAN_ERR_TRUST,
     * USPAN_ERR_CONFIG: as open() of a transport. After one of these three uspan calls end(). */
    uspan_err_t (*begin)(void *ctx, struct uspan_post *post);
    /* Continue the exchange. Take bytes of the body with uspan_post_read() or uspan_post_peek(). Report the
     * response with the uspan_post_answer_ functions.
     * Returns: USPAN_ERR_AGAIN: the exchange continues; USPAN_OK: the response is complete, or no more of it
     * will come; otherwise as begin(). */
    uspan_err_t (*step)(void *ctx, struct uspan_post *post);
    /* Free what the exchange holds. The exchange has ended, or uspan has given it up. An idle connection may
     * stay open. uspan may call end() twice, and before begin(). */
    void (*end)(void *ctx);
    /* Text of the last failure without secrets, or "". Static. */
    const char *(*last_error_text)(void *ctx);
} uspan_post_engine_t;

/* One exchange. An engine reads the fields above the line "private". The others belong to post.c. */
typedef struct uspan_post {
    const char *method; /* "POST", or "GET" without a body (USPAN_HTTP_DATE) */
    const char *host;   /* DNS name or address literal without brackets */
    const char *path;   /* begins with "/" and includes the query */
    uint32_t body_len;  /* bytes of the body; 0 for GET */
    uint32_t body_taken; /* number of body bytes that the engine has taken */
    uint16_t port;
    /* private */
    uint16_t status;
    uint8_t state;
    uint8_t newlines; /* line ends in a row at the end of the request's head so far */
    const uspan_post_engine_t *engine;
    const char *why;
    const uint8_t *source; /* body bytes that uspan offers in the present call; NULL: none */
    size_t source_len;
    char *buffer; /* first the request's head, after begin() the response */
    size_t buffer_bytes;
    size_t len;   /* bytes of the head, later of the response's header lines */
    size_t lines; /* offset of the head's first header line */
    size_t body;  /* bytes of the response's body, which follows its header lines */
    size_t at;    /* bytes of the response that uspan has read */
    char host_text[USPAN_HOST_BYTES];
} uspan_post_t;

/* Minimum size of the buffer, in bytes. The buffer must hold the head of a request: the path and all header
 * lines with their keys. 512 bytes more are enough for most collectors. */
#define USPAN_POST_BUFFER_MIN (USPAN_RESPONSE_BYTES + 256u)

/* Set up *post for an engine, and write its transport to *out. *post, buffer and engine must stay valid as
 * long as the tracer, and so must *out, because uspan_export_to() keeps its address. If the head of a request
 * does not fit, uspan sends no request, and the log names the buffer. With USPAN_ENABLED 0 the call does
 * nothing.
 *   buffer_bytes  size of buffer, USPAN_POST_BUFFER_MIN or more
 *   post_size     sizeof *post in the application
 * Returns: USPAN_OK; USPAN_ERR_ARG: a pointer or a function of the engine is NULL, the engine has another
 * ABI, the buffer is too small, or the library was built with another USPAN_HOST_BYTES. Nothing is changed
 * then. Context: task, before uspan_export_to(). */
#if USPAN_ENABLED || defined(USPAN_INTERNAL)
USPAN_CHECK uspan_err_t uspan_post_init_sized(uspan_post_t *post, const uspan_post_engine_t *engine,
                                              char *buffer, size_t buffer_bytes, uspan_transport_t *out,
                                              size_t post_size);
USPAN_CHECK static inline uspan_err_t uspan_post_init(uspan_post_t *post, const uspan_post_engine_t *engine,
                                                      char *buffer, size_t buffer_bytes,
                                                      uspan_transport_t *out)
{
    return uspan_post_init_sized(post, engine, buffer, buffer_bytes, out, sizeof(uspan_post_t));
}
#else
USPAN_CHECK static inline uspan_err_t uspan_post_init(uspan_post_t *post, const uspan_post_engine_t *engine,
                                                      char *buffer, size_t buffer_bytes,
                                                      uspan_transport_t *out)
{
    (void)post, (void)engine, (void)buffer, (void)buffer_bytes, (void)out;
    return USPAN_OK;
}
#endif

/* ---- for engines: the request -------------------------------------------------------------------------- */

/* Get the next header line of the request. Host, Content-Length and Connection are skipped.
 *   pos          in and out, offset in bytes; 0 before the first call
 *   name, value  out, texts that end in 0, valid as long as the texts of begin()
 * Returns: true: there is a line; false: there are no more. Context: begin(). */
bool uspan_post_header(const uspan_post_t *post, size_t *pos, const char **name, const char **value);
/* Copy the next bytes of the body to out, at most cap, and take them. If out is NULL, only take them. Returns
 * the number of bytes. 0: this call offers no more. The next step() may offer more until body_taken equals
 * body_len. Context: step(). */
size_t uspan_post_read(uspan_post_t *post, uint8_t *out, size_t cap);
/* Get a pointer to the next bytes of the body without taking them. It is valid until the present step()
 * returns. Returns the number of bytes. 0: this call offers none. Context: step(). */
size_t uspan_post_peek(const uspan_post_t *post, const uint8_t **bytes);

/* ---- for engines: the answer --------------------------------------------------------------------------- */

/* Report the HTTP status, 100..999. Context: step(). */
void uspan_post_answer_status(uspan_post_t *post, unsigned status);
/* Report one header line of the response. uspan uses Retry-After, Date, Content-Type and Location and ignores
 * all others. Both texts are copied. A value is cut to 96 bytes. Context: step(), before the body. */
void uspan_post_answer_header(uspan_post_t *post, const char *name, const char *value);
/* Report len bytes of the response's body, without chunk sizes. They are copied. uspan keeps the first
 * USPAN_RESPONSE_BYTES of a body. Context: step(). */
void uspan_post_answer_body(uspan_post_t *post, const void *data, size_t len);

#ifdef __cplusplus
}
#endif
#endif
