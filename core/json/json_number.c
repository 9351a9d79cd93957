/* json_number.c: reads a number as an integer or a double. The result is exact, the nearest double, or none.
 * It computes with integers only, so no floating point library is linked. */
#include "json/json_number.h"
#include <string.h>

#define SCALE_MAX 9999

void uspan_json_number_begin(uspan_json_read_t *j, char c)
{
    j->negative = c == '-';
    j->mantissa = j->negative ? 0u : (uint64_t)(c - '0');
    j->scale = 0;
    j->exponent = 0;
    j->exponent_negative = false;
    j->state = j->negative ? USPAN_NUMBER_MINUS : c == '0' ? USPAN_NUMBER_ZERO : USPAN_NUMBER_INTEGER;
}

static void take_digit(uspan_json_read_t *j, char c)
{
    if (j->action == 0u) { /* no row reads this number */
        return;
    }
    int16_t step = j->state == USPAN_NUMBER_FRACTION ? 0 : 1;
    if (j->mantissa < USPAN_JSON_DIGITS_LIMIT) {
        j->mantissa = j->mantissa * 10u + (uint64_t)(c - '0');
        step = (int16_t)(step - 1);
    }
    if (j->scale > -SCALE_MAX && j->scale < SCALE_MAX) {
        j->scale = (int16_t)(j->scale + step);
    }
}

/* The grammar of RFC 8259 section 6, as a state machine. */
uspan_number_step_t uspan_json_number_step(uspan_json_read_t *j, char c)
{
    unsigned state = j->state;
    bool digit = c >= '0' && c <= '9';
    bool whole = state == USPAN_NUMBER_ZERO || state == USPAN_NUMBER_INTEGER;
    if (digit && state != USPAN_NUMBER_ZERO) {
        if (state >= USPAN_NUMBER_E) {
            j->state = USPAN_NUMBER_EXPONENT;
            if (j->exponent < SCALE_MAX / 10) {
                j->exponent = (int16_t)(j->exponent * 10 + (c - '0'));
            }
        } else {
            j->state = state == USPAN_NUMBER_MINUS   ? (c == '0' ? USPAN_NUMBER_ZERO : USPAN_NUMBER_INTEGER)
                       : state == USPAN_NUMBER_POINT ? USPAN_NUMBER_FRACTION
                                                     : (uint8_t)state;
            take_digit(j, c);
        }
    } else if (c == '.' && whole) {
        j->state = USPAN_NUMBER_POINT;
    } else if ((c == 'e' || c == 'E') && (whole || state == USPAN_NUMBER_FRACTION)) {
        j->state = USPAN_NUMBER_E;
    } else if ((c == '+' || c == '-') && state == USPAN_NUMBER_E) {
        j->exponent_negative = c == '-';
        j->state = USPAN_NUMBER_E_SIGN;
    } else if ((whole && !digit) || state == USPAN_NUMBER_FRACTION || state == USPAN_NUMBER_EXPONENT) {
        j->scale = (int16_t)(j->scale + (j->exponent_negative ? -j->exponent : j->exponent));
        return USPAN_NUMBER_ENDS;
    } else {
        return USPAN_NUMBER_BAD;
    }
    return USPAN_NUMBER_MORE;
}

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
        quotient++; /* may carry into the exponent, which is correct */
    }
    uint64_t bits = quotient + ((uint64_t)(exponent + 1022) << 52);
    double out;
    memcpy(&out, &bits, sizeof out);
    return out;
}
