/* genai_keys.h: all attribute keys of the GenAI layer with type and level, and all values of its
 * enumerations. Sources: OpenTelemetry's GenAI conventions 1.38.0 and the additions merged since then, and
 * the extensions of AgentScope and OpenAI Agents. Set a key with the calls of uspan.h: uspan_set_str(t, s,
 * &uspan_key_user_id, id). core/genai/KEYS.md is generated from this file. */
#ifndef USPAN_GENAI_KEYS_H
#define USPAN_GENAI_KEYS_H

#include "uspan.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The conventions renamed some attributes. A span has the old or the new name, never both. */
#if USPAN_SEMCONV == USPAN_SEMCONV_LATEST
#define USPAN_NAME_OF(first, latest) latest
#else
#define USPAN_NAME_OF(first, latest) first
#endif
/* 1: typed spans send gen_ai.prompt.* and token counts by modality. Langfuse 4.16 shows every gen_ai.prompt.*
 * as the input of a call, and adds the counts by modality to the totals. */
#define USPAN_SEMCONV_PROMPTS (USPAN_SEMCONV == USPAN_SEMCONV_LATEST && !USPAN_PROFILE_LANGFUSE)
#define USPAN_SEMCONV_MODALITIES (USPAN_SEMCONV == USPAN_SEMCONV_LATEST && !USPAN_PROFILE_LANGFUSE)

/* X(name, text, type, level): always recorded. C(name, text, type, level): content, that is messages,
 * arguments and results. If content capture is off (USPAN_CONTENT 0, uspan_set_content(),
 * uspan_set_span_content()), only keys marked C are not recorded. Type: Text, Texts (a list), Int, Double,
 * Bool, Json (text that holds JSON). Level: the requirement level in the conventions, at the span that mainly
 * uses the key. Own: in no merged convention. */
