/* wire_dashscope.c: DashScope's own form of generation and embeddings; an event has all of the answer so far,
 * unless incremental_output was asked for. https://help.aliyun.com/zh/model-studio/qwen-api-reference */
#include "wire_read.h"
#if USPAN_WIRE_DASHSCOPE

#define REQUEST(X)                                                           \
    X("model", TAKE_MODEL)                                                   \
    X("input.prompt", TAKE_INPUT)                                            \
    X("input.messages", TAKE_INPUT)                                          \
    X("input.messages.#", TAKE_MESSAGE)                                      \
    X("input.messages.#.role", TAKE_ROLE)                                    \
    X("input.messages.#.content", TAKE_TEXT)                                 \
    X("input.messages.#.content.#", TAKE_PART)                               \
    X("input.messages.#.content.#.text", TAKE_TEXT)                          \
    X("input.messages.#.content.#.image", TAKE_URI)                          \
    X("input.messages.#.reasoning_content", TAKE_REASONING)                  \
    X("input.messages.#.tool_call_id", TAKE_RESPONSE_TO)                     \
    X("input.messages.#.tool_calls.#", TAKE_CALL)                            \
    X("input.messages.#.tool_calls.#.id", TAKE_CALL_ID)                      \
    X("input.messages.#.tool_calls.#.function.name", TAKE_CALL_NAME)         \
    X("input.messages.#.tool_calls.#.function.arguments", TAKE_ARGUMENTS)    \
    X("parameters.incremental_output", TAKE_INCREMENTAL)                     \
    X("parameters.temperature", TAKE_TEMPERATURE)                            \
    X("parameters.top_p", TAKE_TOP_P)                                        \
    X("parameters.top_k", TAKE_TOP_K)                                        \
    X("parameters.presence_penalty", TAKE_PRESENCE_PENALTY)                  \
    X("parameters.max_tokens", TAKE_MAX_TOKENS)                              \
    X("parameters.seed", TAKE_SEED)                                          \
    X("parameters.n", TAKE_CHOICE_COUNT)                                     \
    X("parameters.stop", TAKE_STOP)                                          \
    X("parameters.stop.#", TAKE_STOP)                                        \
    X("parameters.response_format.type", TAKE_FORMAT)                        \
    X("parameters.tools", TAKE_TOOLS)                                        \
    X("parameters.tools.#", TAKE_DEFINITION)                                 \
    X("parameters.tools.#.type", TAKE_DEFINITION_TYPE)                       \
    X("parameters.tools.#.function.name", TAKE_DEFINITION_NAME)              \
    X("parameters.tools.#.function.description", TAKE_DESCRIPTION)           \
    X("parameters.tools.#.function.parameters", TAKE_AS_IS(TAKE_PARAMETERS)) \
    X("parameters.tool_choice", TAKE_TOOL_CHOICE)
USPAN_JSON_TABLE(chat_request, REQUEST);

#define RESPONSE(X)                                                                       \
    X("", TAKE_DOCUMENT)                                                                  \
    X("output", TAKE_NOTHING)                                                             \
    X("output.text", TAKE_TEXT)                                                           \
    X("output.finish_reason", TAKE_FINISH)                                                \
    X("output.choices", TAKE_NOTHING)                                                     \
    X("output.choices.#", TAKE_CHOICE)                                                    \
    X("output.choices.#.message", TAKE_DELTA)                                             \
    X("output.choices.#.message.content", TAKE_TEXT)                                      \
    X("output.choices.#.message.role", TAKE_NOTHING)                                      \
    X("output.choices.#.message.content.#.text", TAKE_TEXT)                               \
    X("output.choices.#.message.reasoning_content", TAKE_REASONING)                       \
    X("output.choices.#.message.tool_calls.#", TAKE_CALL)                                 \
    X("output.choices.#.message.tool_calls.#.index", TAKE_CALL_INDEX)                     \
    X("output.choices.#.message.tool_calls.#.id", TAKE_CALL_ID)                           \
    X("output.choices.#.message.tool_calls.#.function.name", TAKE_CALL_NAME)              \
    X("output.choices.#.message.tool_calls.#.function.arguments", TAKE_ARGUMENTS)         \
    X("output.choices.#.finish_reason", TAKE_FINISH)                                      \
    X("usage", TAKE_NOTHING)                                                              \
    X("usage.total_tokens", TAKE_NOTHING)                                                 \
    X("usage.input_tokens", TAKE_TOKENS + USPAN_WIRE_INPUT)                               \
    X("usage.output_tokens", TAKE_TOKENS + USPAN_WIRE_OUTPUT)                             \
    X("usage.prompt_tokens_details.cached_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_READ)   \
    X("usage.output_tokens_details.reasoning_tokens", TAKE_TOKENS + USPAN_WIRE_REASONING) \
    X("request_id", TAKE_ID)                                                              \
    X("code", TAKE_ERROR_TYPE)                                                            \
    X("message", TAKE_ERROR)
USPAN_JSON_TABLE(chat_response, RESPONSE);

const uspan_wire_dialect_t uspan_wire_dashscope = {
    &chat_request, &chat_response, uspan_chat_begin, "dashscope", "chat", NULL, USPAN_WIRE_CUMULATIVE, NULL
};

#define EMBEDDINGS_REQUEST(X) \
    X("model", TAKE_MODEL)    \
    X("parameters.dimension", TAKE_DIMENSIONS)
USPAN_JSON_TABLE(embeddings_request, EMBEDDINGS_REQUEST);

#define EMBEDDINGS_RESPONSE(X)                              \
    X("usage.total_tokens", TAKE_TOKENS + USPAN_WIRE_INPUT) \
    X("code", TAKE_ERROR_TYPE)                              \
    X("message", TAKE_ERROR)
USPAN_JSON_TABLE(embeddings_response, EMBEDDINGS_RESPONSE);

const uspan_wire_dialect_t uspan_wire_dashscope_embeddings = { &embeddings_request,    &embeddings_response,
                                                               uspan_embeddings_begin, "dashscope",
                                                               "embeddings",           NULL,
                                                               USPAN_WIRE_NO_CHOICES,  NULL };
#endif
