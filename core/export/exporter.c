/* exporter.c: uspan_poll(), one bounded step: at most one transport call. One exchange at a time; every wait
 * has a deadline; whatever ends an exchange goes through verdict.c, and only there do spans leave. */
#include "exporter.h"
#include <string.h>
#include "batch.h"
#include "http_answer.h"
#include "otlp.h"
#include "request.h"
#include "retry.h"
#include "studio.h"
#include "trace/clock.h"
#include "trace/id.h"
#include "trace/trace.h"

#define RECEIVE_BYTES 128u
#define FILL_BYTES (USPAN_SEND_BYTES < UINT16_MAX ? USPAN_SEND_BYTES : UINT16_MAX) /* send_len has 16 bits */
#define CLOCK_CHECK_NS (60ull * USPAN_NS_PER_S)

static uint64_t now_of(const uspan_tracer_t *t)
{
    return t->trace.port->mono_ns(t->trace.port->ctx);
}

static uint64_t after_ms(uint64_t now, uint32_t ms)
{
    return now + (uint64_t)ms * USPAN_NS_PER_MS;
}

uspan_target_t *uspan_job_target(uspan_tracer_t *t)
{
#if USPAN_STUDIO
    if (t->out.job == USPAN_JOB_RUN) {
        return &t->out.studio;
    }
#endif
    return &t->out.dests[t->out.dest].target;
}

void uspan_hang_up(uspan_tracer_t *t)
{
    uspan_export_part_t *x = &t->out;
    if (x->transport != NULL) {
        x->transport->close(x->transport->ctx);
        x->transport = NULL;
    }
    x->connected = NULL;
    x->reused = 0u;
}

uint64_t uspan_unix_seconds(uspan_tracer_t *t)
{
    uint64_t unix_ns = 0;
    return uspan_unix_now(t, &unix_ns) == USPAN_OK ? unix_ns / USPAN_NS_PER_S : 0u;
}

/* ---- choosing what to do ------------------------------------------------------------------------------- */

static bool gate_open(const uspan_tracer_t *t)
{
    return t->out.gate == NULL || t->out.gate->open(t->out.gate->ctx);
}

static bool clock_unknown(uspan_tracer_t *t)
{
    uint32_t state = uspan_lock(t);
    bool unknown = t->trace.epochs[t->trace.epoch].state == USPAN_EPOCH_UNKNOWN;
    uspan_unlock(t, state);
    return unknown;
}

/* The earliest of *at and candidate. */
static void sooner(uint64_t *at, uint64_t candidate)
{
    *at = candidate < *at ? candidate : *at;
}

/* When a batch of d is due, monotonic; UINT64_MAX: nothing waits. */
static uint64_t due_at(uspan_tracer_t *t, unsigned d, uint64_t now)
{
    const uspan_trace_part_t *p = &t->trace;
    const uspan_export_part_t *x = &t->out;
    uint64_t oldest;
    if (!uspan_queue_oldest(t, d, &oldest)) {
        return UINT64_MAX;
    }
    uint32_t state = uspan_lock(t);
    uint32_t queued = p->queued[d];
    uint32_t ended = p->ended;
    bool flushing = x->flushing != 0u;
    uspan_unlock(t, state);
    uint32_t full = x->batching.spans_max != 0u && x->batching.spans_max < USPAN_BATCH_SPANS_MAX
                        ? x->batching.spans_max
                        : USPAN_BATCH_SPANS_MAX;
    if (flushing || x->stopping != 0u || queued >= full ||
        ended * 100u >= (uint32_t)USPAN_SPANS_MAX * USPAN_BATCH_FILL_PERCENT) {
        return now;
    }
    return after_ms(oldest < now ? oldest : now,
                    x->batching.age_ms != 0u ? x->batching.age_ms : USPAN_BATCH_AGE_MS);
}

/* Spans recorded before Unix time is known wait for it, but not for ever. True: they wait still; *wake says
 * until when. */
static bool time_is_missing(uspan_tracer_t *t, unsigned d, uint64_t now, uint64_t *wake)
{
    uint64_t oldest;
    if (!clock_unknown(t)) {
        return false;
    }
    if (!uspan_queue_oldest(t, d, &oldest)) {
        return true;
    }
    uint64_t until = after_ms(oldest < now ? oldest : now, USPAN_HOLD_UNSYNCED_MS);
    if (t->out.stopping != 0u) {
        sooner(&until, t->out.give_up_at_ns);
    }
    if (now < until) {
        sooner(wake, until);
        return true;
    }
#if USPAN_SEND_UNSYNCED
    uspan_clock_give_up(t);
    uspan_say(t, USPAN_LEVEL_WARN, "no Unix time came: spans are sent with times that are not real", NULL);
    return false;
#else
    uspan_queue_drop(t, d, USPAN_DROP_NO_TIME);
    return true;
#endif
}

