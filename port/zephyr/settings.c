/* settings.c: reads and writes endpoint and headers in Zephyr's settings, under "uspan". settings_load()
 * calls set(). Invariant: a value that is too long for its buffer changes nothing. No setting that uspan
 * would refuse is written. */
#include "uspan_zephyr.h"

#include <errno.h>
#include <zephyr/kernel.h>

#ifdef CONFIG_SETTINGS
#include <zephyr/logging/log.h>
#include <zephyr/settings/settings.h>
#include "uspan/pairs.h"

LOG_MODULE_DECLARE(uspan, LOG_LEVEL_INF);

static char saved_endpoint[USPAN_ZEPHYR_ENDPOINT_BYTES], saved_headers[USPAN_ZEPHYR_HEADERS_BYTES];

static int read_text(char *out, size_t cap, size_t len, settings_read_cb read_cb, void *cb_arg)
{
    if (len >= cap) {
        return -EINVAL;
    }
    ssize_t got = read_cb(cb_arg, out, len);
    out[got > 0 ? got : 0] = '\0';
    return got >= 0 ? 0 : (int)got;
}

static int set(const char *name, size_t len, settings_read_cb read_cb, void *cb_arg)
{
    if (settings_name_steq(name, "endpoint", NULL) != 0) {
        return read_text(saved_endpoint, sizeof saved_endpoint, len, read_cb, cb_arg);
    }
    if (settings_name_steq(name, "headers", NULL) != 0) {
        return read_text(saved_headers, sizeof saved_headers, len, read_cb, cb_arg);
    }
    return -ENOENT;
}

SETTINGS_STATIC_HANDLER_DEFINE(uspan, "uspan", NULL, set, NULL, NULL);

uspan_err_t uspan_zephyr_load(uspan_collector_t *c)
{
    if (settings_subsys_init() != 0 || settings_load_subtree("uspan") != 0) { /* each may be called again */
        LOG_WRN("settings cannot be loaded");
    }
    c->endpoint = saved_endpoint[0] != '\0' ? saved_endpoint : c->endpoint;
    c->headers = saved_headers[0] != '\0' ? saved_headers : c->headers;
    return saved_endpoint[0] != '\0' ? USPAN_OK : USPAN_ERR_AGAIN;
}

/* Write a text. NULL: keep the old one. "": erase it. Returns 0, or a negative errno. */
static int write_text(const char *name, const char *text)
{
    if (text == NULL) {
        return 0;
    }
    return text[0] != '\0' ? settings_save_one(name, text, strlen(text)) : settings_delete(name);
}

uspan_err_t uspan_zephyr_save(const char *endpoint, const char *headers)
{
    bool secret = false;
    const char *wrong = endpoint != NULL && endpoint[0] != '\0' ? uspan_endpoint_wrong(endpoint) : NULL;
    wrong = wrong == NULL && headers != NULL ? uspan_headers_check(headers, &secret) : wrong;
    if (wrong == NULL && ((endpoint != NULL && strlen(endpoint) >= USPAN_ZEPHYR_ENDPOINT_BYTES) ||
                          (headers != NULL && strlen(headers) >= USPAN_ZEPHYR_HEADERS_BYTES))) {
        wrong = "too long: see USPAN_ZEPHYR_ENDPOINT_BYTES and USPAN_ZEPHYR_HEADERS_BYTES";
    }
    if (wrong != NULL) {
        LOG_ERR("settings not saved: %s", wrong);
        return USPAN_ERR_CONFIG;
    }
    return settings_subsys_init() == 0 && write_text("uspan/endpoint", endpoint) == 0 &&
                   write_text("uspan/headers", headers) == 0
               ? USPAN_OK
               : USPAN_ERR_IO;
}
#else
uspan_err_t uspan_zephyr_save(const char *endpoint, const char *headers)
{
    (void)endpoint;
    (void)headers;
    return USPAN_ERR_IO;
}

uspan_err_t uspan_zephyr_load(uspan_collector_t *c)
{
    (void)c;
    return USPAN_ERR_AGAIN;
}
#endif
