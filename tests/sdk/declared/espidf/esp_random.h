/* esp_random.h: ESP-IDF's random bytes, declared for tests. */
#ifndef DECLARED_ESP_RANDOM_H
#define DECLARED_ESP_RANDOM_H

#include <stddef.h>

void esp_fill_random(void *buf, size_t len);

#endif
