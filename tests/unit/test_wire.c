/* test_wire.c: what the golden traffic does not contain: responses that are truncated, malformed or unusual,
 * missing calls, and disabled content. Values that are certain are kept, and the rest is counted.
 * uspan-config: USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=65536 USPAN_VALUE_MAX=16384 USPAN_TOOL_DEFINITIONS=1 */
#include "wire_exchange.h"

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
    assert_int_equal(uspan_wire_unread(&w), 3); /* two numbers, and the incomplete request */
    assert_int_equal(int_of(world, "uspan.wire.unread"), 3);
}

static void test_a_model_too_long_for_the_name_is_cut_there_at_a_character_and_counted(void **state)
{
    world_t *world = *state;
    char body[160], name[USPAN_NAME_MAX + 2];
    for (unsigned lead = 0; lead < 4u;
         lead++) { /* characters of three bytes end at, before and after the limit */
        memset(name, 'm', lead);
        for (name[lead] = '\0'; strlen(name) < USPAN_NAME_MAX - 5u;) {
            strcat(name, "\xE6\xB0\xB4");
        }
        (void)snprintf(body, sizeof body, "{\"model\":\"%s\",\"messages\":[]}", name);
        exchange(world, body, "{\"choices\":[]}", 200);
        uspan_view_t view;
        assert_int_equal(uspan_read(&world->tracer, span, &view), USPAN_OK);
        const size_t kept = strlen(view.name);
        assert_memory_equal(view.name, "chat ", 5);
        assert_memory_equal(view.name + 5, name, kept - 5u);
        assert_int_equal((kept - 5u - lead) % 3u, 0);
        assert_in_range(kept, USPAN_NAME_MAX - 2u, USPAN_NAME_MAX);
        assert_int_equal(world->tracer.trace.names_truncated, 5u + strlen(name) > USPAN_NAME_MAX);
        assert_string_equal(text_of(world, "gen_ai.request.model"), name);
    }
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
        { "https://api.openai.com/v1/responses",
          "{\"tools\":[" TOOL "],\"tool_choice\":\"none\",\"model\":\"m\"}", false },
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
        assert_int_equal(
            uspan_find_attr(&world->tracer, span, USPAN_OF_SPAN, "gen_ai.tool.definitions", &v, NULL),
            rows[i].told ? USPAN_OK : USPAN_ERR_CLOSED);
        assert_string_equal(text_of(world, "gen_ai.request.model"), "m"); /* its neighbours are kept */
        assert_string_equal(text_of(world, "gen_ai.operation.name"), "chat");
        answer("{\"choices\":[]}");
        assert_int_equal(uspan_wire_end(&w, 200, NULL), USPAN_OK);
    }
}

