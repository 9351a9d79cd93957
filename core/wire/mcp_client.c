/* mcp_client.c: records outgoing requests as CLIENT spans, or as attributes of an existing tool span.
 * Incoming answers end the CLIENT spans. The application calls it through mcp.h. Invariant: a context in an
 * answer is ignored, even if its _meta repeats one. */
#include <string.h>
#include "wire/mcp_internal.h"

uspan_t uspan_mcp_call(uspan_mcp_t *m, uspan_t parent, const char *method, const char *name, const char *id)
{
    uspan_mcp_about_t a;
    if (m->t == NULL) {
        return USPAN_NULL;
    }
    memset(&a, 0, sizeof a);
    USPAN_MCP_ABOUT(&a, METHOD) = method;
    USPAN_MCP_ABOUT(&a, NAME) = name;
    if (id != NULL) {
        size_t len = uspan_mcp_id_len(id);
        a.id = id + (id[0] == '"');
        a.id_len = len - (id[0] == '"');
        a.id_hash = ~uspan_mcp_hash(USPAN_MCP_HASH, id, len);
    }
    return uspan_mcp_begin(&a, m, parent, USPAN_MCP_IS_CALL);
}

bool uspan_mcp_result_part(uspan_mcp_t *m, const void *data, size_t len, bool is_last)
{
    return uspan_mcp_settle(m, data, len, is_last);
}

/* ---- _meta --------------------------------------------------------------------------------------------- */

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
