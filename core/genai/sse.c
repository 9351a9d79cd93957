/* sse.c: a fragment may end at any byte, even between CR and LF.
 * Invariant: state says how much of "data:" a line has matched, or where behind it the reader is. */
#include "sse.h"
#include <string.h>

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

size_t uspan_sse_next(uspan_sse_t *s, const char *data, size_t len, uspan_sse_piece_t *out)
{
    memset(out, 0, sizeof *out);
    size_t at = 0;
    while (at < len) {
        char c = data[at];
        if (s->state >= AFTER_CR) {
            s->state = LINE;
            at += c == '\n' ? 1u : 0u;
            continue;
        }
        if (s->state == SPACE) {
            s->state = DATA;
            at += c == ' ' ? 1u : 0u;
            continue;
        }
        if (s->state >= DATA) {
            size_t from = at;
            while (at < len && !ends_line(data[at])) {
                at++;
            }
            if (s->state == DATA && at > from) {
                out->data = data + from;
                out->len = at - from;
                return at;
            }
            if (at == len) {
                return at;
            }
            c = data[at];
        }
        if (ends_line(c)) {
            out->ends = s->state == LINE;
            s->state = c == '\r' ? AFTER_CR : LINE;
            at++;
            if (out->ends) {
                return at;
            }
        } else if (c == field[s->state]) {
            s->state++;
            at++;
        } else {
            s->state = OTHER;
        }
    }
    return at;
}
