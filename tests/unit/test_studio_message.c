/* test_studio_message.c: messages reach Studio after their run is registered, in order, one request each. A
 * message that has no room or is refused is counted and costs no span.
 * uspan-config: USPAN_STUDIO=1 USPAN_STUDIO_MESSAGE_BYTES=512 */
#include "delivery.h"
#include "uspan/genai.h"

#define STUDIO_URL "http://studio:3000"
#define REFUSED "HTTP/1.1 400 No\r\nContent-Length: 0\r\n\r\n"
#define BUSY "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"

static const char *run_answer, *message_answer;

static void answer_by_path(world_t *w, unsigned n)
{
    w->answer = head_has(w, n, "POST /trpc/registerRun ")   ? run_answer
                : head_has(w, n, "POST /trpc/pushMessage ") ? message_answer
                                                            : NULL;
}

static void begin(world_t *w)
{
    world_reset_with_collector(w);
    run_answer = message_answer = NULL;
    w->on_request = answer_by_path;
    const uspan_studio_t s = { STUDIO_URL, "p", "n", "run-1" };
    assert_int_equal(uspan_studio_start(&w->tracer, &w->transport, &s), USPAN_OK);
}

/* Fill the stack below with ones, so that a call that forgets to set a variable does not find zeros there. */
__attribute__((noinline)) static void fill_stack(void)
{
    volatile unsigned char bytes[4096];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = 0xFFu;
    }
}

static uspan_err_t say(world_t *w, uspan_studio_kind_t kind, const char *text)
{
    fill_stack();
    return uspan_studio_message(&w->tracer, &(uspan_studio_message_t){
        .kind = kind, .text = text, .tool = "read_soil", .call_id = "call_1" });
}

/* The request's body. "" if it pushes no message. */
static const char *message_of(world_t *w, unsigned request)
{
    static char text[1024];
    size_t len;
    const uint8_t *body = world_body(w, request, &len);
    assert_true(len < sizeof text);
    memcpy(text, body, len);
    text[len] = '\0';
    return head_has(w, request, "POST /trpc/pushMessage HTTP/1.1\r\n") ? text : "";
}

static unsigned pushed(world_t *w)
{
    unsigned n = 0;
    for (unsigned i = 0; i < w->request_count; i++) {
        n += message_of(w, i)[0] != '\0';
    }
    return n;
}

static void expect(world_t *w, unsigned request, const char *before_id, const char *after_id)
{
    char text[1024];
    (void)snprintf(text, sizeof text, "%s", message_of(w, request));
    char *id = strstr(text, "\"msg\":{\"id\":\"m");
    assert_non_null(id);
    id += strlen("\"msg\":{\"id\":\"m");
    assert_int_equal(strspn(id, "0123456789abcdef"), 16);
    assert_string_equal(id + 16, after_id);
    *id = '\0';
    assert_string_equal(text, before_id);
}

#define BEFORE(name, role) \
    "{\"runId\":\"run-1\",\"replyName\":\"" name "\",\"replyRole\":\"" role "\",\"msg\":{\"id\":\"m"
#define AFTER(name, role, content)                                                  \
    "\",\"name\":\"" name "\",\"role\":\"" role "\",\"content\":[" content "],\"metadata\":{}," \
    "\"timestamp\":\"2023-11-14 22:13:25.000\"}}"

