/* fuzz_wire_openai.c: checks the guarantees of wire_fuzz.h for OpenAI's chat completions and embeddings, and
 * for a URL of no dialect.
 * uspan-config: USPAN_SPANS_MAX=8 USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=16384 USPAN_VALUE_MAX=8192 */
#include "wire_fuzz.h"

static const char *const urls[] = {
    "https://api.openai.com/v1/chat/completions",
    "https://api.openai.com/v1/embeddings",
    "https://nowhere.example/",
};
static const char *const words[] = {
    "{\"choices\":[{\"delta\":{", "{\"choices\":[{\"message\":{", "\"tool_calls\":[{\"index\":",
    "\"function\":{\"name\":\"", "\"arguments\":\"", "\"parameters\":{", "\"stop\":[\"",
    "\"finish_reason\":\"stop\"", "\"reasoning_content\":\"", "\"refusal\":\"",
    "\"image_url\":{\"url\":\"data:", "\"index\":1,", "\"prompt_tokens\":",
    "\"completion_tokens_details\":{\"reasoning_tokens\":", "\"temperature\":0.", "\"seed\":",
    "\"tool_call_id\":\"", "\"input_audio\":{\"format\":\"", "data: [DONE]\n\n",
    WIRE_WORDS,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    return fuzz_wire(urls, sizeof urls / sizeof urls[0], words, sizeof words / sizeof words[0], data, len);
}
