/* disabled.h: the functions of uspan.h if USPAN_ENABLED is 0. Each behaves as with the null span, or with a
 * tracer that has nothing to do. Invariant: no symbol of uspan is linked, nothing is stored, arguments are
 * evaluated once, and all output parameters are set. They are functions, not macros with arguments. Compound
 * literals with commas stay legal, types are checked, and their address can be taken. Included by uspan.h.
 * Each other header x.h includes disabled_x.h after its declarations. */
#ifndef USPAN_DISABLED_H
#define USPAN_DISABLED_H

#include "config.h"

#if !USPAN_ENABLED
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#endif

#define USPAN_CONFIG_ID 0u
struct uspan_tracer {
    uint8_t none;
};

#define uspan_start_n uspan_off_start_n
static inline uspan_t uspan_start_n(uspan_tracer_t *t, uspan_t parent, const char *name, size_t name_len)
{
    return USPAN_NULL;
}
#define uspan_start_with uspan_off_start_with
static inline uspan_t uspan_start_with(uspan_tracer_t *t, uspan_t parent, const char *name, size_t name_len,
                                       const uspan_options_t *options)
{
    return USPAN_NULL;
}
#define uspan_start_bare uspan_off_start_bare
static inline uspan_t uspan_start_bare(uspan_tracer_t *t, uspan_t parent, const char *name, size_t name_len,
                                       const uspan_options_t *options)
{
    return USPAN_NULL;
}
#define uspan_start_full uspan_off_start_full
static inline uspan_t uspan_start_full(uspan_tracer_t *t, uspan_t parent, const char *name, size_t name_len,
                                       const uspan_options_t *options)
{
    return USPAN_NULL;
}
#define uspan_start uspan_off_start
static inline uspan_t uspan_start(uspan_tracer_t *t, uspan_t parent, const char *name)
{
    return USPAN_NULL;
}
#define uspan_end uspan_off_end
static inline uspan_err_t uspan_end(uspan_tracer_t *t, uspan_t s)
{
    return USPAN_OK;
}
#define uspan_end_at uspan_off_end_at
static inline uspan_err_t uspan_end_at(uspan_tracer_t *t, uspan_t s, uint64_t end_ns)
{
    return USPAN_OK;
}
#define uspan_now uspan_off_now
static inline uint64_t uspan_now(const uspan_tracer_t *t)
{
    return 0u;
}

/* Setters of one attribute: name(tracer, span, key, arguments). */
#define USPAN_OFF_SET(name, ...)                                                                      \
    static inline uspan_err_t name(uspan_tracer_t *t, uspan_t s, const uspan_key_t *key, __VA_ARGS__) \
    {                                                                                                 \
        return USPAN_OK;                                                                              \
    }
#define uspan_set_int uspan_off_set_int
#define uspan_set_double uspan_off_set_double
#define uspan_set_bool uspan_off_set_bool
#define uspan_set_str uspan_off_set_str
#define uspan_set_str_n uspan_off_set_str_n
#define uspan_set_static uspan_off_set_static
#define uspan_set_static_n uspan_off_set_static_n
#define uspan_set_bytes uspan_off_set_bytes
#define uspan_set_ints uspan_off_set_ints
#define uspan_set_doubles uspan_off_set_doubles
#define uspan_set_bools uspan_off_set_bools
#define uspan_set_strs uspan_off_set_strs
#define uspan_append_str uspan_off_append_str
#define uspan_append_str_n uspan_off_append_str_n
#define uspan_append_bytes uspan_off_append_bytes
USPAN_OFF_SET(uspan_set_int, int64_t value)
USPAN_OFF_SET(uspan_set_double, double value)
USPAN_OFF_SET(uspan_set_bool, bool value)
USPAN_OFF_SET(uspan_set_str, const char *text)
USPAN_OFF_SET(uspan_set_str_n, const char *text, size_t len)
USPAN_OFF_SET(uspan_set_static, const char *text)
USPAN_OFF_SET(uspan_set_static_n, const char *text, size_t len)
USPAN_OFF_SET(uspan_set_bytes, const void *data, size_t len)
USPAN_OFF_SET(uspan_set_ints, const int64_t *values, size_t count)
USPAN_OFF_SET(uspan_set_doubles, const double *values, size_t count)
USPAN_OFF_SET(uspan_set_bools, const bool *values, size_t count)
USPAN_OFF_SET(uspan_set_strs, const char *const *texts, size_t count)
USPAN_OFF_SET(uspan_append_str, const char *text)
USPAN_OFF_SET(uspan_append_str_n, const char *text, size_t len)
USPAN_OFF_SET(uspan_append_bytes, const void *data, size_t len)
#undef USPAN_OFF_SET