static void test_a_conversation_is_pushed_word_for_word_behind_the_run(void **state)
{
    world_t *w = *state;
    begin(w);
    assert_int_equal(say(w, USPAN_STUDIO_USER, "Is bed \"3\" dry?\n"), USPAN_OK);
    assert_int_equal(say(w, USPAN_STUDIO_CALL, "{\"bed\":3}"), USPAN_OK);
    assert_int_equal(say(w, USPAN_STUDIO_RESULT, "12 %"), USPAN_OK);
    (void)settle(w);
    assert_int_equal(w->request_count, 4);
    assert_string_equal(message_of(w, 0), "");
    expect(w, 1, BEFORE("user", "user"),
           AFTER("user", "user", "{\"type\":\"text\",\"text\":\"Is bed \\\"3\\\" dry?\\u000a\"}"));
    expect(w, 2, BEFORE("agent", "assistant"),
           AFTER("agent", "assistant",
                 "{\"type\":\"tool_use\",\"id\":\"call_1\",\"name\":\"read_soil\",\"input\":{\"bed\":3}}"));
    expect(w, 3, BEFORE("agent", "system"),
           AFTER("agent", "system",
                 "{\"type\":\"tool_result\",\"id\":\"call_1\",\"name\":\"read_soil\",\"output\":[{\"type\":\"text\","
                 "\"text\":\"12 %\"}]}"));
    assert_int_equal(stats_of(w, 0).messages_delivered, 3);
    assert_int_equal(stats_of(w, 0).messages_dropped, 0);
    assert_int_equal(uspan_studio_message(&w->tracer, &(uspan_studio_message_t){
                         .kind = USPAN_STUDIO_CALL, .name = "gardener", .text = "bed\xFF" }),
                     USPAN_OK);
    (void)settle(w);
    expect(w, 4, BEFORE("gardener", "assistant"),
           AFTER("gardener", "assistant",
                 "{\"type\":\"tool_use\",\"id\":\"\",\"name\":\"\",\"input\":{\"text\":\"bed\xEF\xBF\xBD\"}}"));
}

static void test_a_request_in_small_pieces_is_the_same(void **state)
{
    world_t *w = *state;
    begin(w);
    w->send_max = 1;
    w->recv_max = 3;
    assert_int_equal(say(w, USPAN_STUDIO_USER, "Hi"), USPAN_OK);
    for (unsigned i = 0; i < 3000u; i++) { /* others are written meanwhile, and may have room or not */
        (void)world_poll(w, NULL);
        if (i % 7u == 0u) {
            (void)say(w, USPAN_STUDIO_AGENT, "Yes");
        }
    }
    (void)settle(w);
    expect(w, 1, BEFORE("user", "user"), AFTER("user", "user", "{\"type\":\"text\",\"text\":\"Hi\"}"));
    uspan_stats_t stats = stats_of(w, 0);
    assert_int_equal(stats.messages_delivered, pushed(w));
    assert_int_equal(stats.messages_delivered + stats.messages_dropped, 430);
    for (unsigned i = 2; i < w->request_count; i++) {
        assert_non_null(strstr(message_of(w, i), "\"text\":\"Yes\""));
    }
}

static void test_what_finds_no_room_is_counted_and_takes_none_from_spans(void **state)
{
    world_t *w = *state;
    char text[400];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1u] = '\0';
    begin(w);
    unsigned blocks = w->tracer.trace.blocks_live;
    assert_int_equal(say(w, USPAN_STUDIO_USER, text), USPAN_TRUNCATED); /* 256 of them, and three dots */
    assert_int_equal(say(w, USPAN_STUDIO_AGENT, text), USPAN_ERR_FULL);
    assert_int_equal(say(w, USPAN_STUDIO_AGENT, "short"), USPAN_OK);
    assert_int_equal(stats_of(w, 0).messages_dropped, 1);
    assert_int_equal(stats_of(w, 0).values_truncated, 1);
    assert_int_equal(w->tracer.trace.blocks_live, blocks);
    (void)settle(w);
    assert_int_equal(pushed(w), 2);
    assert_non_null(strstr(message_of(w, 1), "xxx...\"}]"));
    assert_int_equal(say(w, USPAN_STUDIO_AGENT, text), USPAN_TRUNCATED); /* there is room again */
}

static void test_content_switches_count_for_messages_too(void **state)
{
    world_t *w = *state;
    begin(w);
    uspan_set_content(&w->tracer, false);
    assert_int_equal(say(w, USPAN_STUDIO_USER, "a secret"), USPAN_OK);
    (void)settle(w);
    assert_int_equal(w->request_count, 1);
    assert_int_equal(stats_of(w, 0).messages_dropped, 0);
}

static const char *hide(void *ctx, const uspan_key_t *key, const char *text, size_t *len)
{
    (void)ctx, (void)text;
    *len = 6;
    return strcmp(key->text, "gen_ai.tool.call.result") == 0 ? "hidden" : "other ";
}

