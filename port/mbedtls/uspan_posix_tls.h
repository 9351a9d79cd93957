/* uspan_posix_tls.h: https for uspan_posix_start(): options.secure = &uspan_posix_mbedtls. Trusted
 * certificates come from the file of OTEL_EXPORTER_OTLP_CERTIFICATE or of the options, otherwise from
 * USPAN_CA_FILE if the library is built with it, otherwise from the bundle of the system. Files are read at
 * the first connect. A bundle of 140 CAs takes some 10 ms once. */
#ifndef USPAN_POSIX_TLS_H
#define USPAN_POSIX_TLS_H

#include "../posix/uspan_posix.h"
#include "uspan_mbedtls.h"

#ifdef __cplusplus
extern "C" {
#endif

#if USPAN_ENABLED
extern const uspan_posix_secure_t uspan_posix_mbedtls;
/* Returns the TLS client behind a transport that it made, to renew certificates at run time. NULL: it made no
 * such transport. Context: the exporting task. */
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
