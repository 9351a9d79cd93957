/* disabled_usage.h: the functions of usage.h if USPAN_ENABLED is 0. Included by usage.h. */
#ifndef USPAN_DISABLED_USAGE_H
#define USPAN_DISABLED_USAGE_H

#include "config.h"

#if !USPAN_ENABLED
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#endif

#define uspan_set_usage uspan_off_set_usage
static inline void uspan_set_usage(uspan_tracer_t *t, uspan_usage_t *usage)
{
}
#define uspan_read_usage uspan_off_read_usage
static inline void uspan_read_usage(uspan_tracer_t *t, uspan_usage_t *out)
{
    memset(out, 0, sizeof(*out));
}
#define uspan_set_token_pair uspan_off_set_token_pair
static inline uspan_err_t uspan_set_token_pair(uspan_tracer_t *t, uspan_t s, int64_t input, int64_t output)
{
    return USPAN_OK;
}
#define uspan_set_tokens uspan_off_set_tokens
static inline uspan_err_t uspan_set_tokens(uspan_tracer_t *t, uspan_t s, const uspan_tokens_t *tokens)
{
    return USPAN_OK;
}

#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
#endif
#endif
