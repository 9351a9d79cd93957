/* test_diagnose_codes.c: without texts, the diagnosis is codes.
 * uspan-config: USPAN_TEXTS=0 USPAN_FULL_DROPS_OLDEST=1 */
#include <string.h>
#include "world.h"

static void test_codes_tell_the_same(void **state)
{
    world_t *w = *state;
    char text[256];
    world_reset_with_collector(w);
    (void)uspan_diagnose(&w->tracer, 0, text, sizeof text);
    assert_string_equal(text, "d0 collector:4318 s0 +0 r0 q0 o0 u0 c16");
    w->answer = "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n";
    uspan_end(&w->tracer, uspan_start(&w->tracer, USPAN_ROOT, "x"));
    world_drain(w);
    (void)uspan_diagnose(&w->tracer, 0, text, sizeof text);
    assert_non_null(strstr(text, " a404 s1 +0 r0 q0 o0 u0, refused 1 c9"));
    assert_null(strstr(text, "Check"));
}

static void test_spans_that_gave_way_to_newer_ones_are_told(void **state)
{
    world_t *w = *state;
    char text[256];
    world_reset_with_collector(w);
    for (unsigned i = 0; i <= USPAN_SPANS_MAX; i++) {
        uspan_end(&w->tracer, uspan_start(&w->tracer, USPAN_ROOT, "x"));
    }
    world_drain(w);
    (void)uspan_diagnose(&w->tracer, 0, text, sizeof text);
    assert_non_null(strstr(text, ", evicted 1 c18"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_codes_tell_the_same, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_spans_that_gave_way_to_newer_ones_are_told, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
