/* test_status.c: the priority of Ok, Error and Unset. Names and messages are well-formed and limited. Errors
 * are recorded with all their parts. */
#include <string.h>
#include "peek.h"

static uspan_t begin(world_t *w)
{
    uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "span");
    assert_true(s.id > 3u);
    return s;
}

/* Specification: once Ok it stays Ok. Unset changes nothing. Error may become Ok or another Error. */
static const struct {
    uspan_status_t before, set, after;
} order[] = {
    { USPAN_STATUS_UNSET, USPAN_STATUS_UNSET, USPAN_STATUS_UNSET },
    { USPAN_STATUS_UNSET, USPAN_STATUS_OK, USPAN_STATUS_OK },
    { USPAN_STATUS_UNSET, USPAN_STATUS_ERROR, USPAN_STATUS_ERROR },
    { USPAN_STATUS_OK, USPAN_STATUS_UNSET, USPAN_STATUS_OK },
    { USPAN_STATUS_OK, USPAN_STATUS_OK, USPAN_STATUS_OK },
    { USPAN_STATUS_OK, USPAN_STATUS_ERROR, USPAN_STATUS_OK },
    { USPAN_STATUS_ERROR, USPAN_STATUS_UNSET, USPAN_STATUS_ERROR },
    { USPAN_STATUS_ERROR, USPAN_STATUS_OK, USPAN_STATUS_OK },
    { USPAN_STATUS_ERROR, USPAN_STATUS_ERROR, USPAN_STATUS_ERROR },
};

static void test_status_follows_its_order_and_messages_go_with_errors_alone(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    for (size_t i = 0; i < COUNT(order); i++) {
        uspan_t s = begin(w);
        assert_int_equal(uspan_set_status(t, s, order[i].before, "the first message"), USPAN_OK);
        assert_int_equal(uspan_set_status(t, s, order[i].set, "the second one"), USPAN_OK);
        assert_int_equal(peek_slot(w, s)->status, order[i].after);
        const char *message = order[i].after != USPAN_STATUS_ERROR ? ""
                              : order[i].set == USPAN_STATUS_ERROR ? "the second one"
                                                                   : "the first message";
        assert_string_equal(peek_message(w, s), message);
        assert_int_equal(w->tracer.trace.blocks_live, message[0] != '\0');
        uspan_end(t, s);
        assert_int_equal(peek_slot(w, s)->status,
                         order[i].after == USPAN_STATUS_UNSET && USPAN_STATUS_OK_ON_END != 0
                             ? USPAN_STATUS_OK
                             : order[i].after);
        peek_drain(w);
    }
}

static void test_an_error_without_a_message_takes_the_old_one_away(void **state)
{
    world_t *w = *state;
    uspan_t s = begin(w);
    uspan_set_status(&w->tracer, s, USPAN_STATUS_ERROR, "old");
    assert_int_equal(uspan_set_status(&w->tracer, s, USPAN_STATUS_ERROR, NULL), USPAN_OK);
    assert_string_equal(peek_message(w, s), "");
    assert_int_equal(w->tracer.trace.blocks_live, 0);
}