#define USPAN_GENAI_KEYS(X, C) \
    X(operation_name, "gen_ai.operation.name", Text, Required) \
    X(provider_name, "gen_ai.provider.name", Text, Required) \
    X(conversation_id, "gen_ai.conversation.id", Text, Conditional) \
    X(output_type, "gen_ai.output.type", Text, Conditional) \
    X(request_model, "gen_ai.request.model", Text, Conditional) \
    X(request_choice_count, "gen_ai.request.choice.count", Int, Conditional) \
    X(request_encoding_formats, "gen_ai.request.encoding_formats", Texts, Recommended) \
    X(request_frequency_penalty, "gen_ai.request.frequency_penalty", Double, Recommended) \
    X(request_max_tokens, "gen_ai.request.max_tokens", Int, Recommended) \
    X(request_presence_penalty, "gen_ai.request.presence_penalty", Double, Recommended) \
    X(request_seed, "gen_ai.request.seed", Int, Conditional) \
    X(request_stop_sequences, "gen_ai.request.stop_sequences", Texts, Recommended) \
    X(request_stream, "gen_ai.request.stream", Bool, Conditional) \
    X(request_temperature, "gen_ai.request.temperature", Double, Recommended) \
    X(request_top_k, "gen_ai.request.top_k", Int, Conditional) \
    X(request_top_p, "gen_ai.request.top_p", Double, Recommended) \
    X(request_reasoning_level, "gen_ai.request.reasoning.level", Text, Recommended) \
    X(request_previous_response, "gen_ai.request.previous_response.id", Text, Recommended) \
    X(request_stream_cursor, "gen_ai.request.stream_cursor", Text, Conditional) \
    X(prompt_name, "gen_ai.prompt.name", Text, Conditional) \
    X(prompt_version, "gen_ai.prompt.version", Text, Conditional) \
    X(conversation_compacted, "gen_ai.conversation.compacted", Bool, Conditional) \
    X(response_id, "gen_ai.response.id", Text, Recommended) \
    X(response_model, "gen_ai.response.model", Text, Recommended) \
    X(response_status, "gen_ai.response.status", Text, Recommended) \
    X(response_finish_reasons, "gen_ai.response.finish_reasons", Texts, Recommended) \
    X(response_time_to_first_chunk, "gen_ai.response.time_to_first_chunk", Double, Recommended) \
    X(usage_input_tokens, "gen_ai.usage.input_tokens", Int, Recommended) \
    X(usage_output_tokens, "gen_ai.usage.output_tokens", Int, Recommended) \
    X(usage_cache_read, "gen_ai.usage.cache_read.input_tokens", Int, Recommended) \
    X(usage_cache_creation, \
      USPAN_NAME_OF("gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_write.input_tokens"), \
      Int, Recommended) \
    X(usage_reasoning, "gen_ai.usage.reasoning.output_tokens", Int, Recommended) \
    X(usage_text_input, "gen_ai.usage.text.input_tokens", Int, Recommended) \
    X(usage_image_input, "gen_ai.usage.image.input_tokens", Int, Recommended) \
    X(usage_audio_input, "gen_ai.usage.audio.input_tokens", Int, Recommended) \
    X(usage_text_output, "gen_ai.usage.text.output_tokens", Int, Recommended) \
    X(usage_image_output, "gen_ai.usage.image.output_tokens", Int, Recommended) \
    X(usage_audio_output, "gen_ai.usage.audio.output_tokens", Int, Recommended) \
    X(usage_text_cache_read, "gen_ai.usage.text.cache_read.input_tokens", Int, Recommended) \
    X(usage_image_cache_read, "gen_ai.usage.image.cache_read.input_tokens", Int, Recommended) \
    X(usage_audio_cache_read, "gen_ai.usage.audio.cache_read.input_tokens", Int, Recommended) \
    X(embeddings_dimension_count, "gen_ai.embeddings.dimension.count", Int, Recommended) \
    X(data_source_id, "gen_ai.data_source.id", Text, Conditional) \
    X(retrieval_top_k, "gen_ai.retrieval.top_k", Int, Recommended) \
    X(memory_store_id, "gen_ai.memory.store.id", Text, Conditional) \
    X(memory_record_id, "gen_ai.memory.record.id", Text, Conditional) \
    X(memory_record_count, "gen_ai.memory.record.count", Int, Recommended) \
    X(evaluation_name, "gen_ai.evaluation.name", Text, Required) \
    X(evaluation_score, "gen_ai.evaluation.score.value", Double, Conditional) \
    X(evaluation_label, "gen_ai.evaluation.score.label", Text, Conditional) \
    X(evaluation_explanation, "gen_ai.evaluation.explanation", Text, Recommended) \
    X(agent_name, "gen_ai.agent.name", Text, Conditional) \
    X(agent_id, "gen_ai.agent.id", Text, Conditional) \
    X(agent_description, "gen_ai.agent.description", Text, Conditional) \
    X(agent_version, "gen_ai.agent.version", Text, Conditional) \
    X(tool_name, "gen_ai.tool.name", Text, Required) \
    X(tool_call_id, "gen_ai.tool.call.id", Text, Recommended) \
    X(tool_description, "gen_ai.tool.description", Text, Recommended) \
    X(tool_type, "gen_ai.tool.type", Text, Recommended) \
    X(workflow_name, "gen_ai.workflow.name", Text, Conditional) \
    X(guardrail_name, "gen_ai.guardrail.name", Text, Own) \
    X(guardrail_type, "gen_ai.guardrail.type", Text, Own) \
    X(guardrail_triggered, "gen_ai.guardrail.triggered", Bool, Own) \
    X(handoff_from_agent, "gen_ai.handoff.from_agent", Text, Own) \
    X(handoff_to_agent, "gen_ai.handoff.to_agent", Text, Own) \
    X(speech_voice, "gen_ai.speech.voice", Text, Own) \
    X(audio_input_format, "gen_ai.audio.input.format", Text, Own) \
    X(audio_output_format, "gen_ai.audio.output.format", Text, Own) \
    X(openai_api_type, "openai.api.type", Text, Recommended) \
    X(openai_request_service_tier, "openai.request.service_tier", Text, Conditional) \
    X(openai_response_service_tier, "openai.response.service_tier", Text, Conditional) \
    X(openai_system_fingerprint, "openai.response.system_fingerprint", Text, Recommended) \
    X(mcp_method_name, "mcp.method.name", Text, Required) \
    X(mcp_session_id, "mcp.session.id", Text, Recommended) \
    X(mcp_protocol_version, "mcp.protocol.version", Text, Recommended) \
    X(mcp_resource_uri, "mcp.resource.uri", Text, Conditional) \
    X(jsonrpc_request_id, "jsonrpc.request.id", Text, Conditional) \
    X(jsonrpc_protocol_version, "jsonrpc.protocol.version", Text, Recommended) \
    X(rpc_status_code, "rpc.response.status_code", Text, Conditional) \
    X(network_transport, "network.transport", Text, Recommended) \
    X(network_protocol_name, "network.protocol.name", Text, Recommended) \
    X(network_protocol_version, "network.protocol.version", Text, Recommended) \
    X(client_address, "client.address", Text, Recommended) \
    X(client_port, "client.port", Int, Recommended) \
    X(server_address, "server.address", Text, Recommended) \
    X(server_port, "server.port", Int, Conditional) \
    X(user_id, "user.id", Text, Own) \
    X(session_id, "session.id", Text, Own) \
    X(environment_name, "deployment.environment.name", Text, Own) \
    X(format_target, "agentscope.format.target", Text, Own) \
    X(format_count, "agentscope.format.count", Int, Own) \
    X(function_name, "agentscope.function.name", Text, Own) \
    X(agent_reply_id, "agentscope.agent.reply_id", Text, Own) \
    X(agent_event_type, "agentscope.agent.incoming_event_type", Text, Own) \
    X(agent_hitl_tools, "agentscope.agent.hitl_pending_tools", Text, Own) \
    X(agent_external_tools, "agentscope.agent.external_execution_pending_tools", Text, Own) \
    X(agent_is_external, "agentscope.agent.is_external_execution", Bool, Own) \
    X(usage_agentscope_cache, "agentscope.usage.cache_input_tokens", Int, Own) \
    X(usage_agentscope_creation, "agentscope.usage.cache_creation_input_tokens", Int, Own) \
    X(uspan_trace_id, "uspan.trace.id", Text, Own) \
    X(uspan_group_id, "uspan.trace.group_id", Text, Own) \
    X(uspan_mcp_server, "uspan.mcp.server", Text, Own) \
    X(uspan_agent_handoffs, "uspan.agent.handoffs", Texts, Own) \
    X(uspan_agent_output_type, "uspan.agent.output_type", Text, Own) \
    X(uspan_messages_omitted, "uspan.input.messages.omitted", Int, Own) \
    X(uspan_wire_resolved, "uspan.wire.resolved_ms", Int, Own) \
    X(uspan_wire_connected, "uspan.wire.connected_ms", Int, Own) \
    X(uspan_wire_tls_done, "uspan.wire.tls_done_ms", Int, Own) \
    X(uspan_wire_sent, "uspan.wire.request_sent_ms", Int, Own) \
    X(uspan_wire_first_byte, "uspan.wire.first_byte_ms", Int, Own) \
    X(uspan_heap_free, "uspan.device.heap_free_bytes", Int, Own) \
    X(uspan_heap_least, "uspan.device.heap_least_free_bytes", Int, Own) \
    X(uspan_heap_block, "uspan.device.heap_largest_block_bytes", Int, Own) \
    X(uspan_rssi, "uspan.device.rssi_dbm", Int, Own) \
    X(uspan_battery, "uspan.device.battery_mv", Int, Own) \
    X(uspan_temperature, "uspan.device.temperature_c", Double, Own) \
    X(aliyun_span_kind, "gen_ai.span.kind", Text, Own) \
    X(aliyun_session_id, "gen_ai.session.id", Text, Own) \
    X(aliyun_first_token, "gen_ai.user.time_to_first_token", Int, Own) \
    X(phoenix_span_kind, "openinference.span.kind", Text, Own) \
    X(phoenix_input_type, "input.mime_type", Text, Own) \
    X(phoenix_output_type, "output.mime_type", Text, Own) \
    X(langfuse_type, "langfuse.observation.type", Text, Own) \
    X(langfuse_trace_name, "langfuse.trace.name", Text, Own) \
    X(langfuse_first_token, "langfuse.observation.completion_start_time", Text, Own) \
    C(input_messages, "gen_ai.input.messages", Json, OptIn) \
    C(output_messages, "gen_ai.output.messages", Json, OptIn) \
    C(system_instructions, "gen_ai.system_instructions", Json, OptIn) \
    C(tool_definitions, "gen_ai.tool.definitions", Json, OptIn) \
    C(tool_call_arguments, "gen_ai.tool.call.arguments", Json, OptIn) \
    C(tool_call_result, "gen_ai.tool.call.result", Json, OptIn) \
    C(retrieval_query, "gen_ai.retrieval.query.text", Text, OptIn) \
    C(retrieval_documents, "gen_ai.retrieval.documents", Json, OptIn) \
    C(memory_query, "gen_ai.memory.query.text", Text, OptIn) \
    C(memory_records, "gen_ai.memory.records", Json, OptIn) \
    C(function_input, "agentscope.function.input", Json, Own) \
    C(function_output, "agentscope.function.output", Json, Own) \
    C(phoenix_input, "input.value", Json, Own) \
    C(phoenix_output, "output.value", Json, Own) \
    C(langfuse_input, "langfuse.observation.input", Json, Own) \
    C(langfuse_output, "langfuse.observation.output", Json, Own)

