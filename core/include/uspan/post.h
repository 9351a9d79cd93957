/* post.h: a transport over an HTTP client that the platform has already: esp_http_client, a modem's HTTP
 * engine. Such an engine takes a whole POST and gives back an answer. uspan_post_init() makes of it a
 * transport for uspan_export_to(): all that comes after the status (verdict, retry, accounts) stays the
 * core's. A program that does not call it links none of it. */
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

/* An HTTP client. Const, outlives the tracer, no function NULL. One exchange at a time. Context of every
 * call: the exporting task. None blocks. None may call uspan, but the uspan_post_ functions below. */
typedef struct uspan_post_engine {
    uint32_t abi;   /* USPAN_POST_ABI */
    uint32_t flags; /* USPAN_TRANSPORT_SECURE: encrypts, and verifies chain and host name; or 0 */
    void *ctx;
    /* Begin an exchange: method, host, port, path and body_len of *post, and its header lines. All texts are
     * valid until this returns something else than USPAN_ERR_AGAIN; they may be secret, copy what must stay.
     * Send Host and Content-Length yourself. Do not follow redirects, and do not repeat a request: both are
     * the core's matter. Returns: USPAN_OK; USPAN_ERR_AGAIN: call again; USPAN_ERR_IO, USPAN_ERR_TRUST,
     * USPAN_ERR_CONFIG: as open() of a transport. end is next then. */
    uspan_err_t (*begin)(void *ctx, struct uspan_post *post);
    /* Go on: take bytes of the body by uspan_post_read() or uspan_post_peek(), tell what came of the answer.
     * Returns: USPAN_ERR_AGAIN: it runs; USPAN_OK: the answer is whole, or no more of it will come; else as
     * begin. */
    uspan_err_t (*step)(void *ctx, struct uspan_post *post);
    /* The exchange is over, or given up in its middle: give back what it holds. An idle connection may stay.
     * May be called twice, and before begin. */
    void (*end)(void *ctx);
    /* What failed last, in words without secrets, "" for nothing. Static lifetime. */
    const char *(*last_error_text)(void *ctx);
} uspan_post_engine_t;

/* One exchange. An engine reads the first part; the rest is post.c's. */
typedef struct uspan_post {
    const char *method; /* "POST", or "GET" without a body (USPAN_HTTP_DATE) */
    const char *host;   /* DNS name or address literal without brackets */
    const char *path;   /* begins with "/", a query included */
    uint32_t body_len;  /* bytes of the body; 0 for GET */
    uint32_t body_taken; /* of these, what the engine has taken */
    uint16_t port;
    /* post.c's */
    uint16_t status;
    uint8_t state;
    uint8_t newlines; /* at the end of the request's head so far */
    const uspan_post_engine_t *engine;
    const char *why;
    const uint8_t *source; /* what the core offers in the present call */
    size_t source_len;
    char *buffer; /* the request's head, and after begin the answer */
    size_t buffer_bytes;
    size_t len;   /* of the head or of the answer's header lines */
    size_t lines; /* where the head's header lines begin */
    size_t body;  /* bytes of the answer's body, behind its lines */
    size_t at;    /* bytes of the answer that the core has read */
    char host_text[USPAN_HOST_BYTES];
} uspan_post_t;

/* Least size of the buffer. It must hold the head of a request: the path, and all header lines with their
 * keys. 512 bytes more are enough for most collectors. */
#define USPAN_POST_BUFFER_MIN (USPAN_RESPONSE_BYTES + 256u)

/* Make *post over an engine, and its transport to *out. *post, buffer and engine outlive the tracer.
 * If a request's head does not fit, no request is sent, and the log names the buffer.
 * With USPAN_ENABLED 0 it does nothing. post_size: sizeof *post in the application. Returns: USPAN_OK;
 * USPAN_ERR_ARG: NULL, an engine of another ABI, a buffer below USPAN_POST_BUFFER_MIN, or the library's size
 * is another (USPAN_HOST_BYTES): nothing changed. Context: before use. */
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

/* The next header line of the request, Host, Content-Length and Connection left out.
 *   pos          in and out; 0 before the first call
 *   name, value  out, texts that end in 0, valid as long as begin's are
 * Returns: true: there was one; false: no more. Context: begin. */
bool uspan_post_header(const uspan_post_t *post, size_t *pos, const char **name, const char **value);
/* Copy the next bytes of the body to out, at most cap, and take them. out NULL: take them only. Returns how
 * many; 0: none in this call. More may come with the next until body_taken is body_len. Context: step. */
size_t uspan_post_read(uspan_post_t *post, uint8_t *out, size_t cap);
/* Look at the next bytes of the body without taking them. They are valid during the present call of step.
 * Returns how many; 0: none in this call. Context: step. */
size_t uspan_post_peek(const uspan_post_t *post, const uint8_t **bytes);

/* ---- for engines: the answer --------------------------------------------------------------------------- */

/* Tell the status, 100..999. Context: step. */
void uspan_post_answer_status(uspan_post_t *post, unsigned status);
/* Tell one header line; post.c keeps those that the core reads (Retry-After, Date, Content-Type, Location).
 * Both texts are copied. Any other name is passed over. Context: step, before the body. */
void uspan_post_answer_header(uspan_post_t *post, const char *name, const char *value);
/* Tell bytes of the body, without chunk sizes. The first USPAN_RESPONSE_BYTES count. Context: step. */
void uspan_post_answer_body(uspan_post_t *post, const void *data, size_t len);

#ifdef __cplusplus
}
#endif
#endif
