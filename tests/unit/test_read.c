/* test_read.c: each sentence of read.h about reading back a span. */
#include "uspan/read.h"
#include <string.h>
#include "reading.h"

static const uspan_key_t key_a = USPAN_KEY_INIT("a");
static const uspan_key_t key_b = USPAN_KEY_INIT("b");
static const uspan_key_t key_c = USPAN_KEY_INIT("c");

/* ---- spans --------------------------------------------------------------------------------------------- */

static void test_an_open_span_is_read_whole(void **state)
{
    static const uspan_scope_t scope = { "garden", "1.2" };
    world_t *w = *state;
    uspan_t root = start(w);
    uspan_view_t top;
    uspan_view_t v;
    memset(&v, 0xEE, sizeof v);
    const uspan_options_t o = { .kind = USPAN_KIND_CLIENT, .scope = &scope, .start_ns = 4000000000u };
    uspan_t s = uspan_start_with(&w->tracer, root, "valve", 5, &o);
    uspan_set_int(&w->tracer, s, &key_a, 1);
    uspan_event(&w->tracer, s, "open");
    uspan_set_status(&w->tracer, s, USPAN_STATUS_ERROR, "dry");
    assert_int_equal(uspan_read(&w->tracer, root, &top), USPAN_OK);
    assert_int_equal(uspan_read(&w->tracer, s, &v), USPAN_OK);
    static const uint8_t none[8];
    uspan_context_t c;
    assert_int_equal(uspan_context_of(&w->tracer, s, &c), USPAN_OK);
    assert_memory_equal(top.parent_id, none, 8);
    assert_memory_equal(v.trace_id, c.trace_id, 16);
    assert_memory_equal(v.span_id, c.span_id, 8);
    assert_memory_equal(v.parent_id, top.span_id, 8);
    assert_memory_equal(v.trace_id, top.trace_id, 16);
    assert_ptr_equal(v.scope, &scope);
    assert_int_equal(v.start_ns, 4000000000u);
    assert_int_equal(v.end_ns, 0);
    assert_int_equal(v.end_unix_ns, 0);
    assert_int_equal(v.kind, USPAN_KIND_CLIENT);
    assert_int_equal(top.kind, USPAN_KIND_INTERNAL);
    assert_int_equal(v.status, USPAN_STATUS_ERROR);
    assert_int_equal(v.flags, USPAN_FLAG_SAMPLED | USPAN_FLAG_RANDOM);
    assert_false(v.remote_parent);
    assert_false(v.ended);
    assert_int_equal(v.attr_count, 1);
    assert_int_equal(v.event_count, 1);
    assert_int_equal(v.link_count, 0);
    assert_int_equal(v.dropped_attrs + v.dropped_events + v.dropped_links, 0);
    assert_int_equal(v.name_len, 5);
    assert_string_equal(v.name, "valve");
    assert_string_equal(top.name, "watering");
}

static void test_unix_times_are_zero_until_unix_time_is_known(void **state)
{
    world_t *w = *state;
    uspan_t s = start(w);
    uspan_view_t v;
    uspan_read(&w->tracer, s, &v);
    assert_int_equal(v.start_unix_ns, 0);
    world_poll(w, NULL);
    uspan_read(&w->tracer, s, &v);
    assert_int_equal(v.start_unix_ns, w->unix_ns + v.start_ns);
    assert_int_equal(v.end_unix_ns, 0);
    world_advance_ms(w, 250);
    uspan_end(&w->tracer, s);
    uspan_read(&w->tracer, s, &v);
    assert_int_equal(v.end_ns, w->now_ns);
    assert_int_equal(v.end_unix_ns, w->unix_ns + w->now_ns);
}

