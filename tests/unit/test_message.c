/* test_message.c: every shape of message, part and definition has the form of the conventions. The JSON is
 * complete between any two calls, however the span ends and whatever uses up the blocks.
 * uspan-config: USPAN_TOOL_DEFINITIONS=1 USPAN_HISTORY_MESSAGES=0 */
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
#define PARTS(w, s) peek_str(w, s, "gen_ai.system_instructions")
#define TOOLS(w, s) peek_str(w, s, "gen_ai.tool.definitions")
#define VALUE(w, s) peek_str(w, s, "agentscope.function.output")

static uspan_writer_t begin_value(world_t *w, uspan_t s)
{
    uspan_writer_t m;
    assert_int_equal(uspan_write_begin(&m, &w->tracer, s, &uspan_key_function_output), USPAN_OK);
    return m;
}

/* ---- shapes ---------------------------------------------------------------------------------------------- */

static void test_the_turn_of_the_conventions_example(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = begin(w);
    uspan_writer_t m;
    assert_int_equal(uspan_messages_begin(&m, t, s, USPAN_SYSTEM_INSTRUCTIONS), USPAN_OK);
    assert_null(peek_attr(w, s, "gen_ai.system_instructions")); /* an empty list is not written */
    assert_int_equal(uspan_part_text(&m, "You run a greenhouse."), USPAN_OK);
    assert_int_equal(uspan_write_end(&m), USPAN_OK);
    assert_string_equal(PARTS(w, s), "[{\"type\":\"text\",\"content\":\"You run a greenhouse.\"}]");
    uspan_messages_begin(&m, t, s, USPAN_INPUT_MESSAGES);
    assert_int_equal(uspan_message(&m, "user", NULL), USPAN_OK);
    assert_string_equal(INPUT(w, s), "[{\"role\":\"user\",\"parts\":[]}]");
    assert_int_equal(uspan_part_text(&m, "Is bed 3 dry?"), USPAN_OK);
    assert_string_equal(INPUT(w, s),
                        "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"Is bed 3 dry?\"}]}]"
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
        "{\"role\":\"tool\",\"parts\":[{\"type\":\"tool_call_response\",\"id\":\"c1\",\"response\":{"
        "\"moisture\":12}}]}]");
    uspan_messages_begin(&m, t, s, USPAN_OUTPUT_MESSAGES);
    uspan_message(&m, "assistant", NULL);
    uspan_part_text(&m, "Yes, ");
    assert_int_equal(uspan_write_more(&m, "12%."), USPAN_OK);
    assert_string_equal(OUTPUT(w, s),
                        "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"Yes, 12%.\"}],"
                        "\"finish_reason\":\"error\"           }]              ");
    assert_int_equal(uspan_message_finish(&m, "stop"), USPAN_OK);
    assert_string_equal(OUTPUT(w, s),
                        "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"Yes, 12%.\"}],"
                        "\"finish_reason\":\"stop\"}]");
    assert_int_equal(m.invalid, 0);
}

