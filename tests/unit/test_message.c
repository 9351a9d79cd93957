/* test_message.c: every shape of message, part and definition comes out as the conventions have it, and is whole between any two
 * calls. */
#include "uspan/message.h"
#include <string.h>
#include "peek.h"

static uspan_t begin(world_t *w)
{
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "chat");
    assert_true(s.id > 3u);
    return s;
}

#define INPUT(w, s) peek_str(w, s, "gen_ai.input.messages")
#define OUTPUT(w, s) peek_str(w, s, "gen_ai.output.messages")

static void test_the_turn_of_the_conventions_example(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = begin(w);
    uspan_writer_t m;
    assert_int_equal(uspan_messages_begin(&m, t, s, USPAN_SYSTEM_INSTRUCTIONS), USPAN_OK);
    assert_null(peek_attr(w, s, "gen_ai.system_instructions"));
    assert_int_equal(uspan_part_text(&m, "You run a greenhouse."), USPAN_OK);
    assert_int_equal(uspan_write_end(&m), USPAN_OK);
    assert_string_equal(peek_str(w, s, "gen_ai.system_instructions"),
                        "[{\"type\":\"text\",\"content\":\"You run a greenhouse.\"}]");
    uspan_messages_begin(&m, t, s, USPAN_INPUT_MESSAGES);
    assert_int_equal(uspan_message(&m, "user", NULL), USPAN_OK);
    assert_string_equal(INPUT(w, s), "[{\"role\":\"user\",\"parts\":[]}]");
    assert_int_equal(uspan_part_text(&m, "Is bed 3 dry?"), USPAN_OK);
    assert_string_equal(INPUT(w, s), "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"Is bed 3 dry?\"}]}]"
                                     "              ");
    assert_int_equal(uspan_message(&m, "assistant", NULL), USPAN_OK);
    assert_int_equal(uspan_part_tool_call(&m, "c1", "read_soil", "{\"bed\":3}"), USPAN_OK);
    assert_int_equal(uspan_message(&m, "tool", NULL), USPAN_OK);
    assert_int_equal(uspan_part_tool_response(&m, "c1", "{ \"moisture\" : 12 }"), USPAN_OK);
    assert_string_equal(
        INPUT(w, s),
        "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"Is bed 3 dry?\"}]},"
        "{\"role\":\"assistant\",\"parts\":[{\"type\":\"tool_call\",\"id\":\"c1\",\"name\":\"read_soil\","
        "\"arguments\":{\"bed\":3}}]},"
        "{\"role\":\"tool\",\"parts\":[{\"type\":\"tool_call_response\",\"id\":\"c1\",\"response\":{\"moisture\":12}}]}]");
    uspan_messages_begin(&m, t, s, USPAN_OUTPUT_MESSAGES);
    uspan_message(&m, "assistant", NULL);
    uspan_part_text(&m, "Yes, ");
    assert_int_equal(uspan_write_more(&m, "12%."), USPAN_OK);
    assert_string_equal(OUTPUT(w, s), "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"Yes, 12%.\"}],"
                                      "\"finish_reason\":\"error\"         }]              ");
    assert_int_equal(uspan_message_finish(&m, "stop"), USPAN_OK);
    assert_string_equal(OUTPUT(w, s), "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"Yes, 12%.\"}],"
                                      "\"finish_reason\":\"stop\"}]");
    assert_int_equal(m.invalid, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_the_turn_of_the_conventions_example),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
