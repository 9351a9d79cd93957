/* mcp_attrs.c: sets names and attributes of MCP spans of both sides, as OpenTelemetry's MCP conventions say
 * in "Spans". Called by mcp_client.c, mcp_server.c and mcp_open.c. Invariant: span names have low
 * cardinality. Of the names in a request, only those of tools and prompts become part of a span name. */
#include <string.h>
#include "wire/mcp_internal.h"

uspan_mcp_kind_t uspan_mcp_kind_of(const char *method, size_t len)
{
    static const char tool[] = "tools/call", prompt[] = "prompts/get", resource[] = "resources/";
    return len == sizeof tool - 1u && memcmp(method, tool, len) == 0       ? USPAN_MCP_TOOL
           : len == sizeof prompt - 1u && memcmp(method, prompt, len) == 0 ? USPAN_MCP_PROMPT
           : len >= sizeof resource - 1u && memcmp(method, resource, sizeof resource - 1u) == 0
               ? USPAN_MCP_RESOURCE
               : USPAN_MCP_OTHER;
}

void uspan_mcp_set(uspan_mcp_t *m, uspan_t s, const uspan_key_t *key, const char *text, size_t len)
{
    if (len > 0u) {
        (void)uspan_set_str_n(m->t, s, key, text, len);
    }
}

static void set_text(uspan_mcp_t *m, uspan_t s, const uspan_key_t *key, const char *text)
{
    uspan_mcp_set(m, s, key, text, text != NULL ? strlen(text) : 0u);
}

void uspan_mcp_set_address(uspan_mcp_t *m, uspan_t s, const uspan_key_t *address, const uspan_key_t *port)
{
    if (m->peer != NULL && m->peer->address != NULL) {
        set_text(m, s, address, m->peer->address);
        (void)uspan_set_int(m->t, s, port, m->peer->port);
    }
}

void uspan_mcp_set_attrs(uspan_mcp_t *m, uspan_t s, const uspan_mcp_about_t *a)
{
    const uspan_mcp_peer_t *peer = m->peer;
    uspan_mcp_kind_t kind = a->kind;
    uspan_mcp_set(m, s, &uspan_key_mcp_method_name, a->method, a->method_len);
    if (kind == USPAN_MCP_TOOL) {
        (void)uspan_set_static_n(m->t, s, &uspan_key_operation_name, USPAN_OPERATION_TOOL,
                                 sizeof USPAN_OPERATION_TOOL - 1u);
        uspan_mcp_set(m, s, &uspan_key_tool_name, a->name, a->name_len);
#if USPAN_PROFILE_ALIYUN
        (void)uspan_set_static_n(m->t, s, &uspan_key_aliyun_span_kind, "TOOL", 4u);
#endif
    } else if (kind == USPAN_MCP_RESOURCE) {
        uspan_mcp_set(m, s, &uspan_key_mcp_resource_uri, a->name, a->name_len);
#if !USPAN_PROFILE_LANGFUSE /* Langfuse reads every key of prompts as the input */
    } else if (kind == USPAN_MCP_PROMPT) {
        uspan_mcp_set(m, s, &uspan_key_prompt_name, a->name, a->name_len);
#endif
    }
    uspan_mcp_set(m, s, &uspan_key_jsonrpc_request_id, a->id, a->id_len);
    uspan_mcp_set(m, s, &uspan_key_mcp_protocol_version, m->version, m->version_len);
    if (peer != NULL) {
        set_text(m, s, &uspan_key_mcp_session_id, peer->session_id);
        set_text(m, s, &uspan_key_network_transport, peer->transport);
        set_text(m, s, &uspan_key_network_protocol_name, peer->protocol);
        set_text(m, s, &uspan_key_network_protocol_version, peer->protocol_version);
    }
}

size_t uspan_mcp_span_name(const uspan_mcp_about_t *a, char out[USPAN_MCP_SPAN_NAME_BYTES])
{
    bool is_named = a->kind == USPAN_MCP_TOOL || a->kind == USPAN_MCP_PROMPT;
    size_t len = a->method_len < 40u ? a->method_len : 40u;
    memcpy(out, a->method, len);
    if (is_named && a->name_len > 0u) {
        size_t n = a->name_len < USPAN_MCP_SPAN_NAME_BYTES - 1u - len ? a->name_len
                                                                      : USPAN_MCP_SPAN_NAME_BYTES - 1u - len;
        out[len++] = ' ';
        memcpy(out + len, a->name, n);
        len += n;
    }
    return len;
}
