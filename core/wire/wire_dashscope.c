/* wire_dashscope.c: reads DashScope's own API for generation. An event repeats the complete answer so far,
 * unless the request has incremental_output, or the server sends pieces without it. This file has only
 * tables, which wire.c uses. Invariant: each container on the path to a row has a row.
 * https://help.aliyun.com/zh/model-studio/qwen-api-reference */
#include "wire/wire_choice.h"
#include "wire/wire_rows.h"
#if USPAN_WIRE_DASHSCOPE

#define RESPONSE(X)                                           \
    X("", TAKE_DOCUMENT)                                      \
    X("output", TAKE_NOTHING)                                 \
    X("output.text", TAKE_TEXT)                               \
    X("output.finish_reason", TAKE_FINISH)                    \
    X("output.choices", TAKE_LIST)                            \
    X("output.choices.#", TAKE_CHOICE)                        \
    X("output.choices.#.message", TAKE_DELTA)                 \
    X("messages.#", TAKE_LIKE)                                \
    X("messages.#.content", TAKE_TEXT)                        \
    X("messages.#.role", TAKE_NOTHING)                        \
    X("output.choices.#.finish_reason", TAKE_FINISH)          \
    X("output.choices.#.index", TAKE_CHOICE_INDEX)            \
    X("usage", TAKE_NOTHING)                                  \
    X("usage.total_tokens", TAKE_TOKENS + USPAN_WIRE_TOTAL)   \
    X("usage.input_tokens", TAKE_TOKENS + USPAN_WIRE_INPUT)   \
    X("usage.output_tokens", TAKE_TOKENS + USPAN_WIRE_OUTPUT) \
    X("request_id", TAKE_ID)
TAKE_TABLE_SHARED(chat_response, RESPONSE);

const uspan_wire_dialect_t uspan_wire_dashscope = { &uspan_wire_request_table, &chat_response,
                                                    uspan_wire_end_choice,     "dashscope",
                                                    USPAN_WIRE_CHAT,           USPAN_WIRE_CUMULATIVE };
#endif
