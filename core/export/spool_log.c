/* spool_log.c: an append-only log in a ring of sectors.
 * Invariant: a record whose append returned 0 is found again after any power cut, until it is finished or its
 * sector is reused, oldest first. No record is found that was not appended. Five rules ensure this:
 * - The header of a sector is written last, after the BOOT records at the start of the sector. Each boot
 *   opens a new sector, because a unit whose programming was interrupted may read as erased.
 * - Checksums of records start with the number of their sector. Therefore bytes from an earlier use do not
 *   match. The number increases with each attempt to open a sector, even if the attempt fails.
 * - Programmed bytes are read back, unless the storage has sync(). A sector that failed is abandoned, and its
 *   record is written again. The header of the next sector says where the numbers of the failed one end.
 * - The BOOT record of sectors that stay is copied two sectors before its own sector is reused.
 * - The number of lost records follows from the record numbers. No counter must survive an erase. */
#include "export/spool_log.h"
#if USPAN_SPOOL
#include <string.h>

enum step {
    STEP_CLOSED = 0, /* the next record needs a new sector */
    STEP_ERASE,
    STEP_COPY, /* a BOOT record that later records need */
    STEP_BOOT, /* the BOOT record of this boot */
    STEP_HEADER,
    STEP_OPEN
};

enum flags {
    FLAG_BOOTED = 1,    /* this boot has a sector and its BOOT record */
    FLAG_PROGRAMMED = 4 /* the unit was programmed and must be read back */
};

/* A record to write: its head, words of the log, then bytes of the source. */
typedef struct record {
    unsigned type;
    uint32_t words_bytes; /* bytes of the log's words at the start of the data */
    uint32_t len;         /* of the data */
    uspan_spool_source_t source;
    void *ctx;
} record_t;

/* Fill the unit's buffer with the next bytes of a record. */
static int fill_unit(uspan_spool_log_t *log, const record_t *r, uint32_t end)
{
    const uint32_t *const words = &log->boot;
    const uint32_t head = r->len | (uint32_t)r->type << 16 | ~(r->len + (r->len >> 8) + r->type) << 24;
    const uint32_t words_end = USPAN_SPOOL_HEAD_BYTES + r->words_bytes;
    const uint32_t data_end = USPAN_SPOOL_HEAD_BYTES + r->len;
    for (unsigned reader = 0; reader < USPAN_SPOOL_READERS; reader++) {
        log->settled[reader] = log->done[reader].number;
    }
    uint32_t at;
    while (log->fill < USPAN_SPOOL_UNIT && (at = (uint32_t)log->at + log->fill) < end) {
        uint8_t *const out = log->unit + log->fill;
        uint32_t n = 1u;
        if (at < words_end) {
            *out = (uint8_t)((at < USPAN_SPOOL_HEAD_BYTES ? head : words[at / 4u - 1u]) >> 8u * (at % 4u));
        } else if (at < data_end) {
            n = data_end - at;
            n = n < (uint32_t)USPAN_SPOOL_UNIT - log->fill ? n : (uint32_t)USPAN_SPOOL_UNIT - log->fill;
            int result = r->source(r->ctx, r->type, at - words_end, out, n);
            if (result != 0) {
                return result;
            }
        } else if (at < data_end + USPAN_SPOOL_SUM_BYTES) {
            *out = (uint8_t)log->crc; /* the checksum of this byte too is the rest of the checksum */
        } else {
            *out = log->storage->erased;
        }
        log->crc = uspan_spool_crc(log->crc, out, n);
        log->fill = (uint8_t)(log->fill + n);
    }
    return 0;
}

/* Write a record after the others of the sector, or the sector's header at its start. Returns 0 when it is
 * durable. */
