/* utf8.c: no byte that is not UTF-8 passes. Reads a word at a time while text is ASCII, which most is. */
#include "utf8.h"
#include <string.h>

#define STRIDE (2u * sizeof(size_t))

int uspan_utf8_step(const char *text, size_t len)
{
    const uint8_t *b = (const uint8_t *)text;
    uint8_t lead = b[0];
    if (lead < 0x80u) {
        return 1;
    }
    if (lead < 0xC2u || lead > 0xF4u) {
        return -1;
    }
    int size = lead < 0xE0u ? 2 : lead < 0xF0u ? 3 : 4;
    /* The second byte's range keeps out overlong forms, surrogates and what lies above U+10FFFF. */
    uint8_t low = lead == 0xE0u ? 0xA0u : lead == 0xF0u ? 0x90u : 0x80u;
    uint8_t high = lead == 0xEDu ? 0x9Fu : lead == 0xF4u ? 0x8Fu : 0xBFu;
    for (int i = 1; i < size; i++) {
        if ((size_t)i == len) {
            return 0;
        }
        if (b[i] < low || b[i] > high) {
            return -i;
        }
        low = 0x80u;
        high = 0xBFu;
    }
    return size;
}

size_t uspan_utf8_run(const char *text, size_t len)
{
    size_t at = 0;
    while (at < len) {
        if (len - at >= STRIDE && uspan_is_ascii(text + at, STRIDE)) {
            at += STRIDE;
            continue;
        }
        int step = uspan_utf8_step(text + at, len - at);
        if (step <= 0) {
            break;
        }
        at += (size_t)step;
    }
    return at;
}

size_t uspan_utf8_cut(const char *text, size_t len, size_t max)
{
    if (max >= len) {
        return len;
    }
    while (max > 0u && ((uint8_t)text[max] & 0xC0u) == 0x80u) {
        max--;
    }
    return max;
}

size_t uspan_utf8_chars(const char *text, size_t len, size_t chars)
{
    if (len <= chars) { /* no character is shorter than a byte */
        return len;
    }
    size_t at = 0;
    for (; chars > 0u && at < len; chars--) {
        int step = uspan_utf8_step(text + at, len - at);
        at = step == 0 ? len : at + (size_t)(step < 0 ? -step : step);
    }
    return at;
}
