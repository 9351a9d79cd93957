/* esp32_tcp.c: port/posix/tcp.c over lwIP's sockets, for Arduino and PlatformIO.
 * Invariant: on other cores it is empty. */
#include "esp32_has.h"

#if HAS_ESPIDF_5
#define USPAN_SOCKETS_LWIP 1
#include "../posix/tcp.c"
#endif
