/* genai_keys.h: every attribute key and every value of a closed list that the GenAI layer uses, each said
 * once: OpenTelemetry's GenAI conventions 1.38.0 with additions up to 1.41.1, AgentScope's and OpenAI Agents'
 * extensions. Set them with the calls of uspan.h: uspan_set_str(t, s, &uspan_key_user_id, id). */
#ifndef USPAN_GENAI_KEYS_H
#define USPAN_GENAI_KEYS_H

#include "uspan.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X: recorded always. C: content, what people, models and tools said; with content capture off
 * (USPAN_CONTENT 0, uspan_set_content(), uspan_content_of()) these, and no others, are left out. */
#define USPAN_GENAI_KEYS(X, C)                                              \
    X(operation_name, "gen_ai.operation.name")                              \
    X(provider_name, "gen_ai.provider.name")                                \
    X(conversation_id, "gen_ai.conversation.id")                            \
    X(output_type, "gen_ai.output.type")                                    \
    X(request_model, "gen_ai.request.model")                                \
    X(request_choice_count, "gen_ai.request.choice.count")                  \
    X(request_encoding_formats, "gen_ai.request.encoding_formats")          \
    X(request_frequency_penalty, "gen_ai.request.frequency_penalty")        \
    X(request_max_tokens, "gen_ai.request.max_tokens")                      \
    X(request_presence_penalty, "gen_ai.request.presence_penalty")          \
    X(request_seed, "gen_ai.request.seed")                                  \
    X(request_stop_sequences, "gen_ai.request.stop_sequences")              \
    X(request_stream, "gen_ai.request.stream")                              \
    X(request_temperature, "gen_ai.request.temperature")                    \
    X(request_top_k, "gen_ai.request.top_k")                                \
    X(request_top_p, "gen_ai.request.top_p")                                \
    X(response_id, "gen_ai.response.id")                                    \
    X(response_model, "gen_ai.response.model")                              \
    X(response_finish_reasons, "gen_ai.response.finish_reasons")            \
    X(response_time_to_first_chunk, "gen_ai.response.time_to_first_chunk")  \
    X(usage_input_tokens, "gen_ai.usage.input_tokens")                      \
    X(usage_output_tokens, "gen_ai.usage.output_tokens")                    \
    X(usage_cache_read, "gen_ai.usage.cache_read.input_tokens")             \
    X(usage_cache_creation, "gen_ai.usage.cache_creation.input_tokens")     \
    X(usage_reasoning, "gen_ai.usage.reasoning.output_tokens")              \
    X(embeddings_dimension_count, "gen_ai.embeddings.dimension.count")      \
    X(data_source_id, "gen_ai.data_source.id")                              \
    X(agent_name, "gen_ai.agent.name")                                      \
    X(agent_id, "gen_ai.agent.id")                                          \
    X(agent_description, "gen_ai.agent.description")                        \
    X(agent_version, "gen_ai.agent.version")                                \
    X(tool_name, "gen_ai.tool.name")                                        \
    X(tool_call_id, "gen_ai.tool.call.id")                                  \
    X(tool_description, "gen_ai.tool.description")                          \
    X(tool_type, "gen_ai.tool.type")                                        \
    X(workflow_name, "gen_ai.workflow.name")                                \
    X(guardrail_name, "gen_ai.guardrail.name")                              \
    X(guardrail_type, "gen_ai.guardrail.type")                              \
    X(guardrail_triggered, "gen_ai.guardrail.triggered")                    \
    X(handoff_from_agent, "gen_ai.handoff.from_agent")                      \
    X(handoff_to_agent, "gen_ai.handoff.to_agent")                          \
    X(speech_voice, "gen_ai.speech.voice")                                  \
    X(audio_input_format, "gen_ai.audio.input.format")                      \
    X(audio_output_format, "gen_ai.audio.output.format")                    \
    X(openai_api_type, "openai.api.type")                                   \
    X(openai_request_service_tier, "openai.request.service_tier")           \
    X(openai_response_service_tier, "openai.response.service_tier")         \
    X(openai_system_fingerprint, "openai.response.system_fingerprint")      \
    X(mcp_method_name, "mcp.method.name")                                   \
    X(mcp_session_id, "mcp.session.id")                                     \
    X(mcp_protocol_version, "mcp.protocol.version")                         \
    X(network_transport, "network.transport")                               \
    X(server_address, "server.address")                                     \
    X(server_port, "server.port")                                           \
    X(user_id, "user.id")                                                   \
    X(session_id, "session.id")                                             \
    X(environment_name, "deployment.environment.name")                      \
    X(format_target, "agentscope.format.target")                            \
    X(format_count, "agentscope.format.count")                              \
    X(function_name, "agentscope.function.name")                            \
    X(agent_reply_id, "agentscope.agent.reply_id")                          \
    X(agent_event_type, "agentscope.agent.incoming_event_type")             \
    X(agent_hitl_tools, "agentscope.agent.hitl_pending_tools")              \
    X(agent_external_tools, "agentscope.agent.external_execution_pending_tools") \
    X(agent_is_external, "agentscope.agent.is_external_execution")          \
    X(usage_agentscope_cache, "agentscope.usage.cache_input_tokens")        \
    X(usage_agentscope_creation, "agentscope.usage.cache_creation_input_tokens") \
    X(uspan_trace_id, "uspan.trace.id")                                     \
    X(uspan_group_id, "uspan.trace.group_id")                               \
    X(uspan_mcp_server, "uspan.mcp.server")                                 \
    X(uspan_agent_handoffs, "uspan.agent.handoffs")                         \
    X(uspan_agent_output_type, "uspan.agent.output_type")                   \
    X(aliyun_span_kind, "gen_ai.span.kind")                                 \
    X(aliyun_session_id, "gen_ai.session.id")                               \
    X(aliyun_first_token, "gen_ai.user.time_to_first_token")                \
    X(phoenix_span_kind, "openinference.span.kind")                         \
    X(phoenix_input_type, "input.mime_type")                                \
    X(phoenix_output_type, "output.mime_type")                              \
    X(langfuse_type, "langfuse.observation.type")                           \
    X(langfuse_trace_name, "langfuse.trace.name")                           \
    X(langfuse_first_token, "langfuse.observation.completion_start_time")   \
    C(input_messages, "gen_ai.input.messages")                              \
    C(output_messages, "gen_ai.output.messages")                            \
    C(system_instructions, "gen_ai.system_instructions")                    \
    C(tool_definitions, "gen_ai.tool.definitions")                          \
    C(tool_call_arguments, "gen_ai.tool.call.arguments")                    \
    C(tool_call_result, "gen_ai.tool.call.result")                          \
    C(retrieval_query, "gen_ai.retrieval.query.text")                       \
    C(retrieval_documents, "gen_ai.retrieval.documents")                    \
    C(function_input, "agentscope.function.input")                          \
    C(function_output, "agentscope.function.output")                        \
    C(phoenix_input, "input.value")                                         \
    C(phoenix_output, "output.value")                                       \
    C(langfuse_input, "langfuse.observation.input")                         \
    C(langfuse_output, "langfuse.observation.output")

