/* fuzz_wire_gemini.c: checks the guarantees of wire_fuzz.h for Gemini's generateContent and embedContent.
 * uspan-config: USPAN_SPANS_MAX=8 USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=16384 USPAN_VALUE_MAX=8192 */
#include "wire_fuzz.h"

static const char *const urls[] = {
    "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
    "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent",
    "https://generativelanguage.googleapis.com/v1beta/models/gemini-embedding-001:embedContent",
};
static const char *const words[] = {
    "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"", "\"parts\":[{\"functionCall\":{\"args\":{",
    "\"functionCall\":{\"name\":\"", "\"args\":{", "\"functionResponse\":{\"response\":{", "\"thought\":true",
    "\"finishReason\":\"STOP\"", "\"usageMetadata\":{\"promptTokenCount\":", "\"thoughtsTokenCount\":",
    "\"responseId\":\"", "\"modelVersion\":\"", "\"promptFeedback\":{\"blockReason\":\"",
    "\"contents\":[{\"parts\":[{", "\"systemInstruction\":{\"parts\":[{\"text\":\"",
    "\"functionDeclarations\":[{\"name\":\"", "\"parameters\":{",
    "\"generationConfig\":{\"stopSequences\":[\"", "\"temperature\":0.", "\"inlineData\":{\"mimeType\":\"",
    "\"fileData\":{\"fileUri\":\"", "\"index\":1,", "\"error\":{\"status\":\"", "},{\"candidates\":[{",
    WIRE_WORDS,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    return fuzz_wire(urls, sizeof urls / sizeof urls[0], words, sizeof words / sizeof words[0], data, len);
}
