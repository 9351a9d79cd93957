/* export.h: start a tracer, set its destinations, poll, flush, shut down, and read its counters. */
#ifndef USPAN_EXPORT_H
#define USPAN_EXPORT_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define USPAN_FOREVER UINT32_MAX

/* ---- start --------------------------------------------------------------------------------------------- */

/* Start a tracer. *t and *port must stay valid until uspan_stopped() returns true. uspan keeps no other
 * pointer. It asks the port for random bytes here and, if the port returns USPAN_ERR_AGAIN, again in each
 * uspan_poll(). Until there are random bytes, every new span is null and is counted as no_entropy.
 * uspan_init() passes the size of a tracer and the options that the application was compiled with. A
 * function of a port that calls uspan_init() for the application must pass on the application's, not its
 * own.
 * Returns: USPAN_OK; USPAN_ERR_ARG: NULL, a port of another ABI or with a function missing, or the
 * application and the library were built with different USPAN_* options, which is logged through the port. *t
 * is not changed then. Context: one task, before all other calls. */
USPAN_CHECK uspan_err_t uspan_init_sized(uspan_tracer_t *t, const uspan_port_t *port, size_t tracer_size,
                                         uint32_t config_id);
#define uspan_init(t, port) uspan_init_sized((t), (port), sizeof(uspan_tracer_t), USPAN_CONFIG_ID)

/* Attributes that describe this device. All pointers must stay valid as long as the tracer.
 *   service_name  NULL: USPAN_SERVICE_NAME
 *   instance_id   NULL: none is sent
 *   attributes    "key=value,key=value", percent-encoded. NULL: USPAN_RESOURCE. A bad entry is dropped, the
 *                 log names its key, and the others are sent. An entry is bad if it has no "=", a key above
 *                 64 bytes or with a part __proto__, constructor or prototype, a broken "%", or bytes that
 *                 are not UTF-8. A value is cut to 255 bytes
 *   typed         further attributes, or NULL
 * Returns: USPAN_OK; USPAN_TRUNCATED: done, but an entry was dropped or cut, or not all fits
 * USPAN_KEEP_RESOURCE_BYTES; USPAN_ERR_CONFIG: no entry of attributes, or another text or a typed attribute
 * cannot be used, and nothing changed; USPAN_ERR_ARG. Context: the exporting task. */
typedef struct uspan_resource {
    const char *service_name;
    const char *service_version;
    const char *instance_id;
    const char *attributes;
    const uspan_attr_t *typed;
    size_t typed_count;
} uspan_resource_t;
USPAN_CHECK uspan_err_t uspan_set_resource(uspan_tracer_t *t, const uspan_resource_t *resource);
/* Set the scope of spans that name none. scope must stay valid until the program ends. Default: name "uspan",
 * version USPAN_VERSION. Context: task, before the first span. */
void uspan_set_scope(uspan_tracer_t *t, const uspan_scope_t *scope);

/* ---- destinations -------------------------------------------------------------------------------------- */

/* Settings of a collector that is reached over HTTP. Zero fields use the compile-time settings
 * (USPAN_ENDPOINT, USPAN_HEADERS, USPAN_BASIC_*; for destination 1 those with the suffix _2). Text must stay
 * valid as long as the tracer, except headers set at run time. With USPAN_RUNTIME_SETTINGS 0 only timeout_ms
 * is used. */
typedef struct uspan_collector {
    const char *endpoint; /* "https://host:port/path", used exactly as written */
    const char *headers;  /* "key=value,key=value", values percent-encoded; a bad entry is dropped */
    const char *basic_user, *basic_pass;
    uint32_t timeout_ms; /* milliseconds for one exchange; 0: USPAN_TIMEOUT_MS */
    /* Compress bodies with gzip. Needs USPAN_GZIP 1. If a collector answers 400 or 415 to a compressed body,
     * uspan sends it uncompressed. If that is accepted, uspan stops compressing. AgentScope Studio accepts no
     * compressed bodies. */
    bool gzip;
    /* Renew the headers. uspan calls it after a 401 or 403, at most once per back-off. Write fresh headers
     * (as `headers`, with a closing 0) to buf[cap] and return USPAN_OK. uspan then wipes the old ones and
     * sends the batch again. After any other result the destination waits from a minute to an hour. Context:
     * the exporting task. Must not call uspan. NULL: no renewal. */
    uspan_err_t (*renew)(void *ctx, char *buf, size_t cap);
    void *renew_ctx;
} uspan_collector_t;

