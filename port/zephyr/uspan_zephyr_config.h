/* uspan_zephyr_config.h: what Kconfig says, for config.h (USPAN_USER_CONFIG): the options of the core, and
 * those of this port. */
#ifndef USPAN_ZEPHYR_CONFIG_H
#define USPAN_ZEPHYR_CONFIG_H

#include "uspan_kconfig.h"
#ifdef CONFIG_USPAN_ZEPHYR_TICK_MS
#define USPAN_ZEPHYR_TICK_MS CONFIG_USPAN_ZEPHYR_TICK_MS
#endif
#ifdef CONFIG_USPAN_ZEPHYR_ENDPOINT_BYTES
#define USPAN_ZEPHYR_ENDPOINT_BYTES CONFIG_USPAN_ZEPHYR_ENDPOINT_BYTES
#endif
#ifdef CONFIG_USPAN_ZEPHYR_HEADERS_BYTES
#define USPAN_ZEPHYR_HEADERS_BYTES CONFIG_USPAN_ZEPHYR_HEADERS_BYTES
#endif

#endif
