/* json_read.c: reads JSON in fragments that may end at any byte. uspan_json_read_t keeps all state between
 * them. Values passed to the sink do not depend on where fragments end, except for pieces of a string.
 * Invariant: depth <= USPAN_JSON_DEPTH_MAX. paths[i] and actions[i] belong to the i-th open container. */
#include "json/json_read.h"
#include <string.h>
#include "trace/lock.h"
#include "uspan/config.h"

enum {        /* what comes next */
       BLANK, /* the document */
       VALUE,
       FIRST_VALUE, /* or the end of the array */
       FIRST_KEY,   /* or the end of the object */
       KEY,
       COLON,
       NEXT, /* a comma, or the end of the container */
       STRING,
       ESCAPE,
       HEX,
       LITERAL,
       MINUS = USPAN_NUMBER_MINUS,       /* numbers: from here on */
       WORD = USPAN_NUMBER_EXPONENT + 1, /* NaN, Infinity, None: skipped */
       DONE,
       BAD
};
USPAN_STATIC_ASSERT((int)LITERAL < (int)MINUS, "states of json_number.h are behind the others");

/* One call of uspan_json_read_feed(). */
typedef struct feed {
    uspan_json_read_t *j;
    const uspan_json_table_t *table;
    uspan_json_sink_t sink;
    void *ctx;
    const char *at, *end;
    const char *raw; /* where a value that is passed on unchanged continues in this fragment */
} feed_t;

static bool is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool ends_line(char c)
{
    return c == '\n' || c == '\r';
}

static void tell(const feed_t *f, uspan_json_event_t event, const char *text, size_t len)
{
    if (f->j->action != 0u) {
        f->sink(f->ctx, f->j->action, event, text, len);
    }
}

static void pass_raw(feed_t *f)
{
    if (f->j->raw_action != 0u && f->at > f->raw) {
        f->sink(f->ctx, f->j->raw_action, USPAN_READ_RAW, f->raw, (size_t)(f->at - f->raw));
    }
}

/* End the value that was read up to f->at. */
static void end_value(feed_t *f)
{
    uspan_json_read_t *j = f->j;
    if (j->raw_action != 0u && j->depth == j->raw_depth) {
        pass_raw(f);
        f->sink(f->ctx, j->raw_action, USPAN_READ_RAW_END, NULL, 0u);
        j->raw_action = 0u;
    }
    j->action = 0u;
    j->state = j->depth == 0u ? DONE : NEXT;
}

static void open_container(feed_t *f, bool array)
{
    uspan_json_read_t *j = f->j;
    if (j->depth == USPAN_JSON_DEPTH_MAX) {
        j->state = BAD;
        return;
    }
    if (j->depth < USPAN_READ_PATHS_MAX) {
        j->paths[j->depth] = j->hash;
        j->actions[j->depth] = j->action;
    }
    j->depth++;
    j->arrays = j->arrays << 1 | (array ? 1u : 0u);
    j->state = array ? FIRST_VALUE : FIRST_KEY;
    tell(f, USPAN_READ_OPEN, NULL, 0u);
    j->action = 0u;
}

static void close_container(feed_t *f)
{
    uspan_json_read_t *j = f->j;
    j->blind = j->blind == j->depth ? 0u : j->blind;
    j->depth--;
    j->arrays >>= 1;
    if (j->depth < USPAN_READ_PATHS_MAX) {
        j->action = j->actions[j->depth];
        tell(f, USPAN_READ_CLOSE, NULL, 0u);
    }
    end_value(f);
}