#if USPAN_ENABLED
#define USPAN_GENAI_KEY_DECLARE(name, text, type, level) extern const uspan_key_t uspan_key_##name;
#else
#define USPAN_GENAI_KEY_DECLARE(name, text, type, level) \
    static const uspan_key_t uspan_key_##name = USPAN_KEY_INIT(text);
#endif
USPAN_GENAI_KEYS(USPAN_GENAI_KEY_DECLARE, USPAN_GENAI_KEY_DECLARE)
#undef USPAN_GENAI_KEY_DECLARE

/* gen_ai.operation.name. Typed spans set it. The values from format to list_tools are not part of the
 * conventions. */
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
#define USPAN_OPERATION_FETCH_RESPONSE "fetch_response"
#define USPAN_OPERATION_PLAN "plan"
/* For memory spans, uspan_memory_begin(). */
#define USPAN_MEMORY_CREATE_STORE "create_memory_store"
#define USPAN_MEMORY_DELETE_STORE "delete_memory_store"
#define USPAN_MEMORY_CREATE "create_memory"
#define USPAN_MEMORY_UPDATE "update_memory"
#define USPAN_MEMORY_UPSERT "upsert_memory"
#define USPAN_MEMORY_SEARCH "search_memory"
#define USPAN_MEMORY_DELETE "delete_memory"

