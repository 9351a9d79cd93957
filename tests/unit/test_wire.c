/* test_wire.c: what the golden traffic does not show: where a URL leads, answers that are cut, malformed or strange,
 * calls that are missing, content switched off. Certain values stay, the rest is counted.
 * uspan-config: USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=65536 USPAN_VALUE_MAX=16384 */
#include "uspan/wire.h"
#include "uspan/read.h"
#include "cmocka_all.h"
#include "world.h"
#include <stdio.h>

#define CHAT "https://api.openai.com/v1/chat/completions"
#define HI "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"

static uspan_wire_t w;
static uspan_t span;

static void begin(world_t *world, const char *url)
{
    world_reset_with_collector(world);
    span = uspan_wire_begin(&w, &world->tracer, USPAN_ROOT, url);
}

static void answer(const char *text)
{
    uspan_wire_response(&w, text, strlen(text));
}

/* One exchange: what was sent and what came. */
static void exchange(world_t *world, const char *request, const char *response, int status)
{
    begin(world, CHAT);
    uspan_wire_request(&w, request, strlen(request));
    answer(response);
    assert_int_equal(uspan_wire_end(&w, status, NULL), USPAN_OK);
}

/* A text attribute, or the first element of a list; "" where there is none. */
static const char *text_of(world_t *world, const char *key)
{
    static char text[16384];
    uspan_value_t v, element;
    unsigned index;
    size_t len = 0;
    if (uspan_find_attr(&world->tracer, span, USPAN_OF_SPAN, key, &v, &index) == USPAN_OK) {
        if (v.type == USPAN_TYPE_TEXTS) {
            assert_int_equal(uspan_read_element(&world->tracer, span, USPAN_OF_SPAN, index, 0, &element, text,
                                                sizeof text),
                             USPAN_OK);
            len = element.len;
        } else {
            assert_int_equal(v.type, USPAN_TYPE_TEXT);
            len = uspan_read_text(&world->tracer, span, USPAN_OF_SPAN, index, 0, text, sizeof text - 1u);
        }
    }
    text[len] = '\0';
    return text;
}

/* An integer attribute; -1 where there is none. */
static int64_t int_of(world_t *world, const char *key)
{
    uspan_value_t v;
    if (uspan_find_attr(&world->tracer, span, USPAN_OF_SPAN, key, &v, NULL) != USPAN_OK) {
        return -1;
    }
    assert_int_equal(v.type, USPAN_TYPE_INT);
    return v.i;
}

static uspan_status_t status_of(world_t *world)
{
    uspan_view_t view;
    assert_int_equal(uspan_read(&world->tracer, span, &view), USPAN_OK);
    return view.status;
}

