/* exchange.h: one request and its answer, from connecting to how it ended. Private to core. */
#ifndef USPAN_EXPORT_EXCHANGE_H
#define USPAN_EXPORT_EXCHANGE_H

#include "export/export_state.h"

typedef enum uspan_progress {
    USPAN_PROGRESS_NONE, /* the transport would block */
    USPAN_PROGRESS_MADE,
    USPAN_PROGRESS_ENDED
} uspan_progress_t;

/* How an exchange ended. */
typedef struct uspan_ending {
    uspan_err_t err; /* USPAN_OK: the answer's status counts; else no answer counts, and this is why */
    bool timed_out;  /* after the connection stood */
    const char *why; /* the reason in words, static; "" for USPAN_OK */
} uspan_ending_t;

/* The peer of the exchange at work. */
uspan_target_t *uspan_job_target(uspan_tracer_t *t);
/* Begin an exchange with a job's peer, on the kept connection if it leads there. */
void uspan_exchange_begin(uspan_tracer_t *t, uspan_job_t job, unsigned d);
/* Send the request from its first byte, and expect an answer from its first; on the kept connection,
 * once it was found silent, or on a new one. */
void uspan_request_begin(uspan_tracer_t *t, bool kept);
/* One step: at most one transport call. *ending is set if it returns USPAN_PROGRESS_ENDED. */
uspan_progress_t uspan_exchange_step(uspan_tracer_t *t, uspan_ending_t *ending);
/* End the connection, if there is one. */
void uspan_close_connection(uspan_tracer_t *t);

#endif
