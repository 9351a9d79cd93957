/* wire_openai.c: reads OpenAI's chat completions, and compatible servers with their extensions. Extensions:
 * reasoning_content (DeepSeek, Qwen), reasoning (vLLM, OpenRouter), reasoning_details (OpenRouter, MiniMax),
 * lists of thinking (Mistral). This file has only tables, which wire.c uses. Invariant: each container on the
 * path to a row has a row. https://platform.openai.com/docs/api-reference/chat */
#include "wire/wire_choice.h"
#if USPAN_WIRE_OPENAI_CHAT

/* Tool calls. The name and arguments of a call are in its function, in its custom tool, or beside its id. */
#define CALLS(X, of)                                            \
    X(of ".tool_calls", TAKE_LIST)                              \
    X(of ".tool_calls.#", TAKE_CALL)                            \
    X(of ".tool_calls.#.index", TAKE_INDEX)                     \
    X(of ".tool_calls.#.id", TAKE_CALL_ID)                      \
    X(of ".tool_calls.#.type", TAKE_NOTHING)                    \
    X(of ".tool_calls.#.function", TAKE_NOTHING)                \
    X(of ".tool_calls.#", TAKE_LIKE)                            \
    X(of ".tool_calls.#.name", TAKE_NAME)                       \
    X(of ".tool_calls.#.arguments", TAKE_AS_IS(TAKE_ARGUMENTS)) \
    X(of ".tool_calls.#.custom", TAKE_NOTHING)                  \
    X(of ".tool_calls.#", TAKE_LIKE)                            \
    X(of ".tool_calls.#.input", TAKE_AS_IS(TAKE_ARGUMENTS))     \
    X(of ".function_call", TAKE_OLD_CALL)                       \
    X(of ".tool_calls.#", TAKE_LIKE)
/* Content is a text, a list of parts, or an object with a text. */
#define PARTS(X, of)                                    \
    X(of ".content", TAKE_TEXT)                         \
    X(of ".content.#", TAKE_PART)                       \
    X(of ".content.#.type", TAKE_TYPE)                  \
    X(of ".content.#.text", TAKE_TEXT)                  \
    X(of ".content.#.refusal", TAKE_REFUSAL)            \
    X(of ".content.#.thinking", TAKE_REASONING)         \
    X(of ".content.#.thinking.#", TAKE_REASONING)       \
    X(of ".content.#.thinking.#.text", TAKE_REASONING)  \
    X(of ".content.#.image_url", TAKE_URI)              \
    X(of ".content.#.image_url.url", TAKE_URI)          \
    X(of ".content.#.summary", TAKE_NOTHING)            \
    X(of ".content.#.summary.#", TAKE_NOTHING)          \
    X(of ".content.#.summary.#.text", TAKE_REASONING_2) \
    X(of ".content.text", TAKE_TEXT)
/* Reasoning is in one of these members, or repeated in two. */
#define REASONING(X, of)                                \
    X(of ".reasoning_content", TAKE_REASONING)          \
    X(of ".reasoning", TAKE_LIST)                       \
    X(of ".reasoning.#", TAKE_REASONING_2)              \
    X(of ".reasoning.#.text", TAKE_REASONING_2)         \
    X(of ".reasoning_text", TAKE_REASONING_3)           \
    X(of ".reasoning_details", TAKE_LIST)               \
    X(of ".reasoning_details.#", TAKE_NOTHING)          \
    X(of ".reasoning_details.#.text", TAKE_REASONING_3) \
    X(of ".reasoning_details.#.summary", TAKE_REASONING_3)

