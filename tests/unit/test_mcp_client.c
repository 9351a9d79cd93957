/* test_mcp_client.c: outgoing MCP requests: their spans, the _meta that carries the context, and the
 * answers that end the spans. The messages have the shapes of servers that devices meet. */
#include "mcp_shapes.h"

#define ROUNDS 40u
#define SEEDS 20u

static uspan_mcp_t mcp;

static void begin(world_t *w, const uspan_mcp_peer_t *peer)
{
    world_reset_with_collector(w);
    memset(&mcp, 0xA5, sizeof mcp);
    uspan_mcp_open(&mcp, &w->tracer, peer);
}

static void result(const char *text)
{
    uspan_mcp_result(&mcp, text, strlen(text));
}

typedef struct shape {
    const char *method, *name, *id, *answer, *line;
} shape_t;

#define EXECUTES "; gen_ai.operation.name=execute_tool"
#define TEXT_RESULT "[{\"type\":\"text\",\"text\":\"true\"}]"
#define ABOUT(tool, id) "; gen_ai.tool.name=" tool "; jsonrpc.request.id=" id "; mcp.method.name=tools/call"

static const shape_t shapes[] = {
    { "tools/call", "water", "7",
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"_meta\":{\"x\":1},\"content\":" TEXT_RESULT
      ",\"isError\":false}}",
      "tools/call water CLIENT OK" EXECUTES "; gen_ai.tool.call.result=" TEXT_RESULT ABOUT("water", "7") },
    { "tools/call", "water", "\"a-7\"",
      "{\"jsonrpc\":\"2.0\",\"id\":\"a-7\",\"result\":{\"content\":[],\"isError\":true}}",
      "tools/call water CLIENT ERROR; error.type=tool_error" EXECUTES
      "; gen_ai.tool.call.result=[]" ABOUT("water", "a-7") },
    { "tools/call", "fly", "1",
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":-32602,\"message\":\"Unknown tool: fly\"}}",
      "tools/call fly CLIENT ERROR Unknown tool: fly; error.type=-32602" EXECUTES ABOUT(
          "fly", "1") "; rpc.response.status_code=-32602" },
    { "ping", NULL, "\"\"", "{\"jsonrpc\":\"2.0\",\"id\":\"\",\"result\":{}}",
      "ping CLIENT OK; mcp.method.name=ping" },
    { "initialize", NULL, "0",
      "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{"
      "\"tools\":{}},"
      "\"serverInfo\":{\"name\":\"s\",\"version\":\"1\"}}}",
      "initialize CLIENT OK; jsonrpc.request.id=0; mcp.method.name=initialize; "
      "mcp.protocol.version=2025-11-25" },
    { "prompts/get", "plan", "2", "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"messages\":[]}}",
      "prompts/get plan CLIENT OK; gen_ai.prompt.name=plan; jsonrpc.request.id=2; "
      "mcp.method.name=prompts/get" },
    { "resources/read", "file:///a", "3",
      "{\"jsonrpc\":\"2.0\",\"id\":3,\"error\":{\"code\":-32002,\"message\":\"no\"}}",
      "resources/read CLIENT ERROR no; error.type=-32002; jsonrpc.request.id=3; "
      "mcp.method.name=resources/read; "
      "mcp.resource.uri=file:///a; rpc.response.status_code=-32002" },
    { "tools/list", NULL, "4",
      "{\"session_id\":\"s\",\"type\":\"mcp\",\"payload\":{\"id\":4,\"result\":{\"tools\":[]}}}",
      "tools/list CLIENT OK; jsonrpc.request.id=4; mcp.method.name=tools/list" },
};

static const char *play(world_t *w, const shape_t *shape, const char *answer, uint32_t how)
{
    begin(w, NULL);
    uspan_t s = uspan_mcp_call(&mcp, USPAN_ROOT, shape->method, shape->name, shape->id);
    (void)feed(&mcp, result_part, answer, how);
    assert_int_equal(uspan_mcp_unread(&mcp) + uspan_mcp_unknown(&mcp) + uspan_mcp_unanswered(&mcp), 0);
    return line_of(w, s);
}

static void test_each_answer_ends_its_call_in_any_fragments_and_order_of_members(void **state)
{
    for (size_t i = 0; i < COUNT(shapes); i++) {
        const shape_t *shape = &shapes[i];
        for (uint32_t how = WHOLE; how < 2u + ROUNDS; how++) {
            assert_string_equal(play(*state, shape, shape->answer, how), shape->line);
        }
        for (unsigned order = SORTED; order < SHUFFLED + SEEDS; order++) {
            const char *answer = reordered(shape->answer, order);
            assert_string_equal(play(*state, shape, answer, order % 3u), shape->line);
        }
    }
}

