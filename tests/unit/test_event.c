/* test_event.c: an event or link is stored with the attributes that fit, or its loss is counted. This
 * holds for every number of free blocks. */
#include <stdio.h>
#include <string.h>
#include "peek.h"

static const uspan_key_t a = USPAN_KEY_INIT("a"), b = USPAN_KEY_INIT("b"), c = USPAN_KEY_INIT("c"),
                         secret = USPAN_KEY_CONTENT_INIT("secret");
static const uspan_attr_t three[] = { USPAN_ATTR_TEXT(&a, "a text that takes a block of its own"), USPAN_ATTR_INT(&b, 7),
                                      USPAN_ATTR_STATIC(&c, "static") };

static uspan_t begin(world_t *w)
{
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "span");
    assert_true(s.id > 3u);
    return s;
}

static uspan_link_t link_to(uspan_context_t *context)
{
    *context = (uspan_context_t){ .flags = USPAN_FLAG_SAMPLED, .remote = 1u };
    memset(context->trace_id, 0xAB, 16);
    memset(context->span_id, 0xCD, 8);
#if USPAN_TRACESTATE_BYTES > 0
    memcpy(context->tracestate, "vendor=a-value-of-some-length", 29);
    context->tracestate_len = 29;
#endif
    return (uspan_link_t){ .context = context, .attrs = three, .attr_count = 3 };
}

static void test_events_keep_name_time_order_and_attributes(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = begin(w);
    assert_int_equal(uspan_event(t, s, "short"), USPAN_OK);
    assert_int_equal(uspan_event_n(t, s, "a name longer than eight bytes!!", 30, 123, three, 3), USPAN_OK);
    assert_int_equal(uspan_event_n(t, s, "bad \xFF name", 10, 9, NULL, 0), USPAN_OK);
    const uspan_event_rec_t *first = peek_event(w, s, 0);
    assert_string_equal(peek_event_name(w, first), "short");
    assert_true(first->time_ns == w->now_ns);
    assert_int_equal(first->attr_count, 0);
    const uspan_event_rec_t *second = peek_event(w, s, 1);
    assert_string_equal(peek_event_name(w, second), "a name longer than eight bytes");
    assert_int_equal(second->time_ns, 123);
    assert_int_equal(second->attr_count, 3);
    assert_int_equal(second->dropped, 0);
    assert_string_equal(peek_bytes(w, peek_entry(w, second->attrs, 0)), "a text that takes a block of its own");
    assert_int_equal(peek_entry(w, second->attrs, 1)->v.i, 7);
    assert_ptr_equal(peek_entry(w, second->attrs, 2)->key, &c);
    assert_string_equal(peek_event_name(w, peek_event(w, s, 2)), "bad \xEF\xBF\xBD name");
    assert_int_equal(peek_slot(w, s)->event_count, 3);
}

/* As with spans, Unix time in place of monotonic time is a caller's mistake and is counted. */
static void test_an_event_ahead_of_now_happened_now(void **state)
{
    world_t *w = *state;
    static const uint64_t wrong[] = { 1790000000000000000u, UINT64_MAX };
    uspan_t s = begin(w);
    for (unsigned i = 0; i < COUNT(wrong); i++) {
        assert_int_equal(uspan_event_n(&w->tracer, s, "e", 1, wrong[i], NULL, 0), USPAN_OK);
        assert_true(peek_event(w, s, i)->time_ns == w->now_ns);
        assert_int_equal(peek_stats(w).times_ahead, i + 1u);
    }
    assert_int_equal(uspan_event_n(&w->tracer, s, "e", 1, w->now_ns, NULL, 0), USPAN_OK);
    assert_int_equal(peek_stats(w).times_ahead, COUNT(wrong));
}

