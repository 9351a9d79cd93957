/* test_genai_no_content.c: if content is left out of the build, typed spans record no content. The
 * arguments for content are not evaluated.
 * uspan-config: USPAN_CONTENT=0 USPAN_STATUS_OK_ON_END=0 USPAN_TRACESTATE_BYTES=0 USPAN_BLOCK_BYTES=32 */
#include "typed_spans.h"

static int made;

static const char *make(void)
{
    made++;
    return "[]";
}

static void test_content_is_neither_made_nor_kept(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    made = 0;
    uspan_t s = uspan_chat_begin_with(t, USPAN_ROOT, &(uspan_chat_t){
        .model = "m", .input_messages = USPAN_IF_CONTENT(make()), .system_instructions = "[]", .tool_definitions = "[]",
        .function_input = "{}" });
    assert_int_equal(uspan_content(t, s, input_messages, make()), USPAN_OK);
    assert_int_equal(uspan_content_append(t, s, output_messages, make()), USPAN_OK);
    assert_int_equal(made, 0);
    assert_false(uspan_wants_content(t, s));
    assert_int_equal(uspan_chat_end(t, s, &(uspan_chat_result_t){ .response_id = "r", .output_messages = "[]",
                                                                  .function_output = "1" }), USPAN_OK);
    ASSERT_SPAN(w, s, "chat m", CLIENT, "gen_ai.operation.name='chat'", "gen_ai.request.model='m'", "gen_ai.response.id='r'");
    s = uspan_tool_begin_with(t, USPAN_ROOT, &(uspan_tool_t){ .name = "t", .arguments = "{}" });
    assert_int_equal(uspan_tool_end(t, s, &(uspan_tool_result_t){ .result = "1" }), USPAN_OK);
    ASSERT_SPAN(w, s, "execute_tool t", INTERNAL, "gen_ai.operation.name='execute_tool'", "gen_ai.tool.name='t'",
                "gen_ai.tool.type='function'");
    s = uspan_agent_begin_with(t, USPAN_ROOT, &(uspan_agent_t){ .name = "g", .tools = LIST("a") });
    ASSERT_SPAN(w, s, "invoke_agent g", INTERNAL, "gen_ai.operation.name='invoke_agent'", "gen_ai.agent.name='g'");
}

int main(void)
{
    const struct CMUnitTest tests[] = { IN_WORLD(test_content_is_neither_made_nor_kept) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