/* Begin the value at f->at. Its first byte is consumed, unless it begins a word or no value at all. */
static void begin_value(feed_t *f)
{
    uspan_json_read_t *j = f->j;
    char c = *f->at;
    j->action = 0u;
    if (j->depth <= USPAN_READ_PATHS_MAX && j->raw_action == 0u && j->blind == 0u) {
        unsigned action = uspan_json_find_action(j, f->table, c);
        if (action == USPAN_JSON_NO_ROW) {
            j->blind = c == '{' || c == '[' ? (uint8_t)(j->depth + 1u) : 0u;
        } else if ((action & USPAN_JSON_AS_IS) != 0u && c != '"' && c != 'n') {
            j->raw_action = (uint8_t)action;
            j->raw_depth = j->depth;
            f->raw = f->at;
        } else {
            j->action = (uint8_t)(action & ~USPAN_JSON_AS_IS);
        }
    }
    f->at++;
    if (c == '{' || c == '[') {
        open_container(f, c == '[');
    } else if (c == '"') {
        j->key = false;
        j->state = STRING;
    } else if (c == '-' || is_digit(c)) {
        uspan_json_number_begin(j, c);
    } else if (c == 't' || c == 'f' || c == 'n') {
        j->scale = (unsigned char)c;
        j->digits = 1u;
        j->state = LITERAL;
    } else {
        f->at--;
        j->state = j->line && c >= 'A' && c <= 'Z' ? WORD : BAD;
    }
}

/* ---- strings ------------------------------------------------------------------------------------------- */

/* Pass unescaped bytes of a string to the sink, or to the path if the string is a key. */
static void take_text(const feed_t *f, const char *text, size_t len)
{
    uspan_json_read_t *j = f->j;
    if (!j->key) {
        tell(f, USPAN_READ_TEXT, text, len);
        return;
    }
    uspan_json_add_to_key(j, f->table, text, len);
}

static void take_char(const feed_t *f, uint32_t c)
{
    char out[4];
    size_t len = c < 0x80u ? 1u : c < 0x800u ? 2u : c < 0x10000u ? 3u : 4u;
    for (size_t i = len - 1u; i > 0u; i--) {
        out[i] = (char)(0x80u | (c & 0x3Fu));
        c >>= 6;
    }
    out[0] = (char)(len == 1u ? c : (0xF00u >> len & 0xFFu) | c);
    take_text(f, out, len);
}

/* A high surrogate without a low one becomes U+FFFD, as everywhere in uspan. Of an earlier document it is
 * left out. */
static void drop_high(feed_t *f)
{
    uint32_t high = f->j->high;
    if (high != 0u) {
        f->j->high = 0u;
        if ((high & 0x8000u) != 0u) {
            take_char(f, 0xFFFDu);
        }
    }
}

/* The string ends after a high surrogate. In lines it waits for a low one in a string with the same action,
 * in another document. Of two in one document the greater action waits, in any order of members. */
USPAN_NOINLINE static void end_high(feed_t *f)
{
    uspan_json_read_t *j = f->j;
    if (j->line) {
        j->high &= 0x7FFFu; /* marks it as one of an earlier document */
        uint32_t half = (uint32_t)j->action << 16 | j->high;
        if (j->next_half < half) {
            j->next_half = half;
        }
    }
    drop_high(f);
}

static void take_unit(feed_t *f)
{
    uspan_json_read_t *j = f->j;
    uint32_t unit = j->unit;
    j->state = STRING;
    if ((unit & 0xFC00u) == 0xDC00u && j->high != 0u) {
        unit = 0x10000u + ((uint32_t)(j->high & 0x3FFu) << 10) + (unit & 0x3FFu);
        j->high = 0u;
        take_char(f, unit);
        return;
    }
    drop_high(f);
    if ((unit & 0xFC00u) == 0xD800u) {
        j->high = (uint16_t)unit;
    } else {
        take_char(f, (unit & 0xFC00u) == 0xDC00u ? 0xFFFDu : unit);
    }
}

/* Most letters need one comparison. */
static bool is_plain(char c)
{
    return (uint8_t)c > '\\' || (c != '\\' && c != '"' && (uint8_t)c >= 0x20u);
}

