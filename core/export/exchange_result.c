/* exchange_result.c: decides what happens to spans, target and connection when an exchange has ended, for any
 * job. Called by poll.c. Invariant: the ending is converted into an action, and only this file applies
 * actions to target, batch and connection. */
#include "export/exchange_result.h"
#include <string.h>
#include "export/batch.h"
#include "export/http_response.h"
#include "export/log_line.h"
#include "export/poll_time.h"
#include "export/queue.h"
#include "export/response_body.h"
#include "export/retry.h"
#include "export/spool_replay.h"
#include "export/studio.h"
#include "trace/clock.h"
#include "trace/id.h"
#include "trace/pool.h"

#if USPAN_HEADERS_BYTES > 0 && USPAN_RUNTIME_SETTINGS
USPAN_NOINLINE_SMALL static bool renew_headers(uspan_tracer_t *t, uspan_dest_t *dest)
{
    char fresh[USPAN_HEADERS_BYTES];
    if (dest->renew == NULL || dest->target.renewed != 0u) {
        return false;
    }
    bool done = dest->renew(dest->renew_ctx, fresh, sizeof fresh) == USPAN_OK;
    fresh[sizeof fresh - 1u] = '\0';
    done = done && uspan_set_headers(t, uspan_exchange(t)->dest, fresh) == USPAN_OK;
    dest->target.renewed = 1u; /* after the setter, which treats the headers as set by the application */
    uspan_wipe(fresh, sizeof fresh);
    dest->renewals += done;
    return done;
}
#else
#define renew_headers(t, dest) false
#endif

#define TIMEOUT_STATUS 408u /* Request Timeout */

/* Log details of a success: rejected spans, a warning, or a response that is not OTLP. Returns the number of
 * rejected spans. */
USPAN_NOINLINE_SMALL static uint32_t log_success(uspan_tracer_t *t, uspan_target_t *target)
{
    const uspan_answer_t *a = &uspan_exchange(t)->answer;
    uint32_t rejected = uspan_body_read(a, false, target->said);
    if (rejected == USPAN_BODY_UNREADABLE) {
        rejected = 0u;
        if (target->unread++ == 0u) {
            uspan_log_target(
                t, target,
                USPAN_WORDS("accepted, but the response is not plain OTLP: check path, compression", "w8"));
        }
    } else if (rejected > 0u || target->said[0] != '\0') {
        uspan_log_target(t, target,
                         rejected > 0u ? USPAN_WORDS("collector rejected some spans", "w2")
                                       : USPAN_WORDS("collector warning", "w3"));
    }
    if (rejected == 0u) {
        target->said[0] = '\0';
    }
    return rejected;
}

/* Log a response because of which a batch was dropped. */
USPAN_NOINLINE_SMALL static void log_refusal(uspan_tracer_t *t, const uspan_target_t *target, unsigned action)
{
    const uspan_answer_t *a = &uspan_exchange(t)->answer;
    const char *what = USPAN_WORDS("collector refused the batch, spans dropped", "w4");
    if (USPAN_MESSAGE_TEXTS && (action & USPAN_ACT_LONG_WAIT) != 0u) {
        what = "collector refuses requests; check endpoint and headers";
    } else if (USPAN_MESSAGE_TEXTS && a->status - 300u < 100u && (a->flags & USPAN_ANSWER_FIELD) != 0u) {
        what = "collector has moved: change the endpoint";
    }
    uspan_log_target(t, target, what);
}

/* Log the start and the end of retries, one line each. */
USPAN_NOINLINE_SMALL static void log_retries(uspan_tracer_t *t, uspan_target_t *target, unsigned action)
{
    bool failed = (action & USPAN_ACT_DELIVER) == 0u;
    if (failed && target->failing == 0u) {
        uspan_log_target(t, target, USPAN_WORDS("request failed, uspan will retry", "w6"));
    } else if (!failed && target->failing != 0u) {
        uspan_log_target(t, target, USPAN_WORDS("requests succeed again", "w9"));
    }
    target->failing = failed;
}

/* Choose the action, before a renewal or a split is tried. */
static unsigned choose_action(const uspan_exchange_t *e, uspan_err_t err)
{
    unsigned action = USPAN_ACT_WAIT;
    if (err == USPAN_OK) {
        action = uspan_action_for(e->answer.status);
#if USPAN_HTTP_DATE
        if (uspan_job_is(e, USPAN_JOB_PROBE)) {
            action = uspan_clock_is_date_plausible(e->answer.date_unix) ? 0u : (unsigned)USPAN_ACT_WAIT;
        }
#endif
        if (uspan_job_is(e, USPAN_JOB_RUN) && (action & (USPAN_ACT_DELIVER | USPAN_ACT_WAIT)) == 0u) {
            action = USPAN_ACT_LONG_WAIT;
        }
    } else if (err == USPAN_ERR_TRUST || err == USPAN_ERR_CONFIG) {
        action = USPAN_ACT_LONG_WAIT; /* the settings are wrong, so an early retry cannot help */
    }
    return action;
}

