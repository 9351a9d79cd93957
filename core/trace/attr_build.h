/* attr_build.h: converts an argument into an entry that no other context sees. Private to core. */
#ifndef USPAN_TRACE_ATTR_BUILD_H
#define USPAN_TRACE_ATTR_BUILD_H

#include "trace/block_chain.h"

/* Convert an argument into an entry that no other context sees, and copy what must be copied. key is stored
 * by pointer. Returns: USPAN_OK; USPAN_TRUNCATED; USPAN_ERR_FULL or USPAN_ERR_ARG (the entry holds no block).
 * Takes the lock for blocks. */
uspan_err_t uspan_entry_build(uspan_tracer_t *t, uspan_entry_t *e, const uspan_attr_t *arg);
/* Like uspan_entry_build(), for text only. A program without arrays links only this. */
uspan_err_t uspan_entry_build_text(uspan_tracer_t *t, uspan_entry_t *e, const uspan_attr_t *arg);
/* Check if a redactor gets the texts of that key, and call it. No lock is held. */
static inline bool uspan_is_redacted(const uspan_tracer_t *t, const uspan_key_t *key)
{
    return USPAN_CONTENT != 0 && (key->flags & USPAN_KEY_CONTENT) != 0u && t->trace.redactor != NULL;
}
static inline void uspan_redact(const uspan_tracer_t *t, const uspan_key_t *key, const char **text,
                                size_t *len)
{
    t->trace.redact(t, key, text, len);
}
/* Returns the worse of two results: the first one below USPAN_OK, otherwise USPAN_TRUNCATED before
 * USPAN_OK. */
static inline uspan_err_t uspan_worse(uspan_err_t a, uspan_err_t b)
{
    return a < USPAN_OK ? a : b < USPAN_OK ? b : a > b ? a : b;
}

#endif
