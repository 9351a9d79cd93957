/* scenes_many.c: calls that set many attributes, and setters under a value limit, in an everyday scene and in
 * the most expensive ones. Invariant: a scene begins with a new tracer and measures one call, like those of
 * scenes.c. An everyday table or struct is the short half of W1: two texts, two numbers. The most expensive
 * ones have every field, with the maximum length or invalid. */
#include <string.h>
#include "rig.h"
#include "uspan/genai.h"

#define VALUE ((size_t)USPAN_VALUE_MAX)
#define AS_POINTER(name, ...) &uspan_key_##name,
#define LIMIT 1000u /* characters of a value */
#define USUAL "0f8fad5b-d9cb-469f-a165-70867728950e"

typedef struct scene {
    const char *call, *name;
    void (*prepare)(void);
    void (*run)(void);
} scene_t;

static uspan_t span;
static bool is_timed;
static char plain[USPAN_VALUE_MAX + 1], wide[USPAN_VALUE_MAX + 1], mixed[USPAN_VALUE_MAX + 1];
static uspan_attr_t attrs[USPAN_ATTRS_MAX];
static size_t attr_count;
static uspan_chat_t chat;
static uspan_chat_result_t result;

static void fresh(void)
{
    rig_begin(is_timed, true);
    span = uspan_start(&rig_tracer, USPAN_ROOT, "chat qwen-max");
    memset(&chat, 0, sizeof chat);
    memset(&result, 0, sizeof result);
}

/* ---- uspan_set_all() ----------------------------------------------------------------------------------- */

static void usual_table(void)
{
    fresh();
    attrs[0] = (uspan_attr_t)USPAN_ATTR_STATIC(&uspan_key_provider_name, "dashscope");
    attrs[1] = (uspan_attr_t)USPAN_ATTR_TEXT(&uspan_key_conversation_id, USUAL);
    attrs[2] = (uspan_attr_t)USPAN_ATTR_INT(&uspan_key_request_max_tokens, 1024);
    attrs[3] = (uspan_attr_t)USPAN_ATTR_DOUBLE(&uspan_key_request_temperature, 0.7);
    attr_count = 4u;
}

static void table_of(const char *text, size_t len)
{
    static const uspan_key_t *const keys[] = { USPAN_GENAI_KEYS(AS_POINTER, AS_POINTER) };
    fresh();
    for (attr_count = 0; attr_count < USPAN_ATTRS_MAX; attr_count++) {
        attrs[attr_count] = (uspan_attr_t)USPAN_ATTR_TEXT_N(keys[attr_count], text, len);
    }
}

static void table_of_texts(void)
{
    table_of(plain, 256u);
}

static void table_of_mixed_texts(void)
{
    table_of(mixed, VALUE);
}

static void set_all(void)
{
    (void)uspan_set_all(&rig_tracer, span, attrs, attr_count);
}

/* ---- typed calls --------------------------------------------------------------------------------------- */

static void usual_chat(void)
{
    fresh();
    chat.provider = "dashscope";
    chat.model = USUAL;
    chat.max_tokens = uspan_opt_int(1024);
    chat.temperature = uspan_opt_double(0.7);
    result.response_id = USUAL;
    result.response_model = "qwen-max";
    result.usage.input = 812u;
    result.usage.output = 64u;
}

static void chat_of(const char *text)
{
    static const char *lists[] = { NULL, NULL };
    usual_chat();
    lists[0] = text;
    chat.model = chat.provider = chat.conversation_id = chat.function_name = chat.function_input = text;
    chat.server_address = chat.openai_api_type = chat.openai_service_tier = chat.reasoning_level = text;
    chat.previous_response_id = chat.output_type = chat.input_messages = chat.system_instructions = text;
    chat.stop_sequences = result.finish_reasons = lists;
    chat.top_p = chat.presence_penalty = chat.frequency_penalty = uspan_opt_double(0.5);
    chat.top_k = chat.seed = chat.choice_count = uspan_opt_int(7);
    chat.stream = result.compacted = true;
    chat.server_port = 443u;
    result.response_id = result.response_model = result.output_messages = result.function_output = text;
    result.openai_service_tier = result.openai_system_fingerprint = text;
    result.error_type = result.error_message = text;
    result.usage.cache_read = result.usage.cache_creation = result.usage.reasoning = 3u;
}

static void chat_of_texts(void)
{
    chat_of(plain + VALUE - 256u);
}

static void chat_of_mixed_texts(void)
{
    chat_of(mixed);
}

static void begin_chat(void)
{
    span = uspan_chat_begin_with(&rig_tracer, span, &chat);
}

static void begun_usual_chat(void)
{
    usual_chat();
    begin_chat();
}

static void begun_chat_of_texts(void)
{
    chat_of_texts();
    begin_chat();
}

static void begun_chat_of_mixed_texts(void)
{
    chat_of_mixed_texts();
    begin_chat();
}

static void end_chat(void)
{
    (void)uspan_chat_end(&rig_tracer, span, &result);
}

/* ---- value limits -------------------------------------------------------------------------------------- */

static void limited(void)
{
    const uspan_limits_t limits = { .value_chars = LIMIT };
    fresh();
    uspan_set_limits(&rig_tracer, &limits);
}

/* Two bytes per character: the limit is far after the first block. */
static void set_str(void)
{
    (void)uspan_set_str_n(&rig_tracer, span, &uspan_key_output_messages, wide, VALUE);
}

static void limited_and_long(void)
{
    limited();
    (void)uspan_append_str_n(&rig_tracer, span, &uspan_key_output_messages, wide, 2u * LIMIT - 40u);
}

static void append_str(void)
{
    (void)uspan_append_str_n(&rig_tracer, span, &uspan_key_output_messages, wide, VALUE);
}

static const scene_t scenes[] = {
    { "set_all", "usual", usual_table, set_all },
    { "set_all", "texts", table_of_texts, set_all },
    { "set_all", "mixed", table_of_mixed_texts, set_all },
    { "chat_begin", "usual", usual_chat, begin_chat },
    { "chat_begin", "texts", chat_of_texts, begin_chat },
    { "chat_begin", "mixed", chat_of_mixed_texts, begin_chat },
    { "chat_end", "usual", begun_usual_chat, end_chat },
    { "chat_end", "texts", begun_chat_of_texts, end_chat },
    { "chat_end", "mixed", begun_chat_of_mixed_texts, end_chat },
    { "set_str", "limited", limited, set_str },
    { "append_str", "limited", limited_and_long, append_str },
};

void scenes_many_tell(void)
{
    memset(plain, 'a', VALUE);
    for (size_t i = 0; i < VALUE; i++) {
        wide[i] = (char)(i % 2u == 0u ? 0xC3 : 0xA9);
        mixed[i] = (char)(i % 2u == 0u ? 'a' : 0xFF);
    }
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++) {
        is_timed = false;
        scenes[i].prepare();
        uint32_t cost = rig_cost(scenes[i].run);
        is_timed = true; /* again, to measure how long interrupts are disabled */
        scenes[i].prepare();
        rig_longest_hold = 0u;
        scenes[i].run();
        rig_tell(scenes[i].call, scenes[i].name, cost, rig_longest_hold);
    }
}
