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

#define USPAN_NS_PER_MS 1000000u
#define USPAN_NS_PER_S 1000000000u

/* Whom the present job talks to. */
uspan_target_t *uspan_job_target(uspan_tracer_t *t);
/* Send the request from its first byte, and expect an answer from its first. */
void uspan_request_restart(uspan_tracer_t *t);
/* One line to the port's log, at most one a second; others are counted and said with the next. */
void uspan_say(uspan_tracer_t *t, uspan_level_t level, const char *what, const char *detail);
/* End the connection, if there is one. */
void uspan_hang_up(uspan_tracer_t *t);
/* Unix seconds, 0 while unknown. */
uint64_t uspan_unix_seconds(uspan_tracer_t *t);

/* verdict.c: an exchange is over. */
void uspan_verdict(uspan_tracer_t *t, uint64_t now_ns);
/* It failed before an answer was complete. err: of the transport or the parser. */
void uspan_failed(uspan_tracer_t *t, uspan_err_t err, const char *why, uint64_t now_ns);

#endif