/* f->at is within a string: read bytes that need no unescaping, and the byte that ends them. */
static void read_string(feed_t *f)
{
    uspan_json_read_t *j = f->j;
    const char *from = f->at;
    const char *at = from;
    const char *end = f->end;
    while (at < end && is_plain(*at)) {
        at++;
    }
    if (at > from) {
        drop_high(f);
        if (j->key && !f->table->camel) { /* most keys: without a call */
            uint32_t hash = j->hash;
            for (; from < at; from++) {
                hash = USPAN_JSON_HASH(hash, *from);
            }
            j->hash = hash;
        } else {
            take_text(f, from, (size_t)(at - from));
        }
        f->at = at;
    }
    if (at == end) {
        return;
    }
    if (*at == '\\') {
        f->at++;
        j->state = ESCAPE;
    } else if (*at == '"') {
        f->at++;
        if (j->high != 0u) {
            end_high(f);
        }
        if (j->key) {
            bool colon = f->at < f->end && *f->at == ':';
            f->at += colon ? 1 : 0;
            j->state = colon ? VALUE : COLON;
        } else {
            tell(f, USPAN_READ_TEXT_END, NULL, 0u);
            end_value(f);
        }
    } else if (!j->line) {
        j->state = BAD;
    } else if (!ends_line(*at)) { /* at the end of a line the string stays open */
        f->at++;
        take_char(f, (uint8_t)*at);
    }
}

static void read_escape(feed_t *f, char c)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    uspan_json_read_t *j = f->j;
    if (c == 'u') {
        f->at++;
        j->digits = 4u; /* they shift out what is in j->unit */
        j->state = HEX;
        if (j->half >> 16 == j->action) {
            j->high = (uint16_t)j->half;
            j->half = 0u;
        }
        return;
    }
    const char *at = memchr(from, c, sizeof from - 1u);
    if (at == NULL) {
        j->state = BAD;
        return;
    }
    f->at++;
    j->state = STRING;
    drop_high(f);
    take_text(f, to + (at - from), 1u);
}

static void read_hex(feed_t *f, char c)
{
    uspan_json_read_t *j = f->j;
    unsigned digit = (uint8_t)c - (unsigned)'0';
    if (digit > 9u) {
        digit = ((uint8_t)c | 0x20u) - 'a';
        if (digit > 5u) {
            j->state = BAD;
            return;
        }
        digit += 10u;
    }
    f->at++;
    j->unit = (uint16_t)((unsigned)j->unit << 4 | digit);
    if (--j->digits == 0u) {
        take_unit(f);
    }
}

/* ---- numbers and literals ------------------------------------------------------------------------------ */

/* Read a letter of a word such as NaN, -Infinity or None, or end the word. Words are skipped. */
static void read_word(feed_t *f, char c)
{
    if (f->j->state != WORD) {
        f->j->state = f->j->line && c == 'I' && f->j->state == MINUS ? WORD : BAD;
    } else if ((unsigned char)((c | 0x20) - 'a') < 26u) {
        f->at++;
    } else {
        end_value(f);
    }
}

/* A byte that cannot continue the number ends it, if a number may end there. */
static void read_number(feed_t *f, char c)
{
    switch (uspan_json_number_step(f->j, c)) {
    case USPAN_NUMBER_MORE:
        f->at++;
        return;
    case USPAN_NUMBER_ENDS:
        tell(f, USPAN_READ_NUMBER, NULL, 0u);
        end_value(f);
        return;
    default:
        read_word(f, c);
        return;
    }
}

static void read_literal(feed_t *f, char c)
{
    uspan_json_read_t *j = f->j;
    const char *word = j->scale == 't' ? "true" : j->scale == 'f' ? "false" : "null";
    uspan_json_event_t event = j->scale == 't'   ? USPAN_READ_TRUE
                               : j->scale == 'f' ? USPAN_READ_FALSE
                                                 : USPAN_READ_NULL;
    if (c != word[j->digits]) {
        j->state = BAD;
        return;
    }
    f->at++;
    j->digits++;
    if (word[j->digits] == '\0') {
        tell(f, event, NULL, 0u);
        end_value(f);
    }
}

