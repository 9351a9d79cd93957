/* context.h: a span's identity across tasks, devices and HTTP: W3C Trace Context Level 2, W3C Baggage.
 * https://www.w3.org/TR/trace-context-2/ and https://www.w3.org/TR/baggage/ */
#ifndef USPAN_H
#include "uspan.h" /* brings this file in where it belongs: before disabled.h, which needs its types */
#endif
#ifndef USPAN_CONTEXT_H
#define USPAN_CONTEXT_H

#ifdef __cplusplus
extern "C" {
#endif

#define USPAN_FLAG_SAMPLED 0x01u
#define USPAN_FLAG_RANDOM 0x02u
#define USPAN_TRACEPARENT_LEN 55u

/* Valid while trace_id and span_id are not all zero. Copy freely; may outlive its span; make one with the
 * calls below. */
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

/* The context of an open span. The null span and a stale one give an unsampled context with ids of its own
 * where there is entropy, so that what is downstream records nothing either; else USPAN_ERR_AGAIN and an
 * all-zero context.
 * Returns: USPAN_OK; USPAN_ERR_STALE (out is as for the null span); USPAN_ERR_AGAIN; USPAN_ERR_ARG.
 * Context: task, ISR. */
uspan_err_t uspan_context_of(uspan_tracer_t *t, uspan_t s, uspan_context_t *out);

/* Parse a traceparent field value and, where it is valid, the tracestate value (NULL for none). White space
 * around is trimmed; a tracestate that is not valid is left out; the result is remote.
 * Returns: USPAN_OK; USPAN_TRUNCATED (tracestate shortened or left out); USPAN_ERR_ARG: traceparent not
 * valid, *out all zero: begin a new trace. Context: task, ISR. Pure. */
uspan_err_t uspan_context_parse_n(uspan_context_t *out, const char *traceparent, size_t traceparent_len,
                                  const char *tracestate, size_t tracestate_len);
static inline uspan_err_t uspan_context_parse(uspan_context_t *out, const char *traceparent,
                                              const char *tracestate)
{
    return uspan_context_parse_n(out, traceparent, traceparent != NULL ? strlen(traceparent) : 0u, tracestate,
                                 tracestate != NULL ? strlen(tracestate) : 0u);
}

/* Write "00-<trace>-<span>-<flags>" and a 0 to out[56]. Returns USPAN_TRACEPARENT_LEN, or 0 and "" for a
 * context that is not valid. Pure. */
size_t uspan_traceparent(const uspan_context_t *c, char out[56]);

#if USPAN_TRACESTATE_BYTES > 0
/* The tracestate value, no terminator; *len is 0 for none. Lives as long as c. */
const char *uspan_tracestate(const uspan_context_t *c, size_t *len);
/* Put key=value in front, as the standard asks of a change; a NULL value removes the key. Members that no
 * longer fit leave from the right. Returns: USPAN_OK; USPAN_TRUNCATED (members left); USPAN_ERR_ARG (key or
 * value not of the grammar), USPAN_ERR_FULL (key=value alone is above USPAN_TRACESTATE_BYTES): nothing
 * changed. Pure. */
uspan_err_t uspan_tracestate_set(uspan_context_t *c, const char *key, const char *value);
#endif

/* Write the header lines "traceparent: ...\r\n" and, where there is one, "tracestate: ...\r\n" of a span
 * into a request.
 * Returns bytes written without the closing 0 (out is always terminated when cap > 0), or 0 where cap is too
 * small for both or there is no entropy yet. USPAN_HEADERS_OF_MAX always fits. Context: task, ISR. */
size_t uspan_headers_of(uspan_tracer_t *t, uspan_t s, char *out, size_t cap);
#define USPAN_HEADERS_OF_MAX (72u + (USPAN_TRACESTATE_BYTES > 0 ? 16u + USPAN_TRACESTATE_BYTES : 0u))

/* All that a request tells of its trace: the lines of uspan_headers_of() and, where baggage has members,
 * "baggage: ...\r\n". W3C Trace Context 2, sections 3.2 and 3.3;
 * W3C Baggage, "Baggage HTTP Header Format".
 *   s        USPAN_CURRENT: the span that this task is in; none: as the null span
 *   baggage  header text as uspan_baggage_add() makes it; what is not of the grammar stays behind; NULL: none
 * Returns as snprintf(): the bytes of the lines without the closing 0; as many as cap or more: they did not
 * fit, and out is "". 0: there is no entropy yet. Context: task, ISR for a given span. */
size_t uspan_propagate(uspan_tracer_t *t, uspan_t s, const char *baggage, char *out, size_t cap);
#define USPAN_PROPAGATE_MAX(baggage_len) (USPAN_HEADERS_OF_MAX + 11u + (baggage_len))

/* ---- baggage: pure functions over header text; nothing is stored. Linked only where called. ---- */

/* One member, as it stands in the header: still percent-encoded; `props` without the leading ';'. */
typedef struct uspan_baggage {
    const char *key, *value, *props;
    size_t key_len, value_len, props_len;
} uspan_baggage_t;

/* Step through a baggage value: *pos starts at 0 and moves on. Members that are not of the grammar are
 * skipped.
 * Returns: USPAN_OK and *out; USPAN_ERR_CLOSED at the end. */
uspan_err_t uspan_baggage_next(const char *text, size_t len, size_t *pos, uspan_baggage_t *out);
/* Find a key; the last one wins. USPAN_ERR_ARG: not there. */
uspan_err_t uspan_baggage_find(const char *text, size_t len, const char *key, uspan_baggage_t *out);
/* Percent-decode a value; bytes that are not UTF-8 become U+FFFD. Writes at most cap bytes, no terminator,
 * *out_len of them. USPAN_TRUNCATED: cut at a UTF-8 boundary. */
uspan_err_t uspan_baggage_decode(const char *value, size_t value_len, char *out, size_t cap, size_t *out_len);
/* Append one member to out[0..*len), percent-encoding value. USPAN_ERR_FULL: does not fit cap, or the
 * standard's 64 members or 8,192 bytes; USPAN_ERR_ARG: key is not a token. Nothing changed then. */
uspan_err_t uspan_baggage_add(char *out, size_t cap, size_t *len, const char *key, const char *value);

#ifdef __cplusplus
}
#endif
#endif
