/* esp32_client.c: port/espidf/client.c for Arduino and PlatformIO.
 * Invariant: on other cores it is empty. */
#include "esp32_has.h"

#if HAS_ESPIDF_5
#include "../espidf/client.c"
#endif
