/* poll.c: uspan_poll(), one bounded step with at most one transport call. It chooses the next job, calls
 * exchange.c to carry it, and passes the end of each exchange to exchange_result.c. Destinations have an
 * exchange each, or share them in turns (USPAN_EXCHANGES_MAX). */
#include <string.h>
#include "export/batch.h"
#include "export/exchange.h"
#include "export/exchange_result.h"
#include "export/export_state.h"
#include "export/log_line.h"
#include "export/poll_time.h"
#include "export/queue.h"
#include "export/shortage.h"
#include "export/spool_store.h"
#include "export/studio.h"
#include "trace/clock.h"
#include "trace/id.h"
#include "trace/pool.h"
#include "trace/trace.h"

#define CLOCK_CHECK_MS 60000u

/* ---- choosing what to do ------------------------------------------------------------------------------- */

/* State of a destination's queue at one moment. */
typedef struct read_queue {
    bool waits, time_unknown;
    uint64_t due_ns;    /* time at which a batch is due */
    uint64_t oldest_ns; /* end of the oldest span */
} queue_view_t;

/* Number of waiting spans that makes a batch of d due: a share of the slots that no other destination is
 * sending. */
static uint32_t spans_due(const uspan_tracer_t *t, unsigned d)
{
    uint32_t slots = USPAN_SPANS_MAX;
    for (unsigned other = 0; other < USPAN_DESTINATIONS_MAX; other++) {
        bool rests = (t->trace.resting >> other & 1u) != 0u;
        slots -= other == d || rests ? 0u : uspan_dest(t, other)->batch.count;
    }
    return (slots * USPAN_BATCH_FILL_PERCENT + 99u) / 100u;
}

static void read_queue(uspan_tracer_t *t, unsigned d, queue_view_t *l)
{
    const uspan_trace_part_t *p = &t->trace;
    uspan_export_part_t *x = uspan_export_state(t);
    uint32_t state = uspan_lock(t);
    const uspan_queue_t *q = &p->queues[uspan_dest_index(d)];
    l->waits = q->count > 0u;
    l->time_unknown = p->epochs[p->epoch].state == USPAN_EPOCH_UNKNOWN;
    if (l->waits) {
        const uspan_slot_t *slot = &p->slots[q->head];
        /* caused by a wrong time of the caller, for which uspan must not wait */
        bool ahead = slot->end_ns > x->now_ns;
        l->oldest_ns = ahead ? x->now_ns : slot->end_ns;
        l->due_ns = l->oldest_ns;
        if (!ahead && q->flushing == 0u && x->stopping == 0u && q->count < x->batching.spans_max &&
            q->count < spans_due(t, uspan_dest_index(d)) && !uspan_pool_is_under_pressure(p)) {
            l->due_ns += (uint64_t)x->batching.age_ms * USPAN_NS_PER_MS;
        }
    }
    uspan_unlock(t, state);
}

/* Handle spans recorded before Unix time was known. They wait for it up to USPAN_HOLD_UNSYNCED_MS. If a batch
 * is due in that time, uspan sends a GET request to read the Date header of the response. */
static uspan_job_t choose_job_before_time_sync(uspan_tracer_t *t, unsigned d, const queue_view_t *l)
{
    uint64_t until = l->oldest_ns + (uint64_t)USPAN_HOLD_UNSYNCED_MS * USPAN_NS_PER_MS;
    if (uspan_export_state(t)->stopping != 0u && uspan_export_state(t)->give_up_at_ns < until) {
        until = uspan_export_state(t)->give_up_at_ns;
    }
    if (uspan_wait_until(t, until)) {
        return USPAN_HTTP_DATE && !uspan_wait_until(t, l->due_ns) &&
                       !uspan_wait_until(t, uspan_export_state(t)->probe.not_before_ns)
                   ? USPAN_JOB_PROBE
                   : USPAN_JOB_NONE;
    }
#if USPAN_SEND_UNSYNCED
    (void)d;
    uspan_clock_give_up(t);
    uspan_log_line(t, USPAN_LEVEL_WARN,
                   USPAN_WORDS("Unix time unknown (see USPAN_DATE_MIN_S): spans have wrong times", "w1"),
                   NULL);
    return USPAN_JOB_BATCH;
#else
    uspan_batch_drop_all(t, d, USPAN_DROP_NO_TIME);
    return USPAN_JOB_NONE;
#endif
}