/* Returns a stream of events with that answer in the last event, as servers of streamable HTTP send it. */
static const char *as_events(const char *answer, unsigned form)
{
    static char text[2048];
    static const char *const frames[] = {
        "event: message\ndata: %s\n\n",
        "data:%s\n\n",
        ": ping\r\n\r\nid: 7\r\nevent: message\r\ndata: %s\r\n\r\n",
        "retry: 500\r\rdata: {\"method\":\"notifications/progress\",\"params\":{}}\r\rdata: %s\r\r",
        "event: message\ndata: %s", /* the connection ends after the event */
    };
    if (form < COUNT(frames)) {
        (void)snprintf(text, sizeof text, frames[form], answer);
        return text;
    }
    int half = (int)strlen(answer) / 2; /* the event's data is in two lines */
    (void)snprintf(text, sizeof text, "data: %.*s\ndata: %s\n\n", half, answer, answer + half);
    return text;
}
#define FORMS 6u

static void test_an_answer_in_server_sent_events_is_read_in_any_fragments(void **state)
{
    for (size_t i = 0; i < COUNT(shapes); i++) {
        for (unsigned form = 0; form < FORMS; form++) {
            for (uint32_t how = WHOLE; how < 2u + ROUNDS / 4u; how++) {
                assert_string_equal(play(*state, &shapes[i], as_events(shapes[i].answer, form), how),
                                    shapes[i].line);
            }
        }
    }
}

static void test_an_event_that_is_broken_costs_itself_only(void **state)
{
    world_t *w = *state;
    begin(w, NULL);
    uspan_t s = uspan_mcp_call(&mcp, USPAN_ROOT, "ping", NULL, "1");
    result("data: {\"id\":1,\"result\":}\n\ndata: {\"id\":1,\n\nevent: end\n\ndata: "
           "{\"id\":1,\"result\":{}}\n\n");
    assert_string_equal(line_of(w, s), "ping CLIENT OK; jsonrpc.request.id=1; mcp.method.name=ping");
    assert_int_equal(uspan_mcp_unread(&mcp), 2);
    s = uspan_mcp_call(&mcp, USPAN_ROOT, "ping", NULL, "2"); /* the next message is plain JSON again */
    result("{\"id\":2,\"result\":{}}");
    assert_string_equal(line_of(w, s), "ping CLIENT OK; jsonrpc.request.id=2; mcp.method.name=ping");
}

static void test_the_spans_say_where_the_server_is_and_go_on_with_the_conversation(void **state)
{
    static const uspan_mcp_peer_t peer = { "tcp", "http", "1.1", "s1", "tools.example", 8443 };
    world_t *w = *state;
    begin(w, &peer);
    uspan_t agent = uspan_agent_begin(&w->tracer, USPAN_ROOT, "gardener");
    uspan_set_str(&w->tracer, agent, &uspan_key_conversation_id, "c1");
    uspan_t before = uspan_enter(&w->tracer, agent);
    uspan_t s = uspan_mcp_call(&mcp, USPAN_CURRENT, "ping", NULL, "1");
    result("{\"id\":1,\"result\":{}}");
    uspan_leave(&w->tracer, before);
    assert_string_equal(
        line_of(w, s),
        "ping CLIENT OK child; gen_ai.conversation.id=c1; jsonrpc.request.id=1; mcp.method.name=ping; "
        "mcp.session.id=s1; network.protocol.name=http; network.protocol.version=1.1; "
        "network.transport=tcp; server.address=tools.example; server.port=8443");
}

static void test_the_span_of_the_tool_takes_the_attributes_where_it_is_there(void **state)
{
    world_t *w = *state;
    begin(w, NULL);
    uspan_t tool = uspan_tool_begin(&w->tracer, USPAN_ROOT, "water", "call_1");
    uspan_t s = uspan_mcp_call(&mcp, tool, "tools/call", "water", "7");
    assert_int_equal(s.id, tool.id);
    uspan_t again =
        uspan_mcp_call(&mcp, tool, "tools/call", "water", "8"); /* a second attempt has its own span */
    uspan_t other = uspan_mcp_call(&mcp, tool, "tools/call", "wate", "9");
    assert_true(again.id != tool.id && other.id != tool.id && other.id != again.id);
    result("{\"id\":7,\"error\":{\"code\":-32000,\"message\":\"stuck\"}}");
    uspan_view_t view;
    assert_int_equal(uspan_read(&w->tracer, tool, &view), USPAN_OK);
    assert_false(view.ended);
    assert_int_equal(uspan_tool_end(&w->tracer, tool, NULL), USPAN_OK);
    const char *line = line_of(w, tool);
    assert_non_null(strstr(line, "execute_tool water INTERNAL ERROR stuck; error.type=-32000"));
    assert_non_null(
        strstr(line, "; jsonrpc.request.id=7; mcp.method.name=tools/call; rpc.response.status_code=-32000"));
}

