/* test_mcp_odd.c: rare MCP messages that are legal or that servers send. They have ids of every type,
 * _meta without a context, incomplete errors and results, and unusual envelopes and batches. Each message
 * gives the same span if read in one call, byte by byte, in random fragments, or with its members in
 * any order. */
#include "mcp_shapes.h"

#define ROUNDS 12u
#define SEEDS 8u

static uspan_mcp_t mcp;

#define EXECUTES "; gen_ai.operation.name=execute_tool"
#define TOOL(name) "; gen_ai.tool.name=" name
#define ID(id) "; jsonrpc.request.id=" id
#define METHOD(method) "; mcp.method.name=" method
#define CODE(code) "; rpc.response.status_code=" code
#define PING(id) "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"ping\"}"
#define DONE(id) "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"result\":{}}"
#define CALL(params) "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"a\"" params "}}"
#define ANSWER(member) "{\"jsonrpc\":\"2.0\",\"id\":1," member "}"
#define CONTEXT "{\"traceparent\":\"" PARENT "\"}"

/* Each row's line describes the span that started last. */
static const struct {
    const char *request, *answer, *line;
    unsigned unread, unknown, open;
} shapes[] = {
    /* ids: each has its own text, and a number differs from a text with the same characters */
    { PING("0"), DONE("0"), "ping SERVER OK" ID("0") METHOD("ping"), 0, 0, 0 },
    { PING("-1"), DONE("-1"), "ping SERVER OK" ID("-1") METHOD("ping"), 0, 0, 0 },
    { PING("1.5"), DONE("1.5"), "ping SERVER OK" ID("1.5") METHOD("ping"), 0, 0, 0 },
    { PING("1e3"), DONE("1e3"), "ping SERVER OK" ID("1e3") METHOD("ping"), 0, 0, 0 },
    { PING("9007199254740993"), DONE("9007199254740993"), "ping SERVER OK" ID("9007199254740993") METHOD("ping"), 0, 0, 0 },
    { PING("\"7\""), DONE("7"), "ping SERVER open" ID("7") METHOD("ping"), 0, 1, 1 },
    { PING("\"\""), DONE("\"\""), "ping SERVER OK" METHOD("ping"), 0, 0, 0 },
    { PING("true"), DONE("true"), "ping SERVER OK" ID("true") METHOD("ping"), 0, 0, 0 },
    { PING("\"a\\u0062\\\"\\\\c\\/\""), DONE("\"ab\\\"\\\\c/\""), "ping SERVER OK" ID("ab\"\\c/") METHOD("ping"), 0, 0, 0 },
    { PING("\"\\u00e9\""), DONE("\"\xc3\xa9\""), "ping SERVER OK" ID("\xc3\xa9") METHOD("ping"), 0, 0, 0 },
    { PING("\"0123456789012345678901234567890123456789\""), DONE("\"0123456789012345678901234567890123456789\""),
      "ping SERVER OK" ID("0123456789012345678901234567890123456789") METHOD("ping"), 0, 0, 0 },
    /* null is not an id, so the request does not wait for an answer */
    { PING("null"), DONE("null"), "ping SERVER OK" METHOD("ping"), 0, 0, 0 },
    { PING("null"), "{\"id\":null,\"error\":{\"code\":-32700,\"message\":\"Parse error\"}}",
      "ping SERVER OK" METHOD("ping"), 0, 0, 0 },
    { PING("1"), "{\"id\":null,\"error\":{\"code\":-32700,\"message\":\"Parse error\"}}",
      "ping SERVER open" ID("1") METHOD("ping"), 0, 0, 1 },
    /* mcp-c-sdk 1.x: answers request 0 with an error without its id */
    { PING("0"), "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32601,\"message\":\"Method not found\"}}",
      "ping SERVER UNSET" ID("0") METHOD("ping") CODE("-32601"), 0, 0, 0 },
    { PING("0"), "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32603,\"message\":\"No memory\"}}",
      "ping SERVER ERROR No memory; error.type=-32603" ID("0") METHOD("ping") CODE("-32603"), 0, 0, 0 },
    { PING("0"), DONE("null"), "ping SERVER open" ID("0") METHOD("ping"), 0, 0, 1 },
    /* _meta without the context of the request */
    { "{\"_meta\":" CONTEXT ",\"id\":1,\"method\":\"ping\"}", DONE("1"), "ping SERVER OK" ID("1") METHOD("ping"), 0, 0, 0 },
    { CALL(",\"task\":{\"_meta\":" CONTEXT ",\"name\":\"b\"}"), DONE("1"),
      "tools/call a SERVER OK" EXECUTES TOOL("a") ID("1") METHOD("tools/call"), 0, 0, 0 },
    { CALL(",\"_meta\":null"), DONE("1"), "tools/call a SERVER OK" EXECUTES TOOL("a") ID("1") METHOD("tools/call"), 0, 0, 0 },
    { CALL(",\"_meta\":{\"x\":" CONTEXT "}"), DONE("1"),
      "tools/call a SERVER OK" EXECUTES TOOL("a") ID("1") METHOD("tools/call"), 0, 0, 0 },
    { CALL(",\"_meta\":[" CONTEXT "]"), DONE("1"),
      "tools/call a SERVER OK" EXECUTES TOOL("a") ID("1") METHOD("tools/call"), 0, 0, 0 },
    { CALL(",\"_meta\":{\"traceparent\":\"\"}"), DONE("1"),
      "tools/call a SERVER OK" EXECUTES TOOL("a") ID("1") METHOD("tools/call"), 1, 0, 0 },
    { CALL(",\"_meta\":{\"traceparent\":\"00-4bf92f3577b34da6a3ce929d0e0e473\\u0036-" CALLER "-01\"}"), DONE("1"),
      "tools/call a SERVER OK below 00f0" EXECUTES TOOL("a") ID("1") METHOD("tools/call"), 0, 0, 0 },
    /* results */
    { CALL(""), ANSWER("\"result\":{\"structuredContent\":{\"isError\":false},\"isError\":true,\"content\":[]}"),
      "tools/call a SERVER ERROR; error.type=tool_error" EXECUTES "; gen_ai.tool.call.result=[]" TOOL("a") ID("1")
          METHOD("tools/call"), 0, 0, 0 },
    { CALL(""), ANSWER("\"result\":{\"structuredContent\":{\"isError\":true,\"error\":{\"code\":1}}}"),
      "tools/call a SERVER OK" EXECUTES TOOL("a") ID("1") METHOD("tools/call"), 0, 0, 0 },
    { CALL(""), ANSWER("\"result\":null"), "tools/call a SERVER OK" EXECUTES TOOL("a") ID("1") METHOD("tools/call"), 0, 0, 0 },
    { CALL(""), ANSWER("\"result\":\"done\""),
      "tools/call a SERVER OK" EXECUTES TOOL("a") ID("1") METHOD("tools/call"), 0, 0, 0 },
    { CALL(""), ANSWER("\"result\":{\"id\":3,\"error\":{\"code\":5},\"method\":\"x\"}"),
      "tools/call a SERVER OK" EXECUTES TOOL("a") ID("1") METHOD("tools/call"), 0, 0, 0 },
    /* errors */
    { CALL(""), ANSWER("\"error\":null,\"result\":{}"),
      "tools/call a SERVER OK" EXECUTES TOOL("a") ID("1") METHOD("tools/call"), 0, 0, 0 },
    { CALL(""), ANSWER("\"error\":\"bad\""),
      "tools/call a SERVER ERROR; error.type=_OTHER" EXECUTES TOOL("a") ID("1") METHOD("tools/call"), 0, 0, 0 },
    { CALL(""), ANSWER("\"error\":{\"code\":-32602,\"message\":\"\"}"),
      "tools/call a SERVER UNSET" EXECUTES TOOL("a") ID("1") METHOD("tools/call") CODE("-32602"), 0, 0, 0 },
    { CALL(""), ANSWER("\"error\":{\"code\":\"E1\",\"data\":{\"reason\":\"r\"}}"),
      "tools/call a SERVER ERROR; error.type=E1" EXECUTES TOOL("a") ID("1") METHOD("tools/call") CODE("E1"), 0, 0, 0 },
    { CALL(""), ANSWER("\"error\":{\"message\":\"\\\"a\\\" \\u00fc\"}"),
      "tools/call a SERVER ERROR \"a\" \xc3\xbc; error.type=_OTHER" EXECUTES TOOL("a") ID("1") METHOD("tools/call"), 0, 0, 0 },
    { CALL(""), ANSWER("\"error\":{\"code\":-32603,\"message\":\"0123456789012345678901234567890123456789"
                      "012345678901234567890123456789\"}"),
      "tools/call a SERVER ERROR 0123456789012345678901234567890123456789012345678901234567890123; error.type=-32603" EXECUTES
          TOOL("a") ID("1") METHOD("tools/call") CODE("-32603"), 0, 0, 0 },
    /* requests */
    { "{\"id\":1,\"method\":\"tools\\/call\",\"params\":{\"name\":\"\\u0061\"}}", DONE("1"),
      "tools/call a SERVER OK" EXECUTES TOOL("a") ID("1") METHOD("tools/call"), 0, 0, 0 },
    { "{\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":5,\"arguments\":null}}", DONE("1"),
      "tools/call SERVER OK" EXECUTES ID("1") METHOD("tools/call"), 0, 0, 0 },
    { "{\"id\":1,\"method\":\"completion/complete\",\"params\":{\"ref\":{\"type\":\"ref/prompt\",\"name\":\"p\"},\"argument\":{"
      "\"name\":\"n\",\"value\":\"v\"}}}",
      DONE("1"), "completion/complete SERVER OK" ID("1") METHOD("completion/complete"), 0, 0, 0 },
    { "{\"id\":1,\"method\":\"resources/subscribe\",\"params\":{\"uri\":\"bed://3\",\"_meta\":" CONTEXT "}}", DONE("1"),
      "resources/subscribe SERVER OK below 00f0" ID("1") METHOD("resources/subscribe") "; mcp.resource.uri=bed://3", 0, 0, 0 },
    { "{\"id\":1,\"method\":\"notifications/progress\",\"params\":{\"progressToken\":1,\"progress\":0.5}}", DONE("1"),
      "notifications/progress SERVER OK" ID("1") METHOD("notifications/progress"), 0, 0, 0 },
    { "{\"method\":\"notifications/progress\",\"params\":{\"progressToken\":\"t\",\"progress\":0.5,\"_meta\":" CONTEXT "}}", "",
      "notifications/progress SERVER OK below 00f0" METHOD("notifications/progress"), 0, 0, 0 },
    { "{\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":99}}", "",
      "notifications/cancelled SERVER OK" METHOD("notifications/cancelled"), 0, 0, 0 },
    /* envelopes */
    { "{\"payload\":{\"id\":1,\"method\":\"ping\"},\"session_id\":\"s\",\"type\":\"mcp\"}",
      "{\"session_id\":\"s\",\"type\":\"mcp\",\"payload\":" DONE("1") "}",
      "ping SERVER OK" ID("1") METHOD("ping") "; mcp.session.id=s", 0, 0, 0 },
    { CALL(",\"payload\":{\"id\":9,\"method\":\"ping\",\"_meta\":" CONTEXT "}"), DONE("1"),
      "tools/call a SERVER OK" EXECUTES TOOL("a") ID("1") METHOD("tools/call"), 0, 0, 0 },
    { "{\"payload\":null,\"id\":1,\"method\":\"ping\"}", DONE("1"), "ping SERVER OK" ID("1") METHOD("ping"), 0, 0, 0 },
    { "{\"payload\":{\"payload\":{\"id\":1,\"method\":\"ping\"},\"type\":\"mcp\"},\"session_id\":\"s\"}", DONE("1"),
      "ping SERVER OK" ID("1") METHOD("ping") "; mcp.session.id=s", 0, 0, 0 },
    { "[{\"payload\":{\"id\":1,\"method\":\"ping\"},\"session_id\":\"s\"}]", "[{\"payload\":" DONE("1") "}]",
      "ping SERVER OK" ID("1") METHOD("ping") "; mcp.session.id=s", 0, 0, 0 },
    /* members and methods */
    { "{\"\\u0069d\":1,\"m\\u0065thod\":\"ping\",\"params\":{\"_m\\u0065ta\":" CONTEXT "}}", DONE("1"),
      "ping SERVER OK below 00f0" ID("1") METHOD("ping"), 0, 0, 0 },
    { "{\"id\":1,\"method\":\"ping\",\"params\":[{\"_meta\":" CONTEXT ",\"name\":\"x\"}]}", DONE("1"),
      "ping SERVER OK" ID("1") METHOD("ping"), 0, 0, 0 },
    { "{\"id\":1,\"method\":\"ping\",\"params\":null}", DONE("1"), "ping SERVER OK" ID("1") METHOD("ping"), 0, 0, 0 },
    { "{\"id\":1,\"method\":\"tasks/result\",\"params\":{\"taskId\":\"t\",\"_meta\":{\"io.modelcontextprotocol/related-task\":{"
      "\"taskId\":\"t\"}}}}",
      "{\"id\":1,\"result\":{\"content\":[],\"isError\":true,\"_meta\":" CONTEXT "}}",
      "tasks/result SERVER ERROR; error.type=tool_error" ID("1") METHOD("tasks/result"), 0, 0, 0 },
    { "{\"id\":1,\"method\":\"resources/templates/list\"}", DONE("1"),
      "resources/templates/list SERVER OK" ID("1") METHOD("resources/templates/list"), 0, 0, 0 },
    { "{\"method\":\"notifications/resources/updated\",\"params\":{\"uri\":\"bed://3\"}}", "",
      "notifications/resources/updated SERVER OK" METHOD("notifications/resources/updated") "; mcp.resource.uri=bed://3",
      0, 0, 0 },
    { "{\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2024-11-05-draft-07-long\"}}",
      "{\"id\":1,\"result\":{\"protocolVersion\":5}}",
      "initialize SERVER OK" ID("1") METHOD("initialize") "; mcp.protocol.version=2024-11-05-draft", 1, 0, 0 },
    /* before the first byte of JSON */
    { "\r\n\t" PING("1"), "\xef\xbb\xbf" DONE("1"), "ping SERVER OK" ID("1") METHOD("ping"), 0, 0, 0 },
    { "\n\ndata: " PING("1") "\n\n", "\r\n: kept alive\r\n\r\ndata: " DONE("1"), "ping SERVER OK" ID("1") METHOD("ping"),
      0, 0, 0 },
};

