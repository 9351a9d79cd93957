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

static uspan_spool_reader_t *reader_of(const uspan_tracer_t *t)
{
    uspan_spool_t *spool = uspan_spool_of(t);
    return &spool->readers[uspan_spool_reader_of(&spool->log)];
}

/* The reader's position: the records before it have their result. */
static uspan_spool_place_t *done_of(uspan_spool_log_t *log)
{
    return &log->done[uspan_spool_reader_of(log)];
}

/* Mark the records up to a place as finished. */
static void settle_to(uspan_spool_t *spool, const uspan_spool_place_t *place, uint32_t lost)
{
    uspan_spool_log_settle(&spool->log, place, lost);
#if USPAN_SPOOL_READERS > 1
    uspan_spool_set(spool, USPAN_SPOOL_NOTING, false);
#endif
    uspan_spool_set(spool, USPAN_SPOOL_SETTLED, true);
}

/* Find the first record of a batch after records that are missing. Returns false if there is none. */
static bool find_first(uspan_spool_t *spool, uspan_spool_reader_t *reader, uspan_spool_place_t *place,
                       uspan_spool_record_t *r)
{
    uspan_spool_log_t *log = &spool->log;
    for (uint32_t sectors = log->storage->sector_count; sectors > 0u; sectors--) {
        *place = *done_of(log);
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
            reader->boot_address = boot.address + USPAN_SPOOL_BOOT_BYTES;
            reader->boot_len = (uint16_t)(boot.len - USPAN_SPOOL_BOOT_BYTES);
        } else if (result == USPAN_SPOOL_NONE) { /* the boot that wrote it is unknown */
            settle_to(spool, place, 1u);
            continue;
        }
        return result == 0;
    }
    return false;
}

static bool is_intact(const uspan_spool_log_t *log)
{
    return USPAN_SPOOL_READERS == 1 || (log->flags & USPAN_SPOOL_INTACT << uspan_spool_reader_of(log)) != 0u;
}

/* Make a batch of the oldest records of one boot. Returns false if there is none. */
static bool build_batch(const uspan_tracer_t *t, uspan_spool_t *spool)
{
    uspan_spool_reader_t *reader = &spool->readers[uspan_spool_reader_of(&spool->log)];
    uspan_spool_place_t place;
    uspan_spool_record_t r;
    if (!find_first(spool, reader, &place, &r)) {
        return false;
    }
    const uint32_t boot = r.boot;
#if USPAN_SPOOL_READERS > 1
    /* The position is now that of the first record, so that no unused sector before it counts as its own. */
    const uint32_t sector_bytes = spool->log.storage->sector_bytes;
    done_of(&spool->log)->sector = place.sector;
    done_of(&spool->log)->offset = r.address % sector_bytes - USPAN_SPOOL_HEAD_BYTES;
#endif
    reader->shift_ns = uspan_spool_shift(t, spool, boot);
    reader->inner = reader->boot_len;
    reader->count = 0u;
    do {
        reader->inner += r.len;
        reader->count++;
    } while (reader->count != reader->limit && uspan_spool_log_next(&spool->log, &place, &r) == 0 &&
             r.boot == boot && reader->inner + r.len <= REPLAY_BYTES);
#if USPAN_SPOOL_READERS > 1
    spool->log.boot_sectors[spool->log.reader] = (uint16_t)(reader->boot_address / sector_bytes);
    spool->log.flags |= (uint8_t)(USPAN_SPOOL_INTACT << spool->log.reader);
#endif
    return true;
}

