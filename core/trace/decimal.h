/* decimal.h: a binary floating-point value as a whole decimal number and a power of ten. Private to core. */
#ifndef USPAN_TRACE_DECIMAL_H
#define USPAN_TRACE_DECIMAL_H

#include <stdint.h>

/* number * 2^-shift, number not 0, becomes a whole number of at most 15 digits that has no zeros at its end.
 * Returns its power of ten. Pure. */
int uspan_decimal_of(uint64_t *number, int shift);

#endif
