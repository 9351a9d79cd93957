/* test_mcp_peers.c: MCP conversations with the peers that devices meet: what they repeat, send late, send as
 * another type, or ask in the other direction. Each conversation gives the same spans if its messages are read
 * in one call, byte by byte, in random fragments, or with their members in any order. */
#include "mcp_shapes.h"

#define ROUNDS 12u
#define SEEDS 8u
#define STEPS_MAX 8u

static uspan_mcp_t mcp;

#define EXECUTES "; gen_ai.operation.name=execute_tool"
#define ARGUMENTS(json) "; gen_ai.tool.call.arguments=" json
#define RESULT(json) "; gen_ai.tool.call.result=" json
#define TOOL(name) "; gen_ai.tool.name=" name
#define ID(id) "; jsonrpc.request.id=" id
#define METHOD(method) "; mcp.method.name=" method
#define CODE(code) "; rpc.response.status_code=" code
#define CALL(id, params) "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"method\":\"tools/call\",\"params\":{\"name\":\"a\"" params "}}"
#define META(text) ",\"_meta\":{" text "}"
#define DONE(id, members) "{\"jsonrpc\":\"2.0\",\"id\":" id ",\"result\":{" members "}}"
#define NOTE(method, params) "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/" method "\",\"params\":{" params "}}"
#define CALLED(status, id) "tools/call a SERVER " status EXECUTES TOOL("a") ID(id) METHOD("tools/call")

/* What happens to a message: it comes in as a request or as an answer, or it goes out as an answer. SEND is a
 * request of this side, written as "method id". */
enum { NOTHING, REQUEST, ANSWER, RESULT_IN, SEND };

typedef struct conversation {
    struct {
        unsigned what;
        const char *text;
    } steps[STEPS_MAX];
    const char *lines[STEPS_MAX]; /* the spans in the order of their start */
    unsigned unread, unknown, unanswered, open;
} conversation_t;

