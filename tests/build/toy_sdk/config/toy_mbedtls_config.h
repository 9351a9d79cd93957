/* toy_mbedtls_config.h: mbedTLS's settings of the application. */
#ifndef TOY_MBEDTLS_CONFIG_H
#define TOY_MBEDTLS_CONFIG_H

#define MBEDTLS_SSL_IN_CONTENT_LEN 4096
#define MBEDTLS_SSL_OUT_CONTENT_LEN 1024
#include "../../../../boards/common/mbedtls_base.h"
#undef MBEDTLS_PLATFORM_NO_STD_FUNCTIONS

#endif