/* Returns the span in the last used slot. */
static uspan_t last_of(world_t *w)
{
    uspan_t s = USPAN_NULL;
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        s = w->tracer.trace.slots[i].state != 0 ? USPAN_HANDLE(w->tracer.trace.slots[i].id) : s;
    }
    return s;
}

static void check(world_t *w, size_t i, const char *request, const char *answer, uint32_t how)
{
    world_reset_with_collector(w);
    memset(&mcp, 0xA5, sizeof mcp);
    uspan_mcp_open(&mcp, &w->tracer, NULL);
    (void)feed(&mcp, uspan_mcp_request_part, request, how);
    (void)feed(&mcp, response_part, answer, how);
    const char *line = line_of(w, last_of(w));
    if (strcmp(line, shapes[i].line) != 0 || uspan_mcp_unread(&mcp) != shapes[i].unread ||
        uspan_mcp_unknown(&mcp) != shapes[i].unknown || mcp.open_count != shapes[i].open) {
        fail_msg("how %u\n%s\n%s\nis\n%s\nnot\n%s\nunread %u, unknown %u, open %u", how, request, answer, line, shapes[i].line,
                 uspan_mcp_unread(&mcp), uspan_mcp_unknown(&mcp), mcp.open_count);
    }
    assert_int_equal(uspan_mcp_unanswered(&mcp), 0);
}

