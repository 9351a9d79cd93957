/* test_attr_bounds.c: full tables, counters at their maximum, limits and hostile arguments. Each attribute
 * is complete, or its loss is counted.
 * uspan-config: USPAN_TEXT_RESERVE=0 */
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "peek.h"

#define KEY USPAN_KEY("value")
static uspan_t begin(world_t *w)
{
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "span");
    assert_true(s.id > 3u);
    return s;
}

static void test_equal_keys_are_one_whoever_made_them(void **state)
{
    world_t *w = *state;
    uspan_t s = begin(w);
    static const uspan_key_t mine = USPAN_KEY_INIT("value");
    uspan_set_int(&w->tracer, s, &mine, 1);
    uspan_set_int(&w->tracer, s, KEY, 2);
    uspan_set_int(&w->tracer, s, USPAN_KEY("velue"), 3); /* similar text, but a different key */
    uspan_set_int(&w->tracer, s, USPAN_KEY("valu"), 4);
    assert_int_equal(peek_slot(w, s)->attr_count, 3);
    assert_int_equal(peek_int(w, s, "value"), 2);
}

static void test_a_full_table_drops_new_keys_counts_them_and_still_replaces(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static char names[USPAN_ATTRS_MAX + 3u][8];
    static uspan_key_t keys[USPAN_ATTRS_MAX + 3u];
    uspan_t s = begin(w);
    for (unsigned i = 0; i < COUNT(keys); i++) {
        static const uspan_key_t pattern = USPAN_KEY_INIT("k000");
        snprintf(names[i], sizeof names[i], "k%03u", i);
        keys[i] = pattern; /* all keys have the same length and id, so only their text differs */
        keys[i].text = names[i];
        uspan_err_t expected = i < USPAN_ATTRS_MAX ? USPAN_OK : USPAN_ERR_FULL;
        assert_int_equal(uspan_set_int(t, s, &keys[i], i), expected);
        assert_int_equal(uspan_set_str(t, s, &keys[i], "a text that takes a block"), expected);
    }
    assert_int_equal(peek_slot(w, s)->attr_count, USPAN_ATTRS_MAX);
    assert_int_equal(peek_slot(w, s)->dropped_attrs, 6);
    assert_int_equal(peek_stats(w).attrs_dropped, 6);
    assert_int_equal(peek_stats(w).blocks_live, USPAN_ATTRS_MAX);
    assert_int_equal(uspan_set_int(t, s, &keys[0], -1), USPAN_OK);
    assert_int_equal(peek_int(w, s, "k000"), -1);
}

static void test_drop_counts_stop_at_their_largest_value(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    const uspan_limits_t limits = { .attrs = 1, .events = 1, .links = 1 };
    uspan_set_limits(t, &limits);
    uspan_t s = begin(w);
    uspan_context_t c;
    uspan_context_of(t, s, &c);
    const uspan_link_t link = { .context = &c };
    for (uint32_t i = 0; i < 65540u; i++) {
        uspan_set_int(t, s, i == 0u ? KEY : USPAN_KEY("other"), 1);
        uspan_event(t, s, "e");
        uspan_add_link(t, s, &link);
    }
    peek_leave_blocks(w, 0);
    uspan_set_bytes(t, s, KEY, "b", 1);
    assert_int_equal(peek_slot(w, s)->dropped_attrs, UINT16_MAX);
    assert_int_equal(peek_slot(w, s)->dropped_events, UINT16_MAX);
    assert_int_equal(peek_slot(w, s)->dropped_links, UINT16_MAX);
    assert_int_equal(peek_stats(w).attrs_dropped, 65540);
    assert_int_equal(peek_stats(w).events_dropped, 65539);
    assert_int_equal(peek_stats(w).links_dropped, 65539);
}

