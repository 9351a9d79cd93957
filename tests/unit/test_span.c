/* test_span.c: a span starts completely or not at all, which is returned and counted. Also tests ids,
 * parents, times, sampling and disabled traces. */
#include <string.h>
#include "peek.h"
#include "trace/trace.h"

static const uint8_t zero[16];

static uspan_context_t context_of(world_t *w, uspan_t s)
{
    uspan_context_t c;
    assert_int_equal(uspan_context_of(&w->tracer, s, &c), USPAN_OK);
    return c;
}

static uspan_t start_with(world_t *w, uspan_t parent, uspan_options_t options)
{
    return uspan_start_with(&w->tracer, parent, "span", 4, &options);
}

static void never_sample(world_t *w)
{
    uspan_set_sampler(&w->tracer, (uspan_sampler_t){ .bound = USPAN_SAMPLE_NEVER, .parent_based = true });
}

/* ---- parents and ids ------------------------------------------------------------------------------------------------- */

static void test_a_root_begins_a_trace_and_a_child_goes_on_in_it(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t root = uspan_start(t, USPAN_ROOT, "root");
    uspan_t child = uspan_start(t, root, "child");
    const uspan_slot_t *r = peek_slot(w, root);
    const uspan_slot_t *c = peek_slot(w, child);
    assert_memory_equal(r->parent_id, zero, 8);
    assert_memory_not_equal(r->trace_id, zero, 16);
    assert_memory_not_equal(r->span_id, zero, 8);
    assert_memory_equal(c->trace_id, r->trace_id, 16);
    assert_memory_equal(c->parent_id, r->span_id, 8);
    assert_memory_not_equal(c->span_id, r->span_id, 8);
    assert_int_equal(r->flags, USPAN_FLAG_SAMPLED | USPAN_FLAG_RANDOM);
    assert_int_equal(c->flags, USPAN_FLAG_SAMPLED | USPAN_FLAG_RANDOM);
    uspan_t other = uspan_start(t, USPAN_ROOT, "other");
    assert_memory_not_equal(peek_slot(w, other)->trace_id, r->trace_id, 16);
    assert_int_equal(peek_stats(w).started, 3);
    assert_int_equal(peek_stats(w).open, 3);
}

static void test_a_root_in_the_place_of_a_child_has_no_parent(void **state)
{
    world_t *w = *state;
    uspan_t root = uspan_start(&w->tracer, USPAN_ROOT, "root");
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) { /* a child has used every other slot */
        uspan_end(&w->tracer, uspan_start(&w->tracer, root, "child"));
        peek_drain(w);
    }
    uspan_t fresh = uspan_start(&w->tracer, USPAN_ROOT, "fresh");
    assert_memory_equal(peek_slot(w, fresh)->parent_id, zero, 8);
}

static void test_under_the_null_span_or_an_ended_one_nothing_starts_and_no_false_root(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_start(t, USPAN_ROOT, "s");
    uspan_end(t, s);
    assert_int_equal(uspan_start(t, s, "late").id, 0); /* ended, still waiting for export */
    peek_drain(w);
    assert_int_equal(uspan_start(t, s, "later").id, 0); /* its slot is free */
    assert_int_equal(uspan_start(t, USPAN_NULL, "under null").id, 0);
    assert_int_equal(uspan_start(t, USPAN_HANDLE(0xFFFFFFFFu), "under nonsense").id, 0);
    assert_int_equal(uspan_start(t, USPAN_HANDLE(1023u), "under nonsense").id, 0);
    assert_int_equal(peek_stats(w).dropped[USPAN_DROP_PARENT], 5);
    assert_int_equal(uspan_start(NULL, USPAN_ROOT, "no tracer").id, 0);
}

