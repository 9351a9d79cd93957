/* test_diagnose_codes.c: if message texts are left out of the build, the diagnosis consists of codes.
 * uspan-config: USPAN_MESSAGE_TEXTS=0 USPAN_FULL_DROPS_OLDEST=1 */
#include <string.h>
#include "world.h"

static void test_codes_tell_the_same(void **state)
{
    world_t *w = *state;
    char text[256];
    world_reset_with_collector(w);
    (void)uspan_diagnose(&w->tracer, 0, text, sizeof text);
    assert_string_equal(text, "d0 c16 a0 e-0");
    w->answer = "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n";
    uspan_end(&w->tracer, uspan_start(&w->tracer, USPAN_ROOT, "x"));
    world_drain(w);
    (void)uspan_diagnose(&w->tracer, 0, text, sizeof text);
    assert_string_equal(text, "d0 c9 a404 e-0");
}

static void test_a_peer_that_cannot_be_reached_has_its_error(void **state)
{
    world_t *w = *state;
    char text[256];
    world_reset_with_collector(w);
    w->open_error = USPAN_ERR_IO;
    uspan_end(&w->tracer, uspan_start(&w->tracer, USPAN_ROOT, "x"));
    uspan_flush(&w->tracer);
    while (w->tracer.out.dests[0].target.last_error == 0) {
        (void)world_poll(w, NULL);
    }
    assert_int_equal(uspan_diagnose(&w->tracer, 0, text, sizeof text), strlen("d0 c7 a0 e-5"));
    assert_string_equal(text, "d0 c7 a0 e-5");
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
    assert_string_equal(text, "d0 c19 a200 e-0 s128");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_codes_tell_the_same, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_peer_that_cannot_be_reached_has_its_error, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(test_spans_that_gave_way_to_newer_ones_are_told, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
