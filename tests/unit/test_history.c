/* test_history.c: of the input messages, the last ones and the system messages stay, complete and in
 * order. The other messages are counted and their blocks are freed. By default no tool definition is
 * stored. */
#include "uspan/message.h"
#include <stdio.h>
#include "peek.h"

#define MESSAGES_MAX 24u

static uint32_t random_state = 1;

static unsigned below(unsigned n)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % n;
}

/* Returns the value without spaces outside strings, as a JSON parser sees it. */
static const char *compact(const char *json)
{
    static char out[8192];
    size_t len = 0;
    bool in_string = false;
    for (; *json != '\0'; json++) {
        if (*json == '"' && json[-1] != '\\') {
            in_string = !in_string;
        }
        if (*json != ' ' || in_string) {
            out[len++] = *json;
        }
    }
    out[len] = '\0';
    return out;
}

typedef struct said {
    const char *role;
    char text[300];
} said_t;

static size_t put(char *out, size_t at, const said_t *m)
{
    return at + (size_t)snprintf(out + at, 8192u - at,
                                 "%s{\"role\":\"%s\",\"parts\":[{\"type\":\"text\",\"content\":\"%s\"}]}",
                                 at > 1u ? "," : "", m->role, m->text);
}

/* Write the expected value of `count` messages. Returns the number of messages that are left out. */
static unsigned expect(char *out, const said_t *all, unsigned count, unsigned keep)
{
    unsigned others = 0, omitted = 0;
    for (unsigned i = 0; i < count; i++) {
        others += strcmp(all[i].role, "system") != 0 && strcmp(all[i].role, "developer") != 0;
    }
    unsigned skip = keep > 0u && others > keep ? others - keep : 0u;
    size_t at = (size_t)snprintf(out, 8192u, "[");
    for (unsigned i = 0; i < count; i++) {
        bool stays = strcmp(all[i].role, "system") == 0 || strcmp(all[i].role, "developer") == 0;
        if (!stays && omitted < skip) {
            omitted++;
        } else {
            at = put(out, at, &all[i]);
        }
    }
    snprintf(out + at, 8192u - at, "]");
    return omitted;
}

static void test_the_last_messages_stay_at_every_moment(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static said_t all[MESSAGES_MAX];
    static char expected[8192];
    static const char *const roles[] = { "user", "assistant", "tool", "system", "developer", "user" };
    for (unsigned round = 0; round < 3000u; round++) {
        unsigned keep = below(8), count = 1u + below(MESSAGES_MAX);
        uspan_set_history(t, keep);
        uspan_t s = uspan_start(t, USPAN_ROOT, "chat");
        uspan_writer_t m;
        uspan_messages_begin(&m, t, s, USPAN_INPUT_MESSAGES);
        for (unsigned i = 0; i < count; i++) {
            said_t *said = &all[i];
            unsigned len = below(4) > 0u ? below(20) : below(130);
            said->role = roles[below(6)];
            for (unsigned c = 0; c < len; c++) {
                said->text[c] = "ab ,{}[]:'"[below(10)];
            }
            said->text[len] = '\0';
            assert_int_equal(uspan_message(&m, said->role, NULL), USPAN_OK);
            assert_int_equal(uspan_part_text(&m, said->text), USPAN_OK);
            unsigned omitted = expect(expected, all, i + 1u, keep);
            assert_string_equal(compact(peek_str(w, s, "gen_ai.input.messages")), expected);
            assert_int_equal(omitted > 0u ? peek_int(w, s, "uspan.input.messages.omitted") : 0, omitted);
            assert_true(omitted > 0u || peek_attr(w, s, "uspan.input.messages.omitted") == NULL);
        }
        uspan_end(t, s);
        peek_drain(w);
        assert_int_equal(t->trace.blocks_live, 0);
    }
}

