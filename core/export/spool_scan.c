/* spool_scan.c: finds the records of the spool's log. It writes nothing. Invariant: a record is found only if
 * its head, its length and its checksum are right, and its sector has a header. A record that was written and
 * is damaged takes its number, and so it is counted as lost. The content of the storage is not trusted. Each
 * length is checked against the sector, and each loop ends. */
#include "export/spool_scan.h"
#if USPAN_SPOOL
#include <string.h>

#define CHUNK_BYTES 32u
#define READ_TRIES 3u
#define SPAN_FOR_ALL (USPAN_SPOOL_READERS == 1 ? USPAN_SPOOL_SPAN : USPAN_SPOOL_SHARED | 0xFu)

enum damage {
    WRONG_SUM = USPAN_SPOOL_NONE + 1, /* of a record whose head is right */
    NO_HEAD                           /* any other bytes */
};

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

/* Read the record at an offset of a sector. The seed of a sector's header is its type. Returns: 0;
 * USPAN_SPOOL_BUSY; USPAN_SPOOL_NONE: bytes are erased there; or enum damage, and r->number is the last
 * byte of a record with WRONG_SUM, if it was read. */
static int read_record(const uspan_spool_log_t *log, uint32_t sector, uint32_t offset, uint32_t seed,
                       uspan_spool_record_t *r)
{
    const uspan_spool_storage_t *s = log->storage;
    uint8_t chunk[CHUNK_BYTES];
    uint32_t at = sector * s->sector_bytes + offset;
    const uint32_t room = s->sector_bytes - offset - USPAN_SPOOL_HEAD_BYTES - USPAN_SPOOL_SUM_BYTES;
    int result =
        room < s->sector_bytes ? read_bytes(log, at, chunk, USPAN_SPOOL_HEAD_BYTES) : USPAN_SPOOL_NONE;
    if (result != 0) {
        return result;
    }
    r->len = (uint16_t)(chunk[0] | chunk[1] << 8);
    r->type = chunk[2];
    r->address = at + USPAN_SPOOL_HEAD_BYTES;
    if (chunk[3] != uspan_spool_check(chunk) || r->len > room) {
        return r->type == s->erased ? USPAN_SPOOL_NONE : NO_HEAD;
    }
    if (offset == 0u) {
        seed = r->type;
    }
    uint32_t left = r->len + USPAN_SPOOL_HEAD_BYTES + USPAN_SPOOL_SUM_BYTES;
    r->number = UINT32_MAX;
    do {
        const uint32_t n = left < CHUNK_BYTES ? left : CHUNK_BYTES;
        result = read_bytes(log, at, chunk, n);
        if (result != 0) {
            return result == USPAN_SPOOL_BUSY ? result : WRONG_SUM;
        }
        seed = uspan_spool_crc(seed, chunk, n);
        r->number = chunk[n - 1u];
        at += n;
        left -= n;
    } while (left > 0u);
    return seed == 0u ? 0 : WRONG_SUM; /* the checksum of bytes and of their checksum */
}

/* Find the record at an offset of a sector, and move the offset after it. Returns: 0; USPAN_SPOOL_BUSY;
 * USPAN_SPOOL_NONE: there are no more; USPAN_SPOOL_GAP: it was written and is damaged, and only its type is
 * valid. If its head is damaged, it ends where the next good record begins, and without one it does not
 * count. A record that was torn when power failed has an erased last byte, and no record after it. It does
 * not count either. */
