/* disabled_genai.h: the functions of genai.h if USPAN_ENABLED is 0. Included by genai.h. genai_keys.h makes
 * its keys static in this case. */
#ifndef USPAN_DISABLED_GENAI_H
#define USPAN_DISABLED_GENAI_H

#include "config.h"

#if !USPAN_ENABLED
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"
#endif

#define uspan_chat_begin uspan_off_chat_begin
static inline uspan_t uspan_chat_begin(uspan_tracer_t *t, uspan_t parent, const char *provider,
                                       const char *model)
{
    return USPAN_NULL;
}
#define uspan_chat_begin_with uspan_off_chat_begin_with
static inline uspan_t uspan_chat_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_chat_t *chat)
{
    return USPAN_NULL;
}
#define uspan_generate_begin uspan_off_generate_begin
static inline uspan_t uspan_generate_begin(uspan_tracer_t *t, uspan_t parent, const char *provider,
                                           const char *model)
{
    return USPAN_NULL;
}
#define uspan_generate_begin_with uspan_off_generate_begin_with
static inline uspan_t uspan_generate_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_chat_t *chat)
{
    return USPAN_NULL;
}
#define uspan_completion_begin uspan_off_completion_begin
static inline uspan_t uspan_completion_begin(uspan_tracer_t *t, uspan_t parent, const char *provider,
                                             const char *model)
{
    return USPAN_NULL;
}
#define uspan_completion_begin_with uspan_off_completion_begin_with
static inline uspan_t uspan_completion_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_chat_t *chat)
{
    return USPAN_NULL;
}
#define uspan_response_begin uspan_off_response_begin
static inline uspan_t uspan_response_begin(uspan_tracer_t *t, uspan_t parent, const char *model)
{
    return USPAN_NULL;
}
#define uspan_response_begin_with uspan_off_response_begin_with
static inline uspan_t uspan_response_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_chat_t *chat)
{
    return USPAN_NULL;
}
#define uspan_chat_end uspan_off_chat_end
static inline uspan_err_t uspan_chat_end(uspan_tracer_t *t, uspan_t s, const uspan_chat_result_t *r)
{
    return USPAN_OK;
}
#define uspan_first_chunk uspan_off_first_chunk
static inline uspan_err_t uspan_first_chunk(uspan_tracer_t *t, uspan_t s)
{
    return USPAN_OK;
}
#define uspan_first_chunk_at uspan_off_first_chunk_at
static inline uspan_err_t uspan_first_chunk_at(uspan_tracer_t *t, uspan_t s, uint64_t at_ns)
{
    return USPAN_OK;
}
#define uspan_fetch_response_begin uspan_off_fetch_response_begin
static inline uspan_t uspan_fetch_response_begin(uspan_tracer_t *t, uspan_t parent, const char *provider,
                                                 const char *response_id)
{
    return USPAN_NULL;
}
#define uspan_fetch_response_begin_with uspan_off_fetch_response_begin_with
static inline uspan_t uspan_fetch_response_begin_with(uspan_tracer_t *t, uspan_t parent,
                                                      const uspan_fetch_response_t *f)
{
    return USPAN_NULL;
}
#define uspan_fetch_response_end uspan_off_fetch_response_end
static inline uspan_err_t uspan_fetch_response_end(uspan_tracer_t *t, uspan_t s,
                                                   const uspan_fetch_response_result_t *r)
{
    return USPAN_OK;
}
#define uspan_memory_begin uspan_off_memory_begin
static inline uspan_t uspan_memory_begin(uspan_tracer_t *t, uspan_t parent, const char *operation,
                                         const char *store_id)
{
    return USPAN_NULL;
}
#define uspan_memory_begin_with uspan_off_memory_begin_with
static inline uspan_t uspan_memory_begin_with(uspan_tracer_t *t, uspan_t parent, const char *operation,
                                              const uspan_memory_t *m)
{
    return USPAN_NULL;
}
#define uspan_memory_end uspan_off_memory_end
static inline uspan_err_t uspan_memory_end(uspan_tracer_t *t, uspan_t s, const uspan_memory_result_t *r)
{
    return USPAN_OK;
}
#define uspan_evaluation uspan_off_evaluation
static inline uspan_err_t uspan_evaluation(uspan_tracer_t *t, uspan_t s, const uspan_evaluation_t *e)
{
    return USPAN_OK;
}
#define uspan_plan_begin uspan_off_plan_begin
static inline uspan_t uspan_plan_begin(uspan_tracer_t *t, uspan_t parent, const char *agent_name)
{
    return USPAN_NULL;
}
#define uspan_plan_begin_with uspan_off_plan_begin_with
static inline uspan_t uspan_plan_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_plan_t *p)
{
    return USPAN_NULL;
}
#define uspan_plan_end uspan_off_plan_end
static inline uspan_err_t uspan_plan_end(uspan_tracer_t *t, uspan_t s, const uspan_result_t *r)
{
    return USPAN_OK;
}
#define uspan_embeddings_begin uspan_off_embeddings_begin
static inline uspan_t uspan_embeddings_begin(uspan_tracer_t *t, uspan_t parent, const char *provider,
                                             const char *model)
{
    return USPAN_NULL;
}
#define uspan_embeddings_begin_with uspan_off_embeddings_begin_with
static inline uspan_t uspan_embeddings_begin_with(uspan_tracer_t *t, uspan_t parent,
                                                  const uspan_embeddings_t *e)
{
    return USPAN_NULL;
}
#define uspan_embeddings_end uspan_off_embeddings_end
static inline uspan_err_t uspan_embeddings_end(uspan_tracer_t *t, uspan_t s,
                                               const uspan_embeddings_result_t *r)
{
    return USPAN_OK;
}
#define uspan_retrieval_begin uspan_off_retrieval_begin
static inline uspan_t uspan_retrieval_begin(uspan_tracer_t *t, uspan_t parent, const char *data_source_id)
{
    return USPAN_NULL;
}
#define uspan_retrieval_begin_with uspan_off_retrieval_begin_with
static inline uspan_t uspan_retrieval_begin_with(uspan_tracer_t *t, uspan_t parent,
                                                 const uspan_retrieval_t *r)
{
    return USPAN_NULL;
}
#define uspan_retrieval_end uspan_off_retrieval_end
static inline uspan_err_t uspan_retrieval_end(uspan_tracer_t *t, uspan_t s, const uspan_retrieval_result_t *r)
{
    return USPAN_OK;
}
#define uspan_agent_begin uspan_off_agent_begin
static inline uspan_t uspan_agent_begin(uspan_tracer_t *t, uspan_t parent, const char *name)
{
    return USPAN_NULL;
}
#define uspan_agent_begin_with uspan_off_agent_begin_with
static inline uspan_t uspan_agent_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_agent_t *a)
{
    return USPAN_NULL;
}
#define uspan_create_agent_begin uspan_off_create_agent_begin
static inline uspan_t uspan_create_agent_begin(uspan_tracer_t *t, uspan_t parent, const char *name)
{
    return USPAN_NULL;
}
#define uspan_create_agent_begin_with uspan_off_create_agent_begin_with
static inline uspan_t uspan_create_agent_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_agent_t *a)
{
    return USPAN_NULL;
}
#define uspan_agent_end uspan_off_agent_end
static inline uspan_err_t uspan_agent_end(uspan_tracer_t *t, uspan_t s, const uspan_agent_result_t *r)
{
    return USPAN_OK;
}
#define uspan_tool_begin uspan_off_tool_begin
static inline uspan_t uspan_tool_begin(uspan_tracer_t *t, uspan_t parent, const char *name,
                                       const char *call_id)
{
    return USPAN_NULL;
}
#define uspan_tool_begin_with uspan_off_tool_begin_with
static inline uspan_t uspan_tool_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_tool_t *tool)
{
    return USPAN_NULL;
}
#define uspan_tool_end uspan_off_tool_end
static inline uspan_err_t uspan_tool_end(uspan_tracer_t *t, uspan_t s, const uspan_tool_result_t *r)
{
    return USPAN_OK;
}
#define uspan_handoff_begin uspan_off_handoff_begin
static inline uspan_t uspan_handoff_begin(uspan_tracer_t *t, uspan_t parent, const char *from, const char *to)
{
    return USPAN_NULL;
}
#define uspan_handoff_begin_with uspan_off_handoff_begin_with
static inline uspan_t uspan_handoff_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_handoff_t *h)
{
    return USPAN_NULL;
}
#define uspan_handoff_end uspan_off_handoff_end
static inline uspan_err_t uspan_handoff_end(uspan_tracer_t *t, uspan_t s, const char *to)
{
    return USPAN_OK;
}
#define uspan_guardrail_begin uspan_off_guardrail_begin
static inline uspan_t uspan_guardrail_begin(uspan_tracer_t *t, uspan_t parent, const char *name)
{
    return USPAN_NULL;
}
#define uspan_guardrail_begin_with uspan_off_guardrail_begin_with
static inline uspan_t uspan_guardrail_begin_with(uspan_tracer_t *t, uspan_t parent,
                                                 const uspan_guardrail_t *g)
{
    return USPAN_NULL;
}
#define uspan_guardrail_end uspan_off_guardrail_end
static inline uspan_err_t uspan_guardrail_end(uspan_tracer_t *t, uspan_t s, const uspan_guardrail_result_t *r)
{
    return USPAN_OK;
}
#define uspan_guardrail_tripped uspan_off_guardrail_tripped
static inline uspan_err_t uspan_guardrail_tripped(uspan_tracer_t *t, uspan_t around, const char *name,
                                                  const char *type)
{
    return USPAN_OK;
}
#define uspan_mcp_tools_begin uspan_off_mcp_tools_begin
static inline uspan_t uspan_mcp_tools_begin(uspan_tracer_t *t, uspan_t parent, const char *server)
{
    return USPAN_NULL;
}
#define uspan_mcp_tools_begin_with uspan_off_mcp_tools_begin_with
static inline uspan_t uspan_mcp_tools_begin_with(uspan_tracer_t *t, uspan_t parent,
                                                 const uspan_mcp_tools_t *m)
{
    return USPAN_NULL;
}
#define uspan_mcp_tools_end uspan_off_mcp_tools_end
static inline uspan_err_t uspan_mcp_tools_end(uspan_tracer_t *t, uspan_t s, const uspan_mcp_tools_result_t *r)
{
    return USPAN_OK;
}
#define uspan_format_begin uspan_off_format_begin
static inline uspan_t uspan_format_begin(uspan_tracer_t *t, uspan_t parent, const char *target)
{
    return USPAN_NULL;
}
#define uspan_format_begin_with uspan_off_format_begin_with
static inline uspan_t uspan_format_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_format_t *f)
{
    return USPAN_NULL;
}
#define uspan_format_end uspan_off_format_end
static inline uspan_err_t uspan_format_end(uspan_tracer_t *t, uspan_t s, const uspan_format_result_t *r)
{
    return USPAN_OK;
}
#define uspan_function_begin uspan_off_function_begin
static inline uspan_t uspan_function_begin(uspan_tracer_t *t, uspan_t parent, const char *name)
{
    return USPAN_NULL;
}
#define uspan_function_begin_with uspan_off_function_begin_with
static inline uspan_t uspan_function_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_function_t *f)
{
    return USPAN_NULL;
}
#define uspan_custom_begin uspan_off_custom_begin
static inline uspan_t uspan_custom_begin(uspan_tracer_t *t, uspan_t parent, const char *name,
                                         const char *data)
{
    return USPAN_NULL;
}
#define uspan_function_end uspan_off_function_end
static inline uspan_err_t uspan_function_end(uspan_tracer_t *t, uspan_t s, const uspan_result_t *r)
{
    return USPAN_OK;
}
#define uspan_speech_begin uspan_off_speech_begin
static inline uspan_t uspan_speech_begin(uspan_tracer_t *t, uspan_t parent, const char *model)
{
    return USPAN_NULL;
}
#define uspan_speech_begin_with uspan_off_speech_begin_with
static inline uspan_t uspan_speech_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_speech_t *speech)
{
    return USPAN_NULL;
}
#define uspan_transcription_begin uspan_off_transcription_begin
static inline uspan_t uspan_transcription_begin(uspan_tracer_t *t, uspan_t parent, const char *model)
{
    return USPAN_NULL;
}
#define uspan_transcription_begin_with uspan_off_transcription_begin_with
static inline uspan_t uspan_transcription_begin_with(uspan_tracer_t *t, uspan_t parent,
                                                     const uspan_speech_t *speech)
{
    return USPAN_NULL;
}
#define uspan_speech_end uspan_off_speech_end
static inline uspan_err_t uspan_speech_end(uspan_tracer_t *t, uspan_t s, const uspan_speech_result_t *r)
{
    return USPAN_OK;
}
#define uspan_speech_group_begin uspan_off_speech_group_begin
static inline uspan_t uspan_speech_group_begin(uspan_tracer_t *t, uspan_t parent, const char *input)
{
    return USPAN_NULL;
}
#if USPAN_STUDIO
#define uspan_studio_message uspan_off_studio_message
static inline uspan_err_t uspan_studio_message(uspan_tracer_t *t, const uspan_studio_message_t *m)
{
    return USPAN_OK;
}
#endif

#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif
#endif
#endif
