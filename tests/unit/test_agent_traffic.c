/* test_agent_traffic.c: traces an agent in the default configuration. The agent has 28 tools, a system
 * prompt of 6 KB and a history of five turns. It makes 12 model calls, of which some fail, and 4 tool
 * calls. Every span arrives with its structural attributes unchanged. Only content is truncated, and the
 * counters say how many values. */
#include <stdio.h>
#include <string.h>
#include "proto_view.h"
#include "uspan/genai.h"
#include "uspan/wire.h"
#include "world.h"

#define CALLS 12u
#define TOOL_CALLS 4u
#define TOOLS 28u
#define TURNS 5u
#define SYSTEM_BYTES 6144u
#define SPANS (1u + CALLS + TOOL_CALLS)
#define URL "https://api.openai.com/v1/chat/completions"
#define END "THE-END" /* ends each text, so a value that contains it was not truncated */

static char body[65536];
static size_t body_len;

static void put(const char *text)
{
    size_t len = strlen(text);
    assert_true(body_len + len < sizeof body);
    memcpy(body + body_len, text, len + 1u);
    body_len += len;
}

/* Write one message of len bytes of text. */
static void put_message(const char *role, unsigned number, size_t len)
{
    char text[SYSTEM_BYTES + 64u];
    size_t at = (size_t)snprintf(text, sizeof text, "%s %u: ", role, number);
    for (unsigned i = 0; at + strlen(END) < len; i++) {
        text[at++] = "water the beds and look "[i % 24u];
    }
    (void)snprintf(text + at, sizeof text - at, "%s", END);
    put("{\"role\":\"");
    put(role);
    put("\",\"content\":\"");
    put(text);
    put("\"},");
}

static void make_request(unsigned call)
{
    char line[512];
    body_len = 0;
    put("{\"model\":\"qwen-plus-2025-07-28\",\"max_tokens\":512,\"messages\":[");
    put_message("system", 0u, SYSTEM_BYTES);
    for (unsigned i = 0; i < TURNS; i++) {
        put_message("user", 2u * i, 120u + 10u * i);
        put_message("assistant", 2u * i + 1u, 220u + 10u * i);
    }
    put_message("user", 100u + call, 90u);
    body_len--;
    put("],\"tools\":[");
    for (unsigned i = 0; i < TOOLS; i++) {
        (void)snprintf(line, sizeof line,
                       "%s{\"type\":\"function\",\"function\":{\"name\":\"tool_%u\",\"description\":\"Sets "
                       "the valve of a bed to an "
                       "opening in percent, and says how wet it "
                       "is.\",\"parameters\":{\"type\":\"object\",\"properties\":{\"bed\":"
                       "{\"type\":\"integer\",\"description\":\"which\"},\"percent\":{\"type\":\"number\"}},"
                       "\"required\":"
                       "[\"bed\",\"percent\"]}}}",
                       i > 0u ? "," : "", i);
        put(line);
    }
    put("]}");
}

/* Results of the calls: every third call asks for a tool, and calls 4, 7 and 10 fail in three ways. */
static bool fails(unsigned call)
{
    return call % 3u == 1u && call > 1u;
}

static bool asks(unsigned call)
{
    return call % 3u == 0u;
}

static void make_answer(unsigned call)
{
    char text[1024];
    body_len = 0;
    (void)snprintf(text, sizeof text,
                   "{\"id\":\"chatcmpl-0123456789abcdef-%u\",\"model\":\"qwen-plus-2025-07-28-preview\","
                   "\"choices\":[{\"index\":0,"
                   "\"finish_reason\":\"%s\",\"message\":{\"role\":\"assistant\",",
                   call, asks(call) ? "tool_calls" : "stop");
    put(text);
    if (asks(call)) {
        (void)snprintf(text, sizeof text,
                       "\"tool_calls\":[{\"id\":\"call_abcdefghijkl_%u\",\"type\":\"function\",\"function\":{"
                       "\"name\":\"tool_%u\","
                       "\"arguments\":\"{\\\"bed\\\":3,\\\"note\\\":\\\"%s\\\"}\"}}]",
                       call, call, END);
        put(text);
    } else {
        put("\"content\":\"Bed 3 is dry, so I have opened its valve for ten minutes. ");
        put("I shall look at it again in an hour and tell you if it is still dry. " END "\"");
    }
    put("}}],\"usage\":{\"prompt_tokens\":2345,\"completion_tokens\":67,\"total_tokens\":2412}}");
}

