/* uspan_posix.h: uspan on Linux and the BSDs: the port, a TCP transport, the OTEL_* environment, and an
 * optional thread that polls. The shortest use:
 *     static uspan_tracer_t tracer;
 *     uspan_posix_start(&tracer, NULL);   ...spans...   uspan_posix_stop(&tracer, 5000);
 * Not async-signal-safe: a signal handler must not call uspan (it could interrupt the holder of the lock). */
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

/* The platform. One lock for all tracers of the process. mono_ns counts through suspend (CLOCK_BOOTTIME)
 * where the system has that clock, so a span that spans a suspend ends when it ended. unix_ns is unknown
 * while the system says a time before 2020. Context: task. */
const uspan_port_t *uspan_posix_port(void);

/* Log lines go to the file at path (appended; NULL: stderr) from level on; level 0: none. Default: stderr,
 * INFO. Returns USPAN_OK; USPAN_ERR_IO: the file cannot be opened, nothing changed. Context: task. */
uspan_err_t uspan_posix_log_to(const char *path, int level);

/* ---- TCP ----------------------------------------------------------------------------------------------- */

/* This part alone is also lwIP's, for ESP-IDF, FreeRTOS and others with its sockets: tcp.c and lookup_lwip.c,
 * built with USPAN_SOCKETS_LWIP 1 (target uspan::port_lwip_sockets), where nothing of the rest of this header
 * exists. lwIP then needs NO_SYS 0, LWIP_SOCKET 1, SYS_LIGHTWEIGHT_PROT 1, an errno for each task, for names
 * LWIP_DNS 1, and should have LWIP_SO_SNDTIMEO 1 (sockets.h says why). Names are looked up by lwIP's own
 * thread. One address of a name is known at a time: after a failed connect the other family's is asked for
 * first. */

/* One connection. Fields are tcp.c's. */
typedef struct uspan_posix_tcp {
    int fd;
    uint8_t state;
    uint8_t address_count, address_at;
    uint8_t turn;      /* addresses that failed: the next connect begins behind them */
    bool is_heard;     /* the present address has sent a byte */
    short wants;       /* poll(2) events that the last calls waited for; 0: none did */
    unsigned forks;    /* fork generation in which it was opened */
    uint32_t since_ms; /* the present address is being tried since */
    const char *why;
    struct uspan_posix_lookup *lookup;
    union {
        uint8_t bytes[28]; /* sockaddr_in6 */
        uint32_t align;
    } addresses[USPAN_POSIX_ADDRESSES_MAX];
} uspan_posix_tcp_t;

/* Make *tcp, and a transport over it to *out. No call of it blocks: names are looked up in a short-lived
 * thread, and every address is tried in turn. Both must outlive the tracer.
 * tcp_size: sizeof *tcp in the application. If the library's differs (USPAN_POSIX_ADDRESSES_MAX), nothing is
 * written to *tcp, and *out becomes a transport that uspan_export_to() refuses. Context: before use. */
void uspan_posix_tcp_init_sized(uspan_posix_tcp_t *tcp, uspan_transport_t *out, size_t tcp_size);
static inline void uspan_posix_tcp_init(uspan_posix_tcp_t *tcp, uspan_transport_t *out)
{
    uspan_posix_tcp_init_sized(tcp, out, sizeof *tcp);
}
/* The descriptor and the poll(2) events that the calls since uspan_posix_tcp_settle() waited for. Returns -1
 * when none did: then only time, or a name look-up, will bring something new. Context: the exporting task. */
int uspan_posix_tcp_fd(const uspan_posix_tcp_t *tcp, short *events);
void uspan_posix_tcp_settle(uspan_posix_tcp_t *tcp);

/* ---- environment --------------------------------------------------------------------------------------- */

#define USPAN_POSIX_OTLP 1u /* uspan_posix_env_t.exporters */
#define USPAN_POSIX_CONSOLE 2u

/* Files in PEM; NULL: none given. */
typedef struct uspan_posix_certs {
    const char *ca_file;
    const char *cert_file, *key_file; /* this client's own */
} uspan_posix_certs_t;

