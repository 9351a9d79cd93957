/* cc.h: the compiler settings that lwIP needs. */
#ifndef TOY_CC_H
#define TOY_CC_H

#include <stdint.h>
#include <stdlib.h>

uint32_t toy_random(void);
#define LWIP_RAND() toy_random()
#define LWIP_PLATFORM_DIAG(x) ((void)0)
#define LWIP_PLATFORM_ASSERT(text) abort()

#endif
