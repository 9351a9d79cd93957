/* fuzz_wire_dashscope.c: checks the guarantees of wire_fuzz.h for DashScope's text generation and embeddings.
 * uspan-config: USPAN_SPANS_MAX=8 USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=16384 USPAN_VALUE_MAX=8192 */
#include "wire_fuzz.h"

static const char *const urls[] = {
    "https://dashscope.aliyuncs.com/api/v1/services/aigc/text-generation/generation",
    "https://dashscope.aliyuncs.com/api/v1/services/embeddings/text-embedding/text-embedding",
};
static const char *const words[] = {
    "\"output\":{\"choices\":[{\"message\":{\"content\":\"",
    "\"output\":{\"choices\":[{\"finish_reason\":\"stop\"", "\"output\":{\"text\":\"",
    "\"message\":{\"tool_calls\":[{\"function\":{\"arguments\":\"", "\"tool_calls\":[{\"index\":",
    "\"function\":{\"name\":\"", "\"arguments\":\"", "\"reasoning_content\":\"", "\"input\":{\"messages\":[{",
    "\"parameters\":{\"incremental_output\":true", "\"parameters\":{\"stop\":[\"",
    "\"parameters\":{\"tools\":[{", "\"parameters\":{", "\"finish_reason\":\"null\"",
    "\"finish_reason\":\"stop\"", "\"input_tokens\":", "\"output_tokens_details\":{\"reasoning_tokens\":",
    "\"request_id\":\"", "\"code\":\"", "\"message\":\"", "\"temperature\":0.", "\"description\":\"",
    "data:{\"output\":{",
    WIRE_WORDS,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    return fuzz_wire(urls, sizeof urls / sizeof urls[0], words, sizeof words / sizeof words[0], data, len);
}
