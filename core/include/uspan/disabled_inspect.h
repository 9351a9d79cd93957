/* disabled_inspect.h: the functions of inspect.h if USPAN_ENABLED is 0. Included by inspect.h. */
#ifndef USPAN_DISABLED_INSPECT_H
#define USPAN_DISABLED_INSPECT_H

#include "config.h"

#if !USPAN_ENABLED
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#endif

#define uspan_visit_open_spans uspan_off_visit_open_spans
static inline unsigned uspan_visit_open_spans(uspan_tracer_t *t,
                                              void (*fn)(void *ctx, uspan_tracer_t *t, uspan_t s), void *ctx)
{
    return 0u;
}
#define uspan_check_ends uspan_off_check_ends
static inline uspan_err_t uspan_check_ends(uspan_tracer_t *t, uspan_processor_t *p)
{
    return USPAN_OK;
}
#define uspan_find_root uspan_off_find_root
static inline uspan_t uspan_find_root(uspan_tracer_t *t, uspan_t s)
{
    return USPAN_NULL;
}
#define uspan_set_default uspan_off_set_default
static inline void uspan_set_default(uspan_tracer_t *t)
{
}
#define uspan_default uspan_off_default
static inline uspan_tracer_t *uspan_default(void)
{
    return NULL;
}
#define uspan_set_health uspan_off_set_health
static inline void uspan_set_health(uspan_tracer_t *t, const uspan_health_source_t *source)
{
}
#define uspan_new_id uspan_off_new_id
static inline uspan_err_t uspan_new_id(uspan_tracer_t *t, uspan_id_kind_t kind, char out[USPAN_ID_TEXT_BYTES])
{
    out[0] = '\0';
    return USPAN_ERR_AGAIN;
}

#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
#endif
#endif
