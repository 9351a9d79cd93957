/* wire_request.c: the table of requests, which all dialects but Gemini's share. The same members mean the
 * same in each of them, and proxies and clients mix them. This file has only a table, which wire.c uses.
 * Invariant: each container on the path to a row has a row, and no row for one dialect changes what another
 * dialect's requests give. */
#include "wire/wire_rows.h"
#if USPAN_WIRE_OPENAI_CHAT || USPAN_WIRE_ANTHROPIC || USPAN_WIRE_OLLAMA || USPAN_WIRE_OPENAI_RESPONSES || \
    USPAN_WIRE_DASHSCOPE

/* Options are at the top, in DashScope's parameters or in Ollama's options. */
#if USPAN_WIRE_DASHSCOPE
#define OF_DASHSCOPE(X)                       \
    X("parameters", TAKE_NOTHING)             \
    X("", TAKE_LIKE)                          \
    X("incremental_output", TAKE_INCREMENTAL) \
    X("output.#.messages", TAKE_INPUT)        \
    X("messages", TAKE_LIKE)                  \
    X("output.#.prompt", TAKE_INPUT)
#else
#define OF_DASHSCOPE(X)
#endif
#if USPAN_WIRE_OLLAMA
#define OF_OLLAMA(X)                  \
    X("options", TAKE_NOTHING)        \
    X("", TAKE_LIKE)                  \
    X("num_predict", TAKE_MAX_TOKENS) \
    X("think", TAKE_REASONING_LEVEL)  \
    X("format", TAKE_FORMAT)          \
    X("messages.#.tool_name", TAKE_TO_NAME)
#else
#define OF_OLLAMA(X)
#endif
#if USPAN_WIRE_ANTHROPIC
#define OF_ANTHROPIC(X)                                          \
    X("stop_sequences", TAKE_NOTHING)                            \
    X("stop_sequences.#", TAKE_STOP)                             \
    X("system", TAKE_SYSTEM)                                     \
    X("messages.#.content", TAKE_LIKE)                           \
    X("messages.#.content.#.tool_use_id", TAKE_TO)               \
    X("messages.#.content.#.content", TAKE_AS_IS(TAKE_RESPONSE)) \
    X("messages.#.content.#.source", TAKE_NOTHING)               \
    X("messages.#.content.#.source.media_type", TAKE_MIME)       \
    X("messages.#.content.#.source.url", TAKE_URI)               \
    X("messages.#.content.#.source.file_id", TAKE_FILE)          \
    X("tools.#.input_schema", TAKE_AS_IS(TAKE_PARAMETERS))       \
    X("tool_choice.type", TAKE_TOOL_CHOICE)                      \
    X("output_config", TAKE_NOTHING)                             \
    X("reasoning", TAKE_LIKE)
#else
#define OF_ANTHROPIC(X)
#endif
#if USPAN_WIRE_OPENAI_RESPONSES || USPAN_WIRE_DASHSCOPE
/* DashScope's is an object with messages. */
#define INPUT(X)           \
    X("input", TAKE_INPUT) \
    X("output", TAKE_LIKE)
#else
#define INPUT(X)
#endif
#if USPAN_WIRE_OPENAI_RESPONSES
#define OF_RESPONSES(X)                               \
    X("max_output_tokens", TAKE_MAX_TOKENS)           \
    X("previous_response_id", TAKE_PREVIOUS_RESPONSE) \
    X("text", TAKE_NOTHING)                           \
    X("text.format", TAKE_NOTHING)                    \
    X("text.format.type", TAKE_FORMAT)                \
    X("instructions", TAKE_SYSTEM)                    \
    X("output.#", TAKE_MESSAGE)                       \
    X("output.#.role", TAKE_ROLE)                     \
    X("output.#.content.#", TAKE_PART)                \
    X("messages.#.content.#", TAKE_LIKE)              \
    X("messages.#.content.#.file_url", TAKE_URI)      \
    X("output.#.summary", TAKE_NOTHING)               \
    X("messages.#.content.#.summary", TAKE_LIKE)
