/* decimal.h: converts a binary floating-point value to a decimal integer and a power of ten. Private to
 * core. */
#ifndef USPAN_TRACE_DECIMAL_H
#define USPAN_TRACE_DECIMAL_H

#include <stdint.h>

/* Convert number * 2^-shift, number not 0, to an integer of at most 15 digits without zeros at its end.
 * Returns its power of ten. Pure. */
int uspan_decimal_of(uint64_t *number, int shift);

#endif
