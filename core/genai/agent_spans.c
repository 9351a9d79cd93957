/* agent_spans.c: spans of agents, tools, hand-offs, guardrails and MCP tool lists. A tripped guardrail is an
 * error of the span around it, not of its own span. */
#include "genai/typed.h"

static const uspan_row_t agent_more_rows[] = {
    ROW(TEXT, uspan_agent_t, data_source_id, data_source_id),
    ROW(TEXT, uspan_agent_t, model, request_model),
#if USPAN_PROFILE_AGENTSCOPE
    ROW(TEXT, uspan_agent_t, event_type, agent_event_type),
#endif
    ROW(TEXT, uspan_agent_t, output_schema, uspan_agent_output_type),
    ROW(TEXT, uspan_agent_t, previous_response_id, request_previous_response),
    ROW(LIST, uspan_agent_t, handoffs, uspan_agent_handoffs),
    ROW(TEXT, uspan_agent_t, description, agent_description),
    MORE_MODEL,
};
#define MORE_AGENT NEXT_TABLE(uspan_request_t, start_ns, agent_more_rows)

/* Rows of an agent that is created or runs elsewhere. With USPAN_SEMCONV_LATEST an agent that runs here has
 * neither id nor version. */
static const uspan_row_t remote_rows[] = {
    ROW(TEXT, uspan_agent_t, name, agent_name),
    ROW(TEXT, uspan_agent_t, provider, provider_name),
    ROW(TEXT, uspan_agent_t, id, agent_id),
    ROW(TEXT, uspan_agent_t, version, agent_version),
    MORE_AGENT,
};
#if USPAN_SEMCONV == USPAN_SEMCONV_LATEST
static const uspan_row_t agent_rows[] = {
    ROW(TEXT, uspan_agent_t, name, agent_name),
#if USPAN_PROFILE_PHOENIX /* Phoenix shows it */
    ROW(TEXT, uspan_agent_t, provider, provider_name),
#endif
    MORE_AGENT,
};
#else
#define agent_rows remote_rows
#endif

static const uspan_row_t agent_result_rows[] = {
#if USPAN_PROFILE_AGENTSCOPE
    ROW(TEXT, uspan_agent_result_t, reply_id, agent_reply_id),
    ROW(TEXT, uspan_agent_result_t, hitl_pending_tools, agent_hitl_tools),
    ROW(TEXT, uspan_agent_result_t, external_pending_tools, agent_external_tools),
#endif
#if USPAN_CONTENT
    ROW(OUTPUT, uspan_agent_result_t, output_messages, output_messages),
#endif
    MORE_RESULT,
};

#if USPAN_CONTENT && USPAN_TOOL_DEFINITIONS
static void name_tools(uspan_tracer_t *t, uspan_t s, const void *request)
{
    const uspan_agent_t *a = request; /* full definitions are set later and replace the names */
    if (uspan_tells_definitions(t)) {
        (void)uspan_set_tool_names(t, s, a->tools);
    }
}
#else
#define name_tools NULL
#endif

static const uspan_more_type_t agent_type = {
    .type = { OPERATION(USPAN_OPERATION_AGENT), .traits = USPAN_TYPED_MORE | USPAN_TYPED_MODEL,
              .kind = USPAN_KIND_INTERNAL, .rows = agent_rows, FOR_ALIYUN("AGENT") },
    .extra = name_tools
};
static const uspan_more_type_t create_agent_type = {
    .type = { OPERATION(USPAN_OPERATION_CREATE_AGENT), .traits = USPAN_TYPED_MORE | USPAN_TYPED_MODEL,
              .kind = USPAN_KIND_CLIENT, .rows = remote_rows, FOR_ALIYUN("AGENT") },
    .extra = name_tools
};
#if USPAN_SEMCONV == USPAN_SEMCONV_LATEST
static const uspan_more_type_t remote_type = {
    .type = { OPERATION(USPAN_OPERATION_AGENT), .traits = USPAN_TYPED_MORE | USPAN_TYPED_MODEL,
              .kind = USPAN_KIND_CLIENT, .rows = remote_rows, FOR_ALIYUN("AGENT") },
    .extra = name_tools
};
#endif

uspan_t uspan_agent_begin(uspan_tracer_t *t, uspan_t parent, const char *name)
{
    return uspan_typed_begin_one(t, parent, name, &agent_type.type);
}

uspan_t uspan_agent_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_agent_t *a)
{
#if USPAN_SEMCONV == USPAN_SEMCONV_LATEST
    if (a != NULL && a->kind == USPAN_KIND_CLIENT) {
        return uspan_typed_begin(t, parent, a, &remote_type.type);
    }
#endif
    return uspan_typed_begin(t, parent, a, &agent_type.type);
}

