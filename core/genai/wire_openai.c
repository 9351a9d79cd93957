/* wire_openai.c: OpenAI's chat completions and embeddings, and all servers that are compatible.
 * https://platform.openai.com/docs/api-reference/chat, .../embeddings; reasoning_content is DeepSeek's and
 * Qwen's, reasoning is vLLM's and OpenRouter's. */
#include "wire_read.h"
#if USPAN_WIRE_OPENAI_CHAT

#define REQUEST(X)                                                  \
    X("model", TAKE_MODEL)                                          \
    X("stream", TAKE_STREAM)                                        \
    X("temperature", TAKE_TEMPERATURE)                              \
    X("top_p", TAKE_TOP_P)                                          \
    X("top_k", TAKE_TOP_K)                                          \
    X("max_tokens", TAKE_MAX_TOKENS)                                \
    X("max_completion_tokens", TAKE_MAX_TOKENS)                     \
    X("presence_penalty", TAKE_PRESENCE_PENALTY)                    \
    X("frequency_penalty", TAKE_FREQUENCY_PENALTY)                  \
    X("seed", TAKE_SEED)                                            \
    X("n", TAKE_CHOICE_COUNT)                                       \
    X("stop", TAKE_STOP)                                            \
    X("stop.#", TAKE_STOP)                                          \
    X("response_format.type", TAKE_FORMAT)                          \
    X("service_tier", TAKE_REQUEST_TIER)                            \
    X("messages", TAKE_INPUT)                                       \
    X("messages.#", TAKE_MESSAGE)                                   \
    X("messages.#.role", TAKE_ROLE)                                 \
    X("messages.#.content", TAKE_TEXT)                              \
    X("messages.#.reasoning_content", TAKE_REASONING)               \
    X("messages.#.refusal", TAKE_REFUSAL)                           \
    X("messages.#.tool_call_id", TAKE_RESPONSE_TO)                  \
    X("messages.#.content.#", TAKE_PART)                            \
    X("messages.#.content.#.text", TAKE_TEXT)                       \
    X("messages.#.content.#.refusal", TAKE_REFUSAL)                 \
    X("messages.#.content.#.image_url.url", TAKE_URI)               \
    X("messages.#.content.#.input_audio.format", TAKE_MIME)         \
    X("messages.#.content.#.file.file_id", TAKE_FILE)               \
    X("messages.#.tool_calls.#", TAKE_CALL)                         \
    X("messages.#.tool_calls.#.id", TAKE_CALL_ID)                   \
    X("messages.#.tool_calls.#.function.name", TAKE_CALL_NAME)      \
    X("messages.#.tool_calls.#.function.arguments", TAKE_ARGUMENTS) \
    X("tools", TAKE_TOOLS)                                          \
    X("tools.#", TAKE_DEFINITION)                                   \
    X("tools.#.type", TAKE_DEFINITION_TYPE)                         \
    X("tools.#.function.name", TAKE_DEFINITION_NAME)                \
    X("tools.#.function.description", TAKE_DESCRIPTION)             \
    X("tools.#.function.parameters", TAKE_AS_IS(TAKE_PARAMETERS))   \
    X("tool_choice", TAKE_TOOL_CHOICE)
USPAN_JSON_TABLE(chat_request, REQUEST);

