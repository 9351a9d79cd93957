/* esp32_start.c: port/espidf/start.c for Arduino and PlatformIO.
 * Invariant: on other cores it is empty. */
#include "esp32_has.h"

#if HAS_ESPIDF_5
#include "../espidf/start.c"
#endif
