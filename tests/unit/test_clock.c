/* test_clock.c: each trace has one clock offset. A parent and its child therefore agree, even if the clock
 * is set while they are open. */
#include <string.h>
#include "peek.h"
#include "trace/clock.h"

#define S 1000000000u

/* Returns the Unix time of a span's start, or 0 if it is unknown. */
static uint64_t unix_start(world_t *w, uspan_t s)
{
    const uspan_slot_t *slot = peek_slot(w, s);
    uint64_t unix_ns = 0;
    return uspan_epoch_unix(&w->tracer.trace, slot->epoch, slot->start_ns, &unix_ns) ? unix_ns : 0u;
}

static int setup(void **state)
{
    (void)peek_setup(state);
    world_t *w = *state;
    w->unix_ns = 0; /* unknown until a test sets it */
    return 0;
}

static int teardown(void **state)
{
    world_t *w = *state;
    w->unix_ns = 1700000000u * (uint64_t)S; /* lets waiting spans be sent */
    return peek_teardown(state);
}

#define WITH_CLOCK(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

static void test_spans_from_before_the_time_was_known_are_right_afterwards(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uint64_t now = 7;
    assert_int_equal(uspan_unix_now(t, &now), USPAN_ERR_AGAIN);
    assert_int_equal(now, 7);
    uspan_t early = uspan_start(t, USPAN_ROOT, "early");
    uint64_t began = w->now_ns;
    assert_true(unix_start(w, early) == 0u);
    world_advance_ms(w, 3000);
    uspan_set_unix_time(t, 1800000000u * (uint64_t)S);
    assert_true(unix_start(w, early) == 1800000000u * (uint64_t)S - 3u * (uint64_t)S);
    world_advance_ms(w, 500);
    assert_int_equal(uspan_unix_now(t, &now), USPAN_OK);
    assert_true(now == 1800000000u * (uint64_t)S + S / 2u);
    uspan_t late = uspan_start(t, USPAN_ROOT, "late");
    assert_true(unix_start(w, late) - unix_start(w, early) == w->now_ns - began);
    assert_int_equal(peek_slot(w, late)->epoch, peek_slot(w, early)->epoch);
}

static void test_a_trace_under_way_keeps_its_offset_when_the_clock_is_corrected(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_set_unix_time(t, 1800000000u * (uint64_t)S);
    uspan_t root = uspan_start(t, USPAN_ROOT, "root");
    uint64_t before = unix_start(w, root);
    uspan_context_t c;
    uspan_context_of(t, root, &c);
    uspan_set_unix_time(t, 1900000000u * (uint64_t)S);
    assert_true(unix_start(w, root) == before);
    uspan_t child = uspan_start(t, root, "child");
    assert_true(unix_start(w, child) == before);
    const uspan_options_t options = { .parent = &c };
    uspan_t by_context = uspan_start_with(t, USPAN_ROOT, "by context", 10, &options);
    assert_true(unix_start(w, by_context) == before);
    uspan_t fresh = uspan_start(t, USPAN_ROOT, "fresh");
    assert_true(unix_start(w, fresh) == 1900000000u * (uint64_t)S);
    c.remote = 1; /* a remote parent's child uses the present offset of this device */
    uspan_t remote = uspan_start_with(t, USPAN_ROOT, "remote", 6, &options);
    assert_true(unix_start(w, remote) == 1900000000u * (uint64_t)S);
}

static void test_a_context_of_an_epoch_that_is_over_takes_the_present_one(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_set_unix_time(t, 1800000000u * (uint64_t)S);
    uspan_t root = uspan_start(t, USPAN_ROOT, "root");
    uspan_context_t c;
    uspan_context_of(t, root, &c);
    uspan_end(t, root);
    peek_drain(w);
    uspan_set_unix_time(t, 1900000000u * (uint64_t)S); /* no span uses the epoch, so it is changed in place */
    assert_int_equal(t->trace.epoch, c.epoch);
    const uspan_options_t options = { .parent = &c };
    uspan_t late = uspan_start_with(t, USPAN_ROOT, "late", 4, &options);
    assert_true(unix_start(w, late) == 1900000000u * (uint64_t)S);
    c.epoch = 200; /* an invalid epoch is harmless */
    assert_false(uspan_is_null(uspan_start_with(t, USPAN_ROOT, "late", 4, &options)));
}

