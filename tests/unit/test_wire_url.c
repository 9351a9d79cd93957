/* test_wire_url.c: the dialect that a URL selects, a dialect that is given by name, and traffic of no
 * dialect.
 * uspan-config: USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=65536 USPAN_VALUE_MAX=16384 USPAN_TOOL_DEFINITIONS=1 */
#include "wire_exchange.h"

static void test_a_url_tells_provider_server_and_dialect(void **state)
{
    static const struct {
        const char *url, *provider, *address, *name;
        int port;
    } rows[] = {
        { "https://api.openai.com/v1/chat/completions", "openai", "api.openai.com", "chat", 443 },
        { "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions", "dashscope",
          "dashscope.aliyuncs.com", "chat", 443 },
        { "https://api.moonshot.cn/v1/chat/completions", USPAN_PROVIDER_MOONSHOT, "api.moonshot.cn", "chat",
          443 },
        { "https://api.x.ai/v1/chat/completions", "x_ai", "api.x.ai", "chat", 443 },
        { "https://api.groq.com/openai/v1/chat/completions", "groq", "api.groq.com", "chat", 443 },
        { "https://eu.openai.azure.com/openai/deployments/gpt-4o/embeddings?api-version=1", "azure.ai.openai",
          "eu.openai.azure.com", "embeddings gpt-4o", 443 },
        { "https://eu.cognitiveservices.azure.com/openai/deployments/o3:mini/chat/completions",
          "azure.ai.openai", "eu.cognitiveservices.azure.com", "chat o3", 443 },
        { "https://eu.services.ai.azure.com/models/chat/completions", "azure.ai.inference",
          "eu.services.ai.azure.com", "chat", 443 },
        { "https://api.deepseek.com/chat/completions", "deepseek", "api.deepseek.com", "chat", 443 },
        { "https://api.cohere.ai/compatibility/v1/chat/completions", "cohere", "api.cohere.ai", "chat", 443 },
        { "https://us-south.ml.cloud.ibm.com/ml/gateway/v1/chat/completions", "ibm.watsonx.ai",
          "us-south.ml.cloud.ibm.com", "chat", 443 },
        { "https://bedrock-runtime.us-west-2.amazonaws.com/openai/v1/chat/completions", "aws.bedrock",
          "bedrock-runtime.us-west-2.amazonaws.com", "chat", 443 },
        { "https://api.perplexity.ai/chat/completions", "perplexity", "api.perplexity.ai", "chat", 443 },
        { "https://eu-aiplatform.googleapis.com/v1/x/models/gemini-2.5-pro:generateContent", "gcp.vertex_ai",
          "eu-aiplatform.googleapis.com", "chat gemini-2.5-pro", 443 },
        { "https://generativelanguage.googleapis.com/v1beta/openai/chat/completions", "gcp.gemini",
          "generativelanguage.googleapis.com", "chat", 443 },
        { "https://api.anthropic.com/v1/messages", "anthropic", "api.anthropic.com", "chat", 443 },
        { "http://10.1.2.3:8000/v1/chat/completions", "openai", "10.1.2.3", "chat", 8000 },
        { "http://box:11434/v1/chat/completions", "ollama", "box", "chat", 11434 },
        { "http://box:56789/v1/chat/completions", "openai", "box", "chat",
          56789 }, /* with 10234: each digit */
        { "http://box:10234/v1/chat/completions", "openai", "box", "chat", 10234 },
        { "http://[fd00::7]:8080/v1/embeddings", "openai", "fd00::7", "embeddings", 8080 },
        { "http://[fd00::7]/v1/embeddings", "openai", "fd00::7", "embeddings", 80 },
        { "https://me:secret@api.mistral.ai/v1/chat/completions?key=secret", "mistral_ai", "api.mistral.ai",
          "chat", 443 },
        { "https://me:p@ss@api.mistral.ai/v1/chat/completions", "mistral_ai", "api.mistral.ai", "chat", 443 },
        { "https://example.com/?at=/chat/completions", "unknown", "example.com", "chat", 443 },
        { "https://example.com", "unknown", "example.com", "chat", 443 },
        { "", "unknown", "", "chat", -1 },
        { "/v1/messages", "anthropic", "", "chat", -1 },
        { NULL, "unknown", "", "chat", -1 },
    };
    world_t *world = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uspan_view_t view;
        begin(world, rows[i].url);
        assert_int_equal(uspan_wire_end(&w, 0, NULL), USPAN_OK);
        assert_string_equal(text_of(world, "gen_ai.provider.name"), rows[i].provider);
        assert_string_equal(text_of(world, "server.address"), rows[i].address);
        assert_int_equal(int_of(world, "server.port"), rows[i].port);
        assert_int_equal(uspan_read(&world->tracer, span, &view), USPAN_OK);
        assert_string_equal(view.name, rows[i].name);
        assert_int_equal(view.kind, USPAN_KIND_CLIENT);
        assert_int_equal(view.status, USPAN_STATUS_OK);
        for (unsigned a = 0; a < view.attr_count; a++) {
            char text[128] = "";
            (void)uspan_read_text(&world->tracer, span, USPAN_OF_SPAN, a, 0, text, sizeof text - 1u);
            assert_null(strstr(text, "secret"));
        }
    }
}

static void test_a_dialect_can_be_named_where_the_url_does_not_tell(void **state)
{
    world_t *world = *state;
    world_reset_with_collector(world);
    span = uspan_wire_begin_as(&w, &world->tracer, USPAN_ROOT, "https://gateway.example/llm",
                               &uspan_wire_openai_chat);
    uspan_wire_request(&w, HI, strlen(HI));
    assert_int_equal(uspan_wire_end(&w, 0, NULL), USPAN_OK);
    assert_string_equal(text_of(world, "gen_ai.request.model"), "m");
    assert_string_equal(text_of(world, "gen_ai.provider.name"), "openai");
}

static void test_traffic_of_no_known_dialect_is_passed_over(void **state)
{
    world_t *world = *state;
    begin(world, "https://example.com/soap");
    uspan_wire_request(&w, "<a/>", 4);
    answer("<b/>");
    assert_int_equal(uspan_wire_end(&w, 500, NULL), USPAN_OK);
    assert_string_equal(text_of(world, "error.type"), "500");
    assert_string_equal(text_of(world, "gen_ai.request.model"), "");
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_a_url_tells_provider_server_and_dialect),
        IN_WORLD(test_a_dialect_can_be_named_where_the_url_does_not_tell),
        IN_WORLD(test_traffic_of_no_known_dialect_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
