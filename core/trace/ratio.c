/* ratio.c: a sampling ratio as text, made a bound without floating point.
 * Rule: the bound is (uint64_t)(r * 2^63), r being the double nearest to the text (ties to even), as C, Go
 * and Python read it, so every SDK given the same text takes the same traces. The first 64 significant digits
 * decide a tie.
 * Invariant: digits[point..end) is the fraction still to be told; all before `end` are 0..9. */
#include "inside.h"
#include "ascii.h"

#define DIGITS_MAX 64u
#define ZEROS_MAX 19 /* 10^-19 is below 2^-63: the bound is 0 */
#define MANTISSA_BITS 53u

uspan_err_t uspan_sample_ratio_parse(const char *text, uint64_t *bound)
{
    uint8_t digits[ZEROS_MAX + DIGITS_MAX] = { 0 };
    size_t end = ZEROS_MAX;
    int32_t point = 0, exponent = 0; /* the value is 0.DIGITS * 10^point */
    bool any = false, fraction = false, rest = false;
    while (uspan_blank(*text)) {
        text++;
    }
    text += *text == '+';
    for (;; text++) {
        unsigned digit = (unsigned)(uint8_t)*text - '0';
        if (*text == '.' && !fraction) {
            fraction = true;
            continue;
        }
        if (digit > 9u) {
            break;
        }
        any = true;
        if (digit == 0u && end == ZEROS_MAX) {
            point -= fraction;
            continue;
        }
        point += !fraction;
        if (end < sizeof(digits)) {
            digits[end++] = (uint8_t)digit;
        } else {
            rest |= digit != 0u;
        }
    }
    if (any && uspan_lower(*text) == 'e') {
        text++;
        bool minus = *text == '-';
        text += minus || *text == '+';
        for (any = false; *text >= '0' && *text <= '9'; text++) {
            any = true;
            exponent = exponent < 100000 ? exponent * 10 + (*text - '0') : exponent;
        }
        exponent = minus ? -exponent : exponent;
    }
    while (uspan_blank(*text)) {
        text++;
    }
    if (!any || *text != '\0') {
        return USPAN_ERR_ARG;
    }
    point += exponent;
    if (end == ZEROS_MAX || point <= -ZEROS_MAX) {
        *bound = USPAN_SAMPLE_NEVER;
        return USPAN_OK;
    }
    while (digits[end - 1u] == 0u) {
        end--;
    }
    if (point > 0) {
        if (point != 1 || end != ZEROS_MAX + 1u || digits[ZEROS_MAX] != 1u || rest) {
            return USPAN_ERR_ARG;
        }
        *bound = USPAN_SAMPLE_ALWAYS;
        return USPAN_OK;
    }
    /* Doubling the fraction carries out its next binary digit. One more digit than fits, for the rounding. */
    size_t first = (size_t)(ZEROS_MAX + point);
    uint64_t mantissa = 0;
    int place = 63; /* of the last digit in the bound */
    while (mantissa >> MANTISSA_BITS == 0u) {
        unsigned carry = 0;
        for (size_t i = end; i-- > first;) {
            unsigned doubled = 2u * digits[i] + carry;
            carry = doubled > 9u;
            digits[i] = (uint8_t)(doubled - 10u * carry);
        }
        mantissa = mantissa << 1 | carry;
        place--;
    }
    for (size_t i = first; i < end; i++) {
        rest |= digits[i] != 0u;
    }
    if ((mantissa & 1u) != 0u && (rest || (mantissa & 2u) != 0u)) {
        mantissa += 2u; /* up to 2^54, which is exact too */
    }
    mantissa >>= 1;
    place++;
    *bound = place >= 0 ? mantissa << place : mantissa >> -place;
    return USPAN_OK;
}
