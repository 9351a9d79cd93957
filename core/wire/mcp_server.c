/* mcp_server.c: records incoming requests as SERVER spans, and ends them by outgoing answers. The application
 * calls it through mcp.h. Invariant: a span starts when its request is complete, so its parent is known. */
#include <string.h>
#include "trace/lock.h"
#include "wire/mcp_internal.h"

/* Link the current span if the context of the caller is the parent in its place. */
static void also(uspan_mcp_about_t *a, uspan_t s)
{
    uspan_tracer_t *t = a->m->t;
    uspan_t current = uspan_current(t);
#if USPAN_CONTENT
    if (a->kind == USPAN_MCP_TOOL) {
        uspan_mcp_set_content(a->x, s, &uspan_key_tool_call_arguments);
    }
#endif
    if (a->context != NULL && current.id != 0u && uspan_context_of(t, current, a->context) == USPAN_OK) {
        (void)uspan_add_link(t, s, &(uspan_link_t){ .context = a->context });
    }
}

/* Returns true if the request has a valid context. An invalid one is counted as unread. */
static bool read_context(uspan_mcp_read_t *x, uspan_context_t *out)
{
    if (!uspan_mcp_has(x->r, USPAN_MCP_TRACEPARENT)) {
        return false;
    }
    bool valid =
        uspan_context_parse_n(out, uspan_mcp_text(x, USPAN_MCP_TRACEPARENT),
                              x->r->lens[USPAN_MCP_TRACEPARENT], uspan_mcp_text(x, USPAN_MCP_TRACESTATE),
                              x->r->lens[USPAN_MCP_TRACESTATE]) != USPAN_ERR_ARG;
    if (!valid) {
        uspan_mcp_count_unread(x->m, USPAN_MCP_WORDS("invalid traceparent"));
    }
    return valid;
}

/* Handle a received message. Answers are ignored here, because uspan_mcp_result_part() reads them. */
static void on_request(uspan_mcp_read_t *x)
{
    const uspan_mcp_reader_t *r = x->r;
    uspan_mcp_t *m = x->m;
    uspan_context_t context;
    uspan_mcp_about_t a;
    if (r->lens[USPAN_MCP_METHOD] == 0u) {
        if ((r->flags & (USPAN_MCP_HAS_RESULT | USPAN_MCP_HAS_ERROR)) == 0u &&
            uspan_mcp_has(r, USPAN_MCP_RPC)) {
            uspan_mcp_count_unread(m, USPAN_MCP_WORDS("neither request nor answer"));
        }
        return;
    }
    a.m = m;
    a.x = x;
    a.also = also;
    a.parent = USPAN_CURRENT;
    for (unsigned i = 0; i < USPAN_MCP_ABOUT_TEXTS; i++) {
        a.texts[i].at = uspan_mcp_ended(x, USPAN_MCP_VERSION + i);
        a.texts[i].len = r->lens[USPAN_MCP_VERSION + i];
    }
    if (strcmp(USPAN_MCP_ABOUT(&a, USPAN_MCP_RPC).at, "2.0") == 0) {
        USPAN_MCP_ABOUT(&a, USPAN_MCP_RPC).len = 0u;
    }
    uspan_mcp_classify(&a, 0u);
    a.context = read_context(x, &context) ? &context : NULL;
    uspan_t s = uspan_mcp_begin(&a);
    if (uspan_mcp_has(r, USPAN_MCP_ID)) {
        uspan_mcp_keep(m, r->ids[0], s, a.flags);
        x->s = s;
        return;
    }
    (void)uspan_end(m->t, s);
    uspan_mcp_span_t *cancelled = uspan_mcp_find_open(m, r->ids[1], 0u);
    if (cancelled != NULL &&
        strcmp(USPAN_MCP_ABOUT(&a, USPAN_MCP_METHOD).at, "notifications/cancelled") == 0) {
        uspan_mcp_end(m, cancelled, USPAN_ERROR_CANCELLED, NULL);
    }
}

uspan_t uspan_mcp_request_part(uspan_mcp_t *m, const void *data, size_t len, bool is_last)
{
    return uspan_mcp_read(m, false, on_request, data, len, is_last);
}

bool uspan_mcp_response_part(uspan_mcp_t *m, const void *data, size_t len, bool is_last)
{
    return uspan_mcp_read(m, true, uspan_mcp_settle, data, len, is_last).id != 0u;
}

uspan_t uspan_mcp_find(uspan_mcp_t *m, const char *id)
{
    const uspan_mcp_span_t *open = uspan_mcp_find_open(m, uspan_mcp_hash(id), 0u);
    return open != NULL ? open->s : USPAN_NULL;
}

const char *uspan_mcp_baggage(uspan_mcp_t *m, size_t *len)
{
    *len = m->t != NULL ? m->in.lens[USPAN_MCP_BAGGAGE] : 0u;
    return m->in_texts + uspan_mcp_starts[USPAN_MCP_BAGGAGE];
}