/* Pick the next job for a collector. */
static uspan_job_t choose_job(uspan_tracer_t *t, unsigned d, bool open)
{
    uspan_dest_t *dest = uspan_dest(t, d);
    uspan_job_t job = USPAN_JOB_BATCH;
    queue_view_t l;
    read_queue(t, d, &l);
    if (!l.waits) { /* members of a batch wait too */
        return USPAN_JOB_NONE;
    }
    if (!open) { /* the gate cannot notify uspan, so ask it again after the batch age */
        uspan_wake_after_ms(t, uspan_export_state(t)->batching.age_ms);
        return USPAN_JOB_NONE;
    }
    if (uspan_wait_until(t, dest->target.backoff.not_before_ns)) {
        return USPAN_JOB_NONE;
    }
#if USPAN_STUDIO
    if (uspan_studio_holds(t) && uspan_studio_serves(t, d)) {
        return USPAN_JOB_NONE;
    }
#endif
    if (dest->batch.count > 0u && uspan_batch_hold(t, d)) {
        return USPAN_JOB_BATCH;
    }
    if (l.time_unknown) {
        job = choose_job_before_time_sync(t, d, &l);
    }
    if (job == USPAN_JOB_BATCH && (uspan_wait_until(t, l.due_ns) || !uspan_batch_build(t, d))) {
        job = USPAN_JOB_NONE;
    }
    return job;
}

/* ---- exchanges ----------------------------------------------------------------------------------------- */

#if USPAN_EXCHANGES_MAX > 1
/* Two structs with the same context are the same transport. */
static bool is_same(const uspan_transport_t *a, const uspan_transport_t *b)
{
    return a != NULL && (a == b || (a->ctx == b->ctx && a->open == b->open));
}
#endif

/* Returns true if the current exchange can use the transport. If another exchange keeps it open, that
 * connection is closed. */
static bool can_use(uspan_tracer_t *t, const uspan_transport_t *transport)
{
    bool is_free = true;
#if USPAN_EXCHANGES_MAX > 1
    uspan_exchange_t *const mine = uspan_exchange(t);
    for (unsigned lane = 0; lane < USPAN_EXCHANGES_MAX; lane++) {
        uspan_exchange_select(t, lane);
        const uspan_exchange_t *e = uspan_exchange(t);
        /* The exchange may not have opened its transport yet. */
        const bool is_used = e->step != USPAN_STEP_IDLE;
        if (e == mine || !is_same(is_used ? uspan_job_target(t)->transport : e->transport, transport)) {
            continue;
        }
        if (e->step == USPAN_STEP_IDLE) {
            uspan_close_connection(t);
        } else {
            is_free = false;
        }
    }
    uspan_export_state(t)->exchange = mine;
    if (!is_free) {
        uspan_wake_after_ms(t, USPAN_POLL_MS);
    }
#else
    (void)t;
    (void)transport;
#endif
    return is_free;
}

static bool begin_exchange(uspan_tracer_t *t, uspan_job_t job, unsigned d)
{
    if (job != USPAN_JOB_NONE) {
        uspan_export_state(t)->turn = (uint8_t)(d + 1u);
        uspan_exchange_begin(t, job, d);
    }
    return job != USPAN_JOB_NONE;
}

/* Choose a job for a destination. Spans of RAM and those of a spool are sent in turns. */
static uspan_job_t choose_in_turns(uspan_tracer_t *t, unsigned d, bool open, bool serves)
{
#if USPAN_SPOOL
    unsigned tries = 1u + serves;
    uspan_job_t job;
    do {
        const bool is_replay = serves && uspan_spool_take_turn(uspan_spool_of(t), d);
        job = is_replay ? uspan_spool_choose_job(t, d, open) : choose_job(t, d, open);
    } while (job == USPAN_JOB_NONE && --tries > 0u);
    return job;
#else
    (void)serves;
    return choose_job(t, d, open);
#endif
}