/* What the environment says. Pointers are NULL and numbers 0 where it says nothing. Text lies in `text`. */
typedef struct uspan_posix_environment {
    bool disabled;
    bool gzip, no_gzip; /* what a *_COMPRESSION variable asks for */
    bool has_sampler;
    bool has_log_level;
    bool has_content, content; /* OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT, and what it says */
    bool has_authorization;    /* headers has one */
    bool endpoint_refused;     /* one is given, and cannot be used */
    bool service_is_listed;    /* service_name is the resource's */
    uint8_t exporters;         /* bits; otlp where nothing else is said */
    int log_level;             /* uspan_level_t; 0: none */
    const char *log_path;
    const char *service_name;
    const char
        *resource; /* merged: the environment's members, then those of USPAN_RESOURCE that it does not name */
    uspan_attr_t typed[USPAN_POSIX_ODD_KEYS]; /* and those whose keys such a list cannot hold */
    uspan_key_t typed_keys[USPAN_POSIX_ODD_KEYS];
    size_t typed_count;
    const char *endpoint; /* ready for use: without user information, which is in basic_user and basic_pass */
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
 * proxy: USPAN_PROXY, else https_proxy, http_proxy and all_proxy, with no_proxy. A value that is no value is
 * named through warn (never its text) and ignored; a wrong entry of a list costs itself only.
 *   get        as getenv(); NULL: getenv()
 *   warn       may be NULL
 *   env_size   sizeof *env in the application. If the library's differs (USPAN_POSIX_TEXT_BYTES), warn says
 *              so and nothing is written
 * Context: one task. */
void uspan_posix_env_sized(uspan_posix_env_t *env, uspan_posix_get_t get,
                           void (*warn)(void *ctx, const char *text), void *ctx, size_t env_size);
static inline void uspan_posix_env(uspan_posix_env_t *env, uspan_posix_get_t get,
                                   void (*warn)(void *ctx, const char *text), void *ctx)
{
    uspan_posix_env_sized(env, get, warn, ctx, sizeof *env);
}

/* ---- start and stop ------------------------------------------------------------------------------------ */

/* How https is had: port/mbedtls gives uspan_posix_mbedtls. make: a secure transport over `under`, NULL where
 * there is no room; release: give it back. */
typedef struct uspan_posix_secure {
    const uspan_transport_t *(*make)(const uspan_transport_t *under, const uspan_posix_certs_t *certs);
    void (*release)(const uspan_transport_t *transport);
} uspan_posix_secure_t;

/* All of it optional. Order of strength: environment, these, compile-time settings; where none names an
 * endpoint, the OpenTelemetry default http://localhost:4318/v1/traces. Text outlives the tracer. */
typedef struct uspan_posix_options {
    bool no_thread;      /* true: the caller polls with uspan_poll() */
    bool no_environment; /* true: nothing is read from the environment */
    uspan_posix_get_t get;
    const uspan_collector_t *collector;
    const uspan_resource_t *resource;
    const uspan_posix_secure_t *secure; /* NULL: https is refused */
    uspan_posix_certs_t certs;
} uspan_posix_options_t;

#if USPAN_ENABLED
/* uspan_init(), settings, one destination an exporter, and the thread. With OTEL_SDK_DISABLED the tracer is
 * off and there is neither destination nor thread.
 * fork(): the child's tracing is off: starts give null spans and nothing that was recorded before is sent
 * twice. The thread, the sockets and the unsent spans stay the parent's. A child that wants tracing calls
 * uspan_posix_start() anew, with the same tracer or another.
 * Returns: USPAN_OK; USPAN_ERR_CONFIG: a setting is unusable, the log says which; the tracer works, but
 * without that destination; USPAN_ERR_ARG: t is NULL or already started, or the application and the library
 * were built with different USPAN_* options (the log says so, nothing is written to *t); USPAN_ERR_FULL:
 * USPAN_POSIX_TRACERS_MAX, or the system gives no thread: nothing started. Context: task. */
USPAN_CHECK uspan_err_t uspan_posix_start_sized(uspan_tracer_t *t, const uspan_posix_options_t *options,
                                                size_t tracer_size, uint32_t config_id);
USPAN_CHECK static inline uspan_err_t uspan_posix_start(uspan_tracer_t *t,
                                                        const uspan_posix_options_t *options)
{
    return uspan_posix_start_sized(t, options, sizeof(uspan_tracer_t), USPAN_CONFIG_ID);
}

/* uspan_shutdown(), then wait until all is sent or deadline_ms (and at most a second) has passed; end the
 * thread; give everything back. Returns USPAN_OK: every span that ended was accepted by every destination;
 * USPAN_ERR_IO: it did not stop in time, or spans that ended were lost because no attempt to send them
 * succeeded, newer ones took their place, or Unix time stayed unknown;
 * USPAN_ERR_REFUSED: a destination refused or rejected spans; USPAN_ERR_ARG: not started. uspan_stats()
 * has the counts, since the start. Context: task. */
uspan_err_t uspan_posix_stop(uspan_tracer_t *t, uint32_t deadline_ms);

/* uspan_flush(), then wait until all that had ended is settled. Returns USPAN_OK; USPAN_ERR_AGAIN:
 * deadline_ms passed first; USPAN_ERR_ARG: not started. Context: task, with no_thread the one that polls.
 * Blocks, as it says. */
uspan_err_t uspan_posix_flush(uspan_tracer_t *t, uint32_t deadline_ms);

/* Between hold and release the calling thread is "the exporting task" of uspan's contracts: the background
 * thread keeps out. Needed for the calls so marked while it runs. Keep it short; not nested. Context: task.
 * */
void uspan_posix_hold(uspan_tracer_t *t);
void uspan_posix_release(uspan_tracer_t *t);
/* Have the thread poll now. Context: task. Never blocks. */
void uspan_posix_wake(uspan_tracer_t *t);

#else /* USPAN_ENABLED 0: nothing to start; port, TCP and environment above stay as they are */
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
