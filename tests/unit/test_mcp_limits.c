/* test_mcp_limits.c: limits that the message shapes of mcp.h do not show. There are more open requests
 * than entries, answers without a request, hostile and long values, content that must not be stored, and
 * connections that end. Each case is counted and logged, and affects no other message. */
#include "mcp_shapes.h"

static uspan_mcp_t mcp;

#define EXECUTES "; gen_ai.operation.name=execute_tool"
#define TOOL(name) "; gen_ai.tool.name=" name
#define ID(id) "; jsonrpc.request.id=" id
#define METHOD(method) "; mcp.method.name=" method
#define WATER "{\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"water\",\"arguments\":{\"bed\":3}}}"
#define WATERED "{\"id\":1,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"true\"}]}}"

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

static void test_more_open_requests_than_there_is_room_for_end_the_oldest(void **state)
{
    world_t *w = *state;
    begin(w, NULL);
    uspan_t spans[USPAN_MCP_OPEN_MAX + 1];
    for (unsigned i = 0; i <= USPAN_MCP_OPEN_MAX; i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "{\"id\":%u,\"method\":\"ping\"}", i);
        spans[i] = ask(text);
    }
    assert_string_equal(line_of(w, spans[0]),
                        "ping SERVER ERROR; error.type=unanswered" ID("0") METHOD("ping"));
    assert_false(has_ended(w, spans[1]));
    assert_int_equal(uspan_mcp_unanswered(&mcp), 1);
    assert_non_null(strstr(w->log, "raise USPAN_MCP_OPEN_MAX"));
    answer("{\"id\":0,\"result\":{}}");
    assert_int_equal(uspan_mcp_unknown(&mcp), 1);
}

static void test_a_span_that_the_program_has_ended_makes_room_before_others(void **state)
{
    world_t *w = *state;
    begin(w, NULL);
    uspan_t first = ask("{\"id\":0,\"method\":\"ping\"}");
    for (unsigned i = 1; i < USPAN_MCP_OPEN_MAX; i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "{\"id\":%u,\"method\":\"ping\"}", i);
        uspan_fail(&w->tracer, ask(text), "timeout", NULL);
    }
    (void)ask("{\"id\":90,\"method\":\"ping\"}");
    assert_false(has_ended(w, first));
    assert_int_equal(uspan_mcp_unanswered(&mcp), 0);
}

static void test_a_span_that_is_not_recorded_makes_room_before_others(void **state)
{
    world_t *w = *state;
    begin(w, NULL);
    uspan_t first = ask("{\"id\":0,\"method\":\"ping\"}");
    uspan_t others[USPAN_MCP_OPEN_MAX];
    for (unsigned i = 1; i < USPAN_MCP_OPEN_MAX; i++) {
        char text[160];
        const char *flags = i == 2u ? "00" : "01"; /* the caller does not sample */
        (void)snprintf(text, sizeof text,
                       "{\"id\":%u,\"method\":\"ping\",\"params\":{\"_meta\":{\"traceparent\":\"00-" TRACE "-" CALLER
                       "-%s\"}}}",
                       i, flags);
        others[i] = ask(text);
    }
    uspan_t next = ask("{\"id\":90,\"method\":\"ping\"}");
    assert_int_equal(uspan_mcp_find(&mcp, "2").id, 0);
    assert_int_equal(uspan_mcp_find(&mcp, "0").id, first.id);
    assert_int_equal(uspan_mcp_find(&mcp, "1").id, others[1].id);
    assert_int_equal(uspan_mcp_find(&mcp, "90").id, next.id);
    assert_false(has_ended(w, first));
    assert_int_equal(uspan_mcp_unanswered(&mcp), 1);
}

static void test_a_second_request_of_the_same_id_ends_the_first(void **state)
{
    world_t *w = *state;
    begin(w, NULL);
    uspan_t a = ask("{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\",\"params\":{\"name\":\"x\"},\"id\":1}");
    uspan_t b = ask("{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\",\"params\":{\"name\":\"x\"},\"id\":1}");
    assert_true(has_ended(w, a));
    answer("{\"id\":1,\"result\":{}}");
    assert_true(has_ended(w, b));
    assert_int_equal(uspan_mcp_unanswered(&mcp), 1);
}

