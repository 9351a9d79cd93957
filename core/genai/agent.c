/* agent.c: agents, their tools, and what is between them: hand-offs, guardrails, MCP. A tripped guardrail is
 * the error of the span around it, never its own. */
#include "typed.h"

static const uspan_row_t agent_rows[] = {
    ROW_TEXT(uspan_agent_t, name, agent_name),
    ROW_TEXT(uspan_agent_t, provider, provider_name),
    ROW_TEXT(uspan_agent_t, id, agent_id),
    ROW_TEXT(uspan_agent_t, description, agent_description),
    ROW_TEXT(uspan_agent_t, version, agent_version),
    ROW_TEXT(uspan_agent_t, data_source_id, data_source_id),
    ROW_TEXT(uspan_agent_t, model, request_model),
    ROW_LIST(uspan_agent_t, handoffs, uspan_agent_handoffs),
    ROW_TEXT(uspan_agent_t, output_schema, uspan_agent_output_type),
    ROW_TEXT(uspan_agent_t, event_type, agent_event_type),
};

static const uspan_row_t agent_result_rows[] = {
    ROW_TEXT(uspan_agent_result_t, reply_id, agent_reply_id),
    ROW_TEXT(uspan_agent_result_t, hitl_pending_tools, agent_hitl_tools),
    ROW_TEXT(uspan_agent_result_t, external_pending_tools, agent_external_tools),
    CONTENT_ROWS(ROW_OUTPUT(uspan_agent_result_t, output_messages, output_messages)),
};

static void name_tools(uspan_tracer_t *t, uspan_t s, const void *request)
{
    const uspan_agent_t *a = request;
    if (a != NULL) { /* definitions in full come afterwards, and replace this */
        (void)uspan_set_tool_names(t, s, a->tools);
    }
}

static const uspan_span_type_t agent_type = { .operation = USPAN_OPERATION_AGENT,
                                              .extra = name_tools,
                                              .kind = USPAN_KIND_INTERNAL,
                                              .has_model = true,
                                              ROWS(agent_rows),
                                              FOR_ALIYUN("AGENT") };
static const uspan_span_type_t create_agent_type = { .operation = USPAN_OPERATION_CREATE_AGENT,
                                                     .extra = name_tools,
                                                     .kind = USPAN_KIND_CLIENT,
                                                     .has_model = true,
                                                     ROWS(agent_rows),
                                                     FOR_ALIYUN("AGENT") };

uspan_t uspan_agent_begin(uspan_tracer_t *t, uspan_t parent, const char *name)
{
    return uspan_typed_begin_short(t, parent, &agent_type, name, NULL);
}

uspan_t uspan_agent_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_agent_t *a)
{
    return uspan_typed_begin(t, parent, &agent_type, a, NULL);
}

uspan_t uspan_create_agent_begin(uspan_tracer_t *t, uspan_t parent, const char *name)
{
    return uspan_typed_begin_short(t, parent, &create_agent_type, name, NULL);
}

uspan_t uspan_create_agent_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_agent_t *a)
{
    return uspan_typed_begin(t, parent, &create_agent_type, a, NULL);
}

uspan_err_t uspan_agent_end(uspan_tracer_t *t, uspan_t s, const uspan_agent_result_t *r)
{
    return uspan_typed_end(t, s, END_ROWS(agent_result_rows), r, USPAN_OK);
}

/* ---- tools --------------------------------------------------------------------------------------------- */

static const uspan_row_t tool_rows[] = {
    ROW_TEXT(uspan_tool_t, name, tool_name),
    ROW_TEXT(uspan_tool_t, call_id, tool_call_id),
    ROW_TEXT(uspan_tool_t, description, tool_description),
    ROW_TEXT(uspan_tool_t, type, tool_type),
    ROW_TEXT(uspan_tool_t, mcp_server, uspan_mcp_server),
    ROW_TRUE(uspan_tool_t, external, agent_is_external),
    CONTENT_ROWS(ROW_INPUT(uspan_tool_t, arguments, tool_call_arguments)),
};

static const uspan_row_t tool_result_rows[] = {
    CONTENT_ROWS(ROW_OUTPUT(uspan_tool_result_t, result, tool_call_result)),
};

static const uspan_span_type_t tool_type = { .operation = USPAN_OPERATION_TOOL,
                                             .fixed_key = &uspan_key_tool_type,
                                             .fixed = USPAN_TOOL_FUNCTION,
                                             .kind = USPAN_KIND_INTERNAL,
                                             ROWS(tool_rows),
                                             FOR_ALIYUN("TOOL") };

uspan_t uspan_tool_begin(uspan_tracer_t *t, uspan_t parent, const char *name, const char *call_id)
{
    return uspan_typed_begin_short(t, parent, &tool_type, name, call_id);
}

uspan_t uspan_tool_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_tool_t *tool)
{
    return uspan_typed_begin(t, parent, &tool_type, tool, NULL);
}

uspan_err_t uspan_tool_end(uspan_tracer_t *t, uspan_t s, const uspan_tool_result_t *r)
{
    return uspan_typed_end(t, s, END_ROWS(tool_result_rows), r, USPAN_OK);
}

/* ---- hand-offs ----------------------------------------------------------------------------------------- */

static const uspan_row_t handoff_rows[] = {
    ROW_TEXT(uspan_handoff_t, to_agent, handoff_to_agent),
    ROW_TEXT(uspan_handoff_t, from_agent, handoff_from_agent),
    ROW_TEXT(uspan_handoff_t, from_agent, agent_name),
};

