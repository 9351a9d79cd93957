/* test_smoke.c: a span passes all stages from its start to the collector. */
#define _GNU_SOURCE
#include <string.h>
#include "uspan/genai.h"
#include "world.h"

static void test_a_span_goes_the_whole_way(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    uspan_t agent = uspan_agent_begin(&w->tracer, USPAN_ROOT, "greenhouse");
    uspan_t chat = uspan_chat_begin(&w->tracer, agent, "dashscope", "qwen-max");
    uspan_set_token_pair(&w->tracer, chat, 12, 34);
    uspan_end(&w->tracer, chat);
    uspan_fail(&w->tracer, agent, "timeout", "no answer in 10 s");
    world_drain(w);
    assert_int_equal(w->request_count, 1);
    size_t len;
    const uint8_t *body = world_body(w, 0, &len);
    assert_non_null(memmem(body, len, "chat qwen-max", 13));
    uspan_stats_t s;
    uspan_stats(&w->tracer, 0, &s);
    assert_int_equal(s.delivered, 2);
    assert_int_equal(s.blocks_live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_span_goes_the_whole_way, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
