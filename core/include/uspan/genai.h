/* genai.h: spans of agents, LLM calls, tools and formatters in OpenTelemetry's GenAI conventions, v1.38.0 and
 * additions. Begin takes what every such span has; the rest is set with the keys below. End or fail them as
 * any span. */
#ifndef USPAN_GENAI_H
#define USPAN_GENAI_H

#include "uspan.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Keys. Those with USPAN_KEY_CONTENT, marked C, are not recorded while content capture is off. */
#define USPAN_GENAI_KEYS(X, C)                                            \
    X(operation_name, "gen_ai.operation.name")                            \
    X(provider_name, "gen_ai.provider.name")                              \
    X(conversation_id, "gen_ai.conversation.id")                          \
    X(request_model, "gen_ai.request.model")                              \
    X(request_temperature, "gen_ai.request.temperature")                  \
    X(request_top_p, "gen_ai.request.top_p")                              \
    X(request_max_tokens, "gen_ai.request.max_tokens")                    \
    X(request_stream, "gen_ai.request.stream")                            \
    X(response_id, "gen_ai.response.id")                                  \
    X(response_model, "gen_ai.response.model")                            \
    X(response_finish_reasons, "gen_ai.response.finish_reasons")          \
    X(response_time_to_first_chunk, "gen_ai.response.time_to_first_chunk") \
    X(usage_input_tokens, "gen_ai.usage.input_tokens")                    \
    X(usage_output_tokens, "gen_ai.usage.output_tokens")                  \
    X(agent_name, "gen_ai.agent.name")                                    \
    X(agent_id, "gen_ai.agent.id")                                        \
    X(agent_description, "gen_ai.agent.description")                      \
    X(tool_name, "gen_ai.tool.name")                                      \
    X(tool_call_id, "gen_ai.tool.call.id")                                \
    X(tool_description, "gen_ai.tool.description")                        \
    X(tool_type, "gen_ai.tool.type")                                      \
    X(format_target, "agentscope.format.target")                          \
    X(format_count, "agentscope.format.count")                            \
    X(function_name, "agentscope.function.name")                          \
    X(server_address, "server.address")                                   \
    X(server_port, "server.port")                                         \
    C(input_messages, "gen_ai.input.messages")                            \
    C(output_messages, "gen_ai.output.messages")                          \
    C(system_instructions, "gen_ai.system_instructions")                  \
    C(tool_definitions, "gen_ai.tool.definitions")                        \
    C(tool_call_arguments, "gen_ai.tool.call.arguments")                  \
    C(tool_call_result, "gen_ai.tool.call.result")                        \
    C(function_input, "agentscope.function.input")                        \
    C(function_output, "agentscope.function.output")

#if USPAN_ENABLED
#define USPAN_GENAI_KEY_DECLARE(name, text) extern const uspan_key_t uspan_key_##name;
#else
#define USPAN_GENAI_KEY_DECLARE(name, text) static const uspan_key_t uspan_key_##name = USPAN_KEY_INIT(text);
#endif
USPAN_GENAI_KEYS(USPAN_GENAI_KEY_DECLARE, USPAN_GENAI_KEY_DECLARE)
#undef USPAN_GENAI_KEY_DECLARE

/* Begin a typed span. Text is copied; NULL leaves the attribute out. parent as uspan_start().
 * Context: task, ISR. Never blocks.
 *   chat    "chat {model}", CLIENT          agent  "invoke_agent {name}", INTERNAL
 *   tool    "execute_tool {name}", INTERNAL; call_id as the model gave it, or NULL
 *   format  "format {target}", INTERNAL; target: provider whose message form is made, NULL: "unknown" */
uspan_t uspan_chat_begin(uspan_tracer_t *t, uspan_t parent, const char *provider, const char *model);
uspan_t uspan_agent_begin(uspan_tracer_t *t, uspan_t parent, const char *name);
uspan_t uspan_tool_begin(uspan_tracer_t *t, uspan_t parent, const char *name, const char *call_id);
uspan_t uspan_format_begin(uspan_tracer_t *t, uspan_t parent, const char *target);

/* Token usage of a chat: input includes cached tokens, output includes reasoning. */
uspan_err_t uspan_tokens(uspan_tracer_t *t, uspan_t s, int64_t input, int64_t output);

#ifdef __cplusplus
}
#endif

#if !USPAN_ENABLED
#include "disabled.h"
#endif
#endif
