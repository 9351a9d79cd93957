/* esp32_has.h: tells esp32_*.c what this core has. Arduino and PlatformIO compile each source of a library on
 * each core, so these files are empty where ESP-IDF is missing. Private to this folder.
 * Invariant: ESP_PLATFORM is defined by ESP-IDF's own build, Arduino's core for ESP32 and PlatformIO. */
#ifndef USPAN_ARDUINO_ESP32_HAS_H
#define USPAN_ARDUINO_ESP32_HAS_H

#ifdef ESP_PLATFORM
#include <esp_idf_version.h>
#define HAS_ESPIDF 1
#define HAS_ESPIDF_5 (ESP_IDF_VERSION_MAJOR >= 5) /* Arduino core 3. Core 2 has ESP-IDF 4 */
#else
#define HAS_ESPIDF 0
#define HAS_ESPIDF_5 0
#endif

#endif
