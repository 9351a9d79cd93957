/* export_state.h: the export part of a tracer: steps, jobs, destinations by number. Private to core. */
#ifndef USPAN_EXPORT_STATE_H
#define USPAN_EXPORT_STATE_H

#include "trace/internal.h"

typedef enum uspan_step {
    USPAN_STEP_IDLE = 0, /* nothing is under way; a connection may be kept */
    USPAN_STEP_OPENING,
    USPAN_STEP_SENDING,
    USPAN_STEP_ANSWER,
    USPAN_STEP_CHECKING /* is the kept connection still silent? */
} uspan_step_t;

typedef enum uspan_job {
    USPAN_JOB_NONE = 0,
    USPAN_JOB_BATCH, /* spans of a destination */
    USPAN_JOB_PROBE, /* a request whose answer's Date is wanted */
    USPAN_JOB_RUN,   /* Studio: a run begins or is done */
    USPAN_JOB_REPLAY /* spans from the spool */
} uspan_job_t;

#if USPAN_GZIP
typedef enum uspan_compression {
    USPAN_COMPRESSION_NONE = 0, /* not asked for, or refused */
    USPAN_COMPRESSION_GZIP,
    USPAN_COMPRESSION_REFUSED /* perhaps: the same batch is sent without, whose answer decides */
} uspan_compression_t;
#endif

/* The export part, through a pointer: from there its fields are nearer than from the tracer's start. Of a
 * tracer that is live. */
static inline uspan_export_part_t *uspan_export_state(const uspan_tracer_t *t)
{
    return t->trace.out;
}

/* A destination's number; of one alone the compiler knows it. */
static inline unsigned uspan_dest_index(unsigned d)
{
    return USPAN_DESTINATIONS_MAX > 1 ? d : 0u;
}
static inline uspan_dest_t *uspan_dest(const uspan_tracer_t *t, unsigned d)
{
    return &t->trace.out->dests[uspan_dest_index(d)];
}

/* The exchange at work: poll.c selects one of them before each step. Of one alone, too, through the pointer:
 * from there its fields are nearer. */
static inline uspan_exchange_t *uspan_exchange(const uspan_tracer_t *t)
{
    return t->trace.out->exchange;
}
static inline void uspan_exchange_select(uspan_tracer_t *t, unsigned lane)
{
    if (USPAN_EXCHANGES_MAX > 1) {
        t->trace.out->exchange = &t->trace.out->exchanges[lane];
    }
}

/* What an exchange is for. A build that knows batches only need not ask. */
static inline bool uspan_job_is(const uspan_exchange_t *e, uspan_job_t job)
{
#if !USPAN_HTTP_DATE && !USPAN_STUDIO && !USPAN_SPOOL
    if (job == USPAN_JOB_BATCH) {
        return true;
    }
#endif
    return e->job == job && (job != USPAN_JOB_PROBE || USPAN_HTTP_DATE) &&
           (job != USPAN_JOB_RUN || USPAN_STUDIO) && (job != USPAN_JOB_REPLAY || USPAN_SPOOL);
}

#endif
