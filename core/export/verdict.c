/* verdict.c: how an exchange ended decides what becomes of its spans and when the peer is asked again. */
#include <string.h>
#include "answer.pb.h"
#include "batch.h"
#include "exporter.h"
#include "http_answer.h"
#include "pb_decode.h"
#include "retry.h"
#include "studio.h"
#include "trace/clock.h"
#include "trace/id.h"

#define MESSAGE_BYTES 80u

static uint32_t random_word(uspan_tracer_t *t)
{
    uint32_t r = 0;
    (void)uspan_id_random(t, (uint8_t *)&r, sizeof r);
    return r;
}

/* Read a message that has one number and one text, as ExportTracePartialSuccess and google.rpc.Status have:
 * the first bytes of the text stay, all else is skipped. With nanopb's stream primitives: its message decoder
 * recurses, and costs 3 KB more. Of a body that was not kept whole, what was decoded until its break counts.
 * False: broken before its end. */
static bool read_message(pb_istream_t *s, uint32_t number_tag, uint32_t text_tag, uint64_t *number,
                         char text[MESSAGE_BYTES])
{
    pb_wire_type_t type;
    uint32_t tag, len;
    bool eof = false;
    while (pb_decode_tag(s, &type, &tag, &eof)) {
        if (tag == number_tag && type == PB_WT_VARINT) {
            if (!pb_decode_varint(s, number)) {
                return false;
            }
        } else if (tag == text_tag && type == PB_WT_STRING) {
            if (!pb_decode_varint32(s, &len)) {
                return false;
            }
            size_t n = len < MESSAGE_BYTES - 1u ? len : MESSAGE_BYTES - 1u;
            n = n < s->bytes_left ? n : s->bytes_left;
            (void)pb_read(s, (pb_byte_t *)text, n);
            for (size_t i = 0; i < n; i++) { /* it goes to a log: no control characters */
                text[i] = (uint8_t)text[i] < 0x20u || text[i] == 0x7F ? ' ' : text[i];
            }
            text[n] = '\0';
            if (!pb_read(s, NULL, len - n)) {
                return false;
            }
        } else if (!pb_skip_field(s, type)) {
            return false;
        }
    }
    return eof;
}

/* Rejected spans of a 2xx answer. A body of another type, or one that does not decode, is a success without
 * rejections: servers answer JSON, or nothing. */
static uint64_t read_partial_success(uspan_tracer_t *t, char message[MESSAGE_BYTES])
{
    uspan_answer_t *a = &t->out.answer;
    uint64_t rejected = 0;
    message[0] = '\0';
    if ((a->flags & USPAN_ANSWER_PROTOBUF) == 0u) {
        return 0u;
    }
    pb_istream_t s = pb_istream_from_buffer(a->body, a->body_len);
    pb_wire_type_t type;
    uint32_t tag, len;
    bool eof = false, whole = true;
    while (whole && pb_decode_tag(&s, &type, &tag, &eof)) {
        if (tag != uspan_otlp_ExportTraceServiceResponse_partial_success_tag || type != PB_WT_STRING) {
            whole = pb_skip_field(&s, type);
        } else if (pb_decode_varint32(&s, &len)) {
            pb_istream_t inner = s;
            inner.bytes_left = len < s.bytes_left ? len : s.bytes_left;
            whole =
                read_message(&inner, uspan_otlp_ExportTracePartialSuccess_rejected_spans_tag,
                             uspan_otlp_ExportTracePartialSuccess_error_message_tag, &rejected, message) &&
                pb_read(&s, NULL, len);
        } else {
            whole = false;
        }
    }
    if ((!whole || !eof) && a->body_bytes <= a->body_len) {
        message[0] = '\0';
        return 0u;
    }
    return rejected <= INT64_MAX ? rejected : 0u; /* int64: negative is nonsense */
}

/* The message of google.rpc.Status in an error answer; "" for none. */
static void read_status(uspan_tracer_t *t, char message[MESSAGE_BYTES])
{
    uspan_answer_t *a = &t->out.answer;
    uint64_t code;
    message[0] = '\0';
    if ((a->flags & USPAN_ANSWER_PROTOBUF) == 0u) {
        return;
    }
    pb_istream_t s = pb_istream_from_buffer(a->body, a->body_len);
    if (!read_message(&s, uspan_otlp_RpcStatus_code_tag, uspan_otlp_RpcStatus_message_tag, &code, message) &&
        a->body_bytes <= a->body_len) {
        message[0] = '\0';
    }
}

