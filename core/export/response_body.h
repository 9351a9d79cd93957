/* response_body.h: reads the body of a response. Private to core. */
#ifndef USPAN_EXPORT_BODY_H
#define USPAN_EXPORT_BODY_H

#include "trace/internal.h"

/* Read the kept part of a body. For an error (`failed`): the message of a google.rpc.Status, or else the
 * first bytes of the body of any type. For a success: the partial_success of an ExportTraceServiceResponse,
 * as protobuf or JSON, with or without a type. If the response keeps a header value in place of the body
 * (USPAN_ANSWER_FIELD): that value. Of a compressed body nothing. With USPAN_MESSAGE_TEXTS 1 the first bytes
 * of the text go to `text` as well-formed UTF-8 without control characters, otherwise "". A body that cannot
 * be decoded is treated as text. An incomplete body is read up to its end. Returns: rejected_spans or code if
 * below 2^31. Other values, also negative ones, are invalid and give their lower half or 0.
 * USPAN_BODY_UNREADABLE: the body of a success is compressed, or not OTLP. Pure. */
#define USPAN_BODY_UNREADABLE UINT32_MAX
uint32_t uspan_body_read(const uspan_answer_t *a, bool failed, char text[USPAN_MESSAGE_BYTES]);

#endif
