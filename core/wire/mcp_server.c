/* mcp_server.c: records incoming requests as SERVER spans, and ends them by outgoing answers. The application
 * calls it through mcp.h. Invariant: a span starts when its request is complete, so its parent is known. */
#include <string.h>
#include "trace/lock.h"
#include "wire/mcp_internal.h"

/* Argument of fill(), which sets the attributes of a request's span before the processors see it. */
typedef struct fill {
    uspan_mcp_read_t *x;
    uspan_mcp_about_t about;
    uspan_context_t context; /* of the caller. link_current() replaces it by that of the current span */
    bool is_remote;
} fill_t;

static void set_from(uspan_mcp_read_t *x, uspan_t s, const uspan_key_t *key, unsigned text)
{
    uspan_mcp_set(x->m, s, key, uspan_mcp_text(x, text), x->r->lens[text]);
}

/* Link the current span if the context of the caller is the parent in its place. */
static void link_current(fill_t *f, uspan_tracer_t *t, uspan_t s)
{
    uspan_t current = uspan_current(t);
    if (f->is_remote && current.id != 0u && uspan_context_of(t, current, &f->context) == USPAN_OK) {
        (void)uspan_add_link(t, s, &(uspan_link_t){ .context = &f->context });
    }
}

static void fill(void *arg, uspan_tracer_t *t, uspan_t s)
{
    fill_t *f = arg;
    uspan_mcp_read_t *x = f->x;
    uspan_mcp_set_attrs(x->m, s, &f->about);
    set_from(x, s, &uspan_key_mcp_protocol_version, USPAN_MCP_VERSION);
    set_from(x, s, &uspan_key_mcp_session_id, USPAN_MCP_SESSION);
    if (x->r->lens[USPAN_MCP_RPC] > 0u &&
        (x->r->lens[USPAN_MCP_RPC] != 3u || memcmp(uspan_mcp_text(x, USPAN_MCP_RPC), "2.0", 3u) != 0)) {
        set_from(x, s, &uspan_key_jsonrpc_protocol_version, USPAN_MCP_RPC);
    }
    uspan_mcp_set_address(x->m, s, &uspan_key_client_address, &uspan_key_client_port);
#if USPAN_CONTENT
    if (uspan_mcp_is_tool(&f->about)) {
        uspan_mcp_set_content(x, s, &uspan_key_tool_call_arguments);
    }
#endif
    link_current(f, t, s);
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

USPAN_NOINLINE static uspan_t begin(uspan_mcp_read_t *x, const uspan_mcp_about_t *about)
{
    char name[USPAN_MCP_SPAN_NAME_BYTES];
    fill_t f = { .x = x, .about = *about };
    f.is_remote = read_context(x, &f.context);
    uspan_options_t o = {
        .kind = USPAN_KIND_SERVER,
        .parent = f.is_remote ? &f.context : NULL,
        .fill = fill,
        .fill_arg = &f,
    };
    return uspan_start_full(x->m->t, USPAN_CURRENT, name, uspan_mcp_span_name(about, name), &o);
}

static void cancel(uspan_mcp_read_t *x, const uspan_mcp_about_t *about)
{
    static const char cancelled[] = "notifications/cancelled";
    uspan_mcp_span_t *open = uspan_mcp_find_open(x->m, x->r->ids[1], 0u);
    if (open != NULL && about->method_len == sizeof cancelled - 1u &&
        memcmp(about->method, cancelled, sizeof cancelled - 1u) == 0) {
        (void)uspan_fail(x->m->t, uspan_mcp_take(x->m, open).s, USPAN_ERROR_CANCELLED, NULL);
    }
}

/* Handle a received message. Answers are ignored here, because uspan_mcp_result_part() reads them. */
static void on_request(uspan_mcp_read_t *x)
{
    const uspan_mcp_reader_t *r = x->r;
    const uspan_mcp_about_t about = {
        .method = uspan_mcp_text(x, USPAN_MCP_METHOD),
        .method_len = r->lens[USPAN_MCP_METHOD],
        .name = uspan_mcp_text(x, USPAN_MCP_NAME),
        .name_len = r->lens[USPAN_MCP_NAME],
        .id = uspan_mcp_text(x, USPAN_MCP_ID),
        .id_len = r->lens[USPAN_MCP_ID],
        .kind = uspan_mcp_kind_of(uspan_mcp_text(x, USPAN_MCP_METHOD), r->lens[USPAN_MCP_METHOD]),
    };
    if (about.method_len == 0u) {
        if ((r->flags & (USPAN_MCP_HAS_RESULT | USPAN_MCP_HAS_ERROR)) == 0u &&
            uspan_mcp_has(r, USPAN_MCP_RPC)) {
            uspan_mcp_count_unread(x->m, USPAN_MCP_WORDS("neither request nor answer"));
        }
        return;
    }
    uspan_t s = begin(x, &about);
    if (uspan_mcp_has(r, USPAN_MCP_ID)) {
        uspan_mcp_keep(x->m, r->ids[0], s, uspan_mcp_is_tool(&about) ? USPAN_MCP_IS_TOOL : 0u);
        x->s = s;
    } else {
        (void)uspan_end(x->m->t, s);
        cancel(x, &about);
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
    return uspan_mcp_text(&(uspan_mcp_read_t){ .texts = m->in_texts }, USPAN_MCP_BAGGAGE);
}
