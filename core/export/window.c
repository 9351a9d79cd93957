/* window.c: writes text into a window. Invariant: a byte is written at its own position or not at all. The
 * same calls give the same text, whatever part of it the window shows. */
#define USPAN_IN_WINDOW
#include "export/window.h"
#include <string.h>

void uspan_window_put(uspan_window_t *w, const void *data, size_t len)
{
    const uint8_t *from = data;
    size_t skip = w->at < w->from ? w->from - w->at : 0u; /* bytes before the window */
    size_t to = w->at + skip - w->from;
    w->at += len;
    if (skip < len && to < w->cap) {
        size_t n = len - skip;
        memcpy(w->out + to, from + skip, n < w->cap - to ? n : w->cap - to);
    }
}

void uspan_window_char(uspan_window_t *w, char c)
{
    uspan_window_put(w, &c, 1u);
}

void uspan_window_number(uspan_window_t *w, uint32_t n)
{
    char digits[10];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + n % 10u);
        n /= 10u;
    } while (n > 0u);
    uspan_window_put(w, digits + at, sizeof digits - at);
}

void uspan_window_labelled(uspan_window_t *w, const char *label, uint32_t n)
{
    uspan_window_text(w, label);
    uspan_window_number(w, n);
}

/* Write four digits of 24 bits. Those beyond `digits` are padding. */
static void put_group(uspan_window_t *w, uint32_t group, unsigned digits)
{
    for (unsigned i = 0; i < 4u; i++, group <<= 6) {
        unsigned digit = group >> 18 & 63u;
        unsigned c = digit < 26u ? 'A' + digit : digit < 52u ? 'a' - 26u + digit : digit - 52u + '0';
        c = digit == 62u ? '+' : digit == 63u ? '/' : c;
        uspan_window_char(w, i < digits ? (char)c : '=');
    }
}

uint32_t uspan_window_base64(uspan_window_t *w, uint32_t group, unsigned byte)
{
    group = group << 8 | byte; /* the leading 1 counts the bytes */
    if (group >> 24 == 0u) {
        return group;
    }
    put_group(w, group, 4u);
    return USPAN_BASE64_BEGIN;
}

void uspan_window_base64_end(uspan_window_t *w, uint32_t group)
{
    if (group > USPAN_BASE64_BEGIN) {
        bool one = group >> 16 == 0u;
        put_group(w, group << (one ? 16 : 8), one ? 2u : 3u);
    }
}

void uspan_window_basic(uspan_window_t *w, const char *user, const char *pass)
{
    uint32_t group = USPAN_BASE64_BEGIN;
    for (const char *text = user;;) {
        unsigned c = (uint8_t)*text++;
        if (c == 0u) {
            if (pass == NULL) {
                break;
            }
            c = ':';
            text = pass;
            pass = NULL;
        }
        group = uspan_window_base64(w, group, c);
    }
    uspan_window_base64_end(w, group);
}
