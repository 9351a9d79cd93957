/* fuzz_wire_anthropic.c: checks the guarantees of wire_fuzz.h for Anthropic's messages API.
 * uspan-config: USPAN_SPANS_MAX=8 USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=16384 USPAN_VALUE_MAX=8192 */
#include "wire_fuzz.h"

static const char *const urls[] = {
    "https://api.anthropic.com/v1/messages",
};
static const char *const words[] = {
    "\"type\":\"message_start\",\"message\":{\"id\":\"",
    "\"type\":\"content_block_start\",\"content_block\":{\"type\":\"tool_use\",\"id\":\"",
    "\"type\":\"content_block_delta\",\"delta\":{\"partial_json\":\"", "\"delta\":{\"text\":\"",
    "\"delta\":{\"thinking\":\"", "\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"",
    "\"system\":\"", "\"system\":[{\"type\":\"text\",\"text\":\"",
    "\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"",
    "\"content\":[{\"type\":\"tool_use\",\"input\":{", "\"input\":{", "\"input_schema\":{", "\"thinking\":\"",
    "\"source\":{\"media_type\":\"", "\"data\":\"", "\"cache_read_input_tokens\":", "\"output_tokens\":",
    "\"stop_sequences\":[\"", "\"max_tokens\":", "\"content_block\":{", "event: content_block_delta\n",
    "\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"",
    WIRE_WORDS,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    return fuzz_wire(urls, sizeof urls / sizeof urls[0], words, sizeof words / sizeof words[0], data, len);
}