#define uspan_set_all uspan_off_set_all
static inline uspan_err_t uspan_set_all(uspan_tracer_t *t, uspan_t s, const uspan_attr_t *attrs, size_t count)
{
    return USPAN_OK;
}
#define uspan_event uspan_off_event
static inline uspan_err_t uspan_event(uspan_tracer_t *t, uspan_t s, const char *name)
{
    return USPAN_OK;
}
#define uspan_event_n uspan_off_event_n
static inline uspan_err_t uspan_event_n(uspan_tracer_t *t, uspan_t s, const char *name, size_t name_len,
                                        uint64_t time_ns, const uspan_attr_t *attrs, size_t attr_count)
{
    return USPAN_OK;
}
#define uspan_add_link uspan_off_add_link
static inline uspan_err_t uspan_add_link(uspan_tracer_t *t, uspan_t s, const uspan_link_t *link)
{
    return USPAN_OK;
}
#define uspan_set_status uspan_off_set_status
static inline uspan_err_t uspan_set_status(uspan_tracer_t *t, uspan_t s, uspan_status_t status,
                                           const char *message)
{
    return USPAN_OK;
}
#define uspan_set_name uspan_off_set_name
static inline uspan_err_t uspan_set_name(uspan_tracer_t *t, uspan_t s, const char *name)
{
    return USPAN_OK;
}
#define uspan_set_name_n uspan_off_set_name_n
static inline uspan_err_t uspan_set_name_n(uspan_tracer_t *t, uspan_t s, const char *name, size_t name_len)
{
    return USPAN_OK;
}
#define uspan_record_error uspan_off_record_error
static inline uspan_err_t uspan_record_error(uspan_tracer_t *t, uspan_t s, const char *type,
                                             const char *message)
{
    return USPAN_OK;
}
#define uspan_record_error_data uspan_off_record_error_data
static inline uspan_err_t uspan_record_error_data(uspan_tracer_t *t, uspan_t s, const char *type,
                                                  const char *message, const char *data)
{
    return USPAN_OK;
}
#define uspan_fail uspan_off_fail
static inline uspan_err_t uspan_fail(uspan_tracer_t *t, uspan_t s, const char *type, const char *message)
{
    return USPAN_OK;
}
#define uspan_enter uspan_off_enter
static inline uspan_t uspan_enter(uspan_tracer_t *t, uspan_t s)
{
    return USPAN_NULL;
}
#define uspan_leave uspan_off_leave
static inline void uspan_leave(uspan_tracer_t *t, uspan_t before)
{
}
#define uspan_current uspan_off_current
static inline uspan_t uspan_current(uspan_tracer_t *t)
{
    return USPAN_NULL;
}
#define uspan_sample_ratio_parse uspan_off_sample_ratio_parse
static inline uspan_err_t uspan_sample_ratio_parse(const char *text, uint64_t *bound)
{
    *bound = USPAN_SAMPLE_NEVER;
    return USPAN_OK;
}
#define uspan_set_sampler uspan_off_set_sampler
static inline void uspan_set_sampler(uspan_tracer_t *t, uspan_sampler_t sampler)
{
}
#define uspan_add_processor uspan_off_add_processor
static inline uspan_err_t uspan_add_processor(uspan_tracer_t *t, uspan_processor_t *p)
{
    return USPAN_OK;
}
#define uspan_set_processor uspan_off_set_processor
static inline void uspan_set_processor(uspan_tracer_t *t, uspan_processor_t *p)
{
}
#define uspan_set_enabled uspan_off_set_enabled
static inline void uspan_set_enabled(uspan_tracer_t *t, bool enabled)
{
}
#define uspan_set_content uspan_off_set_content
static inline void uspan_set_content(uspan_tracer_t *t, bool enabled)
{
}
#define uspan_set_redactor uspan_off_set_redactor
static inline void uspan_set_redactor(uspan_tracer_t *t, const uspan_redactor_t *redactor)
{
}
#define uspan_set_limits uspan_off_set_limits
static inline void uspan_set_limits(uspan_tracer_t *t, const uspan_limits_t *limits)
{
}

#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
#endif
#endif