/* Run the device's main loop for a while. */
static void poll_some(world_t *w)
{
    for (unsigned i = 0; i < 12u; i++) {
        (void)world_poll(w, &(uint32_t){ 0 });
        world_advance_ms(w, 20u);
    }
}

static void run_call(world_t *w, uspan_t agent, unsigned call)
{
    static uspan_wire_t wire;
    uspan_tracer_t *t = &w->tracer;
    (void)uspan_wire_begin(&wire, t, agent, URL);
    make_request(call);
    for (size_t at = 0; at < body_len; at += 700u) {
        uspan_wire_request(&wire, body + at, body_len - at < 700u ? body_len - at : 700u);
        (void)world_poll(w, &(uint32_t){ 0 });
    }
    if (fails(call)) {
        static const char refusal[] =
            "{\"error\":{\"message\":\"the key has no quota left\",\"type\":\"insufficient_quota\"}}";
        bool answered = call != 10u;
        if (answered) {
            uspan_wire_response(&wire, refusal, sizeof refusal - 1u);
        }
        (void)uspan_wire_end(&wire,
                             call == 4u   ? 429
                             : call == 7u ? 500
                                          : 0,
                             answered ? NULL : "ESP_ERR_HTTP_CONNECT_TIMEOUT");
        return;
    }
    make_answer(call);
    uspan_wire_response(&wire, body, body_len);
    assert_true(uspan_wire_end(&wire, 200, NULL) >= USPAN_OK);
    if (asks(call)) {
        char id[32], name[16]; /* the agent has both when it calls its tool */
        (void)snprintf(name, sizeof name, "tool_%u", call);
        (void)snprintf(id, sizeof id, "call_abcdefghijkl_%u", call);
        uspan_t tool = uspan_wire_tool_begin(&wire, t, agent, name, id);
        uspan_tool_end(
            t, tool,
            &(uspan_tool_result_t){ .result = "{\"moisture\":12,\"valve\":\"open\",\"text\":\"" END "\"}" });
    }
}

/* ---- what arrived -------------------------------------------------------------------------------------- */

typedef struct found {
    unsigned spans, chats, tools, agents, cut, dropped, counted, unread, unknown;
    bool call_seen[CALLS];
} found_t;

static void assert_text(view_t span, const char *key, const char *text)
{
    view_t value = { 0 }, string = { 0 };
    if (!view_attr(span, 9u, key, &value) || !view_get(value, 1u, 0u, &string) || !view_is(string, text)) {
        fail_msg("%s is not %s", key, text);
    }
}

static void assert_int(view_t span, const char *key, uint64_t number)
{
    view_t value;
    assert_true(view_attr(span, 9u, key, &value));
    assert_int_equal(view_number(value, 3u), number);
}

/* A content value was truncated if it has fewer text ends than texts were written. With half the pool it
 * may be missing. */
static void count_cut(found_t *found, view_t span, const char *key, unsigned texts)
{
    view_t value = { 0 }, string = { 0 };
    unsigned ends = 0;
    if (!view_attr(span, 9u, key, &value)) {
        if (USPAN_TEXT_BYTES >= 8192) {
            fail_msg("%s is not there", key);
        }
        found->dropped++;
        return;
    }
    assert_true(view_get(value, 1u, 0u, &string));
    for (size_t i = 0; i + strlen(END) <= string.len; i++) {
        ends += memcmp(string.at + i, END, strlen(END)) == 0;
    }
    assert_true(ends <= texts);
    found->cut += ends < texts;
}

