/* http_response.h: an HTTP/1.1 answer read in fragments of any size, RFC 9112. Bounded state; header
 * lines of any length are skipped without a buffer; 1xx answers are passed over; chunked, Content-Length
 * and close-delimited bodies. Once a status line was read, nothing behind it is an error: what is
 * broken, too long or cut off ends the answer and the connection. */
#ifndef USPAN_EXPORT_HTTP_ANSWER_H
#define USPAN_EXPORT_HTTP_ANSWER_H

#include "trace/internal.h"

/* answer.flags after the head */
#define USPAN_ANSWER_CLOSE 1u    /* the connection ends with this answer */
#define USPAN_ANSWER_PROTOBUF 2u /* Content-Type is application/x-protobuf, parameters aside */
#define USPAN_ANSWER_JSON 4u     /* Content-Type is application/json, parameters aside */
#define USPAN_ANSWER_HTTP2 8u    /* there is no status: the peer speaks HTTP/2 */
#define USPAN_ANSWER_FIELD \
    16u /* body holds no body, but a header's value: Location of a 3xx; of a 2xx the
                                  * Content-Type that is none of OTLP's */

void uspan_answer_begin(uspan_answer_t *a);
/* Feed bytes. now_s: Unix seconds for RFC 850 dates, 0 for unknown. *used: bytes taken; fewer than len
 * only with the answer's end (what follows it on a kept connection is the server's mistake: close).
 * Returns: USPAN_ERR_AGAIN: more is needed; USPAN_OK: it has ended; USPAN_ERR_IO: there is no usable
 * status line. Fields of *a are valid after USPAN_OK: status, flags, retry_after_s, retry_at_unix,
 * date_unix, body[0..body_len), body_bytes (all that was read of it). Pure. */
uspan_err_t uspan_answer_feed(uspan_answer_t *a, const uint8_t *data, size_t len, uint64_t now_s,
                              size_t *used);
/* No more bytes will come. USPAN_OK: a status was read, and the answer ends here; USPAN_ERR_IO: none was
 * read; USPAN_ERR_CLOSED: not one byte of an answer had come (a kept connection that died: the request
 * may be sent again at once). */
uspan_err_t uspan_answer_end(uspan_answer_t *a);

#endif