#define REQUEST(X)                                                \
    X("", TAKE_NOTHING)                                           \
    X("model", TAKE_MODEL)                                        \
    X("stream", TAKE_STREAM)                                      \
    X("temperature", TAKE_TEMPERATURE)                            \
    X("top_p", TAKE_TOP_P)                                        \
    X("top_k", TAKE_TOP_K)                                        \
    X("max_tokens", TAKE_MAX_TOKENS)                              \
    X("max_completion_tokens", TAKE_NEW_MAX_TOKENS)               \
    X("presence_penalty", TAKE_PRESENCE_PENALTY)                  \
    X("frequency_penalty", TAKE_FREQUENCY_PENALTY)                \
    X("seed", TAKE_SEED)                                          \
    X("n", TAKE_CHOICE_COUNT)                                     \
    X("stop", TAKE_LIST)                                          \
    X("stop.#", TAKE_STOP)                                        \
    X("response_format", TAKE_NOTHING)                            \
    X("response_format.type", TAKE_FORMAT)                        \
    X("service_tier", TAKE_REQUEST_TIER)                          \
    X("reasoning_effort", TAKE_REASONING_LEVEL)                   \
    X("reasoning", TAKE_NOTHING)                                  \
    X("reasoning.effort", TAKE_REASONING_LEVEL)                   \
    X("messages", TAKE_INPUT)                                     \
    X("messages.#", TAKE_MESSAGE)                                 \
    X("messages.#.role", TAKE_ROLE)                               \
    X("messages.#.name", TAKE_TO_NAME)                            \
    PARTS(X, "messages.#")                                        \
    X("messages.#.content.#.input_audio", TAKE_NOTHING)           \
    X("messages.#.content.#.input_audio.format", TAKE_MIME)       \
    X("messages.#.content.#.file", TAKE_NOTHING)                  \
    X("messages.#.content.#.file.file_id", TAKE_FILE)             \
    X("messages.#.content.#.file.file_data", TAKE_URI)            \
    X("messages.#.content.#.video_url", TAKE_URI)                 \
    X("messages.#.content.#.image_url", TAKE_LIKE)                \
    X("messages.#.content.#.audio_url", TAKE_URI)                 \
    X("messages.#.content.#.image_url", TAKE_LIKE)                \
    REASONING(X, "messages.#")                                    \
    X("messages.#.refusal", TAKE_REFUSAL)                         \
    X("messages.#.tool_call_id", TAKE_TO)                         \
    CALLS(X, "messages.#")                                        \
    X("tools", TAKE_TOOLS)                                        \
    X("tools.#", TAKE_DEFINITION)                                 \
    X("tools.#.type", TAKE_TYPE)                                  \
    X("tools.#.function", TAKE_NOTHING)                           \
    X("tools.#.function.name", TAKE_NAME)                         \
    X("tools.#.function.description", TAKE_DESCRIPTION)           \
    X("tools.#.function.parameters", TAKE_AS_IS(TAKE_PARAMETERS)) \
    X("tools.#.custom", TAKE_NOTHING)                             \
    X("tools.#.function", TAKE_LIKE)                              \
    X("tool_choice", TAKE_TOOL_CHOICE)                            \
    X("functions", TAKE_TOOLS)                                    \
    X("functions.#", TAKE_DEFINITION)                             \
    X("tools.#.function", TAKE_LIKE)
USPAN_JSON_TABLE(chat_request, REQUEST);

/* Members of an answer's message, or of a piece of it. */
#define MESSAGE(X, of)                         \
    X(of ".role", TAKE_NOTHING)                \
    PARTS(X, of)                               \
    REASONING(X, of)                           \
    X(of ".refusal", TAKE_REFUSAL)             \
    X(of ".audio", TAKE_NOTHING)               \
    X(of ".audio.transcript", TAKE_TRANSCRIPT) \
    X(of ".images", TAKE_LIST)                 \
    X(of ".images.#", TAKE_NOTHING)            \
    X(of ".images.#.image_url", TAKE_NOTHING)  \
    X(of ".images.#.image_url.url", TAKE_BLOB) \
    CALLS(X, of)
