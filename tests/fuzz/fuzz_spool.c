/* fuzz_spool.c: any bytes as the flash of a spool, or a log that was written, as the input says or before, and
 * then changed anywhere.
 * Reading ends and stays within the storage, and records written afterwards are read back.
 * uspan-config: USPAN_SPOOL=1 */
#include "export/spool_log.h"
#include "fuzz.h"

#define SECTORS 5u
#define SECTOR_BYTES 256u

static uint8_t flash[SECTORS * SECTOR_BYTES];
static uint8_t logs[64][SECTORS * SECTOR_BYTES]; /* written once, because that takes most of a run's time */

static int read_flash(void *ctx, uint32_t address, uint8_t *out, uint32_t len)
{
    (void)ctx;
    CHECK(len <= sizeof flash && address <= sizeof flash - len);
    memcpy(out, flash + address, len);
    return 0;
}

static int program(void *ctx, uint32_t address, const uint8_t *data, uint32_t len)
{
    (void)ctx;
    CHECK(len <= USPAN_SPOOL_UNIT && address <= sizeof flash - len && address % 4u == 0u && len % 4u == 0u);
    for (uint32_t i = 0; i < len; i++) {
        flash[address + i] &= data[i];
    }
    return 0;
}

static int erase(void *ctx, uint32_t sector)
{
    (void)ctx;
    CHECK(sector < SECTORS);
    memset(flash + sector * SECTOR_BYTES, 0xFF, SECTOR_BYTES);
    return 0;
}

static const uspan_spool_storage_t storage = { NULL,       SECTOR_BYTES, SECTORS, 4u,  0xFFu,
                                               read_flash, program,      erase,   NULL };

static int give(void *ctx, unsigned type, uint32_t at, uint8_t *out, uint32_t n)
{
    (void)type;
    for (uint32_t i = 0; i < n; i++) {
        out[i] = (uint8_t)(*(const uint8_t *)ctx + at + i);
    }
    return 0;
}

static void append(uspan_spool_log_t *log, uint8_t seed)
{
    uspan_spool_input_t in = { .type = USPAN_SPOOL_SPAN,
                               .len = (uint16_t)(seed % 64u + 1u),
                               .boot_len = 9u,
                               .source = give,
                               .ctx = &seed };
    int result;
    while ((result = uspan_spool_log_append(log, &in)) == USPAN_SPOOL_BUSY) {
    }
    CHECK(result == 0);
}

/* Read all. Returns the last record's first byte, or -1. */
static int read_all(uspan_spool_log_t *log)
{
    uspan_spool_place_t place = log->done[0];
    uspan_spool_record_t r, boot;
    int last = -1;
    int result;
    for (unsigned n = 0; (result = uspan_spool_log_next(log, &place, &r)) != USPAN_SPOOL_NONE; n++) {
        CHECK(n < sizeof flash && result != USPAN_SPOOL_BUSY);
        if (result == USPAN_SPOOL_GAP) {
            CHECK(r.number != place.number);
            place.number = r.number;
            continue;
        }
        CHECK(r.address <= sizeof flash - r.len);
        last = r.len > 0u ? flash[r.address] : -1;
        (void)uspan_spool_log_find_boot(log, r.boot, &boot);
    }
    return last;
}

/* Write a log of some boots. Returns how many bytes of the input it took. */
static size_t write_log(const uint8_t *data, size_t len)
{
    uspan_spool_log_t log;
    size_t at = 0;
    memset(flash, 0xFF, sizeof flash);
    for (unsigned boots = 0; boots < 3u && at < len; boots++) {
        CHECK(uspan_spool_log_mount(&log, &storage) == 0);
        for (unsigned n = data[at++] % 16u; n > 0u && at < len; n--) {
            append(&log, data[at++]);
        }
    }
    return at;
}

static void write_logs(void)
{
    uint32_t random = 1u;
    for (unsigned n = 0; n < sizeof logs / sizeof logs[0]; n++) {
        uint8_t data[48];
        for (unsigned i = 0; i < sizeof data; i++) {
            random = random * 1664525u + 1013904223u;
            data[i] = (uint8_t)(random >> 16);
        }
        (void)write_log(data, sizeof data);
        memcpy(logs[n], flash, sizeof flash);
    }
}

static bool has_header(const uspan_spool_log_t *log)
{
    uspan_spool_header_t h;
    bool has = false;
    for (uint32_t sector = 0; sector < SECTORS; sector++) {
        has = has || uspan_spool_read_header(log, sector, &h) == 0;
    }
    return has;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uspan_spool_log_t log;
    static bool written;
    if (!written) {
        write_logs();
        written = true;
    }
    memset(flash, 0xFF, sizeof flash);
    size_t at = 0;
    if (len > 0u && data[at++] < 128u) {
        if (data[0] < 64u) {
            memcpy(flash, logs[data[0]], sizeof flash);
        } else {
            at += write_log(data + at, len - at);
        }
        for (; at + 3u <= len; at += 3u) {
            flash[(data[at] | (size_t)data[at + 1u] << 8) % sizeof flash] = data[at + 2u];
        }
    } else {
        memcpy(flash, data + at, len - at < sizeof flash ? len - at : sizeof flash);
    }
    CHECK(uspan_spool_log_mount(&log, &storage) == 0);
    (void)read_all(&log);
    const uint32_t before = log.next[0];
    const bool known = has_header(&log);
    append(&log, 77u);
    CHECK(log.next[0] == before + 1u);
    CHECK(uspan_spool_log_mount(&log, &storage) == 0);
    /* Without any header, spans of sectors are counted when the numbers of new sectors come near theirs. */
    CHECK(known ? log.next[0] == before + 1u : log.next[0] - before - 1u < sizeof flash);
    if (log.done[0].number == before ||
        (int32_t)(log.done[0].number - before) < 0) { /* else changed bytes may give it a result */
        CHECK(read_all(&log) == 77);
    }
    return 0;
}
