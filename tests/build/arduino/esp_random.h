/* esp_random.h */
#pragma once
#include <cstddef>
#include <cstdint>
inline void esp_fill_random(void *out, size_t len)
{
    static uint8_t next = 1;
    for (size_t i = 0; i < len; i++) {
        static_cast<uint8_t *>(out)[i] = next++;
    }
}
