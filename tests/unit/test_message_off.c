/* test_message_off.c: if content is left out of the build, calls that write messages do nothing and do not
 * evaluate their arguments.
 * uspan-config: USPAN_CONTENT=0 USPAN_STATUS_OK_ON_END=0 USPAN_TRACESTATE_BYTES=0 USPAN_BLOCK_BYTES=32 */
#include "uspan/message.h"
#include "peek.h"

static unsigned evaluated;

static const char *text(void)
{
    evaluated++;
    return "what the user said to the agent";
}

static void test_no_argument_is_evaluated_and_nothing_is_written(void **state)
{
    world_t *w = *state;
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "s");
    uspan_writer_t m;
    uint64_t locks = w->locks;
    assert_int_equal(uspan_messages_begin(&m, &w->tracer, s, USPAN_INPUT_MESSAGES), USPAN_OK);
    assert_int_equal(uspan_message(&m, text(), NULL), USPAN_OK);
    assert_int_equal(uspan_message_role(&m, text()), USPAN_OK);
    assert_int_equal(uspan_message_finish(&m, text()), USPAN_OK);
    assert_int_equal(uspan_part(&m, text()), USPAN_OK);
    assert_int_equal(uspan_part_text(&m, text()), USPAN_OK);
    assert_int_equal(uspan_part_text_n(&m, text(), 1), USPAN_OK);
    assert_int_equal(uspan_part_reasoning(&m, text()), USPAN_OK);
    assert_int_equal(uspan_part_reasoning_n(&m, text(), 1), USPAN_OK);
    assert_int_equal(uspan_part_tool_call(&m, text(), text(), text()), USPAN_OK);
    assert_int_equal(uspan_part_tool_response(&m, text(), text()), USPAN_OK);
    assert_int_equal(uspan_part_blob(&m, text(), text(), text(), 1), USPAN_OK);
    assert_int_equal(uspan_part_uri(&m, text(), text(), text()), USPAN_OK);
    assert_int_equal(uspan_part_file(&m, text(), text(), text()), USPAN_OK);
    assert_int_equal(uspan_part_server_tool_call(&m, text(), text(), text()), USPAN_OK);
    assert_int_equal(uspan_part_server_tool_response(&m, text(), text()), USPAN_OK);
    assert_int_equal(uspan_part_of(&m, USPAN_PART_TEXT, text(), NULL, NULL, NULL, 0), USPAN_OK);
    assert_int_equal(uspan_tool_definition(&m, text(), text(), text()), USPAN_OK);
    assert_int_equal(uspan_write_begin(&m, &w->tracer, s, &uspan_key_function_output), USPAN_OK);
    assert_int_equal(uspan_function_input_begin(&m, &w->tracer, s), USPAN_OK);
    assert_int_equal(uspan_write_object(&m, text()), USPAN_OK);
    assert_int_equal(uspan_write_array(&m, text()), USPAN_OK);
    assert_int_equal(uspan_write_str(&m, text(), text()), USPAN_OK);
    assert_int_equal(uspan_write_str_n(&m, text(), text(), 1), USPAN_OK);
    assert_int_equal(uspan_write_int(&m, text(), 1), USPAN_OK);
    assert_int_equal(uspan_write_double(&m, text(), 1.0), USPAN_OK);
    assert_int_equal(uspan_write_bool(&m, text(), true), USPAN_OK);
    assert_int_equal(uspan_write_null(&m, text()), USPAN_OK);
    assert_int_equal(uspan_write_leaf(&m, text(), USPAN_LEAF_TEXT), USPAN_OK);
    assert_int_equal(uspan_write_more(&m, text()), USPAN_OK);
    assert_int_equal(uspan_write_more_n(&m, text(), 1), USPAN_OK);
    assert_int_equal(uspan_write_close(&m), USPAN_OK);
    assert_int_equal(uspan_write_end(&m), USPAN_OK);
    assert_int_equal(uspan_set_json(&w->tracer, s, &uspan_key_function_output, text()), USPAN_OK);
    assert_int_equal(uspan_set_json_n(&w->tracer, s, &uspan_key_function_output, text(), 1), USPAN_OK);
    assert_int_equal(evaluated, 0);
    assert_int_equal(w->locks, locks);
    assert_int_equal(peek_slot(w, s)->attr_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_no_argument_is_evaluated_and_nothing_is_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