static void test_a_context_does_not_take_the_offset_of_a_stranger_in_its_epoch_s_place(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s[USPAN_EPOCHS_MAX];
    uspan_context_t c;
    for (unsigned i = 0; i < USPAN_EPOCHS_MAX; i++) {
        uspan_set_unix_time(t, (1800000000u + i * 100000u) * (uint64_t)S);
        s[i] = uspan_start(t, USPAN_ROOT, "s");
    }
    uspan_context_of(t, s[0], &c);
    uspan_end(t, s[0]);
    peek_drain(w);
    uspan_set_unix_time(t, 1900000000u * (uint64_t)S);
    uspan_t stranger = uspan_start(t, USPAN_ROOT, "stranger");
    assert_int_equal(peek_slot(w, stranger)->epoch, c.epoch);
    uspan_end(t, s[1]);
    peek_drain(w);
    uspan_set_unix_time(t, 2000000000u * (uint64_t)S);
    const uspan_options_t options = { .parent = &c };
    uspan_t late = uspan_start_with(t, USPAN_ROOT, "late", 4, &options);
    assert_true(unix_start(w, late) / S == 2000000000u);
}

static void test_small_corrections_do_not_split_traces(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uint64_t base = 1800000000u * (uint64_t)S;
    uspan_set_unix_time(t, base);
    static const int64_t steps[] = { 0, 1, -1, USPAN_CLOCK_STEP_NS, -USPAN_CLOCK_STEP_NS };
    uspan_t s = uspan_start(t, USPAN_ROOT, "s");
    for (size_t i = 0; i < COUNT(steps); i++) {
        uspan_set_unix_time(t, base + (uint64_t)steps[i]);
        assert_int_equal(t->trace.epoch, peek_slot(w, s)->epoch);
    }
    uspan_set_unix_time(t, base + USPAN_CLOCK_STEP_NS + 1u);
    assert_int_not_equal(t->trace.epoch, peek_slot(w, s)->epoch);
    uspan_set_unix_time(t, base - USPAN_CLOCK_STEP_NS - 1u);
    uspan_t fresh = uspan_start(t, USPAN_ROOT, "fresh");
    assert_true(unix_start(w, fresh) == base - USPAN_CLOCK_STEP_NS - 1u);
}

static void test_with_all_epochs_in_use_a_correction_waits(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t s[USPAN_EPOCHS_MAX];
    for (unsigned i = 0; i < USPAN_EPOCHS_MAX; i++) {
        uspan_set_unix_time(t, (1800000000u + i * 100000u) * (uint64_t)S);
        s[i] = uspan_start(t, USPAN_ROOT, "s");
        for (unsigned j = 0; j <= i; j++) {
            assert_true(unix_start(w, s[j]) == (1800000000u + j * 100000u) * (uint64_t)S);
        }
    }
    uspan_set_unix_time(t, 2000000000u * (uint64_t)S);
    uint64_t now;
    assert_int_equal(uspan_unix_now(t, &now), USPAN_OK);
    assert_true(now == (1800000000u + (USPAN_EPOCHS_MAX - 1u) * 100000u) * (uint64_t)S);
    uspan_end(t, s[1]);
    peek_drain(w);
    uspan_set_unix_time(t, 2000000000u * (uint64_t)S);
    uspan_t fresh = uspan_start(t, USPAN_ROOT, "fresh");
    assert_true(unix_start(w, fresh) / S == 2000000000u);
}

static void test_when_time_never_comes_spans_count_from_the_base_and_a_late_clock_opens_an_epoch(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uspan_t early = uspan_start(t, USPAN_ROOT, "early");
    uspan_clock_give_up(t);
    assert_true(unix_start(w, early) == USPAN_UNSYNCED_BASE_S * (uint64_t)S + w->now_ns);
    uint64_t now;
    assert_int_equal(uspan_unix_now(t, &now), USPAN_ERR_AGAIN); /* the time is not real */
    uspan_set_unix_time(t, 1800000000u * (uint64_t)S);
    assert_true(unix_start(w, early) == USPAN_UNSYNCED_BASE_S * (uint64_t)S + w->now_ns);
    uspan_t fresh = uspan_start(t, USPAN_ROOT, "fresh");
    assert_true(unix_start(w, fresh) == 1800000000u * (uint64_t)S);
    uspan_clock_give_up(t); /* has no effect if the time is known */
    assert_int_equal(uspan_unix_now(t, &now), USPAN_OK);
}

