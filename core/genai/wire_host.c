/* wire_host.c: what a URL tells: whose host it is, and which dialect is spoken at that path.
 * Invariant: names are tried in order, the first that is in the host wins; so are paths, by their ends. */
#include "wire_read.h"
#include <string.h>

/* Order and values of AgentScope's table, then products of their own. */
static const char *const hosts[][2] = {
    { "api.openai.com", "openai" },
    { "dashscope", "dashscope" },
    { "deepseek", "deepseek" },
    { "moonshot", "moonshot" },
    { "generativelanguage.googleapis.com", "gcp.gemini" },
    { "openai.azure.com", "azure.ai.openai" },
    { "cognitiveservices.azure.com", "azure.ai.openai" },
    { "amazonaws.com", "aws.bedrock" },
    { "api.x.ai", "x_ai" },
    { "anthropic.com", "anthropic" },
    { "ai.azure.com", "azure.ai.inference" },
    { "api.cohere.", "cohere" },
    { "ml.cloud.ibm.com", "ibm.watsonx.ai" },
    { "groq.com", "groq" },
    { "mistral.ai", "mistral_ai" },
    { "perplexity.ai", "perplexity" },
    { "aiplatform.googleapis.com", "gcp.vertex_ai" },
    { ":11434", "ollama" }, /* its port, where it speaks OpenAI's dialect */
};

bool uspan_wire_is_in(const char *text, size_t len, const char *part)
{
    size_t part_len = strlen(part);
    for (size_t at = 0; at + part_len <= len; at++) {
        if (memcmp(text + at, part, part_len) == 0) {
            return true;
        }
    }
    return false;
}

const char *uspan_wire_provider(const char *authority, size_t len)
{
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        if (uspan_wire_is_in(authority, len, hosts[i][0])) {
            return hosts[i][1];
        }
    }
    return NULL;
}

static const struct {
    const char *part; /* of the path */
    const uspan_wire_dialect_t *dialect;
} paths[] = {
#if USPAN_WIRE_DASHSCOPE
    { "/services/aigc/", &uspan_wire_dashscope },
    { "/services/embeddings/", &uspan_wire_dashscope_embeddings },
#endif
#if USPAN_WIRE_OPENAI_CHAT
    { "/chat/completions", &uspan_wire_openai_chat },
    { "/embeddings", &uspan_wire_openai_embeddings },
#endif
#if USPAN_WIRE_ANTHROPIC
    { "/v1/messages", &uspan_wire_anthropic },
#endif
#if USPAN_WIRE_OLLAMA
    { "/api/chat", &uspan_wire_ollama },
    { "/api/embed", &uspan_wire_ollama_embeddings },
#endif
#if USPAN_WIRE_OPENAI_RESPONSES
    { "/responses", &uspan_wire_openai_responses },
#endif
#if USPAN_WIRE_GEMINI
    { "enerateContent", &uspan_wire_gemini }, /* also :streamGenerateContent */
    { "mbedContent", &uspan_wire_gemini_embeddings },
#endif
    { NULL, NULL },
};

uspan_t uspan_wire_begin(uspan_wire_t *w, uspan_tracer_t *t, uspan_t parent, const char *url)
{
    const uspan_wire_dialect_t *dialect = NULL;
    const char *text = url != NULL ? url : "";
    size_t len = strcspn(text, "?#");
    for (size_t i = 0; paths[i].part != NULL && dialect == NULL; i++) {
        if (uspan_wire_is_in(text, len, paths[i].part)) {
            dialect = paths[i].dialect;
        }
    }
    return uspan_wire_begin_as(w, t, parent, url, dialect);
}
