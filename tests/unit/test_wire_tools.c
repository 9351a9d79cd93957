/* test_wire_tools.c: a tool's span has the name, id and arguments that the response gave. This holds for
 * every dialect, in any order, and long after the chat's span was sent. What was not kept is left out and
 * never wrong.
 * uspan-config: USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=65536 USPAN_VALUE_MAX=16384 USPAN_TOOL_DEFINITIONS=1 */
#include "uspan/wire.h"
#include "uspan/read.h"
#include "cmocka_all.h"
#include "world.h"
#include <stdio.h>

#define CHAT "https://api.openai.com/v1/chat/completions"

static uspan_wire_t w;
static uspan_t chat;

static void ask(world_t *world, const char *url, const char *answer)
{
    chat = uspan_wire_begin(&w, &world->tracer, USPAN_ROOT, url);
    uspan_wire_request(&w, "{\"model\":\"m\"}", 13);
    uspan_wire_response(&w, answer, strlen(answer));
    assert_int_equal(uspan_wire_end(&w, 200, NULL), USPAN_OK);
}

static const char *text_of(world_t *world, uspan_t s, const char *key)
{
    static char texts[4][16384];
    static unsigned next;
    char *text = texts[next++ % 4u];
    uspan_value_t v;
    unsigned index;
    size_t len = 0;
    if (uspan_find_attr(&world->tracer, s, USPAN_OF_SPAN, key, &v, &index) == USPAN_OK) {
        assert_int_equal(v.type, USPAN_TYPE_TEXT);
        len = uspan_read_text(&world->tracer, s, USPAN_OF_SPAN, index, 0, text, sizeof texts[0] - 1u);
    }
    text[len] = '\0';
    return text;
}

static void expect(world_t *world, uspan_t s, const char *name, const char *id, const char *arguments)
{
    char full[128];
    uspan_view_t view;
    assert_int_equal(uspan_read(&world->tracer, s, &view), USPAN_OK);
    (void)snprintf(full, sizeof full, "execute_tool %s", name);
    assert_string_equal(view.name, name[0] != '\0' ? full : "execute_tool");
    assert_string_equal(text_of(world, s, "gen_ai.tool.name"), name);
    assert_string_equal(text_of(world, s, "gen_ai.tool.call.id"), id);
    assert_string_equal(text_of(world, s, "gen_ai.tool.call.arguments"), arguments);
    assert_string_equal(text_of(world, s, "gen_ai.tool.type"), "function");
}

/* Like uspan_wire_tool_begin(), then expect() and the end. */
static void run(world_t *world, const char *name, const char *id, const char *as_name, const char *as_id,
                const char *arguments)
{
    uspan_t s = uspan_wire_tool_begin(&w, &world->tracer, USPAN_ROOT, name, id);
    expect(world, s, as_name, as_id, arguments);
    assert_int_equal(uspan_tool_end(&world->tracer, s, NULL), USPAN_OK);
}

#define TWO                                                                                                  \
    "{\"choices\":[{\"message\":{\"content\":\"Let me see.\",\"tool_calls\":["                                \
    "{\"id\":\"a\",\"function\":{\"name\":\"read_soil\",\"arguments\":\"{\\\"bed\\\": 3}\"}},"                \
    "{\"id\":\"b\",\"function\":{\"name\":\"set_valve\",\"arguments\":\"{\\\"say\\\":\\\"\\\\\\\"\xC3\xA4\\\"}\"}}]}," \
    "\"finish_reason\":\"tool_calls\"}]}"
#define SAY "{\"say\":\"\\\"\xC3\xA4\"}"