static void test_a_time_that_is_only_heard_counts_where_nothing_better_is_known(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uint64_t now;
    uspan_clock_set_approximate(t, w->now_ns, 1700000000u * (uint64_t)S);
    assert_int_equal(uspan_unix_now(t, &now), USPAN_OK);
    assert_true(now == 1700000000u * (uint64_t)S);
    uspan_t under_way = uspan_start(t, USPAN_ROOT, "under way");
    uspan_clock_set_approximate(t, w->now_ns, 1700000004u * (uint64_t)S); /* within a Date header's error */
    assert_int_equal(uspan_unix_now(t, &now), USPAN_OK);
    assert_true(now == 1700000000u * (uint64_t)S);
    uspan_clock_set_approximate(t, w->now_ns, 1800000000u * (uint64_t)S); /* a later time corrects it */
    assert_int_equal(uspan_unix_now(t, &now), USPAN_OK);
    assert_true(now == 1800000000u * (uint64_t)S);
    assert_true(unix_start(w, under_way) == 1700000000u * (uint64_t)S); /* each trace has one offset */
    uspan_set_unix_time(t, 1800000000u * (uint64_t)S + 1u);             /* later Date headers are ignored */
    uspan_clock_set_approximate(t, w->now_ns, 1900000000u * (uint64_t)S);
    assert_int_equal(uspan_unix_now(t, &now), USPAN_OK);
    assert_true(now == 1800000000u * (uint64_t)S);
}

/* Times that devices report if their clock was never set, or if the unit is wrong. */
static const struct {
    const char *what;
    uint64_t unix_ns;
} wrong_times[] = {
    { "no time", 0 },
    { "1970, with the time since boot", 86400u * (uint64_t)S },
    { "1980, the first time of FAT and of some RTCs", 315532800u * (uint64_t)S },
    { "2000, the first time of many RTCs", 946684800u * (uint64_t)S },
    { "2001, where uspan's own unsynced times begin", USPAN_UNSYNCED_BASE_S *(uint64_t)S },
    { "2020, the build of an old SDK", 1577836800u * (uint64_t)S },
    { "shortly before the build", (USPAN_DATE_MIN_S - 5u) * (uint64_t)S },
    { "the era of NTP that begins in 2036", 2085978496u * (uint64_t)S },
    { "some hours later", (2085978496u + 20000u) * (uint64_t)S },
    { "more than 30 years after the build", (USPAN_DATE_MIN_S + 31u * 31557600u) * (uint64_t)S },
    { "2106, all bits of a 32-bit time", UINT32_MAX *(uint64_t)S },
    { "2107", 4323110400u * (uint64_t)S },
    { "1969, a signed time below 0", 0u - 1u * (uint64_t)S },
    { "1901, the lowest signed time", 0u - 2147483648u * (uint64_t)S },
    { "all bits", UINT64_MAX },
    { "seconds given as nanoseconds", 1800000000u },
    { "milliseconds given as nanoseconds", 1800000000u * (uint64_t)1000u },
    { "microseconds given as nanoseconds", 1800000000u * (uint64_t)1000000u },
    { "nanoseconds since 1900, as in NTP", (1800000000u + 2208988800u) * (uint64_t)S },
};
static const uint64_t right_times[] = {
    USPAN_DATE_MIN_S * (uint64_t)S,
    1800000000u * (uint64_t)S,
    (2085978496u - 5u) * (uint64_t)S,
    (2085978496u + 90000u) * (uint64_t)S, /* NTP's second era, on its second day */
    2147483648u * (uint64_t)S,            /* 2038, beyond a signed 32-bit time */
    (USPAN_DATE_MIN_S + 29u * 31557600u) * (uint64_t)S,
};

static void test_a_date_that_cannot_be_true_is_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(wrong_times); i++) {
        if (wrong_times[i].unix_ns % S == 0u && uspan_clock_is_date_plausible(wrong_times[i].unix_ns / S)) {
            fail_msg("%s", wrong_times[i].what);
        }
    }
    for (size_t i = 0; i < COUNT(right_times); i++) {
        assert_true(uspan_clock_is_date_plausible(right_times[i] / S));
    }
    assert_false(uspan_clock_is_date_plausible(UINT64_MAX));
    assert_false(uspan_clock_is_date_plausible(UINT64_C(253402300799))); /* the year 9999 */
}