#define RESPONSE(X)                                                                           \
    X("", TAKE_DOCUMENT)                                                                      \
    X("id", TAKE_ID)                                                                          \
    X("object", TAKE_NOTHING)                                                                 \
    X("created", TAKE_NOTHING)                                                                \
    X("model", TAKE_RESPONSE_MODEL)                                                           \
    X("service_tier", TAKE_RESPONSE_TIER)                                                     \
    X("system_fingerprint", TAKE_FINGERPRINT)                                                 \
    X("choices", TAKE_NOTHING)                                                                \
    X("choices.#", TAKE_CHOICE)                                                               \
    X("choices.#.index", TAKE_CHOICE_INDEX)                                                   \
    X("choices.#.delta", TAKE_DELTA)                                                          \
    X("choices.#.delta.content", TAKE_TEXT)                                                   \
    X("choices.#.delta.reasoning_content", TAKE_REASONING)                                    \
    X("choices.#.delta.reasoning", TAKE_REASONING)                                            \
    X("choices.#.delta.refusal", TAKE_REFUSAL)                                                \
    X("choices.#.delta.tool_calls.#", TAKE_CALL)                                              \
    X("choices.#.delta.tool_calls.#.index", TAKE_CALL_INDEX)                                  \
    X("choices.#.delta.tool_calls.#.id", TAKE_CALL_ID)                                        \
    X("choices.#.delta.tool_calls.#.function.name", TAKE_CALL_NAME)                           \
    X("choices.#.delta.tool_calls.#.function.arguments", TAKE_ARGUMENTS)                      \
    X("choices.#.message", TAKE_MESSAGE)                                                      \
    X("choices.#.message.content", TAKE_TEXT)                                                 \
    X("choices.#.message.reasoning_content", TAKE_REASONING)                                  \
    X("choices.#.message.reasoning", TAKE_REASONING)                                          \
    X("choices.#.message.refusal", TAKE_REFUSAL)                                              \
    X("choices.#.message.tool_calls.#", TAKE_CALL)                                            \
    X("choices.#.message.tool_calls.#.id", TAKE_CALL_ID)                                      \
    X("choices.#.message.tool_calls.#.function.name", TAKE_CALL_NAME)                         \
    X("choices.#.message.tool_calls.#.function.arguments", TAKE_ARGUMENTS)                    \
    X("choices.#.logprobs", TAKE_NOTHING)                                                     \
    X("choices.#.finish_reason", TAKE_FINISH)                                                 \
    X("usage.prompt_tokens", TAKE_TOKENS + USPAN_WIRE_INPUT)                                  \
    X("usage.completion_tokens", TAKE_TOKENS + USPAN_WIRE_OUTPUT)                             \
    X("usage.prompt_tokens_details.cached_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_READ)       \
    X("usage.completion_tokens_details.reasoning_tokens", TAKE_TOKENS + USPAN_WIRE_REASONING) \
    X("error", TAKE_ERROR)                                                                    \
    X("error.type", TAKE_ERROR_TYPE)                                                          \
    X("error.code", TAKE_ERROR_TYPE)                                                          \
    X("error.message", TAKE_ERROR)                                                            \
    X("message", TAKE_ERROR)                                                                  \
    X("detail", TAKE_ERROR)
USPAN_JSON_TABLE(chat_response, RESPONSE);

const uspan_wire_dialect_t uspan_wire_openai_chat = {
    &chat_request, &chat_response,     uspan_chat_begin,       "openai",
    "chat",        "chat_completions", USPAN_WIRE_DEPLOYMENTS, NULL
};

#define EMBEDDINGS_REQUEST(X)        \
    X("model", TAKE_MODEL)           \
    X("dimensions", TAKE_DIMENSIONS) \
    X("encoding_format", TAKE_ENCODING)
USPAN_JSON_TABLE(embeddings_request, EMBEDDINGS_REQUEST);

#define EMBEDDINGS_RESPONSE(X)                               \
    X("model", TAKE_RESPONSE_MODEL)                          \
    X("usage.prompt_tokens", TAKE_TOKENS + USPAN_WIRE_INPUT) \
    X("error", TAKE_ERROR)                                   \
    X("error.type", TAKE_ERROR_TYPE)                         \
    X("error.code", TAKE_ERROR_TYPE)                         \
    X("error.message", TAKE_ERROR)
USPAN_JSON_TABLE(embeddings_response, EMBEDDINGS_RESPONSE);

const uspan_wire_dialect_t uspan_wire_openai_embeddings = { &embeddings_request,
                                                            &embeddings_response,
                                                            uspan_embeddings_begin,
                                                            "openai",
                                                            "embeddings",
                                                            NULL,
                                                            USPAN_WIRE_NO_CHOICES | USPAN_WIRE_DEPLOYMENTS,
                                                            NULL };
#endif
