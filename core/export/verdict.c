/* verdict.c: how an exchange ended decides what becomes of its spans and when the peer is asked again. One
 * place for all jobs: the outcome becomes an action, and each action touches target, batch and connection
 * here only. */
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

/* Both messages that are read here have a number and a text, and these two tags serve both. */
USPAN_STATIC_ASSERT(uspan_otlp_ExportTracePartialSuccess_rejected_spans_tag ==
                            uspan_otlp_RpcStatus_code_tag &&
                        uspan_otlp_ExportTracePartialSuccess_error_message_tag ==
                            uspan_otlp_RpcStatus_message_tag,
                    "ExportTracePartialSuccess and google.rpc.Status have equal tags");

#if USPAN_TEXTS
/* The first bytes of a text of *len bytes; *len is what is left of it. */
static void read_text(pb_istream_t *s, uint32_t *len, char text[MESSAGE_BYTES])
{
    size_t n = *len < MESSAGE_BYTES - 1u ? *len : MESSAGE_BYTES - 1u;
    n = n < s->bytes_left ? n : s->bytes_left;
    (void)pb_read(s, (pb_byte_t *)text, n);
    *len -= (uint32_t)n;
    text[n] = '\0';
    while (n-- > 0u) { /* it goes to a log: no control characters */
        text[n] = (uint8_t)text[n] < 0x20u || text[n] == 0x7F ? ' ' : text[n];
    }
}
#endif

/* Read the body: a google.rpc.Status (`inside` it from the start), or the partial_success of an
 * ExportTraceServiceResponse, whose end is taken for that of the answer. The first bytes of the text stay,
 * all else is skipped. With nanopb's stream primitives: its message decoder recurses, and costs 3 KB more. A
 * body of another type, or one that does not decode, says nothing: servers answer JSON, or nothing. Of a body
 * that was not kept whole, what was decoded until its break counts. Returns the number. */
static uint64_t read_body(const uspan_answer_t *a, bool inside, char text[MESSAGE_BYTES])
{
    pb_istream_t s = pb_istream_from_buffer(a->body, a->body_len);
    pb_wire_type_t type;
    uint32_t tag, len = 0;
    uint64_t number = 0;
    bool eof = false, whole = (a->flags & USPAN_ANSWER_PROTOBUF) != 0u;
    text[0] = '\0';
    while (whole && pb_decode_tag(&s, &type, &tag, &eof)) {
        if (type != PB_WT_STRING) {
            bool wanted = inside && type == PB_WT_VARINT && tag == uspan_otlp_RpcStatus_code_tag;
            whole = wanted ? pb_decode_varint(&s, &number) : pb_skip_field(&s, type);
            continue;
        }
        whole = pb_decode_varint32(&s, &len);
        if (!whole) {
            break;
        }
        if (!inside && tag == uspan_otlp_ExportTraceServiceResponse_partial_success_tag) {
            inside = true;
            whole = len <= s.bytes_left || a->body_bytes > a->body_len;
            s.bytes_left = len < s.bytes_left ? len : s.bytes_left;
            continue;
        }
#if USPAN_TEXTS
        if (inside && tag == uspan_otlp_RpcStatus_message_tag) {
            read_text(&s, &len, text);
        }
#endif
        whole = pb_read(&s, NULL, len);
    }
    if (!eof && a->body_bytes <= a->body_len) {
        text[0] = '\0';
        number = 0u;
    }
    return number <= INT64_MAX ? number : 0u; /* int64: negative is nonsense */
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
static uint64_t hear_collector(uspan_tracer_t *t, unsigned action)
{
    char text[MESSAGE_BYTES];
    bool good = action == USPAN_ACTION_DELIVERED;
    uint64_t number = 0u;
    text[0] = '\0';
    if (good || USPAN_TEXTS) {
        number = read_body(&uspan_out(t)->answer, !good, text);
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
        if (x->job == USPAN_JOB_PROBE) {
            action = x->answer.date_unix != 0u ? 0u : (unsigned)USPAN_ACT_WAIT;
        }
#endif
        if (x->job == USPAN_JOB_RUN && (action & (USPAN_ACT_DELIVER | USPAN_ACT_WAIT)) == 0u) {
            action = USPAN_ACT_REST;
        }
    } else if (err == USPAN_ERR_TRUST || err == USPAN_ERR_CONFIG) {
        action = USPAN_ACT_REST; /* the settings are wrong: asking again soon cannot help */
    } else if (err == USPAN_ERR_REFUSED && x->job == USPAN_JOB_BATCH) {
        action = USPAN_ACT_DROP;
    }
    return action;
}

/* The batch: what to do with it, and what is left to do then. */
static unsigned settle_batch(uspan_tracer_t *t, unsigned action, uspan_err_t err)
{
    uspan_export_part_t *x = uspan_out(t);
    uspan_dest_t *dest = uspan_dest(t, x->dest);
    if (((action & USPAN_ACT_RENEW) != 0u && renew_headers(t, dest)) ||
        ((action & USPAN_ACT_SPLIT) != 0u && uspan_batch_split(t, x->dest))) {
        return 0u; /* again at once: with other headers, or less */
    }
    uint64_t rejected = err == USPAN_OK ? hear_collector(t, action) : 0u;
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
    if (x->job == USPAN_JOB_BATCH) {
        action = settle_batch(t, action, err);
    }
#if USPAN_STUDIO
    if (x->job == USPAN_JOB_RUN) {
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
        if (x->job == USPAN_JOB_PROBE && !rest) {
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