/* Serve a destination: feed a sink, store spans, or start an exchange. */
static bool serve(uspan_tracer_t *t, unsigned d, bool open)
{
    uspan_export_part_t *x = uspan_export_state(t);
    const uspan_dest_t *dest = uspan_dest(t, d);
    if (dest->used == USPAN_DEST_SINK) {
        return x->feed_sink(t, d);
    }
    uspan_exchange_select(t, d % USPAN_EXCHANGES_MAX);
    if (dest->used == USPAN_DEST_NONE || uspan_exchange(t)->step != USPAN_STEP_IDLE) {
        return false;
    }
    const bool serves = uspan_spool_select(t, d);
#if USPAN_SPOOL
    if (serves) {
        const uspan_spool_work_t work = uspan_spool_step(t, open, false);
        if (work != USPAN_SPOOL_IDLE) {
            return work == USPAN_SPOOL_WORKED;
        }
    }
#endif
    return can_use(t, dest->target.transport) && begin_exchange(t, choose_in_turns(t, d, open, serves), d);
}

#if USPAN_STUDIO
static bool serve_studio(uspan_tracer_t *t, bool open)
{
    if (!open || uspan_studio_is_asked(t)) {
        return false;
    }
    uspan_exchange_select(t, uspan_studio_lane(t));
    return uspan_exchange(t)->step == USPAN_STEP_IDLE && uspan_studio_wants(t) &&
           can_use(t, uspan_export_state(t)->studio.transport) &&
           begin_exchange(t, USPAN_JOB_RUN, USPAN_DESTINATIONS_MAX - 1u);
}
#endif

/* Close idle connections, feed sinks, and choose jobs for idle exchanges, or set the time to wait. Returns
 * true if something was done. */
static bool idle_step(uspan_tracer_t *t)
{
    uspan_export_part_t *x = uspan_export_state(t);
    const uspan_gate_t *gate = x->gate;
    bool open = gate == NULL || gate->open(gate->ctx);
    uspan_log_shortages(t);
    for (unsigned lane = 0; lane < USPAN_EXCHANGES_MAX; lane++) {
        uspan_exchange_select(t, lane);
        const uspan_exchange_t *e = uspan_exchange(t);
        if (e->step == USPAN_STEP_IDLE && e->transport != NULL &&
            (!open || !uspan_wait_until(t, e->idle_until_ns))) {
            uspan_close_connection(t);
            return true;
        }
    }
#if USPAN_STUDIO
    bool holds = uspan_studio_holds(t); /* spans wait for the registration */
    if (holds && serve_studio(t, open)) {
        return true;
    }
#endif
    unsigned d = x->turn;
    for (unsigned i = 0; i < USPAN_DESTINATIONS_MAX; i++, d++) {
        d = d < USPAN_DESTINATIONS_MAX ? d : 0u;
        if (serve(t, d, open)) {
            return true;
        }
    }
#if USPAN_STUDIO
    return !holds && serve_studio(t, open);
#else
    return false;
#endif
}

#if USPAN_DESTINATIONS_MAX > 1 || USPAN_SPOOL
#define GIVE_WAY_MS 1000u
/* Returns true if the pool is full and a batch without progress holds many of the slots that other
 * destinations need. */
