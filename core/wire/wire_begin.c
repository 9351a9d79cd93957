/* wire_begin.c: finds the dialect of a URL. A program that calls only uspan_wire_begin_as() does not link
 * this file. Invariant: a path is compared from its end. Therefore paths below that of a chat, such as
 * count_tokens and batches, are not a chat. */
#include "wire/wire_state.h"
#include <string.h>

/* The ends of paths, and below, in the same order, their dialects. */
static const char ends[] =
#if USPAN_WIRE_DASHSCOPE
    "n/generation\0" /* text- and multimodal-generation */
    "-embedding\0"   /* text- and multimodal- */
#endif
#if USPAN_WIRE_OPENAI_CHAT
    "/completions\0"  /* the older API */
    "t/completions\0" /* /chat/completions */
    "ion_v2\0"        /* MiniMax: /chatcompletion_v2 */
    "/embeddings\0"
#endif
#if USPAN_WIRE_ANTHROPIC
    "/v1/messages\0"
    "awPredict\0" /* Vertex: :rawPredict and :streamRawPredict */
#endif
#if USPAN_WIRE_OLLAMA
    "api/chat\0"
    "pi/generate\0"
    "i/embed\0"
    "i/embeddings\0"
#endif
#if USPAN_WIRE_OPENAI_RESPONSES
    "/responses\0"
#endif
#if USPAN_WIRE_GEMINI
    "enerateContent\0"   /* :generateContent and :streamGenerateContent */
    "hGenerateContent\0" /* :batchGenerateContent, which is no chat */
    "mbedContent\0"
    "mbedContents\0"
#endif
    "";
static const uspan_wire_dialect_t *const dialects[] = {
#if USPAN_WIRE_DASHSCOPE
    &uspan_wire_dashscope,
    &uspan_wire_dashscope_embeddings,
#endif
#if USPAN_WIRE_OPENAI_CHAT
    &uspan_wire_openai_completions,
    &uspan_wire_openai_chat,
    &uspan_wire_openai_chat,
    &uspan_wire_openai_embeddings,
#endif
#if USPAN_WIRE_ANTHROPIC
    &uspan_wire_anthropic,
    &uspan_wire_anthropic,
#endif
#if USPAN_WIRE_OLLAMA
    &uspan_wire_ollama,
    &uspan_wire_ollama_completions,
    &uspan_wire_ollama_embeddings,
    &uspan_wire_ollama_embeddings,
#endif
#if USPAN_WIRE_OPENAI_RESPONSES
    &uspan_wire_openai_responses,
#endif
#if USPAN_WIRE_GEMINI
    &uspan_wire_gemini,
    NULL,
    &uspan_wire_gemini_embeddings,
    &uspan_wire_gemini_embeddings,
#endif
    NULL
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
    const uspan_wire_dialect_t *const *of = dialects;
    for (const char *end = ends; *end != '\0'; end += strlen(end) + 1u, of++) {
        dialect =
            ends_in(text, len, end) ? *of : dialect; /* of the ends that match, the last one is the longest */
    }
#if USPAN_WIRE_ANTHROPIC && USPAN_WIRE_OPENAI_CHAT
    for (const char *part = text; dialect == &uspan_wire_anthropic && part != NULL;
         part = strchr(part + 1, '/')) {
        if (strncmp(part, "/mistralai/", 11u) == 0) { /* on Vertex */
            dialect = &uspan_wire_openai_chat;
        }
    }
#endif
    return uspan_wire_begin_as(w, t, parent, url, dialect);
}