/* A probe is worth it where spans wait for Unix time and nothing else brings it. */
static bool wants_probe(uspan_tracer_t *t, unsigned d, uint64_t now, uint64_t *wake)
{
#if USPAN_HTTP_DATE
    if (t->trace.queued[d] == 0u || due_at(t, d, now) > now) {
        sooner(wake, due_at(t, d, now));
        return false;
    }
    if (now < t->out.probe_at_ns) {
        sooner(wake, t->out.probe_at_ns);
        return false;
    }
    return true;
#else
    (void)t;
    (void)d;
    (void)now;
    (void)wake;
    return false;
#endif
}

/* Pick the next job for a collector. */
static uspan_job_t job_for(uspan_tracer_t *t, unsigned d, uint64_t now, uint64_t *wake)
{
    uspan_dest_t *dest = &t->out.dests[d];
    if (now < dest->target.not_before_ns) {
        if (t->trace.queued[d] > 0u) { /* members of a batch are queued too */
            sooner(wake, dest->target.not_before_ns);
        }
        return USPAN_JOB_NONE;
    }
    if (dest->batch.count > 0u) {
        return USPAN_JOB_BATCH;
    }
    if (time_is_missing(t, d, now, wake)) {
        return wants_probe(t, d, now, wake) ? USPAN_JOB_PROBE : USPAN_JOB_NONE;
    }
    uint64_t due = due_at(t, d, now);
    if (due > now) {
        sooner(wake, due);
        return USPAN_JOB_NONE;
    }
    return uspan_batch_freeze(t, d) ? USPAN_JOB_BATCH : USPAN_JOB_NONE;
}

static bool all_settled(const uspan_tracer_t *t)
{
    if (!uspan_is_live(t)) {
        return true;
    }
    uint32_t state = uspan_lock(t);
    bool settled = t->out.step == USPAN_STEP_IDLE || t->out.step == USPAN_STEP_STOPPED;
    for (unsigned d = 0; d < USPAN_DESTINATIONS_MAX; d++) {
        settled = settled && t->trace.queued[d] == 0u;
    }
    uspan_unlock(t, state);
    return settled;
}

static bool feed_sink(uspan_tracer_t *t, unsigned d, uint64_t now, uint64_t *wake)
{
    uspan_dest_t *dest = &t->out.dests[d];
    uspan_slot_t *slot = uspan_queue_take(t, d);
    if (slot == NULL) {
        return false;
    }
    uspan_err_t err = dest->sink->span(dest->sink->ctx, t, uspan_handle_of(&t->trace, slot));
    if (err == USPAN_ERR_AGAIN) {
        uspan_queue_return(t, d, slot);
        sooner(wake, after_ms(now, USPAN_POLL_MS));
        return false;
    }
    uspan_queue_settle(t, d, slot, err >= USPAN_OK, USPAN_DROP_COUNT);
    return true;
}

void uspan_request_restart(uspan_tracer_t *t)
{
    uspan_export_part_t *x = &t->out;
    x->head_len = x->head_sent = 0u;
    x->send_len = x->send_at = 0u;
    x->send_dead = x->listening = 0u;
    uspan_answer_begin(&x->answer);
    if (x->job == USPAN_JOB_BATCH) {
        uspan_otlp_begin(&x->otlp, t, &x->dests[x->dest].batch, x->dest);
    }
}

/* Begin an exchange: on the kept connection where it leads to the right place. */
static void begin_exchange(uspan_tracer_t *t, uspan_job_t job, unsigned d, uint64_t now)
{
    uspan_export_part_t *x = &t->out;
    x->job = (uint8_t)job;
    x->dest = (uint8_t)d;
    x->resent = 0u;
    uspan_target_t *target = uspan_job_target(t);
    target->requests++;
    x->exchange_until_ns = after_ms(now, target->timeout_ms != 0u ? target->timeout_ms : USPAN_TIMEOUT_MS);
    if (x->transport != NULL && x->connected == target) {
        x->reused = 1u;
        x->step = USPAN_STEP_SENDING;
    } else {
        uspan_hang_up(t);
        x->step = USPAN_STEP_OPENING;
    }
    uspan_request_restart(t);
}