static int find_record(const uspan_spool_log_t *log, uint32_t sector, uint32_t *offset, uint32_t seed,
                       uspan_spool_record_t *r)
{
    const uspan_spool_storage_t *s = log->storage;
    const uint32_t from = *offset;
    uint32_t uses = 0;
    int result;
    /* An earlier use of the sector may have left it, if an erase failed. */
    while ((result = read_record(log, sector, from, seed - uses, r)) == WRONG_SUM && uses < s->sector_count) {
        uses++;
    }
    if (result == 0 || (result == WRONG_SUM && r->number != s->erased)) {
        *offset += uspan_spool_padded(log, r->len);
        return result != 0 ? USPAN_SPOOL_GAP : uses > 0u ? USPAN_SPOOL_NONE : 0;
    }
    if (result < WRONG_SUM) {
        return result;
    }
    while (result > USPAN_SPOOL_BUSY && (*offset += s->unit_bytes) < s->sector_bytes) {
        result = read_record(log, sector, *offset, seed, r);
    }
    /* spans are longer than a DONE record */
    r->type =
        *offset - from > uspan_spool_padded(log, USPAN_SPOOL_DONE_BYTES) ? SPAN_FOR_ALL : USPAN_SPOOL_DONE;
    return result == USPAN_SPOOL_BUSY ? result : result == 0 ? USPAN_SPOOL_GAP : USPAN_SPOOL_NONE;
}

/* Read 32-bit words of a record's data. */
static int read_words(const uspan_spool_log_t *log, const uspan_spool_record_t *r, uint32_t *words,
                      unsigned count)
{
    if (r->len < 4u * count) {
        return USPAN_SPOOL_NONE;
    }
    const int result = read_bytes(log, r->address, (uint8_t *)words, 4u * count);
    for (unsigned i = 0; i < count && result == 0; i++) {
        words[i] = uspan_spool_word((const uint8_t *)&words[i]);
    }
    return result;
}

int uspan_spool_read_header(const uspan_spool_log_t *log, uint32_t sector, uspan_spool_header_t *h)
{
    uspan_spool_record_t r;
    const int result = read_record(log, sector, 0u, 0u, &r);
    if (result == 0) {
        return r.type == USPAN_SPOOL_SECTOR ? read_words(log, &r, &h->boot, USPAN_SPOOL_HEADER_BYTES / 4u)
                                            : USPAN_ERR_REFUSED;
    }
    return result == USPAN_SPOOL_BUSY ? result : USPAN_SPOOL_NONE;
}

int uspan_spool_find_boot_in(const uspan_spool_log_t *log, uint32_t sector, uint32_t sequence, uint32_t boot,
                             uspan_spool_record_t *r)
{
    uint32_t offset = uspan_spool_padded(log, USPAN_SPOOL_HEADER_BYTES);
    uint32_t found;
    int result;
    do {
        result = find_record(log, sector, &offset, sequence, r);
    } while (result == USPAN_SPOOL_GAP || (result == 0 && r->type == USPAN_SPOOL_BOOT &&
                                           (result = read_words(log, r, &found, 1u)) == 0 && found != boot));
    return result == 0 && r->type != USPAN_SPOOL_BOOT ? USPAN_SPOOL_NONE : result;
}

int uspan_spool_log_find_boot(const uspan_spool_log_t *log, uint32_t boot, uspan_spool_record_t *r)
{
    int result = USPAN_SPOOL_NONE;
    for (uint32_t n = 0; n < log->storage->sector_count && (unsigned)result > USPAN_SPOOL_BUSY; n++) {
        /* the sectors that will be reused soon are the last */
        const uint32_t sector = uspan_spool_behind(log, log->sector, n + USPAN_SPOOL_AHEAD);
        uspan_spool_header_t h;
        result = uspan_spool_read_header(log, sector, &h);
        result = result == 0 ? uspan_spool_find_boot_in(log, sector, h.sequence, boot, r) : result;
        r->number = n + USPAN_SPOOL_AHEAD - log->storage->sector_count;
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
    uint16_t next = place->sector;
    int result;
    do {
        uspan_spool_header_t h, successor;
        result = uspan_spool_read_header(log, next, &h);
        if ((unsigned)result > USPAN_SPOOL_BUSY) { /* unused or broken: its number is lower than all others */
            h.sequence = log->sequence - (UINT32_MAX >> 1);
            h.first[reader] = log->next[reader]; /* it has no record */
            place->offset = 0u;
        }
        place->sector = next;
        result = result == USPAN_SPOOL_BUSY ? result : find_successor(log, h.sequence, &next, &successor);
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
                place->offset = offset;
                r->number = number;
                return USPAN_SPOOL_GAP;
            }
            const int found = find_record(log, place->sector, &offset, h.sequence, r);
            if (found == USPAN_SPOOL_BUSY) {
                return found;
            }
            if (found == USPAN_SPOOL_NONE) {
                break;
            }
            if (uspan_spool_is_for(r->type, reader) && number++ == place->number && found == 0) {
                r->number = place->number;
                r->boot = h.boot;
                place->number = number;
                place->offset = offset;
                return 0;
            }
        }
        if (result == 0) {
            place->offset = 0u;
        }
    } while (result == 0);
    if (uspan_spool_is_after(log->next[reader], place->number)) {
        place->sector = log->sector; /* no sector has one of them, and the next record will be here */
        place->offset = log->offset;
        r->number = log->next[reader];
        result = USPAN_SPOOL_GAP;
    }
    return result;
}

