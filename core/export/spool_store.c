/* spool_store.c: writes spans to flash. A record is the field `scope_spans` of one span, as it is sent. A
 * BOOT record is the field `resource`. Invariant: a span is counted as spooled and removed from RAM only when
 * its record is durable. */
#include "export/spool_store.h"
#if USPAN_SPOOL
#include <string.h>
#include "export/exchange.h"
#include "export/log_line.h"
#include "export/otlp.h"
#include "export/poll_time.h"
#include "export/protobuf.h"
#include "export/queue.h"
#include "export/spool_log.h"
#include "trace/block_chain.h"
#include "trace/clock.h"
#include "trace/pool.h"

#define SKIP_BYTES 16u

uspan_err_t uspan_spool_mount(uspan_tracer_t *t, unsigned d, uspan_spool_t *spool,
                              const uspan_spool_storage_t *storage)
{
    if (spool == NULL || uspan_dest_find(t, d, USPAN_DEST_COLLECTOR) == NULL) {
        return USPAN_ERR_ARG;
    }
#if USPAN_SPOOL_READERS > 1
    for (unsigned other = 0; other < USPAN_DESTINATIONS_MAX; other++) {
        if (uspan_export_state(t)->spools[uspan_spool_index(other)] == spool) { /* it is mounted */
            uspan_export_state(t)->spools[uspan_spool_index(d)] = spool;
            return spool->log.storage == storage ? USPAN_OK : USPAN_ERR_ARG;
        }
    }
#endif
    memset(spool, 0, sizeof *spool);
    int result = uspan_spool_log_mount(&spool->log, storage);
    if (result != 0) {
        return result > 0 ? USPAN_ERR_AGAIN : (uspan_err_t)result;
    }
    spool->dest = (uint8_t)d;
    uspan_export_state(t)->spools[uspan_spool_index(d)] = spool;
    return USPAN_OK;
}

/* A span or the resource that is read forwards in pieces, after begin_encoding(). If an earlier piece is
 * requested, encoding starts again. */
typedef struct encoding {
    uspan_tracer_t *tracer;
    unsigned dest;
    uspan_batch_t batch;
    bool is_resource;
    uint32_t at;
    uspan_otlp_t otlp;
} encoding_t;

static uint32_t begin_encoding(encoding_t *e, bool resource)
{
    e->is_resource = resource;
    e->at = 0u;
    return uspan_otlp_begin_part(&e->otlp, e->tracer, &e->batch, e->dest, resource);
}

static int read_encoding(void *ctx, unsigned type, uint32_t at, uint8_t *out, uint32_t n)
{
    encoding_t *e = ctx;
    const bool resource = type == USPAN_SPOOL_BOOT;
    if (e->is_resource != resource || at < e->at) {
        (void)begin_encoding(e, resource);
    }
    while (e->at < at) {
        uint8_t skipped[SKIP_BYTES];
        const uint32_t most = at - e->at < SKIP_BYTES ? at - e->at : SKIP_BYTES;
        e->at += (uint32_t)uspan_otlp_read(&e->otlp, skipped, most);
    }
    e->at += n;
    return uspan_otlp_read(&e->otlp, out, n) == n ? 0 : -1;
}

/* A destination whose first span is being written. */
static unsigned writing_dest(const uspan_spool_t *spool)
{
#if USPAN_SPOOL_READERS > 1
    unsigned d = 0;
    while (d + 1u < USPAN_DESTINATIONS_MAX && (spool->writing >> d & 1u) == 0u) {
        d++;
    }
    return d;
#else
    return spool->dest;
#endif
}

/* Advance by one step: write the first span of the queue, or a DONE record. */
static int write_step(uspan_tracer_t *t, uspan_spool_t *spool)
{
    const unsigned d = writing_dest(spool);
    encoding_t e;
    uspan_spool_input_t in = {
        .type = USPAN_SPOOL_DONE, .len = USPAN_SPOOL_DONE_BYTES, .source = read_encoding, .ctx = &e
    };
    memset(&e, 0, sizeof e);
    e.tracer = t;
    e.dest = d;
#if USPAN_KEEP
    e.batch.resource = spool->resource;
#endif
    in.boot_len = begin_encoding(&e, true);
    if (spool->writing == 0u) {
        return uspan_spool_log_append(&spool->log, &in);
    }
    const uint16_t i = t->trace.queues[d].head;
    uspan_slot_t *slot = &t->trace.slots[i];
#if USPAN_SPOOL_CONTENT == 0
    e.batch.body_len = uspan_size_bare_span(t, slot, &e.batch);
#else
    if (slot->size == 0u) {
        slot->size = uspan_size_span(t, slot);
    }
    e.batch.body_len = slot->size;
#endif
    e.batch.first = e.batch.last = i;
    e.batch.count = 1u;
    e.batch.scope = slot->scope;
    e.batch.spans_len = uspan_len_field(e.batch.body_len);
    in.type = USPAN_SPOOL_READERS > 1 ? USPAN_SPOOL_SHARED | (unsigned)spool->writing : USPAN_SPOOL_SPAN;
    in.len = begin_encoding(&e, false);
    return uspan_spool_log_append(&spool->log, &in);
}