/* Nothing under way: see to sinks, pick a job, or say until when to wait. True: something was done. */
static bool idle_step(uspan_tracer_t *t, uint64_t now, uint64_t *wake)
{
    uspan_export_part_t *x = &t->out;
    bool open = gate_open(t);
    if (!open && x->transport != NULL) {
        uspan_hang_up(t);
        return true;
    }
    for (unsigned i = 0; i < USPAN_DESTINATIONS_MAX; i++) {
        unsigned d = (x->turn + i) % USPAN_DESTINATIONS_MAX;
        uspan_job_t job = USPAN_JOB_NONE;
        if (x->dests[d].used == USPAN_DEST_SINK && feed_sink(t, d, now, wake)) {
            return true;
        }
        if (x->dests[d].used == USPAN_DEST_COLLECTOR && open) {
            job = job_for(t, d, now, wake);
        }
        if (job != USPAN_JOB_NONE) {
            x->turn = (uint8_t)((d + 1u) % USPAN_DESTINATIONS_MAX);
            begin_exchange(t, job, d, now);
            return true;
        }
    }
#if USPAN_STUDIO
    if (open && uspan_studio_wants(t, now, wake)) {
        begin_exchange(t, USPAN_JOB_RUN, 0u, now);
        return true;
    }
#endif
    if (!open && !all_settled(t)) { /* nothing else tells when it opens */
        sooner(wake, after_ms(now, USPAN_POLL_MS));
    }
    if (x->transport != NULL) {
        uint64_t until = after_ms(x->idle_since_ns, USPAN_KEEP_ALIVE_MS);
        if (now >= until) {
            uspan_hang_up(t);
            return true;
        }
        sooner(wake, until);
    }
    return false;
}

/* ---- one exchange -------------------------------------------------------------------------------------- */

static void describe_request(uspan_tracer_t *t, uspan_request_t *r)
{
    uspan_export_part_t *x = &t->out;
    memset(r, 0, sizeof *r);
    if (x->job == USPAN_JOB_PROBE) {
        r->method = "GET ";
        return;
    }
    r->method = "POST ";
#if USPAN_STUDIO
    if (x->job == USPAN_JOB_RUN) {
        r->path = uspan_studio_path(t);
        r->content_type = "application/json";
        uspan_window_t w = { 0 };
        uspan_studio_render(t, &w);
        r->body_len = (uint32_t)w.at;
        return;
    }
#endif
    r->content_type = "application/x-protobuf";
    r->body_len = x->dests[x->dest].batch.body_len;
}

/* Bytes of the head, then of the body, to the send buffer. 0: all was given out. */
static void fill_send(uspan_tracer_t *t)
{
    uspan_export_part_t *x = &t->out;
    size_t filled = 0;
    if (x->head_sent == 0u || x->head_sent < x->head_len) { /* head_len is unknown before the first */
        uspan_request_t r;
        describe_request(t, &r);
        uspan_window_t w = { .out = x->send, .from = x->head_sent, .cap = FILL_BYTES };
        uspan_request_render(uspan_job_target(t), &r, &w);
        x->head_len = (uint32_t)w.at;
        x->body_len = r.body_len;
        filled = w.at - x->head_sent < FILL_BYTES ? w.at - x->head_sent : FILL_BYTES;
    }
    if (x->head_sent + filled >= x->head_len && filled < FILL_BYTES) {
        if (x->job == USPAN_JOB_BATCH) {
            filled += uspan_otlp_read(&x->otlp, x->send + filled, FILL_BYTES - filled);
        }
#if USPAN_STUDIO
        if (x->job == USPAN_JOB_RUN) {
            uspan_window_t w = { .out = x->send + filled,
                                 .from = x->head_sent + filled - x->head_len,
                                 .cap = FILL_BYTES - filled };
            uspan_studio_render(t, &w);
            size_t left = w.at > w.from ? w.at - w.from : 0u;
            filled += left < w.cap ? left : w.cap;
        }
#endif
    }
    x->send_len = (uint16_t)filled;
    x->send_at = 0u;
    x->head_sent += (uint32_t)filled; /* counts the body too: only its being past the head matters then */
}

