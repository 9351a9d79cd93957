/* stream.h: streamed responses in the vendors' formats, with an event for each word. Host and board read the
 * same ones. Invariant: a stream is head, then before, word and after for each word, then tail. */
#ifndef USPAN_BENCH_STREAM_H
#define USPAN_BENCH_STREAM_H

#include <string.h>
#include "uspan/wire.h"

#define STREAM_PIECE 512u /* bytes per read */

typedef struct stream {
    const char *name, *url, *head, *before, *after, *tail;
} stream_t;

static const stream_t streams[] = {
    { "openai", "https://api.openai.com/v1/chat/completions", "",
      "data: {\"id\":\"chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG\",\"object\":\"chat.completion.chunk\",\"created\":1741570283,"
      "\"model\":\"gpt-4o-2024-08-06\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_fc9f1d7035\",\"choices\":["
      "{\"index\":0,\"delta\":{\"content\":\"",
      "\"},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n",
      "data: {\"id\":\"chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG\",\"choices\":[{\"index\":0,\"delta\":{},"
      "\"finish_reason\":\"stop\"}]}\n\n"
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":19,\"completion_tokens\":48,\"total_tokens\":67}}\n\n"
      "data: [DONE]\n\n" },
    { "responses", "https://api.openai.com/v1/responses",
      "event: response.created\ndata: {\"type\":\"response.created\",\"sequence_number\":0,\"response\":{"
      "\"id\":\"resp_67c9fdce\",\"status\":\"in_progress\",\"model\":\"gpt-4.1-2025-04-14\",\"output\":[]}}\n\n",
      "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"sequence_number\":4,"
      "\"item_id\":\"msg_67c9fdcf37fc8190ba82116e33fb28c507b8b0ad4e5eb654\",\"output_index\":0,\"content_index\":0,\"delta\":\"",
      "\",\"logprobs\":[]}\n\n",
      "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"id\":\"resp_67c9fdce\","
      "\"status\":\"completed\",\"model\":\"gpt-4.1-2025-04-14\",\"usage\":{\"input_tokens\":19,\"output_tokens\":48}}}\n\n" },
    { "anthropic", "https://api.anthropic.com/v1/messages",
      "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_014p7gG3\",\"role\":\"assistant\","
      "\"model\":\"claude-sonnet-4-20250514\",\"usage\":{\"input_tokens\":19,\"output_tokens\":1},\"content\":[]}}\n\n"
      "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\","
      "\"text\":\"\"}}\n\n",
      "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\","
      "\"text\":\"",
      "\"}}\n\n",
      "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\nevent: message_delta\ndata: "
      "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":48}}\n\n"
      "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n" },
    { "ollama", "http://localhost:11434/api/chat", "",
      "{\"model\":\"llama3.2\",\"created_at\":\"2023-08-04T08:52:19.385406455-07:00\",\"message\":{\"role\":\"assistant\","
      "\"content\":\"",
      "\"},\"done\":false}\n",
      "{\"model\":\"llama3.2\",\"created_at\":\"2023-08-04T19:22:45.499127Z\",\"message\":{\"role\":\"assistant\","
      "\"content\":\"\"},\"done_reason\":\"stop\",\"done\":true,\"prompt_eval_count\":19,\"eval_count\":48}\n" },
    { "gemini", "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse", "",
      "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"",
      "\"}],\"role\": \"model\"},\"index\": 0}],\"usageMetadata\": {\"promptTokenCount\": 19,\"candidatesTokenCount\": 4,"
      "\"totalTokenCount\": 23},\"modelVersion\": \"gemini-2.5-flash\",\"responseId\": \"Xq4haeyRBtq2\"}\r\n\r\n",
      "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"\"}]},\"finishReason\": \"STOP\"}]}\r\n\r\n" },
    { "dashscope", "https://dashscope.aliyuncs.com/api/v1/services/aigc/text-generation/generation", "",
      "id:7\nevent:result\n:HTTP_STATUS/200\ndata:{\"output\":{\"choices\":[{\"message\":{\"content\":\"",
      "\",\"role\":\"assistant\"},\"finish_reason\":\"null\"}]},\"usage\":{\"total_tokens\":23,\"input_tokens\":19,"
      "\"output_tokens\":4},\"request_id\":\"0c4b6bd5-8b3a-9a64-bd45-1d0d3a1f7e2e\"}\n\n",
      "data:{\"output\":{\"choices\":[{\"message\":{\"content\":\"\"},\"finish_reason\":\"stop\"}]}}\n\n" },
};
#define STREAMS (sizeof streams / sizeof streams[0])

/* The request of each. DashScope's events add to each other only if the request says so. */
static const char stream_request[] = "{\"model\":\"m\",\"stream\":true,\"parameters\":{\"incremental_output\":true}}";

static char stream_text[20480];
static size_t stream_len;
static uspan_wire_t stream_wire;

static void stream_add(const char *text)
{
    size_t len = strlen(text);
    memcpy(stream_text + stream_len, text, len);
    stream_len += len;
}

/* 48 words to stream_text, and the exchange up to its response. */
static void stream_begin(const stream_t *s, uspan_tracer_t *t)
{
    static const char *const words[] = { "Bed ",  "3 ",   "is ",   "at ",      "twelve ", "percent: ", "open ",  "the ",
                                         "valve", " for", " two ", "minutes,", " then ",  "look ",     "again.", "\\n" };
    stream_len = 0;
    stream_add(s->head);
    for (unsigned i = 0; i < 48u; i++) {
        stream_add(s->before);
        stream_add(words[i % 16u]);
        stream_add(s->after);
    }
    stream_add(s->tail);
    (void)uspan_wire_begin(&stream_wire, t, USPAN_ROOT, s->url);
    uspan_wire_request(&stream_wire, stream_request, sizeof stream_request - 1u);
    uspan_wire_response(&stream_wire, stream_text, 1u); /* the first byte ends the request */
}

/* The measured part. */
static inline void stream_read(void)
{
    for (size_t at = 1; at < stream_len; at += STREAM_PIECE) {
        uspan_wire_response(&stream_wire, stream_text + at,
                            stream_len - at < STREAM_PIECE ? stream_len - at : STREAM_PIECE);
    }
}

/* False: the span does not have all of the response. */
static bool stream_end(void)
{
    return uspan_wire_unread(&stream_wire) == 0u && uspan_wire_end(&stream_wire, 200, NULL) == USPAN_OK;
}

#endif