static void test_each_shape_gives_its_span_in_any_fragments(void **state)
{
    for (size_t i = 0; i < COUNT(shapes); i++) {
        for (uint32_t how = WHOLE; how < 2u + ROUNDS; how++) {
            check(*state, i, shapes[i].request, shapes[i].answer, how);
        }
    }
}

static void test_each_shape_gives_its_span_with_its_members_in_any_order(void **state)
{
    static char request[LINE_MAX_BYTES];
    for (size_t i = 0; i < COUNT(shapes); i++) {
        for (unsigned order = SORTED; order < SHUFFLED + SEEDS; order++) {
            memcpy(request, reordered(shapes[i].request, order), strlen(shapes[i].request) + 1u);
            const char *answer = shapes[i].answer[0] != '\0' ? reordered(shapes[i].answer, order) : "";
            for (uint32_t how = WHOLE; how <= BYTES + 1u; how++) {
                check(*state, i, request, answer, how);
            }
        }
    }
}

static void test_a_batch_with_a_notification_and_no_messages_between(void **state)
{
    static const char batch[] = "[{\"id\":1,\"method\":\"a\"},5,null,\"x\",{\"method\":\"n\",\"params\":{\"_meta\":" CONTEXT
                                "}},[],{\"id\":\"2\",\"method\":\"b\"}]";
    static const char answers[] = "[{\"id\":\"2\",\"error\":{\"code\":-1,\"message\":\"m\"}},7,{\"id\":1,\"result\":{}}]";
    for (uint32_t how = WHOLE; how < 2u + ROUNDS; how++) {
        world_t *w = *state;
        world_reset_with_collector(w);
        uspan_mcp_open(&mcp, &w->tracer, NULL);
        uspan_t b = feed(&mcp, uspan_mcp_request_part, batch, how);
        uspan_t a = uspan_mcp_find(&mcp, "1");
        assert_int_equal(uspan_mcp_find(&mcp, "\"2\"").id, b.id);
        (void)feed(&mcp, response_part, answers, how);
        assert_string_equal(line_of(w, a), "a SERVER OK" ID("1") METHOD("a"));
        assert_string_equal(line_of(w, b), "b SERVER ERROR m; error.type=-1" ID("2") METHOD("b") CODE("-1"));
        uspan_t n = USPAN_HANDLE(w->tracer.trace.slots[1].id);
        assert_string_equal(line_of(w, n), "n SERVER OK below 00f0" METHOD("n"));
        assert_int_equal(uspan_mcp_unread(&mcp) + uspan_mcp_unknown(&mcp) + mcp.open_count, 0);
    }
}

