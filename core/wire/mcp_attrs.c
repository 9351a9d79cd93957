/* mcp_attrs.c: starts spans of MCP requests of both sides, and sets their names and attributes as
 * OpenTelemetry's MCP conventions say in "Spans". Called by mcp_client.c and mcp_server.c. Invariant: span
 * names have low cardinality. Of the names in a request, only those of tools and prompts become part of a
 * span name. */
#include <string.h>
#include "trace/lock.h"
#include "wire/mcp_internal.h"

#define TEXT_ROW(text, key) ROW(TEXT, uspan_mcp_about_t, texts[USPAN_MCP_##text - USPAN_MCP_VERSION], key)

/* A text of the message replaces what the application knows of the connection. */
static const uspan_row_t rows[] = {
    ROW(TEXT, uspan_mcp_about_t, peer.transport, network_transport),
    ROW(TEXT, uspan_mcp_about_t, peer.protocol, network_protocol_name),
    ROW(TEXT, uspan_mcp_about_t, peer.protocol_version, network_protocol_version),
    ROW(TEXT, uspan_mcp_about_t, peer.session_id, mcp_session_id),
    TEXT_ROW(VERSION, mcp_protocol_version),
    TEXT_ROW(SESSION, mcp_session_id),
    TEXT_ROW(RPC, jsonrpc_protocol_version),
    TEXT_ROW(METHOD, mcp_method_name),
    TEXT_ROW(URI, mcp_resource_uri),
    TEXT_ROW(ID, jsonrpc_request_id),
    ROW(TEXT, uspan_mcp_about_t, tool, tool_name),
#if !USPAN_PROFILE_LANGFUSE /* it reads every key of prompts as the input */
    ROW(TEXT, uspan_mcp_about_t, prompt, prompt_name),
#endif
    END_ROW,
};
static const uspan_row_t side_rows[2][3] = {
    {
        ROW(TEXT, uspan_mcp_about_t, peer.address, client_address),
        ROW(COUNT, uspan_mcp_about_t, peer.port, client_port),
        NEXT_TABLE(uspan_mcp_about_t, start_ns, rows),
    },
    {
        ROW(TEXT, uspan_mcp_about_t, peer.address, server_address),
        ROW(COUNT, uspan_mcp_about_t, peer.port, server_port),
        NEXT_TABLE(uspan_mcp_about_t, start_ns, rows),
    },
};

void uspan_mcp_fill(uspan_tracer_t *t, uspan_t s, const void *about)
{
    const uspan_mcp_about_t *a = about;
    unsigned side = a->flags & USPAN_MCP_IS_CALL;
    if ((a->flags & USPAN_MCP_IS_TOOL) != 0u) {
        (void)uspan_set_static_n(t, s, &uspan_key_operation_name, USPAN_OPERATION_TOOL,
                                 sizeof USPAN_OPERATION_TOOL - 1u);
#if USPAN_PROFILE_ALIYUN
        (void)uspan_set_static_n(t, s, &uspan_key_aliyun_span_kind, "TOOL", 4u);
#endif
#if USPAN_CONTENT
        if (side == 0u) {
            uspan_mcp_set_content(a->m, &a->m->in, s, &uspan_key_tool_call_arguments);
        }
#endif
    }
    (void)uspan_set_struct(t, s, a, side_rows[side]);
}

void uspan_mcp_classify(uspan_mcp_about_t *a, uspan_mcp_t *m, unsigned side)
{
    const char *name = USPAN_MCP_ABOUT(a, NAME);
    const char *method = USPAN_MCP_ABOUT(a, METHOD);
    uint32_t hash = uspan_mcp_hash(USPAN_MCP_HASH, method, strlen(method));
    a->span_name = method;
    a->m = m;
    a->hash = hash;
    a->flags = side;
    a->kind = (uspan_kind_t)(USPAN_KIND_SERVER + side);
    if (hash == USPAN_JSON_PATH("tools/call")) {
        a->flags = side | USPAN_MCP_IS_TOOL;
        a->tool = name;
        a->subject = name;
    } else if (hash == USPAN_JSON_PATH("prompts/get")) {
        a->prompt = name;
        a->subject = name;
    } else if (side != 0u) {
        USPAN_MCP_ABOUT(a, URI) = name;
    }
    if (m->peer != NULL) {
        a->peer = *m->peer;
    }
    if (!uspan_has_text(USPAN_MCP_ABOUT(a, VERSION))) {
        USPAN_MCP_ABOUT(a, VERSION) = m->version;
    }
}

uspan_t uspan_mcp_begin(const uspan_mcp_about_t *a, uspan_t parent)
{
    static const uspan_more_type_t type = {
        .type = { .rows = rows + sizeof rows / sizeof rows[0] - 1u,
                  .traits = USPAN_TYPED_OWN_FIRST | USPAN_TYPED_MORE },
        .extra = uspan_mcp_fill,
    };
    return uspan_typed_begin_as(a->m->t, parent, a, &type.type, NULL);
}
