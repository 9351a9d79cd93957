/* body.h: what the body of an answer says. Private to core. */
#ifndef USPAN_EXPORT_BODY_H
#define USPAN_EXPORT_BODY_H

#include "trace/inside.h"

#define USPAN_MESSAGE_BYTES 80u

/* Read the kept part of a body: a google.rpc.Status (`inside` it from the start), or the partial_success of
 * an ExportTraceServiceResponse, whose end is taken for that of the answer. The first bytes of its text go to
 * `text` where USPAN_TEXTS says so, fit for a log, else "". A body of another type, or one that does not
 * decode, says nothing: servers answer JSON, or nothing. Of a body that was not kept whole, what stands
 * before its break counts.
 * Returns: the number, rejected_spans or code, where it is below 2^31; of others, negative ones too, which
 * are nonsense, their lower half or 0. Pure. */
uint32_t uspan_body_read(const uspan_answer_t *a, bool inside, char text[USPAN_MESSAGE_BYTES]);

#endif
