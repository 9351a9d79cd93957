/* wire_begin.c: finds the dialect of a URL. A program that calls only uspan_wire_begin_as() does not link
 * this file. Invariant: a path is compared from its end. Therefore paths below that of a chat, such as
 * count_tokens and batches, are not a chat. */
#include "wire/wire_state.h"
#include <string.h>

static const struct {
    const char *end; /* of the path */
    const uspan_wire_dialect_t *dialect;
} paths[] = {
#if USPAN_WIRE_DASHSCOPE
    { "-generation/generation", &uspan_wire_dashscope },
    { "-embedding", &uspan_wire_dashscope_embeddings }, /* text- and multimodal- */
#endif
#if USPAN_WIRE_OPENAI_CHAT
    { "/chat/completions", &uspan_wire_openai_chat },
    { "/chatcompletion_v2", &uspan_wire_openai_chat }, /* MiniMax */
    { "/embeddings", &uspan_wire_openai_embeddings },
#endif
#if USPAN_WIRE_ANTHROPIC
    { "/v1/messages", &uspan_wire_anthropic },
    { "awPredict", &uspan_wire_anthropic }, /* Vertex: :rawPredict and :streamRawPredict */
#endif
#if USPAN_WIRE_OLLAMA
    { "/api/chat", &uspan_wire_ollama },
    { "/api/embed", &uspan_wire_ollama_embeddings },
    { "/api/embeddings", &uspan_wire_ollama_embeddings },
#endif
#if USPAN_WIRE_OPENAI_RESPONSES
    { "/responses", &uspan_wire_openai_responses },
#endif
#if USPAN_WIRE_GEMINI
    { "enerateContent", &uspan_wire_gemini }, /* :generateContent and :streamGenerateContent */
    { "mbedContent", &uspan_wire_gemini_embeddings },
    { "mbedContents", &uspan_wire_gemini_embeddings },
#endif
    { NULL, NULL },
};

static bool ends_in(const char *text, size_t len, const char *end)
{
    size_t end_len = strlen(end);
    return len >= end_len && memcmp(text + len - end_len, end, end_len) == 0;
}

uspan_t uspan_wire_begin(uspan_wire_t *w, uspan_tracer_t *t, uspan_t parent, const char *url)
{
    const uspan_wire_dialect_t *dialect = NULL;
    const char *text = url != NULL ? url : "";
    size_t len = strcspn(text, "?#");
    while (len > 0u && text[len - 1u] == '/') {
        len--;
    }
    for (size_t i = 0; paths[i].end != NULL; i++) { /* of the ends that match, the last one is the longest */
        dialect = ends_in(text, len, paths[i].end) ? paths[i].dialect : dialect;
    }
    return uspan_wire_begin_as(w, t, parent, url, dialect);
}
