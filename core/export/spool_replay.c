/* spool_replay.c: sends spans from flash. A request consists of a BOOT record, which is the resource, and of
 * records of that boot after it. Invariant: a record is finished only when the collector has answered for it,
 * or when it is lost and counted. Until that is stored in flash too, it may be delivered again. */
#include "export/spool_replay.h"
#if USPAN_SPOOL
#include "export/poll_time.h"
#include "export/protobuf.h"
#include "export/spool_log.h"
#include "export/spool_time.h"
#include "trace/clock.h"

#define REPLAY_BYTES 4096u /* bytes of records in one request; a single record may be longer */

bool uspan_spool_take_turn(uspan_tracer_t *t)
{
    uspan_spool_t *spool = uspan_spool_of(t);
    spool->flags ^= USPAN_SPOOL_TURN;
    return (spool->flags & USPAN_SPOOL_TURN) == 0u;
}

/* Mark the records up to a place as finished. */
static void settle_to(uspan_spool_t *spool, const uspan_spool_place_t *place, uint32_t lost)
{
    uspan_spool_log_settle(&spool->log, place, lost);
    uspan_spool_set(spool, USPAN_SPOOL_SETTLED, true);
}

/* Find the first record of a batch after records that are missing. Returns false if there is none. */
static bool find_first(uspan_spool_t *spool, uspan_spool_place_t *place, uspan_spool_record_t *r)
{
    uspan_spool_log_t *log = &spool->log;
    for (uint32_t sectors = log->storage->sector_count; sectors > 0u; sectors--) {
        *place = log->done;
        int result = uspan_spool_log_next(log, place, r);
        if (result == USPAN_SPOOL_GAP) {
            const uint32_t lost = r->number - place->number;
            place->number = r->number;
            settle_to(spool, place, lost);
            continue;
        }
        uspan_spool_record_t boot;
        result = result == 0 ? uspan_spool_log_find_boot(log, r->boot, &boot) : USPAN_SPOOL_BUSY;
        if (result == 0) {
            spool->boot_address = boot.address + USPAN_SPOOL_BOOT_BYTES;
            spool->boot_len = (uint16_t)(boot.len - USPAN_SPOOL_BOOT_BYTES);
        } else if (result == USPAN_SPOOL_NONE) { /* the boot that wrote it is unknown */
            settle_to(spool, place, 1u);
            continue;
        }
        return result == 0;
    }
    return false;
}

/* Make a batch of the oldest records of one boot. Returns false if there is none. */
static bool build_batch(uspan_tracer_t *t)
{
    uspan_spool_t *spool = uspan_spool_of(t);
    uspan_spool_place_t place;
    uspan_spool_record_t r;
    if (!find_first(spool, &place, &r)) {
        return false;
    }
    const uint32_t boot = r.boot;
    spool->shift_ns = uspan_spool_shift(t, spool, boot);
    spool->inner = spool->boot_len;
    spool->count = 0u;
    do {
        spool->inner += r.len;
        spool->count++;
    } while (spool->count != spool->limit && uspan_spool_log_next(&spool->log, &place, &r) == 0 &&
             r.boot == boot && spool->inner + r.len <= REPLAY_BYTES);
    spool->log.flags |= USPAN_SPOOL_HELD;
    return true;
}

uspan_job_t uspan_spool_choose_job(uspan_tracer_t *t, unsigned d, bool open)
{
    const uspan_spool_log_t *log = &uspan_spool_of(t)->log;
    const uspan_target_t *target = &uspan_dest(t, d)->target;
    if (!open || uspan_export_state(t)->stopping != 0u || log->next == log->done.number ||
        uspan_wait_until(t, target->backoff.not_before_ns)) {
        return USPAN_JOB_NONE;
    }
#if USPAN_HTTP_DATE
    if (t->trace.epochs[t->trace.epoch].state != USPAN_EPOCH_KNOWN) {
        if (!uspan_wait_until(t, uspan_export_state(t)->probe.not_before_ns)) {
            return USPAN_JOB_PROBE;
        }
        if (target->last_error != 0) {
            return USPAN_JOB_NONE;
        }
    }
#endif
    if (build_batch(t)) {
        return USPAN_JOB_REPLAY;
    }
    if ((uspan_spool_of(t)->flags & USPAN_SPOOL_SETTLED) != 0u) {
        uspan_wake_after_ms(t, 1u); /* a DONE record must be written, and more records may follow */
    }
    return USPAN_JOB_NONE;
}

