/* text.c: appends to texts in buffers. Invariant: a text ends in 0 and stays within its buffer. */
#include "text.h"
#include <string.h>

bool text_add_n(char *text, size_t size, const char *more, size_t len)
{
    size_t at = strlen(text);
    if (len >= size - at) {
        return false;
    }
    memcpy(text + at, more, len);
    text[at + len] = '\0';
    return true;
}

bool text_add(char *text, size_t size, const char *more)
{
    return text_add_n(text, size, more, strlen(more));
}

bool text_add_number(char *text, size_t size, unsigned long n)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + n % 10u);
        n /= 10u;
    } while (n > 0u);
    return text_add_n(text, size, digits + at, sizeof digits - at);
}

bool text_add_escaped(char *text, size_t size, const char *more)
{
    size_t from = strlen(text);
    for (; *more != '\0'; more++) {
        char pair[2] = { '\\', *more };
        bool is_control = (unsigned char)*more < 0x20u; /* becomes a space */
        bool is_plain = *more != '"' && *more != '\\';
        if (!text_add_n(text, size, is_control ? " " : pair + is_plain, is_control || is_plain ? 1u : 2u)) {
            text[from] = '\0';
            return false;
        }
    }
    return true;
}
