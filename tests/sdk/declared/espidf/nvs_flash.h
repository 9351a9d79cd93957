/* nvs_flash.h: start of ESP-IDF's settings in flash, declared for the example. */
#ifndef DECLARED_NVS_FLASH_H
#define DECLARED_NVS_FLASH_H

#include "esp_err.h"

esp_err_t nvs_flash_init(void);

#endif