static void test_each_dialects_calls_are_found_by_their_ids_in_any_order(void **state)
{
    static const struct {
        const char *url, *answer;
    } rows[] = {
        { CHAT, TWO },
        { CHAT, "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"read_soil\","
                "\"arguments\":\"{\\\"bed\\\"\"}}]}}]}\n\n"
                "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\": 3}\"}}]}}]}\n\n"
                "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":1,\"id\":\"b\",\"function\":{\"name\":\"set_valve\","
                "\"arguments\":\"{\\\"say\\\":\\\"\\\\\\\"\xC3\xA4\\\"}\"}}]},\"finish_reason\":\"tool_calls\"}]}\n\n" },
        { "https://api.openai.com/v1/responses",
          "{\"status\":\"completed\",\"output\":[{\"type\":\"function_call\",\"call_id\":\"a\",\"name\":\"read_soil\","
          "\"arguments\":\"{\\\"bed\\\":3}\"},{\"type\":\"function_call\",\"call_id\":\"b\",\"name\":\"set_valve\","
          "\"arguments\":\"{\\\"say\\\":\\\"\\\\\\\"\xC3\xA4\\\"}\"}]}" },
        { "https://api.anthropic.com/v1/messages",
          "{\"content\":[{\"type\":\"text\",\"text\":\"Let me see.\"},{\"type\":\"tool_use\",\"id\":\"a\",\"name\":\"read_soil\","
          "\"input\":{\"bed\":3}},{\"type\":\"tool_use\",\"id\":\"b\",\"name\":\"set_valve\",\"input\":{\"say\": "
          "\"\\\"\xC3\xA4\"}}],\"stop_reason\":\"tool_use\"}" },
        { "http://box:11434/api/chat",
          "{\"message\":{\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"read_soil\",\"arguments\":{\"bed\":3}}},"
          "{\"id\":\"b\",\"function\":{\"name\":\"set_valve\",\"arguments\":{\"say\":\"\\\"\xC3\xA4\"}}}]},"
          "\"done\":true,\"done_reason\":\"stop\"}" },
        { "https://generativelanguage.googleapis.com/v1beta/models/m:generateContent",
          "{\"candidates\":[{\"content\":{\"parts\":["
          "{\"functionCall\":{\"id\":\"a\",\"name\":\"read_soil\",\"args\":{\"bed\":3}}},"
          "{\"functionCall\":{\"id\":\"b\",\"name\":\"set_valve\",\"args\":{\"say\":\"\\\"\xC3\xA4\"}}}]},"
          "\"finishReason\":\"STOP\"}]}" },
        { "https://dashscope.aliyuncs.com/api/v1/services/aigc/text-generation/generation",
          "{\"output\":" TWO "}" },
    };
    world_t *world = *state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        world_reset_with_collector(world);
        ask(world, rows[i].url, rows[i].answer);
        run(world, "set_valve", "b", "set_valve", "b", SAY);
        run(world, NULL, "a", "read_soil", "a", "{\"bed\":3}");
        run(world, "my_valve", "b", "my_valve", "b", SAY); /* tried again, under the firmware's name for it */
        run(world, "clock", "c", "clock", "c", "");        /* the response did not ask for it */
    }
}

static void test_calls_without_ids_are_taken_in_their_order(void **state)
{
    world_t *world = *state;
    world_reset_with_collector(world);
    ask(world, "http://box:11434/api/chat",
        "{\"message\":{\"tool_calls\":[{\"function\":{\"name\":\"read\",\"arguments\":{\"bed\":1}}},"
        "{\"function\":{\"name\":\"clock\",\"arguments\":{}}},"
        "{\"function\":{\"name\":\"read\",\"arguments\":{\"bed\":2}}}]},\"done\":true,\"done_reason\":\"stop\"}");
    run(world, "read", NULL, "read", "", "{\"bed\":1}");
    run(world, "read", "", "read", "", "{\"bed\":2}");
    run(world, "read", NULL, "read", "", "");
    run(world, NULL, NULL, "clock", "", "{}");
    run(world, NULL, NULL, "", "", "");
}

static void test_what_was_asked_for_outlives_the_chats_span(void **state)
{
    world_t *world = *state;
    uspan_view_t view;
    world_reset_with_collector(world);
    ask(world, CHAT, TWO);
    run(world, NULL, "a", "read_soil", "a", "{\"bed\":3}");
    world_drain(world);
    assert_int_equal(uspan_read(&world->tracer, chat, &view), USPAN_ERR_STALE);
    run(world, NULL, "b", "set_valve", "b", SAY);
    ask(world, CHAT, TWO); /* dropped before it was read: the caller's values are used */
    world_drain(world);
    run(world, "set_valve", "b", "set_valve", "b", "");
}

