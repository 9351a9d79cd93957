/* test_read_items.c: status message, events and links of a span, as read.h describes them. */
#include "uspan/read.h"
#include <string.h>
#include "reading.h"

static const uspan_key_t key_a = USPAN_KEY_INIT("a");
static const uspan_key_t key_b = USPAN_KEY_INIT("b");
static const uspan_key_t key_c = USPAN_KEY_INIT("c");

static void test_the_status_message_is_read(void **state)
{
    world_t *w = *state;
    uspan_t s = start(w);
    char text[LONG_TEXT + 1u];
    char got[LONG_TEXT];
    fill_text(text, LONG_TEXT, 1);
    text[LONG_TEXT] = '\0';
    assert_int_equal(uspan_read_status_message(&w->tracer, s, got, sizeof got), 0);
    uspan_set_status(&w->tracer, s, USPAN_STATUS_ERROR, text);
    assert_int_equal(uspan_read_status_message(&w->tracer, s, got, sizeof got), LONG_TEXT);
    assert_memory_equal(got, text, LONG_TEXT);
    memset(got, '#', sizeof got);
    assert_int_equal(uspan_read_status_message(&w->tracer, s, got, 5), LONG_TEXT); /* the number of them */
    assert_memory_equal(got, text, 5);
    assert_int_equal(got[5], '#');
    assert_int_equal(uspan_read_status_message(&w->tracer, s, NULL, 0), LONG_TEXT);
}

static void test_events_are_read_with_their_names_and_attributes(void **state)
{
    world_t *w = *state;
    uspan_t s = start(w);
    uspan_tracer_t *t = &w->tracer;
    char name[LONG_TEXT];
    fill_text(name, sizeof name, 9);
    uspan_attr_t attrs[USPAN_EVENT_ATTRS_MAX];
    static const uspan_key_t keys[] = { USPAN_KEY_INIT("k0"), USPAN_KEY_INIT("k1"), USPAN_KEY_INIT("k2"),
                                        USPAN_KEY_INIT("k3"), USPAN_KEY_INIT("k4"), USPAN_KEY_INIT("k5"),
                                        USPAN_KEY_INIT("k6"), USPAN_KEY_INIT("k7") };
    for (unsigned i = 0; i < 8u; i++) {
        attrs[i] = (uspan_attr_t)USPAN_ATTR_INT(&keys[i], (int64_t)i * 100);
    }
    attrs[5] = (uspan_attr_t)USPAN_ATTR_TEXT(&keys[5], "text enough for a block of the pool");
    uspan_context_t linked;
    uspan_context_of(t, s, &linked);
    const uspan_attr_t of_link[] = { USPAN_ATTR_STATIC(&key_a, "of the link") };
    const uspan_link_t link = { &linked, of_link, 1u }; /* must not be read as an event */
    assert_int_equal(uspan_add_link(t, s, &link), USPAN_OK);
    assert_int_equal(uspan_event_n(t, s, "tick", 4, 1234, NULL, 0), USPAN_OK);
    assert_int_equal(uspan_event_n(t, s, name, sizeof name, 0, attrs, 8), USPAN_OK);
    uspan_event_view_t e;
    char got[LONG_TEXT + 1u];
    memset(got, '#', sizeof got);
    assert_int_equal(uspan_read_event(t, s, 0, &e, got, sizeof got), USPAN_OK);
    assert_int_equal(e.time_ns, 1234);
    assert_int_equal(e.name_len, 4);
    assert_int_equal(e.attr_count, 0);
    assert_memory_equal(got, "tick#", 5);
    assert_int_equal(uspan_read_event(t, s, 1, &e, got, sizeof got), USPAN_OK);
    assert_int_equal(e.time_ns, w->now_ns);
    assert_int_equal(e.name_len, sizeof name);
    assert_int_equal(e.attr_count, 8);
    assert_int_equal(e.dropped_attrs, 0);
    assert_memory_equal(got, name, sizeof name);
    assert_int_equal(got[sizeof name], '#');
    assert_int_equal(uspan_read_event(t, s, 1, &e, got, 3), USPAN_OK);
    assert_int_equal(e.name_len, sizeof name);
    uspan_value_t v;
    for (unsigned i = 0; i < 8u; i++) {
        unsigned index = 99;
        assert_int_equal(uspan_read_attr(t, s, USPAN_OF_EVENT(1), i, &v), USPAN_OK);
        assert_ptr_equal(v.key, &keys[i]);
        assert_int_equal(v.i, i == 5u ? 0 : i * 100u);
        assert_int_equal(uspan_find_attr(t, s, USPAN_OF_EVENT(1), keys[i].text, &v, &index), USPAN_OK);
        assert_int_equal(index, i);
    }
    assert_int_equal(uspan_read_text(t, s, USPAN_OF_EVENT(1), 5, 5, got, 6), 6);
    assert_memory_equal(got, "enough", 6);
    assert_int_equal(uspan_read_attr(t, s, USPAN_OF_EVENT(1), 8, &v), USPAN_ERR_CLOSED);
    assert_int_equal(uspan_read_attr(t, s, USPAN_OF_EVENT(0), 0, &v), USPAN_ERR_CLOSED);
    assert_int_equal(uspan_read_attr(t, s, USPAN_OF_EVENT(2), 0, &v), USPAN_ERR_CLOSED);
    assert_int_equal(uspan_find_attr(t, s, USPAN_OF_EVENT(0), "k0", &v, NULL), USPAN_ERR_CLOSED);
    static const unsigned beyond[] = { 2, 255, 256, 257, UINT32_MAX };
    for (unsigned i = 0; i < 5u; i++) {
        assert_int_equal(uspan_read_event(t, s, beyond[i], &e, got, 3), USPAN_ERR_CLOSED);
    }
}

