/* fake_espidf.h: what a test tells the ESP-IDF of fake_espidf.c, and reads of it. */
#ifndef FAKE_ESPIDF_H
#define FAKE_ESPIDF_H

#include <stdbool.h>
#include <stddef.h>
#include "esp_err.h"

typedef struct fake_espidf {
    bool no_memory; /* esp_tls_init() fails */
    size_t most;    /* bytes of a write, at most; 0: all */
    bool hesitant;  /* every other call wants to be called again */
    unsigned calls;
    unsigned live;      /* connections that were made and not destroyed */
    const char *bundle; /* file of the certificate bundle */
    unsigned attached;  /* times that the bundle was */
    char log[2048];
    /* NVS: "" is not there */
    bool nvs_missing;    /* the namespace */
    esp_err_t nvs_error; /* of nvs_get_str() and nvs_commit(); ESP_OK: none */
    char endpoint[512], headers[1024];
    unsigned open_handles, commits;
} fake_espidf_t;
extern fake_espidf_t fake_espidf;

#endif
