/* wire_responses.c: OpenAI's responses. An event's type says what its delta adds to; items that events tell
 * again once they are whole are read only where they begin, and so is the response at the stream's end.
 * https://platform.openai.com/docs/api-reference/responses, .../responses-streaming */
#include "wire_read.h"
#include <string.h>
#if USPAN_WIRE_OPENAI_RESPONSES

#define REQUEST(X)                                       \
    X("model", TAKE_MODEL)                               \
    X("stream", TAKE_STREAM)                             \
    X("temperature", TAKE_TEMPERATURE)                   \
    X("top_p", TAKE_TOP_P)                               \
    X("max_output_tokens", TAKE_MAX_TOKENS)              \
    X("service_tier", TAKE_REQUEST_TIER)                 \
    X("text.format.type", TAKE_FORMAT)                   \
    X("instructions", TAKE_SYSTEM)                       \
    X("input", TAKE_INPUT)                               \
    X("input.#", TAKE_MESSAGE)                           \
    X("input.#.type", TAKE_ITEM)                         \
    X("input.#.role", TAKE_ROLE)                         \
    X("input.#.content", TAKE_TEXT)                      \
    X("input.#.content.#", TAKE_PART)                    \
    X("input.#.content.#.text", TAKE_TEXT)               \
    X("input.#.content.#.refusal", TAKE_REFUSAL)         \
    X("input.#.content.#.image_url", TAKE_URI)           \
    X("input.#.content.#.file_id", TAKE_FILE)            \
    X("input.#.call_id", TAKE_ITEM_ID)                   \
    X("input.#.name", TAKE_CALL_NAME)                    \
    X("input.#.arguments", TAKE_ARGUMENTS)               \
    X("input.#.output", TAKE_RESPONSE)                   \
    X("input.#.summary.#.text", TAKE_REASONING)          \
    X("tools", TAKE_TOOLS)                               \
    X("tools.#", TAKE_DEFINITION)                        \
    X("tools.#.type", TAKE_DEFINITION_TYPE)              \
    X("tools.#.name", TAKE_DEFINITION_NAME)              \
    X("tools.#.description", TAKE_DESCRIPTION)           \
    X("tools.#.parameters", TAKE_AS_IS(TAKE_PARAMETERS)) \
    X("tool_choice", TAKE_TOOL_CHOICE)
USPAN_JSON_TABLE(request, REQUEST);

#define RESPONSE(X)                                                                                \
    X("", TAKE_DOCUMENT)                                                                           \
    X("type", TAKE_EVENT)                                                                          \
    X("sequence_number", TAKE_NOTHING)                                                             \
    X("item_id", TAKE_NOTHING)                                                                     \
    X("output_index", TAKE_NOTHING)                                                                \
    X("content_index", TAKE_NOTHING)                                                               \
    X("delta", TAKE_ADDITION)                                                                      \
    X("item", TAKE_PART)                                                                           \
    X("item.call_id", TAKE_CALL_ID)                                                                \
    X("item.name", TAKE_CALL_NAME)                                                                 \
    X("response.id", TAKE_ID)                                                                      \
    X("response.status", TAKE_STATUS)                                                              \
    X("response.error", TAKE_ERROR)                                                                \
    X("response.error.code", TAKE_ERROR_TYPE)                                                      \
    X("response.error.message", TAKE_ERROR)                                                        \
    X("response.incomplete_details.reason", TAKE_FINISH)                                           \
    X("response.model", TAKE_RESPONSE_MODEL)                                                       \
    X("response.service_tier", TAKE_RESPONSE_TIER)                                                 \
    X("response.usage.input_tokens", TAKE_TOKENS + USPAN_WIRE_INPUT)                               \
    X("response.usage.input_tokens_details.cached_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_READ)    \
    X("response.usage.output_tokens", TAKE_TOKENS + USPAN_WIRE_OUTPUT)                             \
    X("response.usage.output_tokens_details.reasoning_tokens", TAKE_TOKENS + USPAN_WIRE_REASONING) \
    X("id", TAKE_ID)                                                                               \
    X("status", TAKE_STATUS)                                                                       \
    X("error", TAKE_ERROR)                                                                         \
    X("error.message", TAKE_ERROR)                                                                 \
    X("error.type", TAKE_ERROR_TYPE)                                                               \
    X("error.code", TAKE_ERROR_TYPE)                                                               \
    X("code", TAKE_ERROR_TYPE)                                                                     \
    X("message", TAKE_ERROR)                                                                       \
    X("incomplete_details.reason", TAKE_FINISH)                                                    \
    X("model", TAKE_RESPONSE_MODEL)                                                                \
    X("output.#", TAKE_PART)                                                                       \
    X("output.#.content.#.text", TAKE_TEXT)                                                        \
    X("output.#.content.#.refusal", TAKE_REFUSAL)                                                  \
    X("output.#.summary.#.text", TAKE_REASONING)                                                   \
    X("output.#.arguments", TAKE_ARGUMENTS)                                                        \
    X("output.#.call_id", TAKE_CALL_ID)                                                            \
    X("output.#.name", TAKE_CALL_NAME)                                                             \
    X("service_tier", TAKE_RESPONSE_TIER)                                                          \
    X("usage.input_tokens", TAKE_TOKENS + USPAN_WIRE_INPUT)                                        \
    X("usage.input_tokens_details.cached_tokens", TAKE_TOKENS + USPAN_WIRE_CACHE_READ)             \
    X("usage.output_tokens", TAKE_TOKENS + USPAN_WIRE_OUTPUT)                                      \
    X("usage.output_tokens_details.reasoning_tokens", TAKE_TOKENS + USPAN_WIRE_REASONING)
USPAN_JSON_TABLE(response, RESPONSE);

static unsigned event_of(const char *type)
{
    static const struct {
        const char *type; /* behind "response." */
        uint8_t action;
    } events[] = {
        { "output_text.delta", TAKE_TEXT },
        { "function_call_arguments.delta", TAKE_ARGUMENTS },
        { "reasoning_summary_text.delta", TAKE_REASONING },
        { "reasoning_text.delta", TAKE_REASONING },
        { "refusal.delta", TAKE_REFUSAL },
        { "output_item.added", TAKE_PART },
    };
    static const char prefix[] = "response.";
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        if (strncmp(type, prefix, sizeof prefix - 1u) == 0 &&
            strcmp(type + sizeof prefix - 1u, events[i].type) == 0) {
            return events[i].action;
        }
    }
    return TAKE_NOTHING;
}

const uspan_wire_dialect_t uspan_wire_openai_responses = { &request, &response, uspan_chat_begin,
                                                           "openai", "chat",    "responses",
                                                           0u,       event_of };
#endif
