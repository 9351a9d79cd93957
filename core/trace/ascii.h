/* ascii.h: the few questions about ASCII text that every parser here asks. Private. No locale, no tables of
 * 256. */
#ifndef USPAN_TRACE_ASCII_H
#define USPAN_TRACE_ASCII_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 0..15 of a hexadecimal digit of either case; -1: none. */
int uspan_hex(char c);
/* The 'a'..'z' of 'A'..'Z'; any other byte as it is. */
char uspan_lower(char c);
/* Space or tab: OWS of RFC 9110 §5.6.3. */
static inline bool uspan_blank(char c)
{
    return c == ' ' || c == '\t';
}
/* True for 1 byte and more, all tchar of RFC 9110 §5.6.2. */
bool uspan_is_token(const char *text, size_t len);
/* Position, from 1, of text in a list of lower-case words, each ended by a 0, an empty one ending the list;
 * any case matches. 0: not there. */
unsigned uspan_word_index(const char *words, const char *text, size_t len);
/* Cut blanks off both ends: moves *text, returns the new length. */
size_t uspan_trim(const char **text, size_t len);
/* The next byte of percent-encoded text at *at; moves on. 0..255; -1 at the end; -2: broken "%", *at is left
 * alone. */
int uspan_percent_byte(const char *text, size_t len, size_t *at);

#endif