static void test_every_part_of_the_conventions(void **state)
{
    world_t *w = *state;
    uspan_t s = begin(w);
    uspan_writer_t m;
    uspan_messages_begin(&m, &w->tracer, s, USPAN_INPUT_MESSAGES);
    uspan_message(&m, "user", NULL);
    assert_int_equal(uspan_part_reasoning(&m, "dry"), USPAN_OK);
    assert_int_equal(uspan_part_blob(&m, "image", "image/jpeg", "\xFF\xD8\xFF\xE0\x00\x10", 6), USPAN_OK);
    assert_int_equal(uspan_part_uri(&m, "audio", NULL, "https://ex.test/a.wav"), USPAN_OK);
    assert_int_equal(uspan_part_file(&m, "video", "video/mp4", "f-77"), USPAN_OK);
    assert_int_equal(uspan_part_server_tool_call(&m, "s1", "web_search", "web_search"), USPAN_OK);
    assert_int_equal(uspan_write_str(&m, "query", "frost"), USPAN_OK);
    assert_int_equal(uspan_part_server_tool_response(&m, "s1", "web_search"), USPAN_OK);
    assert_int_equal(uspan_write_int(&m, "hits", 2), USPAN_OK);
    assert_int_equal(uspan_part(&m, "sensor_frame"), USPAN_OK);
    assert_int_equal(uspan_write_int(&m, "bed", 3), USPAN_OK);
    assert_int_equal(uspan_write_array(&m, "values"), USPAN_OK);
    assert_int_equal(uspan_write_int(&m, NULL, 1), USPAN_OK);
    assert_int_equal(uspan_write_int(&m, NULL, 2), USPAN_OK);
    assert_int_equal(uspan_part_compaction(&m, "cmp_1", "The bed was dry."), USPAN_OK);
    assert_int_equal(uspan_part_compaction(&m, "cmp_2", NULL), USPAN_OK);
    assert_int_equal(uspan_write_end(&m), USPAN_OK);
    assert_string_equal(
        peek_str(w, s, "gen_ai.input.messages"),
        "[{\"role\":\"user\",\"parts\":[{\"type\":\"reasoning\",\"content\":\"dry\"},"
        "{\"type\":\"blob\",\"modality\":\"image\",\"mime_type\":\"image/jpeg\",\"content\":\"/9j/4AAQ\"},"
        "{\"type\":\"uri\",\"modality\":\"audio\",\"uri\":\"https://ex.test/a.wav\"},"
        "{\"type\":\"file\",\"modality\":\"video\",\"mime_type\":\"video/mp4\",\"file_id\":\"f-77\"},"
        "{\"type\":\"server_tool_call\",\"id\":\"s1\",\"name\":\"web_search\","
        "\"server_tool_call\":{\"type\":\"web_search\",\"query\":\"frost\"}},"
        "{\"type\":\"server_tool_call_response\",\"id\":\"s1\",\"server_tool_call_response\":{\"type\":\"web_"
        "search\",\"hits\":2}},"
        "{\"type\":\"sensor_frame\",\"bed\":3,\"values\":[1,2]},"
        "{\"type\":\"compaction\",\"id\":\"cmp_1\",\"content\":\"The bed was dry.\"},"
        "{\"type\":\"compaction\",\"id\":\"cmp_2\"}]}]");
}

static void test_system_instructions_are_text_alone(void **state)
{
    world_t *w = *state;
    uspan_t s = begin(w);
    uspan_writer_t m;
    uspan_messages_begin(&m, &w->tracer, s, USPAN_SYSTEM_INSTRUCTIONS);
    assert_int_equal(uspan_part_reasoning(&m, "dry"), USPAN_ERR_ARG);
    assert_int_equal(uspan_part_uri(&m, "image", NULL, "https://ex.test/a.png"), USPAN_ERR_ARG);
    assert_int_equal(uspan_part_text(&m, "Be brief."), USPAN_OK);
    assert_int_equal(uspan_part(&m, "note"), USPAN_ERR_ARG);
    /* Members of a refused part are not added elsewhere. */
    assert_int_equal(uspan_write_more(&m, " And exact."), USPAN_ERR_ARG);
    assert_int_equal(uspan_write_str(&m, "query", "x"), USPAN_ERR_ARG);
    assert_int_equal(uspan_part(&m, "text"), USPAN_OK);
    assert_int_equal(uspan_write_str(&m, "content", "And exact."), USPAN_OK);
    assert_int_equal(uspan_write_end(&m), USPAN_OK);
    assert_string_equal(PARTS(w, s), "[{\"type\":\"text\",\"content\":\"Be brief.\"},"
                                     "{\"type\":\"text\",\"content\":\"And exact.\"}]");
}

static void test_tool_definitions(void **state)
{
    world_t *w = *state;
    uspan_t s = begin(w);
    uspan_writer_t m;
    uspan_messages_begin(&m, &w->tracer, s, USPAN_TOOL_LIST);
    assert_int_equal(uspan_tool_definition(&m, "read_soil", "Moisture of a bed", "{\"type\": \"object\"}"),
                     USPAN_OK);
    assert_int_equal(uspan_tool_definition(&m, "now", NULL, NULL), USPAN_OK);
    assert_int_equal(uspan_write_bool(&m, "strict", true), USPAN_OK);
    assert_string_equal(
        TOOLS(w, s),
        "[{\"type\":\"function\",\"name\":\"read_soil\",\"description\":\"Moisture of a bed\","
        "\"parameters\":{\"type\":\"object\"}},{\"type\":\"function\",\"name\":\"now\",\"strict\":true}]");
}