static void test_a_url_tells_provider_server_and_dialect(void **state)
{
    static const struct {
        const char *url, *provider, *address, *name;
        int port;
    } rows[] = {
        { "https://api.openai.com/v1/chat/completions", "openai", "api.openai.com", "chat", 443 },
        { "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions", "dashscope",
          "dashscope.aliyuncs.com", "chat", 443 },
        { "https://api.moonshot.cn/v1/chat/completions", "moonshot", "api.moonshot.cn", "chat", 443 },
        { "https://api.x.ai/v1/chat/completions", "x_ai", "api.x.ai", "chat", 443 },
        { "https://api.groq.com/openai/v1/chat/completions", "groq", "api.groq.com", "chat", 443 },
        { "https://eu.openai.azure.com/openai/deployments/gpt-4o/embeddings?api-version=1", "azure.ai.openai",
          "eu.openai.azure.com", "embeddings gpt-4o", 443 },
        { "https://eu.cognitiveservices.azure.com/openai/deployments/o3:mini/chat/completions", "azure.ai.openai",
          "eu.cognitiveservices.azure.com", "chat o3", 443 },
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
        { "http://[fd00::7]:8080/v1/embeddings", "openai", "fd00::7", "embeddings", 8080 },
        { "http://[fd00::7]/v1/embeddings", "openai", "fd00::7", "embeddings", 80 },
        { "https://me:secret@api.mistral.ai/v1/chat/completions?key=secret", "mistral_ai", "api.mistral.ai",
          "chat", 443 },
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

#define STREAM                                                                                              \
    "data: {\"id\":\"c1\",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Yes, "       \
    "\"}}]}\n\n"                                                                                            \
    "data: "                                                                                                \
    "{\"id\":\"c1\",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"dry\"}}]}\n\n"     \
    "data: "                                                                                                \
    "{\"id\":\"c1\",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}" \
    "\n\n"                                                                                                  \
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n"

static void test_an_answer_cut_at_any_byte_keeps_what_was_certain_and_says_that_it_broke_off(void **state)
{
    static const char stream[] = STREAM;
    world_t *world = *state;
    size_t finished_at = (size_t)(strstr(stream, "\"stop\"") - stream) + 6u;
    for (size_t len = 1; len < sizeof stream; len++) {
        begin(world, CHAT);
        uspan_wire_request(&w, HI, strlen(HI));
        uspan_wire_response(&w, stream, len);
        assert_int_equal(uspan_wire_end(&w, 200, NULL), USPAN_OK);
        assert_int_equal(status_of(world), len < finished_at ? USPAN_STATUS_ERROR : USPAN_STATUS_OK);
        assert_string_equal(text_of(world, "error.type"), len < finished_at ? "parse_error" : "");
        assert_string_equal(text_of(world, "gen_ai.request.model"), "m");
        const char *id = text_of(world, "gen_ai.response.id");
        assert_true(strcmp(id, "c1") == 0 || (id[0] == '\0' && len < 18u));
        assert_true(strcmp(text_of(world, "gen_ai.response.model"), "m-1") == 0 || len < 34u);
        assert_int_equal(int_of(world, "gen_ai.usage.input_tokens"),
                         strstr(stream, "7,") < stream + len - 1 ? 7 : -1);
        const char *out = text_of(world, "gen_ai.output.messages");
        assert_true(out[0] == '\0' || strncmp(out, "[{\"role\":\"assistant\",\"parts\":[", 29) == 0);
        assert_true(len < finished_at + 4u ||
                    strstr(out, "\"content\":\"Yes, dry\"}],\"finish_reason\":\"stop\"}]") != NULL);
    }
}

static void test_what_is_no_answer_is_counted_and_disturbs_nothing(void **state)
{
    static const char *const bad[] = { "<html>busy</html>",
                                       "{\"choices\":[{]}",
                                       "data: {\"choices\":nul}\n\n",
                                       "[1,2",
                                       "{",
                                       "\"x\"",
                                       "data: {\"a\":\n\ndata: [DONE]\n\n",
                                       "\xFF\xFE\x01",
                                       "null" };
    world_t *world = *state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        exchange(world, HI, bad[i], 200);
        assert_int_equal(status_of(world), USPAN_STATUS_ERROR);
        assert_string_equal(text_of(world, "error.type"), "parse_error");
        assert_string_equal(text_of(world, "gen_ai.input.messages"),
                            "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"Hi\"}]}]");
    }
    exchange(world,
             "{\"model\":\"m\",\"temperature\":1e99,\"max_tokens\":1.5,\"seed\":\"x\",\"messages\":{\"role\":"
             "[]},\"stop\":7",
             "{\"id\":5,\"model\":{},\"choices\":{\"x\":1},\"usage\":[],\"error\":null}", 200);
    assert_int_equal(status_of(world), USPAN_STATUS_OK);
    assert_string_equal(text_of(world, "gen_ai.request.model"), "m");
    assert_int_equal(int_of(world, "gen_ai.request.max_tokens"), -1);
    assert_int_equal(uspan_wire_unread(&w), 3); /* two numbers, and the request that broke off */
    assert_int_equal(int_of(world, "uspan.wire.unread"), 3);
}

static void test_a_text_too_long_for_an_attribute_of_its_kind_is_left_out_and_counted(void **state)
{
    char body[600], id[200];
    world_t *world = *state;
    memset(id, 'x', sizeof id);
    id[sizeof id - 1u] = '\0';
    (void)snprintf(body, sizeof body, "{\"id\":\"%s\",\"model\":\"m\",\"choices\":[]}", id);
    exchange(world, HI, body, 200);
    assert_string_equal(text_of(world, "gen_ai.response.id"), "");
    assert_string_equal(text_of(world, "gen_ai.response.model"), "m");
    assert_int_equal(uspan_wire_unread(&w), 1);
}

static void test_pieces_of_a_second_choice_are_counted_and_its_finish_reason_kept(void **state)
{
    world_t *world = *state;
    exchange(
        world, HI,
        "data: "
        "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"A\"}},{\"index\":1,\"delta\":{\"content\":\"B\"}"
        "}]}\n\n"
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n"
        "data: {\"choices\":[{\"index\":1,\"delta\":{},\"finish_reason\":\"length\"}]}\n\n",
        200);
    assert_string_equal(text_of(world, "gen_ai.output.messages"),
                        "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"Aa\"}],"
                        "\"finish_reason\":\"stop\"}]");
    assert_int_equal(uspan_wire_unread(&w), 1);
}

static void test_tools_that_the_call_may_not_use_are_not_told_of(void **state)
{
#define TOOL "{\"type\":\"function\",\"name\":\"f\",\"function\":{\"name\":\"f\"}}"
    static const struct {
        const char *url, *request;
        bool told;
    } rows[] = {
        { CHAT, "{\"tools\":[" TOOL "],\"model\":\"m\",\"tool_choice\":\"none\"}", false },
        { CHAT, "{\"tool_choice\":\"none\",\"tools\":[" TOOL "],\"model\":\"m\"}", false },
        { CHAT, "{\"tools\":[" TOOL "],\"tool_choice\":\"auto\",\"model\":\"m\"}", true },
        { CHAT, "{\"tools\":[" TOOL "],\"tool_choice\":" TOOL ",\"model\":\"m\"}", true },
        { CHAT, "{\"tool_choice\":\"none\",\"model\":\"m\"}", false },
        { "https://api.openai.com/v1/responses", "{\"tools\":[" TOOL "],\"tool_choice\":\"none\",\"model\":\"m\"}",
          false },
        { "https://api.anthropic.com/v1/messages",
          "{\"tools\":[" TOOL "],\"tool_choice\":{\"type\":\"none\"},\"model\":\"m\"}", false },
        { "https://generativelanguage.googleapis.com/v1beta/models/m:generateContent",
          "{\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\"}]}],"
          "\"toolConfig\":{\"functionCallingConfig\":{\"mode\":\"NONE\"}}}",
          false },
        { "https://generativelanguage.googleapis.com/v1beta/models/m:generateContent",
          "{\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\"}]}],"
          "\"toolConfig\":{\"functionCallingConfig\":{\"mode\":\"ANY\"}}}",
          true },
        { "https://dashscope.aliyuncs.com/api/v1/services/aigc/text-generation/generation",
          "{\"model\":\"m\",\"parameters\":{\"tools\":[" TOOL "],\"tool_choice\":\"none\"}}", false },
    };
    world_t *world = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uspan_value_t v;
        begin(world, rows[i].url);
        uspan_wire_request(&w, rows[i].request, strlen(rows[i].request));
        assert_int_equal(uspan_find_attr(&world->tracer, span, USPAN_OF_SPAN, "gen_ai.tool.definitions", &v, NULL),
                         rows[i].told ? USPAN_OK : USPAN_ERR_CLOSED);
        assert_string_equal(text_of(world, "gen_ai.request.model"), "m"); /* its neighbours stay */
        assert_string_equal(text_of(world, "gen_ai.operation.name"), "chat");
        answer("{\"choices\":[]}");
        assert_int_equal(uspan_wire_end(&w, 200, NULL), USPAN_OK);
    }
}

