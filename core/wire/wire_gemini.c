/* wire_gemini.c: reads Gemini's generateContent. The model is in the URL. Names are in camel case or in snake
 * case. Most lists with one element may be written as that element. This file has only tables, which wire.c
 * uses. Invariant: each container on the path to a row has a row.
 * https://ai.google.dev/api/generate-content */
#include "wire/wire_choice.h"
#if USPAN_WIRE_GEMINI

#if USPAN_SEMCONV_MODALITIES
#define ENTRIES(X, list, action)         \
    X(list, TAKE_LIST)                   \
    X(list ".#", action)                 \
    X(list ".#.modality", TAKE_MODALITY) \
    X(list ".#.tokenCount", TAKE_MODALITY_TOKENS)
#else
#define ENTRIES(X, list, action)
#endif
/* Contents of requests and answers are the same, so the table has both. */
#define ROWS(X)                                                                           \
    X("", TAKE_DOCUMENT)                                                                  \
    X("candidates", TAKE_LIST)                                                            \
    X("candidates.#", TAKE_CHOICE)                                                        \
    X("candidates.#.content", TAKE_DELTA)                                                 \
    X("contents.#", TAKE_LIKE)                                                            \
    X("contents.#", TAKE_MESSAGE)                                                         \
    X("contents.#.parts", TAKE_LIST)                                                      \
    X("contents.#.parts.#", TAKE_PART)                                                    \
    X("contents.#.parts.#.text", TAKE_TEXT)                                               \
    X("contents.#.role", TAKE_ROLE)                                                       \
    X("candidates.#.index", TAKE_CHOICE_INDEX)                                            \
    X("candidates.#.finishReason", TAKE_FINISH)                                           \
    X("promptFeedback", TAKE_NOTHING)                                                     \
    X("promptFeedback.blockReason", TAKE_FINISH)                                          \
    X("usageMetadata", TAKE_NOTHING)                                                      \
    X("usageMetadata.promptTokenCount", TAKE_TOKENS + USPAN_WIRE_INPUT)                   \
    X("usageMetadata.candidatesTokenCount", TAKE_TOKENS + USPAN_WIRE_OUTPUT)              \
    X("usageMetadata.totalTokenCount", TAKE_NOTHING)                                      \
    X("usageMetadata.cachedContentTokenCount", TAKE_TOKENS + USPAN_WIRE_CACHE_READ)       \
    X("usageMetadata.thoughtsTokenCount", TAKE_TOKENS + USPAN_WIRE_REASONING)             \
    X("usageMetadata.toolUsePromptTokenCount", TAKE_TOKENS + USPAN_WIRE_TOOL_PROMPT)      \
    ENTRIES(X, "usageMetadata.promptTokensDetails", TAKE_INPUT_ENTRY)                     \
    ENTRIES(X, "usageMetadata.candidatesTokensDetails", TAKE_OUTPUT_ENTRY)                \
    ENTRIES(X, "usageMetadata.cacheTokensDetails", TAKE_CACHED_ENTRY)                     \
    X("modelVersion", TAKE_RESPONSE_MODEL)                                                \
    X("responseId", TAKE_ID)                                                              \
    X("response", TAKE_NOTHING)                                                           \
    X("", TAKE_LIKE)                                                                      \
    X("model", TAKE_MODEL)                                                                \
    X("request", TAKE_NOTHING)                                                            \
    X("", TAKE_LIKE)                                                                      \
    X("systemInstruction", TAKE_SYSTEM)                                                   \
    X("contents", TAKE_LIKE)                                                              \
    X("contents", TAKE_INPUT)                                                             \
    X("tools", TAKE_TOOLS)                                                                \
    X("tools.#", TAKE_NOTHING)                                                            \
    X("tools.#.functionDeclarations", TAKE_LIST)                                          \
    X("tools.#.functionDeclarations.#", TAKE_DEFINITION)                                  \
    X("tools.#.functionDeclarations.#.name", TAKE_NAME)                                   \
    X("tools.#.functionDeclarations.#.description", TAKE_DESCRIPTION)                     \
    X("tools.#.functionDeclarations.#.parameters", TAKE_AS_IS(TAKE_PARAMETERS))           \
    X("tools.#.functionDeclarations.#.parametersJsonSchema", TAKE_AS_IS(TAKE_PARAMETERS)) \
    X("toolConfig", TAKE_NOTHING)                                                         \
    X("toolConfig.functionCallingConfig", TAKE_NOTHING)                                   \
    X("toolConfig.functionCallingConfig.mode", TAKE_TOOL_CHOICE)                          \
    X("generationConfig", TAKE_NOTHING)                                                   \
    X("generationConfig.temperature", TAKE_TEMPERATURE)                                   \
    X("generationConfig.topP", TAKE_TOP_P)                                                \
    X("generationConfig.topK", TAKE_TOP_K)                                                \
    X("generationConfig.maxOutputTokens", TAKE_MAX_TOKENS)                                \
    X("generationConfig.candidateCount", TAKE_CHOICE_COUNT)                               \
    X("generationConfig.stopSequences", TAKE_LIST)                                        \
    X("generationConfig.stopSequences.#", TAKE_STOP)                                      \
    X("generationConfig.seed", TAKE_SEED)                                                 \
    X("generationConfig.presencePenalty", TAKE_PRESENCE_PENALTY)                          \
    X("generationConfig.frequencyPenalty", TAKE_FREQUENCY_PENALTY)                        \
    X("generationConfig.thinkingConfig", TAKE_NOTHING)                                    \
    X("generationConfig.thinkingConfig.thinkingLevel", TAKE_REASONING_LEVEL)              \
    X("generationConfig.responseMimeType", TAKE_FORMAT)                                   \
    X("contents.#.parts.#.thought", TAKE_THOUGHT)                                         \
    X("contents.#.parts.#.inlineData", TAKE_NOTHING)                                      \
    X("contents.#.parts.#.inlineData.mimeType", TAKE_MIME)                                \
    X("contents.#.parts.#.fileData", TAKE_NOTHING)                                        \
    X("contents.#.parts.#.fileData.mimeType", TAKE_MIME)                                  \
    X("contents.#.parts.#.fileData.fileUri", TAKE_URI)                                    \
    X("contents.#.parts.#.functionCall", TAKE_NOTHING)                                    \
    X("contents.#.parts.#.functionCall.id", TAKE_CALL_ID)                                 \
    X("contents.#.parts.#.functionCall.name", TAKE_NAME)                                  \
    X("contents.#.parts.#.functionCall.args", TAKE_AS_IS(TAKE_ARGUMENTS))                 \
    X("contents.#.parts.#.functionCall.partialArgs", TAKE_UNREAD)                         \
    X("contents.#.parts.#.functionCall.toolType", TAKE_NAME)                              \
    X("contents.#.parts.#.functionCall.language", TAKE_NAME)                              \
    X("contents.#.parts.#.functionCall.code", TAKE_ARGUMENTS)                             \
    X("contents.#.parts.#.toolCall", TAKE_NOTHING)                                        \
    X("contents.#.parts.#.functionCall", TAKE_LIKE)                                       \
    X("contents.#.parts.#.executableCode", TAKE_NOTHING)                                  \
    X("contents.#.parts.#.functionCall", TAKE_LIKE)                                       \
    X("contents.#.parts.#.functionResponse", TAKE_NOTHING)                                \
    X("contents.#.parts.#.functionResponse.id", TAKE_TO)                                  \
    X("contents.#.parts.#.functionResponse.name", TAKE_TO_NAME)                           \
    X("contents.#.parts.#.functionResponse.response", TAKE_AS_IS(TAKE_RESPONSE))          \
    X("contents.#.parts.#.functionResponse.output", TAKE_AS_IS(TAKE_RESPONSE))            \
    X("contents.#.parts.#.toolResponse", TAKE_NOTHING)                                    \
    X("contents.#.parts.#.functionResponse", TAKE_LIKE)                                   \
    X("contents.#.parts.#.codeExecutionResult", TAKE_NOTHING)                             \
    X("contents.#.parts.#.functionResponse", TAKE_LIKE)
TAKE_TABLE_CAMEL(table, ROWS);

const uspan_wire_dialect_t uspan_wire_gemini = {
    &table,
    &table,
    uspan_wire_end_choice,
    "gcp.gemini",
    USPAN_WIRE_CHAT,
    USPAN_WIRE_OUTPUT_UNREASONED | USPAN_WIRE_MODEL_IN_URL | USPAN_WIRE_WHOLE_CALLS
};
#endif
