/* fuzz_wire_ollama.c: checks the guarantees of wire_fuzz.h for Ollama's chat and embed.
 * uspan-config: USPAN_SPANS_MAX=8 USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=16384 USPAN_VALUE_MAX=8192 */
#include "wire_fuzz.h"

static const char *const urls[] = {
    "http://localhost:11434/api/chat",
    "http://localhost:11434/api/embed",
};
static const char *const words[] = {
    "\"message\":{\"content\":\"", "\"thinking\":\"", "\"done\":true", "\"done_reason\":\"stop\"",
    "\"tool_calls\":[{\"function\":{\"arguments\":{", "\"function\":{\"name\":\"", "\"arguments\":{",
    "\"options\":{\"stop\":[\"", "\"options\":{\"temperature\":", "\"images\":[\"", "\"parameters\":{",
    "\"prompt_eval_count\":", "\"eval_count\":", "\"format\":", "\"stream\":false", "\"error\":\"",
    "\"dimensions\":", "\"tool_call_id\":\"", "}\n{\"message\":{",
    WIRE_WORDS,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    return fuzz_wire(urls, sizeof urls / sizeof urls[0], words, sizeof words / sizeof words[0], data, len);
}