static int write_record(uspan_spool_log_t *log, const record_t *r)
{
    const uspan_spool_storage_t *s = log->storage;
    const bool is_header = r->type == USPAN_SPOOL_SECTOR;
    const uint32_t offset = is_header ? 0u : log->offset;
    if ((log->at | log->fill) == 0u) {
        log->crc = is_header ? USPAN_SPOOL_SECTOR : log->sequence;
    }
    const uint32_t end = uspan_spool_padded(log, r->len);
    while (log->at < end) {
        uint8_t back[USPAN_SPOOL_UNIT];
        const uint32_t address = log->sector * s->sector_bytes + offset + log->at;
        int result = 0;
        if ((log->flags & FLAG_PROGRAMMED) == 0u) {
            result = fill_unit(log, r, end);
            result = result == 0 ? s->program(s->ctx, address, log->unit, log->fill) : result;
            if (result != 0) {
                return result;
            }
            log->flags |= FLAG_PROGRAMMED;
        }
        if (s->sync == NULL) {
            result = s->read(s->ctx, address, back, log->fill);
            if (result == 0 && memcmp(back, log->unit, log->fill) != 0) {
                result = -1;
            }
            if (result != 0) {
                return result;
            }
        }
        log->flags &= (uint8_t)~FLAG_PROGRAMMED;
        log->at = (uint16_t)(log->at + log->fill);
        log->fill = 0u;
    }
    if (s->sync != NULL && s->sync(s->ctx) != 0) {
        return -1;
    }
    log->offset += is_header ? 0u : log->at;
    log->at = 0u;
    return 0;
}

bool uspan_spool_log_rests(const uspan_spool_log_t *log)
{
    return (log->step == STEP_CLOSED || log->step == STEP_OPEN) && (log->at | log->fill) == 0u;
}

/* Discard a record that was written in part. */
static void abandon_record(uspan_spool_log_t *log)
{
    log->at = 0u;
    log->fill = 0u;
    log->flags &= (uint8_t)~FLAG_PROGRAMMED;
    log->step = STEP_CLOSED;
}

/* A record of this log that is copied. */
typedef struct copy {
    const uspan_spool_storage_t *storage;
    uint32_t address;
} copy_t;

static int copy_source(void *ctx, unsigned type, uint32_t at, uint8_t *out, uint32_t n)
{
    const copy_t *copy = ctx;
    (void)type;
    return copy->storage->read(copy->storage->ctx, copy->address + at, out, n);
}

/* Copy the BOOT records of the next two sectors that later records need. There are two, because one of them
 * may be broken and skipped. Copies one record per call. */
static int copy_boots(uspan_spool_log_t *log)
{
    const uspan_spool_storage_t *s = log->storage;
    for (uint32_t n = USPAN_SPOOL_AHEAD - 1u; n < s->sector_count; n++) {
        uspan_spool_record_t r;
        uspan_spool_header_t h;
        int result = uspan_spool_read_header(log, uspan_spool_behind(log, log->sector, n), &h);
        if (result == USPAN_SPOOL_NONE) {
            continue;
        }
        if (result == 0) {
            result =
                uspan_spool_find_boot_in(log, log->sector, log->sequence, h.boot, &r); /* copied before? */
        }
        if (result == USPAN_SPOOL_NONE) {
            result = uspan_spool_log_find_boot(log, h.boot, &r);
            /* r.number: sectors from this one on, if it is reused soon */
            if (result == 0 && r.number != n && r.number - 1u < USPAN_SPOOL_AHEAD - 1u) {
                copy_t copy = { s, r.address };
                const record_t record = { USPAN_SPOOL_BOOT, 0u, r.len, copy_source, &copy };
                result = write_record(log, &record);
            }
        }
        if (result == USPAN_SPOOL_BUSY || result < 0) {
            return result;
        }
        if (n >= USPAN_SPOOL_AHEAD) {
            break;
        }
    }
    return 0;
}

/* Choose the next sector of the ring. */
static void take_sector(uspan_spool_log_t *log)
{
    const uint16_t sector = uspan_spool_behind(log, log->sector, 1u);
    for (unsigned reader = 0; reader < USPAN_SPOOL_READERS; reader++) {
        uspan_spool_place_t *done = &log->done[reader];
#if USPAN_SPOOL_READERS > 1
        if (done->sector == sector || log->boot_sectors[reader] == sector) {
            log->flags &= (uint8_t) ~(USPAN_SPOOL_INTACT << reader);
        }
#endif
        if (done->sector == sector) {
            done->sector = uspan_spool_behind(log, sector, 1u);
            done->offset = 0u;
        }
    }
    log->sector = sector;
    log->sequence++;
    if ((log->flags & FLAG_BOOTED) == 0u) {
        log->boot = log->sequence;
    }
    log->offset = uspan_spool_padded(log, USPAN_SPOOL_HEADER_BYTES);
}