static void test_a_role_that_comes_late_still_keeps_its_message(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_set_history(t, 1);
    uspan_t s = uspan_start(t, USPAN_ROOT, "chat");
    uspan_writer_t m;
    uspan_messages_begin(&m, t, s, USPAN_INPUT_MESSAGES);
    uspan_message(&m, NULL, NULL);
    uspan_part_text(&m, "Be brief.");
    uspan_message_role(&m, "system");
    for (unsigned i = 0; i < 3u; i++) {
        uspan_message(&m, NULL, NULL);
        uspan_part_text(&m, i == 2u ? "\\\"role\\\":\\\"system" : "gone \"role\":\"system\"");
        assert_int_equal(uspan_message_role(&m, "user"), USPAN_OK);
    }
    assert_string_equal(compact(peek_str(w, s, "gen_ai.input.messages")),
                        "[{\"parts\":[{\"type\":\"text\",\"content\":\"Be brief.\"}],\"role\":\"system\"},"
                        "{\"parts\":[{\"type\":\"text\",\"content\":"
                        "\"\\\\\\\"role\\\\\\\":\\\\\\\"system\"}],\"role\":\"user\"}]");
    assert_int_equal(peek_int(w, s, "uspan.input.messages.omitted"), 2);
}

static void test_eight_messages_stay_by_default_and_answers_are_never_left_out(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_start(t, USPAN_ROOT, "chat");
    uspan_writer_t m;
    for (unsigned list = USPAN_INPUT_MESSAGES; list <= USPAN_OUTPUT_MESSAGES; list++) {
        uspan_messages_begin(&m, t, s, (uspan_list_t)list);
        for (unsigned i = 0; i < 10u; i++) {
            uspan_message(&m, "user", NULL);
        }
    }
    assert_int_equal(peek_int(w, s, "uspan.input.messages.omitted"), 2);
    unsigned found = 0;
    for (const char *at = peek_str(w, s, "gen_ai.output.messages"); (at = strstr(at, "role")) != NULL; at++) {
        found++;
    }
    assert_int_equal(found, 10);
}

static void test_who_overwrites_the_attribute_loses_nothing_of_it(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_set_history(t, 1);
    uspan_t s = uspan_start(t, USPAN_ROOT, "chat");
    uspan_writer_t m;
    uspan_messages_begin(&m, t, s, USPAN_INPUT_MESSAGES);
    uspan_message(&m, "user", NULL);
    uspan_set_str(t, s, &uspan_key_input_messages, "[{},{},{\"mine\":1}]");
    assert_int_equal(uspan_message(&m, "user", NULL), USPAN_ERR_STALE);
    assert_string_equal(peek_str(w, s, "gen_ai.input.messages"), "[{},{},{\"mine\":1}]");
}

static void test_definitions_of_tools_are_left_out_by_default(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s =
        uspan_chat_begin_with(t, USPAN_ROOT, &(uspan_chat_t){ .model = "m", .tool_definitions = "[]" });
    uspan_writer_t m;
    assert_int_equal(uspan_messages_begin(&m, t, s, USPAN_TOOL_LIST), USPAN_OK);
    assert_int_equal(uspan_tool_definition(&m, "read_soil", NULL, NULL), USPAN_OK);
    assert_int_equal(uspan_write_end(&m), USPAN_OK);
    assert_null(peek_attr(w, s, "gen_ai.tool.definitions"));
    static const char *const names[] = { "read_soil", NULL };
    uspan_t agent =
        uspan_agent_begin_with(t, s, &(uspan_agent_t){ .tools = names, .tool_definitions = "[]" });
    assert_null(peek_attr(w, agent, "gen_ai.tool.definitions"));
    uspan_t mcp = uspan_mcp_tools_begin(t, s, "garden");
    assert_int_equal(uspan_mcp_tools_end(t, mcp, &(uspan_mcp_tools_result_t){ .tools = names }), USPAN_OK);
    assert_null(peek_attr(w, mcp, "gen_ai.tool.definitions"));
}

static world_t *other_world;
static uspan_t other_span;
static unsigned waits; /* calls of the lock before the other task runs; 0: it does not */
static enum { SETS_A_NUMBER, SETS_A_TEXT, SETS_A_LONGER_TEXT, ENDS_THE_SPAN, ACTIONS } action;
static char other_text[1024]; /* what it sets */

