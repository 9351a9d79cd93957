/* start.c: starts a tracer with settings, transport and exporter, and stops it.
 * Invariant: `running` is the tracer that the exporter's task polls, or NULL. */
#define USPAN_INTERNAL /* with USPAN_ENABLED 0 the functions here exist but are not called */
#include "uspan_espidf.h"

#ifdef CONFIG_MBEDTLS_CERTIFICATE_BUNDLE
#include "esp_crt_bundle.h"
#define BUNDLE esp_crt_bundle_attach
#else
#define BUNDLE NULL
#endif
#include "esp_log.h"
#include "uspan_freertos.h"
#include "uspan_posix.h"

static uspan_tracer_t *running;
static uspan_freertos_exporter_t exporter;
static uspan_espidf_tls_t tls;
static uspan_posix_tcp_t tcp;
static uspan_transport_t transport;
static StackType_t stack[USPAN_ESPIDF_STACK_BYTES / sizeof(StackType_t)];

static bool is_https(const char *endpoint)
{
#ifdef USPAN_ENDPOINT
    endpoint = endpoint != NULL ? endpoint : USPAN_ENDPOINT;
#endif
    return endpoint != NULL && (endpoint[0] | 0x20) == 'h' && strlen(endpoint) > 4u &&
           (endpoint[4] | 0x20) == 's';
}

static uspan_err_t add_destination(uspan_tracer_t *t)
{
    static const uspan_espidf_tls_options_t by_bundle = { .bundle = BUNDLE };
    uspan_collector_t collector = { 0 };
    uspan_err_t err = uspan_espidf_load(&collector);
    if (err == USPAN_ERR_CONFIG) {
        return err;
    }
    if (is_https(collector.endpoint)) {
        err = uspan_espidf_tls_init(&tls, &by_bundle, &transport);
        if (err == USPAN_ERR_CONFIG) {
            ESP_LOGE("uspan", "https without CONFIG_MBEDTLS_CERTIFICATE_BUNDLE: no server would be verified, "
                              "spans are dropped; switch it on, or call uspan_espidf_tls_init() with a CA");
        }
    } else {
        uspan_posix_tcp_init(&tcp, &transport);
        err = USPAN_OK;
    }
    return err == USPAN_OK ? uspan_export_to(t, 0u, &transport, &collector) : err;
}

uspan_err_t uspan_espidf_start_sized(uspan_tracer_t *t, const uspan_resource_t *resource, size_t tracer_size,
                                     uint32_t config_id)
{
    if (t == NULL || running != NULL) {
        return USPAN_ERR_ARG;
    }
    uspan_err_t err = uspan_init_sized(t, uspan_espidf_port(), tracer_size, config_id);
    if (err != USPAN_OK) {
        return err;
    }
    uspan_err_t note = resource != NULL ? uspan_set_resource(t, resource) : USPAN_OK;
    uspan_err_t setting = add_destination(t);
    memset(&exporter, 0, sizeof exporter);
    err = uspan_freertos_exporter_start(&exporter, t, stack, sizeof stack / sizeof stack[0],
                                        USPAN_ESPIDF_PRIORITY);
    if (err != USPAN_OK) {
        return err;
    }
    running = t;
    return setting != USPAN_OK ? setting : note < USPAN_OK ? note : USPAN_OK;
}

uspan_err_t uspan_espidf_sleep(uspan_tracer_t *t, uint32_t deadline_ms)
{
    return t != NULL && t == running ? uspan_freertos_exporter_flush(&exporter, deadline_ms) : USPAN_ERR_ARG;
}

uspan_err_t uspan_espidf_stop(uspan_tracer_t *t, uint32_t deadline_ms)
{
    if (t == NULL || t != running) {
        return USPAN_ERR_ARG;
    }
    uspan_err_t err = uspan_freertos_exporter_stop(&exporter, deadline_ms);
    running = err == USPAN_OK ? NULL : running;
    return err;
}
