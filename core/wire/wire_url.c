/* wire_url.c: reads provider and model from a URL. Called by wire.c. Invariant: names are tried in order, and
 * the first one that is part of the authority (host and port) is used. */
#include "wire/wire_url.h"
#include <string.h>
#include "wire/wire_attrs.h"

#define MODEL_MAX 71u

/* Pairs of a part of the authority and a provider: AgentScope's table in its order, then names of
 * OpenTelemetry and of products. */
static const char hosts[] = /* host, provider (none: the host), host, ... */
    "api.openai.\0openai\0"
    "dashscope\0\0"
    "deepseek\0\0"
    "moonshot\0" USPAN_PROVIDER_MOONSHOT "\0"
    "generativel\0gcp.gemini\0"
    "openai.azure\0azure.ai.openai\0"
    "cognitives\0azure.ai.openai\0"
    "amazonaws\0aws.bedrock\0"
    "api.x.ai\0x_ai\0"
    "anthropic\0\0"
    "ai.azure\0azure.ai.inference\0"
    "cohere\0\0"
    "cloud.ibm\0ibm.watsonx.ai\0"
    "groq\0\0"
    "mistral\0mistral_ai\0"
    "perplexity\0\0"
    "openrouter\0\0"
    "minimax\0\0"
    "volces\0volcengine\0"
    "together\0\0"
    "fireworks\0\0"
    "bigmodel\0zhipu\0"
    "xf-yun\0spark\0"
    "cerebras\0\0"
    "siliconflow\0\0"
    "aiplatform.\0gcp.vertex_ai\0"
    ":11434\0ollama\0" /* Ollama's port, also if it speaks OpenAI's dialect */;

const char *uspan_wire_provider(const char *authority, size_t len)
{
    for (const char *host = hosts; *host != '\0';) {
        const char *provider = host + strlen(host) + 1u;
        if (uspan_wire_is_in(authority, len, host)) {
            return *provider != '\0' ? provider : host;
        }
        host = provider + strlen(provider) + 1u;
    }
    return NULL;
}

void uspan_wire_take_url(uspan_wire_t *w, const char *url)
{
    unsigned traits = w->dialect->traits & (USPAN_WIRE_MODEL_IN_URL | USPAN_WIRE_DEPLOYMENTS);
    const char *before = traits == USPAN_WIRE_MODEL_IN_URL ? "/models/" : "/deployments/";
    size_t before_len = strlen(before);
    size_t len = strcspn(url, "?#");
    if (traits == USPAN_WIRE_MODEL_IN_URL && uspan_wire_is_in(url, len, ":stream")) {
        w->flags |= USPAN_WIRE_STREAMED;
    }
    for (size_t at = 0; at < len && traits != 0u && w->word_len == 0u; at++) {
        if (strncmp(url + at, before, before_len) == 0) {
            const char *model = url + at + before_len;
            size_t model_len = strcspn(model, ":/?#");
            if (model_len > MODEL_MAX) {
                uspan_wire_count_unread(w);
            } else if (model_len > 0u) {
                w->word_len = (uint8_t)model_len;
                uspan_wire_take_word(w, TAKE_MODEL, model);
            }
        }
    }
    w->word_len = 0u;
}