static void test_times_that_were_made_up_are_not_unix_times(void **state)
{
    world_t *w = *state;
    uspan_t s = start(w);
    w->unix_ns = 0;
    w->silent = true;
    uspan_end(&w->tracer, s);
    world_advance_ms(w, USPAN_HOLD_UNSYNCED_MS + 1u);
    for (unsigned i = 0; i < 20u; i++) {
        world_poll(w, NULL);
        world_advance_ms(w, USPAN_TIMEOUT_MS);
    }
    assert_non_null(strstr(w->log, "Unix time unknown"));
    uspan_view_t v;
    assert_int_equal(uspan_read(&w->tracer, s, &v), USPAN_OK);
    assert_int_equal(v.start_unix_ns, 0);
    assert_int_equal(v.end_unix_ns, 0);
}

static void test_an_ended_span_is_read_until_it_is_sent_then_it_is_stale(void **state)
{
    world_t *w = *state;
    uspan_t s = start(w);
    uspan_set_str(&w->tracer, s, &key_a, "value in a block of the pool");
    uspan_event(&w->tracer, s, "open");
    uspan_set_status(&w->tracer, s, USPAN_STATUS_ERROR, "dry");
    uspan_end(&w->tracer, s);
    uspan_view_t v;
    uspan_value_t value;
    uspan_event_view_t event;
    uspan_context_t link;
    char text[8];
    assert_int_equal(uspan_read(&w->tracer, s, &v), USPAN_OK);
    assert_true(v.ended);
    assert_int_equal(uspan_read_attr(&w->tracer, s, USPAN_OF_SPAN, 0, &value), USPAN_OK);
    world_drain(w);
    memset(&v, 0x5A, sizeof v);
    value.len = 77;
    const uspan_t gone[] = { s, USPAN_NULL };
    for (unsigned i = 0; i < 2u; i++) {
        unsigned index = 99;
        assert_int_equal(uspan_read(&w->tracer, gone[i], &v), USPAN_ERR_STALE);
        assert_int_equal(uspan_read_attr(&w->tracer, gone[i], USPAN_OF_SPAN, 0, &value), USPAN_ERR_STALE);
        assert_int_equal(uspan_read_attr(&w->tracer, gone[i], USPAN_OF_EVENT(0), 0, &value), USPAN_ERR_STALE);
        assert_int_equal(uspan_find_attr(&w->tracer, gone[i], USPAN_OF_SPAN, "a", &value, &index),
                         USPAN_ERR_STALE);
        assert_int_equal(uspan_read_text(&w->tracer, gone[i], USPAN_OF_SPAN, 0, 0, text, sizeof text), 0);
        assert_int_equal(
            uspan_read_element(&w->tracer, gone[i], USPAN_OF_SPAN, 0, 0, &value, text, sizeof text),
            USPAN_ERR_STALE);
        assert_int_equal(uspan_read_status_message(&w->tracer, gone[i], text, sizeof text), 0);
        assert_int_equal(uspan_read_event(&w->tracer, gone[i], 0, &event, text, sizeof text),
                         USPAN_ERR_STALE);
        assert_int_equal(uspan_read_link(&w->tracer, gone[i], 0, &link), USPAN_ERR_STALE);
        assert_int_equal(index, 99);
    }
    assert_int_equal(v.name_len, 0x5A); /* nothing changed */
    assert_int_equal(value.len, 77);
}

static void test_a_handle_of_a_reused_slot_does_not_read_its_successor(void **state)
{
    world_t *w = *state;
    uspan_t old = start(w);
    uspan_end(&w->tracer, old);
    world_drain(w);
    uspan_view_t v;
    for (unsigned i = 0; i < USPAN_SPANS_MAX; i++) {
        uspan_start(&w->tracer, USPAN_ROOT, "later");
    }
    assert_int_equal(uspan_read(&w->tracer, old, &v), USPAN_ERR_STALE);
}

