/* flash.h: the part of the Pico SDK's hardware/flash.h (2.x) that uspan_spool_pico.h uses, as declared
 * there. */
#ifndef TEST_HARDWARE_FLASH_H
#define TEST_HARDWARE_FLASH_H

#include <stddef.h>
#include <stdint.h>

extern uint8_t sdk_flash[];
#define XIP_BASE ((uintptr_t)sdk_flash)
#define FLASH_PAGE_SIZE (1u << 8)

void flash_range_erase(uint32_t flash_offs, size_t count);
void flash_range_program(uint32_t flash_offs, const uint8_t *data, size_t count);

#endif