#else
#define OF_RESPONSES(X)
#endif

#define REQUEST(X)                                          \
    X("", TAKE_NOTHING)                                     \
    X("model", TAKE_MODEL)                                  \
    X("stream", TAKE_STREAM)                                \
    X("temperature", TAKE_TEMPERATURE)                      \
    X("top_p", TAKE_TOP_P)                                  \
    X("top_k", TAKE_TOP_K)                                  \
    X("max_tokens", TAKE_MAX_TOKENS)                        \
    X("max_completion_tokens", TAKE_NEW_MAX_TOKENS)         \
    X("presence_penalty", TAKE_PRESENCE_PENALTY)            \
    X("frequency_penalty", TAKE_FREQUENCY_PENALTY)          \
    X("seed", TAKE_SEED)                                    \
    X("n", TAKE_CHOICE_COUNT)                               \
    X("stop", TAKE_LIST)                                    \
    X("stop.#", TAKE_STOP)                                  \
    X("response_format", TAKE_NOTHING)                      \
    X("response_format.type", TAKE_FORMAT)                  \
    X("service_tier", TAKE_REQUEST_TIER)                    \
    X("reasoning_effort", TAKE_REASONING_LEVEL)             \
    X("reasoning", TAKE_NOTHING)                            \
    X("reasoning.effort", TAKE_REASONING_LEVEL)             \
    X("prompt", TAKE_INPUT)                                 \
    X("prompt.#", TAKE_MESSAGE)                             \
    X("messages", TAKE_INPUT)                               \
    X("messages.#", TAKE_MESSAGE)                           \
    X("messages.#.name", TAKE_TO_NAME)                      \
    X("messages.#.content.#.input_audio", TAKE_NOTHING)     \
    X("messages.#.content.#.input_audio.format", TAKE_MIME) \
    X("messages.#.content.#.file", TAKE_NOTHING)            \
    X("messages.#.content.#", TAKE_LIKE)                    \
    X("messages.#.content.#.file_id", TAKE_FILE)            \
    X("messages.#.content.#.file_data", TAKE_URI)           \
    X("messages.#.content.#.video_url", TAKE_URI)           \
    X("messages.#.content.#.image_url", TAKE_LIKE)          \
    X("messages.#.content.#.audio_url", TAKE_URI)           \
    X("messages.#.content.#.image_url", TAKE_LIKE)          \
    X("messages.#.tool_call_id", TAKE_TO)                   \
    X("tools", TAKE_TOOLS)                                  \
    X("tools.#", TAKE_DEFINITION)                           \
    X("tools.#.type", TAKE_TYPE)                            \
    X("tools.#.function", TAKE_NOTHING)                     \
    X("tools.#", TAKE_LIKE)                                 \
    X("tools.#.name", TAKE_NAME)                            \
    X("tools.#.description", TAKE_DESCRIPTION)              \
    X("tools.#.parameters", TAKE_AS_IS(TAKE_PARAMETERS))    \
    X("tools.#.custom", TAKE_NOTHING)                       \
    X("tools.#", TAKE_LIKE)                                 \
    X("tool_choice", TAKE_TOOL_CHOICE)                      \
    X("functions", TAKE_TOOLS)                              \
    X("tools", TAKE_LIKE)                                   \
    OF_ANTHROPIC(X) OF_OLLAMA(X) INPUT(X) OF_DASHSCOPE(X) OF_RESPONSES(X)
#define SHARED(X) TAKE_MESSAGE_ROWS(X) TAKE_USAGE_ROWS(X) TAKE_ITEM_ROWS(X)
USPAN_JSON_COLUMNS(shared, SHARED);
const uspan_json_table_t uspan_wire_shared_table =
    USPAN_JSON_TABLE_FROM(shared, false, &uspan_wire_error_table);
static const uspan_json_table_t without_errors = USPAN_JSON_TABLE_FROM(shared, false, NULL);
USPAN_JSON_COLUMNS(request, REQUEST);
const uspan_json_table_t uspan_wire_request_table = USPAN_JSON_TABLE_FROM(request, false, &without_errors);
#endif
