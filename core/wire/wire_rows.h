/* wire_rows.h: rows of OpenAI's messages, which requests and answers have. Private to core/wire. */
#ifndef USPAN_WIRE_WIRE_ROWS_H
#define USPAN_WIRE_WIRE_ROWS_H

#include "wire/wire_state.h"

/* Tool calls. The name and arguments of a call are in its function, in its custom tool, or beside its id. */
#define TAKE_CALL_MEMBERS(X, of)                                \
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
#define TAKE_CONTENT_PARTS(X, of)                       \
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
    X(of ".content.#.summary.#", TAKE_REASONING_2)      \
    X(of ".content.#.summary.#.text", TAKE_REASONING_2) \
    X(of ".content.text", TAKE_TEXT)
/* Reasoning is in one of these members, or repeated in two. */
#define TAKE_REASONING_MEMBERS(X, of)                   \
    X(of ".reasoning_content", TAKE_REASONING)          \
    X(of ".reasoning", TAKE_LIKE)                       \
    X(of ".reasoning", TAKE_LIST)                       \
    X(of ".reasoning.#", TAKE_REASONING_2)              \
    X(of ".reasoning.#.text", TAKE_REASONING_2)         \
    X(of ".reasoning.#.content", TAKE_REASONING_2)      \
    X(of ".reasoning_text", TAKE_REASONING_3)           \
    X(of ".reasoning_details", TAKE_LIST)               \
    X(of ".reasoning_details.#", TAKE_REASONING_3)      \
    X(of ".reasoning_details.#.text", TAKE_REASONING_3) \
    X(of ".reasoning_details.#.summary", TAKE_REASONING_3)

#endif