/* A response with a call "a" that has long arguments and a short call "b". Returns the arguments. */
static const char *ask_long(world_t *world, size_t len)
{
    static char answer[4096], words[2048], arguments[2100];
    memset(words, 'x', len);
    words[len] = '\0';
    (void)snprintf(answer, sizeof answer,
                   "{\"choices\":[{\"message\":{\"tool_calls\":["
                   "{\"id\":\"a\",\"function\":{\"name\":\"write\",\"arguments\":\"{\\\"text\\\":\\\"%s\\\"}\"}},"
                   "{\"id\":\"b\",\"function\":{\"name\":\"clock\",\"arguments\":\"{}\"}}]},"
                   "\"finish_reason\":\"tool_calls\"}]}",
                   words);
    (void)snprintf(arguments, sizeof arguments, "{\"text\":\"%s\"}", words);
    ask(world, CHAT, answer);
    return arguments;
}

static void test_arguments_of_any_length_come_from_the_chats_span_while_it_is_there(void **state)
{
    world_t *world = *state;
    for (size_t len = 300; len < 500u; len++) {
        world_reset_with_collector(world);
        const char *arguments = ask_long(world, len);
        run(world, NULL, "b", "clock", "b", "{}");
        run(world, NULL, "a", "write", "a", arguments);
    }
    world_reset_with_collector(world);
    (void)ask_long(world, 2000);
    run(world, NULL, "b", "clock", "b", "{}");
    world_drain(world);
    run(world, NULL, "a", "write", "a", "");
    run(world, NULL, "b", "clock", "b", "{}");
}

static void test_of_more_calls_than_fit_the_first_are_kept(void **state)
{
    static char answer[8192];
    world_t *world = *state;
    size_t n = (size_t)snprintf(answer, sizeof answer, "{\"choices\":[{\"message\":{\"tool_calls\":[");
    for (unsigned i = 0; i < 40u; i++) {
        n += (size_t)snprintf(answer + n, sizeof answer - n,
                              "%s{\"id\":\"call_%02u\",\"function\":{\"name\":\"f%u\",\"arguments\":\"{\\\"n\\\":%u}\"}}",
                              i > 0u ? "," : "", i, i, i);
    }
    (void)snprintf(answer + n, sizeof answer - n, "]},\"finish_reason\":\"tool_calls\"}]}");
    world_reset_with_collector(world);
    ask(world, CHAT, answer);
    unsigned kept = 0;
    for (unsigned i = 0; i < 40u; i += 4u) {
        char id[12], name[12], arguments[16];
        (void)snprintf(id, sizeof id, "call_%02u", i);
        (void)snprintf(name, sizeof name, "f%u", i);
        (void)snprintf(arguments, sizeof arguments, "{\"n\":%u}", i);
        uspan_t s = uspan_wire_tool_begin(&w, &world->tracer, USPAN_ROOT, name, id);
        bool is_kept = text_of(world, s, "gen_ai.tool.call.arguments")[0] != '\0';
        assert_true(kept == i || !is_kept);
        kept += is_kept ? 4u : 0u;
        expect(world, s, name, id, is_kept ? arguments : "");
        uspan_end(&world->tracer, s);
    }
    assert_true(kept >= 24u && kept < 40u);
}

static void test_without_content_or_an_end_a_tool_has_what_the_caller_says(void **state)
{
    world_t *world = *state;
    world_reset_with_collector(world);
    uspan_set_content(&world->tracer, false);
    ask(world, CHAT, TWO);
    run(world, "set_valve", "b", "set_valve", "b", "");
    uspan_set_content(&world->tracer, true);
    chat = uspan_wire_begin(&w, &world->tracer, USPAN_ROOT, CHAT);
    uspan_wire_request(&w, "{}", 2);
    run(world, "set_valve", "b", "set_valve", "b", "");
    uspan_wire_response(&w, TWO, sizeof TWO - 1u);
    run(world, "set_valve", "b", "set_valve", "b", "");
    assert_int_equal(uspan_wire_end(&w, 200, NULL), USPAN_OK); /* and changed nothing */
    run(world, NULL, "b", "set_valve", "b", SAY);
    assert_int_equal(uspan_wire_end(&w, 200, NULL), USPAN_ERR_STALE);
    memset(&w, 0, sizeof w);
    run(world, "clock", "c", "clock", "c", "");
}