/* Send spans to a collector through a transport. https needs a transport with USPAN_TRANSPORT_SECURE. Several
 * destinations can share a transport, which has one connection at a time.
 *   dest       0 .. USPAN_DESTINATIONS_MAX - 1; an unused one
 *   transport  const; must stay valid as long as the tracer
 *   collector  read during the call only, but its texts must stay valid. NULL: the compile-time settings
 * Returns: USPAN_OK; USPAN_ERR_CONFIG: a setting cannot be used. The log and uspan_diagnose() say which one
 * and how to correct it, and nothing changed; USPAN_ERR_ARG. Context: the exporting task. Call it before
 * spans end: the destination receives only spans that end later. */
USPAN_CHECK uspan_err_t uspan_export_to(uspan_tracer_t *t, unsigned dest, const uspan_transport_t *transport,
                                        const uspan_collector_t *collector);

#if USPAN_HTTP_PROXY
struct uspan_window; /* private to the core */
/* A transport that goes through an HTTP proxy. It uses another transport, which connects to the proxy. The
 * fields are private to proxy.c. */
typedef struct uspan_proxy {
    const uspan_transport_t *under;
    const char *why;   /* NULL: the text of `under` */
    uspan_peer_t peer; /* the proxy */
    uint16_t at;       /* bytes of CONNECT that were sent; bytes of its response that were read */
    uint16_t status;
    uint8_t state;
    bool at_line; /* the last byte that was read ended a line */
    bool tunnel;
    bool has_basic;     /* the 407 response offers Basic */
    uint8_t field_at;   /* bytes of "Proxy-Authenticate" that match the present line */
    uint8_t word_len;   /* bytes of the word that may be a scheme */
    uint8_t scheme_len; /* bytes of the first scheme, which is in `words` */
    char words[60];
    uint16_t user_len;
    const char *user; /* "user:password" of the URL, percent-encoded; NULL: none */
    void (*authorize)(const struct uspan_proxy *proxy, struct uspan_window *w);
    bool (*is_direct)(void *ctx, const uspan_peer_t *peer);
    void *direct_ctx;
    char host[USPAN_HOST_BYTES];
} uspan_proxy_t;

typedef struct uspan_proxy_options {
    /* "http://host:port" or "http://user:password@host:port", user and password percent-encoded. NULL:
     * USPAN_PROXY. It must stay valid as long as the transport. With USPAN_PROXY and USPAN_RUNTIME_SETTINGS 0
     * it and is_direct must be NULL, and tunnel true unless the build has an http endpoint. */
    const char *url;
    /* false: for http endpoints. Each request names the collector (RFC 9112 §3.2.2). true: for https
     * endpoints. uspan asks the proxy for a tunnel with CONNECT (RFC 9110 §9.3.6). */
    bool tunnel;
    /* uspan calls it before each connect of a tunnel. Return true if the peer is reached without the proxy.
     * NULL: every peer is reached through the proxy. Context: the exporting task. It must not call uspan. */
    bool (*is_direct)(void *ctx, const uspan_peer_t *peer);
    void *direct_ctx;
} uspan_proxy_options_t;

/* Set up *proxy on top of the transport `under`, and write its transport to *out. Pass a tunnel to
 * uspan_tls_init(), and a proxy without a tunnel to uspan_export_to(). *proxy, under and *out must stay valid
 * as long as the tracer. uspan uses only the status of the proxy's response. If bytes follow it before TLS
 * begins, uspan closes the connection. After a 407 the destination waits, and the batch is kept. The password
 * is sent to the proxy unencrypted.
 *   proxy_size  sizeof *proxy in the application
 * Returns: USPAN_OK; USPAN_ERR_ARG: a pointer is NULL, or the library was built with another
 * USPAN_HOST_BYTES. Nothing is written then; USPAN_ERR_CONFIG: the URL is unusable, and uspan_proxy_wrong()
 * says why, or an option is not in this build. Context: task, before use. */
USPAN_CHECK uspan_err_t uspan_proxy_init_sized(uspan_proxy_t *proxy, const uspan_transport_t *under,
                                               const uspan_proxy_options_t *options, uspan_transport_t *out,
                                               size_t proxy_size);
