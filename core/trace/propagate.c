/* propagate.c: writes the header lines that pass a trace to a server. Invariant: a line ends in CRLF and
 * contains no other. out has all lines or is "". */
#include <string.h>
#include "trace/trace.h"
#include "trace/internal.h"
#include "uspan/context.h"

typedef struct lines {
    char *out;
    size_t cap, len; /* len: bytes that are needed, even if they do not fit */
} lines_t;

static void put_text(lines_t *l, const char *text, size_t len)
{
    if (l->cap > l->len && len < l->cap - l->len) {
        memcpy(l->out + l->len, text, len);
    }
    l->len += len;
}

/* Write the members that match the grammar. A server may reject the complete header line because of another
 * one. No member can contain a line end. W3C Baggage, "Header Content". */
static void put_baggage(lines_t *l, const char *baggage)
{
    uspan_baggage_t member;
    size_t pos = 0;
    size_t len = strlen(baggage);
    const char *before = "baggage: ";
    while (uspan_baggage_next(baggage, len, &pos, &member) == USPAN_OK) {
        put_text(l, before, strlen(before));
        put_text(l, member.key, member.key_len);
        put_text(l, "=", 1u);
        put_text(l, member.value, member.value_len);
        if (member.props_len > 0u) {
            put_text(l, ";", 1u);
            put_text(l, member.props, member.props_len);
        }
        before = ",";
    }
    if (before[0] == ',') {
        put_text(l, "\r\n", 2u);
    }
}

size_t uspan_propagate(uspan_tracer_t *t, uspan_t s, const char *baggage, char *out, size_t cap)
{
    lines_t l = { out, out != NULL ? cap : 0u, 0u };
    uspan_context_t c;
    char parent[USPAN_TRACEPARENT_LEN + 1u];
    if (out != NULL && cap > 0u) {
        out[0] = '\0';
    }
    (void)uspan_context_of(t, s.id == USPAN_CURRENT.id ? uspan_current(t) : s, &c);
    if (uspan_traceparent(&c, parent) == 0u) {
        return 0u;
    }
    put_text(&l, "traceparent: ", 13u); /* W3C Trace Context 2, sections 3.2 and 3.3 */
    put_text(&l, parent, USPAN_TRACEPARENT_LEN);
#if USPAN_TRACESTATE_BYTES > 0
    size_t state_len;
    const char *state = uspan_tracestate(&c, &state_len);
    if (state_len > 0u) {
        put_text(&l, "\r\ntracestate: ", 14u);
        put_text(&l, state, state_len);
    }
#endif
    put_text(&l, "\r\n", 2u);
    if (baggage != NULL) {
        put_baggage(&l, baggage);
    }
    if (out != NULL && cap > 0u) {
        out[l.len < cap ? l.len : 0u] = '\0';
    }
    return l.len;
}

size_t uspan_propagate_each(uspan_tracer_t *t, uspan_t s, const char *baggage, char *buf, size_t cap,
                            void (*set)(void *ctx, const char *name, const char *value), void *ctx)
{
    size_t len = uspan_propagate(t, s, baggage, buf, cap);
    if (buf == NULL || len >= cap) {
        return len;
    }
    for (char *line = buf; line < buf + len;) {
        char *value = strchr(line, ':'); /* no name contains one */
        char *end = strchr(line, '\r');  /* no value contains one */
        value[0] = '\0';
        end[0] = '\0';
        set(ctx, line, value + 2);
        line = end + 2;
    }
    return len;
}
