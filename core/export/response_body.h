/* response_body.h: what the body of an answer says. Private to core. */
#ifndef USPAN_EXPORT_BODY_H
#define USPAN_EXPORT_BODY_H

#include "trace/internal.h"

/* Read the kept part of a body. Of an error (`failed`): the message of a google.rpc.Status, or else the
 * first bytes of the body, whatever their type, but none of a compressed one. Of a success: the
 * partial_success of an ExportTraceServiceResponse, protobuf or JSON, without a type too. If the answer
 * keeps a header's value in place of the body (USPAN_ANSWER_FIELD): that value. If USPAN_MESSAGE_TEXTS is
 * 1, the text's first bytes go to `text`, else "": well-formed UTF-8 without control characters. A protobuf
 * body that does not decode says nothing more than its bytes. Of a body that was not kept whole, what stands
 * before its break counts.
 * Returns: the number, rejected_spans or code, if it is below 2^31; of others, negative ones too, which
 * are nonsense, their lower half or 0. Pure. */
uint32_t uspan_body_read(const uspan_answer_t *a, bool failed, char text[USPAN_MESSAGE_BYTES]);

#endif
