/* fake_espidf.h: settings of the ESP-IDF in fake_espidf.c, and what a test can read from it. */
#ifndef FAKE_ESPIDF_H
#define FAKE_ESPIDF_H

#include <stdbool.h>
#include <stddef.h>
#include "esp_err.h"

typedef struct fake_espidf {
    bool no_memory; /* esp_tls_init() fails */
    size_t most;    /* most bytes of a write; 0: no limit */
    bool hesitant;  /* every other call must be repeated */
    unsigned calls;
    unsigned live;      /* connections that were created and not destroyed */
    bool dead_four;     /* no route for IPv4 */
    bool has_six;       /* names have an IPv6 address too. It leads to the same server */
    char families[16];  /* '4' or '6' for each look-up */
    const char *bundle; /* file of the certificate bundle */
    unsigned attached;  /* number of times that the bundle was attached */
    char log[2048];
    /* NVS: "" means that the value does not exist */
    bool nvs_missing;    /* the namespace */
    esp_err_t nvs_error; /* of nvs_get_str() and nvs_commit(); ESP_OK: none */
    char endpoint[512], headers[1024];
    unsigned open_handles, commits;
} fake_espidf_t;
extern fake_espidf_t fake_espidf;

#endif
