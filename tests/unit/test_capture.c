/* test_capture.c: tests each statement of read.h about capturing spans in an application's test. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "uspan/genai.h"
#include "uspan/read.h"
#include "world.h"

static _Alignas(8) uint8_t buffer[16384];

static void begin(world_t *w, uspan_capture_t *c, void *buf, size_t cap)
{
    world_reset(w);
    uspan_capture_init(c, buf, cap);
    assert_int_equal(uspan_export_to_sink(&w->tracer, 0, &c->sink), USPAN_OK);
}

static void test_spans_are_found_by_index_and_by_name(void **state)
{
    world_t *w = *state;
    uspan_capture_t c;
    begin(w, &c, buffer, sizeof buffer);
    assert_null(uspan_captured_at(&c, 0));
    uspan_t agent = uspan_start(&w->tracer, USPAN_ROOT, "agent");
    uspan_t tool = uspan_start(&w->tracer, agent, "tool");
    uspan_end(&w->tracer, tool);
    tool = uspan_start(&w->tracer, agent, "tool");
    uspan_set_int(&w->tracer, tool, USPAN_KEY("n"), 2);
    uspan_end(&w->tracer, tool);
    uspan_end(&w->tracer, agent);
    world_drain(w);
    assert_int_equal(c.count, 3);
    assert_int_equal(c.lost, 0);
    static const char *const order[] = { "tool", "tool", "agent" }; /* ordered by the spans' ends */
    for (unsigned i = 0; i < 3u; i++) {
        assert_string_equal(uspan_captured_view(uspan_captured_at(&c, i))->name, order[i]);
    }
    assert_null(uspan_captured_at(&c, 3));
    assert_null(uspan_captured_at(&c, UINT32_MAX));
    assert_ptr_equal(uspan_captured_named(&c, "tool"), uspan_captured_at(&c, 0)); /* the first of two */
    assert_ptr_equal(uspan_captured_named(&c, "agent"), uspan_captured_at(&c, 2));
    assert_null(uspan_captured_named(&c, "too"));
    assert_null(uspan_captured_named(&c, "tools"));
    assert_int_equal(uspan_captured_int(uspan_captured_at(&c, 1), "n"), 2);
    const uspan_captured_t *parent = uspan_captured_parent(&c, uspan_captured_at(&c, 1));
    assert_ptr_equal(parent, uspan_captured_at(&c, 2));
    assert_null(uspan_captured_parent(&c, parent));
    assert_true(uspan_captured_view(parent)->ended);
    uspan_view_t v;
    assert_int_equal(uspan_read(&w->tracer, agent, &v), USPAN_ERR_STALE); /* the tracer has removed it */
    uspan_capture_clear(&c);
    assert_int_equal(c.count, 0);
    assert_null(uspan_captured_at(&c, 0));
    assert_null(uspan_captured_named(&c, "agent"));
    uspan_end(&w->tracer, uspan_start(&w->tracer, USPAN_ROOT, "again"));
    world_drain(w);
    assert_string_equal(uspan_captured_view(uspan_captured_at(&c, 0))->name, "again");
}

static void test_a_parent_has_the_same_trace(void **state)
{
    world_t *w = *state;
    uspan_capture_t c;
    begin(w, &c, buffer, sizeof buffer);
    uspan_t here = uspan_start(&w->tracer, USPAN_ROOT, "here");
    uspan_context_t far;
    uspan_context_of(&w->tracer, here, &far);
    far.trace_id[0] ^= 1u; /* the same span id in another trace */
    far.remote = 1;
    const uspan_options_t o = { .parent = &far };
    uspan_end(&w->tracer, uspan_start_with(&w->tracer, USPAN_NULL, "elsewhere", 9, &o));
    uspan_end(&w->tracer, here);
    world_drain(w);
    const uspan_captured_t *s = uspan_captured_named(&c, "elsewhere");
    assert_true(uspan_captured_view(s)->remote_parent);
    assert_null(uspan_captured_parent(&c, s));
}

