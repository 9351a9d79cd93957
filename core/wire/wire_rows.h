/* wire_rows.h: rows of OpenAI's messages, and of token counts, which several dialects share. Private to
 * core/wire. */
#ifndef USPAN_WIRE_WIRE_ROWS_H
#define USPAN_WIRE_WIRE_ROWS_H

#include "wire/wire_state.h"

/* Content is a text, a list of parts, or an object with a text. Reasoning is in one of several members, or
 * repeated in two. The name and arguments of a call are in its function, in its custom tool, or beside its
 * id. The rows that most answers need come first. */
#define TAKE_MESSAGE_ROWS(X)                                            \
    X("messages.#.role", TAKE_ROLE)                                     \
    X("messages.#.content", TAKE_TEXT)                                  \
    X("messages.#.reasoning_content", TAKE_LIST)                        \
    X("messages.#.reasoning_content.#", TAKE_REASONING)                 \
    X("messages.#.content.#.thinking.#", TAKE_LIKE)                     \
    X("messages.#.tool_calls", TAKE_LIST)                               \
    X("messages.#.tool_calls.#", TAKE_CALL)                             \
    X("messages.#.tool_calls.#.index", TAKE_INDEX)                      \
    X("messages.#.tool_calls.#.id", TAKE_CALL_ID)                       \
    X("messages.#.tool_calls.#.type", TAKE_NOTHING)                     \
    X("messages.#.tool_calls.#.function", TAKE_NOTHING)                 \
    X("messages.#.tool_calls.#", TAKE_LIKE)                             \
    X("messages.#.tool_calls.#.name", TAKE_NAME)                        \
    X("messages.#.tool_calls.#.arguments", TAKE_AS_IS(TAKE_ARGUMENTS))  \
    X("messages.#.tool_calls.#.parameters", TAKE_AS_IS(TAKE_ARGUMENTS)) \
    X("messages.#.tool_calls.#.custom", TAKE_NOTHING)                   \
    X("messages.#.tool_calls.#", TAKE_LIKE)                             \
    X("messages.#.tool_calls.#.input", TAKE_AS_IS(TAKE_ARGUMENTS))      \
    X("messages.#.function_call", TAKE_OLD_CALL)                        \
    X("messages.#.tool_calls.#", TAKE_LIKE)                             \
    X("messages.#.content.#", TAKE_PART)                                \
    X("messages.#.content.#.type", TAKE_TYPE)                           \
    X("messages.#.content.#.text", TAKE_TEXT)                           \
    X("messages.#.content.#.refusal", TAKE_REFUSAL)                     \
    X("messages.#.content.#.id", TAKE_CALL_ID)                          \
    X("messages.#.content.#.name", TAKE_NAME)                           \
    X("messages.#.content.#.input", TAKE_AS_IS(TAKE_ARGUMENTS))         \
    X("messages.#.content.#.thinking", TAKE_REASONING)                  \
    X("messages.#.content.#.thinking.#", TAKE_REASONING)                \
    X("messages.#.content.#.thinking.#.text", TAKE_REASONING)           \
    X("messages.#.content.#.thinking.#.thinking", TAKE_REASONING)       \
    X("messages.#.content.#.image_url", TAKE_URI)                       \
    X("messages.#.content.#.image_url.url", TAKE_URI)                   \
    X("messages.#.content.#.image", TAKE_URI)                           \
    X("messages.#.content.#.summary", TAKE_NOTHING)                     \
    X("messages.#.content.#.summary.#", TAKE_REASONING_2)               \
    X("messages.#.content.#.summary.#.text", TAKE_REASONING_2)          \
    X("messages.#.content.text", TAKE_TEXT)                             \
    X("messages.#.reasoning", TAKE_LIST)                                \
    X("messages.#.reasoning.#", TAKE_REASONING_2)                       \
    X("messages.#.reasoning.#.text", TAKE_REASONING_2)                  \
    X("messages.#.reasoning.#.content", TAKE_REASONING_2)               \
    X("messages.#.reasoning.#.summary", TAKE_REASONING_2)               \
    X("messages.#.reasoning", TAKE_LIKE)                                \
    X("messages.#.reasoning_text", TAKE_REASONING_3)                    \
    X("messages.#.reasoning_details", TAKE_LIST)                        \
    X("messages.#.reasoning_details.#", TAKE_REASONING_3)               \
    X("messages.#.reasoning_details.#.text", TAKE_REASONING_3)          \
    X("messages.#.reasoning_details.#.summary", TAKE_REASONING_3)       \
    X("messages.#.reasoning_details.#.content", TAKE_REASONING_3)       \
    X("messages.#.reasoning_details.#.thinking", TAKE_REASONING_3)      \
    X("messages.#.thinking_blocks", TAKE_NOTHING)                       \
    X("messages.#.reasoning_details", TAKE_LIKE)                        \
    X("messages.#.thinking", TAKE_REASONING_3)                          \
    X("messages.#.reasoning_details.#", TAKE_LIKE)                      \
    X("messages.#.executed_tools", TAKE_LIST)                           \
    X("messages.#.executed_tools.#", TAKE_CALL)                         \
    X("messages.#.executed_tools.#.type", TAKE_NAME)                    \
    X("messages.#.executed_tools.#.arguments", TAKE_ARGUMENTS)          \
    X("messages.#.executed_tools.#.output", TAKE_RESPONSE)              \
    X("messages.#.refusal", TAKE_REFUSAL)                               \
    X("messages.#.images", TAKE_LIST)                                   \
    X("messages.#.images.#", TAKE_BLOB)                                 \
    X("messages.#.images.#.image_url", TAKE_NOTHING)                    \
    X("messages.#.images.#.image_url.url", TAKE_BLOB)
