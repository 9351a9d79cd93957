/* usage.h: tokens of one model call, and totals of all calls, which the firmware can read for budgets and
 * displays. */
#ifndef USPAN_USAGE_H
#define USPAN_USAGE_H

#include "uspan.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Of one call. input includes tokens read from a cache and written to it, output includes reasoning. A
 * count of 0 is not sent. uspan_set_token_pair() sends 0. cache_creation: written to a cache; its key is
 * USPAN_SEMCONV's. */
typedef struct uspan_token_counts {
    uint32_t input, output, cache_read, cache_creation, reasoning;
} uspan_tokens_t;
/* Parts of a count, by what the tokens stand for. 0 is not sent. */
typedef struct uspan_modality_counts {
    uint32_t text, image, audio;
} uspan_modality_counts_t;

/* Totals. Every call of a model that a typed span began counts, and every token told, also where the trace is
 * not sampled or the pool was full: a budget does not depend on tracing. errors: calls whose span was failed;
 * a call that found no place in the pool cannot be failed. */
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

/* Set the usage of a call, once. uspan_chat_end() does it too. */
uspan_err_t uspan_set_token_pair(uspan_tracer_t *t, uspan_t s, int64_t input, int64_t output);
uspan_err_t uspan_set_tokens(uspan_tracer_t *t, uspan_t s, const uspan_tokens_t *tokens);

#ifdef __cplusplus
}
#endif

#if !USPAN_ENABLED
#include "disabled_usage.h"
#endif
#endif
