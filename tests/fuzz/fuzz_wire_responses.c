/* fuzz_wire_responses.c: checks the guarantees of wire_fuzz.h for OpenAI's responses API.
 * uspan-config: USPAN_SPANS_MAX=8 USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=16384 USPAN_VALUE_MAX=8192 */
#include "wire_fuzz.h"

static const char *const urls[] = {
    "https://api.openai.com/v1/responses",
};
static const char *const words[] = {
    "\"type\":\"response.output_text.delta\",\"delta\":\"",
    "\"type\":\"response.function_call_arguments.delta\",\"delta\":\"",
    "\"type\":\"response.output_item.added\",\"item\":{\"type\":\"function_call\",\"call_id\":\"",
    "\"type\":\"response.refusal.delta\",\"delta\":\"",
    "\"type\":\"response.reasoning_summary_text.delta\",\"delta\":\"",
    "\"type\":\"response.completed\",\"response\":{\"status\":\"completed\",\"id\":\"",
    "\"response\":{\"error\":{\"code\":\"",
    "\"output\":[{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"",
    "\"output\":[{\"type\":\"function_call\",\"arguments\":\"", "\"call_id\":\"",
    "\"input\":[{\"type\":\"function_call_output\",\"call_id\":\"", "\"output\":\"", "\"input\":\"",
    "\"instructions\":\"", "\"parameters\":{", "\"incomplete_details\":{\"reason\":\"",
    "\"status\":\"completed\"", "\"max_output_tokens\":", "\"summary\":[{\"text\":\"", "\"file_id\":\"",
    "\"input_tokens_details\":{\"cached_tokens\":", "\"arguments\":\"", "event: response.created\n",
    WIRE_WORDS,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    return fuzz_wire(urls, sizeof urls / sizeof urls[0], words, sizeof words / sizeof words[0], data, len);
}
