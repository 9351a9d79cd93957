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

#define DONE_BYTES 8u /* number, lost */

enum step {
    STEP_CLOSED = 0, /* the next record needs a new sector */
    STEP_ERASE,
    STEP_COPY, /* a BOOT record that later records need */
    STEP_BOOT, /* the BOOT record of this boot */
    STEP_HEADER,
    STEP_OPEN
};

enum flags {
    FLAG_BOOTED = 1, /* this boot has a sector and its BOOT record */
    FLAG_HELD = 2,
    FLAG_PROGRAMMED = 4 /* the unit was programmed and must be read back */
};

static void put_word(uint8_t *at, uint32_t word)
{
    for (unsigned i = 0; i < 4u; i++) {
        at[i] = (uint8_t)(word >> 8u * i);
    }
}

/* Fill the unit's buffer with the next bytes of a record. */
static int fill_unit(uspan_spool_log_t *log, unsigned type, uint32_t len,
                     int (*source)(void *ctx, uint32_t at, uint8_t *out, uint32_t n), void *ctx)
{
    const uint32_t end = uspan_spool_padded(log, len);
    const uint8_t head[USPAN_SPOOL_HEAD_BYTES] = { (uint8_t)len, (uint8_t)(len >> 8), (uint8_t)type, 0u };
    while (log->fill < USPAN_SPOOL_UNIT && log->at + log->fill < end) {
        const uint32_t at = (uint32_t)log->at + log->fill;
        uint8_t *const out = log->unit + log->fill;
        uint32_t n = 1u;
        if (at < USPAN_SPOOL_HEAD_BYTES) {
            *out = at < USPAN_SPOOL_HEAD_BYTES - 1u ? head[at] : uspan_spool_check(head);
        } else if (at < USPAN_SPOOL_HEAD_BYTES + len) {
            n = USPAN_SPOOL_HEAD_BYTES + len - at;
            n = n < (uint32_t)USPAN_SPOOL_UNIT - log->fill ? n : (uint32_t)USPAN_SPOOL_UNIT - log->fill;
            int result = source(ctx, at - USPAN_SPOOL_HEAD_BYTES, out, n);
            if (result != 0) {
                return result;
            }
        } else if (at < USPAN_SPOOL_HEAD_BYTES + len + USPAN_SPOOL_SUM_BYTES) {
            *out = (uint8_t)(log->crc >> 8u * (at - USPAN_SPOOL_HEAD_BYTES - len));
        } else {
            *out = log->storage->erased;
        }
        if (at < USPAN_SPOOL_HEAD_BYTES + len) {
            log->crc = uspan_spool_crc(log->crc, out, n);
        }
        log->fill = (uint8_t)(log->fill + n);
    }
    return 0;
}

/* Write a record after the others of the sector, or the sector's header at its start. Returns 0 when it is
 * durable. */