static const conversation_t conversations[] = {
    /* content of another type than the protocol requires */
    { { { REQUEST, CALL("1", ",\"arguments\":\"{\\\"bed\\\":3}\"") },
        { ANSWER, DONE("1", "\"content\":\"well \\\"done\\\"\"") } },
      { "tools/call a SERVER OK" EXECUTES ARGUMENTS("{\"bed\":3}") RESULT("\"well \\\"done\\\"\"") TOOL("a") ID("1")
            METHOD("tools/call") }, 0, 0, 0, 0 },
    { { { REQUEST, CALL("1", ",\"arguments\":\"bed 3\"") }, { ANSWER, DONE("1", "\"content\":{\"text\":\"\\u00e9\"}") } },
      { "tools/call a SERVER OK" EXECUTES ARGUMENTS("\"bed 3\"") RESULT("{\"text\":\"\xc3\xa9\"}") TOOL("a") ID("1")
            METHOD("tools/call") }, 0, 0, 0, 0 },
    { { { REQUEST, CALL("1", ",\"arguments\":\"\"") }, { ANSWER, DONE("1", "\"content\":null") } },
      { CALLED("OK", "1") }, 0, 0, 0, 0 },
    { { { REQUEST, CALL("1", ",\"arguments\":true") }, { ANSWER, DONE("1", "\"content\":-1.5e3,\"isError\":\"true\"") } },
      { "tools/call a SERVER OK" EXECUTES ARGUMENTS("true") RESULT("-1.5e3") TOOL("a") ID("1") METHOD("tools/call") },
      0, 0, 0, 0 },
    /* contexts: upper case and version ff are invalid. A later version may have more fields */
    { { { REQUEST, CALL("1", META("\"traceparent\":\"00-4BF92F3577B34DA6A3CE929D0E0E4736-" CALLER "-01\"")) } },
      { CALLED("open", "1") }, 1, 0, 0, 1 },
    { { { REQUEST, CALL("1", META("\"traceparent\":\"ff-" TRACE "-" CALLER "-01\"")) } }, { CALLED("open", "1") }, 1, 0, 0, 1 },
    { { { REQUEST, CALL("1", META("\"traceparent\":\"00-" TRACE "-" CALLER "-01-00\"")) } }, { CALLED("open", "1") },
      1, 0, 0, 1 },
    { { { REQUEST, CALL("1", META("\"traceparent\":\"cc-" TRACE "-" CALLER "-01-00\",\"x\":{\"traceparent\":\"ff\"}")) } },
      { "tools/call a SERVER open below 00f0" EXECUTES TOOL("a") ID("1") METHOD("tools/call") }, 0, 0, 0, 1 },
    { { { REQUEST, CALL("1", META("\"Traceparent\":\"" PARENT "\",\"progressToken\":\"p\",\"tracestate\":\"a=b\"")) } },
      { CALLED("open", "1") }, 0, 0, 0, 1 },
    /* ids */
    { { { REQUEST, CALL("1.0", "") }, { ANSWER, DONE("1", "") }, { ANSWER, DONE("1.0", "") } }, { CALLED("OK", "1.0") },
      0, 1, 0, 0 },
    { { { REQUEST, CALL("123456789012345678901234567890123456789", "") },
        { ANSWER, DONE("123456789012345678901234567890123456788", "") },
        { ANSWER, DONE("123456789012345678901234567890123456789", "") } },
      { CALLED("OK", "123456789012345678901234567890123456789") }, 0, 1, 0, 0 },
    { { { REQUEST, CALL("\"\\ud83c\\udf31\"", "") }, { ANSWER, DONE("\"\xf0\x9f\x8c\xb1\"", "") } },
      { CALLED("OK", "\xf0\x9f\x8c\xb1") }, 0, 0, 0, 0 },
    /* no params, and those of another type */
    { { { REQUEST, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\"}" },
        { ANSWER, "{\"id\":1,\"error\":{\"code\":-32602,\"message\":\"m\",\"data\":{\"expected\":\"object\"}}}" } },
      { "tools/call SERVER UNSET" EXECUTES ID("1") METHOD("tools/call") CODE("-32602") }, 0, 0, 0, 0 },
    { { { REQUEST, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":\"a\"}" },
        { ANSWER, "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32600,\"message\":\"m\",\"data\":{\"reason\":\"r\"}}}" } },
      { "tools/call SERVER UNSET" EXECUTES ID("1") METHOD("tools/call") CODE("-32600") }, 0, 0, 0, 0 },
    /* a custom method with a name and a URI: a name of neither tool nor prompt is not recorded */
    { { { REQUEST, "{\"id\":1,\"method\":\"x/y\",\"params\":{\"name\":\"n\",\"uri\":\"bed://3\"}}" }, { ANSWER, DONE("1", "") } },
      { "x/y SERVER OK" ID("1") METHOD("x/y") "; mcp.resource.uri=bed://3" }, 0, 0, 0, 0 },
    { { { REQUEST, "{\"id\":1,\"method\":\"tools/call\",\"params\":{\"uri\":\"bed://3\",\"name\":\"a\"}}" },
        { ANSWER, DONE("1", "\"isError\":true,\"structuredContent\":{\"isError\":false,\"content\":[1]},\"content\":[]") } },
      { "tools/call a SERVER ERROR; error.type=tool_error" EXECUTES RESULT("[]") TOOL("a") ID("1") METHOD("tools/call")
        "; mcp.resource.uri=bed://3" }, 0, 0, 0, 0 },
    /* a failure with -32002 that names a tool deeper in its data */
    { { { REQUEST, CALL("1", "") },
        { ANSWER, "{\"id\":1,\"error\":{\"code\":-32002,\"message\":\"m\",\"data\":{\"reason\":{\"name\":\"a\"}}}}" } },
      { "tools/call a SERVER ERROR m; error.type=-32002" EXECUTES TOOL("a") ID("1") METHOD("tools/call") CODE("-32002") },
      0, 0, 0, 0 },
    { { { REQUEST, "{\"id\":1,\"method\":\"prompts/get\",\"params\":{\"name\":\"p\",\"arguments\":{\"x\":\"y\"}}}" },
        { ANSWER, "{\"id\":1,\"error\":{\"code\":-32001,\"message\":\"Unauthorized\"}}" } },
      { "prompts/get p SERVER ERROR Unauthorized; error.type=-32001; gen_ai.prompt.name=p" ID("1") METHOD("prompts/get")
        CODE("-32001") }, 0, 0, 0, 0 },
    /* tasks: the result is only the task. Its outcome is the result of another request */
    { { { REQUEST, CALL("1", ",\"task\":{\"ttl\":5}") },
        { ANSWER, DONE("1", "\"task\":{\"taskId\":\"t\",\"status\":\"working\",\"content\":[1],\"isError\":true}") },
        { REQUEST, "{\"id\":2,\"method\":\"tasks/get\",\"params\":{\"taskId\":\"t\"}}" },
        { ANSWER, DONE("2", "\"taskId\":\"t\",\"status\":\"failed\"") } },
      { CALLED("OK", "1"), "tasks/get SERVER OK" ID("2") METHOD("tasks/get") }, 0, 0, 0, 0 },
    /* esp-claw: each tools/call has id 1, each tools/list id 2 */
    { { { REQUEST, "{\"jsonrpc\":\"2.0\",\"method\":\"tools/list\",\"params\":{\"cursor\":\"\"},\"id\":2}" },
        { ANSWER, DONE("2", "\"tools\":[{\"name\":\"a\"}],\"nextCursor\":\"b\"") }, { REQUEST, CALL("1", "") },
        { ANSWER, DONE("1", "\"content\":[],\"isError\":false") }, { REQUEST, CALL("1", "") },
        { ANSWER, DONE("1", "\"content\":[1],\"isError\":false") } },
      { "tools/list SERVER OK" ID("2") METHOD("tools/list"),
        "tools/call a SERVER OK" EXECUTES RESULT("[]") TOOL("a") ID("1") METHOD("tools/call"),
        "tools/call a SERVER OK" EXECUTES RESULT("[1]") TOOL("a") ID("1") METHOD("tools/call") }, 0, 0, 0, 0 },
    /* notifications while a request is open, then its end as cancelled, and an answer that is late */
    { { { REQUEST, CALL("5", "") }, { REQUEST, NOTE("progress", "\"progressToken\":5,\"progress\":1") },
        { REQUEST, NOTE("cancelled", "\"requestId\":6,\"reason\":\"x\"") },
        { REQUEST, NOTE("cancelled", "\"requestId\":5,\"reason\":\"late\"") }, { ANSWER, DONE("5", "") } },
      { "tools/call a SERVER ERROR; error.type=cancelled" EXECUTES TOOL("a") ID("5") METHOD("tools/call"),
        "notifications/progress SERVER OK" METHOD("notifications/progress"),
        "notifications/cancelled SERVER OK" METHOD("notifications/cancelled"),
        "notifications/cancelled SERVER OK" METHOD("notifications/cancelled") }, 0, 1, 0, 0 },
    /* an answer before its request ends nothing */
    { { { ANSWER, DONE("1", "") }, { REQUEST, CALL("1", "") } }, { CALLED("open", "1") }, 0, 1, 0, 1 },
    /* a batch of everything. The answer in it is for uspan_mcp_result(), which ignores the rest */
    { { { SEND, "ping 1" },
        { REQUEST, "[" CALL("1", "") "," NOTE("progress", "\"progressToken\":1") "," DONE("1", "") ",{\"jsonrpc\":\"2.0\"}]" },
        { RESULT_IN, "[" CALL("1", "") "," NOTE("cancelled", "\"requestId\":1") "," DONE("1", "") "]" } },
      { "ping CLIENT OK" ID("1") METHOD("ping"), CALLED("open", "1"),
        "notifications/progress SERVER OK" METHOD("notifications/progress") }, 1, 0, 0, 1 },
    /* the server asks its client while it serves a call. Both sides count their ids from 1 */
    { { { REQUEST, CALL("1", "") }, { SEND, "sampling/createMessage 1" }, { SEND, "elicitation/create \"e-1\"" },
        { RESULT_IN, DONE("1", "\"role\":\"assistant\",\"content\":{\"type\":\"text\",\"text\":\"yes\"},\"model\":\"m\"") },
        { RESULT_IN, DONE("\"e-1\"", "\"action\":\"decline\"") }, { ANSWER, DONE("1", "") } },
      { CALLED("OK", "1"), "sampling/createMessage CLIENT OK" ID("1") METHOD("sampling/createMessage"),
        "elicitation/create CLIENT OK" ID("e-1") METHOD("elicitation/create") }, 0, 0, 0, 0 },
    /* a client that the server refuses with a code which is no error of the server */
    { { { SEND, "resources/read 3" },
        { RESULT_IN, "{\"id\":3,\"error\":{\"code\":-32042,\"message\":\"url\",\"data\":{\"uri\":\"bed://3\"}}}" } },
      { "resources/read CLIENT ERROR url; error.type=-32042" ID("3") METHOD("resources/read") CODE("-32042") }, 0, 0, 0, 0 },
    /* the version of initialize is on the spans that follow, unless a request names its own */
    { { { REQUEST, "{\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-25\"}}" },
        { ANSWER, DONE("0", "\"protocolVersion\":\"2025-03-26\"") },
        { REQUEST, "{\"id\":1,\"method\":\"ping\"}" },
        { REQUEST, "{\"id\":2,\"method\":\"ping\",\"params\":{\"_meta\":{"
                   "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}}}" } },
      { "initialize SERVER OK" ID("0") METHOD("initialize") "; mcp.protocol.version=2025-03-26",
        "ping SERVER open" ID("1") METHOD("ping") "; mcp.protocol.version=2025-03-26",
        "ping SERVER open" ID("2") METHOD("ping") "; mcp.protocol.version=2026-07-28" }, 0, 0, 0, 2 },
    /* 2025-06-18: structuredContent beside content, resource links, and an elicitation while the tool works */
    { { { REQUEST, CALL("1", META("\"progressToken\":\"abc\",\"traceparent\":\"" PARENT "\"")) },
        { REQUEST, "{\"method\":\"notifications/message\",\"params\":{\"level\":\"info\",\"data\":{\"isError\":true,"
                   "\"traceparent\":\"ff\",\"name\":\"n\",\"uri\":\"u\"}}}" },
        { SEND, "elicitation/create 0" }, { RESULT_IN, DONE("0", "\"action\":\"accept\",\"content\":{\"bed\":3}") },
        { ANSWER, DONE("1", "\"structuredContent\":{\"content\":[1],\"ok\":true},\"content\":[{\"type\":\"resource_link\","
                            "\"uri\":\"file:///a\",\"name\":\"a\",\"_meta\":{\"x\":1}}],\"isError\":false") } },
      { "tools/call a SERVER OK below 00f0" EXECUTES RESULT("[{\"type\":\"resource_link\",\"uri\":\"file:///a\",\"name\":\"a\","
        "\"_meta\":{\"x\":1}}]") TOOL("a") ID("1") METHOD("tools/call"),
        "notifications/message SERVER OK" METHOD("notifications/message"),
        "elicitation/create CLIENT OK" ID("0") METHOD("elicitation/create") }, 0, 0, 0, 0 },
    /* contexts in odd places: beside params, in arguments, below _meta, under a name with a dot, in a result */
    { { { REQUEST, "{\"id\":1,\"method\":\"ping\",\"traceparent\":\"" PARENT "\",\"_meta\":{\"traceparent\":\"" PARENT "\"}}" },
        { REQUEST, CALL("2", ",\"arguments\":{\"_meta\":{\"traceparent\":\"" PARENT "\"}},\"traceparent\":\"" PARENT "\"") },
        { REQUEST, "{\"id\":3,\"method\":\"ping\",\"params\":{\"_metatraceparent\":\"" PARENT "\"}}" },
        { REQUEST, "{\"id\":4,\"method\":\"ping\",\"params\":{\"_meta\":{\"_meta\":{\"traceparent\":\"" PARENT "\"}}}}" } },
      { "ping SERVER open" ID("1") METHOD("ping"), "tools/call a SERVER open" EXECUTES ARGUMENTS("{\"_meta\":{\"traceparent\":\""
        PARENT "\"}}") TOOL("a") ID("2") METHOD("tools/call"), "ping SERVER open" ID("3") METHOD("ping"),
        "ping SERVER open" ID("4") METHOD("ping") }, 0, 0, 0, 4 },
    /* a tracestate that is not one, and one without a traceparent */
    { { { REQUEST, CALL("1", META("\"tracestate\":\"==\",\"traceparent\":\"" PARENT "\"")) },
        { REQUEST, CALL("2", META("\"tracestate\":\"a=b\",\"baggage\":\"k=v\"")) } },
      { "tools/call a SERVER open below 00f0" EXECUTES TOOL("a") ID("1") METHOD("tools/call"), CALLED("open", "2") },
      0, 0, 0, 2 },
    /* streamable HTTP: several messages in one stream, with ids, retry, an event without data and one without a message */
    { { { SEND, "tools/list \"x\"" },
        { RESULT_IN, "id: 1\nretry: 3000\ndata:\n\nevent: message\nid: 2\ndata: {\"method\":\"notifications/message\","
                     "\"params\":{\"level\":\"info\",\"data\":\"id: 5\"}}\n\n: \n\nevent: message\nid: 3\ndata: {\"id\":\"x\",\n"
                     "data: \"result\":{\"tools\":[],\"nextCursor\":\"c\"}}\nretry: 1\n\nid: 4\ndata: \n\n" } },
      { "tools/list CLIENT OK" ID("x") METHOD("tools/list") }, 0, 0, 0, 0 },
    { { { SEND, "ping 1" }, { SEND, "ping 2" },
        { RESULT_IN, "data: [{\"id\":2,\"result\":{}},{\"id\":1,\"error\":{\"code\":-1}}]\r\n\r\n" } },
      { "ping CLIENT ERROR; error.type=-1" ID("1") METHOD("ping") CODE("-1"), "ping CLIENT OK" ID("2") METHOD("ping") },
      0, 0, 0, 0 },
    /* stdio: lines of messages in one read */
    { { { REQUEST, "{\"id\":1,\"method\":\"ping\"}\n{\"method\":\"notifications/initialized\"}\r\n\n"
                   "{\"id\":2,\"method\":\"a\"}" },
        { ANSWER, "{\"id\":2,\"result\":{}}\n{\"id\":1,\"result\":{}}\n" } },
      { "ping SERVER OK" ID("1") METHOD("ping"), "notifications/initialized SERVER OK" METHOD("notifications/initialized"),
        "a SERVER OK" ID("2") METHOD("a") }, 0, 0, 0, 0 },
    /* a server's error for a cancelled request, and errors with odd codes */
    { { { SEND, "ping 1" }, { SEND, "ping 2" }, { SEND, "ping 3" },
        { RESULT_IN, "{\"id\":1,\"error\":{\"code\":-3.2e4,\"message\":null}}" },
        { RESULT_IN, "{\"id\":2,\"error\":{\"code\":null,\"message\":5}}" }, { RESULT_IN, "{\"id\":3,\"error\":[]}" } },
      { "ping CLIENT ERROR; error.type=-3.2e4" ID("1") METHOD("ping") CODE("-3.2e4"),
        "ping CLIENT ERROR; error.type=_OTHER" ID("2") METHOD("ping"),
        "ping CLIENT ERROR; error.type=_OTHER" ID("3") METHOD("ping") },
      0, 0, 0, 0 },
    /* 0 and text in ids and methods */
    { { { REQUEST, CALL("\"a\\u0000b\"", "") }, { REQUEST, CALL("\"a\\u0000c\"", "") }, { ANSWER, DONE("\"a\\u0000b\"", "") } },
      { CALLED("OK", "a~b"), CALLED("open", "a~c") }, 0, 0, 0, 1 },
    { { { REQUEST, CALL("1e1000", "") }, { REQUEST, CALL("-0", "") }, { REQUEST, CALL("0", "") }, { ANSWER, DONE("-0", "") },
        { ANSWER, DONE("1e1000", "") } },
      { CALLED("OK", "1e1000"), CALLED("OK", "-0"), CALLED("open", "0") }, 0, 0, 0, 1 },
    { { { REQUEST, CALL("[1]", "") }, { ANSWER, DONE("[1]", "") } }, { CALLED("OK", "[1]") }, 0, 0, 0, 0 },
    /* the client side takes its version from initialize */
    { { { SEND, "initialize 0" }, { RESULT_IN, DONE("0", "\"protocolVersion\":\"2025-06-18\",\"capabilities\":{}") },
        { SEND, "ping 1" } },
      { "initialize CLIENT OK" ID("0") METHOD("initialize") "; mcp.protocol.version=2025-06-18",
        "ping CLIENT open" ID("1") METHOD("ping") "; mcp.protocol.version=2025-06-18" }, 0, 0, 0, 1 },
    /* 2026-07-28 without initialize; input that is required later */
    { { { REQUEST, CALL("1", META("\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/"
                   "clientInfo\":{\"name\":\"c\",\"version\":\"1\"},\"io.modelcontextprotocol/clientCapabilities\":{}")) },
        { ANSWER, DONE("1", "\"resultType\":\"input_required\",\"inputRequests\":{\"a\":{\"method\":\"elicitation/create\","
                            "\"params\":{\"_meta\":{\"traceparent\":\"" PARENT "\"}}}},\"requestState\":\"s\"") },
        { REQUEST, "{\"id\":2,\"method\":\"server/discover\",\"params\":{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":"
                   "\"2026-07-28\"}}}" },
        { ANSWER, "{\"id\":2,\"error\":{\"code\":-32022,\"message\":\"version\",\"data\":{\"supported\":[\"2025-11-25\"]}}}" } },
      { CALLED("OK", "1") "; mcp.protocol.version=2026-07-28", "server/discover SERVER ERROR version; error.type=-32022" ID("2")
        METHOD("server/discover") "; mcp.protocol.version=2026-07-28" CODE("-32022") }, 0, 0, 0, 0 },
};

