/* json_number.c: a number that was read, as an integer or a double: exact, nearest, or refused; by integers
 * alone, so that it brings no floating point library. */
#include "json_read.h"
#include <string.h>

static uint64_t power_of_ten(int n)
{
    uint64_t out = 1u;
    while (n-- > 0) {
        out *= 10u;
    }
    return out;
}

bool uspan_json_read_int(const uspan_json_read_t *j, int64_t *out)
{
    uint64_t value = j->mantissa;
    int scale = j->scale;
    if (value == 0u) {
        scale = 0;
    }
    for (; scale < 0 && value % 10u == 0u; scale++) {
        value /= 10u;
    }
    for (; scale > 0 && value < USPAN_JSON_DIGITS_LIMIT; scale--) {
        value *= 10u;
    }
    if (scale != 0 || value > (uint64_t)INT64_MAX) {
        return false;
    }
    *out = j->negative ? -(int64_t)value : (int64_t)value;
    return true;
}

bool uspan_json_read_double(const uspan_json_read_t *j, double *out)
{
    uint64_t n = j->mantissa;
    int scale = n == 0u ? 0 : j->scale;
    for (; scale > 0 && n < USPAN_JSON_DIGITS_LIMIT; scale--) {
        n *= 10u;
    }
    if (scale > 0 || scale < -18) {
        return false;
    }
    *out = uspan_json_read_ratio(n, power_of_ten(-scale));
    if (j->negative) {
        *out = -*out;
    }
    return true;
}

double uspan_json_read_ratio(uint64_t n, uint64_t d)
{
    if (n == 0u) {
        return 0.0;
    }
    /* Scale to d <= n < 2d, then take 53 bits of the quotient and round to even by the rest. */
    int exponent = 0;
    for (; n < d; exponent--) {
        n <<= 1;
    }
    for (; n >> 1 >= d; exponent++) {
        d <<= 1;
    }
    uint64_t quotient = 0u;
    for (unsigned bit = 0; bit < 53u; bit++) {
        quotient <<= 1;
        if (n >= d) {
            n -= d;
            quotient |= 1u;
        }
        n <<= 1;
    }
    if (n > d || (n == d && (quotient & 1u) != 0u)) {
        quotient++; /* may carry into the exponent, which is right */
    }
    uint64_t bits = quotient + ((uint64_t)(exponent + 1022) << 52);
    double out;
    memcpy(&out, &bits, sizeof out);
    return out;
}
