/* exchange.c: carries one request and its response, one transport call per step, and returns how it ended.
 * exchange_result.c decides what happens to the spans. Invariant: every wait has a deadline. A status counts
 * only if it was read after the first byte of a request was sent, on a connection without pending bytes. A
 * 2xx status counts only if the whole request was sent. */
#include "export/exchange.h"
#include <string.h>
#include "export/gzip.h"
#include "export/http_request.h"
#include "export/http_response.h"
#include "export/log_line.h"
#include "export/otlp.h"
#include "export/poll_time.h"
#include "export/spool_replay.h"
#include "export/studio.h"
#include "trace/pool.h"

#define RECEIVE_BYTES 128u
#define ENDLESS_MS 1000u /* silence that ends a response without a length on a connection that is kept */
/* Bytes of a compressed body that one step counts. */
#define MEASURE_BYTES (USPAN_SEND_BYTES < 256 ? (unsigned)USPAN_SEND_BYTES : 256u)

USPAN_NOINLINE_SMALL uspan_target_t *uspan_job_target(uspan_tracer_t *t)
{
#if USPAN_STUDIO
    if (uspan_job_is(uspan_exchange(t), USPAN_JOB_RUN)) {
        return &uspan_export_state(t)->studio;
    }
#endif
    return &uspan_dest(t, uspan_exchange(t)->dest)->target;
}

void uspan_close_connection(uspan_tracer_t *t)
{
    uspan_exchange_t *e = uspan_exchange(t);
    if (e->transport != NULL) {
        e->transport->close(e->transport->ctx);
        e->transport = NULL;
    }
    e->connected = NULL;
    e->reused = 0u;
}

/* Restart the idle time-out after bytes were moved or a connection was started. Once the status is known and
 * nothing says that the connection will end, the rest of the body has a second: many servers that give no
 * length mean that there is none (RFC 9112 §6.3 asks them to close). */
static void restart_silence(uspan_tracer_t *t)
{
    uspan_exchange_t *e = uspan_exchange(t);
    uint32_t ms = uspan_job_target(t)->timeout_ms;
    if (uspan_answer_is_endless(&e->answer) && ms > ENDLESS_MS) {
        ms = ENDLESS_MS;
    }
    e->silent_until_ns = uspan_deadline_after_ms(t, ms);
}

/* ---- the body ------------------------------------------------------------------------------------------ */

/* The request carries spans of a batch or of the spool. */
static bool has_spans(const uspan_exchange_t *e)
{
    return uspan_job_is(e, USPAN_JOB_BATCH) || uspan_job_is(e, USPAN_JOB_REPLAY);
}

/* Start reading the body from its first byte. */
static void begin_body(uspan_tracer_t *t)
{
    uspan_exchange_t *e = uspan_exchange(t);
#if USPAN_SPOOL
    if (uspan_job_is(e, USPAN_JOB_REPLAY)) {
        uspan_spool_begin_body(t);
        return;
    }
#endif
    uspan_batch_t *b = &uspan_dest(t, e->dest)->batch;
    if (b->resource_len == 0u) {
        b->body_len = uspan_size_request(t, b, e->dest);
#if USPAN_GZIP
        b->packed_len = 0u;
#endif
    }
    uspan_otlp_begin(&e->otlp, t, b, e->dest);
#if USPAN_GZIP
    uspan_gzip_begin(&e->gzip);
#endif
}

#if USPAN_GZIP
static size_t read_otlp(void *ctx, uint8_t *out, size_t cap)
{
    return uspan_otlp_read(ctx, out, cap);
}

static bool is_packed(const uspan_batch_t *b)
{
    return b->packed_len > 0u && b->packed_len < b->body_len;
}

/* Content-Length must be known before the first byte is sent. A body is therefore compressed once only to
 * count its bytes, some in each step. Returns true if this was such a step. */
static bool measure_step(uspan_tracer_t *t)
{
    uspan_exchange_t *e = uspan_exchange(t);
    uspan_batch_t *b = &uspan_dest(t, e->dest)->batch;
    if (!uspan_job_is(e, USPAN_JOB_BATCH) || b->packed_len > 0u ||
        uspan_job_target(t)->compression != USPAN_COMPRESSION_GZIP) {
        return false;
    }
    if (b->resource_len == 0u) { /* the resource that was measured so far is replaced */
        begin_body(t);
        e->measured = 0u;
        return true;
    }
    size_t n = uspan_gzip_read(&e->gzip, read_otlp, &e->otlp, e->send, MEASURE_BYTES);
    e->measured += (uint32_t)n;
    if (n < MEASURE_BYTES) {
        b->packed_len = e->measured < b->body_len ? e->measured : b->body_len;
        begin_body(t);
    }
    return true;
}
#endif

