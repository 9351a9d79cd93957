/* test_mcp_server.c: incoming MCP requests and outgoing answers, in the shapes of the SDKs, of
 * xiaozhi-esp32 and of esp-claw. Each message gives the same span if read in one call, byte by byte,
 * in random fragments, or with its members in any order. */
#include "mcp_shapes.h"

#define ROUNDS 40u
#define SEEDS 20u

static uspan_mcp_t mcp;

typedef struct shape {
    const char *request, *answer; /* answer NULL: none is sent */
    const char *line;             /* the ended span */
} shape_t;

/* Attributes that the span of a tool call has in addition. */
#define EXECUTES "; gen_ai.operation.name=execute_tool"
#define TOOL(name) "; gen_ai.tool.name=" name
#define ID(id) "; jsonrpc.request.id=" id
#define METHOD(method) "; mcp.method.name=" method
#define ARGUMENTS(json) "; gen_ai.tool.call.arguments=" json
#define RESULT(json) "; gen_ai.tool.call.result=" json
#define TEXT_RESULT "[{\"type\":\"text\",\"text\":\"true\"}]"

static const shape_t shapes[] = {
    /* the Python SDK as client, and the example of the conventions */
    { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/"
      "call\",\"params\":{\"_meta\":{\"traceparent\":\"" PARENT
      "\",\"tracestate\":\"a=b\",\"baggage\":\"k=v\",\"progressToken\":7},\"name\":\"water\",\"arguments\":{"
      "\"bed\":3}}}",
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":" TEXT_RESULT ",\"isError\":false,"
      "\"structuredContent\":{\"ok\":true}}}",
      "tools/call water SERVER OK below 00f0" EXECUTES ARGUMENTS("{\"bed\":3}") RESULT(TEXT_RESULT)
          TOOL("water") ID("1") METHOD("tools/call") },
    /* protocol 2026-07-28: required members of _meta, resultType */
    { "{\"jsonrpc\":\"2.0\",\"id\":\"b-7\",\"method\":\"tools/"
      "call\",\"params\":{\"name\":\"water\",\"_meta\":{"
      "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/"
      "clientCapabilities\":{},"
      "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"x\"},\"traceparent\":\"" PARENT "\"}}}",
      "{\"jsonrpc\":\"2.0\",\"id\":\"b-7\",\"result\":{\"resultType\":\"complete\",\"content\":[],"
      "\"isError\":true}}",
      "tools/call water SERVER ERROR below 00f0; error.type=tool_error" EXECUTES RESULT("[]") TOOL("water")
          ID("b-7") METHOD("tools/call") "; mcp.protocol.version=2026-07-28" },
    { "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-"
      "25\","
      "\"capabilities\":{\"roots\":{}},\"clientInfo\":{\"name\":\"mcp\",\"version\":\"0.1\"}}}",
      "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{\"protocolVersion\":\"2024-11-05\",\"capabilities\":{"
      "\"tools\":{}},"
      "\"serverInfo\":{\"name\":\"bread\",\"version\":\"2\"}}}",
      "initialize SERVER OK" ID("0") METHOD("initialize") "; mcp.protocol.version=2024-11-05" },
    { "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/"
      "initialized\",\"params\":{\"_meta\":{\"traceparent\":\"" PARENT "\"}}}",
      NULL, "notifications/initialized SERVER OK below 00f0" METHOD("notifications/initialized") },
    { "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"prompts/"
      "get\",\"params\":{\"name\":\"plan\",\"arguments\":{\"a\":\"b\"}}}",
      "{\"jsonrpc\":\"2.0\",\"id\":9,\"result\":{\"messages\":[]}}",
      "prompts/get plan SERVER OK; gen_ai.prompt.name=plan" ID("9") METHOD("prompts/get") },
    { "{\"jsonrpc\":\"2.0\",\"id\":10,\"method\":\"resources/read\",\"params\":{\"uri\":\"file:///bed/3\"}}",
      "{\"jsonrpc\":\"2.0\",\"id\":10,\"error\":{\"code\":-32002,\"message\":\"Resource not found\"}}",
      "resources/read SERVER UNSET" ID("10") METHOD("resources/read") "; mcp.resource.uri=file:///bed/3"
                                                                   "; rpc.response.status_code=-32002" },
    { "{\"jsonrpc\":\"2.0\",\"id\":\"p\",\"method\":\"ping\"}",
      "{\"jsonrpc\":\"2.0\",\"id\":\"p\",\"result\":{}}", "ping SERVER OK" ID("p") METHOD("ping") },
    { "{\"jsonrpc\":\"1.9\",\"id\":11,\"method\":\"tools/"
      "list\",\"params\":{\"cursor\":\"\",\"withUserTools\":false}}",
      "{\"jsonrpc\":\"2.0\",\"id\":11,\"error\":{\"code\":-32603,\"message\":\"out of memory\"}}",
      "tools/list SERVER ERROR out of memory; error.type=-32603; jsonrpc.protocol.version=1.9" ID("11")
          METHOD("tools/list") "; rpc.response.status_code=-32603" },
    /* errors that the client caused: neither Ok nor an error */
    { "{\"jsonrpc\":\"2.0\",\"id\":12,\"method\":\"tools/call\",\"params\":{\"name\":\"fly\"}}",
      "{\"jsonrpc\":\"2.0\",\"id\":12,\"error\":{\"code\":-32602,\"message\":\"Unknown tool\"}}",
      "tools/call fly SERVER UNSET" EXECUTES TOOL("fly") ID("12")
          METHOD("tools/call") "; rpc.response.status_code=-32602" },
    /* xiaozhi-esp32 */
    { "{\"session_id\":\"5f1c\",\"type\":\"mcp\",\"payload\":{\"jsonrpc\":\"2.0\",\"method\":\"tools/"
      "call\",\"params\":{"
      "\"name\":\"self.audio_speaker.set_volume\",\"arguments\":{\"volume\":50}},\"id\":3}}",
      "{\"session_id\":\"5f1c\",\"type\":\"mcp\",\"payload\":{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{"
      "\"content\":" TEXT_RESULT ",\"isError\":false}}}",
      "tools/call self.audio_speaker.set_volume SERVER OK" EXECUTES ARGUMENTS("{\"volume\":50}")
          RESULT(TEXT_RESULT) TOOL("self.audio_speaker.set_volume") ID("3")
              METHOD("tools/call") "; mcp.session.id=5f1c" },
    { "{\"session_id\":\"5f1c\",\"type\":\"mcp\",\"payload\":{\"jsonrpc\":\"2.0\",\"method\":\"tools/"
      "call\",\"params\":{"
      "\"_meta\":{\"traceparent\":\"" PARENT "\"},\"name\":\"self.fly\",\"arguments\":{}},\"id\":4}}",
      "{\"session_id\":\"5f1c\",\"type\":\"mcp\",\"payload\":{\"jsonrpc\":\"2.0\",\"id\":4,\"error\":{"
      "\"message\":"
      "\"Unknown tool: self.fly\"}}}",
      "tools/call self.fly SERVER ERROR Unknown tool: self.fly below 00f0; error.type=_OTHER" EXECUTES
          ARGUMENTS("{}") TOOL("self.fly") ID("4") METHOD("tools/call") "; mcp.session.id=5f1c" },
    /* mcp-c-sdk: -32002 for a tool that failed and for an unknown tool */
    { "{\"jsonrpc\":\"2.0\",\"id\":\"0123456789abcdef0123456789abcdef\",\"method\":\"tools/"
      "call\",\"params\":{\"name\":\"a\"}}",
      "{\"jsonrpc\":\"2.0\",\"id\":\"0123456789abcdef0123456789abcdef\",\"error\":{\"code\":-32002,"
      "\"message\":"
      "\"Tool call failed\",\"data\":{\"reason\":\"stuck\"}}}",
      "tools/call a SERVER ERROR Tool call failed; error.type=-32002" EXECUTES TOOL("a")
          ID("0123456789abcdef0123456789abcdef") METHOD("tools/call") "; rpc.response.status_code=-32002" },
    { "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/"
      "call\",\"params\":{\"name\":\"a\",\"task\":{\"ttl\":5}}}",
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32002,\"message\":\"Tool not "
      "found\",\"data\":{\"name\":\"a\"}}}",
      "tools/call a SERVER UNSET" EXECUTES TOOL("a") ID("1")
          METHOD("tools/call") "; rpc.response.status_code=-32002" },
    /* the result repeats the request's context */
    { "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/"
      "call\",\"params\":{\"name\":\"a\",\"arguments\":{\"t\":\"\\u00e9 \\\"x\\\"\"}}}",
      "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"_meta\":{\"traceparent\":\"" PARENT
      "\",\"baggage\":\"secret=1\"},"
      "\"content\":[],\"task\":{\"taskId\":\"1\"}}}",
      "tools/call a SERVER OK" EXECUTES ARGUMENTS("{\"t\":\"é \\\"x\\\"\"}") RESULT("[]") TOOL("a") ID("2")
          METHOD("tools/call") },
};