static void open_step(uspan_tracer_t *t, uint64_t now, uint64_t *wake)
{
    uspan_export_part_t *x = &t->out;
    uspan_target_t *target = uspan_job_target(t);
    if (x->transport == NULL) {
        x->peer = (uspan_peer_t){ .host = target->url.host, .port = target->url.port };
        x->transport = target->transport;
        x->connected = target;
        target->connects++;
    }
    uspan_err_t err = x->transport->open(x->transport->ctx, &x->peer);
    if (err == USPAN_OK) {
        x->step = USPAN_STEP_SENDING;
    } else if (err == USPAN_ERR_AGAIN) {
        sooner(wake, after_ms(now, USPAN_POLL_MS));
    } else {
        uspan_failed(t, err, x->transport->why(x->transport->ctx), now);
    }
}

static void send_step(uspan_tracer_t *t, uint64_t now, uint64_t *wake)
{
    uspan_export_part_t *x = &t->out;
    if (x->send_at == x->send_len) {
        fill_send(t);
        if (x->send_len == 0u) {
            x->step = USPAN_STEP_ANSWER;
            return;
        }
    }
    int32_t n =
        x->transport->send(x->transport->ctx, x->send + x->send_at, (size_t)(x->send_len - x->send_at));
    if (n > 0) {
        x->send_at = (uint16_t)(x->send_at + n);
        if (x->send_at == x->send_len && x->head_sent >= x->head_len + x->body_len) {
            x->step = USPAN_STEP_ANSWER;
        }
    } else if (n == 0) {
        x->listening = 1u; /* the peer may have answered early and stopped reading */
        sooner(wake, after_ms(now, USPAN_POLL_MS));
    } else {
        x->send_dead = 1u; /* its answer, 413 often, may have arrived before it hung up */
        x->step = USPAN_STEP_ANSWER;
    }
}

static void answer_step(uspan_tracer_t *t, uint64_t now, uint64_t *wake)
{
    uspan_export_part_t *x = &t->out;
    uint8_t buf[RECEIVE_BYTES];
    int32_t n = x->transport->recv(x->transport->ctx, buf, sizeof buf);
    if (n > 0) {
        size_t used = 0;
        uspan_err_t err = uspan_answer_feed(&x->answer, buf, (size_t)n, uspan_unix_seconds(t), &used);
        if (err == USPAN_OK) {
            if (used < (size_t)n || x->head_sent < x->head_len + x->body_len || x->send_at < x->send_len) {
                x->answer.flags |=
                    USPAN_ANSWER_CLOSE; /* out of step: an answer to half a request, or too much of one */
            }
            uspan_verdict(t, now);
        } else if (err != USPAN_ERR_AGAIN) {
            uspan_failed(t, err == USPAN_ERR_FULL ? USPAN_ERR_REFUSED : USPAN_ERR_IO,
                         err == USPAN_ERR_FULL ? "the answer is too large" : "the answer is not HTTP", now);
        }
    } else if (n == 0) {
        if (x->send_dead != 0u) {
            uspan_failed(t, USPAN_ERR_IO, "the connection broke while sending", now);
        } else {
            sooner(wake, after_ms(now, USPAN_POLL_MS));
        }
    } else {
        /* A body that only the connection's end delimits is whole by either end: sending it again would store
         * spans twice. */
        uspan_err_t err = uspan_answer_eof(&x->answer);
        if (err != USPAN_OK && n != USPAN_ERR_CLOSED) {
            err = (uspan_err_t)n;
        }
        if (err == USPAN_OK) {
            x->answer.flags |= USPAN_ANSWER_CLOSE;
            uspan_verdict(t, now);
        } else {
            const char *why = x->transport->why(x->transport->ctx);
            uspan_failed(t, err,
                         why[0] != '\0' ? why : "the connection closed before the answer was complete", now);
        }
    }
}

/* True: it went on, or ended; false: *wake says when to look again. */
static bool exchange_step(uspan_tracer_t *t, uint64_t now, uint64_t *wake)
{
    uspan_export_part_t *x = &t->out;
    uint64_t again = UINT64_MAX;
    if (now >= x->exchange_until_ns) {
        uspan_failed(t, USPAN_ERR_IO,
                     x->step == USPAN_STEP_OPENING ? "connecting timed out" : "no answer in time", now);
        return true;
    }
    if (x->step == USPAN_STEP_OPENING) {
        open_step(t, now, &again);
    } else if (x->step == USPAN_STEP_ANSWER || x->listening != 0u) {
        x->listening = 0u;
        answer_step(t, now, &again);
    } else {
        send_step(t, now, &again);
    }
    sooner(wake, again);
    sooner(wake, x->exchange_until_ns);
    return again == UINT64_MAX;
}