static void send(const char *text)
{
    char method[64];
    const char *id = strchr(text, ' ');
    assert_non_null(id);
    (void)snprintf(method, sizeof method, "%.*s", (int)(id - text), text);
    (void)uspan_mcp_call(&mcp, USPAN_ROOT, method, NULL, id + 1);
}

/* Returns true if text is one document, and no events or lines. */
static bool is_document(const char *text)
{
    return (*text == '{' || *text == '[') && *value_end(text) == '\0';
}

static void play(world_t *w, const conversation_t *c, bool in_order, unsigned order, uint32_t how)
{
    static const feed_t feeds[] = { NULL, uspan_mcp_request_part, response_part, result_part };
    world_reset_with_collector(w);
    memset(&mcp, 0xA5, sizeof mcp);
    uspan_mcp_open(&mcp, &w->tracer, NULL);
    for (unsigned i = 0; i < STEPS_MAX && c->steps[i].what != NOTHING; i++) {
        const char *text = c->steps[i].text;
        if (c->steps[i].what == SEND) {
            send(text);
        } else {
            (void)feed(&mcp, feeds[c->steps[i].what], in_order || !is_document(text) ? text : reordered(text, order), how);
        }
    }
    for (unsigned i = 0; i < STEPS_MAX && i < USPAN_SPANS_MAX; i++) {
        const char *expected = c->lines[i] != NULL ? c->lines[i] : "none";
        const char *line = line_of(w, USPAN_HANDLE(w->tracer.trace.slots[i].id));
        if (strcmp(line, expected) != 0) {
            fail_msg("how %u, order %u\n%s\nspan %u is\n%s\nnot\n%s", how, order, c->steps[0].text, i, line, expected);
        }
    }
    if (uspan_mcp_unread(&mcp) != c->unread || uspan_mcp_unknown(&mcp) != c->unknown ||
        uspan_mcp_unanswered(&mcp) != c->unanswered || mcp.open_count != c->open) {
        fail_msg("how %u, order %u\n%s\nunread %u, unknown %u, unanswered %u, open %u", how, order, c->steps[0].text,
                 uspan_mcp_unread(&mcp), uspan_mcp_unknown(&mcp), uspan_mcp_unanswered(&mcp), mcp.open_count);
    }
}

