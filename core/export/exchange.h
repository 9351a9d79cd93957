/* exchange.h: one request and its response, from connecting to the result. Private to core. */
#ifndef USPAN_EXPORT_EXCHANGE_H
#define USPAN_EXPORT_EXCHANGE_H

#include "export/export_state.h"

typedef enum uspan_progress {
    USPAN_PROGRESS_NONE, /* the transport would block */
    USPAN_PROGRESS_MADE,
    USPAN_PROGRESS_ENDED
} uspan_progress_t;

/* Result of an exchange. */
typedef struct uspan_ending {
    uspan_err_t err; /* USPAN_OK: the status of the response counts; otherwise why there is none */
    bool timed_out;  /* the exchange timed out after it had connected */
    const char *why; /* text of the reason, static; "" for USPAN_OK */
} uspan_ending_t;

/* Returns the HTTP server of the current exchange. */
uspan_target_t *uspan_job_target(uspan_tracer_t *t);
/* Start an exchange for a job. It uses the kept connection if that leads to the same server. */
void uspan_exchange_begin(uspan_tracer_t *t, uspan_job_t job, unsigned d);
/* Send the request from its first byte, and expect a response from its first byte. kept: use the kept
 * connection, after a check that it has no pending bytes. Otherwise connect. */
void uspan_request_begin(uspan_tracer_t *t, bool kept);
/* Advance by one step: at most one transport call. *ending is set if the result is USPAN_PROGRESS_ENDED. */
uspan_progress_t uspan_exchange_step(uspan_tracer_t *t, uspan_ending_t *ending);
/* Close the connection if there is one. */
void uspan_close_connection(uspan_tracer_t *t);

#endif
