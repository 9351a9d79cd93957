/* esp_netif.h: ESP-IDF's network interfaces, declared for the example. */
#ifndef DECLARED_ESP_NETIF_H
#define DECLARED_ESP_NETIF_H

#include "esp_err.h"

esp_err_t esp_netif_init(void);

#endif