USPAN_CHECK static inline uspan_err_t uspan_proxy_init(uspan_proxy_t *proxy, const uspan_transport_t *under,
                                                       const uspan_proxy_options_t *options,
                                                       uspan_transport_t *out)
{
    return uspan_proxy_init_sized(proxy, under, options, out, sizeof(uspan_proxy_t));
}
/* Check the URL of a proxy. Returns: NULL if it can be used; otherwise a static text that says what is wrong
 * and how to correct it. Context: task. */
const char *uspan_proxy_wrong(const char *url);
#endif

/* Receive ended spans in the process: a console, a capture, a format of your own. uspan_poll() calls span()
 * once for each span. The functions of read.h can read the span during the call. span() returns USPAN_OK if
 * it accepted the span, USPAN_ERR_AGAIN to be called again later. Any other value counts the span as
 * rejected. Context: the exporting task. */
typedef struct uspan_sink {
    void *ctx;
    uspan_err_t (*span)(void *ctx, uspan_tracer_t *t, uspan_t s);
} uspan_sink_t;
/* Send spans to a sink, which must stay valid as long as the tracer. dest: as in uspan_export_to(). Returns:
 * USPAN_OK; USPAN_ERR_ARG: NULL, or the destination is in use or does not exist. Context: the exporting
 * task. */
USPAN_CHECK uspan_err_t uspan_export_to_sink(uspan_tracer_t *t, unsigned dest, const uspan_sink_t *sink);

/* A sink that prints one line a span through `write` (text without a newline, valid during the call). */
typedef struct uspan_console {
    uspan_sink_t sink; /* give this one to uspan_export_to_sink() */
    void (*write)(void *ctx, const char *line);
    void *ctx;
} uspan_console_t;
/* Set up *c, which must stay valid as long as the tracer. ctx is passed to write(). Context of write(): the
 * exporting task. */
void uspan_console_init(uspan_console_t *c, void (*write)(void *ctx, const char *line), void *ctx);

/* Change settings at run time. They take effect with the next request. A batch that is being sent keeps the
 * old ones. headers are copied to USPAN_HEADERS_BYTES and the old ones wiped. uspan keeps the pointer to the
 * endpoint. Returns: USPAN_OK; USPAN_ERR_CONFIG (always if USPAN_RUNTIME_SETTINGS is 0), USPAN_ERR_FULL
 * (headers too long), USPAN_ERR_ARG: nothing changed.
 * Context: the exporting task. */
USPAN_CHECK uspan_err_t uspan_set_endpoint(uspan_tracer_t *t, unsigned dest, const char *endpoint);
USPAN_CHECK uspan_err_t uspan_set_headers(uspan_tracer_t *t, unsigned dest, const char *headers);

/* A function that uspan calls before each connect and request. It returns true if export is allowed now, for
 * example between turns, or while the radio is on. If open() returns false, uspan closes an idle connection
 * and frees its memory. While it returns false and spans wait, uspan_poll() asks to be called again after the
 * batch age (USPAN_BATCH_AGE_MS, uspan_batching_t.age_ms). Call uspan_poll() when the gate opens if spans
 * must be sent sooner. Context: the exporting task. open() must not call uspan. */
typedef struct uspan_gate {
    void *ctx;
    bool (*open)(void *ctx);
} uspan_gate_t;
/* Set the gate. *gate must stay valid until it is replaced. NULL: no gate. Context: the exporting task. */
void uspan_set_gate(uspan_tracer_t *t, const uspan_gate_t *gate);

/* Batching at run time. 0: the compile-time value. spans_max and bytes_max never exceed it. age_ms is in
 * milliseconds. */
typedef struct uspan_batching {
    uint32_t age_ms;
    uint16_t spans_max;
    uint32_t bytes_max;
} uspan_batching_t;
/* Set the batching. *b is copied. NULL is not allowed. Context: the exporting task. */
void uspan_set_batching(uspan_tracer_t *t, const uspan_batching_t *b);

/* ---- run ----------------------------------------------------------------------------------------------- */

/* Advance export by one bounded step: at most one transport call.
 *   wait_ms  out, milliseconds until the next useful call; 0: now; USPAN_FOREVER: when a span ends. NULL is
 *            allowed.
 * Returns: USPAN_OK (idle); USPAN_ERR_AGAIN (in progress, waiting or backing off); USPAN_ERR_ARG. Losses:
 * uspan_stats().
 * Context: one task, never an ISR. Does not block, provided that no function of the port or transport
 * blocks. */