/* gen_ai.provider.name. The target of a format span has the same values. */
#define USPAN_PROVIDER_OPENAI "openai" /* and compatible services */
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
#if USPAN_PROFILE_AGENTSCOPE /* AgentScope 2 still uses the old name */
#define USPAN_PROVIDER_MOONSHOT "moonshot"
#else
#define USPAN_PROVIDER_MOONSHOT USPAN_NAME_OF("moonshot", "moonshot_ai")
#endif
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

/* gen_ai.response.status, of a response that was fetched. */
#define USPAN_RESPONSE_QUEUED "queued"
#define USPAN_RESPONSE_IN_PROGRESS "in_progress"
#define USPAN_RESPONSE_COMPLETED "completed"
#define USPAN_RESPONSE_INCOMPLETE "incomplete"
#define USPAN_RESPONSE_FAILED "failed"
#define USPAN_RESPONSE_CANCELLED "cancelled"

/* Finish reasons of the message schema. gen_ai.response.finish_reasons keeps the vendor's own terms. */
#define USPAN_FINISH_STOP "stop"
#define USPAN_FINISH_LENGTH "length"
#define USPAN_FINISH_CONTENT_FILTER "content_filter"
#define USPAN_FINISH_TOOL_CALL "tool_call"
#define USPAN_FINISH_COMPACTION "compaction"
#define USPAN_FINISH_ERROR "error"

/* error.type: an HTTP status as text, one of these, or an own name of low cardinality. */
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
/* Content: a value that was inserted into a managed prompt. Not for Langfuse: see USPAN_SEMCONV_PROMPTS. */
#define USPAN_PROMPT_VARIABLE_KEY(name)                                                                    \
    (__extension__({                                                                                       \
        static const uspan_key_t uspan_key_here_ = USPAN_KEY_CONTENT_INIT("gen_ai.prompt.variable." name); \
        uspan_key_same(&uspan_key_here_);                                                                  \
    }))

#ifdef __cplusplus
}
#endif
#endif
