/* span_lookup.h: what typed spans ask about attributes of open spans. Private to core/genai. */
#ifndef USPAN_GENAI_SPAN_LOOKUP_H
#define USPAN_GENAI_SPAN_LOOKUP_H

#include "trace/attr.h"
#include "trace/pool.h"

/* uspan_worse(), not inlined. */
uspan_err_t uspan_worse_result(uspan_err_t a, uspan_err_t b);

/* Whether an open span has an attribute. */
bool uspan_has_key(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key);
/* Copy the text that an open span has under key to out, if it is at most cap bytes. Returns their number, 0
 * for none. t is not NULL. The lock is held for at most cap bytes. */
size_t uspan_text_of_key(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, char *out, size_t cap);
/* Text of up to 64 bytes that `from` has under `source` becomes attribute `key` of s, where s has none yet.
 * Both are open. */
void uspan_copy_key(uspan_tracer_t *t, uspan_t from, const uspan_key_t *source, uspan_t s,
                    const uspan_key_t *key);

#endif
