/* Arduino.h: the part of the ESP32 core for Arduino that port/arduino and its example use, on the host. */
#pragma once
#include <cstdint>
#include <cstdio>
#include <ctime>

#define ESP32 1
typedef int portMUX_TYPE;
#define portMUX_INITIALIZER_UNLOCKED 0
#define portENTER_CRITICAL_SAFE(mux) ((void)++*(mux))
#define portEXIT_CRITICAL_SAFE(mux) ((void)--*(mux))
inline void *xTaskGetCurrentTaskHandle()
{
    static int task;
    return &task;
}
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
