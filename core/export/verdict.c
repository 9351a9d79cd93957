/* verdict.c: how an exchange ended decides what becomes of its spans and when the peer is asked again. One
 * place for all jobs: the outcome becomes an action, and each action touches target, batch and connection
 * here only. */
#include <string.h>
#include "batch.h"
#include "body.h"
#include "exporter.h"
#include "http_answer.h"
#include "retry.h"
#include "studio.h"
#include "trace/clock.h"
#include "trace/id.h"
#include "trace/pool.h"

USPAN_ONCE static bool renew_headers(uspan_tracer_t *t, uspan_dest_t *dest)
{
#if USPAN_HEADERS_BYTES > 0 && USPAN_RUNTIME_SETTINGS
    char fresh[USPAN_HEADERS_BYTES];
    if (dest->renew == NULL || dest->target.renewed != 0u) {
        return false;
    }
    bool done = dest->renew(dest->renew_ctx, fresh, sizeof fresh) == USPAN_OK;
    fresh[sizeof fresh - 1u] = '\0';
    done = done && uspan_set_headers(t, uspan_out(t)->dest, fresh) == USPAN_OK;
    dest->target.renewed = 1u; /* after the setter, which takes the headers for the application's */
    uspan_wipe(fresh, sizeof fresh);
    dest->renewals += done;
    return done;
#else
    (void)t;
    (void)dest;
    return false;
#endif
}

/* Rejected spans of a 2xx answer, or the words of an error, to the log. */
USPAN_ONCE static uint32_t hear_collector(uspan_tracer_t *t, unsigned action)
{
    char text[USPAN_MESSAGE_BYTES];
    bool good = action == USPAN_ACTION_DELIVERED;
    uint32_t number = 0u;
    text[0] = '\0';
    if (good || USPAN_TEXTS) {
        number = uspan_body_read(&uspan_out(t)->answer, !good, text);
    }
    const char *what = USPAN_WORDS("collector refused spans:", "w4");
    if (good) {
        what = number > 0u ? USPAN_WORDS("collector rejected spans:", "w2")
                           : USPAN_WORDS("collector warns:", "w3");
    } else if (USPAN_TEXTS && (action & USPAN_ACT_REST) != 0u) {
        what = "collector refuses; check endpoint and headers:";
    }
    if ((action & USPAN_ACT_DROP) != 0u || (good && (number > 0u || text[0] != '\0'))) {
        uspan_say(t, USPAN_LEVEL_WARN, what, text);
    }
    return number;
}

/* What is to be done, before a renewal or a split is tried. */
static unsigned action_of(uspan_tracer_t *t, uspan_err_t err)
{
    const uspan_export_part_t *x = uspan_out(t);
    unsigned action = USPAN_ACT_WAIT;
    if (err == USPAN_OK) {
        action = uspan_action_for(x->answer.status);
#if USPAN_HTTP_DATE
        if (uspan_job_is(x, USPAN_JOB_PROBE)) {
            action = x->answer.date_unix != 0u ? 0u : (unsigned)USPAN_ACT_WAIT;
        }
#endif
        if (uspan_job_is(x, USPAN_JOB_RUN) && (action & (USPAN_ACT_DELIVER | USPAN_ACT_WAIT)) == 0u) {
            action = USPAN_ACT_REST;
        }
    } else if (err == USPAN_ERR_TRUST || err == USPAN_ERR_CONFIG) {
        action = USPAN_ACT_REST; /* the settings are wrong: asking again soon cannot help */
    } else if (err == USPAN_ERR_REFUSED && uspan_job_is(x, USPAN_JOB_BATCH)) {
        action = USPAN_ACT_DROP;
    }
    return action;
}

