/* wire_anthropic.c: Anthropic's messages. A block that streams in is begun by content_block, which clears
 * what was before; deltas add to it. https://docs.anthropic.com/en/api/messages, .../messages-streaming */
#include "wire_read.h"
#if USPAN_WIRE_ANTHROPIC

#define REQUEST(X)                                               \
    X("model", TAKE_MODEL)                                       \
    X("stream", TAKE_STREAM)                                     \
    X("max_tokens", TAKE_MAX_TOKENS)                             \
    X("temperature", TAKE_TEMPERATURE)                           \
    X("top_p", TAKE_TOP_P)                                       \
    X("top_k", TAKE_TOP_K)                                       \
    X("stop_sequences.#", TAKE_STOP)                             \
    X("service_tier", TAKE_NOTHING)                              \
    X("system", TAKE_SYSTEM)                                     \
    X("system.#", TAKE_PART)                                     \
    X("system.#.text", TAKE_TEXT)                                \
    X("messages", TAKE_INPUT)                                    \
    X("messages.#", TAKE_MESSAGE)                                \
    X("messages.#.role", TAKE_ROLE)                              \
    X("messages.#.content", TAKE_TEXT)                           \
    X("messages.#.content.#", TAKE_PART)                         \
    X("messages.#.content.#.text", TAKE_TEXT)                    \
    X("messages.#.content.#.thinking", TAKE_REASONING)           \
    X("messages.#.content.#.id", TAKE_CALL_ID)                   \
    X("messages.#.content.#.name", TAKE_CALL_NAME)               \
    X("messages.#.content.#.input", TAKE_AS_IS(TAKE_ARGUMENTS))  \
    X("messages.#.content.#.tool_use_id", TAKE_RESPONSE_TO)      \
    X("messages.#.content.#.content", TAKE_AS_IS(TAKE_RESPONSE)) \
    X("messages.#.content.#.source.media_type", TAKE_MIME)       \
    X("messages.#.content.#.source.url", TAKE_URI)               \
    X("messages.#.content.#.source.file_id", TAKE_FILE)          \
    X("tools", TAKE_TOOLS)                                       \
    X("tools.#", TAKE_DEFINITION)                                \
    X("tools.#.type", TAKE_DEFINITION_TYPE)                      \
    X("tools.#.name", TAKE_DEFINITION_NAME)                      \
    X("tools.#.description", TAKE_DESCRIPTION)                   \
    X("tools.#.input_schema", TAKE_AS_IS(TAKE_PARAMETERS))       \
    X("tool_choice.type", TAKE_TOOL_CHOICE)
USPAN_JSON_TABLE(request, REQUEST);

#define RESPONSE(X)                                                                         \
    X("", TAKE_DOCUMENT)                                                                    \
    X("type", TAKE_NOTHING)                                                                 \
    X("index", TAKE_NOTHING)                                                                \
    X("delta", TAKE_NOTHING)                                                                \
    X("delta.type", TAKE_NOTHING)                                                           \
    X("delta.text", TAKE_TEXT)                                                              \
    X("delta.thinking", TAKE_REASONING)                                                     \
    X("delta.partial_json", TAKE_ARGUMENTS)                                                 \
    X("delta.stop_reason", TAKE_FINISH)                                                     \
    X("content_block", TAKE_PART)                                                           \
    X("content_block.id", TAKE_CALL_ID)                                                     \
    X("content_block.name", TAKE_CALL_NAME)                                                 \
    X("content_block.text", TAKE_TEXT)                                                      \
    X("content_block.thinking", TAKE_REASONING)                                             \
    X("content_block.tool_use_id", TAKE_RESPONSE_TO)                                        \
    X("content_block.content", TAKE_AS_IS(TAKE_RESPONSE))                                   \
    X("message.id", TAKE_ID)                                                                \
    X("message.model", TAKE_RESPONSE_MODEL)                                                 \
    X("message.usage.input_tokens", TAKE_TOKENS + USPAN_WIRE_INPUT)                         \
    X("message.usage.cache_creation_input_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_CREATION) \
    X("message.usage.cache_read_input_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_READ)         \
    X("message.usage.output_tokens", TAKE_TOKENS + USPAN_WIRE_OUTPUT)                       \
    X("id", TAKE_ID)                                                                        \
    X("model", TAKE_RESPONSE_MODEL)                                                         \
    X("content.#", TAKE_PART)                                                               \
    X("content.#.text", TAKE_TEXT)                                                          \
    X("content.#.thinking", TAKE_REASONING)                                                 \
    X("content.#.id", TAKE_CALL_ID)                                                         \
    X("content.#.name", TAKE_CALL_NAME)                                                     \
    X("content.#.input", TAKE_AS_IS(TAKE_ARGUMENTS))                                        \
    X("content.#.tool_use_id", TAKE_RESPONSE_TO)                                            \
    X("content.#.content", TAKE_AS_IS(TAKE_RESPONSE))                                       \
    X("stop_reason", TAKE_FINISH)                                                           \
    X("usage.input_tokens", TAKE_TOKENS + USPAN_WIRE_INPUT)                                 \
    X("usage.cache_creation_input_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_CREATION)         \
    X("usage.cache_read_input_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_READ)                 \
    X("usage.output_tokens", TAKE_TOKENS + USPAN_WIRE_OUTPUT)                               \
    X("error", TAKE_ERROR)                                                                  \
    X("error.type", TAKE_ERROR_TYPE)                                                        \
    X("error.message", TAKE_ERROR)
USPAN_JSON_TABLE(response, RESPONSE);

const uspan_wire_dialect_t uspan_wire_anthropic = {
    &request, &response, uspan_chat_begin, "anthropic", "chat", NULL, USPAN_WIRE_INPUT_UNCACHED, NULL
};
#endif