static bool must_give_way(uspan_tracer_t *t)
{
    const uspan_exchange_t *e = uspan_exchange(t);
    uspan_trace_part_t *p = &t->trace;
    uint32_t state = uspan_lock(t);
    bool gives = (p->pressed >> e->dest & 1u) != 0u &&
                 ((p->dest_mask & ~(1u << e->dest)) != 0u || uspan_spool_select(t, e->dest));
    const uspan_dest_t *dest = uspan_dest(t, e->dest);
    uint64_t since_ns = e->silent_until_ns - (uint64_t)dest->target.timeout_ms * USPAN_NS_PER_MS;
    gives = gives && uspan_job_is(e, USPAN_JOB_BATCH) && dest->batch.count > USPAN_SPANS_MAX / 8u &&
            uspan_export_state(t)->now_ns - since_ns >= (uint64_t)GIVE_WAY_MS * USPAN_NS_PER_MS;
    p->pressed = gives ? 0u : p->pressed;
    uspan_unlock(t, state);
    return gives;
}
#endif

/* Advance the current exchange by one step. Returns true if it made progress or ended. */
static bool busy_step(uspan_tracer_t *t)
{
    uspan_ending_t ending;
    uspan_progress_t progress;
    (void)uspan_spool_select(t, uspan_exchange(t)->dest);
#if USPAN_DESTINATIONS_MAX > 1 || USPAN_SPOOL
    if (must_give_way(t)) {
        ending = (uspan_ending_t){ .err = USPAN_ERR_IO,
                                   .timed_out = true,
                                   .why = USPAN_WORDS("no progress while the pool is full", "e10") };
        progress = USPAN_PROGRESS_ENDED;
    } else
#endif
    {
        progress = uspan_exchange_step(t, &ending);
    }
    if (progress == USPAN_PROGRESS_ENDED) {
        uspan_finish_exchange(t, &ending);
    }
    return progress != USPAN_PROGRESS_NONE;
}

/* Advance the exchange that was stepped longest ago, if any is running. Returns true if it made progress, or
 * another one is due now. */
static bool step_exchanges(uspan_tracer_t *t)
{
#if USPAN_EXCHANGES_MAX == 1
    return uspan_exchange(t)->step != USPAN_STEP_IDLE && busy_step(t);
#else
    uspan_export_part_t *x = uspan_export_state(t);
    unsigned lane = x->lane;
    bool stepped = false, worked = false;
    for (unsigned n = 0; n < USPAN_EXCHANGES_MAX; n++, lane++) {
        lane = lane < USPAN_EXCHANGES_MAX ? lane : 0u;
        uspan_exchange_select(t, lane);
        uspan_exchange_t *e = uspan_exchange(t);
        if (e->step == USPAN_STEP_IDLE) {
            continue;
        }
        if (stepped) {
            worked = !uspan_wait_until(t, e->wake_ns) || worked;
            continue;
        }
        stepped = true;
        x->lane = (uint8_t)(lane + 1u);
        const uint64_t others_ns = x->wake_ns;
        x->wake_ns = UINT64_MAX;
        worked = busy_step(t);
        e->wake_ns = x->wake_ns;
        x->wake_ns = others_ns;
        (void)uspan_wait_until(t, e->wake_ns);
    }
    return worked;
#endif
}

static bool is_idle(const uspan_tracer_t *t)
{
    bool idle = true;
    for (unsigned lane = 0; lane < USPAN_EXCHANGES_MAX; lane++) {
        idle = idle && uspan_export_state(t)->exchanges[lane].step == USPAN_STEP_IDLE;
    }
    return idle;
}

/* ---- poll ---------------------------------------------------------------------------------------------- */

static void update_unix_time(uspan_tracer_t *t)
{
    const uspan_port_t *port = t->trace.port;
    uspan_export_part_t *x = uspan_export_state(t);
    uint64_t unix_ns;
    if (x->now_ns >= x->clock_at_ns && port->unix_ns(port->ctx, &unix_ns) == USPAN_OK &&
        uspan_set_unix_time(t, unix_ns) == USPAN_OK) {
        x->clock_at_ns = uspan_deadline_after_ms(t, CLOCK_CHECK_MS);
    }
}

