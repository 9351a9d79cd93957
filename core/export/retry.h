/* retry.h: what an answer means for a batch (OTLP/HTTP specification, "Failures" and "OTLP/HTTP Response"),
 * and how long to wait. */
#ifndef USPAN_EXPORT_RETRY_H
#define USPAN_EXPORT_RETRY_H

#include "trace/internal.h"

/* What an action is made of. */
enum {
    USPAN_ACT_DELIVER = 1,   /* free the batch, but for rejected spans */
    USPAN_ACT_WAIT = 2,      /* keep it, wait, send again */
    USPAN_ACT_LONG_WAIT = 4, /* the settings are wrong: wait long */
    USPAN_ACT_DROP = 8,      /* drop it, count it, unless one of the next two helps */
    USPAN_ACT_SPLIT = 16,    /* two smaller ones; alone: drop as too large */
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

/* The action for an HTTP status: 2xx DELIVERED; 3xx REFUSED; 401, 403 RENEW; 404, 405, 411, 415, 422 CONFIG;
 * 413 SPLIT; 429, 502, 503, 504 RETRY; all else REFUSED. Pure. */
uspan_action_t uspan_action_for(unsigned status);

/* Wait before the next attempt, milliseconds, and move the back-off on: first USPAN_RETRY_FIRST_MS, then
 * doubling up to USPAN_RETRY_MAX_MS; `rest`, after a configuration error: 60 s, doubling to 1 h. Of each, two
 * fifths to the whole, by random (any 32 bits): test_spread.c has what that does to a fleet. floor_ms, a
 * Retry-After: at least so long, and up to a fifth above it. Never 0. */
uint32_t uspan_backoff(uspan_backoff_t *b, bool rest, uint32_t random, uint32_t floor_ms);
/* Retry-After of an answer in milliseconds, 0 for none: seconds, or a date against now_s (0: unknown, a date
 * is ignored); past dates are 0; clamped to one hour. */
uint32_t uspan_retry_after_ms(const uspan_answer_t *a, uint64_t now_s);

#endif