static bool is_usable(const uspan_spool_storage_t *s)
{
    return s != NULL && s->read != NULL && s->program != NULL && s->erase != NULL && s->unit_bytes != 0u &&
           USPAN_SPOOL_UNIT % s->unit_bytes == 0u && s->sector_count > USPAN_SPOOL_AHEAD &&
           s->sector_bytes >= 4u * USPAN_SPOOL_UNIT &&
           (s->sector_bytes & ((s->unit_bytes - 1u) | 3u)) == 0u && /* it is a power of two */
           s->sector_bytes <= UINT32_MAX / s->sector_count;
}

/* Count the records of a sector, and read what they say. The sector becomes the newest if it has a span. */
static int mount_sector(uspan_spool_log_t *log, uint16_t sector, uint32_t sequence)
{
    uint32_t offset = uspan_spool_padded(log, USPAN_SPOOL_HEADER_BYTES);
    uspan_spool_record_t r;
    int result;
    while ((result = find_record(log, sector, &offset, sequence, &r)) == 0 || result == USPAN_SPOOL_GAP) {
        if (result == 0 && r.type == USPAN_SPOOL_DONE) {
            result = read_words(log, &r, &log->boot, USPAN_SPOOL_DONE_BYTES / 4u);
            if (result == USPAN_SPOOL_BUSY) {
                break;
            }
        } else if (result == 0 && r.type != USPAN_SPOOL_BOOT) {
            log->sector = sector;
            log->sequence = sequence;
        }
        if (sector == log->sector) {
            uspan_spool_count(log->next, r.type);
        }
    }
    return result;
}

int uspan_spool_log_mount(uspan_spool_log_t *log, const uspan_spool_storage_t *s)
{
    memset(log, 0, sizeof *log);
    if (!is_usable(s)) {
        return USPAN_ERR_ARG;
    }
    log->storage = s;
    log->sector = (uint16_t)(s->sector_count - 1u);
    bool found = false;
    uspan_spool_header_t h;
    int result;
    for (uint32_t sector = 0; sector < s->sector_count; sector++) {
        result = uspan_spool_read_header(log, sector, &h);
        if (result == USPAN_SPOOL_BUSY || result < 0) {
            return result;
        }
        if (result == 0 && (!found || uspan_spool_is_after(h.sequence, log->sequence))) {
            found = true;
            memcpy(&log->boot, &h, sizeof h);
            log->sector = (uint16_t)sector;
        }
    }
    /* Sectors without a header have newer spans only if their headers are damaged. */
    const uint32_t newest = log->sector, sequence = log->sequence;
    for (uint32_t n = found ? 0u : 1u; n <= s->sector_count; n++) {
        const uint16_t sector = uspan_spool_behind(log, newest, n);
        result = n > 0u ? uspan_spool_read_header(log, sector, &h) : USPAN_SPOOL_NONE;
        if (result == USPAN_SPOOL_NONE) {
            result = mount_sector(log, sector, sequence + n);
        }
        if (result == USPAN_SPOOL_BUSY) {
            return result;
        }
    }
    for (unsigned reader = 0; reader < USPAN_SPOOL_READERS; reader++) {
        log->done[reader].number = log->settled[reader];
        log->done[reader].sector = uspan_spool_behind(log, log->sector, 1u);
    }
    log->boot = 0u;
    return 0;
}
#endif