#if USPAN_GZIP
/* Handle a refusal of a compressed body: compression may be the cause. Servers answer 415 (RFC 9110
 * §15.5.16), or 400, 422 or 500 if they do not look at Content-Encoding. The batch is sent again
 * uncompressed. If it is accepted, uspan stops compressing for that target. Otherwise the batch had another
 * fault. Returns true if it is sent again. */
USPAN_NOINLINE_SMALL static bool drop_compression(uspan_tracer_t *t, unsigned action)
{
    const uspan_exchange_t *e = uspan_exchange(t);
    uspan_target_t *target = uspan_job_target(t);
    uspan_batch_t *b = &uspan_dest(t, e->dest)->batch;
    if (target->compression == USPAN_COMPRESSION_REFUSED) {
        if ((action & USPAN_ACT_DELIVER) != 0u) {
            target->compression = USPAN_COMPRESSION_NONE;
            uspan_log_line(t, USPAN_LEVEL_WARN,
                           USPAN_WORDS("collector refused gzip: sending without it", "w8"), NULL);
        } else if ((action & USPAN_ACT_DROP) != 0u) {
            target->compression = USPAN_COMPRESSION_GZIP;
        }
        return false;
    }
    if (target->compression != USPAN_COMPRESSION_GZIP || b->packed_len >= b->body_len ||
        (action & (USPAN_ACT_DROP | USPAN_ACT_RENEW | USPAN_ACT_SPLIT)) != USPAN_ACT_DROP ||
        e->answer.status < 400u) {
        return false;
    }
    target->compression = USPAN_COMPRESSION_REFUSED;
    target->resends++;
    b->packed_len = b->body_len;
    return true;
}
#endif

/* Apply the action to the batch. Returns what remains to be done. */
USPAN_NOINLINE_SMALL static unsigned apply_action_to_batch(uspan_tracer_t *t, unsigned action,
                                                           const uspan_ending_t *ending)
{
    const unsigned d = uspan_exchange(t)->dest;
    uspan_dest_t *dest = uspan_dest(t, d);
#if USPAN_GZIP
    if (ending->err == USPAN_OK && drop_compression(t, action)) {
        return 0u; /* sent again at once */
    }
#endif
    if (((action & USPAN_ACT_RENEW) != 0u && renew_headers(t, dest)) ||
        ((action & USPAN_ACT_SPLIT) != 0u && uspan_batch_split(t, d))) {
        return 0u; /* sent again at once, with other headers or fewer spans */
    }
    if ((action & USPAN_ACT_DELIVER) != 0u) {
        uspan_batch_delivered(t, d, log_success(t, &dest->target));
    }
    if ((action & USPAN_ACT_DROP) != 0u) {
        log_refusal(t, &dest->target, action);
        dest->target.failing = 0u;
        dest->refusals++;
        uspan_batch_dropped(t, d,
                            (action & USPAN_ACT_SPLIT) != 0u ? USPAN_DROP_TOO_LARGE : USPAN_DROP_REFUSED);
    }
    if (ending->timed_out) {
        (void)uspan_batch_split(t, d); /* the link may be too slow for this number of spans */
    }
#if USPAN_RETRY_ATTEMPTS_MAX > 0
    if ((action & USPAN_ACT_WAIT) != 0u && ++dest->batch.attempts >= USPAN_RETRY_ATTEMPTS_MAX) {
        uspan_batch_dropped(t, d, USPAN_DROP_RETRIES);
        uspan_log_target(t, &dest->target,
                         USPAN_WORDS("spans dropped: USPAN_RETRY_ATTEMPTS_MAX reached", "w10"));
        dest->target.failing = 0u;
        action = USPAN_ACT_WAIT | USPAN_ACT_DROP; /* the failure was logged before */
    }
#endif
    if (dest->batch.count > 0u) {
        uspan_queue_rest(t, d);
    }
    return action;
}

#if USPAN_SPOOL
/* Apply the action to spans of the spool. Returns what remains to be done. */
USPAN_NOINLINE_SMALL static unsigned apply_action_to_replay(uspan_tracer_t *t, unsigned action)
{
    uspan_dest_t *dest = uspan_dest(t, uspan_exchange(t)->dest);
    if (((action & USPAN_ACT_RENEW) != 0u && renew_headers(t, dest)) ||
        ((action & USPAN_ACT_SPLIT) != 0u && uspan_spool_split(t))) {
        action = 0u;
    }
    if ((action & USPAN_ACT_DELIVER) != 0u) {
        uspan_spool_settle(t, log_success(t, &dest->target));
    } else if ((action & USPAN_ACT_DROP) != 0u) {
        log_refusal(t, &dest->target, action);
        dest->target.failing = 0u;
        dest->refusals++;
        uspan_spool_settle(t, UINT32_MAX);
    }
    uspan_spool_end(t);
    return action;
}
#endif

/* Handle a kept connection that the server closed or timed out (408) in the meantime. This is not an error.
 * uspan sends the request again at once on a new connection (RFC 9112 §9.3.1, RFC 9110 §15.5.9). */