static void test_a_time_of_the_application_that_cannot_be_true_is_refused(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    uint64_t now = 7;
    for (size_t i = 0; i < COUNT(wrong_times); i++) {
        if (uspan_set_unix_time(t, wrong_times[i].unix_ns) != USPAN_ERR_ARG ||
            uspan_unix_now(t, &now) != USPAN_ERR_AGAIN || now != 7u) {
            fail_msg("%s", wrong_times[i].what);
        }
    }
    for (size_t i = 0; i < COUNT(right_times); i++) { /* some are steps backwards */
        const uint64_t right = right_times[COUNT(right_times) - 1u - i];
        assert_int_equal(uspan_set_unix_time(t, right), USPAN_OK);
        for (size_t j = 0; j < COUNT(wrong_times); j++) {
            assert_int_equal(uspan_set_unix_time(t, wrong_times[j].unix_ns), USPAN_ERR_ARG);
            assert_int_equal(uspan_unix_now(t, &now), USPAN_OK);
            assert_true(now == right);
        }
    }
}

static void test_a_time_of_the_port_that_cannot_be_true_is_unknown(void **state)
{
    world_t *w = *state;
    uint64_t now;
    for (size_t i = 0; i < COUNT(wrong_times); i++) {
        w->unix_ns = wrong_times[i].unix_ns - w->now_ns;
        (void)world_poll(w, NULL);
        if (uspan_unix_now(&w->tracer, &now) != USPAN_ERR_AGAIN) {
            fail_msg("%s", wrong_times[i].what);
        }
    }
    w->unix_ns = 1800000000u * (uint64_t)S; /* SNTP has answered. It is read at once, not in a minute */
    (void)world_poll(w, NULL);
    assert_int_equal(uspan_unix_now(&w->tracer, &now), USPAN_OK);
    assert_true(now == w->unix_ns + w->now_ns);
    for (size_t i = 0; i < COUNT(wrong_times); i++) { /* the battery of the RTC is empty */
        world_advance_ms(w, 60000);
        w->unix_ns = wrong_times[i].unix_ns - w->now_ns;
        (void)world_poll(w, NULL);
        assert_int_equal(uspan_unix_now(&w->tracer, &now), USPAN_OK);
        assert_true(now == 1800000000u * (uint64_t)S + w->now_ns);
    }
}

static void test_nonsense_times_do_not_overflow(void **state)
{
    world_t *w = *state;
    uspan_tracer_t *t = &w->tracer;
    static const uint64_t times[] = { 1,
                                      UINT64_MAX,
                                      (uint64_t)1 << 63,
                                      ((uint64_t)1 << 63) + 6000000000u,
                                      0,
                                      ((uint64_t)1 << 63) - 1u,
                                      1700000000000000000u };
    for (size_t i = 0; i < COUNT(times); i++) {
        for (size_t j = 0; j < COUNT(times); j++) {
            uspan_clock_set(t, USPAN_TIME_TOLD, times[i] - w->now_ns);
            uspan_clock_set(t, USPAN_TIME_TOLD, times[j] - w->now_ns);
            uint64_t now;
            assert_int_equal(uspan_unix_now(t, &now), USPAN_OK);
            assert_true(now - times[j] + USPAN_CLOCK_STEP_NS <= 2u * USPAN_CLOCK_STEP_NS);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_CLOCK(test_spans_from_before_the_time_was_known_are_right_afterwards),
        WITH_CLOCK(test_a_trace_under_way_keeps_its_offset_when_the_clock_is_corrected),
        WITH_CLOCK(test_a_context_of_an_epoch_that_is_over_takes_the_present_one),
        WITH_CLOCK(test_a_context_does_not_take_the_offset_of_a_stranger_in_its_epoch_s_place),
        WITH_CLOCK(test_small_corrections_do_not_split_traces),
        WITH_CLOCK(test_with_all_epochs_in_use_a_correction_waits),
        WITH_CLOCK(test_when_time_never_comes_spans_count_from_the_base_and_a_late_clock_opens_an_epoch),
        WITH_CLOCK(test_a_time_that_is_only_heard_counts_where_nothing_better_is_known),
        WITH_CLOCK(test_a_date_that_cannot_be_true_is_known),
        WITH_CLOCK(test_a_time_of_the_application_that_cannot_be_true_is_refused),
        WITH_CLOCK(test_a_time_of_the_port_that_cannot_be_true_is_unknown),
        WITH_CLOCK(test_nonsense_times_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