#if USPAN_SPOOL_CONTENT == 0
/* Count the values of content that a record of the span leaves out. Events and links have the same first
 * fields. */
static void count_content(uspan_tracer_t *t, const uspan_slot_t *slot)
{
    uspan_trace_part_t *p = &t->trace;
    const unsigned heads[2] = { slot->events, slot->links };
    uint32_t count = 0;
    for (unsigned i = 0; i < slot->attr_count; i++) {
        count += (slot->attrs[i].key->flags & USPAN_KEY_CONTENT) != 0u;
    }
    for (unsigned list = 0; list < 2u; list++) {
        for (unsigned rec = heads[list]; rec != USPAN_NO_INDEX; rec = p->blocks[rec].event.next) {
            unsigned block = p->blocks[rec].event.attrs;
            for (unsigned i = 0; i < p->blocks[rec].event.attr_count; i++) {
                if (i > 0u && i % USPAN_ENTRIES_PER_BLOCK == 0u) {
                    block = p->block_next[block];
                }
                const uspan_key_t *key = p->blocks[block].entries[i % USPAN_ENTRIES_PER_BLOCK].key;
                count += key != NULL && (key->flags & USPAN_KEY_CONTENT) != 0u; /* NULL: a tracestate */
            }
        }
    }
    uint32_t state = uspan_lock(t);
    p->values_truncated += count;
    uspan_unlock(t, state);
}
#endif

/* Returns true if the first span of a destination's queue must not wait in RAM for its delivery. */
static bool is_to_be_stored(uspan_tracer_t *t, unsigned d, bool open, bool all)
{
    const uspan_trace_part_t *p = &t->trace;
    const uspan_export_part_t *x = uspan_export_state(t);
    const bool is_down = uspan_dest(t, d)->target.backoff.wait_ms != 0u;
    uint32_t state = uspan_lock(t);
    const uspan_queue_t *q = &p->queues[uspan_dest_index(d)];
    bool is_due = q->count > 0u;
    if (is_due && !all) {
        const uspan_slot_t *slot = &p->slots[q->head];
        const bool timed = p->epochs[slot->epoch].state != USPAN_EPOCH_UNKNOWN;
        /* No server could be asked for the time. Otherwise the spans wait for it in RAM, with right times. */
        const bool is_lost_in_time = !timed && (!USPAN_HTTP_DATE || x->probe.wait_ms != 0u);
        const uint32_t wait_ms = timed ? x->batching.age_ms : (uint32_t)USPAN_HOLD_UNSYNCED_MS;
        const bool is_full =
            p->slots_live >= USPAN_SPANS_MAX - USPAN_SPANS_MAX / 8u || uspan_pool_is_under_pressure(p);
        is_due = (is_down && uspan_ms_between(slot->end_ns, x->now_ns) >= wait_ms) ||
                 ((is_down || !open || is_lost_in_time) && is_full);
    }
    uspan_unlock(t, state);
    return is_due;
}

/* Claim the first span of a destination's queue, also from a batch that is not being sent. Returns its slot,
 * or USPAN_NO_INDEX. */
static uint16_t claim_first(uspan_tracer_t *t, unsigned d)
{
    uspan_dest_t *dest = uspan_dest(t, d);
    if (dest->batch.count > 0u) {
        if (uspan_queue_hold(t, d)) {
            uspan_queue_release(t, d);
        }
        dest->batch.count = 0u;
    }
    return uspan_queue_claim_next(t, d, false);
}

#if USPAN_SPOOL_READERS > 1
/* Returns true if spans of its queue are being sent. */
static bool is_sending(uspan_tracer_t *t, unsigned d)
{
    const uspan_exchange_t *e = &uspan_export_state(t)->exchanges[d % USPAN_EXCHANGES_MAX];
    return e->step != USPAN_STEP_IDLE && e->dest == d && uspan_job_is(e, USPAN_JOB_BATCH);
}

