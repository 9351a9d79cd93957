/* test_wire_parts.c: which part of an answer a text belongs to, if a server of the Responses API announces no
 * items, or gives the index of a part in some of its events only. Each text is stored once.
 * uspan-config: USPAN_ATTRS_MAX=48 USPAN_TEXT_BYTES=4096 USPAN_VALUE_MAX=2048 */
#include "wire_exchange.h"

#define RESPONSES "https://api.openai.com/v1/responses"
#define TEXT "{\"type\":\"text\",\"content\":"
#define THOUGHT "{\"type\":\"reasoning\",\"content\":"

typedef struct event {
    const char *type;
    int item, part; /* -1: the event does not say it */
    const char *text;
} event_t;

#define DELTA "output_text.delta"
#define DONE "output_text.done"
#define THINKS "reasoning_summary_text.delta"

static void play(world_t *world, const event_t *events, size_t count)
{
    begin(world, RESPONSES);
    uspan_wire_request(&w, "{\"model\":\"m\",\"input\":\"Hi\"}", 26u);
    for (size_t i = 0; i < count; i++) {
        char text[256];
        char item[40] = "";
        char part[40] = "";
        const bool is_all = strstr(events[i].type, ".done") != NULL;
        if (events[i].item >= 0) {
            (void)snprintf(item, sizeof item, ",\"output_index\":%d", events[i].item);
        }
        if (events[i].part >= 0) {
            (void)snprintf(part, sizeof part, ",\"content_index\":%d", events[i].part);
        }
        (void)snprintf(text, sizeof text, "data: {\"type\":\"response.%s\"%s%s,\"%s\":\"%s\"}\n\n",
                       events[i].type, item, part, is_all ? "text" : "delta", events[i].text);
        answer(text);
    }
    answer(
        "data: {\"type\":\"response.completed\",\"response\":{\"id\":\"r\",\"status\":\"completed\"}}\n\n");
    assert_int_equal(uspan_wire_end(&w, 200, NULL), USPAN_OK);
}

static void test_each_text_is_stored_once_in_its_own_part(void **state)
{
    static const struct {
        const char *parts;
        event_t events[4];
    } rows[] = {
        /* whole texts: another part of the same item, and another item */
        { TEXT "\"A\"}," TEXT "\"B\"}", { { DONE, 0, 0, "A" }, { DONE, 0, 1, "B" } } },
        { TEXT "\"A\"}," TEXT "\"B\"}", { { DONE, 0, 0, "A" }, { DONE, 1, 0, "B" } } },
        { TEXT "\"A\"}," TEXT "\"B\"}", { { DONE, 0, -1, "A" }, { DONE, 1, -1, "B" } } },
        /* pieces of another item begin a part, and pieces of another part do not */
        { TEXT "\"A\"}," TEXT "\"B\"}", { { DELTA, 0, 0, "A" }, { DELTA, 1, 0, "B" } } },
        { TEXT "\"AB\"}", { { DELTA, 0, 0, "A" }, { DELTA, 0, 1, "B" } } },
        { THOUGHT "\"A\"}," THOUGHT "\"B\"}", { { THINKS, 0, 0, "A" }, { THINKS, 1, 0, "B" } } },
        { THOUGHT "\"A\"}," TEXT "\"B\"}", { { THINKS, 0, 0, "A" }, { DELTA, 0, 0, "B" } } },
        /* the whole text repeats what came in pieces, and only one of both says which part it is */
        { TEXT "\"A\"}", { { DELTA, 0, 1, "A" }, { DONE, 0, -1, "A" } } },
        { TEXT "\"A\"}," TEXT "\"B\"}",
          { { DELTA, 0, 0, "A" }, { DELTA, 1, -1, "B" }, { DONE, 1, 0, "B" } } },
        { TEXT "\"A\"}," TEXT "\"B\"}",
          { { DELTA, 0, 1, "A" }, { DELTA, 1, -1, "B" }, { DONE, 1, -1, "B" } } },
    };
    char expected[256];
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t count = 0;
        while (count < COUNT(rows[i].events) && rows[i].events[count].type != NULL) {
            count++;
        }
        play(*state, rows[i].events, count);
        (void)snprintf(expected, sizeof expected,
                       "[{\"role\":\"assistant\",\"parts\":[%s],\"finish_reason\":\"stop\"}]", rows[i].parts);
        assert_string_equal(text_of(*state, "gen_ai.output.messages"), expected);
        assert_int_equal(uspan_wire_unread(&w), 0);
    }
}

#define GEMINI "https://generativelanguage.googleapis.com/v1beta/models/m:streamGenerateContent"
#define CHUNK(parts) "data: {\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[" parts "]}}]}\n\n"
#define PIECE(text) "{\"text\":\"" text "\"}"
#define GEMINI_THOUGHT "{\"type\":\"text\",\"thought\":true,\"content\":"
#define THINK(text) "{\"thought\":true,\"text\":\"" text "\"}"

/* Pieces of one kind that follow one another are one part, in one event or in several. */
static void test_pieces_of_gemini_are_joined_by_their_kind(void **state)
{
    static const struct {
        const char *stream, *parts;
    } rows[] = {
        { CHUNK(PIECE("A")) CHUNK(PIECE("B")), TEXT "\"AB\"}" },
        { CHUNK(PIECE("A") "," PIECE("B")) CHUNK(PIECE("C")), TEXT "\"ABC\"}" },
        { CHUNK(THINK("A")) CHUNK(THINK("B")) CHUNK(PIECE("C")), GEMINI_THOUGHT "\"AB\"}," TEXT "\"C\"}" },
        { CHUNK(THINK("A") "," PIECE("B")) CHUNK(PIECE("C")), GEMINI_THOUGHT "\"A\"}," TEXT "\"BC\"}" },
    };
    char expected[256];
    for (size_t i = 0; i < COUNT(rows); i++) {
        begin(*state, GEMINI);
        answer(rows[i].stream);
        answer("data: {\"candidates\":[{\"finishReason\":\"STOP\"}]}\n\n");
        assert_int_equal(uspan_wire_end(&w, 200, NULL), USPAN_OK);
        (void)snprintf(expected, sizeof expected,
                       "[{\"role\":\"assistant\",\"parts\":[%s],\"finish_reason\":\"stop\"}]", rows[i].parts);
        assert_string_equal(text_of(*state, "gen_ai.output.messages"), expected);
    }
}

/* An answer that does not say why it ended has the reason "stop" only if nothing says that it failed. */
static void test_an_answer_that_failed_does_not_stop(void **state)
{
    static const struct {
        int status;
        const char *error, *reason;
    } rows[] = {
        { 200, NULL, "stop" },
        { 200, "connection_reset", "error" },
        { 0, "connection_reset", "error" },
        { 500, NULL, "error" },
        { 400, NULL, "error" },
    };
    char expected[64];
    for (size_t i = 0; i < COUNT(rows); i++) {
        begin(*state, CHAT);
        answer("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"A\"}}]}\n\n"
               "data: [DONE]\n\n");
        (void)uspan_wire_end(&w, rows[i].status, rows[i].error);
        (void)snprintf(expected, sizeof expected, "\"A\"}],\"finish_reason\":\"%s\"", rows[i].reason);
        assert_non_null(strstr(text_of(*state, "gen_ai.output.messages"), expected));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_text_is_stored_once_in_its_own_part, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_pieces_of_gemini_are_joined_by_their_kind, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_an_answer_that_failed_does_not_stop, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
