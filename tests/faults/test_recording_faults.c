/* test_recording_faults.c: one conversation of an agent, recorded repeatedly with less and less room or
 * entropy. It never crashes or leaks, and whatever is missing at the end was counted. Every block may be used
 * for every span here. The reserve is tested in test_reserve.c.
 * uspan-config: USPAN_TEXT_RESERVE=0 */
#include "uspan/genai.h"
#include <string.h>
#include "peek.h"

/* How the calls of one recording ended. */
typedef struct tale {
    unsigned calls, truncated, full, other;
    unsigned started, null;
    uspan_t spans[16];
} tale_t;

static void note(tale_t *tale, uspan_err_t err)
{
    tale->calls++;
    tale->truncated += err == USPAN_TRUNCATED;
    tale->full += err == USPAN_ERR_FULL;
    tale->other += err < USPAN_OK && err != USPAN_ERR_FULL;
}

static uspan_t begun(tale_t *tale, uspan_t s)
{
    assert_true(tale->started < COUNT(tale->spans));
    tale->spans[tale->started++] = s;
    tale->null += uspan_is_null(s);
    return s;
}

static void chat(uspan_tracer_t *t, tale_t *tale, uspan_t agent, const char *answer)
{
    static const char *const reasons[] = { "stop", "a reason that nobody has ever heard of, and that needs a block" };
    static const double numbers[] = { 0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5 };
    uspan_t s = begun(tale, uspan_chat_begin(t, agent, "dashscope", "qwen-max"));
    note(tale, uspan_set_str(t, s, &uspan_key_input_messages, "[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":"
                                                              "\"Water the tomatoes, please, but not the cactus.\"}]}]"));
    note(tale, uspan_set_double(t, s, &uspan_key_request_temperature, 0.25));
    for (size_t at = 0; answer[at] != '\0'; at += 3u) { /* pieces that split characters */
        size_t n = strlen(answer + at);
        note(tale, uspan_append_str_n(t, s, &uspan_key_output_messages, answer + at, n < 3u ? n : 3u));
        if (n < 3u) {
            break;
        }
    }
    note(tale, uspan_set_strs(t, s, &uspan_key_response_finish_reasons, reasons, COUNT(reasons)));
    note(tale, uspan_set_doubles(t, s, USPAN_KEY("logprobs"), numbers, COUNT(numbers)));
    note(tale, uspan_append_bytes(t, s, USPAN_KEY("audio"), numbers, sizeof numbers));
    note(tale, uspan_append_bytes(t, s, USPAN_KEY("audio"), numbers, sizeof numbers));
    note(tale, uspan_set_token_pair(t, s, 12, 34));
    note(tale, uspan_set_name(t, s, "chat qwen-max, the second thought"));
    note(tale, uspan_end(t, s));
}

static void tell(uspan_tracer_t *t, tale_t *tale)
{
    static const uspan_key_t valve = USPAN_KEY_INIT("garden.valve"), bed = USPAN_KEY_INIT("garden.bed");
    static const uspan_attr_t attrs[] = { USPAN_ATTR_INT(&valve, 3), USPAN_ATTR_TEXT(&bed, "tomatoes, the bed near the wall"),
                                          USPAN_ATTR_STATIC(&bed, "static") };
    *tale = (tale_t){ .calls = 0 };
    uspan_t agent = begun(tale, uspan_agent_begin(t, USPAN_ROOT, "greenhouse"));
    uspan_t before = uspan_enter(t, agent);
    uspan_t format = begun(tale, uspan_format_begin(t, USPAN_CURRENT, "dashscope"));
    note(tale, uspan_set_static(t, format, &uspan_key_function_input, "[]"));
    note(tale, uspan_end(t, format));
    chat(t, tale, USPAN_CURRENT, "Ich \xC3\xB6" "ffne Ventil 3 f\xC3\xBCr \xE2\x82\xAC 0 \xF0\x9F\x8C\xB1.");
    uspan_context_t c;
    (void)uspan_context_of(t, agent, &c);
    for (unsigned i = 0; i < 3u; i++) {
        uspan_t tool = begun(tale, uspan_tool_begin(t, agent, "open_valve", "call_0123456789abcdef"));
        note(tale, uspan_event_n(t, tool, "valve moved by the stepper motor", 32, 0, attrs, COUNT(attrs)));
        const uspan_link_t link = { .context = &c, .attrs = attrs, .attr_count = 2 };
        uspan_err_t err = uspan_add_link(t, tool, &link);
        if (err != USPAN_ERR_ARG) { /* without entropy there is no context to link to */
            note(tale, err);
        }
        if (i == 1u) {
            note(tale, uspan_record_error_data(t, tool, "timeout", "the valve did not answer in time", "{\"valve\":3}"));
        }
        note(tale, uspan_end(t, tool));
    }
    chat(t, tale, agent, "Fertig.");
    uspan_leave(t, before);
    note(tale, uspan_fail(t, agent, "cancelled", "the user pressed the button of the greenhouse"));
}

