/* mbedtls_config.h: configures mbedTLS in the images: TLS 1.2 with ECDSA on P-256, as in boards/. The heap
 * has USPAN_TLS_HEAP_BYTES. */
#ifndef MBEDTLS_CONFIG_H
#define MBEDTLS_CONFIG_H

#define MBEDTLS_SSL_IN_CONTENT_LEN 16384
#define MBEDTLS_SSL_OUT_CONTENT_LEN 2048
#include "../../../boards/common/mbedtls_base.h"

#endif