static void test_an_answer_to_no_open_request_is_counted_and_logged(void **state)
{
    world_t *w = *state;
    begin(w, NULL);
    answer("{\"id\":77,\"result\":{}}");
    assert_int_equal(uspan_mcp_unknown(&mcp), 1);
    assert_non_null(strstr(w->log, "answer to no open request"));
}

static void test_hostile_values_are_counted_and_cost_themselves_only(void **state)
{
    static const struct {
        const char *request;
        const char *line;
        unsigned unread;
    } rows[] = {
        { "{\"id\":1,\"method\":\"ping\",\"params\":{\"_meta\":{\"traceparent\":\"00-" TRACE "-" CALLER
          "-0g\"}}}",
          "ping SERVER open" ID("1") METHOD("ping"), 1 },
        { "{\"id\":1,\"method\":\"ping\",\"params\":{\"_meta\":{\"traceparent\":\"00-"
          "00000000000000000000000000000000-" CALLER "-01\"}}}",
          "ping SERVER open" ID("1") METHOD("ping"), 1 },
        { "{\"id\":1,\"method\":\"ping\",\"params\":{\"_meta\":{\"traceparent\":7,\"tracestate\":{},"
          "\"baggage\":[\"a=b\"]}}}",
          "ping SERVER open" ID("1") METHOD("ping"), 0 },
        { "{\"id\":1,\"method\":\"ping\",\"params\":{\"_meta\":{\"traceparent\":\"" PARENT
          "\"},\"_meta\":{\"traceparent\":\"00-" TRACE "-1111111111111111-01\"}}}",
          "ping SERVER open below 00f0" ID("1") METHOD("ping"), 1 },
        { "{\"id\":1,\"id\":2,\"method\":\"ping\",\"method\":\"tools/call\"}",
          "ping SERVER open" ID("1") METHOD("ping"), 2 },
        { "{\"id\":1,\"method\":\"ping\",\"params\":{\"_meta\":{\"traceparent\":\"" PARENT PARENT
          "\",\"traceparent\":\"" PARENT "\"}}}", /* the first one is used, although it is too long */
          "ping SERVER open" ID("1") METHOD("ping"), 3 },
        { "{\"id\":1,\"method\":\"ping\",\"params\":{\"_meta\":{\"traceparent\":\"" PARENT
          "\",\"traceparent\":\"" PARENT PARENT "\"}}}",
          "ping SERVER open below 00f0" ID("1") METHOD("ping"), 1 },
        { "{\"id\":{\"a\":[1,2]},\"method\":\"ping\",\"params\":[1,2]}",
          "ping SERVER open" ID("{\"a\":[1,2]}") METHOD("ping"), 0 },
        { "{\"id\":1,\"method\":\"\"}", "none", 0 },
        { "{\"id\":1,\"method\":5}", "none", 0 },
        { "{\"jsonrpc\":\"2.0\",\"id\":1}", "none", 1 },
        { "{\"type\":\"hello\",\"version\":1,\"features\":{\"mcp\":true}}", "none", 0 },
        { "{\"id\":1,\"result\":{}}", "none", 0 },
        { "{\"id\":1,\"method\":\"ping\"", "none", 1 },
        { "{\"id\":1,\"method\":\"ping\",}", "none", 1 },
        { "GET / HTTP/1.1", "none", 1 },
        { "", "none", 0 },
        { " \r\n\t", "none", 0 },
        { "5", "none", 1 },
        { "\x02\n5", "none", 1 },
        { "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", "none", 1 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        for (uint32_t how = WHOLE; how < 12u; how++) {
            world_t *w = *state;
            begin(w, NULL);
            uspan_t s = feed(&mcp, uspan_mcp_request_part, rows[i].request, how);
            if (strcmp(line_of(w, s), rows[i].line) != 0 || uspan_mcp_unread(&mcp) != rows[i].unread) {
                fail_msg("how %u: %s\nis %s, unread %u", how, rows[i].request, line_of(w, s),
                         uspan_mcp_unread(&mcp));
            }
            assert_int_equal(w->log_lines > 0u, rows[i].unread > 0u);
            uspan_t next = ask("{\"id\":50,\"method\":\"ping\"}"); /* the next message is read as usual */
            assert_string_equal(line_of(w, next), "ping SERVER open" ID("50") METHOD("ping"));
        }
    }
}

static void test_long_texts_are_cut_and_long_ids_are_told_apart(void **state)
{
    world_t *w = *state;
    char request[1400];
    char id[600];
    begin(w, NULL);
    memset(id, 'x', sizeof id - 1u);
    id[sizeof id - 1u] = '\0';
    uspan_t spans[2];
    for (unsigned i = 0; i < 2u; i++) {
        id[sizeof id - 2u] = (char)('a' + i);
        (void)snprintf(request, sizeof request, "{\"id\":\"%s\",\"method\":\"ping\"}", id);
        spans[i] = ask(request);
    }
    assert_int_equal(uspan_mcp_unread(&mcp), 2);
    (void)snprintf(request, sizeof request, "{\"result\":{},\"id\":\"%s\"}", id);
    answer(request);
    assert_true(has_ended(w, spans[1]) && !has_ended(w, spans[0]));
    (void)snprintf(request, sizeof request, "{\"id\":5,\"method\":\"%s\",\"params\":{\"name\":\"%s\"}}", id,
                   id);
    uspan_view_t view;
    assert_int_equal(uspan_read(&w->tracer, ask(request), &view), USPAN_OK);
    assert_int_equal(view.name_len, 40);
    (void)snprintf(request, sizeof request,
                   "{\"id\":6,\"method\":\"ping\",\"params\":{\"_meta\":{\"baggage\":\"%s\"}}}", id);
    (void)ask(request);
    size_t len;
    (void)uspan_mcp_baggage(&mcp, &len);
    assert_int_equal(len, 0);
}

/* A text that is too long ends with a complete character, wherever fragments end. */
static void test_a_text_is_cut_at_the_begin_of_a_character(void **state)
{
    static const char *const characters[] = { "x", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x8c\xb1" };
    for (unsigned before = 0; before < 4u; before++) {
        for (unsigned size = 1; size <= COUNT(characters); size++) {
            for (uint32_t how = WHOLE; how < 12u; how++) {
                world_t *w = *state;
                char uri[160] = "xxx";
                char request[256];
                char kept[128];
                uspan_value_t v;
                unsigned index;
                begin(w, NULL);
                uri[before] = '\0';
                while (strlen(uri) < 104u) {
                    strcat(uri, characters[size - 1u]);
                }
                (void)snprintf(request, sizeof request,
                               "{\"id\":1,\"method\":\"resources/read\",\"params\":{\"uri\":\"%s\"}}", uri);
                uspan_t s = feed(&mcp, uspan_mcp_request_part, request, how);
                assert_int_equal(uspan_find_attr(&w->tracer, s, USPAN_OF_SPAN, "mcp.resource.uri", &v, &index),
                                 USPAN_OK);
                assert_int_equal(v.len, 96u - (96u - before) % size);
                assert_int_equal(uspan_read_text(&w->tracer, s, USPAN_OF_SPAN, index, 0, kept, sizeof kept), v.len);
                assert_memory_equal(kept, uri, v.len);
                assert_int_equal(uspan_mcp_unread(&mcp), 1);
            }
        }
    }
}

static void test_a_long_span_name_is_cut_like_that_of_any_span(void **state)
{
    world_t *w = *state;
    for (unsigned before = 0; before < 80u; before++) { /* the character of two bytes is at each place */
        char name[128];
        char request[256];
        uspan_view_t mine;
        uspan_view_t other;
        begin(w, NULL);
        (void)snprintf(name, sizeof name, "tools/call %.*s\xc3\xa9%020d", (int)before,
                       "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 7);
        (void)snprintf(request, sizeof request,
                       "{\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"%s\"}}",
                       name + sizeof "tools/call");
        uspan_t s = ask(request);
        assert_int_equal(uspan_read(&w->tracer, s, &mine), USPAN_OK);
        assert_int_equal(uspan_read(&w->tracer, uspan_start(&w->tracer, USPAN_ROOT, name), &other), USPAN_OK);
        assert_int_equal(mine.name_len, other.name_len);
        assert_memory_equal(mine.name, other.name, other.name_len);
    }
}

static void test_a_whole_message_has_all_its_arguments_and_one_in_parts_the_first_of_them(void **state)
{
    world_t *w = *state;
    static char request[2048];
    char value[1025];
    uspan_value_t v;
    memset(value, 'a', sizeof value - 1u);
    value[sizeof value - 1u] = '\0';
    (void)snprintf(
        request, sizeof request,
        "{\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"x\",\"arguments\":{\"v\":\"%s\"}}}",
        value);
    begin(w, NULL);
    uspan_t s = ask(request);
    assert_int_equal(uspan_find_attr(&w->tracer, s, USPAN_OF_SPAN, "gen_ai.tool.call.arguments", &v, NULL),
                     USPAN_OK);
    assert_int_equal(v.len, sizeof value - 1u + 8u);
    assert_int_equal(uspan_mcp_unread(&mcp), 0);
    for (uint32_t how = BYTES; how < 8u; how++) {
        begin(w, NULL);
        s = feed(&mcp, uspan_mcp_request_part, request, how);
        assert_int_equal(
            uspan_find_attr(&w->tracer, s, USPAN_OF_SPAN, "gen_ai.tool.call.arguments", &v, NULL), USPAN_OK);
        assert_in_range(v.len, USPAN_MCP_HOLD_BYTES, USPAN_MCP_HOLD_BYTES + 32u);
        assert_int_equal(uspan_mcp_unread(&mcp), 1);
        assert_non_null(strstr(w->log, "USPAN_MCP_HOLD_BYTES"));
    }
}

static const char *redact(void *ctx, const uspan_key_t *key, const char *text, size_t *len)
{
    (void)ctx, (void)key, (void)text;
    *len = 0u;
    return "";
}

static void test_content_switches_and_the_redactor_hold_for_arguments_and_results(void **state)
{
    static const uspan_redactor_t redactor = { NULL, redact };
    for (unsigned way = 0; way < 2u; way++) {
        world_t *w = *state;
        begin(w, NULL);
        if (way == 0u) {
            uspan_set_content(&w->tracer, false);
        } else {
            uspan_set_redactor(&w->tracer, &redactor);
        }
        uspan_t s = ask(WATER);
        answer(WATERED);
        assert_null(strstr(line_of(w, s), "bed"));
        assert_null(strstr(line_of(w, s), "true"));
        assert_non_null(strstr(line_of(w, s), TOOL("water")));
        uspan_set_redactor(&w->tracer, NULL);
    }
}

/* An error's message is cut without a count, but a second one is counted as every text that comes again. */
static void test_only_a_second_message_of_an_error_is_counted(void **state)
{
    static const char *const errors[] = { "\"code\":1,\"message\":\"%s\"", "\"message\":\"%s\",\"message\":\"m\"",
                                          "\"message\":\"m\",\"message\":\"%s\"" };
    char text[400];
    char error[300];
    world_t *w = *state;
    char longest[80];
    memset(longest, 'x', sizeof longest - 1u);
    longest[sizeof longest - 1u] = '\0';
    for (unsigned i = 0; i < COUNT(errors); i++) {
        for (uint32_t how = WHOLE; how < 12u; how++) {
            begin(w, NULL);
            uspan_t s = ask("{\"id\":3,\"method\":\"ping\"}");
            (void)snprintf(error, sizeof error, errors[i], longest);
            (void)snprintf(text, sizeof text, "{\"id\":3,\"error\":{%s}}", error);
            (void)feed(&mcp, response_part, text, how);
            assert_true(has_ended(w, s));
            assert_int_equal(uspan_mcp_unread(&mcp), i > 0u);
            assert_non_null(strstr(line_of(w, s), i < 2u ? "ERROR xxxxxxxx" : "ERROR m;"));
        }
    }
}

static void test_a_malformed_error_ends_its_request(void **state)
{
    world_t *w = *state;
    for (uint32_t how = WHOLE; how < 12u; how++) {
        begin(w, NULL);
        uspan_t s = ask("{\"id\":3,\"method\":\"ping\"}");
        (void)feed(&mcp, response_part,
                   "{\"jsonrpc\":\"2.0\",\"id\":3,\"error\":{\"message\":\"Unknown tool: \"x\"\"}}", how);
        assert_string_equal(line_of(w, s),
                            "ping SERVER ERROR Unknown tool: ; error.type=_OTHER" ID("3") METHOD("ping"));
        assert_int_equal(uspan_mcp_unread(&mcp), 1);
    }
}

static void test_closing_ends_what_waits_and_nothing_is_read_afterwards(void **state)
{
    world_t *w = *state;
    begin(w, NULL);
    uspan_t s = ask("{\"id\":3,\"method\":\"ping\"}");
    uspan_mcp_close(&mcp, "connection_reset");
    assert_string_equal(line_of(w, s),
                        "ping SERVER ERROR; error.type=connection_reset" ID("3") METHOD("ping"));
    uspan_mcp_close(&mcp, NULL);
    assert_int_equal(ask("{\"id\":4,\"method\":\"ping\"}").id, 0);
    answer("{\"id\":3,\"result\":{}}");
    assert_int_equal(uspan_mcp_unknown(&mcp), 0);
    static uspan_tracer_t never;
    uspan_mcp_open(&mcp, &never, NULL);
    assert_int_equal(ask("{\"id\":4,\"method\":\"ping\"}").id, 0);
    uspan_mcp_open(&mcp, NULL, NULL);
    assert_int_equal(ask("{\"id\":4,\"method\":\"ping\"}").id, 0);
}

static void test_a_full_span_pool_costs_the_span_only(void **state)
{
    world_t *w = *state;
    begin(w, NULL);
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        (void)uspan_start(&w->tracer, USPAN_ROOT, "held");
    }
    assert_int_equal(ask("{\"id\":1,\"method\":\"ping\"}").id, 0);
    answer("{\"id\":1,\"result\":{}}");
    assert_int_equal(uspan_mcp_unknown(&mcp) + uspan_mcp_unread(&mcp) + uspan_mcp_unanswered(&mcp), 0);
    uspan_stats_t stats;
    uspan_stats(&w->tracer, 0u, &stats);
    assert_int_equal(stats.dropped[USPAN_DROP_POOL_FULL], 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_more_open_requests_than_there_is_room_for_end_the_oldest),
        TEST(test_a_span_that_the_program_has_ended_makes_room_before_others),
        TEST(test_a_span_that_is_not_recorded_makes_room_before_others),
        TEST(test_a_second_request_of_the_same_id_ends_the_first),
        TEST(test_an_answer_to_no_open_request_is_counted_and_logged),
        TEST(test_hostile_values_are_counted_and_cost_themselves_only),
        TEST(test_long_texts_are_cut_and_long_ids_are_told_apart),
        TEST(test_a_text_is_cut_at_the_begin_of_a_character),
        TEST(test_a_long_span_name_is_cut_like_that_of_any_span),
        TEST(test_a_whole_message_has_all_its_arguments_and_one_in_parts_the_first_of_them),
        TEST(test_content_switches_and_the_redactor_hold_for_arguments_and_results),
        TEST(test_only_a_second_message_of_an_error_is_counted),
        TEST(test_a_malformed_error_ends_its_request),
        TEST(test_closing_ends_what_waits_and_nothing_is_read_afterwards),
        TEST(test_a_full_span_pool_costs_the_span_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