static void test_each_conversation_gives_its_spans_in_any_fragments_and_order_of_members(void **state)
{
    for (size_t i = 0; i < COUNT(conversations); i++) {
        for (uint32_t how = WHOLE; how < 2u + ROUNDS; how++) {
            play(*state, &conversations[i], true, 0u, how);
        }
        for (unsigned order = SORTED; order < SHUFFLED + SEEDS; order++) {
            for (uint32_t how = WHOLE; how <= BYTES + 1u; how++) {
                play(*state, &conversations[i], false, order, how);
            }
        }
    }
}

static void test_a_tracestate_or_baggage_that_is_too_long_costs_itself_only(void **state)
{
    static char request[USPAN_TRACESTATE_BYTES + 512u];
    char longest[USPAN_TRACESTATE_BYTES + 8u];
    world_t *w = *state;
    memset(longest, 'x', sizeof longest - 1u);
    memcpy(longest, "a=", 2u);
    longest[sizeof longest - 1u] = '\0';
    for (unsigned i = 0; i < 2u; i++) {
        (void)snprintf(request, sizeof request, CALL("1", META("\"%s\":\"%s\",\"traceparent\":\"" PARENT "\"")),
                       i == 0u ? "tracestate" : "baggage", longest);
        for (uint32_t how = WHOLE; how < 2u + ROUNDS; how++) {
            world_reset_with_collector(w);
            uspan_mcp_open(&mcp, &w->tracer, NULL);
            uspan_t s = feed(&mcp, uspan_mcp_request_part, request, how);
            uspan_context_t c;
            size_t len;
            assert_string_equal(line_of(w, s),
                                "tools/call a SERVER open below 00f0" EXECUTES TOOL("a") ID("1") METHOD("tools/call"));
            assert_int_equal(uspan_context_of(&w->tracer, s, &c), USPAN_OK);
            assert_int_equal(c.tracestate_len, 0);
            (void)uspan_mcp_baggage(&mcp, &len);
            assert_int_equal(len, 0);
            assert_int_equal(uspan_mcp_unread(&mcp), 1);
        }
    }
}

