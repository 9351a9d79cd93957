/* ascii.c: functions for ASCII text. Invariant: nothing is read outside text[0..len). */
#include "trace/ascii.h"
#include <string.h>

char uspan_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

int uspan_hex(char c)
{
    unsigned digit = (unsigned)(uint8_t)c - '0';
    if (digit > 9u) {
        digit = (unsigned)(uint8_t)uspan_lower(c) - ('a' - 10);
        if (digit - 10u > 5u) {
            return -1;
        }
    }
    return (int)digit;
}

bool uspan_read_hex(uint8_t *out, const char *text, size_t digits)
{
    for (size_t i = 0; i < digits; i++) {
        int digit = uspan_hex(text[i]);
        if (digit < 0 || text[i] != uspan_lower(text[i])) {
            return false;
        }
        out[i / 2u] = (uint8_t)(i % 2u != 0u ? out[i / 2u] << 4 | digit : digit);
    }
    return true;
}

bool uspan_is_token(const char *text, size_t len)
{
    /* One bit for each of 0x00..0x7F. */
    static const uint32_t tchar[4] = { 0u, 0x03FF6CFAu, 0xC7FFFFFEu, 0x57FFFFFFu };
    for (size_t i = 0; i < len; i++) {
        uint8_t c = (uint8_t)text[i];
        if (c > 0x7Fu || ((tchar[c / 32u] >> (c % 32u)) & 1u) == 0u) {
            return false;
        }
    }
    return len != 0u;
}

unsigned uspan_word_index(const char *words, const char *text, size_t len)
{
    for (unsigned index = 1; *words != '\0'; index++) {
        size_t i = 0, n = strlen(words);
        if (n == len) {
            while (i < n && (text[i] == words[i] || uspan_lower(text[i]) == words[i])) {
                i++;
            }
            if (i == n) {
                return index;
            }
        }
        words += n + 1u;
    }
    return 0;
}

size_t uspan_trim(const char **text, size_t len)
{
    while (len != 0u && uspan_blank(**text)) {
        ++*text;
        len--;
    }
    while (len != 0u && uspan_blank((*text)[len - 1u])) {
        len--;
    }
    return len;
}

int uspan_percent_byte(const char *text, size_t len, size_t *at)
{
    size_t i = *at;
    if (i >= len) {
        return -1;
    }
    int byte = (uint8_t)text[i];
    if (byte == '%') {
        if (len - i < 3u) {
            return -2;
        }
        int high = uspan_hex(text[i + 1u]), low = uspan_hex(text[i + 2u]);
        if (high < 0 || low < 0) {
            return -2;
        }
        byte = high * 16 + low;
        i += 2u;
    }
    *at = i + 1u;
    return byte;
}
