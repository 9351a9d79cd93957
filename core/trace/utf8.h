/* utf8.h: validates UTF-8 and finds positions at which it can be cut. RFC 3629; replacement by maximal
 * subparts, Unicode 15 §3.9. */
#ifndef USPAN_TRACE_UTF8_H
#define USPAN_TRACE_UTF8_H

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define USPAN_REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* Returns the number of bytes at the start that are well-formed. They end at a character. */
size_t uspan_utf8_run(const char *text, size_t len);

#ifndef __OPTIMIZE_SIZE__
static inline size_t uspan_word_at(const char *text)
{
    size_t w;
    memcpy(&w, text, sizeof w); /* one load if the machine allows unaligned access */
    return w;
}

static inline size_t uspan_four_at(const char *text)
{
    const size_t word = sizeof(size_t);
    return uspan_word_at(text) | uspan_word_at(text + word) | uspan_word_at(text + 2u * word) |
           uspan_word_at(text + 3u * word);
}

/* Returns true if all bytes are ASCII, as in most text. The last words overlap the previous ones, because
 * reading a byte twice is cheaper than reading it alone. */
static inline bool uspan_is_ascii(const char *text, size_t len)
{
    const size_t high = SIZE_MAX / 255u * 128u;
    const size_t word = sizeof(size_t);
    const char *end = text + len;
    size_t all = 0;
    if (len >= 8u * word) {
        const char *last = end - 8u * word;
        for (; text < last; text += 8u * word) {
            if (((uspan_four_at(text) | uspan_four_at(text + 4u * word)) & high) != 0u) {
                return false;
            }
        }
        all = uspan_four_at(last) | uspan_four_at(last + 4u * word);
    } else if (len >= 4u * word) {
        all = uspan_four_at(text) | uspan_four_at(end - 4u * word);
    } else if (len >= 2u * word) {
        all = uspan_word_at(text) | uspan_word_at(text + word) | uspan_word_at(end - 2u * word) |
              uspan_word_at(end - word);
    } else if (len >= word) {
        all = uspan_word_at(text) | uspan_word_at(end - word);
    } else if (len >= sizeof(uint32_t)) {
        uint32_t first, last;
        memcpy(&first, text, sizeof first);
        memcpy(&last, end - sizeof last, sizeof last);
        all = first | last;
    } else {
        while (text < end) {
            all |= (uint8_t)*text++;
        }
    }
    return (all & high) == 0u;
}
#endif

static inline bool uspan_is_utf8(const char *text, size_t len)
{
#ifndef __OPTIMIZE_SIZE__
    if (uspan_is_ascii(text, len)) {
        return true;
    }
#endif
    return uspan_utf8_run(text, len) == len;
}

/* Read the character at text, len >= 1. Returns its number of bytes if it is well-formed. Returns the
 * negative number of bytes that one U+FFFD replaces if it is not. Returns 0 if the text ends within the
 * character. */
int uspan_utf8_step(const char *text, size_t len);
/* Returns the number of the next well-formed bytes of *len >= 1 bytes, which are those bytes or a U+FFFD.
 * *text and *len advance. */
size_t uspan_utf8_piece(const char **text, size_t *len, const char **piece);
/* Returns the largest n <= max at which well-formed text of len bytes can be cut. */
size_t uspan_utf8_cut(const char *text, size_t len, size_t max);
/* Returns the bytes of the first *chars characters. Bytes that become one U+FFFD count as one character.
 * *chars becomes their number. */
size_t uspan_utf8_limit(const char *text, size_t len, size_t *chars);
/* Like uspan_utf8_limit(), but returns only the bytes. */
static inline size_t uspan_utf8_chars(const char *text, size_t len, size_t chars)
{
    return len <= chars ? len : uspan_utf8_limit(text, len, &chars); /* no character is shorter than a byte */
}

#endif
