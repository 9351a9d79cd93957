/* ascii.h: functions for ASCII text that the parsers of core share. Private. They use no locale and no tables
 * of 256 bytes. */
#ifndef USPAN_TRACE_ASCII_H
#define USPAN_TRACE_ASCII_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns the value of a hexadecimal digit of either case, 0..15, or -1. */
int uspan_hex(char c);
/* Read an even number of lower-case hexadecimal digits. Returns false at the first other byte, and reads none
 * after it. */
bool uspan_read_hex(uint8_t *out, const char *text, size_t digits);
/* Returns 'a'..'z' for 'A'..'Z', and any other byte unchanged. */
char uspan_lower(char c);
/* Space or tab: OWS of RFC 9110 §5.6.3. */
static inline bool uspan_blank(char c)
{
    return c == ' ' || c == '\t';
}
/* Returns true if text has at least 1 byte and all are tchar of RFC 9110 §5.6.2. */
bool uspan_is_token(const char *text, size_t len);
/* Returns the position, from 1, of text in a list of lower-case words, in any case. Each word ends with a 0,
 * and an empty word ends the list. 0: not there. */
unsigned uspan_word_index(const char *words, const char *text, size_t len);
/* Remove blanks at both ends: moves *text and returns the new length. */
size_t uspan_trim(const char **text, size_t len);
/* Read the next byte of percent-encoded text at *at, and advance. Returns 0..255; -1 at the end; -2 for a
 * broken "%", and *at is unchanged. */
int uspan_percent_byte(const char *text, size_t len, size_t *at);

#endif
