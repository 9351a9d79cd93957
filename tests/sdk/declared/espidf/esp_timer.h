/* esp_timer.h: ESP-IDF's clock, declared for tests. */
#ifndef DECLARED_ESP_TIMER_H
#define DECLARED_ESP_TIMER_H

#include <stdint.h>

int64_t esp_timer_get_time(void);

#endif
