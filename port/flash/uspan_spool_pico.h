/* uspan_spool_pico.h: uses a part of the flash of RP2040 and RP2350 as the storage of a spool. The chip
 * programs pages of 256 bytes. The other bytes of a page are programmed as 0xFF, which leaves them unchanged.
 * Interrupts are off while flash is programmed (1 ms) or erased (45 to 400 ms). The other core must not run
 * from flash during that time (see flash_safe_execute() of the SDK). */
#ifndef USPAN_SPOOL_PICO_H
#define USPAN_SPOOL_PICO_H

#include <string.h>
#include <hardware/flash.h>
#include <hardware/sync.h>
#include "uspan/spool.h"

typedef struct uspan_spool_pico {
    uspan_spool_storage_t storage; /* for uspan_spool_mount() */
    uint32_t offset;               /* offset of the first byte in flash */
} uspan_spool_pico_t;

static inline int uspan_spool_pico_read(void *ctx, uint32_t address, uint8_t *out, uint32_t len)
{
    const uspan_spool_pico_t *s = (const uspan_spool_pico_t *)ctx;
    memcpy(out, (const uint8_t *)(XIP_BASE + s->offset + address), len);
    return 0;
}

static inline int uspan_spool_pico_program(void *ctx, uint32_t address, const uint8_t *data, uint32_t len)
{
    const uspan_spool_pico_t *s = (const uspan_spool_pico_t *)ctx;
    while (len > 0u) {
        uint8_t page[FLASH_PAGE_SIZE];
        const uint32_t at = address % FLASH_PAGE_SIZE;
        const uint32_t n = len < FLASH_PAGE_SIZE - at ? len : FLASH_PAGE_SIZE - at;
        memset(page, 0xFF, sizeof page);
        memcpy(page + at, data, n);
        const uint32_t state = save_and_disable_interrupts();
        flash_range_program(s->offset + address - at, page, sizeof page);
        restore_interrupts(state);
        address += n;
        data += n;
        len -= n;
    }
    return 0;
}

static inline int uspan_spool_pico_erase(void *ctx, uint32_t sector)
{
    const uspan_spool_pico_t *s = (const uspan_spool_pico_t *)ctx;
    const uint32_t state = save_and_disable_interrupts();
    flash_range_erase(s->offset + sector * s->storage.sector_bytes, s->storage.sector_bytes);
    restore_interrupts(state);
    return 0;
}

/* Fill *s, which must be static, from a part of flash that only uspan uses.
 *   offset        offset of the first byte from the start of flash, a multiple of 4096
 *   bytes         size of all sectors
 *   sector_bytes  4096, or a multiple of it. A span must fit into a sector
 * Context: before uspan_spool_mount(). */
static inline void uspan_spool_pico_init(uspan_spool_pico_t *s, uint32_t offset, uint32_t bytes,
                                         uint32_t sector_bytes)
{
    s->offset = offset;
    s->storage.ctx = s;
    s->storage.sector_bytes = sector_bytes;
    s->storage.sector_count = (uint16_t)(bytes / sector_bytes);
    s->storage.unit_bytes = 1u;
    s->storage.erased = 0xFFu;
    s->storage.read = uspan_spool_pico_read;
    s->storage.program = uspan_spool_pico_program;
    s->storage.erase = uspan_spool_pico_erase;
    s->storage.sync = NULL;
}

#endif