static const uspan_span_type_t handoff_type = { .operation = USPAN_OPERATION_HANDOFF,
                                                .kind = USPAN_KIND_INTERNAL,
                                                ROWS(handoff_rows),
                                                FOR_ALIYUN("TASK") FOR_PHOENIX("TOOL") FOR_LANGFUSE("span") };

uspan_t uspan_handoff_begin(uspan_tracer_t *t, uspan_t parent, const char *from, const char *to)
{
    const uspan_handoff_t h = { .from_agent = from, .to_agent = to };
    return uspan_handoff_begin_with(t, parent, &h);
}

uspan_t uspan_handoff_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_handoff_t *h)
{
    return uspan_typed_begin(t, parent, &handoff_type, h, NULL);
}

uspan_err_t uspan_handoff_end(uspan_tracer_t *t, uspan_t s, const char *to)
{
    uspan_err_t worst = USPAN_OK;
    if (uspan_has_text(to)) {
        worst = uspan_rename(t, s, &handoff_type, to);
    }
    return uspan_typed_end(t, s, NULL, 0u, NULL, worst);
}

/* ---- guardrails ---------------------------------------------------------------------------------------- */

static const uspan_row_t guardrail_rows[] = {
    ROW_TEXT(uspan_guardrail_t, name, guardrail_name),
    ROW_TEXT(uspan_guardrail_t, type, guardrail_type),
};

static const uspan_row_t guardrail_result_rows[] = {
    ROW_BOOL(uspan_guardrail_result_t, triggered, guardrail_triggered),
};

static const uspan_span_type_t guardrail_type = { .operation = USPAN_OPERATION_GUARDRAIL,
                                                  .kind = USPAN_KIND_INTERNAL,
                                                  ROWS(guardrail_rows),
                                                  FOR_ALIYUN("TASK") FOR_PHOENIX("GUARDRAIL")
                                                      FOR_LANGFUSE("guardrail") };

uspan_t uspan_guardrail_begin(uspan_tracer_t *t, uspan_t parent, const char *name)
{
    return uspan_typed_begin_short(t, parent, &guardrail_type, name, NULL);
}

uspan_t uspan_guardrail_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_guardrail_t *g)
{
    return uspan_typed_begin(t, parent, &guardrail_type, g, NULL);
}

uspan_err_t uspan_guardrail_end(uspan_tracer_t *t, uspan_t s, const uspan_guardrail_result_t *r)
{
    return uspan_typed_end(t, s, END_ROWS(guardrail_result_rows), r, USPAN_OK);
}

uspan_err_t uspan_guardrail_tripped(uspan_tracer_t *t, uspan_t around, const char *name, const char *type)
{
    char data[160] = "{\"guardrail\":";
    size_t len = strlen(data);
    const size_t cap = sizeof data - 1u; /* the last brace */
    if (!uspan_quote(data, cap, &len, name != NULL ? name : "")) {
        (void)uspan_quote(data, cap, &len, "");
    }
    if (uspan_has_text(type) && len + 8u < cap) {
        size_t before = len;
        memcpy(data + len, ",\"type\":", 8u);
        len += 8u;
        len = uspan_quote(data, cap, &len, type) ? len : before;
    }
    data[len] = '}';
    data[len + 1u] = '\0';
    return uspan_record_error_data(t, around, USPAN_ERROR_GUARDRAIL, "Guardrail tripwire triggered", data);
}

/* ---- MCP ----------------------------------------------------------------------------------------------- */

static const uspan_row_t mcp_tools_rows[] = {
    ROW_TEXT(uspan_mcp_tools_t, server, uspan_mcp_server),
    ROW_TEXT(uspan_mcp_tools_t, session_id, mcp_session_id),
    ROW_TEXT(uspan_mcp_tools_t, protocol_version, mcp_protocol_version),
    ROW_TEXT(uspan_mcp_tools_t, transport, network_transport),
    ROW_TEXT(uspan_mcp_tools_t, server_address, server_address),
    ROW_PORT(uspan_mcp_tools_t, server_port, server_port),
};

static const uspan_row_t mcp_tools_result_rows[] = {
    CONTENT_ROWS(ROW_TEXT(uspan_mcp_tools_result_t, tool_definitions, tool_definitions)),
};

static const uspan_span_type_t mcp_tools_type = {
    .operation = USPAN_OPERATION_LIST_TOOLS,
    .whole_name = "tools/list", /* its method, as the MCP conventions name spans */
    .fixed_key = &uspan_key_mcp_method_name,
    .fixed = "tools/list",
    .kind = USPAN_KIND_CLIENT,
    ROWS(mcp_tools_rows),
    FOR_ALIYUN("TASK") FOR_PHOENIX("CHAIN") FOR_LANGFUSE("span")
};

uspan_t uspan_mcp_tools_begin(uspan_tracer_t *t, uspan_t parent, const char *server)
{
    return uspan_typed_begin_short(t, parent, &mcp_tools_type, server, NULL);
}

uspan_t uspan_mcp_tools_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_mcp_tools_t *m)
{
    return uspan_typed_begin(t, parent, &mcp_tools_type, m, NULL);
}

uspan_err_t uspan_mcp_tools_end(uspan_tracer_t *t, uspan_t s, const uspan_mcp_tools_result_t *r)
{
    uspan_err_t worst = r != NULL ? uspan_set_tool_names(t, s, r->tools) : USPAN_OK;
    return uspan_typed_end(t, s, END_ROWS(mcp_tools_result_rows), r, worst);
}
