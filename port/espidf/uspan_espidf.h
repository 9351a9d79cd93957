/* uspan_espidf.h: uspan on ESP-IDF: the port, https over esp-tls, a transport over esp_http_client, settings
 * in NVS, and the exporter with its sleep. The shortest use, after the network is up:
 *     static uspan_tracer_t tracer;
 *     uspan_espidf_start(&tracer, NULL);   ...spans...   uspan_espidf_stop(&tracer, 5000);
 * Plain http uses lwIP's sockets (uspan_posix_tcp_init() of uspan_posix.h). */
#ifndef USPAN_ESPIDF_H
#define USPAN_ESPIDF_H

#include "esp_err.h"
#include "uspan/post.h"
#include "uspan/uspan.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of the exporter's stack. 4096..65536. Default 8192. A TLS handshake of mbedTLS needs 6 KB. */
#ifndef USPAN_ESPIDF_STACK_BYTES
#define USPAN_ESPIDF_STACK_BYTES 8192
#endif
/* Priority of the exporter's task. It must be below that of the agent. Default 2. */
#ifndef USPAN_ESPIDF_PRIORITY
#define USPAN_ESPIDF_PRIORITY 2
#endif
/* Most bytes of the endpoint and of the headers in NVS, with the terminating 0. RAM: both. */
#ifndef USPAN_ESPIDF_ENDPOINT_BYTES
#define USPAN_ESPIDF_ENDPOINT_BYTES 192
#endif
#ifndef USPAN_ESPIDF_NVS_HEADERS_BYTES
#define USPAN_ESPIDF_NVS_HEADERS_BYTES 512
#endif

/* ---- the port ------------------------------------------------------------------------------------------ */

/* Returns the port of the platform.
 *   lock     one portMUX for all tracers, for tasks and ISRs of both cores
 *   mono_ns  esp_timer. It counts during light sleep, and starts at 0 after deep sleep
 *   unix_ns  the system time. SNTP sets it, and it survives deep sleep
 *   random   esp_fill_random(). It gives true random bytes while Wi-Fi or Bluetooth is on (Espressif's
 *   manual,
 *            "Random Number Generation")
 *   task     the handle of the task, so that each task has its own current span
 *   log      ESP_LOG with the tag "uspan"
 * Context: task. */
const uspan_port_t *uspan_espidf_port(void);

/* ---- https over esp-tls -------------------------------------------------------------------------------- */

/* The CAs to trust, and the certificate of this client. All certificates and keys must outlive the tracer. */
typedef struct uspan_espidf_tls_options {
    esp_err_t (*bundle)(void *conf); /* esp_crt_bundle_attach, or NULL if ca is set */
    const unsigned char *ca;         /* PEM with its terminating 0, or DER */
    unsigned ca_bytes;
    const unsigned char *cert, *key; /* certificate and key of this client; NULL: none */
    unsigned cert_bytes, key_bytes;
} uspan_espidf_tls_options_t;

/* One connection. Fields are private to tls.c. */
typedef struct uspan_espidf_tls {
    struct esp_tls *tls;
    const char *why;
    uspan_espidf_tls_options_t options;
    uint8_t state;
    bool is_six; /* IPv6 is asked for */
} uspan_espidf_tls_t;

/* Initialise *tls, and write a transport over it to *out. The transport has USPAN_TRANSPORT_SECURE: chain and
 * host name are verified. esp-tls opens the TCP connection. Calls wait at most 10 ms, except for the look-up
 * of a name (getaddrinfo()) and the arithmetic of a handshake. esp-tls uses the heap. From ESP-IDF 5.2 on, an
 * exchange without an answer over IPv4 is followed by one over IPv6, and vice versa, if the name has both.
 * Returns: USPAN_OK; USPAN_ERR_ARG: an argument is NULL; USPAN_ERR_CONFIG: neither bundle nor ca is set, so
 * that no peer would be verified. Context: before use. */
USPAN_CHECK uspan_err_t uspan_espidf_tls_init(uspan_espidf_tls_t *tls,
                                              const uspan_espidf_tls_options_t *options,
                                              uspan_transport_t *out);

/* ---- over esp_http_client ------------------------------------------------------------------------------ */

