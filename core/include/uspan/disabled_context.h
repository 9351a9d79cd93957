/* disabled_context.h: the functions of context.h if USPAN_ENABLED is 0. Included by context.h. Contexts are
 * all zero and therefore not valid, and baggage is empty. */
#ifndef USPAN_DISABLED_CONTEXT_H
#define USPAN_DISABLED_CONTEXT_H

#include "config.h"

#if !USPAN_ENABLED
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#endif

#define uspan_context_of uspan_off_context_of
static inline uspan_err_t uspan_context_of(uspan_tracer_t *t, uspan_t s, uspan_context_t *out)
{
    memset(out, 0, sizeof(*out));
    return USPAN_OK;
}
#define uspan_context_parse uspan_off_context_parse
static inline uspan_err_t uspan_context_parse(uspan_context_t *out, const char *traceparent,
                                              const char *tracestate)
{
    memset(out, 0, sizeof(*out));
    return USPAN_OK;
}
#define uspan_context_parse_n uspan_off_context_parse_n
static inline uspan_err_t uspan_context_parse_n(uspan_context_t *out, const char *traceparent,
                                                size_t traceparent_len, const char *tracestate,
                                                size_t tracestate_len)
{
    memset(out, 0, sizeof(*out));
    return USPAN_OK;
}
#define uspan_traceparent uspan_off_traceparent
static inline size_t uspan_traceparent(const uspan_context_t *c, char out[56])
{
    out[0] = '\0';
    return 0u;
}
#if USPAN_TRACESTATE_BYTES > 0
#define uspan_tracestate uspan_off_tracestate
static inline const char *uspan_tracestate(const uspan_context_t *c, size_t *len)
{
    *len = 0u;
    return "";
}
#define uspan_tracestate_set uspan_off_tracestate_set
static inline uspan_err_t uspan_tracestate_set(uspan_context_t *c, const char *key, const char *value)
{
    return USPAN_OK;
}
#endif
#define uspan_propagate uspan_off_propagate
static inline size_t uspan_propagate(uspan_tracer_t *t, uspan_t s, const char *baggage, char *out, size_t cap)
{
    if (cap > 0u) {
        out[0] = '\0';
    }
    return 0u;
}
#define uspan_propagate_each uspan_off_propagate_each
static inline size_t uspan_propagate_each(uspan_tracer_t *t, uspan_t s, const char *baggage, char *buf,
                                          size_t cap,
                                          void (*set)(void *ctx, const char *name, const char *value),
                                          void *ctx)
{
    return 0u;
}
#define uspan_trace_headers uspan_off_trace_headers
static inline size_t uspan_trace_headers(uspan_tracer_t *t, uspan_t s, char *out, size_t cap)
{
    if (cap > 0u) {
        out[0] = '\0';
    }
    return 0u;
}
#define uspan_baggage_next uspan_off_baggage_next
static inline uspan_err_t uspan_baggage_next(const char *text, size_t len, size_t *pos, uspan_baggage_t *out)
{
    return USPAN_ERR_CLOSED;
}
#define uspan_baggage_find uspan_off_baggage_find
static inline uspan_err_t uspan_baggage_find(const char *text, size_t len, const char *key,
                                             uspan_baggage_t *out)
{
    return USPAN_ERR_ARG;
}
#define uspan_baggage_decode uspan_off_baggage_decode
static inline uspan_err_t uspan_baggage_decode(const char *value, size_t value_len, char *out, size_t cap,
                                               size_t *out_len)
{
    *out_len = 0u;
    return USPAN_OK;
}
#define uspan_baggage_add uspan_off_baggage_add
static inline uspan_err_t uspan_baggage_add(char *out, size_t cap, size_t *len, const char *key,
                                            const char *value)
{
    return USPAN_OK;
}

#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
#endif
#endif
