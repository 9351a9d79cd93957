/* w1.h: the two workloads that every figure is about. W1: a chat span with 12 attributes, 1,085 bytes as an OTLP Span
 * message; W2: a bare span. Its text is what a real call has: ids and messages are copied, names of a fixed set static. */
#ifndef USPAN_TESTS_W1_H
#define USPAN_TESTS_W1_H

#include "uspan/uspan.h"

#define W1_SPAN_BYTES 1085u
#define W1_MESSAGE_BYTES 256u

/* 256 bytes of JSON each, as gen_ai.input.messages and gen_ai.output.messages have it. */
#define W1_INPUT                                                                                                \
    "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"Bed 3 reads 21.5 % soil moisture and the " \
    "forecast says 31.5 degrees with no rain until Friday. Water it now, wait for the evening, or leave it? "   \
    "Answer in one short sentence and name the valve to open.\"}]}]"
#define W1_OUTPUT                                                                                               \
    "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"Wait for the evening: at 31 degrees "  \
    "half of it would evaporate. Open valve 3 at 20:00 for twelve minutes, then read the soil again at 22:00 " \
    "and tell me what you found then.\"}],\"finish_reason\":\"stop\"}]"

static inline void w1_record(uspan_tracer_t *t, uspan_t parent)
{
    const uspan_options_t options = { .kind = USPAN_KIND_CLIENT };
    uspan_t s = uspan_start_with(t, parent, "chat qwen-max", 13u, &options);
    uspan_set_static(t, s, USPAN_KEY("gen_ai.operation.name"), "chat");
    uspan_set_static(t, s, USPAN_KEY("gen_ai.provider.name"), "dashscope");
    uspan_set_str(t, s, USPAN_KEY("gen_ai.request.model"), "qwen-max");
    uspan_set_str(t, s, USPAN_KEY("gen_ai.response.model"), "qwen-max-2025-01-25");
    uspan_set_str(t, s, USPAN_KEY("gen_ai.response.id"), "chatcmpl-3f2a90c41b7e8d560a17c2e9f4");
    uspan_set_double(t, s, USPAN_KEY("gen_ai.request.temperature"), 0.7);
    uspan_set_int(t, s, USPAN_KEY("gen_ai.request.max_tokens"), 1024);
    uspan_set_int(t, s, USPAN_KEY("gen_ai.usage.input_tokens"), 312);
    uspan_set_int(t, s, USPAN_KEY("gen_ai.usage.output_tokens"), 187);
    uspan_set_str(t, s, USPAN_KEY("gen_ai.conversation.id"), "9b2c6a1e-5d0f-4c3b-8e7a-1f6d2b9c4e80");
    uspan_set_str(t, s, USPAN_KEY("gen_ai.input.messages"), W1_INPUT);
    uspan_set_str(t, s, USPAN_KEY("gen_ai.output.messages"), W1_OUTPUT);
    uspan_set_status(t, s, USPAN_STATUS_OK, NULL);
    uspan_end(t, s);
}

static inline void w2_record(uspan_tracer_t *t, uspan_t parent)
{
    uspan_end(t, uspan_start(t, parent, "step"));
}

USPAN_STATIC_ASSERT(sizeof(W1_INPUT) == W1_MESSAGE_BYTES + 1u, "W1's input is 256 bytes");
USPAN_STATIC_ASSERT(sizeof(W1_OUTPUT) == W1_MESSAGE_BYTES + 1u, "W1's output is 256 bytes");

#endif
