/* json_write_raw.c: writes JSON that is given as text, in pieces of any size (RFC 8259). The first byte that
 * is not JSON turns the complete text into a string. White space is removed and escapes are decoded. Half of
 * a surrogate pair becomes U+FFFD. Control characters in strings are accepted. */
#include "json/json_write_raw.h"
#include <string.h>
#include "json/json_write_out.h"
#include "json/json_write_store.h"

/* Values of w->escape: a backslash was read, then u and the digits of the first unit. After a high surrogate:
 * the backslash, u and the digits of the second unit. */
#define ESCAPE_BACKSLASH 1u
#define ESCAPE_UNIT 2u
#define ESCAPE_SECOND 6u
#define ESCAPE_SECOND_U 7u
#define ESCAPE_SECOND_UNIT 8u

static const char hex_digits[] = "0123456789abcdef";

typedef enum char_result { BAD, LOST, TAKEN, NOT_TAKEN } char_result_t;

static char_result_t took(bool good)
{
    return good ? TAKEN : LOST;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool in_raw_string(const uspan_writer_t *w)
{
    return w->state <= USPAN_WRITE_KEYSTR;
}

/* The state after a value. */
static uint8_t after_value(const uspan_writer_t *w)
{
    return w->depth == w->base ? USPAN_WRITE_DONE : USPAN_WRITE_AFTER;
}

/* ---- numbers ------------------------------------------------------------------------------------------- */

/* The state after one more character of a number. 0: the character is not part of it. */
static unsigned number_goes_on(unsigned state, char c)
{
    bool whole = state == USPAN_WRITE_ZERO || state == USPAN_WRITE_INT;
    if (is_digit(c)) {
        return state == USPAN_WRITE_MINUS      ? (c == '0' ? USPAN_WRITE_ZERO : USPAN_WRITE_INT)
               : state == USPAN_WRITE_ZERO     ? 0u
               : state == USPAN_WRITE_INT      ? USPAN_WRITE_INT
               : state <= USPAN_WRITE_FRACTION ? USPAN_WRITE_FRACTION
                                               : USPAN_WRITE_EXPONENT;
    }
    if (c == '.') {
        return whole ? USPAN_WRITE_DOT : 0u;
    }
    if ((c | 0x20) == 'e') {
        return whole || state == USPAN_WRITE_FRACTION ? USPAN_WRITE_E : 0u;
    }
    return (c == '+' || c == '-') && state == USPAN_WRITE_E ? USPAN_WRITE_E_SIGN : 0u;
}

/* Returns true if a number may end in that state. */
static bool number_is_whole(unsigned state)
{
    return state == USPAN_WRITE_ZERO || state == USPAN_WRITE_INT || state == USPAN_WRITE_FRACTION ||
           state == USPAN_WRITE_EXPONENT;
}

/* ---- strings ------------------------------------------------------------------------------------------- */

static bool put_code_point(uspan_write_out_t *o, uint32_t c)
{
    char out[4];
    size_t n = c < 0x80u ? 1u : c < 0x800u ? 2u : c < 0x10000u ? 3u : 4u;
    for (size_t i = n; i-- > 1u; c >>= 6) {
        out[i] = (char)(0x80u | (c & 0x3Fu));
    }
    out[0] = (char)(n == 1u ? c : ((0xF00u >> n & 0xF0u) | c));
    return uspan_write_text(o, out, n);
}

/* Process one unit of UTF-16. */
static bool put_unit(uspan_write_out_t *o)
{
    uspan_writer_t *w = o->w;
    uint32_t unit = w->hex;
    unsigned escape = w->escape;
    w->escape = 0u;
    bool low = unit - 0xDC00u < 0x400u;
    if (escape > ESCAPE_SECOND) {
        if (low) {
            return put_code_point(o, 0x10000u + ((uint32_t)(w->high & 0x3FFu) << 10) + (unit & 0x3FFu));
        }
        if (!put_code_point(o, 0xFFFDu)) {
            return false;
        }
    }
    if (unit - 0xD800u < 0x400u) {
        w->high = (uint16_t)unit;
        w->escape = ESCAPE_SECOND;
        return true;
    }
    return put_code_point(o, low ? 0xFFFDu : unit);
}

/* Read one more character of an escape. */
static char_result_t escaped(uspan_write_out_t *o, char c)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    uspan_writer_t *w = o->w;
    unsigned escape = w->escape;
    if (escape == ESCAPE_SECOND || escape == ESCAPE_SECOND_U) {
        if (c == (escape == ESCAPE_SECOND ? '\\' : 'u')) {
            w->escape++;
            w->hex = 0u;
            return TAKEN;
        }
        w->escape = (uint8_t)(escape - ESCAPE_SECOND); /* no pair, but an escape may begin here */
        return put_code_point(o, 0xFFFDu) ? NOT_TAKEN : LOST;
    }
    if (escape == ESCAPE_BACKSLASH) {
        if (c == 'u') {
            w->escape = ESCAPE_UNIT;
            w->hex = 0u;
            return TAKEN;
        }
        const char *at = memchr(from, c, sizeof from - 1u);
        if (at == NULL) {
            return BAD;
        }
        w->escape = 0u;
        return took(uspan_write_text(o, &to[at - from], 1u));
    }
    const char *at = memchr(hex_digits, is_digit(c) ? c : c | 0x20, sizeof hex_digits - 1u);
    if (at == NULL) {
        return BAD;
    }
    w->hex = (uint16_t)((unsigned)w->hex << 4 | (unsigned)(at - hex_digits));
    w->escape++;
    bool whole = w->escape == ESCAPE_UNIT + 4u || w->escape == ESCAPE_SECOND_UNIT + 4u;
    return whole ? took(put_unit(o)) : TAKEN;
}

