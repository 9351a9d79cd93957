/* json_read.c: reads JSON in fragments that may end at any byte. uspan_json_read_t keeps all state between
 * them. Values passed to the sink do not depend on where fragments end, except for pieces of a string.
 * Invariant: depth <= USPAN_JSON_DEPTH_MAX. paths[i] and actions[i] belong to the i-th open container: the
 * path of its elements or the begin of its members' paths, and its action. */
#include "json/json_read.h"
#include <string.h>
#include "trace/lock.h"

USPAN_STATIC_ASSERT((int)USPAN_AT_LITERAL < (int)USPAN_AT_MINUS,
                    "states of json_number.h are behind the others");

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
        f->sink(f->ctx, event, text, len);
    }
}

/* Pass on what was read of a value that is passed on unchanged. No value within it has an action. */
static void pass_raw(feed_t *f)
{
    uspan_json_read_t *j = f->j;
    if (j->raw_action != 0u && f->at > f->raw) {
        j->action = j->raw_action;
        tell(f, USPAN_READ_RAW, f->raw, (size_t)(f->at - f->raw));
        j->action = 0u;
    }
}

/* Tell the sink how the value ends that was read up to f->at. */
static void end_value(feed_t *f, uspan_json_event_t event)
{
    uspan_json_read_t *j = f->j;
    tell(f, event, NULL, 0u);
    if (j->raw_action != 0u && j->blind == 0u) {
        pass_raw(f);
        j->action = j->raw_action;
        j->raw_action = 0u;
        tell(f, USPAN_READ_RAW_END, NULL, 0u);
    }
    j->action = 0u;
    j->state = j->depth == 0u ? USPAN_AT_DONE : USPAN_AT_NEXT;
}

/* hides: no row names the container. If it is too deep or passed on as it is, no row reaches its members. */
static void open_container(feed_t *f, bool array, bool hides)
{
    uspan_json_read_t *j = f->j;
    if (j->depth == USPAN_JSON_DEPTH_MAX) {
        j->state = USPAN_AT_BAD;
        return;
    }
    if (j->depth < USPAN_READ_PATHS_MAX) {
        uint32_t inside = USPAN_JSON_HASH(j->hash, USPAN_JSON_SEPARATOR);
        j->paths[j->depth] = !array          ? inside
                             : j->depth > 0u ? USPAN_JSON_HASH(inside, USPAN_JSON_ELEMENT)
                                             : j->hash; /* elements of the document are documents */
        j->actions[j->depth] = j->action;
    } else {
        hides = true;
    }
    j->depth++;
    if (j->blind == 0u && (hides || j->raw_action != 0u)) {
        j->blind = j->depth;
    }
    j->arrays = j->arrays << 1 | (array ? 1u : 0u);
    j->state = USPAN_AT_FIRST;
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
    }
    end_value(f, USPAN_READ_CLOSE);
}

static void read_string(feed_t *f);

/* Begin the value at f->at. Its first byte is consumed, unless it begins a word or no value at all. */
static void begin_value(feed_t *f, char c)
{
    uspan_json_read_t *j = f->j;
    unsigned action = 0u;
    if (j->blind == 0u) {
        if ((j->arrays & 1u) != 0u) {
            j->hash = j->paths[j->depth - 1u];
        }
        action = uspan_json_find_action(j, f->table, c);
    }
    if ((action & USPAN_JSON_AS_IS) != 0u && c != '"' && c != 'n') {
        j->raw_action = (uint8_t)(action & ~USPAN_JSON_AS_IS);
        f->raw = f->at;
    } else {
        j->action = (uint8_t)(action & ~USPAN_JSON_AS_IS);
    }
    f->at++;
    if (c == '"') {
        j->key = false;
        j->state = USPAN_AT_STRING;
        read_string(f);
    } else if (c == '{' || c == '[') {
        open_container(f, c == '[', action == USPAN_JSON_NO_ROW);
    } else if (c == '-' || is_digit(c)) {
        uspan_json_number_begin(j, c);
    } else if (c == 't' || c == 'f' || c == 'n') {
        j->scale = (unsigned char)c;
        j->digits = 1u;
        j->state = USPAN_AT_LITERAL;
    } else {
        f->at--;
        j->state = j->line && c >= 'A' && c <= 'Z' ? USPAN_AT_WORD : USPAN_AT_BAD;
    }
}

/* ---- strings ------------------------------------------------------------------------------------------- */