static void test_a_string_above_the_hold_is_cut_and_counted_even_in_a_whole_message(void **state)
{
    char text[USPAN_MCP_HOLD_BYTES + 64u];
    char request[sizeof text + 128u];
    world_t *w = *state;
    memset(text, 'x', sizeof text - 1u);
    text[sizeof text - 1u] = '\0';
    for (uint32_t how = WHOLE; how < 2u + ROUNDS; how++) {
        uspan_value_t v;
        world_reset_with_collector(w);
        uspan_mcp_open(&mcp, &w->tracer, NULL);
        (void)snprintf(request, sizeof request, CALL("1", ",\"arguments\":\"%s\""), text);
        uspan_t s = feed(&mcp, uspan_mcp_request_part, request, how);
        assert_int_equal(uspan_find_attr(&w->tracer, s, USPAN_OF_SPAN, "gen_ai.tool.call.arguments", &v, NULL), USPAN_OK);
        assert_int_equal(v.len, USPAN_MCP_HOLD_BYTES + 2u);
        assert_int_equal(uspan_mcp_unread(&mcp), 1);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_conversation_gives_its_spans_in_any_fragments_and_order_of_members),
        TEST(test_a_tracestate_or_baggage_that_is_too_long_costs_itself_only),
        TEST(test_a_string_above_the_hold_is_cut_and_counted_even_in_a_whole_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
