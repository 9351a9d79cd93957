/* cpp_genai.h: C++11 and later: the typed calls of genai.h with their struct by reference, because C++ has no
 * &(uspan_chat_t){ ... }:
 *     uspan_chat_t ask = {};
 *     ask.model = "qwen-max";
 *     ask.temperature = uspan_opt_double(0.0);
 *     uspan_t chat = uspan_chat_begin_with(t, agent, ask);
 *     ...
 *     uspan_chat_end(t, chat, NULL);
 * In C++20 the struct can be written in the call: uspan_chat_begin_with(t, agent, { .model = "qwen-max" }).
 * Results and contexts are those of the function of the same name. The struct is read during the call
 * only. */
/* genai.h brings this file in. */
#if defined(__cplusplus) && defined(USPAN_GENAI_H) && !defined(USPAN_CPP_GENAI_H)
#define USPAN_CPP_GENAI_H

extern "C++" { /* also where an application includes genai.h between extern "C" braces */

static inline uspan_t uspan_chat_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_chat_t &chat)
{
    return uspan_chat_begin_with(t, parent, &chat);
}
static inline uspan_t uspan_generate_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_chat_t &chat)
{
    return uspan_generate_begin_with(t, parent, &chat);
}
static inline uspan_t uspan_completion_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_chat_t &chat)
{
    return uspan_completion_begin_with(t, parent, &chat);
}
static inline uspan_t uspan_response_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_chat_t &chat)
{
    return uspan_response_begin_with(t, parent, &chat);
}
static inline uspan_err_t uspan_chat_end(uspan_tracer_t *t, uspan_t s, const uspan_chat_result_t &r)
{
    return uspan_chat_end(t, s, &r);
}
static inline uspan_t uspan_fetch_response_begin_with(uspan_tracer_t *t, uspan_t parent,
                                                      const uspan_fetch_response_t &f)
{
    return uspan_fetch_response_begin_with(t, parent, &f);
}
static inline uspan_err_t uspan_fetch_response_end(uspan_tracer_t *t, uspan_t s,
                                                   const uspan_fetch_response_result_t &r)
{
    return uspan_fetch_response_end(t, s, &r);
}
static inline uspan_t uspan_embeddings_begin_with(uspan_tracer_t *t, uspan_t parent,
                                                  const uspan_embeddings_t &e)
{
    return uspan_embeddings_begin_with(t, parent, &e);
}
static inline uspan_err_t uspan_embeddings_end(uspan_tracer_t *t, uspan_t s,
                                               const uspan_embeddings_result_t &r)
{
    return uspan_embeddings_end(t, s, &r);
}
static inline uspan_t uspan_retrieval_begin_with(uspan_tracer_t *t, uspan_t parent,
                                                 const uspan_retrieval_t &r)
{
    return uspan_retrieval_begin_with(t, parent, &r);
}
static inline uspan_err_t uspan_retrieval_end(uspan_tracer_t *t, uspan_t s, const uspan_retrieval_result_t &r)
{
    return uspan_retrieval_end(t, s, &r);
}
static inline uspan_t uspan_memory_begin_with(uspan_tracer_t *t, uspan_t parent, const char *operation,
                                              const uspan_memory_t &m)
{
    return uspan_memory_begin_with(t, parent, operation, &m);
}
static inline uspan_err_t uspan_memory_end(uspan_tracer_t *t, uspan_t s, const uspan_memory_result_t &r)
{
    return uspan_memory_end(t, s, &r);
}
static inline uspan_err_t uspan_evaluation(uspan_tracer_t *t, uspan_t s, const uspan_evaluation_t &e)
{
    return uspan_evaluation(t, s, &e);
}
static inline uspan_t uspan_agent_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_agent_t &a)
{
    return uspan_agent_begin_with(t, parent, &a);
}
static inline uspan_t uspan_create_agent_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_agent_t &a)
{
    return uspan_create_agent_begin_with(t, parent, &a);
}
static inline uspan_err_t uspan_agent_end(uspan_tracer_t *t, uspan_t s, const uspan_agent_result_t &r)
{
    return uspan_agent_end(t, s, &r);
}
static inline uspan_t uspan_tool_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_tool_t &tool)
{
    return uspan_tool_begin_with(t, parent, &tool);
}
static inline uspan_err_t uspan_tool_end(uspan_tracer_t *t, uspan_t s, const uspan_tool_result_t &r)
{
    return uspan_tool_end(t, s, &r);
}
static inline uspan_t uspan_plan_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_plan_t &p)
{
    return uspan_plan_begin_with(t, parent, &p);
}
static inline uspan_err_t uspan_plan_end(uspan_tracer_t *t, uspan_t s, const uspan_result_t &r)
{
    return uspan_plan_end(t, s, &r);
}
static inline uspan_t uspan_handoff_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_handoff_t &h)
{
    return uspan_handoff_begin_with(t, parent, &h);
}
static inline uspan_t uspan_guardrail_begin_with(uspan_tracer_t *t, uspan_t parent,
                                                 const uspan_guardrail_t &g)
{
    return uspan_guardrail_begin_with(t, parent, &g);
}
static inline uspan_err_t uspan_guardrail_end(uspan_tracer_t *t, uspan_t s, const uspan_guardrail_result_t &r)
{
    return uspan_guardrail_end(t, s, &r);
}
static inline uspan_t uspan_mcp_tools_begin_with(uspan_tracer_t *t, uspan_t parent,
                                                 const uspan_mcp_tools_t &m)
{
    return uspan_mcp_tools_begin_with(t, parent, &m);
}
static inline uspan_err_t uspan_mcp_tools_end(uspan_tracer_t *t, uspan_t s, const uspan_mcp_tools_result_t &r)
{
    return uspan_mcp_tools_end(t, s, &r);
}
static inline uspan_t uspan_format_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_format_t &f)
{
    return uspan_format_begin_with(t, parent, &f);
}
static inline uspan_err_t uspan_format_end(uspan_tracer_t *t, uspan_t s, const uspan_format_result_t &r)
{
    return uspan_format_end(t, s, &r);
}
static inline uspan_t uspan_function_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_function_t &f)
{
    return uspan_function_begin_with(t, parent, &f);
}
static inline uspan_err_t uspan_function_end(uspan_tracer_t *t, uspan_t s, const uspan_result_t &r)
{
    return uspan_function_end(t, s, &r);
}
static inline uspan_t uspan_speech_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_speech_t &speech)
{
    return uspan_speech_begin_with(t, parent, &speech);
}
static inline uspan_t uspan_transcription_begin_with(uspan_tracer_t *t, uspan_t parent,
                                                     const uspan_speech_t &speech)
{
    return uspan_transcription_begin_with(t, parent, &speech);
}
static inline uspan_err_t uspan_speech_end(uspan_tracer_t *t, uspan_t s, const uspan_speech_result_t &r)
{
    return uspan_speech_end(t, s, &r);
}
static inline uspan_t uspan_workflow_begin_with(uspan_tracer_t *t, uspan_t parent, const uspan_workflow_t &w)
{
    return uspan_workflow_begin_with(t, parent, &w);
}
static inline uspan_err_t uspan_workflow_end(uspan_tracer_t *t, uspan_t s, const uspan_workflow_result_t &r)
{
    return uspan_workflow_end(t, s, &r);
}
static inline uspan_err_t uspan_set_tokens(uspan_tracer_t *t, uspan_t s, const uspan_tokens_t &tokens)
{
    return uspan_set_tokens(t, s, &tokens);
}

} /* extern "C++" */
#endif
