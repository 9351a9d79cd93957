/* test_genai_studio.c: if a Studio run is registered, the run is the conversation. A group has its own
 * attribute keys.
 * uspan-config: USPAN_STUDIO=1 */
#include "typed_spans.h"
#include "uspan/read.h"
#include "uspan/wire.h"

static void test_a_group_does_not_take_the_run_s_place(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_trace_part_t *p = &t->trace;
    strcpy(p->runs[0].id, "run-one");
    p->run = 1;
    uspan_t s =
        uspan_workflow_begin_with(t, USPAN_ROOT, &(uspan_workflow_t){ .name = "w", .group_id = "group_1" });
    uspan_t chat = uspan_chat_begin(t, s, NULL, "m");
    ASSERT_SPAN(w, s, "invoke_workflow w", INTERNAL, "gen_ai.operation.name='invoke_workflow'",
                "gen_ai.workflow.name='w'", "gen_ai.conversation.id='run-one'", "session.id='group_1'",
                "uspan.trace.group_id='group_1'");
    ASSERT_SPAN(w, chat, "chat m", CLIENT, "gen_ai.operation.name='chat'", "gen_ai.request.model='m'",
                "gen_ai.conversation.id='run-one'");
    uspan_end(t, chat);
    uspan_end(t, s);
    peek_drain(w);
    p->run = 0;
}

/* Returns the text of an attribute of an ended span. */
static const char *text_of(world_t *w, uspan_t s, const char *key)
{
    static char text[256];
    uspan_value_t v;
    unsigned index;
    size_t len = 0;
    if (uspan_find_attr(&w->tracer, s, USPAN_OF_SPAN, key, &v, &index) == USPAN_OK) {
        len = uspan_read_text(&w->tracer, s, USPAN_OF_SPAN, index, 0, text, sizeof text - 1u);
    }
    text[len] = '\0';
    return text;
}

#define ASKED "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"Is bed 3 dry?\"}]}]"
#define SAID                                                                                           \
    "[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"Yes.\"}],\"finish_reason\":" \
    "\"stop\"}]"
#define URL "https://api.openai.com/v1/chat/completions"
#define REQUEST "{\"messages\":[{\"role\":\"user\",\"content\":\"Is bed 3 dry?\"}]}"
#define RESPONSE "{\"choices\":[{\"message\":{\"content\":\"Yes.\"},\"finish_reason\":\"stop\"}]}"

static void test_each_span_has_its_input_and_output_in_studio_s_words(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static uspan_wire_t wire;
    unsigned before = t->trace.blocks_live;
    uspan_t agent = uspan_agent_begin(t, USPAN_ROOT, "gardener");
    uspan_t typed = uspan_chat_begin_with(t, agent, &(uspan_chat_t){ .model = "m", .input_messages = ASKED });
    uspan_t tool =
        uspan_tool_begin_with(t, agent, &(uspan_tool_t){ .name = "read_soil", .arguments = "{\"bed\":3}" });
    uspan_t own =
        uspan_function_begin_with(t, agent, &(uspan_function_t){ .name = "f", .function_input = "\"own\"" });
    uspan_t read = uspan_wire_begin(&wire, t, agent, URL);
    (void)uspan_set_str(t, agent, &uspan_key_input_messages, ASKED);
    (void)uspan_set_str(t, agent, &uspan_key_output_messages, SAID);
    uspan_wire_request(&wire, REQUEST, strlen(REQUEST));
    uspan_wire_response(&wire, RESPONSE, strlen(RESPONSE));
    (void)uspan_wire_end(&wire, 200, NULL);
    (void)uspan_chat_end(t, typed, &(uspan_chat_result_t){ .output_messages = SAID });
    (void)uspan_tool_end(t, tool, &(uspan_tool_result_t){ .result = "{\"moisture\":12}" });
    (void)uspan_set_str(t, own, &uspan_key_input_messages, ASKED);
    unsigned live = t->trace.blocks_live;
    (void)uspan_function_end(t, own, NULL);
    (void)uspan_end(t, agent);
    assert_int_equal(t->trace.blocks_live, live); /* each text is stored once */
    const uspan_t talks[] = { agent, typed, read };
    for (size_t i = 0; i < COUNT(talks); i++) {
        assert_string_equal(text_of(w, talks[i], "agentscope.function.input"), ASKED);
        assert_string_equal(text_of(w, talks[i], "gen_ai.input.messages"), ASKED);
        assert_string_equal(text_of(w, talks[i], "agentscope.function.output"), SAID);
        assert_string_equal(text_of(w, talks[i], "gen_ai.output.messages"), SAID);
    }
    assert_string_equal(text_of(w, tool, "agentscope.function.input"), "{\"bed\":3}");
    assert_string_equal(text_of(w, tool, "agentscope.function.output"), "{\"moisture\":12}");
    assert_string_equal(text_of(w, own, "agentscope.function.input"), "\"own\"");
    assert_string_equal(text_of(w, own, "agentscope.function.output"), "");
    peek_drain(w);
    assert_int_equal(t->trace.blocks_live, before); /* each block was freed once */
}

