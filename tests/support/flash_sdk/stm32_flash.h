/* stm32_flash.h: the part of stm32l4xx_hal.h (1.13) that uspan_spool_stm32.h uses, as declared there. */
#ifndef TEST_STM32_FLASH_H
#define TEST_STM32_FLASH_H

#include <stdint.h>

typedef enum { HAL_OK = 0, HAL_ERROR = 1, HAL_BUSY = 2, HAL_TIMEOUT = 3 } HAL_StatusTypeDef;
typedef struct {
    uint32_t TypeErase;
    uint32_t Banks;
    uint32_t Page;
    uint32_t NbPages;
} FLASH_EraseInitTypeDef;

#define FLASH_TYPEERASE_PAGES 0x00u
#define FLASH_TYPEPROGRAM_DOUBLEWORD 0x00u
#define FLASH_BANK_1 1u
#ifndef FLASH_PAGE_SIZE /* the Pico SDK has one of that name */
#define FLASH_PAGE_SIZE 0x800u
#endif

HAL_StatusTypeDef HAL_FLASH_Unlock(void);
HAL_StatusTypeDef HAL_FLASH_Lock(void);
HAL_StatusTypeDef HAL_FLASH_Program(uint32_t TypeProgram, uint32_t Address, uint64_t Data);
HAL_StatusTypeDef HAL_FLASHEx_Erase(FLASH_EraseInitTypeDef *pEraseInit, uint32_t *PageError);

#endif