USPAN_CHECK uspan_err_t uspan_poll(uspan_tracer_t *t, uint32_t *wait_ms);

/* Send what has ended without waiting for a full batch. Poll until uspan_flushed() returns true, or stop
 * earlier.
 * Context: task; uspan_flushed(): the exporting task. Never blocks. */
void uspan_flush(uspan_tracer_t *t);
bool uspan_flushed(const uspan_tracer_t *t);

/* Start the shutdown. From now on new spans are null, and open spans are ended with the error "span not
 * ended". The Studio run is marked done, and processors are flushed and shut down. uspan_poll() sends for at
 * most deadline_ms. Then it drops and counts what is left, closes connections, and returns USPAN_OK with
 * USPAN_FOREVER. uspan_stopped() returns true from then on. Context: the exporting task. Never blocks. */
void uspan_shutdown(uspan_tracer_t *t, uint32_t deadline_ms);
bool uspan_stopped(const uspan_tracer_t *t);

/* Set the present Unix time, in nanoseconds, from an RTC, SNTP or a modem. Spans that were recorded before
 * get correct times too. An open trace keeps its clock offset.
 * Returns: USPAN_OK; USPAN_ERR_ARG: ignored, because it cannot be the present time. See
 * uspan_unix_is_plausible(). Often a clock was never set, or the unit is not nanoseconds.
 * Context: task. Never blocks. */
uspan_err_t uspan_set_unix_time(uspan_tracer_t *t, uint64_t unix_ns);
/* Read Unix time, in nanoseconds. Returns: USPAN_OK; USPAN_ERR_AGAIN: unknown, and *unix_ns is not changed.
 * Context: task. */
uspan_err_t uspan_unix_now(uspan_tracer_t *t, uint64_t *unix_ns);

/* ---- Studio (USPAN_STUDIO 1) --------------------------------------------------------------------------- */

#if USPAN_STUDIO
/* Settings of uspan_studio_start(). uspan registers a run in AgentScope Studio once Unix time is known,
 * before the first span of the run is sent. Every span then carries the run's id as gen_ai.conversation.id.
 * If a registration fails, uspan logs it, counts it (run_failures), retries with back-off and no longer holds
 * spans back. uspan_shutdown() waits for the registration within its deadline. When a span ends, uspan adds
 * agentscope.function.input and .output, because Studio's run page reads only these. They repeat the span's
 * messages, or a tool's arguments and result. They cost two entries of the span's table, no block of the text
 * pool, and the texts a second time in the request. Keys with a part __proto__, constructor or prototype
 * break Studio's pages for all users. uspan removes such attributes and counts them as dropped. */
typedef struct {
    const char *url;     /* "http://host:3000", valid as long as the tracer; NULL: USPAN_STUDIO_URL */
    const char *project; /* NULL: the service name */
    const char *name;    /* of the run; NULL: service name and start time (UTC) */
    const char *run_id;  /* 1..36 bytes, not a bare number; NULL: made from random bytes */
} uspan_studio_t;
/* Register runs at a Studio, and begin the first run. Destinations that send spans to it are set with
 * uspan_export_to().
 *   transport  const; must stay valid as long as the tracer
 *   studio     read during the call only. NULL: all fields zero. url, project and name must stay valid as
 *              long as the tracer
 * Returns: USPAN_OK; USPAN_ERR_CONFIG: the URL cannot be used, or does not match the transport. The log says
 * why; otherwise as uspan_run_begin(). Context: the exporting task. */
USPAN_CHECK uspan_err_t uspan_studio_start(uspan_tracer_t *t, const uspan_transport_t *transport,
                                     const uspan_studio_t *studio);
/* Begin another run. Spans started from now on belong to it, and the previous run is marked done.
 *   id    1..36 bytes, copied. NULL: made from random bytes
 *   name  must stay valid as long as the tracer. NULL: service name and start time
 * Returns: USPAN_OK; USPAN_ERR_FULL: two older runs still have spans that wait. Try again when they are sent;
 * USPAN_ERR_AGAIN: no random bytes yet; USPAN_ERR_ARG: id is too long, or Studio would read it as a number,
 * true, false or null. Context: the exporting task. */
USPAN_CHECK uspan_err_t uspan_run_begin(uspan_tracer_t *t, const char *id, const char *name);
/* The id of the current run, or "". Valid until the next uspan_run_begin(). Context: the exporting task. */
const char *uspan_run_id(const uspan_tracer_t *t);
#endif

