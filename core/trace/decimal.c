/* decimal.c: finds 15 decimal digits without floating point. Invariant: v * 2^-shift * 10^power is the value
 * after each step, and v loses less than one part in 2^60 per step. */
#include "trace/decimal.h"

#define TEN_14 UINT64_C(100000000000000)
#define TEN_15 UINT64_C(1000000000000000)

int uspan_decimal_of(uint64_t *number, int shift)
{
    uint64_t v = *number;
    int power = 0;
    for (;;) { /* until the integer part has 15 digits */
        while (v >> 63 == 0u) {
            v <<= 1;
            shift++;
        }
        if (shift <= 0 || (shift < 64 && v >> shift >= TEN_15)) {
            v = v / 10u + (v % 10u >= 5u);
            power++;
        } else if (shift >= 64 || v >> shift < TEN_14) {
            v = (v >> 4) * 10u + (((v & 15u) * 10u + 8u) >> 4);
            shift -= 4;
            power--;
        } else {
            break;
        }
    }
    v = ((v >> (shift - 1)) + 1u) >> 1;
    for (; v % 10u == 0u; v /= 10u) {
        power++;
    }
    *number = v;
    return power;
}

char *uspan_int_text(int64_t value, char *end)
{
    uint64_t size = value < 0 ? 0u - (uint64_t)value : (uint64_t)value;
    do {
        *--end = (char)('0' + size % 10u);
        size /= 10u;
    } while (size > 0u);
    if (value < 0) {
        *--end = '-';
    }
    return end;
}