#define RICH                                                                                                     \
    "{\"model\":\"m\",\"temperature\":0.5,\"top_p\":0.9,\"max_tokens\":64,\"frequency_penalty\":0.1,"            \
    "\"presence_penalty\":0.1,\"stop\":[\"x\"],\"seed\":7,\"n\":2,\"reasoning_effort\":\"low\",\"messages\":["   \
    "{\"role\":\"user\",\"content\":\"Is bed 3 dry?\"}]}"
#define RICH_ANSWER                                                                                              \
    "{\"id\":\"c1\",\"model\":\"m-1\",\"system_fingerprint\":\"fp\",\"service_tier\":\"flex\",\"choices\":[{"    \
    "\"message\":{\"content\":\"Yes.\"},\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,"            \
    "\"completion_tokens\":4,\"prompt_tokens_details\":{\"cached_tokens\":1},\"completion_tokens_details\":{"    \
    "\"reasoning_tokens\":2}}}"

static void test_a_chat_with_many_parameters_has_room_for_studio_s_words(void **state)
{
    world_t *w = *state;
    static uspan_wire_t wire;
    uint32_t before = w->tracer.trace.attrs_dropped;
    uspan_t chat = uspan_wire_begin(&wire, &w->tracer, USPAN_ROOT, URL);
    uspan_wire_request(&wire, RICH, strlen(RICH));
    uspan_wire_response(&wire, RICH_ANSWER, strlen(RICH_ANSWER));
    (void)uspan_wire_end(&wire, 200, NULL);
    assert_in_range(peek_slot(w, chat)->attr_count, 25, 28);
    assert_int_equal(w->tracer.trace.attrs_dropped, before);
    assert_string_equal(text_of(w, chat, "agentscope.function.input"), ASKED);
    assert_string_equal(text_of(w, chat, "agentscope.function.output"), SAID);
    peek_drain(w);
}

static void test_keys_that_break_studio_leave_the_span_and_are_counted(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_start(t, USPAN_ROOT, "s");
    (void)uspan_set_str(t, s, USPAN_KEY("__proto__"),
                        "a text that takes a block of the pool, and more than that");
    (void)uspan_set_int(t, s, USPAN_KEY("good"), 1);
    (void)uspan_set_int(t, s, USPAN_KEY("a.constructor.b"), 2);
    (void)uspan_set_int(t, s, USPAN_KEY("a.prototype"), 3);
    (void)uspan_set_int(t, s, USPAN_KEY("a.prototypes"), 4);
    (void)uspan_set_int(t, s, USPAN_KEY("car.Constructor"), 5); /* harmless, because JavaScript minds the case */
    uint32_t before = t->trace.attrs_dropped;
    (void)uspan_end(t, s);
    assert_int_equal(peek_slot(w, s)->attr_count, 3);
    assert_int_equal(t->trace.attrs_dropped, before + 3u);
    char words[512];
    (void)uspan_diagnose(t, 0u, words, sizeof words);
    assert_non_null(strstr(words, "Attributes left out, no part of a key may be \"__proto__\""));
    assert_null(strstr(words, "USPAN_EVENT_ATTRS_MAX"));
    assert_non_null(peek_attr(w, s, "good"));
    assert_non_null(peek_attr(w, s, "a.prototypes"));
    assert_non_null(peek_attr(w, s, "car.Constructor"));
    peek_drain(w);
}

