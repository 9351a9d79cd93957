/* export.h: start a tracer, say where its spans go, poll, flush, shut down, and read the accounts. */
#ifndef USPAN_H
#include "uspan.h" /* brings this file in where it belongs: before tracer.h, which needs its types */
#endif
#ifndef USPAN_EXPORT_H
#define USPAN_EXPORT_H

#ifdef __cplusplus
extern "C" {
#endif

#define USPAN_FOREVER UINT32_MAX

/* ---- start --------------------------------------------------------------------------------------------- */

/* Start a tracer. It keeps pointers to the port and to nothing else. Entropy is asked for here and, where it
 * says USPAN_ERR_AGAIN, again in uspan_poll(); until it came, spans are null and counted as no_entropy.
 * Returns: USPAN_OK; USPAN_ERR_ARG (NULL, another ABI, or the application was built with another config.h
 * than the library). Context: one task, before all else. */
USPAN_CHECK uspan_err_t uspan_init_sized(uspan_tracer_t *t, const uspan_port_t *port, size_t tracer_size,
                                         uint32_t config_id);
#define uspan_init(t, port) uspan_init_sized((t), (port), sizeof(uspan_tracer_t), USPAN_CONFIG_ID)

/* The resource: what describes this device. service_name NULL: USPAN_SERVICE_NAME. attributes:
 * "key=value,key=value", percent-encoded; NULL: USPAN_RESOURCE. typed: further attributes, or NULL.
 * instance_id NULL: none is sent. All static or outliving the tracer. Returns USPAN_OK; USPAN_ERR_CONFIG:
 * attributes cannot be decoded, nothing changed.
 * Context: the exporting task. */
typedef struct uspan_resource {
    const char *service_name;
    const char *service_version;
    const char *instance_id;
    const char *attributes;
    const uspan_attr_t *typed;
    size_t typed_count;
} uspan_resource_t;
USPAN_CHECK uspan_err_t uspan_set_resource(uspan_tracer_t *t, const uspan_resource_t *resource);
/* Scope of spans that name none. Default: "uspan", USPAN_VERSION. Static. Context: task, before the first
 * span. */
void uspan_set_scope(uspan_tracer_t *t, const uspan_scope_t *scope);

/* ---- destinations -------------------------------------------------------------------------------------- */

/* A collector over HTTP, as settings. All zero: the compile-time ones (USPAN_ENDPOINT, USPAN_HEADERS,
 * USPAN_BASIC_*; with suffix _2 for destination 1). Text must outlive the tracer, but for headers set at run
 * time. USPAN_RUNTIME_SETTINGS 0 takes timeout_ms only. */
typedef struct uspan_collector {
    const char *endpoint; /* "https://host:port/path", used exactly as written */
    const char *headers;  /* "key=value,key=value", values percent-encoded */
    const char *basic_user, *basic_pass;
    uint32_t timeout_ms; /* of one exchange; 0: USPAN_TIMEOUT_MS */
    /* Called after a 401 or 403, at most once a back-off: write fresh headers (as `headers`, with a closing
     * 0) to buf[cap] and return USPAN_OK: the old ones are wiped and the batch is sent again. Else the
     * destination rests.
     * Context: the exporting task. May call nothing of uspan. NULL: no renewal. */
    uspan_err_t (*renew)(void *ctx, char *buf, size_t cap);
    void *renew_ctx;
} uspan_collector_t;

/* Send spans to a collector through a transport (https needs one with USPAN_TRANSPORT_SECURE). The transport
 * may serve several destinations; one connection is open at a time.
 *   dest   0 .. USPAN_DESTINATIONS_MAX - 1; an unused one
 * Returns: USPAN_OK; USPAN_ERR_CONFIG: unusable setting, the log and uspan_diagnose() say which and the cure,
 * nothing changed; USPAN_ERR_ARG. Context: the exporting task, before spans of interest end: only later ends
 * reach it. */
USPAN_CHECK uspan_err_t uspan_export_to(uspan_tracer_t *t, unsigned dest, const uspan_transport_t *transport,
                                        const uspan_collector_t *collector);

/* Receive ended spans in the process: a console, a capture, an own format. Called once a span from
 * uspan_poll(); the span is readable by read.h during the call. Return USPAN_OK: delivered; USPAN_ERR_AGAIN:
 * offer it again later; else counted as rejected. Context: the exporting task. */
typedef struct uspan_sink {
    void *ctx;
    uspan_err_t (*span)(void *ctx, uspan_tracer_t *t, uspan_t s);
} uspan_sink_t;
USPAN_CHECK uspan_err_t uspan_export_to_sink(uspan_tracer_t *t, unsigned dest, const uspan_sink_t *sink);

/* A sink that prints one line a span through `write` (text without a newline, valid during the call). */
typedef struct uspan_console {
    uspan_sink_t sink; /* give this one to uspan_export_to_sink() */
    void (*write)(void *ctx, const char *line);
    void *ctx;
} uspan_console_t;
void uspan_console_init(uspan_console_t *c, void (*write)(void *ctx, const char *line), void *ctx);

/* Change settings while running. They take effect with the next request; a batch under way ends with the old
 * ones. headers are copied to USPAN_HEADERS_BYTES and the old ones wiped; the endpoint is kept as a pointer.
 * Returns: USPAN_OK; USPAN_ERR_CONFIG (always where USPAN_RUNTIME_SETTINGS is 0), USPAN_ERR_FULL (headers too
 * long), USPAN_ERR_ARG: nothing changed.
 * Context: the exporting task. */
USPAN_CHECK uspan_err_t uspan_set_endpoint(uspan_tracer_t *t, unsigned dest, const char *endpoint);
USPAN_CHECK uspan_err_t uspan_set_headers(uspan_tracer_t *t, unsigned dest, const char *headers);

/* Ask before each connect and request whether export is allowed now (between turns, radio awake). Saying no
 * ends an idle connection and frees its memory. While it says no and spans wait, uspan_poll() asks to be
 * called again after the batch age (USPAN_BATCH_AGE_MS, uspan_batching_t.age_ms): for spans to leave sooner,
 * call it when the gate opens. NULL: always. Context: hook and setter in the exporting task; the hook must
 * not call uspan. */
typedef struct uspan_gate {
    void *ctx;
    bool (*open)(void *ctx);
} uspan_gate_t;
void uspan_set_gate(uspan_tracer_t *t, const uspan_gate_t *gate);

/* Batching at run time; 0 keeps the compile-time value; spans and bytes never exceed it. */
typedef struct uspan_batching {
    uint32_t age_ms;
    uint16_t spans_max;
    uint32_t bytes_max;
} uspan_batching_t;
void uspan_set_batching(uspan_tracer_t *t, const uspan_batching_t *b);

/* ---- run ----------------------------------------------------------------------------------------------- */

/* Advance export by one bounded step: at most one transport call.
 *   wait_ms  out, milliseconds until the next useful call; 0: now; USPAN_FOREVER: when a span ends. NULL is
 *            allowed.
 * Returns: USPAN_OK (idle); USPAN_ERR_AGAIN (in progress, waiting or backing off); USPAN_ERR_ARG. Losses:
 * uspan_stats().
 * Context: one task, never an ISR. Never blocks, given a port that keeps its word. */
USPAN_CHECK uspan_err_t uspan_poll(uspan_tracer_t *t, uint32_t *wait_ms);

/* Send what has ended without waiting for a full batch. Poll until uspan_flushed() says so, or give up when
 * you like.
 * Context: task; uspan_flushed(): the exporting task. Never blocks. */
void uspan_flush(uspan_tracer_t *t);
bool uspan_flushed(const uspan_tracer_t *t);

/* Begin the end: new spans are null from now on, open ones are ended with an error "span not ended", the
 * Studio run is marked done, and uspan_poll() goes on sending for deadline_ms; then what is left is dropped
 * and counted, connections are closed, and uspan_poll() returns USPAN_OK with USPAN_FOREVER. uspan_stopped()
 * says when. Processors are flushed and shut down. Context: the exporting task. Never blocks. */
void uspan_shutdown(uspan_tracer_t *t, uint32_t deadline_ms);
bool uspan_stopped(const uspan_tracer_t *t);

/* Tell the Unix time, nanoseconds, as it is now: from an RTC, SNTP or a modem. Spans recorded before are
 * right too; a trace under way keeps its offset. Context: task. */
void uspan_set_unix_time(uspan_tracer_t *t, uint64_t unix_ns);
/* Unix time now, or USPAN_ERR_AGAIN while unknown. Context: task. */
uspan_err_t uspan_unix_now(uspan_tracer_t *t, uint64_t *unix_ns);

/* ---- Studio (USPAN_STUDIO 1) --------------------------------------------------------------------------- */

#if USPAN_STUDIO
/* AgentScope Studio: registers a run once Unix time is known; every span then carries gen_ai.conversation.id
 * = run id. A registration that fails is tried again with back-off and never stops export. */
typedef struct {
    const char *url;     /* "http://host:3000", outlives the tracer; NULL: USPAN_STUDIO_URL */
    const char *project; /* NULL: service name */
    const char *name;    /* of the run; NULL: "boot" and the first 8 hex of its id */
    const char *run_id;  /* 1..36 bytes, not a bare number; NULL: made from random bytes */
} uspan_studio_t;
USPAN_CHECK uspan_err_t uspan_studio(uspan_tracer_t *t, const uspan_transport_t *transport,
                                     const uspan_studio_t *studio);
/* Begin another run: spans started from now on belong to it; the one before is marked done. id, name as
 * above. USPAN_ERR_FULL: two older runs still have spans that wait; try again when they are sent. Context:
 * the exporting task. */
USPAN_CHECK uspan_err_t uspan_run_begin(uspan_tracer_t *t, const char *id, const char *name);
/* The id of the present run, "" for none. */
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
    USPAN_DROP_EVICTED,        /* ended, then gave way to newer spans */
    USPAN_DROP_TOO_LARGE,      /* alone larger than a request may be, or 413 for it alone */
    USPAN_DROP_REFUSED,        /* the collector answered with a final error */
    USPAN_DROP_RETRIES,        /* attempts used up */
    USPAN_DROP_NO_TIME,        /* Unix time never came */
    USPAN_DROP_DEADLINE,       /* still waiting when the shutdown deadline passed */
    USPAN_DROP_COUNT
} uspan_drop_t;
const char *uspan_drop_name(uspan_drop_t cause);

