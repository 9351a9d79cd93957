/* sse.c: reads server-sent events. Called by wire.c and mcp_message.c. A fragment may end at any byte, even
 * between CR and LF. Invariant: a state below ERROR_SPACE is the offset in `fields` of the byte that is
 * expected next. Behind a complete field it is the offset of a zero, which no byte equals. */
#include "wire/sse.h"

enum {
    LINE = 0,       /* 0..4: bytes of "data:" with which the line started */
    DATA_SPACE = 5, /* after the colon, one space is skipped */
    DATA = 6,
    EVENT = 7, /* 8..12: 1..5 bytes of "event:" */
    NAME_SPACE = 13,
    NAME = 14,
    ERROR = 15, /* 17..20: 2..5 bytes of "error:", which llama.cpp's server wrote before an error's data */
    ERROR_SPACE = 21,
    BARE,    /* data of a line that has no field */
    OTHER,   /* the rest of the line is skipped */
    AFTER_CR /* a line feed here belongs to the line end before it */
};

static const char fields[AFTER_CR + 1] = "data: \0event: \0error:";

static bool ends_line(char c)
{
    return c == '\n' || c == '\r';
}

/* Returns the state after a byte that is not the next one of the field. */
static unsigned leave_field(unsigned state, char c)
{
    if (state == LINE) { /* control characters and byte order marks before a field are skipped */
        return c == 'e' ? EVENT + 1u : (int8_t)c < ' ' ? (unsigned)LINE : (unsigned)OTHER;
    }
    return state == EVENT + 1u && c == 'r' ? ERROR + 2u : (unsigned)OTHER;
}

uspan_sse_next_t uspan_sse_next(uspan_sse_t *s, const char **at, const char *end)
{
    const char *p = *at;
    unsigned state = s->state;
    uspan_sse_next_t next = USPAN_SSE_MORE;
    while (p < end && next == USPAN_SSE_MORE) {
        char c = *p;
        if (c == fields[state] && c != '\0') {
            state++;
            p++;
        } else if (state == AFTER_CR) {
            state = LINE;
            p += c == '\n' ? 1 : 0;
        } else if (ends_line(c)) {
            next = state == LINE ? USPAN_SSE_END : USPAN_SSE_MORE;
            state = c == '\r' ? AFTER_CR : LINE;
            p++;
        } else if (state == DATA || state == BARE) {
            next = USPAN_SSE_DATA;
        } else if (state == NAME) {
            next = USPAN_SSE_NAME;
        } else if (state == OTHER) {
            p++;
        } else if (state == LINE && (c | 0x20) == '{' && !s->in_text) {
            state = BARE;
        } else if (state == ERROR_SPACE) {
            state = DATA_SPACE;
            next = USPAN_SSE_ERROR;
        } else if (state == DATA_SPACE || state == NAME_SPACE) {
            state++;
        } else {
            unsigned left = leave_field(state, c);
            if (s->in_text && (left == LINE || left == OTHER)) {
                next = USPAN_SSE_TEXT;
            } else {
                state = left;
                p++;
            }
        }
    }
    s->state = (uint8_t)state;
    *at = p;
    return next;
}

bool uspan_sse_is_bare(const uspan_sse_t *s)
{
    return s->state == BARE;
}

size_t uspan_sse_begin_text(uspan_sse_t *s, const char **text)
{
    unsigned from = s->state > ERROR ? ERROR : s->state > EVENT ? EVENT : LINE;
    size_t len = s->state - from;
    *text = fields + from;
    s->state = DATA;
    return len;
}

void uspan_sse_pass(uspan_sse_t *s)
{
    s->state = OTHER;
}