static void test_attributes_are_text_and_numbers(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_capture_t c;
    begin(w, &c, buffer, sizeof buffer);
    char text[300];
    memset(text, 't', sizeof text);
    static const int64_t ints[] = { 1, -2, 3 };
    static const double doubles[] = { 0.5, -1e300, 0.0 };
    const double odd[] = { NAN, INFINITY, -INFINITY };
    static const bool bools[] = { true, false };
    static const char *const texts[] = { "stop", "", "a \"b\\c\"\n\x1f", "\xC3\xA4" };
    uspan_t s = uspan_start(t, USPAN_ROOT, "all");
    uspan_set_int(t, s, USPAN_KEY("int"), INT64_MIN);
    uspan_set_double(t, s, USPAN_KEY("double"), 0.7);
    uspan_set_bool(t, s, USPAN_KEY("yes"), true);
    uspan_set_bool(t, s, USPAN_KEY("no"), false);
    uspan_set_str_n(t, s, USPAN_KEY("text"), text, sizeof text);
    uspan_set_static(t, s, USPAN_KEY("static"), "stays");
    uspan_set_str(t, s, USPAN_KEY("empty"), "");
    uspan_set_bytes(t, s, USPAN_KEY("bytes"), "by\0tes", 6);
    uspan_set_ints(t, s, USPAN_KEY("ints"), ints, 3);
    uspan_set_doubles(t, s, USPAN_KEY("doubles"), doubles, 3);
    uspan_set_doubles(t, s, USPAN_KEY("odd"), odd, 3);
    uspan_set_bools(t, s, USPAN_KEY("bools"), bools, 2);
    uspan_set_strs(t, s, USPAN_KEY("texts"), texts, 4);
    uspan_set_ints(t, s, USPAN_KEY("none"), ints, 0);
    uspan_fail(t, s, "timeout", "no answer in 10 s");
    world_drain(w);
    const uspan_captured_t *got = uspan_captured_named(&c, "all");
    assert_string_equal(uspan_captured_str(got, "int"), "-9223372036854775808");
    assert_true(uspan_captured_int(got, "int") == INT64_MIN);
    assert_string_equal(uspan_captured_str(got, "double"), "0.7");
    assert_true(uspan_captured_double(got, "double") == 0.7);
    assert_string_equal(uspan_captured_str(got, "yes"), "true");
    assert_string_equal(uspan_captured_str(got, "no"), "false");
    assert_int_equal(uspan_captured_int(got, "yes"), 1);
    assert_int_equal(uspan_captured_int(got, "no"), 0);
    assert_int_equal(strlen(uspan_captured_str(got, "text")), sizeof text);
    assert_memory_equal(uspan_captured_str(got, "text"), text, sizeof text);
    assert_string_equal(uspan_captured_str(got, "static"), "stays");
    assert_string_equal(uspan_captured_str(got, "empty"), "");
    assert_memory_equal(uspan_captured_str(got, "bytes"), "by\0tes", 7);
    assert_string_equal(uspan_captured_str(got, "ints"), "[1,-2,3]");
    assert_string_equal(uspan_captured_str(got, "doubles"), "[0.5,-1e300,0]");
    assert_string_equal(uspan_captured_str(got, "odd"), "[null,null,null]");
    assert_string_equal(uspan_captured_str(got, "bools"), "[true,false]");
    assert_string_equal(uspan_captured_str(got, "texts"),
                        "[\"stop\",\"\",\"a \\\"b\\\\c\\\"\\u000a\\u001f\",\"\xC3\xA4\"]");
    assert_string_equal(uspan_captured_str(got, "none"), "[]");
    assert_string_equal(uspan_captured_str(got, "error.type"), "timeout");
    assert_string_equal(uspan_captured_status_message(got), "no answer in 10 s");
    assert_int_equal(uspan_captured_view(got)->status, USPAN_STATUS_ERROR);
    assert_null(uspan_captured_str(got, "missing"));
    assert_false(uspan_captured_has(got, "missing"));
    assert_false(uspan_captured_has(got, "in"));
    assert_true(uspan_captured_has(got, "empty"));
    /* A missing attribute, or one of another type, reads as 0. */
    assert_int_equal(uspan_captured_int(got, "missing"), 0);
    assert_int_equal(uspan_captured_int(got, "double"), 0);
    assert_int_equal(uspan_captured_int(got, "text"), 0);
    assert_true(uspan_captured_double(got, "missing") == 0.0);
    assert_true(uspan_captured_double(got, "int") == 0.0);
    assert_true(uspan_captured_double(got, "yes") == 0.0);
    assert_true(uspan_captured_double(got, "text") == 0.0);
    assert_string_equal(uspan_captured_str(got, "exception/exception.message"), "no answer in 10 s");
}

static void test_event_attributes_are_found_by_the_first_event_of_that_name(void **state)
{
    static const uspan_key_t n = USPAN_KEY_INIT("n");
    static const uspan_key_t deep = USPAN_KEY_INIT("b/c");
    static const uspan_key_t c_key = USPAN_KEY_INIT("c");
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_capture_t c;
    begin(w, &c, buffer, sizeof buffer);
    uspan_t s = uspan_start(t, USPAN_ROOT, "all");
    const uspan_attr_t first[] = { USPAN_ATTR_INT(&n, 1) };
    const uspan_attr_t second[] = { USPAN_ATTR_INT(&n, 2), USPAN_ATTR_INT(&c_key, 5) };
    const uspan_attr_t third[] = { USPAN_ATTR_INT(&c_key, 3) };
    const uspan_attr_t fourth[] = { USPAN_ATTR_DOUBLE(&deep, 4.5) };
    uspan_event_n(t, s, "a", 1, 0, first, 1);
    uspan_event_n(t, s, "a", 1, 0, second, 2);
    uspan_event_n(t, s, "a/b", 3, 0, third, 1);
    uspan_event_n(t, s, "d", 1, 0, fourth, 1);
    uspan_set_int(t, s, &n, 9);
    uspan_end(t, s);
    world_drain(w);
    const uspan_captured_t *got = uspan_captured_named(&c, "all");
    assert_int_equal(uspan_captured_view(got)->event_count, 4);
    assert_int_equal(uspan_captured_int(got, "n"), 9);
    assert_int_equal(uspan_captured_int(got, "a/n"), 1);
    assert_false(uspan_captured_has(got, "a/c")); /* "c" belongs to the second "a", not to the first */
    assert_int_equal(uspan_captured_int(got, "a/b/c"), 3);
    assert_true(uspan_captured_double(got, "d/b/c") == 4.5);
    assert_false(uspan_captured_has(got, "c"));
    assert_false(uspan_captured_has(got, "a"));
    assert_false(uspan_captured_has(got, "d/n"));
    assert_string_equal(uspan_captured_status_message(got), "");
}