static void test_links_keep_ids_flags_tracestate_and_attributes(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_context_t context;
    uspan_link_t link = link_to(&context);
    uspan_t s = begin(w);
    assert_int_equal(uspan_add_link(t, s, &link), USPAN_OK);
    context.span_id[0] = 1;
    context.remote = 0;
    link.attr_count = 0;
#if USPAN_TRACESTATE_BYTES > 0
    context.tracestate_len = 0;
#endif
    assert_int_equal(uspan_add_link(t, s, &link), USPAN_OK);
    const uspan_link_rec_t *rec = peek_link(w, s, 0);
    assert_memory_equal(rec->trace_id, context.trace_id, 16);
    assert_int_equal(rec->span_id[0], 0xCD);
    assert_int_equal(rec->flags, USPAN_FLAG_SAMPLED);
    assert_int_equal(rec->remote, 1);
    assert_int_equal(rec->attr_count, 4);
    assert_null(peek_entry(w, rec->attrs, 0)->key);
    assert_string_equal(peek_bytes(w, peek_entry(w, rec->attrs, 0)), "vendor=a-value-of-some-length");
    assert_int_equal(peek_entry(w, rec->attrs, 2)->v.i, 7);
    assert_int_equal(peek_link(w, s, 1)->span_id[0], 1);
    assert_int_equal(peek_link(w, s, 1)->remote, 0);
    assert_int_equal(peek_link(w, s, 1)->attr_count, 0);
    assert_int_equal(peek_slot(w, s)->link_count, 2);
}

static void test_above_the_limit_events_and_links_are_counted(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_context_t context;
    uspan_link_t link = link_to(&context);
    uspan_t s = begin(w);
    for (unsigned i = 0; i < USPAN_EVENTS_MAX + 2u; i++) {
        assert_int_equal(uspan_event(t, s, "e"), i < USPAN_EVENTS_MAX ? USPAN_OK : USPAN_ERR_FULL);
    }
    for (unsigned i = 0; i < USPAN_LINKS_MAX + 3u; i++) {
        assert_int_equal(uspan_add_link(t, s, &link), i < USPAN_LINKS_MAX ? USPAN_OK : USPAN_ERR_FULL);
    }
    assert_int_equal(peek_slot(w, s)->dropped_events, 2);
    assert_int_equal(peek_slot(w, s)->dropped_links, 3);
    assert_int_equal(peek_stats(w).events_dropped, 2);
    assert_int_equal(peek_stats(w).links_dropped, 3);
    const uspan_limits_t limits = { .events = 1, .links = 1 };
    uspan_set_limits(t, &limits);
    uspan_t other = begin(w);
    assert_int_equal(uspan_event(t, other, "e"), USPAN_OK);
    assert_int_equal(uspan_event(t, other, "e"), USPAN_ERR_FULL);
    assert_int_equal(uspan_add_link(t, other, &link), USPAN_OK);
    assert_int_equal(uspan_add_link(t, other, &link), USPAN_ERR_FULL);
}

static void test_above_their_limit_attributes_of_events_and_links_are_counted_in_them(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_context_t context;
    uspan_link_t link = link_to(&context);
    static uspan_attr_t many[300];
    static uspan_key_t keys[COUNT(many)];
    static char names[COUNT(many)][4];
    for (unsigned i = 0; i < COUNT(many); i++) {
        static const uspan_key_t pattern = USPAN_KEY_INIT("000");
        keys[i] = pattern; /* all keys have the same length and id, so only their text differs */
        snprintf(names[i], sizeof names[i], "%03u", i);
        keys[i].text = names[i];
        many[i] = (uspan_attr_t)USPAN_ATTR_INT(&keys[i], (int64_t)i);
    }
    uspan_t s = begin(w);
    assert_int_equal(uspan_event_n(t, s, "e", 1, 0, many, USPAN_EVENT_ATTRS_MAX), USPAN_OK);
    assert_int_equal(uspan_event_n(t, s, "e", 1, 0, many, USPAN_EVENT_ATTRS_MAX + 2u), USPAN_TRUNCATED);
    assert_int_equal(uspan_event_n(t, s, "e", 1, 0, many, COUNT(many)), USPAN_TRUNCATED);
    assert_int_equal(peek_event(w, s, 0)->dropped, 0);
    assert_int_equal(peek_event(w, s, 1)->dropped, 2);
    assert_int_equal(peek_event(w, s, 1)->attr_count, USPAN_EVENT_ATTRS_MAX);
    assert_int_equal(peek_event(w, s, 2)->dropped, 255); /* the counter stops at its maximum */
    for (unsigned i = 0; i < USPAN_EVENT_ATTRS_MAX; i++) {
        assert_int_equal(peek_entry(w, peek_event(w, s, 2)->attrs, i)->v.i, i);
    }
    const uspan_limits_t limits = { .event_attrs = 1, .link_attrs = 2 };
    uspan_set_limits(t, &limits);
    uspan_t other = begin(w);
    assert_int_equal(uspan_event_n(t, other, "e", 1, 0, three, 3), USPAN_TRUNCATED);
    assert_int_equal(uspan_add_link(t, other, &link), USPAN_TRUNCATED);
    assert_int_equal(peek_event(w, other, 0)->dropped, 2);
    assert_int_equal(peek_link(w, other, 0)->dropped, 1);
    assert_int_equal(peek_link(w, other, 0)->attr_count, 3); /* the tracestate is not one of them */
    assert_int_equal(peek_stats(w).attrs_dropped, 2u + (300u - USPAN_EVENT_ATTRS_MAX) + 2u + 1u);
}

