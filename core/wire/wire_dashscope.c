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
    X("request_id", TAKE_ID)
TAKE_TABLE(chat_response, RESPONSE);

const uspan_wire_dialect_t uspan_wire_dashscope = { &uspan_wire_request_table,
                                                    &chat_response,
                                                    uspan_chat_begin,
                                                    uspan_wire_end_choice,
                                                    "dashscope",
                                                    "chat",
                                                    NULL,
                                                    USPAN_WIRE_CUMULATIVE };
#endif
