/* wire_openai.c: reads OpenAI's chat completions, and compatible servers with their extensions. Extensions:
 * reasoning_content (DeepSeek, Qwen), reasoning (vLLM, OpenRouter), reasoning_details (OpenRouter, MiniMax),
 * lists of thinking (Mistral). This file has only tables, which wire.c uses. Invariant: each container on the
 * path to a row has a row. https://platform.openai.com/docs/api-reference/chat */
#include "wire/wire_choice.h"
#include "wire/wire_rows.h"
#if USPAN_WIRE_OPENAI_CHAT

#define RESPONSE(X)                                             \
    X("", TAKE_DOCUMENT)                                        \
    X("id", TAKE_ID)                                            \
    X("object", TAKE_NOTHING)                                   \
    X("created", TAKE_NOTHING)                                  \
    X("model", TAKE_RESPONSE_MODEL)                             \
    X("service_tier", TAKE_RESPONSE_TIER)                       \
    X("system_fingerprint", TAKE_FINGERPRINT)                   \
    X("choices", TAKE_LIST)                                     \
    X("choices.#", TAKE_CHOICE)                                 \
    X("choices.#.index", TAKE_CHOICE_INDEX)                     \
    X("choices.#.delta", TAKE_DELTA)                            \
    X("messages.#", TAKE_LIKE)                                  \
    X("messages.#.role", TAKE_NOTHING)                          \
    X("messages.#.content", TAKE_TEXT)                          \
    X("choices.#.logprobs", TAKE_NOTHING)                       \
    X("choices.#.finish_reason", TAKE_FINISH)                   \
    X("choices.#.message", TAKE_WHOLE)                          \
    X("messages.#", TAKE_LIKE)                                  \
    X("messages.#.usage", TAKE_NOTHING)                         \
    X("usage", TAKE_LIKE)                                       \
    X("messages.#.audio", TAKE_NOTHING)                         \
    X("messages.#.audio.transcript", TAKE_TRANSCRIPT)           \
    X("choices.#.text", TAKE_TRANSCRIPT)                        \
    X("choices.#.error", TAKE_ERROR)                            \
    X("error", TAKE_LIKE)                                       \
    X("choices.#.usage", TAKE_NOTHING)                          \
    X("usage", TAKE_LIKE)                                       \
    X("usage", TAKE_NOTHING)                                    \
    X("timings", TAKE_NOTHING)                                  \
    X("timings.cache_n", TAKE_TOKENS + USPAN_WIRE_CACHE_READ)   \
    X("timings.prompt_n", TAKE_TOKENS + USPAN_WIRE_TOOL_PROMPT) \
    X("timings.predicted_n", TAKE_TOKENS + USPAN_WIRE_OUTPUT)   \
    X("done", TAKE_DONE)                                        \
    X("result", TAKE_TEXT)                                      \
    X("function_call", TAKE_OLD_CALL)                           \
    X("messages.#.tool_calls.#", TAKE_LIKE)                     \
    X("data", TAKE_NOTHING)                                     \
    X("", TAKE_LIKE)                                            \
    X("is_end", TAKE_DONE)                                      \
    X("x_groq", TAKE_NOTHING)                                   \
    X("choices.#", TAKE_LIKE)
TAKE_TABLE_SHARED(chat_response, RESPONSE);

const uspan_wire_dialect_t uspan_wire_openai_chat = {
    &uspan_wire_request_table, &chat_response,
    uspan_wire_end_choice,     "openai",
    USPAN_WIRE_CHAT,           USPAN_WIRE_DEPLOYMENTS | USPAN_WIRE_CHAT_API
};
const uspan_wire_dialect_t uspan_wire_openai_completions = {
    &uspan_wire_request_table, &chat_response,        uspan_wire_end_choice, "openai",
    USPAN_WIRE_COMPLETION,     USPAN_WIRE_DEPLOYMENTS
};
#endif
