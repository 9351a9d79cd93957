/* mcp_attrs.c: starts spans of MCP requests of both sides, and sets their names and attributes as
 * OpenTelemetry's MCP conventions say in "Spans". It adds a request that has an id to the open ones of
 * mcp_open.c. Called by mcp_client.c and mcp_server.c. Invariant: span names have low cardinality. Of the
 * names in a request, only those of tools and prompts become part of a span name. */
#include <string.h>
#include "trace/lock.h"
#include "wire/mcp_internal.h"

#define NAME_BYTES 97u /* with a 0 */

#define TEXT_ROW(text, key) ROW(TEXT, uspan_mcp_about_t, texts[USPAN_MCP_##text - USPAN_MCP_VERSION], key)

/* A text of the message replaces what the application knows of the connection. */
static const uspan_row_t rows[] = {
    ROW(TEXT, uspan_mcp_about_t, side[0].address, client_address),
    ROW(TEXT, uspan_mcp_about_t, side[1].address, server_address),
    ROW(TEXT, uspan_mcp_about_t, peer.transport, network_transport),
    ROW(TEXT, uspan_mcp_about_t, peer.protocol, network_protocol_name),
    ROW(TEXT, uspan_mcp_about_t, peer.protocol_version, network_protocol_version),
    ROW(TEXT, uspan_mcp_about_t, peer.session_id, mcp_session_id),
    TEXT_ROW(VERSION, mcp_protocol_version),
    TEXT_ROW(SESSION, mcp_session_id),
    TEXT_ROW(RPC, jsonrpc_protocol_version),
    TEXT_ROW(METHOD, mcp_method_name),
    TEXT_ROW(URI, mcp_resource_uri),
    ROW(TEXT, uspan_mcp_about_t, tool, tool_name),
#if !USPAN_PROFILE_LANGFUSE /* it reads every key of prompts as the input */
    ROW(TEXT, uspan_mcp_about_t, prompt, prompt_name),
#endif
    ROW(COUNT, uspan_mcp_about_t, side[0].port, client_port),
    ROW(COUNT, uspan_mcp_about_t, side[1].port, server_port),
    END_ROW,
};

/* Set what is not in the rows. */
static void set_more(uspan_tracer_t *t, uspan_t s, const void *about)
{
    const uspan_mcp_about_t *a = about;
    if ((a->flags & USPAN_MCP_IS_TOOL) != 0u) {
        (void)uspan_set_static_n(t, s, &uspan_key_operation_name, USPAN_OPERATION_TOOL,
                                 sizeof USPAN_OPERATION_TOOL - 1u);
#if USPAN_PROFILE_ALIYUN
        (void)uspan_set_static_n(t, s, &uspan_key_aliyun_span_kind, "TOOL", 4u);
#endif
    }
    if (a->id_len > 0u) {
        (void)uspan_set_str_n(t, s, &uspan_key_jsonrpc_request_id, a->id, a->id_len);
    }
}

/* Set what follows from the method. */
static inline void classify(uspan_mcp_about_t *a, uspan_mcp_t *m, unsigned side)
{
    const char *name = USPAN_MCP_ABOUT(a, NAME);
    const char *method = USPAN_MCP_ABOUT(a, METHOD);
    a->span_name = method;
    a->m = m;
    a->method = uspan_mcp_hash(USPAN_MCP_HASH, method, strlen(method));
    a->kind = (uspan_kind_t)(USPAN_KIND_SERVER + side);
    a->flags = side;
    if (a->method == USPAN_JSON_PATH("tools/call")) {
        a->flags = side | USPAN_MCP_IS_TOOL;
        a->tool = name;
        a->subject = name;
    } else if (a->method == USPAN_JSON_PATH("prompts/get")) {
        a->prompt = name;
        a->subject = name;
    } else if (side != 0u) {
        USPAN_MCP_ABOUT(a, URI) = name;
    }
    if (m->peer != NULL) {
        a->peer = *m->peer;
        a->side[side].address = m->peer->address;
        a->side[side].port = m->peer->port;
    }
    if (!uspan_has_text(USPAN_MCP_ABOUT(a, VERSION))) {
        USPAN_MCP_ABOUT(a, VERSION) = m->version;
    }
}

/* Returns true if s is the execute_tool span of the same tool, and no MCP request has set its attributes
 * yet. */
USPAN_NOINLINE static bool is_covered(const uspan_mcp_about_t *a, uspan_t s)
{
    char name[NAME_BYTES];
    uspan_tracer_t *t = a->m->t;
    if ((a->flags & USPAN_MCP_IS_CALL) == 0u || !uspan_has_text(a->tool) ||
        uspan_has_key(t, s, &uspan_key_mcp_method_name)) {
        return false;
    }
    name[uspan_text_of_key(t, s, &uspan_key_tool_name, name, sizeof name - 1u)] = '\0';
    return strcmp(name, a->tool) == 0;
}

/* Keep the span of a request until its answer arrives. */
static inline void keep(uspan_mcp_t *m, uint32_t id, uspan_t s, unsigned flags)
{
    uspan_mcp_span_t *old = uspan_mcp_find_open(m, id);
    if (old == NULL && m->open_count == USPAN_MCP_OPEN_MAX) {
        for (old = m->open + USPAN_MCP_OPEN_MAX - 1u;
             old > m->open && uspan_has_key(m->t, old->s, &uspan_key_mcp_method_name); old--) {
            /* one whose span has ended or is not recorded, else the oldest */
        }
    }
    if (old != NULL && uspan_mcp_end(m, old, "unanswered", NULL) != USPAN_ERR_STALE) {
        uspan_mcp_count(m, &m->unanswered, USPAN_MCP_WORDS("no answer, or raise USPAN_MCP_OPEN_MAX"));
    }
    m->open[m->open_count++] = (uspan_mcp_span_t){ .s = s, .id = id, .flags = (uint8_t)flags };
}

uspan_t uspan_mcp_begin(uspan_mcp_about_t *a, uspan_mcp_t *m, uspan_t parent, unsigned side)
{
    static const uspan_more_type_t type = {
        .type = { .rows = rows, .traits = USPAN_TYPED_OWN_FIRST | USPAN_TYPED_MORE },
        .extra = set_more,
    };
    classify(a, m, side);
    uspan_t s = parent.id == USPAN_CURRENT.id ? uspan_current(m->t) : parent;
    if (is_covered(a, s)) {
        a->flags |= USPAN_MCP_IS_SHARED;
        set_more(m->t, s, a);
        (void)uspan_set_struct(m->t, s, a, rows);
    } else {
        s = uspan_typed_begin_as(m->t, parent, a, &type.type, NULL);
    }
#if USPAN_CONTENT
    if (a->flags == USPAN_MCP_IS_TOOL) { /* not in set_more(), because less of the stack is used here */
        uspan_mcp_set_content(m, &m->in, s, &uspan_key_tool_call_arguments);
    }
#endif
    if (a->id != NULL) {
        keep(m, a->id_hash, s, a->flags);
        m->result = s.id;
    }
    return s;
}