static const char *play(world_t *w, const shape_t *shape, const char *request, const char *answer,
                        uint32_t how)
{
    world_reset_with_collector(w);
    memset(&mcp, 0xA5, sizeof mcp);
    uspan_mcp_open(&mcp, &w->tracer, NULL);
    uspan_t s = feed(&mcp, uspan_mcp_request_part, request, how);
    if (shape->answer == NULL) {
        assert_int_equal(s.id, 0); /* a notification, so its span has ended */
        s = USPAN_HANDLE(1u << 10 | 0u);
        for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
            s = w->tracer.trace.slots[i].state != 0 ? USPAN_HANDLE(w->tracer.trace.slots[i].id) : s;
        }
        return line_of(w, s);
    }
    assert_true(s.id != 0u);
    world_advance_ms(w, 20);
    (void)feed(&mcp, response_part, answer, how == WHOLE || how == BYTES ? how : how + 1u);
    assert_int_equal(uspan_mcp_unread(&mcp) + uspan_mcp_unknown(&mcp) + uspan_mcp_unanswered(&mcp), 0);
    assert_int_equal(w->log_lines, 0);
    return line_of(w, s);
}

static void test_each_shape_gives_its_span_whole_byte_by_byte_and_in_random_fragments(void **state)
{
    for (size_t i = 0; i < COUNT(shapes); i++) {
        const shape_t *shape = &shapes[i];
        for (uint32_t how = WHOLE; how < 2u + ROUNDS; how++) {
            const char *line = play(*state, shape, shape->request, shape->answer, how);
            if (strcmp(line, shape->line) != 0) {
                fail_msg("how %u\n%s\nis\n%s\nnot\n%s", how, shape->request, line, shape->line);
            }
        }
    }
}

