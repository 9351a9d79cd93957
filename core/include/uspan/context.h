/* context.h: a span's identity across tasks, devices and HTTP: W3C Trace Context Level 2, W3C Baggage.
 * https://www.w3.org/TR/trace-context-2/ and https://www.w3.org/TR/baggage/ */
#ifndef USPAN_CONTEXT_H
#define USPAN_CONTEXT_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define USPAN_FLAG_SAMPLED 0x01u
#define USPAN_FLAG_RANDOM 0x02u
#define USPAN_TRACEPARENT_LEN 55u

/* Identity of a span. It is valid if neither trace_id nor span_id is all zero. Copy it freely. It can outlive
 * its span. Use the functions below to make one. */
struct uspan_context {
    uint8_t trace_id[16];
    uint8_t span_id[8];
    uint8_t flags;  /* USPAN_FLAG_* */
    uint8_t remote; /* 1: came from outside this device */
    uint8_t epoch;  /* private: the clock offset its trace uses */
    uint8_t epoch_serial;
#if USPAN_TRACESTATE_BYTES > 0
    uint16_t tracestate_len;
    char tracestate[USPAN_TRACESTATE_BYTES]; /* no terminator */
#endif
};

/* The context of an open span. For a null or stale span, *out gets new random ids and the sampled flag is
 * off. Services that receive the context then do not record the request either. Without random bytes, *out is
 * all zero and the call returns USPAN_ERR_AGAIN.
 * Returns: USPAN_OK; USPAN_ERR_STALE (out is as for the null span); USPAN_ERR_AGAIN; USPAN_ERR_ARG.
 * Context: task, ISR. */
uspan_err_t uspan_context_of(uspan_tracer_t *t, uspan_t s, uspan_context_t *out);

/* Parse a traceparent field value and, if it is valid, the tracestate value (NULL for none). White space
 * around is trimmed. A tracestate that is not valid is dropped. The result is remote. Returns: USPAN_OK;
 * USPAN_TRUNCATED (tracestate shortened or dropped); USPAN_ERR_ARG: traceparent not valid, *out is all zero:
 * start a new trace. Context: task, ISR. Pure. */
uspan_err_t uspan_context_parse_n(uspan_context_t *out, const char *traceparent, size_t traceparent_len,
                                  const char *tracestate, size_t tracestate_len);
static inline uspan_err_t uspan_context_parse(uspan_context_t *out, const char *traceparent,
                                              const char *tracestate)
{
    return uspan_context_parse_n(out, traceparent, traceparent != NULL ? strlen(traceparent) : 0u, tracestate,
                                 tracestate != NULL ? strlen(tracestate) : 0u);
}

/* Write "00-<trace>-<span>-<flags>" and a 0 to out[56]. W3C Trace Context Level 2 §3.2. Returns
 * USPAN_TRACEPARENT_LEN, or 0 and "" if the context is not valid. Context: task, ISR. Pure. */
size_t uspan_traceparent(const uspan_context_t *c, char out[56]);

#if USPAN_TRACESTATE_BYTES > 0
/* The tracestate value, without a terminator. *len is its bytes, 0 if there is none. Valid as long as *c is
 * unchanged. Context: task, ISR. Pure. */
const char *uspan_tracestate(const uspan_context_t *c, size_t *len);
/* Set a member of the tracestate and put it in front (W3C Trace Context Level 2 §3.3). A NULL value removes
 * the key. Members that no longer fit are removed from the right. Returns: USPAN_OK; USPAN_TRUNCATED (members
 * were removed); USPAN_ERR_ARG (key or value breaks the grammar), USPAN_ERR_FULL (key=value alone exceeds
 * USPAN_TRACESTATE_BYTES): nothing changed. Context: task, ISR. Pure. */
uspan_err_t uspan_tracestate_set(uspan_context_t *c, const char *key, const char *value);
#endif

/* Write the header lines "traceparent: ...\r\n" and, if there is one, "tracestate: ...\r\n" of a span.
 * Returns bytes written without the closing 0 (out is always terminated when cap > 0), or 0 if cap is too
 * small for both or there are no random bytes yet. USPAN_HEADERS_OF_MAX is always enough. Context: task,
 * ISR. */