/* A lock function. Before one call of it, another task sets the value that is being written, or ends its
 * span. A number has no blocks. A text may be as long as the value was. */
static uint32_t lock_behind_another_task(void *ctx)
{
    const uspan_key_t *const key = USPAN_KEY("gen_ai.input.messages");
    (void)ctx;
    if (waits > 0u && --waits == 0u) {
        uspan_tracer_t *t = &other_world->tracer;
        const unsigned len = peek_attr(other_world, other_span, key->text)->len;
        memset(other_text, 0, sizeof other_text);
        for (unsigned i = 0; i < len + (action == SETS_A_LONGER_TEXT ? 70u : 0u); i++) {
            other_text[i] = "[{},"[i < 3u ? i : 1u + i % 3u]; /* a walk finds messages in it */
        }
        if (action == ENDS_THE_SPAN) {
            (void)uspan_end(t, other_span);
            (void)snprintf(other_text, sizeof other_text, "%s",
                           peek_str(other_world, other_span, "gen_ai.input.messages"));
        } else if (action == SETS_A_NUMBER) {
            (void)uspan_set_int(t, other_span, key, -1);
        } else {
            (void)uspan_set_str(t, other_span, key, other_text);
        }
    }
    return 0u;
}

static void unlock(void *ctx, uint32_t state)
{
    (void)ctx;
    (void)state;
}

static void run_behind_another_task(world_t *w)
{
    uspan_tracer_t *t = &w->tracer;
    uspan_port_t port = w->port;
    unsigned replaced = 0;
    port.lock = lock_behind_another_task;
    port.unlock = unlock;
    other_world = w;
    uspan_set_history(t, 1u);
    for (unsigned at = 1; at < 40u; at++) {
        const uspan_port_t *own = t->trace.port;
        uspan_writer_t m;
        other_span = uspan_start(t, USPAN_ROOT, "chat");
        uspan_messages_begin(&m, t, other_span, USPAN_INPUT_MESSAGES);
        uspan_message(&m, "user", NULL);
        uspan_part_text(&m, "the first text, which takes more than one block of the pool for itself alone");
        t->trace.port = &port;
        waits = at;
        for (unsigned i = 0; i < 2u; i++) {
            uspan_message(&m, "user", NULL);
            uspan_part_text(&m, "another text, which takes more than one block of the pool for itself alone");
        }
        uspan_write_end(&m);
        t->trace.port = own;
        if (waits == 0u) {
            replaced++;
        }
        if (waits == 0u && action == SETS_A_NUMBER) {
            assert_int_equal(peek_int(w, other_span, "gen_ai.input.messages"), -1);
        } else if (waits == 0u) { /* also if the span has ended: its value stays as it was */
            assert_string_equal(peek_str(w, other_span, "gen_ai.input.messages"), other_text);
        } else if (waits > 0u) {
            const char *value = peek_str(w, other_span, "gen_ai.input.messages");
            assert_non_null(strstr(value, "another text"));
            assert_null(strstr(value, "the first text"));
        }
        uspan_end(t, other_span);
        peek_drain(w);
        assert_int_equal(t->trace.blocks_live, 0);
    }
    assert_in_range(replaced, 8u, 38u);
}

static void test_a_value_that_another_task_sets_at_any_time_stays_while_messages_are_left_out(void **state)
{
    for (unsigned i = 0; i < ACTIONS; i++) {
        action = i;
        run_behind_another_task(*state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_the_last_messages_stay_at_every_moment),
        IN_WORLD(test_a_role_that_comes_late_still_keeps_its_message),
        IN_WORLD(test_eight_messages_stay_by_default_and_answers_are_never_left_out),
        IN_WORLD(test_who_overwrites_the_attribute_loses_nothing_of_it),
        IN_WORLD(test_definitions_of_tools_are_left_out_by_default),
        IN_WORLD(test_a_value_that_another_task_sets_at_any_time_stays_while_messages_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
