/* cc.h: what lwIP wants of the compiler; here: the host's, and a failed assertion ends the test. */
#ifndef USPAN_TEST_LWIP_CC_H
#define USPAN_TEST_LWIP_CC_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

uint32_t virtual_random(void); /* seeded: the same run each time */

#define LWIP_RAND() virtual_random()
#define LWIP_PLATFORM_DIAG(x) ((void)0)
#define LWIP_PLATFORM_ASSERT(text) \
    do {                           \
        fprintf(stderr, "lwIP: %s\n", text); \
        abort();                   \
    } while (0)

#endif