static void test_names_speakers_roles_that_come_late_and_reasons(void **state)
{
    world_t *w = *state;
    uspan_t s = begin(w);
    uspan_writer_t m;
    uspan_messages_begin(&m, &w->tracer, s, USPAN_OUTPUT_MESSAGES);
    uspan_message(&m, NULL, NULL);
    assert_string_equal(OUTPUT(w, s),
                        "[{\"parts\":[],\"role\":\"unknown\",\"finish_reason\":\"error\"           }]");
    uspan_part_tool_call(&m, NULL, NULL, "[1");
    assert_string_equal(
        OUTPUT(w, s),
        "[{\"parts\":[{\"type\":\"tool_call\",\"arguments\":[1],\"name\":\"\"}],\"role\":\"unknown\","
        "\"finish_reason\":\"error\"           }]");
    assert_int_equal(uspan_write_more(&m, "]"), USPAN_OK);
    assert_int_equal(uspan_write_str(&m, "name", "read_soil"), USPAN_OK);
    assert_int_equal(uspan_message_role(&m, "assistant"), USPAN_OK);
    assert_int_equal(uspan_message_role(&m, "assistant"), USPAN_ERR_ARG);
    assert_int_equal(uspan_message_finish(&m, NULL), USPAN_OK);
    assert_int_equal(uspan_message_finish(&m, NULL), USPAN_ERR_ARG);
    uspan_message(&m, "assistant", "gardener");
    uspan_message_finish(&m, "a reason of the provider's own, as it says");
    assert_string_equal(
        OUTPUT(w, s),
        "[{\"parts\":[{\"type\":\"tool_call\",\"arguments\":[1],\"name\":\"read_soil\"}],\"role\":"
        "\"assistant\","
        "\"finish_reason\":\"stop\"},{\"role\":\"assistant\",\"name\":\"gardener\",\"parts\":[],"
        "\"finish_reason\":\"a reason of the provider's own, as it sa\"}]");
}

static void test_function_input_as_agentscope_has_it(void **state)
{
    world_t *w = *state;
    uspan_t s = begin(w);
    uspan_writer_t m;
    assert_int_equal(uspan_function_input_begin(&m, &w->tracer, s), USPAN_OK);
    uspan_write_int(&m, "x", INT64_MIN);
    uspan_write_null(&m, "y\"\n");
    uspan_write_bool(&m, "z", false);
    uspan_write_leaf(&m, "raw", USPAN_LEAF_JSON);
    uspan_write_more(&m, " { } ");
    assert_int_equal(uspan_write_end(&m), USPAN_OK);
    assert_string_equal(
        peek_str(w, s, "agentscope.function.input"),
        "{\"args\":[],\"kwargs\":{\"x\":-9223372036854775808,\"y\\\"\\n\":null,\"z\":false,\"raw\":{}}}");
}

/* ---- text ------------------------------------------------------------------------------------------------ */

/* ---- JSON given as text ---------------------------------------------------------------------------------- */

/* ---- rules ----------------------------------------------------------------------------------------------- */

