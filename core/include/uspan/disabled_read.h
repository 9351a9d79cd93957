/* disabled_read.h: the functions of read.h if USPAN_ENABLED is 0. Included by read.h. Every span is reported
 * as stale. */
#ifndef USPAN_DISABLED_READ_H
#define USPAN_DISABLED_READ_H

#include "config.h"

#if !USPAN_ENABLED
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#endif

#define uspan_read uspan_off_read
static inline uspan_err_t uspan_read(uspan_tracer_t *t, uspan_t s, uspan_view_t *out)
{
    memset(out, 0, sizeof(*out));
    return USPAN_ERR_STALE;
}
#define uspan_read_attr uspan_off_read_attr
static inline uspan_err_t uspan_read_attr(uspan_tracer_t *t, uspan_t s, unsigned of, unsigned index,
                                          uspan_value_t *out)
{
    memset(out, 0, sizeof(*out));
    return USPAN_ERR_STALE;
}
#define uspan_find_attr uspan_off_find_attr
static inline uspan_err_t uspan_find_attr(uspan_tracer_t *t, uspan_t s, unsigned of, const char *key,
                                          uspan_value_t *out, unsigned *index)
{
    memset(out, 0, sizeof(*out));
    return USPAN_ERR_STALE;
}
#define uspan_read_text uspan_off_read_text
static inline size_t uspan_read_text(uspan_tracer_t *t, uspan_t s, unsigned of, unsigned index, size_t offset,
                                     char *out, size_t cap)
{
    return 0u;
}
#define uspan_read_element uspan_off_read_element
static inline uspan_err_t uspan_read_element(uspan_tracer_t *t, uspan_t s, unsigned of, unsigned index,
                                             unsigned element, uspan_value_t *out, char *text, size_t cap)
{
    memset(out, 0, sizeof(*out));
    return USPAN_ERR_STALE;
}
#define uspan_read_status_message uspan_off_read_status_message
static inline size_t uspan_read_status_message(uspan_tracer_t *t, uspan_t s, char *out, size_t cap)
{
    return 0u;
}
#define uspan_read_event uspan_off_read_event
static inline uspan_err_t uspan_read_event(uspan_tracer_t *t, uspan_t s, unsigned index,
                                           uspan_event_view_t *out, char *name, size_t cap)
{
    memset(out, 0, sizeof(*out));
    return USPAN_ERR_STALE;
}
#define uspan_read_link uspan_off_read_link
static inline uspan_err_t uspan_read_link(uspan_tracer_t *t, uspan_t s, unsigned index, uspan_context_t *out)
{
    memset(out, 0, sizeof(*out));
    return USPAN_ERR_STALE;
}
#define uspan_capture_init uspan_off_capture_init
static inline void uspan_capture_init(uspan_capture_t *c, void *buf, size_t cap)
{
    memset(c, 0, sizeof(*c));
}
#define uspan_capture_clear uspan_off_capture_clear
static inline void uspan_capture_clear(uspan_capture_t *c)
{
}
#define uspan_captured_at uspan_off_captured_at
static inline const uspan_captured_t *uspan_captured_at(const uspan_capture_t *c, unsigned index)
{
    return NULL;
}
#define uspan_captured_named uspan_off_captured_named
static inline const uspan_captured_t *uspan_captured_named(const uspan_capture_t *c, const char *name)
{
    return NULL;
}
#define uspan_captured_view uspan_off_captured_view
static inline const uspan_view_t *uspan_captured_view(const uspan_captured_t *s)
{
    return NULL;
}
#define uspan_captured_parent uspan_off_captured_parent
static inline const uspan_captured_t *uspan_captured_parent(const uspan_capture_t *c,
                                                            const uspan_captured_t *s)
{
    return NULL;
}
#define uspan_captured_str uspan_off_captured_str
static inline const char *uspan_captured_str(const uspan_captured_t *s, const char *key)
{
    return NULL;
}
#define uspan_captured_has uspan_off_captured_has
static inline bool uspan_captured_has(const uspan_captured_t *s, const char *key)
{
    return false;
}
#define uspan_captured_int uspan_off_captured_int
static inline int64_t uspan_captured_int(const uspan_captured_t *s, const char *key)
{
    return 0;
}
#define uspan_captured_double uspan_off_captured_double
static inline double uspan_captured_double(const uspan_captured_t *s, const char *key)
{
    return 0.0;
}
#define uspan_captured_status_message uspan_off_captured_status_message
static inline const char *uspan_captured_status_message(const uspan_captured_t *s)
{
    return "";
}

#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
#endif
#endif
