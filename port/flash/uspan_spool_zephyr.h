/* uspan_spool_zephyr.h: uses a flash area of Zephyr as the storage of a spool. The write block of its driver
 * is the unit. uspan_poll() can take as long as the erase of a sector. */
#ifndef USPAN_SPOOL_ZEPHYR_H
#define USPAN_SPOOL_ZEPHYR_H

#include <zephyr/storage/flash_map.h>
#include "uspan/spool.h"

typedef struct uspan_spool_zephyr {
    uspan_spool_storage_t storage; /* for uspan_spool_mount() */
    const struct flash_area *area;
} uspan_spool_zephyr_t;

static inline int uspan_spool_zephyr_read(void *ctx, uint32_t address, uint8_t *out, uint32_t len)
{
    const uspan_spool_zephyr_t *s = (const uspan_spool_zephyr_t *)ctx;
    return flash_area_read(s->area, (off_t)address, out, len) == 0 ? 0 : -1;
}

static inline int uspan_spool_zephyr_program(void *ctx, uint32_t address, const uint8_t *data, uint32_t len)
{
    const uspan_spool_zephyr_t *s = (const uspan_spool_zephyr_t *)ctx;
    return flash_area_write(s->area, (off_t)address, data, len) == 0 ? 0 : -1;
}

static inline int uspan_spool_zephyr_erase(void *ctx, uint32_t sector)
{
    const uspan_spool_zephyr_t *s = (const uspan_spool_zephyr_t *)ctx;
    const uint32_t bytes = s->storage.sector_bytes;
    return flash_area_erase(s->area, (off_t)(sector * bytes), bytes) == 0 ? 0 : -1;
}

/* Fill *s, which must be static, from an area that is open (flash_area_open()) and that only uspan uses.
 *   sector_bytes  the driver's erase size, or a multiple of it. A span must fit into a sector
 * Context: before uspan_spool_mount(), which refuses a write block that does not divide USPAN_SPOOL_UNIT. */
static inline void uspan_spool_zephyr_init(uspan_spool_zephyr_t *s, const struct flash_area *area,
                                           uint32_t sector_bytes)
{
    s->area = area;
    s->storage.ctx = s;
    s->storage.sector_bytes = sector_bytes;
    s->storage.sector_count = (uint16_t)(area->fa_size / sector_bytes);
    s->storage.unit_bytes = (uint8_t)flash_area_align(area);
    s->storage.erased = flash_area_erased_val(area);
    s->storage.read = uspan_spool_zephyr_read;
    s->storage.program = uspan_spool_zephyr_program;
    s->storage.erase = uspan_spool_zephyr_erase;
    s->storage.sync = NULL;
}

#endif
