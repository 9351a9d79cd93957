/* utf8.c: validates UTF-8. Invariant: its output is always well-formed. It reads one word at a time while
 * text is ASCII, because most text is. */
#include "trace/utf8.h"
#include <string.h>

#define WORD sizeof(size_t)
#define HIGH_BITS (SIZE_MAX / 255u * 128u)

static inline size_t word_at(const char *text)
{
    size_t w;
    memcpy(&w, text, sizeof w); /* one load if the machine allows unaligned access */
    return w;
}

static inline size_t four_at(const char *text)
{
    return word_at(text) | word_at(text + WORD) | word_at(text + 2u * WORD) | word_at(text + 3u * WORD);
}

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
    /* The range of the second byte excludes overlong forms, surrogates and values above U+10FFFF. */
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
        const char *next = text + at;
        size_t left = len - at;
        for (; left >= 8u * WORD && ((four_at(next) | four_at(next + 4u * WORD)) & HIGH_BITS) == 0u;
             left -= 8u * WORD) {
            next += 8u * WORD;
        }
        for (; left >= WORD && (word_at(next) & HIGH_BITS) == 0u; left -= WORD) {
            next += WORD;
        }
        if (left < WORD && len >= WORD && (word_at(text + len - WORD) & HIGH_BITS) == 0u) {
            return len; /* reading bytes twice is cheaper than reading them one by one */
        }
        int step = (uint8_t)*next < 0x80u ? 1 : uspan_utf8_step(next, left);
        at = len - left;
        if (step <= 0) {
            break;
        }
        at += (size_t)step;
    }
    return at;
}

size_t uspan_utf8_piece(const char **text, size_t *len, const char **piece)
{
    int step = uspan_utf8_step(*text, *len);
    size_t used, made;
    *piece = *text;
    if (step > 0) {
        used = made = uspan_utf8_run(*text, *len);
    } else {
        used = step == 0 ? *len : (size_t)-step;
        *piece = USPAN_REPLACEMENT;
        made = 3u;
    }
    *text += used;
    *len -= used;
    return made;
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

size_t uspan_utf8_limit(const char *text, size_t len, size_t *chars)
{
    size_t at = 0;
    size_t n = 0;
    for (; n < *chars && at < len; n++) {
        int step = uspan_utf8_step(text + at, len - at);
        at = step == 0 ? len : at + (size_t)(step < 0 ? -step : step);
    }
    *chars = n;
    return at;
}
