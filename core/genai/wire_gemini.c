/* wire_gemini.c: Gemini's generateContent and embedContent; the model stands in the URL, and whether a text
 * was a thought is told behind it. https://ai.google.dev/api/generate-content, .../api/embeddings */
#include "wire_read.h"
#if USPAN_WIRE_GEMINI

#define REQUEST(X)                                                                        \
    X("systemInstruction", TAKE_SYSTEM)                                                   \
    X("systemInstruction.parts.#", TAKE_PART)                                             \
    X("systemInstruction.parts.#.text", TAKE_TEXT)                                        \
    X("system_instruction", TAKE_SYSTEM)                                                  \
    X("system_instruction.parts.#", TAKE_PART)                                            \
    X("system_instruction.parts.#.text", TAKE_TEXT)                                       \
    X("contents", TAKE_INPUT)                                                             \
    X("contents.#", TAKE_MESSAGE)                                                         \
    X("contents.#.role", TAKE_ROLE)                                                       \
    X("contents.#.parts.#", TAKE_PART)                                                    \
    X("contents.#.parts.#.text", TAKE_TEXT)                                               \
    X("contents.#.parts.#.thought", TAKE_THOUGHT)                                         \
    X("contents.#.parts.#.inlineData.mimeType", TAKE_MIME)                                \
    X("contents.#.parts.#.inline_data.mime_type", TAKE_MIME)                              \
    X("contents.#.parts.#.fileData.fileUri", TAKE_URI)                                    \
    X("contents.#.parts.#.functionCall.id", TAKE_CALL_ID)                                 \
    X("contents.#.parts.#.functionCall.name", TAKE_CALL_NAME)                             \
    X("contents.#.parts.#.functionCall.args", TAKE_AS_IS(TAKE_ARGUMENTS))                 \
    X("contents.#.parts.#.functionResponse.id", TAKE_RESPONSE_TO)                         \
    X("contents.#.parts.#.functionResponse.name", TAKE_RESPONSE_NAME)                     \
    X("contents.#.parts.#.functionResponse.response", TAKE_AS_IS(TAKE_RESPONSE))          \
    X("tools", TAKE_TOOLS)                                                                \
    X("tools.#.functionDeclarations.#", TAKE_DEFINITION)                                  \
    X("tools.#.functionDeclarations.#.name", TAKE_DEFINITION_NAME)                        \
    X("tools.#.functionDeclarations.#.description", TAKE_DESCRIPTION)                     \
    X("tools.#.functionDeclarations.#.parameters", TAKE_AS_IS(TAKE_PARAMETERS))           \
    X("tools.#.functionDeclarations.#.parametersJsonSchema", TAKE_AS_IS(TAKE_PARAMETERS)) \
    X("toolConfig.functionCallingConfig.mode", TAKE_TOOL_CHOICE)                          \
    X("generationConfig.temperature", TAKE_TEMPERATURE)                                   \
    X("generationConfig.topP", TAKE_TOP_P)                                                \
    X("generationConfig.topK", TAKE_TOP_K)                                                \
    X("generationConfig.maxOutputTokens", TAKE_MAX_TOKENS)                                \
    X("generationConfig.candidateCount", TAKE_CHOICE_COUNT)                               \
    X("generationConfig.stopSequences.#", TAKE_STOP)                                      \
    X("generationConfig.seed", TAKE_SEED)                                                 \
    X("generationConfig.presencePenalty", TAKE_PRESENCE_PENALTY)                          \
    X("generationConfig.frequencyPenalty", TAKE_FREQUENCY_PENALTY)                        \
    X("generationConfig.responseMimeType", TAKE_FORMAT)
USPAN_JSON_TABLE(chat_request, REQUEST);

#define RESPONSE(X)                                                                 \
    X("", TAKE_DOCUMENT)                                                            \
    X("candidates", TAKE_NOTHING)                                                   \
    X("candidates.#", TAKE_CHOICE)                                                  \
    X("candidates.#.content", TAKE_NOTHING)                                         \
    X("candidates.#.content.parts", TAKE_NOTHING)                                   \
    X("candidates.#.content.parts.#.text", TAKE_TEXT)                               \
    X("candidates.#.content.parts.#.thought", TAKE_THOUGHT)                         \
    X("candidates.#.content.parts.#.functionCall", TAKE_CALL)                       \
    X("candidates.#.content.parts.#.functionCall.id", TAKE_CALL_ID)                 \
    X("candidates.#.content.parts.#.functionCall.name", TAKE_CALL_NAME)             \
    X("candidates.#.content.parts.#.functionCall.args", TAKE_AS_IS(TAKE_ARGUMENTS)) \
    X("candidates.#.content.role", TAKE_NOTHING)                                    \
    X("candidates.#.index", TAKE_NOTHING)                                           \
    X("candidates.#.finishReason", TAKE_FINISH)                                     \
    X("promptFeedback.blockReason", TAKE_FINISH)                                    \
    X("usageMetadata", TAKE_NOTHING)                                                \
    X("usageMetadata.promptTokenCount", TAKE_TOKENS + USPAN_WIRE_INPUT)             \
    X("usageMetadata.candidatesTokenCount", TAKE_TOKENS + USPAN_WIRE_OUTPUT)        \
    X("usageMetadata.totalTokenCount", TAKE_NOTHING)                                \
    X("usageMetadata.cachedContentTokenCount", TAKE_TOKENS + USPAN_WIRE_CACHE_READ) \
    X("usageMetadata.thoughtsTokenCount", TAKE_TOKENS + USPAN_WIRE_REASONING)       \
    X("modelVersion", TAKE_RESPONSE_MODEL)                                          \
    X("responseId", TAKE_ID)                                                        \
    X("error", TAKE_ERROR)                                                          \
    X("error.message", TAKE_ERROR)                                                  \
    X("error.status", TAKE_ERROR_TYPE)
USPAN_JSON_TABLE(chat_response, RESPONSE);

const uspan_wire_dialect_t uspan_wire_gemini = { &chat_request,
                                                 &chat_response,
                                                 uspan_chat_begin,
                                                 "gcp.gemini",
                                                 "chat",
                                                 NULL,
                                                 USPAN_WIRE_OUTPUT_UNREASONED | USPAN_WIRE_MODEL_IN_URL,
                                                 NULL };

#define EMBEDDINGS_REQUEST(X)                  \
    X("outputDimensionality", TAKE_DIMENSIONS) \
    X("requests.#.outputDimensionality", TAKE_DIMENSIONS)
USPAN_JSON_TABLE(embeddings_request, EMBEDDINGS_REQUEST);

#define EMBEDDINGS_RESPONSE(X)                                          \
    X("usageMetadata.promptTokenCount", TAKE_TOKENS + USPAN_WIRE_INPUT) \
    X("error", TAKE_ERROR)                                              \
    X("error.message", TAKE_ERROR)                                      \
    X("error.status", TAKE_ERROR_TYPE)
USPAN_JSON_TABLE(embeddings_response, EMBEDDINGS_RESPONSE);

const uspan_wire_dialect_t uspan_wire_gemini_embeddings = { &embeddings_request,
                                                            &embeddings_response,
                                                            uspan_embeddings_begin,
                                                            "gcp.gemini",
                                                            "embeddings",
                                                            NULL,
                                                            USPAN_WIRE_NO_CHOICES | USPAN_WIRE_MODEL_IN_URL,
                                                            NULL };
#endif
