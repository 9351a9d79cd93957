/* wire_dashscope.c: reads DashScope's own API for generation. An event repeats the complete answer so far,
 * unless the request has incremental_output, or the server sends pieces without it. This file has only
 * tables, which wire.c uses. Invariant: each container on the path to a row has a row.
 * https://help.aliyun.com/zh/model-studio/qwen-api-reference */
#include "wire/wire_choice.h"
#if USPAN_WIRE_DASHSCOPE

#define CALLS(X, of)                               \
    X(of ".tool_calls", TAKE_LIST)                 \
    X(of ".tool_calls.#", TAKE_CALL)               \
    X(of ".tool_calls.#.index", TAKE_INDEX)        \
    X(of ".tool_calls.#.id", TAKE_CALL_ID)         \
    X(of ".tool_calls.#.function", TAKE_NOTHING)   \
    X(of ".tool_calls.#.function.name", TAKE_NAME) \
    X(of ".tool_calls.#.function.arguments", TAKE_AS_IS(TAKE_ARGUMENTS))
#define REQUEST(X)                                                           \
    X("", TAKE_NOTHING)                                                      \
    X("model", TAKE_MODEL)                                                   \
    X("input", TAKE_NOTHING)                                                 \
    X("input.prompt", TAKE_INPUT)                                            \
    X("input.messages", TAKE_INPUT)                                          \
    X("input.messages.#", TAKE_MESSAGE)                                      \
    X("input.messages.#.role", TAKE_ROLE)                                    \
    X("input.messages.#.content", TAKE_TEXT)                                 \
    X("input.messages.#.content.#", TAKE_PART)                               \
    X("input.messages.#.content.#.text", TAKE_TEXT)                          \
    X("input.messages.#.content.#.image", TAKE_URI)                          \
    X("input.messages.#.reasoning_content", TAKE_REASONING)                  \
    X("input.messages.#.tool_call_id", TAKE_TO)                              \
    X("input.messages.#.name", TAKE_TO_NAME)                                 \
    CALLS(X, "input.messages.#")                                             \
    X("parameters", TAKE_NOTHING)                                            \
    X("parameters.incremental_output", TAKE_INCREMENTAL)                     \
    X("parameters.temperature", TAKE_TEMPERATURE)                            \
    X("parameters.top_p", TAKE_TOP_P)                                        \
    X("parameters.top_k", TAKE_TOP_K)                                        \
    X("parameters.presence_penalty", TAKE_PRESENCE_PENALTY)                  \
    X("parameters.max_tokens", TAKE_MAX_TOKENS)                              \
    X("parameters.seed", TAKE_SEED)                                          \
    X("parameters.n", TAKE_CHOICE_COUNT)                                     \
    X("parameters.stop", TAKE_LIST)                                          \
    X("parameters.stop.#", TAKE_STOP)                                        \
    X("parameters.response_format", TAKE_NOTHING)                            \
    X("parameters.response_format.type", TAKE_FORMAT)                        \
    X("parameters.tools", TAKE_TOOLS)                                        \
    X("parameters.tools.#", TAKE_DEFINITION)                                 \
    X("parameters.tools.#.type", TAKE_TYPE)                                  \
    X("parameters.tools.#.function", TAKE_NOTHING)                           \
    X("parameters.tools.#.function.name", TAKE_NAME)                         \
    X("parameters.tools.#.function.description", TAKE_DESCRIPTION)           \
    X("parameters.tools.#.function.parameters", TAKE_AS_IS(TAKE_PARAMETERS)) \
    X("parameters.tool_choice", TAKE_TOOL_CHOICE)
USPAN_JSON_TABLE(chat_request, REQUEST);

#define ERROR(X)                     \
    X("code", TAKE_WEAK_CODE)        \
    X("message", TAKE_WEAK_ERROR)    \
    X("error", TAKE_ERROR)           \
    X("error.message", TAKE_ERROR)   \
    X("error.type", TAKE_ERROR_TYPE) \
    X("error.code", TAKE_ERROR_CODE)
#define RESPONSE(X)                                                                                       \
    X("", TAKE_DOCUMENT)                                                                                  \
    X("output", TAKE_NOTHING)                                                                             \
    X("output.text", TAKE_TEXT)                                                                           \
    X("output.finish_reason", TAKE_FINISH)                                                                \
    X("output.choices", TAKE_LIST)                                                                        \
    X("output.choices.#", TAKE_CHOICE)                                                                    \
    X("output.choices.#.message", TAKE_DELTA)                                                             \
    X("output.choices.#.message.content", TAKE_TEXT)                                                      \
    X("output.choices.#.message.role", TAKE_NOTHING)                                                      \
    X("output.choices.#.message.content.#", TAKE_PART)                                                    \
    X("output.choices.#.message.content.#.text", TAKE_TEXT)                                               \
    X("output.choices.#.message.content.#.image", TAKE_URI)                                               \
    X("output.choices.#.message.reasoning_content", TAKE_REASONING)                                       \
    CALLS(X, "output.choices.#.message")                                                                  \
    X("output.choices.#.finish_reason", TAKE_FINISH)                                                      \
    X("output.choices.#.index", TAKE_CHOICE_INDEX)                                                        \
    X("usage", TAKE_NOTHING)                                                                              \
    X("usage.total_tokens", TAKE_TOKENS + USPAN_WIRE_TOTAL)                                               \
    X("usage.input_tokens", TAKE_TOKENS + USPAN_WIRE_INPUT)                                               \
    X("usage.output_tokens", TAKE_TOKENS + USPAN_WIRE_OUTPUT)                                             \
    X("usage.prompt_tokens_details", TAKE_NOTHING)                                                        \
    X("usage.prompt_tokens_details.cached_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_READ)                   \
    X("usage.prompt_tokens_details.cache_creation_input_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_CREATION) \
    X("usage.output_tokens_details", TAKE_NOTHING)                                                        \
    X("usage.output_tokens_details.reasoning_tokens", TAKE_TOKENS + USPAN_WIRE_REASONING)                 \
    X("request_id", TAKE_ID)                                                                              \
    ERROR(X)
USPAN_JSON_TABLE(chat_response, RESPONSE);

const uspan_wire_dialect_t uspan_wire_dashscope = {
    &chat_request, &chat_response, uspan_chat_begin,     uspan_wire_end_choice, "dashscope",
    "chat",        NULL,           USPAN_WIRE_CUMULATIVE
};
#endif
