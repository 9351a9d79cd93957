/* uspan_espidf.h: uspan on ESP-IDF: the port, https over esp-tls, a transport over esp_http_client, settings
 * in NVS, and the exporter with its sleep. The shortest use, once the network is up:
 *     static uspan_tracer_t tracer;
 *     uspan_espidf_start(&tracer, NULL);   ...spans...   uspan_espidf_stop(&tracer, 5000);
 * Plain http goes over lwIP's sockets: uspan_posix_tcp_init() of uspan_posix.h. */
#ifndef USPAN_ESPIDF_H
#define USPAN_ESPIDF_H

#include "esp_err.h"
#include "uspan/post.h"
#include "uspan/uspan.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of the exporter's stack. 4096..65536. A TLS handshake of mbedTLS takes 6 KB. */
#ifndef USPAN_ESPIDF_STACK_BYTES
#define USPAN_ESPIDF_STACK_BYTES 8192
#endif
/* Priority of the exporter: below the agent's. */
#ifndef USPAN_ESPIDF_PRIORITY
#define USPAN_ESPIDF_PRIORITY 2
#endif
/* Bytes of an endpoint and of headers that NVS holds. RAM: both, once. */
#ifndef USPAN_ESPIDF_ENDPOINT_BYTES
#define USPAN_ESPIDF_ENDPOINT_BYTES 192
#endif
#ifndef USPAN_ESPIDF_NVS_HEADERS_BYTES
#define USPAN_ESPIDF_NVS_HEADERS_BYTES 512
#endif

/* ---- the port ------------------------------------------------------------------------------------------ */

/* The platform. lock: one portMUX for all tracers, from tasks and ISRs of both cores. mono_ns: esp_timer,
 * which counts through light sleep and begins anew after deep sleep. unix_ns: the system's time, unknown
 * before 2020: SNTP sets it, and it survives deep sleep. random: esp_fill_random(), true random bytes while
 * Wi-Fi or Bluetooth is on (Espressif's manual, "Random Number Generation"). task: each task has its own
 * current span. log: ESP_LOG with tag "uspan". Context: task. */
const uspan_port_t *uspan_espidf_port(void);

/* ---- https over esp-tls -------------------------------------------------------------------------------- */

/* Whom to trust, and who this is. All texts and certificates outlive the tracer. */
typedef struct uspan_espidf_tls_options {
    esp_err_t (*bundle)(void *conf); /* esp_crt_bundle_attach; or NULL and: */
    const unsigned char *ca;         /* PEM with its closing 0, or DER */
    unsigned ca_bytes;
    const unsigned char *cert, *key; /* of this client; NULL: none */
    unsigned cert_bytes, key_bytes;
} uspan_espidf_tls_options_t;

/* One connection. Fields are tls.c's. */
typedef struct uspan_espidf_tls {
    struct esp_tls *tls;
    const char *why;
    uspan_espidf_tls_options_t options;
    uint8_t state;
} uspan_espidf_tls_t;

/* Make *tls, and a transport over it to *out, with USPAN_TRANSPORT_SECURE: chain and host name are verified.
 * The TCP connection is esp-tls's own. No call waits longer than 10 ms but two: the look-up of a name
 * (getaddrinfo()), and the arithmetic of a handshake. esp-tls takes its memory from the heap.
 * Returns: USPAN_OK; USPAN_ERR_ARG: NULL; USPAN_ERR_CONFIG: neither bundle nor ca, nobody would be verified.
 * Context: before use. */
USPAN_CHECK uspan_err_t uspan_espidf_tls_init(uspan_espidf_tls_t *tls,
                                              const uspan_espidf_tls_options_t *options,
                                              uspan_transport_t *out);

/* ---- over esp_http_client ------------------------------------------------------------------------------ */

/* For firmware that has esp_http_client already and little flash left. Its calls block the exporting task, up
 * to timeout_ms each, and each request has a connection of its own: prefer esp-tls elsewhere. */
typedef struct uspan_espidf_client {
    void *client; /* esp_http_client_handle_t */
    const char *why;
    uspan_espidf_tls_options_t options;
    uspan_post_engine_t engine;
    uspan_post_t post;
    uspan_post_t *running; /* whom events are for */
    uint32_t timeout_ms;
    bool has_headers; /* of the answer */
} uspan_espidf_client_t;

