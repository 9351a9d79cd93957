/* wire_ollama.c: reads Ollama's chat. An answer has one document per line, unless the request
 * disables streaming. This file has only tables, which wire.c uses. Invariant: each container on the path to
 * a row has a row. https://github.com/ollama/ollama/blob/main/docs/api.md */
#include "wire/wire_choice.h"
#if USPAN_WIRE_OLLAMA

#define REQUEST(X)                                                              \
    X("", TAKE_NOTHING)                                                         \
    X("model", TAKE_MODEL)                                                      \
    X("stream", TAKE_STREAM)                                                    \
    X("format", TAKE_FORMAT)                                                    \
    X("options", TAKE_NOTHING)                                                  \
    X("options.temperature", TAKE_TEMPERATURE)                                  \
    X("options.top_p", TAKE_TOP_P)                                              \
    X("options.top_k", TAKE_TOP_K)                                              \
    X("options.seed", TAKE_SEED)                                                \
    X("options.num_predict", TAKE_MAX_TOKENS)                                   \
    X("options.presence_penalty", TAKE_PRESENCE_PENALTY)                        \
    X("options.frequency_penalty", TAKE_FREQUENCY_PENALTY)                      \
    X("options.stop", TAKE_LIST)                                                \
    X("options.stop.#", TAKE_STOP)                                              \
    X("messages", TAKE_INPUT)                                                   \
    X("messages.#", TAKE_MESSAGE)                                               \
    X("messages.#.role", TAKE_ROLE)                                             \
    X("messages.#.content", TAKE_TEXT)                                          \
    X("messages.#.thinking", TAKE_REASONING)                                    \
    X("messages.#.images", TAKE_LIST)                                           \
    X("messages.#.images.#", TAKE_BLOB)                                         \
    X("messages.#.tool_call_id", TAKE_TO)                                       \
    X("messages.#.tool_name", TAKE_TO_NAME)                                     \
    X("messages.#.name", TAKE_TO_NAME)                                          \
    X("messages.#.tool_calls", TAKE_LIST)                                       \
    X("messages.#.tool_calls.#", TAKE_CALL)                                     \
    X("messages.#.tool_calls.#.id", TAKE_CALL_ID)                               \
    X("messages.#.tool_calls.#.function", TAKE_NOTHING)                         \
    X("messages.#.tool_calls.#.function.name", TAKE_NAME)                       \
    X("messages.#.tool_calls.#.function.arguments", TAKE_AS_IS(TAKE_ARGUMENTS)) \
    X("tools", TAKE_TOOLS)                                                      \
    X("tools.#", TAKE_DEFINITION)                                               \
    X("tools.#.type", TAKE_TYPE)                                                \
    X("tools.#.function", TAKE_NOTHING)                                         \
    X("tools.#.function.name", TAKE_NAME)                                       \
    X("tools.#.function.description", TAKE_DESCRIPTION)                         \
    X("tools.#.function.parameters", TAKE_AS_IS(TAKE_PARAMETERS))
USPAN_JSON_TABLE(chat_request, REQUEST);

#define RESPONSE(X)                                                          \
    X("", TAKE_DOCUMENT)                                                     \
    X("model", TAKE_RESPONSE_MODEL)                                          \
    X("created_at", TAKE_NOTHING)                                            \
    X("message", TAKE_DELTA)                                                 \
    X("message.role", TAKE_NOTHING)                                          \
    X("message.content", TAKE_TEXT)                                          \
    X("message.thinking", TAKE_REASONING)                                    \
    X("message.tool_calls", TAKE_LIST)                                       \
    X("message.tool_calls.#", TAKE_CALL)                                     \
    X("message.tool_calls.#.id", TAKE_CALL_ID)                               \
    X("message.tool_calls.#.function", TAKE_NOTHING)                         \
    X("message.tool_calls.#.function.name", TAKE_NAME)                       \
    X("message.tool_calls.#.function.arguments", TAKE_AS_IS(TAKE_ARGUMENTS)) \
    X("done", TAKE_DONE)                                                     \
    X("done_reason", TAKE_FINISH)                                            \
    X("prompt_eval_count", TAKE_TOKENS + USPAN_WIRE_INPUT)                   \
    X("eval_count", TAKE_TOKENS + USPAN_WIRE_OUTPUT)                         \
    X("error", TAKE_ERROR)                                                   \
    X("error.message", TAKE_ERROR)                                           \
    X("error.type", TAKE_ERROR_TYPE)                                         \
    X("error.code", TAKE_ERROR_CODE)                                         \
    X("detail", TAKE_WEAK_ERROR)                                             \
    X("code", TAKE_WEAK_CODE)
USPAN_JSON_TABLE(chat_response, RESPONSE);

const uspan_wire_dialect_t uspan_wire_ollama = { &chat_request,
                                                 &chat_response,
                                                 uspan_chat_begin,
                                                 uspan_wire_end_choice,
                                                 "ollama",
                                                 "chat",
                                                 NULL,
                                                 USPAN_WIRE_LINES | USPAN_WIRE_WHOLE_CALLS };
#endif