static int write_record(uspan_spool_log_t *log, unsigned type, uint32_t len,
                        int (*source)(void *ctx, uint32_t at, uint8_t *out, uint32_t n), void *ctx)
{
    const uspan_spool_storage_t *s = log->storage;
    const uint32_t offset = type == USPAN_SPOOL_SECTOR ? 0u : log->offset;
    if (log->at == 0u && log->fill == 0u) {
        log->crc = type == USPAN_SPOOL_SECTOR ? USPAN_SPOOL_SECTOR : log->sequence;
    }
    while (log->at < uspan_spool_padded(log, len)) {
        uint8_t back[USPAN_SPOOL_UNIT];
        const uint32_t address = log->sector * s->sector_bytes + offset + log->at;
        int result = 0;
        if ((log->flags & FLAG_PROGRAMMED) == 0u) {
            result = fill_unit(log, type, len, source, ctx);
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
    log->offset += type == USPAN_SPOOL_SECTOR ? 0u : log->at;
    log->at = 0u;
    return 0;
}

bool uspan_spool_log_rests(const uspan_spool_log_t *log)
{
    return log->step % STEP_OPEN == STEP_CLOSED && (log->at | log->fill) == 0u;
}

void uspan_spool_log_abandon(uspan_spool_log_t *log)
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

static int copy_source(void *ctx, uint32_t at, uint8_t *out, uint32_t n)
{
    const copy_t *copy = ctx;
    return copy->storage->read(copy->storage->ctx, copy->address + at, out, n);
}

/* The first records of a sector: the number of this boot, then bytes of the caller. */
typedef struct boot_input {
    const uspan_spool_input_t *in;
    uint32_t boot;
} boot_input_t;

static int boot_source(void *ctx, uint32_t at, uint8_t *out, uint32_t n)
{
    const boot_input_t *boot = ctx;
    while (at < 4u && n > 0u) {
        *out++ = (uint8_t)(boot->boot >> 8u * at++);
        n--;
    }
    return n > 0u ? boot->in->boot_source(boot->in->boot_ctx, at - 4u, out, n) : 0;
}

/* A source of bytes that are in memory. */
static int bytes_source(void *ctx, uint32_t at, uint8_t *out, uint32_t n)
{
    memcpy(out, (const uint8_t *)ctx + at, n);
    return 0;
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
            const uint32_t from = r.address / s->sector_bytes;
            if (result == 0 && from != uspan_spool_behind(log, log->sector, n) &&
                (from == uspan_spool_behind(log, log->sector, 1u) ||
                 from == uspan_spool_behind(log, log->sector, 2u))) {
                copy_t copy = { s, r.address };
                result = write_record(log, USPAN_SPOOL_BOOT, r.len, copy_source, &copy);
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

static int write_header(uspan_spool_log_t *log)
{
    uint8_t bytes[USPAN_SPOOL_HEADER_BYTES];
    put_word(bytes, log->sequence);
    put_word(bytes + 4, log->next);
    put_word(bytes + 8, log->boot);
    put_word(bytes + 12, log->done.number);
    put_word(bytes + 16, log->lost);
    return write_record(log, USPAN_SPOOL_SECTOR, USPAN_SPOOL_HEADER_BYTES, bytes_source, bytes);
}

/* Choose the next sector of the ring. */
static int take_sector(uspan_spool_log_t *log)
{
    const uint16_t sector = uspan_spool_behind(log, log->sector, 1u);
    if (log->done.sector == sector) {
        if ((log->flags & FLAG_HELD) != 0u) {
            return USPAN_SPOOL_BUSY;
        }
        log->done.sector = uspan_spool_behind(log, sector, 1u);
        log->done.offset = 0u;
    }
    log->sector = sector;
    log->sequence++;
    if ((log->flags & FLAG_BOOTED) == 0u) {
        log->boot = log->sequence;
    }
    log->offset = uspan_spool_padded(log, USPAN_SPOOL_HEADER_BYTES);
    log->step = STEP_ERASE;
    return 0;
}

/* Advance by one step towards a sector that accepts records. */
static int open_step(uspan_spool_log_t *log, const uspan_spool_input_t *in)
{
    const uspan_spool_storage_t *s = log->storage;
    boot_input_t boot = { in, log->boot };
    int result = 0;
    switch (log->step) {
    case STEP_CLOSED:
        return take_sector(log);
    case STEP_ERASE:
        result = s->erase(s->ctx, log->sector);
        break;
    case STEP_COPY:
        result = copy_boots(log);
        break;
    case STEP_BOOT:
        if ((log->flags & FLAG_BOOTED) == 0u) {
            result = write_record(log, USPAN_SPOOL_BOOT, in->boot_len + 4u, boot_source, &boot);
        }
        break;
    default:
        result = write_header(log);
        log->flags |= (uint8_t)(result == 0 ? FLAG_BOOTED : 0);
        break;
    }
    log->step = (uint8_t)(log->step + (result == 0));
    /* An erase takes long, so the next step is left to the next call. */
    return result == 0 && log->step == STEP_COPY ? USPAN_SPOOL_BUSY : result;
}

int uspan_spool_log_append(uspan_spool_log_t *log, const uspan_spool_input_t *in)
{
    const uspan_spool_storage_t *s = log->storage;
    const uint32_t need = uspan_spool_padded(log, in->len);
    if (uspan_spool_padded(log, USPAN_SPOOL_HEADER_BYTES) + uspan_spool_padded(log, in->boot_len + 4u) +
            need >
        s->sector_bytes) {
        return USPAN_ERR_FULL;
    }
    for (;;) {
        int result;
        if (log->step == STEP_OPEN && log->offset + need > s->sector_bytes) {
            log->step = STEP_CLOSED;
        }
        if (log->step == STEP_OPEN) {
            result = write_record(log, in->type, in->len, in->source, in->ctx);
            if (result == 0) {
                log->fails = 0u;
                log->next += in->type == USPAN_SPOOL_SPAN;
                return 0;
            }
        } else {
            result = open_step(log, in);
        }
        if (result > 0) {
            return USPAN_SPOOL_BUSY;
        }
        if (result < 0) {
            uspan_spool_log_abandon(log);
            if (++log->fails >= s->sector_count - 1u || log->fails == UINT8_MAX) {
                log->fails = 0u;
                return USPAN_ERR_IO;
            }
        }
    }
}

int uspan_spool_log_write_done(uspan_spool_log_t *log, const uspan_spool_input_t *boot)
{
    uint8_t bytes[DONE_BYTES];
    put_word(bytes, log->done.number);
    put_word(bytes + 4, log->lost);
    uspan_spool_input_t in = *boot;
    in.type = USPAN_SPOOL_DONE;
    in.len = DONE_BYTES;
    in.source = bytes_source;
    in.ctx = bytes;
    return uspan_spool_log_append(log, &in);
}

void uspan_spool_log_settle(uspan_spool_log_t *log, const uspan_spool_place_t *place, uint32_t lost)
{
    log->done = *place;
    log->lost += lost;
}

void uspan_spool_log_hold(uspan_spool_log_t *log, bool held)
{
    log->flags = (uint8_t)(held ? log->flags | FLAG_HELD : log->flags & ~FLAG_HELD);
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
        if (s->read(s->ctx, sector * s->sector_bytes + at, bytes, sizeof bytes) > 0) {
            return USPAN_SPOOL_BUSY;
        }
        for (unsigned i = 0; i < sizeof bytes; i++) {
            if (bytes[i] != s->erased) {
                return s->erase(s->ctx, sector);
            }
        }
    }
    return 0;
}
#endif
