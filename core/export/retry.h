/* retry.h: decides what a response means for a batch (OTLP/HTTP specification, "Failures" and "OTLP/HTTP
 * Response"), and how long to wait. */
#ifndef USPAN_EXPORT_RETRY_H
#define USPAN_EXPORT_RETRY_H

#include "trace/internal.h"

/* Parts of an action. */
enum {
    USPAN_ACT_DELIVER = 1,   /* free the batch, except rejected spans */
    USPAN_ACT_WAIT = 2,      /* keep the batch, wait, send it again */
    USPAN_ACT_LONG_WAIT = 4, /* the settings are wrong: wait long */
    USPAN_ACT_DROP = 8,      /* drop and count the batch, unless SPLIT or RENEW helps */
    USPAN_ACT_SPLIT = 16,    /* send two smaller batches; a single span is dropped as too large */
    USPAN_ACT_RENEW = 32     /* renew the headers, if the application can */
};

typedef enum uspan_action {
    USPAN_ACTION_DELIVERED = USPAN_ACT_DELIVER,
    USPAN_ACTION_RETRY = USPAN_ACT_WAIT,
    USPAN_ACTION_SPLIT = USPAN_ACT_SPLIT | USPAN_ACT_DROP,
    USPAN_ACTION_REFUSED = USPAN_ACT_DROP,
    USPAN_ACTION_RENEW = USPAN_ACT_RENEW | USPAN_ACT_LONG_WAIT | USPAN_ACT_DROP,
    USPAN_ACTION_CONFIG = USPAN_ACT_LONG_WAIT | USPAN_ACT_DROP
} uspan_action_t;

/* Returns the action for an HTTP status: 2xx DELIVERED; 3xx REFUSED; 401, 403 RENEW; 404, 405, 411, 415, 422
 * CONFIG; 413 SPLIT; 429, 502, 503, 504 RETRY; all others REFUSED. Pure. */
uspan_action_t uspan_action_for(unsigned status);

/* Compute the wait before the next attempt, in milliseconds, and advance the back-off. It starts at
 * USPAN_RETRY_FIRST_MS and doubles up to USPAN_RETRY_MAX_MS. With `rest`, after a configuration error, it
 * starts at 60 s and doubles up to 1 h. random (any 32 bits) selects two fifths of it up to all of it.
 * test_spread.c shows the effect on many devices. floor_ms, a Retry-After: the wait is at least that long,
 * and at most a fifth longer. Never 0. */
uint32_t uspan_backoff(uspan_backoff_t *b, bool rest, uint32_t random, uint32_t floor_ms);
/* Returns the Retry-After of a response in milliseconds, 0 if there is none. It is given in seconds, or as a
 * date, which is compared with now_s (0: unknown, and a date is ignored). A date in the past gives 0. The
 * result is at most one hour. */
uint32_t uspan_retry_after_ms(const uspan_answer_t *a, uint64_t now_s);

#endif