static void wait_ms(uspan_target_t *target, uint64_t now_ns, uint32_t ms)
{
    target->not_before_ns = now_ns + (uint64_t)ms * USPAN_NS_PER_MS;
}

/* The settings are wrong: asking again soon cannot help. */
static void rest(uspan_tracer_t *t, uspan_target_t *target, uint64_t now_ns)
{
    if (target->resting == 0u) {
        uspan_backoff_reset(&target->backoff);
        target->resting = 1u;
    }
    target->renewed = 0u;
    wait_ms(target, now_ns, uspan_backoff_rest(&target->backoff, random_word(t)));
}

static void recovered(uspan_target_t *target)
{
    uspan_backoff_reset(&target->backoff);
    target->resting = 0u;
    target->renewed = 0u;
    target->not_before_ns = 0u;
}

/* Try the batch again later, or give it up. */
static void retry_later(uspan_tracer_t *t, uspan_target_t *target, uint64_t now_ns, uint32_t retry_after_ms)
{
    uspan_export_part_t *x = &t->out;
    if (x->job == USPAN_JOB_PROBE) {
        x->probe_at_ns =
            now_ns +
            (uint64_t)uspan_backoff_next(&x->probe_backoff, random_word(t), retry_after_ms) * USPAN_NS_PER_MS;
        return;
    }
    target->retries++;
    wait_ms(target, now_ns, uspan_backoff_next(&target->backoff, random_word(t), retry_after_ms));
    if (x->job == USPAN_JOB_BATCH) {
        uspan_batch_t *b = &x->dests[x->dest].batch;
        b->attempts++;
#if USPAN_RETRY_ATTEMPTS_MAX > 0
        if (b->attempts >= USPAN_RETRY_ATTEMPTS_MAX) {
            uspan_batch_dropped(t, x->dest, USPAN_DROP_RETRIES);
        }
#endif
    }
}

static void finish(uspan_tracer_t *t, bool keep, uint64_t now_ns)
{
    uspan_export_part_t *x = &t->out;
    x->step = USPAN_STEP_IDLE;
    x->job = USPAN_JOB_NONE;
    x->idle_since_ns = now_ns;
    if (!keep || USPAN_KEEP_ALIVE_MS == 0) {
        uspan_hang_up(t);
    }
    memset(x->send, 0, sizeof x->send); /* headers may be secret */
}

static bool renew_headers(uspan_tracer_t *t, uspan_dest_t *dest)
{
#if USPAN_HEADERS_BYTES > 0
    char fresh[USPAN_HEADERS_BYTES];
    if (dest->renew == NULL || dest->target.renewed != 0u) {
        return false;
    }
    bool done = dest->renew(dest->renew_ctx, fresh, sizeof fresh) == USPAN_OK;
    fresh[sizeof fresh - 1u] = '\0';
    done = done && uspan_set_headers(t, (unsigned)(dest - t->out.dests), fresh) == USPAN_OK;
    dest->target.renewed = 1u; /* after the setter, which takes the headers for the application's */
    for (volatile char *c = fresh; c < fresh + sizeof fresh; c++) {
        *c = 0;
    }
    dest->renewals += done;
    return done;
#else
    (void)t;
    (void)dest;
    return false;
#endif
}

static void batch_verdict(uspan_tracer_t *t, uint64_t now_ns)
{
    uspan_export_part_t *x = &t->out;
    uspan_dest_t *dest = &x->dests[x->dest];
    uspan_target_t *target = &dest->target;
    char message[MESSAGE_BYTES];
    uspan_action_t action = uspan_action_for(x->answer.status);
    if (action != USPAN_ACTION_DELIVERED) {
        read_status(t, message);
    }
    if (action == USPAN_ACTION_RENEW) {
        action = renew_headers(t, dest) ? USPAN_ACTION_RETRY : USPAN_ACTION_CONFIG;
        if (action == USPAN_ACTION_RETRY) {
            return; /* at once, with the new headers */
        }
    }
    switch (action) {
    case USPAN_ACTION_DELIVERED: {
        uint64_t rejected = read_partial_success(t, message);
        recovered(target);
        if (rejected > 0u || message[0] != '\0') {
            uspan_say(t, USPAN_LEVEL_WARN,
                      rejected > 0u ? "collector rejected spans:" : "collector warns:", message);
        }
        uspan_batch_delivered(t, x->dest, rejected);
        break;
    }
    case USPAN_ACTION_RETRY:
        retry_later(t, target, now_ns, uspan_retry_after_ms(&x->answer, uspan_unix_seconds(t)));
        break;
    case USPAN_ACTION_SPLIT:
        if (!uspan_batch_split(t, x->dest)) {
            dest->refusals++;
            uspan_batch_dropped(t, x->dest, USPAN_DROP_TOO_LARGE);
        }
        break;
    case USPAN_ACTION_CONFIG:
        rest(t, target, now_ns);
        dest->refusals++;
        uspan_say(t, USPAN_LEVEL_ERROR, "collector refuses; check endpoint and headers:", message);
        uspan_batch_dropped(t, x->dest, USPAN_DROP_REFUSED);
        break;
    default:
        dest->refusals++;
        uspan_say(t, USPAN_LEVEL_ERROR, "collector refused spans:", message);
        uspan_batch_dropped(t, x->dest, USPAN_DROP_REFUSED);
        break;
    }
}