static void test_the_message_of_an_error_is_kept_up_to_199_bytes_and_nothing_is_read_behind_a_long_one(void **state)
{
    world_t *world = *state;
    for (size_t len = 1; len < 300u; len++) {
        char words[301], body[700], message[400];
        memset(words, 'e', len);
        words[len] = '\0';
        (void)snprintf(body, sizeof body,
                       "{\"error\":{\"message\":\"%s\"},\"choices\":[{\"finish_reason\":\"stop\",\"message\":{"
                       "\"content\":\"late\",\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"f\"}}]}}]}",
                       words);
        exchange(world, HI, body, 500);
        size_t n = uspan_read_status_message(&world->tracer, span, message, sizeof message);
        assert_int_equal(n, len < 199u ? len : 199u);
        assert_memory_equal(message, words, len < 200u ? n : 196u);
        assert_memory_equal(len < 200u ? "..." : message + 196, "...", 3);
        assert_int_equal(text_of(world, "gen_ai.output.messages")[0], len < 80u ? '[' : '\0');
        assert_string_equal(text_of(world, "gen_ai.input.messages"),
                            "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"Hi\"}]}]");
    }
}

static void test_tool_calls_are_told_apart_by_index_or_by_id_and_pieces_join(void **state)
{
    static const char *const streams[] = {
        /* no index; the id only at the beginning */
        "data: "
        "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"f\",\"arguments\":"
        "\"{\\\"x\\\"\"}}]}}]}\n\n"
        "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"function\":{\"arguments\":\":1}\"}}]}}]}\n\n"
        "data: "
        "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":"
        "\"{}\"}}]}}]}\n\n",
        /* the id with every piece, before the index */
        "data: "
        "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"id\":\"a\",\"index\":0,\"function\":{\"name\":\"f\","
        "\"arguments\":\"{\\\"x\\\"\"}}]}}]}\n\n"
        "data: "
        "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"id\":\"a\",\"index\":0,\"function\":{\"arguments\":\":"
        "1}\"}}]}}]}\n\n"
        "data: "
        "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"id\":\"b\",\"index\":1,\"function\":{\"name\":\"g\","
        "\"arguments\":\"{}\"}}]}}]}\n\n",
        /* both in one piece */
        "data: "
        "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"f\","
        "\"arguments\":\"{\\\"x\\\":1}\"}},"
        "{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":\"{}\"}}]}}]}\n\n",
    };
    static const char done[] = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n";
    world_t *world = *state;
    for (size_t i = 0; i < COUNT(streams); i++) {
        begin(world, CHAT);
        uspan_wire_request(&w, HI, strlen(HI));
        answer(streams[i]);
        answer(done);
        assert_int_equal(uspan_wire_end(&w, 200, NULL), USPAN_OK);
        assert_string_equal(text_of(world, "gen_ai.output.messages"),
                            "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"tool_call\",\"id\":\"a\","
                            "\"name\":\"f\",\"arguments\":{\"x\":1}},"
                            "{\"type\":\"tool_call\",\"id\":\"b\",\"name\":\"g\",\"arguments\":{}}],\"finish_"
                            "reason\":\"tool_call\"}]");
        assert_int_equal(uspan_wire_unread(&w), 0);
    }
}