#if USPAN_ENABLED
#define USPAN_GENAI_KEY_DECLARE(name, text) extern const uspan_key_t uspan_key_##name;
#else
#define USPAN_GENAI_KEY_DECLARE(name, text) static const uspan_key_t uspan_key_##name = USPAN_KEY_INIT(text);
#endif
USPAN_GENAI_KEYS(USPAN_GENAI_KEY_DECLARE, USPAN_GENAI_KEY_DECLARE)
#undef USPAN_GENAI_KEY_DECLARE

/* gen_ai.operation.name: set by the typed spans. The last five are no values of the conventions. */
#define USPAN_OPERATION_CHAT "chat"
#define USPAN_OPERATION_GENERATE "generate_content"
#define USPAN_OPERATION_COMPLETION "text_completion"
#define USPAN_OPERATION_EMBEDDINGS "embeddings"
#define USPAN_OPERATION_RETRIEVAL "retrieval"
#define USPAN_OPERATION_AGENT "invoke_agent"
#define USPAN_OPERATION_CREATE_AGENT "create_agent"
#define USPAN_OPERATION_TOOL "execute_tool"
#define USPAN_OPERATION_WORKFLOW "invoke_workflow"
#define USPAN_OPERATION_FORMAT "format"
#define USPAN_OPERATION_FUNCTION "invoke_generic_function"
#define USPAN_OPERATION_GUARDRAIL "guardrail_check"
#define USPAN_OPERATION_HANDOFF "agent_handoff"
#define USPAN_OPERATION_TRANSCRIPTION "transcription"
#define USPAN_OPERATION_SPEECH "speech_generation"
#define USPAN_OPERATION_SPEECH_GROUP "speech_group"
#define USPAN_OPERATION_LIST_TOOLS "list_tools"

