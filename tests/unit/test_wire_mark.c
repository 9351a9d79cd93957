/* test_wire_mark.c: phases of an exchange that were marked are on its span, in milliseconds since its start.
 * Other phases are not. */
#include "uspan/wire.h"
#include "typed_spans.h"

static void test_phases_are_told_once_each(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static uspan_wire_t wire;
    uspan_t s = uspan_wire_begin(&wire, t, USPAN_ROOT, "https://ai.example/v1/chat/completions");
    static const char *const keys[] = { "uspan.wire.resolved_ms", "uspan.wire.connected_ms", "uspan.wire.tls_done_ms",
                                        "uspan.wire.request_sent_ms", "uspan.wire.first_byte_ms" };
    uint64_t start_ns = peek_slot(w, s)->start_ns;
    w->now_ns = start_ns;
    uspan_wire_mark(&wire, USPAN_WIRE_RESOLVED);
    for (unsigned phase = USPAN_WIRE_CONNECTED; phase <= USPAN_WIRE_FIRST_BYTE; phase++) {
        assert_null(peek_attr(w, s, keys[phase]));
        w->now_ns = start_ns + 7999999u + phase * 10000000u;
        uspan_wire_mark(&wire, (uspan_wire_phase_t)phase);
        w->now_ns += 1000000000u;
        uspan_wire_mark(&wire, (uspan_wire_phase_t)phase);
        assert_int_equal(peek_int(w, s, keys[phase]), 7 + phase * 10u);
    }
    assert_int_equal(peek_int(w, s, keys[0]), 0);
    unsigned attrs = peek_slot(w, s)->attr_count;
    uspan_wire_mark(&wire, (uspan_wire_phase_t)5);
    uspan_wire_mark(NULL, USPAN_WIRE_RESOLVED);
    assert_int_equal(peek_slot(w, s)->attr_count, attrs);
    uspan_wire_end(&wire, 200, NULL);
    uspan_wire_mark(&wire, USPAN_WIRE_RESOLVED);
    uspan_wire_begin(&wire, t, USPAN_NULL, NULL);
    uspan_wire_mark(&wire, USPAN_WIRE_RESOLVED);
}

int main(void)
{
    const struct CMUnitTest tests[] = { IN_WORLD(test_phases_are_told_once_each) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
