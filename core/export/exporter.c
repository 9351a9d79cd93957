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
#include "trace/pool.h"
#include "trace/trace.h"

#define RECEIVE_BYTES 128u
#define CLOCK_CHECK_MS 60000u
/* Ended spans that make a batch due. */
#define PRESSURE (((uint32_t)USPAN_SPANS_MAX * USPAN_BATCH_FILL_PERCENT + 99u) / 100u)

uint64_t uspan_after_ms(const uspan_tracer_t *t, uint32_t ms)
{
    return uspan_out(t)->now_ns + (uint64_t)ms * USPAN_NS_PER_MS;
}

bool uspan_not_yet(uspan_tracer_t *t, uint64_t at_ns)
{
    uspan_export_part_t *x = uspan_out(t);
    if (at_ns < x->wake_ns && at_ns > x->now_ns) {
        x->wake_ns = at_ns;
    }
    return at_ns > x->now_ns;
}

USPAN_APART void uspan_wake_in(uspan_tracer_t *t, uint32_t ms)
{
    (void)uspan_not_yet(t, uspan_after_ms(t, ms));
}

uint32_t uspan_ms_between(uint64_t from_ns, uint64_t to_ns)
{
    if (to_ns <= from_ns) {
        return 0u;
    }
    uint64_t n = (to_ns - from_ns + USPAN_NS_PER_MS - 1u) >> 6; /* of 1,000,000 = 15,625 * 2^6 */
    if (n >> 32 >= 15625u) {
        return USPAN_FOREVER - 1u;
    }
    /* Two digits of 16 bits each: no 64-bit division. */
    uint32_t high = (uint32_t)(n >> 16), low = (uint32_t)n & 0xFFFFu;
    return high / 15625u << 16 | (high % 15625u << 16 | low) / 15625u;
}

uspan_target_t *uspan_job_target(uspan_tracer_t *t)
{
#if USPAN_STUDIO
    if (uspan_job_is(uspan_out(t), USPAN_JOB_RUN)) {
        return &uspan_out(t)->studio;
    }
#endif
    return &uspan_dest(t, uspan_out(t)->dest)->target;
}

void uspan_hang_up(uspan_tracer_t *t)
{
    uspan_export_part_t *x = uspan_out(t);
    if (x->transport != NULL) {
        x->transport->close(x->transport->ctx);
        x->transport = NULL;
    }
    x->connected = NULL;
    x->reused = 0u;
}

#if USPAN_HTTP_DATE
uint64_t uspan_unix_seconds(uspan_tracer_t *t)
{
    uint64_t unix_ns = 0;
    return uspan_unix_now(t, &unix_ns) == USPAN_OK ? unix_ns / USPAN_NS_PER_S : 0u;
}
#endif

/* ---- choosing what to do ------------------------------------------------------------------------------- */

/* What waits for a destination, as seen at one moment. */
typedef struct look {
    bool waits, timeless;
    uint64_t due_ns;    /* a batch goes out */
    uint64_t oldest_ns; /* the first of them ended */
} look_t;

static void look(uspan_tracer_t *t, unsigned d, look_t *l)
{
    const uspan_trace_part_t *p = &t->trace;
    uspan_export_part_t *x = uspan_out(t);
    uint32_t state = uspan_lock(t);
    x->flushing = x->flushing != 0u && p->ended != 0u;
    l->waits = p->queued[uspan_number(d)] > 0u;
    l->timeless = p->epochs[p->epoch].state == USPAN_EPOCH_UNKNOWN;
    if (l->waits) {
        const uspan_slot_t *slot = &p->slots[p->ended_head];
        while (((unsigned)slot->pending >> uspan_number(d) & 1u) == 0u) {
            slot = &p->slots[slot->next];
        }
        l->oldest_ns = slot->end_ns < x->now_ns ? slot->end_ns : x->now_ns;
        l->due_ns = l->oldest_ns;
        if (x->flushing == 0u && x->stopping == 0u && p->queued[uspan_number(d)] < x->batching.spans_max &&
            p->ended < PRESSURE) {
            l->due_ns += (uint64_t)x->batching.age_ms * USPAN_NS_PER_MS;
        }
    }
    uspan_unlock(t, state);
}