static void test_each_shape_gives_its_span_with_its_members_in_any_order(void **state)
{
    static char request[LINE_MAX_BYTES];
    for (size_t i = 0; i < COUNT(shapes); i++) {
        const shape_t *shape = &shapes[i];
        for (unsigned order = SORTED; order < SHUFFLED + SEEDS; order++) {
            memcpy(request, reordered(shape->request, order), strlen(shape->request) + 1u);
            const char *answer = shape->answer != NULL ? reordered(shape->answer, order) : NULL;
            for (uint32_t how = WHOLE; how <= BYTES + 1u; how++) {
                const char *line = play(*state, shape, request, answer, how);
                if (strcmp(line, shape->line) != 0) {
                    fail_msg("order %u\n%s\nis\n%s\nnot\n%s", order, request, line, shape->line);
                }
            }
        }
    }
}

static void begin(world_t *w, const uspan_mcp_peer_t *peer)
{
    world_reset_with_collector(w);
    memset(&mcp, 0xA5, sizeof mcp);
    uspan_mcp_open(&mcp, &w->tracer, peer);
}

static uspan_t ask(const char *text)
{
    return uspan_mcp_request(&mcp, text, strlen(text));
}

static void answer(const char *text)
{
    uspan_mcp_response(&mcp, text, strlen(text));
}

