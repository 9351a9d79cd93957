/* test_studio_run.c: a span belongs to the run that was active at its start, and carries that run's id once.
 * uspan-config: USPAN_STUDIO=1 */
#include <string.h>
#include "peek.h"

static void test_a_span_carries_the_run_of_its_start_and_keeps_its_entry(void **state)
{
    world_t *w = *state;
    uspan_trace_part_t *p = &w->tracer.trace;
    strcpy(p->runs[0].id, "run-one");
    strcpy(p->runs[1].id, "run-two");
    uspan_t none = uspan_start(&w->tracer, USPAN_ROOT, "before any run");
    assert_null(peek_attr(w, none, "gen_ai.conversation.id"));
    p->run = 1;
    uspan_t one = uspan_start(&w->tracer, USPAN_ROOT, "s");
    p->run = 2;
    uspan_t two = uspan_start(&w->tracer, one, "s");
    assert_string_equal(peek_str(w, one, "gen_ai.conversation.id"), "run-one");
    assert_string_equal(peek_str(w, two, "gen_ai.conversation.id"), "run-two");
    assert_int_equal(p->runs[0].refs, 1);
    assert_int_equal(p->runs[1].refs, 1);
    uspan_end(&w->tracer, one);
    peek_drain(w);
    assert_int_equal(p->runs[0].refs, 0);
    p->run = 0;
}

static void test_the_run_s_id_is_replaced_and_never_there_twice(void **state)
{
    world_t *w = *state;
    uspan_trace_part_t *p = &w->tracer.trace;
    strcpy(p->runs[0].id, "run-one");
    p->run = 1;
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "s");
    assert_int_equal(uspan_set_str(&w->tracer, s, USPAN_KEY("gen_ai.conversation.id"), "one of the caller's own"), USPAN_OK);
    assert_int_equal(peek_slot(w, s)->attr_count, 1);
    assert_string_equal(peek_str(w, s, "gen_ai.conversation.id"), "one of the caller's own");
    uspan_set_sampler(&w->tracer, (uspan_sampler_t){ .bound = USPAN_SAMPLE_NEVER });
    uspan_t unsampled = uspan_start(&w->tracer, USPAN_ROOT, "s");
    assert_int_equal(peek_slot(w, unsampled)->attr_count, 0);
    assert_int_equal(p->runs[0].refs, 1);
    p->run = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_a_span_carries_the_run_of_its_start_and_keeps_its_entry),
        IN_WORLD(test_the_run_s_id_is_replaced_and_never_there_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
