/* esp32_port.c: port/espidf/port.c for Arduino and PlatformIO.
 * Invariant: on other cores it is empty. */
#include "esp32_has.h"

#if HAS_ESPIDF
#include "../espidf/port.c"
#endif