static void test_with_content_off_the_span_has_numbers_and_no_words(void **state)
{
    world_t *world = *state;
    world_reset_with_collector(world);
    uspan_set_content(&world->tracer, false);
    span = uspan_wire_begin(&w, &world->tracer, USPAN_ROOT, CHAT);
    uspan_wire_request(&w, HI, strlen(HI));
    answer(STREAM);
    assert_int_equal(uspan_wire_end(&w, 200, NULL), USPAN_OK);
    assert_string_equal(text_of(world, "gen_ai.input.messages"), "");
    assert_string_equal(text_of(world, "gen_ai.output.messages"), "");
    assert_string_equal(text_of(world, "gen_ai.response.finish_reasons"), "stop");
    assert_int_equal(int_of(world, "gen_ai.usage.input_tokens"), 7);
}

static void test_without_a_span_the_traffic_passes_and_the_call_ends(void **state)
{
    world_t *world = *state;
    world_reset_with_collector(world);
    uspan_set_enabled(&world->tracer, false);
    span = uspan_wire_begin(&w, &world->tracer, USPAN_ROOT, CHAT);
    uspan_wire_request(&w, HI, strlen(HI));
    answer(STREAM);
    assert_int_equal(uspan_wire_end(&w, 200, NULL), USPAN_OK);
    assert_int_equal(uspan_wire_end(&w, 200, NULL), USPAN_ERR_STALE);
}

