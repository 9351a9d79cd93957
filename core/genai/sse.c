/* sse.c: a fragment may end at any byte, even between CR and LF.
 * Invariant: state says how much of "data:" a line has matched, or where behind it the reader is. */
#include "sse.h"

static const char field[] = "data:";

enum {
    LINE = 0,                  /* 0..4: bytes of field that this line has begun with */
    SPACE = sizeof field - 1u, /* behind the colon: one space is not data */
    DATA,
    OTHER,   /* a line of no interest */
    AFTER_CR /* a line feed here belongs to the line end before */
};

static bool ends_line(char c)
{
    return c == '\n' || c == '\r';
}

uspan_sse_next_t uspan_sse_next(uspan_sse_t *s, const char **at, const char *end)
{
    const char *p = *at;
    uspan_sse_next_t next = USPAN_SSE_MORE;
    while (p < end && next == USPAN_SSE_MORE) {
        char c = *p;
        bool line_ends = ends_line(c);
        if (s->state >= AFTER_CR) {
            s->state = LINE;
            p += c == '\n' ? 1 : 0;
        } else if (line_ends) {
            next = s->state == LINE ? USPAN_SSE_END : USPAN_SSE_MORE;
            s->state = c == '\r' ? AFTER_CR : LINE;
            p++;
        } else if (s->state == SPACE) {
            s->state = DATA;
            p += c == ' ' ? 1 : 0;
        } else if (s->state == DATA) {
            next = USPAN_SSE_DATA;
        } else if (s->state == OTHER) {
            while (p < end && !ends_line(*p)) {
                p++;
            }
        } else {
            s->state = c != field[s->state] ? OTHER : (uint8_t)(s->state + 1u);
            p++;
        }
    }
    *at = p;
    return next;
}

void uspan_sse_pass(uspan_sse_t *s)
{
    s->state = OTHER;
}
