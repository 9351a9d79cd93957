/* test_genai_latest.c: USPAN_SEMCONV_LATEST sends the new name of each renamed attribute, and never the
 * old name beside it.
 * uspan-config: USPAN_SEMCONV=1000 USPAN_ATTRS_MAX=64 USPAN_TEXT_BYTES=16384 USPAN_TOOL_DEFINITIONS=1 */
#include "typed_spans.h"

static void test_the_new_names(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_chat_begin_with(t, USPAN_ROOT, &(uspan_chat_t){
        .model = "kimi", .provider = USPAN_PROVIDER_MOONSHOT, .prompt_name = "water", .prompt_version = "2" });
    uspan_set_str(t, s, USPAN_PROMPT_VARIABLE_KEY("bed"), "3");
    assert_int_equal(uspan_chat_end(t, s, &(uspan_chat_result_t){
        .usage = { .input = 9, .output = 8, .cache_read = 7, .cache_creation = 3 }, .input_of = { 1, 2, 3 },
        .output_of = { 4, 5, 6 }, .cache_read_of = { 7, 8, 9 } }), USPAN_OK);
    ASSERT_SPAN(w, s, "chat kimi", CLIENT, "gen_ai.operation.name='chat'", "gen_ai.request.model='kimi'",
                "gen_ai.provider.name='moonshot_ai'", "gen_ai.prompt.name='water'", "gen_ai.prompt.version='2'",
                "gen_ai.prompt.variable.bed='3'", "gen_ai.usage.input_tokens=9", "gen_ai.usage.output_tokens=8",
                "gen_ai.usage.cache_read.input_tokens=7", "gen_ai.usage.cache_write.input_tokens=3",
                "gen_ai.usage.text.input_tokens=1", "gen_ai.usage.image.input_tokens=2", "gen_ai.usage.audio.input_tokens=3",
                "gen_ai.usage.text.output_tokens=4", "gen_ai.usage.image.output_tokens=5", "gen_ai.usage.audio.output_tokens=6",
                "gen_ai.usage.text.cache_read.input_tokens=7", "gen_ai.usage.image.cache_read.input_tokens=8",
                "gen_ai.usage.audio.cache_read.input_tokens=9");
}

static void test_an_agent_that_runs_here_has_no_provider_id_and_version(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_agent_t a = { .name = "gardener", .provider = "openai", .id = "a1", .version = "1.3", .description = "Waters" };
    ASSERT_SPAN(w, uspan_agent_begin_with(t, USPAN_ROOT, &a), "invoke_agent gardener", INTERNAL,
                "gen_ai.operation.name='invoke_agent'", "gen_ai.agent.name='gardener'", "gen_ai.agent.description='Waters'");
    a.kind = USPAN_KIND_CLIENT;
    ASSERT_SPAN(w, uspan_agent_begin_with(t, USPAN_ROOT, &a), "invoke_agent gardener", CLIENT,
                "gen_ai.operation.name='invoke_agent'", "gen_ai.agent.name='gardener'", "gen_ai.agent.description='Waters'",
                "gen_ai.provider.name='openai'", "gen_ai.agent.id='a1'", "gen_ai.agent.version='1.3'");
    a.kind = USPAN_KIND_DEFAULT;
    ASSERT_SPAN(w, uspan_create_agent_begin_with(t, USPAN_ROOT, &a), "create_agent gardener", CLIENT,
                "gen_ai.operation.name='create_agent'", "gen_ai.agent.name='gardener'", "gen_ai.agent.description='Waters'",
                "gen_ai.provider.name='openai'", "gen_ai.agent.id='a1'", "gen_ai.agent.version='1.3'");
}

static void test_a_list_of_tools_has_no_operation(void **state)
{
    world_t *w = *state;
    ASSERT_SPAN(w, uspan_mcp_tools_begin(&w->tracer, USPAN_ROOT, "garden"), "tools/list", CLIENT, "mcp.method.name='tools/list'",
                "uspan.mcp.server='garden'");
}

static void test_no_two_keys_have_one_name(void **state)
{
    (void)state;
#define TEXT(name, literal, type, level) literal,
    static const char *const texts[] = { USPAN_GENAI_KEYS(TEXT, TEXT) };
    for (size_t i = 0; i < COUNT(texts); i++) {
        assert_string_not_equal(texts[i], "gen_ai.usage.cache_creation.input_tokens");
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(texts[i], texts[j]);
        }
    }
}

static void test_the_fullest_span_has_as_many_attributes_as_its_constant_says(void **state)
{
    assert_fullest_span_is_counted(*state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_the_new_names),
        IN_WORLD(test_an_agent_that_runs_here_has_no_provider_id_and_version),
        IN_WORLD(test_a_list_of_tools_has_no_operation),
        cmocka_unit_test(test_no_two_keys_have_one_name),
        IN_WORLD(test_the_fullest_span_has_as_many_attributes_as_its_constant_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