/* Streamable HTTP: the server gives the session id with its answer to initialize. */
static void test_a_session_id_that_comes_later_is_on_the_spans_that_follow(void **state)
{
    uspan_mcp_peer_t peer = { "tcp", "http", "1.1", NULL, NULL, 0 };
    world_t *w = *state;
    begin(w, &peer);
    uspan_t first = uspan_mcp_call(&mcp, USPAN_ROOT, "initialize", NULL, "1");
    result("{\"id\":1,\"result\":{\"protocolVersion\":\"2025-06-18\"}}");
    peer.session_id = "s-2";
    uspan_t s = uspan_mcp_call(&mcp, USPAN_ROOT, "ping", NULL, "2");
    assert_null(strstr(line_of(w, first), "session"));
    assert_string_equal(line_of(w, s),
                        "ping CLIENT open; jsonrpc.request.id=2; mcp.method.name=ping; mcp.protocol.version=2025-06-18; "
                        "mcp.session.id=s-2; network.protocol.name=http; network.protocol.version=1.1; network.transport=tcp");
}

static void test_the_current_span_of_the_tool_is_found_and_that_of_another_tool_is_the_parent(void **state)
{
    static const struct {
        const char *tool, *name;
        bool is_shared;
    } rows[] = {
        { "water", "water", true },  { "water", "wate", false }, { "water", "water2", false }, { "water", "", false },
        { "water", NULL, false },    { "\xc3\xa9", "\xc3\xa9", true },
        { "a tool whose name is longer than one block of the pool",
          "a tool whose name is longer than one block of the pool", true },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        world_t *w = *state;
        uspan_view_t view, of_tool;
        begin(w, NULL);
        uspan_t tool = uspan_tool_begin(&w->tracer, USPAN_ROOT, rows[i].tool, "call_1");
        uspan_t before = uspan_enter(&w->tracer, tool);
        uspan_t s = uspan_mcp_call(&mcp, USPAN_CURRENT, "tools/call", rows[i].name, "\"r-7\"");
        uspan_leave(&w->tracer, before);
        assert_int_equal(s.id == tool.id, rows[i].is_shared);
        assert_non_null(strstr(line_of(w, s), "; jsonrpc.request.id=r-7; mcp.method.name=tools/call"));
        assert_int_equal(uspan_read(&w->tracer, tool, &of_tool), USPAN_OK);
        assert_int_equal(uspan_read(&w->tracer, s, &view), USPAN_OK);
        assert_true(rows[i].is_shared || memcmp(view.parent_id, of_tool.span_id, 8) == 0);
    }
}

