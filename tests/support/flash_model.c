/* flash_model.c: implements flash_model.h. The content is in the model, so a copy of the model is another
 * flash. */
#include "flash_model.h"
#include <string.h>
#include "cmocka_all.h"

static uint32_t random_of(flash_model_t *f)
{
    f->random = f->random * 1664525u + 1013904223u;
    return f->random >> 8;
}

static uint8_t merge(const flash_model_t *f, uint8_t old, uint8_t data)
{
    return f->storage.erased == 0xFFu ? old & data : old | data;
}

/* An operation was requested. It is done after the set number of requests. */
/* A caller that gets "busy" for an operation must request the same one again. */
static bool is_busy(flash_model_t *f, uint32_t address, uint32_t len)
{
    assert_true(f->asked == 0u || (f->asked_address == address && f->asked_len == len));
    f->asked_address = address;
    f->asked_len = len;
    bool busy = f->asked < f->busy;
    f->asked = busy ? f->asked + 1u : 0u;
    return busy;
}

static flash_bad_t badness(const flash_model_t *f, uint32_t sector)
{
    return sector == f->bad_sector && f->operations >= f->bad_from ? f->bad : FLASH_GOOD;
}

static int read_flash(void *ctx, uint32_t address, uint8_t *out, uint32_t len)
{
    flash_model_t *f = ctx;
    assert_true(len > 0u && address + len <= f->storage.sector_bytes * f->storage.sector_count);
    if (f->asked > 0u && f->asked < f->busy) { /* another operation is in progress */
        f->asked++;
        return 1;
    }
    memcpy(out, f->bytes + address, len);
    return 0;
}

static int program(void *ctx, uint32_t address, const uint8_t *data, uint32_t len)
{
    flash_model_t *f = ctx;
    const uint32_t sector = address / f->storage.sector_bytes;
    const unsigned unit = f->storage.unit_bytes;
    assert_true(len > 0u && len <= USPAN_SPOOL_UNIT && len % unit == 0u && address % unit == 0u);
    assert_true(address % f->storage.sector_bytes + len <= f->storage.sector_bytes);
    assert_true(sector < f->storage.sector_count);
    if (is_busy(f, address, len)) {
        return 1;
    }
    if (f->before != NULL) {
        f->before(f, address, data, len);
    }
    f->operations++;
    const flash_bad_t bad = badness(f, sector);
    for (uint32_t i = 0; i < len; i++) {
        assert_true(f->used[address + i] == 0u || f->bad == FLASH_ERASE_LIES);
        f->used[address + i] = 1u;
        if (bad != FLASH_PROGRAM_FAILS) {
            f->bytes[address + i] = merge(f, f->bytes[address + i], data[i]);
        }
    }
    f->programmed += len;
    if (f->storage.sync != NULL) {
        assert_true(f->unsynced < FLASH_UNSYNCED_MAX);
        f->programs[f->unsynced].address = address;
        f->programs[f->unsynced++].len = len;
    }
    if (bad == FLASH_PROGRAM_LIES) {
        f->bytes[address + random_of(f) % len] ^= (uint8_t)(1u << random_of(f) % 8u);
    }
    return bad == FLASH_PROGRAM_FAILS || bad == FLASH_PROGRAM_COMPLAINS ? -1 : 0;
}

static int erase(void *ctx, uint32_t sector)
{
    flash_model_t *f = ctx;
    assert_true(sector < f->storage.sector_count);
    const uint32_t address = sector * f->storage.sector_bytes;
    if (is_busy(f, address, 0u)) {
        return 1;
    }
    if (f->before != NULL) {
        f->before(f, address, NULL, 0u);
    }
    f->unsynced = 0u;
    f->operations++;
    f->erases++;
    f->erased_times[sector % 256u]++;
    const flash_bad_t bad = badness(f, sector);
    if (bad != FLASH_ERASE_FAILS) {
        const uint32_t len = f->storage.sector_bytes / (bad == FLASH_ERASE_LIES ? 2u : 1u);
        memset(f->bytes + address, f->storage.erased, len);
        memset(f->used + address, 0, len);
    }
    return bad == FLASH_ERASE_FAILS ? -1 : 0;
}

void flash_init(flash_model_t *f, uint32_t sector_bytes, uint16_t sectors, uint8_t unit, uint8_t erased)
{
    memset(f, 0, sizeof *f);
    assert_true(sector_bytes * sectors <= FLASH_BYTES_MAX);
    f->storage =
        (uspan_spool_storage_t){ f, sector_bytes, sectors, unit, erased, read_flash, program, erase, NULL };
    f->random = 1u;
    memset(f->bytes, erased, sizeof f->bytes);
}

static int sync_flash(void *ctx)
{
    flash_model_t *f = ctx;
    assert_true(f->asked == 0u);
    f->unsynced = 0u;
    return 0;
}

void flash_cache(flash_model_t *f)
{
    f->storage.sync = sync_flash;
}

void flash_forget(flash_model_t *f)
{
    while (f->unsynced > 0u) {
        f->unsynced--;
        if (random_of(f) % 2u == 0u) {
            memset(f->bytes + f->programs[f->unsynced].address, f->storage.erased, f->programs[f->unsynced].len);
        }
    }
}

void flash_copy(flash_model_t *to, const flash_model_t *from)
{
    const uint32_t bytes = from->storage.sector_bytes * from->storage.sector_count;
    memcpy(to, from, offsetof(flash_model_t, bytes));
    memcpy(to->bytes, from->bytes, bytes);
    memcpy(to->used, from->used, bytes);
    to->storage.ctx = to;
    to->before = NULL;
    to->asked = 0u;
}

void flash_cut_program(flash_model_t *f, uint32_t address, const uint8_t *data, uint32_t len, uint32_t n)
{
    for (uint32_t i = 0; i < len; i++) {
        const uint8_t whole = merge(f, f->bytes[address + i], data[i]);
        const uint8_t noise = (uint8_t)random_of(f);
        const uint8_t part = f->storage.erased == 0xFFu ? whole | noise : whole & noise;
        f->used[address + i] = 1u;
        if (i <= n) {
            f->bytes[address + i] = i < n ? whole : merge(f, f->bytes[address + i], part);
        }
    }
}

void flash_cut_erase(flash_model_t *f, uint32_t address, unsigned how)
{
    const uint32_t len = f->storage.sector_bytes;
    memset(f->used + address, 1, len);
    if (how == 1u) {
        memset(f->bytes + address, f->storage.erased, len);
    } else if (how == 2u) {
        memset(f->bytes + address + (random_of(f) % 2u) * (len / 2u), f->storage.erased, len / 2u);
    }
    for (uint32_t i = 0; i < len && how == 3u; i++) {
        f->bytes[address + i] = (uint8_t)random_of(f);
    }
}