/* ---- accounts ------------------------------------------------------------------------------------------ */

/* Why spans were dropped. The names (uspan_drop_name) are what the scope attribute uspan.dropped.<name>
 * carries. */
typedef enum uspan_drop {
    USPAN_DROP_POOL_FULL,      /* no free slot at start */
    USPAN_DROP_PARENT,         /* its parent was dropped, or had ended */
    USPAN_DROP_NO_ENTROPY,     /* no ids yet */
    USPAN_DROP_STOPPED,        /* started after uspan_shutdown() */
    USPAN_DROP_NO_DESTINATION, /* ended while no destination existed */
    USPAN_DROP_EVICTED,        /* ended, then removed to make room for newer spans */
    USPAN_DROP_TOO_LARGE,      /* alone larger than a request may be, or 413 for it alone */
    USPAN_DROP_REFUSED,        /* the collector answered with a final error */
    USPAN_DROP_RETRIES,        /* attempts used up */
    USPAN_DROP_NO_TIME,        /* Unix time never became known */
    USPAN_DROP_DEADLINE,       /* still waiting when the shutdown deadline passed */
    USPAN_DROP_COUNT
} uspan_drop_t;
/* Returns the name of a cause, "pool_full" for example, or "" if there is no such cause. Static. Context:
 * any. */
const char *uspan_drop_name(uspan_drop_t cause);

/* The counters of one destination. Spans are counted in 64 bits. For every destination this holds at any
 * time:
 *   started = delivered + rejected + spooled + queued + open + unsampled + the sum of dropped[]
 * Counts of parts, traffic, messages and records of the spool have 32 bits and wrap around. */
typedef struct {
    uint64_t started;
    uint64_t delivered;
    uint64_t rejected; /* by the collector's partial_success */
    uint64_t unsampled;
    uint64_t spooled; /* stored in flash in this boot */
    uint32_t queued;
    uint32_t open;
    uint64_t dropped[USPAN_DROP_COUNT];
    /* parts of spans that were lost */
    uint32_t attrs_dropped, events_dropped, links_dropped;
    uint32_t values_truncated;
    uint32_t names_truncated; /* span names that were cut at USPAN_NAME_MAX */
    uint32_t tasks_dropped;
    uint32_t tracestates_dropped;
    /* times given by a caller that were ahead of the clock; the present time was used */
    uint32_t times_ahead;
    /* use of the pools */
    uint32_t spans_high;  /* most slots ever used */
    uint32_t blocks_live; /* text blocks in use */
    uint32_t blocks_high;
    /* most blocks needed at one time. If it exceeds the pool, the difference was missing */
    uint32_t blocks_wanted;
    /* traffic of this destination */
    uint32_t requests, retries, resends, connects;
    /* responses that accepted spans, but cannot be read: compressed, or not OTLP. Spans that they reject are
     * counted as delivered */
    uint32_t unread;
    uint32_t refusals;        /* responses that dropped a batch */
    uint32_t renewals;        /* header renewals after 401 or 403 */
    uint32_t run_failures;    /* registrations of a Studio run that failed; the same for every destination */
    /* messages for Studio that were delivered, and that were lost because their memory was full or Studio
     * refused them */
    uint32_t messages_delivered, messages_dropped;
    uint64_t body_bytes;      /* of requests answered with success */
    uint16_t last_status;     /* HTTP status of the last answer; 0 for none */
    int8_t last_error;        /* uspan_err_t of the last transport failure; 0 for none */
    /* Flash, with a spool: since the storage was first used, over all boots, modulo 2^32:
     *   spool_records = replayed + spool_lost + spool_waiting */
    uint32_t spool_records, replayed, spool_waiting;
    uint32_t spool_lost; /* removed to make room for newer ones, or refused by the collector */
} uspan_stats_t;
/* Read the counters of one destination. Context: the exporting task. */
void uspan_stats(uspan_tracer_t *t, unsigned dest, uspan_stats_t *out);

/* Write one paragraph that says why spans of this destination do not arrive: state, counters, cause, cure. No
 * secrets. It writes at most cap bytes with the terminating 0. Returns the number of bytes it needs without
 * that 0. Context: the exporting task. */
size_t uspan_diagnose(uspan_tracer_t *t, unsigned dest, char *out, size_t cap);

#ifdef __cplusplus
}
#endif

#if !USPAN_ENABLED
#include "disabled_export.h"
#endif
#endif
