/* disabled.h: USPAN_ENABLED 0: every call answers as it answers for the null span, or a tracer that has
 * nothing to do.
 * Invariant: no symbol of uspan is needed, nothing is stored, arguments are evaluated once, and what a
 * call writes for its caller is set. Functions, not macros with arguments: compound literals with commas
 * stay legal, types stay checked, and a call's address can be taken. uspan.h brings this file in; read.h
 * again, after its declarations; disabled_genai.h does the same for genai.h. */
#include "uspan.h"

#if !USPAN_ENABLED
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#endif

#ifndef USPAN_DISABLED_H
#define USPAN_DISABLED_H

#define USPAN_CONFIG_ID 0u
struct uspan_tracer {
    uint8_t none;
};

/* ---- uspan.h ----------------------------------------------------------------------------------------- */

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

/* ---- context.h: contexts are all zero, that is not valid; baggage is empty --------------------------- */

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
#define uspan_headers_of uspan_off_headers_of
static inline size_t uspan_headers_of(uspan_tracer_t *t, uspan_t s, char *out, size_t cap)
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

/* ---- export.h: always idle, flushed and stopped ------------------------------------------------------ */

#define uspan_init_sized uspan_off_init_sized
static inline uspan_err_t uspan_init_sized(uspan_tracer_t *t, const uspan_port_t *port, size_t tracer_size,
                                           uint32_t config_id)
{
    return USPAN_OK;
}
#define uspan_set_resource uspan_off_set_resource
static inline uspan_err_t uspan_set_resource(uspan_tracer_t *t, const uspan_resource_t *resource)
{
    return USPAN_OK;
}
#define uspan_set_scope uspan_off_set_scope
static inline void uspan_set_scope(uspan_tracer_t *t, const uspan_scope_t *scope)
{
}
#define uspan_export_to uspan_off_export_to
static inline uspan_err_t uspan_export_to(uspan_tracer_t *t, unsigned dest,
                                          const uspan_transport_t *transport,
                                          const uspan_collector_t *collector)
{
    return USPAN_OK;
}
#define uspan_export_to_sink uspan_off_export_to_sink
static inline uspan_err_t uspan_export_to_sink(uspan_tracer_t *t, unsigned dest, const uspan_sink_t *sink)
{
    return USPAN_OK;
}
#define uspan_console_init uspan_off_console_init
static inline void uspan_console_init(uspan_console_t *c, void (*write)(void *ctx, const char *line),
                                      void *ctx)
{
}
#define uspan_set_endpoint uspan_off_set_endpoint
static inline uspan_err_t uspan_set_endpoint(uspan_tracer_t *t, unsigned dest, const char *endpoint)
{
    return USPAN_OK;
}
#define uspan_set_headers uspan_off_set_headers
static inline uspan_err_t uspan_set_headers(uspan_tracer_t *t, unsigned dest, const char *headers)
{
    return USPAN_OK;
}
#define uspan_set_gate uspan_off_set_gate
static inline void uspan_set_gate(uspan_tracer_t *t, const uspan_gate_t *gate)
{
}
#define uspan_set_batching uspan_off_set_batching
static inline void uspan_set_batching(uspan_tracer_t *t, const uspan_batching_t *b)
{
}
#define uspan_poll uspan_off_poll
static inline uspan_err_t uspan_poll(uspan_tracer_t *t, uint32_t *wait_ms)
{
    if (wait_ms != NULL) {
        *wait_ms = USPAN_FOREVER;
    }
    return USPAN_OK;
}
#define uspan_flush uspan_off_flush
static inline void uspan_flush(uspan_tracer_t *t)
{
}
#define uspan_flushed uspan_off_flushed
static inline bool uspan_flushed(const uspan_tracer_t *t)
{
    return true;
}
#define uspan_shutdown uspan_off_shutdown
static inline void uspan_shutdown(uspan_tracer_t *t, uint32_t deadline_ms)
{
}
#define uspan_stopped uspan_off_stopped
static inline bool uspan_stopped(const uspan_tracer_t *t)
{
    return true;
}
#define uspan_set_unix_time uspan_off_set_unix_time
static inline void uspan_set_unix_time(uspan_tracer_t *t, uint64_t unix_ns)
{
}
#define uspan_unix_now uspan_off_unix_now
static inline uspan_err_t uspan_unix_now(uspan_tracer_t *t, uint64_t *unix_ns)
{
    *unix_ns = 0u;
    return USPAN_ERR_AGAIN;
}
#if USPAN_STUDIO
#define uspan_studio uspan_off_studio
static inline uspan_err_t uspan_studio(uspan_tracer_t *t, const uspan_transport_t *transport,
                                       const uspan_studio_t *studio)
{
    return USPAN_OK;
}
#define uspan_run_begin uspan_off_run_begin
static inline uspan_err_t uspan_run_begin(uspan_tracer_t *t, const char *id, const char *name)
{
    return USPAN_OK;
}
#define uspan_run_id uspan_off_run_id
static inline const char *uspan_run_id(const uspan_tracer_t *t)
{
    return "";
}
#endif
#define uspan_drop_name uspan_off_drop_name
static inline const char *uspan_drop_name(uspan_drop_t cause)
{
    return "";
}
#define uspan_stats uspan_off_stats
static inline void uspan_stats(uspan_tracer_t *t, unsigned dest, uspan_stats_t *out)
{
    memset(out, 0, sizeof(*out));
}
#define uspan_diagnose uspan_off_diagnose
static inline size_t uspan_diagnose(uspan_tracer_t *t, unsigned dest, char *out, size_t cap)
{
    if (cap > 0u) {
        out[0] = '\0';
    }
    return 0u;
}
#endif

/* ---- read.h: no span is there ------------------------------------------------------------------------ */

#if defined(USPAN_OF_SPAN) && !defined(USPAN_DISABLED_READ_H) /* read.h has been read */
#define USPAN_DISABLED_READ_H

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
#endif

#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
#endif
