/* json_write_raw.c: JSON given as text, in any pieces (RFC 8259). What was passed on is the beginning of
 * a JSON value; the first byte that is none turns all of it into a string. Spaces are dropped, escapes become
 * the characters they stand for, half of a surrogate pair U+FFFD; control characters are forgiven. */
#include "json_write.h"
#include <string.h>

/* Escapes, by w->escape: a backslash was seen; u and digits of the first unit; after a high surrogate the
 * backslash, u and digits of the second. */
#define ESCAPE_BACKSLASH 1u
#define ESCAPE_UNIT 2u
#define ESCAPE_SECOND 6u
#define ESCAPE_SECOND_U 7u
#define ESCAPE_SECOND_UNIT 8u

static const char literals[][6] = { "true", "false", "null" };

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool in_raw_string(const uspan_writer_t *w)
{
    return w->state == USPAN_WRITE_STR || w->state == USPAN_WRITE_KEYSTR;
}

/* The state once a value is over. */
static uint8_t after_value(const uspan_writer_t *w)
{
    return w->depth == w->base ? USPAN_WRITE_DONE : USPAN_WRITE_AFTER;
}

/* ---- numbers and literals ------------------------------------------------------------------------------ */

/* The state behind one more character of a number; 0: it is not part of it. */
static unsigned number_goes_on(unsigned state, char c)
{
    bool digit = is_digit(c);
    bool exponent = c == 'e' || c == 'E';
    switch (state) {
    case USPAN_WRITE_MINUS:
        return c == '0' ? USPAN_WRITE_ZERO : digit ? USPAN_WRITE_INT : 0u;
    case USPAN_WRITE_INT:
    case USPAN_WRITE_ZERO:
        if (digit && state == USPAN_WRITE_INT) {
            return state;
        }
        return c == '.' ? USPAN_WRITE_DOT : exponent ? USPAN_WRITE_E : 0u;
    case USPAN_WRITE_DOT:
    case USPAN_WRITE_FRACTION:
        return digit ? USPAN_WRITE_FRACTION : exponent && state == USPAN_WRITE_FRACTION ? USPAN_WRITE_E : 0u;
    case USPAN_WRITE_E:
        if (c == '+' || c == '-') {
            return USPAN_WRITE_E_SIGN;
        }
        return digit ? USPAN_WRITE_EXPONENT : 0u;
    default:
        return digit ? USPAN_WRITE_EXPONENT : 0u;
    }
}

/* Whether a number may end there. */
static bool number_is_whole(unsigned state)
{
    return state == USPAN_WRITE_ZERO || state == USPAN_WRITE_INT || state == USPAN_WRITE_FRACTION ||
           state == USPAN_WRITE_EXPONENT;
}

/* ---- strings ------------------------------------------------------------------------------------------- */

static int hex_value(char c)
{
    char low = (char)(c | 0x20);
    return is_digit(c) ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

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

/* A unit of UTF-16 that is not the second of a pair. */
static bool put_unit(uspan_write_out_t *o, uint32_t unit)
{
    uspan_writer_t *w = o->w;
    w->escape = 0u;
    if (unit >= 0xD800u && unit < 0xDC00u) {
        w->high = (uint16_t)unit;
        w->escape = ESCAPE_SECOND;
        return true;
    }
    return put_code_point(o, unit >= 0xDC00u && unit < 0xE000u ? 0xFFFDu : unit);
}

typedef enum verdict { BAD, LOST, TAKEN, NOT_TAKEN } verdict_t;

static verdict_t took(bool good)
{
    return good ? TAKEN : LOST;
}

/* One more character within an escape. */
static verdict_t escaped(uspan_write_out_t *o, char c)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    uspan_writer_t *w = o->w;
    unsigned escape = w->escape;
    if (escape == ESCAPE_BACKSLASH) {
        if (c == 'u') {
            w->escape = ESCAPE_UNIT;
            w->hex = 0u;
            return TAKEN;
        }
        const char *at = c != '\0' ? strchr(from, c) : NULL;
        if (at == NULL) {
            return BAD;
        }
        w->escape = 0u;
        return took(uspan_write_text(o, &to[at - from], 1u));
    }
    if (escape == ESCAPE_SECOND || escape == ESCAPE_SECOND_U) {
        if (c == (escape == ESCAPE_SECOND ? '\\' : 'u')) {
            w->escape++;
            w->hex = 0u;
            return TAKEN;
        }
        w->escape = (uint8_t)(escape == ESCAPE_SECOND ? 0u : ESCAPE_BACKSLASH); /* it is no pair */
        return put_code_point(o, 0xFFFDu) ? NOT_TAKEN : LOST;
    }
    int digit = hex_value(c);
    if (digit < 0) {
        return BAD;
    }
    w->hex = (uint16_t)((unsigned)w->hex << 4 | (unsigned)digit);
    w->escape++;
    if (w->escape == ESCAPE_UNIT + 4u) {
        return took(put_unit(o, w->hex));
    }
    if (w->escape < ESCAPE_SECOND_UNIT + 4u) {
        return TAKEN;
    }
    if (w->hex >= 0xDC00u && w->hex < 0xE000u) {
        w->escape = 0u;
        return took(put_code_point(o, 0x10000u + ((uint32_t)(w->high & 0x3FFu) << 10) + (w->hex & 0x3FFu)));
    }
    return took(put_code_point(o, 0xFFFDu) && put_unit(o, w->hex));
}