static void test_what_is_out_of_place_is_refused_and_leaves_the_value_alone(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = begin(w);
    uspan_writer_t m;
    assert_int_equal(uspan_messages_begin(NULL, t, s, USPAN_INPUT_MESSAGES), USPAN_ERR_ARG);
    assert_int_equal(uspan_messages_begin(&m, t, s, (uspan_list_t)0), USPAN_ERR_ARG);
    assert_int_equal(uspan_messages_begin(&m, t, s, (uspan_list_t)5), USPAN_ERR_ARG);
    assert_int_equal(uspan_message(&m, "user", NULL),
                     USPAN_OK); /* a writer that was not started does nothing */
    assert_int_equal(uspan_write_begin(&m, NULL, s, &uspan_key_function_output), USPAN_ERR_ARG);
    assert_int_equal(uspan_write_begin(&m, t, s, NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_message(NULL, "user", NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_messages_begin(&m, t, s, USPAN_INPUT_MESSAGES), USPAN_OK);
    assert_int_equal(uspan_part_text(&m, "x"), USPAN_ERR_ARG); /* there is no open message */
    assert_int_equal(uspan_message_finish(&m, "stop"), USPAN_ERR_ARG);
    assert_int_equal(uspan_message_role(&m, "user"), USPAN_ERR_ARG);
    assert_int_equal(uspan_write_more(&m, "x"), USPAN_ERR_ARG); /* there is no open leaf */
    assert_null(INPUT(w, s));
    uspan_message(&m, "user", NULL);
    assert_int_equal(uspan_message_role(&m, NULL), USPAN_ERR_ARG);
    uspan_message(&m, "user", NULL);
    assert_int_equal(uspan_write_str(&m, "a", "x"), USPAN_ERR_ARG); /* there is no open part */
    assert_int_equal(uspan_write_object(&m, NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_write_close(&m), USPAN_ERR_ARG);
    assert_int_equal(uspan_part_text_n(&m, NULL, 1), USPAN_ERR_ARG);
    uspan_part(&m, "frame");
    assert_int_equal(uspan_write_int(&m, NULL, 1), USPAN_ERR_ARG); /* a member needs a name */
    assert_int_equal(uspan_write_close(&m), USPAN_ERR_ARG);        /* parts are closed by the writer */
    assert_int_equal(uspan_write_str_n(&m, "a", NULL, 1), USPAN_ERR_ARG);
    uspan_write_array(&m, "list");
    assert_int_equal(uspan_write_int(&m, "a", 1), USPAN_ERR_ARG); /* an array element has no name */
    assert_string_equal(INPUT(w, s), "[{\"role\":\"user\",\"parts\":[]},{\"role\":\"user\",\"parts\":[{"
                                     "\"type\":\"frame\",\"list\":[]}]}]");
    uspan_write_end(&m);
    assert_int_equal(uspan_message(&m, "user", NULL), USPAN_ERR_ARG); /* the list is closed */
    assert_int_equal(uspan_part_text(&m, "x"), USPAN_ERR_ARG);
    m = begin_value(w, s);
    assert_int_equal(uspan_message(&m, "user", NULL), USPAN_ERR_ARG); /* this value is not a list */
    assert_int_equal(uspan_part_text(&m, "x"), USPAN_ERR_ARG);
    assert_int_equal(uspan_write_int(&m, NULL, 1), USPAN_OK);
    assert_int_equal(uspan_write_int(&m, NULL, 2), USPAN_ERR_ARG); /* there can be only one value */
    assert_string_equal(VALUE(w, s), "1");
    m = begin_value(w, s);
    for (unsigned i = 0; i < 24u; i++) {
        assert_int_equal(uspan_write_array(&m, NULL), USPAN_OK);
    }
    assert_int_equal(uspan_write_array(&m, NULL), USPAN_ERR_ARG); /* the arrays are nested too deep */
    assert_string_equal(VALUE(w, s), "[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]");
}

static void test_null_spans_unsampled_spans_and_content_switched_off_cost_nothing(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_writer_t m;
    assert_int_equal(uspan_messages_begin(&m, t, USPAN_NULL, USPAN_INPUT_MESSAGES), USPAN_OK);
    uint64_t locks = w->locks;
    assert_int_equal(uspan_message(&m, "user", NULL), USPAN_OK);
    assert_int_equal(uspan_part_text(&m, "x"), USPAN_OK);
    assert_int_equal(uspan_write_end(&m), USPAN_OK);
    uspan_t s = begin(w);
    uspan_set_content(t, false);
    assert_int_equal(uspan_messages_begin(&m, t, s, USPAN_INPUT_MESSAGES), USPAN_OK);
    locks = w->locks;
    assert_int_equal(uspan_message(&m, "user", NULL), USPAN_OK);
    assert_int_equal(uspan_part_text(&m, "x"), USPAN_OK);
    assert_int_equal(w->locks, locks);
    assert_int_equal(uspan_set_json(t, s, &uspan_key_tool_call_result, "1"), USPAN_OK);
    assert_null(INPUT(w, s));
    assert_int_equal(peek_slot(w, s)->attr_count, 0);
    uspan_set_content(t, true);
    uspan_messages_begin(&m, t, s, USPAN_INPUT_MESSAGES);
    uspan_message(&m, "user", NULL);
    uspan_set_content(t, false); /* during a message: what was written stays */
    assert_int_equal(uspan_part_text(&m, "x"), USPAN_OK);
    assert_string_equal(INPUT(w, s), "[{\"role\":\"user\",\"parts\":[]}]");
    uspan_set_content(t, true);
}

static void test_a_span_that_ended_and_an_attribute_that_somebody_else_set_are_left_alone(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = begin(w);
    uspan_writer_t m;
    uspan_messages_begin(&m, t, s, USPAN_INPUT_MESSAGES);
    uspan_message(&m, "user", NULL);
    uspan_set_str(t, s, &uspan_key_input_messages, "mine");
    assert_int_equal(uspan_part_text(&m, "x"), USPAN_ERR_STALE);
    assert_string_equal(INPUT(w, s), "mine");
    uspan_messages_begin(&m, t, s, USPAN_INPUT_MESSAGES);
    uspan_message(&m, "user", NULL);
    uspan_part_text(&m,
                    "a text that is longer than a block of the pool, so that another chain takes its place");
    unsigned len = peek_attr(w, s, "gen_ai.input.messages")->len;
    char other[512];
    memset(other, 'o', sizeof other);
    uspan_set_str_n(t, s, &uspan_key_input_messages, other, len); /* of the same length */
    uspan_t more = uspan_start(t, USPAN_ROOT, "more");
    uspan_set_str_n(t, more, &uspan_key_input_messages, other, 300);
    assert_int_equal(uspan_write_more(&m, "x"), USPAN_ERR_STALE);
    assert_int_equal(strspn(INPUT(w, s), "o"), len);
    assert_int_equal(strspn(INPUT(w, more), "o"), 300);
    uspan_end(t, more);
    uspan_messages_begin(&m, t, s, USPAN_OUTPUT_MESSAGES);
    uspan_message(&m, "user", NULL);
    uspan_part_text(&m, "half");
    uspan_end(t, s);
    assert_int_equal(uspan_write_more(&m, " more"), USPAN_ERR_STALE);
    assert_int_equal(uspan_messages_begin(&m, t, s, USPAN_OUTPUT_MESSAGES), USPAN_ERR_STALE);
}

static void test_lists_on_one_span_are_written_by_turns(void **state)
{
    world_t *w = *state;
    uspan_t s = begin(w);
    uspan_writer_t in, out;
    uspan_messages_begin(&in, &w->tracer, s, USPAN_INPUT_MESSAGES);
    uspan_messages_begin(&out, &w->tracer, s, USPAN_OUTPUT_MESSAGES);
    uspan_message(&in, "user", NULL);
    uspan_message(&out, "assistant", NULL);
    uspan_part_text(&in, "");
    uspan_part_text(&out, "");
    for (unsigned i = 0; i < 60u; i++) {
        uspan_write_more(&in, "question ");
        uspan_write_more(&out, "answer ");
    }
    uspan_write_end(&in);
    uspan_message_finish(&out, NULL);
    assert_int_equal(strlen(INPUT(w, s)),
                     strlen("[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"\"}]}]") + 540u);
    assert_int_equal(strlen(OUTPUT(w, s)), strlen("[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\","
                                                  "\"content\":\"\"}],\"finish_reason\":\"stop\"}]") +
                                               420u);
}

static void test_an_input_message_has_a_reason_only_where_one_is_given(void **state)
{
    world_t *w = *state;
    uspan_t s = begin(w);
    uspan_writer_t m;
    uspan_messages_begin(&m, &w->tracer, s, USPAN_INPUT_MESSAGES);
    uspan_message(&m, "user", "user");
    uspan_part_text(&m, "And?");
    assert_int_equal(uspan_message_finish(&m, "stop"), USPAN_OK);
    uspan_message(&m, "user", NULL);
    assert_int_equal(uspan_message_finish(&m, NULL), USPAN_OK);
    assert_int_equal(uspan_write_end(&m), USPAN_OK);
    assert_string_equal(
        INPUT(w, s),
        "[{\"role\":\"user\",\"name\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"And?\"}],"
        "\"finish_reason\":\"stop\"},{\"role\":\"user\",\"parts\":[]}]");
}

/* A character that an application began to append belongs to the value that the list replaced. */
static void test_half_a_character_before_a_list_is_not_part_of_it(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_start(t, USPAN_ROOT, "chat");
    uspan_writer_t m;
    assert_int_equal(uspan_append_str_n(t, s, &uspan_key_input_messages, "a text of some length\xC3", 22u),
                     USPAN_OK);
    uspan_messages_begin(&m, t, s, USPAN_INPUT_MESSAGES);
    assert_int_equal(uspan_message(&m, "user", NULL), USPAN_OK);
    assert_int_equal(uspan_write_end(&m), USPAN_OK);
    assert_int_equal(uspan_append_str_n(t, s, &uspan_key_input_messages, " more", 5u), USPAN_OK);
    assert_string_equal(peek_str(w, s, "gen_ai.input.messages"), "[{\"role\":\"user\",\"parts\":[]}] more");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_an_input_message_has_a_reason_only_where_one_is_given),
        IN_WORLD(test_the_turn_of_the_conventions_example),
        IN_WORLD(test_every_part_of_the_conventions),
        IN_WORLD(test_system_instructions_are_text_alone),
        IN_WORLD(test_tool_definitions),
        IN_WORLD(test_names_speakers_roles_that_come_late_and_reasons),
        IN_WORLD(test_function_input_as_agentscope_has_it),
        IN_WORLD(test_what_is_out_of_place_is_refused_and_leaves_the_value_alone),
        IN_WORLD(test_null_spans_unsampled_spans_and_content_switched_off_cost_nothing),
        IN_WORLD(test_a_span_that_ended_and_an_attribute_that_somebody_else_set_are_left_alone),
        IN_WORLD(test_lists_on_one_span_are_written_by_turns),
        IN_WORLD(test_half_a_character_before_a_list_is_not_part_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