/* The losses noted in the spans must equal the counted ones, and no call may have lost anything without a
 * count. */
static void assert_told(world_t *w, const tale_t *tale)
{
    uspan_stats_t s = peek_stats(w);
    uint32_t attrs = 0, events = 0, links = 0;
    for (unsigned i = 0; i < tale->started; i++) {
        if (uspan_is_null(tale->spans[i])) {
            continue;
        }
        const uspan_slot_t *slot = peek_slot(w, tale->spans[i]);
        attrs += slot->dropped_attrs;
        events += slot->dropped_events;
        links += slot->dropped_links;
        for (unsigned n = 0; n < slot->event_count; n++) {
            attrs += peek_event(w, tale->spans[i], n)->dropped;
        }
        for (unsigned n = 0; n < slot->link_count; n++) {
            attrs += peek_link(w, tale->spans[i], n)->dropped;
        }
    }
    assert_int_equal(s.attrs_dropped, attrs);
    assert_int_equal(s.events_dropped, events);
    assert_int_equal(s.links_dropped, links);
    uint64_t dropped = 0;
    for (unsigned i = 0; i < USPAN_DROP_COUNT; i++) {
        dropped += s.dropped[i];
    }
    assert_int_equal(dropped, tale->null);
    assert_int_equal(s.started, tale->started);
    assert_int_equal(tale->other, 0);
    bool told = tale->truncated + tale->full > 0u;
    bool counted = s.attrs_dropped + s.events_dropped + s.links_dropped + s.values_truncated + s.tracestates_dropped > 0u;
    if (told) {
        assert_true(counted);
    }
    world_assert_balanced(w);
}

/* Bytes of everything that one recording stored, so that two can be compared. */
static unsigned stored(world_t *w)
{
    return w->tracer.trace.blocks_live;
}

static void test_with_any_number_of_free_blocks_every_loss_is_counted(void **state)
{
    world_t *w = *state;
    tale_t tale;
    tell(&w->tracer, &tale);
    assert_int_equal(tale.truncated + tale.full + tale.null, 0);
    assert_told(w, &tale);
    unsigned whole = stored(w);
    assert_true(whole > 20u && whole < USPAN_BLOCKS_MAX);
    for (unsigned have = 0; have <= whole; have++) {
        peek_restart(w);
        peek_leave_blocks(w, have);
        tell(&w->tracer, &tale);
        peek_return_blocks(w);
        assert_int_equal(tale.null, 0); /* a span itself needs no block */
        assert_told(w, &tale);
        assert_true(stored(w) <= have);
        uspan_stats_t s = peek_stats(w);
        bool counted = s.attrs_dropped + s.events_dropped + s.links_dropped + s.values_truncated > 0u;
        assert_int_equal(counted, have < whole);
        if (have == whole) {
            assert_int_equal(stored(w), whole);
        }
    }
}

