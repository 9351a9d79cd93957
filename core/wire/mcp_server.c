/* mcp_server.c: records incoming requests as SERVER spans, and ends them by outgoing answers. The application
 * calls it through mcp.h. Invariant: a span starts when its request is complete, so its parent is known. */
#include <string.h>
#include "trace/lock.h"
#include "wire/mcp_internal.h"

/* Handle a received message. Answers are ignored here, because uspan_mcp_result_part() reads them. */
static void on_request(uspan_mcp_t *m, uspan_mcp_reader_t *r)
{
    uspan_context_t context;
    uspan_mcp_about_t a;
    memset(&a, 0, sizeof a);
    for (unsigned i = USPAN_MCP_VERSION; i <= USPAN_MCP_URI; i++) {
        a.texts[i - USPAN_MCP_VERSION] = m->texts + uspan_mcp_starts[i];
    }
    if (USPAN_MCP_ABOUT(&a, METHOD)[0] == '\0') {
        if (uspan_mcp_has(r, USPAN_MCP_RPC) &&
            (r->has & (1u << USPAN_MCP_IS_ANSWER | 1u << USPAN_MCP_IS_ERROR)) == 0u) {
            uspan_mcp_count_unread(m, USPAN_MCP_MALFORMED);
        }
        return;
    }
    if (strcmp(USPAN_MCP_ABOUT(&a, RPC), "2.0") == 0) {
        USPAN_MCP_ABOUT(&a, RPC) = NULL;
    }
    if (uspan_mcp_has(r, USPAN_MCP_ID)) {
        a.id = m->texts + USPAN_MCP_AT_ID;
        a.id_len = r->lens[USPAN_MCP_ID];
        a.id_hash = r->ids[0];
    }
    uspan_t parent = USPAN_CURRENT;
    if (uspan_mcp_has(r, USPAN_MCP_TRACEPARENT)) {
        if (uspan_context_parse_n(&context, m->texts + USPAN_MCP_AT_TRACEPARENT,
                                  r->lens[USPAN_MCP_TRACEPARENT], m->texts + USPAN_MCP_AT_TRACESTATE,
                                  r->lens[USPAN_MCP_TRACESTATE]) == USPAN_ERR_ARG) {
            uspan_mcp_count_unread(m, USPAN_MCP_WORDS("invalid traceparent"));
        } else {
            a.context = &context;
            parent = USPAN_ROOT; /* no conversation is taken over from the current span */
        }
    }
    uspan_t s = uspan_mcp_begin(&a, m, parent, 0u);
    uspan_t current = uspan_current(m->t); /* linked, because the caller is the parent in its place */
    if (a.context != NULL && current.id != 0u && uspan_context_of(m->t, current, &context) == USPAN_OK) {
        (void)uspan_add_link(m->t, s, &(uspan_link_t){ .context = &context });
    }
    if (a.id == NULL) {
        (void)uspan_end(m->t, s);
        uspan_mcp_span_t *cancelled = uspan_mcp_find_open(m, r->ids[1]);
        if (cancelled != NULL && a.method == USPAN_JSON_PATH("notifications/cancelled")) {
            (void)uspan_mcp_end(m, cancelled, USPAN_ERROR_CANCELLED, NULL);
        }
    }
}

uspan_t uspan_mcp_request_part(uspan_mcp_t *m, const void *data, size_t len, bool is_last)
{
    m->whole = on_request;
    return (uspan_t){ uspan_mcp_read(m, data, len, is_last) };
}

bool uspan_mcp_response_part(uspan_mcp_t *m, const void *data, size_t len, bool is_last)
{
    return uspan_mcp_settle(m, data, len, is_last | USPAN_MCP_OURS);
}

uspan_t uspan_mcp_find(uspan_mcp_t *m, const char *id)
{
    const uspan_mcp_span_t *open =
        uspan_mcp_find_open(m, uspan_mcp_hash(USPAN_MCP_HASH, id, uspan_mcp_id_len(id)));
    return open != NULL ? open->s : USPAN_NULL;
}

const char *uspan_mcp_baggage(uspan_mcp_t *m, size_t *len)
{
    *len = m->t != NULL ? m->in.lens[USPAN_MCP_BAGGAGE] : 0u;
    return m->in_texts + USPAN_MCP_AT_BAGGAGE;
}