#define USAGE(X, usage)                                                                           \
    X(usage, TAKE_NOTHING)                                                                        \
    X(usage ".prompt_tokens", TAKE_TOKENS + USPAN_WIRE_INPUT)                                     \
    X(usage ".completion_tokens", TAKE_TOKENS + USPAN_WIRE_OUTPUT)                                \
    X(usage ".total_tokens", TAKE_TOKENS + USPAN_WIRE_TOTAL)                                      \
    X(usage ".cached_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_READ)                                \
    X(usage ".prompt_tokens_details", TAKE_NOTHING)                                               \
    X(usage ".prompt_tokens_details.cached_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_READ)          \
    X(usage ".prompt_tokens_details.cache_write_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_CREATION) \
    TAKE_MODALITIES(X, usage ".prompt_tokens_details", INPUT)                                     \
    TAKE_MODALITIES(X, usage ".completion_tokens_details", OUTPUT)                                \
    X(usage ".completion_tokens_details", TAKE_NOTHING)                                           \
    X(usage ".completion_tokens_details.reasoning_tokens", TAKE_TOKENS + USPAN_WIRE_REASONING)
#define ERROR(X, error)                   \
    X(error, TAKE_ERROR)                  \
    X(error ".#", TAKE_ERROR)             \
    X(error ".message", TAKE_ERROR)       \
    X(error ".type", TAKE_ERROR_TYPE)     \
    X(error ".status", TAKE_ERROR_STATUS) \
    X(error ".code", TAKE_ERROR_CODE)
/* Members that servers send in place of an error. Some servers send them beside a successful answer too. */
#define WEAK_ERRORS(X)                          \
    X("message", TAKE_WEAK_ERROR)               \
    X("msg", TAKE_WEAK_ERROR)                   \
    X("code", TAKE_WEAK_CODE)                   \
    X("detail", TAKE_WEAK_ERROR)                \
    X("detail.#", TAKE_WEAK_ERROR)              \
    X("detail.#.msg", TAKE_WEAK_ERROR)          \
    X("errors", TAKE_LIST)                      \
    X("errors.#", TAKE_WEAK_ERROR)              \
    X("errors.#.message", TAKE_WEAK_ERROR)      \
    X("errors.#.code", TAKE_WEAK_CODE)          \
    X("base_resp", TAKE_NOTHING)                \
    X("base_resp.status_code", TAKE_ERROR_CODE) \
    X("base_resp.status_msg", TAKE_WEAK_ERROR)  \
    X("error_code", TAKE_ERROR_CODE)            \
    X("error_msg", TAKE_WEAK_ERROR)

#define RESPONSE(X)                                                                                       \
    X("", TAKE_DOCUMENT)                                                                                  \
    X("id", TAKE_ID)                                                                                      \
    X("object", TAKE_NOTHING)                                                                             \
    X("created", TAKE_NOTHING)                                                                            \
    X("model", TAKE_RESPONSE_MODEL)                                                                       \
    X("service_tier", TAKE_RESPONSE_TIER)                                                                 \
    X("system_fingerprint", TAKE_FINGERPRINT)                                                             \
    X("choices", TAKE_LIST)                                                                               \
    X("choices.#", TAKE_CHOICE)                                                                           \
    X("choices.#.index", TAKE_CHOICE_INDEX)                                                               \
    X("choices.#.delta", TAKE_DELTA)                                                                      \
    MESSAGE(X, "choices.#.delta")                                                                         \
    X("choices.#.logprobs", TAKE_NOTHING)                                                                 \
    X("choices.#.finish_reason", TAKE_FINISH)                                                             \
    X("choices.#.message", TAKE_WHOLE)                                                                    \
    X("choices.#.delta", TAKE_LIKE)                                                                       \
    X("choices.#.error", TAKE_ERROR)                                                                      \
    X("error", TAKE_LIKE)                                                                                 \
    X("choices.#.usage", TAKE_NOTHING)                                                                    \
    X("usage", TAKE_LIKE)                                                                                 \
    USAGE(X, "usage")                                                                                     \
    X("usage.prompt_cache_hit_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_READ)                               \
    X("usage.prompt_token_details", TAKE_NOTHING)                                                         \
    X("usage.prompt_token_details.cached_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_READ)                    \
    X("usage.prompt_tokens_details.cache_creation_input_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_CREATION) \
    X("usage.prompt_tokens_details.cache_creation_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_CREATION)       \
    X("usage.num_cached_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_READ)                                     \
    X("usage.reasoning_tokens", TAKE_TOKENS + USPAN_WIRE_REASONING)                                       \
    X("usage.cache_read_input_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_READ)                               \
    X("usage.cache_creation_input_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_CREATION)                       \
    X("usage.input_tokens", TAKE_TOKENS + USPAN_WIRE_INPUT)                                               \
    X("usage.output_tokens", TAKE_TOKENS + USPAN_WIRE_OUTPUT)                                             \
    X("usage.input_tokens_details", TAKE_NOTHING)                                                         \
    X("usage.prompt_tokens_details", TAKE_LIKE)                                                           \
    X("usage.output_tokens_details", TAKE_NOTHING)                                                        \
    X("usage.completion_tokens_details", TAKE_LIKE)                                                       \
    X("timings", TAKE_NOTHING)                                                                            \
    X("timings.cache_n", TAKE_TOKENS + USPAN_WIRE_CACHE_READ)                                             \
    X("timings.prompt_n", TAKE_TOKENS + USPAN_WIRE_TOOL_PROMPT)                                           \
    X("timings.predicted_n", TAKE_TOKENS + USPAN_WIRE_OUTPUT)                                             \
    X("x_groq", TAKE_NOTHING)                                                                             \
    X("x_groq.error", TAKE_ERROR)                                                                         \
    X("error", TAKE_LIKE)                                                                                 \
    X("x_groq.usage", TAKE_NOTHING)                                                                       \
    X("usage", TAKE_LIKE)                                                                                 \
    ERROR(X, "error")                                                                                     \
    X("detail.message", TAKE_WEAK_ERROR)                                                                  \
    X("detail.error", TAKE_WEAK_ERROR)                                                                    \
    X("detail", TAKE_LIKE)                                                                                \
    X("error_message", TAKE_ERROR)                                                                        \
    X("error_type", TAKE_ERROR_TYPE)                                                                      \
    WEAK_ERRORS(X)
USPAN_JSON_TABLE(chat_response, RESPONSE);

const uspan_wire_dialect_t uspan_wire_openai_chat = { &chat_request,      &chat_response,
                                                      uspan_chat_begin,   uspan_wire_end_choice,
                                                      "openai",           "chat",
                                                      "chat_completions", USPAN_WIRE_DEPLOYMENTS };
#endif
