/* test_greenhouse.c: a test of an application that checks its spans without a network. Spans are stored in a
 * buffer and found by name. It works with any test framework or none. Exit status 0: all checks passed. */
#include "greenhouse.h"
#include <stdio.h>
#include "uspan/read.h"
#include "uspan_posix.h"

static uspan_tracer_t tracer;
static uspan_capture_t spans;
static unsigned failures;

#define CHECK(condition)                                                         \
    do {                                                                         \
        if (!(condition)) {                                                      \
            failures++;                                                          \
            printf("%s:%d: check failed: %s\n", __FILE__, __LINE__, #condition); \
        }                                                                        \
    } while (0)

static bool is(const char *text, const char *expected)
{
    return text != NULL && strcmp(text, expected) == 0;
}

/* Replacements for the model and the valve. */
static const char *dry(const char *question)
{
    return question[0] != '\0' ? "yes" : NULL;
}
static const char *silent(const char *question)
{
    return question[0] == '\0' ? question : NULL;
}
static bool valve_works(int bed, int seconds)
{
    return bed >= 0 && seconds > 0;
}
static bool valve_is_stuck(int bed, int seconds)
{
    return bed < 0 && seconds < 0;
}

/* Start a new tracer that captures spans, and run the application. All spans are then in `spans`. */
static bool run(const char *(*ask_model)(const char *), bool (*open_valve)(int, int))
{
    static uint64_t buffer[2048];
    const greenhouse_t greenhouse = { &tracer, ask_model, open_valve };
    uspan_capture_init(&spans, buffer, sizeof buffer);
    CHECK(uspan_init(&tracer, uspan_posix_port()) == USPAN_OK);
    CHECK(uspan_export_to_sink(&tracer, 0, &spans.sink) == USPAN_OK);
    bool done = greenhouse_water(&greenhouse, 3);
    while (uspan_poll(&tracer, NULL) == USPAN_ERR_AGAIN) {
        /* until every ended span is in the buffer */
    }
    CHECK(uspan_flushed(&tracer) && spans.lost == 0);
    return done;
}

static void test_a_dry_bed_is_watered(void)
{
    CHECK(run(dry, valve_works));
    CHECK(spans.count == 3);
    const uspan_captured_t *agent = uspan_captured_named(&spans, "invoke_agent greenhouse");
    const uspan_captured_t *chat = uspan_captured_named(&spans, "chat qwen-max");
    const uspan_captured_t *tool = uspan_captured_named(&spans, "execute_tool open_valve");
    CHECK(agent != NULL && uspan_captured_int(agent, "greenhouse.bed") == 3);
    CHECK(uspan_captured_parent(&spans, chat) == agent);
    CHECK(uspan_captured_parent(&spans, tool) == agent);
    CHECK(is(uspan_captured_str(chat, "gen_ai.provider.name"), "dashscope"));
    CHECK(is(uspan_captured_str(chat, "gen_ai.output.messages"), "yes"));
    CHECK(uspan_captured_int(chat, "gen_ai.usage.input_tokens") == 9);
    CHECK(is(uspan_captured_str(tool, "greenhouse.seconds"), "30"));
    CHECK(!uspan_captured_has(tool, "error.type"));
}

static void test_a_stuck_valve_is_an_error_of_tool_and_agent(void)
{
    CHECK(!run(dry, valve_is_stuck));
    const uspan_captured_t *tool = uspan_captured_named(&spans, "execute_tool open_valve");
    const uspan_captured_t *agent = uspan_captured_named(&spans, "invoke_agent greenhouse");
    CHECK(tool != NULL && uspan_captured_view(tool)->status == USPAN_STATUS_ERROR);
    CHECK(is(uspan_captured_status_message(tool), "the valve did not move"));
    CHECK(is(uspan_captured_str(tool, "exception/exception.type"), "valve_stuck"));
    CHECK(is(uspan_captured_str(agent, "error.type"), "valve_stuck"));
}

static void test_a_silent_model_ends_the_turn_without_a_tool(void)
{
    CHECK(!run(silent, valve_works));
    CHECK(spans.count == 2);
    CHECK(uspan_captured_named(&spans, "execute_tool open_valve") == NULL);
    CHECK(is(uspan_captured_str(uspan_captured_named(&spans, "chat qwen-max"), "error.type"), "timeout"));
}

int main(void)
{
    test_a_dry_bed_is_watered();
    test_a_stuck_valve_is_an_error_of_tool_and_agent();
    test_a_silent_model_ends_the_turn_without_a_tool();
    printf("%s: %u failures\n", failures == 0u ? "PASSED" : "FAILED", failures);
    return failures == 0u ? 0 : 1;
}