/* gen_ai.provider.name; the same words as target of a format span. */
#define USPAN_PROVIDER_OPENAI "openai" /* and what is compatible with it */
#define USPAN_PROVIDER_ANTHROPIC "anthropic"
#define USPAN_PROVIDER_AZURE_INFERENCE "azure.ai.inference"
#define USPAN_PROVIDER_AZURE_OPENAI "azure.ai.openai"
#define USPAN_PROVIDER_BEDROCK "aws.bedrock"
#define USPAN_PROVIDER_COHERE "cohere"
#define USPAN_PROVIDER_DASHSCOPE "dashscope"
#define USPAN_PROVIDER_DEEPSEEK "deepseek"
#define USPAN_PROVIDER_GCP "gcp.gen_ai"
#define USPAN_PROVIDER_GEMINI "gcp.gemini"
#define USPAN_PROVIDER_GROQ "groq"
#define USPAN_PROVIDER_MISTRAL "mistral_ai"
#define USPAN_PROVIDER_MOONSHOT "moonshot"
#define USPAN_PROVIDER_OLLAMA "ollama"
#define USPAN_PROVIDER_PERPLEXITY "perplexity"
#define USPAN_PROVIDER_VERTEX "gcp.vertex_ai"
#define USPAN_PROVIDER_WATSONX "ibm.watsonx.ai"
#define USPAN_PROVIDER_XAI "x_ai"
#define USPAN_PROVIDER_UNKNOWN "unknown"

/* gen_ai.output.type, gen_ai.tool.type, openai.api.type, agentscope.agent.incoming_event_type. */
#define USPAN_OUTPUT_TEXT "text"
#define USPAN_OUTPUT_JSON "json"
#define USPAN_OUTPUT_IMAGE "image"
#define USPAN_OUTPUT_SPEECH "speech"
#define USPAN_TOOL_FUNCTION "function"
#define USPAN_TOOL_EXTENSION "extension"
#define USPAN_TOOL_DATASTORE "datastore"
#define USPAN_API_CHAT_COMPLETIONS "chat_completions"
#define USPAN_API_RESPONSES "responses"
#define USPAN_EVENT_CONFIRM_RESULT "user_confirm_result"
#define USPAN_EVENT_EXTERNAL_RESULT "external_execution_result"

/* Finish reasons of the message schema; gen_ai.response.finish_reasons keeps the vendor's own words. */
#define USPAN_FINISH_STOP "stop"
#define USPAN_FINISH_LENGTH "length"
#define USPAN_FINISH_CONTENT_FILTER "content_filter"
#define USPAN_FINISH_TOOL_CALL "tool_call"
#define USPAN_FINISH_ERROR "error"

/* error.type: an HTTP status as text, one of these, or a name of your own that is one of few. */
#define USPAN_ERROR_TIMEOUT "timeout"
#define USPAN_ERROR_DNS "dns_error"
#define USPAN_ERROR_CONNECT "connect_error"
#define USPAN_ERROR_TLS "tls_error"
#define USPAN_ERROR_RESET "connection_reset"
#define USPAN_ERROR_PARSE "parse_error"
#define USPAN_ERROR_CANCELLED "cancelled"
#define USPAN_ERROR_MEMORY "out_of_memory"
#define USPAN_ERROR_GUARDRAIL "guardrail_tripwire_triggered"

/* Keys of a workflow's metadata and of a custom span's entries, from literals:
 *     uspan_set_int(t, s, USPAN_CUSTOM_KEY("bed"), 3);      uspan.custom.bed */
#define USPAN_CUSTOM_KEY(name) USPAN_KEY("uspan.custom." name)

#ifdef __cplusplus
}
#endif
#endif
