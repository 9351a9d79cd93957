/* http_response.h: parses an HTTP/1.1 response (RFC 9112) in fragments of any size. The state has a fixed
 * size. Header lines of any length are skipped without a buffer. Interim responses (1xx) are skipped. Bodies
 * may be chunked, have a Content-Length, or end with the connection. After the status line nothing is an
 * error: anything broken, too long or incomplete ends the response and the connection. */
#ifndef USPAN_EXPORT_HTTP_ANSWER_H
#define USPAN_EXPORT_HTTP_ANSWER_H

#include "trace/internal.h"

/* answer.flags after the head */
#define USPAN_ANSWER_CLOSE 1u    /* the connection ends with this answer */
#define USPAN_ANSWER_PROTOBUF 2u /* Content-Type is application/x-protobuf, with or without parameters */
#define USPAN_ANSWER_JSON 4u     /* Content-Type is application/json, with or without parameters */
#define USPAN_ANSWER_HTTP2 8u    /* there is no status: the server speaks HTTP/2 */
#define USPAN_ANSWER_TLS 4u      /* there is no status: the server speaks TLS */
#define USPAN_ANSWER_FIELD \
    16u /* body holds no body, but a header's value: Location of a 3xx; of a 2xx the
                                  * Content-Type that is none of OTLP's */

#define USPAN_ANSWER_UNTIL_CLOSE 9u /* answer.state: the body ends with the connection */
/* Returns true if the head is complete, the body ends with the connection, and the server did not say that it
 * will close it. */
static inline bool uspan_answer_is_endless(const uspan_answer_t *a)
{
    return a->state == USPAN_ANSWER_UNTIL_CLOSE && (a->flags & USPAN_ANSWER_CLOSE) == 0u;
}

void uspan_answer_begin(uspan_answer_t *a);
/* Parse bytes. now_s: Unix seconds for RFC 850 dates, 0 if unknown. *used: number of bytes used. It is less
 * than len only at the end of the response. Bytes that follow on a kept connection are a fault of the server,
 * so close the connection. Returns: USPAN_ERR_AGAIN: more bytes are needed; USPAN_OK: the response has ended;
 * USPAN_ERR_IO: there is no usable status line. These fields of *a are valid after USPAN_OK: status, flags,
 * retry_after_s, retry_at_unix, date_unix, body[0..body_len), body_bytes (all that was read of it). Pure. */
uspan_err_t uspan_answer_feed(uspan_answer_t *a, const uint8_t *data, size_t len, uint64_t now_s,
                              size_t *used);
/* End a response of which no more bytes will come. Returns: USPAN_OK: a status was read; USPAN_ERR_IO: no
 * status was read; USPAN_ERR_CLOSED: no byte was read. In the last case a kept connection has ended, and the
 * request may be sent again at once. */
uspan_err_t uspan_answer_end(uspan_answer_t *a);

#endif
