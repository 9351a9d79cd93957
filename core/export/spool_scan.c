/* spool_scan.c: finds the records of the spool's log. It writes nothing. Invariant: a record is found only if
 * its head, its length and its checksum are right, and its sector has a header. The content of the storage is
 * not trusted. Each length is checked against the sector, and each loop ends. */
#include "export/spool_scan.h"
#if USPAN_SPOOL
#include <string.h>

#define CHUNK_BYTES 32u
#define READ_TRIES 3u

uint32_t uspan_spool_crc(uint32_t crc, const uint8_t *data, uint32_t len)
{
    for (; len > 0u; len--) {
        crc ^= *data++;
        for (unsigned bit = 0; bit < 8u; bit++) {
            crc = crc >> 1 ^ (0xEDB88320u & (0u - (crc & 1u)));
        }
    }
    return crc;
}

/* Read bytes of the storage. A failure may be temporary. Such a sector must not be treated as unused. */
static int read_bytes(const uspan_spool_log_t *log, uint32_t address, uint8_t *out, uint32_t len)
{
    const uspan_spool_storage_t *s = log->storage;
    int result = -1;
    for (unsigned tries = READ_TRIES; tries > 0u && result < 0; tries--) {
        result = s->read(s->ctx, address, out, len);
    }
    return result == 0 ? 0 : result > 0 ? USPAN_SPOOL_BUSY : USPAN_SPOOL_NONE;
}

/* Read the record at an offset of a sector, if it is complete. A header contains its own seed. */
static int read_record(const uspan_spool_log_t *log, uint32_t sector, uint32_t offset, uint32_t seed,
                       uspan_spool_record_t *r)
{
    const uspan_spool_storage_t *s = log->storage;
    uint8_t chunk[CHUNK_BYTES];
    uint32_t at = sector * s->sector_bytes + offset;
    const uint32_t room = s->sector_bytes - offset;
    int result = room >= USPAN_SPOOL_HEAD_BYTES + USPAN_SPOOL_SUM_BYTES
                     ? read_bytes(log, at, chunk, USPAN_SPOOL_HEAD_BYTES)
                     : USPAN_SPOOL_NONE;
    if (result != 0) {
        return result;
    }
    r->len = (uint16_t)(chunk[0] | chunk[1] << 8);
    r->type = chunk[2];
    if (chunk[3] != uspan_spool_check(chunk) ||
        r->len > room - USPAN_SPOOL_HEAD_BYTES - USPAN_SPOOL_SUM_BYTES) {
        return USPAN_SPOOL_NONE;
    }
    uint32_t crc = uspan_spool_crc(seed, chunk, USPAN_SPOOL_HEAD_BYTES);
    r->address = at += USPAN_SPOOL_HEAD_BYTES;
    for (uint32_t left = r->len + USPAN_SPOOL_SUM_BYTES, n; left > 0u; left -= n, at += n) {
        n = left > USPAN_SPOOL_SUM_BYTES ? left - USPAN_SPOOL_SUM_BYTES : USPAN_SPOOL_SUM_BYTES;
        n = n < CHUNK_BYTES ? n : CHUNK_BYTES;
        result = read_bytes(log, at, chunk, n);
        if (result != 0) {
            return result;
        }
        if (left == USPAN_SPOOL_SUM_BYTES) {
            return uspan_spool_word(chunk) == crc ? 0 : USPAN_SPOOL_NONE;
        }
        crc = uspan_spool_crc(crc, chunk, n);
    }
    return USPAN_SPOOL_NONE;
}

/* Read 32-bit words of a record's data. */
static int read_words(const uspan_spool_log_t *log, const uspan_spool_record_t *r, uint32_t *words,
                      unsigned count)
{
    uint8_t bytes[USPAN_SPOOL_HEADER_BYTES];
    if (r->len < 4u * count) {
        return USPAN_SPOOL_NONE;
    }
    const int result = read_bytes(log, r->address, bytes, 4u * count);
    for (unsigned i = 0; i < count && result == 0; i++) {
        words[i] = uspan_spool_word(bytes + 4u * i);
    }
    return result;
}

int uspan_spool_read_header(const uspan_spool_log_t *log, uint32_t sector, uspan_spool_header_t *h)
{
    uspan_spool_record_t r;
    int result = read_record(log, sector, 0u, USPAN_SPOOL_SECTOR, &r);
    if (result == 0) {
        result = r.type == USPAN_SPOOL_SECTOR ? read_words(log, &r, &h->boot, USPAN_SPOOL_HEADER_BYTES / 4u)
                                              : USPAN_SPOOL_NONE;
    }
    return result;
}

int uspan_spool_find_boot_in(const uspan_spool_log_t *log, uint32_t sector, uint32_t sequence, uint32_t boot,
                             uspan_spool_record_t *r)
{
    uint32_t offset = uspan_spool_padded(log, USPAN_SPOOL_HEADER_BYTES);
    uint32_t found;
    int result;
    while ((result = read_record(log, sector, offset, sequence, r)) == 0 && r->type == USPAN_SPOOL_BOOT &&
           (result = read_words(log, r, &found, 1u)) == 0 && found != boot) {
        offset += uspan_spool_padded(log, r->len);
    }
    return result == 0 && r->type != USPAN_SPOOL_BOOT ? USPAN_SPOOL_NONE : result;
}

