/* sdkconfig.h: what ESP-IDF makes of a menuconfig, here with some options of uspan. */
#ifndef DECLARED_SDKCONFIG_H
#define DECLARED_SDKCONFIG_H

#define CONFIG_MBEDTLS_CERTIFICATE_BUNDLE 1
#define CONFIG_MBEDTLS_HAVE_TIME_DATE 1
#define CONFIG_USPAN 1
#define CONFIG_USPAN_BACKEND_OWN 1
#define CONFIG_USPAN_ENDPOINT "https://collector.example:4318/v1/traces"
#define CONFIG_USPAN_ENABLED 1
#define CONFIG_USPAN_SPANS_MAX 24
#define CONFIG_USPAN_ESPIDF_STACK_BYTES 12288

#endif
