/* wire_ollama.c: reads Ollama's chat. An answer has one document per line, unless the request
 * disables streaming. This file has only tables, which wire.c uses. Invariant: each container on the path to
 * a row has a row. https://github.com/ollama/ollama/blob/main/docs/api.md */
#include "wire/wire_choice.h"
#include "wire/wire_rows.h"
#if USPAN_WIRE_OLLAMA

#define RESPONSE(X)                                        \
    X("", TAKE_DOCUMENT)                                   \
    X("model", TAKE_RESPONSE_MODEL)                        \
    X("created_at", TAKE_NOTHING)                          \
    X("message", TAKE_DELTA)                               \
    X("messages.#", TAKE_LIKE)                             \
    X("messages.#.role", TAKE_NOTHING)                     \
    X("messages.#.content", TAKE_TEXT)                     \
    X("response", TAKE_TEXT)                               \
    X("thinking", TAKE_REASONING)                          \
    X("done", TAKE_DONE)                                   \
    X("done_reason", TAKE_FINISH)                          \
    X("prompt_eval_count", TAKE_TOKENS + USPAN_WIRE_INPUT) \
    X("eval_count", TAKE_TOKENS + USPAN_WIRE_OUTPUT)
TAKE_TABLE_SHARED(chat_response, RESPONSE);

const uspan_wire_dialect_t uspan_wire_ollama = {
    &uspan_wire_request_table, &chat_response,
    uspan_wire_end_choice,     "ollama",
    USPAN_WIRE_CHAT,           USPAN_WIRE_LINES | USPAN_WIRE_WHOLE_CALLS
};
const uspan_wire_dialect_t uspan_wire_ollama_completions = {
    &uspan_wire_request_table, &chat_response,
    uspan_wire_end_choice,     "ollama",
    USPAN_WIRE_COMPLETION,     USPAN_WIRE_LINES | USPAN_WIRE_WHOLE_CALLS
};
#endif