static void test_the_same_key_twice_in_an_event_replaces(void **state)
{
    world_t *w = *state;
    static const uspan_key_t other_a = USPAN_KEY_INIT("a");
    const uspan_attr_t attrs[] = { USPAN_ATTR_TEXT(&a, "a text that takes a block of its own"), USPAN_ATTR_INT(&b, 1),
                                   USPAN_ATTR_TEXT(&other_a, "another that takes one") };
    uspan_t s = begin(w);
    assert_int_equal(uspan_event_n(&w->tracer, s, "e", 1, 0, attrs, COUNT(attrs)), USPAN_OK);
    assert_int_equal(peek_event(w, s, 0)->attr_count, 2);
    assert_string_equal(peek_bytes(w, peek_entry(w, peek_event(w, s, 0)->attrs, 0)), "another that takes one");
    assert_int_equal(w->tracer.trace.blocks_live, 3); /* the blocks of the event, its entries and the text */
}

static void test_bad_attributes_of_an_event_are_dropped_alone(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    const uspan_attr_t attrs[] = { { .key = NULL, .type = USPAN_TYPE_INT }, USPAN_ATTR_INT(&b, 7),
                                   { .key = &a, .type = (uspan_type_t)77 } };
    uspan_t s = begin(w);
    assert_int_equal(uspan_event_n(t, s, "e", 1, 0, attrs, COUNT(attrs)), USPAN_TRUNCATED);
    assert_int_equal(peek_event(w, s, 0)->attr_count, 1);
    assert_int_equal(peek_event(w, s, 0)->dropped, 2);
    const uspan_attr_t no_texts[] = { { .key = &a, .type = USPAN_TYPE_TEXT, .count = 1 },
                                      { .key = &a, .type = USPAN_TYPE_TEXT, .count = USPAN_TO_NUL - 1u },
                                      { .key = &a, .type = USPAN_TYPE_TEXT, .count = USPAN_TO_NUL },
                                      { .key = &b, .type = USPAN_TYPE_TEXT, .count = 0 } };
    assert_int_equal(uspan_event_n(t, s, "e", 1, 0, no_texts, COUNT(no_texts)), USPAN_TRUNCATED);
    assert_int_equal(peek_event(w, s, 1)->attr_count, 2); /* an empty text has no pointer */
    assert_int_equal(peek_event(w, s, 1)->dropped, 2);
    assert_int_equal(peek_entry(w, peek_event(w, s, 1)->attrs, 0)->len, 0);
}

static void test_the_limit_for_values_spares_names_and_tracestates(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_context_t context;
    uspan_link_t link = link_to(&context);
    const uspan_limits_t limits = { .value_chars = 4 };
    uspan_set_limits(t, &limits);
    uspan_t s = begin(w);
    assert_int_equal(uspan_event_n(t, s, "exception", 9, 0, three, 3), USPAN_TRUNCATED);
    assert_string_equal(peek_event_name(w, peek_event(w, s, 0)), "exception");
    assert_string_equal(peek_bytes(w, peek_entry(w, peek_event(w, s, 0)->attrs, 0)), "a te");
    assert_string_equal(peek_bytes(w, peek_entry(w, peek_event(w, s, 0)->attrs, 2)), "stat");
    assert_int_equal(peek_stats(w).values_truncated, 2);
    assert_int_equal(uspan_add_link(t, s, &link), USPAN_TRUNCATED);
    assert_string_equal(peek_bytes(w, peek_entry(w, peek_link(w, s, 0)->attrs, 0)), "vendor=a-value-of-some-length");
    assert_int_equal(peek_stats(w).tracestates_dropped, 0);
}