static bool has_ended(world_t *w, uspan_t s)
{
    uspan_view_t view;
    assert_int_equal(uspan_read(&w->tracer, s, &view), USPAN_OK);
    return view.ended;
}

static void test_the_span_has_the_whole_context_of_its_caller(void **state)
{
    world_t *w = *state;
    uspan_context_t c;
    size_t len;
    begin(w, NULL);
    uspan_t s = ask(shapes[0].request);
    assert_int_equal(uspan_context_of(&w->tracer, s, &c), USPAN_OK);
    static const uint8_t trace[4] = { 0x4b, 0xf9, 0x2f, 0x35 };
    assert_memory_equal(c.trace_id, trace, 4);
    assert_string_equal(mcp.t != NULL && c.tracestate_len == 3u ? "a=b" : "", "a=b");
    assert_memory_equal(uspan_tracestate(&c, &len), "a=b", 3);
    assert_memory_equal(uspan_mcp_baggage(&mcp, &len), "k=v", 3);
    assert_int_equal(len, 3);
    uspan_t work = uspan_start(&w->tracer, s, "open valve");
    uspan_view_t view;
    assert_int_equal(uspan_read(&w->tracer, work, &view), USPAN_OK);
    assert_memory_equal(view.trace_id, trace, 4);
}

static void test_a_caller_that_does_not_sample_is_followed(void **state)
{
    world_t *w = *state;
    begin(w, NULL);
    uspan_t s = ask(
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"_meta\":{\"traceparent\":\"00-" TRACE
        "-" CALLER "-00\"}}}");
    answer("{\"id\":1,\"result\":{}}");
    assert_string_equal(line_of(w, s), "none");
    assert_int_equal(uspan_mcp_unknown(&mcp), 0);
}

static void test_without_a_context_the_current_span_is_the_parent_and_with_one_it_is_linked(void **state)
{
    world_t *w = *state;
    begin(w, NULL);
    uspan_t http = uspan_start(&w->tracer, USPAN_ROOT, "POST /mcp");
    uspan_t before = uspan_enter(&w->tracer, http);
    uspan_t child = ask("{\"id\":1,\"method\":\"ping\"}");
    uspan_t linked =
        ask("{\"id\":2,\"method\":\"ping\",\"params\":{\"_meta\":{\"traceparent\":\"" PARENT "\"}}}");
    uspan_leave(&w->tracer, before);
    answer("{\"id\":2,\"result\":{}}");
    answer("{\"id\":1,\"result\":{}}");
    assert_string_equal(line_of(w, child), "ping SERVER OK child" ID("1") METHOD("ping"));
    assert_string_equal(line_of(w, linked), "ping SERVER OK below 00f0" ID("2") METHOD("ping") "; links=1");
    uspan_end(&w->tracer, http);
}

static void test_what_the_program_knows_of_the_connection_stands_on_the_spans(void **state)
{
    static const uspan_mcp_peer_t peer = { "tcp", "websocket", "13", "s1", "10.0.0.7", 8080 };
    world_t *w = *state;
    begin(w, &peer);
    uspan_t s = ask("{\"id\":1,\"method\":\"ping\"}");
    answer("{\"id\":1,\"result\":{}}");
    assert_string_equal(
        line_of(w, s),
        "ping SERVER OK; client.address=10.0.0.7; client.port=8080" ID("1") METHOD(
            "ping") "; mcp.session.id=s1; network.protocol.name=websocket; network.protocol.version=13; "
                    "network.transport=tcp");
}

static void test_the_agreed_version_of_the_protocol_stands_on_what_follows(void **state)
{
    world_t *w = *state;
    begin(w, NULL);
    (void)ask(shapes[2].request);
    answer(shapes[2].answer);
    uspan_t s = ask("{\"id\":1,\"method\":\"ping\"}");
    answer("{\"id\":1,\"result\":{}}");
    assert_string_equal(line_of(w, s),
                        "ping SERVER OK" ID("1") METHOD("ping") "; mcp.protocol.version=2024-11-05");
}