/* One destination's accounts. At every moment, for every destination:
 *   started = delivered + rejected + queued + open + unsampled + the sum of
 *   dropped[] */
typedef struct {
    uint64_t started;
    uint64_t delivered;
    uint64_t rejected; /* by the collector's partial_success */
    uint64_t unsampled;
    uint32_t queued;
    uint32_t open;
    uint32_t dropped[USPAN_DROP_COUNT];
    /* parts of spans, not spans */
    uint32_t attrs_dropped, events_dropped, links_dropped;
    uint32_t values_truncated;
    uint32_t tasks_dropped;
    uint32_t tracestates_dropped;
    /* pools */
    uint32_t spans_high;  /* most slots ever taken */
    uint32_t blocks_live; /* text blocks in use */
    uint32_t blocks_high;
    /* traffic of this destination */
    uint32_t requests, retries, resends, connects;
    uint32_t refusals;        /* answers that dropped a batch */
    uint32_t renewals;        /* header renewals after 401 or 403 */
    uint64_t body_bytes;      /* of requests answered with success */
    uint16_t last_status;     /* HTTP status of the last answer; 0 for none */
    int8_t last_error;        /* uspan_err_t of the last transport failure; 0 for none */
} uspan_stats_t;
/* Context: the exporting task: what counts traffic is its own; what counts spans is read under the lock. */
void uspan_stats(uspan_tracer_t *t, unsigned dest, uspan_stats_t *out);

/* Why spans of this destination are not arriving, in one paragraph: state, counters, cause, cure. No secrets.
 * Writes at most cap bytes with a closing 0. Returns the bytes it needs without that 0. Context: the
 * exporting task. */
size_t uspan_diagnose(uspan_tracer_t *t, unsigned dest, char *out, size_t cap);

#ifdef __cplusplus
}
#endif
#endif