uspan_t uspan_create_agent_begin(uspan_tracer_t *t, uspan_t parent, const char *name)
{
    return uspan_typed_begin_one(t, parent, name, &create_agent_type.type);
}

uspan_t uspan_create_agent_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_agent_t *a)
{
    return uspan_typed_begin(t, parent, a, &create_agent_type.type);
}

uspan_err_t uspan_agent_end(uspan_tracer_t *t, uspan_t s, const uspan_agent_result_t *r)
{
    return uspan_typed_end(t, s, r, agent_result_rows);
}

/* ---- tools --------------------------------------------------------------------------------------------- */

static const uspan_row_t tool_text_rows[] = {
    SHORT_REQUEST_ROWS,
    ROW(TEXT, uspan_tool_t, description, tool_description),
#if USPAN_CONTENT
    ROW(INPUT, uspan_tool_t, arguments, tool_call_arguments),
    FUNCTION_INPUT_ROW,
#endif
    END_ROW,
};
static const uspan_row_t tool_rows[] = {
    ROW(TEXT, uspan_tool_t, name, tool_name),
    ROW(TEXT, uspan_tool_t, call_id, tool_call_id),
    ROW(TEXT, uspan_tool_t, type, tool_type),
    ROW(TEXT, uspan_tool_t, mcp_server, uspan_mcp_server),
    ROW(TEXT, uspan_tool_t, agent_name, agent_name),
#if USPAN_PROFILE_AGENTSCOPE
    ROW(TRUE, uspan_tool_t, external, agent_is_external),
#endif
    NEXT_TABLE(uspan_request_t, start_ns, tool_text_rows),
};

static const uspan_row_t tool_result_rows[] = {
#if USPAN_CONTENT
    ROW(OUTPUT, uspan_tool_result_t, result, tool_call_result),
#endif
    MORE_RESULT,
};

static const uspan_more_type_t tool_type = {
    .type = { OPERATION(USPAN_OPERATION_TOOL), .traits = USPAN_TYPED_MORE | USPAN_TYPED_OF_AGENT,
              .kind = USPAN_KIND_INTERNAL, .rows = tool_rows, FOR_ALIYUN("TOOL") },
    .fixed_key = &uspan_key_tool_type,
    .fixed = USPAN_TOOL_FUNCTION
};

uspan_t uspan_tool_begin(uspan_tracer_t *t, uspan_t parent, const char *name, const char *call_id)
{
    return uspan_typed_begin_two(t, parent, call_id, name, &tool_type.type);
}

uspan_t uspan_tool_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_tool_t *tool)
{
    return uspan_typed_begin(t, parent, tool, &tool_type.type);
}

uspan_err_t uspan_tool_end(uspan_tracer_t *t, uspan_t s, const uspan_tool_result_t *r)
{
    return uspan_typed_end(t, s, r, tool_result_rows);
}

/* ---- plans --------------------------------------------------------------------------------------------- */

static const uspan_row_t plan_rows[] = {
    ROW(TEXT, uspan_plan_t, agent_name, agent_name),
    MORE_REQUEST,
};

static const uspan_span_type_t plan_type = { OPERATION(USPAN_OPERATION_PLAN), .traits = USPAN_TYPED_OF_AGENT,
                                             .kind = USPAN_KIND_INTERNAL, .rows = plan_rows,
                                             FOR_ALIYUN("TASK") FOR_PHOENIX("CHAIN") FOR_LANGFUSE("span") };

uspan_t uspan_plan_begin(uspan_tracer_t *t, uspan_t parent, const char *agent_name)
{
    return uspan_typed_begin_one(t, parent, agent_name, &plan_type);
}

uspan_t uspan_plan_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_plan_t *p)
{
    return uspan_typed_begin(t, parent, p, &plan_type);
}

uspan_err_t uspan_plan_end(uspan_tracer_t *t, uspan_t s, const uspan_result_t *r)
{
    return uspan_typed_end(t, s, r, uspan_result_rows);
}

/* ---- hand-offs ----------------------------------------------------------------------------------------- */

static const uspan_row_t handoff_rows[] = {
    ROW(TEXT, uspan_handoff_t, to_agent, handoff_to_agent),
    ROW(TEXT, uspan_handoff_t, from_agent, handoff_from_agent),
    ROW(TEXT, uspan_handoff_t, from_agent, agent_name),
    MORE_REQUEST,
};

static const uspan_span_type_t handoff_type = { OPERATION(USPAN_OPERATION_HANDOFF),
                                                .kind = USPAN_KIND_INTERNAL, .rows = handoff_rows,
                                                FOR_ALIYUN("TASK") FOR_PHOENIX("TOOL") FOR_LANGFUSE("span") };

uspan_t uspan_handoff_begin(uspan_tracer_t *t, uspan_t parent, const char *from, const char *to)
{
    return uspan_typed_begin_two(t, parent, from, to, &handoff_type);
}

