/* wire_openai.c: reads OpenAI's chat completions, and compatible servers with their extensions. Extensions:
 * reasoning_content (DeepSeek, Qwen), reasoning (vLLM, OpenRouter), reasoning_details (OpenRouter, MiniMax),
 * lists of thinking (Mistral). This file has only tables, which wire.c uses. Invariant: each container on the
 * path to a row has a row. https://platform.openai.com/docs/api-reference/chat */
#include "wire/wire_choice.h"
#include "wire/wire_rows.h"
#if USPAN_WIRE_OPENAI_CHAT

/* Members of an answer's message, or of a piece of it. */
#define MESSAGE(X, of)                         \
    X(of ".role", TAKE_NOTHING)                \
    TAKE_CONTENT_PARTS(X, of)                  \
    TAKE_REASONING_MEMBERS(X, of)              \
    X(of ".refusal", TAKE_REFUSAL)             \
    X(of ".audio", TAKE_NOTHING)               \
    X(of ".audio.transcript", TAKE_TRANSCRIPT) \
    X(of ".images", TAKE_LIST)                 \
    X(of ".images.#", TAKE_NOTHING)            \
    X(of ".images.#.image_url", TAKE_NOTHING)  \
    X(of ".images.#.image_url.url", TAKE_BLOB) \
    TAKE_CALL_MEMBERS(X, of)
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
    X("choices.#.text", TAKE_TRANSCRIPT)                                                                  \
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
    X("done", TAKE_DONE)                                                                                  \
    X("x_groq", TAKE_NOTHING)                                                                             \
    X("x_groq.error", TAKE_ERROR)                                                                         \
    X("error", TAKE_LIKE)                                                                                 \
    X("x_groq.usage", TAKE_NOTHING)                                                                       \
    X("usage", TAKE_LIKE)
TAKE_TABLE(chat_response, RESPONSE);

const uspan_wire_dialect_t uspan_wire_openai_chat = { &uspan_wire_request_table,
                                                      &chat_response,
                                                      uspan_chat_begin,
                                                      uspan_wire_end_choice,
                                                      "openai",
                                                      "chat",
                                                      "chat_completions",
                                                      USPAN_WIRE_DEPLOYMENTS };
#endif
