/* sample_ratio.c: converts a sampling ratio given as text to a bound, without floating point. The bound is
 * (uint64_t)(r * 2^63), where r is the double nearest to the text (ties to even), as C, Go and Python read
 * it. Every SDK that gets the same text therefore samples the same traces. The first 64 significant digits
 * decide a tie. Invariant: digits[first..end) is the rest of the fraction, and all digits before `end` are
 * 0..9. */
#include "trace/internal.h"
#include "trace/ascii.h"

#define DIGITS_MAX 64u
#define ZEROS_MAX 19 /* 10^-19 is below 2^-63: the bound is 0 */
#define MANTISSA_BITS 53u
#define EXPONENT_MAX 100000

/* Returns the value of a digit, or a number above 9. */
static unsigned digit_at(const char *text)
{
    return (unsigned)(uint8_t)*text - '0';
}

uspan_err_t uspan_sample_ratio_parse(const char *text, uint64_t *bound)
{
    uint8_t digits[ZEROS_MAX + DIGITS_MAX] = { 0 };
    unsigned end = ZEROS_MAX;
    unsigned sum = 0, rest = 0;      /* of all digits; of those that do not fit digits[] */
    int32_t point = 0, exponent = 0; /* the value is 0.DIGITS * 10^point */
    int32_t before_point = 1;
    bool any = false;
    while (uspan_blank(*text)) {
        text++;
    }
    text += *text == '+';
    for (;; text++) {
        unsigned digit = digit_at(text);
        if (*text == '.' && before_point != 0) {
            before_point = 0;
            continue;
        }
        if (digit > 9u) {
            break;
        }
        any = true;
        sum += digit;
        if (sum == 0u) { /* a leading zero */
            point += before_point - 1;
            continue;
        }
        point += before_point;
        if (end < sizeof(digits)) {
            digits[end++] = (uint8_t)digit;
        } else {
            rest |= digit;
        }
    }
    if (any && uspan_lower(*text) == 'e') {
        bool minus = *++text == '-';
        text += minus || *text == '+';
        any = false;
        for (unsigned digit; (digit = digit_at(text)) <= 9u; text++) {
            any = true;
            exponent = exponent < EXPONENT_MAX ? exponent * 10 + (int32_t)digit : exponent;
        }
        point += minus ? -exponent : exponent;
    }
    while (uspan_blank(*text)) {
        text++;
    }
    bool none = sum == 0u || point <= -ZEROS_MAX;
    if (!any || *text != '\0' || (!none && point > 0 && (point != 1 || sum != 1u))) {
        return USPAN_ERR_ARG;
    }
    if (none || point > 0) {
        *bound = none ? USPAN_SAMPLE_NEVER : USPAN_SAMPLE_ALWAYS;
        return USPAN_OK;
    }
    /* Doubling the fraction gives its next binary digit. Read one digit more than fits, for rounding. */
    unsigned first = (unsigned)(ZEROS_MAX + point);
    uint64_t mantissa = 0;
    int place = 63; /* position of the last digit in the bound */
    do {
        unsigned carry = 0;
        for (unsigned i = end; i-- > first;) {
            unsigned doubled = 2u * digits[i] + carry;
            carry = doubled > 9u;
            digits[i] = (uint8_t)(doubled - 10u * carry);
        }
        mantissa = mantissa << 1 | carry;
        place--;
    } while (mantissa >> MANTISSA_BITS == 0u);
    while (end-- > first) {
        rest |= digits[end];
    }
    /* Round to even at a tie. The result may be 2^53, which is exact too. */
    mantissa = (mantissa + (rest != 0u || (mantissa & 2u) != 0u)) >> 1;
    place++;
    *bound = place >= 0 ? mantissa << place : mantissa >> -place;
    return USPAN_OK;
}
