/* text.h: builds text without stdio. Its printf would add a heap and 10 KB of flash to the firmware. */
#ifndef EDGE_TEXT_H
#define EDGE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Append to the text in a buffer of `size` bytes. Returns false and changes nothing if it does not fit. */
bool text_add(char *text, size_t size, const char *more);
bool text_add_n(char *text, size_t size, const char *more, size_t len);
bool text_add_number(char *text, size_t size, unsigned long n);
/* Like text_add(), but escapes `more` for the inside of a JSON string. Control characters become spaces. */
bool text_add_escaped(char *text, size_t size, const char *more);

#endif
