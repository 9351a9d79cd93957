/* usage.h: token counts of one model call, and totals of all calls. The firmware can read the totals for
 * budgets and displays. */
#ifndef USPAN_USAGE_H
#define USPAN_USAGE_H

#include "uspan.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Token counts of one call. input includes tokens that were read from a cache and written to it. output
 * includes reasoning. cache_creation counts the tokens written to a cache. Its key depends on USPAN_SEMCONV.
 * A count of 0 is not sent, except by uspan_set_token_pair(). */
typedef struct uspan_token_counts {
    uint32_t input, output, cache_read, cache_creation, reasoning;
} uspan_tokens_t;
/* Token counts of one direction by kind of content. 0 is not sent. */
typedef struct uspan_modality_counts {
    uint32_t text, image, audio;
} uspan_modality_counts_t;

/* Totals. A budget must not depend on tracing. Therefore uspan counts every model call that a typed span
 * began and all tokens that were reported, even if the trace is not sampled or the pool was full. errors:
 * calls whose span failed. A call that got no slot cannot be counted there. */
typedef struct uspan_usage {
    uint64_t input, output, cache_read, cache_creation, reasoning; /* tokens */
    uint32_t calls, errors;
} uspan_usage_t;

/* From now on, add token counts to *usage. It must stay valid until it is replaced, and uspan does not clear
 * it. NULL: stop counting. Use one struct for each run of the agent to get totals for each run. Context:
 * task. */
void uspan_set_usage(uspan_tracer_t *t, uspan_usage_t *usage);
/* Copy the current totals. All zero if no struct is set. Context: task, ISR. */
void uspan_read_usage(uspan_tracer_t *t, uspan_usage_t *out);

/* Set the token counts of a call and add them to the totals. Call it once per span. uspan_chat_end() does it
 * too. Returns the worst result of the attributes. Context: task, ISR. */
uspan_err_t uspan_set_token_pair(uspan_tracer_t *t, uspan_t s, int64_t input, int64_t output);
uspan_err_t uspan_set_tokens(uspan_tracer_t *t, uspan_t s, const uspan_tokens_t *tokens);

#ifdef __cplusplus
}
#endif

#if !USPAN_ENABLED
#include "disabled_usage.h"
#endif
#endif