static void stop_now(uspan_tracer_t *t)
{
    uint64_t lost = 0u;
    for (unsigned lane = 0; lane < USPAN_EXCHANGES_MAX; lane++) {
        uspan_exchange_select(t, lane);
        uspan_close_connection(t);
        uspan_exchange(t)->step = USPAN_STEP_IDLE;
        memset(uspan_exchange(t)->send, 0, USPAN_SEND_BYTES); /* headers may be secret */
    }
    for (unsigned d = 0; d < USPAN_DESTINATIONS_MAX; d++) {
        uspan_batch_drop_all(t, d, USPAN_DROP_DEADLINE);
        lost += uspan_dropped(t, d, USPAN_DROP_DEADLINE);
    }
    if (lost > 0u) {
        uspan_log_line(t, USPAN_LEVEL_WARN, USPAN_WORDS("shutdown: deadline passed, spans are lost", "w11"),
                       NULL);
    }
    uspan_export_state(t)->stopped = 1u;
}

uspan_err_t uspan_poll(uspan_tracer_t *t, uint32_t *wait_ms)
{
    uint32_t unused;
    uint32_t *wait = wait_ms != NULL ? wait_ms : &unused;
    *wait = USPAN_FOREVER;
    if (!uspan_is_live(t)) {
        return USPAN_ERR_ARG;
    }
    uspan_export_part_t *x = uspan_export_state(t);
    if (x->stopped != 0u) {
        return USPAN_OK;
    }
    x->now_ns = uspan_now(t);
    x->wake_ns = UINT64_MAX;
    if (t->trace.seeded == 0u && uspan_id_seed(t) != USPAN_OK) {
        uspan_wake_after_ms(t, USPAN_POLL_MS);
    }
    uspan_id_refill(t);
    update_unix_time(t);
    bool idle = false, worked = false;
    bool stop = x->stopping != 0u && !uspan_wait_until(t, x->stop_at_ns);
    if (!stop) {
        worked = (USPAN_EXCHANGES_MAX > 1 || is_idle(t)) && idle_step(t);
        if (USPAN_EXCHANGES_MAX > 1 || !worked) {
            worked = step_exchanges(t) || worked;
        }
        idle = uspan_flushed(t);
        stop = x->stopping != 0u && idle && !worked;
#if USPAN_STUDIO
        stop = stop && uspan_studio_settled(t);
#endif
    }
#if USPAN_SPOOL
    if (stop && uspan_spool_all(t) == USPAN_ERR_AGAIN) {
        *wait = 1u;
        return USPAN_ERR_AGAIN;
    }
#endif
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
    if (!is_idle(t)) {
        return false;
    }
    uint32_t state = uspan_lock(t);
    bool none = t->trace.ended == 0u;
    uspan_unlock(t, state);
    return none;
}

void uspan_flush(uspan_tracer_t *t)
{
    if (!uspan_is_live(t)) {
        return;
    }
    uspan_processors(t, USPAN_NULL, USPAN_ON_FLUSH);
    uint32_t state = uspan_lock(t);
    for (unsigned d = 0; d < USPAN_DESTINATIONS_MAX; d++) {
        t->trace.queues[d].flushing = t->trace.queues[d].count;
    }
    uspan_unlock(t, state);
}

void uspan_shutdown(uspan_tracer_t *t, uint32_t deadline_ms)
{
    if (!uspan_is_live(t) || uspan_export_state(t)->stopping != 0u) {
        return;
    }
    uspan_export_part_t *x = uspan_export_state(t);
    uspan_trace_stop(t);
    uspan_processors(t, USPAN_NULL, USPAN_ON_FLUSH);
    uspan_processors(t, USPAN_NULL, USPAN_ON_SHUTDOWN);
    x->stopping = 1u;
    x->now_ns = uspan_now(t);
    x->stop_at_ns = uspan_deadline_after_ms(t, deadline_ms);
    x->give_up_at_ns = uspan_deadline_after_ms(t, deadline_ms / 2u);
#if USPAN_STUDIO
    uspan_studio_end(t);
#endif
}

bool uspan_stopped(const uspan_tracer_t *t)
{
    return !uspan_is_live(t) || uspan_export_state(t)->stopped != 0u;
}