/* Read the next bytes of the body. */
static size_t read_body(uspan_tracer_t *t, uint8_t *out, size_t cap)
{
    uspan_exchange_t *e = uspan_exchange(t);
#if USPAN_SPOOL
    if (uspan_job_is(e, USPAN_JOB_REPLAY)) {
        return uspan_spool_read(t, out, cap);
    }
#endif
#if USPAN_GZIP
    if (is_packed(&uspan_dest(t, e->dest)->batch)) {
        return uspan_gzip_read(&e->gzip, read_otlp, &e->otlp, out, cap);
    }
#endif
    return uspan_otlp_read(&e->otlp, out, cap);
}

/* ---- one exchange -------------------------------------------------------------------------------------- */

void uspan_request_begin(uspan_tracer_t *t, bool kept)
{
    uspan_exchange_t *e = uspan_exchange(t);
    e->step = USPAN_STEP_CHECKING;
    if (!kept) {
        uspan_close_connection(t);
        e->step = USPAN_STEP_OPENING;
    }
    e->head_len = e->rendered = e->request_len = 0u;
    e->send_len = e->send_at = 0u;
    e->send_error = 0;
    e->listening = 0u;
    uspan_answer_begin(&e->answer);
    restart_silence(t);
    if (has_spans(e)) {
        begin_body(t);
#if USPAN_GZIP
        e->measured = 0u;
#endif
    }
}

void uspan_exchange_begin(uspan_tracer_t *t, uspan_job_t job, unsigned d)
{
    uspan_exchange_t *e = uspan_exchange(t);
    e->job = (uint8_t)job;
    e->dest = (uint8_t)d;
    uspan_target_t *target = uspan_job_target(t);
    target->requests++;
    e->until_ns = uspan_deadline_after_ms(
        t, target->timeout_ms < (uint32_t)USPAN_EXCHANGE_MAX_MS ? USPAN_EXCHANGE_MAX_MS : target->timeout_ms);
    e->reused = e->connected == target;
    uspan_request_begin(t, e->reused != 0u);
}

/* ---- the request --------------------------------------------------------------------------------------- */

static void describe_request(uspan_tracer_t *t, uspan_http_request_t *r)
{
    const uspan_exchange_t *e = uspan_exchange(t);
#if !USPAN_ONLY_BATCHES
    memset(r, 0, sizeof *r);
    if (uspan_job_is(e, USPAN_JOB_PROBE)) {
        r->method = "GET ";
        return;
    }
    r->method = "POST ";
#if USPAN_STUDIO
    if (uspan_job_is(e, USPAN_JOB_RUN)) {
        r->path = uspan_studio_path(t);
        r->content_type = "application/json";
        uspan_window_t w = { 0 };
        uspan_studio_render(t, &w);
        r->body_len = (uint32_t)w.at;
        return;
    }
#endif
    r->content_type = "application/x-protobuf";
#endif
#if USPAN_SPOOL
    if (uspan_job_is(e, USPAN_JOB_REPLAY)) {
        r->body_len = uspan_spool_body_len(t);
        return;
    }
#endif
    const uspan_batch_t *b = &uspan_dest(t, e->dest)->batch;
    r->body_len = b->body_len;
#if USPAN_GZIP
    r->is_gzip = is_packed(b);
    r->body_len = r->is_gzip ? b->packed_len : b->body_len;
#endif
}

/* Fill the send buffer with bytes of the head, then of the body. Returns 0 at the end. */
USPAN_NOINLINE_SMALL static uint32_t fill_send(uspan_tracer_t *t)
{
    uspan_exchange_t *e = uspan_exchange(t);
    size_t filled = 0;
    if (e->rendered == 0u || e->rendered < e->head_len) { /* head_len is unknown before the first call */
        uspan_http_request_t r;
        describe_request(t, &r);
        uspan_window_t w = { .out = e->send, .from = e->rendered, .cap = sizeof e->send };
        uspan_request_render(uspan_job_target(t), &r, &w);
        e->head_len = (uint32_t)w.at;
        e->request_len = e->head_len + r.body_len;
        filled = w.at - w.from < w.cap ? w.at - w.from : w.cap;
    }
    if (filled < sizeof e->send) {
        if (has_spans(e)) {
            filled += read_body(t, e->send + filled, sizeof e->send - filled);
        }
#if USPAN_STUDIO
        if (uspan_job_is(e, USPAN_JOB_RUN)) {
            uspan_window_t w = { .out = e->send + filled,
                                 .from = e->rendered + filled - e->head_len,
                                 .cap = sizeof e->send - filled };
            uspan_studio_render(t, &w);
            size_t left = w.at > w.from ? w.at - w.from : 0u;
            filled += left < w.cap ? left : w.cap;
        }
#endif
    }
    e->send_at = 0u;
    e->rendered += (uint32_t)filled;
    return e->send_len = (uint32_t)filled;
}

