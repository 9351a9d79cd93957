/* message_double.c: writes a double as a JSON number of up to 15 digits, without floating point. */
#include "json/json_write.h"
#include <string.h>
#include "trace/decimal.h"

#define ZEROS_MAX 4 /* from this number of zeros after the point on, an exponent is shorter */

uspan_err_t uspan_write_double(uspan_writer_t *w, const char *name, double value)
{
    char text[48];
    char digits[20];
    char *const end = digits + sizeof digits;
    char *to = text;
    uint64_t v;
    memcpy(&v, &value, sizeof v);
    unsigned exponent = (unsigned)(v >> 52) & 0x7FFu;
    if (exponent == 0x7FFu) {
        return USPAN_ERR_ARG;
    }
    if (v >> 63 != 0u) {
        *to++ = '-';
    }
    v &= (UINT64_C(1) << 52) - 1u;
    int power = 0;
    if (exponent > 0u) {
        v |= UINT64_C(1) << 52;
    }
    if (v != 0u) {
        power = uspan_decimal_of(&v, 1075 - (int)(exponent > 0u ? exponent : 1u));
    }
    const char *from = uspan_int_text((int64_t)v, end);
    int count = (int)(end - from);
    int whole = count + power; /* digits before the point */
    if (power <= 0 && whole > -ZEROS_MAX) {
        for (int i = whole < 1 ? whole - 1 : 0; i < count; i++) {
            if (i == whole) {
                *to++ = '.';
            }
            *to++ = i < 0 ? '0' : from[i];
        }
    } else {
        memcpy(to, from, (size_t)count);
        to += count;
        *to++ = 'e';
        from = uspan_int_text(power, end);
        memcpy(to, from, (size_t)(end - from));
        to += end - from;
    }
    *to = '\0';
    return uspan_write_member(w, name, text, USPAN_LEAF_NONE, NULL, 0u);
}