/* Advance by one step towards a sector that accepts records, or write the record. */
static int write_step(uspan_spool_log_t *log, const uspan_spool_input_t *in)
{
    const uspan_spool_storage_t *s = log->storage;
    record_t r = { in->type, in->type == USPAN_SPOOL_DONE ? in->len : 0u, in->len, in->source, in->ctx };
    switch (log->step) {
    case STEP_CLOSED:
        take_sector(log);
        return 0;
    case STEP_ERASE:
        return s->erase(s->ctx, log->sector);
    case STEP_COPY:
        return copy_boots(log);
    case STEP_BOOT:
        if ((log->flags & FLAG_BOOTED) != 0u) {
            return 0;
        }
        r.type = USPAN_SPOOL_BOOT;
        r.words_bytes = USPAN_SPOOL_BOOT_BYTES;
        r.len = in->boot_len + USPAN_SPOOL_BOOT_BYTES;
        break;
    case STEP_HEADER:
        r.type = USPAN_SPOOL_SECTOR;
        r.words_bytes = r.len = USPAN_SPOOL_HEADER_BYTES;
        break;
    default:
        break;
    }
    return write_record(log, &r);
}

/* Count a durable record. A reader that has finished all others, and that it is not for, passes it. */
static void count_written(uspan_spool_log_t *log, unsigned type)
{
#if USPAN_SPOOL_READERS > 1
    for (unsigned reader = 0; reader < USPAN_SPOOL_READERS; reader++) {
        uspan_spool_place_t *done = &log->done[reader];
        if (done->number == log->next[reader] && !uspan_spool_is_for(type, reader)) {
            done->sector = log->sector;
            done->offset = log->offset;
        }
    }
#endif
    uspan_spool_count(log->next, type);
}

int uspan_spool_log_append(uspan_spool_log_t *log, const uspan_spool_input_t *in)
{
    const uspan_spool_storage_t *s = log->storage;
    const uint32_t need = uspan_spool_padded(log, in->len);
    const uint32_t most = s->sector_bytes < UINT16_MAX ? s->sector_bytes : UINT16_MAX;
    if (uspan_spool_padded(log, USPAN_SPOOL_HEADER_BYTES) +
            uspan_spool_padded(log, in->boot_len + USPAN_SPOOL_BOOT_BYTES) + need >
        most) {
        return USPAN_ERR_FULL;
    }
    for (;;) {
        if (log->step == STEP_OPEN && log->offset + need > s->sector_bytes) {
            log->step = STEP_CLOSED;
        }
        int result = write_step(log, in);
        if (result > 0) {
            return USPAN_SPOOL_BUSY;
        }
        if (result < 0) {
            abandon_record(log);
            if (++log->fails >= s->sector_count - 1u || log->fails == UINT8_MAX) {
                log->fails = 0u;
                return USPAN_ERR_IO;
            }
            continue;
        }
        if (log->step == STEP_OPEN) {
            log->fails = 0u;
            count_written(log, in->type);
            return 0;
        }
        log->flags |= (uint8_t)(log->step == STEP_HEADER ? FLAG_BOOTED : 0);
        if (log->step++ == STEP_ERASE) {
            return USPAN_SPOOL_BUSY; /* an erase takes long, so the next step is left to the next call */
        }
    }
}

void uspan_spool_log_renew(uspan_spool_log_t *log)
{
    log->step = STEP_CLOSED;
    log->flags &= (uint8_t)~FLAG_BOOTED;
}

int uspan_spool_log_wipe(const uspan_spool_log_t *log, uint32_t n)
{
    const uspan_spool_storage_t *s = log->storage;
    const uint32_t sector = uspan_spool_behind(log, log->sector, n);
    for (uint32_t at = 0; at < s->sector_bytes; at += 4u) { /* 4 divides it, as it does USPAN_SPOOL_UNIT */
        uint8_t bytes[4];
        const int result = s->read(s->ctx, sector * s->sector_bytes + at, bytes, sizeof bytes);
        if (result > 0) {
            return USPAN_SPOOL_BUSY;
        }
        if (result < 0 || uspan_spool_word(bytes) != s->erased * 0x01010101u) {
            return s->erase(s->ctx, sector);
        }
    }
    return 0;
}
#endif
