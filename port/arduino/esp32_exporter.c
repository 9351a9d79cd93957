/* esp32_exporter.c: port/freertos/exporter.c for Arduino and PlatformIO.
 * Invariant: on other cores it is empty. */
#include "esp32_has.h"

#if HAS_ESPIDF_5
#include "../freertos/exporter.c"
#endif
