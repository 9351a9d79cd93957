/* uspan_posix.h: uspan on Linux and the BSDs: the port, a TCP transport, the OTEL_* environment, and an
 * optional thread that polls. The shortest use:
 *     static uspan_tracer_t tracer;
 *     uspan_posix_start(&tracer, NULL);
 *     ...spans...
 *     uspan_posix_stop(&tracer, 5000);
 * Not async-signal-safe: a signal handler must not call uspan, because it may interrupt the holder of the
 * lock. */
#ifndef USPAN_POSIX_H
#define USPAN_POSIX_H

#include "uspan/uspan.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Tracers that uspan_posix_start() can run at the same time. 1..16. RAM: about 5 KB each, for their settings.
 * */
#ifndef USPAN_POSIX_TRACERS_MAX
#define USPAN_POSIX_TRACERS_MAX 2
#endif
/* Text copied from the environment, bytes for each tracer. RAM: itself. */
#ifndef USPAN_POSIX_TEXT_BYTES
#define USPAN_POSIX_TEXT_BYTES 4096
#endif
/* Resource attributes of the environment whose key has a comma, an equals sign, a percent sign or a space at
 * its end: "k%3Dx=1". 1..16. RAM: 40 B each, a tracer. */
#ifndef USPAN_POSIX_ODD_KEYS
#define USPAN_POSIX_ODD_KEYS 4
#endif
/* Addresses of one name that are tried in one connect. 1..16. RAM: 28 B each. If a name has more, the next
 * connects try the others. */
#ifndef USPAN_POSIX_ADDRESSES_MAX
#define USPAN_POSIX_ADDRESSES_MAX 6
#endif
/* Longest wait for one address before the next is tried, milliseconds: a dead IPv6 route must not use up the
 * exchange. */
#ifndef USPAN_POSIX_CONNECT_MS
#define USPAN_POSIX_CONNECT_MS 2500
#endif
/* Longest sleep of the thread, milliseconds: how late it notices a uspan_flush() that did not come with
 * uspan_posix_wake(). */
#ifndef USPAN_POSIX_TICK_MS
#define USPAN_POSIX_TICK_MS 250
#endif

/* ---- the port ------------------------------------------------------------------------------------------ */

/* The port functions. All tracers of the process share one lock. mono_ns includes time in suspend
 * (CLOCK_BOOTTIME) if the system has that clock, so a span that is open during a suspend has its true
 * duration. Context: task. */
const uspan_port_t *uspan_posix_port(void);

/* Set the log. Lines from level on go to the end of the file at path (NULL: stderr). level 0: no lines.
 * Default: stderr, INFO. Returns USPAN_OK; USPAN_ERR_IO: the file cannot be opened, and nothing changed.
 * Context: task. */
uspan_err_t uspan_posix_log_to(const char *path, int level);

/* ---- TCP ----------------------------------------------------------------------------------------------- */

/* Only this part of the header is also for lwIP's sockets, for ESP-IDF, FreeRTOS and others: tcp.c and
 * lookup_lwip.c, built with USPAN_SOCKETS_LWIP 1 (target uspan::port_lwip_sockets). lwIP then needs NO_SYS 0,
 * LWIP_SOCKET 1, SYS_LIGHTWEIGHT_PROT 1, an errno per task, and LWIP_DNS 1 for names. LWIP_SO_SNDTIMEO 1 is
 * recommended (see sockets.h). lwIP's thread looks up names. One address of a name is known at a time. After
 * a failed connect or exchange, an address of the other family is looked up first. */

/* One connection. The fields are private to tcp.c. */
typedef struct uspan_posix_tcp {
    int fd;
    uint8_t state;
    uint8_t address_count, address_at;
    uint8_t turn;      /* addresses that failed; the next connect starts after them */
    bool is_heard;     /* the present address has sent at least one byte */
    bool is_passed;    /* turn has passed the address of the last connection */
    short wants;       /* poll(2) events that the last calls waited for; 0: none */
    unsigned forks;    /* fork generation in which it was opened */
    uint32_t since_ms; /* start of the attempt on the present address */
    const char *why;
    struct uspan_posix_lookup *lookup;
    union {
        uint8_t bytes[28]; /* large enough for a sockaddr_in6 */
        uint32_t align;
    } addresses[USPAN_POSIX_ADDRESSES_MAX];
} uspan_posix_tcp_t;

/* Set up *tcp, and write a transport over it to *out. Both must stay valid as long as the tracer. No call of
 * the transport blocks: names are looked up in a short-lived thread, and every address is tried in turn.
 *   tcp_size  sizeof *tcp in the application. If the library was built with another
 *             USPAN_POSIX_ADDRESSES_MAX, nothing is written to *tcp, and uspan_export_to() rejects *out
 * Context: task, before use. */