int uspan_spool_log_find_boot(const uspan_spool_log_t *log, uint32_t boot, uspan_spool_record_t *r)
{
    int result = USPAN_SPOOL_NONE;
    for (uint32_t n = 0; n < log->storage->sector_count && result == USPAN_SPOOL_NONE; n++) {
        /* the sectors that will be reused soon are the last */
        const uint32_t sector = uspan_spool_behind(log, log->sector, n + USPAN_SPOOL_AHEAD);
        uspan_spool_header_t h;
        result = uspan_spool_read_header(log, sector, &h);
        result = result == 0 ? uspan_spool_find_boot_in(log, sector, h.sequence, boot, r) : result;
    }
    return result;
}

/* Find the next sector in use after this one. It has that sequence number. */
static int find_successor(const uspan_spool_log_t *log, uint32_t sequence, uint16_t *sector,
                          uspan_spool_header_t *h)
{
    while (*sector != log->sector) {
        *sector = uspan_spool_behind(log, *sector, 1u);
        int result = uspan_spool_read_header(log, *sector, h);
        if (result == USPAN_SPOOL_BUSY || (result == 0 && uspan_spool_is_after(h->sequence, sequence))) {
            return result;
        }
    }
    return USPAN_SPOOL_NONE;
}

int uspan_spool_log_next(const uspan_spool_log_t *log, uspan_spool_place_t *place, uspan_spool_record_t *r)
{
    const unsigned reader = uspan_spool_reader_of(log);
    uspan_spool_header_t h, successor;
    int result = uspan_spool_read_header(log, place->sector, &h);
    uint16_t next = place->sector;
    if (result == USPAN_SPOOL_NONE) { /* unused or broken: its number is lower than all others */
        h.sequence = log->sequence - (UINT32_MAX >> 1);
        result = find_successor(log, h.sequence, &next, &h);
        place->offset = 0u;
    }
    while (result == 0) {
        place->sector = next;
        result = find_successor(log, h.sequence, &next, &successor);
        if (result == USPAN_SPOOL_BUSY) {
            return result;
        }
        const uint32_t end = result == 0 ? successor.first[reader] : log->next[reader];
        uint32_t number = place->number;
        uint32_t offset = place->offset;
        if (offset == 0u) {
            number = h.first[reader];
            offset = uspan_spool_padded(log, USPAN_SPOOL_HEADER_BYTES);
        }
        while (uspan_spool_is_after(end, number)) {
            if (uspan_spool_is_after(number, place->number)) {
                r->number = number;
                return USPAN_SPOOL_GAP;
            }
            int found = read_record(log, place->sector, offset, h.sequence, r);
            if (found != 0) {
                if (found == USPAN_SPOOL_BUSY) {
                    return found;
                }
                break;
            }
            offset += uspan_spool_padded(log, r->len);
            if (!uspan_spool_is_for(r->type, reader)) {
                continue;
            }
            if (number++ == place->number) {
                r->number = place->number;
                r->boot = h.boot;
                place->number = number;
                place->offset = offset;
                return 0;
            }
        }
        if (result == 0) {
            h = successor;
            place->offset = 0u;
        }
    }
    if (result == USPAN_SPOOL_NONE && uspan_spool_is_after(log->next[reader], place->number)) {
        place->sector = log->sector; /* no sector has one of them, and the next record will be here */
        place->offset = log->offset;
        r->number = log->next[reader];
        result = USPAN_SPOOL_GAP;
    }
    return result;
}

int uspan_spool_log_mount(uspan_spool_log_t *log, const uspan_spool_storage_t *s)
{
    uspan_spool_header_t h = { 0 };
    bool found = false;
    memset(log, 0, sizeof *log);
    if (s == NULL || s->read == NULL || s->program == NULL || s->erase == NULL || s->unit_bytes == 0u ||
        USPAN_SPOOL_UNIT % s->unit_bytes != 0u || s->sector_count < USPAN_SPOOL_AHEAD + 1u ||
        s->sector_bytes < 4u * USPAN_SPOOL_UNIT ||
        (s->sector_bytes & ((s->unit_bytes - 1u) | 3u)) != 0u || /* it is a power of two */
        s->sector_bytes > UINT32_MAX / s->sector_count) {
        return USPAN_ERR_ARG;
    }
    log->storage = s;
    log->sector = (uint16_t)(s->sector_count - 1u);
    for (uint16_t sector = 0; sector < s->sector_count; sector++) {
        uspan_spool_header_t other;
        int result = uspan_spool_read_header(log, sector, &other);
        if (result == USPAN_SPOOL_BUSY) {
            return result;
        }
        if (result == 0 && (!found || uspan_spool_is_after(other.sequence, h.sequence))) {
            found = true;
            h = other;
            log->sector = sector;
        }
    }
    log->sequence = h.sequence;
    memcpy(log->next, h.first, sizeof log->next);
    uspan_spool_record_t r;
    int result = found ? 0 : USPAN_SPOOL_NONE;
    for (uint32_t offset = uspan_spool_padded(log, USPAN_SPOOL_HEADER_BYTES); result == 0;
         offset += uspan_spool_padded(log, r.len)) {
        result = read_record(log, log->sector, offset, h.sequence, &r);
        if (result == 0) {
            uspan_spool_count(log->next, r.type);
        }
        if (result == 0 && r.type == USPAN_SPOOL_DONE) {
            result = read_words(log, &r, &h.boot, USPAN_SPOOL_DONE_BYTES / 4u);
        }
    }
    for (unsigned reader = 0; reader < USPAN_SPOOL_READERS; reader++) {
        log->done[reader].number = h.done[reader];
        log->done[reader].sector = uspan_spool_behind(log, log->sector, 1u);
    }
    memcpy(log->lost, h.lost, sizeof log->lost);
    return result == USPAN_SPOOL_BUSY ? result : 0;
}
#endif
