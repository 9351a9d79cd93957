/* mcp_client.c: records outgoing requests as CLIENT spans, or as attributes of an existing tool span.
 * Incoming answers end the CLIENT spans. The application calls it through mcp.h. Invariant: a context in an
 * answer is ignored, even if its _meta repeats one. */
#include <string.h>
#include "wire/mcp_internal.h"
#include "genai/span_lookup.h"

#define NAME_BYTES 96u

/* Returns true if parent is the execute_tool span of the same tool, and no MCP request has set its attributes
 * yet. */
static bool covers(uspan_mcp_t *m, uspan_t parent, const uspan_mcp_about_t *a)
{
    char name[NAME_BYTES];
    return uspan_mcp_is_tool(a) && a->name != NULL && a->name_len > 0u &&
           !uspan_has_key(m->t, parent, &uspan_key_mcp_method_name) &&
           uspan_text_of_key(m->t, parent, &uspan_key_tool_name, name, sizeof name) == a->name_len &&
           memcmp(name, a->name, a->name_len) == 0;
}

typedef struct fill {
    uspan_mcp_t *m;
    const uspan_mcp_about_t *about;
    uspan_t parent;
} fill_t;

static void fill(void *arg, uspan_tracer_t *t, uspan_t s)
{
    const fill_t *f = arg;
    uspan_mcp_set_attrs(f->m, s, f->about);
    uspan_mcp_set_address(f->m, s, &uspan_key_server_address, &uspan_key_server_port);
    uspan_copy_key(t, f->parent, &uspan_key_conversation_id, s, &uspan_key_conversation_id);
}

uspan_t uspan_mcp_call(uspan_mcp_t *m, uspan_t parent, const char *method, const char *name, const char *id)
{
    char span_name[USPAN_MCP_SPAN_NAME_BYTES];
    bool is_quoted = id != NULL && id[0] == '"';
    const uspan_mcp_about_t about = {
        .method = method,
        .method_len = strlen(method),
        .name = name,
        .name_len = name != NULL ? strlen(name) : 0u,
        .id = is_quoted ? id + 1 : id,
        .id_len = id != NULL ? strlen(id) - (is_quoted && id[1] != '\0' ? 2u : 0u) : 0u,
        .kind = uspan_mcp_kind_of(method, strlen(method)),
    };
    if (m->t == NULL) {
        return USPAN_NULL;
    }
    if (parent.id == USPAN_CURRENT.id) {
        parent = uspan_current(m->t);
        parent.id += parent.id == 0u; /* USPAN_ROOT if there is none */
    }
    fill_t f = { m, &about, parent };
    bool shared = covers(m, parent, &about);
    uspan_t s = parent;
    if (shared) {
        fill(&f, m->t, s);
    } else {
        uspan_options_t o = { .kind = USPAN_KIND_CLIENT, .fill = fill, .fill_arg = &f };
        s = uspan_start_full(m->t, parent, span_name, uspan_mcp_span_name(&about, span_name), &o);
    }
    if (id != NULL) {
        uspan_mcp_keep(m, uspan_mcp_hash(id), s,
                       USPAN_MCP_IS_CALL | (uspan_mcp_is_tool(&about) ? USPAN_MCP_IS_TOOL : 0u) |
                           (shared ? USPAN_MCP_IS_SHARED : 0u));
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