static void test_arguments_that_break_the_contract_are_refused(void **state)
{
    world_t *w = *state;
    uspan_t s = start(w);
    uspan_tracer_t *t = &w->tracer;
    uspan_set_str(t, s, &key_a, "x");
    uspan_view_t v;
    uspan_value_t value;
    uspan_event_view_t event;
    uspan_context_t link;
    char text[8];
    assert_int_equal(uspan_read(NULL, s, &v), USPAN_ERR_ARG);
    assert_int_equal(uspan_read(t, s, NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_read_attr(NULL, s, 0, 0, &value), USPAN_ERR_ARG);
    assert_int_equal(uspan_read_attr(t, s, 0, 0, NULL), USPAN_ERR_ARG);
    static const unsigned strange[] = { 1u, 0xFFu, 0x300u, 0x400u, 0x500u, 0x10000u, 0xFFFFFFFFu };
    for (unsigned i = 0; i < sizeof strange / sizeof strange[0]; i++) {
        assert_int_equal(uspan_read_attr(t, s, strange[i], 0, &value), USPAN_ERR_ARG);
        assert_int_equal(uspan_read_text(t, s, strange[i], 0, 0, text, 8), 0);
    }
    assert_int_equal(uspan_find_attr(NULL, s, 0, "a", &value, NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_find_attr(t, s, 0, NULL, &value, NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_find_attr(t, s, 0, "a", NULL, NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_find_attr(t, s, 5, "a", &value, NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_read_text(NULL, s, 0, 0, 0, text, 8), 0);
    assert_int_equal(uspan_read_element(NULL, s, 0, 0, 0, &value, text, 8), USPAN_ERR_ARG);
    assert_int_equal(uspan_read_element(t, s, 0, 0, 0, NULL, text, 8), USPAN_ERR_ARG);
    assert_int_equal(uspan_read_element(t, s, 0, 0, 0, &value, NULL, 1), USPAN_ERR_ARG);
    assert_int_equal(uspan_read_element(t, s, 0, 0, 0, &value, text, 8), USPAN_ERR_ARG); /* not an array */
    assert_int_equal(uspan_read_status_message(NULL, s, text, 8), 0);
    assert_int_equal(uspan_read_event(NULL, s, 0, &event, text, 8), USPAN_ERR_ARG);
    assert_int_equal(uspan_read_event(t, s, 0, NULL, text, 8), USPAN_ERR_ARG);
    assert_int_equal(uspan_read_event(t, s, 0, &event, NULL, 1), USPAN_ERR_ARG);
    assert_int_equal(uspan_read_link(NULL, s, 0, &link), USPAN_ERR_ARG);
    assert_int_equal(uspan_read_link(t, s, 0, NULL), USPAN_ERR_ARG);
}

static void test_drops_and_a_remote_parent_are_told(void **state)
{
    world_t *w = *state;
    start(w);
    uspan_tracer_t *t = &w->tracer;
    const uspan_limits_t limits = { .attrs = 2, .events = 1, .links = 1, .event_attrs = 1 };
    uspan_set_limits(t, &limits);
    uspan_context_t remote;
    assert_int_equal(
        uspan_context_parse(&remote, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", NULL),
        USPAN_OK);
    const uspan_options_t o = { .parent = &remote };
    uspan_t s = uspan_start_with(t, USPAN_NULL, "x", 1, &o);
    const uspan_link_t link = { .context = &remote };
    const uspan_attr_t attrs[] = { USPAN_ATTR_INT(&key_a, 1), USPAN_ATTR_INT(&key_b, 2),
                                   USPAN_ATTR_INT(&key_c, 3) };
    uspan_set_all(t, s, attrs, 3);
    for (unsigned i = 0; i < 3u; i++) {
        uspan_event_n(t, s, "e", 1, 0, attrs, 3);
        uspan_add_link(t, s, &link);
    }
    uspan_view_t v;
    uspan_event_view_t e;
    assert_int_equal(uspan_read(t, s, &v), USPAN_OK);
    assert_true(v.remote_parent);
    assert_memory_equal(v.parent_id, remote.span_id, 8);
    assert_int_equal(v.attr_count, 2);
    assert_int_equal(v.dropped_attrs, 1);
    assert_int_equal(v.dropped_events, 2);
    assert_int_equal(v.dropped_links, 2);
    assert_int_equal(v.link_count, 1);
    assert_int_equal(uspan_read_event(t, s, 0, &e, NULL, 0), USPAN_OK);
    assert_int_equal(e.attr_count, 1);
    assert_int_equal(e.dropped_attrs, 2);
}

static void test_an_unsampled_span_has_ids_and_nothing_else(void **state)
{
    world_t *w = *state;
    start(w);
    uspan_set_sampler(&w->tracer, (uspan_sampler_t){ .bound = USPAN_SAMPLE_NEVER });
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "quiet");
    uspan_set_int(&w->tracer, s, &key_a, 1);
    uspan_view_t v;
    assert_int_equal(uspan_read(&w->tracer, s, &v), USPAN_OK);
    assert_int_equal(v.flags & USPAN_FLAG_SAMPLED, 0);
    assert_int_equal(v.attr_count, 0);
    assert_string_equal(v.name, "");
    uspan_end(&w->tracer, s);
    assert_int_equal(uspan_read(&w->tracer, s, &v), USPAN_ERR_STALE);
}

/* ---- attributes ---------------------------------------------------------------------------------------- */

static void test_every_type_reads_as_it_was_written(void **state)
{
    world_t *w = *state;
    uspan_t s = start(w);
    uspan_tracer_t *t = &w->tracer;
    static const int64_t ints[] = { 1, INT64_MIN, 3 };
    static const double doubles[] = { 0.5, -2.25 };
    static const bool bools[] = { true, false, true, true };
    static const char *const texts[] = { "stop", "", "length" };
    static const uspan_key_t keys[] = {
        USPAN_KEY_INIT("int"),     USPAN_KEY_INIT("double"), USPAN_KEY_INIT("bool"),  USPAN_KEY_INIT("near"),
        USPAN_KEY_INIT("static"),  USPAN_KEY_INIT("text"),   USPAN_KEY_INIT("bytes"), USPAN_KEY_INIT("ints"),
        USPAN_KEY_INIT("doubles"), USPAN_KEY_INIT("bools"),  USPAN_KEY_INIT("texts"), USPAN_KEY_INIT("empty")
    };
    uspan_set_int(t, s, &keys[0], -7);
    uspan_set_double(t, s, &keys[1], 0.75);
    uspan_set_bool(t, s, &keys[2], true);
    uspan_set_str(t, s, &keys[3], "nearby");
    uspan_set_static(t, s, &keys[4], "a text that stays where it is for ever");
    uspan_set_str(t, s, &keys[5], "a text that goes to blocks");
    uspan_set_bytes(t, s, &keys[6], "\0\1\2", 3);
    uspan_set_ints(t, s, &keys[7], ints, 3);
    uspan_set_doubles(t, s, &keys[8], doubles, 2);
    uspan_set_bools(t, s, &keys[9], bools, 4);
    uspan_set_strs(t, s, &keys[10], texts, 3);
    uspan_set_str(t, s, &keys[11], "");
    static const struct {
        uspan_type_t type;
        uint32_t len;
        const char *text;
    } expected[] = {
        { USPAN_TYPE_INT, 0, "" },
        { USPAN_TYPE_DOUBLE, 0, "" },
        { USPAN_TYPE_BOOL, 0, "" },
        { USPAN_TYPE_TEXT, 6, "nearby" },
        { USPAN_TYPE_TEXT, 38, "a text that stays where it is for ever" },
        { USPAN_TYPE_TEXT, 26, "a text that goes to blocks" },
        { USPAN_TYPE_BYTES, 3, "\0\1\2" },
        { USPAN_TYPE_INTS, 3, "" },
        { USPAN_TYPE_DOUBLES, 2, "" },
        { USPAN_TYPE_BOOLS, 4, "" },
        { USPAN_TYPE_TEXTS, 3, "" },
        { USPAN_TYPE_TEXT, 0, "" },
    };
    for (unsigned i = 0; i < 12u; i++) {
        uspan_value_t v;
        unsigned index = 99;
        char text[64];
        memset(&v, 0xEE, sizeof v);
        assert_int_equal(uspan_find_attr(t, s, USPAN_OF_SPAN, keys[i].text, &v, &index), USPAN_OK);
        assert_int_equal(index, i);
        assert_ptr_equal(v.key, &keys[i]);
        memset(&v, 0xEE, sizeof v);
        assert_int_equal(uspan_read_attr(t, s, USPAN_OF_SPAN, i, &v), USPAN_OK);
        assert_ptr_equal(v.key, &keys[i]);
        assert_int_equal(v.type, expected[i].type);
        assert_int_equal(v.len, expected[i].len);
        assert_int_equal(v.i, i == 0u ? -7 : i == 2u ? 1 : 0);
        assert_true(v.d == (i == 1u ? 0.75 : 0.0));
        bool is_text = v.type == USPAN_TYPE_TEXT || v.type == USPAN_TYPE_BYTES;
        size_t n = uspan_read_text(t, s, USPAN_OF_SPAN, i, 0, text, sizeof text);
        assert_int_equal(n, is_text ? expected[i].len : 0);
        assert_memory_equal(text, expected[i].text, n);
    }
    uspan_value_t v;
    for (unsigned i = 0; i < 4u; i++) {
        if (i < 3u) {
            assert_int_equal(uspan_read_element(t, s, 0, 7, i, &v, NULL, 0), USPAN_OK);
            assert_int_equal(v.type, USPAN_TYPE_INT);
            assert_true(v.i == ints[i] && v.d == 0.0 && v.len == 0u && v.key == &keys[7]);
        }
        if (i < 2u) {
            assert_int_equal(uspan_read_element(t, s, 0, 8, i, &v, NULL, 0), USPAN_OK);
            assert_int_equal(v.type, USPAN_TYPE_DOUBLE);
            assert_true(v.d == doubles[i] && v.i == 0);
        }
        assert_int_equal(uspan_read_element(t, s, 0, 9, i, &v, NULL, 0), USPAN_OK);
        assert_int_equal(v.type, USPAN_TYPE_BOOL);
        assert_int_equal(v.i, bools[i]);
    }
    char text[8];
    for (unsigned i = 0; i < 3u; i++) {
        assert_int_equal(uspan_read_element(t, s, 0, 10, i, &v, text, sizeof text), USPAN_OK);
        assert_int_equal(v.type, USPAN_TYPE_TEXT);
        assert_int_equal(v.len, strlen(texts[i]));
        assert_memory_equal(text, texts[i], v.len);
    }
    static const unsigned counts[] = { 3, 2, 4, 3 };
    for (unsigned a = 0; a < 4u; a++) {
        v.len = 1234;
        assert_int_equal(uspan_read_element(t, s, 0, 7u + a, counts[a], &v, text, 8), USPAN_ERR_CLOSED);
        assert_int_equal(uspan_read_element(t, s, 0, 7u + a, 0x20000000u, &v, text, 8), USPAN_ERR_CLOSED);
        assert_int_equal(uspan_read_element(t, s, 0, 7u + a, UINT32_MAX, &v, text, 8), USPAN_ERR_CLOSED);
        assert_int_equal(v.len, 1234);
    }
    v.len = 4321;
    assert_int_equal(uspan_read_attr(t, s, USPAN_OF_SPAN, 12, &v), USPAN_ERR_CLOSED);
    assert_int_equal(uspan_read_attr(t, s, USPAN_OF_SPAN, UINT32_MAX, &v), USPAN_ERR_CLOSED);
    assert_int_equal(uspan_find_attr(t, s, USPAN_OF_SPAN, "tex", &v, NULL), USPAN_ERR_CLOSED);
    assert_int_equal(uspan_find_attr(t, s, USPAN_OF_SPAN, "text_", &v, NULL), USPAN_ERR_CLOSED);
    assert_int_equal(uspan_find_attr(t, s, USPAN_OF_SPAN, "", &v, NULL), USPAN_ERR_CLOSED);
    assert_int_equal(v.len, 4321);
}

static void test_text_is_read_from_any_offset_across_blocks(void **state)
{
    world_t *w = *state;
    uspan_t s = start(w);
    char text[LONG_TEXT];
    char got[LONG_TEXT + 8];
    fill_text(text, sizeof text, 3);
    static char kept[LONG_TEXT];
    memcpy(kept, text, sizeof kept);
    uspan_set_str_n(&w->tracer, s, &key_a, text, sizeof text);
    uspan_set_bytes(&w->tracer, s, &key_b, text, sizeof text);
    uspan_set_static_n(&w->tracer, s, &key_c, kept, sizeof kept);
    for (unsigned which = 0; which < 3u; which++) {
        for (size_t offset = 0; offset <= sizeof text + 2u; offset++) {
            for (size_t cap = 0; cap <= sizeof text + 1u; cap += cap < 3u ? 1u : 13u) {
                size_t left = offset < sizeof text ? sizeof text - offset : 0u;
                memset(got, '#', sizeof got);
                size_t n = uspan_read_text(&w->tracer, s, USPAN_OF_SPAN, which, offset, got, cap);
                assert_int_equal(n, left < cap ? left : cap);
                assert_memory_equal(got, text + (left > 0u ? offset : 0u), n);
                assert_int_equal(got[n], '#'); /* no terminator, nothing written beyond cap */
            }
        }
        assert_int_equal(uspan_read_text(&w->tracer, s, USPAN_OF_SPAN, which, SIZE_MAX, got, 1), 0);
    }
}

static void test_texts_of_an_array_are_read_wherever_blocks_end(void **state)
{
    world_t *w = *state;
    char first[2 * USPAN_BLOCK_BYTES + 8];
    for (size_t len = 0; len < sizeof first - 1u;
         len++) { /* moves the second's length to every position in a block */
        uspan_t s = start(w);
        memset(first, 'x', len);
        first[len] = '\0';
        const char *const texts[] = { first, "second, of some length", "\xC3\xA4", "" };
        assert_int_equal(uspan_set_strs(&w->tracer, s, &key_a, texts, 4), USPAN_OK);
        uspan_value_t v;
        assert_int_equal(uspan_read_attr(&w->tracer, s, USPAN_OF_SPAN, 0, &v), USPAN_OK);
        assert_int_equal(v.len, 4);
        for (unsigned i = 0; i < 4u; i++) {
            char got[2 * USPAN_BLOCK_BYTES + 8];
            assert_int_equal(uspan_read_element(&w->tracer, s, 0, 0, i, &v, got, sizeof got), USPAN_OK);
            assert_int_equal(v.len, strlen(texts[i]));
            assert_memory_equal(got, texts[i], v.len);
        }
        char few[4] = "....";
        assert_int_equal(uspan_read_element(&w->tracer, s, 0, 0, 1, &v, few, 3), USPAN_OK);
        assert_int_equal(v.len, 22); /* its length before truncation */
        assert_memory_equal(few, "sec.", 4);
        assert_int_equal(uspan_read_element(&w->tracer, s, 0, 0, 4, &v, few, 3), USPAN_ERR_CLOSED);
    }
}

static void test_a_long_text_of_an_array_is_read_whole(void **state)
{
    world_t *w = *state;
    uspan_t s = start(w);
    char first[700 + 1];
    char got[700];
    fill_text(first, 700, 4);
    first[700] = '\0';
    const char *const texts[] = { first, "then" };
    uspan_set_strs(&w->tracer, s, &key_a, texts, 2);
    uspan_value_t v;
    assert_int_equal(uspan_read_element(&w->tracer, s, 0, 0, 0, &v, got, sizeof got), USPAN_OK);
    assert_int_equal(v.len, 700);
    assert_memory_equal(got, first, 700);
    assert_int_equal(uspan_read_element(&w->tracer, s, 0, 0, 1, &v, got, sizeof got), USPAN_OK);
    assert_int_equal(v.len, 4);
    assert_memory_equal(got, "then", 4);
}

static void test_a_number_in_place_of_a_text_has_no_length(void **state)
{
    world_t *w = *state;
    uspan_t s = start(w);
    uspan_value_t v;
    uspan_set_str(&w->tracer, s, &key_a, "a text in blocks of the pool");
    uspan_set_bool(&w->tracer, s, &key_a, true);
    assert_int_equal(uspan_read_attr(&w->tracer, s, USPAN_OF_SPAN, 0, &v), USPAN_OK);
    assert_int_equal(v.type, USPAN_TYPE_BOOL);
    assert_int_equal(v.len, 0);
    assert_int_equal(v.i, 1);
}

static void test_a_character_that_is_still_coming_is_not_read(void **state)
{
    world_t *w = *state;
    uspan_t s = start(w);
    char got[8];
    uspan_append_str_n(&w->tracer, s, &key_a, "a\xE2\x82", 3);
    assert_int_equal(uspan_read_text(&w->tracer, s, 0, 0, 0, got, 8), 1);
    uspan_append_str_n(&w->tracer, s, &key_a, "\xAC", 1);
    assert_int_equal(uspan_read_text(&w->tracer, s, 0, 0, 0, got, 8), 4);
    assert_memory_equal(got, "a\xE2\x82\xAC", 4);
}

/* ---- processors ---------------------------------------------------------------------------------------- */

static void note_end(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    uspan_view_t v;
    uspan_value_t value;
    assert_int_equal(uspan_read(t, s, &v), USPAN_OK);
    assert_true(v.ended);
    assert_true(v.end_ns >= v.start_ns && v.end_ns != 0u);
    assert_int_equal(uspan_find_attr(t, s, USPAN_OF_SPAN, "a", &value, NULL), USPAN_OK);
    *(int64_t *)ctx = value.i;
}

static void test_a_processor_reads_a_span_as_it_ends(void **state)
{
    world_t *w = *state;
    world_reset_with_collector(w);
    int64_t seen = 0;
    uspan_processor_t hook = { .ctx = &seen, .on_end = note_end };
    uspan_add_processor(&w->tracer, &hook);
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "x");
    uspan_set_int(&w->tracer, s, &key_a, 42);
    uspan_end(&w->tracer, s);
    assert_int_equal(seen, 42);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_open_span_is_read_whole),
        TEST(test_unix_times_are_zero_until_unix_time_is_known),
        TEST(test_times_that_were_made_up_are_not_unix_times),
        TEST(test_an_ended_span_is_read_until_it_is_sent_then_it_is_stale),
        TEST(test_a_handle_of_a_reused_slot_does_not_read_its_successor),
        TEST(test_arguments_that_break_the_contract_are_refused),
        TEST(test_drops_and_a_remote_parent_are_told),
        TEST(test_an_unsampled_span_has_ids_and_nothing_else),
        TEST(test_every_type_reads_as_it_was_written),
        TEST(test_text_is_read_from_any_offset_across_blocks),
        TEST(test_texts_of_an_array_are_read_wherever_blocks_end),
        TEST(test_a_long_text_of_an_array_is_read_whole),
        TEST(test_a_number_in_place_of_a_text_has_no_length),
        TEST(test_a_character_that_is_still_coming_is_not_read),
        TEST(test_a_processor_reads_a_span_as_it_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