/* Make *c, and a transport over it to *out.
 *   options      NULL: plain http; else https, as above
 *   buffer       of post.h: the largest request head, and USPAN_POST_BUFFER_MIN at least; 1 KB as a rule
 *   timeout_ms   of each call; 0: 5000
 * Returns as uspan_espidf_tls_init() and uspan_post_init(). Context: before use. */
USPAN_CHECK uspan_err_t uspan_espidf_client_init(uspan_espidf_client_t *c,
                                                 const uspan_espidf_tls_options_t *options, char *buffer,
                                                 size_t buffer_bytes, uint32_t timeout_ms,
                                                 uspan_transport_t *out);

/* ---- settings in NVS ----------------------------------------------------------------------------------- */

/* Read "endpoint" and "headers" of NVS namespace "uspan" into *c, where they are there. nvs_flash_init()
 * comes before. What NVS does not hold stays as it is. The texts lie in one static place: the last call's
 * count. Returns: USPAN_OK: an endpoint was read; USPAN_ERR_AGAIN: there is none; USPAN_ERR_CONFIG: one is
 * too long, or NVS is broken: the log says it, nothing is changed. Context: task. */
uspan_err_t uspan_espidf_load(uspan_collector_t *c);
/* Write them for the next start, as a provisioning page does. NULL: as it is; "": take it out. Headers are
 * secrets: encrypt the partition. Returns: USPAN_OK; USPAN_ERR_CONFIG: unusable, said by the log;
 * USPAN_ERR_IO: NVS failed. Context: task. */
uspan_err_t uspan_espidf_save(const char *endpoint, const char *headers);

/* ---- start, sleep and stop ----------------------------------------------------------------------------- */

/* uspan_init(), a destination from NVS or else the build's settings (Kconfig), its transport (certificate
 * bundle for https, lwIP's sockets for http), and the exporter's task. One tracer at a time.
 *   resource   NULL: the build's
 * Returns: USPAN_OK; USPAN_ERR_CONFIG: an unusable setting, the log says which; the tracer records and has no
 * destination; USPAN_ERR_ARG: NULL, or started; USPAN_ERR_FULL: no task. Context: task, once the network
 * stack is there. */
#if USPAN_ENABLED
USPAN_CHECK uspan_err_t uspan_espidf_start_sized(uspan_tracer_t *t, const uspan_resource_t *resource,
                                                 size_t tracer_size, uint32_t config_id);
USPAN_CHECK static inline uspan_err_t uspan_espidf_start(uspan_tracer_t *t, const uspan_resource_t *resource)
{
    return uspan_espidf_start_sized(t, resource, sizeof(uspan_tracer_t), USPAN_CONFIG_ID);
}
/* Before light sleep or a radio that goes off: send what has ended, at most deadline_ms. Recording goes on
 * after it, the clock has counted the sleep. Returns: USPAN_OK: all is settled; USPAN_ERR_AGAIN: spans wait
 * still, and stay in RAM. Context: a task of the application. Blocks. */
uspan_err_t uspan_espidf_sleep(uspan_tracer_t *t, uint32_t deadline_ms);
/* Before deep sleep, a reset or an update: open spans end with an error, what waits is sent for deadline_ms,
 * the rest is lost and counted. Returns as uspan_freertos_exporter_stop(). Context: a task. Blocks. */
uspan_err_t uspan_espidf_stop(uspan_tracer_t *t, uint32_t deadline_ms);
#else
static inline uspan_err_t uspan_espidf_start(uspan_tracer_t *t, const uspan_resource_t *resource)
{
    (void)t, (void)resource;
    return USPAN_OK;
}
static inline uspan_err_t uspan_espidf_sleep(uspan_tracer_t *t, uint32_t deadline_ms)
{
    (void)t, (void)deadline_ms;
    return USPAN_OK;
}
static inline uspan_err_t uspan_espidf_stop(uspan_tracer_t *t, uint32_t deadline_ms)
{
    (void)t, (void)deadline_ms;
    return USPAN_OK;
}
#endif

#ifdef __cplusplus
}
#endif
#endif
