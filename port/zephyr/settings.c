/* settings.c: reads endpoint and headers from Zephyr's settings, under "uspan". settings_load() calls set().
 * Invariant: a value that is too long for its buffer changes nothing. */
#include "uspan_zephyr.h"

#include <errno.h>
#include <zephyr/kernel.h>

#ifdef CONFIG_SETTINGS
#include <zephyr/logging/log.h>
#include <zephyr/settings/settings.h>

LOG_MODULE_DECLARE(uspan, LOG_LEVEL_INF);

static char endpoint[USPAN_ZEPHYR_ENDPOINT_BYTES], headers[USPAN_ZEPHYR_HEADERS_BYTES];

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
        return read_text(endpoint, sizeof endpoint, len, read_cb, cb_arg);
    }
    if (settings_name_steq(name, "headers", NULL) != 0) {
        return read_text(headers, sizeof headers, len, read_cb, cb_arg);
    }
    return -ENOENT;
}

SETTINGS_STATIC_HANDLER_DEFINE(uspan, "uspan", NULL, set, NULL, NULL);

uspan_err_t uspan_zephyr_load(uspan_collector_t *c)
{
    if (settings_subsys_init() != 0 || settings_load_subtree("uspan") != 0) { /* each may be called again */
        LOG_WRN("settings cannot be loaded");
    }
    c->endpoint = endpoint[0] != '\0' ? endpoint : c->endpoint;
    c->headers = headers[0] != '\0' ? headers : c->headers;
    return endpoint[0] != '\0' ? USPAN_OK : USPAN_ERR_AGAIN;
}
#else
uspan_err_t uspan_zephyr_load(uspan_collector_t *c)
{
    (void)c;
    return USPAN_ERR_AGAIN;
}
#endif