/* xiaozhi-esp32 answers a payload only if it is an object, so a batch there would wait for ever. */
static void test_a_batch_in_an_envelope_is_not_read(void **state)
{
    static const char batch[] = "{\"session_id\":\"s\",\"type\":\"mcp\",\"payload\":[{\"id\":1,\"method\":\"a\"},"
                                "{\"method\":\"n\",\"params\":{\"_meta\":" CONTEXT "}},{\"method\":\"b\",\"id\":2}]}";
    for (uint32_t how = WHOLE; how < 2u + ROUNDS; how++) {
        world_t *w = *state;
        world_reset_with_collector(w);
        uspan_mcp_open(&mcp, &w->tracer, NULL);
        assert_int_equal(feed(&mcp, uspan_mcp_request_part, batch, how).id, 0);
        assert_string_equal(line_of(w, last_of(w)), "none");
        uspan_t s = feed(&mcp, uspan_mcp_request_part, "{\"payload\":" PING("3") ",\"session_id\":\"t\"}", how);
        assert_string_equal(line_of(w, s), "ping SERVER open" ID("3") METHOD("ping") "; mcp.session.id=t");
        assert_int_equal(uspan_mcp_unread(&mcp), 0);
    }
}

static void test_a_cancel_ends_the_request_of_that_very_id(void **state)
{
    static const struct {
        const char *id, *cancelled;
        bool ends;
    } rows[] = {
        { "1", "1", true },           { "\"1\"", "1", false },       { "1", "\"1\"", false },
        { "0", "null", false },       { "\"a\\u0062\"", "\"ab\"", true }, { "-3", "-3", true },
        { "1", "{\"id\":1}", false }, { "\"\"", "\"\"", true },
        { "1", "1,\"requestId\":2", true }, { "12", "1,\"requestId\":2", false }, /* the first one is used */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (uint32_t how = WHOLE; how < 2u + ROUNDS; how++) {
            world_t *w = *state;
            char text[128];
            uspan_view_t view;
            world_reset_with_collector(w);
            uspan_mcp_open(&mcp, &w->tracer, NULL);
            (void)snprintf(text, sizeof text, PING("%s"), rows[i].id);
            uspan_t s = feed(&mcp, uspan_mcp_request_part, text, how);
            (void)snprintf(text, sizeof text, "{\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":%s}}",
                           rows[i].cancelled);
            (void)feed(&mcp, uspan_mcp_request_part, text, how);
            assert_int_equal(uspan_read(&w->tracer, s, &view), USPAN_OK);
            if (view.ended != rows[i].ends || mcp.open_count != (rows[i].ends ? 0u : 1u)) {
                fail_msg("how %u, row %u", how, (unsigned)i);
            }
        }
    }
}