static void test_keys_that_break_studio_leave_events_and_links_too(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_start(t, USPAN_ROOT, "s");
    uint32_t before = t->trace.attrs_dropped, refused = t->trace.keys_refused;
    unsigned live = t->trace.blocks_live;
    const uspan_attr_t attrs[] = { USPAN_ATTR_INT(USPAN_KEY("a.__proto__.b"), 1),
                                   USPAN_ATTR_TEXT(
                                       USPAN_KEY("constructor"),
                                       "a text that takes a block of the pool, and more than that"),
                                   USPAN_ATTR_INT(USPAN_KEY("constructors"), 2) };
    uspan_context_t context = { .trace_id = { 1 }, .span_id = { 2 } };
    assert_int_equal(uspan_event_n(t, s, "e", 1u, 0u, attrs, COUNT(attrs)), USPAN_TRUNCATED);
    assert_int_equal(
        uspan_add_link(t, s,
                       &(uspan_link_t){ .context = &context, .attrs = attrs, .attr_count = COUNT(attrs) }),
        USPAN_TRUNCATED);
    assert_int_equal(t->trace.attrs_dropped, before + 4u);
    assert_int_equal(t->trace.keys_refused, refused + 4u);
    assert_true(t->trace.blocks_live <= live + 4u); /* a record and its entries are stored, but no text */
    uspan_view_t view;
    uspan_value_t v;
    assert_int_equal(uspan_read(t, s, &view), USPAN_OK);
    assert_int_equal(view.event_count + view.link_count, 2);
    for (unsigned i = 0; i < 2u; i++) {
        unsigned of = i == 0u ? USPAN_OF_EVENT(0) : USPAN_OF_LINK(0);
        assert_int_equal(uspan_read_attr(t, s, of, 0, &v), USPAN_OK);
        assert_string_equal(v.key->text, "constructors");
        assert_int_equal(uspan_read_attr(t, s, of, 1, &v), USPAN_ERR_CLOSED);
    }
    (void)uspan_end(t, s);
    peek_drain(w);
}

static void test_a_full_table_counts_what_it_has_no_room_for(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_start(t, USPAN_ROOT, "s");
    uspan_set_limits(t, &(uspan_limits_t){ .attrs = 2 });
    (void)uspan_set_str(t, s, &uspan_key_tool_call_arguments, "{}");
    (void)uspan_set_str(t, s, &uspan_key_tool_call_result, "{}");
    uint32_t before = t->trace.attrs_dropped;
    (void)uspan_end(t, s);
    assert_int_equal(t->trace.attrs_dropped, before + 2u);
    assert_int_equal(peek_slot(w, s)->attr_count, 2);
    peek_drain(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_a_group_does_not_take_the_run_s_place),
        IN_WORLD(test_each_span_has_its_input_and_output_in_studio_s_words),
        IN_WORLD(test_a_chat_with_many_parameters_has_room_for_studio_s_words),
        IN_WORLD(test_keys_that_break_studio_leave_the_span_and_are_counted),
        IN_WORLD(test_keys_that_break_studio_leave_events_and_links_too),
        IN_WORLD(test_a_full_table_counts_what_it_has_no_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
