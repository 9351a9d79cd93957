/* http_answer.h: an HTTP/1.1 answer read in fragments of any size, RFC 9112. Bounded state; header lines of
 * any length are skipped without a buffer; 1xx answers are passed over; chunked, Content-Length and
 * close-delimited bodies. */
#ifndef USPAN_EXPORT_HTTP_ANSWER_H
#define USPAN_EXPORT_HTTP_ANSWER_H

#include "trace/inside.h"

/* answer.flags after the head */
#define USPAN_ANSWER_CLOSE 1u    /* the connection ends with this answer */
#define USPAN_ANSWER_PROTOBUF 2u /* Content-Type is application/x-protobuf, parameters aside */

void uspan_answer_begin(uspan_answer_t *a);
/* Feed bytes. now_s: Unix seconds for RFC 850 dates, 0 for unknown. *used: bytes taken; fewer than len only
 * with the answer's end (what follows it on a kept connection is the server's mistake: close).
 * Returns: USPAN_ERR_AGAIN: more is needed; USPAN_OK: complete; USPAN_ERR_IO: not HTTP/1.x, or framing that
 * contradicts itself (two Content-Length, Content-Length with chunked, bad chunk size); USPAN_ERR_FULL: head
 * or body above USPAN_ANSWER_MAX. Fields of *a are valid after USPAN_OK: status, flags, retry_after_s,
 * retry_at_unix, date_unix, body[0..body_len), body_bytes (all of it). Pure. */
uspan_err_t uspan_answer_feed(uspan_answer_t *a, const uint8_t *data, size_t len, uint64_t now_s,
                              size_t *used);
/* The peer closed. USPAN_OK: that ends a close-delimited body; USPAN_ERR_IO: cut short; USPAN_ERR_CLOSED: not
 * one byte of an answer had come (a kept connection that died: the request may be sent again at once). */
uspan_err_t uspan_answer_eof(uspan_answer_t *a);

#endif