static void test_requests_overlap_and_are_answered_out_of_order(void **state)
{
    world_t *w = *state;
    begin(w, NULL);
    uspan_t a = ask("{\"id\":1,\"method\":\"a\"}");
    uspan_t b = ask("{\"id\":\"1\",\"method\":\"b\"}"); /* an id that is a text differs from the number */
    uspan_t c = ask("{\"id\":3,\"method\":\"c\"}");
    assert_int_equal(uspan_mcp_find(&mcp, "1").id, a.id);
    assert_int_equal(uspan_mcp_find(&mcp, "\"1\"").id, b.id);
    assert_int_equal(uspan_mcp_find(&mcp, "2").id, 0);
    answer("{\"id\":3,\"result\":{}}");
    assert_true(has_ended(w, c) && !has_ended(w, a) && !has_ended(w, b));
    answer("{\"id\":1,\"result\":{}}");
    assert_true(has_ended(w, a) && !has_ended(w, b));
    answer("{\"id\":\"1\",\"result\":{}}");
    assert_true(has_ended(w, b));
    assert_int_equal(uspan_mcp_unknown(&mcp) + uspan_mcp_unanswered(&mcp), 0);
}

static void test_a_batch_gives_a_span_for_each_request_and_each_answer_ends_one(void **state)
{
    static const char batch[] =
        "[{\"id\":1,\"method\":\"ping\"},{\"method\":\"notifications/initialized\"},"
        "{\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":\"a\",\"arguments\":{\"x\":1}}}]";
    static const char answers[] = "[{\"id\":2,\"result\":{\"content\":[1]}},{\"result\":{},\"id\":1}]";
    for (uint32_t how = WHOLE; how < 2u + ROUNDS; how++) {
        world_t *w = *state;
        begin(w, NULL);
        uspan_t last = feed(&mcp, uspan_mcp_request_part, batch, how);
        uspan_t first = uspan_mcp_find(&mcp, "1");
        assert_int_equal(uspan_mcp_find(&mcp, "2").id, last.id);
        (void)feed(&mcp, response_part, answers, how);
        assert_string_equal(line_of(w, first), "ping SERVER OK" ID("1") METHOD("ping"));
        assert_string_equal(line_of(w, last), "tools/call a SERVER OK" EXECUTES ARGUMENTS("{\"x\":1}")
                                                  RESULT("[1]") TOOL("a") ID("2") METHOD("tools/call"));
        assert_int_equal(uspan_mcp_unread(&mcp) + uspan_mcp_unknown(&mcp) + uspan_mcp_unanswered(&mcp), 0);
    }
}

static void test_a_cancelled_request_ends_as_cancelled(void **state)
{
    world_t *w = *state;
    begin(w, NULL);
    uspan_t s = ask("{\"id\":\"x\",\"method\":\"ping\"}");
    (void)ask("{\"method\":\"notifications/progress\",\"params\":{\"requestId\":\"x\"}}");
    assert_false(has_ended(w, s));
    (void)ask(
        "{\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":\"x\",\"reason\":\"late\"}}");
    assert_string_equal(line_of(w, s), "ping SERVER ERROR; error.type=cancelled" ID("x") METHOD("ping"));
    (void)ask("{\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":\"x\"}}");
    assert_int_equal(uspan_mcp_unanswered(&mcp), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_shape_gives_its_span_whole_byte_by_byte_and_in_random_fragments),
        TEST(test_each_shape_gives_its_span_with_its_members_in_any_order),
        TEST(test_the_span_has_the_whole_context_of_its_caller),
        TEST(test_a_caller_that_does_not_sample_is_followed),
        TEST(test_without_a_context_the_current_span_is_the_parent_and_with_one_it_is_linked),
        TEST(test_what_the_program_knows_of_the_connection_stands_on_the_spans),
        TEST(test_the_agreed_version_of_the_protocol_stands_on_what_follows),
        TEST(test_requests_overlap_and_are_answered_out_of_order),
        TEST(test_a_batch_gives_a_span_for_each_request_and_each_answer_ends_one),
        TEST(test_a_cancelled_request_ends_as_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
