/* platform.h: declared, as hardware/sync.h. */
#ifndef PICO_PLATFORM_H
#define PICO_PLATFORM_H

#include <stdint.h>

typedef unsigned int uint;

uint get_core_num(void);

#endif
