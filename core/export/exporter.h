/* exporter.h: the machine behind uspan_poll(). Private to core. */
#ifndef USPAN_EXPORT_EXPORTER_H
#define USPAN_EXPORT_EXPORTER_H

#include "trace/inside.h"

typedef enum uspan_step {
    USPAN_STEP_IDLE = 0, /* no exchange; a connection may be kept */
    USPAN_STEP_OPENING,
    USPAN_STEP_SENDING,
    USPAN_STEP_ANSWER,
    USPAN_STEP_STOPPED
} uspan_step_t;

typedef enum uspan_job {
    USPAN_JOB_NONE = 0,
    USPAN_JOB_BATCH, /* spans of a destination */
    USPAN_JOB_PROBE, /* a request whose answer's Date is wanted */
    USPAN_JOB_RUN    /* Studio: a run begins or is done */
} uspan_job_t;

/* The export part, through a pointer: from there its fields are nearer than from the tracer's start. Of a
 * tracer that is live. */
static inline uspan_export_part_t *uspan_out(const uspan_tracer_t *t)
{
    return t->trace.out;
}

/* A destination's number; of one alone the compiler knows it. */
static inline unsigned uspan_number(unsigned d)
{
    return USPAN_DESTINATIONS_MAX > 1 ? d : 0u;
}
static inline uspan_dest_t *uspan_dest(const uspan_tracer_t *t, unsigned d)
{
    return &t->trace.out->dests[uspan_number(d)];
}

/* What the exchange under way is for. A build that knows batches only need not ask. */
static inline bool uspan_job_is(const uspan_export_part_t *x, uspan_job_t job)
{
    return job == USPAN_JOB_BATCH && !USPAN_HTTP_DATE && !USPAN_STUDIO
               ? true
               : x->job == job && (job != USPAN_JOB_PROBE || USPAN_HTTP_DATE) &&
                     (job != USPAN_JOB_RUN || USPAN_STUDIO);
}

#define USPAN_NS_PER_MS 1000000u
#define USPAN_NS_PER_S 1000000000u

/* What is said in words, or by a code where flash is short. */
#if USPAN_TEXTS
#define USPAN_WORDS(text, code) text
#else
#define USPAN_WORDS(text, code) code
#endif

/* Whom the present job talks to. */
uspan_target_t *uspan_job_target(uspan_tracer_t *t);
/* Send the request from its first byte, and expect an answer from its first; on a new connection, unless
 * `kept`. */
void uspan_request_begin(uspan_tracer_t *t, bool kept);
/* One line to the port's log, at most one a second; others are counted and said with the next. */
void uspan_say(uspan_tracer_t *t, uspan_level_t level, const char *what, const char *detail);
/* Overwrite a secret. */
void uspan_wipe(void *secret, size_t len);
/* End the connection, if there is one. */
void uspan_hang_up(uspan_tracer_t *t);
/* Unix seconds, 0 while unknown; only dates need them. */
#if USPAN_HTTP_DATE
uint64_t uspan_unix_seconds(uspan_tracer_t *t);
#else
static inline uint64_t uspan_unix_seconds(uspan_tracer_t *t)
{
    (void)t;
    return 0u;
}
#endif
/* False where that time is over; else the next call is useful then. */
bool uspan_not_yet(uspan_tracer_t *t, uint64_t at_ns);
/* The next call is useful so many milliseconds after this one, at the latest. */
void uspan_wake_in(uspan_tracer_t *t, uint32_t ms);
/* So many milliseconds after the present call of uspan_poll(). */
uint64_t uspan_after_ms(const uspan_tracer_t *t, uint32_t ms);
/* Whole milliseconds between, rounded up, below USPAN_FOREVER. */
uint32_t uspan_ms_between(uint64_t from_ns, uint64_t to_ns);

/* verdict.c: an exchange is over: answered (USPAN_OK), or it failed before an answer was complete. err: of
 * the transport; USPAN_ERR_REFUSED: the answer is beyond all limits. */
void uspan_exchange_over(uspan_tracer_t *t, uspan_err_t err, const char *why);

#endif