size_t uspan_trace_headers(uspan_tracer_t *t, uspan_t s, char *out, size_t cap);
#define USPAN_HEADERS_OF_MAX (72u + (USPAN_TRACESTATE_BYTES > 0 ? 16u + USPAN_TRACESTATE_BYTES : 0u))

/* Write all header lines of a request's trace: those of uspan_trace_headers() and, if baggage has members,
 * "baggage: ...\r\n". W3C Trace Context 2, sections 3.2 and 3.3; W3C Baggage, "Baggage HTTP Header Format".
 *   s        the span. USPAN_CURRENT: the task's current span, or as the null span if it has none
 *   baggage  header text as uspan_baggage_add() writes it. Members that are not of the grammar are dropped.
 *            NULL: none
 * Returns as snprintf(): the bytes of the lines without the closing 0; as many as cap or more: they did not
 * fit, and out is "". 0: there are no random bytes yet. Context: task, ISR for a given span. */
size_t uspan_propagate(uspan_tracer_t *t, uspan_t s, const char *baggage, char *out, size_t cap);
#define USPAN_PROPAGATE_MAX(baggage_len) (USPAN_HEADERS_OF_MAX + 11u + (baggage_len))
/* Like uspan_propagate(), for clients that take one header at a time, as esp_http_client_set_header() and
 * Arduino's addHeader() do: call set() for each.
 *   buf, cap  for the texts, at least USPAN_PROPAGATE_MAX() bytes
 *   set       name and value end in 0 and are in buf. If the client keeps the pointers, buf must stay valid
 *             as long
 * Returns as uspan_propagate(). If that is cap or more, or 0, set() is not called. Context: as
 * uspan_propagate(). */
size_t uspan_propagate_each(uspan_tracer_t *t, uspan_t s, const char *baggage, char *buf, size_t cap,
                            void (*set)(void *ctx, const char *name, const char *value), void *ctx);

/* ---- baggage: pure functions over header text; nothing is stored. Linked only if called. ---- */

/* One member as in the header. Its texts point into the header and are still percent-encoded. `props` is
 * without the leading ';'. */
typedef struct uspan_baggage {
    const char *key, *value, *props;
    size_t key_len, value_len, props_len;
} uspan_baggage_t;

/* Read the next member of a baggage value: *pos starts at 0 and advances. Members that break the grammar are
 * skipped. Returns: USPAN_OK: *out is set; USPAN_ERR_CLOSED: there are no more. Context: task, ISR. Pure. */
uspan_err_t uspan_baggage_next(const char *text, size_t len, size_t *pos, uspan_baggage_t *out);
/* Find a key. If it occurs several times, the last one is used. Returns: USPAN_OK; USPAN_ERR_ARG: not there.
 * Context: task, ISR. Pure. */
uspan_err_t uspan_baggage_find(const char *text, size_t len, const char *key, uspan_baggage_t *out);
/* Percent-decode a value. Bytes that are not UTF-8 become U+FFFD. At most cap bytes are written to out,
 * without a terminator, and *out_len is their number. Returns: USPAN_OK; USPAN_TRUNCATED: cut at a UTF-8
 * boundary. Context: task, ISR. Pure. */
uspan_err_t uspan_baggage_decode(const char *value, size_t value_len, char *out, size_t cap, size_t *out_len);
/* Append one member to out[0..*len) and percent-encode its value. Returns: USPAN_OK; USPAN_ERR_FULL: it
 * exceeds cap, or the 64 members or 8,192 bytes of the W3C Baggage limits; USPAN_ERR_ARG: key is not a token.
 * Nothing changes after an error. Context: task, ISR. Pure. */
uspan_err_t uspan_baggage_add(char *out, size_t cap, size_t *len, const char *key, const char *value);

#ifdef __cplusplus
}
#endif

#if !USPAN_ENABLED
#include "disabled_context.h"
#endif
#endif
