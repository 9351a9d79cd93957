/* uspan_zephyr.h: uspan on Zephyr: the port, TCP and TLS over Zephyr's sockets, settings, and a thread that
 * exports. The shortest use, once the network is up:
 *     static uspan_tracer_t tracer;
 *     uspan_zephyr_start(&tracer, NULL);   ...spans...   uspan_zephyr_stop(&tracer, 5000);
 * Compiled against declared interfaces of Zephyr 3.7 and 4; not run on hardware, nor in an emulator. */
#ifndef USPAN_ZEPHYR_H
#define USPAN_ZEPHYR_H

#include "uspan/uspan.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Longest sleep of the exporter, milliseconds: how late it notices the first span of a batch. */
#ifndef USPAN_ZEPHYR_TICK_MS
#define USPAN_ZEPHYR_TICK_MS 250
#endif
/* Bytes of an endpoint and of headers that settings hold. RAM: both, once. */
#ifndef USPAN_ZEPHYR_ENDPOINT_BYTES
#define USPAN_ZEPHYR_ENDPOINT_BYTES 192
#endif
#ifndef USPAN_ZEPHYR_HEADERS_BYTES
#define USPAN_ZEPHYR_HEADERS_BYTES 512
#endif

/* ---- the port ------------------------------------------------------------------------------------------ */

/* The platform. lock: a k_spinlock, from threads and ISRs of all cores. mono_ns: k_uptime_ticks(). unix_ns:
 * what uspan_zephyr_set_rtc() was given, else unknown: tell it by uspan_set_unix_time() (SNTP), or leave it
 * to the collector's Date. random: sys_csrand_get(), an entropy driver; without one (CONFIG_CSPRNG_ENABLED)
 * there are no spans. task: each thread has its own current span. log: module "uspan". Context: thread. */
const uspan_port_t *uspan_zephyr_port(void);
/* Read Unix time from here: an RTC driver's rtc_get_time(), turned into nanoseconds. As unix_ns of
 * uspan_port_t. NULL: none. Context: before use. */
void uspan_zephyr_set_rtc(uspan_err_t (*unix_ns)(uint64_t *out));

/* ---- sockets ------------------------------------------------------------------------------------------- */

/* One connection. Fields are net.c's. */
typedef struct uspan_zephyr_net {
    int fd;
    const char *why;
    const int *sec_tags; /* of tls_credential_add(), static; NULL: plain TCP */
    size_t sec_tags_len;
} uspan_zephyr_net_t;

/* Make *net, and a transport over it to *out. With sec_tags it is TLS by socket options (offloaded to a modem
 * where its driver has that), with USPAN_TRANSPORT_SECURE: TLS_PEER_VERIFY is required, and TLS_HOSTNAME is
 * the endpoint's host. open blocks the exporting thread: Zephyr looks up names, connects and shakes hands in
 * one call each, bounded by CONFIG_NET_SOCKETS_DNS_TIMEOUT and CONFIG_NET_SOCKETS_CONNECT_TIMEOUT. send and
 * recv do not block. Context: before use. */
void uspan_zephyr_net_init(uspan_zephyr_net_t *net, const int *sec_tags, size_t sec_tags_len,
                           uspan_transport_t *out);

/* ---- settings (CONFIG_SETTINGS) ------------------------------------------------------------------------ */

/* Put "uspan/endpoint" and "uspan/headers" into *c, where settings_load() found them. Returns USPAN_OK: an
 * endpoint was found; USPAN_ERR_AGAIN: none. Context: thread, after settings_load(). */
uspan_err_t uspan_zephyr_load(uspan_collector_t *c);

/* ---- the exporter -------------------------------------------------------------------------------------- */

/* uspan_init(), a destination from settings or else the build's (Kconfig), TLS for https with
 * CONFIG_USPAN_ZEPHYR_SEC_TAG, and the exporter's thread. One tracer at a time. resource may be NULL.
 * Returns: USPAN_OK; USPAN_ERR_CONFIG: an unusable setting, the log says which; the tracer records and has no
 * destination; USPAN_ERR_ARG: NULL, or started. Context: thread. */
USPAN_CHECK uspan_err_t uspan_zephyr_start_sized(uspan_tracer_t *t, const uspan_resource_t *resource,
                                                 size_t tracer_size, uint32_t config_id);
USPAN_CHECK static inline uspan_err_t uspan_zephyr_start(uspan_tracer_t *t, const uspan_resource_t *resource)
{
    return uspan_zephyr_start_sized(t, resource, sizeof(uspan_tracer_t), USPAN_CONFIG_ID);
}
/* Have the exporter poll now. Context: thread, ISR. */
void uspan_zephyr_wake(void);
/* uspan_shutdown(), and wait for the thread's end, at most deadline_ms and two seconds. Returns USPAN_OK;
 * USPAN_ERR_AGAIN: not in time; USPAN_ERR_ARG: not started. Context: another thread. Blocks. */
uspan_err_t uspan_zephyr_stop(uspan_tracer_t *t, uint32_t deadline_ms);

#ifdef __cplusplus
}
#endif
#endif
