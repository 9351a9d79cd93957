/* Arduino.h: the part of Arduino's cores that port/arduino and its examples use, on the host. With
 * ESP_PLATFORM it is the core for ESP32. */
#pragma once
#include <cstdint>
#include <cstdio>
#include <ctime>

#ifdef ESP_PLATFORM // its core includes FreeRTOS
extern "C" {
#include <esp_crt_bundle.h>
#include <freertos/FreeRTOS.h>
#include <freertos/task.h>
}
#else // a sketch for another core has its own source of random bytes
#define USPAN_ARDUINO_LOCK() 0u
#define USPAN_ARDUINO_UNLOCK(state) (void)(state)
#include <sys/random.h>
#define stub_random \
    [](void *, uint8_t *out, size_t len) { return getrandom(out, len, 0) == (ssize_t)len ? USPAN_OK : USPAN_ERR_IO; }
#endif
inline void configTime(long, int, const char *) {}
inline unsigned long micros()
{
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (unsigned long)now.tv_sec * 1000000u + (unsigned long)now.tv_nsec / 1000u;
}
inline unsigned long millis()
{
    return micros() / 1000u;
}
inline void delay(unsigned long ms)
{
    timespec pause = { 0, (long)ms * 1000000 };
    nanosleep(&pause, nullptr);
}
struct HardwareSerial {
    void begin(unsigned long) {}
    void println(const char *text) { std::puts(text); }
};
__attribute__((unused)) static HardwareSerial Serial;