static void test_the_message_of_an_error_is_kept_up_to_199_bytes_and_what_follows_is_read(void **state)
{
    world_t *world = *state;
    for (size_t len = 1; len < 300u; len++) {
        char words[301], body[700], message[400];
        memset(words, 'e', len);
        words[len] = '\0';
        (void)snprintf(
            body, sizeof body,
            "{\"error\":{\"message\":\"%s\"},\"choices\":[{\"finish_reason\":\"stop\",\"message\":{"
            "\"content\":\"late\",\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"f\"}}]}}]}",
            words);
        exchange(world, HI, body, 500);
        size_t n = uspan_read_status_message(&world->tracer, span, message, sizeof message);
        assert_int_equal(n, len < 199u ? len : 199u);
        assert_memory_equal(message, words, len < 200u ? n : 196u);
        assert_memory_equal(len < 200u ? "..." : message + 196, "...", 3);
        assert_string_equal(
            text_of(world, "gen_ai.output.messages"),
            "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"late\"},{\"type\":"
            "\"tool_call\",\"id\":\"a\",\"name\":\"f\"}],\"finish_reason\":\"stop\"}]");
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

/* One failed exchange and its span. response NULL: there was no body. */
static void fails(world_t *world, const char *response, int status, const char *client, const char *type,
                  const char *message)
{
    char said[512];
    uspan_view_t view;
    begin(world, CHAT);
    uspan_wire_request(&w, HI, strlen(HI));
    if (response != NULL) {
        answer(response);
    }
    assert_int_equal(uspan_wire_end(&w, status, client), USPAN_OK);
    assert_string_equal(text_of(world, "error.type"), type);
    assert_int_equal(uspan_read(&world->tracer, span, &view), USPAN_OK);
    assert_int_equal(view.status, USPAN_STATUS_ERROR);
    said[uspan_read_status_message(&world->tracer, span, said, sizeof said - 1u)] = '\0';
    assert_string_equal(said, message);
}

static void test_an_http_status_is_the_type_of_a_failure_and_the_clients_text_its_message(void **state)
{
    static const char slow[] = "{\"error\":{\"message\":\"slow down\",\"type\":\"tokens\"}}";
    static const char typed[] = "{\"error\":{\"type\":\"tokens\"}}";
    char longest[300], joined[300];
    world_t *world = *state;
    fails(world, NULL, 500, "ESP_FAIL", "500", "ESP_FAIL");
    fails(world, "", 500, "ESP_FAIL", "500", "ESP_FAIL");
    fails(world, slow, 429, "timeout", "429", "timeout: slow down");
    fails(world, typed, 400, "timeout", "400", "timeout: tokens");
    fails(world, slow, 429, NULL, "429", "slow down");
    fails(world, slow, 429, "", "429", "slow down");
    fails(world, slow, 0, "timeout", "timeout", "slow down"); /* no status: the client's text is the type */
    fails(world, NULL, 200, "timeout", "timeout", "");
    fails(world, NULL, 399, "timeout", "timeout", "");
    fails(world, NULL, 999, "timeout", "999", "timeout");
    fails(world, NULL, 1000, "timeout", "timeout", ""); /* not an HTTP status */
    /* Both are truncated between characters if they exceed their room. */
    for (size_t at = 0; at < 298u; at += 2u) {
        memcpy(longest + at, "\xC3\xA9", 2u);
    }
    longest[298] = '\0';
    fails(world, NULL, 500, longest, "500", longest);
    (void)snprintf(joined, sizeof joined, "%.48s: slow down", longest);
    fails(world, slow, 500, longest, "500", joined);
    for (int shift = 0; shift < 2; shift++) {
        char body[400];
        (void)snprintf(body, sizeof body, "{\"error\":{\"message\":\"%.*s%.180s\"}}", shift, "x", longest);
        (void)snprintf(joined, sizeof joined, "%.48s: %.*s%.148s", longest, shift, "x", longest);
        fails(world, body, 500, longest, "500", joined);
    }
}

static void test_the_state_of_an_open_call_is_512_bytes_at_most(void **state)
{
    (void)state;
    assert_true(sizeof(uspan_wire_t) <= 512u);
}

/* Responses found by fuzzing: their fragmentation must not change the result. */
static void test_pieces_of_an_answer_do_not_change_what_is_counted_or_kept(void **state)
{
    static const char *const answers[] = {
        "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}," /* the second is counted once */
        "{\"index\":1,\"delta\":{\"content\":\"never kept\"}}]}",
        "data: {\"id\":\"ab\ndata: c\",\"choices\":[]}\n\n", /* a string continues in the event's next line */
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
static void test_what_the_conventions_added_is_taken_from_the_wire(void **state)
{
    static const char chat[] = "{\"model\":\"m\",\"top_k\":40,\"reasoning_effort\":\"high\"}";
    static const char responses[] =
        "{\"previous_response_id\":\"resp_0\",\"reasoning\":{\"effort\":\"low\"},\"input\":["
        "{\"type\":\"compaction\",\"encrypted_content\":\"x\"}]}";
    static const char gemini[] =
        "{\"generationConfig\":{\"topK\":40.0,\"thinkingConfig\":{\"thinkingLevel\":\"minimal\"}}}";
    static const char counts[] =
        "{\"choices\":[{\"message\":{\"content\":\"y\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_"
        "tokens\":20,"
        "\"completion_tokens\":4,\"prompt_tokens_details\":{\"cached_tokens\":8,\"cache_write_tokens\":3,"
        "\"text_tokens\":12,\"audio_tokens\":0,\"image_tokens\":5},\"completion_tokens_details\":{\"audio_"
        "tokens\":2}}}";
    static const char response[] =
        "{\"output\":[],\"status\":\"completed\",\"usage\":{\"input_tokens\":9,\"output_tokens\":2,"
        "\"input_tokens_details\":{\"cached_tokens\":0,\"cache_write_tokens\":6}}}";
    const bool latest = USPAN_SEMCONV == USPAN_SEMCONV_LATEST;
    const char *written =
        latest ? "gen_ai.usage.cache_write.input_tokens" : "gen_ai.usage.cache_creation.input_tokens";
    world_t *world = *state;
    uspan_value_t v;
    exchange(world, chat, counts, 200);
    assert_int_equal(int_of(world, "gen_ai.request.top_k"), 40);
    assert_string_equal(text_of(world, "gen_ai.request.reasoning.level"), "high");
    assert_int_equal(int_of(world, "gen_ai.usage.input_tokens"), 20);
    assert_int_equal(int_of(world, "gen_ai.usage.cache_read.input_tokens"), 8);
    assert_int_equal(int_of(world, written), 3);
    assert_int_equal(int_of(world, "gen_ai.usage.text.input_tokens"), latest ? 12 : -1);
    assert_int_equal(int_of(world, "gen_ai.usage.image.input_tokens"), latest ? 5 : -1);
    assert_int_equal(int_of(world, "gen_ai.usage.audio.input_tokens"), -1); /* 0 is not sent */
    assert_int_equal(int_of(world, "gen_ai.usage.audio.output_tokens"), latest ? 2 : -1);
    assert_int_equal(
        uspan_find_attr(&world->tracer, span, USPAN_OF_SPAN, "gen_ai.conversation.compacted", &v, NULL),
        USPAN_ERR_CLOSED);
    for (unsigned with_content = 0; with_content < 2u; with_content++) {
        world_reset_with_collector(world);
        uspan_set_content(&world->tracer, with_content != 0u);
        span = uspan_wire_begin(&w, &world->tracer, USPAN_ROOT, "https://api.openai.com/v1/responses");
        uspan_wire_request(&w, responses, strlen(responses));
        answer(response);
        (void)uspan_wire_end(&w, 200, NULL);
        assert_string_equal(text_of(world, "gen_ai.request.previous_response.id"), "resp_0");
        assert_string_equal(text_of(world, "gen_ai.request.reasoning.level"), "low");
        assert_int_equal(
            uspan_find_attr(&world->tracer, span, USPAN_OF_SPAN, "gen_ai.conversation.compacted", &v, NULL),
            USPAN_OK);
        assert_true(v.type == USPAN_TYPE_BOOL);
        assert_int_equal(int_of(world, "gen_ai.usage.input_tokens"), 9); /* includes those written */
        assert_int_equal(int_of(world, written), 6);
    }
    begin(world, "https://generativelanguage.googleapis.com/v1beta/models/gemini-3:generateContent");
    uspan_wire_request(&w, gemini, strlen(gemini));
    (void)uspan_wire_end(&w, 200, "none");
    assert_int_equal(int_of(world, "gen_ai.request.top_k"), 40);
    assert_string_equal(text_of(world, "gen_ai.request.reasoning.level"), "minimal");
    begin(world, "https://api.moonshot.ai/v1/chat/completions");
    assert_string_equal(text_of(world, "gen_ai.provider.name"), latest ? "moonshot_ai" : "moonshot");
}

static void test_geminis_lists_of_counts_by_modality_are_read_in_any_order(void **state)
{
    static const char counts[] = "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"y\"}]},"
                                 "\"finishReason\":\"STOP\"}],\"usageMetadata\":{"
                                 "\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":42},{"
                                 "\"tokenCount\":258,\"modality\":\"IMAGE\"},"
                                 "{\"modality\":\"VIDEO\",\"tokenCount\":7},{\"modality\":\"AUDIO\"}],"
                                 "\"cacheTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":30},{"
                                 "\"modality\":\"AUDIO\",\"tokenCount\":0}],"
                                 "\"candidatesTokensDetails\":{\"modality\":\"AUDIO\",\"tokenCount\":8}}}";
    const bool latest = USPAN_SEMCONV == USPAN_SEMCONV_LATEST;
    world_t *world = *state;
    begin(world, "https://generativelanguage.googleapis.com/v1beta/models/gemini-3:generateContent");
    answer(counts);
    (void)uspan_wire_end(&w, 200, NULL);
    assert_int_equal(int_of(world, "gen_ai.usage.text.input_tokens"), latest ? 42 : -1);
    assert_int_equal(int_of(world, "gen_ai.usage.image.input_tokens"), latest ? 258 : -1);
    assert_int_equal(int_of(world, "gen_ai.usage.audio.input_tokens"), -1);
    assert_int_equal(int_of(world, "gen_ai.usage.text.cache_read.input_tokens"), latest ? 30 : -1);
    assert_int_equal(int_of(world, "gen_ai.usage.audio.cache_read.input_tokens"), -1);
    assert_int_equal(int_of(world, "gen_ai.usage.audio.output_tokens"), latest ? 8 : -1);
}

static void test_the_last_of_many_encoding_formats_counts(void **state)
{
    static const char begins[] = "{\"model\":\"m\",\"input\":\"x\"", one[] = ",\"encoding_format\":\"float\"",
                      ends[] = ",\"encoding_format\":\"base64\"}", found[] = "{\"model\":\"m\",\"data\":[]}";
    world_t *world = *state;
    for (unsigned count = 0; count < 12u; count++) {
        begin(world, "https://llm.example.test/v1/embeddings");
        uspan_wire_request(&w, begins, sizeof begins - 1u);
        for (unsigned i = 0; i < count; i++) {
            uspan_wire_request(&w, one, sizeof one - 1u);
        }
        uspan_wire_request(&w, ends, sizeof ends - 1u);
        answer(found);
        assert_int_equal(uspan_wire_end(&w, 200, NULL), USPAN_OK);
        assert_string_equal(text_of(world, "gen_ai.request.encoding_formats"), "base64");
        assert_int_equal(uspan_wire_unread(&w), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_the_last_of_many_encoding_formats_counts),
        IN_WORLD(test_geminis_lists_of_counts_by_modality_are_read_in_any_order),
        IN_WORLD(test_what_the_conventions_added_is_taken_from_the_wire),
        IN_WORLD(test_an_answer_cut_at_any_byte_keeps_what_was_certain_and_says_that_it_broke_off),
        IN_WORLD(test_what_is_no_answer_is_counted_and_disturbs_nothing),
        IN_WORLD(test_a_model_too_long_for_the_name_is_cut_there_at_a_character_and_counted),
        IN_WORLD(test_a_text_too_long_for_an_attribute_of_its_kind_is_left_out_and_counted),
        IN_WORLD(test_pieces_of_a_second_choice_are_counted_and_its_finish_reason_kept),
        IN_WORLD(test_tools_that_the_call_may_not_use_are_not_told_of),
        IN_WORLD(test_the_message_of_an_error_is_kept_up_to_199_bytes_and_what_follows_is_read),
        IN_WORLD(test_tool_calls_are_told_apart_by_index_or_by_id_and_pieces_join),
        IN_WORLD(test_with_content_off_the_span_has_numbers_and_no_words),
        IN_WORLD(test_without_a_span_the_traffic_passes_and_the_call_ends),
        IN_WORLD(test_an_http_status_is_the_type_of_a_failure_and_the_clients_text_its_message),
        IN_WORLD(test_pieces_of_an_answer_do_not_change_what_is_counted_or_kept),
        IN_WORLD(test_the_state_of_an_open_call_is_512_bytes_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
