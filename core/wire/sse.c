/* sse.c: reads server-sent events. Called by wire.c and mcp_message.c. A fragment may end at any byte, even
 * between CR and LF. Invariant: a state below DATA is the offset in `fields` of the byte that is expected
 * next, or the offset after a complete field name. */
#include "wire/sse.h"
#include <string.h>

static const char fields[] = "data: event: error:";

enum {
    LINE = 0,       /* 0..4: bytes of "data:" with which the line started */
    DATA_SPACE = 5, /* after the colon, one space is skipped */
    E = 7,          /* 7..11: 1..5 bytes of "event:" */
    NAME_SPACE = 12,
    ER = 15, /* 15..18: 2..5 bytes of "error:", which llama.cpp's server wrote before an error's data */
    ERROR_SPACE = 19,
    DATA,
    BARE, /* data of a line that has no field */
    NAME,
    OTHER,   /* the rest of the line is skipped */
    AFTER_CR /* a line feed here belongs to the line end before it */
};

static bool ends_line(char c)
{
    return c == '\n' || c == '\r';
}

/* Returns the state after one more byte of a field name. */
static uint8_t match(unsigned state, char c)
{
    if (state == LINE) { /* control characters and byte order marks before a field are skipped */
        return c == 'd' ? 1u : c == 'e' ? E : (int8_t)c < ' ' ? LINE : OTHER;
    }
    if (state == E && c == 'r') {
        return ER;
    }
    return c == fields[state] ? (uint8_t)(state + 1u) : OTHER;
}

uspan_sse_next_t uspan_sse_next(uspan_sse_t *s, const char **at, const char *end)
{
    const char *p = *at;
    uspan_sse_next_t next = USPAN_SSE_MORE;
    while (p < end && next == USPAN_SSE_MORE) {
        char c = *p;
        if (s->state == LINE && end - p > 6 && memcmp(p, fields, 6u) == 0) { /* most lines start so */
            s->state = DATA;
            p += 6;
        } else if (s->state == LINE && end - p > 7 && memcmp(p, fields + DATA_SPACE + 1, 7u) == 0) {
            s->state = NAME;
            p += 7;
        } else if (s->state >= AFTER_CR) {
            s->state = LINE;
            p += c == '\n' ? 1 : 0;
        } else if (ends_line(c)) {
            next = s->state == LINE ? USPAN_SSE_END : USPAN_SSE_MORE;
            s->state = c == '\r' ? AFTER_CR : LINE;
            p++;
        } else if (s->state == DATA || s->state == BARE ||
                   (s->state == LINE && (c | 0x20) == '{' && !s->in_text)) {
            s->state = s->state == DATA ? DATA : BARE;
            next = USPAN_SSE_DATA;
        } else if (s->state == ERROR_SPACE) {
            s->state = DATA_SPACE;
            next = USPAN_SSE_ERROR;
        } else if (s->state == DATA_SPACE || s->state == NAME_SPACE) {
            s->state = s->state == DATA_SPACE ? DATA : NAME;
            p += c == ' ' ? 1 : 0;
        } else if (s->state == NAME) {
            next = USPAN_SSE_NAME;
        } else if (s->state == OTHER) {
            while (p < end && !ends_line(*p)) {
                p++;
            }
        } else {
            uint8_t state = match(s->state, c);
            if (s->in_text && (state == LINE || state == OTHER)) {
                next = USPAN_SSE_TEXT;
            } else {
                s->state = state;
                p++;
            }
        }
    }
    *at = p;
    return next;
}

bool uspan_sse_is_bare(const uspan_sse_t *s)
{
    return s->state == BARE;
}

size_t uspan_sse_begin_text(uspan_sse_t *s, const char **text)
{
    unsigned from = s->state > NAME_SPACE ? NAME_SPACE + 1u : s->state > DATA_SPACE ? DATA_SPACE + 1u : LINE;
    size_t len = s->state - from;
    *text = fields + from;
    s->state = DATA;
    return len;
}

void uspan_sse_pass(uspan_sse_t *s)
{
    s->state = OTHER;
}
