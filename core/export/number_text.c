/* number_text.c: numbers as text, without floating point. */
#include "export/number_text.h"
#include <string.h>
#include "trace/decimal.h"

#define DIGITS 15u

static void put_char(uspan_window_t *w, char c)
{
    uspan_window_put(w, &c, 1u);
}

/* Write the digits of n, at least `least`, so that they end before `end`. Returns the first one. */
static char *digits_of(uint64_t n, char *end, unsigned least)
{
    char *at = end;
    while (n > 0u || (unsigned)(end - at) < least) {
        *--at = (char)('0' + n % 10u);
        n /= 10u;
    }
    return at;
}

void uspan_print_u64(uspan_window_t *w, uint64_t n)
{
    char text[20];
    char *at = digits_of(n, text + sizeof text, 1u);
    uspan_window_put(w, at, (size_t)(text + sizeof text - at));
}

void uspan_print_int(uspan_window_t *w, int64_t n)
{
    uint64_t size = (uint64_t)n;
    if (n < 0) {
        put_char(w, '-');
        size = 0u - size;
    }
    uspan_print_u64(w, size);
}

void uspan_print_double(uspan_window_t *w, double d)
{
    uint64_t bits;
    memcpy(&bits, &d, sizeof bits);
    if (bits >> 63 != 0u && (bits << 1 <= (uint64_t)0x7FF << 53)) {
        put_char(w, '-');
    }
    unsigned exponent = (unsigned)(bits >> 52) & 0x7FFu;
    uint64_t v = bits & (((uint64_t)1 << 52) - 1u);
    if (exponent == 0x7FFu) {
        uspan_window_text(w, v != 0u ? "NaN" : "Infinity");
        return;
    }
    if (exponent == 0u && v == 0u) {
        put_char(w, '0');
        return;
    }
    v |= (uint64_t)(exponent != 0u) << 52;
    int shift = 1075 - (int)(exponent != 0u ? exponent : 1u);
    int power = uspan_decimal_of(&v, shift);
    char text[DIGITS + 1u];
    char *at = digits_of(v, text + sizeof text, 1u);
    int len = (int)(text + sizeof text - at);
    int point = len + power; /* digits before the point */
    int scale = 0;
    if (point < -3 || point > (int)DIGITS) {
        scale = point - 1;
        point = 1;
    }
    if (point <= 0) {
        uspan_window_put(w, "0.000", (size_t)(2 - point));
        point = 0;
    }
    for (int i = 0; i < len || i < point; i++) {
        if (i == point && i > 0) {
            put_char(w, '.');
        }
        put_char(w, i < len ? at[i] : '0');
    }
    if (scale != 0) {
        put_char(w, 'e');
        uspan_print_int(w, scale);
    }
}

void uspan_print_hex(uspan_window_t *w, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < 2u * len; i++) {
        put_char(w, "0123456789abcdef"[bytes[i / 2u] >> (i % 2u != 0u ? 0 : 4) & 15]);
    }
}

bool uspan_print_scalar(uspan_window_t *w, const uspan_value_t *v)
{
    if (v->type == USPAN_TYPE_INT) {
        uspan_print_int(w, v->i);
    } else if (v->type == USPAN_TYPE_DOUBLE) {
        uspan_print_double(w, v->d);
    } else if (v->type == USPAN_TYPE_BOOL) {
        uspan_window_text(w, v->i != 0 ? "true" : "false");
    } else {
        return false;
    }
    return true;
}
