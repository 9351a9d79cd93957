/* esp_crt_bundle.h: ESP-IDF's certificate bundle, declared for tests. */
#ifndef DECLARED_ESP_CRT_BUNDLE_H
#define DECLARED_ESP_CRT_BUNDLE_H

#include "esp_err.h"

esp_err_t esp_crt_bundle_attach(void *conf);

#endif