static bool resend(uspan_tracer_t *t, uspan_target_t *target, uspan_err_t err)
{
    uspan_exchange_t *e = uspan_exchange(t);
    if (e->reused == 0u || uspan_export_state(t)->now_ns >= e->until_ns) {
        return false;
    }
    bool is_dead = err != USPAN_OK ? uspan_answer_end(&e->answer) == USPAN_ERR_CLOSED
                                   : e->answer.status == TIMEOUT_STATUS;
    if (!is_dead) {
        return false;
    }
    target->resends++;
    uspan_request_begin(t, false); /* it clears `reused`, so this happens once per exchange */
    return true;
}

/* Set the time of the next attempt. */
static void set_backoff(uspan_tracer_t *t, uspan_target_t *target, unsigned action, uint32_t floor_ms)
{
    uspan_backoff_t *backoff = &target->backoff;
    if ((action & (USPAN_ACT_DELIVER | USPAN_ACT_LONG_WAIT)) != 0u) {
        target->renewed = 0u;
    }
    if ((action & USPAN_ACT_DELIVER) != 0u) {
        backoff->wait_ms = 0u;
        backoff->not_before_ns = 0u;
    } else if ((action & (USPAN_ACT_WAIT | USPAN_ACT_LONG_WAIT)) != 0u) {
        uint32_t random = 0u;
        (void)uspan_id_random(t, (uint8_t *)&random, sizeof random);
        const unsigned rest = action / USPAN_ACT_LONG_WAIT & 1u;
        if (uspan_job_is(uspan_exchange(t), USPAN_JOB_PROBE) && rest == 0u) {
            backoff = &uspan_export_state(t)->probe;
        } else {
            target->retries += 1u - rest;
        }
        backoff->not_before_ns =
            uspan_deadline_after_ms(t, uspan_backoff(backoff, rest != 0u, random, floor_ms));
    }
}

/* Use the parts of a response that do not depend on the job. Returns the Retry-After of a failure in
 * milliseconds, 0 if there is none. */
static uint32_t read_answer(uspan_tracer_t *t, uspan_target_t *target)
{
    const uspan_answer_t *a = &uspan_exchange(t)->answer;
    target->last_status = a->status;
    uint32_t floor_ms = 0u;
    if (a->status - 200u >= 100u) {
#if USPAN_HTTP_DATE
        /* Both dates are of the server's clock, which may differ from this one. */
        floor_ms = uspan_retry_after_ms(a, a->date_unix != 0u ? a->date_unix : uspan_unix_seconds(t));
#else
        floor_ms = uspan_retry_after_ms(a, 0u);
#endif
        (void)uspan_body_read(a, true, target->said);
    }
#if USPAN_HTTP_DATE
    if (uspan_clock_is_date_plausible(a->date_unix)) {
        uspan_clock_set_approximate(t, uspan_export_state(t)->now_ns,
                                    a->date_unix * USPAN_NS_PER_S + USPAN_NS_PER_S / 2u);
    }
#endif
    return floor_ms;
}

void uspan_finish_exchange(uspan_tracer_t *t, const uspan_ending_t *ending)
{
    const uspan_err_t err = ending->err;
    uspan_exchange_t *e = uspan_exchange(t);
    uspan_target_t *target = uspan_job_target(t);
    uint32_t floor_ms = 0u;
    if (resend(t, target, err)) {
        return;
    }
    unsigned action = choose_action(e, err);
    /* 0 after any HTTP response, so a value that is not 0 shows that the latest exchange failed before one */
    target->last_error = (int8_t)err;
    target->why = ending->why;
    target->said[0] = '\0';
    if (err == USPAN_OK) {
        floor_ms = read_answer(t, target);
    }
    if (uspan_job_is(e, USPAN_JOB_BATCH)) {
        action = apply_action_to_batch(t, action, ending);
    }
#if USPAN_SPOOL
    if (uspan_job_is(e, USPAN_JOB_REPLAY)) {
        action = apply_action_to_replay(t, action);
    }
#endif
#if USPAN_STUDIO
    if (uspan_job_is(e, USPAN_JOB_RUN)) {
        uspan_studio_answered(t, (action & USPAN_ACT_DELIVER) != 0u,
                              err == USPAN_OK && action == USPAN_ACT_LONG_WAIT);
        if (err == USPAN_OK && action == USPAN_ACT_LONG_WAIT) {
            uspan_log_target(t, target,
                             USPAN_WORDS("Studio refused the run or a message: spans are still sent", "w7"));
        }
    }
#endif
    if ((action & USPAN_ACT_DROP) == 0u && action != 0u) {
        log_retries(t, target, action);
    }
    set_backoff(t, target, action, floor_ms);
    e->step = USPAN_STEP_IDLE;
    e->job = USPAN_JOB_NONE;
    e->idle_until_ns = uspan_deadline_after_ms(t, USPAN_KEEP_ALIVE_MS);
    /* A load balancer may lead a new connection to another server than the one that fails. */
    if (USPAN_KEEP_ALIVE_MS == 0 || err != USPAN_OK || (e->answer.flags & USPAN_ANSWER_CLOSE) != 0u ||
        e->answer.status >= 500u) {
        uspan_close_connection(t);
    }
    memset(e->send, 0, sizeof e->send); /* headers may be secret */
}
