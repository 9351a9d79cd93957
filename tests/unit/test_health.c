/* test_health.c: uspan reads the device's state when a model call, an agent or a tool ends, however it
 * ends. It does not read the state at any other time.
 * uspan-config: USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=16384 USPAN_TOOL_DEFINITIONS=1 */
#include "uspan/inspect.h"
#include "typed_spans.h"

static unsigned asked;

static void ask(void *ctx, uspan_health_t *out)
{
    asked++;
    out->heap_free = uspan_opt_int(40960);
    out->rssi_dbm = uspan_opt_int(-71);
    if (ctx != NULL) {
        out->heap_least = uspan_opt_int(0);
        out->heap_block = uspan_opt_int(16384);
        out->battery_mv = uspan_opt_int(3700);
        out->temperature_c = uspan_opt_double(-4.5);
    }
}

static void test_it_is_told_of_calls_agents_and_tools_alone(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    const uspan_health_source_t some = { .ask = ask }, all = { .ctx = w, .ask = ask };
    asked = 0;
    uspan_set_health(t, &all);
    uspan_t s = uspan_chat_begin(t, USPAN_ROOT, NULL, "m");
    assert_int_equal(uspan_chat_end(t, s, NULL), USPAN_OK);
    ASSERT_SPAN(w, s, "chat m", CLIENT, "gen_ai.operation.name='chat'", "gen_ai.request.model='m'",
                "uspan.device.heap_free_bytes=40960", "uspan.device.heap_least_free_bytes=0",
                "uspan.device.heap_largest_block_bytes=16384", "uspan.device.rssi_dbm=-71", "uspan.device.battery_mv=3700",
                "uspan.device.temperature_c=-4.5d");
    uspan_set_health(t, &some);
    s = uspan_agent_begin(t, USPAN_ROOT, "g");
    uspan_t tool = uspan_tool_begin(t, s, "read", NULL);
    assert_int_equal(uspan_fail(t, tool, "timeout", NULL), USPAN_OK);
    assert_int_equal(peek_int(w, tool, "uspan.device.rssi_dbm"), -71);
    assert_null(peek_attr(w, tool, "uspan.device.battery_mv"));
    assert_int_equal(uspan_end(t, s), USPAN_OK);
    assert_int_equal(peek_int(w, s, "uspan.device.heap_free_bytes"), 40960);
    assert_int_equal(asked, 3);
    assert_int_equal(uspan_end(t, s), USPAN_ERR_STALE);
    assert_int_equal(uspan_end(t, USPAN_NULL), USPAN_OK);
    uspan_end(t, uspan_function_begin(t, USPAN_ROOT, "f"));
    uspan_end(t, uspan_format_begin(t, USPAN_ROOT, NULL));
    uspan_end(t, uspan_start(t, USPAN_ROOT, "plain"));
    assert_int_equal(asked, 3);
    uspan_set_health(t, NULL);
    uspan_end(t, uspan_agent_begin(t, USPAN_ROOT, "g"));
    assert_int_equal(asked, 3);
    uspan_set_health(NULL, &some);
}

static void test_it_is_not_asked_for_what_is_not_recorded(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    const uspan_health_source_t some = { .ask = ask };
    asked = 0;
    uspan_set_health(t, &some);
    uspan_set_sampler(t, (uspan_sampler_t){ .bound = USPAN_SAMPLE_NEVER, .parent_based = true });
    uspan_end(t, uspan_agent_begin(t, USPAN_ROOT, "g"));
    assert_int_equal(asked, 0);
}

static void test_a_program_may_switch_definitions_of_tools(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    for (unsigned on = 0; on < 2u; on++) {
        uspan_set_tool_definitions(t, on != 0u);
        uspan_t s = uspan_chat_begin_with(t, USPAN_ROOT, &(uspan_chat_t){ .tool_definitions = "[]" });
        assert_int_equal(peek_attr(w, s, "gen_ai.tool.definitions") != NULL, on);
        s = uspan_agent_begin_with(t, USPAN_ROOT, &(uspan_agent_t){ .tools = LIST("a") });
        assert_int_equal(peek_attr(w, s, "gen_ai.tool.definitions") != NULL, on);
        s = uspan_mcp_tools_begin(t, USPAN_ROOT, NULL);
        uspan_mcp_tools_end(t, s, &(uspan_mcp_tools_result_t){ .tools = LIST("a") });
        assert_int_equal(peek_attr(w, s, "gen_ai.tool.definitions") != NULL, on);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_it_is_told_of_calls_agents_and_tools_alone),
        IN_WORLD(test_it_is_not_asked_for_what_is_not_recorded),
        IN_WORLD(test_a_program_may_switch_definitions_of_tools),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
