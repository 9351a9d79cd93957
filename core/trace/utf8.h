/* utf8.h: what is UTF-8 and where it may be cut. RFC 3629; replacement by maximal subparts, Unicode 15 §3.9. */
#ifndef USPAN_TRACE_UTF8_H
#define USPAN_TRACE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes at the start that are well-formed; ends at a character. */
size_t uspan_utf8_run(const char *text, size_t len);
/* The character at text, len >= 1: its bytes, well-formed; or, negated, the bytes that one U+FFFD stands for; or 0: begun and
 * cut short by the end of the text. */
int uspan_utf8_step(const char *text, size_t len);
/* The largest n <= max at which well-formed text of len bytes may be cut. */
size_t uspan_utf8_cut(const char *text, size_t len, size_t max);
/* Bytes that hold the first `chars` characters, U+FFFD to come counted as one. */
size_t uspan_utf8_chars(const char *text, size_t len, size_t chars);

#endif