static void look_at_chat(found_t *found, view_t span)
{
    static const char *const codes[] = { "429", "500", "ESP_ERR_HTTP_CONNECT_TIMEOUT" };
    view_t value = { 0 }, id = { 0 };
    unsigned call = CALLS;
    assert_text(span, "gen_ai.provider.name", "openai");
    assert_text(span, "gen_ai.request.model", "qwen-plus-2025-07-28");
    assert_text(span, "server.address", "api.openai.com");
    assert_int(span, "gen_ai.request.max_tokens", 512u);
    count_cut(found, span, "gen_ai.input.messages", 9u); /* the system prompt and the last eight messages */
    if (view_attr(span, 9u, "error.type", &value)) {
        view_t type = { 0 };
        assert_true(view_get(value, 1u, 0u, &type));
        for (unsigned i = 0; i < 3u; i++) {
            call = view_is(type, codes[i]) ? 4u + 3u * i : call;
        }
    } else {
        assert_true(view_attr(span, 9u, "gen_ai.response.id", &value) && view_get(value, 1u, 0u, &id));
        assert_true(sscanf((const char *)id.at, "chatcmpl-0123456789abcdef-%u", &call) == 1);
        assert_text(span, "gen_ai.response.model", "qwen-plus-2025-07-28-preview");
        assert_true(view_attr(span, 9u, "gen_ai.response.finish_reasons", &value));
        assert_int(span, "gen_ai.usage.input_tokens", 2345u);
        assert_int(span, "gen_ai.usage.output_tokens", 67u);
        count_cut(found, span, "gen_ai.output.messages", 1u);
    }
    assert_true(call < CALLS && !found->call_seen[call]);
    found->call_seen[call] = true;
    found->chats++;
    found->unread += view_attr(span, 9u, "uspan.wire.unread", &value);
}

static void look_at(found_t *found, view_t span)
{
    view_t operation = { 0 }, text = { 0 };
    found->spans++;
    unsigned dropped = found->dropped;
    assert_true(view_attr(span, 9u, "gen_ai.operation.name", &operation) &&
                view_get(operation, 1u, 0u, &text));
    if (view_is(text, "chat")) {
        look_at_chat(found, span);
    } else if (view_is(text, "execute_tool")) {
        view_t value;
        assert_true(view_attr(span, 9u, "gen_ai.tool.name", &value));
        assert_true(view_attr(span, 9u, "gen_ai.tool.call.id", &value));
        /* Both come from the answer. With half the pool, the chat's span may count that text as unread. */
        if (USPAN_TEXT_BYTES >= 8192 || view_attr(span, 9u, "gen_ai.tool.call.arguments", &value)) {
            count_cut(found, span, "gen_ai.tool.call.arguments", 1u);
        } else {
            found->unknown++;
        }
        count_cut(found, span, "gen_ai.tool.call.result", 1u);
        found->tools++;
    } else {
        assert_text(span, "gen_ai.agent.name", "greenhouse");
        found->agents++;
    }
    /* Only content is dropped. With half the pool, a text that waited for free blocks may be counted as
     * unread. */
    view_t unread;
    uint64_t counted = view_number(span, 10u);
    bool waited = USPAN_TEXT_BYTES < 8192 && view_attr(span, 9u, "uspan.wire.unread", &unread);
    assert_in_range(counted, waited ? 0u : found->dropped - dropped, found->dropped - dropped);
    found->counted += (unsigned)counted;
}

static void test_a_real_agents_trace_arrives_whole_but_for_content(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    world_reset_with_collector(w);
    uspan_t agent = uspan_agent_begin_with(
        t, USPAN_ROOT, &(uspan_agent_t){ .name = "greenhouse", .model = "qwen-plus-2025-07-28" });
    for (unsigned call = 0; call < CALLS; call++) {
        run_call(w, agent, call);
        poll_some(w);
    }
    uspan_end(t, agent);
    world_drain(w);
    found_t found = { 0 };
    for (unsigned r = 0; r < w->request_count; r++) {
        view_t request;
        request.at = world_body(w, r, &request.len);
        for (unsigned i = 0; i < view_span_count(request); i++) {
            look_at(&found, view_span(request, i));
        }
    }
    assert_int_equal(found.spans, SPANS);
    assert_int_equal(found.chats, CALLS);
    assert_int_equal(found.tools, TOOL_CALLS);
    assert_int_equal(found.agents, 1u);
    uspan_stats_t s;
    uspan_stats(t, 0u, &s);
    assert_int_equal(s.delivered, SPANS);
    assert_int_equal(s.attrs_dropped, found.counted);
    assert_in_range(found.unknown, 0, found.unread); /* the span of the chat counts each of them */
    if (USPAN_TEXT_BYTES >= 8192) {
        assert_int_equal(s.values_truncated, found.cut);
    } else { /* A text that waited for free blocks and got none is counted as unread in its span. */
        assert_in_range(found.cut, s.values_truncated, s.values_truncated + found.unread);
    }
    char words[400];
    (void)uspan_diagnose(t, 0u, words, sizeof words);
    assert_int_equal(found.cut + found.dropped > 0u, strstr(words, "No problem found") == NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_real_agents_trace_arrives_whole_but_for_content, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