/* Returns true if the transport has accepted the whole request. */
static bool is_sent(const uspan_exchange_t *e)
{
    return e->rendered > 0u && e->rendered >= e->request_len && e->send_at == e->send_len;
}

/* ---- steps --------------------------------------------------------------------------------------------- */

static uspan_progress_t end_with(uspan_ending_t *ending, uspan_err_t err, const char *why)
{
    ending->err = err;
    ending->why = why;
    return USPAN_PROGRESS_ENDED;
}

/* End the exchange with a status: the response is complete, or no more of it will come. */
static uspan_progress_t end_answered(uspan_exchange_t *e, uspan_ending_t *ending)
{
    if (!is_sent(e)) {
        e->answer.flags |= USPAN_ANSWER_CLOSE;
        /* The link is too slow for the server. A kept connection may have been idle for too long. */
        ending->timed_out = e->answer.status == 408u && e->reused == 0u;
        if (ending->timed_out || e->answer.status - 200u < 100u) {
            return end_with(ending, USPAN_ERR_IO,
                            USPAN_WORDS("the response came before the request ended", "e7"));
        }
    }
    return end_with(ending, USPAN_OK, "");
}

/* Check a kept connection before it is used again. Pending bytes, or its end, do not belong to a response of
 * this request. */
static uspan_progress_t check_step(uspan_tracer_t *t)
{
    uspan_exchange_t *e = uspan_exchange(t);
    uint8_t byte;
    if (e->transport->recv(e->transport->ctx, &byte, 1u) != 0) {
        uspan_request_begin(t, false);
    } else {
        e->step = USPAN_STEP_SENDING;
    }
    return USPAN_PROGRESS_MADE;
}

static uspan_progress_t open_step(uspan_tracer_t *t, uspan_ending_t *ending)
{
    uspan_exchange_t *e = uspan_exchange(t);
    uspan_target_t *target = uspan_job_target(t);
    if (e->transport == NULL) {
        e->peer.host = target->url.host;
        e->peer.port = target->url.port;
        e->peer.has_failed = target->last_error != 0;
        e->transport = target->transport;
        e->connected = target;
        target->connects++;
    }
    uspan_err_t err = e->transport->open(e->transport->ctx, &e->peer);
    if (err == USPAN_ERR_AGAIN) {
        return USPAN_PROGRESS_NONE;
    }
    if (err != USPAN_OK) {
        return end_with(ending, err, e->transport->last_error_text(e->transport->ctx));
    }
    e->step = USPAN_STEP_SENDING;
    return USPAN_PROGRESS_MADE;
}

static uspan_progress_t send_step(uspan_tracer_t *t)
{
    uspan_exchange_t *e = uspan_exchange(t);
    int32_t n = USPAN_ERR_IO;
    if (e->send_at == e->send_len && uspan_job_is(e, USPAN_JOB_BATCH) &&
        uspan_dest(t, e->dest)->batch.resource_len == 0u) {
        uspan_request_begin(t, false); /* the rest would be that of another request */
        return USPAN_PROGRESS_MADE;
    }
    if (e->send_at < e->send_len || fill_send(t) > 0u) {
        n = e->transport->send(e->transport->ctx, e->send + e->send_at, e->send_len - e->send_at);
        e->listening = n == 0; /* the peer may have answered early and stopped reading */
#if USPAN_SPOOL && USPAN_SPOOL_EACH == 2
    } else if (uspan_job_is(e, USPAN_JOB_REPLAY) &&
               (uspan_spool_of(t)->flags & USPAN_SPOOL_READ_BUSY) != 0u) {
        n = 0;
        uspan_wake_after_ms(t, 1u);
#endif
    }
    if (n == 0) {
        return USPAN_PROGRESS_NONE;
    }
    if (n > 0) {
        e->send_at += (uint32_t)n;
    } else {
        e->send_error = (int8_t)n; /* a response, often 413, may have arrived before the connection broke */
    }
    if (n < 0 || is_sent(e)) {
        e->step = USPAN_STEP_ANSWER;
    }
    return USPAN_PROGRESS_MADE;
}