static void record_something(world_t *w)
{
    static const char *const texts[] = { "one", "two \"quoted\" and long enough", "\x02\x03" };
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = uspan_start(t, USPAN_ROOT, "something");
    uspan_set_str(t, s, USPAN_KEY("text"), "a text of some length, as they come");
    uspan_set_strs(t, s, USPAN_KEY("texts"), texts, 3);
    uspan_set_int(t, s, USPAN_KEY("int"), 12345);
    uspan_fail(t, s, "timeout", "no answer");
}

static void test_a_span_that_does_not_fit_is_lost_and_counted_and_nothing_is_overrun(void **state)
{
    world_t *w = *state;
    uspan_capture_t c;
    size_t fits = 0;
    begin(w, &c, buffer, sizeof buffer);
    record_something(w);
    world_drain(w);
    size_t used = c.used;
    for (size_t cap = 0; cap < used + 24u; cap++) {
        uint8_t *exact = malloc(cap + 1u); /* the sanitizer reports one byte too many */
        uint8_t *odd = exact + 1u;         /* not aligned */
        begin(w, &c, odd, cap);
        record_something(w);
        world_drain(w);
        uspan_stats_t stats;
        uspan_stats(&w->tracer, 0, &stats);
        assert_int_equal(c.count + c.lost, 1);
        assert_int_equal(stats.delivered, c.count);
        assert_int_equal(stats.rejected, c.lost);
        if (c.count == 1u) {
            fits++;
            const uspan_captured_t *s = uspan_captured_at(&c, 0);
            assert_string_equal(uspan_captured_str(s, "texts"),
                                "[\"one\",\"two \\\"quoted\\\" and long enough\",\"\\u0002\\u0003\"]");
            assert_string_equal(uspan_captured_str(s, "exception/exception.message"), "no answer");
        } else {
            assert_null(uspan_captured_at(&c, 0));
        }
        free(exact);
    }
    assert_true(fits > 0u && fits <= 24u);
    begin(w, &c, NULL, 100);
    record_something(w);
    world_drain(w);
    assert_int_equal(c.lost, 1);
    begin(w, &c, buffer, used + 100u); /* the first record stays complete if the second does not fit */
    record_something(w);
    record_something(w);
    world_drain(w);
    assert_int_equal(c.count, 1);
    assert_int_equal(c.lost, 1);
    assert_string_equal(uspan_captured_str(uspan_captured_at(&c, 0), "int"), "12345");
}

/* Records have members of 64 bits. */
static void test_records_are_aligned_in_any_buffer(void **state)
{
    world_t *w = *state;
    for (unsigned at = 0; at < 16u; at++) {
        for (unsigned size = 0; size < 24u; size++) {
            uspan_capture_t c;
            memset(buffer, 0x5A, 64u);
            begin(w, &c, buffer + at, size);
            record_something(w);
            world_drain(w);
            assert_int_equal(c.lost, 1);
            assert_int_equal(buffer[at + size], 0x5A); /* nothing behind its end */
        }
        uspan_capture_t c;
        begin(w, &c, buffer + at, 4096u);
        record_something(w);
        record_something(w);
        world_drain(w);
        assert_int_equal(c.count, 2);
        assert_int_equal((uintptr_t)uspan_captured_at(&c, 0) % 8u, 0);
        assert_int_equal((uintptr_t)uspan_captured_at(&c, 1) % 8u, 0);
        assert_in_range((const uint8_t *)uspan_captured_at(&c, 0) - buffer, at, at + 7u);
    }
}

static void test_questions_about_no_span_have_empty_answers(void **state)
{
    world_t *w = *state;
    uspan_capture_t c;
    begin(w, &c, buffer, sizeof buffer);
    assert_null(uspan_captured_view(NULL));
    assert_null(uspan_captured_str(NULL, "x"));
    assert_false(uspan_captured_has(NULL, "x"));
    assert_int_equal(uspan_captured_int(NULL, "x"), 0);
    assert_null(uspan_captured_status_message(NULL));
    assert_null(uspan_captured_parent(&c, NULL));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_spans_are_found_by_index_and_by_name),
        TEST(test_a_parent_has_the_same_trace),
        TEST(test_attributes_are_text_and_numbers),
        TEST(test_event_attributes_are_found_by_the_first_event_of_that_name),
        TEST(test_a_span_that_does_not_fit_is_lost_and_counted_and_nothing_is_overrun),
        TEST(test_records_are_aligned_in_any_buffer),
        TEST(test_questions_about_no_span_have_empty_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
