/* esp_event.h: ESP-IDF's event loop, declared for the example. */
#ifndef DECLARED_ESP_EVENT_H
#define DECLARED_ESP_EVENT_H

#include "esp_err.h"

esp_err_t esp_event_loop_create_default(void);

#endif
