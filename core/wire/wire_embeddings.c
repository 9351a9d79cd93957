/* wire_embeddings.c: reads embeddings of OpenAI and compatible servers, Ollama, DashScope and Gemini. The
 * vectors are skipped. Names of the four do not collide, so all have the same tables. Names are in camel case
 * or in snake case. Invariant: each container on the path to a row has a row.
 * https://platform.openai.com/docs/api-reference/embeddings, https://ai.google.dev/api/embeddings */
#include "wire/wire_state.h"
#if USPAN_WIRE_OPENAI_CHAT || USPAN_WIRE_OLLAMA || USPAN_WIRE_DASHSCOPE || USPAN_WIRE_GEMINI

#define REQUEST(X)                             \
    X("", TAKE_NOTHING)                        \
    X("model", TAKE_MODEL)                     \
    X("dimensions", TAKE_DIMENSIONS)           \
    X("encodingFormat", TAKE_ENCODING)         \
    X("parameters", TAKE_NOTHING)              \
    X("parameters.dimension", TAKE_DIMENSIONS) \
    X("outputDimensionality", TAKE_DIMENSIONS) \
    X("requests", TAKE_LIST)                   \
    X("requests.#", TAKE_NOTHING)              \
    X("requests.#.outputDimensionality", TAKE_DIMENSIONS)
USPAN_JSON_TABLE_CAMEL(request, REQUEST);

#define RESPONSE(X)                                                     \
    X("", TAKE_DOCUMENT)                                                \
    X("data", TAKE_CHOICE)                                              \
    X("output", TAKE_CHOICE)                                            \
    X("embedding", TAKE_CHOICE)                                         \
    X("embeddings", TAKE_CHOICE)                                        \
    X("model", TAKE_RESPONSE_MODEL)                                     \
    X("usage", TAKE_NOTHING)                                            \
    X("usage.promptTokens", TAKE_TOKENS + USPAN_WIRE_INPUT)             \
    X("usage.inputTokens", TAKE_TOKENS + USPAN_WIRE_INPUT)              \
    X("usage.totalTokens", TAKE_TOKENS + USPAN_WIRE_INPUT)              \
    X("promptEvalCount", TAKE_TOKENS + USPAN_WIRE_INPUT)                \
    X("usageMetadata", TAKE_NOTHING)                                    \
    X("usageMetadata.promptTokenCount", TAKE_TOKENS + USPAN_WIRE_INPUT) \
    X("baseResp", TAKE_NOTHING)                                         \
    X("baseResp.statusCode", TAKE_ERROR_CODE)                           \
    X("baseResp.statusMsg", TAKE_WEAK_ERROR)                            \
    X("errorCode", TAKE_ERROR_CODE)                                     \
    X("errorMsg", TAKE_WEAK_ERROR)
TAKE_TABLE_CAMEL(response, RESPONSE);

#define DIALECT(provider, traits)                                    \
    {                                                                \
        &request, &response, NULL, provider, USPAN_WIRE_EMBEDDING,   \
            USPAN_WIRE_NO_CHOICES | USPAN_WIRE_EMBEDDINGS | (traits) \
    }
#if USPAN_WIRE_OPENAI_CHAT
const uspan_wire_dialect_t uspan_wire_openai_embeddings = DIALECT("openai", USPAN_WIRE_DEPLOYMENTS);
#endif
#if USPAN_WIRE_OLLAMA
const uspan_wire_dialect_t uspan_wire_ollama_embeddings = DIALECT("ollama", 0u);
#endif
#if USPAN_WIRE_DASHSCOPE
const uspan_wire_dialect_t uspan_wire_dashscope_embeddings = DIALECT("dashscope", 0u);
#endif
#if USPAN_WIRE_GEMINI
const uspan_wire_dialect_t uspan_wire_gemini_embeddings = DIALECT("gcp.gemini", USPAN_WIRE_MODEL_IN_URL);
#endif
#endif
