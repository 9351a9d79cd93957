/* esp_err.h: results of ESP-IDF, declared for tests. */
#ifndef DECLARED_ESP_ERR_H
#define DECLARED_ESP_ERR_H

#include <stdint.h>

typedef int esp_err_t;
#define ESP_OK 0
#define ESP_FAIL -1
#define ESP_ERR_TIMEOUT 0x107
const char *esp_err_to_name(esp_err_t code);
void declared_check(esp_err_t code);
#define ESP_ERROR_CHECK(code) declared_check(code)

#endif
