/* test_posix_wake.c: the thread wakes when a span ends and when it is asked to, and not only after its tick.
 * The tick here is longer than this test waits.
 * uspan-config: USPAN_POSIX_TICK_MS=600000 */
#define _GNU_SOURCE
#include "uspan_posix.h"

#include <poll.h>
#include <stdatomic.h>
#include "cmocka_all.h"

#define PATIENCE_MS 60000

static uspan_tracer_t tracer;
static atomic_uint seen;
static const char *delay_ms;

static const char *get(const char *name)
{
    return strcmp(name, "OTEL_TRACES_EXPORTER") == 0      ? "none"
           : strcmp(name, "OTEL_BSP_SCHEDULE_DELAY") == 0 ? delay_ms
                                                          : NULL;
}

static uspan_err_t see(void *ctx, uspan_tracer_t *t, uspan_t s)
{
    (void)ctx;
    (void)t;
    (void)s;
    (void)atomic_fetch_add(&seen, 1u);
    return USPAN_OK;
}

static void record(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        (void)uspan_end(&tracer, uspan_start(&tracer, USPAN_ROOT, "work"));
    }
}

static void wait_until_seen(unsigned count)
{
    for (long i = 0; atomic_load(&seen) < count; i++) {
        assert_true(i < PATIENCE_MS);
        (void)poll(NULL, 0u, 1);
    }
}

static int begin(void **state)
{
    static const uspan_sink_t sink = { .span = see };
    const uspan_posix_options_t options = { .get = get };
    (void)state;
    delay_ms = "20";
    atomic_store(&seen, 0u);
    uspan_err_t err = uspan_posix_start(&tracer, &options);
    if (err == USPAN_OK) {
        uspan_posix_hold(&tracer);
        err = uspan_export_to_sink(&tracer, 0, &sink);
        uspan_posix_release(&tracer);
    }
    uspan_posix_wake(&tracer);
    (void)poll(NULL, 0u, 400); /* usually the thread has slept by then; the test does not depend on it */
    return err;
}

static int end(void **state)
{
    (void)state;
    return uspan_posix_stop(&tracer, PATIENCE_MS);
}

static void test_the_end_of_a_span_wakes_the_thread(void **state)
{
    (void)state;
    for (unsigned i = 1; i <= 5u; i++) {
        record(1);
        wait_until_seen(i);
    }
}

static void test_many_ends_are_all_seen(void **state)
{
    (void)state;
    unsigned sum = 0;
    for (unsigned i = 0; i < 20u; i++) {
        record(USPAN_SPANS_MAX / 2u); /* a slot may become free a little after its span was seen */
        sum += USPAN_SPANS_MAX / 2u;
        wait_until_seen(sum);
    }
}

static void test_flush_wakes_the_thread(void **state)
{
    (void)state;
    record(1);
    assert_int_equal(uspan_posix_flush(&tracer, PATIENCE_MS), USPAN_OK);
    assert_int_equal(atomic_load(&seen), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_end_of_a_span_wakes_the_thread),
        TEST(test_many_ends_are_all_seen),
        TEST(test_flush_wakes_the_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