static void test_content_stays_out_of_events_and_links_while_it_is_off(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    const uspan_attr_t attrs[] = { USPAN_ATTR_TEXT(&secret, "what the user said to the agent"), USPAN_ATTR_INT(&b, 7) };
    uspan_context_t context;
    uspan_link_t link = link_to(&context);
    link.attrs = attrs;
    link.attr_count = 2;
    uspan_t s = begin(w);
    assert_int_equal(uspan_event_n(t, s, "e", 1, 0, attrs, 2), USPAN_OK);
    assert_int_equal(peek_event(w, s, 0)->attr_count, 2);
    uspan_set_content(t, false);
    assert_int_equal(uspan_event_n(t, s, "e", 1, 0, attrs, 2), USPAN_OK);
    assert_int_equal(uspan_add_link(t, s, &link), USPAN_OK);
    assert_int_equal(peek_event(w, s, 1)->attr_count, 1);
    assert_int_equal(peek_event(w, s, 1)->dropped, 0);
    assert_int_equal(peek_entry(w, peek_event(w, s, 1)->attrs, 0)->v.i, 7);
    assert_int_equal(peek_link(w, s, 0)->attr_count, 2); /* the tracestate and b */
    assert_ptr_equal(peek_entry(w, peek_link(w, s, 0)->attrs, 1)->key, &b);
}

static void test_for_every_number_of_free_blocks_an_event_is_there_or_counted(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    for (unsigned have = 0; have < 12u; have++) {
        uspan_t s = begin(w);
        uspan_stats_t before = peek_stats(w);
        peek_leave_blocks(w, have);
        uspan_err_t err = uspan_event_n(t, s, "a name longer than eight bytes", 30, 5, three, 3);
        peek_return_blocks(w);
        uspan_stats_t after = peek_stats(w);
        bool lost = err == USPAN_ERR_FULL;
        assert_int_equal(lost, have < 2u); /* the record and its name need two blocks */
        assert_int_equal(after.events_dropped - before.events_dropped, lost);
        assert_int_equal(peek_slot(w, s)->dropped_events, lost);
        assert_int_equal(peek_slot(w, s)->event_count, !lost);
        if (!lost) {
            const uspan_event_rec_t *rec = peek_event(w, s, 0);
            assert_int_equal(rec->attr_count + rec->dropped, 3);
            assert_int_equal(err, rec->dropped > 0u ? USPAN_TRUNCATED : USPAN_OK);
            assert_int_equal(after.attrs_dropped - before.attrs_dropped, rec->dropped);
        }
        uspan_end(t, s);
        peek_drain(w);
    }
}

static void test_for_every_number_of_free_blocks_a_link_is_there_or_counted(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_context_t context;
    const uspan_link_t link = link_to(&context);
    for (unsigned have = 0; have < 12u; have++) {
        uspan_t s = begin(w);
        uspan_stats_t before = peek_stats(w);
        peek_leave_blocks(w, have);
        uspan_err_t err = uspan_add_link(t, s, &link);
        peek_return_blocks(w);
        uspan_stats_t after = peek_stats(w);
        bool lost = err == USPAN_ERR_FULL;
        assert_int_equal(lost, have < 1u);
        assert_int_equal(after.links_dropped - before.links_dropped, lost);
        assert_int_equal(peek_slot(w, s)->dropped_links, lost);
        if (!lost) {
            const uspan_link_rec_t *rec = peek_link(w, s, 0);
            bool has_state = rec->attr_count > 0u && peek_entry(w, rec->attrs, 0)->key == NULL;
            assert_int_equal(after.tracestates_dropped - before.tracestates_dropped, !has_state);
            assert_int_equal(rec->attr_count - has_state + rec->dropped, 3);
            assert_int_equal(after.attrs_dropped - before.attrs_dropped, rec->dropped);
            assert_int_equal(err, rec->dropped > 0u || !has_state ? USPAN_TRUNCATED : USPAN_OK);
        }
        uspan_end(t, s);
        peek_drain(w);
    }
}