static void test_where_the_pool_has_no_room_a_name_is_whole_or_the_callers(void **state)
{
    static const uspan_key_t fill = USPAN_KEY_INIT("fill");
    static char filler[16384];
    world_t *world = *state;
    unsigned named = 0;
    unsigned nameless = 0;
    memset(filler, 'x', sizeof filler);
    for (size_t rest = 7168; rest < 9216u; rest += 64u) {
        world_reset_with_collector(world);
        uspan_t other[4];
        for (size_t i = 0; i < 4u; i++) {
            other[i] = uspan_start(&world->tracer, USPAN_ROOT, "other");
            (void)uspan_set_str_n(&world->tracer, other[i], &fill, filler, i < 3u ? sizeof filler : sizeof filler - rest);
        }
        chat = uspan_wire_begin(&w, &world->tracer, USPAN_ROOT, CHAT);
        uspan_wire_request(&w, "{}", 2);
        uspan_wire_response(&w, TWO, sizeof TWO - 1u);
        (void)uspan_wire_end(&w, 200, NULL);
        for (size_t i = 0; i < 4u; i++) {
            uspan_end(&world->tracer, other[i]);
        }
        uspan_t s = uspan_wire_tool_begin(&w, &world->tracer, USPAN_ROOT, NULL, "b");
        bool has_name = text_of(world, s, "gen_ai.tool.name")[0] != '\0';
        bool has_arguments = text_of(world, s, "gen_ai.tool.call.arguments")[0] != '\0';
        expect(world, s, has_name ? "set_valve" : "", "b", has_arguments ? SAY : "");
        assert_true(has_name || !has_arguments);
        named += has_name ? 1u : 0u;
        nameless += has_name ? 0u : 1u;
        s = uspan_wire_tool_begin(&w, &world->tracer, USPAN_ROOT, "my_valve", "b");
        has_arguments = text_of(world, s, "gen_ai.tool.call.arguments")[0] != '\0';
        expect(world, s, "my_valve", "b", has_arguments ? SAY : "");
    }
    assert_true(named > 0u && nameless > 0u);
}

static void test_the_result_goes_back_in_the_next_request(void **state)
{
    world_t *world = *state;
    world_reset_with_collector(world);
    ask(world, CHAT, TWO);
    uspan_t s = uspan_wire_tool_begin(&w, &world->tracer, USPAN_ROOT, NULL, "a");
    const uspan_tool_result_t result = { .result = "{\"moisture\":12}" };
    assert_int_equal(uspan_tool_end(&world->tracer, s, &result), USPAN_OK);
    chat = uspan_wire_begin(&w, &world->tracer, USPAN_ROOT, CHAT);
    static const char next[] =
        "{\"model\":\"m\",\"messages\":[{\"role\":\"assistant\",\"tool_calls\":["
        "{\"id\":\"a\",\"function\":{\"name\":\"read_soil\",\"arguments\":\"{\\\"bed\\\": 3}\"}}]},"
        "{\"role\":\"tool\",\"tool_call_id\":\"a\",\"content\":\"{\\\"moisture\\\":12}\"}]}";
    uspan_wire_request(&w, next, sizeof next - 1u);
    assert_string_equal(text_of(world, chat, "gen_ai.input.messages"),
                        "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"tool_call\",\"id\":\"a\",\"name\":\"read_soil\","
                        "\"arguments\":{\"bed\":3}}]},"
                        "{\"role\":\"tool\",\"parts\":[{\"type\":\"tool_call_response\",\"id\":\"a\","
                        "\"response\":{\"moisture\":12}}]}]");
    assert_string_equal(text_of(world, s, "gen_ai.tool.call.result"), "{\"moisture\":12}");
    assert_int_equal(uspan_wire_end(&w, 0, NULL), USPAN_OK);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_each_dialects_calls_are_found_by_their_ids_in_any_order),
        IN_WORLD(test_calls_without_ids_are_taken_in_their_order),
        IN_WORLD(test_what_was_asked_for_outlives_the_chats_span),
        IN_WORLD(test_arguments_of_any_length_come_from_the_chats_span_while_it_is_there),
        IN_WORLD(test_of_more_calls_than_fit_the_first_are_kept),
        IN_WORLD(test_without_content_or_an_end_a_tool_has_what_the_caller_says),
        IN_WORLD(test_where_the_pool_has_no_room_a_name_is_whole_or_the_callers),
        IN_WORLD(test_the_result_goes_back_in_the_next_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
