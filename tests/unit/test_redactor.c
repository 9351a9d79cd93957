/* test_redactor.c: uspan stores the redactor's result for each piece of content, whichever call set it. The
 * redactor sees content only.
 * uspan-config: USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=16384 USPAN_TOOL_DEFINITIONS=1 */
#include "typed_spans.h"
#include "uspan/message.h"

static unsigned seen;
static unsigned lock_depth_seen;

/* "secret" becomes "###". Text that begins with "drop" is dropped. Text that begins with "cut" keeps three
 * bytes. */
static const char *redact(void *ctx, const uspan_key_t *key, const char *text, size_t *len)
{
    static char out[256];
    seen++;
    lock_depth_seen += (unsigned)((world_t *)ctx)->lock_depth;
    assert_int_equal(key->flags, USPAN_KEY_CONTENT);
    if (*len >= 4u && memcmp(text, "drop", 4) == 0) {
        return NULL;
    }
    if (*len >= 3u && memcmp(text, "cut", 3) == 0) {
        *len = 3;
        return text;
    }
    for (size_t i = 0; i + 6u <= *len && *len < sizeof out; i++) {
        if (memcmp(text + i, "secret", 6) == 0) {
            memcpy(out, text, i);
            memcpy(out + i, "###", 3);
            memcpy(out + i + 3, text + i + 6, *len - i - 6u);
            *len -= 3u;
            return out;
        }
    }
    return text;
}

static void test_each_way_of_content_passes_the_redactor(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    const uspan_redactor_t r = { w, redact };
    seen = lock_depth_seen = 0;
    uspan_set_redactor(t, &r);
    uspan_t s = uspan_chat_begin_with(t, USPAN_ROOT, &(uspan_chat_t){ .model = "secret", .input_messages = "[\"secret\"]",
                                                                      .system_instructions = "a long text with a secret in it" });
    uspan_set_static(t, s, &uspan_key_tool_definitions, "static secret");
    uspan_append_str(t, s, &uspan_key_output_messages, "first secret, ");
    uspan_append_str(t, s, &uspan_key_output_messages, "drop this, ");
    uspan_append_str(t, s, &uspan_key_output_messages, "second secret");
    const uspan_attr_t attrs[] = { USPAN_ATTR_TEXT(&uspan_key_function_input, "my secret"),
                                   USPAN_ATTR_STATIC(&uspan_key_function_output, "cut here") };
    assert_int_equal(uspan_set_all(t, s, attrs, 2), USPAN_OK);
    uspan_event_n(t, s, "e", 1, 0, attrs, 1);
    ASSERT_SPAN(w, s, "chat secret", CLIENT, "gen_ai.operation.name='chat'", "gen_ai.request.model='secret'",
                "gen_ai.input.messages='[\"###\"]'", "gen_ai.system_instructions='a long text with a ### in it'",
                "gen_ai.tool.definitions='static ###'", "gen_ai.output.messages='first ###, second ###'",
                "agentscope.function.input='my ###'", "agentscope.function.output='cut'");
    assert_string_equal(peek_bytes(w, peek_entry(w, peek_event(w, s, 0)->attrs, 0)), "my ###");
    assert_int_equal(seen, 9);
    assert_int_equal(lock_depth_seen, 0);
    uspan_set_redactor(t, NULL);
    uspan_set_str(t, s, &uspan_key_input_messages, "secret");
    assert_string_equal(peek_str(w, s, "gen_ai.input.messages"), "secret");
}

static void test_texts_of_messages_pass_it_before_they_are_escaped(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    const uspan_redactor_t r = { w, redact };
    uspan_set_redactor(t, &r);
    uspan_writer_t writer;
    uspan_t s = uspan_chat_begin(t, USPAN_ROOT, NULL, "m");
    static const uspan_key_t words = USPAN_KEY_CONTENT_INIT("words");
    const char *const texts[] = { "one", "a secret", "drop it" };
    uspan_set_strs(t, s, &words, texts, 3);
    assert_memory_equal(peek_bytes(w, peek_attr(w, s, "words")), "\3\0one\5\0a ###\0\0", 14);
    uspan_messages_begin(&writer, t, s, USPAN_INPUT_MESSAGES);
    uspan_message(&writer, "user", "the secret one");
    uspan_part_text_n(&writer, "my secret \"x\"", 13);
    uspan_part_tool_call(&writer, "id secret", "drop this", "{\"a\":\"secret\"}");
    const char expected[] = "[{\"role\":\"user\",\"name\":\"the ### one\",\"parts\":["
                            "{\"type\":\"text\",\"content\":\"my ### "
                            "\\\"x\\\"\"},{\"type\":\"tool_call\",\"id\":\"id ###\",\"name\":\"\","
                            "\"arguments\":{\"a\":\"###\"}}]}]";
    assert_memory_equal(peek_str(w, s, "gen_ai.input.messages"), expected, sizeof expected - 1u); /* spaces may follow */
    uspan_set_redactor(t, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_each_way_of_content_passes_the_redactor),
        IN_WORLD(test_texts_of_messages_pass_it_before_they_are_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
