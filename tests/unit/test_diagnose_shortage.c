/* test_diagnose_shortage.c: uspan_diagnose() and the log name each resource that ran short, with the highest
 * need and the option to raise. */
#include "diagnosis.h"

static const uspan_key_t key = USPAN_KEY_INIT("key");

static void fill_text(world_t *w, uspan_t s)
{
    static char value[USPAN_VALUE_MAX + 1];
    memset(value, 'v', USPAN_VALUE_MAX);
    (void)uspan_set_str(&w->tracer, s, USPAN_KEY("a"), value);
    (void)uspan_set_str(&w->tracer, s, USPAN_KEY("b"), value);
    (void)uspan_set_str(&w->tracer, s, USPAN_KEY("c"), value);
}

static void fill_attrs(world_t *w, uspan_t s)
{
    static uspan_key_t keys[USPAN_ATTRS_MAX + 5];
    static char names[USPAN_ATTRS_MAX + 5][2];
    for (unsigned i = 0; i < USPAN_ATTRS_MAX + 5u; i++) {
        names[i][0] = (char)('A' + i);
        keys[i] = (uspan_key_t){ .text = names[i], .len = 1u, .id = (uint16_t)(1u + i) };
        (void)uspan_set_int(&w->tracer, s, &keys[i], 1);
    }
}

static void fill_events(world_t *w, uspan_t s)
{
    for (unsigned i = 0; i < USPAN_EVENTS_MAX + 2u; i++) {
        (void)uspan_event(&w->tracer, s, "e");
    }
}

static void fill_links(world_t *w, uspan_t s)
{
    uspan_context_t c = { .flags = 1u };
    memset(c.trace_id, 7, sizeof c.trace_id);
    memset(c.span_id, 7, sizeof c.span_id);
    const uspan_link_t link = { .context = &c };
    for (unsigned i = 0; i < USPAN_LINKS_MAX + 1u; i++) {
        (void)uspan_add_link(&w->tracer, s, &link);
    }
}

static void fill_an_event(world_t *w, uspan_t s)
{
    static const uspan_key_t keys[] = { USPAN_KEY_INIT("a"), USPAN_KEY_INIT("b"), USPAN_KEY_INIT("c"),
                                        USPAN_KEY_INIT("d"), USPAN_KEY_INIT("e"), USPAN_KEY_INIT("f"),
                                        USPAN_KEY_INIT("g"), USPAN_KEY_INIT("h"), USPAN_KEY_INIT("i") };
    uspan_attr_t attrs[USPAN_EVENT_ATTRS_MAX + 1];
    for (unsigned i = 0; i < USPAN_EVENT_ATTRS_MAX + 1u; i++) {
        attrs[i] = (uspan_attr_t)USPAN_ATTR_INT(&keys[i], 1);
    }
    (void)uspan_event_n(&w->tracer, s, "e", 1u, 0u, attrs, USPAN_EVENT_ATTRS_MAX + 1u);
}

static void cut_a_value(world_t *w, uspan_t s)
{
    static char value[USPAN_VALUE_MAX + 2];
    memset(value, 'v', USPAN_VALUE_MAX + 1u);
    (void)uspan_set_str(&w->tracer, s, &key, value);
}

static void cut_an_event_name(world_t *w, uspan_t s)
{
    static char name[USPAN_VALUE_MAX + 2];
    memset(name, 'n', USPAN_VALUE_MAX + 1u);
    assert_int_equal(uspan_event(&w->tracer, s, name), USPAN_TRUNCATED);
}

/* One name is cut when the span starts, one later. An unsampled span has no name that could be cut. */
static void cut_names(world_t *w, uspan_t s)
{
    static const char name[] = "execute_tool calendar_create_event_with_guests_and_a_conference_link";
    uspan_t cut = uspan_start(&w->tracer, USPAN_ROOT, name);
    assert_int_equal(uspan_set_name(&w->tracer, s, name), USPAN_TRUNCATED);
    assert_int_equal(uspan_set_name(&w->tracer, s, "fits"), USPAN_OK);
    uspan_set_sampler(&w->tracer, (uspan_sampler_t){ USPAN_SAMPLE_NEVER, true });
    (void)uspan_end(&w->tracer, uspan_start(&w->tracer, USPAN_ROOT, name));
    (void)uspan_end(&w->tracer, cut);
}

