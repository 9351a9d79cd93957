/* attr_build.h: an argument becomes an entry that nobody else sees. Private to core. */
#ifndef USPAN_TRACE_ATTR_BUILD_H
#define USPAN_TRACE_ATTR_BUILD_H

#include "trace/block_chain.h"

/* Turn an argument into an entry that nobody else sees, copying what must be copied. key is stored as it is.
 * Returns: USPAN_OK; USPAN_TRUNCATED; USPAN_ERR_FULL or USPAN_ERR_ARG (the entry holds no block). Takes the
 * lock for blocks. */
uspan_err_t uspan_entry_build(uspan_tracer_t *t, uspan_entry_t *e, const uspan_attr_t *arg);
/* The same for text alone: a program without arrays links no more than this. */
uspan_err_t uspan_entry_build_text(uspan_tracer_t *t, uspan_entry_t *e, const uspan_attr_t *arg);
/* Whether a redactor looks at texts of that key; what it makes of one. No lock is held. */
static inline bool uspan_is_redacted(const uspan_tracer_t *t, const uspan_key_t *key)
{
    return USPAN_CONTENT != 0 && (key->flags & USPAN_KEY_CONTENT) != 0u && t->trace.redactor != NULL;
}
static inline void uspan_redact(const uspan_tracer_t *t, const uspan_key_t *key, const char **text,
                                size_t *len)
{
    t->trace.redact(t, key, text, len);
}
/* The worse of two results: the first below USPAN_OK, else USPAN_TRUNCATED over USPAN_OK. */
static inline uspan_err_t uspan_worse(uspan_err_t a, uspan_err_t b)
{
    return a < USPAN_OK ? a : b < USPAN_OK ? b : a > b ? a : b;
}

#endif