static void test_meta_is_a_member_that_any_builder_can_take(void **state)
{
    world_t *w = *state;
    char meta[USPAN_MCP_META_MAX(sizeof "site=north,k=v;p" - 1u)];
    uspan_context_t c;
    char parent[56];
    begin(w, NULL);
    assert_int_equal(uspan_context_parse(&c, PARENT, "a=\"\\b,c=d"), USPAN_OK);
    uspan_options_t o = { .parent = &c };
    uspan_t agent = uspan_start_with(&w->tracer, USPAN_ROOT, "agent", 5u, &o);
    uspan_t s = uspan_mcp_call(&mcp, agent, "tools/call", "water", "7");
    assert_int_equal(uspan_context_of(&w->tracer, s, &c), USPAN_OK);
    (void)uspan_traceparent(&c, parent);
    char expected[512];
    (void)snprintf(expected, sizeof expected,
                   "\"_meta\":{\"traceparent\":\"%s\",\"tracestate\":\"a=\\\"\\\\b,c=d\",\"baggage\":\"site="
                   "north,k=v;p\"}",
                   parent);
    size_t len = uspan_mcp_meta(&mcp, s, "site=north, k=v;p, =bad", meta, sizeof meta);
    assert_string_equal(meta, expected);
    assert_int_equal(len, strlen(expected));
    assert_int_equal(meta[USPAN_MCP_META_VALUE], '{');
    for (size_t cap = 0; cap <= sizeof meta; cap++) { /* all of it is written, or nothing */
        char *small = malloc(cap + (cap == 0u));
        assert_non_null(small);
        size_t n = uspan_mcp_meta(&mcp, s, "site=north, k=v;p, =bad", small, cap);
        assert_int_equal(n, cap > len ? len : 0u);
        assert_true(cap == 0u || strcmp(small, n > 0u ? expected : "") == 0);
        free(small);
    }
    /* Check what a uspan server reads from it. */
    char request[1400];
    uspan_mcp_t server;
    uspan_mcp_open(&server, &w->tracer, NULL);
    (void)snprintf(request, sizeof request,
                   "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{%s}}", meta);
    uspan_t served = uspan_mcp_request(&server, request, strlen(request));
    uspan_view_t client, view;
    assert_int_equal(uspan_read(&w->tracer, s, &client), USPAN_OK);
    assert_int_equal(uspan_read(&w->tracer, served, &view), USPAN_OK);
    assert_memory_equal(view.parent_id, client.span_id, 8);
    assert_memory_equal(view.trace_id, client.trace_id, 16);
    assert_int_equal(uspan_context_of(&w->tracer, served, &c), USPAN_OK);
    assert_memory_equal(uspan_tracestate(&c, &len), "a=\"\\b,c=d", 9);
    assert_memory_equal(uspan_mcp_baggage(&server, &len), "site=north,k=v;p", 16);
}

static void test_the_longest_meta_fits_its_macro(void **state)
{
    world_t *w = *state;
    char longest[USPAN_TRACESTATE_BYTES + 1];
    char meta[USPAN_MCP_META_MAX(0)];
    uspan_context_t c;
    begin(w, NULL);
    memset(longest, '"', sizeof longest - 1u);
    longest[sizeof longest - 1u] = '\0';
    memcpy(longest, "a=", 2);
    memcpy(longest + 200, ",b=", 3); /* the value of a member has up to 256 characters */
    memcpy(longest + 400, ",c=", 3);
    assert_int_equal(uspan_context_parse(&c, PARENT, longest), USPAN_OK);
    uspan_options_t o = { .parent = &c };
    uspan_t s = uspan_start_with(&w->tracer, USPAN_ROOT, "agent", 5u, &o);
    assert_in_range(uspan_mcp_meta(&mcp, s, NULL, meta, sizeof meta), 900, sizeof meta - 1u);
}

static void test_a_call_below_a_span_that_was_dropped_is_no_false_root(void **state)
{
    world_t *w = *state;
    begin(w, NULL);
    assert_int_equal(uspan_mcp_call(&mcp, USPAN_NULL, "ping", NULL, "1").id, 0);
    result("{\"id\":1,\"result\":{}}");
    uspan_t s = uspan_mcp_call(&mcp, USPAN_CURRENT, "ping", NULL, "2");
    assert_string_equal(line_of(w, s), "ping CLIENT open; jsonrpc.request.id=2; mcp.method.name=ping");
    assert_int_equal(uspan_mcp_unknown(&mcp), 0);
}

static void test_a_null_span_says_that_nothing_is_recorded_and_without_entropy_there_is_no_meta(void **state)
{
    world_t *w = *state;
    char meta[USPAN_MCP_META_MAX(0)];
    begin(w, NULL);
    assert_true(uspan_mcp_meta(&mcp, USPAN_NULL, NULL, meta, sizeof meta) > 0u);
    assert_non_null(strstr(meta, "-02\"}"));
    assert_int_equal(uspan_mcp_meta(&mcp, USPAN_NULL, NULL, NULL, 10), 0);
    uspan_mcp_close(&mcp, NULL);
    assert_int_equal(uspan_mcp_meta(&mcp, USPAN_NULL, NULL, meta, sizeof meta), 0);
    assert_string_equal(meta, "");
    assert_int_equal(uspan_mcp_call(&mcp, USPAN_ROOT, "ping", NULL, "1").id, 0);
}