void uspan_verdict(uspan_tracer_t *t, uint64_t now_ns)
{
    uspan_export_part_t *x = &t->out;
    uspan_target_t *target = uspan_job_target(t);
    target->last_status = x->answer.status;
    target->last_error = 0; /* so that whoever reads both knows which came last */
    target->why = "";
#if USPAN_HTTP_DATE
    if (x->answer.date_unix != 0u) {
        uspan_clock_hear(t, now_ns, x->answer.date_unix * USPAN_NS_PER_S + USPAN_NS_PER_S / 2u);
    }
#endif
    if (x->job == USPAN_JOB_BATCH) {
        batch_verdict(t, now_ns);
    } else if (x->job == USPAN_JOB_PROBE) {
        if (x->answer.date_unix == 0u) {
            retry_later(t, target, now_ns, uspan_retry_after_ms(&x->answer, 0u));
        }
    } else {
#if USPAN_STUDIO
        uspan_action_t action = uspan_action_for(x->answer.status);
        if (action == USPAN_ACTION_DELIVERED) {
            recovered(target);
        } else if (action == USPAN_ACTION_RETRY) {
            retry_later(t, target, now_ns, uspan_retry_after_ms(&x->answer, uspan_unix_seconds(t)));
        } else {
            rest(t, target, now_ns);
            uspan_say(t, USPAN_LEVEL_WARN, "Studio refuses the run; spans go on", NULL);
        }
        uspan_studio_answered(t, action == USPAN_ACTION_DELIVERED);
#endif
    }
    finish(t, (x->answer.flags & USPAN_ANSWER_CLOSE) == 0u, now_ns);
}

void uspan_failed(uspan_tracer_t *t, uspan_err_t err, const char *why, uint64_t now_ns)
{
    uspan_export_part_t *x = &t->out;
    uspan_target_t *target = uspan_job_target(t);
    if (err == USPAN_ERR_REFUSED) { /* an answer beyond all limits: not to be asked for again */
        target->last_error = (int8_t)err;
        target->why = why;
        if (x->job == USPAN_JOB_BATCH) {
            x->dests[x->dest].refusals++;
            uspan_batch_dropped(t, x->dest, USPAN_DROP_REFUSED);
        } else {
            retry_later(t, target, now_ns, 0u);
        }
        finish(t, false, now_ns);
        return;
    }
    bool untouched = uspan_answer_eof(&x->answer) == USPAN_ERR_CLOSED;
    if (x->reused != 0u && x->resent == 0u && untouched && now_ns < x->exchange_until_ns) {
        /* A kept connection that the server closed meanwhile: not an error, send again at once (RFC 9112
         * §9.3.1). */
        uspan_hang_up(t);
        target->resends++;
        x->resent = 1u;
        uspan_request_restart(t);
        x->step = USPAN_STEP_OPENING;
        return;
    }
    target->last_error = (int8_t)err;
    target->why = why;
    uspan_say(t, USPAN_LEVEL_WARN, "export failed:", why);
    if (err == USPAN_ERR_TRUST || err == USPAN_ERR_CONFIG) {
        rest(t, target, now_ns);
        x->probe_at_ns = target->not_before_ns;
    } else {
        retry_later(t, target, now_ns, 0u);
    }
#if USPAN_STUDIO
    if (x->job == USPAN_JOB_RUN) {
        uspan_studio_answered(t, false);
    }
#endif
    finish(t, false, now_ns);
}
