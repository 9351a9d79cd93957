/* test_genai_studio.c: with a run registered, the run is the conversation, and a group has keys of its own.
 * uspan-config: USPAN_STUDIO=1 */
#include "typed_spans.h"

static void test_a_group_does_not_take_the_run_s_place(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_trace_part_t *p = &t->trace;
    strcpy(p->runs[0].id, "run-one");
    p->run = 1;
    uspan_t s = uspan_workflow_begin_with(t, USPAN_ROOT, &(uspan_workflow_t){ .name = "w", .group_id = "group_1" });
    uspan_t chat = uspan_chat_begin(t, s, NULL, "m");
    ASSERT_SPAN(w, s, "invoke_workflow w", INTERNAL, "gen_ai.operation.name='invoke_workflow'", "gen_ai.workflow.name='w'",
                "gen_ai.conversation.id='run-one'", "session.id='group_1'", "uspan.trace.group_id='group_1'");
    ASSERT_SPAN(w, chat, "chat m", CLIENT, "gen_ai.operation.name='chat'", "gen_ai.request.model='m'",
                "gen_ai.conversation.id='run-one'");
    uspan_end(t, chat);
    uspan_end(t, s);
    peek_drain(w);
    p->run = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = { IN_WORLD(test_a_group_does_not_take_the_run_s_place) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
