/* mcp_client.c: records outgoing requests as CLIENT spans, or as attributes of an existing tool span.
 * Incoming answers end the CLIENT spans. The application calls it through mcp.h. Invariant: a context in an
 * answer is ignored, even if its _meta repeats one. */
#include <string.h>
#include "wire/mcp_internal.h"
#include "genai/span_lookup.h"

#define NAME_BYTES 96u

/* Returns true if a->parent is the execute_tool span of the same tool, and no MCP request has set its
 * attributes yet. */
static bool is_covered(const uspan_mcp_about_t *a)
{
    char name[NAME_BYTES];
    size_t len = USPAN_MCP_ABOUT(a, USPAN_MCP_NAME).len;
    return a->kind == USPAN_MCP_TOOL && len > 0u &&
           !uspan_has_key(a->m->t, a->parent, &uspan_key_mcp_method_name) &&
           uspan_text_of_key(a->m->t, a->parent, &uspan_key_tool_name, name, sizeof name) == len &&
           memcmp(name, USPAN_MCP_ABOUT(a, USPAN_MCP_NAME).at, len) == 0;
}

static void also(uspan_mcp_about_t *a, uspan_t s)
{
    uspan_copy_key(a->m->t, a->parent, &uspan_key_conversation_id, s, &uspan_key_conversation_id);
}

uspan_t uspan_mcp_call(uspan_mcp_t *m, uspan_t parent, const char *method, const char *name, const char *id)
{
    uspan_mcp_about_t a = { .m = m, .also = also, .parent = parent };
    if (m->t == NULL) {
        return USPAN_NULL;
    }
    USPAN_MCP_ABOUT(&a, USPAN_MCP_METHOD).at = method;
    USPAN_MCP_ABOUT(&a, USPAN_MCP_METHOD).len = strlen(method);
    if (name != NULL) {
        USPAN_MCP_ABOUT(&a, USPAN_MCP_NAME).at = name;
        USPAN_MCP_ABOUT(&a, USPAN_MCP_NAME).len = strlen(name);
    }
    if (id != NULL) {
        bool is_quoted = id[0] == '"';
        USPAN_MCP_ABOUT(&a, USPAN_MCP_ID).at = id + is_quoted;
        USPAN_MCP_ABOUT(&a, USPAN_MCP_ID).len = strlen(id) - (is_quoted && id[1] != '\0' ? 2u : 0u);
    }
    uspan_mcp_classify(&a, USPAN_MCP_IS_CALL);
    if (parent.id == USPAN_CURRENT.id) {
        a.parent = uspan_current(m->t);
        a.parent.id += a.parent.id == 0u; /* USPAN_ROOT if there is none */
    }
    uspan_t s = a.parent;
    if (is_covered(&a)) {
        a.flags |= USPAN_MCP_IS_SHARED;
        uspan_mcp_fill(&a, m->t, s);
    } else {
        s = uspan_mcp_begin(&a);
    }
    if (id != NULL) {
        uspan_mcp_keep(m, uspan_mcp_hash(id), s, a.flags);
    }
    return s;
}

bool uspan_mcp_result_part(uspan_mcp_t *m, const void *data, size_t len, bool is_last)
{
    return uspan_mcp_read(m, false, uspan_mcp_settle, data, len, is_last).id != 0u;
}

/* ---- _meta --------------------------------------------------------------------------------------------- */

/* A text that is written in front of the header lines from which it is built, in the same buffer. */
typedef struct text {
    char *at;        /* the next byte is written here */
    const char *end; /* the first byte of the lines that is not read yet */
} text_t;

/* Write len bytes. Returns false if they would overwrite lines that are not read yet. */
static bool put(text_t *t, const char *bytes, size_t len)
{
    if ((size_t)(t->end - t->at) < len) {
        return false;
    }
    memcpy(t->at, bytes, len);
    t->at += len;
    return true;
}

/* Write the header lines between t->end and stop, "name: value\r\n", as members of _meta. Returns false if
 * they do not fit. */
static bool put_lines(text_t *t, const char *stop)
{
    bool is_value = false;
    bool fits = put(t, "\"_meta\":{\"", 10u);
    while (fits && t->end < stop) {
        char c = *t->end++;
        if (!is_value && c == ':') {
            t->end++; /* skip the space */
            is_value = true;
            fits = put(t, "\":\"", 3u);
        } else if (c == '\r') {
            t->end++;
            is_value = false;
            fits = put(t, t->end < stop ? "\",\"" : "\"}", t->end < stop ? 3u : 2u);
        } else {
            fits = ((c != '"' && c != '\\') || put(t, "\\", 1u)) && put(t, &c, 1u);
        }
    }
    return fits;
}

size_t uspan_mcp_meta(uspan_mcp_t *m, uspan_t s, const char *baggage, char *out, size_t cap)
{
    size_t len = 0;
    if (out == NULL || cap == 0u) {
        return 0u;
    }
    if (m->t != NULL) {
        size_t lines = uspan_propagate(m->t, s, baggage, NULL, 0u);
        if (lines > 0u && lines < cap) { /* they end before the last byte, which is for the 0 */
            text_t t = { out, out + (cap - 1u - lines) };
            (void)uspan_propagate(m->t, s, baggage, out + (cap - 1u - lines), lines + 1u);
            len = put_lines(&t, out + (cap - 1u)) ? (size_t)(t.at - out) : 0u;
        }
    }
    out[len] = '\0';
    return len;
}