static void test_status_of_spans_that_take_none_and_hostile_arguments(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = begin(w);
    assert_int_equal(uspan_set_status(NULL, s, USPAN_STATUS_OK, NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_status(t, s, (uspan_status_t)3, NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_status(t, s, (uspan_status_t)-1, NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_status(t, USPAN_NULL, USPAN_STATUS_OK, NULL), USPAN_OK);
    uspan_end(t, s);
    assert_int_equal(uspan_set_status(t, s, USPAN_STATUS_ERROR, "too late"), USPAN_ERR_STALE);
    uspan_set_sampler(t, (uspan_sampler_t){ .bound = USPAN_SAMPLE_NEVER });
    uspan_t unsampled = begin(w);
    assert_int_equal(uspan_set_status(t, unsampled, USPAN_STATUS_ERROR, "not recorded"), USPAN_OK);
    assert_int_equal(uspan_set_name(t, unsampled, "not recorded"), USPAN_OK);
    assert_int_equal(peek_slot(w, unsampled)->status, USPAN_STATUS_UNSET);
    assert_int_equal(w->tracer.trace.blocks_live, 0);
}

static void test_a_message_is_mended_and_cut_and_a_dry_pool_still_leaves_the_error(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static char text[USPAN_VALUE_MAX + 2u];
    uspan_t s = begin(w);
    assert_int_equal(uspan_set_status(t, s, USPAN_STATUS_ERROR, "bad \xFF byte"), USPAN_OK);
    assert_string_equal(peek_message(w, s), "bad \xEF\xBF\xBD byte");
    memset(text, 'm', sizeof text - 1u);
    assert_int_equal(uspan_set_status(t, s, USPAN_STATUS_ERROR, text), USPAN_TRUNCATED);
    assert_int_equal(peek_slot(w, s)->message_len, USPAN_VALUE_MAX);
    assert_int_equal(peek_stats(w).values_truncated, 1);
    uspan_t other = begin(w);
    peek_leave_blocks(w, 0);
    assert_int_equal(uspan_set_status(t, other, USPAN_STATUS_ERROR, "lost"), USPAN_TRUNCATED);
    assert_int_equal(peek_slot(w, other)->status, USPAN_STATUS_ERROR);
    assert_int_equal(peek_stats(w).values_truncated, 2);
}

/* ---- names ------------------------------------------------------------------------------------------------------------ */

static void assert_name(world_t *w, const char *name, size_t len, const char *expected)
{
    uspan_t started = uspan_start_n(&w->tracer, USPAN_ROOT, name, len);
    const uspan_slot_t *slot = peek_slot(w, started);
    assert_int_equal(slot->name_len, strlen(expected));
    assert_memory_equal(slot->name, expected, slot->name_len);
    uspan_t renamed = begin(w);
    if (len > 0u && name != NULL) {
        assert_true(uspan_set_name_n(&w->tracer, renamed, name, len) >= USPAN_OK);
        slot = peek_slot(w, renamed);
        assert_int_equal(slot->name_len, strlen(expected));
        assert_memory_equal(slot->name, expected, slot->name_len);
    }
    uspan_end(&w->tracer, started);
    uspan_end(&w->tracer, renamed);
    peek_drain(w);
}

static void test_names_are_mended_and_cut_at_a_character_and_never_empty(void **state)
{
    world_t *w = *state;
    char name[USPAN_NAME_MAX + 20u];
    char expected[USPAN_NAME_MAX + 1u] = { 0 };
    assert_name(w, "plain", 5, "plain");
    assert_name(w,
                "a\xFF"
                "b\xE2\x82",
                5,
                "a\xEF\xBF\xBD"
                "b\xEF\xBF\xBD");
    assert_name(w, NULL, 0, "unnamed");
    assert_name(w, "", 0, "unnamed");
    assert_name(w, NULL, 7, "unnamed");
    for (size_t before = USPAN_NAME_MAX - 5u; before <= USPAN_NAME_MAX + 1u;
         before++) { /* a character across the limit */
        memset(name, 'n', sizeof name);
        memcpy(name + before, "\xF0\x9F\x8C\xB1", 4);
        size_t fits = before + 4u <= USPAN_NAME_MAX || before >= USPAN_NAME_MAX ? USPAN_NAME_MAX : before;
        memset(expected, 0, sizeof expected);
        memcpy(expected, name, fits);
        assert_name(w, name, sizeof name, expected);
    }
    /* only bytes that cannot begin a character */
    for (size_t len = 1; len < sizeof name; len++) {
        memset(name, '\x80', sizeof name);
        size_t n = len < USPAN_NAME_MAX / 3u ? len : USPAN_NAME_MAX / 3u;
        memset(expected, 0, sizeof expected);
        for (size_t i = 0; i < n; i++) {
            memcpy(expected + 3u * i, "\xEF\xBF\xBD", 3);
        }
        assert_name(w, name, len, expected);
    }
}

static void test_a_name_tells_that_it_was_cut_and_hostile_ones_are_refused(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    char name[USPAN_NAME_MAX + 1u];
    memset(name, 'n', sizeof name);
    uspan_t s = begin(w);
    assert_int_equal(uspan_set_name_n(t, s, name, USPAN_NAME_MAX), USPAN_OK);
    assert_int_equal(uspan_set_name_n(t, s, name, sizeof name), USPAN_TRUNCATED);
    assert_int_equal(uspan_set_name_n(NULL, s, name, 1), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_name_n(t, s, NULL, 1), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_name(t, s, NULL), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_name(t, s, ""), USPAN_ERR_ARG);
    assert_int_equal(uspan_set_name(t, USPAN_NULL, "n"), USPAN_OK);
    uspan_end(t, s);
    assert_int_equal(uspan_set_name(t, s, "n"), USPAN_ERR_STALE);
}

/* ---- errors ------------------------------------------------------------------------------------------------------------- */

static void test_an_error_is_event_type_and_status(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s = begin(w);
    assert_int_equal(uspan_record_error_data(t, s, "timeout", "no answer in 10 s", "{\"attempt\":3}"),
                     USPAN_OK);
    assert_string_equal(peek_str(w, s, "error.type"), "timeout");
    assert_int_equal(peek_slot(w, s)->status, USPAN_STATUS_ERROR);
    assert_string_equal(peek_message(w, s), "no answer in 10 s");
    const uspan_event_rec_t *rec = peek_event(w, s, 0);
    assert_string_equal(peek_event_name(w, rec), "exception");
    assert_true(rec->time_ns == w->now_ns);
    assert_int_equal(rec->attr_count, 3);
    static const char *const expected[3][2] = { { "exception.type", "timeout" },
                                                { "exception.message", "no answer in 10 s" },
                                                { "uspan.error.data", "{\"attempt\":3}" } };
    for (unsigned i = 0; i < 3u; i++) {
        assert_string_equal(peek_entry(w, rec->attrs, i)->key->text, expected[i][0]);
        assert_string_equal(peek_bytes(w, peek_entry(w, rec->attrs, i)), expected[i][1]);
    }
    assert_int_equal(peek_slot(w, s)->state, USPAN_STATE_OPEN); /* the span stays open */
}

static void test_an_error_without_words_is_other(void **state)
{
    world_t *w = *state;
    uspan_t s = begin(w);
    assert_int_equal(uspan_record_error(&w->tracer, s, NULL, NULL), USPAN_OK);
    assert_int_equal(uspan_record_error_data(&w->tracer, s, "", "", ""), USPAN_OK);
    assert_string_equal(peek_str(w, s, "error.type"), "_OTHER");
    assert_int_equal(peek_event(w, s, 0)->attr_count, 1);
    assert_int_equal(peek_event(w, s, 1)->attr_count, 1);
    assert_string_equal(peek_message(w, s), "");
}

static void test_fail_records_and_ends(void **state)
{
    world_t *w = *state;
    uspan_t s = begin(w);
    assert_int_equal(uspan_fail(&w->tracer, s, "429", "slow down"), USPAN_OK);
    assert_int_equal(peek_slot(w, s)->state, USPAN_STATE_ENDED);
    assert_int_equal(peek_slot(w, s)->status, USPAN_STATUS_ERROR);
    assert_int_equal(uspan_fail(&w->tracer, s, "429", "again"), USPAN_ERR_STALE);
    assert_int_equal(uspan_record_error(&w->tracer, s, "429", "again"), USPAN_ERR_STALE);
    assert_int_equal(uspan_record_error(&w->tracer, USPAN_NULL, "429", "again"), USPAN_OK);
    assert_int_equal(uspan_record_error(NULL, s, "429", "again"), USPAN_ERR_ARG);
}

static void test_an_error_after_ok_leaves_the_status_and_in_a_full_table_its_type_takes_the_last_place(
    void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    const uspan_limits_t limits = { .attrs = 2, .events = 1 };
    uspan_set_limits(t, &limits);
    uspan_t s = begin(w);
    uspan_set_status(t, s, USPAN_STATUS_OK, NULL);
    uspan_set_int(t, s, USPAN_KEY("n"), 1);
    uspan_set_str(t, s, USPAN_KEY("m"), "text that takes a block");
    assert_int_equal(uspan_record_error(t, s, "timeout", "late"), USPAN_ERR_FULL);
    assert_int_equal(peek_slot(w, s)->status, USPAN_STATUS_OK);
    assert_int_equal(peek_slot(w, s)->event_count, 1);
    assert_int_equal(peek_slot(w, s)->dropped_attrs, 1);
    assert_int_equal(peek_slot(w, s)->attr_count, 2);
    assert_int_equal(peek_attr(w, s, "n")->v.i, 1);
    assert_string_equal(peek_str(w, s, "error.type"), "timeout");
    assert_null(peek_attr(w, s, "m"));
    uspan_set_int(t, s, USPAN_KEY("m"), 1);
    assert_int_equal(peek_slot(w, s)->dropped_attrs, 2);
}

static void test_a_limit_for_values_holds_for_an_error_type_in_a_full_table(void **state)
{
    world_t *w = *state;
    const uspan_limits_t limits = { .attrs = 1u, .value_chars = 4u };
    uspan_set_limits(&w->tracer, &limits);
    uspan_t s = begin(w);
    uspan_set_int(&w->tracer, s, USPAN_KEY("n"), 1);
    uint32_t cut = peek_stats(w).values_truncated;
    (void)uspan_record_error(&w->tracer, s, "\xC3\xA9t\xC3\xA9s 503", NULL);
    assert_string_equal(peek_str(w, s, "error.type"), "\xC3\xA9t\xC3\xA9s");
    assert_true(peek_stats(w).values_truncated > cut);
}

static void test_an_error_in_a_dry_pool_keeps_what_an_entry_holds_of_its_type(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    for (unsigned full = 0; full < 2u; full++) {
        for (unsigned blocks = 0; blocks < 2u; blocks++) { /* the last attribute frees its block */
            const uspan_limits_t limits = { .attrs = full ? 2u : 3u };
            const bool kept = full && blocks;
            uspan_set_limits(t, &limits);
            uspan_t s = begin(w);
            uspan_set_int(t, s, USPAN_KEY("n"), 1);
            uspan_set_str(t, s, USPAN_KEY("m"), blocks ? "text that takes a block" : "short");
            peek_leave_blocks(w, 0);
            uspan_stats_t before = peek_stats(w);
            uspan_err_t err = uspan_record_error(t, s, "connection_reset\xFF", NULL);
            assert_int_equal(err, USPAN_ERR_FULL); /* there is no room for the event either */
            assert_string_equal(peek_str(w, s, "error.type"),
                                kept ? "connection_reset\xEF\xBF\xBD" : "connecti");
            uspan_stats_t after = peek_stats(w);
            assert_int_equal(after.attrs_dropped - before.attrs_dropped, full);
            assert_int_equal(after.values_truncated - before.values_truncated, !kept);
            assert_int_equal(peek_slot(w, s)->dropped_attrs, full);
            /* A second error, of another type, replaces the first. */
            assert_int_equal(uspan_record_error(t, s, "timeout", NULL), USPAN_ERR_FULL);
            assert_string_equal(peek_str(w, s, "error.type"), "timeout");
            (void)uspan_record_error(t, s, "name_not_found", NULL);
            assert_string_equal(peek_str(w, s, "error.type"), kept ? "name_not_found" : "name_not");
            assert_int_equal(peek_slot(w, s)->dropped_attrs, full);
            uspan_append_str(t, s, USPAN_KEY("error.type"), "x"); /* a truncated text does not grow */
            assert_string_equal(peek_str(w, s, "error.type"), kept ? "name_not_foundx" : "name_not");
            peek_return_blocks(w);
            uspan_end(t, s);
            peek_drain(w);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_WORLD(test_status_follows_its_order_and_messages_go_with_errors_alone),
        IN_WORLD(test_an_error_without_a_message_takes_the_old_one_away),
        IN_WORLD(test_status_of_spans_that_take_none_and_hostile_arguments),
        IN_WORLD(test_a_message_is_mended_and_cut_and_a_dry_pool_still_leaves_the_error),
        IN_WORLD(test_names_are_mended_and_cut_at_a_character_and_never_empty),
        IN_WORLD(test_a_name_tells_that_it_was_cut_and_hostile_ones_are_refused),
        IN_WORLD(test_an_error_is_event_type_and_status),
        IN_WORLD(test_an_error_without_words_is_other),
        IN_WORLD(test_fail_records_and_ends),
        IN_WORLD(test_an_error_after_ok_leaves_the_status_and_in_a_full_table_its_type_takes_the_last_place),
        IN_WORLD(test_a_limit_for_values_holds_for_an_error_type_in_a_full_table),
        IN_WORLD(test_an_error_in_a_dry_pool_keeps_what_an_entry_holds_of_its_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