/* Write as much of a string as fits in one step. */
static char_result_t in_string(uspan_write_out_t *o, const char *text, size_t len, size_t *taken)
{
    uspan_writer_t *w = o->w;
    if (w->escape != 0u) {
        return escaped(o, *text);
    }
    size_t run = 0;
    while (run < len && text[run] != '"' && text[run] != '\\') {
        run++;
    }
    if (run > 0u) {
        *taken = run;
        return took(uspan_write_text(o, text, run));
    }
    if (!uspan_write_text_end(o)) {
        return LOST;
    }
    if (*text == '\\') {
        w->escape = ESCAPE_BACKSLASH;
        return TAKEN;
    }
    w->state = w->state == USPAN_WRITE_KEYSTR ? USPAN_WRITE_COLON : after_value(w);
    return took(uspan_write_fit(o, text, 1u)); /* fits: the reserve is free now */
}

/* ---- structure ----------------------------------------------------------------------------------------- */

/* The state after the first character of a value or key. 0: it begins neither. */
static unsigned first(const uspan_writer_t *w, char c)
{
    bool key = w->state == USPAN_WRITE_KEY || w->state == USPAN_WRITE_KEY0;
    if (c == '"') {
        return key ? USPAN_WRITE_KEYSTR : USPAN_WRITE_STR;
    }
    if (key) {
        return 0u;
    }
    if (c == '{' || c == '[') {
        return w->depth == USPAN_WRITE_DEPTH ? 0u : c == '{' ? USPAN_WRITE_KEY0 : USPAN_WRITE_ITEM0;
    }
    return c == '-'      ? USPAN_WRITE_MINUS
           : is_digit(c) ? number_goes_on(USPAN_WRITE_MINUS, c)
           : c == 't'    ? USPAN_WRITE_TRUE
           : c == 'f'    ? USPAN_WRITE_FALSE
           : c == 'n'    ? USPAN_WRITE_NULL
                         : 0u;
}

/* Read a character between tokens, or the first character of a token. */
static char_result_t between(uspan_write_out_t *o, char c)
{
    uspan_writer_t *w = o->w;
    unsigned state = w->state;
    uint32_t stack = w->stack;
    uint8_t depth = w->depth;
    bool object = (stack & 1u) != 0u;
    bool over = state == USPAN_WRITE_AFTER;
    char text[2] = { c, c };
    size_t len = 1;
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
        return TAKEN;
    }
    if (c == (object ? '}' : ']') && (over || state == USPAN_WRITE_KEY0 || state == USPAN_WRITE_ITEM0)) {
        w->depth--;
        w->stack >>= 1;
        w->state = after_value(w);
    } else if (over && c == ',') {
        w->state = object ? USPAN_WRITE_KEY : USPAN_WRITE_ITEM;
        return TAKEN;
    } else if (state == USPAN_WRITE_COLON && c == ':') {
        w->state = USPAN_WRITE_VALUE;
    } else {
        unsigned next = over || state == USPAN_WRITE_COLON || state == USPAN_WRITE_DONE ? 0u : first(w, c);
        if (next == 0u) {
            return BAD;
        }
        w->before = (uint8_t)state;
        w->token = (uint16_t)(w->len + o->used);
        w->token_block = w->tail;
        w->state = (uint8_t)next;
        w->pend[0] = 1u;
        if (c == '{' || c == '[') {
            uspan_write_push(w, c == '{');
        }
        if (state == USPAN_WRITE_KEY || state == USPAN_WRITE_ITEM) {
            text[0] = ',';
            len = 2u;
        }
    }
    if (uspan_write_fit(o, text, len)) {
        return TAKEN;
    }
    w->state = (uint8_t)state;
    w->depth = depth;
    w->stack = stack;
    uspan_write_cut(o);
    return LOST;
}