/* Claim the span for the other destinations that share the spool and would store it next. */
static void claim_for_others(uspan_tracer_t *t, uint16_t i, bool open, bool all)
{
    uspan_spool_t *spool = uspan_spool_of(t);
    for (unsigned d = 0; d < USPAN_DESTINATIONS_MAX; d++) {
        if (d == spool->dest || uspan_export_state(t)->spools[uspan_spool_index(d)] != spool ||
            is_sending(t, d) || !is_to_be_stored(t, d, open, all)) {
            continue;
        }
        if (claim_first(t, d) == i) {
            spool->writing = (uint8_t)(spool->writing | 1u << d);
        } else {
            uspan_queue_release(t, d);
        }
    }
}
#endif

/* Select the first span of the queue. */
static void take_span(uspan_tracer_t *t, uspan_spool_t *spool, bool open, bool all)
{
    const uint16_t i = claim_first(t, spool->dest);
    if (i != USPAN_NO_INDEX) {
        if (t->trace.epochs[t->trace.slots[i].epoch].state == USPAN_EPOCH_UNKNOWN) {
            uspan_clock_give_up(t); /* its time is marked as unknown */
        }
#if USPAN_KEEP
        const uint8_t resource = t->trace.epochs[t->trace.slots[i].epoch].resource;
        if (resource != spool->resource) { /* its records belong to another boot */
            spool->resource = resource;
            uspan_spool_log_renew(&spool->log);
        }
#endif
        spool->writing = (uint8_t)(USPAN_SPOOL_READERS > 1 ? 1u << spool->dest : 1u);
#if USPAN_SPOOL_READERS > 1
        claim_for_others(t, i, open, all);
#else
        (void)open;
        (void)all;
#endif
    }
}

/* Finish a span that was stored or cannot be stored. */
static void finish_span(uspan_tracer_t *t, uspan_spool_t *spool, int result)
{
    if (result == USPAN_ERR_IO) {
        uspan_spool_set(spool, USPAN_SPOOL_BROKEN, true);
        uspan_log_line(t, USPAN_LEVEL_ERROR, USPAN_WORDS("spool: storage failed", "f1"), NULL);
    }
    if (result == USPAN_ERR_FULL) {
        uspan_log_line(t, USPAN_LEVEL_WARN, USPAN_WORDS("spool: span needs larger sectors", "f2"), NULL);
    }
#if USPAN_SPOOL_CONTENT == 0
    if (result == 0) {
        count_content(t, &t->trace.slots[t->trace.queues[writing_dest(spool)].head]);
    }
#endif
    do {
        const unsigned d = writing_dest(spool);
        if (result == USPAN_ERR_IO) {
            uspan_queue_release(t, d);
        } else {
            (void)uspan_queue_finish_first(
                t, d, result == 0 ? (unsigned)USPAN_SPAN_SPOOLED : (unsigned)USPAN_DROP_TOO_LARGE);
        }
        spool->writing = (uint8_t)(USPAN_SPOOL_READERS > 1 ? spool->writing & ~(1u << d) : 0u);
    } while (USPAN_SPOOL_READERS > 1 && spool->writing != 0u);
}

#if USPAN_SPOOL_CONTENT == 2
/* Handle a stored DONE record. If no record is left, their content must be erased. First a new sector is
 * opened, whose header says that all records are finished. Then the others are erased. */
static void begin_wipe(uspan_spool_t *spool)
{
    uspan_spool_log_t *log = &spool->log;
    if (!uspan_spool_log_is_done(log)) {
        return;
    }
    if ((spool->flags & USPAN_SPOOL_WIPING) == 0u) {
        uspan_spool_log_renew(log);
        uspan_spool_set(spool, USPAN_SPOOL_WIPING | USPAN_SPOOL_SETTLED, true);
    } else {
        uspan_spool_set(spool, USPAN_SPOOL_WIPING, false);
        spool->wipe = (uint16_t)(log->storage->sector_count - 1u);
    }
}

/* Erase one sector. A sector that cannot be erased is skipped. */
static uspan_spool_work_t wipe_step(uspan_tracer_t *t, uspan_spool_t *spool)
{
    if (!uspan_spool_log_is_done(&spool->log)) { /* a record was written since, so erase later */
        spool->wipe = 0u;
    }
    if (spool->wipe == 0u) {
        return USPAN_SPOOL_IDLE;
    }
    spool->erasing = uspan_spool_log_wipe(&spool->log, spool->wipe) == USPAN_SPOOL_BUSY;
    if (spool->erasing) {
        uspan_wake_after_ms(t, 1u);
        return USPAN_SPOOL_WAITS;
    }
    spool->wipe--;
    return USPAN_SPOOL_WORKED;
}
#endif