static void test_with_any_number_of_free_slots_every_span_is_whole_or_counted(void **state)
{
    world_t *w = *state;
    for (unsigned taken = 0; taken <= USPAN_SPANS_MAX; taken++) {
        peek_restart(w);
        uspan_set_sampler(&w->tracer, (uspan_sampler_t){ .bound = USPAN_SAMPLE_NEVER });
        for (unsigned i = 0; i < taken; i++) {
            assert_false(uspan_is_null(uspan_start(&w->tracer, USPAN_ROOT, "in the way")));
        }
        uspan_set_sampler(&w->tracer, (uspan_sampler_t){ .bound = USPAN_SAMPLE_ALWAYS });
        w->tracer.trace.started = w->tracer.trace.unsampled = 0;
        tale_t tale;
        tell(&w->tracer, &tale);
        assert_told(w, &tale);
        uspan_stats_t s = peek_stats(w);
        unsigned room = USPAN_SPANS_MAX - taken;
        unsigned fits = tale.started < room ? tale.started : room;
        assert_int_equal(tale.started - tale.null, fits);
        assert_int_equal(s.dropped[USPAN_DROP_POOL_FULL] + s.dropped[USPAN_DROP_PARENT], tale.null);
        /* if the agent's span was lost, its children were lost too and did not start a trace */
        assert_int_equal(s.dropped[USPAN_DROP_PARENT], room == 0u ? tale.started - 1u : 0u);
    }
}

static void test_entropy_that_fails_at_any_call_costs_spans_until_it_comes_and_no_more(void **state)
{
    world_t *w = *state;
    for (int once = 0; once < 2; once++) {
        for (unsigned at = 0; at < 4u; at++) {
            peek_restart(w);
            w->entropy = false;
            assert_int_equal(uspan_init(&w->tracer, &w->port), USPAN_OK);
            w->entropy = true;
            w->calls = 0;
            w->fault = once != 0 ? WORLD_FAIL_ONCE : WORLD_FAIL_FROM;
            w->fault_at = at;
            unsigned null = 0, fine = 0;
            for (unsigned round = 0; round < 6u; round++) {
                tale_t tale;
                tell(&w->tracer, &tale);
                assert_int_equal(tale.other, 0);
                assert_true(tale.null == 0u || tale.null == tale.started);
                null += tale.null;
                fine += tale.started - tale.null;
                uint32_t wait_ms;
                assert_true(uspan_poll(&w->tracer, &wait_ms) <= USPAN_OK);
            }
            const uspan_trace_part_t *p = &w->tracer.trace;
            assert_int_equal(p->dropped[USPAN_DROP_NO_ENTROPY] + p->dropped[USPAN_DROP_PARENT], null);
            assert_int_equal(p->dropped[USPAN_DROP_NO_DESTINATION], fine);
            assert_int_equal(p->blocks_live, 0);
            bool never = once == 0 && at == 0u;
            assert_int_equal(fine > 0u, !never);
            w->fault = WORLD_NO_FAULT;
        }
    }
}

/* One step of an interruption: at the n-th release of the lock, another operation runs, as in an ISR or on
 * another core. */
static unsigned unlocks, strike_at;
static uspan_tracer_t *struck;
static tale_t *struck_tale;
static void (*plain_unlock)(void *ctx, uint32_t state);

static void striking_unlock(void *ctx, uint32_t state)
{
    plain_unlock(ctx, state);
    if (unlocks++ == strike_at) {
        for (unsigned i = 0; i < struck_tale->started; i++) { /* all open spans are ended during the call */
            (void)uspan_end(struck, struck_tale->spans[i]);
        }
    }
}

static void test_spans_that_end_between_any_two_steps_of_any_call_leak_nothing(void **state)
{
    world_t *w = *state;
    for (strike_at = 0;; strike_at++) {
        peek_restart(w);
        tale_t tale = { .calls = 0 };
        struck = &w->tracer;
        struck_tale = &tale;
        unlocks = 0;
        plain_unlock = w->port.unlock;
        w->port.unlock = striking_unlock;
        tell(&w->tracer, &tale);
        bool struck_it = unlocks > strike_at;
        w->port.unlock = plain_unlock;
        world_assert_balanced(w);
        if (!struck_it) {
            break;
        }
    }
    assert_true(strike_at > 100u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_with_any_number_of_free_blocks_every_loss_is_counted),
        IN_WORLD(test_with_any_number_of_free_slots_every_span_is_whole_or_counted),
        IN_WORLD(test_entropy_that_fails_at_any_call_costs_spans_until_it_comes_and_no_more),
        IN_WORLD(test_spans_that_end_between_any_two_steps_of_any_call_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
