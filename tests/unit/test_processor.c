/* test_processor.c: hooks run in order, outside the lock, for recorded spans only. Also tests the options of
 * processor.c. */
#include <string.h>
#include "peek.h"
#include "trace/trace.h"

static char story[256]; /* what happened, one letter for each event */
static size_t told;
static uspan_t seen;
static uspan_err_t set_result;

static void tell(const void *ctx, char what)
{
    assert_true(told + 2u < sizeof story);
    story[told++] = *(const char *)ctx;
    story[told++] = what;
    story[told] = '\0';
}

static void on_start(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    tell(ctx, 's');
    seen = s;
    uspan_context_t c;
    assert_int_equal(uspan_context_of(t, s, &c), USPAN_OK); /* takes the lock, which must be free */
    set_result = uspan_set_int(t, s, USPAN_KEY("by_hook"), 1);
}

static void on_end(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    tell(ctx, 'e');
    uspan_context_t c;
    assert_int_equal(uspan_context_of(t, s, &c), USPAN_OK);
    assert_true((c.flags & USPAN_FLAG_SAMPLED) != 0u);
    assert_int_equal(uspan_set_int(t, s, USPAN_KEY("too_late"), 1), USPAN_ERR_STALE);
    assert_int_equal(uspan_event(t, s, "too late"), USPAN_ERR_STALE);
    assert_int_equal(uspan_end(t, s), USPAN_ERR_STALE);
    assert_int_equal(uspan_start(t, s, "child of an ended one").id, 0);
}

static void force_flush(void *ctx)
{
    tell(ctx, 'f');
}

static void shut_down(void *ctx)
{
    tell(ctx, 'd');
}

static uspan_processor_t full(const char *name)
{
    return (uspan_processor_t){ (void *)(uintptr_t)name, on_start, on_end, force_flush, shut_down, NULL };
}

static int setup(void **state)
{
    told = 0;
    story[0] = '\0';
    return peek_setup(state);
}

#define WITH_STORY(test) cmocka_unit_test_setup_teardown(test, setup, peek_teardown)

static void test_hooks_run_in_the_order_they_were_added(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_processor_t a = full("A"), b = full("B");
    uspan_processor_t none = { 0 };
    assert_int_equal(uspan_add_processor(t, &a), USPAN_OK);
    assert_int_equal(uspan_add_processor(t, &none), USPAN_OK); /* every hook may be NULL */
    assert_int_equal(uspan_add_processor(t, &b), USPAN_OK);
    uspan_t s = uspan_start(t, USPAN_ROOT, "s");
    assert_string_equal(story, "AsBs");
    assert_int_equal(seen.id, s.id);
    assert_int_equal(set_result, USPAN_OK);
    assert_int_equal(peek_int(w, s, "by_hook"), 1);
    assert_int_equal(uspan_end(t, s), USPAN_OK);
    assert_string_equal(story, "AsBsAeBe");
    assert_int_equal(peek_stats(w).dropped[USPAN_DROP_PARENT], 2);
    assert_int_equal(peek_slot(w, s)->attr_count, 1);
    uspan_processors(t, USPAN_NULL, USPAN_ON_FLUSH);
    uspan_processors(t, USPAN_NULL, USPAN_ON_SHUTDOWN);
    assert_string_equal(story, "AsBsAeBeAfBfAdBd");
    uspan_set_processor(t, NULL);
}

static void test_a_processor_is_in_the_list_once(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_processor_t a = full("A"), b = full("B");
    assert_int_equal(uspan_add_processor(t, &a), USPAN_OK);
    assert_int_equal(uspan_add_processor(t, &b), USPAN_OK);
    assert_int_equal(uspan_add_processor(t, &a), USPAN_ERR_ARG);
    assert_int_equal(uspan_add_processor(t, &b), USPAN_ERR_ARG);
    assert_int_equal(uspan_add_processor(t, NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_add_processor(NULL, &a), USPAN_ERR_ARG);
    uspan_end(t, uspan_start(t, USPAN_ROOT, "s"));
    assert_string_equal(story, "AsBsAeBe");
    uspan_set_processor(t, NULL);
}

static void test_one_that_replaces_all_shuts_the_others_down(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_processor_t a = full("A"), b = full("B"), c = full("C");
    uspan_add_processor(t, &a);
    uspan_add_processor(t, &b);
    uspan_set_processor(t, &c);
    assert_string_equal(story, "AdBd");
    uspan_end(t, uspan_start(t, USPAN_ROOT, "s"));
    assert_string_equal(story, "AdBdCsCe");
    uspan_set_processor(t, NULL);
    uspan_end(t, uspan_start(t, USPAN_ROOT, "s"));
    assert_string_equal(story, "AdBdCsCeCd");
    assert_int_equal(uspan_add_processor(t, &a), USPAN_OK);
    uspan_end(t, uspan_start(t, USPAN_ROOT, "s"));
    assert_string_equal(story, "AdBdCsCeCdAsAe");
    uspan_set_processor(t, NULL);
}

static void test_spans_that_are_not_recorded_reach_no_hook(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_processor_t a = full("A");
    uspan_add_processor(t, &a);
    uspan_set_sampler(t, (uspan_sampler_t){ .bound = USPAN_SAMPLE_NEVER });
    uspan_end(t, uspan_start(t, USPAN_ROOT, "unsampled"));
    uspan_set_enabled(t, false);
    uspan_end(t, uspan_start(t, USPAN_ROOT, "off"));
    uspan_end(t, uspan_start(t, USPAN_NULL, "null"));
    assert_string_equal(story, "");
    uspan_set_processor(t, NULL);
}

static void see_options(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    world_t *w = ctx;
    assert_ptr_equal(t, &w->tracer);
    assert_int_equal(peek_int(w, s, "k"), 5);
    told++;
}

static void test_attributes_given_at_the_start_are_there_when_hooks_run(void **state)
{
    world_t *w = *state;
    uspan_processor_t a = { .ctx = w, .on_start = see_options };
    uspan_add_processor(&w->tracer, &a);
    static const uspan_key_t key = USPAN_KEY_INIT("k");
    static const uspan_attr_t attr = USPAN_ATTR_INT(&key, 5);
    const uspan_options_t options = { .attrs = &attr, .attr_count = 1 };
    uspan_start_with(&w->tracer, USPAN_ROOT, "s", 1, &options);
    assert_int_equal(told, 1);
    uspan_set_processor(&w->tracer, NULL);
}

static void test_spans_that_shutdown_ends_reach_the_hooks(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_processor_t a = full("A");
    uspan_add_processor(t, &a);
    uspan_start(t, USPAN_ROOT, "s");
    uspan_trace_stop(t);
    assert_string_equal(story, "AsAe");
    uspan_set_processor(t, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORY(test_hooks_run_in_the_order_they_were_added),
        WITH_STORY(test_a_processor_is_in_the_list_once),
        WITH_STORY(test_one_that_replaces_all_shuts_the_others_down),
        WITH_STORY(test_spans_that_are_not_recorded_reach_no_hook),
        WITH_STORY(test_attributes_given_at_the_start_are_there_when_hooks_run),
        WITH_STORY(test_spans_that_shutdown_ends_reach_the_hooks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