bool uspan_spool_split(uspan_tracer_t *t)
{
    uspan_spool_t *spool = uspan_spool_of(t);
    spool->limit = spool->count / 2u;
    return spool->limit > 0u;
}

void uspan_spool_settle(uspan_tracer_t *t, uint32_t lost)
{
    uspan_spool_t *spool = uspan_spool_of(t);
    uspan_spool_place_t place = spool->log.done;
    uspan_spool_record_t r;
    for (unsigned n = spool->count; n > 0u; n--) {
        if (uspan_spool_log_next(&spool->log, &place, &r) != 0) {
            return; /* they are sent again */
        }
    }
    settle_to(spool, &place, lost < spool->count ? lost : spool->count);
    spool->limit = 0u;
}

void uspan_spool_end(uspan_tracer_t *t)
{
    uspan_spool_t *spool = uspan_spool_of(t);
    spool->count = 0u;
    spool->log.flags &= (uint8_t)~USPAN_SPOOL_HELD;
}

uint32_t uspan_spool_body_len(const uspan_tracer_t *t)
{
    return uspan_len_field(uspan_spool_of(t)->inner);
}

void uspan_spool_begin_body(uspan_tracer_t *t)
{
    uspan_spool_t *spool = uspan_spool_of(t);
    spool->place = spool->log.done;
    spool->at = 0u;
    spool->address = spool->boot_address;
    spool->left = spool->plain = spool->boot_len;
}

size_t uspan_spool_read(uspan_tracer_t *t, uint8_t *out, size_t cap)
{
    uspan_spool_t *spool = uspan_spool_of(t);
    const uspan_spool_storage_t *s = spool->log.storage;
    const uint32_t len = uspan_spool_body_len(t);
    size_t filled = 0;
    while (filled < cap && spool->at < len) {
        uint32_t n = 1u;
        if (spool->at < len - spool->inner) { /* tag and length of ResourceSpans */
            uint8_t head[6];
            (void)uspan_put_len(head, USPAN_TAG(1u, USPAN_WIRE_BYTES), spool->inner);
            out[filled] = head[spool->at];
        } else if (spool->left == 0u) {
            uspan_spool_record_t r;
            if (uspan_spool_log_next(&spool->log, &spool->place, &r) != 0) {
                return 0u; /* the exchange ends and is started again later */
            }
            spool->address = r.address;
            spool->left = r.len;
            spool->entered = 0u;
            spool->plain = spool->shift_ns != 0u ? 0u : r.len;
            continue;
        } else {
            n = (uint32_t)(cap - filled);
            const uint32_t most = spool->plain > 0u ? spool->plain : USPAN_SPOOL_FIELD_BYTES;
            if (n < most && spool->plain == 0u) {
                break; /* a field is corrected in one piece */
            }
            n = n < most ? n : most;
            n = n < spool->left ? n : spool->left;
            if (s->read(s->ctx, spool->address, out + filled, n) != 0) {
                return 0u;
            }
            if (spool->plain == 0u) {
                const uint32_t done = uspan_spool_correct(spool, out + filled);
                n = done < n ? done : n;
            } else {
                spool->plain = (uint16_t)(spool->plain - n);
            }
            spool->address += n;
            spool->left = (uint16_t)(spool->left - n);
        }
        spool->at += n;
        filled += n;
    }
    return filled;
}
#endif
