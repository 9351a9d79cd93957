/* settings.c: reads and writes the endpoint and headers in NVS, namespace "uspan".
 * Invariant: no setting that uspan would refuse is written. A text is read completely or not at all. */
#include "uspan_espidf.h"

#include "esp_log.h"
#include "nvs.h"
#include "uspan/pairs.h"

static const char tag[] = "uspan";

/* Read a text. Returns false if it exists but cannot be read completely. *found: it was read. */
static bool read_text(nvs_handle_t nvs, const char *key, char *out, size_t cap, bool *found)
{
    size_t len = cap;
    esp_err_t err = nvs_get_str(nvs, key, out, &len);
    *found = err == ESP_OK;
    if (err != ESP_OK && err != ESP_ERR_NVS_NOT_FOUND) {
        ESP_LOGE(tag, "NVS: \"%s\" is too long, or cannot be read (0x%x)", key, (unsigned)err);
        return false;
    }
    return true;
}

uspan_err_t uspan_espidf_load(uspan_collector_t *c)
{
    static char endpoint[USPAN_ESPIDF_ENDPOINT_BYTES], headers[USPAN_ESPIDF_NVS_HEADERS_BYTES];
    nvs_handle_t nvs;
    bool has_endpoint, has_headers;
    esp_err_t err = nvs_open(tag, NVS_READONLY, &nvs);
    if (err != ESP_OK) {
        return err == ESP_ERR_NVS_NOT_FOUND ? USPAN_ERR_AGAIN : USPAN_ERR_CONFIG;
    }
    bool good = read_text(nvs, "endpoint", endpoint, sizeof endpoint, &has_endpoint) &&
                read_text(nvs, "headers", headers, sizeof headers, &has_headers);
    nvs_close(nvs);
    if (!good) {
        return USPAN_ERR_CONFIG;
    }
    c->endpoint = has_endpoint ? endpoint : c->endpoint;
    c->headers = has_headers ? headers : c->headers;
    return has_endpoint ? USPAN_OK : USPAN_ERR_AGAIN;
}

/* Write a text. NULL: keep the old one. "": erase it. Returns false if NVS failed. */
static bool write_text(nvs_handle_t nvs, const char *key, const char *text)
{
    if (text == NULL) {
        return true;
    }
    if (text[0] == '\0') {
        esp_err_t err = nvs_erase_key(nvs, key);
        return err == ESP_OK || err == ESP_ERR_NVS_NOT_FOUND;
    }
    return nvs_set_str(nvs, key, text) == ESP_OK;
}

uspan_err_t uspan_espidf_save(const char *endpoint, const char *headers)
{
    bool secret = false;
    const char *wrong = endpoint != NULL && endpoint[0] != '\0' ? uspan_endpoint_wrong(endpoint) : NULL;
    wrong = wrong == NULL && headers != NULL ? uspan_headers_check(headers, &secret) : wrong;
    if (wrong == NULL && ((endpoint != NULL && strlen(endpoint) >= USPAN_ESPIDF_ENDPOINT_BYTES) ||
                          (headers != NULL && strlen(headers) >= USPAN_ESPIDF_NVS_HEADERS_BYTES))) {
        wrong = "too long: see USPAN_ESPIDF_ENDPOINT_BYTES and USPAN_ESPIDF_NVS_HEADERS_BYTES";
    }
    if (wrong != NULL) {
        ESP_LOGE(tag, "settings not saved: %s", wrong);
        return USPAN_ERR_CONFIG;
    }
    nvs_handle_t nvs;
    if (nvs_open(tag, NVS_READWRITE, &nvs) != ESP_OK) {
        return USPAN_ERR_IO;
    }
    bool done = write_text(nvs, "endpoint", endpoint) && write_text(nvs, "headers", headers) &&
                nvs_commit(nvs) == ESP_OK;
    nvs_close(nvs);
    return done ? USPAN_OK : USPAN_ERR_IO;
}
