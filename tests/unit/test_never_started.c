/* test_never_started.c: a zeroed tracer, whose uspan_init() failed or was not called, does nothing and
 * damages no memory. */
#include <string.h>
#include "uspan/genai.h"
#include "uspan/mcp.h"
#include "uspan/wire.h"
#include "world.h"

static uspan_tracer_t idle;

static void test_a_tracer_that_never_started_gives_null_spans_and_does_nothing(void **state)
{
    (void)state;
    uspan_t s = uspan_chat_begin(&idle, USPAN_ROOT, "dashscope", "qwen-max");
    assert_int_equal(s.id, 0);
    assert_int_equal(uspan_set_token_pair(&idle, s, 1, 2), USPAN_OK);
    assert_int_equal(uspan_start(&idle, USPAN_CURRENT, "tool").id, 0);
    uspan_leave(&idle, uspan_enter(&idle, s));
    assert_int_equal(uspan_fail(&idle, s, "timeout", NULL), USPAN_OK);
    assert_false(uspan_wants_content(&idle, (uspan_t){ 1u << 20 })); /* a handle from before */
    uspan_set_enabled(&idle, true);
    uspan_set_content(&idle, true);
    uspan_set_sampler(&idle, (uspan_sampler_t){ USPAN_SAMPLE_ALWAYS, true });
    uspan_set_unix_time(&idle, 1700000000000000000u);
    assert_int_equal(uspan_now(&idle), 0);
}

static void test_its_exporter_has_nothing_to_do_and_says_why(void **state)
{
    (void)state;
    uint32_t wait_ms = 0;
    uint64_t unix_ns;
    uspan_stats_t stats;
    char text[128];
    char headers[USPAN_HEADERS_OF_MAX];
    uspan_context_t c;
    assert_int_equal(uspan_poll(&idle, &wait_ms), USPAN_ERR_ARG);
    assert_int_equal(wait_ms, USPAN_FOREVER);
    uspan_flush(&idle);
    assert_true(uspan_flushed(&idle));
    uspan_shutdown(&idle, 100u);
    assert_true(uspan_stopped(&idle));
    assert_int_equal(uspan_unix_now(&idle, &unix_ns), USPAN_ERR_AGAIN);
    uspan_stats(&idle, 0u, &stats);
    assert_int_equal(stats.started, 0);
    assert_int_equal(uspan_set_endpoint(&idle, 0u, "https://collector"), USPAN_ERR_ARG);
    assert_int_equal(uspan_context_of(&idle, USPAN_NULL, &c), USPAN_ERR_ARG);
    assert_int_equal(uspan_trace_headers(&idle, USPAN_NULL, headers, sizeof headers), 0);
    assert_true(uspan_diagnose(&idle, 0u, text, sizeof text) > 0u);
    assert_non_null(strstr(text, "uspan_init()"));
}

/* An application may run without traces: the readers get the same bytes. */
static void test_its_readers_read_nothing(void **state)
{
    (void)state;
    static const char request[] = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],"
                                  "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]}";
    static const char answer[] =
        "{\"model\":\"m\",\"choices\":[{\"message\":{\"role\":\"assistant\",\"content\":\"Yes\","
        "\"tool_calls\":[{\"id\":\"c\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}}]}";
    static const char error[] = "{\"error\":{\"message\":\"no credit\",\"type\":\"billing\"}}";
    static const char *const answers[] = { answer, error, "data: {\"choices\":[{", "<html>", "" };
    for (unsigned i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        for (int status = 200; status < 600; status += 300) {
            uspan_wire_t w;
            uspan_t s = uspan_wire_begin(&w, &idle, USPAN_ROOT, "https://api.openai.com/v1/chat/completions");
            assert_int_equal(s.id, 0);
            uspan_wire_request(&w, request, sizeof request - 1u);
            uspan_wire_mark(&w, USPAN_WIRE_CONNECTED);
            uspan_wire_response(&w, answers[i], strlen(answers[i]));
            uspan_leave(&idle, uspan_enter(&idle, uspan_wire_tool_begin(&w, &idle, s, "f", NULL)));
            assert_int_equal(uspan_wire_end(&w, status, i % 2u == 0u ? NULL : "ESP_FAIL"), USPAN_OK);
        }
    }
    static const char call[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"f\"}}";
    static const char result[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[]}}";
    uspan_mcp_t m;
    uspan_mcp_open(&m, &idle, NULL);
    assert_int_equal(uspan_mcp_request(&m, call, sizeof call - 1u).id, 0);
    uspan_mcp_response(&m, result, sizeof result - 1u);
    assert_int_equal(uspan_mcp_call(&m, USPAN_ROOT, "tools/call", "f", "1").id, 0);
    uspan_mcp_result(&m, result, sizeof result - 1u);
    uspan_mcp_close(&m, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_tracer_that_never_started_gives_null_spans_and_does_nothing),
        cmocka_unit_test(test_its_exporter_has_nothing_to_do_and_says_why),
        cmocka_unit_test(test_its_readers_read_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