/* Token counts, with the names of OpenAI's two APIs and of servers that are compatible to them. */
#define TAKE_USAGE_ROWS(X)                                                                                \
    X("usage", TAKE_NOTHING)                                                                              \
    X("usage.prompt_tokens", TAKE_TOKENS + USPAN_WIRE_INPUT)                                              \
    X("usage.completion_tokens", TAKE_TOKENS + USPAN_WIRE_OUTPUT)                                         \
    X("usage.total_tokens", TAKE_TOKENS + USPAN_WIRE_TOTAL)                                               \
    X("usage.cached_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_READ)                                         \
    X("usage.prompt_tokens_details", TAKE_NOTHING)                                                        \
    X("usage.prompt_tokens_details.cached_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_READ)                   \
    X("usage.prompt_tokens_details.cache_write_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_CREATION)          \
    TAKE_MODALITIES(X, "usage.prompt_tokens_details", INPUT)                                              \
    TAKE_MODALITIES(X, "usage.completion_tokens_details", OUTPUT)                                         \
    X("usage.completion_tokens_details", TAKE_NOTHING)                                                    \
    X("usage.completion_tokens_details.reasoning_tokens", TAKE_TOKENS + USPAN_WIRE_REASONING)             \
    X("usage.prompt_cache_hit_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_READ)                               \
    X("usage.prompt_token_details", TAKE_NOTHING)                                                         \
    X("usage.prompt_tokens_details", TAKE_LIKE)                                                           \
    X("usage.prompt_tokens_details.cache_creation_input_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_CREATION) \
    X("usage.prompt_tokens_details.cache_creation_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_CREATION)       \
    X("usage.num_cached_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_READ)                                     \
    X("usage.precached_prompt_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_READ)                               \
    X("usage.reasoning_tokens", TAKE_TOKENS + USPAN_WIRE_REASONING)                                       \
    X("usage.cache_read_input_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_READ)                               \
    X("usage.cache_creation_input_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_CREATION)                       \
    X("usage.input_tokens", TAKE_TOKENS + USPAN_WIRE_INPUT)                                               \
    X("usage.output_tokens", TAKE_TOKENS + USPAN_WIRE_OUTPUT)                                             \
    X("usage.input_tokens_details", TAKE_NOTHING)                                                         \
    X("usage.prompt_tokens_details", TAKE_LIKE)                                                           \
    X("usage.output_tokens_details", TAKE_NOTHING)                                                        \
    X("usage.completion_tokens_details", TAKE_LIKE)
/* Members that items of a response have in its request too. */
#if USPAN_WIRE_OPENAI_RESPONSES
#define TAKE_ITEM_ROWS(X)                               \
    X("output.#.type", TAKE_TYPE)                       \
    X("output.#.id", TAKE_ITEM_ID)                      \
    X("output.#.call_id", TAKE_CALL_ID)                 \
    X("output.#.name", TAKE_NAME)                       \
    X("output.#.arguments", TAKE_AS_IS(TAKE_ARGUMENTS)) \
    X("output.#.input", TAKE_AS_IS(TAKE_ARGUMENTS))     \
    X("output.#.action", TAKE_AS_IS(TAKE_ARGUMENTS))    \
    X("output.#.actions", TAKE_AS_IS(TAKE_ARGUMENTS))   \
    X("output.#.operation", TAKE_AS_IS(TAKE_ARGUMENTS)) \
    X("output.#.output", TAKE_AS_IS(TAKE_RESPONSE))     \
    X("output.#.content", TAKE_TEXT)                    \
    X("output.#.summary", TAKE_NOTHING)
#else
#define TAKE_ITEM_ROWS(X)
#endif
/* Rows that are tried after those of an answer, and before the rows for errors. */
extern const uspan_json_table_t uspan_wire_shared_table;
#define TAKE_TABLE_SHARED(name, ROWS) USPAN_JSON_TABLE_OF(name, ROWS, &uspan_wire_shared_table)

#endif