static void test_a_result_gives_no_context(void **state)
{
    world_t *w = *state;
    begin(w, NULL);
    uspan_t s = uspan_mcp_call(&mcp, USPAN_ROOT, "tools/call", "water", "1");
    uspan_view_t before, after;
    assert_int_equal(uspan_read(&w->tracer, s, &before), USPAN_OK);
    result("{\"id\":1,\"result\":{\"_meta\":{\"traceparent\":\"" PARENT
           "\",\"tracestate\":\"x=y\",\"baggage\":\"k=v\"},"
           "\"content\":[]}}");
    assert_int_equal(uspan_read(&w->tracer, s, &after), USPAN_OK);
    assert_memory_equal(before.trace_id, after.trace_id, 16);
    assert_int_equal(after.link_count, 0);
    size_t len;
    (void)uspan_mcp_baggage(&mcp, &len);
    assert_int_equal(len, 0);
    assert_null(strstr(line_of(w, s), "k=v"));
}

static void test_both_sides_of_one_connection_ask_and_their_ids_are_apart(void **state)
{
    world_t *w = *state;
    begin(w, NULL);
    static const char question[] = "{\"id\":1,\"method\":\"sampling/createMessage\"}";
    static const char reply[] = "{\"id\":1,\"result\":{}}";
    uspan_t ours = uspan_mcp_call(&mcp, USPAN_ROOT, "ping", NULL, "1");
    uspan_mcp_result(&mcp, question, sizeof question - 1u); /* a complete message may be passed to both */
    uspan_t theirs = uspan_mcp_request(&mcp, question, sizeof question - 1u);
    assert_true(theirs.id != 0u);
    uspan_mcp_result(&mcp, reply, sizeof reply - 1u);
    assert_int_equal(uspan_mcp_request(&mcp, reply, sizeof reply - 1u).id, 0);
    uspan_view_t view;
    assert_true(uspan_read(&w->tracer, ours, &view) == USPAN_OK && view.ended);
    assert_true(uspan_read(&w->tracer, theirs, &view) == USPAN_OK && !view.ended);
    uspan_mcp_response(&mcp, reply, sizeof reply - 1u);
    assert_true(uspan_read(&w->tracer, theirs, &view) == USPAN_OK && view.ended);
    assert_int_equal(uspan_mcp_unknown(&mcp) + uspan_mcp_unread(&mcp) + uspan_mcp_unanswered(&mcp), 0);
}

static void test_a_notification_is_ended_by_the_caller_and_an_answer_that_is_late_is_unknown(void **state)
{
    world_t *w = *state;
    begin(w, NULL);
    uspan_t s = uspan_mcp_call(&mcp, USPAN_ROOT, "notifications/initialized", NULL, NULL);
    assert_int_equal(uspan_end(&w->tracer, s), USPAN_OK);
    assert_string_equal(line_of(w, s),
                        "notifications/initialized CLIENT OK; mcp.method.name=notifications/initialized");
    s = uspan_mcp_call(&mcp, USPAN_ROOT, "ping", NULL, "5");
    assert_int_equal(uspan_fail(&w->tracer, s, "timeout", NULL), USPAN_OK);
    static const char late[] = "{\"id\":5,\"result\":{}}";
    /* The request is still known, but its span has ended. */
    assert_true(uspan_mcp_result(&mcp, late, sizeof late - 1u));
    assert_false(uspan_mcp_result(&mcp, late, sizeof late - 1u));
    assert_int_equal(uspan_mcp_unknown(&mcp), 1);
    assert_string_equal(line_of(w, s),
                        "ping CLIENT ERROR; error.type=timeout; jsonrpc.request.id=5; mcp.method.name=ping");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_each_answer_ends_its_call_in_any_fragments_and_order_of_members),
        TEST(test_an_answer_in_server_sent_events_is_read_in_any_fragments),
        TEST(test_an_event_that_is_broken_costs_itself_only),
        TEST(test_the_spans_say_where_the_server_is_and_go_on_with_the_conversation),
        TEST(test_the_span_of_the_tool_takes_the_attributes_where_it_is_there),
        TEST(test_a_session_id_that_comes_later_is_on_the_spans_that_follow),
        TEST(test_the_current_span_of_the_tool_is_found_and_that_of_another_tool_is_the_parent),
        TEST(test_meta_is_a_member_that_any_builder_can_take),
        TEST(test_the_longest_meta_fits_its_macro),
        TEST(test_a_call_below_a_span_that_was_dropped_is_no_false_root),
        TEST(test_a_null_span_says_that_nothing_is_recorded_and_without_entropy_there_is_no_meta),
        TEST(test_a_result_gives_no_context),
        TEST(test_both_sides_of_one_connection_ask_and_their_ids_are_apart),
        TEST(test_a_notification_is_ended_by_the_caller_and_an_answer_that_is_late_is_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