/* A transport for firmware that uses esp_http_client already and has little flash left. Each call can block
 * the exporting task for timeout_ms, and each request opens a new connection. ESP-IDF chooses the address of
 * a name: that of IPv4, if there is one. Otherwise prefer esp-tls. */
typedef struct uspan_espidf_client {
    void *client; /* esp_http_client_handle_t */
    const char *why;
    uspan_espidf_tls_options_t options;
    uspan_post_engine_t engine;
    uspan_post_t post;
    uspan_post_t *running; /* the request that events of the client belong to */
    uint32_t timeout_ms;
    bool has_headers; /* the head of the response was read */
} uspan_espidf_client_t;

/* Initialise *c, and write a transport over it to *out.
 *   options      NULL: plain http. Otherwise https, as above
 *   buffer       for post.h. It must hold the largest request head, and have USPAN_POST_BUFFER_MIN bytes or
 *                more. 1 KB is usually enough
 *   timeout_ms   limit for each call of the client. 0: 5000
 * Returns: as uspan_espidf_tls_init() and uspan_post_init(). Context: before use. */
USPAN_CHECK uspan_err_t uspan_espidf_client_init(uspan_espidf_client_t *c,
                                                 const uspan_espidf_tls_options_t *options, char *buffer,
                                                 size_t buffer_bytes, uint32_t timeout_ms,
                                                 uspan_transport_t *out);

/* ---- settings in NVS ----------------------------------------------------------------------------------- */

/* Read "endpoint" and "headers" of the NVS namespace "uspan" into *c. Call nvs_flash_init() before. A field
 * that NVS does not have is not changed. The texts are in static buffers, which the next call overwrites.
 * Returns: USPAN_OK: an endpoint was read; USPAN_ERR_AGAIN: there is none; USPAN_ERR_CONFIG: a text is too
 * long or NVS failed. Then *c is not changed, and the log says why if a text cannot be read. Context:
 * task. */
uspan_err_t uspan_espidf_load(uspan_collector_t *c);
/* Write endpoint and headers to NVS for the next start, for example from a provisioning page. NULL: keep the
 * old text. "": erase it. Headers are secrets, so encrypt the partition. Returns: USPAN_OK; USPAN_ERR_CONFIG:
 * a text cannot be used, and the log says why; USPAN_ERR_IO: NVS failed. Context: task. */
uspan_err_t uspan_espidf_save(const char *endpoint, const char *headers);

/* ---- start, sleep and stop ----------------------------------------------------------------------------- */

/* Start uspan: call uspan_init(), add a destination from NVS or from the settings of the build (Kconfig), and
 * start the exporter's task. The transport uses the certificate bundle for https and lwIP's sockets for http.
 * Only one tracer can run at a time.
 *   resource   NULL: that of the build
 * Returns: USPAN_OK; USPAN_ERR_CONFIG: a setting cannot be used, the log says which, and the tracer records
 * without a destination; USPAN_ERR_ARG: t is NULL, or a tracer runs already; USPAN_ERR_FULL: there is no
 * task. Context: task, after the network stack was started. */
#if USPAN_ENABLED
USPAN_CHECK uspan_err_t uspan_espidf_start_sized(uspan_tracer_t *t, const uspan_resource_t *resource,
                                                 size_t tracer_size, uint32_t config_id);
USPAN_CHECK static inline uspan_err_t uspan_espidf_start(uspan_tracer_t *t, const uspan_resource_t *resource)
{
    return uspan_espidf_start_sized(t, resource, sizeof(uspan_tracer_t), USPAN_CONFIG_ID);
}
/* Send the spans that have ended, for at most deadline_ms. Call it before light sleep, or before the radio is
 * switched off. Spans can be recorded after the sleep, and the clock counts it. Returns: USPAN_OK: no span
 * waits; USPAN_ERR_AGAIN: spans still wait in RAM; USPAN_ERR_ARG: t does not run. Context: a task of the
 * application. Blocks. */
uspan_err_t uspan_espidf_sleep(uspan_tracer_t *t, uint32_t deadline_ms);
/* Stop the tracer. Call it before deep sleep, a reset or an update. Open spans end with an error, waiting
 * spans are sent for up to deadline_ms, and the others are dropped and counted. Returns: as
 * uspan_freertos_exporter_stop(); USPAN_ERR_ARG: t does not run. Context: task. Blocks. */
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