static void test_limits_are_bounded_by_the_tables_and_zero_is_the_maximum_again(void **state)
{
    world_t *w = *state;
    const uspan_limits_t huge = { 65535, 65535, 65535, 65535, 65535, UINT32_MAX };
    uspan_set_limits(&w->tracer, &huge);
    const uspan_limits_t *l = &w->tracer.trace.limits;
    assert_int_equal(l->attrs, USPAN_ATTRS_MAX);
    assert_int_equal(l->events, USPAN_EVENTS_MAX);
    assert_int_equal(l->links, USPAN_LINKS_MAX);
    assert_int_equal(l->event_attrs, USPAN_EVENT_ATTRS_MAX);
    assert_int_equal(l->link_attrs, USPAN_EVENT_ATTRS_MAX);
    const uspan_limits_t few = { 1, 1, 1, 1, 1, 1 };
    uspan_set_limits(&w->tracer, &few);
    assert_memory_equal(l, &few, sizeof few.attrs * 5u);
    const uspan_limits_t zero = { 0 };
    uspan_set_limits(&w->tracer, &zero);
    assert_int_equal(l->attrs, USPAN_ATTRS_MAX);
    assert_int_equal(l->value_chars, 0);
}

/* uspan checks text in words of several bytes, or while it copies. The check must cover every byte. */
static void test_a_broken_byte_is_found_at_every_place_in_text_of_every_length(void **state)
{
    world_t *w = *state;
    uspan_t s = begin(w);
    char text[299], expected[sizeof text + 2u];
    for (size_t len = 1; len <= sizeof text; len += len < 170u ? 1u : 43u) { /* includes 256 */
        for (size_t at = 0; at <= len; at++) {                               /* len: no byte is broken */
            size_t more = at < len ? 2u : 0u;
            for (size_t i = 0; i < len; i++) {
                text[i] = (char)('a' + i % 26u);
            }
            memcpy(expected, text, len);
            if (at < len) {
                text[at] = (char)0x80;
                memmove(expected + at + 3, expected + at + 1, len - at - 1u);
                memcpy(expected + at, "\xEF\xBF\xBD", 3);
            }
            for (unsigned is_static = 0; is_static < 2u; is_static++) {
                assert_int_equal(is_static != 0u ? uspan_set_static_n(&w->tracer, s, KEY, text, len)
                                                 : uspan_set_str_n(&w->tracer, s, KEY, text, len),
                                 USPAN_OK);
                const uspan_entry_t *e = peek_attr(w, s, "value");
                assert_int_equal(e->len, len + more);
                assert_memory_equal(peek_bytes(w, e), expected, len + more);
            }
        }
    }
}

static void test_a_whole_table_is_set_and_each_attribute_stands_alone(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static const uspan_key_t a = USPAN_KEY_INIT("a"), b = USPAN_KEY_INIT("b"), c = USPAN_KEY_INIT("c"), d = USPAN_KEY_INIT("d"),
                             e = USPAN_KEY_INIT("e"), f = USPAN_KEY_INIT("f");
    static const uspan_attr_t table[] = {
        USPAN_ATTR_STATIC(&a, "literal"), USPAN_ATTR_TEXT(&b, "copied to its end"), USPAN_ATTR_TEXT_N(&c, "cut here", 3),
        USPAN_ATTR_INT(&d, -4), USPAN_ATTR_DOUBLE(&e, 2.5), USPAN_ATTR_BOOL(&f, true),
    };
    uspan_t s = begin(w);
    assert_int_equal(uspan_set_all(t, s, table, COUNT(table)), USPAN_OK);
    assert_string_equal(peek_str(w, s, "a"), "literal");
    assert_string_equal(peek_str(w, s, "b"), "copied to its end");
    assert_string_equal(peek_str(w, s, "c"), "cut");
    assert_int_equal(peek_int(w, s, "d"), -4);
    assert_true(peek_attr(w, s, "e")->v.d == 2.5);
    assert_int_equal(peek_int(w, s, "f"), 1);
    const uspan_attr_t mixed[] = { { .key = NULL, .type = USPAN_TYPE_INT }, USPAN_ATTR_INT(&a, 1),
                                   { .key = &b, .type = USPAN_TYPE_NONE }, { .key = &b, .type = (uspan_type_t)99 },
                                   USPAN_ATTR_TEXT(&c, NULL) };
    assert_int_equal(uspan_set_all(t, s, mixed, COUNT(mixed)), USPAN_ERR_ARG);
    assert_int_equal(peek_int(w, s, "a"), 1);
    assert_string_equal(peek_str(w, s, "b"), "copied to its end");
    assert_string_equal(peek_str(w, s, "c"), "");
    const uspan_limits_t limits = { .value_chars = 2 };
    uspan_set_limits(t, &limits);
    assert_int_equal(uspan_set_all(t, s, table, 2), USPAN_TRUNCATED);
    assert_int_equal(uspan_set_all(t, s, NULL, 0), USPAN_OK);
    assert_int_equal(uspan_set_all(t, s, NULL, 1), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_all(NULL, s, table, 1), USPAN_ERR_ARG);
    uspan_end(t, s);
    assert_int_equal(uspan_set_all(t, s, table, COUNT(table)), USPAN_ERR_STALE);
}

