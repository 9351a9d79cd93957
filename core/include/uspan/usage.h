/* usage.h: tokens of one model call, and the totals of many, which the firmware may read: for budgets and
 * displays. */
#ifndef USPAN_GENAI_H
#include "genai.h" /* brings this file in where it belongs */
#endif
#ifndef USPAN_USAGE_H
#define USPAN_USAGE_H

#ifdef __cplusplus
extern "C" {
#endif

/* Of one call. input includes what came from a cache, output includes reasoning. What is 0 is not
 * sent; uspan_tokens() sends it. */
typedef struct uspan_token_counts {
    uint32_t input, output, cache_read, cache_creation, reasoning;
} uspan_tokens_t;

/* Totals. Every call of a model that a typed span began counts, and every token told, also where the trace is
 * not sampled or the pool was full: a budget does not depend on tracing. errors: calls whose span was failed;
 * a call that found no place in the pool cannot be failed. */
typedef struct uspan_usage {
    uint64_t input, output, cache_read, cache_creation, reasoning; /* tokens */
    uint32_t calls, errors;
} uspan_usage_t;

/* Count into *usage from now on, which outlives that; it is not cleared. NULL: count no more. One for each
 * run of the agent keeps their totals apart. Context: task. */
void uspan_set_usage(uspan_tracer_t *t, uspan_usage_t *usage);
/* The present totals, of one moment; all zero where nothing counts. Context: task, ISR. */
void uspan_read_usage(uspan_tracer_t *t, uspan_usage_t *out);

/* Tell the usage of a call, once. uspan_chat_end() does this by itself. */
uspan_err_t uspan_tokens(uspan_tracer_t *t, uspan_t s, int64_t input, int64_t output);
uspan_err_t uspan_set_tokens(uspan_tracer_t *t, uspan_t s, const uspan_tokens_t *tokens);

#ifdef __cplusplus
}
#endif
#endif
