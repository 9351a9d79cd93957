/* decimal.h: converts a binary floating-point value to a decimal integer and a power of ten, and an integer
 * to its digits. Private to core. */
#ifndef USPAN_TRACE_DECIMAL_H
#define USPAN_TRACE_DECIMAL_H

#include <stdint.h>

/* Convert number * 2^-shift, number not 0, to an integer of at most 15 digits without zeros at its end.
 * Returns its power of ten. Pure. */
int uspan_decimal_of(uint64_t *number, int shift);
/* Write an integer before `end`, in up to 20 bytes. Returns a pointer to the first one. Pure. */
char *uspan_int_text(int64_t value, char *end);

#endif