/* Returns a text about a peer that speaks something else than HTTP/1.1, otherwise `otherwise`. */
USPAN_NOINLINE_SMALL static const char *explain_peer(const uspan_exchange_t *e, const char *otherwise)
{
    return (e->answer.flags & USPAN_ANSWER_HTTP2) != 0u
               ? USPAN_WORDS("server speaks HTTP/2 (gRPC?): use the OTLP/HTTP port", "e8")
           : (e->answer.flags & USPAN_ANSWER_TLS) != 0u
               ? USPAN_WORDS("server speaks TLS: use https://", "e10")
               : otherwise;
}

/* End an exchange in which no more bytes will come. */
static uspan_progress_t end_receiving(uspan_exchange_t *e, int32_t n, uspan_ending_t *ending)
{
    uspan_err_t err = uspan_answer_end(&e->answer);
    if (err == USPAN_OK) {
        return end_answered(e, ending);
    }
    const char *why = e->transport->last_error_text(e->transport->ctx);
    if (why[0] == '\0') {
        why = e->send_error != 0 ? USPAN_WORDS("connection lost while sending", "e4")
                                 : USPAN_WORDS("connection closed before the response ended", "e3");
    }
    if (e->send_error != 0) {
        err = (uspan_err_t)e->send_error;
    } else if (n != USPAN_ERR_CLOSED) {
        err = (uspan_err_t)n;
    }
    return end_with(ending, err, explain_peer(e, why));
}

USPAN_NOINLINE_SMALL static uspan_progress_t answer_step(uspan_tracer_t *t, uspan_ending_t *ending)
{
    uspan_exchange_t *e = uspan_exchange(t);
    uint8_t buf[RECEIVE_BYTES];
    e->listening = 0u;
    int32_t n = e->transport->recv(e->transport->ctx, buf, sizeof buf);
    bool is_stray = n > 0 && e->reused != 0u && e->send_at == 0u && e->rendered == e->send_len;
    /* stray: bytes arrived before any byte of the request was sent */
    if (n < 0 || is_stray || (n == 0 && e->send_error != 0)) {
        return end_receiving(e, n < 0 ? n : USPAN_ERR_IO, ending);
    }
    if (n == 0) {
        return USPAN_PROGRESS_NONE;
    }
    size_t used = 0;
    uspan_err_t err = uspan_answer_feed(&e->answer, buf, (size_t)n, uspan_unix_seconds(t), &used);
    if (used < (size_t)n) {
        e->answer.flags |= USPAN_ANSWER_CLOSE; /* bytes follow the response */
    }
    if (err == USPAN_OK) {
        return end_answered(e, ending);
    }
    if (err != USPAN_ERR_AGAIN) {
        return end_with(ending, err, explain_peer(e, USPAN_WORDS("the response is not HTTP/1.1", "e1")));
    }
    return USPAN_PROGRESS_MADE;
}

/* End an exchange whose deadline passed. A status that was read still counts. */
static uspan_progress_t end_late(uspan_exchange_t *e, bool silent, uspan_ending_t *ending)
{
    if (e->step == USPAN_STEP_OPENING) {
        return end_with(ending, USPAN_ERR_IO, USPAN_WORDS("connecting timed out", "e5"));
    }
    if (uspan_answer_end(&e->answer) == USPAN_OK) {
        e->answer.flags |= USPAN_ANSWER_CLOSE;
        return end_answered(e, ending);
    }
    ending->timed_out = true;
    return end_with(ending, USPAN_ERR_IO,
                    silent ? USPAN_WORDS("no response in time", "e6")
                           : USPAN_WORDS("took longer than USPAN_EXCHANGE_MAX_MS", "e9"));
}

uspan_progress_t uspan_exchange_step(uspan_tracer_t *t, uspan_ending_t *ending)
{
    uspan_exchange_t *e = uspan_exchange(t);
    uspan_progress_t progress;
    ending->timed_out = false;
    bool silent = !uspan_wait_until(t, e->silent_until_ns);
    if (silent || !uspan_wait_until(t, e->until_ns)) {
        return end_late(e, silent, ending);
    }
#if USPAN_GZIP
    if (measure_step(t)) {
        restart_silence(t);
        return USPAN_PROGRESS_MADE;
    }
#endif
    switch (e->step) {
    case USPAN_STEP_CHECKING:
        progress = check_step(t);
        break;
    case USPAN_STEP_OPENING:
        progress = open_step(t, ending);
        break;
    default:
        progress =
            e->step == USPAN_STEP_SENDING && e->listening == 0u ? send_step(t) : answer_step(t, ending);
        break;
    }
    if (progress == USPAN_PROGRESS_NONE) {
        uspan_wake_after_ms(t, USPAN_POLL_MS);
    } else if (progress == USPAN_PROGRESS_MADE) {
        restart_silence(t);
    }
    return progress;
}
