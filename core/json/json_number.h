/* json_number.h: a number of JSON, read character by character. Private to core. */
#ifndef USPAN_JSON_JSON_NUMBER_H
#define USPAN_JSON_JSON_NUMBER_H

#include "uspan/json_reader.h"

/* uspan_json_read_t.state within a number, by its last character. */
enum {
    USPAN_NUMBER_MINUS = 11,
    USPAN_NUMBER_ZERO,
    USPAN_NUMBER_INTEGER,
    USPAN_NUMBER_POINT,
    USPAN_NUMBER_FRACTION,
    USPAN_NUMBER_E,
    USPAN_NUMBER_E_SIGN,
    USPAN_NUMBER_EXPONENT
};
typedef enum uspan_number_step { USPAN_NUMBER_MORE, USPAN_NUMBER_ENDS, USPAN_NUMBER_BAD } uspan_number_step_t;

/* Begin a number. c is its first character, a digit or a minus. */
void uspan_json_number_begin(uspan_json_read_t *j, char c);
/* Read one more character. USPAN_NUMBER_ENDS: the number ended before it. */
uspan_number_step_t uspan_json_number_step(uspan_json_read_t *j, char c);

/* Digits are kept while the mantissa is below this limit. One more digit then fits in 64 bits. */
#define USPAN_JSON_DIGITS_LIMIT UINT64_C(922337203685477581)
/* Get the number just read. Returns false if it is not an integer or needs more than 63 bits. */
bool uspan_json_read_int(const uspan_json_read_t *j, int64_t *out);
/* Get the double that is nearest to the first 18 or more digits of the number just read. Returns false if the
 * number needs more than 63 bits or has more than 18 places after the point. */
bool uspan_json_read_double(const uspan_json_read_t *j, double *out);
/* Returns the double nearest to n/d. n must be at most 2^63 + 1, and d must be from 1 to 2^63 - 1. It
 * computes with integers only, so no floating point library is linked. */
double uspan_json_read_ratio(uint64_t n, uint64_t d);

#endif
