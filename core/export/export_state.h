/* export_state.h: the export part of a tracer: steps, jobs, destinations by number. Private to core. */
#ifndef USPAN_EXPORT_STATE_H
#define USPAN_EXPORT_STATE_H

#include "trace/internal.h"

typedef enum uspan_step {
    USPAN_STEP_IDLE = 0, /* no exchange is running; a connection may be kept */
    USPAN_STEP_OPENING,
    USPAN_STEP_SENDING,
    USPAN_STEP_ANSWER,
    USPAN_STEP_CHECKING /* the kept connection is checked for pending bytes */
} uspan_step_t;

typedef enum uspan_job {
    USPAN_JOB_NONE = 0,
    USPAN_JOB_BATCH, /* spans of a destination */
    USPAN_JOB_PROBE, /* a request for the Date header of its response */
    USPAN_JOB_RUN,   /* Studio: a run starts or is done, or a message */
    USPAN_JOB_REPLAY /* spans from the spool */
} uspan_job_t;

#if USPAN_GZIP
typedef enum uspan_compression {
    USPAN_COMPRESSION_NONE = 0, /* not requested, or rejected by the collector */
    USPAN_COMPRESSION_GZIP,
    USPAN_COMPRESSION_REFUSED /* may be rejected: the result of the uncompressed batch decides */
} uspan_compression_t;
#endif

/* The export part of a started tracer. It is reached through a pointer, because that needs smaller offsets
 * than from the start of the tracer. */
static inline uspan_export_part_t *uspan_export_state(const uspan_tracer_t *t)
{
    return t->trace.out;
}

/* The number of a destination. If there is only one, the compiler knows it. */
static inline unsigned uspan_dest_index(unsigned d)
{
    return USPAN_DESTINATIONS_MAX > 1 ? d : 0u;
}
static inline uspan_dest_t *uspan_dest(const uspan_tracer_t *t, unsigned d)
{
    return &t->trace.out->dests[uspan_dest_index(d)];
}

/* The current exchange. poll.c selects one before each step. It is reached through a pointer even if there is
 * only one, because that needs smaller offsets. */
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

/* Compare the job of an exchange. In a build that has only batches the result is constant. */
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
