/* uspan_posix_tls.h: https for uspan_posix_start():  options.secure = &uspan_posix_mbedtls;
 * Trust: the file of OTEL_EXPORTER_OTLP_CERTIFICATE or of the options; else USPAN_CA_FILE, when built with
 * it; else the system's bundle. Files are read at the first connect (a bundle of 140 CAs takes some 10 ms,
 * once). */
#ifndef USPAN_POSIX_TLS_H
#define USPAN_POSIX_TLS_H

#include "../posix/uspan_posix.h"
#include "uspan_mbedtls.h"

#ifdef __cplusplus
extern "C" {
#endif

#if USPAN_ENABLED
extern const uspan_posix_secure_t uspan_posix_mbedtls;
/* The TLS client behind a transport that it made, for certificates renewed at run time. Context: the
 * exporting task. */
uspan_tls_t *uspan_posix_tls_of(const uspan_transport_t *transport);

#else
static const uspan_posix_secure_t uspan_posix_mbedtls = { NULL, NULL };
static inline uspan_tls_t *uspan_posix_tls_of(const uspan_transport_t *transport)
{
    (void)transport;
    return NULL;
}
#endif

#ifdef __cplusplus
}
#endif
#endif
