/* uspan_zephyr.h: uspan on Zephyr: the port, TCP and TLS over Zephyr's sockets, settings, and a thread that
 * exports. The shortest use, after the network is up:
 *     static uspan_tracer_t tracer;
 *     uspan_zephyr_start(&tracer, NULL);   ...spans...   uspan_zephyr_stop(&tracer, 5000);
 * It was compiled against declared interfaces of Zephyr 3.7 and 4, and ran on the host port of Zephyr 3.3. It
 * was not run on hardware or in an emulator. */
#ifndef USPAN_ZEPHYR_H
#define USPAN_ZEPHYR_H

#include "uspan/uspan.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Longest sleep of the exporter, and so the longest delay until it notices the first span of a batch.
 * Milliseconds. Default 250. */
#ifndef USPAN_ZEPHYR_TICK_MS
#define USPAN_ZEPHYR_TICK_MS 250
#endif
/* Most bytes of the endpoint and of the headers in settings, with the terminating 0. RAM: both. */
#ifndef USPAN_ZEPHYR_ENDPOINT_BYTES
#define USPAN_ZEPHYR_ENDPOINT_BYTES 192
#endif
#ifndef USPAN_ZEPHYR_HEADERS_BYTES
#define USPAN_ZEPHYR_HEADERS_BYTES 512
#endif

/* ---- the port ------------------------------------------------------------------------------------------ */

/* Returns the port of the platform.
 *   lock     a k_spinlock, for threads and ISRs of all cores
 *   mono_ns  k_uptime_ticks()
 *   unix_ns  the function given to uspan_zephyr_set_rtc(). Without one, with CONFIG_RTC, the time of the RTC
 *            with the alias rtc, in UTC. Otherwise the time is unknown until uspan_set_unix_time() (SNTP) or
 *            the collector's Date header sets it
 *   random   sys_csrand_get(), an entropy driver. Without one (CONFIG_CSPRNG_ENABLED) there are no spans
 *   task     the thread, so that each thread has its own current span
 *   log      the module "uspan"
 * Context: thread. */
const uspan_port_t *uspan_zephyr_port(void);
/* Set the function that reads Unix time, as unix_ns of uspan_port_t, in place of the RTC with the alias rtc.
 * NULL: that RTC is read. Context: before use. */
void uspan_zephyr_set_rtc(uspan_err_t (*unix_ns)(uint64_t *out));

/* ---- sockets ------------------------------------------------------------------------------------------- */

/* One connection. Fields are private to net.c. */
typedef struct uspan_zephyr_net {
    int fd;
    const char *why;
    const int *sec_tags; /* tags of tls_credential_add(), static; NULL: plain TCP */
    size_t sec_tags_len;
    uint8_t turn; /* which address of the name is tried first */
} uspan_zephyr_net_t;

/* Initialise *net, and write a transport over it to *out. With sec_tags the transport uses TLS by socket
 * options, in a modem if its driver offers that, and has USPAN_TRANSPORT_SECURE. TLS_PEER_VERIFY is required,
 * and TLS_HOSTNAME is the endpoint's host. open blocks the exporting thread, because Zephyr looks up names,
 * connects and shakes hands in one call each. CONFIG_NET_SOCKETS_DNS_TIMEOUT and
 * CONFIG_NET_SOCKETS_CONNECT_TIMEOUT limit these calls. send and recv do not block. Context: before use. */
void uspan_zephyr_net_init(uspan_zephyr_net_t *net, const int *sec_tags, size_t sec_tags_len,
                           uspan_transport_t *out);

/* ---- settings (CONFIG_SETTINGS) ------------------------------------------------------------------------ */

/* Initialise the settings subsystem, load the settings below "uspan", and put "uspan/endpoint" and
 * "uspan/headers" into *c if they are there. Returns: USPAN_OK: an endpoint was found; USPAN_ERR_AGAIN: there
 * is none. If settings cannot be loaded, the log has a line. Context: thread. */
uspan_err_t uspan_zephyr_load(uspan_collector_t *c);
/* Write endpoint and headers to the settings for the next start, for example from a shell command or a
 * provisioning page. NULL: keep the old text. "": erase it. Headers are secrets, so choose a backend that
 * encrypts them. Returns: USPAN_OK; USPAN_ERR_CONFIG: a text cannot be used, and the log says why;
 * USPAN_ERR_IO: the settings failed, or CONFIG_SETTINGS is not set. Context: thread. */
uspan_err_t uspan_zephyr_save(const char *endpoint, const char *headers);

/* ---- the exporter -------------------------------------------------------------------------------------- */

/* Start uspan: call uspan_init(), add a destination from settings or from the build (Kconfig), and start the
 * exporter's thread. An https endpoint uses TLS with CONFIG_USPAN_ZEPHYR_SEC_TAG. Only one tracer can run at
 * a time. resource may be NULL.
 * Returns: USPAN_OK; USPAN_ERR_CONFIG: a setting cannot be used, the log says which, and the tracer records
 * without a destination; USPAN_ERR_ARG: t is NULL, or a tracer runs already. Context: thread. */
USPAN_CHECK uspan_err_t uspan_zephyr_start_sized(uspan_tracer_t *t, const uspan_resource_t *resource,
                                                 size_t tracer_size, uint32_t config_id);
USPAN_CHECK static inline uspan_err_t uspan_zephyr_start(uspan_tracer_t *t, const uspan_resource_t *resource)
{
    return uspan_zephyr_start_sized(t, resource, sizeof(uspan_tracer_t), USPAN_CONFIG_ID);
}
/* Wake the exporter, so that it polls now. Context: thread, ISR. */
void uspan_zephyr_wake(void);
/* Call uspan_shutdown(), and wait for the end of the thread, at most deadline_ms and two seconds. Returns:
 * USPAN_OK; USPAN_ERR_AGAIN: the thread still runs; USPAN_ERR_ARG: t does not run. Context: another thread.
 * Blocks. */
uspan_err_t uspan_zephyr_stop(uspan_tracer_t *t, uint32_t deadline_ms);

#ifdef __cplusplus
}
#endif
#endif
