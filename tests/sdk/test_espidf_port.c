/* test_espidf_port.c: the port of port/espidf over the declared ESP-IDF: lock, clock, random bytes, log, and
 * the current span of each task. */
#define _GNU_SOURCE
#include "cmocka_all.h"
#include <time.h>
#include "fake_espidf.h"
#include "fake_freertos.h"
#include "uspan_espidf.h"
#include "freertos/FreeRTOS.h" /* before task.h */
#include "freertos/task.h"
#include "two_tasks.h"

static uspan_tracer_t tracer;

static void test_the_port_counts_locks_and_names_tasks(void **state)
{
    (void)state;
    const uspan_port_t *port = uspan_espidf_port();
    uint64_t unix_ns = 0, before = port->mono_ns(port->ctx);
    uint8_t a[32] = { 0 }, b[32] = { 0 };
    uint32_t inside = port->lock(port->ctx);
    assert_int_equal(fake_depth, 1);
    port->unlock(port->ctx, inside);
    assert_int_equal(fake_depth, 0);
    const struct timespec some = { .tv_nsec = 3000000 };
    (void)nanosleep(&some, NULL);
    assert_true(port->mono_ns(port->ctx) - before >= 2000000u);
    assert_int_equal(port->unix_ns(port->ctx, &unix_ns), USPAN_OK);
    assert_true(unix_ns / 1000000000u > 1577836800u);
    assert_int_equal(port->random(port->ctx, a, sizeof a), USPAN_OK);
    assert_int_equal(port->random(port->ctx, b, sizeof b), USPAN_OK);
    assert_memory_not_equal(a, b, sizeof a);
    port->log(port->ctx, USPAN_LEVEL_WARN, "100% of it");
    assert_non_null(strstr(fake_espidf.log, "W (uspan) 100% of it"));
    assert_int_equal(port->task(port->ctx), 0);
}

static void test_the_lock_is_taken_in_isrs_by_their_form(void **state)
{
    (void)state;
    const uspan_port_t *port = uspan_espidf_port();
    const unsigned before = fake_isr_calls;
    fake_in_isr = true;
    uint32_t inside = port->lock(port->ctx);
    assert_int_equal(fake_depth, 1);
    port->unlock(port->ctx, inside);
    fake_in_isr = false;
    assert_int_equal(fake_depth, 0);
    assert_int_equal(fake_isr_calls, before + 1u);
    inside = port->lock(port->ctx);
    port->unlock(port->ctx, inside);
    assert_int_equal(fake_isr_calls, before + 1u);
}

static void test_each_task_has_its_own_current_span(void **state)
{
    (void)state;
    assert_int_equal(uspan_init(&tracer, uspan_espidf_port()), USPAN_OK);
    check_two_tasks(&tracer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_port_counts_locks_and_names_tasks),
        cmocka_unit_test(test_the_lock_is_taken_in_isrs_by_their_form),
        cmocka_unit_test(test_each_task_has_its_own_current_span),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
