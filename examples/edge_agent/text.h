/* text.h: text put together without stdio, whose printf would bring a heap and 10 KB into a firmware. */
#ifndef EDGE_TEXT_H
#define EDGE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* Append to the text in a buffer of so many bytes. false: it does not fit, and the text is as before. */
bool text_add(char *text, size_t size, const char *more);
bool text_add_n(char *text, size_t size, const char *more, size_t len);
bool text_add_number(char *text, size_t size, unsigned long n);
/* As the inside of a JSON string. */
bool text_add_escaped(char *text, size_t size, const char *more);

#endif