uspan_spool_work_t uspan_spool_step(uspan_tracer_t *t, bool open, bool all)
{
    uspan_spool_t *spool = uspan_spool_of(t);
    if ((spool->flags & USPAN_SPOOL_BROKEN) != 0u) {
        return USPAN_SPOOL_IDLE;
    }
    if (spool->writing == 0u && !spool->erasing && uspan_spool_log_rests(&spool->log) &&
        is_to_be_stored(t, spool->dest, open, all)) {
        take_span(t, spool, open, all);
    }
    if (spool->writing == 0u && (spool->flags & USPAN_SPOOL_SETTLED) == 0u) {
#if USPAN_SPOOL_CONTENT == 2
        return wipe_step(t, spool);
#else
        return USPAN_SPOOL_IDLE;
#endif
    }
#if USPAN_SPOOL_READERS > 1
    if (uspan_spool_log_rests(&spool->log)) {
        uspan_spool_set(spool, USPAN_SPOOL_NOTING, spool->writing == 0u);
    }
#endif
    const int result = write_step(t, spool);
    if (result == USPAN_SPOOL_BUSY) {
        uspan_wake_after_ms(t, 1u);
        return USPAN_SPOOL_WAITS;
    }
    if (spool->writing != 0u) {
        finish_span(t, spool, result);
    } else {
        /* otherwise it is stored with the next DONE record */
        uspan_spool_set(spool, USPAN_SPOOL_SETTLED,
                        USPAN_SPOOL_READERS > 1 && (spool->flags & USPAN_SPOOL_NOTING) == 0u);
        uspan_spool_set(spool, USPAN_SPOOL_BROKEN, result < 0);
#if USPAN_SPOOL_CONTENT == 2
        begin_wipe(spool);
#endif
    }
    return USPAN_SPOOL_WORKED;
}

/* Give up the exchange of the selected spool's destination. */
static void give_up_exchange(uspan_tracer_t *t, const uspan_spool_t *spool)
{
    uspan_exchange_select(t, spool->dest % USPAN_EXCHANGES_MAX);
    uspan_exchange_t *e = uspan_exchange(t);
    if (e->step != USPAN_STEP_IDLE && e->dest == spool->dest) {
        uspan_close_connection(t);
        uspan_spool_end(t);
        e->step = USPAN_STEP_IDLE;
        e->job = USPAN_JOB_NONE;
    }
}

/* Store one span or DONE record of the selected spool. */
static uspan_err_t store_one(uspan_tracer_t *t, const uspan_spool_t *spool)
{
    uspan_spool_work_t work = uspan_spool_step(t, true, true);
    if ((spool->flags & USPAN_SPOOL_BROKEN) != 0u) {
        return USPAN_ERR_IO;
    }
    return work == USPAN_SPOOL_IDLE ? USPAN_OK : USPAN_ERR_AGAIN;
}

uspan_err_t uspan_spool_all(uspan_tracer_t *t)
{
    uspan_err_t err = USPAN_ERR_ARG;
    if (!uspan_is_live(t)) {
        return err;
    }
#if !USPAN_SPOOL_EACH
    uspan_spool_t *spool = uspan_spool_of(t);
    if (spool == NULL) {
        return err;
    }
#endif
    uspan_export_state(t)->now_ns = uspan_now(t);
    uint64_t unix_ns;
    if (t->trace.port->unix_ns(t->trace.port->ctx, &unix_ns) == USPAN_OK) {
        (void)uspan_set_unix_time(t, unix_ns); /* uspan_poll() may not have read the time yet */
    }
#if USPAN_SPOOL_EACH
    for (unsigned d = 0; d < USPAN_DESTINATIONS_MAX; d++) { /* first, so that a shared log is free */
        if (uspan_spool_select(t, d)) {
            give_up_exchange(t, uspan_spool_of(t));
        }
    }
    for (unsigned d = 0; d < USPAN_DESTINATIONS_MAX && err != USPAN_ERR_AGAIN; d++) {
        if (uspan_spool_select(t, d)) {
            const uspan_err_t its = store_one(t, uspan_spool_of(t));
            err = its == USPAN_ERR_AGAIN || err != USPAN_ERR_IO ? its : err;
        }
    }
#else
    give_up_exchange(t, spool);
    err = store_one(t, spool);
#endif
    return err;
}
#endif