/* As much of a string as goes at once. */
static verdict_t in_string(uspan_write_out_t *o, const char *text, size_t len, size_t *taken)
{
    uspan_writer_t *w = o->w;
    *taken = 1u;
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
    uspan_writer_t next = *w;
    next.state = w->state == USPAN_WRITE_KEYSTR ? USPAN_WRITE_COLON : after_value(w);
    return took(uspan_write_step(o, &next, text, 1u));
}

/* ---- structure ----------------------------------------------------------------------------------------- */

/* The first character of a value or key, behind the comma that waits. */
static verdict_t begin(uspan_write_out_t *o, char c)
{
    uspan_writer_t *w = o->w;
    uspan_writer_t next = *w;
    bool key = w->state == USPAN_WRITE_KEY || w->state == USPAN_WRITE_KEY0;
    unsigned state = 0;
    if (c == '"') {
        state = key ? USPAN_WRITE_KEYSTR : USPAN_WRITE_STR;
    } else if (key) {
        return BAD;
    } else if (c == '{' || c == '[') {
        if (w->depth == USPAN_WRITE_DEPTH) {
            return BAD;
        }
        uspan_write_push(&next, c == '{');
        state = c == '{' ? USPAN_WRITE_KEY0 : USPAN_WRITE_ITEM0;
    } else if (c == '-' || is_digit(c)) {
        state = c == '-' ? USPAN_WRITE_MINUS : number_goes_on(USPAN_WRITE_MINUS, c);
    } else if (c == 't' || c == 'f' || c == 'n') {
        state = c == 't' ? USPAN_WRITE_TRUE : c == 'f' ? USPAN_WRITE_FALSE : USPAN_WRITE_NULL;
        next.pend[0] = 1u;
    } else {
        return BAD;
    }
    next.state = (uint8_t)state;
    next.before = w->state;
    uspan_write_here(o, &next.token, &next.token_block);
    bool comma = w->state == USPAN_WRITE_KEY || w->state == USPAN_WRITE_ITEM;
    const char text[2] = { ',', c };
    return took(uspan_write_step(o, &next, text + (comma ? 0 : 1), comma ? 2u : 1u));
}

static verdict_t structure(uspan_write_out_t *o, char c)
{
    uspan_writer_t *w = o->w;
    uspan_writer_t next = *w;
    unsigned state = w->state;
    bool object = (w->stack & 1u) != 0u;
    if (c == (object ? '}' : ']') &&
        (state == USPAN_WRITE_AFTER || state == USPAN_WRITE_KEY0 || state == USPAN_WRITE_ITEM0)) {
        next.depth--;
        next.stack >>= 1;
        next.state = after_value(&next);
        return took(uspan_write_step(o, &next, &c, 1u));
    }
    if (state == USPAN_WRITE_AFTER && c == ',') {
        w->state = object ? USPAN_WRITE_KEY : USPAN_WRITE_ITEM;
        return TAKEN;
    }
    if (state == USPAN_WRITE_COLON && c == ':') {
        next.state = USPAN_WRITE_VALUE;
        return took(uspan_write_step(o, &next, &c, 1u));
    }
    return state == USPAN_WRITE_AFTER || state == USPAN_WRITE_COLON || state == USPAN_WRITE_DONE
               ? BAD
               : begin(o, c);
}