/* ---- poll ---------------------------------------------------------------------------------------------- */

static void look_after_clock(uspan_tracer_t *t, uint64_t now)
{
    const uspan_port_t *port = t->trace.port;
    if (now < t->out.clock_at_ns && !clock_unknown(t)) {
        return;
    }
    t->out.clock_at_ns = now + CLOCK_CHECK_NS;
    uint64_t unix_ns;
    if (port->unix_ns(port->ctx, &unix_ns) == USPAN_OK) {
        uspan_clock_learn(t, now, unix_ns);
    }
}

static void stop_now(uspan_tracer_t *t)
{
    uspan_hang_up(t);
    memset(t->out.send, 0, sizeof t->out.send); /* headers may be secret */
    for (unsigned d = 0; d < USPAN_DESTINATIONS_MAX; d++) {
        if (t->out.dests[d].used != USPAN_DEST_NONE) {
            uspan_queue_drop(t, d, USPAN_DROP_DEADLINE);
        }
    }
    t->out.step = USPAN_STEP_STOPPED;
}

uspan_err_t uspan_poll(uspan_tracer_t *t, uint32_t *wait_ms)
{
    uint32_t unused;
    uint32_t *wait = wait_ms != NULL ? wait_ms : &unused;
    *wait = USPAN_FOREVER;
    if (!uspan_is_live(t)) {
        return USPAN_ERR_ARG;
    }
    uspan_export_part_t *x = &t->out;
    if (x->step == USPAN_STEP_STOPPED) {
        return USPAN_OK;
    }
    uint64_t now = now_of(t);
    uint64_t wake = UINT64_MAX;
    bool worked = false;
    if (t->trace.seeded == 0u && uspan_id_seed(t) != USPAN_OK) {
        sooner(&wake, after_ms(now, USPAN_POLL_MS));
    }
    uspan_id_refill(t);
    look_after_clock(t, now);
    if (x->stopping != 0u && now >= x->stop_at_ns) {
        stop_now(t);
        return USPAN_OK;
    }
    if (x->step == USPAN_STEP_IDLE) {
        worked = idle_step(t, now, &wake);
        if (!worked && all_settled(t)) {
            uint32_t state = uspan_lock(t);
            x->flushing =
                x->flushing != 0u && t->trace.ended != 0u; /* another task may ask for one just now */
            uspan_unlock(t, state);
            bool runs_done = true;
#if USPAN_STUDIO
            runs_done = uspan_studio_settled(t);
#endif
            if (x->stopping != 0u && runs_done) {
                stop_now(t);
                return USPAN_OK;
            }
        }
    } else {
        worked = exchange_step(t, now, &wake);
    }
    if (x->stopping != 0u) {
        sooner(&wake, x->stop_at_ns);
    }
    if (worked) {
        *wait = 0u;
    } else if (wake != UINT64_MAX) {
        uint64_t ms = wake > now ? (wake - now + USPAN_NS_PER_MS - 1u) / USPAN_NS_PER_MS : 0u;
        *wait = ms < USPAN_FOREVER ? (uint32_t)ms : USPAN_FOREVER - 1u;
    }
    return x->step == USPAN_STEP_IDLE && all_settled(t) ? USPAN_OK : USPAN_ERR_AGAIN;
}

void uspan_flush(uspan_tracer_t *t)
{
    if (!uspan_is_live(t)) {
        return;
    }
    uspan_processors_flush(t);
    uint32_t state = uspan_lock(t);
    t->out.flushing = 1u;
    uspan_unlock(t, state);
}

bool uspan_flushed(const uspan_tracer_t *t)
{
    return all_settled(t);
}

void uspan_shutdown(uspan_tracer_t *t, uint32_t deadline_ms)
{
    if (!uspan_is_live(t)) {
        return;
    }
    uspan_export_part_t *x = &t->out;
    if (x->stopping != 0u) {
        return;
    }
    uint64_t now = now_of(t);
    uspan_trace_stop(t);
    uspan_processors_flush(t);
    uspan_processors_shutdown(t);
    x->stopping = 1u;
    x->stop_at_ns = after_ms(now, deadline_ms);
    x->give_up_at_ns = after_ms(now, deadline_ms / 2u);
#if USPAN_STUDIO
    uspan_studio_end(t);
#endif
}

bool uspan_stopped(const uspan_tracer_t *t)
{
    return !uspan_is_live(t) || t->out.step == USPAN_STEP_STOPPED;
}