/* Spans recorded before Unix time is known wait for it, but not for ever. A probe is worth it where they
 * would go and nothing else brings it. */
static uspan_job_t job_without_time(uspan_tracer_t *t, unsigned d, const look_t *l)
{
    uint64_t until = l->oldest_ns + (uint64_t)USPAN_HOLD_UNSYNCED_MS * USPAN_NS_PER_MS;
    if (uspan_out(t)->stopping != 0u && uspan_out(t)->give_up_at_ns < until) {
        until = uspan_out(t)->give_up_at_ns;
    }
    if (uspan_not_yet(t, until)) {
        return USPAN_HTTP_DATE && !uspan_not_yet(t, l->due_ns) &&
                       !uspan_not_yet(t, uspan_out(t)->probe.not_before_ns)
                   ? USPAN_JOB_PROBE
                   : USPAN_JOB_NONE;
    }
#if USPAN_SEND_UNSYNCED
    (void)d;
    uspan_clock_give_up(t);
    uspan_say(t, USPAN_LEVEL_WARN,
              USPAN_WORDS("no Unix time came: spans are sent with times that are not real", "w1"), NULL);
    return USPAN_JOB_BATCH;
#else
    uspan_queue_drop(t, d, USPAN_DROP_NO_TIME);
    return USPAN_JOB_NONE;
#endif
}

/* Pick the next job for a collector. */
static uspan_job_t job_for(uspan_tracer_t *t, unsigned d, bool open)
{
    uspan_dest_t *dest = uspan_dest(t, d);
    uspan_job_t job = USPAN_JOB_BATCH;
    look_t l;
    look(t, d, &l);
    if (!l.waits) { /* members of a batch wait too */
        return USPAN_JOB_NONE;
    }
    if (!open) { /* nothing else tells when it opens */
        uspan_wake_in(t, uspan_out(t)->batching.age_ms);
        return USPAN_JOB_NONE;
    }
    if (uspan_not_yet(t, dest->target.backoff.not_before_ns)) {
        return USPAN_JOB_NONE;
    }
    if (dest->batch.count > 0u) {
        return USPAN_JOB_BATCH;
    }
    if (l.timeless) {
        job = job_without_time(t, d, &l);
    }
    if (job == USPAN_JOB_BATCH && (uspan_not_yet(t, l.due_ns) || !uspan_batch_freeze(t, d))) {
        job = USPAN_JOB_NONE;
    }
    return job;
}

void uspan_request_begin(uspan_tracer_t *t, bool kept)
{
    uspan_export_part_t *x = uspan_out(t);
    x->step = USPAN_STEP_SENDING;
    if (!kept) {
        uspan_hang_up(t);
        x->step = USPAN_STEP_OPENING;
    }
    x->head_len = x->rendered = x->request_len = 0u;
    x->send_len = x->send_at = 0u;
    x->send_dead = x->listening = 0u;
    uspan_answer_begin(&x->answer);
    if (uspan_job_is(x, USPAN_JOB_BATCH)) {
        uspan_otlp_begin(&x->otlp, t, &uspan_dest(t, x->dest)->batch, x->dest);
    }
}

/* Begin an exchange: on the kept connection where it leads to the right place. */
static bool begin_exchange(uspan_tracer_t *t, uspan_job_t job, unsigned d)
{
    uspan_export_part_t *x = uspan_out(t);
    if (job == USPAN_JOB_NONE) {
        return false;
    }
    x->job = (uint8_t)job;
    x->dest = (uint8_t)d;
    x->turn = (uint8_t)(d + 1u);
    uspan_target_t *target = uspan_job_target(t);
    target->requests++;
    x->exchange_until_ns = uspan_after_ms(t, target->timeout_ms);
    x->resent = 0u;
    x->reused = x->connected == target;
    uspan_request_begin(t, x->reused != 0u);
    return true;
}