uspan_t uspan_handoff_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_handoff_t *h)
{
    return uspan_typed_begin(t, parent, h, &handoff_type);
}

uspan_err_t uspan_handoff_end(uspan_tracer_t *t, uspan_t s, const char *to)
{
    if (uspan_has_text(to)) {
        uspan_typed_rename(t, s, to, &handoff_type);
    }
    return uspan_end(t, s);
}

/* ---- guardrails ---------------------------------------------------------------------------------------- */

static const uspan_row_t guardrail_rows[] = {
    ROW(TEXT, uspan_guardrail_t, name, guardrail_name),
    ROW(TEXT, uspan_guardrail_t, type, guardrail_type),
    MORE_REQUEST,
};

static const uspan_span_type_t guardrail_type = { OPERATION(USPAN_OPERATION_GUARDRAIL),
                                                  .kind = USPAN_KIND_INTERNAL, .rows = guardrail_rows,
                                                  FOR_ALIYUN("TASK") FOR_PHOENIX("GUARDRAIL")
                                                      FOR_LANGFUSE("guardrail") };

uspan_t uspan_guardrail_begin(uspan_tracer_t *t, uspan_t parent, const char *name)
{
    return uspan_typed_begin_one(t, parent, name, &guardrail_type);
}

uspan_t uspan_guardrail_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_guardrail_t *g)
{
    return uspan_typed_begin(t, parent, g, &guardrail_type);
}

uspan_err_t uspan_guardrail_end(uspan_tracer_t *t, uspan_t s, const uspan_guardrail_result_t *r)
{
    if (r != NULL) {
        (void)uspan_set_bool(t, s, &uspan_key_guardrail_triggered, r->triggered);
    }
    return uspan_typed_end(t, s, r, uspan_result_rows);
}

uspan_err_t uspan_guardrail_tripped(uspan_tracer_t *t, uspan_t around, const char *name, const char *type)
{
    char data[160];
    size_t len = 0;
    const bool is_typed = uspan_has_text(type);
    const char *const parts[] = { "{\"guardrail\":", name != NULL ? name : "", is_typed ? ",\"type\":" : "}",
                                  type, "}" };
    bool fits = uspan_put(data, sizeof data, &len, parts, is_typed ? 5u : 3u);
    return uspan_record_error_data(t, around, USPAN_ERROR_GUARDRAIL, "Guardrail tripwire triggered",
                                   fits ? data : NULL);
}

/* ---- MCP ----------------------------------------------------------------------------------------------- */

static const uspan_row_t mcp_tools_rows[] = {
    ROW(TEXT, uspan_mcp_tools_t, server, uspan_mcp_server),
    ROW(TEXT, uspan_mcp_tools_t, session_id, mcp_session_id),
    ROW(TEXT, uspan_mcp_tools_t, protocol_version, mcp_protocol_version),
    ROW(TEXT, uspan_mcp_tools_t, transport, network_transport),
    ROW(TEXT, uspan_mcp_tools_t, server_address, server_address),
    ROW(COUNT, uspan_mcp_tools_t, server_port, server_port),
    MORE_REQUEST,
};

static const uspan_more_type_t mcp_tools_type = {
    .type = {
#if USPAN_SEMCONV == USPAN_SEMCONV_DEFAULT
        OPERATION(USPAN_OPERATION_LIST_TOOLS),
#endif
        .traits = USPAN_TYPED_MORE | USPAN_TYPED_IS_FIXED,
        .kind = USPAN_KIND_CLIENT,
        .rows = mcp_tools_rows,
        FOR_ALIYUN("TASK") FOR_PHOENIX("CHAIN") FOR_LANGFUSE("span")
    },
    .fixed_key = &uspan_key_mcp_method_name,
    .fixed = "tools/list", /* also the span name, as the MCP conventions require */
};

uspan_t uspan_mcp_tools_begin(uspan_tracer_t *t, uspan_t parent, const char *server)
{
    return uspan_typed_begin_one(t, parent, server, &mcp_tools_type.type);
}

uspan_t uspan_mcp_tools_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_mcp_tools_t *m)
{
    return uspan_typed_begin(t, parent, m, &mcp_tools_type.type);
}

uspan_err_t uspan_mcp_tools_end(uspan_tracer_t *t, uspan_t s, const uspan_mcp_tools_result_t *r)
{
    uspan_err_t worst = USPAN_OK;
    if (r != NULL && t != NULL && uspan_tells_definitions(t)) {
        worst = uspan_has_text(r->tool_definitions)
                    ? uspan_set_str(t, s, &uspan_key_tool_definitions, r->tool_definitions)
                    : uspan_set_tool_names(t, s, r->tools);
    }
    return uspan_worse_result(worst, uspan_typed_end(t, s, r, uspan_result_rows));
}
