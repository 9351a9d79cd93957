/* disabled_export.h: the functions of export.h if USPAN_ENABLED is 0. Included by export.h. Export is always
 * idle, flushed and stopped. */
#ifndef USPAN_DISABLED_EXPORT_H
#define USPAN_DISABLED_EXPORT_H

#include "config.h"

#if !USPAN_ENABLED
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#endif

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
static inline uspan_err_t uspan_set_unix_time(uspan_tracer_t *t, uint64_t unix_ns)
{
    return USPAN_OK;
}
#define uspan_unix_now uspan_off_unix_now
static inline uspan_err_t uspan_unix_now(uspan_tracer_t *t, uint64_t *unix_ns)
{
    *unix_ns = 0u;
    return USPAN_ERR_AGAIN;
}
#if USPAN_HTTP_PROXY
#define uspan_proxy_init_sized uspan_off_proxy_init_sized
static inline uspan_err_t uspan_proxy_init_sized(uspan_proxy_t *proxy, const uspan_transport_t *under,
                                                 const uspan_proxy_options_t *options, uspan_transport_t *out,
                                                 size_t proxy_size)
{
    *out = *under;
    return USPAN_OK;
}
#define uspan_proxy_init uspan_off_proxy_init
static inline uspan_err_t uspan_proxy_init(uspan_proxy_t *proxy, const uspan_transport_t *under,
                                           const uspan_proxy_options_t *options, uspan_transport_t *out)
{
    *out = *under; /* it is never called */
    return USPAN_OK;
}
#define uspan_proxy_wrong uspan_off_proxy_wrong
static inline const char *uspan_proxy_wrong(const char *url)
{
    return NULL;
}
#endif
#if USPAN_STUDIO
#define uspan_studio_start uspan_off_studio_start
static inline uspan_err_t uspan_studio_start(uspan_tracer_t *t, const uspan_transport_t *transport,
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

#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
#endif
#endif