static void test_a_client_takes_an_error_without_an_id_for_its_request_0_only(void **state)
{
    static const char error[] = "{\"id\":null,\"error\":{\"code\":-32601,\"message\":\"m\"}}";
    for (uint32_t how = WHOLE; how < 2u + ROUNDS; how++) {
        world_t *w = *state;
        world_reset_with_collector(w);
        uspan_mcp_open(&mcp, &w->tracer, NULL);
        /* Request 0 of the other side is a different request. */
        uspan_t asked = feed(&mcp, uspan_mcp_request_part, PING("0"), WHOLE);
        uspan_t s = uspan_mcp_call(&mcp, USPAN_ROOT, "ping", NULL, "0");
        (void)feed(&mcp, result_part, error, how);
        assert_string_equal(line_of(w, s), "ping CLIENT ERROR m; error.type=-32601" ID("0") METHOD("ping") CODE("-32601"));
        assert_string_equal(line_of(w, asked), "ping SERVER open" ID("0") METHOD("ping"));
        (void)feed(&mcp, result_part, error, how);
        assert_int_equal(uspan_mcp_unknown(&mcp), 0);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_shape_gives_its_span_in_any_fragments),
        TEST(test_each_shape_gives_its_span_with_its_members_in_any_order),
        TEST(test_a_batch_with_a_notification_and_no_messages_between),
        TEST(test_a_batch_in_an_envelope_is_not_read),
        TEST(test_a_cancel_ends_the_request_of_that_very_id),
        TEST(test_a_client_takes_an_error_without_an_id_for_its_request_0_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
