/* esp32_lookup.c: port/posix/lookup_lwip.c for Arduino and PlatformIO.
 * Invariant: on other cores it is empty. */
#include "esp32_has.h"

#if HAS_ESPIDF_5
#define USPAN_SOCKETS_LWIP 1
#include "../posix/lookup_lwip.c"
#endif