/* Nothing under way: see to sinks, pick a job, or say until when to wait. True: something was done. */
static bool idle_step(uspan_tracer_t *t)
{
    uspan_export_part_t *x = uspan_out(t);
    const uspan_gate_t *gate = x->gate;
    bool open = gate == NULL || gate->open(gate->ctx);
    if (x->transport != NULL && (!open || !uspan_not_yet(t, x->idle_until_ns))) {
        uspan_hang_up(t);
        return true;
    }
    unsigned d = x->turn;
    for (unsigned i = 0; i < USPAN_DESTINATIONS_MAX; i++, d++) {
        d = d < USPAN_DESTINATIONS_MAX ? d : 0u;
        if (uspan_dest(t, d)->used == USPAN_DEST_SINK
                ? x->feed_sink(t, d)
                : uspan_dest(t, d)->used != USPAN_DEST_NONE && begin_exchange(t, job_for(t, d, open), d)) {
            return true;
        }
    }
#if USPAN_STUDIO
    if (open && uspan_studio_wants(t)) {
        return begin_exchange(t, USPAN_JOB_RUN, 0u);
    }
#endif
    return false;
}

/* ---- one exchange -------------------------------------------------------------------------------------- */

static void describe_request(uspan_tracer_t *t, uspan_request_t *r)
{
    uspan_export_part_t *x = uspan_out(t);
#if !USPAN_ONLY_BATCHES
    memset(r, 0, sizeof *r);
    if (uspan_job_is(x, USPAN_JOB_PROBE)) {
        r->method = "GET ";
        return;
    }
    r->method = "POST ";
#if USPAN_STUDIO
    if (uspan_job_is(x, USPAN_JOB_RUN)) {
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
    r->body_len = uspan_dest(t, x->dest)->batch.body_len;
}

/* Bytes of the head, then of the body, to the send buffer. 0: all was given out. */
USPAN_ONCE static uint32_t fill_send(uspan_tracer_t *t)
{
    uspan_export_part_t *x = uspan_out(t);
    size_t filled = 0;
    if (x->rendered == 0u || x->rendered < x->head_len) { /* head_len is unknown before the first */
        uspan_request_t r;
        describe_request(t, &r);
        uspan_window_t w = { .out = x->send, .from = x->rendered, .cap = sizeof x->send };
        uspan_request_render(uspan_job_target(t), &r, &w);
        x->head_len = (uint32_t)w.at;
        x->request_len = x->head_len + r.body_len;
        filled = w.at - w.from < w.cap ? w.at - w.from : w.cap;
    }
    if (filled < sizeof x->send) {
        if (uspan_job_is(x, USPAN_JOB_BATCH)) {
            filled += uspan_otlp_read(&x->otlp, x->send + filled, sizeof x->send - filled);
        }
#if USPAN_STUDIO
        if (uspan_job_is(x, USPAN_JOB_RUN)) {
            uspan_window_t w = { .out = x->send + filled,
                                 .from = x->rendered + filled - x->head_len,
                                 .cap = sizeof x->send - filled };
            uspan_studio_render(t, &w);
            size_t left = w.at > w.from ? w.at - w.from : 0u;
            filled += left < w.cap ? left : w.cap;
        }
#endif
    }
    x->send_at = 0u;
    x->rendered += (uint32_t)filled;
    return x->send_len = (uint32_t)filled;
}

/* Each of the three returns what the transport did: above 0 progress, 0 none; whatever ended the exchange is
 * progress. */
static int32_t open_step(uspan_tracer_t *t)
{
    uspan_export_part_t *x = uspan_out(t);
    uspan_target_t *target = uspan_job_target(t);
    if (x->transport == NULL) {
        x->peer.host = target->url.host;
        x->peer.port = target->url.port;
        x->transport = target->transport;
        x->connected = target;
        target->connects++;
    }
    uspan_err_t err = x->transport->open(x->transport->ctx, &x->peer);
    if (err == USPAN_ERR_AGAIN) {
        return 0;
    }
    x->step = USPAN_STEP_SENDING;
    if (err != USPAN_OK) {
        uspan_exchange_over(t, err, x->transport->why(x->transport->ctx));
    }
    return 1;
}

static int32_t send_step(uspan_tracer_t *t)
{
    uspan_export_part_t *x = uspan_out(t);
    int32_t n = -1;
    if (x->send_at < x->send_len || fill_send(t) > 0u) {
        n = x->transport->send(x->transport->ctx, x->send + x->send_at, x->send_len - x->send_at);
        x->listening = n == 0; /* the peer may have answered early and stopped reading */
        x->send_dead = n < 0;  /* its answer, 413 often, may have arrived before it hung up */
    }
    if (n > 0) {
        x->send_at += (uint32_t)n;
    }
    if (n < 0 || (x->send_at == x->send_len && x->rendered >= x->request_len)) {
        x->step = USPAN_STEP_ANSWER;
    }
    return n;
}

USPAN_ONCE static int32_t answer_step(uspan_tracer_t *t)
{
    uspan_export_part_t *x = uspan_out(t);
    uint8_t buf[RECEIVE_BYTES];
    const char *why = USPAN_WORDS("answer is not HTTP", "e1");
    uspan_err_t err = USPAN_ERR_AGAIN;
    x->listening = 0u;
    int32_t n = x->transport->recv(x->transport->ctx, buf, sizeof buf);
    if (n > 0) {
        size_t used = 0;
        err = uspan_answer_feed(&x->answer, buf, (size_t)n, uspan_unix_seconds(t), &used);
        if (used < (size_t)n || x->rendered < x->request_len || x->send_at < x->send_len) {
            x->answer.flags |= USPAN_ANSWER_CLOSE; /* out of step: half a request, or too much of an answer */
        }
        if (err == USPAN_ERR_FULL) {
            err = USPAN_ERR_REFUSED;
            why = USPAN_WORDS("answer is too large", "e2");
        }
    } else if (n < 0) {
        /* A body that only the connection's end delimits is whole by either end: sending it again would store
         * spans twice. */
        err = uspan_answer_eof(&x->answer);
        x->answer.flags |= USPAN_ANSWER_CLOSE;
        if (err != USPAN_OK && n != USPAN_ERR_CLOSED) {
            err = (uspan_err_t)n;
        }
        why = x->transport->why(x->transport->ctx);
        if (why[0] == '\0') {
            why = USPAN_WORDS("closed before the answer was complete", "e3");
        }
    } else if (x->send_dead != 0u) {
        err = USPAN_ERR_IO;
        why = USPAN_WORDS("broke while sending", "e4");
    }
    if (err != USPAN_ERR_AGAIN) {
        uspan_exchange_over(t, err, why);
        return 1;
    }
    return n;
}

/* True: it went on, or ended. */
static bool exchange_step(uspan_tracer_t *t)
{
    uspan_export_part_t *x = uspan_out(t);
    if (!uspan_not_yet(t, x->exchange_until_ns)) {
        uspan_exchange_over(t, USPAN_ERR_IO,
                            x->step == USPAN_STEP_OPENING ? USPAN_WORDS("connecting timed out", "e5")
                                                          : USPAN_WORDS("no answer in time", "e6"));
        return true;
    }
    int32_t n = x->step == USPAN_STEP_OPENING                         ? open_step(t)
                : x->step == USPAN_STEP_SENDING && x->listening == 0u ? send_step(t)
                                                                      : answer_step(t);
    if (n == 0) {
        uspan_wake_in(t, USPAN_POLL_MS);
    }
    return n != 0;
}

/* ---- poll ---------------------------------------------------------------------------------------------- */

static void look_after_clock(uspan_tracer_t *t)
{
    const uspan_port_t *port = t->trace.port;
    uspan_export_part_t *x = uspan_out(t);
    uint64_t unix_ns;
    if (x->now_ns >= x->clock_at_ns && port->unix_ns(port->ctx, &unix_ns) == USPAN_OK) {
        x->clock_at_ns = uspan_after_ms(t, CLOCK_CHECK_MS);
        uspan_clock_learn(t, x->now_ns, unix_ns);
    }
}

static void stop_now(uspan_tracer_t *t)
{
    uspan_hang_up(t);
    memset(uspan_out(t)->send, 0, sizeof t->out.send); /* headers may be secret */
    for (unsigned d = 0; d < USPAN_DESTINATIONS_MAX; d++) {
        uspan_queue_drop(t, d, USPAN_DROP_DEADLINE);
    }
    uspan_out(t)->step = USPAN_STEP_STOPPED;
}

uspan_err_t uspan_poll(uspan_tracer_t *t, uint32_t *wait_ms)
{
    uint32_t unused;
    uint32_t *wait = wait_ms != NULL ? wait_ms : &unused;
    *wait = USPAN_FOREVER;
    if (!uspan_is_live(t)) {
        return USPAN_ERR_ARG;
    }
    uspan_export_part_t *x = uspan_out(t);
    if (x->step == USPAN_STEP_STOPPED) {
        return USPAN_OK;
    }
    x->now_ns = uspan_now(t);
    x->wake_ns = UINT64_MAX;
    if (t->trace.seeded == 0u && uspan_id_seed(t) != USPAN_OK) {
        uspan_wake_in(t, USPAN_POLL_MS);
    }
    uspan_id_refill(t);
    look_after_clock(t);
    bool idle = false, worked = false;
    bool stop = x->stopping != 0u && !uspan_not_yet(t, x->stop_at_ns);
    if (!stop) {
        worked = x->step == USPAN_STEP_IDLE ? idle_step(t) : exchange_step(t);
        idle = uspan_flushed(t);
        stop = x->stopping != 0u && idle && !worked;
#if USPAN_STUDIO
        stop = stop && uspan_studio_settled(t);
#endif
    }
    if (stop) {
        stop_now(t);
        return USPAN_OK;
    }
    if (worked) {
        *wait = 0u;
    } else if (x->wake_ns != UINT64_MAX) {
        *wait = uspan_ms_between(x->now_ns, x->wake_ns);
    }
    return idle ? USPAN_OK : USPAN_ERR_AGAIN;
}

bool uspan_flushed(const uspan_tracer_t *t)
{
    if (!uspan_is_live(t)) {
        return true;
    }
    uint32_t state = uspan_lock(t);
    bool none = t->trace.ended == 0u;
    uspan_unlock(t, state);
    return none && (uspan_out(t)->step == USPAN_STEP_IDLE || uspan_out(t)->step == USPAN_STEP_STOPPED);
}

void uspan_flush(uspan_tracer_t *t)
{
    if (!uspan_is_live(t)) {
        return;
    }
    uspan_processors(t, USPAN_NULL, USPAN_ON_FLUSH);
    uint32_t state = uspan_lock(t);
    uspan_out(t)->flushing = 1u;
    uspan_unlock(t, state);
}

void uspan_shutdown(uspan_tracer_t *t, uint32_t deadline_ms)
{
    if (!uspan_is_live(t) || uspan_out(t)->stopping != 0u) {
        return;
    }
    uspan_export_part_t *x = uspan_out(t);
    uspan_trace_stop(t);
    uspan_processors(t, USPAN_NULL, USPAN_ON_FLUSH);
    uspan_processors(t, USPAN_NULL, USPAN_ON_SHUTDOWN);
    x->stopping = 1u;
    x->now_ns = uspan_now(t);
    x->stop_at_ns = uspan_after_ms(t, deadline_ms);
    x->give_up_at_ns = uspan_after_ms(t, deadline_ms / 2u);
#if USPAN_STUDIO
    uspan_studio_end(t);
#endif
}

bool uspan_stopped(const uspan_tracer_t *t)
{
    return !uspan_is_live(t) || uspan_out(t)->step == USPAN_STEP_STOPPED;
}