uspan_job_t uspan_spool_choose_job(uspan_tracer_t *t, unsigned d, bool open)
{
    uspan_spool_t *spool = uspan_spool_of(t);
    uspan_spool_log_t *log = &spool->log;
    const uspan_target_t *target = &uspan_dest(t, d)->target;
    if (!open || uspan_export_state(t)->stopping != 0u ||
        log->next[uspan_spool_reader_of(log)] == done_of(log)->number ||
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
    if (build_batch(t, spool)) {
        return USPAN_JOB_REPLAY;
    }
    if ((spool->flags & USPAN_SPOOL_SETTLED) != 0u) {
        uspan_wake_after_ms(t, 1u); /* a DONE record must be written, and more records may follow */
    }
    return USPAN_JOB_NONE;
}

bool uspan_spool_split(uspan_tracer_t *t)
{
    uspan_spool_reader_t *reader = reader_of(t);
    reader->limit = reader->count / 2u;
    return reader->limit > 0u;
}

void uspan_spool_settle(uspan_tracer_t *t, uint32_t lost)
{
    uspan_spool_t *spool = uspan_spool_of(t);
    uspan_spool_reader_t *reader = reader_of(t);
    uspan_spool_place_t *done = done_of(&spool->log);
    const uint32_t end = done->number + reader->count;
    /* Nothing is read here, because flash may be busy. */
    if (reader->place.number == end && is_intact(&spool->log)) {
        *done = reader->place; /* the whole body was sent */
    } else {
        done->number = end;
        done->offset = 0u; /* that of the first record, which may be gone */
    }
    settle_to(spool, done, lost < reader->count ? lost : reader->count);
    reader->limit = 0u;
}

void uspan_spool_end(uspan_tracer_t *t)
{
    reader_of(t)->count = 0u;
}

uint32_t uspan_spool_body_len(const uspan_tracer_t *t)
{
    return uspan_len_field(reader_of(t)->inner);
}

void uspan_spool_begin_body(uspan_tracer_t *t)
{
    uspan_spool_reader_t *reader = reader_of(t);
    reader->place = *done_of(&uspan_spool_of(t)->log);
    reader->at = 0u;
    reader->address = reader->boot_address;
    reader->left = reader->plain = reader->boot_len;
}

/* Returns how many bytes were read before the storage returned that. */
static size_t end_reading(uspan_tracer_t *t, int result, size_t filled)
{
#if USPAN_SPOOL_READERS > 1
    if (result == USPAN_SPOOL_BUSY) { /* with a record for another destination */
        uspan_spool_set(uspan_spool_of(t), USPAN_SPOOL_READ_BUSY, true);
        return filled;
    }
#else
    (void)t;
    (void)result;
    (void)filled;
#endif
    return 0u; /* the exchange ends and is started again later */
}

size_t uspan_spool_read(uspan_tracer_t *t, uint8_t *out, size_t cap)
{
    const uspan_spool_log_t *log = &uspan_spool_of(t)->log;
    uspan_spool_reader_t *reader = reader_of(t);
    const uspan_spool_storage_t *s = log->storage;
    const uint32_t len = uspan_spool_body_len(t);
    size_t filled = 0;
#if USPAN_SPOOL_READERS > 1
    uspan_spool_set(uspan_spool_of(t), USPAN_SPOOL_READ_BUSY, false);
    if (!is_intact(log)) { /* they made room for newer ones, so the exchange ends */
        reader->limit = (uint16_t)((reader->count + 1u) / 2u);
        return 0u;
    }
#endif
    while (filled < cap && reader->at < len) {
        uint32_t n = 1u;
        if (reader->at < len - reader->inner) { /* tag and length of ResourceSpans */
            uint8_t head[6];
            (void)uspan_put_len(head, USPAN_TAG(1u, USPAN_WIRE_BYTES), reader->inner);
            out[filled] = head[reader->at];
        } else if (reader->left == 0u) {
            uspan_spool_record_t r;
            const int result = uspan_spool_log_next(log, &reader->place, &r);
            if (result != 0) {
                return end_reading(t, result, filled);
            }
            reader->address = r.address;
            reader->left = r.len;
            reader->entered = 0u;
            reader->plain = reader->shift_ns != 0u ? 0u : r.len;
            continue;
        } else {
            n = (uint32_t)(cap - filled);
            const uint32_t most = reader->plain > 0u ? reader->plain : USPAN_SPOOL_FIELD_BYTES;
            if (n < most && reader->plain == 0u) {
                break; /* a field is corrected in one piece */
            }
            n = n < most ? n : most;
            n = n < reader->left ? n : reader->left;
            const int result = s->read(s->ctx, reader->address, out + filled, n);
            if (result != 0) {
                return end_reading(t, result, filled);
            }
            if (reader->plain == 0u) {
                const uint32_t done = uspan_spool_correct(reader, out + filled);
                n = done < n ? done : n;
            } else {
                reader->plain = (uint16_t)(reader->plain - n);
            }
            reader->address += n;
            reader->left = (uint16_t)(reader->left - n);
        }
        reader->at += n;
        filled += n;
    }
    return filled;
}
#endif