/* ---- documents ----------------------------------------------------------------------------------------- */

static void begin_key(feed_t *f)
{
    uspan_json_read_t *j = f->j;
    f->at++;
    j->key = true;
    j->upper = false;
    j->state = STRING;
    if (j->depth <= USPAN_READ_PATHS_MAX) {
        j->hash = USPAN_JSON_HASH(j->paths[j->depth - 1u], USPAN_JSON_SEPARATOR);
    }
}

/* Read the byte after a value or an opening bracket. */
static void read_next(feed_t *f, char c)
{
    uspan_json_read_t *j = f->j;
    bool array = (j->arrays & 1u) != 0u;
    if (c == (array ? ']' : '}')) {
        f->at++;
        close_container(f);
        return;
    }
    if (j->state == NEXT) {
        if (c != ',') {
            j->state = BAD;
            return;
        }
        f->at++;
    }
    j->state = array ? VALUE : KEY;
    if (!array && f->at < f->end && *f->at == '"') {
        begin_key(f);
    }
}

/* Read a byte between values that is not white space. */
static void read_between(feed_t *f, char c)
{
    uspan_json_read_t *j = f->j;
    if (j->state == NEXT || j->state == FIRST_VALUE || j->state == FIRST_KEY) {
        read_next(f, c);
    } else if (j->state < FIRST_VALUE) {
        begin_value(f);
    } else if (j->state == KEY && c == '"') {
        begin_key(f);
    } else if (j->state == COLON && c == ':') {
        f->at++;
        j->state = VALUE;
    } else {
        j->state = BAD;
    }
}

void uspan_json_read_begin(uspan_json_read_t *j)
{
    j->state = BLANK; /* fields not named here are set before they are read */
    j->depth = 0u;
    j->row = 0u;
    j->raw_action = 0u;
    j->blind = 0u;
    j->high = 0u;
    j->hash = 0u;
    j->arrays = 0u;
    if (j->next_half != 0u) { /* else an earlier one waits on */
        j->half = j->next_half;
        j->next_half = 0u;
    }
}

size_t uspan_json_read_feed(uspan_json_read_t *j, const uspan_json_table_t *table, uspan_json_sink_t sink,
                            void *ctx, const char *data, size_t len)
{
    if (len == 0u) {
        return 0u;
    }
    feed_t f = { j, table, sink, ctx, data, data + len, data };
    while (f.at < f.end && j->state < DONE) {
        char c = *f.at;
        if ((uint8_t)c < 0x20u && j->line && ends_line(c)) {
            break;
        }
        if (j->state == STRING) {
            read_string(&f);
        } else if (j->state < STRING) {
            if ((uint8_t)c <= ' ' && is_space(c)) {
                f.at++;
            } else {
                read_between(&f, c);
            }
        } else if (j->state >= MINUS) {
            read_number(&f, c);
        } else if (j->state == ESCAPE) {
            read_escape(&f, c);
        } else if (j->state == HEX) {
            read_hex(&f, c);
        } else {
            read_literal(&f, c);
        }
    }
    pass_raw(&f);
    return (size_t)(f.at - data);
}

bool uspan_json_read_is_blank(const uspan_json_read_t *j)
{
    return j->state == BLANK;
}

bool uspan_json_read_is_done(const uspan_json_read_t *j)
{
    return j->state == DONE;
}

bool uspan_json_read_is_empty(const uspan_json_read_t *j)
{
    return j->state == FIRST_KEY || j->state == FIRST_VALUE;
}

bool uspan_json_read_in_string(const uspan_json_read_t *j)
{
    return j->state == STRING;
}

bool uspan_json_read_is_bad(const uspan_json_read_t *j)
{
    return j->state == BAD;
}
