/* span_lookup.h: looks up attributes of open spans. Private to core/genai and core/wire. */
#ifndef USPAN_GENAI_SPAN_LOOKUP_H
#define USPAN_GENAI_SPAN_LOOKUP_H

#include "trace/attr.h"
#include "trace/pool.h"

/* uspan_worse(). For size, there is one copy. */
USPAN_INLINE_FAST uspan_err_t uspan_worse_result(uspan_err_t a, uspan_err_t b);
#if !USPAN_OPTIMIZE_SIZE || defined(USPAN_IN_SPAN_LOOKUP)
USPAN_INLINE_FAST uspan_err_t uspan_worse_result(uspan_err_t a, uspan_err_t b)
{
    return uspan_worse(a, b);
}
#endif

/* Returns true if the span is open and has that attribute. */
bool uspan_has_key(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key);
/* Returns true if the span is open and has that text of 1 to 96 bytes under key. t must not be NULL. The lock
 * is held while at most 96 bytes are copied. */
bool uspan_text_is(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, const char *text);
/* Copy the text that `from` has under `source` to attribute `key` of s. Nothing is copied if the text has
 * more than 64 bytes, s has that attribute already, or one of the spans is not open. */
void uspan_copy_key(uspan_tracer_t *t, uspan_t from, const uspan_key_t *source, uspan_t s,
                    const uspan_key_t *key);

#endif
