/* mcp_attrs.c: starts spans of MCP requests of both sides, and sets their names and attributes as
 * OpenTelemetry's MCP conventions say in "Spans". Called by mcp_client.c and mcp_server.c. Invariant: span
 * names have low cardinality. Of the names in a request, only those of tools and prompts become part of a
 * span name. */
#include <stddef.h>
#include <string.h>
#include "wire/mcp_internal.h"

#define PEER_TEXTS 5u /* the first members of uspan_mcp_peer_t */
USPAN_STATIC_ASSERT(offsetof(uspan_mcp_peer_t, address) == (PEER_TEXTS - 1u) * sizeof(char *),
                    "one after another");

void uspan_mcp_classify(uspan_mcp_about_t *a, unsigned side)
{
    const char *method = USPAN_MCP_ABOUT(a, USPAN_MCP_METHOD).at;
    a->flags = side;
    a->kind = USPAN_MCP_OTHER;
    if (strcmp(method, "tools/call") == 0) {
        a->flags = side | USPAN_MCP_IS_TOOL;
        a->kind = USPAN_MCP_TOOL;
    } else if (strcmp(method, "prompts/get") == 0) {
        a->kind = USPAN_MCP_PROMPT;
    } else if (strncmp(method + (strncmp(method, "notifications/", 14u) == 0 ? 14 : 0), "resources/", 10u) ==
               0) {
        a->kind = USPAN_MCP_RESOURCE;
    }
}

void uspan_mcp_set(uspan_mcp_t *m, uspan_t s, const uspan_key_t *key, const char *text, size_t len)
{
    if (len > 0u) {
        (void)uspan_set_str_n(m->t, s, key, text, len);
    }
}

static void set_peer(uspan_mcp_t *m, uspan_t s, unsigned side)
{
    static const uspan_key_t *const keys[] = {
        /* the last one of two by side */
        &uspan_key_network_transport, &uspan_key_network_protocol_name, &uspan_key_network_protocol_version,
        &uspan_key_mcp_session_id,    &uspan_key_client_address,        &uspan_key_server_address,
    };
    const uspan_mcp_peer_t *peer = m->peer;
    if (peer == NULL) {
        return;
    }
    for (unsigned i = 0; i < PEER_TEXTS; i++) {
        const char *text;
        memcpy(&text, (const char *)peer + i * sizeof text, sizeof text);
        if (text != NULL) {
            uspan_mcp_set(m, s, keys[i < PEER_TEXTS - 1u ? i : i + side], text, strlen(text));
        }
    }
    if (peer->address != NULL) {
        (void)uspan_set_int(m->t, s, side != 0u ? &uspan_key_server_port : &uspan_key_client_port,
                            peer->port);
    }
}

void uspan_mcp_fill(void *about, uspan_tracer_t *t, uspan_t s)
{
    static const uspan_key_t *const keys[] = {
        &uspan_key_mcp_protocol_version,
        &uspan_key_mcp_session_id,
        &uspan_key_jsonrpc_protocol_version,
        &uspan_key_mcp_method_name,
        NULL,
        &uspan_key_jsonrpc_request_id,
    };
    static const uspan_key_t *const names[] = {
        NULL,
        &uspan_key_tool_name,
        USPAN_PROFILE_LANGFUSE ? NULL
                               : &uspan_key_prompt_name, /* it reads every key of prompts as the input */
        &uspan_key_mcp_resource_uri,
    };
    uspan_mcp_about_t *a = about;
    uspan_mcp_t *m = a->m;
    set_peer(m, s, a->flags & USPAN_MCP_IS_CALL);
    if (USPAN_MCP_ABOUT(a, USPAN_MCP_VERSION).len == 0u) { /* the negotiated version */
        USPAN_MCP_ABOUT(a, USPAN_MCP_VERSION).at = m->version;
        USPAN_MCP_ABOUT(a, USPAN_MCP_VERSION).len = m->version_len;
    }
    for (unsigned i = 0; i < USPAN_MCP_ABOUT_TEXTS; i++) {
        const uspan_key_t *key = keys[i] != NULL ? keys[i] : names[a->kind];
        if (key != NULL) {
            uspan_mcp_set(m, s, key, a->texts[i].at, a->texts[i].len);
        }
    }
    if (a->kind == USPAN_MCP_TOOL) {
        (void)uspan_set_static_n(t, s, &uspan_key_operation_name, USPAN_OPERATION_TOOL,
                                 sizeof USPAN_OPERATION_TOOL - 1u);
#if USPAN_PROFILE_ALIYUN
        (void)uspan_set_static_n(t, s, &uspan_key_aliyun_span_kind, "TOOL", 4u);
#endif
    }
    a->also(a, s);
}

/* A name that is cut here is longer than USPAN_NAME_MAX, so uspan_start_full() cuts it as it cuts others. */
uspan_t uspan_mcp_begin(uspan_mcp_about_t *a)
{
    char name[USPAN_NAME_MAX + 4u];
    size_t len = USPAN_MCP_ABOUT(a, USPAN_MCP_METHOD).len;
    size_t named = USPAN_MCP_ABOUT(a, USPAN_MCP_NAME).len;
    len = len < sizeof name - 1u ? len : sizeof name - 1u;
    memcpy(name, USPAN_MCP_ABOUT(a, USPAN_MCP_METHOD).at, len);
    if ((a->kind == USPAN_MCP_TOOL || a->kind == USPAN_MCP_PROMPT) && named > 0u) {
        name[len++] = ' ';
        named = named < sizeof name - len ? named : sizeof name - len;
        memcpy(name + len, USPAN_MCP_ABOUT(a, USPAN_MCP_NAME).at, named);
        len += named;
    }
    uspan_options_t o = {
        .kind = (a->flags & USPAN_MCP_IS_CALL) != 0u ? USPAN_KIND_CLIENT : USPAN_KIND_SERVER,
        .parent = a->context,
        .fill = uspan_mcp_fill,
        .fill_arg = a,
    };
    return uspan_start_full(a->m->t, a->parent, name, len, &o);
}