/* Read one more character of a number or literal. */
static char_result_t in_token(uspan_write_out_t *o, char c)
{
    static const char *const literals[] = { "true", "false", "null" };
    uspan_writer_t *w = o->w;
    if (w->state >= USPAN_WRITE_TRUE) {
        const char *literal = literals[w->state - USPAN_WRITE_TRUE];
        if (c != literal[w->pend[0]]) {
            return BAD;
        }
        w->pend[0]++;
        if (literal[w->pend[0]] == '\0') {
            w->state = after_value(w);
        }
        return took(uspan_write_fit(o, &c, 1u)); /* fits: the closing text has it already */
    }
    unsigned state = number_goes_on(w->state, c);
    if (state == 0u) {
        if (!number_is_whole(w->state)) {
            return BAD;
        }
        w->state = after_value(w);
        return NOT_TAKEN;
    }
    w->state = (uint8_t)state;
    if (!uspan_write_fit(o, &c, 1u)) {
        uspan_write_cut(o);
        return LOST;
    }
    return TAKEN;
}

/* ---- text that is not JSON ----------------------------------------------------------------------------- */

/* Write the part of an escape that was read, or the comma that waits. Neither is in the span yet. Returns the
 * length. */
static size_t withheld(const uspan_writer_t *w, char out[12])
{
    unsigned seen = w->escape; /* of \uXXXX\uXXXX */
    if (w->state == USPAN_WRITE_KEY || w->state == USPAN_WRITE_ITEM) {
        out[0] = ',';
        return 1u;
    }
    if (!in_raw_string(w) || seen == 0u) {
        return 0u;
    }
    memcpy(out, "\\u0000\\u0000", 12);
    if (seen <= ESCAPE_UNIT) {
        return seen;
    }
    uint32_t units = seen < ESCAPE_SECOND ? (uint32_t)w->hex << (16u + 4u * (ESCAPE_SECOND - seen))
                     : seen < ESCAPE_SECOND_UNIT
                         ? (uint32_t)w->high << 16
                         : (uint32_t)w->high << 16 | (uint32_t)w->hex
                                                         << 4u * (ESCAPE_SECOND_UNIT + 4u - seen);
    for (unsigned i = ESCAPE_UNIT; i < seen; i++) {
        if (i != ESCAPE_SECOND && i != ESCAPE_SECOND_U) {
            out[i] = hex_digits[units >> 28];
            units <<= 4;
        }
    }
    return seen;
}

/* Add to a text that becomes a string. */
static bool append_as_string(uspan_write_out_t *o, const char *text, size_t len)
{
    uspan_writer_t *w = o->w;
    if (w->state == USPAN_WRITE_VALUE) {
        w->state = USPAN_WRITE_TEXT;
        if (!uspan_write_fit(o, "\"", 1u)) {
            w->state = USPAN_WRITE_VALUE;
            uspan_write_cut(o);
            return false;
        }
    }
    return uspan_write_text(o, text, len);
}

/* Replace the text so far by a string with the same bytes, which stays open. */
static bool turn_to_string(uspan_write_out_t *o)
{
    uspan_writer_t *w = o->w;
    if (!uspan_write_store(o) || (w->flags & USPAN_WRITE_CUT) != 0u) {
        return false;
    }
    char rest[12 + sizeof w->pend];
    size_t rest_len = withheld(w, rest);
    memcpy(rest + rest_len, w->pend, sizeof w->pend);
    rest_len += in_raw_string(w) ? w->pend_len : 0u; /* bytes in pend */
    /* The string begins at the mark from now on. */
    uspan_writer_t *then = &o->mark;
    *then = *w;
    then->invalid = (uint8_t)(w->invalid + (w->invalid < UINT8_MAX));
    then->len = w->from;
    then->tail = w->from_block;
    then->chars = w->from_chars;
    then->token = 0u;
    then->stack >>= w->depth - w->base;
    then->depth = w->base;
    then->state = USPAN_WRITE_VALUE;
    then->escape = 0u;
    then->pend_len = 0u;
    if (w->len > w->from) {
        uspan_err_t err = uspan_write_take_back(o, then, append_as_string);
        if (err == USPAN_TRUNCATED) {
            uspan_write_cut(o);
        }
        if (err != USPAN_OK) {
            return false;
        }
    } else {
        *w = *then;
    }
    return append_as_string(o, rest, rest_len);
}

bool uspan_write_raw(uspan_write_out_t *o, const char *text, size_t len)
{
    const uspan_writer_t *w = o->w;
    while (len > 0u && w->state != USPAN_WRITE_TEXT) {
        size_t taken = 1;
        if (!uspan_write_ensure(o, USPAN_WRITE_PIECE)) {
            return false;
        }
        char_result_t result = in_raw_string(w)               ? in_string(o, text, len, &taken)
                               : w->state < USPAN_WRITE_MINUS ? between(o, *text)
                                                              : in_token(o, *text);
        if (result == LOST || (result == BAD && !turn_to_string(o))) {
            return false;
        }
        if (result == TAKEN) {
            text += taken;
            len -= taken;
        }
    }
    return uspan_write_text(o, text, len);
}

bool uspan_write_raw_end(uspan_write_out_t *o)
{
    const uspan_writer_t *w = o->w;
    bool nothing = w->state == USPAN_WRITE_VALUE && w->len + o->used == w->from;
    bool number = number_is_whole(w->state) && w->depth == w->base;
    return nothing || number || w->state == USPAN_WRITE_DONE || turn_to_string(o);
}