static void test_the_callers_word_for_a_failure_comes_before_the_servers(void **state)
{
    world_t *world = *state;
    begin(world, CHAT);
    uspan_wire_request(&w, HI, strlen(HI));
    answer("{\"error\":{\"message\":\"slow down\",\"type\":\"tokens\"}}");
    assert_int_equal(uspan_wire_end(&w, 429, "timeout"), USPAN_OK);
    assert_string_equal(text_of(world, "error.type"), "timeout");
}

static void test_the_state_of_an_open_call_is_512_bytes_at_most(void **state)
{
    (void)state;
    assert_true(sizeof(uspan_wire_t) <= 512u);
}

/* Answers that fuzzing found: how they are cut into pieces must not show. */
static void test_pieces_of_an_answer_do_not_change_what_is_counted_or_kept(void **state)
{
    static const char *const answers[] = {
        "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}," /* the second is counted once, not by piece */
        "{\"index\":1,\"delta\":{\"content\":\"never kept\"}}]}",
        "data: {\"id\":\"ab\ndata: c\",\"choices\":[]}\n\n", /* a string goes on in the event's next line */
    };
    world_t *world = *state;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        unsigned unread = 0;
        char id[8] = "";
        for (size_t cut = 0; cut < strlen(answers[i]); cut++) {
            begin(world, CHAT);
            uspan_wire_response(&w, answers[i], cut);
            answer(answers[i] + cut);
            (void)uspan_wire_end(&w, 200, NULL);
            if (cut == 0u) {
                unread = uspan_wire_unread(&w);
                (void)snprintf(id, sizeof id, "%s", text_of(world, "gen_ai.response.id"));
            }
            assert_int_equal(uspan_wire_unread(&w), unread);
            assert_string_equal(text_of(world, "gen_ai.response.id"), id);
        }
        assert_int_equal(unread, i == 0u ? 1 : 0);
    }
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_a_url_tells_provider_server_and_dialect),
        IN_WORLD(test_a_dialect_can_be_named_where_the_url_does_not_tell),
        IN_WORLD(test_traffic_of_no_known_dialect_is_passed_over),
        IN_WORLD(test_an_answer_cut_at_any_byte_keeps_what_was_certain_and_says_that_it_broke_off),
        IN_WORLD(test_what_is_no_answer_is_counted_and_disturbs_nothing),
        IN_WORLD(test_a_text_too_long_for_an_attribute_of_its_kind_is_left_out_and_counted),
        IN_WORLD(test_pieces_of_a_second_choice_are_counted_and_its_finish_reason_kept),
        IN_WORLD(test_tools_that_the_call_may_not_use_are_not_told_of),
        IN_WORLD(test_the_message_of_an_error_is_kept_up_to_199_bytes_and_nothing_is_read_behind_a_long_one),
        IN_WORLD(test_tool_calls_are_told_apart_by_index_or_by_id_and_pieces_join),
        IN_WORLD(test_with_content_off_the_span_has_numbers_and_no_words),
        IN_WORLD(test_without_a_span_the_traffic_passes_and_the_call_ends),
        IN_WORLD(test_the_callers_word_for_a_failure_comes_before_the_servers),
        IN_WORLD(test_pieces_of_an_answer_do_not_change_what_is_counted_or_kept),
        IN_WORLD(test_the_state_of_an_open_call_is_512_bytes_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