/* The batch: what to do with it, and what is left to do then. */
USPAN_ONCE static unsigned settle_batch(uspan_tracer_t *t, unsigned action, uspan_err_t err)
{
    uspan_export_part_t *x = uspan_out(t);
    uspan_dest_t *dest = uspan_dest(t, x->dest);
    if (((action & USPAN_ACT_RENEW) != 0u && renew_headers(t, dest)) ||
        ((action & USPAN_ACT_SPLIT) != 0u && uspan_batch_split(t, x->dest))) {
        return 0u; /* again at once: with other headers, or less */
    }
    uint32_t rejected = err == USPAN_OK ? hear_collector(t, action) : 0u;
    if ((action & USPAN_ACT_DELIVER) != 0u) {
        uspan_batch_delivered(t, x->dest, rejected);
    }
    if ((action & USPAN_ACT_DROP) != 0u) {
        dest->refusals++;
        uspan_batch_dropped(t, x->dest,
                            (action & USPAN_ACT_SPLIT) != 0u ? USPAN_DROP_TOO_LARGE : USPAN_DROP_REFUSED);
    }
#if USPAN_RETRY_ATTEMPTS_MAX > 0
    if ((action & USPAN_ACT_WAIT) != 0u && ++dest->batch.attempts >= USPAN_RETRY_ATTEMPTS_MAX) {
        uspan_batch_dropped(t, x->dest, USPAN_DROP_RETRIES);
    }
#endif
    return action;
}

/* A kept connection that the server closed meanwhile: not an error, send again at once (RFC 9112 §9.3.1). */
static bool resend(uspan_tracer_t *t, uspan_target_t *target)
{
    uspan_export_part_t *x = uspan_out(t);
    if (x->reused == 0u || x->resent != 0u || uspan_answer_eof(&x->answer) != USPAN_ERR_CLOSED ||
        x->now_ns >= x->exchange_until_ns) {
        return false;
    }
    target->resends++;
    x->resent = 1u;
    uspan_request_begin(t, false);
    return true;
}

void uspan_exchange_over(uspan_tracer_t *t, uspan_err_t err, const char *why)
{
    uspan_export_part_t *x = uspan_out(t);
    uspan_target_t *target = uspan_job_target(t);
    uspan_backoff_t *backoff = &target->backoff;
    uint32_t floor_ms = 0u;
    if (err != USPAN_OK && resend(t, target)) {
        return;
    }
    unsigned action = action_of(t, err);
    target->last_error = (int8_t)err; /* 0 with an answer: whoever reads both knows which came last */
    target->why = why;
    if (err == USPAN_OK) {
        target->why = "";
        target->last_status = x->answer.status;
        floor_ms = uspan_retry_after_ms(&x->answer, uspan_unix_seconds(t));
#if USPAN_HTTP_DATE
        if (x->answer.date_unix != 0u) {
            uspan_clock_hear(t, x->now_ns, x->answer.date_unix * USPAN_NS_PER_S + USPAN_NS_PER_S / 2u);
        }
#endif
    } else {
        uspan_say(t, USPAN_LEVEL_WARN, USPAN_WORDS("export failed:", "w6"), why);
    }
    if (uspan_job_is(x, USPAN_JOB_BATCH)) {
        action = settle_batch(t, action, err);
    }
#if USPAN_STUDIO
    if (uspan_job_is(x, USPAN_JOB_RUN)) {
        uspan_studio_answered(t, (action & USPAN_ACT_DELIVER) != 0u);
        if (err == USPAN_OK && action == USPAN_ACT_REST) {
            uspan_say(t, USPAN_LEVEL_WARN, USPAN_WORDS("Studio refuses the run; spans go on", "w7"), NULL);
        }
    }
#endif
    if ((action & (USPAN_ACT_DELIVER | USPAN_ACT_REST)) != 0u) {
        target->renewed = 0u;
    }
    if ((action & USPAN_ACT_DELIVER) != 0u) {
        backoff->wait_ms = 0u;
        backoff->not_before_ns = 0u;
    } else if ((action & (USPAN_ACT_WAIT | USPAN_ACT_REST)) != 0u) {
        uint32_t random = 0u;
        (void)uspan_id_random(t, (uint8_t *)&random, sizeof random);
        bool rest = (action & USPAN_ACT_REST) != 0u;
        if (uspan_job_is(x, USPAN_JOB_PROBE) && !rest) {
            backoff = &x->probe;
        } else {
            target->retries += !rest;
        }
        backoff->not_before_ns = uspan_after_ms(t, uspan_backoff(backoff, rest, random, floor_ms));
    }
    x->step = USPAN_STEP_IDLE;
    x->job = USPAN_JOB_NONE;
    x->idle_until_ns = uspan_after_ms(t, USPAN_KEEP_ALIVE_MS);
    if (USPAN_KEEP_ALIVE_MS == 0 || err != USPAN_OK || (x->answer.flags & USPAN_ANSWER_CLOSE) != 0u) {
        uspan_hang_up(t);
    }
    memset(x->send, 0, sizeof x->send); /* headers may be secret */
}