void uspan_posix_tcp_init_sized(uspan_posix_tcp_t *tcp, uspan_transport_t *out, size_t tcp_size);
static inline void uspan_posix_tcp_init(uspan_posix_tcp_t *tcp, uspan_transport_t *out)
{
    uspan_posix_tcp_init_sized(tcp, out, sizeof *tcp);
}
/* Returns the descriptor, and the poll(2) events that the calls since uspan_posix_tcp_settle() waited for.
 * Returns -1 if no call waited. Then only time or a name look-up can bring progress. Context: the exporting
 * task. */
int uspan_posix_tcp_fd(const uspan_posix_tcp_t *tcp, short *events);
void uspan_posix_tcp_settle(uspan_posix_tcp_t *tcp);

/* ---- environment --------------------------------------------------------------------------------------- */

#define USPAN_POSIX_OTLP 1u /* uspan_posix_env_t.exporters */
#define USPAN_POSIX_CONSOLE 2u

/* File names in PEM format; NULL: none. */
typedef struct uspan_posix_certs {
    const char *ca_file;
    const char *cert_file, *key_file; /* of this client */
} uspan_posix_certs_t;

/* Settings of the environment. Unset pointers are NULL and unset numbers are 0. The texts are in `text`. */
typedef struct uspan_posix_environment {
    bool disabled;
    bool gzip, no_gzip; /* requested by a *_COMPRESSION variable */
    bool has_sampler;
    bool has_log_level;
    bool has_content, content; /* OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT is set, and its value */
    bool has_authorization;    /* headers contains Authorization */
    bool endpoint_refused;     /* an endpoint is set but cannot be used */
    bool service_is_listed;    /* service_name comes from the resource */
    uint8_t exporters;         /* bits; otlp if none is set */
    int log_level;             /* uspan_level_t; 0: none */
    const char *log_path;
    const char *service_name;
    const char *resource; /* members of the environment, then those of USPAN_RESOURCE with other keys */
    uspan_attr_t typed[USPAN_POSIX_ODD_KEYS]; /* attributes whose keys such a list cannot express */
    uspan_key_t typed_keys[USPAN_POSIX_ODD_KEYS];
    size_t typed_count;
    const char *endpoint; /* without user information, which is in basic_user and basic_pass */
    const char *headers;
    const char *basic_user, *basic_pass;
    const char *https_proxy, *http_proxy, *no_proxy;
    const char *studio_url;
    uint32_t timeout_ms;
    uspan_sampler_t sampler;
    uspan_batching_t batching;
    uspan_limits_t limits;
    uspan_posix_certs_t certs;
    size_t text_len;
    char text[USPAN_POSIX_TEXT_BYTES];
} uspan_posix_env_t;

typedef const char *(*uspan_posix_get_t)(const char *name);
/* Read the OTEL_* variables (OpenTelemetry specification, "Environment Variable Specification" and "OTLP
 * exporter"), USPAN_LOG_PATH, USPAN_STUDIO_URL, USPAN_BASIC_USER, USPAN_BASIC_PASS, USPAN_BASIC_AUTH, and the
 * proxy: USPAN_PROXY, otherwise https_proxy, http_proxy and all_proxy, with no_proxy. A variable with an
 * invalid value is named through warn (never with its value) and ignored. A wrong entry of a list does not
 * affect the others.
 *   get       like getenv(). NULL: getenv()
 *   warn      may be NULL
 *   env_size  sizeof *env in the application. If the library was built with another USPAN_POSIX_TEXT_BYTES,
 *             warn reports it and nothing is written
 * Context: one task. */
void uspan_posix_env_sized(uspan_posix_env_t *env, uspan_posix_get_t get,
                           void (*warn)(void *ctx, const char *text), void *ctx, size_t env_size);
static inline void uspan_posix_env(uspan_posix_env_t *env, uspan_posix_get_t get,
                                   void (*warn)(void *ctx, const char *text), void *ctx)
{
    uspan_posix_env_sized(env, get, warn, ctx, sizeof *env);
}

/* ---- start and stop ------------------------------------------------------------------------------------ */

/* How https transports are made. port/mbedtls provides uspan_posix_mbedtls. make() returns a secure transport
 * over `under`, or NULL if there is no room. release() frees it. */
typedef struct uspan_posix_secure {
    const uspan_transport_t *(*make)(const uspan_transport_t *under, const uspan_posix_certs_t *certs);
    void (*release)(const uspan_transport_t *transport);
} uspan_posix_secure_t;

