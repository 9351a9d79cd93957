/* w1.h: the two workloads of all figures: W1, a chat span with 12 attributes, and W2, a bare span. */
#ifndef USPAN_BENCH_W1_H
#define USPAN_BENCH_W1_H

#include "uspan/genai.h"

#define W1_MESSAGE_BYTES 256u
#define W1_WIRE_BYTES 1085u /* of the Span message */

extern char w1_input[W1_MESSAGE_BYTES + 1u];
extern char w1_output[W1_MESSAGE_BYTES + 1u];

#define W1_CONVERSATION "0f8fad5b-d9cb-469f-a165-70867728950e"
#define W1_RESPONSE_ID "chatcmpl-7d2f4b1e9c3a4f60b2d8e5a1c7f"

/* One call per attribute. The provider is a literal, as in most firmware, and the model is known at run
 * time. */
static inline void record_w1(uspan_tracer_t *t, uspan_t agent)
{
    static const uspan_options_t client = { .kind = USPAN_KIND_CLIENT };
    uspan_t s = uspan_start_with(t, agent, "chat qwen-max", 13u, &client);
    uspan_set_static(t, s, &uspan_key_operation_name, "chat");
    uspan_set_static(t, s, &uspan_key_provider_name, "dashscope");
    uspan_set_str(t, s, &uspan_key_request_model, "qwen-max");
    uspan_set_double(t, s, &uspan_key_request_temperature, 0.7);
    uspan_set_int(t, s, &uspan_key_request_max_tokens, 1024);
    uspan_set_str(t, s, &uspan_key_conversation_id, W1_CONVERSATION);
    uspan_set_str_n(t, s, &uspan_key_input_messages, w1_input, W1_MESSAGE_BYTES);
    uspan_set_str(t, s, &uspan_key_response_model, "qwen-max-2025-01-25");
    uspan_set_str(t, s, &uspan_key_response_id, W1_RESPONSE_ID);
    uspan_set_int(t, s, &uspan_key_usage_input_tokens, 812);
    uspan_set_int(t, s, &uspan_key_usage_output_tokens, 64);
    uspan_set_str_n(t, s, &uspan_key_output_messages, w1_output, W1_MESSAGE_BYTES);
    uspan_end(t, s);
}

/* The same with one table. */
static inline void record_w1_all(uspan_tracer_t *t, uspan_t agent)
{
    static const uspan_options_t client = { .kind = USPAN_KIND_CLIENT };
    uspan_t s = uspan_start_with(t, agent, "chat qwen-max", 13u, &client);
    const uspan_attr_t attrs[] = {
        USPAN_ATTR_STATIC(&uspan_key_operation_name, "chat"),
        USPAN_ATTR_STATIC(&uspan_key_provider_name, "dashscope"),
        USPAN_ATTR_TEXT(&uspan_key_request_model, "qwen-max"),
        USPAN_ATTR_DOUBLE(&uspan_key_request_temperature, 0.7),
        USPAN_ATTR_INT(&uspan_key_request_max_tokens, 1024),
        USPAN_ATTR_TEXT(&uspan_key_conversation_id, W1_CONVERSATION),
        USPAN_ATTR_TEXT_N(&uspan_key_input_messages, w1_input, W1_MESSAGE_BYTES),
        USPAN_ATTR_TEXT(&uspan_key_response_model, "qwen-max-2025-01-25"),
        USPAN_ATTR_TEXT(&uspan_key_response_id, W1_RESPONSE_ID),
        USPAN_ATTR_INT(&uspan_key_usage_input_tokens, 812),
        USPAN_ATTR_INT(&uspan_key_usage_output_tokens, 64),
        USPAN_ATTR_TEXT_N(&uspan_key_output_messages, w1_output, W1_MESSAGE_BYTES),
    };
    uspan_set_all(t, s, attrs, sizeof attrs / sizeof attrs[0]);
    uspan_end(t, s);
}

/* The same with the typed calls, begin and end. */
static inline void record_w1_typed(uspan_tracer_t *t, uspan_t agent)
{
    uspan_t s = uspan_chat_begin_with(t, agent,
                                      &(uspan_chat_t){ .provider = USPAN_PROVIDER_DASHSCOPE,
                                                       .model = "qwen-max",
                                                       .temperature = USPAN_OPT(0.7),
                                                       .max_tokens = USPAN_OPT(1024),
                                                       .conversation_id = W1_CONVERSATION,
                                                       .input_messages = w1_input });
    uspan_chat_end(t, s,
                   &(uspan_chat_result_t){ .response_id = W1_RESPONSE_ID,
                                           .response_model = "qwen-max-2025-01-25",
                                           .usage = { .input = 812, .output = 64 },
                                           .output_messages = w1_output });
}

/* A span with count integers, at most USPAN_ATTRS_MAX. The keys are numbered, like counters of an
 * application. */
static inline void record_ints(uspan_tracer_t *t, uspan_t parent, const uspan_key_t *keys, unsigned count)
{
    uspan_t s = uspan_start(t, parent, "counters");
    for (unsigned i = 0; i < count; i++) {
        uspan_set_int(t, s, &keys[i], 1000 + (int64_t)i);
    }
    uspan_end(t, s);
}

static inline void record_w2(uspan_tracer_t *t, uspan_t parent)
{
    uspan_end(t, uspan_start(t, parent, "bare"));
}

#endif