static verdict_t one(uspan_write_out_t *o, char c)
{
    uspan_writer_t *w = o->w;
    uspan_writer_t next = *w;
    if (w->state >= USPAN_WRITE_TRUE) {
        const char *literal = literals[w->state - USPAN_WRITE_TRUE];
        if (c != literal[w->pend[0]]) {
            return BAD;
        }
        next.pend[0]++;
        if (literal[next.pend[0]] == '\0') {
            next.state = after_value(w);
            next.pend[0] = 0u;
        }
        return took(uspan_write_step(o, &next, &c, 1u));
    }
    if (w->state >= USPAN_WRITE_MINUS) {
        unsigned state = number_goes_on(w->state, c);
        if (state == 0u) {
            if (!number_is_whole(w->state)) {
                return BAD;
            }
            w->state = after_value(w);
            return NOT_TAKEN;
        }
        next.state = (uint8_t)state;
        return took(uspan_write_step(o, &next, &c, 1u));
    }
    o->mark = *w;
    o->mark_used = o->used;
    return is_space(c) ? TAKEN : structure(o, c);
}

/* ---- what is no JSON ----------------------------------------------------------------------------------- */

/* What was seen of an escape, or the comma that waits: it is not in the span yet. */
static size_t withheld(const uspan_writer_t *w, char out[12])
{
    static const char digits[] = "0123456789abcdef";
    size_t n = 0;
    if (w->state == USPAN_WRITE_KEY || w->state == USPAN_WRITE_ITEM) {
        out[n++] = ',';
    }
    if (!in_raw_string(w) || w->escape == 0u) {
        return n;
    }
    unsigned seen = w->escape; /* of \uXXXX\uXXXX */
    uint32_t units = seen >= ESCAPE_SECOND ? w->high : w->hex;
    unsigned have = seen >= ESCAPE_SECOND ? 4u : seen - (seen >= ESCAPE_UNIT ? ESCAPE_UNIT : seen);
    for (unsigned i = 0; i < 2u; i++) {
        out[n++] = '\\';
        if (seen >= (i == 0u ? ESCAPE_UNIT : ESCAPE_SECOND_UNIT)) {
            out[n++] = 'u';
        }
        for (; have > 0u; have--) {
            out[n++] = digits[units >> (4u * (have - 1u)) & 15u];
        }
        if (seen < ESCAPE_SECOND_U) {
            break;
        }
        units = w->hex;
        have = seen >= ESCAPE_SECOND_UNIT ? seen - ESCAPE_SECOND_UNIT : 0u;
    }
    return n;
}

/* More of what becomes a string. */
static bool take(uspan_write_out_t *o, const char *text, size_t len)
{
    uspan_writer_t next = *o->w;
    next.state = USPAN_WRITE_TEXT;
    if (o->w->state == USPAN_WRITE_VALUE && !uspan_write_step(o, &next, "\"", 1u)) {
        return false;
    }
    return uspan_write_text(o, text, len);
}

/* All that was given so far becomes a string in its place, which stays open. */
static bool turn_to_string(uspan_write_out_t *o)
{
    uspan_writer_t *w = o->w;
    if (!uspan_write_store(o) || (w->flags & USPAN_WRITE_CUT) != 0u) {
        return false;
    }
    char rest[12];
    size_t rest_len = withheld(w, rest);
    uint8_t waiting = in_raw_string(w) ? w->pend_len : 0u; /* bytes in pend */
    uspan_writer_t then = *w;
    then.invalid = (uint8_t)(w->invalid + (w->invalid < UINT8_MAX));
    then.len = w->from;
    then.tail = w->from_block;
    then.chars = w->from_chars;
    then.token = 0u;
    then.stack >>= w->depth - w->base;
    then.depth = w->base;
    then.state = USPAN_WRITE_VALUE;
    then.escape = 0u;
    then.pend_len = 0u;
    if (w->len > w->from) {
        if (!uspan_write_take_back(o, &then, take)) {
            return false;
        }
    } else {
        *w = then;
        if (!take(o, rest, 0u)) {
            return false;
        }
    }
    return uspan_write_text(o, rest, rest_len) && uspan_write_text(o, (const char *)then.pend, waiting);
}

bool uspan_write_raw(uspan_write_out_t *o, const char *text, size_t len)
{
    const uspan_writer_t *w = o->w;
    while (len > 0u && w->state != USPAN_WRITE_TEXT) {
        size_t taken = 1;
        verdict_t verdict = in_raw_string(w) ? in_string(o, text, len, &taken) : one(o, *text);
        if (verdict == LOST || (verdict == BAD && !turn_to_string(o))) {
            return false;
        }
        if (verdict == TAKEN) {
            text += taken;
            len -= taken;
        }
    }
    return len == 0u || uspan_write_text(o, text, len);
}

bool uspan_write_raw_end(uspan_write_out_t *o)
{
    const uspan_writer_t *w = o->w;
    bool nothing = w->state == USPAN_WRITE_VALUE && w->len + o->used == w->from;
    bool number = number_is_whole(w->state) && w->depth == w->base;
    return nothing || number || w->state == USPAN_WRITE_DONE || turn_to_string(o);
}
