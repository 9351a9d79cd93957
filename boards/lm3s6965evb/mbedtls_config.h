/* mbedtls_config.h: configures mbedTLS on the LM3S6965: TLS 1.2 only. 4 KB hold a chain of two ECDSA
 * certificates, also from a server without max_fragment_length, such as Go's. */
#ifndef MBEDTLS_CONFIG_H
#define MBEDTLS_CONFIG_H

#define MBEDTLS_SSL_IN_CONTENT_LEN 4096
#define MBEDTLS_SSL_OUT_CONTENT_LEN 1024
#define MBEDTLS_ECP_WINDOW_SIZE 2
#define MBEDTLS_ECP_FIXED_POINT_OPTIM 0
#define MBEDTLS_MPI_WINDOW_SIZE 1
#define MBEDTLS_MPI_MAX_SIZE 32
#define MBEDTLS_SHA256_SMALLER
#ifndef MBEDTLS_ECP_RESTARTABLE /* it does not work with a replaced part of ECDSA */
#define MBEDTLS_ECDSA_SIGN_ALT  /* no_sign.c */
#endif
#include "../common/mbedtls_base.h"

#endif
