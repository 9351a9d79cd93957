/* esp_netif_sntp.h: ESP-IDF's SNTP, declared for the example. */
#ifndef DECLARED_ESP_NETIF_SNTP_H
#define DECLARED_ESP_NETIF_SNTP_H

#include "esp_err.h"
#include "freertos/FreeRTOS.h"

typedef struct esp_sntp_config {
    const char *servers[1];
} esp_sntp_config_t;
#define ESP_NETIF_SNTP_DEFAULT_CONFIG(server) \
    {                                         \
        {                                     \
            (server)                          \
        }                                     \
    }
esp_err_t esp_netif_sntp_init(const esp_sntp_config_t *config);
esp_err_t esp_netif_sntp_sync_wait(TickType_t ticks);

#endif
