/* cc.h: the compiler settings that lwIP needs, here of the host's compiler. A failed assertion ends the
 * test. */
#ifndef USPAN_TEST_LWIP_CC_H
#define USPAN_TEST_LWIP_CC_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

uint32_t virtual_random(void); /* seeded: the same values in each run */

#define LWIP_RAND() virtual_random()
#define LWIP_PLATFORM_DIAG(x) ((void)0)
#define LWIP_PLATFORM_ASSERT(text) \
    do {                           \
        fprintf(stderr, "lwIP: %s\n", text); \
        abort();                   \
    } while (0)

#endif
