/* uspan_espidf_config.h: gives config.h the settings of menuconfig (USPAN_USER_CONFIG). If "uspan" is off in
 * menuconfig but the component is part of the project, the defaults of config.h apply. */
#ifndef USPAN_ESPIDF_CONFIG_H
#define USPAN_ESPIDF_CONFIG_H

#include "sdkconfig.h" /* no other header of uspan includes it */

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