static void test_links_are_read_with_tracestate_and_attributes_apart(void **state)
{
    world_t *w = *state;
    uspan_t s = start(w);
    uspan_tracer_t *t = &w->tracer;
    uspan_context_t c[2];
    static const char *const parents[] = { "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                                           "00-11111111111111111111111111111111-2222222222222222-00" };
    static const char *const states[] = {
        "vendor=a-value-that-is-longer-than-a-block-of-the-pool-of-any-size-"
        "that-a-user-may-choose-for-it-if-he-likes-such-values,other=2",
        NULL
    };
    const uspan_attr_t attrs[] = { USPAN_ATTR_INT(&key_a, 5), USPAN_ATTR_INT(&key_b, 6),
                                   USPAN_ATTR_INT(&key_c, 7) };
    for (unsigned i = 0; i < 2u; i++) {
        assert_int_equal(uspan_context_parse(&c[i], parents[i], states[i]), USPAN_OK);
        const uspan_link_t link = { &c[i], attrs, i == 0u ? 3u : 0u };
        assert_int_equal(uspan_add_link(t, s, &link), USPAN_OK);
    }
    uspan_context_t of_span;
    uspan_t other = uspan_start(t, USPAN_ROOT, "other");
    uspan_context_of(t, other, &of_span);
    const uspan_attr_t text[] = { USPAN_ATTR_STATIC(&key_a, "no tracestate") };
    const uspan_link_t local = { &of_span, text, 1u };
    assert_int_equal(uspan_add_link(t, s, &local), USPAN_OK);
    for (unsigned i = 0; i < 2u; i++) {
        uspan_context_t got;
        memset(&got, 0xEE, sizeof got);
        assert_int_equal(uspan_read_link(t, s, i, &got), USPAN_OK);
        assert_memory_equal(got.trace_id, c[i].trace_id, 16);
        assert_memory_equal(got.span_id, c[i].span_id, 8);
        assert_int_equal(got.flags, c[i].flags);
        assert_int_equal(got.remote, 1);
        assert_int_equal(got.tracestate_len, c[i].tracestate_len);
        assert_memory_equal(got.tracestate, c[i].tracestate, c[i].tracestate_len);
    }
    uspan_context_t got;
    memset(&got, 0, sizeof got);
    assert_int_equal(uspan_read_link(t, s, 2, &got), USPAN_OK);
    assert_int_equal(got.remote, 0);
    assert_true(got.epoch >= USPAN_EPOCHS_MAX); /* no clock offset that its trace does not use */
    assert_memory_equal(got.span_id, of_span.span_id, 8);
    assert_int_equal(got.tracestate_len, 0);
    const uspan_options_t under = { .parent = &got }; /* valid as a parent */
    assert_false(uspan_is_null(uspan_start_with(t, USPAN_NULL, "under", 5, &under)));
    uspan_value_t v;
    for (unsigned i = 0; i < 3u; i++) { /* the tracestate is not an attribute */
        assert_int_equal(uspan_read_attr(t, s, USPAN_OF_LINK(0), i, &v), USPAN_OK);
        assert_ptr_equal(v.key, attrs[i].key);
        assert_int_equal(v.i, 5 + (int)i);
        assert_int_equal(uspan_find_attr(t, s, USPAN_OF_LINK(0), attrs[i].key->text, &v, NULL), USPAN_OK);
    }
    assert_int_equal(uspan_read_attr(t, s, USPAN_OF_LINK(0), 3, &v), USPAN_ERR_CLOSED);
    assert_int_equal(uspan_read_attr(t, s, USPAN_OF_LINK(0), UINT32_MAX, &v), USPAN_ERR_CLOSED);
    assert_int_equal(uspan_read_attr(t, s, USPAN_OF_LINK(1), 0, &v), USPAN_ERR_CLOSED);
    assert_int_equal(uspan_read_attr(t, s, USPAN_OF_LINK(2), 0, &v), USPAN_OK);
    assert_int_equal(uspan_read_attr(t, s, USPAN_OF_LINK(3), 0, &v), USPAN_ERR_CLOSED);
    memset(&got, 0x5A, sizeof got);
    static const unsigned beyond[] = { 3, 255, 256, UINT32_MAX };
    for (unsigned i = 0; i < 4u; i++) {
        assert_int_equal(uspan_read_link(t, s, beyond[i], &got), USPAN_ERR_CLOSED);
    }
    assert_int_equal(got.flags, 0x5A);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_status_message_is_read),
        TEST(test_events_are_read_with_their_names_and_attributes),
        TEST(test_links_are_read_with_tracestate_and_attributes_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