static void test_contexts_are_parents_local_or_remote_and_win_over_the_argument(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_context_t remote;
    assert_int_equal(
        uspan_context_parse(&remote, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", NULL),
        USPAN_OK);
    uspan_t other = uspan_start(t, USPAN_ROOT, "other");
    uspan_t s = start_with(w, other, (uspan_options_t){ .parent = &remote });
    assert_memory_equal(peek_slot(w, s)->trace_id, remote.trace_id, 16);
    assert_memory_equal(peek_slot(w, s)->parent_id, remote.span_id, 8);
    assert_int_equal(peek_slot(w, s)->flags, USPAN_FLAG_SAMPLED); /* not known to be random */
    assert_int_equal(peek_slot(w, s)->traits & USPAN_TRAIT_REMOTE_PARENT, USPAN_TRAIT_REMOTE_PARENT);
    uspan_context_t local = context_of(w, s);
    uspan_end(t, s);
    peek_drain(w);
    uspan_t late =
        start_with(w, USPAN_NULL, (uspan_options_t){ .parent = &local }); /* a context outlives its span */
    assert_memory_equal(peek_slot(w, late)->parent_id, local.span_id, 8);
    assert_int_equal(peek_slot(w, late)->traits & USPAN_TRAIT_REMOTE_PARENT, 0);
    uspan_set_enabled(t, false);
    uspan_t off = uspan_start(t, USPAN_ROOT, "off");
    uspan_set_enabled(t, true);
    uspan_t under = start_with(w, off, (uspan_options_t){ .parent = &local });
    assert_memory_equal(peek_slot(w, under)->parent_id, local.span_id, 8);
}

static void test_a_context_that_is_not_valid_begins_a_trace(void **state)
{
    world_t *w = *state;
    uspan_context_t c = { .flags = 0 };
    uspan_t parent = uspan_start(&w->tracer, USPAN_ROOT, "other");
    for (unsigned i = 0; i < 3u; i++) {
        memset(&c, 0, sizeof c);
        memset(c.trace_id, i == 1u, 16);
        memset(c.span_id, i == 2u, 8);
        uspan_t s = start_with(w, i == 0u ? USPAN_ROOT : parent, (uspan_options_t){ .parent = &c });
        assert_memory_equal(peek_slot(w, s)->parent_id, zero, 8);
        assert_memory_not_equal(peek_slot(w, s)->trace_id, zero, 16);
        assert_memory_not_equal(peek_slot(w, s)->trace_id, c.trace_id, 16);
        assert_int_equal(peek_slot(w, s)->flags, USPAN_FLAG_SAMPLED | USPAN_FLAG_RANDOM);
    }
}

static void test_a_trace_id_may_be_given_to_a_new_trace(void **state)
{
    world_t *w = *state;
    uint8_t id[16] = "given trace id!";
    uspan_t s = start_with(w, USPAN_ROOT, (uspan_options_t){ .trace_id = id });
    assert_memory_equal(peek_slot(w, s)->trace_id, id, 16);
    assert_int_equal(peek_slot(w, s)->flags, USPAN_FLAG_SAMPLED); /* the flag for random ids is not set */
    uspan_t child = start_with(w, s, (uspan_options_t){ .trace_id = (const uint8_t *)"not for a child!" });
    assert_memory_equal(peek_slot(w, child)->trace_id, id, 16);
    uspan_t random = start_with(w, USPAN_ROOT, (uspan_options_t){ .trace_id = zero });
    assert_memory_not_equal(peek_slot(w, random)->trace_id, zero, 16);
}

/* ---- options ---------------------------------------------------------------------------------------------------------- */

static void test_options_set_kind_scope_attributes_and_links(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static const uspan_scope_t scope = { "mine", "2" };
    static const uspan_key_t key = USPAN_KEY_INIT("k");
    static const uspan_attr_t attr = USPAN_ATTR_INT(&key, 5);
    uspan_t first = uspan_start(t, USPAN_ROOT, "first");
    const uspan_context_t c = context_of(w, first);
    const uspan_link_t link = { .context = &c };
    uspan_t s = start_with(w, first,
                           (uspan_options_t){ .kind = USPAN_KIND_CONSUMER,
                                              .scope = &scope,
                                              .attrs = &attr,
                                              .attr_count = 1,
                                              .links = &link,
                                              .link_count = 1 });
    assert_int_equal(peek_slot(w, s)->kind, USPAN_KIND_CONSUMER);
    assert_ptr_equal(peek_slot(w, s)->scope, &scope);
    assert_int_equal(peek_int(w, s, "k"), 5);
    assert_memory_equal(peek_link(w, s, 0)->span_id, c.span_id, 8);
    assert_int_equal(peek_slot(w, first)->kind, USPAN_KIND_INTERNAL);
    assert_string_equal(peek_slot(w, first)->scope->name, "uspan");
    assert_string_equal(peek_slot(w, first)->scope->version, USPAN_VERSION);
    uspan_set_scope(t, &scope);
    assert_ptr_equal(peek_slot(w, uspan_start(t, first, "n"))->scope, &scope);
    assert_int_equal(peek_slot(w, start_with(w, first, (uspan_options_t){ .kind = (uspan_kind_t)6 }))->kind,
                     USPAN_KIND_INTERNAL);
    assert_int_equal(peek_slot(w, start_with(w, first, (uspan_options_t){ .kind = (uspan_kind_t)258 }))->kind,
                     USPAN_KIND_INTERNAL);
}

static void test_times_may_be_given_and_no_span_ends_before_its_start(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_start(t, USPAN_ROOT, "s");
    assert_true(peek_slot(w, s)->start_ns == w->now_ns);
    assert_true(uspan_now(t) == w->now_ns);
    world_advance_ms(w, 7);
    uspan_end(t, s);
    assert_true(peek_slot(w, s)->end_ns == w->now_ns);
    uspan_t given = start_with(w, USPAN_ROOT, (uspan_options_t){ .start_ns = 1000 });
    assert_int_equal(peek_slot(w, given)->start_ns, 1000);
    assert_int_equal(uspan_end_at(t, given, 2000), USPAN_OK);
    assert_int_equal(peek_slot(w, given)->end_ns, 2000);
    uspan_t before = start_with(w, USPAN_ROOT, (uspan_options_t){ .start_ns = 1000 });
    assert_int_equal(uspan_end_at(t, before, 999), USPAN_OK);
    assert_int_equal(peek_slot(w, before)->end_ns, 1000);
}

static void test_a_time_ahead_of_now_counts_as_now_and_as_the_callers_mistake(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static const uint64_t wrong[] = { 1u, 1790000000000000000u, UINT64_MAX }; /* in the future; Unix time */
    for (size_t i = 0; i < COUNT(wrong); i++) {
        uint64_t ahead_ns = i == 0u ? w->now_ns + wrong[i] : wrong[i];
        uspan_t s = start_with(w, USPAN_ROOT, (uspan_options_t){ .start_ns = ahead_ns });
        assert_true(peek_slot(w, s)->start_ns == w->now_ns);
        assert_int_equal(peek_stats(w).times_ahead, 2u * i + 1u);
        world_advance_ms(w, 3u);
        assert_int_equal(uspan_end_at(t, s, w->now_ns + 1u), USPAN_OK);
        assert_true(peek_slot(w, s)->end_ns == w->now_ns);
        assert_int_equal(peek_stats(w).times_ahead, 2u * i + 2u);
        assert_int_equal(uspan_end_at(t, s, w->now_ns + 1u), USPAN_ERR_STALE); /* nothing is counted */
        assert_int_equal(peek_stats(w).times_ahead, 2u * i + 2u);
    }
    uspan_t s = start_with(w, USPAN_ROOT, (uspan_options_t){ .start_ns = w->now_ns });
    assert_int_equal(uspan_end_at(t, s, w->now_ns), USPAN_OK);
    assert_int_equal(peek_stats(w).times_ahead, 2u * COUNT(wrong));
}

static void test_a_span_ends_once(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_start(t, USPAN_ROOT, "s");
    world_advance_ms(w, 1u);
    assert_int_equal(uspan_end_at(t, s, w->now_ns - 5u), USPAN_OK);
    assert_int_equal(uspan_end_at(t, s, w->now_ns - 3u), USPAN_ERR_STALE);
    assert_int_equal(uspan_end(t, s), USPAN_ERR_STALE);
    assert_true(peek_slot(w, s)->end_ns == w->now_ns - 5u);
    assert_int_equal(peek_stats(w).queued, 1);
    peek_drain(w);
    assert_int_equal(uspan_end(t, s), USPAN_ERR_STALE);
    assert_int_equal(uspan_end(t, USPAN_NULL), USPAN_OK);
    assert_int_equal(uspan_end(t, USPAN_ROOT), USPAN_OK);
    assert_int_equal(uspan_end(NULL, s), USPAN_ERR_ARG);
    assert_int_equal(peek_stats(w).delivered, 1);
}

/* ---- sampling --------------------------------------------------------------------------------------------------------- */

static void test_unsampled_spans_keep_ids_for_their_children_and_are_not_delivered(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    never_sample(w);
    uspan_t root = uspan_start(t, USPAN_ROOT, "root");
    uspan_t child = uspan_start(t, root, "child");
    uspan_context_t r = context_of(w, root), c = context_of(w, child);
    assert_memory_equal(c.trace_id, r.trace_id, 16);
    assert_memory_not_equal(c.span_id, r.span_id, 8);
    assert_memory_equal(peek_slot(w, child)->parent_id, r.span_id, 8);
    assert_int_equal((r.flags | c.flags) & USPAN_FLAG_SAMPLED, 0);
    assert_int_equal(peek_stats(w).unsampled, 2);
    assert_int_equal(peek_stats(w).open, 0);
    assert_int_equal(uspan_end(t, child), USPAN_OK);
    assert_int_equal(uspan_end(t, child), USPAN_ERR_STALE);
    assert_int_equal(uspan_end(t, root), USPAN_OK);
    assert_int_equal(w->tracer.trace.slots_live, 0);
    assert_int_equal(peek_stats(w).queued, 0);
}

static void test_a_parent_decides_for_its_children_where_the_sampler_is_parent_based(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static const struct {
        const char *parent; /* NULL: a root */
        bool bound_samples, parent_based, sampled;
    } table[] = {
        { NULL, true, true, true },    { NULL, false, true, false }, { NULL, true, false, true },
        { NULL, false, false, false }, { "01", false, true, true },  { "00", true, true, false },
        { "01", false, false, false }, { "00", true, false, true },  { "03", false, true, true },
        { "02", true, true, false },
    };
    for (size_t i = 0; i < COUNT(table); i++) {
        for (int local = 0; local < 2; local++) {
            uspan_context_t c = { .flags = 0 };
            if (table[i].parent != NULL) {
                char text[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
                memcpy(text + 53, table[i].parent, 2);
                assert_int_equal(uspan_context_parse(&c, text, NULL), USPAN_OK);
                c.remote = local == 0;
            }
            uspan_set_sampler(t, (uspan_sampler_t){ .bound = table[i].bound_samples ? USPAN_SAMPLE_ALWAYS
                                                                                    : USPAN_SAMPLE_NEVER,
                                                    .parent_based = table[i].parent_based });
            uspan_t s = start_with(w, USPAN_ROOT, (uspan_options_t){ .parent = &c });
            assert_int_equal(peek_slot(w, s)->flags & USPAN_FLAG_SAMPLED, table[i].sampled);
            /* what was sampled stays sampled, and so do its children */
            uspan_t child = uspan_start(t, s, "child");
            bool expected = table[i].parent_based ? table[i].sampled : table[i].bound_samples;
            assert_int_equal(peek_slot(w, child)->flags & USPAN_FLAG_SAMPLED, expected);
            uspan_end(t, child);
            uspan_end(t, s);
            peek_drain(w);
        }
    }
}

static void test_the_ratio_compares_the_low_half_of_the_trace_id(void **state)
{
    world_t *w = *state;
    static const struct {
        uint8_t low[8];
        uint64_t bound;
        bool sampled;
    } vectors[] = {
        { { 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c }, 0x4000000000000000u, false },
        { { 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c }, 0x428f5c28f5c29000u, true },
        { { 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c }, 0x422475908e4018ceu, false },
        { { 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c }, 0x422475908e4018cfu, true },
        { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, USPAN_SAMPLE_RATIO(0.999999), false },
        { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, USPAN_SAMPLE_ALWAYS, true },
        { { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, USPAN_SAMPLE_RATIO(1), true },
        { { 0, 0, 0, 0, 0, 0, 0, 1 }, USPAN_SAMPLE_NEVER, false },
        { { 0, 0, 0, 0, 0, 0, 0, 1 }, USPAN_SAMPLE_RATIO(0.0), false },
        { { 0, 0, 0, 0, 0, 0, 0, 1 }, 1, true },
        { { 0, 0, 0, 0, 0, 0, 0, 2 }, 1, false },
    };
    assert_true(USPAN_SAMPLE_RATIO(0.5) == 0x4000000000000000u);
    for (size_t i = 0; i < COUNT(vectors); i++) {
        uint8_t id[16] = { 0xAA };
        memcpy(id + 8, vectors[i].low, 8);
        uspan_set_sampler(&w->tracer, (uspan_sampler_t){ .bound = vectors[i].bound, .parent_based = true });
        uspan_t s = start_with(w, USPAN_ROOT, (uspan_options_t){ .trace_id = id });
        assert_int_equal(peek_slot(w, s)->flags & USPAN_FLAG_SAMPLED, vectors[i].sampled);
        uspan_end(&w->tracer, s);
        peek_drain(w);
    }
}

/* ---- disabled traces ----------------------------------------------------------------------------------- */

static void test_a_disabled_trace_is_null_throughout_and_counts_as_unsampled(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t root = start_with(w, USPAN_ROOT, (uspan_options_t){ .disabled = true });
    uspan_t child = uspan_start(t, root, "child");
    uspan_t grandchild = uspan_start(t, child, "grandchild");
    assert_true(uspan_is_null(root) && uspan_is_null(child) && uspan_is_null(grandchild));
    uspan_context_t c = context_of(w, child);
    assert_int_equal(c.flags & USPAN_FLAG_SAMPLED, 0);
    assert_memory_not_equal(c.trace_id, zero, 16);
    assert_int_equal(uspan_set_int(t, root, USPAN_KEY("k"), 1), USPAN_OK);
    assert_int_equal(uspan_end(t, grandchild), USPAN_OK);
    assert_int_equal(peek_stats(w).unsampled, 3);
    assert_int_equal(peek_stats(w).dropped[USPAN_DROP_PARENT], 0);
    assert_int_equal(w->tracer.trace.slots_live, 0);
    uspan_t s = uspan_start(t, USPAN_ROOT, "s");
    uspan_t not_root = start_with(w, s, (uspan_options_t){ .disabled = true });
    assert_false(uspan_is_null(not_root)); /* the option is for roots */
}

static void test_a_tracer_that_is_off_gives_null_spans_and_open_ones_go_on(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_start(t, USPAN_ROOT, "s");
    uspan_set_enabled(t, false);
    assert_true(uspan_is_null(uspan_start(t, USPAN_ROOT, "root")));
    uspan_t child = uspan_start(t, s, "child");
    assert_true(uspan_is_null(child));
    assert_int_equal(context_of(w, child).flags & USPAN_FLAG_SAMPLED, 0);
    assert_int_equal(uspan_set_int(t, s, USPAN_KEY("k"), 3), USPAN_OK);
    assert_int_equal(peek_int(w, s, "k"), 3);
    assert_int_equal(uspan_end(t, s), USPAN_OK);
    uspan_set_enabled(t, true);
    assert_false(uspan_is_null(uspan_start(t, USPAN_ROOT, "root")));
    assert_int_equal(peek_stats(w).unsampled, 2);
    assert_int_equal(peek_stats(w).queued, 1);
}

static void test_stopping_ends_open_spans_with_an_error_and_drops_new_ones(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_start(t, USPAN_ROOT, "s");
    uspan_append_str(t, s, USPAN_KEY("text"), "cut \xE2");
    uspan_t done = uspan_start(t, s, "done");
    uspan_end(t, done);
    uspan_trace_stop(t);
    assert_int_equal(peek_slot(w, s)->state, USPAN_STATE_ENDED);
    assert_int_equal(peek_slot(w, s)->status, USPAN_STATUS_ERROR);
    assert_string_equal(peek_message(w, s), "span not ended");
    assert_string_equal(peek_str(w, s, "error.type"), "_OTHER");
    assert_string_equal(peek_str(w, s, "text"), "cut \xEF\xBF\xBD");
    assert_int_not_equal(peek_slot(w, done)->status, USPAN_STATUS_ERROR);
    assert_int_equal(uspan_start(t, USPAN_ROOT, "late").id, 0);
    assert_int_equal(peek_stats(w).dropped[USPAN_DROP_STOPPED], 1);
    assert_int_equal(uspan_end(t, s), USPAN_ERR_STALE);
}

static void test_without_a_destination_an_ended_span_is_counted_and_its_memory_is_free(void **state)
{
    world_t *w = *state;
    peek_restart(w);
    world_reset(w); /* no destination */
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_start(t, USPAN_ROOT, "s");
    uspan_set_str(t, s, USPAN_KEY("k"), "a text that takes a block");
    uspan_record_error_data(t, s, "timeout", "message of more than eight bytes",
                            "{\"data\":\"longer than eight\"}");
    uspan_end(t, s);
    assert_int_equal(w->tracer.trace.slots_live, 0);
    assert_int_equal(w->tracer.trace.blocks_live, 0);
    assert_int_equal(peek_stats(w).dropped[USPAN_DROP_NO_DESTINATION], 1);
}

/* However much a span holds, the lock is taken a limited number of times, which the fakes count. */
static void test_ending_takes_the_lock_once_whatever_the_span_holds(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t empty = uspan_start(t, USPAN_ROOT, "empty");
    uspan_t full = uspan_start(t, USPAN_ROOT, "full");
    for (unsigned i = 0; i < USPAN_EVENTS_MAX; i++) {
        uspan_event(t, full, "an event with a long name");
    }
    uspan_set_str(t, full, USPAN_KEY("k"),
                  "a text that takes a block of its own, and some more of it than that, really");
    uint64_t before = w->locks;
    uspan_end(t, empty);
    uint64_t one = w->locks - before;
    before = w->locks;
    uspan_end(t, full);
    assert_true(w->locks - before == one);
    assert_true(one == 1u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_a_root_begins_a_trace_and_a_child_goes_on_in_it),
        IN_WORLD(test_a_root_in_the_place_of_a_child_has_no_parent),
        IN_WORLD(test_under_the_null_span_or_an_ended_one_nothing_starts_and_no_false_root),
        IN_WORLD(test_contexts_are_parents_local_or_remote_and_win_over_the_argument),
        IN_WORLD(test_a_context_that_is_not_valid_begins_a_trace),
        IN_WORLD(test_a_trace_id_may_be_given_to_a_new_trace),
        IN_WORLD(test_options_set_kind_scope_attributes_and_links),
        IN_WORLD(test_times_may_be_given_and_no_span_ends_before_its_start),
        IN_WORLD(test_a_time_ahead_of_now_counts_as_now_and_as_the_callers_mistake),
        IN_WORLD(test_a_span_ends_once),
        IN_WORLD(test_unsampled_spans_keep_ids_for_their_children_and_are_not_delivered),
        IN_WORLD(test_a_parent_decides_for_its_children_where_the_sampler_is_parent_based),
        IN_WORLD(test_the_ratio_compares_the_low_half_of_the_trace_id),
        IN_WORLD(test_a_disabled_trace_is_null_throughout_and_counts_as_unsampled),
        IN_WORLD(test_a_tracer_that_is_off_gives_null_spans_and_open_ones_go_on),
        IN_WORLD(test_stopping_ends_open_spans_with_an_error_and_drops_new_ones),
        IN_WORLD(test_without_a_destination_an_ended_span_is_counted_and_its_memory_is_free),
        IN_WORLD(test_ending_takes_the_lock_once_whatever_the_span_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
