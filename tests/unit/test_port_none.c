/* test_port_none.c: if a target lacks a part, its stub reports that by name, and everything else works. */
#include "uspan/port_none.h"
#include <string.h>
#include "peek.h"

static void test_a_tracer_stands_on_stubs_and_is_told_the_time(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    w->port.lock = uspan_none_lock;
    w->port.unlock = uspan_none_unlock;
    w->port.unix_ns = uspan_none_unix_ns;
    w->port.task = uspan_none_task;
    w->port.log = uspan_none_log;
    uint64_t unix_ns = 7;
    assert_int_equal(uspan_none_unix_ns(NULL, &unix_ns), USPAN_ERR_AGAIN);
    assert_int_equal(unix_ns, 7); /* not written, as port.h requires */
    uspan_none_log(NULL, USPAN_LEVEL_ERROR, "nobody hears");
    uspan_t s = uspan_start(t, USPAN_CURRENT, "s");
    uspan_t before = uspan_enter(t, s);
    assert_int_equal(before.id, 0);
    assert_int_equal(uspan_current(t).id, s.id);
    uspan_leave(t, before);
    assert_int_equal(uspan_unix_now(t, &unix_ns), USPAN_ERR_AGAIN);
    uspan_set_unix_time(t, 1800000000000000000u);
    assert_int_equal(uspan_unix_now(t, &unix_ns), USPAN_OK);
    assert_true(unix_ns == 1800000000000000000u);
    assert_int_equal(uspan_end(t, s), USPAN_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_a_tracer_stands_on_stubs_and_is_told_the_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
