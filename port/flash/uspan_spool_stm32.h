/* uspan_spool_stm32.h: uses pages of the internal flash of an STM32 as the storage of a spool, through ST's
 * HAL. It is for series that program double words of 8 bytes, each once after an erase because of ECC: L4,
 * G0, G4, WB, WL. The core stops while a page is erased (22 ms) in the bank from which it runs. Include the
 * HAL header of your series first, for example "stm32l4xx_hal.h". */
#ifndef USPAN_SPOOL_STM32_H
#define USPAN_SPOOL_STM32_H

#include <string.h>
#include "uspan/spool.h"

typedef struct uspan_spool_stm32 {
    uspan_spool_storage_t storage; /* for uspan_spool_mount() */
    uint32_t base;                 /* address of the first byte */
    uint32_t bank, page;           /* bank and number of the first page */
    uint32_t pages;                /* pages in a sector */
} uspan_spool_stm32_t;

static inline int uspan_spool_stm32_read(void *ctx, uint32_t address, uint8_t *out, uint32_t len)
{
    const uspan_spool_stm32_t *s = (const uspan_spool_stm32_t *)ctx;
    memcpy(out, (const uint8_t *)(uintptr_t)(s->base + address), len);
    return 0;
}

static inline int uspan_spool_stm32_program(void *ctx, uint32_t address, const uint8_t *data, uint32_t len)
{
    const uspan_spool_stm32_t *s = (const uspan_spool_stm32_t *)ctx;
    HAL_StatusTypeDef status = HAL_FLASH_Unlock();
    for (uint32_t at = 0; at < len && status == HAL_OK; at += 8u) {
        uint64_t word;
        memcpy(&word, data + at, sizeof word);
        status = HAL_FLASH_Program(FLASH_TYPEPROGRAM_DOUBLEWORD, s->base + address + at, word);
    }
    (void)HAL_FLASH_Lock();
    return status == HAL_OK ? 0 : -1;
}

static inline int uspan_spool_stm32_erase(void *ctx, uint32_t sector)
{
    const uspan_spool_stm32_t *s = (const uspan_spool_stm32_t *)ctx;
    FLASH_EraseInitTypeDef what;
    uint32_t wrong_page = 0;
    memset(&what, 0, sizeof what);
    what.TypeErase = FLASH_TYPEERASE_PAGES;
#ifdef FLASH_BANK_1
    what.Banks = s->bank;
#endif
    what.Page = s->page + sector * s->pages;
    what.NbPages = s->pages;
    HAL_StatusTypeDef status = HAL_FLASH_Unlock();
    if (status == HAL_OK) {
        status = HAL_FLASHEx_Erase(&what, &wrong_page);
    }
    (void)HAL_FLASH_Lock();
    return status == HAL_OK ? 0 : -1;
}

/* Fill *s, which must be static, from pages of flash that only uspan uses. The linker script must not place
 * anything in them.
 *   base, bank, page  address, bank (FLASH_BANK_1) and number of the first page
 *   sectors           number of sectors, 4 or more
 *   pages             pages in a sector. A span must fit into a sector
 * Context: before uspan_spool_mount(). */
static inline void uspan_spool_stm32_init(uspan_spool_stm32_t *s, uint32_t base, uint32_t bank, uint32_t page,
                                          uint16_t sectors, uint32_t pages)
{
    s->base = base;
    s->bank = bank;
    s->page = page;
    s->pages = pages;
    s->storage.ctx = s;
    s->storage.sector_bytes = pages * (uint32_t)FLASH_PAGE_SIZE;
    s->storage.sector_count = sectors;
    s->storage.unit_bytes = 8u;
    s->storage.erased = 0xFFu;
    s->storage.read = uspan_spool_stm32_read;
    s->storage.program = uspan_spool_stm32_program;
    s->storage.erase = uspan_spool_stm32_erase;
    s->storage.sync = NULL;
}

#endif
