/* uspan_espidf_config.h: what menuconfig says, for config.h (USPAN_USER_CONFIG). Where "uspan" is off in
 * menuconfig, and the component is in the project all the same, config.h's defaults count. */
#ifndef USPAN_ESPIDF_CONFIG_H
#define USPAN_ESPIDF_CONFIG_H

#include "sdkconfig.h" /* nothing else includes it */

#ifdef CONFIG_USPAN
#include "uspan_kconfig.h"
#ifdef CONFIG_USPAN_ESPIDF_STACK_BYTES
#define USPAN_ESPIDF_STACK_BYTES CONFIG_USPAN_ESPIDF_STACK_BYTES
#endif
#ifdef CONFIG_USPAN_ESPIDF_PRIORITY
#define USPAN_ESPIDF_PRIORITY CONFIG_USPAN_ESPIDF_PRIORITY
#endif
#endif

#endif
