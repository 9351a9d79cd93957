/* test_current_span.c: each task has its own current span, and no span becomes a root by mistake. */
#include <string.h>
#include "peek.h"

static void test_a_task_starts_under_its_current_span_or_begins_a_trace(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static const uint8_t zero[8];
    assert_int_equal(uspan_current(t).id, 0);
    uspan_t root = uspan_start(t, USPAN_CURRENT, "root");
    assert_memory_equal(peek_slot(w, root)->parent_id, zero, 8);
    uspan_t before = uspan_enter(t, root);
    assert_int_equal(before.id, 0);
    assert_int_equal(uspan_current(t).id, root.id);
    uspan_t child = uspan_start(t, USPAN_CURRENT, "child");
    assert_memory_equal(peek_slot(w, child)->parent_id, peek_slot(w, root)->span_id, 8);
    uspan_t within = uspan_enter(t, child);
    assert_int_equal(within.id, root.id);
    assert_int_equal(uspan_current(t).id, child.id);
    uspan_leave(t, within);
    assert_int_equal(uspan_current(t).id, root.id);
    uspan_leave(t, before);
    assert_int_equal(uspan_current(t).id, 0);
    uspan_t other = uspan_start(t, USPAN_CURRENT, "other");
    assert_memory_equal(peek_slot(w, other)->parent_id, zero, 8);
}

static void test_tasks_do_not_see_each_other_s_span(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s[USPAN_TASKS_MAX + 1u];
    for (unsigned i = 0; i <= USPAN_TASKS_MAX; i++) {
        w->task = 100u + i;
        s[i] = uspan_start(t, USPAN_CURRENT, "s");
        assert_int_equal(uspan_enter(t, s[i]).id, 0);
    }
    for (unsigned i = 0; i <= USPAN_TASKS_MAX; i++) {
        w->task = 100u + i;
        assert_int_equal(uspan_current(t).id, i < USPAN_TASKS_MAX ? s[i].id : 0u);
    }
    assert_int_equal(peek_stats(w).tasks_dropped, 1);
    uspan_leave(t, USPAN_NULL); /* this task is in no table, so nothing happens and nothing is counted */
    assert_int_equal(peek_stats(w).tasks_dropped, 1);
    w->task = 101u;
    uspan_leave(t, USPAN_NULL);
    w->task = 100u + USPAN_TASKS_MAX;
    uspan_enter(t, s[USPAN_TASKS_MAX]);
    assert_int_equal(uspan_current(t).id, s[USPAN_TASKS_MAX].id);
    w->task = 101u;
    assert_int_equal(uspan_current(t).id, 0);
}

static void test_within_a_null_span_nothing_starts_and_no_false_root(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t outer = uspan_start(t, USPAN_CURRENT, "outer");
    uspan_t before = uspan_enter(t, outer);
    uspan_t inner = uspan_enter(t, USPAN_NULL); /* the handle of a start with a full pool */
    assert_int_equal(inner.id, outer.id);
    assert_true(uspan_is_null(uspan_current(t)));
    assert_int_equal(uspan_start(t, USPAN_CURRENT, "child").id, 0);
    assert_int_equal(peek_stats(w).dropped[USPAN_DROP_PARENT], 1);
    assert_int_equal(uspan_set_int(t, uspan_current(t), USPAN_KEY("k"), 1), USPAN_OK);
    uspan_t again = uspan_enter(t, outer);
    assert_int_equal(uspan_current(t).id, outer.id);
    uspan_leave(t, again);
    assert_int_equal(uspan_start(t, USPAN_CURRENT, "child").id, 0);
    uspan_leave(t, inner);
    assert_false(uspan_is_null(uspan_start(t, USPAN_CURRENT, "child")));
    uspan_leave(t, before);
    assert_int_equal(uspan_current(t).id, 0);
    for (unsigned i = 0; i < USPAN_TASKS_MAX; i++) {
        assert_int_equal(t->trace.tasks[i].span.id, 0);
    }
}

static void test_under_a_current_span_that_has_ended_nothing_starts(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_start(t, USPAN_ROOT, "s");
    uspan_enter(t, s);
    uspan_end(t, s);
    assert_int_equal(uspan_start(t, USPAN_CURRENT, "late").id, 0);
    peek_drain(w);
    assert_int_equal(uspan_start(t, USPAN_CURRENT, "later").id, 0);
    assert_int_equal(peek_stats(w).dropped[USPAN_DROP_PARENT], 2);
}

static void test_within_a_disabled_trace_everything_is_unsampled(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    const uspan_options_t options = { .disabled = true };
    uspan_t root = uspan_start_with(t, USPAN_CURRENT, "s", 1, &options);
    assert_true(uspan_is_null(root));
    uspan_t before = uspan_enter(t, root);
    assert_true(uspan_is_null(uspan_start(t, USPAN_CURRENT, "child")));
    assert_int_equal(peek_stats(w).unsampled, 2);
    assert_int_equal(peek_stats(w).dropped[USPAN_DROP_PARENT], 0);
    uspan_leave(t, before);
    assert_false(uspan_is_null(uspan_start(t, USPAN_CURRENT, "root")));
}

static void test_without_a_tracer_there_is_no_current_span(void **state)
{
    (void)state;
    assert_int_equal(uspan_current(NULL).id, 0);
    assert_int_equal(uspan_enter(NULL, USPAN_HANDLE(5000u)).id, 0);
    uspan_leave(NULL, USPAN_NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_a_task_starts_under_its_current_span_or_begins_a_trace),
        IN_WORLD(test_tasks_do_not_see_each_other_s_span),
        IN_WORLD(test_within_a_null_span_nothing_starts_and_no_false_root),
        IN_WORLD(test_under_a_current_span_that_has_ended_nothing_starts),
        IN_WORLD(test_within_a_disabled_trace_everything_is_unsampled),
        cmocka_unit_test(test_without_a_tracer_there_is_no_current_span),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
