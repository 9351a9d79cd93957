/* test_content_off.c: if content is left out of the build, no run-time switch enables it. A status Ok that
 * the caller did not set does not appear either.
 * uspan-config: USPAN_CONTENT=0 USPAN_STATUS_OK_ON_END=0 USPAN_TRACESTATE_BYTES=0 USPAN_BLOCK_BYTES=32 */
#include <string.h>
#include "peek.h"

static void test_content_is_never_recorded(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static const uspan_key_t content = USPAN_KEY_CONTENT_INIT("content");
    const uspan_attr_t attr = USPAN_ATTR_TEXT(&content, "what the user said to the agent");
    uspan_t s = uspan_start(t, USPAN_ROOT, "s");
    for (int on = 0; on < 2; on++) {
        uspan_set_content(t, on != 0);
        assert_int_equal(uspan_set_all(t, s, &attr, 1), USPAN_OK);
        assert_int_equal(uspan_append_str(t, s, &content, "more"), USPAN_OK);
        assert_int_equal(uspan_event_n(t, s, "e", 1, 0, &attr, 1), USPAN_OK);
    }
    assert_null(peek_attr(w, s, "content"));
    assert_int_equal(peek_event(w, s, 0)->attr_count, 0);
    assert_int_equal(peek_slot(w, s)->dropped_attrs, 0);
}

static void test_a_status_that_nobody_set_stays_unset(void **state)
{
    world_t *w = *state;
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "s");
    uspan_end(&w->tracer, s);
    assert_int_equal(peek_slot(w, s)->status, USPAN_STATUS_UNSET);
}

static void test_links_and_contexts_do_without_tracestate(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_start(t, USPAN_ROOT, "s");
    uspan_context_t c;
    assert_int_equal(uspan_context_of(t, s, &c), USPAN_OK);
    const uspan_link_t link = { .context = &c };
    uspan_t child = uspan_start(t, s, "child");
    assert_int_equal(uspan_add_link(t, child, &link), USPAN_OK);
    assert_int_equal(peek_link(w, child, 0)->attr_count, 0);
    char out[USPAN_HEADERS_OF_MAX];
    assert_int_equal(uspan_trace_headers(t, child, out, sizeof out), 70);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_content_is_never_recorded),
        IN_WORLD(test_a_status_that_nobody_set_stays_unset),
        IN_WORLD(test_links_and_contexts_do_without_tracestate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