static void cut_by_limits(world_t *w, uspan_t s)
{
    const uspan_limits_t limits = { .value_chars = 4u, .attrs = 1u };
    uspan_set_limits(&w->tracer, &limits);
    (void)uspan_set_str(&w->tracer, s, &key, "longer than four");
    (void)uspan_set_str(&w->tracer, s, USPAN_KEY("b"), "x");
}

static void enter_many(world_t *w, uspan_t s)
{
    for (unsigned i = 0; i < USPAN_TASKS_MAX + 1u; i++) {
        w->task = 100u + i;
        (void)uspan_enter(&w->tracer, s);
    }
}

static void test_what_ran_short_is_named_with_the_need_and_the_option_in_the_diagnosis_and_once_in_the_log(
    void **state)
{
    static const struct {
        void (*fill)(world_t *w, uspan_t s);
        const char *words;
        const char *more; /* another sentence, or NULL */
    } rows[] = {
        { fill_text, "Text pool too small, bytes wanted: ", NULL },
        { fill_attrs, "Too many attributes in one span: 29, raise USPAN_ATTRS_MAX (now 24).", NULL },
        { fill_events, "Too many events in one span: 6, raise USPAN_EVENTS_MAX (now 4).", NULL },
        { fill_links, "Too many links in one span: 5, raise USPAN_LINKS_MAX (now 4).", NULL },
        { fill_an_event, "Attributes of events left out: 1, raise USPAN_EVENT_ATTRS_MAX (now 8).", NULL },
        { cut_a_value, "Values cut: 1, raise USPAN_VALUE_MAX (now 4096).", NULL },
        { cut_names, "Span names cut: 2, raise USPAN_NAME_MAX (now 48).", NULL },
        { cut_an_event_name, "Values cut: 1, raise USPAN_VALUE_MAX (now 4096).", NULL },
        { cut_by_limits, "Too many attributes in one span: 2, raise the limit of uspan_set_limits() (now 1).",
          "Values cut: 1, raise the limit of uspan_set_limits() (now 4)." },
        { enter_many, "Tasks without a current span: 1, raise USPAN_TASKS_MAX (now 4).", NULL },
    };
    world_t *w = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        world_reset_with_collector(w);
        uspan_t s = uspan_start(&w->tracer, USPAN_ROOT, "x");
        rows[i].fill(w, s);
        uspan_end(&w->tracer, s);
        world_drain(w);
        assert_says(w, rows[i].words);
        assert_null(strstr(text, "No problem found"));
        assert_non_null(strstr(text, rows[i].fill != cut_names ? "delivered 1" : "delivered 2"));
        if (i == 0u) {
            assert_says(w, "raise USPAN_TEXT_BYTES (now 8192).");
        }
        for (unsigned n = 0; n < 5u; n++) { /* at most one log line a second */
            uint32_t wait_ms;
            world_advance_ms(w, 2000u);
            (void)world_poll(w, &wait_ms);
        }
        const char *line = strstr(w->log, rows[i].words);
        assert_non_null(line);
        assert_null(strstr(line + 1, rows[i].words));
        assert_int_equal(line[strcspn(line, "\n") - 1u], '.'); /* and no more follows in that line */
        if (rows[i].more != NULL) {
            assert_says(w, rows[i].more);
            assert_non_null(strstr(w->log, rows[i].more));
        }
        assert_int_equal(w->log_lines, rows[i].more != NULL ? 2 : 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(
        test_what_ran_short_is_named_with_the_need_and_the_option_in_the_diagnosis_and_once_in_the_log,
        world_setup, world_teardown) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