/* Pass unescaped bytes of a string to the sink, or to the path if the string is a key. */
static void take_text(const feed_t *f, const char *text, size_t len)
{
    uspan_json_read_t *j = f->j;
    if (!j->key) {
        tell(f, USPAN_READ_TEXT, text, len);
    } else if (uspan_json_add_to_key(j, f->table, text, text + len) == text) {
        j->hash = USPAN_JSON_HASH(j->hash, *text); /* a byte that was escaped */
    }
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
    f->j->high = 0u;
    if ((high & 0x8000u) != 0u) {
        take_char(f, 0xFFFDu);
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
    j->state = USPAN_AT_STRING;
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

/* f->at is within a string: read bytes that need no unescaping, and the byte that ends them. */
static void read_string(feed_t *f)
{
    uspan_json_read_t *j = f->j;
    const char *from = f->at;
    const char *end = f->end;
    const char *at = from;
    if (j->key) {
        at = uspan_json_add_to_key(j, f->table, from, end);
    } else {
        while (at < end && uspan_json_is_plain(*at)) {
            at++;
        }
        if (at > from) {
            tell(f, USPAN_READ_TEXT, from, (size_t)(at - from));
        }
    }
    f->at = at;
    if (at == end) {
        return;
    }
    if (*at == '"') {
        f->at++;
        if (j->key) {
            j->state = USPAN_AT_COLON;
        } else {
            end_value(f, USPAN_READ_TEXT_END);
        }
    } else if (*at == '\\') {
        f->at++;
        j->state = USPAN_AT_ESCAPE;
    } else if (!j->line) {
        j->state = USPAN_AT_BAD;
    } else if (!ends_line(*at)) { /* at the end of a line the string stays open */
        f->at++;
        take_char(f, (uint8_t)*at);
    }
}

/* A high surrogate came before the byte c of a string. */
static void end_escape(feed_t *f, char c)
{
    if (c == '"') {
        end_high(f);
    } else if (uspan_json_is_plain(c)) {
        drop_high(f);
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
        j->state = USPAN_AT_HEX;
        if (j->half >> 16 == j->action) {
            j->high = (uint16_t)j->half;
            j->half = 0u;
        }
        return;
    }
    const char *at = memchr(from, c, sizeof from - 1u);
    if (at == NULL) {
        j->state = USPAN_AT_BAD;
        return;
    }
    f->at++;
    j->state = USPAN_AT_STRING;
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
            j->state = USPAN_AT_BAD;
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
    if (f->j->state != USPAN_AT_WORD) {
        f->j->state = f->j->line && c == 'I' && f->j->state == USPAN_AT_MINUS ? USPAN_AT_WORD : USPAN_AT_BAD;
    } else if ((unsigned char)((c | 0x20) - 'a') < 26u) {
        f->at++;
    } else {
        end_value(f, USPAN_READ_NULL);
    }
}

/* A byte that cannot continue the number ends it, if a number may end there. */
static void read_number(feed_t *f)
{
    uspan_number_step_t step = uspan_json_number_step(f->j, *f->at);
    if (step == USPAN_NUMBER_MORE) {
        f->at++;
    } else if (step == USPAN_NUMBER_ENDS) {
        end_value(f, USPAN_READ_NUMBER);
    } else {
        read_word(f, *f->at);
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
        j->state = USPAN_AT_BAD;
        return;
    }
    f->at++;
    j->digits++;
    if (word[j->digits] == '\0') {
        end_value(f, event);
    }
}

/* ---- documents ----------------------------------------------------------------------------------------- */

static void begin_key(feed_t *f)
{
    uspan_json_read_t *j = f->j;
    f->at++;
    j->key = true;
    j->state = USPAN_AT_STRING;
    if (j->blind == 0u) {
        j->hash = j->paths[j->depth - 1u];
    }
    read_string(f);
}

/* Read the byte c between values, which is not white space. */
static void read_between(feed_t *f, char c)
{
    uspan_json_read_t *j = f->j;
    bool array = (j->arrays & 1u) != 0u;
    unsigned state = j->state;
    if (state >= USPAN_AT_FIRST && c == (array ? ']' : '}')) {
        f->at++;
        close_container(f);
        return;
    }
    if ((state == USPAN_AT_NEXT && c == ',') || (state == USPAN_AT_COLON && c == ':')) {
        f->at++;
        state = state == USPAN_AT_NEXT && !array ? USPAN_AT_KEY : USPAN_AT_VALUE;
        j->state = (uint8_t)state;
        if (f->at == f->end || (uint8_t)*f->at <= ' ') {
            return;
        }
        c = *f->at;
    }
    if (state <= USPAN_AT_VALUE || (state == USPAN_AT_FIRST && array)) {
        begin_value(f, c);
    } else if (state <= USPAN_AT_FIRST && state != USPAN_AT_COLON && c == '"') {
        begin_key(f);
    } else {
        j->state = USPAN_AT_BAD;
    }
}

void uspan_json_read_begin(uspan_json_read_t *j)
{
    j->state = USPAN_AT_BLANK; /* fields not named here are set before they are read */
    j->depth = 0u;
    j->action = 0u;
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
    while (f.at < f.end && j->state < USPAN_AT_DONE) {
        char c = *f.at;
        unsigned state = j->state;
        if ((uint8_t)c <= ' ') {
            if (j->line && ends_line(c)) {
                break;
            }
            if (state < USPAN_AT_STRING && is_space(c)) {
                f.at++;
                continue;
            }
        }
        if (state < USPAN_AT_STRING) {
            read_between(&f, c);
        } else if (state == USPAN_AT_STRING) {
            if (j->high != 0u) {
                end_escape(&f, c);
            }
            read_string(&f);
        } else if (state >= USPAN_AT_MINUS) {
            read_number(&f);
        } else if (state == USPAN_AT_ESCAPE) {
            read_escape(&f, c);
        } else if (state == USPAN_AT_HEX) {
            read_hex(&f, c);
        } else {
            read_literal(&f, c);
        }
    }
    pass_raw(&f);
    return (size_t)(f.at - data);
}