static void test_hostile_arguments_are_refused(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_context_t context;
    uspan_link_t link = link_to(&context);
    uspan_t s = begin(w);
    assert_int_equal(uspan_event(NULL, s, "e"), USPAN_ERR_ARG);
    assert_int_equal(uspan_event(t, s, NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_event(t, s, ""), USPAN_ERR_ARG);
    assert_int_equal(uspan_event_n(t, s, "e", 1, 0, NULL, 1), USPAN_ERR_ARG);
    assert_int_equal(uspan_add_link(NULL, s, &link), USPAN_ERR_ARG);
    assert_int_equal(uspan_add_link(t, s, NULL), USPAN_ERR_ARG);
    const uspan_link_t empty = { 0 };
    assert_int_equal(uspan_add_link(t, s, &empty), USPAN_ERR_ARG);
    link.attrs = NULL;
    assert_int_equal(uspan_add_link(t, s, &link), USPAN_ERR_ARG);
    link.attr_count = 0;
    memset(context.span_id, 0, 8);
    assert_int_equal(uspan_add_link(t, s, &link), USPAN_ERR_ARG);
    context.span_id[7] = 1;
    memset(context.trace_id, 0, 16);
    assert_int_equal(uspan_add_link(t, s, &link), USPAN_ERR_ARG);
    assert_int_equal(peek_slot(w, s)->event_count, 0);
    assert_int_equal(peek_slot(w, s)->link_count, 0);
    assert_int_equal(w->tracer.trace.blocks_live, 0);
}

static void test_null_ended_and_unsampled_spans_take_no_event_and_no_block(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_context_t context;
    const uspan_link_t link = link_to(&context);
    uspan_t s = begin(w);
    uspan_end(t, s);
    uspan_set_sampler(t, (uspan_sampler_t){ .bound = USPAN_SAMPLE_NEVER });
    uspan_t unsampled = begin(w);
    assert_int_equal(uspan_event(t, USPAN_NULL, "e"), USPAN_OK);
    assert_int_equal(uspan_add_link(t, USPAN_NULL, &link), USPAN_OK);
    assert_int_equal(uspan_event_n(t, s, "e", 1, 0, three, 3), USPAN_ERR_STALE);
    assert_int_equal(uspan_add_link(t, s, &link), USPAN_ERR_STALE);
    assert_int_equal(uspan_event_n(t, unsampled, "e", 1, 0, three, 3), USPAN_OK);
    assert_int_equal(uspan_add_link(t, unsampled, &link), USPAN_OK);
    assert_int_equal(peek_stats(w).blocks_high, 0);
    assert_int_equal(peek_stats(w).events_dropped + peek_stats(w).links_dropped, 0);
}

/* Ends the span in the port's clock function, as an ISR or another task could while uspan stores an event. */
static uspan_t victim;
static uspan_tracer_t *victim_tracer;
static uint64_t ending_clock(void *ctx)
{
    uspan_t s = victim;
    victim = USPAN_NULL;
    if (s.id != 0u) {
        (void)uspan_end(victim_tracer, s);
    }
    return ((world_t *)ctx)->now_ns;
}

static void test_a_span_that_ends_while_an_event_is_made_gives_all_blocks_back(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = begin(w);
    victim = s;
    victim_tracer = t;
    w->port.mono_ns = ending_clock;
    assert_int_equal(uspan_event_n(t, s, "a name longer than eight bytes", 30, 0, three, 3), USPAN_ERR_STALE);
    assert_int_equal(w->tracer.trace.blocks_live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_events_keep_name_time_order_and_attributes),
        IN_WORLD(test_an_event_ahead_of_now_happened_now),
        IN_WORLD(test_links_keep_ids_flags_tracestate_and_attributes),
        IN_WORLD(test_above_the_limit_events_and_links_are_counted),
        IN_WORLD(test_above_their_limit_attributes_of_events_and_links_are_counted_in_them),
        IN_WORLD(test_the_same_key_twice_in_an_event_replaces),
        IN_WORLD(test_bad_attributes_of_an_event_are_dropped_alone),
        IN_WORLD(test_the_limit_for_values_spares_names_and_tracestates),
        IN_WORLD(test_content_stays_out_of_events_and_links_while_it_is_off),
        IN_WORLD(test_for_every_number_of_free_blocks_an_event_is_there_or_counted),
        IN_WORLD(test_for_every_number_of_free_blocks_a_link_is_there_or_counted),
        IN_WORLD(test_hostile_arguments_are_refused),
        IN_WORLD(test_null_ended_and_unsampled_spans_take_no_event_and_no_block),
        IN_WORLD(test_a_span_that_ends_while_an_event_is_made_gives_all_blocks_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