static void test_the_redactor_sees_messages_too(void **state)
{
    static const uspan_redactor_t redactor = { NULL, hide };
    world_t *w = *state;
    begin(w);
    uspan_set_redactor(&w->tracer, &redactor);
    assert_int_equal(say(w, USPAN_STUDIO_RESULT, "a secret"), USPAN_OK);
    (void)settle(w);
    assert_non_null(strstr(message_of(w, 1), "\"text\":\"hidden\""));
    assert_null(strstr(message_of(w, 1), "secret"));
}

static void test_a_refused_message_is_dropped_and_a_busy_studio_asked_again(void **state)
{
    world_t *w = *state;
    begin(w);
    message_answer = REFUSED;
    (void)say(w, USPAN_STUDIO_USER, "one");
    (void)settle(w);
    assert_int_equal(pushed(w), 1);
    assert_int_equal(stats_of(w, 0).messages_dropped, 1);
    message_answer = BUSY;
    (void)say(w, USPAN_STUDIO_USER, "two");
    (void)say(w, USPAN_STUDIO_AGENT, "three");
    world_advance_ms(w, 60000);
    (void)settle(w);
    record(w, "span"); /* spans are sent meanwhile */
    world_drain(w);
    assert_int_equal(stats_of(w, 0).delivered, 1);
    message_answer = NULL;
    world_advance_ms(w, 60000);
    (void)settle(w);
    assert_int_equal(stats_of(w, 0).messages_delivered, 2);
    assert_int_equal(stats_of(w, 0).messages_dropped, 1);
    assert_non_null(strstr(message_of(w, w->request_count - 1u), "three"));
}

static void test_messages_wait_for_a_run_that_is_not_registered(void **state)
{
    world_t *w = *state;
    begin(w);
    run_answer = BUSY;
    (void)say(w, USPAN_STUDIO_USER, "one");
    (void)settle(w);
    assert_int_equal(pushed(w), 0);
    run_answer = NULL;
    world_advance_ms(w, 60000);
    (void)settle(w);
    assert_int_equal(pushed(w), 1);
}

static void test_stopping_pushes_what_waits_and_then_marks_the_run_done(void **state)
{
    world_t *w = *state;
    begin(w);
    (void)settle(w);
    (void)say(w, USPAN_STUDIO_USER, "one");
    (void)say(w, USPAN_STUDIO_AGENT, "two");
    uspan_shutdown(&w->tracer, 5000);
    assert_int_equal(say(w, USPAN_STUDIO_AGENT, "late"), USPAN_ERR_FULL);
    (void)settle(w);
    assert_true(uspan_stopped(&w->tracer));
    assert_int_equal(w->request_count, 4);
    assert_int_equal(pushed(w), 2);
    assert_string_equal(message_of(w, 3), ""); /* done */
    assert_int_equal(stats_of(w, 0).messages_delivered, 2);
}

static void test_wrong_arguments_are_refused(void **state)
{
    world_t *w = *state;
    begin(w);
    assert_int_equal(uspan_studio_message(NULL, &(uspan_studio_message_t){ .text = "x" }), USPAN_ERR_ARG);
    assert_int_equal(uspan_studio_message(&w->tracer, NULL), USPAN_ERR_ARG);
    assert_int_equal(say(w, USPAN_STUDIO_USER, NULL), USPAN_ERR_ARG);
    assert_int_equal(say(w, (uspan_studio_kind_t)4, "x"), USPAN_ERR_ARG);
    world_reset_with_collector(w); /* no run */
    assert_int_equal(say(w, USPAN_STUDIO_USER, "x"), USPAN_OK);
    assert_int_equal(stats_of(w, 0).messages_dropped, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_conversation_is_pushed_word_for_word_behind_the_run),
        TEST(test_a_request_in_small_pieces_is_the_same),
        TEST(test_what_finds_no_room_is_counted_and_takes_none_from_spans),
        TEST(test_content_switches_count_for_messages_too),
        TEST(test_the_redactor_sees_messages_too),
        TEST(test_a_refused_message_is_dropped_and_a_busy_studio_asked_again),
        TEST(test_messages_wait_for_a_run_that_is_not_registered),
        TEST(test_stopping_pushes_what_waits_and_then_marks_the_run_done),
        TEST(test_wrong_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
