/* retry.h: what an answer means for a batch (OTLP/HTTP specification, "Failures" and "OTLP/HTTP Response"),
 * and how long to wait. */
#ifndef USPAN_EXPORT_RETRY_H
#define USPAN_EXPORT_RETRY_H

#include "trace/inside.h"

typedef enum uspan_action {
    USPAN_ACTION_DELIVERED, /* free the batch, but for rejected spans */
    USPAN_ACTION_RETRY,     /* keep it, wait, send again */
    USPAN_ACTION_SPLIT,     /* 413: two smaller ones; alone: drop as too large */
    USPAN_ACTION_REFUSED,   /* drop it, count it */
    USPAN_ACTION_RENEW,     /* 401, 403: renew the headers if the application can, else as CONFIG */
    USPAN_ACTION_CONFIG     /* drop it, count it, and rest: the settings are wrong */
} uspan_action_t;

/* The action for an HTTP status: 2xx DELIVERED; 3xx REFUSED; 401, 403 RENEW; 404, 405, 411, 415, 422 CONFIG;
 * 413 SPLIT; 429, 502, 503, 504 RETRY; all else REFUSED. Pure. */
uspan_action_t uspan_action_for(uint16_t status);

/* Wait before the next attempt, milliseconds, and move the back-off on: first USPAN_RETRY_FIRST_MS, then
 * doubling up to USPAN_RETRY_MAX_MS, each with jitter of +-20 % from random (any 32 bits). retry_after_ms > 0
 * (clamped to one hour) is a floor, with jitter above it only. Saturates; never 0. */
uint32_t uspan_backoff_next(uspan_backoff_t *b, uint32_t random, uint32_t retry_after_ms);
/* The rest after a configuration error: 60 s, doubling to 1 h, same jitter. */
uint32_t uspan_backoff_rest(uspan_backoff_t *b, uint32_t random);
void uspan_backoff_reset(uspan_backoff_t *b);
/* Retry-After of an answer in milliseconds, 0 for none: seconds, or a date against now_s (0: unknown, a date
 * is ignored); past dates are 0; clamped to one hour. */
uint32_t uspan_retry_after_ms(const uspan_answer_t *a, uint64_t now_s);

#endif