/* All options are optional. Priority: environment, these options, compile-time settings. If none sets an
 * endpoint, OpenTelemetry's default http://localhost:4318/v1/traces is used. Texts must stay valid as long as
 * the tracer. */
typedef struct uspan_posix_options {
    bool no_thread;      /* true: the caller polls with uspan_poll() */
    bool no_environment; /* true: nothing is read from the environment */
    uspan_posix_get_t get;
    const uspan_collector_t *collector;
    const uspan_resource_t *resource;
    const uspan_posix_secure_t *secure; /* NULL: https endpoints are rejected */
    uspan_posix_certs_t certs;
} uspan_posix_options_t;

#if USPAN_ENABLED
/* Start a tracer: uspan_init(), settings, one destination per exporter, and the thread. With
 * OTEL_SDK_DISABLED the tracer is off, without destination and thread. After fork() tracing is off in the
 * child: start calls give null spans, and spans recorded before are not sent twice. Thread, sockets and
 * unsent spans stay in the parent. To trace in the child, call uspan_posix_start() again, with the same
 * tracer or another.
 * Returns: USPAN_OK; USPAN_ERR_CONFIG: a setting cannot be used, and the log says which. The tracer works
 * without that destination; USPAN_ERR_ARG: t is NULL or already started, or the application and the library
 * were built with different USPAN_* options (this is logged, and *t is not changed); USPAN_ERR_FULL:
 * USPAN_POSIX_TRACERS_MAX is reached, or the system has no thread. Nothing is started then. Context: task. */
USPAN_CHECK uspan_err_t uspan_posix_start_sized(uspan_tracer_t *t, const uspan_posix_options_t *options,
                                                size_t tracer_size, uint32_t config_id);
USPAN_CHECK static inline uspan_err_t uspan_posix_start(uspan_tracer_t *t,
                                                        const uspan_posix_options_t *options)
{
    return uspan_posix_start_sized(t, options, sizeof(uspan_tracer_t), USPAN_CONFIG_ID);
}

/* Stop a tracer: call uspan_shutdown(), wait until all is sent or deadline_ms milliseconds (and at most one
 * second more) have passed, end the thread, and free everything. Returns: USPAN_OK: every span that ended was
 * accepted by every destination; USPAN_ERR_IO: it did not stop in time, or spans that ended were lost because
 * no attempt to send them succeeded, newer ones replaced them, or Unix time stayed unknown;
 * USPAN_ERR_REFUSED: a destination refused or rejected spans; USPAN_ERR_ARG: not started. uspan_stats() has
 * the counts since the start. Context: task. Blocks. */
uspan_err_t uspan_posix_stop(uspan_tracer_t *t, uint32_t deadline_ms);

/* Call uspan_flush(), and wait until every span that had ended has its result. deadline_ms: milliseconds.
 * Returns: USPAN_OK; USPAN_ERR_AGAIN: deadline_ms passed first; USPAN_ERR_ARG: not started. Context: task;
 * with no_thread the task that polls. Blocks. */
uspan_err_t uspan_posix_flush(uspan_tracer_t *t, uint32_t deadline_ms);

/* Between hold and release the calling thread acts as the exporting task, and the background thread does not
 * poll. Use it for calls with the context "the exporting task" while the thread runs. Keep it short, and do
 * not nest it. Context: task. Blocks until the present poll ends. */
void uspan_posix_hold(uspan_tracer_t *t);
void uspan_posix_release(uspan_tracer_t *t);
/* Let the thread poll now. Context: task. Never blocks. */
void uspan_posix_wake(uspan_tracer_t *t);

#else /* USPAN_ENABLED 0: nothing is started; port, TCP and environment above are unchanged */
static inline uspan_err_t uspan_posix_start(uspan_tracer_t *t, const uspan_posix_options_t *options)
{
    (void)t, (void)options;
    return USPAN_OK;
}
static inline uspan_err_t uspan_posix_stop(uspan_tracer_t *t, uint32_t deadline_ms)
{
    (void)t, (void)deadline_ms;
    return USPAN_OK;
}
static inline uspan_err_t uspan_posix_flush(uspan_tracer_t *t, uint32_t deadline_ms)
{
    (void)t, (void)deadline_ms;
    return USPAN_OK;
}
static inline void uspan_posix_hold(uspan_tracer_t *t)
{
    (void)t;
}
static inline void uspan_posix_release(uspan_tracer_t *t)
{
    (void)t;
}
static inline void uspan_posix_wake(uspan_tracer_t *t)
{
    (void)t;
}
#endif

#ifdef __cplusplus
}
#endif
#endif