static void test_a_literal_is_counted_by_the_compiler_and_a_buffer_when_it_is_set(void **state)
{
    world_t *w = *state;
    static const uspan_key_t a = USPAN_KEY_INIT("a"), b = USPAN_KEY_INIT("b"), c = USPAN_KEY_INIT("c");
    static char fixed[] = "a fixed buffer";
    char buffer[] = "a buffer whose text is known here";
    static const uspan_attr_t constant[] = { USPAN_ATTR_TEXT(&a, "literal"), USPAN_ATTR_TEXT(&b, fixed),
                                             USPAN_ATTR_TEXT(&c, USPAN_CONTENT != 2 ? NULL : "never") };
    const uspan_attr_t attrs[] = { USPAN_ATTR_TEXT(&a, "ends\0here"), USPAN_ATTR_TEXT(&b, buffer) };
    assert_int_equal(constant[0].count, 7);
    assert_int_equal(constant[1].count, USPAN_TO_NUL);
    assert_int_equal(attrs[0].count, 4);
    assert_int_equal(attrs[1].count, USPAN_TO_NUL);
    buffer[8] = '\0';
    uspan_t s = begin(w);
    assert_int_equal(uspan_set_all(&w->tracer, s, constant, COUNT(constant)), USPAN_OK);
    assert_string_equal(peek_str(w, s, "b"), "a fixed buffer");
    assert_string_equal(peek_str(w, s, "c"), "");
    assert_int_equal(uspan_set_all(&w->tracer, s, attrs, COUNT(attrs)), USPAN_OK);
    assert_string_equal(peek_str(w, s, "a"), "ends");
    assert_string_equal(peek_str(w, s, "b"), "a buffer");
}

static void test_content_is_recorded_only_while_it_is_switched_on(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static const uspan_key_t content = USPAN_KEY_CONTENT_INIT("content");
    uspan_t s = begin(w);
    assert_int_equal(uspan_set_str(t, s, &content, "recorded by default"), USPAN_OK);
    uspan_set_content(t, false);
    assert_int_equal(uspan_set_str(t, s, &content, "a secret that must not be recorded"), USPAN_OK);
    assert_int_equal(uspan_set_int(t, s, &content, 5), USPAN_OK);
    assert_int_equal(uspan_set_str(t, s, KEY, "no content"), USPAN_OK);
    assert_string_equal(peek_str(w, s, "content"), "recorded by default");
    assert_string_equal(peek_str(w, s, "value"), "no content");
    uspan_set_content(t, true);
    uspan_set_str(t, s, &content, "again");
    assert_string_equal(peek_str(w, s, "content"), "again");
    assert_int_equal(peek_stats(w).attrs_dropped, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_equal_keys_are_one_whoever_made_them),
        IN_WORLD(test_a_full_table_drops_new_keys_counts_them_and_still_replaces),
        IN_WORLD(test_drop_counts_stop_at_their_largest_value),
        IN_WORLD(test_limits_are_bounded_by_the_tables_and_zero_is_the_maximum_again),
        IN_WORLD(test_a_broken_byte_is_found_at_every_place_in_text_of_every_length),
        IN_WORLD(test_a_whole_table_is_set_and_each_attribute_stands_alone),
        IN_WORLD(test_a_literal_is_counted_by_the_compiler_and_a_buffer_when_it_is_set),
        IN_WORLD(test_content_is_recorded_only_while_it_is_switched_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
