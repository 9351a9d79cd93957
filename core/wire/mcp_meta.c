/* mcp_meta.c: writes the _meta member that carries the context of a span. The application calls it through
 * mcp.h. Invariant: out has all of the member, or is "". */
#include <string.h>
#include "trace/internal.h"
#include "uspan/mcp.h"

/* The header lines "name: value\r\n" are at the end of out. They are read once, and written in front of the
 * byte that is read next. */
size_t uspan_mcp_meta(uspan_mcp_t *m, uspan_t s, const char *baggage, char *out, size_t cap)
{
    size_t len = uspan_propagate(m->t, s, baggage, out, cap);
    if (len == 0u || len >= cap || out == NULL) {
        return 0u;
    }
    const char *stop = out + cap - 1u; /* the last byte is for the 0 */
    const char *from = memmove(out + cap - 1u - len, out, len);
    const char *text = "\"_meta\":{\"";
    char *at = out;
    char one[3];
    one[0] = '\\';
    one[2] = '\0';
    for (char end = ':';;) { /* of the name or value that is read */
        while (*text != '\0') {
            if (at == from) {
                out[0] = '\0';
                return 0u;
            }
            *at++ = *text++;
        }
        if (from == stop) {
            *at = '\0';
            return (size_t)(at - out);
        }
        char c = *from++;
        if (c == end) { /* skip the space or the line feed */
            from++;
            end = c == ':' ? '\r' : ':';
            text = c == ':' ? "\":\"" : from < stop ? "\",\"" : "\"}";
        } else {
            one[1] = c;
            text = one + (c != '"' && c != '\\');
        }
    }
}
